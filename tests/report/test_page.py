"""The page: whole, safe, loads nothing, and says in words and figures what the replay came to."""

import base64
import hashlib
import stat
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from gridtrader.replay.result import Alarm, Parameters, ReplayResult
from gridtrader.report import render, write_report
from gridtrader.store.errors import StoreError
from tests.report import samples
from tests.report.reading import data_of, read, text_of

LOADS = {"src", "href", "srcset", "action", "formaction", "poster", "background", "ping", "style"}
LOADING = {"link", "img", "iframe", "object", "embed", "base", "form", "audio", "video", "a", "image", "use"}
HOSTILE = '</script><img src=x onerror="alert(1)">&amp;\u2028"\'`'


def test_the_page_has_no_element_and_no_attribute_that_loads_anything(calm: ReplayResult) -> None:
    elements = read(render(calm))
    assert {element.name for element in elements} & LOADING == set()
    assert {name for element in elements for name in element.attributes} & LOADS == set()
    assert not any(name.startswith("on") for element in elements for name in element.attributes)


def test_style_and_script_name_no_address(calm: ReplayResult) -> None:
    texts = [element.text for element in read(render(calm)) if element.name in ("style", "script")]
    assert not any(word in text for text in texts for word in ("url(", "@import", "XMLHttpRequest", "import("))
    addresses = [line for text in texts for line in text.splitlines() if "://" in line]
    assert addresses == ["/*! https://github.com/leeoniya/uPlot (v1.6.32) */"]  # a comment


