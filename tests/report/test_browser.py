"""Reports of real runs in a browser: quiet, within the window, for everybody, and what is saved is what is shown."""

import base64
import csv
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest

import sim
from sim.base import __version__
from sim.report.page import report
from tests.browser import serious
from tests.report.conftest import HOSTILE, draw_only
from tests.report.opened import FIRST_PICTURE, WIDTHS, Opened, opened

FINGER = 43
"""Pixels that all that is pointed at has at least on a phone; the guidelines ask for 24."""
PART_OF_A_PICTURE = 100
"""Pixels of the first picture that two screens of a phone show at least."""

ONE_OF_A_KIND = """() => {
  document.querySelectorAll('tbody tr:nth-child(n + 4)').forEach((row) => row.remove());
  document.querySelectorAll('figure.picture .plot:nth-child(n + 2)').forEach((plot) => plot.remove());
}"""
"""Takes away what a page has more than once, for which axe takes most of a minute: rows of a table but three, and of a
picture all charts but that of one run."""

TABLES = """(kind) => Promise.all(Array.from(document.querySelectorAll('table:not(.person table)'), async (table) => {
  const made = kind === 'csv' ? Save.csv(table) : Save.xlsx(table, ['what', 'where'], ['Table', 'Source']);
  const bytes = new Uint8Array(await made.arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}))"""
SHOWN = """() => Array.from(document.querySelectorAll('table:not(.person table)'), (table) => ({
  head: Array.from(table.tHead.rows[0].cells, (cell) => cell.textContent),
  rows: Array.from(table.tBodies[0].rows, (row) => Array.from(row.cells, (cell) => [cell.textContent, cell.className])),
}))"""
SIZES = {"trillion": 1e12, "billion": 1e9, "million": 1e6}


def shown(page: Any) -> list[str]:
    """Give the tabs that are shown, and check that the tab list says the same."""
    panels: list[str] = page.locator("main > .panel:visible").evaluate_all("(all) => all.map((one) => one.id)")
    selected = page.locator("[role=tab][aria-selected=true]").evaluate_all("(all) => all.map((one) => one.hash)")
    assert selected == [f"#{panel}" for panel in panels]
    return panels


