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


TABLE = {
    # Bybit V5 docs, order handling and rejections at creation, one line of theirs after the other
    Refusal.REDUCE_ONLY: [110017],
    Refusal.DUPLICATE: [110072],
    Refusal.INVALID: [10001, 110003, 110009, 110064, 110092, 110093, 110094, 110120, 110121, 30208, 30209],
    Refusal.MONEY: [110004, 110006, 110007, 110012, 110044, 110045, 110051, 110052, 110053],
    Refusal.TIER: [110013, 110020, 110085, 110086, 110089, 110090],
    Refusal.NOT_TRADING: [110021, 110023, 110042, 110074],
    Refusal.BUSY: [110063, 110079],
    Refusal.GONE: [110001, 110008, 110010],
    Refusal.UNCHANGED: [34040],
}


@pytest.mark.parametrize(("refusal", "code"), [(kind, code) for kind, listed in TABLE.items() for code in listed])
def test_every_rejection_of_the_documentation_has_its_kind(refusal: Refusal, code: int) -> None:
    assert codes.failure_of(code, "words") == Rejected(refusal, code, "words")


@pytest.mark.parametrize("code", [110025, 110026, 110043])
def test_what_is_so_already_is_a_success(code: int) -> None:
    assert code in codes.SOFT


@pytest.mark.parametrize(
    "code", [10003, 10004, 10005, 10007, 10008, 10009, 10010, 10024, 10027, 10028, 100028, 33004]
)
def test_a_key_without_right_is_told_as_such(code: int) -> None:
    assert codes.refusal_of(code, "words") is Refusal.KEY
