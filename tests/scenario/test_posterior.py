"""Draws stored with a scenario: where they are applied, what they leave, what is refused."""

import shutil
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.scenario import ScenarioError, load_scenario
from sim.scenario.levers import show_lines
from sim.scenario.load import posterior
from sim.scenario.reading import to_yaml

DRAWN = Path(__file__).parent / "drawn"
LEVEL, D_PRIME = "fraud.volumes.call.level", "interception.call.d_prime"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a folder of one's own with the calibrated scenario and what extends it."""
    shutil.copytree(DRAWN, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def of(scenario: sim.Scenario) -> tuple[Any, ...]:
    """Give the five values that the draws are about, and one that they are not."""
    spec = scenario.spec
    return (
        spec.fraud.volumes.call.level,
        spec.interception.call.d_prime,
        str(spec.population.app.midpoint),
        spec.warning.hop_delay.a,
        spec.aftermath.investigation.capacity,
        spec.warning.hop_delay.b,
    )


def test_a_draw_gives_its_values_and_no_draw_those_of_the_file(folder: Path) -> None:
    assert of(load_scenario("calibrated.yaml")) == (1400, 4.4, "2021-12-01", 180_000, 12, 0.8)
    assert of(load_scenario("calibrated.yaml", draw=0)) == (1200, 4.2, "2021-11-20", 120_000, 10, 0.8)
    assert of(load_scenario("calibrated.yaml", draw=2)) == (1700, 4.7, "2021-12-15", 300_000, 20, 0.8)


def test_a_variant_meets_the_same_draw_but_for_what_it_changes_itself(folder: Path) -> None:
    assert of(load_scenario("weak.yaml", draw=2)) == (1700, 4.0, "2021-12-15", 300_000, 20, 0.8)
    # What is set comes last, as ever.
    scenario = load_scenario("weak.yaml", {LEVEL: "1500 per day"}, draw=2, seed=3)
    assert (scenario.spec.fraud.volumes.call.level, scenario.spec.seed) == (1500, 3)


def test_a_mistake_in_a_table_says_who_extends_its_scenario(folder: Path) -> None:
    for policy in ("one", "two"):
        (folder / f"{policy}.yaml").write_text("extends: calibrated.yaml\n")
        load_scenario(f"{policy}.yaml")
    (folder / "draws.csv").write_text(f"draw,{D_PRIME}\n1,3.9\n")
    with pytest.raises(ScenarioError, match=r"draws.csv:2:1: .*draws count from 0 \(extended by two.yaml\)"):
        load_scenario("two.yaml")


def test_a_draw_is_applied_over_what_its_file_extends(folder: Path) -> None:
    (folder / "own.yaml").write_text("extends: weak.yaml\ncalibration: {draws: own.csv}\n")
    (folder / "own.csv").write_text(f"draw,{D_PRIME}\n0,3.9\n")
    # The nearest table replaces the others, as lists do; draws of the base are not applied beside it.
    assert of(load_scenario("own.yaml", draw=0))[:2] == (1400, 3.9)
    assert list(posterior("own.yaml").columns) == [D_PRIME]
    (folder / "none.yaml").write_text("extends: weak.yaml\ncalibration: {draws: null}\n")
    with pytest.raises(ScenarioError, match=r"calibration.draws: no draws are stored with 'none.yaml'"):
        load_scenario("none.yaml", draw=0)


def test_origin_range_and_basis_stay_and_the_place_is_that_of_the_cell(folder: Path) -> None:
    plain, drawn = load_scenario("calibrated.yaml"), load_scenario("calibrated.yaml", draw=1)
    # Draw 1 is what the file says itself: nothing else may differ, so nothing else was touched.
    assert drawn.resolved == plain.resolved
    assert drawn.sha256 == plain.sha256
    source = load_scenario("weak.yaml", draw=2).sources[LEVEL]
    assert (source.where, source.column, source.layer) == ("draws.csv:4", 3, "draw")
    assert (source.origin, source.basis) == ("calibrated", "fitted")
    assert source.range == ("1000 per day", "2000 per day")
    inner = load_scenario("calibrated.yaml", draw=2)
    assert inner.resolved["warning"]["hop_delay"]["origin"] == "calibrated"
    lines = {key: (value, where) for key, value, where, _ in show_lines(inner)}
    assert lines["warning.hop_delay.lognormal.median"] == ("5 min", "draws.csv:4")


def test_what_is_resolved_knows_nothing_of_draws_and_loads_alone(folder: Path, tmp_path_factory: Any) -> None:
    alone = tmp_path_factory.mktemp("alone") / "scenario.yaml"
    for draw in (None, 2):
        scenario = load_scenario("calibrated.yaml", draw=draw)
        assert "draw" not in to_yaml(scenario.resolved["calibration"])
        alone.write_text(scenario.yaml())
        assert load_scenario(str(alone)) == scenario
    (folder / "draws.csv").write_text(
        (folder / "draws.csv").read_text() + "3,1300 per day,4.1,2021-12-01,3 min,9 per day\n"
    )
    assert load_scenario("calibrated.yaml", draw=2) == scenario, "draws that were not used are no part of a scenario"


def test_draws_are_a_table(folder: Path) -> None:
    draws = sim.posterior("weak.yaml")
    assert list(draws.index) == [0, 1, 2]
    assert draws.index.name == "draw"
    assert list(draws.columns)[:2] == [LEVEL, D_PRIME]
    assert draws.loc[2, LEVEL] == "1700 per day"
    assert list(draws[D_PRIME]) == [4.2, 4.4, 4.7]


@pytest.mark.parametrize("draw", [3, -1])
def test_a_draw_that_is_not_stored_is_refused(folder: Path, draw: int) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario("weak.yaml", draw=draw)
    assert str(caught.value) == f"calibration.draws: there is no draw {draw}; must be 0 to 2"


def test_a_scenario_without_draws_has_none_to_give() -> None:
    for call in (lambda: load_scenario("tiny", draw=0), lambda: posterior("tiny")):
        with pytest.raises(
            ScenarioError, match=r"no draws are stored with 'tiny'; use a scenario whose calibration.draws"
        ):
            call()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("4.7", "5.7", f"draws.csv:4:16: {D_PRIME}: 5.7 is outside its range; must be in [4.0, 5.0]"),
        ("4.7", "strong", f"draws.csv:4:16: {D_PRIME}: 'strong' is not a number; must be a number from -100 to 100"),
        ("2021-12-15", "2022-12-15", "draws.csv:4:20: population.app.midpoint: 2022-12-15 is outside its range"),
        ("1700 per day", "1700", f"draws.csv:4:3: {LEVEL}: 1700 has no unit"),
        ("5 min", "5 miles", "draws.csv:4:31: warning.hop_delay.lognormal.median: 'miles' is not a unit of time"),
    ],
)
def test_a_value_is_held_to_what_its_parameter_allows(folder: Path, old: str, new: str, message: str) -> None:
    text = (folder / "draws.csv").read_text()
    assert text.count(old) == 1
    (folder / "draws.csv").write_text(text.replace(old, new))
    with pytest.raises(ScenarioError) as caught:
        load_scenario("calibrated.yaml", draw=2)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(message)
    # A row is looked at when it is drawn; the others are as good as before.
    assert of(load_scenario("calibrated.yaml", draw=0))[0] == 1200


def test_draws_belong_into_a_file(folder: Path) -> None:
    with pytest.raises(ScenarioError, match=r"--set: calibration.draws: 'draws.csv' is not a table of draws"):
        load_scenario("tiny", {"calibration.draws": "draws.csv"})


def test_the_json_schema_knows_draws_and_what_figures_may_say() -> None:
    schema = sim.scenario.guide.json_schema()["$defs"]
    (draws, _null) = schema["Calibration"]["properties"]["draws"]["anyOf"][0]["anyOf"]
    assert draws == {
        "type": "string",
        "description": "the name of a CSV file next to the scenario",
        "pattern": r"\.csv$",
    }
    figure = schema["Figure"]["properties"]
    assert {"standard_error", "interval", "value"} <= set(figure)
