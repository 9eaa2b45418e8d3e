"""The waiting line of a desk, and the sums that Little's law compares.

The discipline of the line is (tier, first issue moment, identity), kept as a binary heap of entries. An entry's rank
is tier and moment in one integer; identities are looked up only where ranks tie. Who reneges leaves an entry behind
that is deleted lazily: it is dropped when it comes to the front, or when the day ends.
"""

from typing import Final

from sim.draws.compiled import inlined, internal
from sim.engines.vector.records import AlertState, Record, Records
from sim.words import ContactChannel

TIER_AT: Final = 60
EARLIEST: Final = 1 << 58
"""Makes moments before the period positive."""
AFTER_ALL: Final = (1 << 63) - 1
"""The rank of no entry."""


@inlined
def desk_of(channel: int) -> int:
    """Return the number of the desk whose staff serve a channel."""
    return channel - ContactChannel.CALL


@internal
def rank_of(tier: int, issued: int) -> int:
    """Return one integer that sorts by tier, then by the moment of issue."""
    return (tier << TIER_AT) | (issued + EARLIEST)


@internal
def is_before(rank: int, row: int, other_rank: int, other_row: int, alerts: Records) -> bool:
    """Return whether an entry stands before another one."""
    if rank != other_rank:
        return rank < other_rank
    return bool(alerts[row].identity < alerts[other_row].identity)


@internal
def insert(line: Records, desk: Record, rank: int, row: int, alerts: Records) -> None:
    """Put an entry into the line of a desk."""
    at = desk.entries
    desk.entries = at + 1
    while at > 0:
        parent = (at - 1) >> 1
        if not is_before(rank, row, line[parent].rank, line[parent].row, alerts):
            break
        line[at].rank = line[parent].rank
        line[at].row = line[parent].row
        at = parent
    line[at].rank = rank
    line[at].row = row


@internal
def drop_first(line: Records, desk: Record, alerts: Records) -> None:
    """Take the first entry out of the line of a desk, which holds at least one."""
    last = desk.entries - 1
    desk.entries = last
    rank = line[last].rank
    row = line[last].row
    line[last].rank = AFTER_ALL
    at = 0
    child = 1
    while child < last:
        first = line[child].rank
        second = line[child + 1].rank
        # No branch but for ties: which child stands before the other cannot be foreseen.
        if first == second:
            child += alerts[line[child + 1].row].identity < alerts[line[child].row].identity
        else:
            child += second < first
        if not is_before(line[child].rank, line[child].row, rank, row, alerts):
            break
        line[at].rank = line[child].rank
        line[at].row = line[child].row
        at = child
        child = 2 * at + 1
    line[at].rank = rank
    line[at].row = row


@internal
def change_line(desk: Record, moment: int, change: int) -> None:
    """Count who joins or leaves the line of a desk, and the area under it up to the moment."""
    desk.area += desk.waiting * (moment - desk.changed)
    desk.changed = moment
    desk.waiting += change


@internal
def join_line(alert: Record, moment: int, alerts: Records, lines: Records, desks: Records) -> None:
    """Let an alert join the line of the desk of its channel."""
    number = desk_of(alert.channel)
    desk = desks[number]
    alert.state = AlertState.WAITING
    alert.since = moment
    insert(lines[number], desk, rank_of(alert.tier, alert.issued), alert.row, alerts)
    change_line(desk, moment, 1)


@internal
def renege(alert: Record, moment: int, now: int, desk: Record) -> None:
    """Count that an alert left the line unserved at a moment, which is noticed ``now``; its entry stays behind."""
    change_line(desk, now, -1)
    desk.area -= now - moment
    desk.waited += moment - alert.since
