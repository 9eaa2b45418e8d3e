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
    TIER_MASK,
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
from sim.engines.vector.state import Arrays, Rows, Tallies, bin_of, day_of, expect, give_back_alert, rare
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
def join_line(alerts: Rows, ranks: Rows, rows: Rows, counters: Rows, row: int, now: int) -> None:
    """Let an alert join the line of the desk of its channel."""
    alert = alerts[row]
    desk = (alert[STEP] & CHANNEL_MASK) - CALL
    alert[STATE] = WAITING
    alert[SINCE] = now
    rank = rank_of(alert[META] & TIER_MASK, alert[ISSUED])
    join(ranks[desk], rows[desk], counters[N_LINE + desk], rank, row, alerts)
    counters[N_LINE + desk] += 1
    change_line(counters, desk, now, 1)


@compiled
def expect_or_expire(
    alerts: Rows,
    heap: Rows,
    later: Rows,
    counters: Rows,
    deadlines: Rows,
    midnight: int,
    row: int,
    moment: int,
    kind: int,
) -> None:
    """Put the next event of an alert that nobody serves on the calendar, or its deadline if that comes before."""
    alert = alerts[row]
    deadline = alert[ISSUED] + deadlines[alert[META] & TIER_MASK]
    if moment > deadline or (moment == deadline and kind != READ):
        moment = deadline
        kind = EXPIRY
    expect(heap, later, counters, midnight, moment, order_of_alert(READS, kind, alert[IDENTITY], row))


