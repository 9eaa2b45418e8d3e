"""Notebooks with their outputs: made by a command.

``python -m tools.notebooks [FILE...]`` executes notebooks, all of ``results`` where none is named, and stores what they
showed: texts and tables as they are, pictures as small PNG. Beside a picture stands a digest of the numbers of each of
its traces, so that a rerun which would draw something else is told from one that only draws it otherwise. It needs
``pip install -e '.[test,site]'``.
"""

import base64
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
import numpy as np

RESULTS = Path(__file__).resolve().parent.parent / "results"
SECONDS = 900
"""What a cell may take, tests beside it included."""

PLOTLY = "application/vnd.plotly.v1+json"
WIDTH, HEIGHT = 820, 460
"""Pixels of a stored picture, where its layout does not say how high it is."""

DIGITS = 9
"""Significant digits to which numbers of pictures are held; what is drawn shows three or four."""


def executed(path: Path) -> nbformat.NotebookNode:
    """Execute a notebook in its own folder, and return it with what it showed; its pictures are plotly's JSON."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": str(path.parent)}})
    with _plotly_as_json():
        client.execute()
    return notebook


def stored(notebook: nbformat.NotebookNode, chromium: Any) -> nbformat.NotebookNode:
    """Return a notebook as it is kept: pictures as PNG with the digests of their traces, no times of execution."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        for output in cell.outputs:
            figure = output.get("data", {}).get(PLOTLY)
            if figure is not None:
                title = figure["layout"].get("title", {}).get("text", "a picture")
                output.metadata = {"traces": _traces(figure)}
                output.data = {"image/png": _png(figure, chromium), "text/plain": title}
    return notebook


def _traces(figure: dict[str, Any]) -> list[str]:
    """Return each trace of a figure in a line: its name and a digest of its numbers and words."""
    lines = []
    for number, trace in enumerate(figure["data"]):
        told = json.dumps(_rounded(trace), sort_keys=True, ensure_ascii=False)
        digest = hashlib.sha256(told.encode()).hexdigest()[:16]
        lines.append(f"trace {number} {trace.get('name', '')}: {digest}")
    return lines


def _rounded(value: Any) -> Any:
    """Return a value of a trace with its numbers rounded, and arrays that plotly packed as lists."""
    if isinstance(value, dict) and "bdata" in value:
        array = np.frombuffer(base64.b64decode(value["bdata"]), dtype=value["dtype"])
        return _rounded(array.tolist())
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _png(figure: dict[str, Any], chromium: Any) -> str:
    """Draw a figure by plotly in a browser; base64."""
    from plotly.offline import get_plotlyjs

    page = chromium.new_page()
    try:
        page.set_content("<!DOCTYPE html><body></body>")
        page.add_script_tag(content=get_plotlyjs())
        size = {"width": WIDTH, "height": figure["layout"].get("height", HEIGHT)}
        url: str = page.evaluate(
            """([figure, size]) => {
              figure.layout = {...figure.layout, ...size, paper_bgcolor: 'white', plot_bgcolor: 'white'};
              return Plotly.toImage(figure, {format: 'png', ...size});
            }""",
            [{"data": figure["data"], "layout": figure["layout"]}, size],
        )
    finally:
        page.close()
    return url.partition(",")[2]


def _plotly_as_json() -> Any:
    """Let kernels show plotly's figures as JSON alone, not as a page with its library."""
    from unittest.mock import patch

    return patch.dict("os.environ", {"PLOTLY_RENDERER": "plotly_mimetype"})


def main(names: Sequence[str]) -> None:
    """Execute notebooks and store them with their outputs."""
    from tests.browser import browser_program, launched

    program = browser_program()
    if program is None:
        raise SystemExit("pictures are drawn by a browser: no chromium is installed")
    paths = [Path(name) for name in names] or sorted(RESULTS.glob("*.ipynb"))
    with launched(program) as chromium:
        for path in paths:
            nbformat.write(stored(executed(path), chromium), path)
            print(f"{path.name}  {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main(sys.argv[1:])
