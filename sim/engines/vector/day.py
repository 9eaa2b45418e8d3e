"""The two ends of a province's day around its event loop, and the end of the run."""

from sim.base.days import DAY_MS
from sim.base.words import End
from sim.draws.compiled import compiled, inlined, part_of_caller
from sim.engines.vector.cases import go_to_police
from sim.engines.vector.counts import count_work
from sim.engines.vector.events import MOMENT_AT, ORDER_MASK
from sim.engines.vector.inputs import Now, ProvinceDay, RunTables
from sim.engines.vector.lives import end_track, expire_in_line
from sim.engines.vector.queue import change_line, desk_of, insert
from sim.engines.vector.records import DESKS, AlertState, Integers, Records
from sim.engines.vector.rules import Rules
from sim.engines.vector.state import Arrays, Tallies, give_back_alert


@part_of_caller
def begin_day(midnight: int, arrays: Arrays) -> bool:
    """Move the day's events from those of later days to the stream, once; return whether there was room."""
    counters = arrays.counters[0]
    if counters.midnight == midnight:
        return True
    if counters.later >= len(arrays.stream):
        return False
    kept = 0
    at = 0
    for k in range(counters.later):
        event = arrays.later[k]
        if event.moment < midnight + DAY_MS:
            arrays.stream[at] = ((event.moment - midnight) << MOMENT_AT) | event.order
            at += 1
        else:
            arrays.later[kept].moment = event.moment
            arrays.later[kept].order = event.order
            kept += 1
    counters.later = kept
    counters.stream = at
    counters.stream_at = 0
    counters.midnight = midnight
    counters.shift = 0
    return True


@part_of_caller
def close_day(run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies) -> bool:
    """End the day: remove alerts that expired in the queue, report and file cases; return whether there was room."""
    rules, counters = run.rules, arrays.counters[0]
    waiting = arrays.desks[0].entries + arrays.desks[1].entries
    if (
        counters.overflow + 2 * waiting > len(arrays.overflow)
        or counters.cases > len(arrays.filed)
        or (rules.kept > 0 and counters.log + 2 * (waiting + counters.cases) > len(arrays.log))
    ):
        return False
    for number in range(DESKS):
        line, desk = arrays.lines[number], arrays.desks[number]
        count_work(tallies.busy, number, desk, DAY_MS)
        desk.worked = 0
        entries = desk.entries
        desk.entries = 0
        for k in range(entries):
            rank = line[k].rank
            alert = arrays.alerts[line[k].row]
            is_expired = alert.state != AlertState.ENDED and alert.deadline < day.midnight + DAY_MS
            if is_expired:
                expire_in_line(alert, day.midnight + DAY_MS, rules, day, arrays, tallies)
            if is_expired or alert.state == AlertState.ENDED:
                give_back_alert(alert, arrays.alerts_free, arrays.episodes, arrays.episodes_free, counters)
            else:
                insert(line, desk, rank, alert.row, arrays.alerts)
    go_to_police(run, day, arrays, tallies)
    return True


@compiled
def take_warned(day: int, warned: Records, counters: Records, numbers: Integers) -> int:
    """Move the people warned on a day to ``numbers``; return how many."""
    kept = 0
    taken = 0
    for k in range(counters[0].warned):
        entry = warned[k]
        if entry.day == day:
            numbers[taken] = entry.person
            taken += 1
        else:
            warned[kept].day = entry.day
            warned[kept].person = entry.person
            kept += 1
    counters[0].warned = kept
    return taken


@inlined
def is_alive(state: int) -> bool:
    """Return whether an alert of a state has been issued and has not ended."""
    return AlertState.MESSAGE <= state <= AlertState.BETWEEN


@compiled
def first_issue(alerts: Records, taken: int, deadlines: Integers, otherwise: int) -> int:
    """Return the moment at which the first of the living alerts was issued, or ``otherwise`` if that is earlier.

    ``taken`` rows of ``alerts`` are not free; ``deadlines`` (R,) are ms from issue to the deadline, by rule.
    """
    least = otherwise
    row = 0
    while taken > 0:
        state = alerts[row].state
        taken -= state != AlertState.FREE
        if is_alive(state):
            least = min(least, alerts[row].deadline - deadlines[alerts[row].rule])
        row += 1
    return least


@compiled
def finish(rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies) -> bool:
    """Count the alerts still alive when the run ends; return whether there was room."""
    alerts, counters = arrays.alerts, arrays.counters[0]
    if counters.overflow + 2 * (len(alerts) - counters.alerts_free) > len(arrays.overflow):
        return False
    now = Now(rules.end, ORDER_MASK)
    for row in range(len(alerts)):
        alert = alerts[row]
        if alert.state == AlertState.WAITING:
            # For Little's law, alerts that still wait count with their waits until now.
            arrays.desks[desk_of(alert.channel)].waited += rules.end - alert.since
        if is_alive(alert.state):
            end_track(alert, End.OPEN, now, rules, day, arrays, tallies)
    for number in range(DESKS):
        change_line(arrays.desks[number], rules.end, 0)
    return True
