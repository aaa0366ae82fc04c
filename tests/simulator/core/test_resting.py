"""The queue of waiting orders against a plain list."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from gridtrader.simulator.core.resting import Approach, PriceQueue

PRICES = st.integers(1, 8).map(Decimal)


@given(
    approach=st.sampled_from(Approach),
    prices=st.lists(PRICES, max_size=12),
    removed=st.sets(st.integers(0, 11)),
    reached=PRICES,
)
def test_the_queue_answers_like_a_sorted_list(
    approach: Approach, prices: list[Decimal], removed: set[int], reached: Decimal
) -> None:
    queue = PriceQueue(approach)
    for rank, price in enumerate(prices):
        queue.add(f"o{rank}", rank, price, rank)
    for rank in removed:
        assert queue.remove(f"o{rank}") is (rank < len(prices))
    left = [(price, rank) for rank, price in enumerate(prices) if rank not in removed]
    if approach is Approach.FROM_ABOVE:
        expected = sorted((-price, rank) for price, rank in left if price >= reached)
        nearest = max((price for price, _ in left), default=None)
    else:
        expected = sorted((price, rank) for price, rank in left if price <= reached)
        nearest = min((price for price, _ in left), default=None)
    assert queue.nearest == nearest
    assert queue.is_reached(reached) is bool(expected)
    assert queue.reached(reached) == [(rank, f"o{rank}", rank) for _, rank in expected]
