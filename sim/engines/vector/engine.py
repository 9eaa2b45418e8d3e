"""The run: midnights in order, and between them the day's work in all provinces."""

import os
from collections.abc import Sequence
from contextlib import closing
from time import perf_counter

import numpy as np

from sim.base.days import next_month
from sim.base.words import DESKS, EpisodeEnd, Outcome
from sim.draws.compile_process import Beside
from sim.draws.compiled import is_compiled
from sim.engines.tables import Books, LineTotals, RunLedger, Tables, not_collecting
from sim.engines.vector.attempts import BLOCK
from sim.engines.vector.records import Integers, rules_of, table
from sim.engines.vector.steps import Country, CountryDay, run_all_events
from sim.engines.vector.tallies import Counts, by_fate
from sim.midnight.component import Component
from sim.midnight.night import Night
from sim.midnight.today import DayTotals, Today
from sim.scenario.schema import ScenarioModel
from sim.shield.cards import overloaded_warning
from sim.store.recorder import Recorder


def simulate(
    spec: ScenarioModel,
    recorder: Recorder,
    workers: int | None = None,
    block: int = BLOCK,
    components: Sequence[Component] = (),
) -> dict[str, float]:
    """Run a scenario through compiled kernels.

    Args:
        spec: The scenario.
        recorder: Receives what is counted.
        workers: Threads that share the provinces, by default one per core; they change no result.
        block: Attempts that are settled together; it changes no result either.
        components: The user's components, in the order in which they react.

    Returns:
        Seconds by phase.
    """
    started = perf_counter()
    # Searching for cycles adds a tenth to the time of compiling, and finds next to nothing.
    threads = workers or os.cpu_count() or 1
    wanted = threads > 1 and not is_compiled("vector")
    with not_collecting(), closing(Beside(run_all_events, wanted)) as compiler:
        run = Run(spec, recorder, (block, threads), started, compiler, components)
        with run.country:
            return run.course()


class Run:
    """The course of a run from midnight to midnight."""

    def __init__(
        self,
        spec: ScenarioModel,
        recorder: Recorder,
        sizes: tuple[int, int],
        started: float,
        compiler: Beside,
        components: Sequence[Component],
    ) -> None:
        """Prepare a run; ``sizes`` are the attempts of a block and the number of threads."""
        block, threads = sizes
        self.spec = spec
        self.recorder = recorder
        self.started = started
        self.tables = tables = Tables.of(spec)
        self.ledger = RunLedger(recorder, tables)
        end = tables.calendar.midnight(tables.calendar.last + 1)
        rules = rules_of(tables, end, recorder.kept if recorder.records_events else 0)
        self.counts = Counts(tables)
        self.night = Night(spec, tables.provinces, tables.answering, tables.calendar, self.ledger, given=components)
        self.people_bytes = self.night.people.all_bytes
        self.country = Country(tables, rules, self.counts.tallies, block, threads, compiler)
        self.night.people.spread = self.country.spread
        self.are_told = bool(components)
        self.books = Books()

    def course(self) -> dict[str, float]:
        """Run all days; return seconds by phase."""
        calendar = self.tables.calendar
        recorder = self.recorder
        prepared = perf_counter()
        midnights = days = 0.0
        totals = DayTotals.empty(len(self.tables.provinces), len(self.spec.fraud.types))
        for day in range(calendar.first, calendar.last + 1):
            began = perf_counter()
            today = self.night(day, totals)
            opened = perf_counter()
            self.day(today)
            if day == calendar.last:
                self.country.finish()
            days += perf_counter() - opened
            totals = self.close(today)
            midnights += opened - began
        self.check(totals)
        recorder.warnings += overloaded_warning(self.spec, self.night.cards.load.heaviest)
        recorder.derived = self.night.found()
        ended = perf_counter()
        inside = self.country.seconds
        share = days / max(sum(inside.values()), 1e-9)
        return {
            "prepare": prepared - self.started,
            "midnights": midnights,
            **{name: seconds * share for name, seconds in inside.items()},
            "record": ended - prepared - midnights - days,
        }

    def day(self, today: Today) -> None:
        """Run the provinces of a day."""
        of_day = CountryDay(
            self.people_bytes,
            # The same layout even for a single province: kernels are compiled once per layout.
            np.ascontiguousarray(today.coverage.T),
            np.ascontiguousarray(today.outage.T),
        )
        self.country.day(today, of_day)
        self.books.potential += int(today.attempts.sum())

    def close(self, today: Today) -> DayTotals:
        """Give the counts of the day to the recorder and to the next midnight."""
        day = today.day
        calendar = self.tables.calendar
        country = self.country
        fates, intercepted, from_cards = by_fate(self.counts.tallies.fates)
        for fate, count in enumerate(fates.tolist()):
            self.books.fates[fate] += count
        totals = DayTotals(
            intercepted=intercepted,
            from_cards=from_cards,
            filed=[table(filed) if len(filed) else [] for filed in country.take("filed")],
            heard=country.take_warned(day),
            victims=country.take("victims"),
            drawn_in=self.counts.of_type(Outcome.EPISODES),
            first_payments=self.counts.of_type(Outcome.VICTIMS),
            **(self.told(today) if self.are_told else {}),
        )
        last = day == calendar.last
        month_ends = next_month(day) == day + 1
        open_since = day + 1
        if month_ends and not last:
            open_since = calendar.day_of(country.first_issue(calendar.midnight(day + 1)))
        for rows in country.take("log"):
            if len(rows):
                self.recorder.log(table(rows))
        counts = self.counts.leave(day, today.staffed, country.take("overflow"), month_ends or last)
        for end, count in enumerate(counts.ends().tolist()):
            self.books.alert_ends[end] += count
        self.books.messages += counts.messages()
        counts.hand_over(self.recorder, calendar.start)
        self.ledger.lines(day, country.areas_of_day(calendar.midnight(day + 1)))
        self.recorder.day_done(day, open_since)
        return totals

    def told(self, today: Today) -> dict[str, Integers]:
        """Return the counts of a day for components, by the fields of ``DayTotals``."""
        attempts, busy, served = self.counts.of_day(today.day)
        issued, expired = self.country.since_midnight()
        waiting = self.country.desks["waiting"]
        staffed = today.staffed.sum(axis=2)
        return {
            "attempts": attempts,
            "issued": issued,
            "desks": np.stack([busy, staffed, waiting, served, expired], axis=2),
        }

    def check(self, totals: DayTotals) -> None:
        """Close the books of the run: numbers counted twice must agree."""
        night, books = self.night, self.books
        night.close_run(totals)
        counters, desks = self.country.counters, self.country.desks
        books.episodes = int(counters["episodes_begun"].sum())
        for how, count in zip(EpisodeEnd, counters["episode_ends"].sum(axis=0), strict=True):
            books.episode_ends[how.label] = int(count)
        books.episode_ends["running"] = sum(province.running_episodes() for province in self.country.provinces)
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
        books.check(night.cases.book, sum(len(filed) for filed in totals.filed), lines)
