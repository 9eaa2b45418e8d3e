"""The run: midnights in their order, and between them the provinces of the day, side by side."""

import gc
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter

import numpy as np

from sim.country.provinces import Spread, one_by_one
from sim.days import next_month, weekday
from sim.engines import warnings
from sim.engines.conservation import Books, LineTotals
from sim.engines.ledger import RunLedger
from sim.engines.tables import Tables
from sim.engines.vector.attempts import BLOCK
from sim.engines.vector.guides import guides_of, raided_guide
from sim.engines.vector.layout import (
    AREA,
    BUSY,
    ENDS_OF_EPISODES,
    EPISODES_BEGUN,
    FILED_CASES,
    ISSUED_ALERTS,
    MESSAGES,
    SERVICES_ENDED,
    SERVICES_STARTED,
    WAITED,
)
from sim.engines.vector.province import Province
from sim.engines.vector.rules import rules_of
from sim.engines.vector.tallies import Counts
from sim.gates.fates import INTERCEPTED
from sim.midnight.night import Night
from sim.midnight.today import Today
from sim.midnight.totals import DayTotals
from sim.results.recorder import Recorder
from sim.scenario.schema import ScenarioModel
from sim.words import DESK_LABELS


def simulate(
    spec: ScenarioModel, recorder: Recorder, workers: int | None = None, block: int = BLOCK
) -> dict[str, float]:
    """Run a scenario and count into ``recorder``; return seconds by phase.

    ``workers`` threads (by default one a core) share the provinces, ``block`` attempts are settled together; neither
    changes a result. Raises ``ConservationError`` if the books do not balance at the end.
    """
    started = perf_counter()
    threads = workers or os.cpu_count() or 1
    # Looking for cycles takes a tenth of the time that compiling needs, and there is next to nothing to find.
    gc.disable()
    try:
        return in_threads(spec, recorder, threads, block, started)
    finally:
        gc.enable()


def in_threads(spec: ScenarioModel, recorder: Recorder, threads: int, block: int, started: float) -> dict[str, float]:
    """Run a scenario with so many threads; return seconds by phase."""
    with ThreadPoolExecutor(threads) as pool:
        sizes = [row.population for row in spec.population.provinces]

        def side_by_side(act: Callable[[int], None], provinces: Sequence[int]) -> None:
            # The largest first, so that nobody waits for one of them alone in the end.
            for done in [pool.submit(act, p) for p in sorted(provinces, key=lambda p: -sizes[p])]:
                done.result()

        return Run(spec, recorder, block, side_by_side if threads > 1 else one_by_one, started).course()


