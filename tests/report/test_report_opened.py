"""Reports of real runs in a browser: they are quiet, fit the window, and do what their controls say."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.browser import serious
from tests.report.conftest import HOSTILE
from tests.report.opened import FIRST_PICTURE, WIDTHS, Opened, opened

# What a report shows is asked on a phone; wide windows are for the slow group.
NAMES = ("full", "country", "empty", "hostile", "compared")
DATE = "#film-date"
FINGER = 43
"""Pixels that all that is pointed at has at least on a phone; the guidelines ask for 24."""
TABS = ["answer", "outcomes", "mechanism", "calibration", "provenance"]
SHORT = 3
"""Screens of a desk that page one has at most."""
PART_OF_A_PICTURE = 100
"""Pixels of the first picture that two screens of a phone show at least."""


ONE_OF_A_KIND = """() => {
  document.querySelectorAll('tbody tr:nth-child(n + 4)').forEach((row) => row.remove());
  document.querySelectorAll('figure.picture .plot:nth-child(n + 2)').forEach((plot) => plot.remove());
}"""
"""Takes away what a page has more than once, for which axe takes most of a minute: rows of a table but three, and of a
picture all charts but that of one run."""


@pytest.fixture(scope="module")
def held(chromium: Any, reports: dict[str, Path]) -> Iterator[Callable[..., Opened]]:
    """Reports that several tests look at, opened once; a test sets what it asks for, and puts back what it changed."""
    found: dict[tuple[str, str], Opened] = {}
    with ExitStack() as stack:

        def page_of(name: str, scheme: str = "light") -> Opened:
            if (name, scheme) not in found:
                found[name, scheme] = stack.enter_context(opened(chromium, reports[name], scheme=scheme))
            return found[name, scheme]

        yield page_of


@pytest.fixture
def country_page(held: Callable[..., Opened]) -> Iterator[Opened]:
    """The report of the country on a desk."""
    found = held("country")
    yield found
    assert not found.wrong


def demand_quiet(found: Opened, width: str) -> None:
    """Fail unless a page is drawn, fits the window, folded and unfolded, and neither asks for nor says anything."""
    assert found.page.locator(".chart").count() > 10
    # Every chart is drawn, and every chart has its numbers beside it.
    assert found.page.locator(".chart:not(:has(svg))").count() == 0
    assert found.page.locator(".chart").count() == found.page.locator(".plot:has(.chart) details table").count()
    assert not found.too_wide()
    if width == "phone":
        assert not found.too_small(FINGER)
        assert found.page.evaluate(FIRST_PICTURE) < 2 * WIDTHS[width][1] - PART_OF_A_PICTURE
    found.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert not found.too_wide()
    assert not found.wrong


@pytest.mark.slow
@pytest.mark.parametrize(("name", "scheme"), [("country", "light"), ("compared", "dark"), ("empty", "dark")])
def test_on_a_phone_a_report_is_quiet_fits_and_shuts_nobody_out(
    chromium: Any, reports: dict[str, Path], axe: str, name: str, scheme: str
) -> None:
    with opened(chromium, reports[name], "phone", scheme) as found:
        demand_quiet(found, "phone")
        if name != "empty":  # all that it has is on the others
            found.page.evaluate(ONE_OF_A_KIND)
            lines = serious(found.page, axe)
            assert not lines, "\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_quiet_asks_for_nothing_and_fits_the_window(
    chromium: Any, reports: dict[str, Path], name: str, width: str
) -> None:
    with opened(chromium, reports[name], width, scheme="dark" if width == "phone" else "light") as found:
        demand_quiet(found, width)


def test_the_checks_of_a_page_can_fail(chromium: Any, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        "<!DOCTYPE html><html data-ready='yes'><body><p style='width:3000px'>wide</p>"
        "<img src='https://example.invalid/x.png'><script>console.error('bad'); alert(1);</script></body></html>"
    )
    with opened(chromium, page) as found:
        assert any("wide" in line for line in found.too_wide())
        for kind in ("request: https://example.invalid", "error: bad", "dialog: 1"):
            assert any(line.startswith(kind) for line in found.wrong)


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("full", "phone"),
        pytest.param("compared", "phone", marks=pytest.mark.slow),
        pytest.param("compared", "desk", marks=pytest.mark.slow),
    ],
)
def test_every_option_of_every_control_draws_something_else(
    chromium: Any, reports: dict[str, Path], name: str, width: str
) -> None:
    with opened(chromium, reports[name], width) as found:
        selects = found.page.locator("figure.picture select")
        assert selects.count() >= 7
        for at in range(selects.count()):
            select = selects.nth(at)
            chart = select.locator("xpath=ancestor::figure").locator(".chart").first.get_attribute("data-chart")
            values = select.locator("option").evaluate_all("(all) => all.map((one) => one.value)")
            drawings = set()
            for value in values:
                select.select_option(value)
                drawings.add(found.drawing(chart))
            assert len(drawings) == len(values), select.get_attribute("id")
            assert not found.too_wide()
            select.select_option(values[0])
        if name == "compared":
            found.page.select_option("#daily-by", "tier")
            said = found.page.locator("#chart-daily-1").get_attribute("aria-label")
            assert said == "Alerts by tier, mean of 7 days, silent. The numbers are in the table below."
        assert not found.wrong


@pytest.mark.slow
def test_runs_beside_each_other_have_axes_and_scales_in_common(held: Callable[..., Opened]) -> None:
    found = held("beside")
    found.page.select_option("#daily-by", "tier")
    for chart, axis in (("daily", "yaxis"), ("money", "yaxis"), ("ages", "yaxis"), ("types", "xaxis")):
        ranges = found.page.locator(f"#picture-{chart} .chart").evaluate_all(
            f"(all) => all.map((one) => one._fullLayout.{axis}).filter((axis) => axis && axis.visible)"
            ".map((axis) => axis.range)"
        )
        assert len(ranges) >= 2
        assert all(one == ranges[0] for one in ranges), chart
    legends = found.page.locator(".film .legend").all_inner_texts()
    assert len(legends) == 3
    assert len(set(legends)) == 1
    assert not found.wrong


def test_a_comparison_begins_with_what_changed(held: Callable[..., Opened]) -> None:
    found = held("beside")
    sections = found.page.locator("main > section").evaluate_all("(all) => all.map((one) => one.id)")
    assert sections == TABS
    within = found.page.locator("#outcomes > section").evaluate_all("(all) => all.map((one) => one.id)")
    assert within[0] == "comparison"
    said = found.page.locator(".did").all_inner_texts()
    assert len(said) == 2
    assert all("victims" in text for text in said)
    # What was reported is of the country as it was: other policies' numbers are folded away.
    assert found.page.locator("#figures > details > summary").all_inner_texts()[-2:] == [
        "Figures of silent",
        "Figures of central",
    ]
    assert not found.wrong


def test_figures_outside_of_the_period_stand_apart(country_page: Opened, country: Any) -> None:
    rows = country_page.page.locator("#figures > .scroll tbody tr")
    assert rows.count() == sum(row["simulated"] is not None for row in country.manifest["figures"])
    apart = country_page.page.locator("#figures > details").first
    assert apart.locator("tbody tr").count() == len(country.manifest["figures"]) - rows.count()


BY_HAND = """() => {
  const own = {
    request: window.requestAnimationFrame, cancel: window.cancelAnimationFrame, now: performance.now
  };
  let moment = 0, waiting = [];
  window.requestAnimationFrame = (step) => waiting.push(step);
  window.cancelAnimationFrame = () => { waiting = []; };
  performance.now = () => moment;
  window.pass = (ms) => {
    const steps = waiting;
    [moment, waiting] = [moment + ms, []];
    steps.forEach((step) => step(moment));
  };
  window.giveBack = () => {
    window.requestAnimationFrame = own.request;
    window.cancelAnimationFrame = own.cancel;
    delete performance.now;
  };
}"""
"""Lets the page's own time stand still, but for the milliseconds that ``pass`` is called with."""


