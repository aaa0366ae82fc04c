"""What worker processes are asked to do in tests: functions of a module, so that they can be sent."""

import os
import time


def square(number: int) -> int:
    """Return the square, the later numbers sooner."""
    time.sleep(0.03 * (number < 2))
    return number * number


def fail_at_two(number: int) -> int:
    if number == 2:
        raise ValueError("two is not allowed")
    return number


def die_at_two(number: int) -> int:
    if number == 2:
        os._exit(9)
    return number


def process_id(number: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def sleep_long(number: int) -> int:
    time.sleep(60 * (number > 0))
    return number