class Run:
    """The course of a run from midnight to midnight."""

    def __init__(self, spec: ScenarioModel, recorder: Recorder, block: int, spread: Spread, started: float) -> None:
        self.spec = spec
        self.recorder = recorder
        self.spread = spread
        self.started = started
        self.tables = tables = Tables.of(spec)
        self.ledger = RunLedger(recorder, tables)
        self.night = Night(spec, tables.provinces, tables.calendar, self.ledger, spread)
        end = tables.calendar.midnight(tables.calendar.last + 1)
        self.rules = rules_of(tables, end, recorder.kept if recorder.records_events else 0)
        guides = guides_of(tables)
        self.counts = Counts(tables)
        self.provinces = [
            Province(p, tables, self.rules, guides, self.counts.of(p), block) for p in range(len(tables.provinces))
        ]
        self.books = Books()

    def course(self) -> dict[str, float]:
        """Run all days; return seconds by phase."""
        calendar = self.tables.calendar
        recorder = self.recorder
        prepared = perf_counter()
        midnights = days = 0.0
        totals = DayTotals.empty(len(self.provinces))
        # Midnights write to the recorder too, so the clerk works between them alone: while the next day runs.
        with ThreadPoolExecutor(1) as clerk:
            done: Future[None] | None = None
            hand_over: Callable[[], None] | None = None
            for day in range(calendar.first, calendar.last + 1):
                began = perf_counter()
                today = self.night(day, totals)
                opened = perf_counter()
                if hand_over is not None:
                    done = clerk.submit(hand_over)
                self.day(today)
                if day == calendar.last:
                    for province in self.provinces:
                        province.finish(today)
                days += perf_counter() - opened
                if done is not None:
                    done.result()
                totals, hand_over = self.close(today)
                midnights += opened - began
            if hand_over is not None:
                hand_over()
        self.check(totals)
        recorder.warnings += warnings.of_scale(self.spec, self.tables)
        recorder.warnings += warnings.of_cards(self.spec, self.night.card_load.heaviest)
        ended = perf_counter()
        inside = {
            name: sum(province.seconds[name] for province in self.provinces) for name in self.provinces[0].seconds
        }
        share = days / max(sum(inside.values()), 1e-9)
        return {
            "prepare": prepared - self.started,
            "midnights": midnights,
            **{name: seconds * share for name, seconds in inside.items()},
            "record": ended - prepared - midnights - days,
        }

    def day(self, today: Today) -> None:
        """Run the provinces of a day."""
        slots = self.night.slots.cumulative
        raided = raided_guide(slots, today.raided)
        most_engaged = today.engaged.max(axis=(5, 6))
        seats = self.tables.schedule[:, :, weekday(today.day) - 1]

        def act(p: int) -> None:
            self.provinces[p].day(today, self.night.bytes[p], slots, raided, most_engaged[p], seats[p])

        self.spread(act, range(len(self.provinces)))
        self.books.potential += int(today.attempts.sum())

    def close(self, today: Today) -> tuple[DayTotals, Callable[[], None]]:
        """Take out what the day counted: for the next midnight, and for the recorder, to be handed over once."""
        day = today.day
        calendar = self.tables.calendar
        fates = self.counts.fates
        for fate, count in enumerate(fates.sum(axis=(0, 1, 2))):
            self.books.fates[fate] += int(count)
        totals = DayTotals(
            intercepted=fates[:, :2, :, INTERCEPTED].sum(axis=2),
            from_cards=fates[:, :2, :, INTERCEPTED:].sum(axis=(1, 2, 3)),
            filed=[province.take("filed") for province in self.provinces],
            heard=[province.heard(day) for province in self.provinces],
            victims=[province.take("victims") for province in self.provinces],
        )
        last = day == calendar.last
        month_ends = next_month(day) == day + 1
        open_since = day + 1
        if month_ends and not last:
            end = calendar.midnight(day + 1)
            open_since = calendar.day_of(min(province.first_issue(end) for province in self.provinces))
        logs = [province.take("log") for province in self.provinces]
        rare = [province.take("rare") for province in self.provinces]
        areas = [province.areas_of_day(calendar.midnight(day + 1)) for province in self.provinces]
        seats = self.tables.schedule[:, :, weekday(day) - 1]
        counts = self.counts.leave(day, seats, rare, everything=last or month_ends)
        for end, count in enumerate(counts.ends()):
            self.books.alert_ends[end] += int(count)
        self.books.messages += counts.messages()

        def hand_over() -> None:
            for rows in logs:
                self.recorder.log(rows)
            counts.hand_over(self.recorder, calendar.start)
            for p, of_desks in enumerate(areas):
                self.ledger.lines(day, p, of_desks)
            self.recorder.day_done(day, open_since)

        return totals, hand_over

    def check(self, totals: DayTotals) -> None:
        """Close the books of the run: whatever was counted twice must agree."""
        night, books = self.night, self.books
        night.card_load.add_day(totals.from_cards, night.stock)
        night.card_load.close_month()
        counters = np.array([province.v.counters for province in self.provinces])
        whole = counters.sum(axis=0)
        books.episodes = int(whole[EPISODES_BEGUN])
        ends = [int(count) for count in whole[ENDS_OF_EPISODES : ENDS_OF_EPISODES + 4]]
        books.episode_ends.update(dict(zip(("saved", "dropped_out", "held", "victims"), ends, strict=True)))
        books.episode_ends["running"] = sum(province.running_episodes() for province in self.provinces)
        books.issued = int(whole[ISSUED_ALERTS])
        books.delivered = int(whole[MESSAGES])
        books.services_started = int(whole[SERVICES_STARTED])
        books.services_ended = int(whole[SERVICES_ENDED])
        books.services_under_way = int(whole[BUSY : BUSY + 2].sum())
        books.filed = int(whole[FILED_CASES])
        lines = (
            LineTotals(desk, p, int(row[AREA + d]), int(row[WAITED + d]))
            for p, row in enumerate(counters)
            for d, desk in enumerate(DESK_LABELS)
        )
        books.check(night.cases, sum(len(filed) for filed in totals.filed), lines)
