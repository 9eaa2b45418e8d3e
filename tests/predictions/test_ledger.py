"""The ledger: scores, rivals, coverage, what is refused, and that the page shows what the stored files say."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from sim.predictions import (
    GROWTH,
    LAST_YEAR,
    PACE,
    TREND,
    Ledger,
    LedgerError,
    entries,
    read_ledger,
    read_predictions,
    read_reports,
    rivals_say,
    usable,
    write_prediction,
)
from sim.told.ledger import markdown, summary
from sim.verify.verification import marks
from tests.cli.commands import ROOT, Tocsin, tocsin
from tests.predictions.made_up import figure, prediction, report

__all__ = ["tocsin"]

FORECASTS = ROOT / "forecasts"
PAGE = ROOT / "docs" / "forecasts.md"
YEAR = (date(2022, 1, 1), date(2022, 12, 31))
END = date(2022, 11, 30)


def test_the_page_is_what_the_command_writes_from_the_stored_files(tocsin: Tocsin, tmp_path: Path) -> None:
    shutil.copy(PAGE, tmp_path / "page.md")
    assert tocsin("ledger", str(FORECASTS), "--write", "page.md", "--quiet").code == 0
    assert (tmp_path / "page.md").read_text() == PAGE.read_text()
    begin, end = marks("ledger")
    stripped = PAGE.read_text().partition(begin)[0] + begin + "\n" + end + PAGE.read_text().partition(end)[2]
    (tmp_path / "page.md").write_text(stripped)
    assert tocsin("--language", "fr", "ledger", str(FORECASTS), "--write", "page.md", "--quiet").code == 0
    assert (tmp_path / "page.md").read_text() == PAGE.read_text()


def test_2022_was_predicted_before_it_was_looked_up_and_scored_by_its_points() -> None:
    ledger = read_ledger(FORECASTS)
    last = next(one for one in ledger.predictions if one.document["version"] == "0.2.0")
    rows = {row.name: row for row in ledger.scored if row.prediction is last}
    assert {name: row.point for name, row in rows.items()} == {
        **{"alerts_central": 242.8e6, "calls_intercepted": 2008.4e6, "sms_intercepted": 2354.6e6},
        "cases_solved": 469_875,
    }
    assert all(row.report is not None and row.report.looked_up > last.day for row in rows.values())
    assert all(row.interval is None and row.held is None for row in rows.values())
    assert rows["cases_solved"].score == 469_875 - 464_000
    assert rows["cases_solved"].rivals == {
        "last year again": 464_000 - 441_000,
        "trend of two years": pytest.approx(441_000 + 119_000 - 464_000),
        "last growth again": pytest.approx(441_000 * 441_000 / 322_000 - 464_000),
        "pace so far": pytest.approx(464_000 - 391_000 * 365 / 334),
    }
    # Eleven months of 2021 were reported: they are scaled to the window.
    assert rows["calls_intercepted"].rivals["last year again"] == pytest.approx(2.1e9 - 1.55e9 * 365 / 334)
    assert rows["alerts_central"].rivals["last year again"] is None
    assert ledger.coverage == (0, 0)


def test_no_report_after_the_data_stands_in_the_tables() -> None:
    assert max(one.end for one in read_reports(FORECASTS)) == date(2022, 12, 31)
    assert max(one.end for one in read_reports(FORECASTS / "singapore")) == date(2023, 12, 31)
    assert all(one.day >= date(2026, 11, 25) for one in read_predictions(FORECASTS))


def test_a_prediction_that_was_not_blind_is_refused() -> None:
    one = prediction([figure("losses", 5.0)], day="2023-02-01")
    for day, blind in (("2023-02-02", True), ("2023-02-01", False), ("2023-01-31", False)):
        reports = [report("losses", *map(str, YEAR), 6.0, day)]
        if blind:
            assert entries(one, reports)[0].score == 1.0
            continue
        with pytest.raises(LedgerError, match=f"was looked up on {day}, and the prediction is of 2023-02-01"):
            entries(one, reports)


def test_intervals_hold_or_not_and_coverage_counts_reported_ones() -> None:
    names = ("losses", "cases_filed", "cases_solved")
    one = prediction([figure(name, 5.0, [4.0, 5.0, 7.0]) for name in names])
    reports = [report("losses", *map(str, YEAR), 7.0), report("cases_filed", *map(str, YEAR), 7.1)]
    ledger = Ledger((one,), tuple(entries(one, reports)))
    assert [row.held for row in ledger.entries] == [True, False, None]
    assert ledger.coverage == (1, 2)
    assert [row.score for row in ledger.entries] == [pytest.approx(1.0), pytest.approx(1.1), None]
    assert summary(ledger).endswith("2 of them reported since; 1 of 2 90% intervals held.")
    assert "| cases filed | 2022 | 5 | 4 to 7 | 7.1 | -29.6% | no |" in markdown(ledger)
    assert summary(Ledger((one,), tuple(entries(one, [])))).endswith("none of them has been reported yet.")


def test_rivals_use_what_could_be_known() -> None:
    told = [
        report("calls", "2020-01-01", "2020-12-31", 100.0),
        report("calls", "2021-01-01", "2021-11-30", 334.0),
        report("calls", "2021-01-01", "2021-05-31", 1.0),
        report("calls", "2022-01-01", "2022-11-30", 668.0),
        report("calls", "2022-01-01", "2022-10-31", 1.0),
        report("sms", "2021-01-01", "2021-12-31", 5.0),
    ]
    assert list(rivals_say("calls", YEAR, END, told).values()) == [
        *(pytest.approx(365.0), pytest.approx(365.0 + 265.0)),
        *(pytest.approx(365.0 * 365.0 / 100.0), pytest.approx(730.0)),
    ]
    assert rivals_say("calls", YEAR, date(2022, 11, 29), told)[PACE] == pytest.approx(365 / 304)
    # Three years on, the straight line has three steps; a falling one ends at zero.
    later = (date(2024, 1, 1), date(2024, 12, 31))
    assert rivals_say("calls", later, END, told[:2])[TREND] == pytest.approx(366.0 + 3 * 266.0)
    falling = [report("x", "2020-01-01", "2020-12-31", 9.0), report("x", "2021-01-01", "2021-12-31", 5.0)]
    found = rivals_say("x", later, END, falling)
    assert (found[TREND], found[GROWTH]) == (0.0, pytest.approx(5.0 * (5.0 / 9.0) ** 3))
    assert list(rivals_say("sms", YEAR, END, told).values()) == [5.0, None, None, None]
    halves = [report("x", f"{year}-07-01", f"{year}-12-31", value) for year, value in ((2020, 2.0), (2021, 3.0))]
    found = rivals_say("x", (date(2023, 7, 1), date(2023, 12, 31)), END, halves)
    assert (found[LAST_YEAR], found[GROWTH]) == (3.0, pytest.approx(6.75))
    assert rivals_say("x", later, END, halves)[LAST_YEAR] is None
    assert rivals_say("calls", (date(2022, 1, 1), date(2022, 6, 30)), END, told)[LAST_YEAR] is None
    change = [report("calls_change", "2021-01-01", "2021-11-30", 0.2)]
    assert list(rivals_say("calls_change", YEAR, END, change).values()) == [0.0, 0.2, None, None]
    assert set(rivals_say("calls_change", YEAR, END, []).values()) == {None}


def test_a_rival_does_not_see_what_was_looked_up_after_the_prediction_beyond_its_data() -> None:
    one = prediction([figure("calls", 5.0)], day="2022-12-15")
    known = report("calls", "2022-01-01", "2022-11-30", 1.0, "2030-01-01")
    seen = report("calls", "2022-01-01", "2022-12-10", 2.0, "2022-12-15")
    unseen = report("calls", "2022-01-01", "2022-12-10", 3.0, "2022-12-16")
    assert usable([known, seen, unseen], one) == [known, seen]


def test_scripts_read_the_ledger_and_a_page_without_its_part_is_refused(tocsin: Tocsin, tmp_path: Path) -> None:
    document = json.loads(tocsin("ledger", str(FORECASTS), "--json").out)
    assert document["coverage"] == {"held": 0, "intervals": 0}
    assert {"file", "name", "window", "point", "interval", "reported", "crps", "held", "rivals"} == {
        key for row in document["entries"] for key in row
    }
    (tmp_path / "page.md").write_text("# no part\n")
    ended = tocsin("ledger", str(FORECASTS), "--write", "page.md")
    assert ended.code == 2
    assert ended.err.startswith("tocsin ledger: page.md: must contain the lines <!-- ledger: begin -->")
    assert tocsin("ledger").err == "forecasts: holds no predictions; make one: tocsin predict SCENARIO\n"


def test_a_country_has_a_folder_with_its_own_reports_and_the_table_shows_what_rivals_say(tmp_path: Path) -> None:
    for folder, value in ((tmp_path, 4.0), (tmp_path / "elsewhere", 9.0)):
        document = prediction(
            [figure("losses", 5.0, [4.0, 7.0])], terms={"currency": "crowns", "channels": {}}
        ).document
        write_prediction(folder / "made-up.json", document)
        row = f"losses,2021-01-01,2021-12-31,{value},,2022-02-01,made up"
        (folder / "reported.csv").write_text("name,start,end,value,reported,looked_up,source\n" + row + "\n")
    ledger = read_ledger(tmp_path)
    assert [row.said["last year again"] for row in ledger.entries] == [4.0, 9.0]
    lines = markdown(ledger)
    assert "| losses of cases, crowns | 2022 | 5 | 4 to 7 | 9 |" in lines
    assert any("File `forecasts/elsewhere/made-up.json`" in line for line in lines)


@pytest.mark.usefixtures("in_yuan")
def test_money_is_told_in_the_currency_of_the_prediction() -> None:
    rows = [figure("losses", 5.0, [4.0, 7.0])]
    one = prediction(rows, terms={"currency": "crowns", "channels": {}})
    ledger = Ledger((one,), tuple(entries(one, [report("losses", *map(str, YEAR), 7.0)])))
    assert "| losses of cases, crowns | 2022 | 5 | 4 to 7 | 7 | -28.6% | yes |" in markdown(ledger)
