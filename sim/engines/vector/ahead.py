"""Tries drawn ahead, many at once: whether they succeed, how long they take, and the wait after failed ones.

Draws belong to identities, so their time and order change nothing, and a loop over many costs a fifth of single calls.
Tries that are not drawn ahead are drawn when needed, by the same functions of ``sim.warning``.
"""

from sim.base.words import ContactChannel, DistributionKind
from sim.draws.compiled import internal
from sim.draws.distributions import quantile
from sim.draws.functions import exp_of_moderate, log_of_normal
from sim.draws.many import STEEPEST, normal_scores, round_to_ticks, uniform_at
from sim.draws.philox import draw4_each
from sim.draws.purposes import CONTACT_TRY, CONTACT_WAIT, TRIES_A_CHANNEL
from sim.engines.vector.chain import AlertScratch
from sim.engines.vector.inputs import RunTables
from sim.engines.vector.queue import desk_of
from sim.engines.vector.records import LONGEST_AHEAD, NONE, AlertState, Record, Records
from sim.engines.vector.rules import Rules
from sim.warning.delays import AGAIN, ESCALATION
from sim.warning.service import case_of, is_warned


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
        room.numbers[count] = alert.channel * TRIES_A_CHANNEL + alert.number
        # The row of an ended alert may hold another one by now, which is drawn instead if useful.
        is_next = alert.service == NONE and (alert.state == AlertState.BETWEEN or alert.state == AlertState.WAITING)
        count += is_next
    counters.pending = 0
    draw4_each(rules.seed, room.identities, room.numbers, count, CONTACT_TRY, room.lanes)
    for k in range(count):
        desk = desk_of(room.numbers[k] // TRIES_A_CHANNEL)
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
    draw4_each(rules.seed, room.identities, room.numbers, waiting, CONTACT_WAIT, room.lanes)
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
