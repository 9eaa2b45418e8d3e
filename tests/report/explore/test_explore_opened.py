"""Pages with sliders in a browser: what they say is what Python says, however they are moved."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.base.rounding import amount, percent, short
from sim.experiments.explored import Explored
from sim.language.spoken import LANGUAGES, speaking
from sim.report.explore.page import page as page_of
from sim.report.explore.texts import (
    SENTENCES,
    change_interval,
    change_text,
    digits_of,
    level_text,
    sentence,
    setting_text,
)
from tests.browser import serious
from tests.report.explore.conftest import DEADLINE, STAFF
from tests.report.opened import WIDTHS, Opened, opened

pytestmark = pytest.mark.usefixtures("in_yuan")

NAMES = ("two", "single", "outside", "grid")
STAFF_NAMED, DEADLINE_NAMED = "Staff of the visit desks", "Deadline of the red tier"
QUICK = (("two", "phone", "light"), ("outside", "desk", "dark"))
SLOW = (("two", "desk", "dark"), ("outside", "phone", "light"))
"""Each page, width and scheme once, and the other way round."""

CARD = "[data-outcome='{}'] .{}"


@pytest.fixture
def two(chromium: Any, pages: dict[str, Path]) -> Iterator[Opened]:
    """The page of two levers on a desk."""
    with opened(chromium, pages["two"]) as found:
        yield found
        assert not found.wrong


def step(found: Explored, lever: int, number: float) -> int:
    return found.levers[lever].steps.index(number)


def move(page: Any, lever: int, to: int) -> None:
    """Set a slider as a finger does."""
    page.locator(f"#lever-{lever}").evaluate(
        "(slider, to) => { slider.value = to; slider.dispatchEvent(new Event('input', { bubbles: true })); }", str(to)
    )
    settle(page)


def settle(page: Any) -> None:
    """Wait until what was moved is drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def shows(page: Any, found: Explored, numbers: list[float]) -> None:
    """Hold everything that the page says of a setting to what Python says of it."""
    at = [lever.coordinate(number) for lever, number in zip(found.levers, numbers, strict=True)]
    outcomes = [outcome for outcome in found.outcomes if not outcome.is_constant]
    for outcome in outcomes:
        one = outcome.at(at)
        for part, text in (
            ("level", level_text(outcome.unit, one.level, digits_of(one))),
            ("change", change_text(outcome, one)),
            ("change-interval", change_interval(outcome, one)),
        ):
            assert page.locator(CARD.format(outcome.name, part)).text_content() == text, (outcome.name, part)
    told = [sentence(outcome, outcome.at(at)) for outcome in outcomes if outcome.name in SENTENCES]
    assert page.locator("#sentences").text_content() == " ".join(told)
    assert page.locator("#setting").text_content() == setting_text(found, numbers)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_evaluates_surfaces_as_python_does(
    chromium: Any, pages: dict[str, Path], sweeps: dict[str, Explored], name: str
) -> None:
    found = sweeps[name]
    places = np.random.default_rng(1).random((40, len(found.levers))).tolist()
    places += [list(point.coordinates) for point in found.points if point.is_inside][:5]
    with opened(chromium, pages[name]) as held:
        told = held.page.evaluate(
            "(places) => tocsin.outcomes.map((outcome) => places.map((at) => tocsin.estimate(outcome, at)))", places
        )
        outcomes = [outcome for outcome in found.outcomes if not outcome.is_constant]
        assert len(told) == len(outcomes) >= 7
        for outcome, estimates in zip(outcomes, told, strict=True):
            size = float(np.abs(outcome.simulated).max())
            for place, said in zip(places, estimates, strict=True):
                one = outcome.at(place)
                assert said["point"] == one.point
                for mine, theirs in (
                    (one.level, said["level"]),
                    (one.low, said["low"]),
                    (one.high, said["high"]),
                    (one.more, said["more"]),
                    (one.more_low, said["moreLow"]),
                    (one.more_high, said["moreHigh"]),
                ):
                    assert (mine is None) == (theirs is None)
                    if mine is not None:
                        assert theirs == pytest.approx(mine, rel=1e-9, abs=1e-9 * size), outcome.name
        assert not held.wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_writes_numbers_as_python_does(
    chromium: Any, sweeps: dict[str, Explored], tmp_path: Path, language: str
) -> None:
    generator = np.random.default_rng(3)
    values = [float(f"{value:.17g}") for value in 10.0 ** generator.uniform(-4.0, 13.0, 600)]
    values += [0.0, 0.125, 0.5, 1.5, 2.5, 1125.0, 999.5, 999.4999, 9995.0, 999500.0, 1e6, 1.9999e6, 2e6, 99999.5, 1e9]
    values += [-value for value in values[:50]]
    with speaking(language):
        path = tmp_path / f"{language}.html"
        path.write_text(page_of(sweeps["two"]), encoding="utf-8")
        with opened(chromium, path) as held:
            told = held.page.evaluate(
                "(all) => all.map((one) => [tocsin.amount(one), tocsin.amount(one, 4), tocsin.percent(one), "
                "tocsin.short(one), tocsin.significant(one, 3)])",
                values,
            )
            assert not held.wrong
        for value, texts in zip(values, told, strict=True):
            mine = [amount(value), amount(value, 4), percent(value), short(value), float(f"{value:.3g}")]
            assert texts == mine, value


