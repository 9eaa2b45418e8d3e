"""From findings to alerts: down the chain of instruction, drawn ahead, issued in blocks.

From findings to alerts: begin episodes, and send the alerts of a day down the chain of instruction.

Tries drawn ahead, many at once: whether they succeed, how long they take, and the wait after failed ones.

Draws belong to identities, so their time and order change nothing, and a loop over many costs a fifth of single calls.
Tries that are not drawn ahead are drawn when needed, by the same functions of ``sim.warning``.

The issue of alerts that concern no episode, in whole blocks.

Only time ends a message of such an alert, so its whole life is settled when it is issued. The alert enters the event
loop only if a call or a visit is next.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS
from sim.base.words import ContactChannel, DistributionKind, End, Stage, Truth
from sim.country.people import has_app
from sim.draws import purposes
from sim.draws.compiled import internal, part_of_caller, prefetch, wide
from sim.draws.distributions import STEEPEST, normal_scores, pick, quantile, quantiles, round_to_ticks, uniform_at
from sim.draws.functions import exp_of_moderate, log_of_normal
from sim.draws.identity import alert_id, person_id
from sim.draws.philox import draw4_each, draw4_many
from sim.engines.tables import AlertStep, ArrivalStep, Phase
from sim.engines.vector.alerts import desk_of, end_message, end_track, send_message
from sim.engines.vector.cells import AMBIGUOUS, TOP_SHIFT
from sim.engines.vector.day import begin_day
from sim.engines.vector.episodes import begin_episode, join_episode, rule_for
from sim.engines.vector.records import (
    DETECTORS,
    LONGEST_AHEAD,
    NONE,
    AlertState,
    Integers,
    Now,
    ProvinceDay,
    Record,
    Records,
    Rules,
    RunTables,
    issued,
    order_at_row,
    order_of_alert,
)
from sim.engines.vector.state import (
    Arrays,
    Tallies,
    day_of,
    delay_or_score,
    expect_early,
    is_logged,
    log_issue,
    note_warned,
    raise_alert,
    take_alert,
)
from sim.midnight.today import LOST
from sim.warning.detectors import NO_ALERT, predicted_type, repeats, weigh
from sim.warning.service import AGAIN, ESCALATION, DelayTables, case_of, chain_delay, is_warned


class AlertScratch(NamedTuple):
    """Scratch arrays for a block of alerts, (block,) each and ``lanes`` (4, block), so that kernels allocate nothing.

    ``rows`` of alerts; ``positions`` in the block and ``identities`` of those that draw, their ``lanes``, and the ms
    that they ``drew``, with ``outside`` and ``tails`` for quantiles. For tries drawn ahead: rows of alerts that are
    ``pending``, ``numbers`` of their draws, ``kinds``, ``a`` and ``b`` of the distributions. On the way down the chain:
    rows of the ``episodes`` that findings began, ms that alerts have to ``wait`` (2, block) for signs, 0 without any,
    and ms that the ``chain`` takes. In writing: ms of ``delivery`` and of the ``delay`` until a message is read, -1 for
    never.
    """

    rows: Integers
    positions: Integers
    identities: Integers
    pending: Integers
    numbers: Integers
    lanes: NDArray[np.uint32]
    drew: NDArray[np.float64]
    outside: Integers
    tails: NDArray[np.float64]
    kinds: Integers
    a: NDArray[np.float64]
    b: NDArray[np.float64]
    episodes: Integers
    wait: Integers
    chain: NDArray[np.float64]
    delivery: Integers
    delay: Integers


def alert_scratch(block: int) -> AlertScratch:
    """Return scratch arrays for a block of alerts."""

    def integers() -> Integers:
        return np.empty(block, dtype=np.int64)

    def reals() -> NDArray[np.float64]:
        return np.empty(block, dtype=np.float64)

    return AlertScratch(
        rows=integers(),
        positions=integers(),
        identities=integers(),
        pending=integers(),
        numbers=integers(),
        lanes=np.empty((4, block), dtype=wide(np.uint32)),
        drew=reals(),
        outside=integers(),
        tails=reals(),
        kinds=integers(),
        a=reals(),
        b=reals(),
        episodes=integers(),
        wait=np.zeros((DETECTORS, block), dtype=np.int64),
        chain=reals(),
        delivery=integers(),
        delay=integers(),
    )


@internal
def draw_ms(distribution: NDArray[np.float64], count: int, room: AlertScratch) -> None:
    """Draw ms from a row (kind, a, b) with the first two lanes of ``count`` alerts, as ``delays.drawn`` does."""
    quantiles(
        int(distribution[0]), distribution[1], distribution[2], room.lanes, count, room.drew, room.outside, room.tails
    )


@part_of_caller
def send(block: int, run: RunTables, day: ProvinceDay, arrays: Arrays, outcomes: Integers, room: AlertScratch) -> bool:
    """Return whether all episodes of the day's findings have begun and all their alerts been sent down the chain.

    If not, an array must grow first. An alert that would be issued after the end of the run is discarded. Alerts of
    episodes wait in the event loop, all others in ``sent``. ``block`` findings are handled together.
    """
    counters = arrays.counters[0]
    while counters.index < counters.found:
        size = min(block, counters.found - counters.index)
        events = min(len(arrays.stream) - counters.stream, len(arrays.later) - counters.later)
        if (
            counters.sent + DETECTORS * size > len(arrays.sent)
            or counters.alerts_free < DETECTORS * size
            or counters.episodes_free < size
            or events <= (1 + DETECTORS) * size
        ):
            return False
        findings = arrays.found[counters.index : counters.index + size]
        for k in range(size):
            room.episodes[k] = NONE
            if findings[k].truth == Truth.EPISODE:
                room.episodes[k] = begin_episode(findings[k], run, day, arrays, outcomes)
        if len(run.signs.lifts) > 0:
            weigh_all(findings, run, day, room)
        for detector in range(DETECTORS):
            if day.outage[detector] != LOST:
                send_from(detector, findings, run, day, arrays, room)
        counters.index += size
        if counters.index == counters.found:
            counters.index = 0
            counters.found = 0
    return True


@part_of_caller
def weigh_all(findings: Records, run: RunTables, day: ProvinceDay, room: AlertScratch) -> None:
    """Give the alerts on a block of findings their tiers by signs, and find the ms that they wait for these."""
    rules = run.rules
    for k in range(len(findings)):
        finding = findings[k]
        for detector in range(DETECTORS):
            identity = alert_id(finding.origin, detector, Stage.CONTACT)
            by_score = finding.tiers[detector]
            tier, wait = weigh(
                rules.seed, identity, finding.truth, finding.kind, by_score, run.signs, day.known, rules.clock
            )
            finding.tiers[detector] = tier
            room.wait[detector, k] = wait


@part_of_caller
def repeats_other(
    detector: int, moment: int, finding: Record, wait: Integers, run: RunTables, day: ProvinceDay
) -> bool:
    """Return whether an alert about a contact, issued at a moment, does not ring because the other detector's does.

    ``wait`` (2,) ms for signs, by detector.
    """
    rules, other = run.rules, 1 - detector
    if rules.quiet == 0 or finding.tiers[other] == NO_ALERT or day.outage[other] == LOST:
        return False
    identity = alert_id(finding.origin, other, Stage.CONTACT)
    first = max(finding.moment + wait[other], day.outage[other])
    first += chain_delay(rules.seed, identity, other, run.delays, rules.clock)
    return repeats(finding.tiers[detector], moment, finding.tiers[other], first, other < detector, rules.quiet)


@part_of_caller
def send_from(
    detector: int, findings: Records, run: RunTables, day: ProvinceDay, arrays: Arrays, room: AlertScratch
) -> None:
    """Send the alerts that a detector raises on a block of findings."""
    rules, counters = run.rules, arrays.counters[0]
    count = 0
    for k in range(len(findings)):
        room.positions[count] = k
        room.identities[count] = alert_id(findings[k].origin, detector, Stage.CONTACT)
        count += findings[k].tiers[detector] != NO_ALERT
    for k in range(count):
        room.chain[k] = 0.0
    for hop in range(run.delays.hops[detector]):
        draw4_many(rules.seed, room.identities, count, purposes.ALERT_CHAIN, hop, room.lanes)
        draw_ms(run.delays.hop, count, room)
        for k in range(count):
            room.chain[k] += room.drew[k]
    round_to_ticks(room.chain, count, rules.clock)
    for k in range(count):
        finding = findings[room.positions[k]]
        delay = int(room.chain[k])
        issued = max(finding.moment + room.wait[detector, room.positions[k]], day.outage[detector]) + delay
        if issued < rules.end:
            rule = rule_for(finding.tiers[detector], finding.person, run, day)
            deadline = issued + rules.deadline[rule]
            kept = delay_or_score(room.identities[k], delay, finding.truth, run, day.data_sharing)
            if room.episodes[room.positions[k]] != NONE:
                alert = arrays.alerts[take_alert(arrays.alerts, arrays.alerts_free, counters)]
                raise_alert(alert, room.identities[k], deadline, finding.person, rule, kept)
                join_episode(alert, arrays.episodes[room.episodes[room.positions[k]]])
                order = order_of_alert(Phase.ARRIVALS, ArrivalStep.ISSUE, alert)
                expect_early(arrays.stream, arrays.later, counters, day.midnight, issued, order)
            else:
                alert = arrays.sent[counters.sent]
                alert.row = 0  # of no alert yet, but part of an event's order
                raise_alert(alert, room.identities[k], deadline, finding.person, rule, kept)
                alert.truth = finding.truth
                alert.kind = finding.kind
                if repeats_other(detector, issued, finding, room.wait[:, room.positions[k]], run, day):
                    alert.marked = End.SUPERSEDED
                counters.sent += 1


@internal
def is_last_try(alert: Record, rules: Rules) -> bool:
    """Return whether an alert has no further try by its present channel."""
    return bool(alert.number % AGAIN + 1 >= rules.tries[alert.rule, desk_of(alert.channel)])


@internal
def is_visited_next(alert: Record, rules: Rules) -> bool:
    """Return whether a visit follows the last call of an alert if that fails."""
    return bool(alert.channel == ContactChannel.CALL and rules.visits_unanswered[alert.rule] != 0)


@internal
def draw_ahead(run: RunTables, alerts: Records, counters: Record, room: AlertScratch) -> None:
    """Draw the next try of each pending alert, and the wait that follows if it fails."""
    rules, service, delays, rows = run.rules, run.service, run.delays, room.pending
    count = 0
    for k in range(counters.pending):
        alert = alerts[rows[k]]
        rows[count] = rows[k]
        room.identities[count] = alert.identity
        room.numbers[count] = alert.channel * purposes.TRIES_A_CHANNEL + alert.number
        # The row of an ended alert may hold another one by now, which is drawn instead if useful.
        is_next = alert.service == NONE and (alert.state == AlertState.BETWEEN or alert.state == AlertState.WAITING)
        count += is_next
    counters.pending = 0
    draw4_each(rules.seed, room.identities, room.numbers, count, purposes.CONTACT_TRY, room.lanes)
    for k in range(count):
        desk = desk_of(room.numbers[k] // purposes.TRIES_A_CHANNEL)
        case = case_of(room.lanes[0, k], room.lanes[1, k], desk, service)
        room.positions[k] = case
        room.kinds[k] = int(service.durations[desk, case, 0])
        room.a[k] = service.durations[desk, case, 1]
        room.b[k] = service.durations[desk, case, 2]
        room.lanes[0, k] = room.lanes[2, k]
        room.lanes[1, k] = room.lanes[3, k]
    draw_each(count, rules.clock, room)
    waiting = 0
    for k in range(count):
        alert = alerts[rows[k]]
        alert.case = room.positions[k]
        # A visit with a way is drawn when it begins.
        has_way = service.has_way and alert.channel == ContactChannel.VISIT
        alert.service = NONE if has_way else room.delay[k]
        is_last = is_last_try(alert, rules)
        rows[waiting] = rows[k]
        room.identities[waiting] = room.identities[k]
        room.numbers[waiting] = ESCALATION if is_last else room.numbers[k]
        drawn = delays.escalation if is_last else delays.retry[alert.rule, desk_of(alert.channel)]
        room.kinds[waiting] = int(drawn[0])
        room.a[waiting] = drawn[1]
        room.b[waiting] = drawn[2]
        waiting += (not is_warned(alert.case, alert.channel)) & ((not is_last) | is_visited_next(alert, rules))
    draw4_each(rules.seed, room.identities, room.numbers, waiting, purposes.CONTACT_WAIT, room.lanes)
    draw_each(waiting, rules.clock, room)
    for k in range(waiting):
        alerts[rows[k]].wait = room.delay[k]


@internal
def draw_each(count: int, clock: int, room: AlertScratch) -> None:
    """Draw ms with the first two lanes of ``count`` alerts, each from its own distribution, as ``delays.drawn``."""
    is_lognormal = True
    is_exponential = True
    for k in range(count):
        is_lognormal &= (room.kinds[k] == DistributionKind.LOGNORMAL) & (abs(room.b[k]) <= STEEPEST)
        is_exponential &= room.kinds[k] == DistributionKind.EXPONENTIAL
    if is_lognormal:
        normal_scores(room.lanes, count, room.drew, room.outside, room.tails)
        for k in range(count):
            room.drew[k] = room.a[k] * exp_of_moderate(room.b[k] * room.drew[k])
    elif is_exponential:
        for k in range(count):
            room.drew[k] = -room.a[k] * log_of_normal(1.0 - uniform_at(room.lanes, k), 0)
    else:
        for k in range(count):
            room.drew[k] = quantile(room.kinds[k], room.a[k], room.b[k], uniform_at(room.lanes, k))
    round_to_ticks(room.drew, count, clock)
    for k in range(count):
        ms = int(room.drew[k])
        room.delay[k] = ms if ms <= LONGEST_AHEAD else NONE


ROWS_AHEAD: Final = 8
"""Free rows between the one taken and the one prefetched."""


@internal
def warn(
    block: int,
    run: RunTables,
    day: ProvinceDay,
    bands: NDArray[np.uint8],
    arrays: Arrays,
    tallies: Tallies,
    room: AlertScratch,
) -> bool:
    """Return whether all alerts on the day's findings are sent, and those due today issued; if not, an array must grow.

    Three steps in one call: passing all arrays to a kernel takes longer than some days have work for it. ``block``
    findings or alerts are handled together; ``bands`` (4096,) is the guide to the age bands of the province.
    """
    return (
        begin_day(day.midnight, arrays)
        and send(block, run, day, arrays, tallies.outcomes, room)
        and issue_sent(block, run, day, bands, arrays, tallies, room)
    )


@part_of_caller
def issue_sent(
    block: int,
    run: RunTables,
    day: ProvinceDay,
    bands: NDArray[np.uint8],
    arrays: Arrays,
    tallies: Tallies,
    room: AlertScratch,
) -> bool:
    """Return whether all alerts sent whose day has come are issued; if not, an array must grow first.

    Alerts of later days move to the front of ``sent``; ``counters.kept`` counts them so far. Arguments are as for
    ``warn``.
    """
    rules, counters = run.rules, arrays.counters[0]
    while counters.index < counters.sent:
        if (
            counters.alerts_free < block
            or counters.stream + block >= len(arrays.stream)
            or counters.later + block > len(arrays.later)
            or counters.warned + block > len(arrays.warned)
            or counters.overflow + 3 * block > len(arrays.overflow)
            or (rules.kept > 0 and counters.log + 4 * block > len(arrays.log))
        ):
            return False
        last = min(counters.index + block, counters.sent)
        count = 0
        for k in range(counters.index, last):
            room.rows[count] = k
            count += issued(arrays.sent[k], rules) < day.midnight + DAY_MS
        choose_channels(count, run, day, bands, arrays.sent, room)
        draw_reading(ContactChannel.APP, count, rules, run.delays, arrays.sent, room)
        draw_reading(ContactChannel.SMS, count, rules, run.delays, arrays.sent, room)
        issue_block(count, run, day, arrays, tallies, room)
        for k in range(counters.index, last):
            if issued(arrays.sent[k], rules) >= day.midnight + DAY_MS:
                arrays.sent[counters.kept] = arrays.sent[k]
                counters.kept += 1
        counters.index = last
    counters.sent = counters.kept
    counters.index = 0
    counters.kept = 0
    return True


@internal
def choose_channels(
    count: int, run: RunTables, day: ProvinceDay, bands: NDArray[np.uint8], alerts: Records, room: AlertScratch
) -> None:
    """Choose the first channel of ``count`` alerts: as their tier says, but an SMS for people without the app today.

    If a tier begins with several channels it is the last of them, a desk's, and the event loop starts them all.
    """
    people, province = run.people, day.province
    asked = 0
    for k in range(count):
        alert = alerts[room.rows[k]]
        channel = run.rules.first[alert.rule, run.rules.tracks[alert.rule] - 1]
        is_asked = channel == ContactChannel.APP
        room.positions[asked] = k
        room.identities[asked] = person_id(province, alert.person)
        asked += is_asked
        alert.channel = ContactChannel.SMS if is_asked else channel
    draw4_many(run.rules.seed, room.identities, asked, purposes.PERSON_HOME, 0, room.lanes)
    # Having the app does not depend on other traits, so it is tested first.
    left = 0
    for q in range(asked):
        room.outside[left] = q
        left += room.lanes[3, q] < day.app
    for m in range(left):
        q = room.outside[m]
        band = int(bands[room.lanes[0, q] >> TOP_SHIFT])
        if band == AMBIGUOUS:
            band = people.band[pick(room.lanes[0, q], people.age[province])]
        urban = (room.lanes[1, q] < people.urban[province]) * 1
        online = room.lanes[2, q] < people.internet[province, urban, band]
        if has_app(online, room.lanes[3, q], day.app):
            alerts[room.rows[room.positions[q]]].channel = ContactChannel.APP


@internal
def draw_reading(
    channel: int, count: int, rules: Rules, delays: DelayTables, alerts: Records, room: AlertScratch
) -> None:
    """Draw delivery and reading of those alerts that go out by a channel, as ``delays.reading`` does."""
    sent = 0
    for k in range(count):
        alert = alerts[room.rows[k]]
        room.positions[sent] = k
        room.identities[sent] = alert.identity
        sent += alert.channel == channel
    draw4_many(rules.seed, room.identities, sent, purposes.ALERT_READING, channel, room.lanes)
    draw_ms(delays.delivery[channel], sent, room)
    round_to_ticks(room.drew, sent, rules.clock)
    read = 0
    for q in range(sent):
        k = room.positions[q]
        room.delivery[k] = int(room.drew[q])
        room.delay[k] = NONE
        # Alerts that are read move to the front, which is not read again.
        room.positions[read] = k
        room.identities[read] = room.identities[q]
        read += room.lanes[2, q] < delays.read[channel]
    draw4_many(rules.seed, room.identities, read, purposes.ALERT_READ_DELAY, channel, room.lanes)
    draw_ms(delays.read_delay[channel], read, room)
    round_to_ticks(room.drew, read, rules.clock)
    for q in range(read):
        room.delay[room.positions[q]] = int(room.drew[q])


@part_of_caller
def issue_block(
    count: int, run: RunTables, day: ProvinceDay, arrays: Arrays, tallies: Tallies, room: AlertScratch
) -> None:
    """Issue ``count`` alerts: first those that are called or visited, then those whose message is settled at once.

    If a call or a visit follows, the event loop takes over from there.
    """
    rules, counters = run.rules, arrays.counters[0]
    counters.issued += count
    if rules.kept > 0:
        for k in range(count):
            alert = arrays.sent[room.rows[k]]
            if is_logged(alert.identity, rules):
                predicted = predicted_type(rules.seed, alert.identity, alert.kind, run.detectors)
                log_issue(alert, issued(alert, rules), predicted, day.province, arrays.log, counters)
    counters.pending = 0
    written = 0
    called = 0
    for k in range(count):
        room.positions[written] = k
        room.outside[called] = k
        alert = arrays.sent[room.rows[k]]
        is_called = alert.channel >= ContactChannel.CALL
        rings = alert.marked == NONE
        called += is_called and rings
        written += not is_called and rings
    if written + called < count:
        end_repeats(count, rules, day, arrays, tallies, room)
    for q in range(called):
        alert = arrays.sent[room.rows[room.outside[q]]]
        enter_loop(alert, issued(alert, rules), Phase.ARRIVALS, ArrivalStep.ISSUE, rules, day.midnight, arrays, room)
    for q in range(written):
        k = room.positions[q]
        settle_message(arrays.sent[room.rows[k]], room.delivery[k], room.delay[k], rules, day, arrays, tallies, room)
    draw_ahead(run, arrays.alerts, counters, room)


@internal
def end_repeats(
    count: int, rules: Rules, day: ProvinceDay, arrays: Arrays, tallies: Tallies, room: AlertScratch
) -> None:
    """End those of ``count`` alerts that do not ring because the other detector's alert about the contact does."""
    for k in range(count):
        alert = arrays.sent[room.rows[k]]
        if alert.marked != NONE:
            order = order_of_alert(Phase.ARRIVALS, ArrivalStep.ISSUE, alert)
            end_track(alert, alert.marked, Now(issued(alert, rules), order), rules, day, arrays, tallies)


