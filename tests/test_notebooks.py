"""The notebooks of ``results`` show what they are stored with, which can be seen without running anything."""

import copy
import itertools
import re
from html import unescape
from pathlib import Path

import nbformat
import pytest

from tests.notebooks import PLOTLY, RESULTS, TAGS, executed, shown

NOTEBOOKS = sorted(RESULTS.glob("*.ipynb"))
MOST_BYTES = 700_000
MOST_CODE = 4_000
"""Characters of code in a notebook."""
MOST_WIDE = 120
"""Characters of a row of a table: about what a page has room for."""
WRAPPED = 40
"""Characters from which the text of a cell is wrapped; heads are wrapped at every space."""
CELL = re.compile(r"<(t[hd])[^>]*>(.*?)</t[hd]>", re.S)


def named(path: Path) -> str:
    """Name a notebook."""
    return path.name


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_a_rerun_shows_what_is_stored(path: Path) -> None:
    kept = nbformat.read(path, as_version=4)
    for number, (stored, now) in enumerate(zip(shown(kept), shown(executed(path)), strict=True)):
        assert stored == now, f"{path.name}, code cell {number}: python -m tests.notebooks {path}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_pictures_are_stored_as_small_pictures(path: Path) -> None:
    outputs = list(
        itertools.chain.from_iterable(
            cell.outputs for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"
        )
    )
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert "image/png" in kinds
    assert PLOTLY not in kinds
    assert path.stat().st_size < MOST_BYTES
    assert not any(output.output_type == "error" for output in outputs)


def row_widths(html: str) -> list[int]:
    """Return the characters of each row of a table."""
    every = []
    for row in re.findall(r"<tr.*?</tr>", html, re.S):
        cells = [(kind, unescape(TAGS.sub("", text)).strip()) for kind, text in CELL.findall(row)]
        only_heads = all(kind == "th" for kind, _ in cells)
        widths = (max(map(len, text.split()), default=0) if only_heads else len(text) for _, text in cells)
        every.append(sum(min(WRAPPED, width) + 2 for width in widths))
    return every


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_tables_fit_the_page_and_code_is_short(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    for number, cell in enumerate(cells):
        for output in cell.outputs:
            widths = row_widths(output.get("data", {}).get("text/html", ""))
            assert max(widths, default=0) <= MOST_WIDE, f"code cell {number}"
    assert sum(len(cell.source) for cell in cells) <= MOST_CODE


def test_a_wide_table_is_seen() -> None:
    row = "".join(f"<td>{'12,345.678':>10}</td>" for _ in range(12))
    assert row_widths(f"<table><tr><th>yuan lost by victims</th></tr>\n<tr>{row}</tr></table>") == [9, 144]


def test_another_number_of_a_picture_or_a_table_is_seen() -> None:
    figure = {"data": [{"name": "calls", "x": [1, 2], "y": [0.25, 0.5]}], "layout": {}}
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(
                outputs=[
                    nbformat.v4.new_output("display_data", data={PLOTLY: figure}),
                    nbformat.v4.new_output("execute_result", data={"text/plain": "victims  7", "text/html": "<p>7"}),
                ]
            )
        ]
    )
    other, nearly, told = (copy.deepcopy(notebook) for _ in range(3))
    other.cells[0].outputs[0].data[PLOTLY]["data"][0]["y"][1] = 0.51
    nearly.cells[0].outputs[0].data[PLOTLY]["data"][0]["y"][1] = 0.5 + 1e-13
    told.cells[0].outputs[1].data["text/plain"] = "victims  8"
    assert shown(notebook) == shown(nearly) != shown(other)
    assert shown(notebook) != shown(told)