@contextmanager
def time_by_hand(page: Any) -> Iterator[Callable[[int], None]]:
    """Give what lets milliseconds pass on a page; nothing that is held of them hangs on how busy the machine is."""
    page.evaluate(BY_HAND)
    try:
        yield lambda ms: page.evaluate("(ms) => pass(ms)", ms)
    finally:
        page.evaluate("giveBack()")


def test_the_timeline_plays_pauses_and_is_scrubbed(country_page: Opened) -> None:
    page = country_page.page
    page.locator("#film-day").fill("0")
    assert page.locator(DATE).inner_text() == "Mon, 20 Dec 2021"
    before = page.locator(".film .tiles").inner_html()
    page.select_option("#film-speed", "30")
    with time_by_hand(page) as passes:
        page.click("#film-play")
        assert page.locator("#film-play").inner_text() == "Pause"
        passes(510)
        assert page.locator(DATE).inner_text() == "Tue, 4 Jan 2022"
        assert page.locator(".film .tiles").inner_html() != before
        page.click("#film-play")
        passes(400)
        assert page.locator(DATE).inner_text() == "Tue, 4 Jan 2022"
        page.locator("#film-day").fill("12")
        assert page.locator(DATE).inner_text() == "Sat, 1 Jan 2022"
        assert page.locator("#film-day").get_attribute("aria-valuetext") == "Sat, 1 Jan 2022"
        # It ends at the last day, and begins again from there.
        page.locator("#film-day").fill("69")
        page.click("#film-play")
        passes(600)
        assert page.locator("#film-play").inner_text() == "Play"
        assert page.locator(DATE).inner_text() == "Mon, 28 Feb 2022"
        page.click("#film-play")
        assert page.locator(DATE).inner_text() == "Mon, 20 Dec 2021"
        page.click("#film-play")


