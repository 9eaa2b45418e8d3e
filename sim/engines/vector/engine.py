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
from sim.engines.vector.cells import attempt_tables
from sim.engines.vector.given import run_tables
from sim.engines.vector.guides import guides_of
from sim.engines.vector.province import Province
from sim.engines.vector.records import Integers, table
from sim.engines.vector.rules import rules_of
from sim.engines.vector.tallies import Counts
from sim.gates.cards import FROM_CARDS
from sim.midnight.night import Night
from sim.midnight.today import Today
from sim.midnight.totals import DayTotals
from sim.results.recorder import Recorder
from sim.scenario.schema import ScenarioModel
from sim.words import DESKS, EpisodeEnd, Fate


def simulate(
    spec: ScenarioModel, recorder: Recorder, workers: int | None = None, block: int = BLOCK
) -> dict[str, float]:
    """Run a scenario through compiled kernels.

    Args:
        spec: The scenario.
        recorder: What is counted goes here.
        workers: Threads that share the provinces, by default one a core; they change no result.
        block: Attempts that are settled together, which changes no result either.

    Returns:
        Seconds by phase.
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
        run = run_tables(tables, rules_of(tables, end, recorder.kept if recorder.records_events else 0))
        guides = guides_of(tables, self.night.propensity)
        attempts = attempt_tables(tables, run.rules, guides.attempts, self.night)
        self.counts = Counts(tables)
        self.provinces = [
            Province(p, tables, run, attempts, guides, self.counts.of(p), block) for p in range(len(tables.provinces))
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
                        province.finish()
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

    def servers(self, day: int) -> Integers:
        """Return the servers on duty on a day, (P, 2, 48) by desk and half hour."""
        return self.tables.schedule[:, :, weekday(day) - 1]

    def day(self, today: Today) -> None:
        """Run the provinces of a day."""
        servers = self.servers(today.day)

        def act(p: int) -> None:
            self.provinces[p].day(today, self.night.bytes[p], servers[p])

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
            intercepted=fates[..., Fate.INTERCEPTED].sum(axis=(1, 2)),
            from_cards=fates[:, FROM_CARDS, :, Fate.INTERCEPTED :].sum(axis=(1, 2, 3)),
            filed=[table(province.take("filed")) for province in self.provinces],
            heard=[province.warned(day) for province in self.provinces],
            victims=[province.take("victims") for province in self.provinces],
        )
        last = day == calendar.last
        month_ends = next_month(day) == day + 1
        open_since = day + 1
        if month_ends and not last:
            end = calendar.midnight(day + 1)
            open_since = calendar.day_of(min(province.first_issue(end) for province in self.provinces))
        logs = [table(province.take("log")) for province in self.provinces]
        overflow = [province.take("overflow") for province in self.provinces]
        areas = [province.areas_of_day(calendar.midnight(day + 1)) for province in self.provinces]
        counts = self.counts.leave(day, self.servers(day), overflow, everything=last or month_ends)
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
        counters = np.concatenate([province.arrays.counters for province in self.provinces])
        desks = np.stack([province.arrays.desks for province in self.provinces])
        books.episodes = int(counters["episodes_begun"].sum())
        for how, count in zip(EpisodeEnd, counters["episode_ends"].sum(axis=0), strict=True):
            books.episode_ends[how.label] = int(count)
        books.episode_ends["running"] = sum(province.running_episodes() for province in self.provinces)
        books.issued = int(counters["issued"].sum())
        books.delivered = int(counters["messages"].sum())
        books.services_started = int(counters["services_started"].sum())
        books.services_ended = int(counters["services_ended"].sum())
        books.services_under_way = int(desks["busy"].sum())
        books.filed = int(counters["filed_cases"].sum())
        lines = (
            LineTotals(DESKS[d].label, p, int(desk["area"]), int(desk["waited"]))
            for (p, d), desk in np.ndenumerate(desks)
        )
        books.check(night.cases, sum(len(filed) for filed in totals.filed), lines)
