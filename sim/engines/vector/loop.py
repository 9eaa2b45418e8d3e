"""The event loop of a province: tick by tick through a day, each tick's events in their order, then both desks.

Events known when the day begins come sorted in a stream, those that the day itself brings from a heap. An alert has
at most one event or one place in line at a time: when it ends from outside, that reference is dropped when it comes
up. A deadline needs no event while an alert waits in line or is served.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.aftermath.reports import ReportTables
from sim.country.people import PeopleTables, home
from sim.days import DAY_MS, HALF_HOUR_MS, HALF_HOURS
from sim.draws.compiled import compiled
from sim.draws.identity import origin_of, person_id
from sim.engines.phases import (
    ARRIVALS,
    DISPATCH,
    ESCALATION,
    EXPIRY,
    READ,
    READS,
    RETRY,
    SERVICE_ENDS,
    STAGE_MOMENTS,
    UNREAD,
)
from sim.engines.vector.episodes import go_to_police, reach_stage, stop_episode
from sim.engines.vector.events import (
    KIND_AT,
    KIND_MASK,
    MOMENT_AT,
    ORDER_MASK,
    PHASE_AT,
    PHASE_MASK,
    ROW_MASK,
    STAGE_AT,
    order_of_alert,
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
    ISSUED_ALERTS,
    KIND,
    LIVING,
    MARK_MASK,
    MARK_SHIFT,
    MESSAGE,
    META,
    N_ALERTS_FREE,
    N_CASES,
    N_HEAP,
    N_HEARD,
    N_LATER,
    N_LINE,
    N_LOG,
    N_RARE,
    N_STREAM,
    N_VICTIMS,
    OVER,
    PERSON,
    RARE_HOURS,
    RIGHT_SHIFT,
    SEATS,
    SEGMENT,
    SERVICES_ENDED,
    SERVICES_STARTED,
    SERVING,
    SINCE,
    STATE,
    STEP,
    SUCCESS_SHIFT,
    TICK,
    TRY_MASK,
    TRY_SHIFT,
    UNISSUED,
    WAITED,
    WAITING,
)
from sim.engines.vector.line import first, join, rank_of
from sim.engines.vector.lives import change_line, end_alert, expire_in_line, is_expired, leave, log_alert
from sim.engines.vector.log import (
    CHANNEL_CODES,
    CONTACT_CODES,
    EXPIRY_EVENT,
    FINISH_EVENT,
    ISSUE_EVENT,
    READ_EVENT,
    START_EVENT,
    is_kept,
    write,
)
from sim.engines.vector.outcomes import (
    ANSWERED,
    EXPIRED,
    MET,
    MOOT,
    OPEN,
    REACHED,
    SUPERSEDED,
    UNANSWERED,
    UNREAD_END,
    WAS_READ,
    WAS_UNREAD,
)
from sim.engines.vector.rules import Rules
from sim.engines.vector.state import Arrays, Tallies, bin_of, day_of, expect, give_back_alert, rare
from sim.episode.stages import EpisodeTables
from sim.midnight.people_bytes import HEARD
from sim.midnight.today import Today
from sim.warning.delays import APP, CALL, SMS, VISIT, DelayTables, escalation_wait, reading, retry_wait
from sim.warning.detectors import DetectorTables, predicted_type
from sim.warning.dissuasion import DissuasionTables, is_dissuaded
from sim.warning.service import ServiceTables, outcome

DESKS: Final = 2
TIERS: Final = 4
ROOM: Final = 16
"""Rows that one event may take of any array, and more: where fewer are free the array grows first."""


@compiled
def has_room(v: Arrays, logging: bool) -> bool:
    """Return whether one more event fits whatever it brings."""
    counters = v.counters
    return bool(
        counters[N_ALERTS_FREE] >= ROOM
        and counters[N_HEAP] + ROOM <= v.heap.shape[0]
        and counters[N_LATER] + ROOM <= v.later.shape[0]
        and counters[N_HEARD] + ROOM <= v.heard.shape[0]
        and counters[N_VICTIMS] + ROOM <= v.victims.shape[0]
        and counters[N_CASES] + ROOM <= v.cases.shape[0]
        and counters[N_RARE] + ROOM <= v.rare.shape[0]
        and max(counters[N_LINE], counters[N_LINE + 1]) + ROOM <= v.rows.shape[1]
        and (not logging or counters[N_LOG] + 2 * ROOM <= v.log.shape[0])
    )


@compiled
def begin_day(rules: Rules, today: Today, v: Arrays) -> bool:
    """Move the events whose day has come from ``later`` to the stream; return whether there was room."""
    counters = v.counters
    midnight = (today.day - rules.start) * DAY_MS
    if counters[N_LATER] > v.stream.shape[0]:
        return False
    kept = 0
    at = 0
    for k in range(counters[N_LATER]):
        moment = v.later[k, 0]
        order = v.later[k, 1]
        if moment < midnight + DAY_MS:
            v.stream[at] = ((moment - midnight) << MOMENT_AT) | order
            at += 1
        else:
            v.later[kept, 0] = moment
            v.later[kept, 1] = order
            kept += 1
    counters[N_LATER] = kept
    counters[N_STREAM] = at
    counters[AT_STREAM] = 0
    counters[HALF_HOUR] = 0
    return True


@compiled
def join_line(v: Arrays, row: int, now: int) -> None:
    """Let an alert join the line of the desk of its channel."""
    alert = v.alerts[row]
    counters = v.counters
    desk = (alert[STEP] & CHANNEL_MASK) - CALL
    alert[STATE] = WAITING
    alert[SINCE] = now
    rank = rank_of(alert[META] & 3, alert[ISSUED])
    join(v.ranks[desk], v.rows[desk], counters[N_LINE + desk], rank, row, v.alerts)
    counters[N_LINE + desk] += 1
    change_line(v, desk, now, 1)


@compiled
def expect_or_expire(v: Arrays, rules: Rules, midnight: int, row: int, moment: int, kind: int) -> None:
    """Put the next event of an alert that nobody serves on the calendar, or its deadline if that comes before."""
    identity = v.alerts[row, IDENTITY]
    deadline = v.alerts[row, ISSUED] + rules.deadline[v.alerts[row, META] & 3]
    if moment > deadline or (moment == deadline and kind != READ):
        moment = deadline
        kind = EXPIRY
    expect(v, midnight, moment, order_of_alert(READS, kind, identity, row), MOMENT_AT)


@compiled
def count_busy(v: Arrays, busy: NDArray[np.int64], today: int, midnight: int, desk: int, start: int, end: int) -> None:
    """Count staff time in the half hours that a service lasts; today in days from the start of the period."""
    while start < end:
        until = min(end, (start // HALF_HOUR_MS + 1) * HALF_HOUR_MS)
        ahead = day_of(start) - today
        half_hour = start % DAY_MS // HALF_HOUR_MS
        if ahead < busy.shape[0]:
            busy[ahead, desk, half_hour] += until - start
        else:
            rare(v, RARE_HOURS, day_of(start), desk, half_hour, 0, 0, until - start, 0)
        start = until


@compiled
def persuades(
    p: int,
    row: int,
    channel: int,
    rules: Rules,
    today: Today,
    people_bytes: NDArray[np.uint8],
    dissuasion: DissuasionTables,
    v: Arrays,
) -> int:
    """Let an alert be heard; return the row of the episode that it stops, or -1."""
    alert = v.alerts[row]
    person = alert[PERSON]
    v.heard[v.counters[N_HEARD]] = (today.day << 32) | person
    v.counters[N_HEARD] += 1
    episode = alert[EPISODE]
    if episode < 0 or v.episodes[episode, OVER]:
        return -1
    stops = is_dissuaded(
        rules.seed,
        alert[IDENTITY],
        channel,
        bool((alert[META] >> RIGHT_SHIFT) & 1),
        int(people_bytes[person]) & HEARD,
        today.awareness[p, v.episodes[episode, SEGMENT]],
        dissuasion,
    )
    return int(episode) if stops else -1


@compiled
def issue_alert(
    p: int,
    row: int,
    now: int,
    order: int,
    rules: Rules,
    today: Today,
    people: PeopleTables,
    delays: DelayTables,
    detectors: DetectorTables,
    v: Arrays,
    tallies: Tallies,
) -> None:
    """Issue an alert of an episode: it may be superseded at birth, else it supersedes lower ones and is sent."""
    alert = v.alerts[row]
    here = today.day - rules.start
    midnight = here * DAY_MS
    identity = alert[IDENTITY]
    tier = alert[META] & 3
    episode = v.episodes[alert[EPISODE]]
    v.counters[ISSUED_ALERTS] += 1
    predicted = predicted_type(rules.seed, identity, episode[KIND], detectors)
    if predicted == episode[KIND]:
        alert[META] |= 1 << RIGHT_SHIFT
    if rules.kept > 0 and is_kept(rules.seed, origin_of(identity), rules.kept):
        write(v.log, v.counters, now, ARRIVALS, ISSUE_EVENT, p, origin_of(identity), (identity >> 4) & 1,
              identity & 15, -1, -1, tier, -1, alert[PERSON], predicted)  # fmt: skip
    end = -1
    if episode[OVER] and rules.desk_knows:
        end = MOOT
    else:
        for other in range(TIERS):
            living = episode[LIVING + other]
            if living >= 0 and v.alerts[living, STATE] == WAITING and is_expired(v, rules, living, now, order):
                expire_in_line(v, tallies.alerts, tallies.contacts, rules, p, here, living, now)
            if episode[LIVING + other] >= 0 and other <= tier:
                end = SUPERSEDED
    if end >= 0:
        end_alert(v, tallies.alerts, tallies.contacts, rules, p, here, row, end, ARRIVALS, now, order)
        give_back_alert(v, row)
        return
    for other in range(tier + 1, TIERS):
        living = episode[LIVING + other]
        if living >= 0:
            leave(v, tallies.alerts, tallies.contacts, rules, p, here, living, SUPERSEDED, ARRIVALS, now, order)
    episode[LIVING + tier] = row

    channel = rules.first[tier]
    if channel == APP:
        _, _, online, u_app = home(rules.seed, person_id(p, alert[PERSON]), p, people)
        if u_app >= today.app or not online:
            channel = SMS
    alert[STEP] = channel
    if channel >= CALL:
        join_line(v, row, now)
        return
    delivery, delay = reading(rules.seed, identity, channel, delays, rules.clock)
    alert[STATE] = MESSAGE
    alert[SINCE] = now + delivery
    deadline = now + rules.deadline[tier]
    if now + delivery >= deadline:
        expect(v, midnight, deadline, order_of_alert(READS, EXPIRY, identity, row), MOMENT_AT)
    elif 0 <= delay <= rules.unread_wait:
        expect_or_expire(v, rules, midnight, row, now + delivery + delay, READ)
    else:
        expect_or_expire(v, rules, midnight, row, now + delivery + rules.unread_wait, UNREAD)


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
    counters = v.counters
    alerts = v.alerts
    here = today.day - rules.start
    midnight = here * DAY_MS
    logging = rules.kept > 0
    tick = counters[TICK]
    while True:
        if tick < 0:
            tick = DAY_MS
            if counters[N_HEAP] > 0:
                tick = min(tick, v.heap[0] >> MOMENT_AT)
            if counters[AT_STREAM] < counters[N_STREAM]:
                tick = min(tick, v.stream[counters[AT_STREAM]] >> MOMENT_AT)
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
            if not has_room(v, logging):
                counters[TICK] = tick
                return False
            key = beyond
            if counters[AT_STREAM] < counters[N_STREAM]:
                key = v.stream[counters[AT_STREAM]]
            if counters[N_HEAP] > 0 and v.heap[0] < key:
                key = v.heap[0]
                if key >= beyond:
                    break
                pop(v.heap, counters[N_HEAP])
                counters[N_HEAP] -= 1
            else:
                if key >= beyond:
                    break
                counters[AT_STREAM] += 1
            order = key & ORDER_MASK
            row = key & ROW_MASK
            phase = (key >> PHASE_AT) & PHASE_MASK
            if phase == STAGE_MOMENTS:
                reach_stage(p, row, (key >> STAGE_AT) & 15, now, order, rules, today, stages, detectors, delays,
                            reports, v, tallies.alerts, tallies.contacts, tallies.outcomes)  # fmt: skip
                continue
            alert = alerts[row]
            tier = alert[META] & 3
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
                tallies.contacts[0, tier, channel, result, 0] += 1
                tallies.contacts[0, tier, channel, result, 1] += duration
                if logging:
                    log_alert(v, rules, p, row, now, SERVICE_ENDS, FINISH_EVENT, number, CHANNEL_CODES[channel],
                              CONTACT_CODES[result], duration)  # fmt: skip
                mark = (alert[STEP] >> MARK_SHIFT) & MARK_MASK
                last = number + 1 >= rules.tries[tier, desk]
                more = channel == CALL and rules.visits_unanswered[tier] != 0
                if success:
                    stopped = persuades(p, row, channel, rules, today, people_bytes, dissuasion, v)
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
                    expect_or_expire(v, rules, midnight, row, now + wait, RETRY)
                elif more:
                    wait = escalation_wait(rules.seed, alert[IDENTITY], delays, rules.clock)
                    alert[STATE] = BETWEEN
                    alert[STEP] = VISIT
                    expect_or_expire(v, rules, midnight, row, now + wait, ESCALATION)
                else:
                    how = UNANSWERED
            elif alert[STATE] == ENDED:
                give_back_alert(v, row)
            elif phase == READS:
                kind = (key >> KIND_AT) & KIND_MASK
                if kind == READ:
                    tallies.contacts[0, tier, channel, WAS_READ, 0] += 1
                    tallies.waits[0, tier, channel, bin_of(now - alert[ISSUED])] += 1
                    if logging:
                        log_alert(v, rules, p, row, now, READS, READ_EVENT, -1, CHANNEL_CODES[channel], -1, -1)
                    alert[STATE] = BETWEEN
                    stopped = persuades(p, row, channel, rules, today, people_bytes, dissuasion, v)
                    how = REACHED
                elif kind == EXPIRY:
                    if logging:
                        log_alert(v, rules, p, row, now, READS, EXPIRY_EVENT, -1, -1, -1, -1)
                    how = EXPIRED
                elif kind == UNREAD:
                    if alert[STATE] == MESSAGE:
                        tallies.contacts[0, tier, channel, WAS_UNREAD, 0] += 1
                        alert[STATE] = BETWEEN
                    if rules.calls_unread[tier]:
                        alert[STEP] = CALL
                        join_line(v, row, now)
                    else:
                        how = UNREAD_END
                else:
                    join_line(v, row, now)
            elif alert[STATE] == UNISSUED:
                issue_alert(p, row, now, order, rules, today, people, delays, detectors, v, tallies)
            else:
                join_line(v, row, now)
            if how >= 0:
                end_alert(v, tallies.alerts, tallies.contacts, rules, p, here, row, how, phase, now, order)
                give_back_alert(v, row)
                if stopped >= 0:
                    stop_episode(p, stopped, phase, now, order, rules, today, stages, reports, v, tallies.alerts,
                                 tallies.contacts, tallies.outcomes)  # fmt: skip

        for desk in range(DESKS):
            while counters[N_LINE + desk] > 0 and counters[BUSY + desk] < counters[SEATS + desk]:
                row = v.rows[desk, 0]
                channel = CALL + desk
                if not has_room(v, logging):
                    counters[TICK] = tick
                    return False
                if alerts[row, STATE] == ENDED:
                    first(v.ranks[desk], v.rows[desk], counters[N_LINE + desk], alerts)
                    counters[N_LINE + desk] -= 1
                    give_back_alert(v, row)
                    continue
                alert = alerts[row]
                tier = alert[META] & 3
                if alert[ISSUED] + rules.deadline[tier] <= now:
                    first(v.ranks[desk], v.rows[desk], counters[N_LINE + desk], alerts)
                    counters[N_LINE + desk] -= 1
                    expire_in_line(v, tallies.alerts, tallies.contacts, rules, p, here, row, now)
                    give_back_alert(v, row)
                    continue
                number = (alert[STEP] >> TRY_SHIFT) & TRY_MASK
                success, duration = outcome(rules.seed, alert[IDENTITY], channel, number, service, rules.clock)
                end = min(now + duration, rules.end)
                if counters[N_RARE] + (end - now) // HALF_HOUR_MS + ROOM > v.rare.shape[0]:
                    counters[TICK] = tick
                    return False
                first(v.ranks[desk], v.rows[desk], counters[N_LINE + desk], alerts)
                counters[N_LINE + desk] -= 1
                change_line(v, desk, now, -1)
                counters[WAITED + desk] += now - alert[SINCE]
                counters[BUSY + desk] += 1
                counters[SERVICES_STARTED] += 1
                tallies.waits[0, tier, channel, bin_of(now - alert[SINCE])] += 1
                count_busy(v, tallies.busy, here, midnight, desk, now, end)
                alert[STATE] = SERVING
                alert[SINCE] = now
                if success:
                    alert[STEP] |= 1 << SUCCESS_SHIFT
                if logging:
                    log_alert(v, rules, p, row, now, DISPATCH, START_EVENT, number, CHANNEL_CODES[channel], -1, -1)
                order = order_of_alert(SERVICE_ENDS, channel, alert[IDENTITY], row)
                expect(v, midnight, now + duration, order, MOMENT_AT)
        tick = -1
    counters[TICK] = -1
    return True


@compiled
def close_day(p: int, rules: Rules, today: Today, v: Arrays, tallies: Tallies) -> bool:
    """End the day: alerts that expired in line leave it, victims go to the police; return whether there was room."""
    counters = v.counters
    here = today.day - rules.start
    end = (here + 1) * DAY_MS
    waiting = counters[N_LINE] + counters[N_LINE + 1]
    if counters[N_RARE] + 2 * waiting > v.rare.shape[0] or (
        rules.kept > 0 and counters[N_LOG] + 2 * (waiting + counters[N_CASES]) > v.log.shape[0]
    ):
        return False
    if counters[N_CASES] > v.filed.shape[0]:
        return False
    for desk in range(DESKS):
        count = counters[N_LINE + desk]
        counters[N_LINE + desk] = 0
        for k in range(count):
            row = v.rows[desk, k]
            rank = v.ranks[desk, k]
            if v.alerts[row, STATE] == ENDED:
                give_back_alert(v, row)
            elif v.alerts[row, ISSUED] + rules.deadline[v.alerts[row, META] & 3] < end:
                expire_in_line(v, tallies.alerts, tallies.contacts, rules, p, here, row, end)
                give_back_alert(v, row)
            else:
                join(v.ranks[desk], v.rows[desk], counters[N_LINE + desk], rank, row, v.alerts)
                counters[N_LINE + desk] += 1
    go_to_police(p, rules, today.day, v, tallies.outcomes)
    return True


@compiled
def take_heard(day: int, v: Arrays, numbers: NDArray[np.int64]) -> int:
    """Move the people who heard an alert on a day from ``heard`` to ``numbers``; return how many."""
    counters = v.counters
    kept = 0
    taken = 0
    for k in range(counters[N_HEARD]):
        entry = v.heard[k]
        if entry >> 32 == day:
            numbers[taken] = entry & 0xFFFFFFFF
            taken += 1
        else:
            v.heard[kept] = entry
            kept += 1
    counters[N_HEARD] = kept
    return taken


@compiled
def first_issue(v: Arrays, otherwise: int) -> int:
    """Return the moment at which the first of the living alerts was issued."""
    least = otherwise
    for row in range(v.alerts.shape[0]):
        state = v.alerts[row, STATE]
        if state in (MESSAGE, WAITING, SERVING, BETWEEN):
            least = min(least, v.alerts[row, ISSUED])
    return least


@compiled
def finish(p: int, rules: Rules, today: Today, v: Arrays, tallies: Tallies) -> bool:
    """Count the alerts that are alive when the run ends; return whether there was room."""
    if v.counters[N_RARE] + 2 * (v.alerts.shape[0] - v.counters[N_ALERTS_FREE]) > v.rare.shape[0]:
        return False
    here = today.day - rules.start
    for row in range(v.alerts.shape[0]):
        state = v.alerts[row, STATE]
        if state == WAITING:
            # Who still waits leaves the sums of the line as Little's law wants it: having waited until now.
            desk = (v.alerts[row, STEP] & CHANNEL_MASK) - CALL
            v.counters[WAITED + desk] += rules.end - v.alerts[row, SINCE]
        if state in (MESSAGE, WAITING, SERVING, BETWEEN):
            end_alert(v, tallies.alerts, tallies.contacts, rules, p, here, row, OPEN, ARRIVALS, rules.end, ORDER_MASK)
    for desk in range(DESKS):
        change_line(v, desk, rules.end, 0)
    return True