def test_where_motion_is_unwelcome_nothing_plays_fast(country_page: Opened) -> None:
    page = country_page.page
    page.emulate_media(reduced_motion="reduce")
    page.locator("#film-day").fill("0")
    page.select_option("#film-speed", "30")
    with time_by_hand(page) as passes:
        page.click("#film-play")
        passes(600)
        assert page.locator(DATE).inner_text() == "Mon, 20 Dec 2021"
        passes(450)
        assert page.locator(DATE).inner_text() == "Mon, 27 Dec 2021"
        page.click("#film-play")
    page.emulate_media(reduced_motion="no-preference")


def test_it_plays_by_the_browsers_own_time(country_page: Opened) -> None:
    page = country_page.page
    page.locator("#film-day").fill("50")
    page.select_option("#film-speed", "30")
    page.click("#film-play")
    page.locator("#film-play", has_text="Play").wait_for()
    assert page.locator(DATE).inner_text() == "Mon, 28 Feb 2022"


def test_the_bars_of_the_timeline_are_those_of_the_day(country_page: Opened, country: Any) -> None:
    page = country_page.page
    page.locator("#film-day").fill("30")
    of_the_day = country.alerts["day"] == pd.Timestamp("2022-01-19")
    issued = country.alerts.loc[of_the_day, "count"].sum() / country.manifest["scale"]
    said = page.locator(".bar .said").first.inner_text()
    shown = float(said.rstrip("km")) * {"k": 1e3, "m": 1e6}.get(said[-1], 1.0)
    assert shown == pytest.approx(issued, rel=0.006)


def test_dark_and_light_change_page_and_charts(held: Callable[..., Opened]) -> None:
    def looks(found: Opened) -> tuple[str, str]:
        ground = found.page.evaluate("getComputedStyle(document.body).backgroundColor")
        ink = found.page.evaluate("document.querySelector('#chart-ratios-0 .gtitle').style.fill")
        return ground, ink

    found = held("country")
    light = looks(found)
    found.page.click("#theme")
    found.drawn()
    dark = looks(found)
    assert all(one != other for one, other in zip(light, dark, strict=True))
    found.page.click("#theme")
    found.drawn()
    assert looks(found) == light
    assert looks(held("country", "dark")) == dark
    assert not found.wrong


def test_it_prints_in_light_colours_and_goes_on(held: Callable[..., Opened]) -> None:
    found = held("country", "dark")
    before = found.page.locator("#chart-daily-0 svg.main-svg").first.get_attribute("width")
    printed = found.page.pdf(format="A4")
    found.drawn()
    assert printed.startswith(b"%PDF")
    assert len(printed) > 50_000
    assert found.page.locator("#chart-daily-0 svg.main-svg").first.get_attribute("width") == before
    found.page.emulate_media(media="print", color_scheme="dark")
    assert found.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not found.page.locator("#film-controls").is_visible()
    # Bands are there at once: what fades in is not on paper.
    bands = found.page.evaluate(
        "() => { dispatchEvent(new Event('beforeprint'));"
        " return [...document.querySelectorAll('#chart-cascade-0 .sankey-link')].map((one) => one.style.opacity); }"
    )
    assert bands
    assert set(bands) == {"1"}
    widths = found.page.locator(".chart svg.main-svg:first-child").evaluate_all(
        "(all) => all.map((one) => Number(one.getAttribute('width')))"
    )
    assert set(widths) == {440, 900}
    heights = found.page.locator(".chart svg.main-svg:first-child").evaluate_all(
        "(all) => all.map((one) => Number(one.getAttribute('height')))"
    )
    assert max(heights) <= 780  # a page of A4 has some 1,000, with its heading
    ink = found.page.evaluate("document.querySelector('#chart-ratios-0 .gtitle').style.fill")
    assert ink == "rgb(17, 17, 17)"
    found.page.evaluate("dispatchEvent(new Event('afterprint'))")
    found.drawn()
    found.page.emulate_media(media="screen", color_scheme="dark")
    assert not found.wrong


