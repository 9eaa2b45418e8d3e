"""From what detectors found to alerts: the way down the chain, issue, and the lives that no desk will ever see.

An alert in writing to somebody who is in no episode meets nobody else: its end is known when it is issued. It never
enters the event loop unless it is given up as unread and calls follow.
"""

import numpy as np
from numpy.typing import NDArray

from sim.country.people import PeopleTables
from sim.days import DAY_MS
from sim.draws.compiled import compiled
from sim.draws.distributions import pick, to_ticks
from sim.draws.identity import PERSON_BITS, alert_id, detector_of, origin_of, person_id, stage_of
from sim.draws.many import quantiles
from sim.draws.philox import draw4_many
from sim.draws.purposes import ALERT_CHAIN, ALERT_READ_DELAY, ALERT_READING, PERSON_HOME
from sim.draws.record import is_kept
from sim.engines.codes import (
    DELIVERED,
    EPISODE_TRUTH,
    EXPIRED,
    OPEN,
    REACHED,
    UNREAD_END,
    WAS_READ,
    WAS_UNREAD,
)
from sim.engines.phases import ARRIVALS, ISSUE, READS, UNREAD
from sim.engines.vector.episodes import begin_episode
from sim.engines.vector.events import order_of_alert
from sim.engines.vector.layout import (
    BETWEEN,
    CELL,
    FOUND_TRUTH_SHIFT,
    FOUND_TYPE_SHIFT,
    INDEX,
    ISSUED_ALERTS,
    MESSAGES,
    META_MASK,
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
    RAISED_BITS,
    RAISED_MASK,
    RARE_WAITS,
    REFERENCES,
    SEEN,
    SENT_COLUMNS,
    STEP,
    TIER_MASK,
    TRUTH_MASK,
    TRUTH_SHIFT,
    TYPE_SHIFT,
    UNISSUED,
)
from sim.engines.vector.log import (
    CHANNEL_CODES,
    END_CODES,
    END_EVENT,
    EXPIRY_EVENT,
    ISSUE_EVENT,
    READ_EVENT,
    write,
)
from sim.engines.vector.rules import Rules
from sim.engines.vector.state import (
    Arrays,
    Scratch,
    Tallies,
    count_alert,
    count_contact,
    day_of,
    expect_early,
    rare,
    take_alert,
)
from sim.episode.stages import EpisodeTables
from sim.midnight.today import LOST, Today
from sim.warning.delays import APP, CALL, SMS, DelayTables
from sim.warning.detectors import DetectorTables, predicted_type
from sim.warning.service import wait_bin


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
            if (v.found[first + i, SEEN] >> FOUND_TRUTH_SHIFT) & TRUTH_MASK == EPISODE_TRUTH:
                episode_of[i] = begin_episode(p, first + i, midnight, rules, today, stages, people, v, outcomes)
        for detector in range(2):
            outage = today.outage[detector, p]
            if outage == LOST:
                continue
            count = 0
            for i in range(size):
                tier = (v.found[first + i, SEEN] >> (RAISED_BITS * detector)) & RAISED_MASK
                ids[count] = alert_id(v.found[first + i, ORIGIN], detector, 0)
                rows[count] = first + i
                tiers[count] = tier - 1
                count += tier != 0
            for k in range(count):
                chain[k] = 0.0
            for hop in range(delays.hops[detector]):
                draw4_many(rules.seed, ids, count, ALERT_CHAIN, hop, lanes)
                quantiles_of(delays.hop, lanes, count, room.waits, room)
                for k in range(count):
                    chain[k] += room.waits[k]
            for k in range(count):
                row = rows[k]
                issue = max(v.found[row, MOMENT], outage) + to_ticks(chain[k], rules.clock)
                if issue >= rules.end:
                    continue
                episode = episode_of[row - first]
                truth = (v.found[row, SEEN] >> FOUND_TRUTH_SHIFT) & TRUTH_MASK
                if episode >= 0:
                    alert = take_alert(
                        v.alerts, v.alerts_free, counters, ids[k], issue, v.found[row, NUMBER], episode,
                        tiers[k] | (truth << TRUTH_SHIFT), UNISSUED,
                    )  # fmt: skip
                    v.episodes[episode, REFERENCES] += 1
                    order = order_of_alert(ARRIVALS, ISSUE, ids[k], alert)
                    expect_early(v.stream, v.later, counters, midnight, issue, order)
                else:
                    at = counters[N_SENT]
                    v.sent[at, 0] = ids[k]
                    v.sent[at, 1] = issue
                    v.sent[at, 2] = v.found[row, NUMBER]
                    v.sent[at, 3] = (
                        tiers[k] | (truth << TRUTH_SHIFT) | ((v.found[row, SEEN] >> FOUND_TYPE_SHIFT) << TYPE_SHIFT)
                    )
                    counters[N_SENT] = at + 1
        first += size
    counters[INDEX] = 0
    counters[N_FOUND] = 0
    return True