def test_sliders_change_what_is_said_as_the_model_says(two: Opened, sweeps: dict[str, Explored]) -> None:
    found, page = sweeps["two"], two.page
    shows(page, found, [26.0, 8.0])
    before = page.locator(CARD.format("victims", "curve")).inner_html()
    move(page, 0, step(found, 0, 15.0))
    shows(page, found, [15.0, 8.0])
    assert page.locator("#lever-0-said").text_content() == "15"
    assert page.locator(CARD.format("victims", "curve")).inner_html() != before
    move(page, 1, step(found, 1, 3.0))
    shows(page, found, [15.0, 3.0])
    # Curves are along what was moved last.
    assert page.locator("#along").input_value() == "1"
    label = page.locator(CARD.format("victims", "curve")).get_attribute("aria-label")
    assert re.fullmatch(rf"Victims along {DEADLINE_NAMED}: \S+ million at 2 h, .* at 24 h, \S+ million at 3 h\.", label)
    page.click("#reset")
    shows(page, found, [26.0, 8.0])


def test_the_page_is_used_by_keyboard_alone(two: Opened, sweeps: dict[str, Explored]) -> None:
    found, page = sweeps["two"], two.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "lever-0"
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    settle(page)
    shows(page, found, [29.0, 8.0])
    assert page.locator("#lever-0").get_attribute("aria-valuetext") == "29"
    page.keyboard.press("Home")
    settle(page)
    shows(page, found, [10.0, 8.0])
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    settle(page)
    shows(page, found, [10.0, 24.0])
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert reached[:4] == ["reset", "link", "along", "scale"]
    page.focus("#reset")
    page.keyboard.press("Enter")
    shows(page, found, [26.0, 8.0])


def test_a_link_keeps_the_setting_and_nonsense_is_passed_over(
    chromium: Any, pages: dict[str, Path], sweeps: dict[str, Explored], two: Opened
) -> None:
    found = sweeps["two"]
    move(two.page, 0, step(found, 0, 33.0))
    move(two.page, 1, step(found, 1, 5.0))
    link = two.page.locator("#link").get_attribute("href")
    assert link == f"#{STAFF}=33&{DEADLINE}=5%20h"
    # Not at each step of a slider: the address follows a moment later.
    two.page.wait_for_url(re.compile(f"#{STAFF}=33&"))
    for fragment, numbers in (
        (link, [33.0, 5.0]),
        (f"#{STAFF}=33.2", [33.0, 8.0]),
        (f"#{DEADLINE}=100 h", [26.0, 24.0]),
        (f"#{DEADLINE}=3 d&{STAFF}=x&seed=3&%E0%A4%A=1&{STAFF}", [26.0, 8.0]),
        ("#outcomes", [26.0, 8.0]),
    ):
        page = chromium.new_page()
        page.goto(pages["two"].as_uri() + fragment)
        page.wait_for_selector("html[data-ready]", state="attached")
        shows(page, found, numbers)
        page.close()
    # While the page is open, too.
    two.page.evaluate(f"location.hash = '#{STAFF}=12'")
    two.page.locator("#lever-0-said", has_text=re.compile("^12$")).wait_for()
    shows(two.page, found, [12.0, 5.0])


def test_the_nearest_simulated_run_is_named_with_its_numbers(two: Opened, sweeps: dict[str, Explored]) -> None:
    found, page = sweeps["two"], two.page
    said = page.locator("#nearest-said")
    assert said.text_content() == f"This setting was simulated: point 0 of {found.folder}/catalogue.parquet."
    move(page, 0, step(found, 0, 12.0))
    at = [lever.coordinate(number) for lever, number in zip(found.levers, (12.0, 8.0), strict=True)]
    nearest = min(found.points, key=lambda point: math.dist(point.coordinates, at))
    assert said.text_content() == f"Nearest simulated run: point {nearest.number} of {found.folder}/catalogue.parquet."
    rows = [row.split("\t") for row in page.locator("#nearest-table tbody").inner_text().splitlines()]
    table = {row[0]: row[1:] for row in rows}
    assert table[STAFF_NAMED][0] == "12"
    victims = next(outcome for outcome in found.outcomes if outcome.name == "victims")
    place = victims.points.index(nearest)
    assert table["Victims"][1] == level_text("people", float(victims.simulated[place].mean()))
    command = page.locator("#command").text_content()
    assert command == f"tocsin run {found.folder}/scenario.yaml --set {STAFF}=12 --set '{DEADLINE}=8 h'"


