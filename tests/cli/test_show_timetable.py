"""``tocsin show --timetable``: the policy of a scenario day by day."""

import csv
from pathlib import Path

import pytest

import sim
from sim.reading.policy_days import policy_days
from tests.cli.commands import Tocsin

CAMPAIGN = """
extends: tiny
name: campaign
title: A filter in one province, for three days
period: {start: 2022-01-29, end: 2022-02-02, warmup: 1 d}
measures:
  strong: {kind: filter, channel: sms, window: [2022-01-30, 2022-02-01], intensity: 0.5, provinces: [44]}
"""


def test_rows_change_where_and_when_a_measure_is_in_force(tocsin: Tocsin, tmp_path: Path) -> None:
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN)
    ended = tocsin("show", "campaign.yaml", "--timetable", "days.csv")
    assert (ended.code, ended.out, ended.err) == (0, "days.csv\n", "")
    with (tmp_path / "days.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    # A day of warm-up and five of the period, for Guangdong and for the two others.
    assert [row["provinces"] for row in rows] == ["Beijing; Xinjiang", "Guangdong"] * 6
    assert rows[0]["date"] == "2022-01-28"
    others, there = rows[::2], rows[1::2]
    gains = [float(one["d_prime_sms"]) - float(other["d_prime_sms"]) for one, other in zip(there, others, strict=True)]
    assert gains == pytest.approx([0.0, 0.0, 0.5, 0.5, 0.5, 0.0], abs=1e-4)
    assert ["strong" in row["measures"].split("; ") for row in there] == [False, False, True, True, True, False]
    assert not any("strong" in row["measures"].split("; ") for row in others)
    more = [one["intercepted_sms"] > other["intercepted_sms"] for one, other in zip(there, others, strict=True)]
    assert more == [False, False, True, True, True, False]
    assert all(one["intercepted_call"] == other["intercepted_call"] for one, other in zip(there, others, strict=True))


def test_counts_are_of_the_country_at_any_scale() -> None:
    for value in ("attempts_call", "officers_visit", "investigation_capacity"):
        one, other = (
            [float(row[value]) for row in policy_days(sim.load_scenario("tiny", scale=scale).spec)]
            for scale in (1.0, 0.1)
        )
        assert one == pytest.approx(other)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--timetable", "nowhere/days.csv"], "tocsin show: nowhere/days.csv: cannot write in nowhere"),
        (["--timetable", "."], "tocsin show: .: is a folder; use the name of a file"),
        (["--timetable", "days.csv", "--json"], "--timetable: cannot be combined with --json"),
    ],
)
def test_what_cannot_be_written_is_one_line_code_2_and_nothing_written(
    tocsin: Tocsin, tmp_path: Path, arguments: list[str], message: str
) -> None:
    ended = tocsin("show", "tiny", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(message)
    assert ended.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
