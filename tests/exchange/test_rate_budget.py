import threading
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridtrader.engine.ports import Lane
from gridtrader.exchange.endpoints import Endpoint
from gridtrader.exchange.rate_budget import AccountBudget, NoBudget, RateBudget
from gridtrader.exchange.settings import EdgeSettings
from gridtrader.exchange.supervisor import ConnectionBudget
from tests.exchange.support.clocks import FakeClock, RealClock
from tests.exchange.support.waiting import until

CREATE, CANCEL, BATCH, READ = Endpoint.CREATE, Endpoint.CANCEL, Endpoint.CREATE_BATCH, Endpoint.OPEN_ORDERS


def budget(clock: FakeClock, accounts: int = 1, **changes: int | float) -> tuple[RateBudget, list[AccountBudget]]:
    shared = RateBudget(EdgeSettings(**changes), clock)  # type: ignore[arg-type]
    return shared, [shared.account(f"{number:03d}") for number in range(accounts)]


def most_in_any_window(times: Sequence[tuple[float, int]], span_s: float) -> int:
    return max(
        (sum(weight for at, weight in times if start <= at <= start + span_s) for start, _ in times), default=0
    )


def test_an_endpoint_gets_its_ten_a_second_and_not_one_more() -> None:
    clock = FakeClock()
    _, (account,) = budget(clock)
    sent = []
    for _ in range(35):
        account.acquire(CREATE, 1, Lane.TRADE)
        sent.append((clock.monotonic(), 1))
    assert most_in_any_window(sent, 1.0) == 10
    assert 3 <= clock.monotonic() - 1000 <= 4


def test_endpoints_do_not_share_their_buckets() -> None:
    clock = FakeClock()
    _, (account,) = budget(clock)
    for endpoint in (CREATE, CANCEL, BATCH):
        for _ in range(10):
            account.acquire(endpoint, 1, Lane.TRADE)
    assert clock.slept == []


def test_a_batch_counts_its_orders() -> None:
    clock = FakeClock()
    _, (account,) = budget(clock)
    account.acquire(BATCH, 6, Lane.TRADE)
    account.acquire(BATCH, 4, Lane.TRADE)
    with pytest.raises(NoBudget, match=r"order/create-batch: rate limit, no turn within 0\.5 s"):
        account.acquire(BATCH, 1, Lane.TRADE, timeout_s=0.5)


def test_a_batch_larger_than_the_limit_is_refused_at_once() -> None:
    _, (account,) = budget(FakeClock())
    with pytest.raises(NoBudget, match="11 orders in one request, at most 10"):
        account.acquire(BATCH, 11, Lane.TRADE)


def test_a_wait_beyond_the_deadline_is_refused_without_waiting() -> None:
    clock = FakeClock()
    shared, (account,) = budget(clock)
    shared.close(600)
    with pytest.raises(NoBudget):
        account.acquire(READ, 1, Lane.READ)
    assert clock.slept == []
    clock.seconds += 601
    account.acquire(READ, 1, Lane.READ)


def test_a_closed_address_is_closed_for_every_account() -> None:
    clock = FakeClock()
    _, (first, second) = budget(clock, 2)
    first.close_address(600)
    with pytest.raises(NoBudget):
        second.acquire(READ, 1, Lane.EMERGENCY)


@pytest.mark.parametrize(("told_s", "closed_s"), [(-5.0, 0.2), (0.0, 0.2), (1.5, 1.5), (1e9, 5.0)])
def test_a_pause_of_an_endpoint_is_bounded(told_s: float, closed_s: float) -> None:
    clock = FakeClock()
    _, (account,) = budget(clock)
    account.close(CREATE, told_s)
    account.acquire(CANCEL, 1, Lane.TRADE)
    assert clock.slept == []
    account.acquire(CREATE, 1, Lane.TRADE)
    assert clock.monotonic() - 1000 == pytest.approx(closed_s, abs=0.01)


def test_a_lower_limit_told_by_the_exchange_is_taken_over_and_a_higher_one_is_not() -> None:
    _, (account,) = budget(FakeClock())
    account.lower_limit(CREATE, 5)
    account.lower_limit(CREATE, 20)
    account.lower_limit(CREATE, 0)
    assert account.limit(CREATE) == 5
    assert account.limit(CANCEL) == 10


def test_one_account_cannot_spend_anothers_share() -> None:
    clock = FakeClock()
    shared, (greedy, modest) = budget(clock, 2, ip_requests_per_5_s=40, read_requests_per_s=1000)
    sent = 0
    with pytest.raises(NoBudget):
        while True:
            greedy.acquire(READ, 1, Lane.EMERGENCY, timeout_s=0.001)
            sent += 1
    assert sent == 30  # its own quarter and the half that is lent
    for _ in range(shared.share()):
        modest.acquire(READ, 1, Lane.READ, timeout_s=0.001)
    assert clock.slept == []


def test_an_account_that_leaves_gives_its_share_back_and_sends_no_more() -> None:
    clock = FakeClock()
    shared, (staying, leaving) = budget(clock, 2, ip_requests_per_5_s=40)
    leaving.leave()
    assert shared.share() == 20
    with pytest.raises(NoBudget):
        leaving.acquire(READ, 1, Lane.READ)
    staying.acquire(READ, 1, Lane.READ)


