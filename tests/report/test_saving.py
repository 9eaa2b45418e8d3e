"""What can be saved from a page: every picture as PNG and SVG, every table as CSV and XLSX, as the page shows them."""

import base64
import csv
import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import openpyxl
import pytest

import sim
from sim.base.version import __version__
from tests.report.conftest import HOSTILE
from tests.report.opened import Opened, opened

TABLES = """(kind) => Promise.all(Array.from(document.querySelectorAll('table:not(.person table)'), async (table) => {
  const made = kind === 'csv' ? Save.csv(table) : Save.xlsx(table, ['what', 'where'], ['Table', 'Source']);
  const bytes = new Uint8Array(await made.arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}))"""
SHOWN = """() => Array.from(document.querySelectorAll('table:not(.person table)'), (table) => ({
  head: Array.from(table.tHead.rows[0].cells, (cell) => cell.textContent),
  rows: Array.from(table.tBodies[0].rows, (row) => Array.from(row.cells, (cell) => [cell.textContent, cell.className])),
}))"""
SHARES = """() => Array.from(document.querySelectorAll('table:not(.person table)'), (table) =>
  Array.from(table.querySelectorAll('.number')).some((cell) => /[0-9]%[)]?$/.test(cell.textContent)))"""


class Least(NamedTuple):
    """Plots that a report has at least, and numbers in its tables."""

    plots: int
    numbers: int


LEAST = {"beside": Least(15, 800), "compared": Least(50, 1500)}
SIZES = {"trillion": 1e12, "billion": 1e9, "million": 1e6}
XLSX = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module", params=["beside", pytest.param("compared", marks=pytest.mark.slow)])
def shown(request: pytest.FixtureRequest, chromium: Any, reports: dict[str, Path]) -> Iterator[Opened]:
    """The report of three runs, in dark colours, which all tests here look at: with few pictures, and with all."""
    with opened(chromium, reports[request.param], scheme="dark") as found:
        yield found
        assert not found.wrong


@pytest.fixture
def least(request: pytest.FixtureRequest) -> Least:
    """What the report of three runs has at least."""
    return LEAST[request.node.callspec.params["shown"]]


def download(page: Any, plot: Any, kind: str, folder: Path) -> Path:
    """Save one kind of file from the menu of a picture or table, which is closed before and after."""
    button = plot.locator(".save > button")
    assert button.get_attribute("aria-expanded") == "false"
    button.click()
    with page.expect_download() as waiting:
        plot.locator(".kinds button", has_text=kind).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    if button.get_attribute("aria-expanded") == "true":
        button.click()
    return path


def read_number(text: str) -> float:
    """Return the number that is shown, rounded as it is."""
    first, *words = text.replace(",", "").split()
    size = SIZES.get(words[0], 1.0) if words else 1.0
    return float(first.rstrip("%")) * (0.01 if first.endswith("%") else size)


def test_every_picture_and_table_has_a_menu(shown: Opened, least: Least) -> None:
    page = shown.page
    plots = page.locator(".plot:has(.chart), .plot.film")
    assert plots.count() > least.plots
    assert page.locator(".plot:has(.chart):not(:has(> .save)), .plot.film:not(:has(> .save))").count() == 0
    pictures = page.locator(".plot > .save")
    kinds = pictures.evaluate_all("(all) => all.map((one) => one.querySelector('.kinds').textContent)")
    assert set(kinds) == {"PNGSVGCSVXLSX"}
    # A table that belongs to no picture has its own.
    alone = page.locator(".scroll").evaluate_all(
        "(all) => all.filter((one) => !one.closest('.plot')).map((one) => one.previousElementSibling.className + "
        "one.previousElementSibling.querySelector('.kinds').textContent)"
    )
    assert len(alone) >= 3
    assert set(alone) == {"saveCSVXLSX"}


def test_tables_hold_the_numbers_that_are_shown(shown: Opened, least: Least) -> None:
    files = shown.page.evaluate(TABLES, "csv")
    count = 0
    for table, file in zip(shown.page.evaluate(SHOWN), files, strict=True):
        text = base64.b64decode(file).decode("utf-8")
        assert text.startswith("\ufeff")
        head, *rows = csv.reader(io.StringIO(text[1:], newline=""))
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
    assert count > least.numbers


def test_workbooks_hold_the_same_cells_as_csv(shown: Opened) -> None:
    texts, books = shown.page.evaluate(TABLES, "csv"), shown.page.evaluate(TABLES, "xlsx")
    for shares, text, file in zip(shown.page.evaluate(SHARES), texts, books, strict=True):
        rows = list(csv.reader(io.StringIO(base64.b64decode(text).decode("utf-8-sig"), newline="")))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            book = openpyxl.load_workbook(io.BytesIO(base64.b64decode(file)))
        table, source = book.worksheets
        assert [[cell.value for cell in row] for row in source.iter_rows()] == [["what"], ["where"]]
        found = [[cell.value for cell in row] for row in table.iter_rows()]
        assert len(found) == len(rows)
        for ours, theirs in zip(found, rows, strict=True):
            for value, wanted in zip(ours, theirs, strict=True):
                if isinstance(value, int | float):
                    assert float(wanted) == value
                else:
                    assert (value or "") == wanted.removeprefix("'")
        assert any(cell.number_format == "0.00%" for row in table.iter_rows() for cell in row) == shares


