"""The event loop of a province, and the services of its desks.

Services in the event loop: which alert a free server takes, its cost, and what follows when it ends.

The event loop of a province: tick by tick through a day, each tick's events in their order, then both desks.

Events known when the day begins come sorted in a stream, those scheduled during the day from a heap. An alert has at
most one event or one entry of a queue at a time; when it ends from outside, that is deleted lazily, when it comes up. A
deadline needs no event while an alert waits in the queue or is served.
"""

from typing import Final

import numpy as np

from sim.base.days import DAY_MS, HALF_HOUR_MS
from sim.base.words import ContactChannel, End, Event
from sim.draws.compiled import compiled, internal, part_of_caller, prefetch
from sim.draws.identity import STAGE_MASK, detector_of
from sim.engines.tables import AlertStep, Phase
from sim.engines.vector import alerts
from sim.engines.vector.day import close_day
from sim.engines.vector.episodes import reach_stage, stop_episode
from sim.engines.vector.issue import AlertScratch, draw_ahead, is_last_try, is_visited_next
from sim.engines.vector.records import (
    DESKS,
    MOMENT_AT,
    NEVER,
    NONE,
    ORDER_MASK,
    ROW_MASK,
    STAGE_AT,
    AlertState,
    Now,
    ProvinceDay,
    Record,
    Records,
    Rules,
    RunTables,
    issued,
    order_of_alert,
    phase_of,
    pop,
    step_of,
    tier_of,
)
from sim.engines.vector.state import (
    CHANNEL_CODES,
    CONTACT_CODES,
    Arrays,
    Tallies,
    count_first_contact,
    count_service,
    count_wait_in_line,
    count_work,
    expect,
    give_back_alert,
    is_logged,
    log_alert,
    note_warned,
    spare_events,
)
from sim.midnight.people import HEARD
from sim.warning import service
from sim.warning.discipline import LineTables, may_begin

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
    alerts.drop_first(line, desk, arrays.alerts)
    prefetch(arrays.alerts, line[0].row)
    if alert.state != AlertState.WAITING or alert.deadline <= moment:
        if alert.state == AlertState.WAITING:
            alerts.expire_in_line(alert, moment, rules, day, arrays, tallies)
        give_back_alert(alert, arrays.alerts_free, arrays.episodes, arrays.episodes_free, counters)
        return
    duration: int = alert.service
    if duration == NONE:
        case, duration = service.outcome(
            rules.seed, alert.identity, alert.channel, alert.number, run.service, rules.clock
        )
        alert.case = case
    wait = moment - alert.since
    alerts.change_line(desk, moment, -1)
    desk.waited += wait
    servers = arrays.desks[seats]
    count_work(tallies.busy, seats, servers, moment - day.midnight)
    alerts.settle(servers, seats, moment, run.lines)
    servers.busy += 1
    alert.seats = seats
    counters.services_started += 1
    count_wait_in_line(tallies.waits, day.offset, alert, wait)
    if not alert.contacted:
        delay: int = alert.delay_or_score
        if run.lines.is_scored or delay == NONE:
            delay = service.chain_delay(
                rules.seed, alert.identity, detector_of(alert.identity), run.delays, rules.clock
            )
        delay += service.way_of(rules.seed, alert.identity, alert.channel, alert.number, run.service, rules.clock)
        count_first_contact(tallies.first_contacts, alert, delay + moment - issued(alert, rules))
        alerts.note_contact(alert, arrays.alerts)
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
    alert: Record, moment: int, run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies, room: AlertScratch
) -> int:
    """End a service; return the end of the track, or NONE if a further try follows."""
    rules, counters = run.rules, arrays.counters[0]
    duration = moment - alert.since
    servers = arrays.desks[alert.seats]
    count_work(tallies.busy, alert.seats, servers, moment - day.midnight)
    alerts.settle(servers, alert.seats, moment, run.lines)
    servers.busy -= 1
    counters.services_ended += 1
    result = service.result_of(alert.case, alert.channel)
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
    if service.is_warned(alert.case, alert.channel):
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
                wait = service.escalation_wait(rules.seed, alert.identity, run.delays, rules.clock)
            step = AlertStep.ESCALATION
            alert.channel = ContactChannel.VISIT
            alert.number = 0
        else:
            if wait == NONE:
                wait = service.retry_wait(
                    rules.seed, alert.identity, alert.rule, alert.channel, alert.number, run.delays, rules.clock
                )
            step = AlertStep.RETRY
            alert.number += 1
        alert.state = AlertState.BETWEEN
        alerts.expect_or_expire(alert, moment + wait, step, day.midnight, arrays.heap, arrays.later, counters)
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