def test_names_of_a_scenario_are_shown_as_text(chromium: Any, reports: dict[str, Path]) -> None:
    with opened(chromium, reports["hostile"], "phone") as found:
        page = found.page
        assert page.locator("h1").inner_text() == HOSTILE
        assert HOSTILE in page.title()
        assert page.locator("img").count() == 0
        for chart in ("types-0", "place-0"):
            details = page.locator(f".plot:has(#chart-{chart}) details")
            assert HOSTILE in details.locator("table").text_content()
        assert HOSTILE in page.locator("#chart-types-0").text_content()
        assert HOSTILE in page.locator(".film .tiles").text_content()
        # All that can be pointed at.
        for chart in ("types-0", "place-0"):
            box = page.locator(f"#chart-{chart}").bounding_box()
            page.locator(f"#chart-{chart}").scroll_into_view_if_needed()
            box = page.locator(f"#chart-{chart}").bounding_box()
            for part in range(1, 10):
                page.mouse.move(box["x"] + box["width"] * part / 10, box["y"] + box["height"] * 0.4)
        page.locator("details.parameters > summary").click()
        page.fill("#filter-1", "onerror")
        assert page.locator("#parameters-1 tbody tr:visible").count() > 0
        assert page.locator("img").count() == 0
        page.fill("#filter-1", "")
        demand_quiet(found, "phone")


def test_the_page_is_used_by_keyboard_alone(chromium: Any, reports: dict[str, Path]) -> None:
    with opened(chromium, reports["country"]) as found:
        use_by_keyboard(found)
        assert not found.wrong


def use_by_keyboard(found: Opened) -> None:
    """Reach every control of a page that was opened just now, and use some."""
    page = found.page
    assert page.locator(DATE).inner_text() == "Mon, 20 Dec 2021"
    reached: list[str] = []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    for wanted in ("theme", "cascade-channel", "cascade-part", "daily-by", "place-outcome", "film-play", "film-day"):
        assert wanted in reached
    assert "scroll cards" in reached
    before = found.drawing("cascade-0")
    page.focus("#cascade-part")
    page.keyboard.press("ArrowDown")
    assert found.drawing("cascade-0") != before
    page.focus("#film-day")
    page.keyboard.press("ArrowRight")
    assert page.locator(DATE).inner_text() == "Tue, 21 Dec 2021"
    page.focus("#film-play")
    page.keyboard.press("Enter")
    assert page.locator("#film-play").inner_text() == "Pause"


def test_parameters_are_found_by_a_text(country_page: Opened) -> None:
    page = country_page.page
    page.locator("details.parameters > summary").click()
    rows = page.locator("#parameters-1 tbody tr:visible")
    everything = rows.count()
    page.fill("#filter-1", "Desks.Visit")
    assert 0 < rows.count() < everything
    assert page.locator("#found-1").inner_text() == f"{rows.count()} shown"
    assert all("desks.visit" in text.lower() for text in rows.all_inner_texts())
    page.fill("#filter-1", "")
    assert rows.count() == everything


def shown(page: Any) -> list[str]:
    """Give the tabs that are shown, and check that the tab list says the same."""
    panels: list[str] = page.locator("main > .panel:visible").evaluate_all("(all) => all.map((one) => one.id)")
    selected = page.locator("[role=tab][aria-selected=true]").evaluate_all("(all) => all.map((one) => one.hash)")
    assert selected == [f"#{panel}" for panel in panels]
    return panels