@compiled
def quantiles_of(
    distribution: NDArray[np.float64], lanes: NDArray[np.uint32], count: int, out: NDArray[np.float64], room: Scratch
) -> None:
    """Fill ``out`` with the ms that the first two lanes draw from a row (kind, a, b), as ``delays.drawn``."""
    quantiles(int(distribution[0]), distribution[1], distribution[2], lanes, count, out, room.outside, room.tails)


@compiled
def settle(
    p: int,
    block: int,
    rules: Rules,
    today: Today,
    delays: DelayTables,
    people: PeopleTables,
    detectors: DetectorTables,
    v: Arrays,
    tallies: Tallies,
    room: Scratch,
) -> bool:
    """Issue the sent alerts whose day has come; return whether all are done, or an array must grow first.

    ``counters[INDEX]`` walks over ``sent``; those of later days are moved to its front, ``counters[CELL]`` of them.
    """
    counters = v.counters
    here = today.day - rules.start
    end_of_day = (here + 1) * DAY_MS
    sent = v.sent
    while counters[INDEX] < counters[N_SENT]:
        if (
            counters[N_ALERTS_FREE] < block
            or counters[N_STREAM] + block > v.stream.shape[0]
            or counters[N_LATER] + block > v.later.shape[0]
            or counters[N_HEARD] + block > v.heard.shape[0]
            or counters[N_RARE] + 3 * block > v.rare.shape[0]
            or (rules.kept > 0 and counters[N_LOG] + 4 * block > v.log.shape[0])
        ):
            return False
        at = counters[INDEX]
        kept = counters[CELL]
        count = 0
        while at < counters[N_SENT] and count < block:
            if sent[at, 1] < end_of_day:
                room.ids[count] = sent[at, 0]
                room.places[count] = sent[at, 1]
                room.reached[count] = sent[at, 2]
                room.asked[count] = sent[at, 3]
                room.tiers[count] = rules.first[sent[at, 3] & TIER_MASK]
                count += 1
            else:
                for column in range(SENT_COLUMNS):
                    sent[kept, column] = sent[at, column]
                kept += 1
            at += 1
        counters[INDEX] = at
        counters[CELL] = kept
        prefer_sms(p, count, rules, today, people, room)
        write_to(APP, count, rules, delays, room)
        write_to(SMS, count, rules, delays, room)
        issue_all(p, count, rules, here, detectors, v, tallies, room)
    counters[N_SENT] = counters[CELL]
    counters[INDEX] = 0
    counters[CELL] = 0
    return True


@compiled
def prefer_sms(p: int, count: int, rules: Rules, today: Today, people: PeopleTables, room: Scratch) -> None:
    """Send an SMS to those who would be told by the app and do not have it today."""
    asked = 0
    for k in range(count):
        room.seen[asked] = k
        room.persons[asked] = person_id(p, room.reached[k])
        asked += room.tiers[k] == APP
    draw4_many(rules.seed, room.persons, asked, PERSON_HOME, 0, room.lanes)
    for q in range(asked):
        age = pick(room.lanes[0, q], people.age[p])
        urban = (room.lanes[1, q] < people.urban[p]) * 1
        online = room.lanes[2, q] < people.internet[p, urban, people.band[age]]
        has_app = online & (room.lanes[3, q] < today.app)
        room.tiers[room.seen[q]] = SMS - has_app * (SMS - APP)


@compiled
def write_to(channel: int, count: int, rules: Rules, delays: DelayTables, room: Scratch) -> None:
    """Draw delivery and reading of the messages of a channel, in ms: as ``delays.reading``, -1 for never read."""
    written = 0
    for k in range(count):
        room.seen[written] = k
        room.traced[written] = room.ids[k]
        written += room.tiers[k] == channel
    draw4_many(rules.seed, room.traced, written, ALERT_READING, channel, room.lanes)
    quantiles_of(delays.delivery[channel], room.lanes, written, room.waits, room)
    read = 0
    for m in range(written):
        k = room.seen[m]
        room.fates[k] = to_ticks(room.waits[m], rules.clock)
        room.by_index[k] = -1
        room.doubtful[read] = k
        room.persons[read] = room.ids[k]
        read += room.lanes[2, m] < delays.read[channel]
    draw4_many(rules.seed, room.persons, read, ALERT_READ_DELAY, channel, room.lanes)
    quantiles_of(delays.read_delay[channel], room.lanes, read, room.waits, room)
    for m in range(read):
        room.by_index[room.doubtful[m]] = to_ticks(room.waits[m], rules.clock)