def test_the_numbers_of_the_nearest_run_are_its_own_where_the_scenario_lies_outside(
    chromium: Any, pages: dict[str, Path], sweeps: dict[str, Explored]
) -> None:
    found = sweeps["outside"]
    with opened(chromium, pages["outside"]) as held:
        said = held.page.locator("#nearest-said").text_content() or ""
        number = int(re.findall(r"point (\d+) of", said)[0])
        point = next(one for one in found.points if one.number == number)
        assert point.values == (30.0,)
        victims = next(outcome for outcome in found.outcomes if outcome.name == "victims")
        row = held.page.locator("#nearest-table tbody tr").filter(has_text="Victims").locator("td").last
        mean = float(victims.simulated[victims.points.index(point)].mean())
        assert row.text_content() == level_text("people", mean)
        assert not held.wrong


def test_curves_have_dots_a_band_and_a_table(two: Opened, sweeps: dict[str, Explored]) -> None:
    found, page = sweeps["two"], two.page
    curve = page.locator(CARD.format("victims", "curve"))
    assert 3 <= curve.locator(".dot").count() < len(found.points)
    whole = curve.locator(".line").get_attribute("d")
    drawings = {whole}
    for scale in ("curve", "zero"):
        page.select_option("#scale", scale)
        drawings.add(curve.locator(".line").get_attribute("d"))
    assert len(drawings) == 3
    page.select_option("#along", "1")
    assert curve.locator(".line").get_attribute("d") not in drawings
    page.click("#curve-numbers summary")
    table = page.locator("#curve-table")
    table.locator("tbody tr").first.wait_for()
    assert table.locator("tbody tr").count() in (12, 13)
    assert table.locator("thead th").first.text_content() == DEADLINE_NAMED
    victims = next(outcome for outcome in found.outcomes if outcome.name == "victims")
    row = table.locator("tbody tr").filter(has=page.locator("th", has_text=re.compile("^8 h$"))).locator("td").first
    one = victims.at([lever.coordinate(number) for lever, number in zip(found.levers, (26.0, 8.0), strict=True)])
    assert level_text("people", one.level, digits_of(one)) in (row.text_content() or "")


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        *QUICK,
        *(pytest.param(*one, marks=pytest.mark.slow) for one in SLOW),
    ],
)
def test_it_is_quiet_fits_the_window_and_axe_finds_nothing_serious(
    chromium: Any, pages: dict[str, Path], axe: str, name: str, width: str, scheme: str
) -> None:
    with opened(chromium, pages[name], width, scheme) as found:
        assert found.page.locator(".card svg").count() == found.page.locator(".card").count() >= 7
        lines = serious(found.page, axe)
        assert not lines, "\n".join(lines)
        assert not found.too_wide()
        move(found.page, 0, 3)
        assert not found.too_wide()
        assert not found.wrong


def test_on_a_phone_a_finger_moves_a_slider_and_sees_what_it_does(
    chromium: Any, pages: dict[str, Path], sweeps: dict[str, Explored]
) -> None:
    wide, high = WIDTHS["phone"]
    context = chromium.new_context(viewport={"width": wide, "height": high}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(pages["two"].as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    page.locator(CARD.format("victims", "level")).scroll_into_view_if_needed()
    page.evaluate("scrollBy({ top: 400, behavior: 'instant' })")
    settle(page)
    # The sliders stay in the window above the numbers, which stay readable below them.
    levers = page.locator("#levers").bounding_box()
    assert levers["y"] == pytest.approx(0.0, abs=1.0)
    assert levers["height"] < 0.21 * high
    box = page.locator("#lever-0").bounding_box()
    assert box["height"] >= 24
    before = page.locator(CARD.format("victims", "level")).text_content()
    page.touchscreen.tap(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    settle(page)
    assert page.locator(CARD.format("victims", "level")).text_content() != before
    number = float(page.locator("#lever-0-said").text_content())
    assert number > 33
    shows(page, sweeps["two"], [number, 8.0])
    context.close()


def test_dark_and_light_change_the_page_and_its_curves(two: Opened) -> None:
    def looks() -> tuple[str, ...]:
        return tuple(
            two.page.evaluate(f"getComputedStyle(document.querySelector('{place}')).{what}")
            for place, what in (("body", "backgroundColor"), (".curve .dot", "fill"), (".curve text", "fill"))
        )

    light = looks()
    two.page.click("#theme")
    assert all(one != other for one, other in zip(light, looks(), strict=True))
    two.page.click("#theme")
    assert looks() == light


def test_without_scripts_words_and_numbers_are_there(
    chromium: Any, pages: dict[str, Path], sweeps: dict[str, Explored]
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages["two"].as_uri())
    shows(page, sweeps["two"], [26.0, 8.0])
    assert page.locator("#points tbody tr").count() == len(sweeps["two"].points)
    assert "The sliders need JavaScript" in page.locator("noscript").inner_text()
    assert page.locator("#lever-0").is_disabled()
    context.close()
