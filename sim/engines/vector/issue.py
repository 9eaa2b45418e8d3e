"""From what detectors found to alerts: the way down the chain, issue, and the lives that no desk will ever see.

An alert in writing to somebody who is in no episode meets nobody else: its end is known when it is issued. It never
enters the event loop unless it is given up as unread and calls follow.
"""

import numpy as np
from numpy.typing import NDArray

from sim.country.people import PeopleTables, home
from sim.days import DAY_MS
from sim.draws.compiled import compiled
from sim.draws.distributions import to_ticks
from sim.draws.identity import (
    DETECTOR_MASK,
    DETECTOR_SHIFT,
    STAGE_MASK,
    alert_id,
    origin_of,
    person_id,
)
from sim.draws.philox import draw4_many
from sim.draws.purposes import ALERT_CHAIN
from sim.engines.phases import ARRIVALS, ISSUE, READS, UNREAD
from sim.engines.vector.episodes import begin_episode
from sim.engines.vector.events import MOMENT_AT, order_of_alert
from sim.engines.vector.layout import (
    BETWEEN,
    CELL,
    INDEX,
    ISSUED_ALERTS,
    MOMENT,
    N_ALERTS_FREE,
    N_EPISODES_FREE,
    N_FOUND,
    N_HEARD,
    N_LATER,
    N_LOG,
    N_RARE,
    N_SENT,
    N_STREAM,
    NUMBER,
    ORIGIN,
    RARE_WAITS,
    REFERENCES,
    SEEN,
    STEP,
    UNISSUED,
)
from sim.engines.vector.log import (
    CHANNEL_CODES,
    END_CODES,
    END_EVENT,
    EXPIRY_EVENT,
    ISSUE_EVENT,
    READ_EVENT,
    is_kept,
    write,
)
from sim.engines.vector.outcomes import (
    DELIVERED,
    EPISODE_TRUTH,
    EXPIRED,
    OPEN,
    REACHED,
    UNREAD_END,
    WAS_READ,
    WAS_UNREAD,
)
from sim.engines.vector.rules import Rules
from sim.engines.vector.state import (
    Arrays,
    Scratch,
    Tallies,
    bin_of,
    count_alert,
    count_contact,
    day_of,
    expect_early,
    rare,
    take_alert,
)
from sim.episode.stages import EpisodeTables
from sim.midnight.today import LOST, Today
from sim.warning.delays import APP, CALL, SMS, DelayTables, drawn, reading
from sim.warning.detectors import DetectorTables, predicted_type


