"""The event loop of a province: tick by tick through a day, each tick's events in their order, then both desks.

Events known when the day begins come sorted in a stream, those that the day itself brings from a heap. An alert has
at most one event or one entry in a line at a time: when it ends from outside, that is deleted lazily, when it comes
up. A deadline needs no event while an alert waits in line or is served.
"""

from sim.days import DAY_MS, HALF_HOUR_MS, HALF_HOURS
from sim.draws.compiled import compiled, part_of_caller
from sim.draws.identity import STAGE_MASK
from sim.engines.phases import AlertStep, Phase
from sim.engines.vector.day import close_day
from sim.engines.vector.episodes import reach_stage, stop_episode
from sim.engines.vector.events import MOMENT_AT, ORDER_MASK, ROW_MASK, STAGE_AT, phase_of, pop, step_of
from sim.engines.vector.given import Now, ProvinceDay, RunTables
from sim.engines.vector.line import join_line
from sim.engines.vector.lives import end_alert, issue_alert
from sim.engines.vector.messages import end_message
from sim.engines.vector.records import DESKS, NONE, AlertState, Integers, Record
from sim.engines.vector.service import end_service, serve_first
from sim.engines.vector.state import Arrays, Tallies, give_back_alert, is_full, note_warned
from sim.midnight.people_bytes import HEARD
from sim.warning.dissuasion import is_dissuaded
from sim.words import End

# What the loop does for every event is made into it; see ``service``.


@compiled
def run_day(run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies) -> bool:
    """Run the events of a day and close it.

    Args:
        run: What the run fixes.
        day: What the day says to the province.
        arrays: Arrays of the province.
        tallies: Tallies of the province.

    Returns:
        Whether the day is over; if not, an array is full and must grow first, and the tick goes on where it stopped.
    """
    counters, limits, desks = arrays.counters[0], arrays.limits[0], arrays.desks
    while counters.tick != NONE or begin_tick(day.servers, arrays):
        moment = day.midnight + counters.tick
        while True:
            if is_full(counters, limits, desks):
                return False
            key = next_event(arrays.heap, arrays.stream, counters)
            if key == NONE:
                break
            now = Now(moment, key & ORDER_MASK)
            if phase_of(now.order) == Phase.STAGE_MOMENTS:
                episode = arrays.episodes[key & ROW_MASK]
                reach_stage(episode, (key >> STAGE_AT) & STAGE_MASK, now, run, day, arrays, tallies)
            else:
                alert = arrays.alerts[key & ROW_MASK]
                end = go_on(alert, now, run, day, arrays, tallies)
                if end != NONE:
                    close(alert, end, now, run, day, arrays, tallies)
        for number in range(DESKS):
            while desks[number].entries > 0 and desks[number].busy < desks[number].servers:
                if not serve_first(number, moment, run, day, arrays, tallies):
                    return False
        counters.tick = NONE
    return close_day(run.rules, day, arrays, tallies)


@part_of_caller
def begin_tick(servers: Integers, arrays: Arrays) -> bool:
    """Find the next tick of the day at which an event takes place or a shift changes; return whether there is one."""
    counters, desks = arrays.counters[0], arrays.desks
    tick = DAY_MS
    if counters.heap > 0:
        tick = min(tick, arrays.heap[0] >> MOMENT_AT)
    if counters.stream_at < counters.stream:
        tick = min(tick, arrays.stream[counters.stream_at] >> MOMENT_AT)
    half_hour = counters.half_hour
    while half_hour < HALF_HOURS and (
        servers[0, half_hour] == desks[0].servers and servers[1, half_hour] == desks[1].servers
    ):
        half_hour += 1
    if half_hour < HALF_HOURS and half_hour * HALF_HOUR_MS <= tick:
        tick = half_hour * HALF_HOUR_MS
        for number in range(DESKS):
            desks[number].servers = servers[number, half_hour]
        half_hour += 1
    counters.half_hour = half_hour
    if tick < DAY_MS:
        counters.tick = tick
    return tick < DAY_MS


@part_of_caller
def next_event(heap: Integers, stream: Integers, counters: Record) -> int:
    """Take the next event of the tick off the calendar; return its key, or NONE if there is no more."""
    key = (counters.tick + 1) << MOMENT_AT
    found = NONE
    if counters.stream_at < counters.stream and stream[counters.stream_at] < key:
        key = stream[counters.stream_at]
        found = key
    if counters.heap > 0 and heap[0] < key:
        found = pop(heap, counters.heap)
        counters.heap -= 1
    elif found != NONE:
        counters.stream_at += 1
    return found


@part_of_caller
def go_on(alert: Record, now: Now, run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies) -> int:
    """Let an alert take the step whose moment has come; return its end, or NONE if it lives on."""
    end = NONE
    if phase_of(now.order) == Phase.SERVICE_ENDS:
        end = end_service(alert, now.moment, run, day, arrays, tallies)
    elif alert.state == AlertState.ENDED:
        give_back_alert(alert, arrays.alerts_free, arrays.episodes, arrays.episodes_free, arrays.counters[0])
    elif alert.state == AlertState.UNISSUED:
        issue_alert(alert, now, run, day, arrays, tallies)
    else:
        step = step_of(now.order)
        if phase_of(now.order) == Phase.READS and (alert.state == AlertState.MESSAGE or step == AlertStep.EXPIRY):
            end = end_message(alert, step, now.moment, run.rules, day, arrays, tallies)
        if end == NONE:
            join_line(alert, now.moment, arrays.alerts, arrays.lines, arrays.desks)
    return end


@part_of_caller
def close(
    alert: Record, end: int, now: Now, run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies
) -> None:
    """End an alert; where it reached a person in an episode, they may stop."""
    row = alert.episode
    stops = False
    if end == End.REACHED:
        note_warned(alert.person, day.number, arrays.warned, arrays.counters[0])
        stops = row != NONE and is_stopped(alert, arrays.episodes[row], run, day)
    end_alert(alert, end, now, run.rules, day, arrays, tallies)
    give_back_alert(alert, arrays.alerts_free, arrays.episodes, arrays.episodes_free, arrays.counters[0])
    if stops:
        stop_episode(arrays.episodes[row], now, run, day, arrays, tallies)


@part_of_caller
def is_stopped(alert: Record, episode: Record, run: RunTables, day: ProvinceDay) -> bool:
    """Return whether an alert that was read or heard stops its episode."""
    return not episode.over and is_dissuaded(
        run.rules.seed,
        alert.identity,
        alert.channel,
        alert.right_class,
        day.people_bytes[alert.person] & HEARD,
        day.awareness[episode.segment],
        run.dissuasion,
    )
