"""What holds for every picture: it has words, units and marks, it is plain text and numbers, and the same each time."""

from typing import Any

import pytest

import sim
from sim.report.gallery import SECTIONS
from tests.report.conftest import TEMPLATE
from tests.report.pictures.drawn import compared, document

DRAW = [picture.draw for section in SECTIONS for picture in section.pictures if not picture.choices]
RUNS = ("full", "empty", *(pytest.param(name, marks=pytest.mark.slow) for name in ("silent", "thin", "hostile")))


def demand_whole(figure: Any, table: Any) -> None:
    """Fail unless a picture has a title, named axes and marks, and its table is small and whole."""
    page = document(figure)
    layout, data = page["layout"], page["data"]
    assert layout["title"]["text"]
    if data:
        for trace in data:
            if trace["type"] == "heatmap":
                # Idle staff is a finding too: only a map without any staff would be empty.
                assert any(value is not None for row in trace["z"] for value in row)
                continue
            values = trace["y"] if trace["type"] == "bar" and trace.get("orientation") != "h" else trace["x"]
            assert values, f"the trace {trace['name']} is empty"
            assert all(value is not None for value in trace.get("x", ())), "a mark without a place"
            assert any(values) or trace["type"] == "scatter", "bars of nothing"
        x_axes = [axis for key, axis in layout.items() if key.startswith("xaxis")]
        y_axes = [axis for key, axis in layout.items() if key.startswith("yaxis")]
        assert any(axis.get("title", {}).get("text") for axis in x_axes)
        # Names of groups and days of the week say themselves what they are.
        texts = [axis for axis in y_axes if axis.get("type") == "category" or axis.get("ticktext")]
        assert texts or data[0]["type"] == "heatmap" or any(axis.get("title", {}).get("text") for axis in y_axes)
    else:
        (note,) = layout["annotations"]
        assert note["text"].endswith(".")
    assert len(table) <= 60
    assert not table.isna().any(axis=None)
    assert not (table.astype(str) == "nan").any(axis=None)


@pytest.mark.parametrize("which", RUNS)
def test_pictures_of_a_run_are_whole_and_the_same_when_it_is_loaded(which: str, request: pytest.FixtureRequest) -> None:
    run: sim.Run = request.getfixturevalue(which)
    again = sim.load_run(run.path)
    for draw in DRAW:
        figure = draw(run).view()
        demand_whole(figure, draw(run).table)
        assert draw(again).view().to_json() == figure.to_json(), draw


@pytest.mark.parametrize(("base", "other"), [("full", "silent"), ("empty", "empty")])
def test_pictures_of_a_comparison_are_whole(base: str, other: str, request: pytest.FixtureRequest) -> None:
    for figure, table in compared(request.getfixturevalue(base), request.getfixturevalue(other)).values():
        demand_whole(figure, table)


def test_names_from_a_scenario_are_text(hostile: sim.Run) -> None:
    shown = [draw(hostile).view().to_json() for draw in DRAW]
    shown += [figure.to_json() for figure, _ in compared(hostile, hostile).values()]
    for text in shown:
        assert "<img" not in text
        assert "\\u003cimg" not in text
        assert TEMPLATE not in text
    # They are shown, as text: of the type, and of the province.
    assert sum("&lt;img src=x onerror=alert(1)&gt;" in text for text in shown) >= 1