EVENTS_AHEAD: Final = 8
"""Events of the stream between the current one and the one whose record is prefetched."""

# Functions called for every event are inlined into the loop; see ``service``.


@compiled
def run_day(run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies, room: AlertScratch) -> bool:
    """Return whether the day is over and closed; if not, a full array must grow, and the next call resumes the tick."""
    counters, limits, desks = arrays.counters[0], arrays.limits[0], arrays.desks
    heap, stream = arrays.heap, arrays.stream
    stream[counters.stream] = NEVER
    if counters.heap == 0:
        heap[0] = NEVER
    counters.spare = 0
    counters.pending = 0
    while True:
        if counters.spare == 0:
            counters.spare = spare_events(counters, limits, desks)
            if counters.spare == 0:
                return False
        counters.spare -= 1
        key = min(stream[counters.stream_at], heap[0])
        if key >> MOMENT_AT == counters.tick:
            if heap[0] == key:
                pop(heap, counters.heap)
                counters.heap -= 1
                bring_near(heap[0], arrays)
            else:
                counters.stream_at += 1
                bring_near(stream[min(counters.stream_at + EVENTS_AHEAD, counters.stream)], arrays)
            happen(key, run, day, arrays, tallies, room)
            continue
        line, seats = free_seat(desks, run.lines)
        if line != NONE:
            serve_first(line, seats, day.midnight + counters.tick, run, day, arrays, tallies)
            continue
        tick = min(key >> MOMENT_AT, counters.shift)
        if tick >= DAY_MS:
            break
        counters.tick = tick
        if tick == counters.shift:
            change_shift(day, run.lines, desks, counters)
    counters.tick = NONE
    return close_day(run, day, arrays, tallies)


@part_of_caller
def bring_near(key: int, arrays: Arrays) -> None:
    """Prefetch the record of an event that comes soon."""
    if phase_of(key) == Phase.STAGE_MOMENTS:
        prefetch(arrays.episodes, key & ROW_MASK)
    else:
        prefetch(arrays.alerts, key & ROW_MASK)


@part_of_caller
def free_seat(desks: Records, lines: LineTables) -> tuple[int, int]:
    """Return the desk of a queue and the desk whose free server takes its first alert; NONE for both without any.

    A desk lends (``lends`` 1) its servers only when all desks have served their own queues.
    """
    for number in range(DESKS):
        if desks[number].entries > 0 and is_free(desks[number], number, lines):
            return number, number
    for lender in range(DESKS):
        if lines.lends[lender] == 1 and is_free(desks[lender], lender, lines):
            for borrower in range(DESKS):
                if desks[borrower].entries > 0:
                    return borrower, lender
    return NONE, NONE


@part_of_caller
def is_free(desk: Record, number: int, lines: LineTables) -> bool:
    """Return whether a desk may begin one more service."""
    return may_begin(desk.debt, desk.busy, desk.staffed, lines.service[number], lines.most_debt[number])


