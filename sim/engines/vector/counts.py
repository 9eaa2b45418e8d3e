"""Counts of alerts: in the tally of their day, or in a row of the overflow if that day is too far from today.

Each table of counts has its key in one place, in the order of the axes of its tally.
"""

from sim.base.days import DAY_MS, HALF_HOUR_MS
from sim.base.sums import TOO_LARGE
from sim.draws.compiled import inlined, internal
from sim.draws.identity import detector_of
from sim.engines.vector.records import Integers, OverflowTable, Record, Records
from sim.engines.vector.rules import tier_of
from sim.warning.service import wait_bin


@internal
def day_of(moment: int) -> int:
    """Return the days from the start of the period to a moment."""
    return moment // DAY_MS


@inlined
def slot_of(day: int, tally: Integers) -> int:
    """Return the slot of a day in a tally, whose number of slots is a power of two."""
    return int(day & (tally.shape[0] - 1))


@internal
def key_of(*codes: int) -> tuple[int, ...]:
    """Return codes as one key, short fields as whole integers."""
    return codes


@internal
def contact_key(alert: Record, result: int) -> tuple[int, ...]:
    """Return the key of a contact."""
    return key_of(tier_of(alert), alert.channel, result, alert.truth)


@internal
def wait_key(alert: Record, wait: int) -> tuple[int, ...]:
    """Return the key of a wait in ms."""
    return key_of(tier_of(alert), alert.channel, wait_bin(wait))


@internal
def add_overflow(
    overflow: Records, counters: Record, table: int, day: int, key: tuple[int, ...], amount: int, further: int
) -> None:
    """Note a count outside the days of its tally: its first amount and, if there are two, the second one."""
    count = overflow[counters.overflow]
    counters.overflow += 1
    count.table = table
    count.day = day
    for k in range(len(key)):
        count.key[k] = key[k]
    count.amounts[0] = amount
    count.amounts[1] = further


@inlined
def added(total: int, amount: int) -> int:
    """Return a sum of amounts from 0 up, or ``TOO_LARGE`` if it is larger: the run will be refused."""
    return min(total + amount, TOO_LARGE)


@internal
def count_alert(
    tally: Integers, overflow: Records, counters: Record, today: int, issued: int, alert: Record, end: int
) -> None:
    """Count the end of an alert on its day of issue; ``today`` in days from the start of the period."""
    key = key_of(detector_of(alert.identity), tier_of(alert), alert.truth, end)
    day = day_of(issued)
    if today - day < tally.shape[0]:
        tally[slot_of(day, tally)][key] += 1
    else:
        add_overflow(overflow, counters, OverflowTable.ALERTS, day, key, 1, 0)


@internal
def count_message(
    tally: Integers,
    overflow: Records,
    counters: Record,
    today: int,
    moment: int,
    alert: Record,
    result: int,
) -> None:
    """Count a contact in writing on the day of its moment, which may lie before or after ``today``."""
    key = contact_key(alert, result)
    day = day_of(moment)
    if 0 <= day - today < tally.shape[0]:
        tally[slot_of(day, tally)][key][0] += 1
    else:
        add_overflow(overflow, counters, OverflowTable.CONTACTS, day, key, 1, 0)


@internal
def count_wait(
    tally: Integers, overflow: Records, counters: Record, today: int, moment: int, alert: Record, wait: int
) -> None:
    """Count the ms that an alert has waited to be read or served, on the day of the moment."""
    key = wait_key(alert, wait)
    day = day_of(moment)
    if day - today < tally.shape[0]:
        tally[slot_of(day, tally)][key] += 1
    else:
        add_overflow(overflow, counters, OverflowTable.WAITS, day, key, 1, 0)


@internal
def count_service(tally: Integers, today: int, alert: Record, result: int, staff_ms: int) -> None:
    """Count a contact that takes place today."""
    count = tally[slot_of(today, tally)][contact_key(alert, result)]
    count[0] += 1
    count[1] = added(count[1], staff_ms)


@internal
def count_wait_in_line(tally: Integers, today: int, alert: Record, wait: int) -> None:
    """Count the ms that an alert has waited for the service that begins."""
    tally[slot_of(today, tally)][wait_key(alert, wait)] += 1


@internal
def count_first_contact(tally: Integers, alert: Record, wait: int) -> None:
    """Count the ms from the detector's instruction to the first call or visit, which begins today."""
    tally[key_of(tier_of(alert), wait_bin(wait))] += 1


@internal
def count_work(tally: Integers, number: int, desk: Record, tick: int) -> None:
    """Count by half hour the ms that busy servers of a desk have worked today since the last count."""
    start = desk.worked
    while start < tick:
        half_hour = start // HALF_HOUR_MS
        until = min(tick, (half_hour + 1) * HALF_HOUR_MS)
        tally[number, half_hour] += desk.busy * (until - start)
        start = until
    desk.worked = tick
