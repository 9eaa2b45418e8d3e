"""A province of the vector engine, and the two ends of its day.

The two ends of a province's day around its event loop, and the end of the run.

A province of the vector engine: its arrays, which grow when they must.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS
from sim.base.words import End
from sim.draws.compiled import compiled, inlined, part_of_caller
from sim.engines.vector import records
from sim.engines.vector.alerts import change_line, desk_of, end_track, expire_in_line, insert
from sim.engines.vector.episodes import go_to_police
from sim.engines.vector.state import Arrays, Tallies, count_work, give_back_alert


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
            arrays.stream[at] = ((event.moment - midnight) << records.MOMENT_AT) | event.order
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
def close_day(run: records.RunTables, day: records.ProvinceDay, arrays: Arrays, tallies: Tallies) -> bool:
    """End the day: remove alerts that expired in the queue, report and file cases; return whether there was room."""
    rules, counters = run.rules, arrays.counters[0]
    waiting = arrays.desks[0].entries + arrays.desks[1].entries
    if (
        counters.overflow + 2 * waiting > len(arrays.overflow)
        or counters.cases > len(arrays.filed)
        or (rules.kept > 0 and counters.log + 2 * (waiting + counters.cases) > len(arrays.log))
    ):
        return False
    for number in range(records.DESKS):
        line, desk = arrays.lines[number], arrays.desks[number]
        count_work(tallies.busy, number, desk, DAY_MS)
        desk.worked = 0
        entries = desk.entries
        desk.entries = 0
        for k in range(entries):
            rank = line[k].rank
            alert = arrays.alerts[line[k].row]
            is_expired = alert.state != records.AlertState.ENDED and alert.deadline < day.midnight + DAY_MS
            if is_expired:
                expire_in_line(alert, day.midnight + DAY_MS, rules, day, arrays, tallies)
            if is_expired or alert.state == records.AlertState.ENDED:
                give_back_alert(alert, arrays.alerts_free, arrays.episodes, arrays.episodes_free, counters)
            else:
                insert(line, desk, rank, alert.row, arrays.alerts)
    go_to_police(run, day, arrays, tallies)
    return True


@compiled
def take_warned(day: int, warned: records.Records, counters: records.Records, numbers: records.Integers) -> int:
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
    return records.AlertState.MESSAGE <= state <= records.AlertState.BETWEEN


@compiled
def first_issue(alerts: records.Records, taken: int, deadlines: records.Integers, otherwise: int) -> int:
    """Return the moment at which the first of the living alerts was issued, or ``otherwise`` if that is earlier.

    ``taken`` rows of ``alerts`` are not free; ``deadlines`` (R,) are ms from issue to the deadline, by rule.
    """
    least = otherwise
    row = 0
    while taken > 0:
        state = alerts[row].state
        taken -= state != records.AlertState.FREE
        if is_alive(state):
            least = min(least, alerts[row].deadline - deadlines[alerts[row].rule])
        row += 1
    return least


@compiled
def finish(rules: records.Rules, day: records.ProvinceDay, arrays: Arrays, tallies: Tallies) -> bool:
    """Count the alerts still alive when the run ends; return whether there was room."""
    alerts, counters = arrays.alerts, arrays.counters[0]
    if counters.overflow + 2 * (len(alerts) - counters.alerts_free) > len(arrays.overflow):
        return False
    now = records.Now(rules.end, records.ORDER_MASK)
    for row in range(len(alerts)):
        alert = alerts[row]
        if alert.state == records.AlertState.WAITING:
            # For Little's law, alerts that still wait count with their waits until now.
            arrays.desks[desk_of(alert.channel)].waited += rules.end - alert.since
        if is_alive(alert.state):
            end_track(alert, End.OPEN, now, rules, day, arrays, tallies)
    for number in range(records.DESKS):
        change_line(arrays.desks[number], rules.end, 0)
    return True


APPENDED = ("heap", "stream", "later", "cases", "warned", "victims", "filed", "found", "sent", "overflow", "log")
"""Arrays that grow at their ends; the counter of the same name says how many entries are in use."""

EVENTS_TAKE = ("heap", "later", "cases", "warned", "victims", "overflow", "log")
"""Arrays from which an event of the loop may take entries."""
NO_LIMIT = (1 << 63) - 1


class Province:
    """The state of a province."""

    def __init__(
        self, block: int, is_logged: bool, counters: records.Records | None = None, desks: records.Records | None = None
    ):
        """Create an empty province.

        Args:
            block: Attempts, contacts or alerts that are settled together; there is always room for some of each.
            is_logged: Whether any events are logged.
            counters: (1,) The province's place among the counters of a country; its own by default.
            desks: (2,) The same for the desks.
        """
        self.is_logged = is_logged
        self._room = start = 4 * block
        self.arrays = Arrays(
            alerts=np.zeros(0, dtype=records.ALERT),
            alerts_free=np.empty(0, dtype=np.int64),
            episodes=np.zeros(0, dtype=records.EPISODE),
            episodes_free=np.empty(0, dtype=np.int64),
            heap=np.empty(start, dtype=np.int64),
            stream=np.empty(start, dtype=np.int64),
            later=np.empty(start, dtype=records.LATER_EVENT),
            lines=np.empty((records.DESKS, start), dtype=records.ENTRY),
            desks=np.zeros(records.DESKS, dtype=records.DESK) if desks is None else desks,
            cases=np.empty(64, dtype=records.CASE),
            warned=np.empty(start, dtype=records.WARNED),
            victims=np.empty(64, dtype=np.int64),
            filed=np.empty(64, dtype=records.FILED_CASE),
            found=np.empty(start, dtype=records.FINDING),
            sent=np.empty(start, dtype=records.ALERT),
            overflow=np.empty(start, dtype=records.OVERFLOW),
            log=np.empty(start if is_logged else 0, dtype=records.LOG_ENTRY),
            counters=np.zeros(1, dtype=records.COUNTERS) if counters is None else counters,
            limits=np.zeros(1, dtype=records.LIMITS),
        )
        self.counters["tick"] = records.NONE
        self.counters["midnight"] = records.NONE
        self._add_rows("alerts", start)
        self._add_rows("episodes", start)
        self._set_limits()

    @property
    def counters(self) -> records.Record:
        """The counters, which kernels change."""
        counters: records.Record = self.arrays.counters[0]
        return counters

    def take(self, name: str) -> NDArray[Any]:
        """Remove and return the entries of an array that are in use."""
        array: NDArray[Any] = getattr(self.arrays, name)
        entries = array[: self.counters[name]].copy()
        self.counters[name] = 0
        return entries

    def sort_stream(self, count: int) -> None:
        """Sort the ``count`` events known when the day begins."""
        self.arrays.stream[:count].sort()

    def running_episodes(self) -> int:
        """Return the number of episodes without a payment or an end so far."""
        episodes = self.arrays.episodes
        return int(((episodes["references"] > 0) & ~episodes["over"] & (episodes["paid"] == 0)).sum())

    def first_issue(self, deadlines: records.Integers, otherwise: int) -> int:
        """Return when the first of the living alerts was issued, by the deadlines (4,) of tiers in ms."""
        alerts = self.arrays.alerts
        return int(first_issue(alerts, len(alerts) - int(self.counters["alerts_free"]), deadlines, otherwise))

    def grow(self) -> None:
        """Double every array whose free part is less than half of it, or less than a block of events."""
        arrays, counters = self.arrays, self.counters
        grown: dict[str, NDArray[Any]] = {}
        for name in APPENDED:
            array: NDArray[Any] = getattr(arrays, name)
            used = int(counters[name])
            if len(array) < 2 * used + self._room and (name != "log" or self.is_logged):
                grown[name] = np.empty(2 * len(array) + self._room, dtype=array.dtype)
                grown[name][:used] = array[:used]
        longest = int(arrays.desks["entries"].max())
        places = arrays.lines.shape[1]
        if places < 2 * longest + self._room:
            grown["lines"] = np.empty((records.DESKS, 2 * places + self._room), dtype=records.ENTRY)
            grown["lines"][:, :longest] = arrays.lines[:, :longest]
        self.arrays = arrays._replace(**grown)
        has_grown = bool(grown)
        for name in ("alerts", "episodes"):
            rows = len(getattr(arrays, name))
            if counters[f"{name}_free"] < rows // 2 + self._room:
                self._add_rows(name, rows + self._room)
                has_grown = True
        if not has_grown:
            self._room *= 2
        self._set_limits()

    def _set_limits(self) -> None:
        """Set how full each array may be before one more event."""
        limits = self.arrays.limits[0]
        for name in EVENTS_TAKE:
            limits[name] = (
                len(getattr(self.arrays, name)) - records.SPARE if name != "log" or self.is_logged else NO_LIMIT
            )
        limits["entries"] = self.arrays.lines.shape[1] - records.SPARE

    def _add_rows(self, name: str, count: int) -> None:
        """Add free rows of alerts or episodes; the first of them is taken next."""
        array: NDArray[Any] = getattr(self.arrays, name)
        if len(array) + count > 1 << records.ROW_BITS:
            raise OverflowError(
                f"more than {1 << records.ROW_BITS} {name} at once in a province; an event numbers no more"
            )
        free: records.Integers = getattr(self.arrays, f"{name}_free")
        larger = records.lines_of_cache(len(array) + count, array.dtype)
        larger[: len(array)] = array
        in_use = int(self.counters[f"{name}_free"])
        places = np.empty(len(larger), dtype=np.int64)
        places[:in_use] = free[:in_use]
        places[in_use : in_use + count] = np.arange(len(larger) - 1, len(array) - 1, -1)
        self.counters[f"{name}_free"] += count
        replaced: dict[str, Any] = {name: larger, f"{name}_free": places}
        self.arrays = self.arrays._replace(**replaced)


def _rows(array: records.Records, taken: NDArray[np.bool_]) -> list[NDArray[Any]]:
    """Return the places (n,) of the rows in use of an array, and their bytes."""
    places = np.flatnonzero(taken)
    return [places, records.as_bytes(array[places])]
