"""Usual yields and shares that a run finds: equal in both engines, and the same bytes as with the found ones stated."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.base.words import Channel
from sim.experiments.simulations import Simulations
from sim.reading.outcomes import derived_values, figures_evidence_and_quantities
from sim.scenario.load import changed
from tests.engines.small import fewer, run_tiny
from tests.equality.both import assert_equal, run_both
from tests.equality.hashes import hashes_of
from tests.equality.scenarios import ANSWERING, GROWING, UNEVEN
from tests.equality.test_checkpoints import assert_same, went_on_from
from tests.equality.test_gangs import FEW, PERIOD, levels

EFFORTS = [f"effort_{channel}" for channel in Channel.labels()]
NULL: dict[str, Any] = {
    **ANSWERING,
    "gangs": {**ANSWERING["gangs"], "answer": {"shift": 1.2, "supply": 0.6, "lag": "2 d"}},
    "fraud.retry": {"call": {"share": 0.9, "displaced": 0.4}, "sms": {"share": 0.5}},
}
"""Nothing usual is stated, except for one class of calls."""
VALUES: dict[str, Any] = {**UNEVEN, **GROWING, **NULL, **FEW}


@pytest.fixture(scope="module")
def scenario() -> sim.Scenario:
    return sim.load_scenario("tiny", period=PERIOD, engine="vector", **VALUES)


@pytest.fixture(scope="module")
def found(scenario: sim.Scenario, tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    return sim.run(scenario, tmp_path_factory.mktemp("found") / "run", events="all")


def test_both_engines_find_the_same(tmp_path: Path) -> None:
    one, other = run_both(tmp_path, "tiny", period=PERIOD, **VALUES)
    assert_equal(one, other)
    types = one.scenario.spec.fraud.types
    assert list(derived_values(one)) == [
        *("fraud.retry.call.usual", "fraud.retry.sms.usual"),
        *(f"gangs.answer.usual.{channel}.{name}" for channel in Channel.labels() for name in types),
    ]
    assert len(set(derived_values(one).values())) == 2 + 3 * len(types)


def test_what_is_found_and_then_stated_gives_the_same_bytes(
    found: sim.Run, scenario: sim.Scenario, tmp_path: Path
) -> None:
    stated = changed(scenario, json.loads(json.dumps(derived_values(found))))
    again = sim.run(stated, tmp_path / "again", events="all")
    assert hashes_of(again) == hashes_of(found)
    assert derived_values(again) == {}
    # The same from a file of YAML, as a run stores it.
    (tmp_path / "stated.yaml").write_text(stated.yaml(), encoding="utf-8")
    assert sim.load_scenario(str(tmp_path / "stated.yaml")).sha256 == stated.sha256


def test_attempts_are_as_stated_on_the_first_day_and_not_for_long(found: sim.Run) -> None:
    efforts = levels(found)[EFFORTS]
    assert (efforts.iloc[0] == 1.0).all()
    assert (efforts.iloc[1] != 1.0).all()


def test_numbers_for_all_types_are_as_maps_of_them(tmp_path: Path) -> None:
    usual = ANSWERING["gangs"]["answer"]["usual"]
    types = sim.load_scenario("tiny").spec.fraud.types
    maps = {channel: dict.fromkeys(types, number) for channel, number in usual.items()}
    runs = [
        run_tiny(tmp_path / name, engine="vector", **{**ANSWERING, "gangs.answer.usual": values})
        for name, values in (("numbers", usual), ("maps", maps))
    ]
    assert hashes_of(runs[0]) == hashes_of(runs[1])


@pytest.mark.parametrize(("start", "warmup"), [("2022-02-03", "4 d"), ("2022-01-30", "2 d")])
def test_a_run_that_goes_on_has_found_the_same(start: str, warmup: str, tmp_path: Path) -> None:
    values = {**VALUES, **fewer(0.1), "period": {"start": start, "end": "2022-02-06", "warmup": warmup}}
    loaded = sim.load_scenario("tiny", **values)
    undisturbed = sim.run(loaded, tmp_path / "undisturbed", events="all")
    for name in ("keeping", "again"):
        run = sim.run(loaded, tmp_path / name, events="all", checkpoint=tmp_path / "checkpoints")
        assert derived_values(run) == derived_values(undisturbed) != {}
        assert_same(undisturbed, run)
    assert went_on_from(run) == "2022-02-01"


def test_experiments_keep_it_to_the_bit(found: sim.Run, scenario: sim.Scenario, tmp_path: Path) -> None:
    for made in (1, 0):
        with Simulations(tmp_path, figures_evidence_and_quantities, executor=ThreadPoolExecutor(1)) as some:
            (outcome,) = some.run([scenario], 1)
            assert some.simulated == made
        assert outcome["derived"] == derived_values(found)


def test_who_states_all_finds_nothing(tmp_path: Path) -> None:
    run = run_tiny(tmp_path / "run", engine="vector", **ANSWERING)
    assert "derived" not in run.manifest
    assert "derived" not in figures_evidence_and_quantities(run)


def test_what_is_not_given_is_not_written(scenario: sim.Scenario) -> None:
    null = changed(scenario, {"gangs.answer.usual": None, "fraud.retry.sms.usual": None})
    assert null.sha256 == scenario.sha256
    assert "usual" not in null.resolved["gangs"]["answer"]
    assert "usual" not in null.resolved["fraud"]["retry"]["sms"]
