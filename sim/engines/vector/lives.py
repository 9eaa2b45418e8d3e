"""The life of an alert in the loop: issue, lines and what comes next, and how it ends, counted on its day of issue."""

import numpy as np
from numpy.typing import NDArray

from sim.country.people import PeopleTables, home
from sim.days import DAY_MS
from sim.draws.compiled import compiled
from sim.draws.identity import detector_of, origin_of, person_id, stage_of
from sim.draws.record import is_kept
from sim.engines.codes import DELIVERED, EXPIRED, MOOT, OPEN, SUPERSEDED
from sim.engines.phases import ARRIVALS, DELIVERY, EXPIRY, READ, READS, UNREAD
from sim.engines.vector.events import order_of_alert
from sim.engines.vector.layout import (
    AREA,
    CHANGED,
    CHANNEL_MASK,
    ENDED,
    EPISODE,
    IDENTITY,
    ISSUED,
    ISSUED_ALERTS,
    KIND,
    LIVING,
    MARK_MASK,
    MARK_SHIFT,
    MESSAGE,
    MESSAGES,
    META,
    N_LINE,
    OVER,
    PERSON,
    RIGHT_SHIFT,
    SERVING,
    SINCE,
    STATE,
    STEP,
    TIER_MASK,
    WAITED,
    WAITING,
    WAITS_NOW,
)
from sim.engines.vector.line import join, rank_of
from sim.engines.vector.log import END_CODES, END_EVENT, EXPIRY_EVENT, ISSUE_EVENT, write
from sim.engines.vector.rules import TIERS, Rules
from sim.engines.vector.state import (
    Arrays,
    Rows,
    Tallies,
    count_alert,
    count_contact,
    day_of,
    expect,
    give_back_alert,
)
from sim.midnight.today import Today
from sim.warning.delays import APP, CALL, SMS, DelayTables, reading
from sim.warning.detectors import DetectorTables, predicted_type


@compiled
def log_alert(
    v: Arrays, rules: Rules, p: int, row: int, moment: int, phase: int, event: int, number: int, channel: int,
    result: int, value: int,
) -> None:  # fmt: skip
    """Log an event of an alert if its origin is kept; ``channel`` and ``result`` are codes of the log, or -1."""
    identity = v.alerts[row, IDENTITY]
    origin = origin_of(identity)
    if is_kept(rules.seed, origin, rules.kept):
        write(
            v.log, v.counters, moment, phase, event, p, origin, detector_of(identity),
            stage_of(identity), number, channel, v.alerts[row, META] & TIER_MASK, result, -1, value,
        )  # fmt: skip


@compiled
def end_alert(v: Arrays, tallies: Tallies, rules: Rules, p: int, here: int, row: int, how: int, phase: int, moment: int,
              order: int) -> None:  # fmt: skip
    """End an alert at a moment, in the course of an event of this ``order``; a delivered message is left behind."""
    alert = v.alerts[row]
    meta = alert[META]
    tier = meta & TIER_MASK
    identity = alert[IDENTITY]
    if alert[STATE] == MESSAGE:
        delivered = alert[SINCE]
        own = order_of_alert(READS, DELIVERY, identity, row)
        if delivered < moment or (delivered == moment and own < order):
            channel = alert[STEP] & CHANNEL_MASK
            count_contact(tallies.contacts, v.rare, v.counters, here, day_of(delivered), tier, channel, DELIVERED, 0)
        elif delivered < min(alert[ISSUED] + rules.deadline[tier], rules.end):
            # It would have been delivered, had the alert not ended first.
            v.counters[MESSAGES] -= 1
    detector = detector_of(identity)
    count_alert(tallies.alerts, v.rare, v.counters, here, alert[ISSUED], detector, meta, how)
    episode = alert[EPISODE]
    if episode >= 0 and v.episodes[episode, LIVING + tier] == row:
        v.episodes[episode, LIVING + tier] = -1
    alert[STATE] = ENDED
    if rules.kept > 0 and how != OPEN:
        log_alert(v, rules, p, row, moment, phase, END_EVENT, -1, -1, END_CODES[how], -1)


