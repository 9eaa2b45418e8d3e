"""Figures: ratios as they were reported, changes by the levels that they lead to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.report.drawing import COLOURS
from sim.report.figures import MISSED, changed_parameters, comparable, holds, level, parameters, ratios, value_text

CHANGE = {"name": "losses_change", "window": ["2022-01-01", "2022-11-30"], "role": "fitted", "reported": -0.013}


@dataclass
class Held:
    """What pictures of figures read of a run."""

    manifest: dict[str, Any]


def test_a_change_near_zero_has_no_ratio_of_its_own() -> None:
    row = {**CHANGE, "simulated": -0.091}
    assert level(row, row["simulated"]) == pytest.approx(0.909 / 0.987)
    assert (value_text(row, -0.013), value_text(row, 0.057)) == ("-1.3%", "+5.7%")
    assert comparable(row)
    assert not comparable({**row, "simulated": None})
    assert not comparable({**row, "reported": "2022-12-01"})


def test_dots_stand_at_the_ratios_of_the_manifest(country: sim.Run, full: sim.Run) -> None:
    table = ratios(country).table
    assert len(table) == len(country.manifest["figures"])
    period = {row["name"] for row in country.manifest["figures"] if row["simulated"] is not None}
    drawn = {lane.split(",")[0].removeprefix(f"{MISSED} ") for trace in ratios(country).view().data for lane in trace.y}
    assert drawn == {name.replace("_", " ").replace("sms", "SMS") for name in period}
    assert len(drawn) == 3
    manifest = {row["name"]: row for row in country.manifest["figures"]}
    shown = {
        lane.split(",")[0].removeprefix(f"{MISSED} "): x
        for trace in ratios(country).view().data
        for lane, x in zip(trace.y, trace.x, strict=True)
    }
    # What misses its report is marked on its lane.
    missed = {row["name"] for row in country.manifest["figures"] if holds(row, None) is False}
    lanes = {lane for trace in ratios(country).view().data for lane in trace.y}
    assert len(missed) == sum(lane.startswith(MISSED) for lane in lanes) > 0
    assert shown["calls intercepted"] == pytest.approx(manifest["calls_intercepted"]["ratio"])
    change = manifest["cases_filed_change"]["simulated"]
    assert shown["cases filed change"] == pytest.approx((1 + change) / 0.99)
    assert not ratios(full).view().data


def test_the_interval_of_a_prediction_lies_where_it_lies(country: sim.Run) -> None:
    (bar,) = [trace for trace in ratios(country).view().data if trace.name == "90% interval of predictions"]
    row = next(row for row in country.manifest["figures"] if row["interval"])
    assert bar.y[0].startswith("SMS intercepted")
    assert bar.x[0] - bar.error_x.array[0] == pytest.approx(row["interval"][0] / row["reported"])
    assert bar.x[0] + bar.error_x.array[0] == pytest.approx(row["interval"][1] / row["reported"])


def test_the_interval_of_a_figure_that_is_only_context_is_no_prediction_by_its_colour() -> None:
    row = {"window": ["2022-01-01", "2022-01-31"], "reported": 100.0, "simulated": 110.0, "interval": [90.0, 120.0]}
    row |= {"within": None, "tolerance": 0.1, "standard_error": None}
    rows = [{**row, "name": role, "role": role} for role in ("predicted", "context")]
    bars = [bar for bar in ratios(Held({"figures": rows})).view().data if bar.error_x.color]  # type: ignore[arg-type]
    assert [bar.error_x.color for bar in bars] == [COLOURS["role"][role] for role in ("predicted", "context")]


def test_a_ratio_far_off_does_not_squeeze_the_others(full: sim.Run) -> None:
    row = {"window": ["2022-01-01", "2022-01-31"], "role": "predicted", "reported": 100.0, "interval": None}
    row |= {"within": None, "tolerance": 0.1, "standard_error": None}
    rows = [
        {**row, "name": f"cases_{at}", "simulated": ratio * 100.0} for at, ratio in enumerate((1.1, 0.9, 1.2, 50.0))
    ]
    figure = ratios(Held({"figures": rows})).view()  # type: ignore[arg-type]
    (trace,) = figure.data
    assert list(trace.x) == pytest.approx([1.1, 0.9, 1.2, 1.2])
    assert list(trace.marker.symbol).count("triangle-right") == 1
    assert [note.text for note in figure.layout.annotations] == ["50.00"]


def test_provinces_and_tables_are_among_changed_parameters(full: sim.Run, tmp_path: Path) -> None:
    values = {"desks.visit.by_province": "{44: 9}", "name": "full"}
    other = sim.run(sim.load_scenario("tiny", values), tmp_path / "other", events="all", workers=1)
    changed = changed_parameters(other, full).set_index("key")
    assert list(changed.index) == ["desks.visit.by_province.44"]
    assert changed.loc["desks.visit.by_province.44", "value"] == "9"


def test_every_parameter_is_listed_with_what_it_rests_on(country: sim.Run) -> None:
    listed = parameters(country).set_index("key")
    assert listed.index.is_unique
    assert listed.loc["population.provinces", "value"] == "31 rows"
    median = listed.loc["fraud.types.brushing.loss.median"]
    assert (median["value"], median["origin"], median["range"]) == ("21300", "evidence", "16500 to 51000")
    assert "Handan" in median["basis"]
