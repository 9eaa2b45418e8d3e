"""The event loop of a province: tick by tick through a day, each tick's events in their order, then both desks.

Events known when the day begins come sorted in a stream, those scheduled during the day from a heap. An alert has at
most one event or one entry of a queue at a time; when it ends from outside, that is deleted lazily, when it comes up. A
deadline needs no event while an alert waits in the queue or is served.
"""

from typing import Final

from sim.base.days import DAY_MS, HALF_HOUR_MS
from sim.base.words import ContactChannel, End
from sim.draws.compiled import compiled, internal, part_of_caller
from sim.draws.identity import STAGE_MASK
from sim.draws.prefetch import prefetch
from sim.engines.phases import AlertStep, Phase
from sim.engines.vector.chain import AlertScratch
from sim.engines.vector.day import close_day
from sim.engines.vector.episodes import reach_stage, stop_episode
from sim.engines.vector.events import MOMENT_AT, NEVER, ORDER_MASK, ROW_MASK, STAGE_AT, phase_of, pop, step_of
from sim.engines.vector.inputs import Now, ProvinceDay, RunTables
from sim.engines.vector.lives import (
    begin_tracks,
    end_among_tracks,
    end_track,
    expect_or_expire,
    issue_alert,
    tell_others,
)
from sim.engines.vector.messages import end_message
from sim.engines.vector.queue import join_line, settle
from sim.engines.vector.records import DESKS, NONE, AlertState, Record, Records
from sim.engines.vector.rules import Rules, tier_of
from sim.engines.vector.service import end_service, serve_first
from sim.engines.vector.state import Arrays, Tallies, give_back_alert, note_warned, spare_events
from sim.midnight.people_bytes import HEARD
from sim.warning.delays import AGAIN, second_visit_wait
from sim.warning.discipline import LineTables, may_begin
from sim.warning.dissuasion import is_dissuaded

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
        settle(desks[number], number, day.midnight + counters.shift, lines)
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
    alert: Record,
    now: Now,
    run: RunTables,
    day: ProvinceDay,
    arrays: Arrays,
    tallies: Tallies,
    room: AlertScratch,
) -> int:
    """Take the next step of a track; return its end, or NONE if it continues."""
    end = NONE
    if phase_of(now.order) == Phase.SERVICE_ENDS:
        end = end_service(alert, now.moment, run, day, arrays, tallies, room)
    elif alert.state == AlertState.ENDED:
        give_back_alert(alert, arrays.alerts_free, arrays.episodes, arrays.episodes_free, arrays.counters[0])
    elif alert.state == AlertState.UNISSUED:
        if alert.episode == NONE:
            begin_tracks(alert, run, day, arrays)
        else:
            issue_alert(alert, now, run, day, arrays, tallies)
    else:
        step = step_of(now.order)
        if phase_of(now.order) == Phase.READS and (alert.state == AlertState.MESSAGE or step == AlertStep.EXPIRY):
            end = end_message(alert, step, now.moment, run.rules, day, arrays, tallies)
        if end == NONE:
            join_line(alert, now.moment, run, arrays)
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
        end_among_tracks(alert, end, now, rules, day, arrays, tallies)
    else:
        end_track(alert, end, now, rules, day, arrays, tallies)
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
    tell_others(alert, now, rules, day, arrays, tallies)
    alert.channel = ContactChannel.VISIT
    alert.number = AGAIN
    alert.service = NONE
    alert.wait = NONE
    alert.state = AlertState.BETWEEN
    wait = second_visit_wait(rules.seed, alert.identity, alert.rule, run.delays, rules.clock)
    expect_or_expire(
        alert, now.moment + wait, AlertStep.RETRY, day.midnight, arrays.heap, arrays.later, arrays.counters[0]
    )


@part_of_caller
def is_stopped(alert: Record, episode: Record, run: RunTables, day: ProvinceDay) -> bool:
    """Return whether an alert that was read or heard stops its episode."""
    return not episode.over and is_dissuaded(
        run.rules.seed,
        alert.identity,
        alert.channel,
        alert.number >= AGAIN,
        alert.right_class,
        day.people_bytes[alert.person] & HEARD,
        day.awareness[episode.segment],
        run.dissuasion,
    )
