"""Findings against tables made by hand: what is found, of what months and places, and what is not."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import sim
from sim.base.days import HALF_HOUR_MS, day_number
from sim.base.words import ContactChannel, End, Tier
from sim.country.provinces import FEW_SERVERS
from sim.reading.findings import ABOVE, FEW_SEATS, SHOWN, apart, findings, foremost, of_several, shortened, told
from sim.reading.manifest import check_run
from sim.store.columns import Scope
from sim.store.folder import sealed
from sim.store.recorder import Recorder
from sim.store.writer import TableWriter
from sim.told.runs import findings_parts
from sim.told.tables import show
from tests.synthetic import SCOPE, alert_key

DECEMBER, JANUARY, FEBRUARY = date(2021, 12, 1), date(2022, 1, 1), date(2022, 2, 1)
CODES = (11, 12, 13, 14, 15, 65)
NAMES = ("Beijing", "Tianjin", "Hebei", "Shanxi", "Inner Mongolia", "Xinjiang")
WHOLE = replace(SCOPE, scale=1.0, provinces=CODES, province_names=NAMES)
"""December to February of a country of six provinces, not thinned."""
MONTHS = {DECEMBER: 31, JANUARY: 31, FEBRUARY: 28}
"""Days of each month."""
CALL, VISIT = ContactChannel.CALL, ContactChannel.VISIT

Fill = Callable[[Recorder], None]
Row = dict[str, Any]


def found(folder: Path, fill: Fill, scope: Scope = WHOLE) -> list[Row]:
    """Give the findings about the desks of a run that counted this."""
    with TableWriter(folder, scope) as writer:
        recorder = Recorder(scope, writer)
        fill(recorder)
        recorder.close()
    return findings(folder, scope, [], [])


def busy(hours: Mapping[tuple[date, int], int], channel: int = VISIT, seats: int = 10) -> Fill:
    """Keep a desk busy for so many of a hundred hours, by month and place of the province; one half hour of a day."""

    def fill(recorder: Recorder) -> None:
        for (month, place), share in hours.items():
            for day in range(MONTHS[month]):
                desk = recorder.hours[day_number(month) + day, place, channel, 20]
                desk[0] += share * seats * HALF_HOUR_MS // 100
                desk[1] += seats * HALF_HOUR_MS

    return fill


def expired(counts: Mapping[tuple[date, int], tuple[int, int]], tier: Tier = Tier.RED) -> Fill:
    """Issue alerts, and let some of them expire, by month and place of the province."""

    def fill(recorder: Recorder) -> None:
        for (month, place), (part, alerts) in counts.items():
            for end, count in ((End.EXPIRED, part), (End.REACHED, alerts - part)):
                if count:
                    recorder.alerts[alert_key(day_number(month) + 3, place, tier=tier, end=end)] += count

    return fill


def test_a_desk_that_is_busy_for_months_on_end_is_one_finding(tmp_path: Path) -> None:
    (row,) = found(tmp_path, busy({(DECEMBER, 0): 96, (JANUARY, 0): 98, (FEBRUARY, 0): 95}))
    assert {key: row[key] for key in row if key not in ("sentence", "suggestion")} == {
        "kind": "busy_desk",
        "subject": "visit",
        "window": ["2021-12-01", "2022-01-31"],
        "month": "2022-01",
        "value": 0.98,
        "limit": 0.95,
        "provinces": [],
        "thinned": False,
    }
    said = "Utilisation of visit desks was 96% to 98% from December 2021 to January 2022, highest in January 2022."
    assert row["sentence"] == said
    assert "desks.visit.staff" in row["suggestion"]
    assert told(row) == f"{said} {row['suggestion']}"


def test_a_desk_may_be_busy_for_exactly_the_limit(tmp_path: Path) -> None:
    assert found(tmp_path, busy({(DECEMBER, 0): 95, (JANUARY, 0): 94})) == []


def test_months_that_do_not_follow_one_another_are_findings_of_their_own(tmp_path: Path) -> None:
    rows = found(tmp_path, busy({(DECEMBER, 0): 99, (JANUARY, 0): 50, (FEBRUARY, 0): 97}, CALL))
    assert [(row["subject"], row["month"], row["value"]) for row in rows] == [
        ("call", "2021-12", 0.99),
        ("call", "2022-02", 0.97),
    ]
    assert rows[0]["sentence"] == "Utilisation of call desks was 99% in December 2021."


def test_provinces_that_are_worse_than_the_country_are_named_beside_it(tmp_path: Path) -> None:
    months = {(JANUARY, place): 96 for place in range(6)} | {(JANUARY, 1): 120, (JANUARY, 4): 110, (JANUARY, 5): 109}
    (row,) = found(tmp_path, busy(months))
    # In the mean 104.5 %; a tenth more than that is 114.95 %.
    assert (row["value"], row["provinces"]) == (1.045, [12])
    assert row["sentence"].endswith("in January 2022; highest in Tianjin (120%).")


def test_provinces_alone_are_one_finding_and_three_of_them_named(tmp_path: Path) -> None:
    shares = {11: (96, 40), 12: (40, 99), 13: (97, 98), 14: (96, 96), 15: (40, 40), 65: (40, 40)}
    months = {
        (month, CODES.index(code)): share
        for code, both in shares.items()
        for month, share in zip((DECEMBER, JANUARY), both, strict=True)
    }
    (row,) = found(tmp_path, busy(months))
    assert (row["window"], row["month"], row["value"]) == (["2021-12-01", "2022-01-31"], "2022-01", 0.99)
    assert row["provinces"] == [12, 13, 11]
    assert row["sentence"] == (
        "Utilisation of visit desks in Tianjin (99%), Hebei (98%), Beijing (96%) and 1 more was more than 95% in at "
        "least one month from December 2021 to January 2022; in the whole country it was 68.5%."
    )


def test_a_month_of_which_the_period_has_few_days_is_not_looked_at(tmp_path: Path) -> None:
    fill = busy({(FEBRUARY, 0): 99})
    for days, times in ((6, 0), (7, 1)):
        folder = tmp_path / str(days)
        folder.mkdir()
        rows = found(folder, fill, replace(WHOLE, last_day=day_number(date(2022, 2, days))))
        assert len(rows) == times
    assert rows[0]["window"] == ["2022-02-01", "2022-02-07"]


def test_a_tier_of_which_too_many_expire_is_found(tmp_path: Path) -> None:
    counts = {(DECEMBER, 0): (60, 1000), (JANUARY, 0): (450, 1000), (FEBRUARY, 0): (120, 1000)}
    (row,) = found(tmp_path, expired(counts))
    # 60 of 1,000 are not three standard errors, 0.0207, above a twentieth.
    assert (row["kind"], row["subject"], row["month"], row["value"]) == ("expired", "red", "2022-01", 0.45)
    assert (row["window"], row["limit"]) == (["2022-01-01", "2022-02-28"], 0.05)
    assert row["sentence"] == (
        "12% to 45% of red alerts expired before anyone was reached from January to February 2022, highest in January "
        "2022."
    )


@pytest.mark.parametrize(("part", "alerts", "times"), [(11, 100, 0), (12, 100, 1), (1, 3, 0), (50, 1000, 0)])
def test_few_alerts_may_expire_by_chance(part: int, alerts: int, times: int, tmp_path: Path) -> None:
    assert len(found(tmp_path, expired({(JANUARY, 2): (part, alerts)}, Tier.BLUE))) == times


def test_a_province_whose_alerts_expire_is_found_where_the_country_holds(tmp_path: Path) -> None:
    counts = {(JANUARY, place): (0, 1000) for place in range(5)} | {(JANUARY, 5): (200, 1000)}
    (row,) = found(tmp_path, expired(counts, Tier.ORANGE))
    assert (row["provinces"], row["value"]) == ([65], 0.2)
    assert row["sentence"] == (
        "More than 5% of orange alerts in Xinjiang (20%) expired before anyone was reached in January 2022; in the "
        "whole country it was 3.3%."
    )


@pytest.mark.parametrize(("scale", "seats", "thinned"), [(0.1, 4, True), (0.1, 5, False), (1.0, 4, False)])
def test_small_desks_of_a_thinned_run_say_that_it_is_the_scale(
    scale: float, seats: int, thinned: bool, tmp_path: Path
) -> None:
    scope = replace(WHOLE, scale=scale)

    def fill(recorder: Recorder) -> None:
        busy({(JANUARY, 0): 99}, seats=seats)(recorder)
        expired({(JANUARY, 0): (50, 100)})(recorder)

    rows = found(tmp_path, fill, scope)
    assert [row["kind"] for row in rows] == ["busy_desk", "expired"]
    for row in rows:
        assert row["thinned"] == thinned
        assert (f"At scale 0.1 most of these desks have fewer than {FEW_SEATS} seats" in row["sentence"]) == thinned
        assert (row["suggestion"] is None) == thinned


def test_a_large_desk_outweighs_small_ones_and_not_the_other_way_round(tmp_path: Path) -> None:
    scope = replace(WHOLE, scale=0.1)

    def fill(large: int) -> Fill:
        def both(recorder: Recorder) -> None:
            for place in range(5):
                busy({(JANUARY, place): 99}, seats=4)(recorder)
            busy({(JANUARY, 5): 99}, seats=large)(recorder)

        return both

    for large, thinned in ((19, True), (20, False)):
        folder = tmp_path / str(large)
        folder.mkdir()
        (row,) = found(folder, fill(large), scope)
        assert row["thinned"] is thinned


def test_few_seats_are_what_a_run_warns_of() -> None:
    assert FEW_SEATS == FEW_SERVERS


def line(levels: Mapping[date, float], served: int = 100, place: int = 0, swing: float = 0.0) -> Fill:
    """Let a line wait at a visit desk, by month, somewhat longer in every second week."""

    def fill(recorder: Recorder) -> None:
        for month, level in levels.items():
            for day in range(MONTHS[month]):
                at = day_number(month) + day
                recorder.state[at, place, "line_visit"] = level + swing * (1 if day // 7 % 2 else -1)
                recorder.contacts[at, place, Tier.RED, VISIT, 5, 0][0] += served

    return fill


RISING = {DECEMBER: 150.0, JANUARY: 200.0, FEBRUARY: 250.0}


def test_a_line_that_rises_to_the_end_and_is_never_empty_grows_without_end(tmp_path: Path) -> None:
    (row,) = found(tmp_path, line(RISING, swing=10.0))
    assert {key: row[key] for key in row if key not in ("sentence", "suggestion")} == {
        "kind": "growing_line",
        "subject": "visit",
        "window": ["2021-12-01", "2022-02-28"],
        "month": "2022-02",
        "value": 250,
        "limit": pytest.approx(150, abs=1),  # three days of December are of the lower kind
        "provinces": [],
        "thinned": False,
    }
    assert row["sentence"].startswith(
        "The queue of visit desks grew without end from December 2021 to February 2022, from"
    )


@pytest.mark.parametrize(
    "fill",
    [
        line({DECEMBER: 150, JANUARY: 250, FEBRUARY: 200}),  # it falls again
        line({DECEMBER: 150, JANUARY: 200, FEBRUARY: 200}),  # it stays
        line({DECEMBER: 80, JANUARY: 200, FEBRUARY: 250}),  # two months only, as December's days may have emptied it
        line({**RISING, DECEMBER: 100}),  # as many were served as waited
        line({JANUARY: 200, FEBRUARY: 250}),
        line(RISING, swing=30.0),  # by less than chance: a spread of weeks of 34.6, of their difference of 24.5
    ],
    ids=["falls", "stays", "two-months", "served", "two-months-of-three", "chance"],
)
def test_other_lines_do_not_grow_without_end(fill: Fill, tmp_path: Path) -> None:
    assert found(tmp_path, fill) == []


def test_one_day_on_which_it_could_have_been_empty_ends_it(tmp_path: Path) -> None:
    def fill(recorder: Recorder) -> None:
        line(RISING)(recorder)
        recorder.state[day_number(JANUARY) + 30, 0, "line_visit"] = 100.0

    assert found(tmp_path, fill) == []


def test_a_line_of_some_provinces_names_them(tmp_path: Path) -> None:
    def fill(recorder: Recorder) -> None:
        for place in (1, 3):
            line(RISING, place=place)(recorder)
        for place in (0, 2):
            line(dict.fromkeys(RISING, 10.0), served=500, place=place)(recorder)

    (row,) = found(tmp_path, fill)
    assert (row["provinces"], row["value"]) == ([12, 14], 500)
    assert row["sentence"].startswith("The queue of visit desks in Tianjin, Shanxi grew without end")


def test_a_thinned_line_is_that_of_the_country(tmp_path: Path) -> None:
    def fill(recorder: Recorder) -> None:
        line(RISING)(recorder)
        busy({(month, 0): 50 for month in RISING}, seats=2)(recorder)

    (row,) = found(tmp_path, fill, replace(WHOLE, scale=0.01))
    assert (row["value"], row["limit"], row["thinned"]) == (25_000, 15_000, True)
    assert "At scale 0.01" in row["sentence"]


FITTED = {"name": "alerts_central", "window": ["2022-01-01", "2022-01-31"], "role": "fitted", "reported": 1000,
          "simulated": 1100, "ratio": 1.1, "tolerance": 0.05, "standard_error": 30, "interval": None,
          "within": False}  # fmt: skip
PREDICTED = {**FITTED, "role": "predicted", "tolerance": None, "within": None, "interval": [1000, 1100]}
CHANGE = {**FITTED, "name": "cases_filed_change", "reported": -0.173, "simulated": -0.2, "tolerance": 0.005}


@pytest.mark.parametrize(
    ("figure", "kind", "value", "limit"),
    [
        (FITTED, "fitted_figure", 1100, [910, 1090]),
        ({**FITTED, "standard_error": 10}, "fitted_figure", 1100, [950, 1050]),
        ({**CHANGE, "standard_error": None}, "fitted_figure", -0.2, [-0.178, -0.168]),
        ({**FITTED, "role": "predicted"}, "predicted_figure", 1100, [910, 1090]),
        ({**PREDICTED, "reported": 999}, "reported_outside_interval", 999, [1000, 1100]),
        ({**PREDICTED, "simulated": 1101}, "simulated_outside_interval", 1101, [1000, 1100]),
    ],
)
def test_a_figure_that_is_off_is_found(
    figure: Row, kind: str, value: float, limit: list[float], tmp_path: Path
) -> None:
    found(tmp_path, lambda recorder: None)
    (row,) = findings(tmp_path, WHOLE, [figure], [])
    assert (row["kind"], row["subject"], row["value"]) == (kind, figure["name"], value)
    assert row["limit"] == pytest.approx(limit)
    assert (row["window"], row["month"], row["provinces"]) == (figure["window"], None, [])
    assert figure["name"].removesuffix("_change").replace("_", " ") in row["sentence"]
    assert ("tocsin calibrate" in (row["suggestion"] or "")) == (kind == "fitted_figure")


@pytest.mark.parametrize(
    "figure",
    [
        {**FITTED, "within": True},
        {**FITTED, "role": "input", "within": None},
        PREDICTED,
        {**PREDICTED, "reported": None},
        # Of another definition: nobody knows whether it holds.
        {**PREDICTED, "role": "context", "reported": 5},
        # What this run does not simulate it does not show either.
        {**PREDICTED, "reported": 5, "simulated": None},
        {**PREDICTED, "reported": "2022-12-01", "simulated": None},
    ],
)
def test_a_figure_that_holds_is_no_finding(figure: Row, tmp_path: Path) -> None:
    found(tmp_path, lambda recorder: None)
    assert findings(tmp_path, WHOLE, [figure], []) == []


KNOWN = {"name": "recall_call", "window": ["2021-12-01", "2022-02-28"], "simulated": 0.75, "value": 0.8, "low": 0.6,
         "high": 0.7, "within": False, "basis": "a survey"}  # fmt: skip


def test_evidence_out_of_its_range_is_found(tmp_path: Path) -> None:
    found(tmp_path, lambda recorder: None)
    (row,) = findings(tmp_path, WHOLE, [], [KNOWN, {**KNOWN, "within": True}, {**KNOWN, "within": None}])
    assert (row["kind"], row["subject"], row["value"], row["limit"]) == ("evidence", "recall_call", 0.75, [0.6, 0.7])
    assert row["sentence"] == ("Value of recall call from 2021-12-01 to 2022-02-28: 0.75; evidence says 0.6 to 0.7.")


@pytest.mark.parametrize(("scale", "simulated", "off"), [(1.0, 1150, 2), (0.25, 1270, 1), (0.25, 1271, 2)])
def test_a_thinned_run_may_be_off_by_chance(scale: float, simulated: int, off: int, tmp_path: Path) -> None:
    # At a quarter of the country three standard errors are 180: so far outside of 1,000 to 1,090 is no finding.
    found(tmp_path, lambda recorder: None)
    scope = replace(WHOLE, scale=scale)
    error = {"standard_error": 30 / scale**0.5}
    predicted = {**PREDICTED, **error, "interval": [1000, 1090], "simulated": simulated}
    rows = findings(tmp_path, scope, [{**FITTED, **error, "simulated": simulated}, predicted], [])
    assert [row["kind"] for row in rows] == ["fitted_figure", "simulated_outside_interval"][:off]
    assert not any(row["thinned"] for row in rows)
    (row,) = findings(tmp_path, scope, [], [KNOWN])
    assert row["thinned"] is (scale < 1)
    assert ("At scale 0.25 run-to-run noise, or desks with few seats" in row["sentence"]) == (scale < 1)


def test_a_policy_is_not_marked_wrong_for_being_one(tmp_path: Path) -> None:
    found(tmp_path, lambda recorder: None)
    off = {**PREDICTED, "reported": 5, "interval": [1, 2], "simulated": 3}
    assert len(findings(tmp_path, WHOLE, [FITTED, off], [KNOWN])) == 4
    assert findings(tmp_path, replace(WHOLE, policy_of="what was"), [FITTED, off], [KNOWN]) == []


def test_few_lines_are_shown_of_many_findings(tmp_path: Path) -> None:
    found(tmp_path, lambda recorder: None)
    rows = findings(tmp_path, WHOLE, [FITTED] * (SHOWN + 2), [KNOWN])
    assert len(rows) == SHOWN + 3
    lines = shortened(rows)
    assert lines == [*[told(rows[0])] * SHOWN, "2 more findings of this kind.", told(rows[-1])]
    assert shortened(rows[:SHOWN]) == lines[:SHOWN]


def test_findings_of_replicates_say_how_many_have_them(tmp_path: Path) -> None:
    found(tmp_path, lambda recorder: None)
    one, other = (
        findings(tmp_path, WHOLE, figures, []) for figures in ([FITTED], [{**FITTED, "simulated": 800}, CHANGE])
    )
    lines = shortened(of_several([one, [], other], "replicates"))
    assert [line.split(":")[0] for line in lines] == ["In 2 of 3 replicates", "In 1 of 3 replicates"]
    assert "1,100" in lines[0]
    assert of_several([[], []], "draws") == []


def test_what_stands_above_an_answer_is_one_of_each_kind(tmp_path: Path) -> None:
    found(tmp_path, lambda recorder: None)
    (row,) = findings(tmp_path, WHOLE, [FITTED], [])
    kinds = ["evidence", "busy_desk", "busy_desk", "measure_cut", "expired", "fitted_figure"]
    rows = [{**row, "kind": kind, "subject": str(at), "sentence": f"{kind} {at}."} for at, kind in enumerate(kinds)]
    rows[1]["thinned"] = True
    told_first = ["busy_desk 2.", "measure_cut 3."]
    *lines, more = foremost(rows)
    assert [line.removesuffix(f" {row['suggestion']}") for line in lines] == told_first
    assert len(lines) == ABOVE
    assert more == "4 more findings. List all: tocsin findings RUN"
    # Where the scale is the reason, a warning says so already.
    assert "busy_desk 1." in foremost(rows[1:2])[0]
    assert foremost(rows[:2])[0].startswith("evidence 0.")
    assert foremost([]) == []


def test_findings_that_another_run_has_not_are_of_a_kind_about_a_subject(tmp_path: Path) -> None:
    found(tmp_path, lambda recorder: None)
    rows = findings(tmp_path, WHOLE, [FITTED], [KNOWN])
    desk = {**rows[0], "kind": "busy_desk", "subject": "visit"}
    assert apart([desk, *rows], [{**desk, "sentence": "otherwise"}], held=True) == rows
    assert apart([desk, *rows], [], held=False) == [desk]


def test_findings_on_a_terminal_are_plain_text() -> None:
    out = io.StringIO()
    lines = ["The [bold]first\x1b[31m one " + "goes on " * 10, "the second"]
    show(Console(file=out, width=60), findings_parts(lines))
    lines = out.getvalue().splitlines()
    assert lines[0] == "Findings"
    assert max(map(len, lines)) <= 60
    assert "[bold]" in lines[1]
    assert "\x1b" not in out.getvalue()
    assert lines[-1] == "  - the second"


def test_findings_are_part_of_a_run(run: sim.Run) -> None:
    rows = run.manifest["findings"]
    row = next(row for row in rows if row["kind"] == "evidence")
    assert run.found == rows
    frame = run.findings
    assert list(frame.columns) == [
        *(
            "kind",
            "subject",
            "start",
            "end",
            "month",
            "value",
            "limit",
            "provinces",
            "thinned",
            "sentence",
            "suggestion",
        )
    ]
    shown = frame[frame["kind"] == "evidence"].to_dict("records")[0]
    assert (shown["start"].isoformat()[:10], shown["end"].isoformat()[:10]) == tuple(row["window"])
    assert shown["sentence"] == row["sentence"]


def test_changed_findings_are_noticed_and_other_words_are_not(run: sim.Run) -> None:
    path = run.path / "run.json"
    for key, value, passed in (("sentence", "In other words.", True), ("value", 2, False)):
        rows = [{**row, key: value} for row in run.manifest["findings"]]
        path.write_text(json.dumps(sealed({**run.manifest, "findings": rows})))
        failed = [finding.name for finding in check_run(run.path) if not finding.passed]
        assert failed == ([] if passed else ["findings: what the tables give"])
