"""A plain queue in the event loop of the engine ``vector``: its own province, desks and kernels, nothing else."""

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.customers import SEED, SERVERS, TABLES, Customers, Served, alert_of
from sim.days import DAY_MS, HALF_HOURS
from sim.draws.compiled import compiled
from sim.draws.identity import INDEX_SHIFT
from sim.engines.phases import ARRIVALS, ISSUE
from sim.engines.tables import Tables
from sim.engines.vector.day import begin_day
from sim.engines.vector.events import order_of_alert
from sim.engines.vector.guides import Guides, guides_of
from sim.engines.vector.layout import BETWEEN, SERVICES_ENDED, STEP, WAITED
from sim.engines.vector.province import Province
from sim.engines.vector.rules import Rules, rules_of
from sim.engines.vector.state import Arrays, expect_early, take_alert
from sim.engines.vector.tallies import Counts
from sim.midnight.night import Night
from sim.midnight.today import Today
from sim.midnight.totals import DayTotals
from sim.scenario import load_scenario
from sim.warning.delays import CALL

NEVER = 1 << 50


class Nothing:
    """A notebook that nobody reads."""

    def flow(self, day: int, province: int, quantity: str, count: int) -> None:
        """Forget it."""

    def level(self, day: int, province: int, quantity: str, value: float) -> None:
        """Forget it."""

    def cases(self, day: int, province: int, cases: NDArray[np.int64], solved: bool) -> None:
        """Forget them."""


@compiled
def arrive(first_identity: int, first: int, last: int, midnight: int, arrivals: NDArray[np.int64], v: Arrays) -> None:
    """Let customers ``first`` to ``last`` (that one excluded) call the desk at their moments of a day."""
    for number in range(first, last):
        identity = first_identity + (number << INDEX_SHIFT)
        moment = arrivals[number]
        row = take_alert(v.alerts, v.alerts_free, v.counters, identity, moment, 0, -1, 0, BETWEEN)
        v.alerts[row, STEP] = CALL
        order = order_of_alert(ARRIVALS, ISSUE, identity, row)
        expect_early(v.stream, v.later, v.counters, midnight, moment, order)


@cache
def office() -> tuple[Tables, Rules, Guides, Today, NDArray[np.uint8]]:
    """Return what the desk of a province needs that no customer changes: tables, rules, a day, people."""
    spec = load_scenario("tiny", seed=SEED, clock="1 ms").spec
    tables = replace(Tables.of(spec), service=TABLES)
    night = Night(spec, tables.provinces, tables.calendar, Nothing())
    today = night(tables.calendar.first, DayTotals.empty(len(tables.provinces)))
    rules = rules_of(tables, NEVER, 0)
    rules = rules._replace(start=0, deadline=np.full(4, NEVER // 2), tries=np.ones((4, 2), dtype=np.int64))
    return tables, rules, guides_of(tables), today, night.bytes[0]


def serve(customers: Customers) -> Served:
    """Serve customers by the call desk of one province, day after day, until the last has left."""
    tables, rules, guides, today, people_bytes = office()
    seats = np.full((2, HALF_HOURS), SERVERS)
    days = np.bincount(customers.arrivals // DAY_MS)
    # A province has room for some blocks; here a block is what a day brings.
    province = Province(0, tables, rules, guides, Counts(tables).of(0), int(np.max(days)))
    first, day = 0, 0
    while first < len(customers) or province.v.counters[SERVICES_ENDED] < len(customers):
        last = first + (int(days[day]) if day < len(days) else 0)
        begin_day(rules, today._replace(day=day), province.v)
        arrive(alert_of(0), first, last, day * DAY_MS, customers.arrivals, province.v)
        province.events(today._replace(day=day), people_bytes, seats)
        province.take("heard")
        first, day = last, day + 1
    return Served(len(customers), float(province.v.counters[WAITED]) / len(customers))
