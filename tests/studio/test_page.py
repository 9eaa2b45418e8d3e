"""An analyst's hour in a browser, led by the page alone: real runs, the keyboard, a phone, each language."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import sim
from tests.browser import serious
from tests.report.opened import TOO_SMALL, TOO_WIDE
from tests.studio.served import STAFF, STUDIO, Served
from tests.studio.test_studies import of_command

WAITS_MS = 240_000
WIDE, PHONE = (1440, 1000), (390, 844)
FINGER = 43
"""Pixels that whatever is pointed at has at least on a phone."""

OFFICERS, DELAY = "desks.visit.by_province.Guangdong", "measures.my-payment-delay"


class Opened:
    """A page of a studio; ``wrong`` collects errors, and requests to anywhere else."""

    def __init__(self, page: Any, studio: Served) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.set_default_timeout(WAITS_MS)
        page.on("console", lambda message: self._said(message.type, message.text))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda request: self._requested(request.url, studio.host))

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.wrong.append(text)

    def _requested(self, url: str, host: str) -> None:
        if not url.startswith((f"http://{host}/", "data:")):
            self.wrong.append(url)

    def go(self, address: str) -> None:
        """Open an address, and wait for its script."""
        self.page.goto(address)
        self.page.wait_for_selector("html[data-ready]", state="attached")

    def finished(self) -> None:
        """Wait until all pairs are there."""
        self.page.wait_for_selector("body[data-status=done]")

    def rows(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return the unrounded numbers that the page shows, by policy and quantity."""
        kept = "(rows) => rows.map((row) => ({...row.dataset}))"
        rows = self.page.eval_on_selector_all("tr[data-quantity]", kept)
        numbers = ("base", "other", "difference", "low", "high")
        return {(row["policy"], row["quantity"]): {key: json.loads(row[key]) for key in numbers} for row in rows}


@contextmanager
def opened(chromium: Any, studio: Served, size: tuple[int, int] = WIDE, scheme: str = "light") -> Iterator[Opened]:
    """Open the page of a studio as its owner does."""
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    try:
        found = Opened(context.new_page(), studio)
        found.go(studio.address)
        yield found
        assert not found.wrong
    finally:
        context.close()


