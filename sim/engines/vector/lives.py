"""The life of an alert in the event loop: its issue, the steps of its tracks, and its end.

An alert whose tier begins with several channels has a row for each of these tracks, and those that have not ended form
a ring; other alerts are their only track. An alert ends with its last track: reached if any of them did, otherwise like
that last one.
"""

import numpy as np

from sim.base.words import ContactChannel, End, Event
from sim.country.people import has_app, home
from sim.draws.compiled import internal, part_of_caller
from sim.draws.identity import person_id
from sim.engines.phases import AlertStep, Phase
from sim.engines.vector.counts import count_alert
from sim.engines.vector.events import order_of_alert, phase_of
from sim.engines.vector.inputs import Now, ProvinceDay, RunTables
from sim.engines.vector.log import END_CODES, is_logged, log_alert, log_issue
from sim.engines.vector.messages import leave_message, send_message
from sim.engines.vector.queue import desk_of, join_line, renege
from sim.engines.vector.records import NONE, TIERS, AlertState, Integers, Record, Records
from sim.engines.vector.rules import TRACKS, Rules, issued, tier_of
from sim.engines.vector.state import Arrays, Tallies, expect, give_back_alert, take_alert
from sim.warning.delays import reading
from sim.warning.detectors import predicted_type


@internal
def end_track(
    alert: Record, end: int, now: Now, rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies
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
    count_alert(tallies.alerts, arrays.overflow, counters, day.offset, issued(alert, rules), alert, end)
    if end != End.OPEN and is_logged(alert.identity, rules):
        entry = arrays.log[
            log_alert(Event.END, now.moment, phase_of(now.order), day.province, alert, arrays.log, counters)
        ]
        entry.result = END_CODES[end]


@internal
def expire_in_line(
    alert: Record, moment: int, rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies
) -> None:
    """End an alert that reneged at its deadline, as of then; this is noticed later.

    Nobody looks at a queue between two dispatches, so nothing happens at the deadline itself.
    """
    desk = arrays.desks[desk_of(alert.channel)]
    renege(alert, alert.deadline, moment, desk)
    desk.expired += 1
    if is_logged(alert.identity, rules):
        log_alert(Event.EXPIRY, alert.deadline, Phase.READS, day.province, alert, arrays.log, arrays.counters[0])
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
    alert: Record, end: int, now: Now, rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies
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
def tell_others(alert: Record, now: Now, rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies) -> None:
    """Note that a track that continues has reached the person, and tell the other tracks."""
    alert.reached = True
    first: int = alert.sibling
    if first != NONE:
        second: int = arrays.alerts[first].sibling
        hear(arrays.alerts[first], now, rules, day, arrays, tallies)
        if second != alert.row:
            hear(arrays.alerts[second], now, rules, day, arrays, tallies)


@part_of_caller
def hear(track: Record, now: Now, rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies) -> None:
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
    alert: Record, end: int, now: Now, rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies
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
    alert: Record, end: int, now: Now, rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies
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
    expect(heap, later, counters, midnight, moment, order_of_alert(Phase.READS, step, alert))


@part_of_caller
def end_at_issue(alert: Record, now: Now, rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies) -> int:
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
    episode: Record, tier: int, now: Now, rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies
) -> None:
    """End one track of an episode's living alert of a tier, if one has expired in the queue."""
    row: int = episode.living[tier]
    for _ in range(TRACKS - 1):
        if row != NONE and not has_expired(arrays.alerts[row], now):
            row = arrays.alerts[row].sibling
    if row != NONE and has_expired(arrays.alerts[row], now):
        expire_in_line(arrays.alerts[row], now.moment, rules, day, arrays, tallies)


@part_of_caller
def begin_tracks(alert: Record, run: RunTables, day: ProvinceDay, arrays: Arrays) -> None:
    """Start all channels with which the tier of an issued alert begins."""
    first, tracks = run.rules.first[alert.rule], run.rules.tracks[alert.rule]
    latest: int = alert.row
    for k in range(1, tracks):
        row = take_alert(arrays.alerts, arrays.alerts_free, arrays.counters[0])
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
def begin_track(alert: Record, channel: int, run: RunTables, day: ProvinceDay, arrays: Arrays) -> None:
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
        expect(arrays.heap, arrays.later, counters, day.midnight, message.moment, order)


@internal
def issue_alert(alert: Record, now: Now, run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies) -> None:
    """Issue an alert of an episode: it supersedes lower ones and is sent, unless superseded at birth."""
    rules, counters = run.rules, arrays.counters[0]
    episode = arrays.episodes[alert.episode]
    counters.issued += 1
    predicted = predicted_type(rules.seed, alert.identity, episode.kind, run.detectors)
    alert.right_class = predicted == episode.kind
    if is_logged(alert.identity, rules):
        log_issue(alert, now.moment, predicted, day.province, arrays.log, counters)
    end = end_at_issue(alert, now, rules, day, arrays, tallies)
    if end != NONE:
        end_track(alert, end, now, rules, day, arrays, tallies)
        give_back_alert(alert, arrays.alerts_free, arrays.episodes, arrays.episodes_free, counters)
        return
    for tier in range(tier_of(alert) + 1, TIERS):
        if episode.living[tier] != NONE:
            lower = arrays.alerts[episode.living[tier]]
            end_from_outside(lower, End.SUPERSEDED, now, rules, day, arrays, tallies)
    episode.living[tier_of(alert)] = alert.row
    begin_tracks(alert, run, day, arrays)
