"""Recorder and writer: what is added is what is stored, sorted, typed, the same bytes each time."""

import random
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from sim.base.days import day_number
from sim.base.words import Outcome
from sim.draws.distributions import is_kept
from sim.store import recorder as recording
from sim.store import writer as writing
from sim.store.columns import NULL
from sim.store.recorder import LogEntry, Recorder
from sim.store.tables import COUNTED, FLOW_QUANTITIES
from sim.store.writer import TableWriter
from sim.warning.service import wait_bin
from tests.synthetic import SCOPE, alert_key, scope_with, write_tables

FIRST = SCOPE.first_day


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    """Read a stored table as one dictionary a row."""
    found: list[dict[str, Any]] = pq.read_table(folder / f"{table}.parquet").to_pylist()
    return found


def recorded(folder: Path, events: float = 0.0, **changes: object) -> tuple[Recorder, TableWriter]:
    """Open a recorder that writes into a folder."""
    scope = scope_with(**changes)
    writer = TableWriter(folder, scope, events=events > 0)
    return Recorder(scope, writer, events), writer


def test_the_order_in_which_counts_are_added_leaves_no_trace(tmp_path: Path) -> None:
    keys = [
        (FIRST + d, p, c, f, fate)
        for d in range(3)
        for p in range(3)
        for c in range(3)
        for f in (0, 1)
        for fate in (0, 7)
    ]
    files = []
    for seed in (1, 2):
        folder = tmp_path / str(seed)
        folder.mkdir()
        shuffled = keys * 2
        random.Random(seed).shuffle(shuffled)
        recorder, writer = recorded(folder, events=1.0)
        for key in shuffled:
            recorder.attempts[key] += 1
            recorder.flows[key[0], key[1], FLOW_QUANTITIES[key[2]].name] += 1
            recorder.event(LogEntry(key[0] - FIRST, key[4], "attempt", key[1], keys.index(key)))
        recorder.day_done(FIRST + 2)
        recorder.close()
        writer.close()
        files.append([(folder / f"{name}.parquet").read_bytes() for name in ("attempts", "flows", "events")])
    assert files[0] == files[1]


def test_what_is_added_is_stored_with_labels_dates_and_codes(tmp_path: Path) -> None:
    recorder, writer = recorded(tmp_path)
    recorder.attempts[FIRST, 2, 1, 1, 3] += 2
    recorder.contacts[FIRST, 0, 0, 3, 5, 3][0] += 1
    recorder.contacts[FIRST, 0, 0, 3, 5, 3][1] += 5000
    recorder.waits[FIRST, 1, 3, 2, wait_bin(61_000)] += 4
    recorder.hours[FIRST, 1, 3, 47][0] += 10
    recorder.hours[FIRST, 1, 3, 47][1] += 20
    recorder.outcomes[FIRST, 0, 1, 2, 1][Outcome.HELD] += 1
    recorder.cases[FIRST + 1, 1, 0, 3, 2] += 2
    recorder.cases[FIRST, 1, 0, 0, 0] += 1
    recorder.cases[FIRST + 2, 1, 0, 0, 0] += 1
    recorder.flows[FIRST, NULL, "video_views"] += 9
    recorder.flows[FIRST, 0, "cases_solved"] += 1
    recorder.state[FIRST, 2, "backlog"] = 2.5
    recorder.close()
    writer.close()
    day = date(2021, 12, 1)
    assert rows(tmp_path, "attempts") == [
        {"day": day, "province": 65, "channel": "sms", "fraud_type": "refund", "fate": "intercepted", "count": 2}
    ]
    assert rows(tmp_path, "contacts") == [
        {
            "day": day,
            "province": 11,
            "tier": "red",
            "channel": "visit",
            "result": "met",
            "truth": "legitimate",
            "count": 1,
            "staff_ms": 5000,
        }
    ]
    assert rows(tmp_path, "waits") == [
        {"month": day, "province": 12, "tier": "blue", "channel": "call", "bin": 120_000, "count": 4}
    ]
    # 1 December 2021 was a Wednesday.
    assert rows(tmp_path, "hours") == [
        {
            "month": day,
            "province": 12,
            "channel": "visit",
            "weekday": 3,
            "half_hour": 47,
            "busy_ms": 10,
            "staffed_ms": 20,
        }
    ]
    outcome = rows(tmp_path, "outcomes")[0]
    assert (outcome["age_band"], outcome["sex"], outcome["held"], outcome["episodes"]) == ("60+", "m", 1, 0)
    case = {"month": day, "province": 12, "fraud_type": "loan"}
    assert rows(tmp_path, "cases") == [
        {**case, "delay_bin": None, "loss_bin": 400, "count": 2},
        {**case, "delay_bin": 3_600_000, "loss_bin": 100, "count": 2},
    ]
    assert [(row["province"], row["quantity"], row["count"]) for row in rows(tmp_path, "flows")] == [
        (None, "video_views", 9),
        (11, "cases_solved", 1),
    ]
    assert rows(tmp_path, "state") == [{"day": day, "province": 65, "quantity": "backlog", "value": 2.5}]


def test_warm_up_and_days_after_the_period_are_not_stored(tmp_path: Path) -> None:
    recorder, writer = recorded(tmp_path, events=1.0)
    for day in (FIRST - 1, FIRST, SCOPE.last_day + 1):
        recorder.attempts[day, 0, 0, 0, 0] += 1
        recorder.alerts[alert_key(day, 0)] += 1
        recorder.event(LogEntry((day - FIRST) * 86_400_000, 7, "attempt", 0, 1))
    recorder.close()
    writer.close()
    for table in ("attempts", "alerts", "events"):
        assert len(rows(tmp_path, table)) == 1, table


