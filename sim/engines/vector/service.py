"""Services in the event loop: which alert a free server takes, its cost, and what follows when it ends."""

from typing import Final

import numpy as np

from sim.base.words import ContactChannel, End, Event
from sim.draws.compiled import part_of_caller
from sim.draws.identity import detector_of
from sim.draws.prefetch import prefetch
from sim.engines.phases import AlertStep, Phase
from sim.engines.vector.ahead import draw_ahead, is_last_try, is_visited_next
from sim.engines.vector.chain import AlertScratch
from sim.engines.vector.counts import count_first_contact, count_service, count_wait_in_line, count_work
from sim.engines.vector.events import order_of_alert
from sim.engines.vector.inputs import ProvinceDay, RunTables
from sim.engines.vector.lives import expect_or_expire, expire_in_line, note_contact
from sim.engines.vector.log import CHANNEL_CODES, CONTACT_CODES, is_logged, log_alert
from sim.engines.vector.queue import change_line, drop_first, settle
from sim.engines.vector.records import NONE, AlertState, Record
from sim.engines.vector.rules import issued
from sim.engines.vector.state import Arrays, Tallies, expect, give_back_alert
from sim.warning.delays import chain_delay, escalation_wait, retry_wait
from sim.warning.service import is_warned, outcome, result_of, way_of

AT_ONCE: Final = 32
"""Tries drawn together: enough for vector instructions, few enough to be drawn before they are needed."""

# All are inlined into the loop: for every service, passing all arrays would cost more than the work itself.


@part_of_caller
def serve_first(
    number: int, seats: int, moment: int, run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies
) -> None:
    """Let a free server take the first alert of a queue, or drop an entry whose alert has left or expired.

    ``number`` is the desk of the queue, ``seats`` the desk to which the server belongs.
    """
    rules, counters, desk, line = run.rules, arrays.counters[0], arrays.desks[number], arrays.lines[number]
    alert = arrays.alerts[line[0].row]
    drop_first(line, desk, arrays.alerts)
    prefetch(arrays.alerts, line[0].row)
    if alert.state != AlertState.WAITING or alert.deadline <= moment:
        if alert.state == AlertState.WAITING:
            expire_in_line(alert, moment, rules, day, arrays, tallies)
        give_back_alert(alert, arrays.alerts_free, arrays.episodes, arrays.episodes_free, counters)
        return
    duration: int = alert.service
    if duration == NONE:
        case, duration = outcome(rules.seed, alert.identity, alert.channel, alert.number, run.service, rules.clock)
        alert.case = case
    wait = moment - alert.since
    change_line(desk, moment, -1)
    desk.waited += wait
    servers = arrays.desks[seats]
    count_work(tallies.busy, seats, servers, moment - day.midnight)
    settle(servers, seats, moment, run.lines)
    servers.busy += 1
    alert.seats = seats
    counters.services_started += 1
    count_wait_in_line(tallies.waits, day.offset, alert, wait)
    if not alert.contacted:
        delay: int = alert.delay_or_score
        if run.lines.is_scored or delay == NONE:
            delay = chain_delay(rules.seed, alert.identity, detector_of(alert.identity), run.delays, rules.clock)
        delay += way_of(rules.seed, alert.identity, alert.channel, alert.number, run.service, rules.clock)
        count_first_contact(tallies.first_contacts, alert, delay + moment - issued(alert, rules))
        note_contact(alert, arrays.alerts)
    alert.state = AlertState.SERVING
    alert.since = moment
    if is_logged(alert.identity, rules):
        entry = arrays.log[
            log_alert(Event.SERVICE_START, moment, Phase.DISPATCH, day.province, alert, arrays.log, counters)
        ]
        entry.number = alert.number
        entry.channel = CHANNEL_CODES[alert.channel]
    order = order_of_alert(Phase.SERVICE_ENDS, alert.channel, alert)
    expect(arrays.heap, arrays.later, counters, day.midnight, moment + duration, order)


@part_of_caller
def end_service(
    alert: Record,
    moment: int,
    run: RunTables,
    day: ProvinceDay,
    arrays: Arrays,
    tallies: Tallies,
    room: AlertScratch,
) -> int:
    """End a service; return the end of the track, or NONE if a further try follows."""
    rules, counters = run.rules, arrays.counters[0]
    duration = moment - alert.since
    servers = arrays.desks[alert.seats]
    count_work(tallies.busy, alert.seats, servers, moment - day.midnight)
    settle(servers, alert.seats, moment, run.lines)
    servers.busy -= 1
    counters.services_ended += 1
    result = result_of(alert.case, alert.channel)
    count_service(tallies.contacts, day.offset, alert, result, duration)
    if is_logged(alert.identity, rules):
        entry = arrays.log[
            log_alert(Event.SERVICE_END, moment, Phase.SERVICE_ENDS, day.province, alert, arrays.log, counters)
        ]
        entry.number = alert.number
        entry.channel = CHANNEL_CODES[alert.channel]
        entry.result = CONTACT_CODES[result]
        entry.value = duration
    return what_follows(alert, moment, run, day, arrays, room)


@part_of_caller
def what_follows(
    alert: Record, moment: int, run: RunTables, day: ProvinceDay, arrays: Arrays, room: AlertScratch
) -> int:
    """Return the end of a track after a service, or NONE once its next try, or a visit, is scheduled."""
    rules, counters = run.rules, arrays.counters[0]
    is_last = is_last_try(alert, rules)
    visit_follows = is_visited_next(alert, rules)
    end = np.int64(NONE)  # one type on every path: some Pythons return from each branch
    if is_warned(alert.case, alert.channel):
        end = np.int64(End.REACHED)
    elif alert.marked != NONE:
        end = np.int64(alert.marked)
    elif is_last and not visit_follows:
        end = np.int64(End.UNANSWERED)
    elif moment >= alert.deadline:
        if is_logged(alert.identity, rules):
            log_alert(Event.EXPIRY, moment, Phase.SERVICE_ENDS, day.province, alert, arrays.log, counters)
        end = np.int64(End.EXPIRED)
    else:
        wait: int = alert.wait
        if is_last:
            if wait == NONE:
                wait = escalation_wait(rules.seed, alert.identity, run.delays, rules.clock)
            step = AlertStep.ESCALATION
            alert.channel = ContactChannel.VISIT
            alert.number = 0
        else:
            if wait == NONE:
                wait = retry_wait(
                    rules.seed, alert.identity, alert.rule, alert.channel, alert.number, run.delays, rules.clock
                )
            step = AlertStep.RETRY
            alert.number += 1
        alert.state = AlertState.BETWEEN
        expect_or_expire(alert, moment + wait, step, day.midnight, arrays.heap, arrays.later, counters)
        expect_try(alert, run, arrays, room)
    return int(end)


@part_of_caller
def expect_try(alert: Record, run: RunTables, arrays: Arrays, room: AlertScratch) -> None:
    """Note an alert whose next try is not drawn yet; once there are enough of them, draw for all."""
    counters = arrays.counters[0]
    alert.service = NONE
    alert.wait = NONE
    room.pending[counters.pending] = alert.row
    counters.pending += 1
    if counters.pending == min(AT_ONCE, len(room.pending)):
        draw_ahead(run, arrays.alerts, counters, room)