@pytest.mark.slow
def test_a_page_is_quiet_and_its_tabs_and_controls_do_what_they_say(
    chromium: Any, full: sim.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_only(monkeypatch, "cascade", "waits")
    with opened(chromium, report(full, tmp_path / "page.html"), tabbed=True) as found:
        page = found.page
        assert shown(page) == ["answer"]
        before = found.drawing("cascade-0")
        page.select_option("#cascade-part", "delivered")
        assert found.drawing("cascade-0") != before
        page.focus("#answer-tab")
        page.keyboard.press("ArrowLeft")
        assert shown(page) == ["provenance"]
        page.evaluate("location.hash = 'picture-waits'")
        page.wait_for_function("!document.getElementById('mechanism').hidden")
        assert shown(page) == ["mechanism"]
        found.drawn()
        page.click("#provenance-tab")
        page.locator("details.parameters > summary").click()
        page.fill("#filter-1", "Desks.Visit")
        rows = page.locator("#parameters-1 tbody tr:visible").all_inner_texts()
        assert page.locator("#found-1").inner_text() == f"{len(rows)} shown"
        assert rows
        assert all("desks.visit" in text.lower() for text in rows)
        assert not found.wrong


@pytest.mark.slow
def test_the_checks_of_a_page_can_fail(chromium: Any, axe: str, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        "<!DOCTYPE html><html data-ready='yes'><body><p style='width:3000px;color:#ccc;background:#ddd'>wide</p>"
        "<img src='https://example.invalid/x.png'><script>console.error('bad'); alert(1);</script></body></html>"
    )
    with opened(chromium, page) as found:
        assert any("wide" in line for line in found.too_wide())
        for kind in ("request: https://example.invalid", "error: bad", "dialog: 1"):
            assert any(line.startswith(kind) for line in found.wrong)
        assert "color-contrast" in {line.split()[0] for line in serious(found.page, axe)}


@pytest.mark.slow
def test_on_a_phone_a_report_is_quiet_fits_and_shuts_nobody_out(
    chromium: Any, reports: dict[str, Path], axe: str
) -> None:
    with opened(chromium, reports["compared"], "phone", "dark") as found:
        page = found.page
        # Every chart is drawn, and every chart has its numbers beside it.
        assert page.locator(".chart").count() == page.locator(".plot:has(.chart) details table").count() > 50
        assert page.locator(".chart:not(:has(svg))").count() == 0
        assert not found.too_wide()
        assert not found.too_small(FINGER)
        assert page.evaluate(FIRST_PICTURE) < 2 * WIDTHS["phone"][1] - PART_OF_A_PICTURE
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert not found.too_wide()
        page.evaluate(ONE_OF_A_KIND)
        lines = serious(page, axe)
        assert not lines, "\n".join(lines)
        assert not found.wrong


@pytest.mark.slow
def test_every_option_draws_something_else_and_runs_beside_each_other_share_their_axes(
    chromium: Any, reports: dict[str, Path]
) -> None:
    with opened(chromium, reports["compared"]) as found:
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
        found.page.select_option("#daily-by", "tier")
        said = found.page.locator("#chart-daily-1").get_attribute("aria-label")
        assert said == "Alerts by tier, mean of 7 days, silent. The numbers are in the table below."
        for chart, axis in (("daily", "yaxis"), ("money", "yaxis"), ("ages", "yaxis"), ("types", "xaxis")):
            ranges = found.page.locator(f"#picture-{chart} .chart").evaluate_all(
                f"(all) => all.map((one) => one._fullLayout.{axis}).filter((axis) => axis && axis.visible)"
                ".map((axis) => axis.range)"
            )
            assert len(ranges) >= 2
            assert all(one == ranges[0] for one in ranges), chart
        assert not found.wrong


@pytest.mark.slow
def test_by_keyboard_in_both_colours_and_on_paper(chromium: Any, reports: dict[str, Path]) -> None:
    with opened(chromium, reports["country"], scheme="dark") as found:
        use_by_keyboard(found)
        ground = "getComputedStyle(document.body).backgroundColor"
        ink = "document.querySelector('#chart-ratios-0 .gtitle').style.fill"
        dark = [found.page.evaluate(one) for one in (ground, ink)]
        found.page.click("#theme")
        found.drawn()
        assert all(found.page.evaluate(one) != before for one, before in zip((ground, ink), dark, strict=True))
        found.page.click("#theme")
        found.drawn()
        before = found.page.locator("#chart-daily-0 svg.main-svg").first.get_attribute("width")
        assert found.page.pdf(format="A4").startswith(b"%PDF")
        found.drawn()
        assert found.page.locator("#chart-daily-0 svg.main-svg").first.get_attribute("width") == before
        found.page.emulate_media(media="print", color_scheme="dark")
        assert found.page.evaluate(ground) == "rgb(255, 255, 255)"
        assert not found.page.locator("header").is_visible()
        assert found.page.locator("main > .panel:visible").count() == 5
        # Bands are there at once: what fades in is not on paper.
        bands = found.page.evaluate(
            "() => { dispatchEvent(new Event('beforeprint'));"
            " return [...document.querySelectorAll('#chart-cascade-0 .sankey-link')].map((one) => one.style.opacity); }"
        )
        assert set(bands) == {"1"}
        sizes = found.page.locator(".chart svg.main-svg:first-child").evaluate_all(
            "(all) => all.map((one) => [Number(one.getAttribute('width')), Number(one.getAttribute('height'))])"
        )
        assert {width for width, _ in sizes} == {440, 900}
        assert max(height for _, height in sizes) <= 780  # a page of A4 has some 1,000, with its heading
        assert found.page.evaluate(ink) == "rgb(17, 17, 17)"
        assert not found.wrong


def use_by_keyboard(found: Opened) -> None:
    """Reach every control of a page that was opened just now, and use some."""
    page = found.page
    reached: list[str] = []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    for wanted in ("theme", "cascade-channel", "cascade-part", "daily-by", "place-outcome"):
        assert wanted in reached
    assert "scroll cards" in reached
    before = found.drawing("cascade-0")
    page.focus("#cascade-part")
    page.keyboard.press("ArrowDown")
    assert found.drawing("cascade-0") != before


@pytest.mark.slow
def test_where_scripts_do_not_run_words_and_numbers_are_there(
    chromium: Any, reports: dict[str, Path], country: sim.Run
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(reports["country"].as_uri())
    assert "cases were filed" in page.locator(".lead").first.inner_text()
    assert page.locator("main > .panel:visible").count() == 5
    assert page.locator("#figures tbody tr").count() >= len(country.manifest["figures"])
    context.close()
    page = chromium.new_page()
    page.add_init_script("delete window.DecompressionStream")
    errors: list[Any] = []
    page.on("pageerror", lambda error: errors.append(error))
    page.goto(reports["country"].as_uri())
    assert "too old" in page.locator("#chart-cascade-0").inner_text()
    assert not errors
    page.close()


@pytest.mark.slow
def test_names_of_a_scenario_are_neither_markup_nor_formulas(chromium: Any, reports: dict[str, Path]) -> None:
    with opened(chromium, reports["hostile"], "phone") as found:
        page = found.page
        assert page.locator("h1").inner_text() == HOSTILE
        assert HOSTILE in page.title()
        assert HOSTILE in page.locator("#chart-types-0").text_content()
        # All that can be pointed at.
        for chart in ("types-0", "place-0"):
            assert HOSTILE in page.locator(f".plot:has(#chart-{chart}) details table").text_content()
            page.locator(f"#chart-{chart}").scroll_into_view_if_needed()
            box = page.locator(f"#chart-{chart}").bounding_box()
            for part in range(1, 10):
                page.mouse.move(box["x"] + box["width"] * part / 10, box["y"] + box["height"] * 0.4)
        page.locator("details.parameters > summary").click()
        page.fill("#filter-1", "onerror")
        assert page.locator("#parameters-1 tbody tr:visible").count() > 0
        assert page.locator("img").count() == 0
        assert not found.too_wide()
        name = '=HYPERLINK("x"), 北京'
        page.locator(".plot:has(#chart-types-0) tbody th").first.evaluate(
            "(cell, name) => { cell.textContent = name + String.fromCharCode(1); }", name
        )
        books = page.locator(".plot:has(#chart-types-0) table").evaluate(
            "async (table) => [await Save.csv(table).text(), btoa(Array.from(new Uint8Array(await Save.xlsx(table, "
            "['<a>', '&'], ['Table', 'Source']).arrayBuffer()), (byte) => String.fromCharCode(byte)).join(''))]"
        )
        rows = list(csv.reader(io.StringIO(books[0], newline="")))
        assert rows[1][0].startswith(f"'{name}")
        book = openpyxl.load_workbook(io.BytesIO(base64.b64decode(books[1])))
        first = book["Table"].cell(2, 1)
        assert (first.value, first.data_type) == (name, "s")
        drawing = page.evaluate("Save.sourced('<svg xmlns=\"http://www.w3.org/2000/svg\"/>', 500, 100, '<b>&').text")
        assert "&lt;b&gt;&amp;" in drawing
        assert not found.wrong


def read_number(text: str) -> float:
    """Return the number that is shown, rounded as it is."""
    first, *words = text.replace(",", "").split()
    size = SIZES.get(words[0], 1.0) if words else 1.0
    return float(first.rstrip("%")) * (0.01 if first.endswith("%") else size)


@contextmanager
def menu(plot: Any) -> Iterator[Callable[[str, Path], Path]]:
    """Open the menu of a picture or table, give what saves one kind of file, and close the menu."""
    button = plot.locator(".save > button")
    button.click()

    def save(kind: str, folder: Path) -> Path:
        with plot.page.expect_download() as waiting:
            plot.locator(".kinds button", has_text=kind).click()
        path = folder / waiting.value.suggested_filename
        waiting.value.save_as(path)
        return path

    yield save
    plot.page.keyboard.press("Escape")
    assert button.get_attribute("aria-expanded") == "false"


@pytest.mark.slow
def test_what_is_saved_is_what_is_shown(chromium: Any, reports: dict[str, Path], full: sim.Run, tmp_path: Path) -> None:
    with opened(chromium, reports["compared"], scheme="dark") as found:
        page = found.page
        texts = [base64.b64decode(file).decode("utf-8") for file in page.evaluate(TABLES, "csv")]
        count = 0
        for table, text, book in zip(page.evaluate(SHOWN), texts, page.evaluate(TABLES, "xlsx"), strict=True):
            assert text.startswith("\ufeff")
            every = list(csv.reader(io.StringIO(text[1:], newline="")))
            count += demand_shown(table, *every)
            sheet, source = openpyxl.load_workbook(io.BytesIO(base64.b64decode(book))).worksheets
            assert [[cell.value for cell in row] for row in source.iter_rows()] == [["what"], ["where"]]
            for ours, theirs in zip(sheet.iter_rows(values_only=True), every, strict=True):
                for value, wanted in zip(ours, theirs, strict=True):
                    if isinstance(value, int | float):
                        assert float(wanted) == value
                    else:
                        assert (value or "") == wanted.removeprefix("'")
        assert count > 1500
        assert page.locator(".plot:not(:has(> .save))").count() == 0
        plot = page.locator(".plot:has(#chart-ends-0)")
        with menu(plot) as save:
            assert plot.locator(".kinds").inner_text().split() == ["PNG", "SVG", "CSV", "XLSX"]
            path = save("CSV", tmp_path)
            drawing = save("SVG", tmp_path).read_text(encoding="utf-8")
            wide, first = first_dot(save("PNG", tmp_path).read_bytes())
        assert path.name == "full-silent-central-ends-full.csv"
        rows = {row["tier"]: row for row in csv.DictReader(path.open(encoding="utf-8-sig", newline=""))}
        reds = full.alerts[full.alerts["tier"] == "red"]
        reached = reds.loc[reds["end"] == "reached", "count"].sum()
        assert float(rows["red"]["reached"]) == pytest.approx(reached)
        assert float(rows["red"]["reached, share"]) == pytest.approx(reached / reds["count"].sum())
        words = " ".join("".join(text.itertext()) for text in ElementTree.fromstring(drawing).iter())
        assert "How alerts end, full" in words
        assert f"Scenario full, seed 7, scale 1; Tocsin {__version__}" in words
        # Light, whatever the page is.
        assert (wide, first) == (2000, (255, 255, 255))
        for name in ("place", "cascade", "utilisation"):
            with menu(page.locator(f".plot:has(#chart-{name}-0)")) as save:
                assert save("PNG", tmp_path).stat().st_size > 2000
        assert not found.wrong


def demand_shown(table: dict[str, Any], head: list[str], *rows: list[str]) -> int:
    """Fail unless the rows of a file are those of a table on the page; return how many numbers it has."""
    count = 0
    assert len(rows) == len(table["rows"])
    for at, name in enumerate(table["head"]):
        own = [column for column, one in enumerate(head) if one == name]
        for (words, kind), row in zip((row[at] for row in table["rows"]), rows, strict=True):
            if kind != "number" and own:
                assert row[own[0]].removeprefix("'") == words.strip()
            elif not own or not row[own[0]]:
                assert own or f"{name}, low" in head or kind == "number", (name, head)
                # An interval, points, or nothing: its numbers, if any, stand beside.
                assert " to " in words or "points" in words or words in ("none", "")
            else:
                count += 1
                # Small shares are shown with two digits, all else with three at least.
                near = 0.05 if "%" in words else 0.006
                assert float(row[own[0]]) == pytest.approx(read_number(words), rel=near, abs=1e-12), words
    return count


def first_dot(png: bytes) -> tuple[int, tuple[int, ...]]:
    """Return the width of a PNG, and the colour of its first dot."""
    assert png.startswith(b"\x89PNG")
    (wide,) = struct.unpack(">I", png[16:20])
    data, at = b"", 8
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        data += png[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    return wide, tuple(zlib.decompress(data)[1:4])
