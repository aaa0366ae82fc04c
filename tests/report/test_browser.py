"""The report in a real browser: phone and desk, light and dark, no network, and what its controls do.

Set GRIDTRADER_SCREENSHOTS to a folder to keep the pictures.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gridtrader.replay.result import ReplayResult
from gridtrader.report import write_report
from tests.report import samples
from tests.report.browser import Page, installed, opened
from tests.report.png import colours

pytestmark = pytest.mark.skipif(installed() is None, reason="no Chromium is installed")

PHONE, DESK = (390, 844), (1440, 900)
PLOTS = ("fills", "ladders", "depth", "equity", "margin", "rate")
MANY_COLOURS = 40
LIGHT, DARK = "rgb(243, 244, 246)", "rgb(15, 20, 26)"

DRAWN = """
    [...document.querySelectorAll(".plot canvas")].map(canvas => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size;
    })
"""
OVERFLOW = """
    [...document.querySelectorAll("body *")].filter(one => {
        const { left, right, width } = one.getBoundingClientRect();
        return width && (left < -0.5 || right > innerWidth + 0.5) && !one.closest("svg, .canvas");
    }).map(one => one.tagName + "." + one.className)
"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with opened() as page:
        yield page


@pytest.fixture(scope="module")
def reports(
    tmp_path_factory: pytest.TempPathFactory, calm: ReplayResult, stopped: ReplayResult, liquidated: ReplayResult
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    results = {
        "calm": calm,
        "stopped": stopped,
        "liquidated": liquidated,
        "one bar": samples.nothing_traded(),
        "nothing at all": samples.without_prices(),
    }
    for name, result in results.items():
        write_report(result, folder / f"{name}.html")
    return {name: folder / f"{name}.html" for name in results}


def keep(picture: bytes, name: str) -> None:
    folder = os.environ.get("GRIDTRADER_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"{name}.png").write_bytes(picture)


def texts(page: Page, selector: str) -> list[str]:
    found: list[str] = page.run(f"[...document.querySelectorAll({selector!r})].map(one => one.textContent)")
    return found


def place_of(page: Page, selector: str) -> dict[str, float]:
    """Return where an element stands on the screen, having moved it there."""
    page.run(f"document.querySelector({selector!r}).scrollIntoView({{block: 'center'}})")
    page.settle()
    script = f"JSON.parse(JSON.stringify(document.querySelector({selector!r}).getBoundingClientRect()))"
    place: dict[str, float] = page.run(script)
    return place


@pytest.fixture
def desk(page: Page, reports: dict[str, Path]) -> Page:
    page.look(*DESK, is_dark=False, is_phone=False)
    page.open(reports["calm"])
    return page


# --- how it looks ---


@pytest.mark.parametrize(
    ("name", "size", "is_dark"),
    [
        ("calm", PHONE, False),
        ("calm", PHONE, True),
        ("calm", DESK, False),
        ("calm", DESK, True),
        ("stopped", PHONE, True),
        ("stopped", DESK, False),
        ("liquidated", PHONE, False),
        ("liquidated", DESK, True),
        ("one bar", PHONE, True),
        ("nothing at all", DESK, False),
    ],
)
def test_it_fits_the_screen_in_the_theme_asked_for_without_network_or_complaint(
    page: Page, reports: dict[str, Path], name: str, size: tuple[int, int], is_dark: bool
) -> None:
    page.look(*size, is_dark=is_dark, is_phone=size == PHONE)
    page.open(reports[name])
    picture = page.thumbnail(*size)
    keep(page.screenshot(), f"{name}-{size[0]}-{'dark' if is_dark else 'light'}")
    assert len(colours(picture)) > MANY_COLOURS
    assert page.run("innerWidth") == size[0]
    assert page.run("document.documentElement.scrollWidth") <= size[0]
    assert page.run(OVERFLOW) == []
    assert page.run("getComputedStyle(document.body).backgroundColor") == (DARK if is_dark else LIGHT)
    assert page.requests == [reports[name].as_uri()]
    assert page.complaints == []


@pytest.mark.parametrize("name", ["calm", "stopped", "liquidated"])
def test_every_plot_is_drawn(page: Page, reports: dict[str, Path], name: str) -> None:
    page.look(*DESK, is_dark=False, is_phone=False)
    page.open(reports[name])
    counts = page.run(DRAWN)
    assert len(counts) == len(PLOTS)
    assert all(count > 10 for count in counts), dict(zip(PLOTS, counts, strict=True))


def test_the_plots_follow_when_light_and_dark_change_places(desk: Page) -> None:
    pictures = "[...document.querySelectorAll('.plot canvas')].map(one => one.toDataURL())"
    light = desk.run(pictures)
    desk.look(*DESK, is_dark=True, is_phone=False)
    desk.settle()
    assert all(before != after for before, after in zip(light, desk.run(pictures), strict=True))
    desk.look(*DESK, is_dark=False, is_phone=False)
    desk.settle()
    assert desk.run(pictures) == light


def test_a_wider_window_has_wider_plots(desk: Page) -> None:
    desk.look(*PHONE, is_dark=False, is_phone=True)
    desk.settle()
    assert desk.run("document.documentElement.scrollWidth") == PHONE[0]
    assert all(
        width < PHONE[0] for width in desk.run("[...document.querySelectorAll('.uplot')].map(u => u.clientWidth)")
    )


def test_on_paper_it_is_light_whatever_the_screen_is(page: Page, reports: dict[str, Path]) -> None:
    page.look(*DESK, is_dark=True, is_phone=False)
    page.open(reports["calm"])
    page.run("dispatchEvent(new Event('beforeprint'))")
    page.settle()
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.run("document.querySelector('.uplot').clientWidth") < 700
    page.run("dispatchEvent(new Event('afterprint'))")
    page.settle()
    assert page.run("getComputedStyle(document.body).backgroundColor") == DARK
    assert page.complaints == []


# --- time ---


def shown(page: Page) -> str:
    page.settle()
    [text] = texts(page, "#span")
    return text


def test_dragging_zooms_all_plots_and_a_double_click_shows_all_again(desk: Page) -> None:
    whole = shown(desk)
    place = place_of(desk, "#plot-fills .u-over")
    y = place["top"] + place["height"] / 2
    before = desk.run("document.querySelector('#plot-rate canvas').toDataURL()")
    drag(desk, place["left"] + 200, place["left"] + 400, y)
    assert shown(desk) != whole
    desk.run("document.querySelector('#plot-rate').scrollIntoView()")
    desk.settle()
    assert desk.run("document.querySelector('#plot-rate canvas').toDataURL()") != before
    place = place_of(desk, "#plot-fills .u-over")
    at = (place["left"] + 300, place["top"] + 100)
    for clicks in (1, 2):
        for kind in ("mousePressed", "mouseReleased"):
            desk.mouse(kind, *at, button="left", clickCount=clicks)
    assert shown(desk) == whole
    assert desk.complaints == []


def drag(page: Page, start: float, end: float, y: float) -> None:
    page.mouse("mouseMoved", start, y)
    page.mouse("mousePressed", start, y, button="left", buttons=1, clickCount=1)
    page.mouse("mouseMoved", end, y, button="left", buttons=1)
    page.mouse("mouseReleased", end, y, button="left", clickCount=1)


def test_the_wheel_zooms_with_control_and_without_it_scrolls_the_page(desk: Page) -> None:
    whole = shown(desk)
    place = place_of(desk, "#plot-fills .u-over")
    at = (place["left"] + 300, place["top"] + 100)
    desk.mouse("mouseWheel", *at, deltaX=0, deltaY=-200, modifiers=2)
    zoomed = shown(desk)
    assert zoomed != whole
    desk.mouse("mouseWheel", *at, deltaX=0, deltaY=200)
    assert shown(desk) == zoomed


def test_two_fingers_zoom_and_one_moves(page: Page, reports: dict[str, Path]) -> None:
    page.look(*PHONE, is_dark=False, is_phone=True)
    page.open(reports["calm"])
    whole = shown(page)
    place = place_of(page, "#plot-equity .u-over")
    x, y = place["left"] + place["width"] / 2, place["top"] + 60
    page.touch("touchStart", (x - 30, y), (x + 30, y))
    page.touch("touchMove", (x - 90, y), (x + 90, y))
    page.touch("touchEnd")
    zoomed = shown(page)
    assert zoomed != whole
    page.touch("touchStart", (x, y))
    for step in (20, 40, 60):
        page.touch("touchMove", (x - step, y))
    page.touch("touchEnd")
    moved = shown(page)
    assert moved > zoomed
    assert page.complaints == []


def test_buttons_zoom_move_and_show_all(desk: Page) -> None:
    whole = shown(desk)
    seen = [whole]
    for name in ("in", "earlier", "later", "out", "all"):
        desk.run(f"document.querySelector('[data-span={name}]').click()")
        seen.append(shown(desk))
    assert seen[0] == seen[-1] == whole
    assert seen[1] == seen[3]
    assert len(set(seen)) == 3


# --- what is under the pointer ---


def test_a_fill_under_the_pointer_tells_its_level_price_and_time(desk: Page, calm: ReplayResult) -> None:
    place = place_of(desk, "#plot-fills .u-over")
    told = sweep(desk, place, "#plot-fills .tip")
    sides = {f"{trade.side.name} level {trade.level}" for trade in calm.trades if trade.level is not None}
    prices = {f"{trade.quantity:,f} at {trade.price:.5f}" for trade in calm.trades if trade.symbol == "DOGEUSDT"}
    assert told[0] in sides | {"LONG take-profit", "SHORT take-profit"}
    assert told[1] in prices
    assert told[2].startswith("fee ")


def sweep(page: Page, place: dict[str, float], selector: str) -> list[str]:
    """Move the pointer over a plot until something is told; return its lines."""
    for row in range(1, 40):
        for column in range(1, 30):
            x = place["left"] + place["width"] * column / 30
            page.mouse("mouseMoved", x, place["top"] + place["height"] * row / 40)
            lines: list[str] = page.run(
                f"(tip => tip.hidden ? [] : [...tip.children].map(one => one.textContent))"
                f"(document.querySelector({selector!r}))"
            )
            if lines:
                return lines
    pytest.fail("nothing was told")


def test_an_order_under_the_pointer_tells_how_long_it_stood(desk: Page) -> None:
    told = sweep(desk, place_of(desk, "#plot-ladders .u-over"), "#plot-ladders .tip")
    assert told[0].split()[0] in ("LONG", "SHORT")
    assert told[2].startswith("from 2025-")
    assert told[3].startswith("to 2025-")


def test_the_pointer_is_read_on_every_plot_at_once(desk: Page) -> None:
    before = texts(desk, ".reading")
    place = place_of(desk, "#plot-equity .u-over")
    desk.mouse("mouseMoved", place["left"] + 200, place["top"] + 50)
    desk.settle()
    after = texts(desk, ".reading")
    assert all(one != other for one, other in zip(before, after, strict=True)), after


def test_what_is_switched_off_is_not_drawn(desk: Page) -> None:
    picture = "document.querySelector('#plot-fills canvas').toDataURL()"
    seen = [desk.run(picture)]
    for name in ("long", "short", "profit"):
        desk.run(f"document.querySelector('[data-shows={name}]').click()")
        desk.settle()
        seen.append(desk.run(picture))
    assert len(set(seen)) == 3  # with both sides off no take-profit is left to hide
    assert texts(desk, "[aria-pressed=false]") == ["LONG", "SHORT", "Take-profits"]


def test_another_symbol_has_other_prices(desk: Page) -> None:
    before = texts(desk, "#plot-fills .reading")
    desk.run("(c => { c.value = '1'; c.onchange(); })(document.getElementById('symbol'))")
    desk.settle()
    assert texts(desk, "#plot-fills .reading") != before


# --- the table ---


def column(page: Page, number: int) -> list[Any]:
    return [text.replace(",", "").replace("−", "-") for text in texts(page, f"#cycles tbody td:nth-child({number})")]


def test_a_page_of_the_table_has_25_rows_and_the_next_has_others(desk: Page, calm: ReplayResult) -> None:
    first = column(desk, 1)
    assert len(first) == 25
    desk.run("document.querySelector('.pages button:nth-of-type(3)').click()")
    assert set(column(desk, 1)) & set(first) <= {first[-1]}
    desk.run("document.querySelector('.pages button:nth-of-type(4)').click()")
    assert len(column(desk, 1)) == len(calm.cycles) % 25
    assert texts(desk, ".pages span") == ["201–221 of 221"]


def test_a_click_on_a_heading_sorts_all_rows_by_their_value(desk: Page, calm: ReplayResult) -> None:
    nets = sorted((round(cycle.net, 4) for cycle in calm.cycles), reverse=True)
    for expected in (nets, nets[::-1]):
        desk.run(
            "[...document.querySelectorAll('#cycles th button')].find(b => /^Net( .)?$/.test(b.textContent)).click()"
        )
        assert column(desk, 12) == [str(net) for net in expected[:25]]
    assert texts(desk, "#cycles th[aria-sort=ascending]") == ["Net ▲"]


def test_a_row_opens_to_all_figures_of_its_cycle_on_a_phone(page: Page, reports: dict[str, Path]) -> None:
    page.look(*PHONE, is_dark=False, is_phone=True)
    page.open(reports["calm"])
    assert len(texts(page, "#cycles th")) == 5
    page.run("document.querySelector('#cycles tbody tr').click()")
    names = set(texts(page, "#cycles .details dt"))
    assert names >= {"Opened", "Symbol", "Lasted", "Entry value", "Average entry", "Gross", "Fees", "Funding"}
    assert page.run("document.documentElement.scrollWidth") == PHONE[0]


def test_a_cycle_is_shown_in_the_plots_on_request(desk: Page) -> None:
    whole = shown(desk)
    desk.run("document.querySelectorAll('#cycles tbody tr')[20].click()")
    [opened_at, closed_at, *_] = texts(desk, "#cycles .details dd")
    desk.run("document.querySelector('#cycles .details button').click()")
    start, _, end = shown(desk).partition(" – ")
    assert shown(desk) != whole
    assert start <= opened_at < closed_at <= f"{end}:59"