@compiled
def issue_all(
    p: int, count: int, rules: Rules, here: int, detectors: DetectorTables, v: Arrays, tallies: Tallies, room: Scratch
) -> None:
    """Issue the alerts of a block, none about an episode: settle their whole lives, or let them wait for a desk."""
    alerts, free, counters, stream, later, spare = v.alerts, v.alerts_free, v.counters, v.stream, v.later, v.rare
    midnight = here * DAY_MS
    counters[ISSUED_ALERTS] += count
    for k in range(count):
        identity = room.ids[k]
        issued = room.places[k]
        number = room.reached[k]
        meta = room.asked[k] & META_MASK
        channel = room.tiers[k]
        tier = meta & TIER_MASK
        detector = detector_of(identity)
        log_it = rules.kept > 0 and is_kept(rules.seed, origin_of(identity), rules.kept)
        if log_it:
            predicted = predicted_type(rules.seed, identity, room.asked[k] >> TYPE_SHIFT, detectors)
            write(v.log, counters, issued, ARRIVALS, ISSUE_EVENT, p, origin_of(identity), detector,
                  stage_of(identity), -1, -1, tier, -1, number, predicted)  # fmt: skip
        if channel >= CALL:
            alert = take_alert(alerts, free, counters, identity, issued, number, -1, meta, BETWEEN)
            alerts[alert, STEP] = channel
            expect_early(stream, later, counters, midnight, issued, order_of_alert(ARRIVALS, ISSUE, identity, alert))
            continue
        deadline = issued + rules.deadline[tier]
        delivered = issued + room.fates[k]
        counters[MESSAGES] += delivered < min(deadline, rules.end)
        delay = room.by_index[k]
        was_read = 0 <= delay <= rules.unread_wait
        looked = delivered + (delay if was_read else rules.unread_wait)
        # At the tick of the deadline a message is read before the alert expires, delivered or given up after it.
        in_time = delivered < deadline and (looked <= deadline if was_read else looked < deadline)
        last = looked if in_time else deadline
        end = EXPIRED
        if not in_time or last >= rules.end:
            if delivered < min(deadline, rules.end):
                day = day_of(delivered)
                count_contact(tallies.contacts, spare, counters, here, day, tier, channel, DELIVERED, 0)
            if last >= rules.end:
                end = OPEN
        else:
            day = day_of(looked)
            result = WAS_READ if was_read else WAS_UNREAD
            count_contact(tallies.contacts, spare, counters, here, day, tier, channel, result, 0)
            if not was_read and rules.calls_unread[tier]:
                alert = take_alert(alerts, free, counters, identity, issued, number, -1, meta, BETWEEN)
                alerts[alert, STEP] = CALL
                expect_early(stream, later, counters, midnight, looked, order_of_alert(READS, UNREAD, identity, alert))
                continue
            end = REACHED if was_read else UNREAD_END
            if was_read:
                code = wait_bin(looked - issued)
                if day - here < tallies.waits.shape[0]:
                    tallies.waits[day - here, tier, channel, code] += 1
                else:
                    rare(spare, counters, RARE_WAITS, day, tier, channel, code, 0, 1, 0)
                v.heard[counters[N_HEARD]] = ((day + rules.start) << PERSON_BITS) | number
                counters[N_HEARD] += 1
                if log_it:
                    write(v.log, counters, looked, READS, READ_EVENT, p, origin_of(identity), detector,
                          stage_of(identity), -1, CHANNEL_CODES[channel], tier, -1, -1, -1)  # fmt: skip
        count_alert(tallies.alerts, spare, counters, here, issued, detector, meta, end)
        if log_it and end != OPEN:
            log_end(v, p, identity, tier, last, end)


@compiled
def log_end(v: Arrays, p: int, identity: int, tier: int, moment: int, end: int) -> None:
    """Log the end of an alert among messages, and the expiry where that was the reason."""
    detector = detector_of(identity)
    stage = stage_of(identity)
    origin = origin_of(identity)
    if end == EXPIRED:
        write(v.log, v.counters, moment, READS, EXPIRY_EVENT, p, origin, detector, stage, -1, -1, tier, -1, -1, -1)
    write(v.log, v.counters, moment, READS, END_EVENT, p, origin, detector, stage, -1, -1, tier, END_CODES[end], -1, -1)
