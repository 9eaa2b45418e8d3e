"""Whatever varies values, each point is the run that ``tocsin run --set`` makes of the same values."""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

import sim
from sim.calibration.evaluations import Level
from sim.experiments.design import DesignError
from sim.experiments.layers import layers_of, values_without, without
from sim.experiments.promise import with_staff
from sim.experiments.sensitivity import planned as screened
from sim.experiments.sweep import planned
from sim.scenario import Scenario, ScenarioError, changed, load_scenario
from sim.scenario.load import as_pooled
from sim.scenario.provinces import coded_key
from tests.scenario.test_pooling import HEADER, ROWS

SETTINGS = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)

DRAWN = "interception.call.d_prime"
"""What posterior draws of the scenarios say."""

CODES = [str(row[0]) for row in ROWS]
NAMES = [str(row[1]) for row in ROWS]

NUMBERS: dict[str, st.SearchStrategy[Any]] = {
    "desks.visit.staff": st.integers(1, 60),
    "desks.call.staff": st.floats(1.0, 60.0),
    "desks.visit.by_province.44.staff": st.integers(1, 40),
    "desks.visit.by_province.Guangxi.staff": st.integers(1, 40),
    "desks.province_weights.Beijing": st.floats(0.1, 9.0),
    "fraud.province_weights.44": st.floats(0.1, 9.0),
    "population.provinces.2.share_urban": st.floats(10.0, 90.0),
    "population.provinces.4.population": st.integers(1000, 9000),
    "fraud.surges.north.factor": st.floats(0.5, 3.0),
    "measures.holds.intensity": st.floats(0.0, 0.5),
    DRAWN: st.floats(1.5, 2.5),
    "scale": st.sampled_from([0.25, 0.5, 0.75]),
}
OTHERS: dict[str, st.SearchStrategy[Any]] = {
    "population.pool": st.sampled_from(["none", "regions", "country"]),
    "feedback": st.booleans(),
    "desks.visit.discipline": st.sampled_from(["tier", "deadline"]),
    "warning.tiers.red.deadline": st.sampled_from(["90 min", "2 h", "1 d"]),
    "warning.tiers.red.first": st.sampled_from(["sms", "call", "visit"]),
    "fraud.volumes.call.level": st.sampled_from(["300 per day", "700 per day"]),
    "period.end": st.sampled_from(["2022-01-26", "2022-01-28"]),
}
LEVERS = {**NUMBERS, **OTHERS}


@dataclass(frozen=True)
class Case:
    """A scenario's file, and how it is loaded: what was set, by text, and the draw."""

    path: str
    overrides: dict[str, str]
    draw: int | None

    def load(self, more: Mapping[str, Any] | None = None) -> Scenario:
        """Return the scenario that ``tocsin run --set`` runs with these values and more."""
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in (more or {}).items()}
        return load_scenario(self.path, {**self.overrides, **texts}, draw=self.draw)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("levers")
    rows = [",".join(map(str, row)) for row in ROWS]
    (made / "five.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    (made / "draws.csv").write_text(f"draw,{DRAWN}\n0,1.7\n1,2.1\n", encoding="utf-8")
    return made


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, dict[str, str], int | None]:
    """Draw the text of a scenario, what is set of it and the number of a draw."""
    shifts = "{from: 08:30, to: 22:30, share: 1}"
    own = st.one_of(
        st.integers(1, 30).map(str),
        st.integers(1, 30).map(lambda staff: f"{{staff: {staff}}}"),
        st.integers(2, 30).map(lambda staff: f"{{value: {staff}, origin: assumed, range: [1, 30], basis: a guess}}"),
        st.integers(1, 30).map(lambda staff: f"{{staff: {staff}, shifts: [{shifts}]}}"),
        st.integers(1, 30).map(lambda staff: f"{{staff: {staff}, growth: {{ramp: {{}}}}}}"),
    )
    places = draw(
        st.lists(
            st.sampled_from(CODES + NAMES),
            unique_by=lambda name: NAMES.index(name) if name in NAMES else CODES.index(name),
            max_size=5,
        )
    )
    staff = ", ".join(f"{place}: {draw(own)}" for place in places)
    weights = ", ".join(
        f"{code}: {draw(st.sampled_from([0.5, 1, 3]))}" for code in draw(st.sets(st.sampled_from(CODES)))
    )
    where = draw(st.sampled_from(["[44, 45]", "[11, 12, 44, 45, 65]", "null", "[65]"]))
    text = f"""\
schema: 1
name: five
title: five
extends: tiny
population: {{provinces: five.csv}}
fraud:
  province_weights: {{{weights}}}
  surges: {{north: {{window: [2022-01-24, null], factor: 2, provinces: [12, 11]}}}}
interception: {{call: {{d_prime: {{value: 2, origin: calibrated, range: [1.5, 2.5], basis: fitted}}}}}}
desks:
  visit: {{staff: {draw(st.integers(1, 40))}, by_province: {{{staff}}}}}
measures:
  holds: {{kind: bank_hold, window: [2022-01-24, null], intensity: 0.1, provinces: {where}}}
calibration: {{draws: draws.csv}}
"""
    overrides = {}
    if draw(st.booleans()):
        overrides["population.pool"] = draw(st.sampled_from(["none", "regions", "country", "{apart: [Guangdong, 65]}"]))
    if draw(st.booleans()):
        overrides["scale"] = draw(st.sampled_from(["0.3", "0.9"]))
    if draw(st.booleans()):
        overrides["desks.call.staff"] = str(draw(st.integers(1, 30)))
    return text, overrides, draw(st.sampled_from([None, 0, 1]))