def test_tabs_follow_clicks_arrows_and_anchors(chromium: Any, reports: dict[str, Path]) -> None:
    with opened(chromium, reports["country"], tabbed=True) as found:
        page = found.page
        assert shown(page) == ["answer"]
        page.click("#mechanism-tab")
        assert shown(page) == ["mechanism"]
        assert page.url.endswith("#mechanism")
        page.focus("#mechanism-tab")
        page.keyboard.press("ArrowRight")
        assert shown(page) == ["calibration"]
        assert page.evaluate("document.activeElement.id") == "calibration-tab"
        page.keyboard.press("End")
        page.keyboard.press("ArrowRight")
        assert shown(page) == ["answer"]
        page.keyboard.press("ArrowLeft")
        assert shown(page) == ["provenance"]
        # Only the selected tab is in the order of the Tab key.
        assert page.locator("[role=tab][tabindex='0']").count() == 1
        page.evaluate("location.hash = 'picture-waits'")
        page.wait_for_function("!document.getElementById('mechanism').hidden")
        assert shown(page) == ["mechanism"]
        found.drawn()
        assert page.locator("#mechanism .chart:not(:has(svg))").count() == 0
        page.go_back()
        page.wait_for_function("document.getElementById('mechanism').hidden")
        assert not found.wrong


def test_an_anchor_opens_the_page_at_its_picture(chromium: Any, reports: dict[str, Path]) -> None:
    with opened(chromium, reports["country"], tabbed=True, anchor="#figures") as found:
        assert shown(found.page) == ["calibration"]
        top = found.page.evaluate("document.getElementById('figures').getBoundingClientRect().top")
        assert 0 <= top < WIDTHS["desk"][1] / 2
        assert found.page.locator("#answer .chart svg").count() == 0  # drawn when it is shown
        assert not found.wrong


def test_page_one_is_short(chromium: Any, reports: dict[str, Path]) -> None:
    for name in ("country", "beside"):
        with opened(chromium, reports[name], tabbed=True) as found:
            assert found.page.evaluate("document.documentElement.scrollHeight") < SHORT * WIDTHS["desk"][1]


def test_in_print_tabs_follow_one_another_and_no_heading_ends_a_page(chromium: Any, reports: dict[str, Path]) -> None:
    with opened(chromium, reports["country"], tabbed=True) as found:
        found.page.emulate_media(media="print")
        assert found.page.locator("main > .panel:visible").count() == len(TABS)
        assert not found.page.locator("header").is_visible()
        breaks = found.page.locator("main h2, main h3").evaluate_all(
            "(all) => all.map((one) => getComputedStyle(one).breakAfter)"
        )
        assert set(breaks) == {"avoid"}
        inside = found.page.locator("main .chart").evaluate_all(
            "(all) => all.map((one) => getComputedStyle(one).breakInside)"
        )
        assert set(inside) == {"avoid"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("country", "phone", "dark"),
        ("country", "desk", "light"),
        ("compared", "phone", "light"),
        ("compared", "desk", "dark"),
    ],
)
def test_axe_finds_nothing_serious(
    chromium: Any, reports: dict[str, Path], axe: str, name: str, width: str, scheme: str
) -> None:
    """On whole pages of a run, and of three runs on what a page of one has not."""
    with opened(chromium, reports[name], width, scheme) as found:
        if name == "compared":
            found.page.evaluate(ONE_OF_A_KIND)
        lines = serious(found.page, axe)
        assert not lines, "\n".join(lines)


def test_axe_can_find_something(chromium: Any, axe: str) -> None:
    page = chromium.new_page()
    page.set_content("<html><body><button></button><p style='color:#ccc;background:#ddd'>faint</p></body></html>")
    found = {line.split()[0] for line in serious(page, axe)}
    page.close()
    assert {"button-name", "color-contrast"} <= found


def test_a_browser_that_is_too_old_says_so(chromium: Any, reports: dict[str, Path]) -> None:
    page = chromium.new_page()
    page.add_init_script("delete window.DecompressionStream")
    errors: list[Any] = []
    page.on("pageerror", lambda error: errors.append(error))
    page.goto(reports["country"].as_uri())
    assert "too old" in page.locator("#chart-cascade-0").inner_text()
    assert page.locator("#figures tbody tr").count() > 0
    assert not errors
    page.close()


def test_without_scripts_words_and_numbers_are_there(chromium: Any, reports: dict[str, Path], country: Any) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(reports["country"].as_uri())
    assert "cases were filed" in page.locator(".lead").first.inner_text()
    assert page.locator("main > .panel:visible").count() == len(TABS)
    assert page.locator("#figures tbody tr").count() >= len(country.manifest["figures"])
    context.close()
