"""Services in the loop: which alert a free server takes, what the service costs, and what follows when it ends."""

from sim.days import HALF_HOUR_MS
from sim.draws.compiled import part_of_caller
from sim.engines.phases import AlertStep, Phase
from sim.engines.vector.counts import count_busy, count_contact, count_wait
from sim.engines.vector.events import order_of_alert
from sim.engines.vector.given import ProvinceDay, RunTables
from sim.engines.vector.line import change_line, desk_of, drop_first
from sim.engines.vector.lives import expect_or_expire, expire_in_line
from sim.engines.vector.log import CHANNEL_CODES, CONTACT_CODES, is_logged, log_alert
from sim.engines.vector.records import NONE, AlertState, Record
from sim.engines.vector.state import Arrays, Tallies, expect, give_back_alert, is_full
from sim.warning.delays import escalation_wait, retry_wait
from sim.warning.service import outcome
from sim.words import ContactChannel, ContactResult, End, Event

# Both are made into the loop, as they happen for every service: handing over all arrays would cost more than they do.


@part_of_caller
def serve_first(number: int, moment: int, run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies) -> bool:
    """Let a free server of a desk take the first in line, or drop an entry whose alert has left or expired.

    Returns:
        Whether there was room in every array; if not, nothing has happened.
    """
    rules, counters, desk, line = run.rules, arrays.counters[0], arrays.desks[number], arrays.lines[number]
    alert = arrays.alerts[line[0].row]
    waits = alert.state == AlertState.WAITING
    expired = waits and alert.deadline <= moment
    success = False
    duration = 0
    if waits and not expired:
        success, duration = outcome(rules.seed, alert.identity, alert.channel, alert.number, run.service, rules.clock)
    end = min(moment + duration, rules.end)
    limits = arrays.limits[0]
    half_hours = (end - moment) // HALF_HOUR_MS
    has_room = not is_full(counters, limits, arrays.desks) and counters.overflow + half_hours <= limits.overflow
    if has_room:
        drop_first(line, desk, arrays.alerts)
        if expired:
            expire_in_line(alert, moment, rules, day, arrays, tallies)
        if expired or not waits:
            give_back_alert(alert, arrays.alerts_free, arrays.episodes, arrays.episodes_free, counters)
        else:
            wait = moment - alert.since
            change_line(desk, moment, -1)
            desk.waited += wait
            desk.busy += 1
            counters.services_started += 1
            count_wait(tallies.waits, arrays.overflow, counters, day.offset, moment, alert, wait)
            count_busy(tallies.busy, arrays.overflow, counters, day.offset, number, moment, end)
            alert.state = AlertState.SERVING
            alert.since = moment
            alert.success = success
            if is_logged(alert.identity, rules):
                entry = arrays.log[
                    log_alert(Event.SERVICE_START, moment, Phase.DISPATCH, day.province, alert, arrays.log, counters)
                ]
                entry.number = alert.number
                entry.channel = CHANNEL_CODES[alert.channel]
            order = order_of_alert(Phase.SERVICE_ENDS, alert.channel, alert)
            expect(arrays.heap, arrays.later, counters, day.midnight, moment + duration, order)
    return has_room


@part_of_caller
def end_service(alert: Record, moment: int, run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies) -> int:
    """End a service; return the end of the alert, or NONE if a further try follows."""
    rules, counters = run.rules, arrays.counters[0]
    duration = moment - alert.since
    arrays.desks[desk_of(alert.channel)].busy -= 1
    counters.services_ended += 1
    if alert.channel == ContactChannel.CALL:
        result = ContactResult.ANSWERED if alert.success else ContactResult.NO_ANSWER
    else:
        result = ContactResult.MET if alert.success else ContactResult.NOT_MET
    count_contact(tallies.contacts, arrays.overflow, counters, day.offset, moment, alert, result, duration)
    if is_logged(alert.identity, rules):
        entry = arrays.log[
            log_alert(Event.SERVICE_END, moment, Phase.SERVICE_ENDS, day.province, alert, arrays.log, counters)
        ]
        entry.number = alert.number
        entry.channel = CHANNEL_CODES[alert.channel]
        entry.result = CONTACT_CODES[result]
        entry.value = duration
    return what_follows(alert, moment, run, day, arrays)


@part_of_caller
def what_follows(alert: Record, moment: int, run: RunTables, day: ProvinceDay, arrays: Arrays) -> int:
    """Return the end of an alert after a service, or NONE; then its next try, or a visit, is on the calendar."""
    rules, counters = run.rules, arrays.counters[0]
    is_last = alert.number + 1 >= rules.tries[alert.tier, desk_of(alert.channel)]
    visit_follows = alert.channel == ContactChannel.CALL and rules.visits_unanswered[alert.tier] != 0
    end = NONE
    if alert.success:
        end = End.REACHED
    elif alert.marked != NONE:
        end = alert.marked
    elif moment >= alert.deadline and (visit_follows or not is_last):
        if is_logged(alert.identity, rules):
            log_alert(Event.EXPIRY, moment, Phase.SERVICE_ENDS, day.province, alert, arrays.log, counters)
        end = End.EXPIRED
    elif not is_last or visit_follows:
        if is_last:
            wait = escalation_wait(rules.seed, alert.identity, run.delays, rules.clock)
            step = AlertStep.ESCALATION
            alert.channel = ContactChannel.VISIT
            alert.number = 0
        else:
            wait = retry_wait(
                rules.seed, alert.identity, alert.tier, alert.channel, alert.number, run.delays, rules.clock
            )
            step = AlertStep.RETRY
            alert.number += 1
        alert.state = AlertState.BETWEEN
        expect_or_expire(alert, moment + wait, step, day.midnight, arrays.heap, arrays.later, counters)
    else:
        end = End.UNANSWERED
    return end
