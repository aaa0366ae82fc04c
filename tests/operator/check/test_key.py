"""What `user/query-api` says of a key, and what is wrong with it."""

from typing import Any

import pytest

from gridtrader.exchange.fields import BadMessage, Row
from gridtrader.operator.check.check import Grade
from gridtrader.operator.check.key import check_key, parse_key
from gridtrader.operator.check.notes import Notes


def told(**changes: Any) -> dict[str, Any]:
    """Return the answer for a key bound to one address that may trade and nothing else."""
    values: dict[str, Any] = {
        "readOnly": 0,
        "permissions": {"ContractTrade": ["Order", "Position"], "Spot": [], "Wallet": [], "Derivatives": ["x"]},
        "ips": ["203.0.113.7"],
        "deadlineDay": -2,
        "expiredAt": "1970-01-01T00:00:00Z",
    }
    return values | changes


def judged(*, demo: bool = False, **changes: Any) -> list[tuple[Grade, str]]:
    notes = Notes("001")
    check_key(parse_key(Row(told(**changes), "here")), notes, demo=demo)
    return [(finding.grade, finding.text) for finding in notes.findings]


def test_a_bound_key_that_may_only_trade_is_in_order() -> None:
    assert judged() == [(Grade.OK, "key accepted, does not expire, bound to 203.0.113.7")]


@pytest.mark.parametrize(
    ("changes", "grade", "words"),
    [
        ({"readOnly": 1}, Grade.ERROR, "the key is read-only and cannot trade: "),
        ({"permissions": {}}, Grade.ERROR, "the key lacks the right Contract Order and Position: add it"),
        ({"permissions": {"ContractTrade": ["Order"]}}, Grade.ERROR, "the key lacks the right Contract Position: "),
        (
            {"permissions": {"ContractTrade": ["Order", "Position"], "Wallet": ["AccountTransfer", "Withdraw"]}},
            Grade.WARNING,
            "the key may withdraw money, which the bot never does: take that right away",
        ),
        (
            {"permissions": {"ContractTrade": ["Order", "Position"], "Wallet": ["AccountTransfer"]}},
            Grade.WARNING,
            "the key may move money (AccountTransfer): take that right away",
        ),
        ({"ips": ["*"], "deadlineDay": 13}, Grade.WARNING, "the key expires in 13 days: renew it, or bind it"),
        ({"ips": ["*"], "deadlineDay": 1}, Grade.WARNING, "the key expires in 1 day: "),
        ({"ips": ["*"], "deadlineDay": 0}, Grade.WARNING, "the key expires in 0 days: "),
        (
            {"ips": ["*"], "deadlineDay": 14},
            Grade.WARNING,
            "the key works from any address: bind it to this machine's",
        ),
        ({"deadlineDay": 13}, Grade.WARNING, "the key expires in 13 days"),
    ],
)
def test_each_defect_names_its_remedy(changes: dict[str, Any], grade: Grade, words: str) -> None:
    found = judged(**changes)
    assert len(found) == 2
    assert found[0][0] is grade
    assert found[0][1].startswith(words)


def test_an_unbound_demo_key_is_no_defect() -> None:
    assert judged(demo=True, ips=["*"], deadlineDay=80) == [
        (Grade.OK, "key accepted, valid for 80 days, not bound to an address")
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"readOnly": "no"}, "readOnly is 'no'"),
        ({"permissions": []}, "permissions"),
        ({"permissions": {"ContractTrade": [1]}}, "ContractTrade is"),
        ({"ips": "*"}, "ips is"),
        ({"deadlineDay": None}, "deadlineDay is None"),
    ],
)
def test_an_answer_that_does_not_fit_is_an_error_and_no_guess(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(BadMessage, match=words):
        parse_key(Row(told(**changes), "here"))