@part_of_caller
def settle_message(
    alert: Record,
    delivery: int,
    delay: int,
    rules: Rules,
    day: ProvinceDay,
    arrays: Arrays,
    tallies: Tallies,
    room: AlertScratch,
) -> None:
    """Settle the message of an alert; if it is given up and a call follows, the event loop takes over."""
    counters = arrays.counters[0]
    message = send_message(alert, delivery, delay, rules, counters)
    end: int = End.OPEN
    if message.moment < rules.end:
        end = end_message(alert, message.step, message.moment, rules, day, arrays, tallies)
    if end == NONE:
        enter_loop(alert, message.moment, Phase.READS, AlertStep.UNREAD, rules, day.midnight, arrays, room)
    else:
        if end == End.REACHED:
            warned = day.number + day_of(message.moment) - day.offset
            note_warned(alert.person, warned, arrays.warned, counters)
        order = order_of_alert(Phase.READS, message.step, alert)
        now = Now(min(message.moment, rules.end), order)
        end_track(alert, end, now, rules, day, arrays, tallies)


@part_of_caller
def enter_loop(
    sent: Record, moment: int, phase: int, step: int, rules: Rules, midnight: int, arrays: Arrays, room: AlertScratch
) -> None:
    """Move an alert into the event loop, where it joins a queue or its tracks begin."""
    counters = arrays.counters[0]
    row = take_alert(arrays.alerts, arrays.alerts_free, counters)
    prefetch(arrays.alerts, arrays.alerts_free[max(0, counters.alerts_free - ROWS_AHEAD)])
    alert = arrays.alerts[row]
    raise_alert(alert, sent.identity, sent.deadline, sent.person, sent.rule, sent.delay_or_score)
    alert.truth = sent.truth
    alert.kind = sent.kind
    alert.channel = sent.channel
    if rules.tracks[sent.rule] == 1:
        alert.state = AlertState.BETWEEN
        room.pending[counters.pending] = row
        counters.pending += 1
    expect_early(arrays.stream, arrays.later, counters, midnight, moment, order_at_row(phase, step, sent.identity, row))
