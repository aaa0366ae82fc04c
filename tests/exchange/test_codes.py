import pytest

from gridtrader.engine.ports import Refusal, Rejected, Unknown
from gridtrader.exchange import codes


@pytest.mark.parametrize(
    ("code", "text", "refusal"),
    [
        (110007, "ab not enough for new order", Refusal.MONEY),
        (110004, "x", Refusal.MONEY),
        (110090, "adjust your leverage to 5 or below", Refusal.TIER),
        (110013, "x", Refusal.TIER),
        (110072, "OrderLinkedID is duplicate", Refusal.DUPLICATE),
        (110001, "order not exists or too late to cancel", Refusal.GONE),
        (110008, "x", Refusal.GONE),
        (110010, "x", Refusal.GONE),
        (10001, "The order remains unchanged as the parameters entered match the existing ones.", Refusal.UNCHANGED),
        (34040, "not modified", Refusal.UNCHANGED),
        (110017, "current position is zero, cannot fix reduce-only order qty", Refusal.REDUCE_ONLY),
        (110021, "x", Refusal.NOT_TRADING),
        (110023, "x", Refusal.NOT_TRADING),
        (110074, "x", Refusal.NOT_TRADING),
        (10006, "Too many visits!", Refusal.RATE),
        (10002, "invalid request, please check your server timestamp", Refusal.CLOCK),
        (10003, "API key is invalid.", Refusal.KEY),
        (10004, "error sign!", Refusal.KEY),
        (10005, "Permission denied", Refusal.KEY),
        (10010, "Unmatched IP", Refusal.KEY),
        (33004, "expired", Refusal.KEY),
        (10001, "Qty invalid", Refusal.INVALID),
        (10001, "position idx not match position mode", Refusal.INVALID),
        (110003, "price is invalid", Refusal.INVALID),
        (110094, "Order does not meet minimum order value 5USDT", Refusal.INVALID),
        (987654, "never seen", Refusal.OTHER),
    ],
)
def test_a_refusal_is_of_the_kind_the_engine_acts_on(code: int, text: str, refusal: Refusal) -> None:
    assert codes.failure_of(code, text) == Rejected(refusal, code, text)


@pytest.mark.parametrize("code", sorted(codes.AMBIGUOUS))
def test_a_code_that_leaves_the_order_open_makes_the_command_unknown(code: int) -> None:
    outcome = codes.failure_of(code, "Server Timeout")
    assert isinstance(outcome, Unknown)
    assert str(code) in outcome.reason


def test_no_code_is_refused_and_ambiguous_at_once() -> None:
    assert not codes.AMBIGUOUS & set(codes.REFUSALS)
    assert not codes.SOFT & (codes.AMBIGUOUS | set(codes.REFUSALS))
    assert codes.OK not in codes.REFUSALS
