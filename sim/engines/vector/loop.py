"""The event loop of a province: tick by tick through a day, each tick's events in their order, then both desks.

Events known when the day begins come sorted in a stream, those that the day itself brings from a heap. An alert has
at most one event or one place in line at a time: when it ends from outside, that reference is dropped when it comes
up. A deadline needs no event while an alert waits in line or is served.
"""

import numpy as np
from numpy.typing import NDArray

from sim.aftermath.reports import ReportTables
from sim.country.people import PeopleTables
from sim.days import DAY_MS, HALF_HOUR_MS, HALF_HOURS
from sim.draws.compiled import compiled
from sim.draws.identity import PERSON_BITS, STAGE_MASK
from sim.engines.codes import (
    ANSWERED,
    EXPIRED,
    MET,
    REACHED,
    UNANSWERED,
    UNREAD_END,
    WAS_READ,
    WAS_UNREAD,
)
from sim.engines.phases import (
    ESCALATION,
    EXPIRY,
    READ,
    READS,
    RETRY,
    SERVICE_ENDS,
    STAGE_MOMENTS,
    UNREAD,
)
from sim.engines.vector.episodes import reach_stage, stop_episode
from sim.engines.vector.events import (
    KIND_AT,
    KIND_MASK,
    MOMENT_AT,
    ORDER_MASK,
    PHASE_AT,
    PHASE_MASK,
    ROW_MASK,
    STAGE_AT,
    pop,
)
from sim.engines.vector.layout import (
    AT_STREAM,
    BETWEEN,
    BUSY,
    CHANNEL_MASK,
    ENDED,
    EPISODE,
    HALF_HOUR,
    IDENTITY,
    ISSUED,
    MARK_MASK,
    MARK_SHIFT,
    MESSAGE,
    META,
    N_HEAP,
    N_HEARD,
    N_LINE,
    N_STREAM,
    OVER,
    PERSON,
    RIGHT_SHIFT,
    SEATS,
    SEGMENT,
    SERVICES_ENDED,
    SINCE,
    STATE,
    STEP,
    SUCCESS_SHIFT,
    TICK,
    TIER_MASK,
    TRY_MASK,
    TRY_SHIFT,
    UNISSUED,
)
from sim.engines.vector.lives import end_alert, expect_or_expire, issue_alert, join_line, log_alert
from sim.engines.vector.log import CHANNEL_CODES, CONTACT_CODES, EXPIRY_EVENT, FINISH_EVENT, READ_EVENT
from sim.engines.vector.rules import Rules
from sim.engines.vector.service import serve_next
from sim.engines.vector.state import DESKS, Arrays, Rows, Tallies, give_back_alert, is_full
from sim.episode.stages import EpisodeTables
from sim.midnight.people_bytes import HEARD
from sim.midnight.today import Today
from sim.warning.delays import CALL, VISIT, DelayTables, escalation_wait, retry_wait
from sim.warning.detectors import DetectorTables
from sim.warning.dissuasion import DissuasionTables, is_dissuaded
from sim.warning.service import ServiceTables, wait_bin


@compiled
def stops(
    seed: int,
    alert: Rows,
    channel: int,
    heard: int,
    episodes: Rows,
    awareness: NDArray[np.float64],
    dissuasion: DissuasionTables,
) -> bool:
    """Return whether an alert that is heard stops its episode; ``awareness`` (4,) by segment."""
    episode = episodes[alert[EPISODE]]
    return not episode[OVER] and is_dissuaded(
        seed,
        alert[IDENTITY],
        channel,
        bool((alert[META] >> RIGHT_SHIFT) & 1),
        heard,
        awareness[episode[SEGMENT]],
        dissuasion,
    )


