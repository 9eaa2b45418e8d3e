"""The two ends of a province's day around its event loop, and the end of the run."""

import numpy as np
from numpy.typing import NDArray

from sim.days import DAY_MS
from sim.draws.compiled import compiled
from sim.draws.identity import PERSON_BITS, PERSON_MASK
from sim.engines.codes import OPEN
from sim.engines.phases import ARRIVALS
from sim.engines.vector.episodes import go_to_police
from sim.engines.vector.events import MOMENT_AT, ORDER_MASK
from sim.engines.vector.layout import (
    AT_STREAM,
    BETWEEN,
    CHANNEL_MASK,
    ENDED,
    HALF_HOUR,
    ISSUED,
    MESSAGE,
    META,
    N_ALERTS_FREE,
    N_CASES,
    N_HEARD,
    N_LATER,
    N_LINE,
    N_LOG,
    N_RARE,
    N_STREAM,
    SERVING,
    SINCE,
    STATE,
    STEP,
    TIER_MASK,
    WAITED,
    WAITING,
)
from sim.engines.vector.line import join
from sim.engines.vector.lives import change_line, end_alert, expire_in_line
from sim.engines.vector.rules import Rules
from sim.engines.vector.state import DESKS, Arrays, Tallies, give_back_alert
from sim.midnight.today import Today
from sim.warning.delays import CALL


@compiled
def begin_day(rules: Rules, today: Today, v: Arrays) -> bool:
    """Move the events whose day has come from ``later`` to the stream; return whether there was room."""
    counters = v.counters
    midnight = (today.day - rules.start) * DAY_MS
    if counters[N_LATER] > v.stream.shape[0]:
        return False
    kept = 0
    at = 0
    for k in range(counters[N_LATER]):
        moment = v.later[k, 0]
        order = v.later[k, 1]
        if moment < midnight + DAY_MS:
            v.stream[at] = ((moment - midnight) << MOMENT_AT) | order
            at += 1
        else:
            v.later[kept, 0] = moment
            v.later[kept, 1] = order
            kept += 1
    counters[N_LATER] = kept
    counters[N_STREAM] = at
    counters[AT_STREAM] = 0
    counters[HALF_HOUR] = 0
    return True


@compiled
def close_day(p: int, rules: Rules, today: Today, v: Arrays, tallies: Tallies) -> bool:
    """End the day: alerts that expired in line leave it, victims go to the police; return whether there was room."""
    counters = v.counters
    here = today.day - rules.start
    end = (here + 1) * DAY_MS
    waiting = counters[N_LINE] + counters[N_LINE + 1]
    if counters[N_RARE] + 2 * waiting > v.rare.shape[0] or (
        rules.kept > 0 and counters[N_LOG] + 2 * (waiting + counters[N_CASES]) > v.log.shape[0]
    ):
        return False
    if counters[N_CASES] > v.filed.shape[0]:
        return False
    for desk in range(DESKS):
        count = counters[N_LINE + desk]
        counters[N_LINE + desk] = 0
        for k in range(count):
            row = v.rows[desk, k]
            rank = v.ranks[desk, k]
            if v.alerts[row, STATE] == ENDED:
                give_back_alert(v.alerts, v.alerts_free, v.episodes, v.episodes_free, v.counters, row)
            elif v.alerts[row, ISSUED] + rules.deadline[v.alerts[row, META] & TIER_MASK] < end:
                expire_in_line(v, tallies, rules, p, here, row, end)
                give_back_alert(v.alerts, v.alerts_free, v.episodes, v.episodes_free, v.counters, row)
            else:
                join(v.ranks[desk], v.rows[desk], counters[N_LINE + desk], rank, row, v.alerts)
                counters[N_LINE + desk] += 1
    go_to_police(p, rules, today.day, v, tallies)
    return True


@compiled
def take_heard(day: int, v: Arrays, numbers: NDArray[np.int64]) -> int:
    """Move the people who heard an alert on a day from ``heard`` to ``numbers``; return how many."""
    counters = v.counters
    kept = 0
    taken = 0
    for k in range(counters[N_HEARD]):
        entry = v.heard[k]
        if entry >> PERSON_BITS == day:
            numbers[taken] = entry & PERSON_MASK
            taken += 1
        else:
            v.heard[kept] = entry
            kept += 1
    counters[N_HEARD] = kept
    return taken


@compiled
def first_issue(v: Arrays, otherwise: int) -> int:
    """Return the moment at which the first of the living alerts was issued."""
    least = otherwise
    for row in range(v.alerts.shape[0]):
        state = v.alerts[row, STATE]
        if state in (MESSAGE, WAITING, SERVING, BETWEEN):
            least = min(least, v.alerts[row, ISSUED])
    return least


@compiled
def finish(p: int, rules: Rules, today: Today, v: Arrays, tallies: Tallies) -> bool:
    """Count the alerts that are alive when the run ends; return whether there was room."""
    if v.counters[N_RARE] + 2 * (v.alerts.shape[0] - v.counters[N_ALERTS_FREE]) > v.rare.shape[0]:
        return False
    here = today.day - rules.start
    for row in range(v.alerts.shape[0]):
        state = v.alerts[row, STATE]
        if state == WAITING:
            # Who still waits leaves the sums of the line as Little's law wants it: having waited until now.
            desk = (v.alerts[row, STEP] & CHANNEL_MASK) - CALL
            v.counters[WAITED + desk] += rules.end - v.alerts[row, SINCE]
        if state in (MESSAGE, WAITING, SERVING, BETWEEN):
            end_alert(v, tallies, rules, p, here, row, OPEN, ARRIVALS, rules.end, ORDER_MASK)
    for desk in range(DESKS):
        change_line(v.counters, desk, rules.end, 0)
    return True
