"""The life of an alert in the event loop: its issue, what it waits for, and how it ends."""

from sim.country.people import has_app, home
from sim.draws.compiled import internal, part_of_caller
from sim.draws.identity import person_id
from sim.engines.phases import AlertStep, Phase
from sim.engines.vector.counts import count_alert
from sim.engines.vector.events import order_of_alert, phase_of
from sim.engines.vector.given import Now, ProvinceDay, RunTables
from sim.engines.vector.line import desk_of, join_line, renege
from sim.engines.vector.log import END_CODES, is_logged, log_alert, log_issue
from sim.engines.vector.messages import leave_message, send_message
from sim.engines.vector.records import NONE, TIERS, AlertState, Integers, Record, Records
from sim.engines.vector.rules import Rules
from sim.engines.vector.state import Arrays, Tallies, expect, give_back_alert
from sim.warning.delays import reading
from sim.warning.detectors import predicted_type
from sim.words import ContactChannel, End, Event


@internal
def end_alert(
    alert: Record, end: int, now: Now, rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies
) -> None:
    """End an alert in the course of an event; count it on its day of issue."""
    counters = arrays.counters[0]
    if alert.state == AlertState.MESSAGE:
        leave_message(alert, now, rules.end, day.offset, tallies.contacts, arrays.overflow, counters)
    count_alert(tallies.alerts, arrays.overflow, counters, day.offset, alert, end)
    if alert.episode != NONE:
        living = arrays.episodes[alert.episode].living
        if living[alert.tier] == alert.row:
            living[alert.tier] = NONE
    alert.state = AlertState.ENDED
    if end != End.OPEN and is_logged(alert.identity, rules):
        entry = arrays.log[
            log_alert(Event.END, now.moment, phase_of(now.order), day.province, alert, arrays.log, counters)
        ]
        entry.result = END_CODES[end]


@internal
def expire_in_line(
    alert: Record, moment: int, rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies
) -> None:
    """End an alert that reneged at its deadline, as of then; this is noticed at a later moment.

    Nobody looks at a line between two dispatches, so nothing happens at the deadline itself.
    """
    renege(alert, alert.deadline, moment, arrays.desks[desk_of(alert.channel)])
    if is_logged(alert.identity, rules):
        log_alert(Event.EXPIRY, alert.deadline, Phase.READS, day.province, alert, arrays.log, arrays.counters[0])
    then = Now(alert.deadline, order_of_alert(Phase.READS, AlertStep.EXPIRY, alert))
    end_alert(alert, End.EXPIRED, then, rules, day, arrays, tallies)


@part_of_caller
def is_expired(alert: Record, now: Now) -> bool:
    """Return whether the deadline of an alert came before the event that takes place."""
    return bool(
        alert.deadline < now.moment
        or (alert.deadline == now.moment and order_of_alert(Phase.READS, AlertStep.EXPIRY, alert) < now.order)
    )


@internal
def end_from_outside(
    alert: Record, end: int, now: Now, rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies
) -> None:
    """End a living alert from outside; one that is being served is marked, and ends so unless the service succeeds."""
    if alert.state == AlertState.SERVING:
        if alert.marked == NONE:
            alert.marked = end
        return
    if alert.state == AlertState.WAITING:
        if is_expired(alert, now):
            expire_in_line(alert, now.moment, rules, day, arrays, tallies)
            return
        renege(alert, now.moment, now.moment, arrays.desks[desk_of(alert.channel)])
    end_alert(alert, end, now, rules, day, arrays, tallies)


@internal
def expect_or_expire(
    alert: Record, moment: int, step: int, midnight: int, heap: Integers, later: Records, counters: Record
) -> None:
    """Put the next step of an alert between two tries on the calendar, or its deadline if that is not later."""
    if moment >= alert.deadline:
        moment = alert.deadline
        step = AlertStep.EXPIRY
    expect(heap, later, counters, midnight, moment, order_of_alert(Phase.READS, step, alert))


@part_of_caller
def end_at_issue(alert: Record, now: Now, rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies) -> int:
    """Return the end of an alert that is moot or superseded as it is issued, or NONE."""
    episode = arrays.episodes[alert.episode]
    end = NONE
    if episode.over and rules.desk_knows:
        end = End.MOOT
    else:
        for tier in range(TIERS):
            if episode.living[tier] != NONE:
                other = arrays.alerts[episode.living[tier]]
                if other.state == AlertState.WAITING and is_expired(other, now):
                    expire_in_line(other, now.moment, rules, day, arrays, tallies)
                elif tier <= alert.tier:
                    end = End.SUPERSEDED
    return end


@part_of_caller
def contact(alert: Record, run: RunTables, day: ProvinceDay, arrays: Arrays) -> None:
    """Let an alert that is issued join the line of a desk, or send its message: by the first channel of its tier."""
    rules, counters = run.rules, arrays.counters[0]
    channel = int(rules.first[alert.tier])
    if channel == ContactChannel.APP:
        _, _, online, u_app = home(rules.seed, person_id(day.province, alert.person), day.province, run.people)
        if not has_app(online, u_app, day.app):
            channel = ContactChannel.SMS
    alert.channel = channel
    if channel >= ContactChannel.CALL:
        join_line(alert, alert.issued, arrays.alerts, arrays.lines, arrays.desks)
    else:
        delivery, delay = reading(rules.seed, alert.identity, channel, run.delays, rules.clock)
        message = send_message(alert, delivery, delay, rules, counters)
        order = order_of_alert(Phase.READS, message.step, alert)
        expect(arrays.heap, arrays.later, counters, day.midnight, message.moment, order)


@internal
def issue_alert(alert: Record, now: Now, run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies) -> None:
    """Issue an alert of an episode: it may be superseded at birth, else it supersedes lower ones and is sent."""
    rules, counters = run.rules, arrays.counters[0]
    episode = arrays.episodes[alert.episode]
    counters.issued += 1
    predicted = predicted_type(rules.seed, alert.identity, episode.kind, run.detectors)
    alert.right_class = predicted == episode.kind
    if is_logged(alert.identity, rules):
        log_issue(alert, predicted, day.province, arrays.log, counters)
    end = end_at_issue(alert, now, rules, day, arrays, tallies)
    if end != NONE:
        end_alert(alert, end, now, rules, day, arrays, tallies)
        give_back_alert(alert, arrays.alerts_free, arrays.episodes, arrays.episodes_free, counters)
        return
    for tier in range(alert.tier + 1, TIERS):
        if episode.living[tier] != NONE:
            lower = arrays.alerts[episode.living[tier]]
            end_from_outside(lower, End.SUPERSEDED, now, rules, day, arrays, tallies)
    episode.living[alert.tier] = alert.row
    contact(alert, run, day, arrays)
