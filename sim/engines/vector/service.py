"""Services in the loop: who joins the line of a desk, whom a free seat takes, and the staff time that it costs."""

from sim.days import DAY_MS, HALF_HOUR_MS
from sim.draws.compiled import compiled, inlined
from sim.engines.phases import DISPATCH, SERVICE_ENDS
from sim.engines.vector.events import order_of_alert
from sim.engines.vector.layout import (
    BUSY,
    IDENTITY,
    ISSUED,
    META,
    N_LINE,
    N_RARE,
    RARE_HOURS,
    SERVICES_STARTED,
    SERVING,
    SINCE,
    STATE,
    STEP,
    SUCCESS_SHIFT,
    TIER_MASK,
    TRY_MASK,
    TRY_SHIFT,
    WAITED,
    WAITING,
)
from sim.engines.vector.line import first
from sim.engines.vector.lives import change_line, expire_in_line, log_alert
from sim.engines.vector.log import CHANNEL_CODES, START_EVENT
from sim.engines.vector.rules import Rules
from sim.engines.vector.state import Arrays, Rows, Tallies, day_of, expect, give_back_alert, is_full, rare
from sim.warning.delays import CALL
from sim.warning.service import ServiceTables, outcome, wait_bin


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


@inlined
def serve_next(
    p: int, desk: int, now: int, rules: Rules, here: int, service: ServiceTables, v: Arrays, tallies: Tallies
) -> bool:
    """Let a free seat take the first in line, or drop it if it has left or expired; return whether there was room.

    Made into the loop, as it happens for every service.
    """
    counters, alerts, ranks, rows = v.counters, v.alerts, v.ranks[desk], v.rows[desk]
    row = rows[0]
    alert = alerts[row]
    tier = alert[META] & TIER_MASK
    channel = CALL + desk
    waits = alert[STATE] == WAITING
    expired = waits and alert[ISSUED] + rules.deadline[tier] <= now
    number = (alert[STEP] >> TRY_SHIFT) & TRY_MASK
    success = False
    duration = 0
    if waits and not expired:
        success, duration = outcome(rules.seed, alert[IDENTITY], channel, number, service, rules.clock)
    end = min(now + duration, rules.end)
    half_hours = (end - now) // HALF_HOUR_MS
    has_room = not is_full(counters, v.most) and counters[N_RARE] + half_hours <= v.most[N_RARE]
    if has_room:
        first(ranks, rows, counters[N_LINE + desk], alerts)
        counters[N_LINE + desk] -= 1
        if expired:
            expire_in_line(v, tallies, rules, p, here, row, now)
        if expired or not waits:
            give_back_alert(alerts, v.alerts_free, v.episodes, v.episodes_free, counters, row)
        else:
            change_line(counters, desk, now, -1)
            counters[WAITED + desk] += now - alert[SINCE]
            counters[BUSY + desk] += 1
            counters[SERVICES_STARTED] += 1
            tallies.waits[0, tier, channel, wait_bin(now - alert[SINCE])] += 1
            count_busy(tallies.busy, v.rare, counters, here, desk, now, end)
            alert[STATE] = SERVING
            alert[SINCE] = now
            alert[STEP] |= success << SUCCESS_SHIFT
            if rules.kept > 0:
                log_alert(v, rules, p, row, now, DISPATCH, START_EVENT, number, CHANNEL_CODES[channel], -1, -1)
            order = order_of_alert(SERVICE_ENDS, channel, alert[IDENTITY], row)
            expect(v.heap, v.later, counters, here * DAY_MS, now + duration, order)
    return has_room