def test_a_share_is_a_number_beside_its_count(shown: Opened, full: sim.Run, tmp_path: Path) -> None:
    path = download(shown.page, shown.page.locator(".plot:has(#chart-ends-0)"), "CSV", tmp_path)
    assert path.name == "full-silent-central-ends-full.csv"
    rows = {row["tier"]: row for row in csv.DictReader(path.open(encoding="utf-8-sig", newline=""))}
    reds = full.alerts[full.alerts["tier"] == "red"]
    scale = full.manifest["scale"]
    assert float(rows["red"]["alerts"]) == pytest.approx(reds["count"].sum() / scale)
    reached = reds.loc[reds["end"] == "reached", "count"].sum()
    assert float(rows["red"]["reached"]) == pytest.approx(reached / scale)
    assert float(rows["red"]["reached, share"]) == pytest.approx(reached / reds["count"].sum())


def test_a_workbook_is_what_the_format_says(shown: Opened, tmp_path: Path) -> None:
    path = download(shown.page, shown.page.locator(".plot:has(#chart-types-1)"), "XLSX", tmp_path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))
        cells = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml")).iter(f"{XLSX}c")
        assert next(cells).get("r") == "A1"
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Table", "Source"]
    source = [row[0] for row in book["Source"].iter_rows(values_only=True)]
    assert source[1] == f"Scenario silent, seed 7, scale 1; Tocsin {__version__}"


def test_pictures_are_light_and_say_what_they_are_of(shown: Opened, tmp_path: Path) -> None:
    plot = shown.page.locator(".plot:has(#chart-daily-1)")
    shown.page.select_option("#daily-by", "tier")
    drawing = download(shown.page, plot, "SVG", tmp_path).read_text(encoding="utf-8")
    root = ElementTree.fromstring(drawing)
    words = " ".join("".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text"))
    assert "Alerts by tier, single days, silent" in words
    assert f"Scenario silent, seed 7, scale 1; Tocsin {__version__}" in words
    assert root.get("width") == "1000"
    for chart in (plot, shown.page.locator(".film").nth(2)):
        wide, high, first = first_dot(download(shown.page, chart, "PNG", tmp_path).read_bytes())
        assert wide == 2000
        assert high > 600
        assert first == (255, 255, 255)


@pytest.mark.slow
@pytest.mark.parametrize("shown", ["compared"], indirect=True)  # which has the pictures of the others, too
def test_every_picture_can_be_saved(shown: Opened, tmp_path: Path) -> None:
    names = set()
    plots = shown.page.locator(".plot:has(> .save)")
    for at in range(plots.count()):
        for kind in ("SVG", "PNG"):
            path = download(shown.page, plots.nth(at), kind, tmp_path)
            assert path.stat().st_size > 2000
            names.add(path.name)
    assert len(names) == 2 * plots.count()


def first_dot(png: bytes) -> tuple[int, int, tuple[int, ...]]:
    """Return width and height of a PNG, and the colour of its first dot."""
    assert png.startswith(b"\x89PNG")
    wide, high = struct.unpack(">II", png[16:24])
    data, at = b"", 8
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        data += png[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    return wide, high, tuple(zlib.decompress(data)[1:4])


def test_the_menu_is_used_by_keyboard(shown: Opened) -> None:
    page = shown.page
    button = page.locator(".plot:has(#chart-money-0) .save > button")
    assert button.get_attribute("aria-label") == "Save: Money lost and saved, full"
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Picture as PNG"
    for _ in range(2):
        page.keyboard.press("Tab")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert waiting.value.suggested_filename == "full-silent-central-money-full.csv"
    page.keyboard.press("Escape")
    assert button.get_attribute("aria-expanded") == "false"
    assert button.evaluate("(one) => one === document.activeElement")


def test_names_of_a_scenario_are_neither_markup_nor_formulas_in_files(chromium: Any, reports: dict[str, Path]) -> None:
    with opened(chromium, reports["hostile"]) as found:
        page = found.page
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
        assert HOSTILE in [cell.value for cell in book["Table"]["A"]] or HOSTILE in str(rows)
        drawing = page.evaluate("Save.sourced('<svg xmlns=\"http://www.w3.org/2000/svg\"/>', 500, 100, '<b>&').text")
        assert "&lt;b&gt;&amp;" in drawing
        assert not found.wrong