def case_of(folder: Path, drawn: tuple[str, dict[str, str], int | None]) -> Case:
    """Write the file of a case that can be loaded; others are passed over."""
    text, overrides, number = drawn
    (folder / "five.yaml").write_text(text, encoding="utf-8")
    case = Case(str(folder / "five.yaml"), overrides, number)
    try:
        case.load()
    except ScenarioError:
        assume(False)
    return case


def loaded(make: Callable[[], Scenario]) -> str:
    """Return the text of a scenario, which says all that its run does; or why there is none."""
    try:
        return make().yaml()
    except ScenarioError as error:
        return f"refused: {error.mistakes[0].key}: {error.mistakes[0].message}"


class Recorded(Executor):
    """Makes no run; keeps the scenarios that are asked for."""

    def __init__(self) -> None:
        self.scenarios: list[Scenario] = []

    def submit(self, task: Callable[..., Any], scenario: Scenario, *given: Any, **named: Any) -> Future[Any]:  # type: ignore[override]
        self.scenarios.append(scenario)
        done: Future[Any] = Future()
        done.set_result(({"victims": len(self.scenarios)}, 0.0))
        return done


def points_of(case: Case, vary: Mapping[str, list[Any]], folder: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the values of each point of a sweep and the text of the scenario that it runs."""
    scenario, executor = case.load(), Recorded()
    plan = planned(scenario, vary, None, None)
    sim.sweep(scenario, vary, folder=folder, executor=executor, workers=1)
    texts = iter([one.yaml() for one in executor.scenarios])
    for values in plan.points():
        try:
            changed(scenario, values)
        except ScenarioError:  # a row with its message
            continue
        yield values, next(texts)


def hold(folder: Path, tmp_path: Path, drawn: Any, data: st.DataObject) -> None:
    """Draw levers for a scenario and hold every command that varies values to ``tocsin run --set``."""
    case = case_of(folder, drawn)
    scenario = case.load()
    keys = data.draw(st.lists(st.sampled_from(sorted(LEVERS)), min_size=1, max_size=3, unique=True))
    values = {key: data.draw(LEVERS[key]) for key in keys}
    assert loaded(lambda: changed(scenario, values)) == loaded(lambda: case.load(values)), values
    level = Level(0.4, (7,))
    own = {"scale": 0.4, "seed": 7, "engine": "vector"}
    assert loaded(lambda: level.scenario(scenario, 7, values)) == loaded(lambda: case.load({**values, **own}))
    off = data.draw(st.sets(st.sampled_from(layers_of(scenario)), max_size=3))
    assert loaded(lambda: without(scenario, off)) == loaded(lambda: case.load(values_without(scenario, off)))
    pools = as_pooled(scenario)
    staff = {code: data.draw(st.integers(1, 9)) for code in scenario.spec.population.names}
    (tmp_path / "pools.yaml").write_text(scenario.yaml(), encoding="utf-8")
    stored = Case(str(tmp_path / "pools.yaml"), {}, None)
    if not scenario.spec.desks.visit.by_province:
        given_staff = {f"desks.visit.by_province.{code}": number for code, number in staff.items()}
        assert loaded(lambda: with_staff(pools, "visit", staff)) == loaded(lambda: stored.load(given_staff))
    key = data.draw(st.sampled_from(sorted(NUMBERS)))
    ends = sorted({data.draw(NUMBERS[key]), data.draw(NUMBERS[key])})
    try:
        found = list(points_of(case, {key: ends}, tmp_path / "sweep"))
    except DesignError as refused:  # nothing is read there, or no such province has staff of its own
        told = str(refused)
    else:
        told = ""
    if told:
        assert coded_key(key, scenario.spec.population.names) in told
        return
    assert len({text for _, text in found}) == len(found), "points that are one"
    for point, text in found:
        assert text == case.load(point).yaml(), (point, key)


@pytest.mark.slow
@settings(SETTINGS, max_examples=8)
@given(drawn=cases(), data=st.data())
def test_each_point_is_the_run_of_the_same_values(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, drawn: Any, data: st.DataObject
) -> None:
    hold(folder, tmp_path_factory.mktemp("case"), drawn, data)


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
            "measures: {later: {kind: bank_hold, window: [2023-01-24, null], intensity: 0.1}}",
            "none",
            {"measures.later.intensity": [0.1, 0.2]},
            f"measures.later.intensity: 0.1 and 0.2 make the same scenario; {OTHER}",
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


def test_a_sweep_that_pools_before_its_levers_is_seen(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    five(folder, GUANGDONG)
    case = Case(str(folder / "own.yaml"), {"population.pool": "country"}, None)
    found = {point[STAFF]: text for point, text in points_of(case, {STAFF: [1, 60]}, tmp_path / "right")}
    assert found == {staff: case.load({STAFF: staff}).yaml() for staff in (1, 60)}
    monkeypatch.setattr("sim.experiments.sweep.changed", lambda one, values: changed(as_pooled(one), values))
    (point, text), *_ = points_of(case, {STAFF: [1, 60]}, tmp_path / "wrong")
    assert text != case.load(point).yaml()


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