@compiled
def change_line(counters: NDArray[np.int64], desk: int, moment: int, change: int) -> None:
    """Count who waits at a desk, and the area under its line."""
    counters[AREA + desk] += counters[WAITS_NOW + desk] * (moment - counters[CHANGED + desk])
    counters[CHANGED + desk] = moment
    counters[WAITS_NOW + desk] += change


@compiled
def expire_in_line(v: Arrays, tallies: Tallies, rules: Rules, p: int, here: int, row: int, now: int) -> None:
    """End an alert whose deadline came while it waited, at that moment; it is noticed ``now``.

    Nobody looks at a line between two dispatches, so its place is given up when somebody does.
    """
    alert = v.alerts[row]
    deadline = alert[ISSUED] + rules.deadline[alert[META] & TIER_MASK]
    desk = (alert[STEP] & CHANNEL_MASK) - CALL
    change_line(v.counters, desk, now, -1)
    v.counters[AREA + desk] -= now - deadline
    v.counters[WAITED + desk] += deadline - alert[SINCE]
    if rules.kept > 0:
        log_alert(v, rules, p, row, deadline, READS, EXPIRY_EVENT, -1, -1, -1, -1)
    own = order_of_alert(READS, EXPIRY, alert[IDENTITY], row)
    end_alert(v, tallies, rules, p, here, row, EXPIRED, READS, deadline, own)


@compiled
def is_expired(alerts: NDArray[np.int64], deadlines: NDArray[np.int64], row: int, now: int, order: int) -> bool:
    """Return whether the deadline of an alert came before an event of this moment and order."""
    alert = alerts[row]
    deadline = alert[ISSUED] + deadlines[alert[META] & TIER_MASK]
    return bool(deadline < now or (deadline == now and order_of_alert(READS, EXPIRY, alert[IDENTITY], 0) < order))


@compiled
def leave(v: Arrays, tallies: Tallies, rules: Rules, p: int, here: int, row: int, how: int, phase: int, now: int,
          order: int) -> None:  # fmt: skip
    """End a living alert from outside; one that is being served is marked, and ends so if it does not reach."""
    alert = v.alerts[row]
    if alert[STATE] == SERVING:
        if (alert[STEP] >> MARK_SHIFT) & MARK_MASK == 0:
            alert[STEP] |= (how + 1) << MARK_SHIFT
        return
    if alert[STATE] == WAITING:
        if is_expired(v.alerts, rules.deadline, row, now, order):
            expire_in_line(v, tallies, rules, p, here, row, now)
            return
        desk = (alert[STEP] & CHANNEL_MASK) - CALL
        change_line(v.counters, desk, now, -1)
        v.counters[WAITED + desk] += now - alert[SINCE]
    end_alert(v, tallies, rules, p, here, row, how, phase, now, order)


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
        write(v.log, v.counters, now, ARRIVALS, ISSUE_EVENT, p, origin_of(identity), detector_of(identity),
              stage_of(identity), -1, -1, tier, -1, alert[PERSON], predicted)  # fmt: skip
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
    v.counters[MESSAGES] += now + delivery < min(deadline, rules.end)
    looked = now + delivery + delay
    given_up = now + delivery + rules.unread_wait
    if now + delivery >= deadline:
        expect(v.heap, v.later, v.counters, midnight, deadline, order_of_alert(READS, EXPIRY, identity, row))
    elif 0 <= delay <= rules.unread_wait:
        expect_or_expire(v.alerts, v.heap, v.later, v.counters, rules.deadline, midnight, row, looked, READ)
    else:
        expect_or_expire(v.alerts, v.heap, v.later, v.counters, rules.deadline, midnight, row, given_up, UNREAD)
