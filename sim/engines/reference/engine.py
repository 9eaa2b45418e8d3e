"""The run: midnights in order, days opened one after the other, everything else by events."""

import gc
from collections.abc import Iterator, Sequence
from functools import partial
from time import perf_counter

import numpy as np
import simpy

from sim.base.days import HALF_HOUR_MS, month_start
from sim.base.words import DESKS
from sim.engines.reference.attempts import open_day
from sim.engines.reference.world import Desk, Lending, World, call_at, priority
from sim.engines.tables import Books, LineTotals, Phase, RunLedger, Tables, not_collecting
from sim.midnight.component import Component
from sim.midnight.night import Night
from sim.midnight.today import DESK_COUNTS, DayTotals
from sim.scenario.schema import ScenarioModel
from sim.shield.cards import overloaded_warning
from sim.store.recorder import Recorder

WORKED = DESK_COUNTS.index("served")
"""How many of the counts of a desk exist only at midnight: busy and staffed time, and alerts that wait."""


def simulate(spec: ScenarioModel, recorder: Recorder, components: Sequence[Component] = ()) -> dict[str, float]:
    """Run a scenario event by event.

    Args:
        spec: The scenario.
        recorder: Receives what is counted.
        components: The user's components, in the order in which they react.

    Returns:
        Seconds by phase.
    """
    started = perf_counter()
    tables = Tables.of(spec)
    calendar = tables.calendar
    env = simpy.Environment(initial_time=calendar.midnight(calendar.first))
    ledger = RunLedger(recorder, tables)
    night = Night(spec, tables.provinces, tables.answering, calendar, ledger, given=components)
    begins = list(zip(tables.lines.service.tolist(), tables.lines.most_debt.tolist(), strict=True))
    desks = [
        {channel: Desk(env, p * len(DESKS) + d, *begins[d]) for d, channel in enumerate(DESKS)}
        for p in range(len(tables.provinces))
    ]
    for p, (call, visit) in enumerate(tuple(by_channel.values()) for by_channel in desks):
        Lending(env, (call, visit), tables.lines.lends.tolist(), p * len(DESKS) + 1)
    end = calendar.midnight(calendar.last + 1)
    world = World(spec, tables, recorder, env, end, Books(), desks, night.people.bytes)
    run = Run(world, night, ledger)
    call_at(env, calendar.midnight(calendar.first), priority(Phase.MIDNIGHT), run.midnight)
    prepared = perf_counter()
    # Nearly everything that events allocate lives until its event. Searching for cycles all the time would halve the
    # speed, so they are collected once a month. Objects from before the run are never searched.
    with not_collecting(frozen=True):
        env.run(until=world.end)
    run.finish()
    recorder.warnings += overloaded_warning(spec, night.cards.load.heaviest)
    recorder.derived = night.found()
    ended = perf_counter()
    return {"prepare": prepared - started, "midnights": run.at_midnight, "events": ended - prepared - run.at_midnight}


class Run:
    """The course of a run from midnight to midnight."""

    def __init__(self, world: World, night: Night, ledger: RunLedger) -> None:
        self.world = world
        self.night = night
        self.ledger = ledger
        self.at_midnight = 0.0
        self.world.totals = self.nothing_yet()

    def midnight(self) -> None:
        """Close the day that ends, change the macro state, open the day that begins."""
        began = perf_counter()
        world = self.world
        calendar = world.tables.calendar
        day = calendar.day_of(world.now)
        yesterday, world.totals = world.totals, self.nothing_yet()
        if day > calendar.first:
            self.note_lines(day - 1)
            self.note_desks(day - 1, yesterday)
            world.recorder.day_done(day - 1, world.open_since(day))
        today = self.night(day, yesterday)
        world.tables.detectors.thresholds[:] = today.scores
        world.today = today
        self.change_shifts(day)
        self.at_midnight += perf_counter() - began
        open_day(world)
        if day >= calendar.start:
            self.count_staff(day)
        if day == month_start(day):
            gc.collect()
        if day < calendar.last:
            call_at(world.env, calendar.midnight(day + 1), priority(Phase.MIDNIGHT), self.midnight)

    def nothing_yet(self) -> DayTotals:
        """Return the totals of a day that begins."""
        return DayTotals.empty(len(self.world.tables.provinces), len(self.world.spec.fraud.types))

    def change_shifts(self, day: int) -> None:
        """Schedule the shift changes of a day: one in each half hour, when desks look for those who may begin."""
        world = self.world
        midnight = world.tables.calendar.midnight(day)
        for p, by_channel in enumerate(world.today.staffed.tolist()):
            for d, by_half_hour in enumerate(by_channel):
                order = priority(Phase.SHIFT_CHANGE, (p * len(DESKS) + d) << 30)
                for half_hour, staffed in enumerate(by_half_hour):
                    change = partial(world.desks[p][DESKS[d]].change_shift, staffed)
                    call_at(world.env, midnight + half_hour * HALF_HOUR_MS, order, change)

    def count_staff(self, day: int) -> None:
        """Count the staffed time of a day."""
        staffed = self.world.today.staffed
        provinces, desks, half_hours = on_duty = staffed.nonzero()
        ms = staffed[on_duty]
        keys = np.column_stack([np.full(len(ms), day), provinces, np.array(DESKS)[desks], half_hours])
        self.world.recorder.add("hours", keys, np.column_stack([np.zeros_like(ms), ms]))

    def note_desks(self, day: int, totals: DayTotals) -> None:
        """Add to the totals of a day that has just ended the counts of the desks that exist only now."""
        world = self.world
        for p, by_channel in enumerate(world.desks):
            for d, desk in enumerate(by_channel.values()):
                totals.desks[p, d, :WORKED] = (
                    world.worked.pop((day, p, d), 0),
                    int(world.today.staffed[p, d].sum()),
                    len(desk.put_queue),
                )

    def note_lines(self, day: int) -> None:
        """Note the mean queues of a day that has just ended."""
        end = self.world.tables.calendar.midnight(day + 1)
        areas = [[desk.area_of_day(end) for desk in by_channel.values()] for by_channel in self.world.desks]
        self.ledger.lines(day, np.array(areas, dtype=np.int64))

    def finish(self) -> None:
        """Close the last day and whatever is still open, then check that everything adds up."""
        world = self.world
        for identity in sorted(world.alive):
            world.alive[identity].outlive()
        self.note_lines(world.tables.calendar.last)
        world.recorder.day_done(world.tables.calendar.last, world.tables.calendar.last + 1)
        self.night.close_run(world.totals)
        world.books.services_under_way = sum(desk.busy for row in world.desks for desk in row.values())
        filed_last = sum(len(filed) for filed in world.totals.filed)
        world.books.check(self.night.cases.book, filed_last, self.lines())

    def lines(self) -> Iterator[LineTotals]:
        """Iterate over the sums of all queues up to the end of the run."""
        for p, by_channel in enumerate(self.world.desks):
            for channel, desk in by_channel.items():
                yield LineTotals(channel.label, p, *desk.little(self.world.end))
