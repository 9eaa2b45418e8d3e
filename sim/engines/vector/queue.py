"""The queue of a desk, and the sums that Little's law compares.

Queues are ordered by tier, then by the place that the discipline of the desk gives, then by identity, and kept as
heaps whose entries have four children. An entry's rank is tier and place in one integer; identities are looked up only
where ranks tie. An alert that reneges leaves its entry behind, which is deleted lazily: when it comes to the front, or
when the day ends.
"""

from typing import Final

from sim.base.words import ContactChannel
from sim.draws.compiled import inlined, internal, part_of_caller
from sim.engines.vector.events import unsigned
from sim.engines.vector.inputs import RunTables
from sim.engines.vector.records import AlertState, Record, Records
from sim.engines.vector.rules import issued, tier_of
from sim.engines.vector.state import Arrays
from sim.warning.delays import AGAIN
from sim.warning.discipline import LineTables, Waiting, debt_after, place_of

TIER_AT: Final = 61
LEAST: Final = 1 << 60
"""Added to places to make them positive: their absolute values are smaller."""
AFTER_ALL: Final = (1 << 63) - 1
"""The rank of no entry."""


@inlined
def desk_of(channel: int) -> int:
    """Return the number of the desk whose staff serve a channel."""
    return channel - ContactChannel.CALL


@internal
def rank_of(tier: int, place: int) -> int:
    """Return one integer that sorts by tier, then by place."""
    return (tier << TIER_AT) | (place + LEAST)


@internal
def is_before(rank: int, row: int, other_rank: int, other_row: int, alerts: Records) -> bool:
    """Return whether an entry stands before another one."""
    if rank != other_rank:
        return rank < other_rank
    return bool(alerts[row].identity < alerts[other_row].identity)


@internal
def insert(line: Records, desk: Record, rank: int, row: int, alerts: Records) -> None:
    """Add an entry to a queue."""
    at = desk.entries
    desk.entries = at + 1
    while at > 0:
        parent = (at - 1) >> 2
        above = line[unsigned(parent)]
        if not is_before(rank, row, above.rank, above.row, alerts):
            break
        move(above, line, at)
        at = parent
    line[unsigned(at)].rank = rank
    line[unsigned(at)].row = row


@internal
def drop_first(line: Records, desk: Record, alerts: Records) -> None:
    """Remove the first entry from a queue, which has at least one, and room for three more."""
    last = desk.entries - 1
    desk.entries = last
    rank = line[unsigned(last)].rank
    row = line[unsigned(last)].row
    # A level reads four children, so up to three places beyond the last entry.
    line[unsigned(last)].rank = AFTER_ALL
    line[unsigned(last + 1)].rank = AFTER_ALL
    line[unsigned(last + 2)].rank = AFTER_ALL
    at = 0
    child = 1
    while child < last:
        one = first_of(line, child, child + 1, alerts)
        other = first_of(line, child + 2, child + 3, alerts)
        first = first_of(line, one, other, alerts)
        below = line[unsigned(first)]
        if not is_before(below.rank, below.row, rank, row, alerts):
            break
        move(below, line, at)
        at = first
        child = 4 * at + 1
    line[unsigned(at)].rank = rank
    line[unsigned(at)].row = row


@part_of_caller
def first_of(line: Records, one: int, other: int, alerts: Records) -> int:
    """Return the place of the entry that stands before the other one; of places without an entry, any."""
    rank, other_rank = line[unsigned(one)].rank, line[unsigned(other)].rank
    # A branch for ties only: the order of two entries is unpredictable.
    if rank == other_rank and rank != AFTER_ALL:
        is_other = alerts[line[unsigned(other)].row].identity < alerts[line[unsigned(one)].row].identity
    else:
        is_other = other_rank < rank
    return other if is_other else one


@part_of_caller
def move(entry: Record, line: Records, place: int) -> None:
    """Copy an entry to a place of the queue."""
    line[unsigned(place)].rank = entry.rank
    line[unsigned(place)].row = entry.row


@internal
def change_line(desk: Record, moment: int, change: int) -> None:
    """Count alerts that join or leave a queue, and the area under it up to the moment."""
    desk.area += desk.waiting * (moment - desk.changed)
    desk.changed = moment
    desk.waiting += change


@internal
def settle(desk: Record, number: int, moment: int, lines: LineTables) -> None:
    """Bring the debt of a desk up to date."""
    desk.debt = debt_after(desk.debt, desk.busy, desk.staffed, moment - desk.since, lines.most_debt[number])
    desk.since = moment


@part_of_caller
def join_line(alert: Record, moment: int, run: RunTables, arrays: Arrays) -> None:
    """Put an alert into the queue of the desk of its channel."""
    number = desk_of(alert.channel)
    desk = arrays.desks[number]
    alert.state = AlertState.WAITING
    alert.since = moment
    waiting = Waiting(
        alert.identity,
        alert.kind,
        alert.rule,
        number,
        alert.number,
        issued(alert, run.rules) if alert.number < AGAIN else moment,
        alert.deadline,
        alert.delay_or_score,
    )
    place = place_of(waiting, run.rules.seed, run.lines, run.detectors)
    insert(arrays.lines[number], desk, rank_of(tier_of(alert), place), alert.row, arrays.alerts)
    change_line(desk, moment, 1)
    settle(desk, number, moment, run.lines)


@internal
def renege(alert: Record, moment: int, now: int, desk: Record) -> None:
    """Count that an alert left the queue unserved at a moment, noticed ``now``; its entry stays behind."""
    change_line(desk, now, -1)
    desk.area -= now - moment
    desk.waited += moment - alert.since