@compiled
def send(
    p: int,
    block: int,
    rules: Rules,
    today: Today,
    delays: DelayTables,
    stages: EpisodeTables,
    people: PeopleTables,
    v: Arrays,
    outcomes: NDArray[np.int64],
    room: Scratch,
) -> bool:
    """Send today's alerts down the chain and begin today's episodes; return whether all are done.

    An alert that would be issued after the run has ended is nobody's. Those of episodes wait in the loop, all others
    among the ``sent``.
    """
    counters = v.counters
    midnight = (today.day - rules.start) * DAY_MS
    ids, rows, tiers, chain, lanes, episode_of = room.ids, room.seen, room.tiers, room.chain, room.lanes, room.asked
    first = counters[INDEX]
    while first < counters[N_FOUND]:
        size = min(block, counters[N_FOUND] - first)
        free = min(v.stream.shape[0] - counters[N_STREAM], v.later.shape[0] - counters[N_LATER])
        if (
            counters[N_SENT] + 2 * size > v.sent.shape[0]
            or counters[N_ALERTS_FREE] < 2 * size
            or counters[N_EPISODES_FREE] < size
            or free < 3 * size
        ):
            counters[INDEX] = first
            return False
        for i in range(size):
            episode_of[i] = -1
            if (v.found[first + i, SEEN] >> 6) & 3 == EPISODE_TRUTH:
                episode_of[i] = begin_episode(p, first + i, midnight, rules, today, stages, people, v, outcomes)
        for detector in range(2):
            outage = today.outage[detector, p]
            if outage == LOST:
                continue
            count = 0
            for i in range(size):
                tier = (v.found[first + i, SEEN] >> (3 * detector)) & 7
                ids[count] = alert_id(v.found[first + i, ORIGIN], detector, 0)
                rows[count] = first + i
                tiers[count] = tier - 1
                count += tier != 0
            for k in range(count):
                chain[k] = 0.0
            for hop in range(delays.hops[detector]):
                draw4_many(rules.seed, ids, count, ALERT_CHAIN, hop, lanes)
                for k in range(count):
                    chain[k] += drawn(delays.hop, lanes[0, k], lanes[1, k])
            for k in range(count):
                row = rows[k]
                issue = max(v.found[row, MOMENT], outage) + to_ticks(chain[k], rules.clock)
                if issue >= rules.end:
                    continue
                episode = episode_of[row - first]
                truth = (v.found[row, SEEN] >> 6) & 3
                if episode >= 0:
                    alert = take_alert(v, ids[k], issue, v.found[row, NUMBER], episode, tiers[k], truth, UNISSUED)
                    v.episodes[episode, REFERENCES] += 1
                    expect_early(v, midnight, issue, order_of_alert(ARRIVALS, ISSUE, ids[k], alert), MOMENT_AT)
                else:
                    at = counters[N_SENT]
                    v.sent[at, 0] = ids[k]
                    v.sent[at, 1] = issue
                    v.sent[at, 2] = v.found[row, NUMBER]
                    v.sent[at, 3] = tiers[k] | (truth << 2) | ((v.found[row, SEEN] >> 8) << 4)
                    counters[N_SENT] = at + 1
        first += size
    counters[INDEX] = 0
    counters[N_FOUND] = 0
    return True


