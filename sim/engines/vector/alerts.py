"""An alert from its issue to its end: on its tracks, as a message, in the queue of a desk.

The queue of a desk, and the sums that Little's law compares.

Queues are ordered by tier, then by the place that the discipline of the desk gives, then by identity, and kept as
heaps whose entries have four children. An entry's rank is tier and place in one integer; identities are looked up only
where ranks tie. An alert that reneges leaves its entry behind, which is deleted lazily: when it comes to the front, or
when the day ends.

The life of a message, from the issue of its alert until it is read, is given up or its alert expires.

Stated once, for the messages of episodes, which the event loop delivers, and for all others, which are settled when
they are issued.

The life of an alert in the event loop: its issue, the steps of its tracks, and its end.

An alert whose tier begins with several channels has a row for each of these tracks, and those that have not ended form
a ring; other alerts are their only track. An alert ends with its last track: reached if any of them did, otherwise like
that last one.
"""

from typing import Final, NamedTuple

import numpy as np

from sim.base.words import ContactChannel, ContactResult, End, Event
from sim.country.people import has_app, home
from sim.draws.compiled import inlined, internal, part_of_caller
from sim.draws.identity import person_id
from sim.engines.tables import AlertStep, Phase
from sim.engines.vector import state
from sim.engines.vector.records import (
    NONE,
    TIERS,
    TRACKS,
    AlertState,
    Integers,
    Now,
    ProvinceDay,
    Record,
    Records,
    Rules,
    RunTables,
    issued,
    order_of_alert,
    phase_of,
    tier_of,
    unsigned,
)
from sim.warning.detectors import predicted_type
from sim.warning.discipline import LineTables, Waiting, debt_after, place_of
from sim.warning.service import AGAIN, reading

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
def join_line(alert: Record, moment: int, run: RunTables, arrays: state.Arrays) -> None:
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


class Message(NamedTuple):
    """The life of a message that only time ends.

    ``delivered`` is the moment of its delivery, and ``arrives`` whether that is before the deadline of its alert and
    the end of the run. At ``moment`` happens ``step``: an ``AlertStep``, READ, UNREAD (it is given up) or EXPIRY.
    """

    delivered: int
    arrives: bool
    moment: int
    step: int


@internal
def life_of_message(issued: int, delivery: int, delay: int, deadline: int, unread_wait: int, end: int) -> Message:
    """Return the life of a message; all times in ms, ``deadline`` and ``end`` of the run as moments.

    At the tick of the deadline a message is read before its alert expires, but delivered or given up after it. Steps
    from the end of the run on are not seen. A ``delay`` from delivery to reading of -1 means never.
    """
    delivered = issued + delivery
    is_read = 0 <= delay <= unread_wait
    looked = delivered + (delay if is_read else unread_wait)
    moment = deadline
    step = AlertStep.EXPIRY
    if delivered < deadline and (looked < deadline or (is_read and looked == deadline)):
        moment = looked
        step = AlertStep.READ if is_read else AlertStep.UNREAD
    return Message(delivered, delivered < min(deadline, end), moment, step)


@internal
def send_message(alert: Record, delivery: int, delay: int, rules: Rules, counters: Record) -> Message:
    """Send the message of an issued alert, given the ms to delivery and from there to reading; return its life."""
    message = life_of_message(issued(alert, rules), delivery, delay, alert.deadline, rules.unread_wait, rules.end)
    alert.state = AlertState.MESSAGE
    alert.since = message.delivered
    counters.messages += message.arrives
    return message


@part_of_caller
def end_message(
    alert: Record, step: int, moment: int, rules: Rules, day: ProvinceDay, arrays: state.Arrays, tallies: state.Tallies
) -> int:
    """Read or give up a message, or expire an unserved alert; return the alert's end, or NONE if a call is next."""
    counters = arrays.counters[0]
    end = NONE
    if step == AlertStep.EXPIRY:
        if state.is_logged(alert.identity, rules):
            state.log_alert(Event.EXPIRY, moment, Phase.READS, day.province, alert, arrays.log, counters)
        end = End.EXPIRED
    else:
        result = ContactResult.READ if step == AlertStep.READ else ContactResult.UNREAD
        state.count_message(tallies.contacts, arrays.overflow, counters, day.offset, moment, alert, result)
        alert.state = AlertState.BETWEEN
        if step == AlertStep.READ:
            wait = moment - issued(alert, rules)
            state.count_wait(tallies.waits, arrays.overflow, counters, day.offset, moment, alert, wait)
            if state.is_logged(alert.identity, rules):
                row = state.log_alert(Event.READ, moment, Phase.READS, day.province, alert, arrays.log, counters)
                arrays.log[row].channel = state.CHANNEL_CODES[alert.channel]
            end = End.REACHED
        elif rules.calls_unread[alert.rule]:
            alert.channel = ContactChannel.CALL
        else:
            end = End.UNREAD
    return end


