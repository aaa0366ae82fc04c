"""Many runs over worker processes."""

import multiprocessing
import os
from contextlib import closing

import pytest

from gridtrader.simulation.many import Raised, spread
from tests.simulation import calls


@pytest.mark.parametrize("jobs", [1, 2, 9])
def test_outcomes_come_in_the_order_of_the_items(jobs: int) -> None:
    assert list(spread(calls.square, range(6), jobs)) == [(n, n * n) for n in range(6)]
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_belongs_to_its_item_and_the_others_go_on(jobs: int) -> None:
    outcomes = dict(spread(calls.fail_at_two, range(5), jobs))
    failed = outcomes.pop(2)
    assert outcomes == {0: 0, 1: 1, 3: 3, 4: 4}
    assert isinstance(failed, Raised)
    assert failed.last_line == "ValueError: two is not allowed"
    assert "fail_at_two" in failed.trace


def test_a_worker_that_dies_is_replaced_and_its_item_says_how_it_ended() -> None:
    outcomes = dict(spread(calls.die_at_two, range(6), 2))
    assert outcomes.pop(2) == Raised("the worker process ended by itself (exit code 9)")
    assert outcomes == {0: 0, 1: 1, 3: 3, 4: 4, 5: 5}


def test_two_jobs_are_two_processes_and_one_job_is_this_one() -> None:
    assert {answer for _, answer in spread(calls.process_id, range(3), 1)} == {os.getpid()}
    found = {answer for _, answer in spread(calls.process_id, range(8), 2)}
    assert len(found) == 2
    assert os.getpid() not in found


def test_who_stops_listening_leaves_no_process_behind() -> None:
    with closing(spread(calls.sleep_long, range(4), 2)) as outcomes:
        assert next(outcomes) == (0, 0)
        assert multiprocessing.active_children() != []
    assert multiprocessing.active_children() == []


def test_nothing_to_do_is_done_at_once() -> None:
    assert list(spread(calls.square, [], 4)) == []