def test_the_policy_allows_this_script_and_this_style_and_nothing_else(calm: ReplayResult) -> None:
    elements = read(render(calm))
    policy = next(e.attributes["content"] for e in elements if e.attributes.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for name in ("script", "style"):
        [text] = [e.text for e in elements if e.name == name and not e.attributes.get("type")]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy


def test_the_library_is_the_published_one() -> None:
    library = files("gridtrader.report").joinpath("assets", "uplot", "uPlot.iife.min.js").read_bytes()
    assert hashlib.sha256(library).hexdigest() == "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f"


def test_the_licence_of_the_library_goes_with_it(calm: ReplayResult) -> None:
    page = render(calm)
    assert "The MIT License" in page
    assert "Leon Sorokin" in page


def test_what_comes_from_outside_is_text_wherever_it_stands(stopped: ReplayResult) -> None:
    symbol = replace(samples.DOGE, symbol=HOSTILE)
    stop = stopped.summary.stop
    assert stop is not None
    result = ReplayResult(
        replace(stopped.parameters, account=HOSTILE, symbols=(symbol,), prices=(HOSTILE,)),
        replace(stopped.summary, stop=replace(stop, reason=HOSTILE)),
        trades=[replace(stopped.trades[0], symbol=HOSTILE)],
        cycles=[replace(stopped.cycles[0], symbol=HOSTILE)],
        bars={HOSTILE: stopped.bars["DOGEUSDT"]},
    )
    page = render(result)
    assert {element.name for element in read(page)} & {"img", *LOADING} == set()
    assert page.count("</script>") == 2
    data = data_of(page)
    assert data["symbols"][0]["name"] == HOSTILE
    assert data["stop"]["reason"] == HOSTILE
    assert text_of(page).count(HOSTILE) >= 5


def test_the_same_result_gives_the_same_page(calm: ReplayResult) -> None:
    assert render(calm) == render(calm)


def test_the_summary_stands_in_figures(calm: ReplayResult) -> None:
    summary = replace(
        calm.summary,
        net_profit=Decimal("1234.565"),
        closed_profit=Decimal("2000"),
        fees=Decimal("589.7449"),
        funding=Decimal("-5.571"),
        maximum_levels=7,
        maximum_mm_rate=Decimal("0.49126"),
        maximum_drawdown=Decimal("382.5"),
        maximum_drawdown_percent=Decimal("24.79"),
    )
    text = text_of(render(replace(calm, summary=summary)))
    for words in (
        "Net profit+1,234.56 USDT",  # half to even
        "+82.30 % of the 1,500.00 opening balance",
        "+2,000.00 from closed cycles, −765.44 from all that no take-profit closed",
        "Highest MM rate49.13 %threshold 90.00 %",
        "Deepest ladder7 of 7 levelslevel 6: ",
        "Largest drawdown382.50 USDT24.79 % of the high before it",
        "Fees589.74 USDT",
        "Funding5.57 USDTreceived, more than paid",
    ):
        assert words in text


def test_a_calm_end_is_said_to_be_one(calm: ReplayResult) -> None:
    assert "Ran to the endNo emergency stop, no liquidation." in text_of(render(calm))


def test_with_unlimited_margin_nothing_is_compared_with_the_balance(calm: ReplayResult) -> None:
    parameters = replace(calm.parameters, unlimited_margin=True, balance=Decimal(10) ** 12)
    text = text_of(render(replace(calm, parameters=parameters)))
    assert "Highest MM rate–the margin is not limited" in text
    assert "opening balance" not in text.split("Over time")[0]
    assert "of the high before it" not in text


def test_an_end_before_which_something_could_not_be_opened_says_so(calm: ReplayResult) -> None:
    alarms = [Alarm(calm.parameters.start_ms, "level 0 is too small"), Alarm(calm.parameters.end_ms, "again")]
    text = text_of(render(replace(calm, alarms=alarms)))
    assert "Ran to the end, but could not open all" in text
    assert "UTC: level 0 is too small. 2 alarms in all." in text


def test_an_emergency_stop_is_told_with_its_time_and_reason(stopped: ReplayResult) -> None:
    stop = stopped.summary.stop
    assert stop is not None
    text = text_of(render(stopped))
    assert f"Emergency stop2025-06-26 02:15:00 UTC: {stop.reason}. Nothing more was sent in the " in text
    assert "Ran to the end" not in text


def test_a_stop_at_the_very_end_says_nothing_of_what_came_after(stopped: ReplayResult) -> None:
    stop = stopped.summary.stop
    assert stop is not None
    parameters = replace(stopped.parameters, end_ms=stop.time_ms)
    assert "Nothing more was sent" not in text_of(render(replace(stopped, parameters=parameters)))


def test_a_liquidation_outranks_the_stop_and_both_are_told(liquidated: ReplayResult) -> None:
    text = text_of(render(liquidated))
    assert (
        "LiquidatedThe exchange closed positions by force: 4 liquidations; first at 2025-06-26 01:30:00 UTC" in text
    )
    assert "Emergency stop at 2025-06-26 01:25:00 UTC: MM rate" in text


@pytest.mark.parametrize(
    "result",
    [samples.nothing_traded(), samples.nothing_traded(bars=40), samples.without_prices()],
    ids=["one bar", "no fill", "nothing at all"],
)
def test_a_replay_in_which_nothing_happened_is_a_whole_page(result: ReplayResult) -> None:
    text = text_of(render(result))
    assert "Nothing was tradedNo order was filled in the whole time." in text
    assert text.count("No cycle was closed.") == 2
    assert "Net profit0.00 USDT" in text


def test_an_account_without_symbols_is_a_whole_page() -> None:
    result = samples.without_prices()
    bare = replace(result, parameters=replace(result.parameters, symbols=()), bars={})
    assert data_of(render(bare))["symbols"] == []


def test_fees_and_funding_by_side_add_up_to_the_summary(calm: ReplayResult) -> None:
    [table] = [e for e in read(render(calm)) if e.name == "table" and e.attributes.get("class") == "plain"]
    body = table.children[1]
    cells = [[cell.text.replace(",", "").replace("−", "-") for cell in row.children[1:]] for row in body.children]
    assert len(cells) == 4
    assert sum(int(row[0]) for row in cells) == calm.summary.cycles
    for column, total in ((1, calm.summary.closed_profit), (3, calm.summary.fees), (4, calm.summary.funding)):
        assert abs(sum(Decimal(row[column]) for row in cells) - total) <= Decimal("0.02")


def test_every_parameter_is_told(calm: ReplayResult) -> None:
    names = {"account", "symbols", "start_ms", "end_ms", "unlimited_margin"}
    odd = {
        "balance": Decimal("1234.5"),
        "maker_fee": Decimal("0.000201"),
        "taker_fee": Decimal("0.000553"),
        "mm_threshold": Decimal("0.873"),
        "balance_buffer_percent": Decimal("15.25"),
        "spread_ticks": 17,
        "prices": ("odd.csv",),
    }
    assert names | set(odd) == set(Parameters.__dataclass_fields__)
    text = text_of(render(replace(calm, parameters=replace(calm.parameters, **odd))))  # type: ignore[arg-type]
    for words in ("1,234.50 USDT", "0.0201 %", "0.0553 %", "87.3 %", "15.25 %", "17 ticks", "odd.csv", "limited by"):
        assert words in text


def test_every_parameter_of_a_symbol_is_told(calm: ReplayResult) -> None:
    odd = replace(
        samples.DOGE,
        margin=Decimal("1.75"),
        leverage=Decimal("33.5"),
        grid_step_percent=Decimal("1.01"),
        averaging_multiplier=Decimal("2.02"),
        take_profit_percent=Decimal("3.03"),
        max_levels=41,
        tick_size=Decimal("0.00005"),
        quantity_step=Decimal("10"),
    )
    parameters = replace(calm.parameters, symbols=(odd, samples.SOL))
    text = text_of(render(replace(calm, parameters=parameters)))
    for words in ("1.75 USDT", "33.5 ×", "1.01 %", "2.02", "3.03 %", "41", "0.00005", "quantity step10"):
        assert words in text


def test_a_figure_that_is_not_finite_is_no_figure(calm: ReplayResult) -> None:
    samples_ = [replace(calm.samples[0], highest_mm_rate=Decimal("Infinity")), *calm.samples[1:]]
    data = data_of(render(replace(calm, samples=samples_)))
    assert data["samples"]["rate"][0] is None


def test_the_file_is_written_whole_and_only_for_its_owner(calm: ReplayResult, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("an older one")
    write_report(calm, path)
    assert path.read_text(encoding="utf-8") == render(calm)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_a_file_that_cannot_be_written_is_named(calm: ReplayResult, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="missing"):
        write_report(calm, tmp_path / "missing" / "report.html")


def test_a_year_of_trading_fits_into_a_mail(calm: ReplayResult) -> None:
    year = samples.repeated(calm, 17)
    assert len(year.trades) > 25_000
    assert len(render(year).encode()) < 4_000_000
