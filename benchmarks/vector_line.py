"""A plain queue in the event loop of the engine ``vector``: only its province, desks and kernels."""

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.customers import SEED, SERVERS, TABLES, Customers, Served, alert_of
from sim.aftermath import Finished
from sim.base.days import DAY_MS, HALF_HOUR_MS, HALF_HOURS
from sim.base.words import ContactChannel, Tier, Truth
from sim.draws.compiled import compiled
from sim.draws.identity import INDEX_SHIFT
from sim.engines.tables import ArrivalStep, Phase, Tables
from sim.engines.vector.attempts import BLOCK
from sim.engines.vector.day import Province, begin_day
from sim.engines.vector.issue import AlertScratch, alert_scratch, draw_ahead
from sim.engines.vector.loop import run_day
from sim.engines.vector.records import (
    AlertState,
    Integers,
    ProvinceDay,
    RunTables,
    order_of_alert,
    rules_of,
    run_tables,
)
from sim.engines.vector.state import Arrays, expect_early, raise_alert, take_alert
from sim.engines.vector.tallies import Counts
from sim.midnight.night import Night
from sim.midnight.today import DayTotals, Today
from sim.scenario import load_scenario

NEVER = 1 << 50
PATIENCE = NEVER // 2
"""Ms from the arrival of a customer to the deadline, which nobody comes to."""


class Nothing:
    """A ledger that nobody reads."""

    def flow(self, day: int, province: int, quantity: str, count: int) -> None:
        """Forget it."""

    def level(self, day: int, province: int, quantity: str, value: float) -> None:
        """Forget it."""

    def flow_by_province(self, day: int, quantity: str, counts: NDArray[np.int64]) -> None:
        """Forget them."""

    def level_by_province(self, day: int, quantity: str, values: NDArray[np.float64]) -> None:
        """Forget them."""

    def filings(self, day: int, counts: NDArray[np.int64]) -> None:
        """Forget them."""

    def cases(self, day: int, finished: Finished) -> None:
        """Forget them."""


@compiled
def arrive(
    first_identity: int,
    numbers: tuple[int, int],
    midnight: int,
    arrivals: Integers,
    run: RunTables,
    arrays: Arrays,
    room: AlertScratch,
) -> None:
    """Let customers from the first to the last number (that one excluded) call the desk at their moments of a day."""
    begin_day(midnight, arrays)
    counters = arrays.counters[0]
    first, last = numbers
    counters.pending = 0
    for number in range(first, last):
        moment = arrivals[number]
        row = take_alert(arrays.alerts, arrays.alerts_free, counters)
        alert = arrays.alerts[row]
        raise_alert(alert, first_identity + (number << INDEX_SHIFT), moment + PATIENCE, 0, Tier.RED, 0)
        alert.truth = Truth.LEGITIMATE
        alert.kind = 0
        alert.state = AlertState.BETWEEN
        alert.channel = ContactChannel.CALL
        order = order_of_alert(Phase.ARRIVALS, ArrivalStep.ISSUE, alert)
        expect_early(arrays.stream, arrays.later, counters, midnight, moment, order)
        room.pending[counters.pending] = row
        counters.pending += 1
        if counters.pending == len(room.pending):
            draw_ahead(run, arrays.alerts, counters, room)
    draw_ahead(run, arrays.alerts, counters, room)


@cache
def office() -> tuple[Tables, RunTables, Today, NDArray[np.uint8]]:
    """Return what the desk of a province needs that no customer changes: tables, rules, a day, people."""
    spec = load_scenario("tiny", seed=SEED, clock="1 ms").spec
    tables = replace(Tables.of(spec), service=TABLES)
    night = Night(spec, tables.provinces, tables.answering, tables.calendar, Nothing())
    today = night(tables.calendar.first, DayTotals.empty(len(tables.provinces)))
    rules = rules_of(tables, NEVER, 0)
    rules = rules._replace(start=0, deadline=np.full(4, PATIENCE), tries=np.ones((4, 2), dtype=np.int64))
    return tables, run_tables(tables, rules), today, night.people.bytes[0]


def _day_of_province(
    p: int, today: Today, start: int, people_bytes: NDArray[np.uint8], staffed: Integers
) -> ProvinceDay:
    """Return the inputs of province ``p`` on a day, in a run whose period starts with day number ``start``."""
    offset = today.day - start
    return ProvinceDay(
        province=p,
        number=today.day,
        offset=offset,
        midnight=offset * DAY_MS,
        app=today.app,
        held=int(today.held[p]),
        delayed=today.delayed[p],
        searches=today.searches[p],
        known=today.known[p],
        reach=float(today.reach[p]),
        data_sharing=float(today.data_sharing[p]),
        loss_factor=today.loss_factor,
        coverage=today.coverage[:, p].copy(),
        outage=today.outage[:, p].copy(),
        awareness=today.awareness[p],
        people_bytes=people_bytes,
        staffed=staffed,
    )


def serve(customers: Customers) -> Served:
    """Return how customers fared at the call desk of one province, day after day, until the last has left."""
    tables, run, today, people_bytes = office()
    staffed = np.full((2, HALF_HOURS), SERVERS * HALF_HOUR_MS)
    days = np.arange(int(customers.arrivals[-1]) // DAY_MS + 2) * DAY_MS
    firsts = np.searchsorted(customers.arrivals, days).tolist()
    # A province begins with room for four blocks: the customers of the busiest day find place in two.
    province = Province(int(np.max(np.diff(firsts))) // 2 + 1, is_logged=False)
    tallies = Counts(tables).of(0)
    room = alert_scratch(BLOCK)
    day = 0
    while day < len(firsts) - 1 or province.counters["services_ended"] < len(customers):
        numbers = (firsts[day], firsts[day + 1]) if day < len(firsts) - 1 else (len(customers), len(customers))
        of_day = _day_of_province(0, today._replace(day=day), 0, people_bytes, staffed)
        arrive(alert_of(0), numbers, of_day.midnight, customers.arrivals, run, province.arrays, room)
        province.sort_stream(int(province.counters["stream"]))
        while not run_day(run, of_day, province.arrays, tallies, room):
            province.grow()
        province.take("warned")
        day += 1
    return Served(len(customers), float(province.arrays.desks["waited"].sum()) / len(customers))