@internal
def leave_message(
    alert: Record, now: Now, end: int, today: int, contacts: Integers, overflow: Records, counters: Record
) -> None:
    """Count a message that its track leaves behind when it ends: as delivered, if it has been.

    The message is neither read nor given up. ``end`` is the end of the run, ``today`` counts days from the start of the
    period.
    """
    delivered = alert.since
    own = order_of_alert(Phase.READS, AlertStep.DELIVERY, alert)
    if delivered < end and (delivered < now.moment or (delivered == now.moment and own < now.order)):
        state.count_message(contacts, overflow, counters, today, delivered, alert, ContactResult.DELIVERED)
    elif delivered < min(alert.deadline, end):
        # It would have been delivered, had the alert not ended first.
        counters.messages -= 1


@internal
def end_track(
    alert: Record, end: int, now: Now, rules: Rules, day: ProvinceDay, arrays: state.Arrays, tallies: state.Tallies
) -> None:
    """End a track during an event; with the last one the alert ends, and is counted on its day of issue."""
    counters = arrays.counters[0]
    if alert.state == AlertState.MESSAGE:
        leave_message(alert, now, rules.end, day.offset, tallies.contacts, arrays.overflow, counters)
    alert.state = AlertState.ENDED
    other: int = alert.sibling
    if alert.episode != NONE:
        living = arrays.episodes[alert.episode].living
        if living[tier_of(alert)] == alert.row:
            living[tier_of(alert)] = other
    if other != NONE:
        leave_ring(alert, arrays.alerts)
        return
    if alert.reached:
        end = End.REACHED
    state.count_alert(tallies.alerts, arrays.overflow, counters, day.offset, issued(alert, rules), alert, end)
    if end != End.OPEN and state.is_logged(alert.identity, rules):
        entry = arrays.log[
            state.log_alert(Event.END, now.moment, phase_of(now.order), day.province, alert, arrays.log, counters)
        ]
        entry.result = state.END_CODES[end]


@internal
def expire_in_line(
    alert: Record, moment: int, rules: Rules, day: ProvinceDay, arrays: state.Arrays, tallies: state.Tallies
) -> None:
    """End an alert that reneged at its deadline, as of then; this is noticed later.

    Nobody looks at a queue between two dispatches, so nothing happens at the deadline itself.
    """
    desk = arrays.desks[desk_of(alert.channel)]
    renege(alert, alert.deadline, moment, desk)
    desk.expired += 1
    if state.is_logged(alert.identity, rules):
        state.log_alert(Event.EXPIRY, alert.deadline, Phase.READS, day.province, alert, arrays.log, arrays.counters[0])
    then = Now(alert.deadline, order_of_alert(Phase.READS, AlertStep.EXPIRY, alert))
    end_track(alert, End.EXPIRED, then, rules, day, arrays, tallies)


@internal
def leave_ring(alert: Record, alerts: Records) -> None:
    """Remove a track from the ring of its alert, which has at least one other."""
    before = alerts[alert.sibling]
    while before.sibling != alert.row:
        before = alerts[before.sibling]
    before.sibling = alert.sibling
    if before.sibling == before.row:
        before.sibling = NONE
    alert.sibling = NONE


@internal
def note_contact(alert: Record, alerts: Records) -> None:
    """Note on all tracks of an alert that a call or a visit has begun."""
    alert.contacted = True
    other: int = alert.sibling
    while other != NONE and other != alert.row:
        alerts[other].contacted = True
        other = alerts[other].sibling


