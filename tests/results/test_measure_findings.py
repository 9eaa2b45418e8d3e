"""A measure that the period leaves out, or cuts, is a finding of the run and a warning of the scenario."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from sim.language.spoken import speaking
from sim.results.measure_findings import measures_outside
from sim.results.scope import Dated
from tests.cli.commands import Tocsin, tocsin
from tests.results.synthetic import SCOPE

__all__ = ["tocsin"]

START, END = date(2021, 12, 1), date(2022, 2, 28)
DAY = timedelta(days=1)
WARMUP = START - SCOPE.warmup_days * DAY


def kinds(first: date, last: date | None, spread: bool = False) -> list[tuple[str, int, int]]:
    scope = replace(SCOPE, measures=(Dated("mine", (first, last), spread),))
    rows = list(measures_outside(scope))
    assert all("mine" in row["sentence"] and row["subject"] == "mine" for row in rows)
    return [(row["kind"], row["value"], row["limit"]) for row in rows]


@pytest.mark.parametrize("spread", [False, True])
def test_a_measure_within_the_period_or_open_is_no_finding(spread: bool) -> None:
    assert kinds(START, END, spread) == []
    assert kinds(END, END, spread) == []
    assert kinds(START, START, spread) == []
    assert kinds(WARMUP, START, spread) == []
    assert kinds(START - 900 * DAY, None, False) == []


def test_a_measure_that_never_is_in_force_is_one() -> None:
    assert kinds(END + DAY, None) == [("measure_outside_period", 0, 1)]
    assert kinds(END + DAY, END + 7 * DAY) == [("measure_outside_period", 0, 7)]
    assert kinds(START - 9 * DAY, START - DAY) == [("measure_outside_period", 0, 9)]


def test_a_window_that_is_cut_is_one() -> None:
    assert kinds(END, END + DAY) == [("measure_cut", 1, 2)]
    assert kinds(START - 400 * DAY, END, spread=False) == []
    assert kinds(WARMUP - DAY, END, spread=True) == [("measure_cut", 95, 96)]
    assert kinds(WARMUP - DAY, START, spread=True) == [("measure_cut", 6, 7)]


def test_it_is_told_in_other_languages_with_their_dates() -> None:
    scope = replace(SCOPE, measures=(Dated("mine", (END + DAY, None)),))
    with speaking("fr"):
        (row,) = measures_outside(scope)
    assert "1 mars 2022" in row["sentence"]


LATE = "measures.late={kind: bank_hold, window: [2022-12-01, null], intensity: 0.5}"


def test_a_scenario_with_one_is_valid_and_warns(tocsin: Tocsin) -> None:
    told = tocsin("validate", "china-2022", "--set", LATE)
    assert told.code == 0
    assert told.out.startswith("china-2022: no mistakes")
    assert "warning: The measure late begins on 1 December 2022, after the period, which ends on 30" in told.err
    assert "late" not in tocsin("validate", "china-2022", "--set", LATE.replace("2022-12-01", "2022-11-30")).err


def test_a_run_with_one_says_so(tocsin: Tocsin) -> None:
    period = "period={start: 2022-02-01, end: 2022-02-02, warmup: 0 d}"
    ended = tocsin("run", "tiny", "--set", period, "--set", LATE, "--out", "r")
    assert ended.code == 0
    rows = json.loads(Path("r/run.json").read_text(encoding="utf-8"))["findings"]
    assert "late" in [row["subject"] for row in rows if row["kind"] == "measure_outside_period"]
    assert tocsin("check", "r").code == 0