@internal
def change_shift(day: ProvinceDay, lines: LineTables, desks: Records, counters: Record) -> None:
    """Set the time on duty of the present half hour."""
    for number in range(DESKS):
        alerts.settle(desks[number], number, day.midnight + counters.shift, lines)
        desks[number].staffed = day.staffed[number, counters.shift // HALF_HOUR_MS]
    counters.shift += HALF_HOUR_MS


@part_of_caller
def happen(key: int, run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies, room: AlertScratch) -> None:
    """Carry out an event."""
    now = Now(day.midnight + (key >> MOMENT_AT), key & ORDER_MASK)
    if phase_of(now.order) == Phase.STAGE_MOMENTS:
        episode = arrays.episodes[key & ROW_MASK]
        reach_stage(episode, (key >> STAGE_AT) & STAGE_MASK, now, run, day, arrays, tallies)
    else:
        alert = arrays.alerts[key & ROW_MASK]
        end = go_on(alert, now, run, day, arrays, tallies, room)
        if end != NONE:
            close(alert, end, now, run, day, arrays, tallies)


@part_of_caller
def go_on(
    alert: Record, now: Now, run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies, room: AlertScratch
) -> int:
    """Take the next step of a track; return its end, or NONE if it continues."""
    end = NONE
    if phase_of(now.order) == Phase.SERVICE_ENDS:
        end = end_service(alert, now.moment, run, day, arrays, tallies, room)
    elif alert.state == AlertState.ENDED:
        give_back_alert(alert, arrays.alerts_free, arrays.episodes, arrays.episodes_free, arrays.counters[0])
    elif alert.state == AlertState.UNISSUED:
        if alert.episode == NONE:
            alerts.begin_tracks(alert, run, day, arrays)
        else:
            alerts.issue_alert(alert, now, run, day, arrays, tallies)
    else:
        step = step_of(now.order)
        if phase_of(now.order) == Phase.READS and (alert.state == AlertState.MESSAGE or step == AlertStep.EXPIRY):
            end = alerts.end_message(alert, step, now.moment, run.rules, day, arrays, tallies)
        if end == NONE:
            alerts.join_line(alert, now.moment, run, arrays)
    return end


@part_of_caller
def close(
    alert: Record, end: int, now: Now, run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies
) -> None:
    """End a track of an alert; a person in an episode whom it reached may stop."""
    counters = arrays.counters[0]
    if end == End.REACHED and not alert.reached:
        note_warned(alert.person, day.number, arrays.warned, counters)
    row: int = alert.episode
    if row != NONE and end == End.REACHED:
        arrays.episodes[row].warned_at = now.moment
        arrays.episodes[row].warned_tier = tier_of(alert)
    stops = row != NONE and end == End.REACHED and is_stopped(alert, arrays.episodes[row], run, day)
    if end == End.REACHED and is_visited_again(alert, now, run.rules):
        visit_again(alert, now, run, day, arrays, tallies)
    else:
        end_for_good(alert, end, now, run.rules, day, arrays, tallies)
    if stops:
        stop_episode(arrays.episodes[row], now, run, day, arrays, tallies)


@part_of_caller
def end_for_good(
    alert: Record, end: int, now: Now, rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies
) -> None:
    """End a track of an alert and free its row."""
    if alert.sibling != NONE:
        alerts.end_among_tracks(alert, end, now, rules, day, arrays, tallies)
    else:
        alerts.end_track(alert, end, now, rules, day, arrays, tallies)
    give_back_alert(alert, arrays.alerts_free, arrays.episodes, arrays.episodes_free, arrays.counters[0])


@part_of_caller
def is_visited_again(alert: Record, now: Now, rules: Rules) -> bool:
    """Return whether a second visit follows a talk that has just reached the person for the first time."""
    return bool(
        rules.again[alert.rule] == 1
        and phase_of(now.order) == Phase.SERVICE_ENDS
        and not alert.reached
        and alert.marked == NONE
        and now.moment < alert.deadline
    )


@part_of_caller
def visit_again(alert: Record, now: Now, run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies) -> None:
    """Stop the other tracks, and schedule a second visit on this one."""
    rules = run.rules
    alerts.tell_others(alert, now, rules, day, arrays, tallies)
    alert.channel = ContactChannel.VISIT
    alert.number = service.AGAIN
    alert.service = NONE
    alert.wait = NONE
    alert.state = AlertState.BETWEEN
    wait = service.second_visit_wait(rules.seed, alert.identity, alert.rule, run.delays, rules.clock)
    alerts.expect_or_expire(
        alert, now.moment + wait, AlertStep.RETRY, day.midnight, arrays.heap, arrays.later, arrays.counters[0]
    )


@part_of_caller
def is_stopped(alert: Record, episode: Record, run: RunTables, day: ProvinceDay) -> bool:
    """Return whether an alert that was read or heard stops its episode."""
    return not episode.over and service.is_dissuaded(
        run.rules.seed,
        alert.identity,
        alert.channel,
        alert.number >= service.AGAIN,
        alert.right_class,
        day.people_bytes[alert.person] & HEARD,
        day.awareness[episode.segment],
        run.dissuasion,
    )