@internal
def end_among_tracks(
    alert: Record, end: int, now: Now, rules: Rules, day: ProvinceDay, arrays: state.Arrays, tallies: state.Tallies
) -> None:
    """End one of several tracks; if it reached the person, end the others unless the tier lets them continue.

    Tracks whose deadline passed in the queue, not noticed yet, end before it does.
    """
    for _ in range(TRACKS - 1):
        other: int = alert.sibling
        for _ in range(TRACKS - 2):
            if other != NONE and not has_expired(arrays.alerts[other], now):
                other = arrays.alerts[other].sibling
        if other != NONE and other != alert.row and has_expired(arrays.alerts[other], now):
            expire_in_line(arrays.alerts[other], now.moment, rules, day, arrays, tallies)
    first: int = alert.sibling
    end_track(alert, end, now, rules, day, arrays, tallies)
    if end == End.REACHED and first != NONE and not alert.reached:
        second: int = arrays.alerts[first].sibling
        hear(arrays.alerts[first], now, rules, day, arrays, tallies)
        if second != NONE:
            hear(arrays.alerts[second], now, rules, day, arrays, tallies)


@internal
def tell_others(
    alert: Record, now: Now, rules: Rules, day: ProvinceDay, arrays: state.Arrays, tallies: state.Tallies
) -> None:
    """Note that a track that continues has reached the person, and tell the other tracks."""
    alert.reached = True
    first: int = alert.sibling
    if first != NONE:
        second: int = arrays.alerts[first].sibling
        hear(arrays.alerts[first], now, rules, day, arrays, tallies)
        if second != alert.row:
            hear(arrays.alerts[second], now, rules, day, arrays, tallies)


@part_of_caller
def hear(track: Record, now: Now, rules: Rules, day: ProvinceDay, arrays: state.Arrays, tallies: state.Tallies) -> None:
    """Tell a track that another one has reached the person; the alert then counts as reached, however it ends."""
    track.reached = True
    if rules.also_if_reached[track.rule] == 0:
        end_one_from_outside(track, End.UNANSWERED, now, rules, day, arrays, tallies)


@part_of_caller
def has_expired(alert: Record, now: Now) -> bool:
    """Return whether an alert waits in a queue and its deadline came before the current event."""
    return bool(alert.state == AlertState.WAITING and is_expired(alert, now))


@part_of_caller
def is_expired(alert: Record, now: Now) -> bool:
    """Return whether the deadline of an alert came before the current event."""
    return bool(
        alert.deadline < now.moment
        or (alert.deadline == now.moment and order_of_alert(Phase.READS, AlertStep.EXPIRY, alert) < now.order)
    )


@internal
def end_from_outside(
    alert: Record, end: int, now: Now, rules: Rules, day: ProvinceDay, arrays: state.Arrays, tallies: state.Tallies
) -> None:
    """End all tracks of a living alert from outside, but mark one that is being served."""
    second: int = alert.sibling
    third = np.int64(NONE)
    if second != NONE:
        third = np.int64(arrays.alerts[second].sibling)
    row: int = alert.row
    end_one_from_outside(alert, end, now, rules, day, arrays, tallies)
    if second != NONE:
        end_one_from_outside(arrays.alerts[second], end, now, rules, day, arrays, tallies)
        if third != row:
            end_one_from_outside(arrays.alerts[third], end, now, rules, day, arrays, tallies)


@internal
def end_one_from_outside(
    alert: Record, end: int, now: Now, rules: Rules, day: ProvinceDay, arrays: state.Arrays, tallies: state.Tallies
) -> None:
    """End a track from outside; during a service only mark it, which ends it so unless the service succeeds."""
    if alert.state == AlertState.SERVING:
        if alert.marked == NONE:
            alert.marked = end
        return
    if alert.state == AlertState.WAITING:
        if is_expired(alert, now):
            expire_in_line(alert, now.moment, rules, day, arrays, tallies)
            return
        renege(alert, now.moment, now.moment, arrays.desks[desk_of(alert.channel)])
    end_track(alert, end, now, rules, day, arrays, tallies)


@internal
def expect_or_expire(
    alert: Record, moment: int, step: int, midnight: int, heap: Integers, later: Records, counters: Record
) -> None:
    """Schedule the next step of an alert between two tries, or its deadline if that is not later."""
    if moment >= alert.deadline:
        moment = alert.deadline
        step = AlertStep.EXPIRY
    state.expect(heap, later, counters, midnight, moment, order_of_alert(Phase.READS, step, alert))


