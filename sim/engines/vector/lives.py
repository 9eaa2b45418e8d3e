"""How the life of an alert in the loop ends: counted on its day of issue, told to its episode, logged."""

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import compiled
from sim.draws.identity import DETECTOR_MASK, DETECTOR_SHIFT, STAGE_MASK, origin_of
from sim.engines.phases import DELIVERY, EXPIRY, READS
from sim.engines.vector.events import order_of_alert
from sim.engines.vector.layout import (
    AREA,
    CHANGED,
    CHANNEL_MASK,
    ENDED,
    EPISODE,
    IDENTITY,
    ISSUED,
    LIVING,
    MARK_MASK,
    MARK_SHIFT,
    MESSAGE,
    META,
    SERVING,
    SINCE,
    STATE,
    STEP,
    TIER_MASK,
    WAITED,
    WAITING,
    WAITS_NOW,
)
from sim.engines.vector.log import END_CODES, END_EVENT, EXPIRY_EVENT, is_kept, write
from sim.engines.vector.outcomes import DELIVERED, EXPIRED, OPEN
from sim.engines.vector.rules import Rules
from sim.engines.vector.state import Arrays, Tallies, count_alert, count_contact, day_of
from sim.warning.delays import CALL


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
            v.log, v.counters, moment, phase, event, p, origin, (identity >> DETECTOR_SHIFT) & DETECTOR_MASK,
            identity & STAGE_MASK, number, channel, v.alerts[row, META] & 3, result, -1, value,
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
    detector = (identity >> DETECTOR_SHIFT) & DETECTOR_MASK
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