def analyst(found: Opened, place: Path) -> None:
    """Ask for twice the officers in Guangdong and delays of large transfers, by what the page says alone."""
    page = found.page
    page.get_by_label("Name of the file").fill("guangdong")
    page.get_by_label("Question", exact=True).fill("Twice the officers in Guangdong, and large transfers wait?")
    page.get_by_role("heading", name="Staff").click()
    page.get_by_label("Province", exact=True).select_option("Guangdong")
    page.get_by_role("button", name="Twice as many").click()
    page.locator("#by-province").get_by_role("button", name="Add to the policy").click()
    # The pool hides the province: the page says so before any run, and offers what helps.
    page.locator("#refused").get_by_text("so the runs show nothing about it alone").wait_for()
    assert page.get_by_role("button", name="Run", exact=True).is_disabled()
    page.get_by_role("button", name="Simulate Guangdong by itself").click()
    page.get_by_role("heading", name="Banks").click()
    page.locator("#kind-banks").select_option("payment_delay")
    page.locator("#new-payment_delay").get_by_role("button", name="Add to the policy").click()
    page.wait_for_selector("#run:enabled")
    page.get_by_role("button", name="Run", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#shown[data-pairs]")
    found.finished()
    assert "more" in page.locator(".headline").inner_text() or "fewer" in page.locator(".headline").inner_text()
    assert page.get_by_text("95% intervals over 4 replicates").is_visible()
    assert page.get_by_text("cannot be seen with 4 pairs").count() == 2
    assert page.locator("#changes li").count() == 2
    # The file is saved and the command makes it again: the very numbers.
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the YAML file").click()
    saved = (place / STUDIO / "guangdong.yaml").read_bytes()
    assert Path(download.value.path()).read_bytes() == saved
    by_command = of_command(place, page.locator("#command").inner_text())
    shown = found.rows()
    assert len(shown) == 5
    for key, row in shown.items():
        assert row == {column: by_command[key][column] for column in row}


@pytest.mark.slow
def test_an_analyst_asks_sees_a_difference_saves_and_makes_it_again(
    chromium: Any, studio: Served, place: Path, axe: str
) -> None:
    with opened(chromium, studio) as found:
        analyst(found, place)
        scenario = sim.load_scenario(str(place / STUDIO / "guangdong.yaml"))
        assert scenario.resolved["desks"]["visit"]["by_province"]["44"]["staff"] == pytest.approx(341.8275)
        assert scenario.spec.measures["my-payment-delay"].kind == "payment_delay"
        lines = serious(found.page, axe)
        assert not lines, "\n".join(lines)
        # A link, in another language and on a reload, holds the policy; the answer comes along.
        link, shown = found.page.url, found.rows()
        found.page.get_by_role("link", name="français").click()
        found.page.wait_for_selector("html[lang=fr][data-ready]", state="attached")
        assert found.page.locator("#changes li").count() == 2
        assert found.page.locator("#name").input_value() == "guangdong"
        found.page.get_by_text("Intervalles à 95").wait_for()
        assert found.rows() == shown
        # It belongs to this policy alone; a province is no longer simulated by itself for a change that is gone.
        assert not found.page.locator("#old").is_visible()
        assert "--apart Guangdong" in found.page.locator("#command").inner_text()
        found.page.locator("#changes button").first.click()
        assert found.page.locator("#changes li").count() == 1
        found.page.locator("body.old #old").wait_for()
        assert "--apart" not in found.page.locator("#command").inner_text()
        found.page.goto("about:blank")
        found.go(link)
        assert found.page.locator("#changes li").count() == 2
        found.page.wait_for_selector("#shown[data-pairs]")
        assert found.rows() == shown
        assert not found.page.locator("#old").is_visible()


@pytest.mark.slow
def test_a_bundled_policy_fills_in_the_form(chromium: Any, studio: Served) -> None:
    with opened(chromium, studio) as found:
        page = found.page
        page.get_by_label("Begin with a bundled policy").select_option(
            "What would twice the officers for visits have saved?"
        )
        page.get_by_text("1,700 people -> 3,400 people").wait_for()
        page.get_by_role("heading", name="Staff").click()
        field = page.get_by_label("staff of the visit desks", exact=True)
        assert field.input_value() == "{times: 2}"
        assert page.get_by_label("Name of the file").input_value() == "my-double-visits"
        field.fill("4000")
        field.blur()
        page.get_by_text("1,700 people -> 4,000 people").wait_for()
        assert page.locator("#changes li").count() == 1


@pytest.mark.slow
def test_four_policies_stand_beside_each_other(chromium: Any, studio: Served, place: Path) -> None:
    for number in range(4):
        studio.ask("/policies", {**STAFF, "name": f"p{number}", "values": {"desks.visit.staff": str(50 + number)}})
    with opened(chromium, studio, (1280, 900)) as found:
        page = found.page
        page.get_by_label("Open a saved policy").select_option("p0")
        for number in (1, 2, 3):
            page.locator("#others").get_by_label(f"p{number}").check()
        assert page.locator("#others input:not(:checked):enabled").count() == 0
        page.locator("#size summary").click()
        pairs = page.get_by_role("spinbutton", name="Pairs of runs")
        pairs.fill("2")
        pairs.blur()
        page.wait_for_selector("#run:enabled")
        page.get_by_role("button", name="Run", exact=True).click()
        found.finished()
        assert {policy for policy, _ in found.rows()} == {"p0", "p1", "p2", "p3"}
        assert page.locator(".picture circle").count() == 20
        assert page.locator("#command").inner_text().count(".yaml") == 5
        hidden = "(tables) => tables.filter((one) => one.scrollWidth > one.clientWidth).length"
        assert page.eval_on_selector_all(".numbers-table", hidden) == 0
        assert page.eval_on_selector_all(".scroll", hidden) == 0
        cells = page.locator(".numbers-table td:last-child").all_inner_texts()
        assert all("%" in one for one in cells)
        assert any(" to " in one for one in cells)  # differences of few people have no interval


@pytest.mark.slow
def test_single_people_and_the_report_are_a_button_away(chromium: Any, studio: Served) -> None:
    with opened(chromium, studio) as found:
        page = found.page
        page.get_by_role("heading", name="Staff").click()
        field = page.get_by_label("staff of the visit desks", exact=True)
        field.fill("500")
        field.blur()
        page.get_by_role("button", name="Watch one person").click()
        found.finished()
        shown = page.locator("#people .person").count()
        assert shown
        with page.context.expect_page() as other:
            page.get_by_role("link", name="Open the report").click()
        report = other.value
        report.on("console", lambda message: found.wrong.append(message.text))
        report.locator("#chart-effect-0 .plot-container").wait_for()
        assert report.locator(".person").count() == shown
        report.close()


@pytest.mark.slow
def test_a_mistake_stands_at_its_field_and_nothing_runs_without_a_word(chromium: Any, studio: Served) -> None:
    with opened(chromium, studio) as found:
        page = found.page
        page.get_by_text("Nothing is changed yet").first.wait_for()
        page.get_by_role("heading", name="Staff").click()
        field = page.get_by_label("staff of the visit desks", exact=True)
        field.fill("100000")
        field.blur()
        page.get_by_text("desks.visit.staff = 100000: outside of its range, 500 to 8000").wait_for()
        name = page.get_by_label("Name of the file")
        name.fill("Beaucoup d'agents, été.yaml")
        name.blur()
        page.wait_for_selector("#run:enabled")
        assert name.input_value() == "beaucoup-d-agents-ete"
        assert page.get_by_text("Kept as results/studio/beaucoup-d-agents-ete.yaml").is_visible()
        field.fill("many")
        field.blur()
        page.wait_for_selector("[aria-invalid=true]")
        described = str(field.get_attribute("aria-describedby")).split()[-1]
        assert "number" in page.locator(f"#{described}").inner_text()
        for button, why in (("Run", "#refused"), ("Save", "#why-save")):
            assert page.get_by_role("button", name=button, exact=True).is_disabled()
            assert "number" in page.locator(why).inner_text()
        field.fill("")
        field.blur()
        page.wait_for_selector("[aria-invalid=true]", state="detached")


@pytest.mark.slow
def test_a_studio_that_ends_and_comes_back_loses_no_answer(chromium: Any, studio: Served) -> None:
    with opened(chromium, studio) as found:
        page = found.page
        page.get_by_role("heading", name="Staff").click()
        field = page.get_by_label("staff of the visit desks", exact=True)
        field.fill("2100")
        field.blur()
        page.wait_for_selector("#run:enabled")
        page.get_by_role("button", name="Run", exact=True).click()
        page.context.set_offline(True)  # a laptop that is closed
        page.wait_for_timeout(500)
        page.context.set_offline(False)
        page.wait_for_selector("#stop:visible")  # the question has arrived
        page.reload()
        found.finished()
        assert len(found.rows()) == 5
        found.wrong.clear()  # the browser tells of the line that was cut


@pytest.mark.slow
@pytest.mark.parametrize(("language", "size", "scheme"), [("fr", WIDE, "dark"), ("zh", PHONE, "light")])
def test_the_page_shuts_nobody_out_and_fits(
    chromium: Any, studio: Served, axe: str, language: str, size: tuple[int, int], scheme: str
) -> None:
    with opened(chromium, studio, size, scheme) as found:
        page = found.page
        found.go(f"http://{studio.host}/?language={language}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.evaluate("document.querySelectorAll('.new').forEach((one) => { one.hidden = false; })")
        assert page.evaluate(TOO_WIDE) == []
        if size == PHONE:
            assert page.evaluate(TOO_SMALL.replace("input,", "input:not([type=checkbox]),"), FINGER) == []
        lines = serious(page, axe)
        assert not lines, "\n".join(lines)
