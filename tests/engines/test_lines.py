"""The mean line of each day, beside the same computed from the log of events."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

import sim
from sim.base.words import Discipline
from sim.warning.discipline import place_of
from tests.engines.log import DAY, DESKS, Log

PERIOD = {"start": "2022-01-25", "end": "2022-02-01", "warmup": "0 d"}
TIERS = ("red", "orange", "yellow", "blue")
STRAIGHT = {
    f"warning.tiers.{tier}.{key}": value
    for tier in TIERS
    for key, value in (
        ("first", "visit" if tier == "red" else "call"),
        ("tries", {"call": 1, "visit": 1}),
        ("escalate", {"unread": "none", "unanswered": "none"}),
    )
}
"""Every alert joins one line, at its issue: the one way into a line that the log tells the moment of."""


def test_the_line_of_a_day_is_what_the_log_says(tmp_path: Path) -> None:
    scenario = sim.load_scenario("tiny", period=PERIOD, **STRAIGHT)
    run = sim.run(scenario, tmp_path / "run", events="all")
    log = Log(run)
    provinces = [row.code for row in log.spec.population.provinces]
    areas = {(day, p, desk): 0 for day in range(log.days) for p in provinces for desk in DESKS}
    for life in log.lives.values():
        desk = "visit" if life.issue["tier"] == "red" else "call"
        gone = next((e["moment"] for e in life.rest if e["event"] in ("service_start", "end")), log.days * DAY)
        for day in range(life.issued // DAY, min(gone // DAY + 1, log.days)):
            inside = min(gone, (day + 1) * DAY) - max(life.issued, day * DAY)
            areas[day, life.issue["province"], desk] += inside
    noted = run.state[run.state["quantity"].isin([f"line_{desk}" for desk in DESKS])]
    days = (noted["day"] - pd.Timestamp(PERIOD["start"])).dt.days
    lines = {
        (int(day), int(p), quantity.removeprefix("line_")): value
        for day, p, quantity, value in zip(days, noted["province"], noted["quantity"], noted["value"], strict=True)
    }
    assert lines == {key: area / DAY for key, area in areas.items()}
    # Lines that nobody stands in would say nothing, nor would those that end every night.
    assert {desk: sum(lines[key] > 1 for key in lines if key[2] == desk) >= 3 for desk in DESKS} == dict.fromkeys(
        DESKS, True
    )


def test_a_desk_serves_the_first_issued_first_or_the_last() -> None:
    place: Any = getattr(place_of, "py_func", place_of)
    early, late = (SimpleNamespace(desk=0, issued=moment) for moment in (5, 7))
    for discipline, first, second in ((Discipline.FIRST_ISSUED, early, late), (Discipline.LAST_ISSUED, late, early)):
        lines = SimpleNamespace(discipline=[discipline])
        assert place(first, 1, lines, None) < place(second, 1, lines, None)
