"""A measure that the period leaves out, or cuts, is a finding of the run and a warning of the scenario."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from sim.language import speaking
from sim.reading.findings import about_measures
from sim.scenario import load_scenario
from sim.store.columns import Dated, Scope
from tests.cli.commands import Tocsin, tocsin
from tests.synthetic import SCOPE

__all__ = ["tocsin"]

START, END = date(2021, 12, 1), date(2022, 2, 28)
DAY = timedelta(days=1)
WARMUP = START - SCOPE.warmup_days * DAY


def kinds(first: date, last: date | None, spread: bool = False) -> list[tuple[str, int, int]]:
    scope = replace(SCOPE, measures=(Dated("mine", (first, last), spread),))
    rows = [row for row in about_measures(scope) if row["kind"] != "measures_over"]
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
        (row,) = about_measures(scope)
    assert "1 mars 2022" in row["sentence"]


LATE = "measures.late={kind: bank_hold, window: [2022-12-01, null], intensity: 0.5}"


def test_a_scenario_with_one_is_valid_and_warns(tocsin: Tocsin) -> None:
    told = tocsin("validate", "china-2022", "--set", LATE)
    assert told.code == 0
    assert told.out.startswith("china-2022: no mistakes")
    assert "warning: The measure late begins on 1 December 2022, after the period ends on 30" in told.err
    assert "late" not in tocsin("validate", "china-2022", "--set", LATE.replace("2022-12-01", "2022-11-30")).err


def test_a_run_with_one_says_so(tocsin: Tocsin) -> None:
    period = "period={start: 2022-02-01, end: 2022-02-02, warmup: 0 d}"
    ended = tocsin("run", "tiny", "--set", period, "--set", LATE, "--out", "r")
    assert ended.code == 0
    rows = json.loads(Path("r/run.json").read_text(encoding="utf-8"))["findings"]
    assert "late" in [row["subject"] for row in rows if row["kind"] == "measure_outside_period"]
    assert tocsin("check", "r").code == 0


def over(*measures: Dated) -> list[tuple[str, int, list[str]]]:
    rows = [row for row in about_measures(replace(SCOPE, measures=measures)) if row["kind"] == "measures_over"]
    assert all(row["subject"] in row["sentence"] and row["subject"] in row["suggestion"] for row in rows)
    return [(row["subject"], row["value"], row["window"]) for row in rows]


def dated(name: str, first: date, last: date | None, kind: str = "videos", about: str = "") -> Dated:
    return Dated(name, (first, last), kind in ("videos", "activities"), kind, about, kind not in ("outage",))


def test_a_kind_that_ends_while_the_period_goes_on_is_one() -> None:
    late = END - 28 * DAY
    gone = [(late + DAY).isoformat(), END.isoformat()]
    assert over(dated("mine", START, late)) == [("mine", 28, gone)]
    assert over(dated("mine", START - 900 * DAY, late)) == [("mine", 28, gone)]
    assert over(dated("mine", START, late + DAY)) == []
    assert over(dated("mine", START, None)) == []
    # It was in force for 27 days only, or ended before the period.
    assert over(dated("mine", START, START + 26 * DAY)) == []
    assert over(dated("mine", START, START + 27 * DAY))[0][1] == 62
    assert over(dated("mine", START - 900 * DAY, START - DAY)) == []
    assert over(dated("mine", END + DAY, None)) == []


def test_a_kind_goes_on_with_another_measure_of_it_and_of_the_same_target() -> None:
    first, then = START + 40 * DAY, START + 41 * DAY
    assert over(dated("one", START, first), dated("two", then, END - 27 * DAY)) == []
    assert over(dated("one", START, first), dated("two", START, END)) == []
    ((subject, days, _),) = over(dated("two", then, END - 30 * DAY), dated("one", START, first))
    assert (subject, days) == ("two", 30)
    others = dated("two", then, None, "activities"), dated("two", then, None, "blocking", "site")
    assert [name for name, *_ in over(dated("one", START, first), *others)] == ["one"]
    site, app = (dated(name, START, first, "blocking", name) for name in ("site", "app"))
    assert [name for name, *_ in over(site, app, dated("more", then, None, "blocking", "site"))] == ["app"]


def test_what_was_short_or_happens_once_is_none() -> None:
    year = replace(SCOPE, first_day=SCOPE.last_day - 499)
    start = END - 499 * DAY
    for length, found in ((118, 1), (117, 0)):
        # The last of them ends on day 470, of which a quarter are 117.5.
        own = dated("mine", start + (470 - length) * DAY, start + 469 * DAY, "den_campaign", "east")
        assert sum(row["kind"] == "measures_over" for row in about_measures(replace(year, measures=(own,)))) == found
    assert over(dated("mine", START, START + 40 * DAY, "outage", "central")) == []


def test_the_flagship_that_goes_on_loses_its_campaigns_and_education(tocsin: Tocsin) -> None:
    told = tocsin("validate", "china-2022", "--set", "period.end=2023-12-31")
    lines = [line for line in told.err.splitlines() if " follows: none is in force" in line]
    assert [line.split("no other ")[1].split(" follows")[0] for line in lines] == [
        "cluster campaign",
        "videos",
        "activities",
    ]
    assert all("ends on 30 November 2022" in line and "396 days from 1 December 2022" in line for line in lines)
    for name in ("china-2022", "china-2022-full", "china-2023", "china-2025", "outage", "tiny"):
        assert " follows: none is in force" not in tocsin("validate", name).err, name


def test_measures_of_a_scenario_are_told_apart_by_what_they_are_about() -> None:
    found = Scope.of(load_scenario("china-2022", {"measures.home": HOME})).measures
    about = {one.name: (one.kind, one.about, one.lasting, one.spread) for one in found}
    assert about["block-sites"] == ("blocking", "site", True, False)
    assert about["filter-sms"] == ("filter", "sms", True, False)
    assert about["warning-local"] == ("warning", "local", True, False)
    assert about["den-campaign-east"] == ("den_campaign", "east", True, False)
    assert about["videos-2022"] == ("videos", "", True, True)
    assert about["home"] == ("repatriation", "", False, False)


HOME = "{kind: repatriation, window: [2022-01-01, 2022-03-01], dens: 10, suspects: 20}"