def test_a_period_that_starts_inside_a_month_keeps_the_warm_up_out_of_that_month(tmp_path: Path) -> None:
    start = day_number(date(2021, 12, 15))
    recorder, writer = recorded(tmp_path, first_day=start)
    recorder.waits[start - 1, 0, 0, 2, 0] += 1
    recorder.waits[start, 0, 0, 2, 0] += 1
    recorder.close()
    writer.close()
    assert [(row["month"], row["count"]) for row in rows(tmp_path, "waits")] == [(date(2021, 12, 1), 1)]


def test_zero_counts_have_no_row_but_a_state_of_zero_has(tmp_path: Path) -> None:
    recorder, writer = recorded(tmp_path)
    recorder.flows[FIRST, 0, "cases_solved"] += 0
    recorder.state[FIRST, 0, "backlog"] = 0.0
    recorder.close()
    writer.close()
    assert rows(tmp_path, "flows") == []
    assert len(rows(tmp_path, "state")) == 1


def test_tables_leave_month_by_month(tmp_path: Path) -> None:
    recorder, writer = recorded(tmp_path)
    end_of_month = day_number(date(2021, 12, 31))
    recorder.attempts[end_of_month, 0, 0, 0, 0] += 1
    recorder.day_done(end_of_month)
    assert not recorder.attempts
    writer.close()


@pytest.mark.parametrize("least", [1, 60])
def test_row_groups_are_whole_months_and_depend_on_the_rows_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, least: int
) -> None:
    monkeypatch.setattr(writing, "GROUP_ROWS", least)
    for name, handed_over in (("monthly", 1), ("rarely", 150), ("last", 1 << 17)):
        monkeypatch.setattr(recording, "GROUP_ROWS", handed_over)
        (tmp_path / name).mkdir()
        write_tables(tmp_path / name, events=0.0)
    for table in COUNTED:
        one, *others = ((tmp_path / name / table.file).read_bytes() for name in ("monthly", "rarely", "last"))
        assert all(other == one for other in others), table.name
        file = pq.ParquetFile(tmp_path / "last" / table.file)
        groups = [file.read_row_group(number).column(0).to_pylist() for number in range(file.num_row_groups)]
        by_month = [{day.replace(day=1) for day in group} for group in groups]
        assert sum(len(months) for months in by_month) == len(set().union(*by_month)), "a month is in two row groups"
        for group in groups[:-1]:
            last = group[-1].replace(day=1)
            assert len(group) >= least > sum(day < last for day in group), "full with its last month, not before"


def test_a_service_that_ends_after_midnight_may_still_count_for_the_month_before(tmp_path: Path) -> None:
    recorder, writer = recorded(tmp_path)
    end_of_month = day_number(date(2021, 12, 31))
    recorder.hours[end_of_month, 0, 2, 47][0] += 10
    recorder.day_done(end_of_month)
    recorder.hours[end_of_month, 0, 2, 47][0] += 5
    recorder.close()
    writer.close()
    assert [row["busy_ms"] for row in rows(tmp_path, "hours")] == [15]


def test_events_are_sorted_by_time_phase_identity_stage_detector_kind_number(tmp_path: Path) -> None:
    recorder, writer = recorded(tmp_path, events=1.0)
    wanted = [
        (0, 7, "attempt", 1, -1, -1, -1),
        (0, 7, "issue", 1, -1, 0, -1),
        (0, 7, "issue", 1, 0, 0, -1),
        (0, 7, "issue", 1, 1, 0, -1),
        (0, 7, "service_end", 1, 1, 0, 1),
        (0, 7, "service_end", 1, 1, 0, 2),
        (0, 7, "issue", 1, 0, 1, -1),
        (0, 7, "issue", 2, 0, 0, -1),
        (0, 8, "attempt", 1, -1, -1, -1),
        (1, 2, "attempt", 1, -1, -1, -1),
    ]
    for moment, phase, event, origin, detector, stage, number in random.Random(4).sample(wanted, len(wanted)):
        recorder.event(LogEntry(moment, phase, event, 0, origin, detector, stage, number))
    recorder.close()
    writer.close()
    columns = ("moment", "phase", "event", "origin", "detector", "stage", "number")
    stored = [tuple(-1 if row[name] is None else row[name] for name in columns) for row in rows(tmp_path, "events")]
    assert stored == wanted


def test_a_share_of_the_origins_keeps_all_of_their_events_or_none(tmp_path: Path) -> None:
    recorder, writer = recorded(tmp_path, events=0.25)
    for origin in range(4000):
        for phase in (7, 8):
            recorder.event(LogEntry(origin, phase, "attempt", 0, origin))
    recorder.close()
    writer.close()
    kept = [row["origin"] for row in rows(tmp_path, "events")]
    assert kept == sorted(
        origin for origin in range(4000) if is_kept(recorder.scope.seed, origin, 2**30) for _ in range(2)
    )
    # Five standard deviations of a binomial count around 1000.
    assert abs(len(kept) / 2 - 1000) < 5 * (4000 * 0.25 * 0.75) ** 0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fate": np.array([8])}, "fate: code 8 is outside 0..7"),
        ({"province": np.array([-1])}, "province: code -1 is outside 0..2"),
    ],
)
def test_the_writer_refuses_what_does_not_fit(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    columns = {
        "day": np.array([FIRST]),
        "province": np.array([0]),
        "channel": np.array([0]),
        "fraud_type": np.array([0]),
        "fate": np.array([0]),
        "count": np.array([1]),
    }
    with pytest.raises(ValueError, match=message), TableWriter(tmp_path, SCOPE) as writer:
        writer.write("attempts", {**columns, **change})
