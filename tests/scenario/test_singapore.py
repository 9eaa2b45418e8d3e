"""The second real country: whole in its own files, near to its figures in the mean of eight seeds, as its page says."""

import re
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

import sim
from benchmarks.country import fit, means, moves
from benchmarks.documents import written
from sim.scenario import Scenario, load_scenario
from sim.scenario.load import files_of
from tests.scenario.bundled import bundled

NAME = "singapore"
ROOT = Path(sim.__file__).parents[1]
DOCUMENT = ROOT / "docs" / f"{NAME}.md"
AUTUMN = {"period": {"start": "2023-09-16", "end": "2023-12-31", "warmup": "92 d"}}
"""The alerts that banks sent by machine."""


@pytest.fixture(scope="module")
def country() -> Scenario:
    return bundled(NAME)


def test_it_is_whole_in_its_own_files(country: Scenario) -> None:
    files = {f"{NAME}.yaml", f"{NAME}_2023.csv", f"{NAME}_ages_2023.csv"}
    assert {Path(source.file).name for source in country.sources.values() if source.file} == files
    assert [path.name for path in files_of(NAME)] == [f"{NAME}.yaml"]


def test_the_program_does_not_know_it() -> None:
    names = re.compile("singapore", re.IGNORECASE)
    assert [path for path in (ROOT / "sim").rglob("*.py") if names.search(path.read_text(encoding="utf-8"))] == []


def test_it_is_held_to_nothing_that_was_reported_of_later_years(country: Scenario) -> None:
    assert max(row.window[1] or row.window[0] for row in country.spec.figures) == country.spec.period.end
    assert country.spec.period.end.year == 2023
    later = bundled(f"{NAME}-2025").spec
    assert all(row.value is None and row.role == "predicted" for row in later.figures)
    assert min(row.window[0] for row in later.figures) == country.spec.period.end + timedelta(days=1)
    assert later.fraud.grows_until == country.spec.period.end


def test_every_value_says_where_it_comes_from(country: Scenario) -> None:
    assert {source.origin for source in country.sources.values()} >= {"reported", "evidence", "assumed", "calibrated"}
    ranged = [source for source in country.sources.values() if source.origin in ("assumed", "calibrated")]
    assert all(source.basis and (source.range or source.fixed) for source in ranged)
    fitted = {f"{row.name}@{row.window[0]}..{row.window[1]}" for row in country.spec.figures if row.role == "fitted"}
    assert {source.target for source in ranged if source.origin == "calibrated"} <= fitted


@pytest.fixture(scope="module")
def figures() -> pd.DataFrame:
    return means(NAME)


@pytest.mark.slow
def test_the_mean_of_eight_seeds_is_within_every_tolerance(figures: pd.DataFrame) -> None:
    off = (figures["simulated"] / figures["reported"].astype(float) - 1.0).abs()
    fitted = figures["role"] == "fitted"
    assert fitted.sum() >= 40
    assert list(figures.loc[fitted & (off > figures["tolerance"]), "name"]) == []
    assert (~fitted).sum() == 4
    assert list(figures.loc[~fitted & (off > figures["tolerance"]), "name"]) == ["accounts_frozen"]


@pytest.mark.slow
def test_its_page_tells_this_mean_and_what_measures_move(figures: pd.DataFrame) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for part, lines in (("fit", fit(figures)), ("moves", moves(NAME))):
        assert written(text, part, lines) == text, "python -m benchmarks.country --write"


@pytest.mark.slow
def test_operations_stop_as_many_of_those_they_alert_as_they_did(tmp_path: Path) -> None:
    run = sim.run(load_scenario(NAME, **AUTUMN), tmp_path / "run", events="all")
    alerted = set(run.events.loc[run.events["event"] == "issue", "origin"])
    stopped = set(run.events.loc[run.events["result"] == "stopped", "origin"])
    # Operations before the period go on in it.
    assert 0.15 <= len(stopped & alerted) / len(alerted) <= 0.36


@pytest.mark.slow
def test_a_stop_of_spoofed_calls_doubles_calls_blocked_and_spares_few(tmp_path: Path) -> None:
    with_it, without = (
        sim.run(load_scenario(NAME, **changes), tmp_path / name)
        for name, changes in (("with", {}), ("without", {"measures.spoofing": None}))
    )
    blocked, local, victims = (
        [run.figure(name, "2023", "2023") for run in (with_it, without)]
        for name in ("calls_intercepted", "cases_filed.call.local", "victims")
    )
    assert blocked[0] > 1.8 * blocked[1]
    assert local[0] > local[1]
    assert 0.95 * victims[1] < victims[0] < victims[1]
    by_sms, of_all = (
        [with_it.figure(name, year, year) for year in ("2021", "2023")] for name in ("cases_filed.sms", "cases_filed")
    )
    assert by_sms[0] / of_all[0] == pytest.approx(0.10, abs=0.02)
    assert by_sms[1] / of_all[1] == pytest.approx(0.04, abs=0.005)