@part_of_caller
def end_at_issue(
    alert: Record, now: Now, rules: Rules, day: ProvinceDay, arrays: state.Arrays, tallies: state.Tallies
) -> int:
    """Return the end of an alert that is moot or superseded when it is issued, or NONE."""
    episode = arrays.episodes[alert.episode]
    end = NONE
    if episode.over and rules.desk_knows:
        end = End.MOOT
    else:
        for tier in range(TIERS):
            for _ in range(TRACKS):
                expire_one(episode, tier, now, rules, day, arrays, tallies)
            if episode.living[tier] != NONE and tier <= tier_of(alert):
                end = End.SUPERSEDED
        if NONE < episode.warned_tier <= tier_of(alert) and now.moment - episode.warned_at < rules.quiet:
            end = End.SUPERSEDED
    return end


@part_of_caller
def expire_one(
    episode: Record, tier: int, now: Now, rules: Rules, day: ProvinceDay, arrays: state.Arrays, tallies: state.Tallies
) -> None:
    """End one track of an episode's living alert of a tier, if one has expired in the queue."""
    row: int = episode.living[tier]
    for _ in range(TRACKS - 1):
        if row != NONE and not has_expired(arrays.alerts[row], now):
            row = arrays.alerts[row].sibling
    if row != NONE and has_expired(arrays.alerts[row], now):
        expire_in_line(arrays.alerts[row], now.moment, rules, day, arrays, tallies)


@part_of_caller
def begin_tracks(alert: Record, run: RunTables, day: ProvinceDay, arrays: state.Arrays) -> None:
    """Start all channels with which the tier of an issued alert begins."""
    first, tracks = run.rules.first[alert.rule], run.rules.tracks[alert.rule]
    latest: int = alert.row
    for k in range(1, tracks):
        row = state.take_alert(arrays.alerts, arrays.alerts_free, arrays.counters[0])
        arrays.alerts[row] = arrays.alerts[alert.row]
        track = arrays.alerts[row]
        track.row = row
        track.sibling = alert.row
        arrays.alerts[latest].sibling = row
        latest = row
        if track.episode != NONE:
            arrays.episodes[track.episode].references += 1
        begin_track(track, first[k], run, day, arrays)
    begin_track(alert, first[0], run, day, arrays)


@part_of_caller
def begin_track(alert: Record, channel: int, run: RunTables, day: ProvinceDay, arrays: state.Arrays) -> None:
    """Put an issued alert into the queue of a desk, or send its message."""
    rules, counters = run.rules, arrays.counters[0]
    if channel == ContactChannel.APP:
        _, _, online, u_app = home(rules.seed, person_id(day.province, alert.person), day.province, run.people)
        if not has_app(online, u_app, day.app):
            channel = ContactChannel.SMS
    alert.channel = channel
    if channel >= ContactChannel.CALL:
        join_line(alert, issued(alert, rules), run, arrays)
    else:
        delivery, delay = reading(rules.seed, alert.identity, channel, run.delays, rules.clock)
        message = send_message(alert, delivery, delay, rules, counters)
        order = order_of_alert(Phase.READS, message.step, alert)
        state.expect(arrays.heap, arrays.later, counters, day.midnight, message.moment, order)


@internal
def issue_alert(
    alert: Record, now: Now, run: RunTables, day: ProvinceDay, arrays: state.Arrays, tallies: state.Tallies
) -> None:
    """Issue an alert of an episode: it supersedes lower ones and is sent, unless superseded at birth."""
    rules, counters = run.rules, arrays.counters[0]
    episode = arrays.episodes[alert.episode]
    counters.issued += 1
    predicted = predicted_type(rules.seed, alert.identity, episode.kind, run.detectors)
    alert.right_class = predicted == episode.kind
    if state.is_logged(alert.identity, rules):
        state.log_issue(alert, now.moment, predicted, day.province, arrays.log, counters)
    end = end_at_issue(alert, now, rules, day, arrays, tallies)
    if end != NONE:
        end_track(alert, end, now, rules, day, arrays, tallies)
        state.give_back_alert(alert, arrays.alerts_free, arrays.episodes, arrays.episodes_free, counters)
        return
    for tier in range(tier_of(alert) + 1, TIERS):
        if episode.living[tier] != NONE:
            lower = arrays.alerts[episode.living[tier]]
            end_from_outside(lower, End.SUPERSEDED, now, rules, day, arrays, tallies)
    episode.living[tier_of(alert)] = alert.row
    begin_tracks(alert, run, day, arrays)
