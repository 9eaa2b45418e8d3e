"""Runs of which an experiment reads manifest and sums alone: the same ones, and no table is written."""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import sim
from sim import running
from sim.experiments import simulations
from sim.experiments.simulations import simulate
from sim.reading.run import OF_SUMS, Run, service
from sim.running import run, run_without_tables

ABOUT_ITSELF = {"command", "files", "performance", "sha256"}
"""Parts of a manifest that say when and how the run was made, and into which files."""


@pytest.fixture(scope="module")
def short() -> sim.Scenario:
    return sim.load_scenario("tiny", period={"start": "2022-01-31", "end": "2022-02-03", "warmup": "2 d"})


@pytest.fixture(scope="module")
def stored(short: sim.Scenario, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(short, tmp_path_factory.mktemp("stored") / "run", "none", 1)


def files(made: Run) -> dict[str, Any]:
    """Return the names of the files of a run, as an experiment may read them."""
    return {"files": sorted(path.name for path in made.path.iterdir())}


def test_the_manifest_is_that_of_a_run_with_tables(short: sim.Scenario, stored: Run, tmp_path: Path) -> None:
    with run_without_tables(short, tmp_path / "run") as made:
        assert files(made) == {"files": ["log.txt", "run.json"]}
    assert set(made.manifest) == set(stored.manifest)
    for part in set(made.manifest) - ABOUT_ITSELF:
        assert made.manifest[part] == stored.manifest[part], part


OF_DESK = partial(service, desk="visit", tier="red", tiers=("red", "yellow"), days=3)
READERS = {**{read.__name__: read for read in OF_SUMS - {service}}, "service": OF_DESK}


@pytest.mark.parametrize("name", sorted(READERS))
def test_experiments_read_the_same_of_both(
    name: str, short: sim.Scenario, stored: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = READERS[name](stored)
    monkeypatch.setattr(running, "TableWriter", None)  # no file is written
    monkeypatch.setitem(sys.modules, "pandas", None)  # and no worker spends a quarter of a second to load it
    assert simulate(short, READERS[name], tmp_path, 1)[0] == expected


def test_tables_of_many_days_and_provinces_go_into_files(
    short: sim.Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulations, "OF_SUMS", frozenset({files}))
    assert "flows.parquet" not in simulate(short, files, tmp_path, 1)[0]["files"]
    monkeypatch.setattr(simulations, "FEW_PROVINCE_DAYS", 4 * len(short.spec.population.provinces) - 1)
    assert "flows.parquet" in simulate(short, files, tmp_path, 1)[0]["files"]
