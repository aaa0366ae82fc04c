"""The table of traps in `docs/exchange.md` names tests that exist, and leaves out no trap."""

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "exchange.md").read_text(encoding="utf-8").partition("## pybit's traps")[2]


def test_every_test_the_table_names_exists() -> None:
    written = {
        name
        for file in HERE.glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert named, "the table is there"
    assert named <= written


def test_every_trap_has_its_line() -> None:
    rows = " ".join(line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| "))
    told = set(re.findall(r"\b[HW]\d+\b", rows))
    assert told == {f"H{number}" for number in range(1, 15)} | {f"W{number}" for number in range(1, 18)}
