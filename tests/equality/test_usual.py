"""Usual yields and shares that a run finds: the same bytes as with the found ones stated."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.experiments.simulations import Simulations
from sim.reading.run import derived_values, figures_evidence_and_quantities
from sim.scenario.load import changed
from tests.engines.small import fewer
from tests.equality.both import assert_equal, run_both
from tests.equality.hashes import hashes_of
from tests.equality.scenarios import ANSWERING, FEW, GROWING, UNEVEN

VALUES: dict[str, Any] = {
    **UNEVEN,
    **GROWING,
    **ANSWERING,
    **fewer(0.15),
    **FEW,
    # Nothing usual is stated, except for one class of calls.
    "gangs": {**ANSWERING["gangs"], "answer": {"shift": 1.2, "supply": 0.6, "lag": "2 d"}},
    "fraud.retry": {"call": {"share": 0.9, "displaced": 0.4}, "sms": {"share": 0.5}},
    "period": {"start": "2022-01-27", "end": "2022-02-03", "warmup": "3 d"},
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    one, other = run_both(tmp_path_factory.mktemp("found"), "tiny", **VALUES)
    assert_equal(one, other)
    return other


def test_what_is_found_and_then_stated_gives_the_same_bytes(found: sim.Run, tmp_path: Path) -> None:
    derived = derived_values(found)
    assert len(set(derived.values())) == 2 + 3 * len(found.scenario.spec.fraud.types)
    stated = changed(found.scenario, json.loads(json.dumps(derived)))
    again = sim.run(stated, tmp_path / "again", events="all")
    assert hashes_of(again) == hashes_of(found)
    assert derived_values(again) == {}
    assert "derived" not in again.manifest


def test_experiments_keep_it_to_the_bit(found: sim.Run, tmp_path: Path) -> None:
    for made in (1, 0):
        with Simulations(tmp_path, figures_evidence_and_quantities, executor=ThreadPoolExecutor(1)) as some:
            (outcome,) = some.run([found.scenario], 1)
            assert some.simulated == made
        assert outcome["derived"] == derived_values(found)