@compiled
def run_day(
    p: int,
    rules: Rules,
    today: Today,
    people: PeopleTables,
    people_bytes: NDArray[np.uint8],
    delays: DelayTables,
    detectors: DetectorTables,
    service: ServiceTables,
    stages: EpisodeTables,
    dissuasion: DissuasionTables,
    reports: ReportTables,
    seats: NDArray[np.int64],
    v: Arrays,
    tallies: Tallies,
) -> bool:
    """Run the events of a day; return whether it is over, or an array is full and must grow first.

    ``seats`` (2, 48) on duty by desk and half hour. The tick that was interrupted goes on where it stopped.
    """
    alerts, free, episodes, episodes_free = v.alerts, v.alerts_free, v.episodes, v.episodes_free
    heap, stream, later, counters = v.heap, v.stream, v.later, v.counters
    ranks, rows, heard = v.ranks, v.rows, v.heard
    contacts, waits = tallies.contacts, tallies.waits
    here = today.day - rules.start
    midnight = here * DAY_MS
    logging = rules.kept > 0
    tick = counters[TICK]
    while True:
        if tick < 0:
            tick = DAY_MS
            if counters[N_HEAP] > 0:
                tick = min(tick, heap[0] >> MOMENT_AT)
            if counters[AT_STREAM] < counters[N_STREAM]:
                tick = min(tick, stream[counters[AT_STREAM]] >> MOMENT_AT)
            half_hour = counters[HALF_HOUR]
            while half_hour < HALF_HOURS and (
                seats[0, half_hour] == counters[SEATS] and seats[1, half_hour] == counters[SEATS + 1]
            ):
                half_hour += 1
            if half_hour < HALF_HOURS and half_hour * HALF_HOUR_MS <= tick:
                tick = half_hour * HALF_HOUR_MS
                counters[SEATS] = seats[0, half_hour]
                counters[SEATS + 1] = seats[1, half_hour]
                half_hour += 1
            counters[HALF_HOUR] = half_hour
            if tick >= DAY_MS:
                break
        now = midnight + tick
        beyond = (tick + 1) << MOMENT_AT

        while True:
            if is_full(counters, v.most):
                counters[TICK] = tick
                return False
            key = beyond
            if counters[AT_STREAM] < counters[N_STREAM]:
                key = stream[counters[AT_STREAM]]
            if counters[N_HEAP] > 0 and heap[0] < key:
                key = heap[0]
                if key >= beyond:
                    break
                pop(heap, counters[N_HEAP])
                counters[N_HEAP] -= 1
            else:
                if key >= beyond:
                    break
                counters[AT_STREAM] += 1
            order = key & ORDER_MASK
            row = key & ROW_MASK
            phase = (key >> PHASE_AT) & PHASE_MASK
            if phase == STAGE_MOMENTS:
                reach_stage(p, row, (key >> STAGE_AT) & STAGE_MASK, now, order, rules, today, stages, detectors, delays,
                            reports, v, tallies)  # fmt: skip
                continue
            alert = alerts[row]
            tier = alert[META] & TIER_MASK
            channel = alert[STEP] & CHANNEL_MASK
            stopped = -1
            how = -1
            if phase == SERVICE_ENDS:
                desk = channel - CALL
                number = (alert[STEP] >> TRY_SHIFT) & TRY_MASK
                success = (alert[STEP] >> SUCCESS_SHIFT) & 1
                duration = now - alert[SINCE]
                counters[BUSY + desk] -= 1
                counters[SERVICES_ENDED] += 1
                result = (ANSWERED if channel == CALL else MET) + (0 if success else 1)
                contacts[0, tier, channel, result, 0] += 1
                contacts[0, tier, channel, result, 1] += duration
                if logging:
                    log_alert(v, rules, p, row, now, SERVICE_ENDS, FINISH_EVENT, number, CHANNEL_CODES[channel],
                              CONTACT_CODES[result], duration)  # fmt: skip
                mark = (alert[STEP] >> MARK_SHIFT) & MARK_MASK
                last = number + 1 >= rules.tries[tier, desk]
                more = channel == CALL and rules.visits_unanswered[tier] != 0
                if success:
                    how = REACHED
                elif mark:
                    how = mark - 1
                elif now >= alert[ISSUED] + rules.deadline[tier] and (more or not last):
                    if logging:
                        log_alert(v, rules, p, row, now, SERVICE_ENDS, EXPIRY_EVENT, -1, -1, -1, -1)
                    how = EXPIRED
                elif not last:
                    wait = retry_wait(rules.seed, alert[IDENTITY], tier, channel, number, delays, rules.clock)
                    alert[STATE] = BETWEEN
                    alert[STEP] = channel | ((number + 1) << TRY_SHIFT)
                    expect_or_expire(alerts, heap, later, counters, rules.deadline, midnight, row, now + wait, RETRY)
                elif more:
                    wait = escalation_wait(rules.seed, alert[IDENTITY], delays, rules.clock)
                    alert[STATE] = BETWEEN
                    alert[STEP] = VISIT
                    expect_or_expire(
                        alerts, heap, later, counters, rules.deadline, midnight, row, now + wait, ESCALATION
                    )
                else:
                    how = UNANSWERED
            elif alert[STATE] == ENDED:
                give_back_alert(alerts, free, episodes, episodes_free, counters, row)
            elif phase == READS:
                kind = (key >> KIND_AT) & KIND_MASK
                if kind == READ:
                    contacts[0, tier, channel, WAS_READ, 0] += 1
                    waits[0, tier, channel, wait_bin(now - alert[ISSUED])] += 1
                    if logging:
                        log_alert(v, rules, p, row, now, READS, READ_EVENT, -1, CHANNEL_CODES[channel], -1, -1)
                    alert[STATE] = BETWEEN
                    how = REACHED
                elif kind == EXPIRY:
                    if logging:
                        log_alert(v, rules, p, row, now, READS, EXPIRY_EVENT, -1, -1, -1, -1)
                    how = EXPIRED
                elif kind == UNREAD:
                    if alert[STATE] == MESSAGE:
                        contacts[0, tier, channel, WAS_UNREAD, 0] += 1
                        alert[STATE] = BETWEEN
                    if rules.calls_unread[tier]:
                        alert[STEP] = CALL
                        join_line(alerts, ranks, rows, counters, row, now)
                    else:
                        how = UNREAD_END
                else:
                    join_line(alerts, ranks, rows, counters, row, now)
            elif alert[STATE] == UNISSUED:
                issue_alert(p, row, now, order, rules, today, people, delays, detectors, v, tallies)
            else:
                join_line(alerts, ranks, rows, counters, row, now)
            if how == REACHED:
                person = alert[PERSON]
                heard[counters[N_HEARD]] = (today.day << PERSON_BITS) | person
                counters[N_HEARD] += 1
                if alert[EPISODE] >= 0 and stops(
                    rules.seed,
                    alert,
                    channel,
                    int(people_bytes[person]) & HEARD,
                    episodes,
                    today.awareness[p],
                    dissuasion,
                ):
                    stopped = alert[EPISODE]
            if how >= 0:
                end_alert(v, tallies, rules, p, here, row, how, phase, now, order)
                give_back_alert(alerts, free, episodes, episodes_free, counters, row)
                if stopped >= 0:
                    stop_episode(p, stopped, phase, now, order, rules, today, stages, reports, v, tallies)

        for desk in range(DESKS):
            while counters[N_LINE + desk] > 0 and counters[BUSY + desk] < counters[SEATS + desk]:
                if not serve_next(p, desk, now, rules, here, service, v, tallies):
                    counters[TICK] = tick
                    return False
        tick = -1
    counters[TICK] = -1
    return True
