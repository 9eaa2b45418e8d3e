"""A made-up run: counts drawn at random that obey the conservation laws, without any engine."""

import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from sim.base.days import day_number
from sim.base.words import End, Fate, Outcome
from sim.store.columns import NULL, Scope, Target
from sim.store.recorder import LogEntry, Recorder
from sim.store.tables import ALERTS
from sim.store.writer import TableWriter
from sim.warning.service import wait_bin

YEAR = (date(2022, 1, 1), date(2022, 2, 28))
BASE = (date(2021, 12, 1), date(2021, 12, 31))

SCOPE = Scope(
    name="made-up",
    seed=7,
    engine="reference",
    scale=0.001,
    first_day=day_number(date(2021, 12, 1)),
    last_day=day_number(date(2022, 2, 28)),
    warmup_days=5,
    provinces=(11, 12, 65),
    fraud_types=("loan", "refund"),
    contacts=("call", "sms", "online"),
    age_bands=("0-17", "18-59", "60+"),
    sha256="ab" * 32,
    targets=(
        Target("calls_intercepted", YEAR, 1_000_000, "fitted", tolerance=0.5),
        Target("cases_solved_change", YEAR, 0.5, "fitted", base=BASE, tolerance=0.2),
        Target("dens_destroyed", YEAR, 100, "predicted"),
        Target("video_views", YEAR, 5000, "input"),
        Target("alerts_central", (date(2021, 11, 30), date(2022, 1, 1)), 5, "predicted", tolerance=0.1),
        Target("law_in_force", (date(2022, 12, 1), None), "2022-12-01", "input"),
        Target("internet_users", (date(2022, 1, 1), date(2022, 1, 1)), 1_051_000_000, "predicted"),
    ),
)


def fill(recorder: Recorder, seed: int) -> None:
    """Fill every table of a run, warm-up days and late ends among them."""
    scope = recorder.scope
    chance = random.Random(seed)
    late: list[tuple[int, tuple[int, ...]]] = []
    backlog = [1000] * len(scope.provinces)
    for day in range(scope.first_day - scope.warmup_days, scope.last_day + 1):
        for province in range(len(scope.provinces)):
            _day_of_province(recorder, chance, day, province, late, backlog)
        while late and late[0][0] <= day:
            recorder.alerts[late.pop(0)[1]] += 1
        recorder.flows[day, NULL, "video_views"] += 3
        recorder.state[day, NULL, "app_adoption"] = chance.random()
        recorder.day_done(day)
    for _, key in late:
        recorder.alerts[(*key[:-1], End.OPEN)] += 1


def alert_key(day: int, province: int, **codes: int) -> tuple[int, ...]:
    """Return the key of an alert as an engine counts it, by the names of its columns; codes left out are 0."""
    keys = [column.name for column in ALERTS.coded]
    assert set(codes) <= set(keys), codes
    return (day, province, *(codes.get(name, 0) for name in keys))


def _day_of_province(
    recorder: Recorder,
    chance: random.Random,
    day: int,
    province: int,
    late: list[tuple[int, tuple[int, ...]]],
    backlog: list[int],
) -> None:
    scope = recorder.scope
    for index in range(chance.randrange(8)):
        channel, fate, fraud = chance.randrange(3), chance.randrange(8), chance.randrange(2)
        recorder.attempts[day, province, channel, fraud, fate] += 1
        moment = (day - scope.first_day) * 86_400_000 + chance.randrange(86_400_000)
        origin = day * 1000 + province * 100 + index
        recorder.event(LogEntry(moment, 7, "attempt", province, origin, result=Fate(fate).label))
        if fate == Fate.ENGAGED:
            outcome = recorder.outcomes[day, province, fraud, chance.randrange(3), chance.randrange(2)]
            outcome[Outcome.EPISODES] += 1
            outcome[Outcome.LOSS_CENTS] += chance.randrange(10**6)
        ends_on = day + chance.randrange(20)
        tier = chance.randrange(4)
        late.append((ends_on, alert_key(day, province, source=index % 2, tier=tier, truth=3)))
        late.sort()
        staff = chance.randrange(1, 10**6)
        contact = recorder.contacts[day, province, tier, 2, 3, 3]
        contact[0] += 1
        contact[1] += staff
        recorder.hours[day, province, 2, 20][0] += staff
        recorder.waits[day, province, 1, 2, wait_bin(staff)] += 1
        recorder.first_contacts[day, province, 1, wait_bin(staff)] += 1
    recorder.hours[day, province, 2, 20][1] += 1_800_000
    for quantity in ("cases_closed", "cases_solved", "dens_destroyed", "false_blocks_call"):
        recorder.flows[day, province, quantity] += chance.randrange(3)
    finished = recorder.flows[day, province, "cases_solved"] + recorder.flows[day, province, "cases_closed"]
    backlog[province] -= finished
    recorder.state[day, province, "backlog"] = float(backlog[province])
    filed = chance.randrange(3)
    recorder.outcomes[day, province, 0, 1, 0][Outcome.FILED] += filed
    for _ in range(filed):
        recorder.cases[day, province, 0, chance.randrange(4), chance.randrange(20)] += 1
    backlog[province] += filed
    if filed:
        way = province * len(recorder.scope.contacts) + day % len(recorder.scope.contacts)
        recorder.add_cells("filings", day, np.array([way * len(recorder.scope.fraud_types)]), np.array([[filed]]))


def write_tables(folder: Path, seed: int = 1, events: float = 1.0, scope: Scope = SCOPE) -> Recorder:
    """Write the tables of a made-up run into a folder that exists."""
    with TableWriter(folder, scope, events=events > 0) as writer:
        recorder = Recorder(scope, writer, events=events)
        fill(recorder, seed)
        recorder.close()
    return recorder


def scope_with(**changes: object) -> Scope:
    """Give the made-up scope with some values replaced."""
    return replace(SCOPE, **changes)  # type: ignore[arg-type]
