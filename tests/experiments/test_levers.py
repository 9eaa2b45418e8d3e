"""Whatever varies values, each point is the run that ``tocsin run --set`` makes of the same values."""

import json
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.calibration.fit import Level
from sim.experiments.attribute import values_without, without
from sim.experiments.parameters import DesignError
from sim.experiments.sensitivity import planned as screened
from sim.scenario import Scenario, changed, load_scenario
from tests.scenario.test_pooling import HEADER, ROWS

DRAWN = "interception.call.d_prime"
"""What posterior draws of the scenarios say."""

CODES = [str(row[0]) for row in ROWS]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("levers")
    rows = [",".join(map(str, row)) for row in ROWS]
    (made / "five.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    (made / "draws.csv").write_text(f"draw,{DRAWN}\n0,1.7\n1,2.1\n", encoding="utf-8")
    return made


class Recorded(Executor):
    """Makes no run; keeps the scenarios that are asked for."""

    def __init__(self) -> None:
        self.scenarios: list[Scenario] = []

    def submit(self, task: Callable[..., Any], scenario: Scenario, *given: Any, **named: Any) -> Future[Any]:  # type: ignore[override]
        self.scenarios.append(scenario)
        done: Future[Any] = Future()
        done.set_result(({"victims": len(self.scenarios)}, 0.0))
        return done


OWN = """\
fraud:
  province_weights: {45: 3}
  surges: {north: {window: [2022-01-24, null], factor: 2}}
interception: {call: {d_prime: {value: 2, origin: calibrated, range: [1.5, 2.5], basis: fitted}}}
desks: {visit: {staff: 30, by_province: {Guangdong: {staff: 8}, 65: 4}}}
measures: {holds: {kind: bank_hold, window: [2022-01-24, null], intensity: 0.1}}
calibration: {draws: draws.csv}
"""


@pytest.mark.parametrize(
    ("pool", "draw"),
    [
        ("{apart: [Guangdong, 65]}", None),
        *(pytest.param(*one, marks=pytest.mark.slow) for one in [("none", None), ("regions", 1)]),
    ],
)
@pytest.mark.parametrize(
    ("key", "ends"),
    [
        ("desks.call.staff", [2.5, 40.0]),
        ("desks.visit.by_province.44.staff", [3, 12]),
        ("desks.visit.staff", [9, 50]),
        ("fraud.surges.north.factor", [0.5, 3.0]),
        (DRAWN, [1.6, 2.4]),
        ("scale", [0.25, 0.75]),
    ],
)
def test_each_point_is_the_run_of_the_same_values(
    folder: Path, tmp_path: Path, pool: str, draw: int | None, key: str, ends: list[Any]
) -> None:
    five(folder, OWN)
    own, given = str(folder / "own.yaml"), {"population.pool": pool}
    scenario, executor = load_scenario(own, given, draw=draw), Recorded()
    sim.sweep(scenario, {key: ends}, folder=tmp_path / "sweep", executor=executor, workers=1)
    said = [load_scenario(own, {**given, key: str(end)}, draw=draw) for end in ends]
    assert [one.yaml() for one in executor.scenarios] == [one.yaml() for one in said]
    # A calibration, an attribution and a search for staff set values in other ways, and mean the same.
    level = Level(0.4, (7,)).scenario(scenario, 7, {key: ends[0]} if key != "scale" else {})
    texts = {"scale": "0.4", "seed": "7", "engine": "vector", **({key: str(ends[0])} if key != "scale" else {})}
    assert level.yaml() == load_scenario(own, {**given, **texts}, draw=draw).yaml()
    off = without(scenario, ["interception", "dens"])
    values = {name: json.dumps(value) for name, value in values_without(scenario, ["interception", "dens"]).items()}
    assert off.yaml() == load_scenario(own, {**given, **values}, draw=draw).yaml()


def five(folder: Path, text: str, **values: Any) -> Scenario:
    head = "schema: 1\nname: five\ntitle: five\nextends: tiny\npopulation: {provinces: five.csv}\n"
    (folder / "own.yaml").write_text(head + text, encoding="utf-8")
    return load_scenario(str(folder / "own.yaml"), **values)


GUANGDONG = "desks: {visit: {staff: 20, by_province: {Guangdong: {staff: 8}}}}\n"
STAFF = "desks.visit.staff"
OTHER = "use a lever that takes effect before the end of the period, or other values"
EVERYWHERE = ", ".join(f"{code}: 5" for code in CODES)


def test_a_sweep_of_pools_with_staff_of_their_own_moves_the_staff_of_the_others(folder: Path, tmp_path: Path) -> None:
    scenario = five(folder, GUANGDONG, **{"population.pool": "country"})
    frame = sim.sweep(scenario, {STAFF: [1, 60]}, folder=tmp_path / "sweep", workers=1)
    for staff, swept in zip((1, 60), frame["staff_hours_visit"], strict=True):
        one = load_scenario(str(folder / "own.yaml"), {STAFF: str(staff)}, **{"population.pool": "country"})
        assert sim.run(one, tmp_path / str(staff)).totals["staff_hours_visit"] == swept
    assert frame["staff_hours_visit"].nunique() == 2
    # What the sweep stores is the scenario before its pools: its runs can be made of it by --set.
    stored = load_scenario(str(tmp_path / "sweep" / "scenario.yaml"))
    assert stored.sha256 == scenario.sha256
    assert changed(stored, {STAFF: 60}).yaml() == changed(scenario, {STAFF: 60}).yaml()


@pytest.mark.parametrize(
    ("text", "pool", "vary", "message"),
    [
        (
            f"desks: {{visit: {{by_province: {{{EVERYWHERE}}}}}}}",
            "none",
            {STAFF: [2, 40]},
            "desks.visit.staff: 2.0 and 40.0 make the same scenario; use a lever that takes effect before the end of "
            "the period, or other values",
        ),
        (
            "",
            "country",
            {"population.provinces.2.name": ["South", "Southern"]},
            "population.provinces.2.name: South and Southern make the same scenario; "
            "use --pool none, where they differ",
        ),
        (
            "",
            "none",
            {"engine": ["vector", "reference"]},
            f"engine: vector and reference make the same scenario; {OTHER}",
        ),
    ],
)  # fmt: skip
def test_levers_that_move_nothing_are_refused(
    folder: Path, tmp_path: Path, text: str, pool: str, vary: dict[str, list[Any]], message: str
) -> None:
    scenario = five(folder, text, **{"population.pool": pool})
    with pytest.raises(DesignError) as refused:
        sim.sweep(scenario, vary, folder=tmp_path / "sweep")
    assert str(refused.value) == message
    assert not (tmp_path / "sweep").exists()


@pytest.mark.parametrize("key", ["measures.law.deterrence", "measures.later.intensity"])
def test_a_sensitivity_leaves_out_what_moves_nothing_and_refuses_it_by_name(folder: Path, key: str) -> None:
    later = "{value: 0.1, origin: assumed, range: [0.05, 0.2], basis: a guess}"
    text = f"measures: {{later: {{kind: bank_hold, window: [2023-01-24, null], intensity: {later}}}}}"
    few = ["measures.law.deterrence", "measures.later.intensity", "warning.app.read"]
    scenario = five(folder, text, **{"calibration.parameters": few})
    chosen = screened(scenario, None, "morris", 2, ("victims",))
    assert key in chosen.idle
    assert key not in [one.key for one in chosen.parameters]
    with pytest.raises(DesignError, match=f"{key}: .* make the same scenario"):
        screened(scenario, [key], "morris", 2, ("victims",))
