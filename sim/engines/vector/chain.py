"""From findings to alerts: begin episodes, and send the alerts of a day down the chain of instruction."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.words import End, Stage, Truth
from sim.draws.compiled import internal, part_of_caller, wide
from sim.draws.identity import alert_id
from sim.draws.many import quantiles, round_to_ticks
from sim.draws.philox import draw4_many
from sim.draws.purposes import ALERT_CHAIN
from sim.engines.phases import ArrivalStep, Phase
from sim.engines.vector.episodes import begin_episode, join_episode, rule_for
from sim.engines.vector.events import order_of_alert
from sim.engines.vector.inputs import ProvinceDay, RunTables
from sim.engines.vector.records import DETECTORS, NONE, Integers, Record, Records
from sim.engines.vector.state import Arrays, delay_or_score, expect_early, raise_alert, take_alert
from sim.midnight.today import LOST
from sim.warning.delays import chain_delay
from sim.warning.detectors import NO_ALERT
from sim.warning.signs import repeats, weigh


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
        draw4_many(rules.seed, room.identities, count, ALERT_CHAIN, hop, room.lanes)
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