def test_one_that_waits_is_let_go_when_its_account_leaves() -> None:
    account = RateBudget(EdgeSettings(budget_wait_s=60), RealClock()).account("001")
    account.close(CREATE, 5)
    faults: list[NoBudget] = []

    def wait() -> None:
        try:
            account.acquire(CREATE, 1, Lane.TRADE)
        except NoBudget as fault:
            faults.append(fault)

    thread = threading.Thread(target=wait)
    thread.start()
    until(lambda: len(account._waiting) == 1, "it waits")
    account.leave()
    thread.join(2)
    assert len(faults) == 1


def test_what_a_leaver_has_sent_still_counts() -> None:
    clock = FakeClock()
    _, (staying, leaving) = budget(clock, 2, ip_requests_per_5_s=40, read_requests_per_s=1000)
    for _ in range(30):
        leaving.acquire(READ, 1, Lane.READ)
    leaving.leave()
    sent = 0
    with pytest.raises(NoBudget):
        while True:
            staying.acquire(READ, 1, Lane.READ, timeout_s=0.001)
            sent += 1
    assert sent == 10


def test_the_lower_lane_goes_first_among_those_that_wait() -> None:
    clock = RealClock()
    shared = RateBudget(EdgeSettings(order_requests_per_s=1, rate_guard_s=-0.9), clock)
    account = shared.account("001")
    account.close(CREATE, 0.4)
    order: list[Lane] = []

    def want(lane: Lane) -> None:
        account.acquire(CREATE, 1, lane)
        order.append(lane)

    lanes = [Lane.READ, Lane.TRADE, Lane.PROTECT, Lane.EMERGENCY]
    threads = [threading.Thread(target=want, args=(lane,)) for lane in lanes]
    for count, thread in enumerate(threads, 1):
        thread.start()
        until(lambda count=count: len(account._waiting) == count, "it waits")  # type: ignore[misc]
    for thread in threads:
        thread.join(10)
    assert order == [Lane.EMERGENCY, Lane.PROTECT, Lane.TRADE, Lane.READ]


def test_a_request_for_another_endpoint_does_not_wait_behind_a_closed_one() -> None:
    clock = RealClock()
    account = RateBudget(EdgeSettings(), clock).account("001")
    account.close(CANCEL, 5)
    threading.Thread(target=lambda: account.acquire(CANCEL, 1, Lane.EMERGENCY), daemon=True).start()
    until(lambda: len(account._waiting) == 1, "the emergency waits")
    start = clock.monotonic()
    account.acquire(CREATE, 1, Lane.READ)
    assert clock.monotonic() - start < 1


_ENDPOINTS = st.sampled_from([CREATE, CANCEL, BATCH, READ, Endpoint.TICKERS])


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 5),
    st.lists(
        st.tuples(st.integers(0, 4), _ENDPOINTS, st.integers(1, 10), st.floats(0, 0.3), st.sampled_from(Lane)),
        min_size=20,
        max_size=250,
    ),
)
def test_no_window_ever_holds_more_than_the_limits(
    accounts: int, wishes: list[tuple[int, Endpoint, int, float, Lane]]
) -> None:
    clock = FakeClock()
    _, members = budget(clock, accounts, ip_requests_per_5_s=40)
    by_address: list[tuple[float, int]] = []
    by_bucket: dict[tuple[int, Endpoint], list[tuple[float, int]]] = {}
    for who, endpoint, weight, pause_s, lane in wishes:
        clock.seconds += pause_s
        number, weight = who % accounts, weight if endpoint is BATCH else 1
        try:
            members[number].acquire(endpoint, weight, lane, timeout_s=pause_s * 10)
        except NoBudget:
            continue
        by_address.append((clock.monotonic(), 1))
        by_bucket.setdefault((number, endpoint), []).append((clock.monotonic(), weight))
    assert most_in_any_window(by_address, 5.0) <= 40
    for (_, endpoint), times in by_bucket.items():
        limit = members[0].limit(endpoint)
        assert limit is None or most_in_any_window(times, 1.0) <= limit


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 6),
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 30), st.floats(0, 2)), min_size=1, max_size=30),
)
def test_the_guaranteed_share_is_always_had_at_once(accounts: int, bursts: list[tuple[int, int, float]]) -> None:
    clock = FakeClock()
    shared, members = budget(clock, accounts, ip_requests_per_5_s=60)
    spent: dict[int, list[float]] = {number: [] for number in range(accounts)}
    for who, count, pause_s in bursts:
        clock.seconds += pause_s
        number = who % accounts
        for _ in range(count):
            now = clock.monotonic()
            recent = [at for at in spent[number] if now - at <= 5.2]
            try:
                members[number].acquire(Endpoint.TICKERS, 1, Lane.READ, timeout_s=0.0005)
            except NoBudget:
                assert len(recent) >= shared.share()
                break
            spent[number].append(now)
            assert clock.monotonic() == now


def test_new_sockets_are_limited_for_the_whole_process() -> None:
    clock = FakeClock()
    connections = ConnectionBudget(EdgeSettings(ip_connections_per_5_min=3), clock)
    assert [connections.take() for _ in range(3)] == [0, 0, 0]
    clock.seconds += 100
    assert connections.take() == pytest.approx(200, abs=0.1)
    clock.seconds += 201
    assert connections.take() == 0