@compiled
def settle(
    p: int,
    rules: Rules,
    today: Today,
    delays: DelayTables,
    people: PeopleTables,
    detectors: DetectorTables,
    v: Arrays,
    tallies: Tallies,
) -> bool:
    """Issue the sent alerts whose day has come; return whether all are done, or an array must grow first.

    ``counters[INDEX]`` walks over ``sent``; those of later days are moved to its front, ``counters[CELL]`` of them.
    """
    counters = v.counters
    here = today.day - rules.start
    midnight = here * DAY_MS
    sent = v.sent
    at = counters[INDEX]
    kept = counters[CELL]
    logging = rules.kept > 0
    while at < counters[N_SENT]:
        if (
            counters[N_ALERTS_FREE] < 1
            or counters[N_STREAM] + 1 > v.stream.shape[0]
            or counters[N_LATER] + 1 > v.later.shape[0]
            or counters[N_HEARD] + 1 > v.heard.shape[0]
            or counters[N_RARE] + 4 > v.rare.shape[0]
            or (logging and counters[N_LOG] + 4 > v.log.shape[0])
        ):
            counters[INDEX] = at
            counters[CELL] = kept
            return False
        identity = sent[at, 0]
        issued = sent[at, 1]
        number = sent[at, 2]
        meaning = sent[at, 3]
        at += 1
        if issued >= midnight + DAY_MS:
            sent[kept, 0] = identity
            sent[kept, 1] = issued
            sent[kept, 2] = number
            sent[kept, 3] = meaning
            kept += 1
            continue
        counters[ISSUED_ALERTS] += 1
        tier = meaning & 3
        truth = (meaning >> 2) & 3
        detector = (identity >> DETECTOR_SHIFT) & DETECTOR_MASK
        log_it = logging and is_kept(rules.seed, origin_of(identity), rules.kept)
        if log_it:
            predicted = predicted_type(rules.seed, identity, meaning >> 4, detectors)
            write(v.log, counters, issued, ARRIVALS, ISSUE_EVENT, p, origin_of(identity), detector,
                  identity & STAGE_MASK, -1, -1, tier, -1, number, predicted)  # fmt: skip
        deadline = issued + rules.deadline[tier]
        channel = rules.first[tier]
        if channel == APP:
            _, _, online, u_app = home(rules.seed, person_id(p, number), p, people)
            if u_app >= today.app or not online:
                channel = SMS
        if channel >= CALL:
            alert = take_alert(v, identity, issued, number, -1, tier, truth, BETWEEN)
            v.alerts[alert, STEP] = channel
            expect_early(v, midnight, issued, order_of_alert(ARRIVALS, ISSUE, identity, alert), MOMENT_AT)
            continue

        delivery, delay = reading(rules.seed, identity, channel, delays, rules.clock)
        delivered = issued + delivery
        was_read = 0 <= delay <= rules.unread_wait
        looked = delivered + (delay if was_read else rules.unread_wait)
        # At the tick of the deadline a message is read before the alert expires, delivered or given up after it.
        in_time = delivered < deadline and (looked <= deadline if was_read else looked < deadline)
        last = looked if in_time else deadline
        if last >= rules.end:
            if delivered < min(deadline, rules.end):
                count_contact(v, tallies.contacts, here, day_of(delivered), tier, channel, DELIVERED, 0)
            count_alert(v, tallies.alerts, here, issued, detector, tier, truth, OPEN)
            continue
        if not in_time:
            if delivered < deadline:
                count_contact(v, tallies.contacts, here, day_of(delivered), tier, channel, DELIVERED, 0)
            count_alert(v, tallies.alerts, here, issued, detector, tier, truth, EXPIRED)
            if log_it:
                log_end(v, p, identity, tier, deadline, EXPIRED, True)
            continue
        count_contact(v, tallies.contacts, here, day_of(looked), tier, channel, WAS_READ if was_read else WAS_UNREAD, 0)
        if was_read:
            ahead = day_of(looked) - here
            code = bin_of(looked - issued)
            if ahead < tallies.waits.shape[0]:
                tallies.waits[ahead, tier, channel, code] += 1
            else:
                rare(v, RARE_WAITS, day_of(looked), tier, channel, code, 0, 1, 0)
            v.heard[counters[N_HEARD]] = ((day_of(looked) + rules.start) << 32) | number
            counters[N_HEARD] += 1
            count_alert(v, tallies.alerts, here, issued, detector, tier, truth, REACHED)
            if log_it:
                write(v.log, counters, looked, READS, READ_EVENT, p, origin_of(identity), detector,
                      identity & STAGE_MASK, -1, CHANNEL_CODES[channel], tier, -1, -1, -1)  # fmt: skip
                log_end(v, p, identity, tier, looked, REACHED, False)
        elif rules.calls_unread[tier]:
            alert = take_alert(v, identity, issued, number, -1, tier, truth, BETWEEN)
            v.alerts[alert, STEP] = CALL
            expect_early(v, midnight, looked, order_of_alert(READS, UNREAD, identity, alert), MOMENT_AT)
        else:
            count_alert(v, tallies.alerts, here, issued, detector, tier, truth, UNREAD_END)
            if log_it:
                log_end(v, p, identity, tier, looked, UNREAD_END, False)
    counters[INDEX] = 0
    counters[CELL] = 0
    counters[N_SENT] = kept
    return True


@compiled
def log_end(v: Arrays, p: int, identity: int, tier: int, moment: int, end: int, expires: bool) -> None:
    """Log the end of an alert among messages, and the expiry that was its reason."""
    detector = (identity >> DETECTOR_SHIFT) & DETECTOR_MASK
    stage = identity & STAGE_MASK
    origin = origin_of(identity)
    if expires:
        write(v.log, v.counters, moment, READS, EXPIRY_EVENT, p, origin, detector, stage, -1, -1, tier, -1, -1, -1)
    write(v.log, v.counters, moment, READS, END_EVENT, p, origin, detector, stage, -1, -1, tier, END_CODES[end], -1, -1)
