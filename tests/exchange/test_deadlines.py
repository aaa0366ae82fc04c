import socket
import threading
import time

from gridtrader.exchange.deadlines import Deadlines, cut
from tests.exchange.support.waiting import until


def test_what_takes_too_long_is_ended() -> None:
    ended = threading.Event()
    with Deadlines().limit(0.02, ended.set):
        assert ended.wait(5)


def test_what_ends_in_time_is_left_alone() -> None:
    deadlines, ended = Deadlines(), threading.Event()
    with deadlines.limit(0.02, ended.set):
        pass
    with deadlines.limit(0.06, lambda: None):
        time.sleep(0.08)  # the first deadline passes meanwhile
    assert not ended.is_set()


def test_a_nearer_deadline_overtakes_one_further_off() -> None:
    deadlines, near, far = Deadlines(), threading.Event(), threading.Event()
    with deadlines.limit(60, far.set):
        time.sleep(0.05)  # the watching thread sleeps by now
        with deadlines.limit(0.02, near.set):
            assert near.wait(5)
    assert not far.is_set()


def test_one_thread_watches_them_all() -> None:
    deadlines = Deadlines("only-one")
    ended: list[int] = []

    def work(number: int) -> None:
        with deadlines.limit(0.01 * number, lambda: ended.append(number)):
            until(lambda: number in ended, f"{number} ends")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(ended) == list(range(1, 9))
    assert sum(thread.name == "only-one" for thread in threading.enumerate()) == 1


def test_a_cut_wakes_the_reader_and_may_come_twice() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        read: list[bytes] = []
        reader = threading.Thread(target=lambda: read.append(ours.recv(1)))
        reader.start()
        cut(ours)
        reader.join(5)
        assert read == [b""]
        cut(ours)
    cut(ours)