@compiled
def count_busy(busy: Rows, spare: Rows, counters: Rows, today: int, desk: int, start: int, end: int) -> None:
    """Count staff time in the half hours that a service lasts; today in days from the start of the period."""
    while start < end:
        until = min(end, (start // HALF_HOUR_MS + 1) * HALF_HOUR_MS)
        ahead = day_of(start) - today
        half_hour = start % DAY_MS // HALF_HOUR_MS
        if ahead < busy.shape[0]:
            busy[ahead, desk, half_hour] += until - start
        else:
            rare(spare, counters, RARE_HOURS, day_of(start), desk, half_hour, 0, 0, until - start, 0)
        start = until


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
    tier = alert[META] & TIER_MASK
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
            if (
                living >= 0
                and v.alerts[living, STATE] == WAITING
                and is_expired(v.alerts, rules.deadline, living, now, order)
            ):
                expire_in_line(v, tallies, rules, p, here, living, now)
            if episode[LIVING + other] >= 0 and other <= tier:
                end = SUPERSEDED
    if end >= 0:
        end_alert(v, tallies, rules, p, here, row, end, ARRIVALS, now, order)
        give_back_alert(v.alerts, v.alerts_free, v.episodes, v.episodes_free, v.counters, row)
        return
    for other in range(tier + 1, TIERS):
        living = episode[LIVING + other]
        if living >= 0:
            leave(v, tallies, rules, p, here, living, SUPERSEDED, ARRIVALS, now, order)
    episode[LIVING + tier] = row

    channel = rules.first[tier]
    if channel == APP:
        _, _, online, u_app = home(rules.seed, person_id(p, alert[PERSON]), p, people)
        if u_app >= today.app or not online:
            channel = SMS
    alert[STEP] = channel
    if channel >= CALL:
        join_line(v.alerts, v.ranks, v.rows, v.counters, row, now)
        return
    delivery, delay = reading(rules.seed, identity, channel, delays, rules.clock)
    alert[STATE] = MESSAGE
    alert[SINCE] = now + delivery
    deadline = now + rules.deadline[tier]
    looked = now + delivery + delay
    given_up = now + delivery + rules.unread_wait
    if now + delivery >= deadline:
        expect(v.heap, v.later, v.counters, midnight, deadline, order_of_alert(READS, EXPIRY, identity, row))
    elif 0 <= delay <= rules.unread_wait:
        expect_or_expire(v.alerts, v.heap, v.later, v.counters, rules.deadline, midnight, row, looked, READ)
    else:
        expect_or_expire(v.alerts, v.heap, v.later, v.counters, rules.deadline, midnight, row, given_up, UNREAD)


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
    heap, stream, later, spare, counters = v.heap, v.stream, v.later, v.rare, v.counters
    ranks, rows, heard = v.ranks, v.rows, v.heard
    contacts, waits = tallies.contacts, tallies.waits
    here = today.day - rules.start
    midnight = here * DAY_MS
    logging = rules.kept > 0
    most_heap = heap.shape[0] - ROOM
    most_later = later.shape[0] - ROOM
    most_heard = heard.shape[0] - ROOM
    most_line = rows.shape[1] - ROOM
    most_rare = spare.shape[0] - ROOM
    most_victims = v.victims.shape[0] - ROOM
    most_cases = v.cases.shape[0] - ROOM
    most_log = v.log.shape[0] - 2 * ROOM if logging else 1 << 62
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
            if (
                counters[N_ALERTS_FREE] < ROOM
                or counters[N_HEAP] > most_heap
                or counters[N_LATER] > most_later
                or counters[N_HEARD] > most_heard
                or counters[N_LINE] > most_line
                or counters[N_LINE + 1] > most_line
                or counters[N_RARE] > most_rare
                or counters[N_VICTIMS] > most_victims
                or counters[N_CASES] > most_cases
                or counters[N_LOG] > most_log
            ):
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
                reach_stage(p, row, (key >> STAGE_AT) & 15, now, order, rules, today, stages, detectors, delays,
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
                    waits[0, tier, channel, bin_of(now - alert[ISSUED])] += 1
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
                heard[counters[N_HEARD]] = (today.day << 32) | person
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
                    stop_episode(p, stopped, phase, now, order, rules, today, stages, reports, v, tallies)  # fmt: skip

        for desk in range(DESKS):
            while counters[N_LINE + desk] > 0 and counters[BUSY + desk] < counters[SEATS + desk]:
                row = rows[desk, 0]
                channel = CALL + desk
                if counters[N_HEAP] > most_heap or counters[N_LATER] > most_later or counters[N_LOG] > most_log:
                    counters[TICK] = tick
                    return False
                if alerts[row, STATE] == ENDED:
                    first(ranks[desk], rows[desk], counters[N_LINE + desk], alerts)
                    counters[N_LINE + desk] -= 1
                    give_back_alert(alerts, free, episodes, episodes_free, counters, row)
                    continue
                alert = alerts[row]
                tier = alert[META] & TIER_MASK
                if alert[ISSUED] + rules.deadline[tier] <= now:
                    first(ranks[desk], rows[desk], counters[N_LINE + desk], alerts)
                    counters[N_LINE + desk] -= 1
                    expire_in_line(v, tallies, rules, p, here, row, now)
                    give_back_alert(alerts, free, episodes, episodes_free, counters, row)
                    continue
                number = (alert[STEP] >> TRY_SHIFT) & TRY_MASK
                success, duration = outcome(rules.seed, alert[IDENTITY], channel, number, service, rules.clock)
                end = min(now + duration, rules.end)
                if counters[N_RARE] + (end - now) // HALF_HOUR_MS + ROOM > spare.shape[0]:
                    counters[TICK] = tick
                    return False
                first(ranks[desk], rows[desk], counters[N_LINE + desk], alerts)
                counters[N_LINE + desk] -= 1
                change_line(counters, desk, now, -1)
                counters[WAITED + desk] += now - alert[SINCE]
                counters[BUSY + desk] += 1
                counters[SERVICES_STARTED] += 1
                waits[0, tier, channel, bin_of(now - alert[SINCE])] += 1
                count_busy(tallies.busy, spare, counters, here, desk, now, end)
                alert[STATE] = SERVING
                alert[SINCE] = now
                if success:
                    alert[STEP] |= 1 << SUCCESS_SHIFT
                if logging:
                    log_alert(v, rules, p, row, now, DISPATCH, START_EVENT, number, CHANNEL_CODES[channel], -1, -1)
                order = order_of_alert(SERVICE_ENDS, channel, alert[IDENTITY], row)
                expect(heap, later, counters, midnight, now + duration, order)
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
                give_back_alert(v.alerts, v.alerts_free, v.episodes, v.episodes_free, v.counters, row)
            elif v.alerts[row, ISSUED] + rules.deadline[v.alerts[row, META] & 3] < end:
                expire_in_line(v, tallies, rules, p, here, row, end)
                give_back_alert(v.alerts, v.alerts_free, v.episodes, v.episodes_free, v.counters, row)
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
            end_alert(v, tallies, rules, p, here, row, OPEN, ARRIVALS, rules.end, ORDER_MASK)
    for desk in range(DESKS):
        change_line(v.counters, desk, rules.end, 0)
    return True
