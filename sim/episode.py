"""Stages of an episode: contact, engaged, site or app opened, then each payment.

Delays and dropping out are drawn by (attempt, stage), so that a warning which ends an episode does not change what
would have followed without it.

Transfers that wait: how long banks delay a payment, and whether the person cancels it meanwhile.

What happens while a transfer waits is drawn by (attempt, payment): second thoughts, the bank's call and an early
release come at the same moments whatever the wait, so a longer wait keeps all that a shorter one keeps.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import CENTS_PER_UNIT
from sim.base.words import DistributionKind
from sim.country.calendar import Measures
from sim.draws.compiled import compiled, inlined
from sim.draws.distributions import LONGEST_MS, cumulative_thresholds, pick, quantile, row, threshold, to_ticks
from sim.draws.functions import LOG_2, exp, normal_quantile
from sim.draws.philox import draw4, uniform52
from sim.draws.purposes import EPISODE_LOSS, EPISODE_STAGE, PAYMENT_CANCELLED, PAYMENT_RELEASED, PAYMENT_WAIT
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.fraud import MAX_PAYMENTS
from sim.scenario.schema.measures import BankCall, PaymentDelay, Release

CONTACT, ENGAGED_STAGE, OPENED, FIRST_PAYMENT = range(4)
STEPS = ("engaged", "opened", "first_payment", "later_payment")
CENTS = 100


class EpisodeTables(NamedTuple):
    """Properties of the episodes of each fraud type.

    By type and step (engaged, opened, first payment, later payment), (T, 4): ``delay_kind``, ``delay_a``, ``delay_b``
    in ms, ``dropout`` as thresholds. By type: ``payments`` (T, 8) cumulative thresholds of the number of payments,
    ``growth`` (T,) of each payment over the one before; of the total loss in cents, (T, 2), usual and in the tail,
    ``median`` and ``sigma``, and ``tail`` (T,) the threshold of the tail.
    """

    delay_kind: NDArray[np.int64]
    delay_a: NDArray[np.float64]
    delay_b: NDArray[np.float64]
    dropout: NDArray[np.int64]
    payments: NDArray[np.int64]
    growth: NDArray[np.float64]
    median: NDArray[np.float64]
    sigma: NDArray[np.float64]
    tail: NDArray[np.int64]


def episode_tables(spec: ScenarioModel) -> EpisodeTables:
    """Return the tables of a scenario."""
    kinds = spec.fraud.kinds()
    delays = [[getattr(kind.delays, step) for step in STEPS] for kind in kinds]
    losses = [(kind.loss, kind.loss.tail or kind.loss) for kind in kinds]
    return EpisodeTables(
        delay_kind=np.array([[d.kind for d in row] for row in delays], dtype=np.int64),
        delay_a=np.array([[d.a for d in row] for row in delays]),
        delay_b=np.array([[d.b for d in row] for row in delays]),
        dropout=np.array(
            [[threshold(getattr(kind.dropout, step)) for step in STEPS] for kind in kinds], dtype=np.int64
        ),
        payments=np.array(
            [cumulative_thresholds(kind.payments + [0.0] * (MAX_PAYMENTS - len(kind.payments))) for kind in kinds],
            dtype=np.int64,
        ),
        growth=np.array([kind.payment_growth for kind in kinds]),
        median=np.array([[part.median * CENTS for part in pair] for pair in losses]),
        sigma=np.array([[part.sigma for part in pair] for pair in losses]),
        tail=np.array([threshold(kind.loss.tail.share if kind.loss.tail else 0.0) for kind in kinds], dtype=np.int64),
    )


@inlined
def step_to(stage: int) -> int:
    """Return the position in ``STEPS`` of the step to a stage; all payments after the first share one."""
    return min(stage, FIRST_PAYMENT + 1) - 1


@inlined
def drops_out(u: int, stage: int, fraud_type: int, tables: EpisodeTables) -> bool:
    """Return whether a person drops out before a stage, by the uniform of the stage."""
    return bool(u < tables.dropout[fraud_type, step_to(stage)])


@compiled
def next_stage(
    seed: int, attempt: int, stage: int, fraud_type: int, tables: EpisodeTables, clock: int
) -> tuple[int, bool, int]:
    """Return (delay in ms from the stage before, whether the person drops out instead, uniform of a bank hold)."""
    high, low, u_dropout, u_hold = draw4(seed, attempt, EPISODE_STAGE, stage)
    step = step_to(stage)
    kind = tables.delay_kind[fraud_type, step]
    delay = quantile(kind, tables.delay_a[fraud_type, step], tables.delay_b[fraud_type, step], uniform52(high, low))
    return to_ticks(delay, clock), drops_out(u_dropout, stage, fraud_type, tables), u_hold


@compiled
def scheduled(seed: int, attempt: int, fraud_type: int, loss_factor: float, tables: EpisodeTables) -> tuple[int, int]:
    """Return (number of payments, total in cents) of the episode if nothing ends it.

    The schema refuses losses that may exceed 10^15 cents, below which doubles are exact to the cent.
    """
    high, low, u_payments, u_tail = draw4(seed, attempt, EPISODE_LOSS, 0)
    which = int(u_tail < tables.tail[fraud_type])
    spread = exp(tables.sigma[fraud_type, which] * normal_quantile(uniform52(high, low)))
    total = tables.median[fraud_type, which] * loss_factor * spread
    return pick(u_payments, tables.payments[fraud_type]) + 1, int(max(total, 1.0))


@compiled
def paid_before(total: int, payment: int, payments: int, growth: float) -> int:
    """Return the cents of the first ``payment`` of ``payments`` that rise by ``growth`` and add up to ``total``."""
    if payment >= payments:
        return total
    before = 0.0
    whole = 0.0
    size = 1.0
    for k in range(payments):
        if k < payment:
            before += size
        whole += size
        size *= growth
    return int(total * (before / whole))


@compiled
def payable(seed: int, attempt: int, stage: int, payments: int, fraud_type: int, tables: EpisodeTables) -> int:
    """Return how many of all scheduled payments the person would have reached from ``stage`` on, unwarned.

    Walks through the stages that have not happened yet until the first at which the person drops out.
    """
    for later in range(stage, FIRST_PAYMENT + payments):
        _, _, u_dropout, _ = draw4(seed, attempt, EPISODE_STAGE, later)
        if drops_out(u_dropout, later, fraud_type, tables):
            return max(0, later - FIRST_PAYMENT)
    return payments


@compiled
def would_pay(seed: int, attempt: int, come_to: int, held: int) -> bool:
    """Return whether a person stopped before any payment would have become a victim unwarned.

    The first payment, if they would have reached it, is held or made by the uniform that would have decided it.

    Args:
        seed: Of the run.
        attempt: Identity of the attempt.
        come_to: How many payments they would have reached, see ``payable``.
        held: Threshold below which a uniform means that a bank holds a payment, on the day of the stop.
    """
    _, _, _, u_hold = draw4(seed, attempt, EPISODE_STAGE, FIRST_PAYMENT)
    return bool(come_to > 0 and u_hold >= held)


ABOVE, FIRST_ONLY, YOUNGEST, OLDEST, WAIT, CALLS, STOPS, RELEASES = range(8)
THOUGHTS, CALL, RELEASE = range(3)


class WaitTables(NamedTuple):
    """The measures that delay payments, in the order of their names: two arrays, which kernels pass on quickly.

    Attributes:
        rules: (M, 8) cents that a transfer must exceed; 1 if only the first payment of an episode is delayed; youngest
            and oldest age in years; ms that a transfer waits, 0 for a measure that delays nothing; thresholds of a call
            by the bank, of a call that makes the person cancel, and of an early release.
        moments: (M, 3, 3) (kind, a, b) of the ms from the order until the person thinks again, the bank calls, and the
            bank releases the transfer.
    """

    rules: NDArray[np.int64]
    moments: NDArray[np.float64]


def wait_tables(spec: ScenarioModel) -> WaitTables:
    """Return the tables of a scenario."""
    delays = Measures(dict(spec.measures)).all(PaymentDelay)
    rules = [
        (
            round((one.above or 0.0) * CENTS_PER_UNIT),
            one.payee == "new",
            *one.years,
            to_ticks(float(one.wait), spec.clock) if one.wait else 0,
            threshold(one.bank_call.share) if one.bank_call else 0,
            threshold(one.bank_call.stops) if one.bank_call else 0,
            threshold(one.release.share) if one.release else 0,
        )
        for one in delays
    ]
    moments = [(_thoughts(one), _moment(one.bank_call), _moment(one.release)) for one in delays]
    return WaitTables(
        rules=np.array(rules, dtype=np.int64).reshape(len(delays), 8),
        moments=np.array(moments, dtype=np.float64).reshape(len(delays), 3, 3),
    )


def _thoughts(delay: PaymentDelay) -> tuple[float, float, float]:
    if delay.second_thoughts is None:
        return float(DistributionKind.CONSTANT), float(LONGEST_MS), 0.0
    return float(DistributionKind.EXPONENTIAL), delay.second_thoughts / LOG_2, 0.0


def _moment(event: BankCall | Release | None) -> list[float]:
    """Return (kind, a, b) of the ms after the order; zeros for what does not happen."""
    return row(event.after if event else None)


@compiled
def waits(
    seed: int,
    attempt: int,
    payment: int,
    cents: int,
    age: int,
    delayed: NDArray[np.int64],
    tables: WaitTables,
    clock: int,
) -> tuple[int, bool]:
    """Return what becomes of a transfer that has been ordered: (ms from order to end, whether the person cancels then).

    0 ms if nothing delays it. It is paid when the last of the measures that delay it releases it; the first moment at
    which the person cancels under any of them, if that is earlier, ends the episode.

    Args:
        seed: Of the run.
        attempt: Identity of the attempt.
        payment: Number of the payment, from 0.
        cents: Its amount.
        age: Of the person, in years.
        delayed: (M,) thresholds of the share of transfers that each measure delays on the day of the order.
        tables: The measures.
        clock: Ms of a tick.
    """
    u_caught, u_call, u_stops, u_release = draw4(seed, attempt, PAYMENT_WAIT, payment)
    thought_high, thought_low, call_high, call_low = draw4(seed, attempt, PAYMENT_CANCELLED, payment)
    release_high, release_low, _, _ = draw4(seed, attempt, PAYMENT_RELEASED, payment)
    thought, called = uniform52(thought_high, thought_low), uniform52(call_high, call_low)
    let_go = uniform52(release_high, release_low)
    paid = 0
    cancelled = LONGEST_MS
    for m in range(len(delayed)):
        rules, moments = tables.rules[m], tables.moments[m]
        caught = u_caught < delayed[m] and cents > rules[ABOVE] and (payment == 0 or rules[FIRST_ONLY] == 0)
        if caught and rules[WAIT] > 0 and rules[YOUNGEST] <= age <= rules[OLDEST]:
            until = int(rules[WAIT])
            if u_release < rules[RELEASES]:
                until = min(until, _ticks(moments[RELEASE], let_go, clock))
            paid = max(paid, until)
            cancelled = min(cancelled, _ticks(moments[THOUGHTS], thought, clock))
            if u_call < rules[CALLS] and u_stops < rules[STOPS]:
                cancelled = min(cancelled, _ticks(moments[CALL], called, clock))
    if cancelled < paid:
        return cancelled, True
    return paid, False


@compiled
def _ticks(distribution: NDArray[np.float64], u: float, clock: int) -> int:
    """Return the ms that a uniform draws from a row (kind, a, b)."""
    return to_ticks(quantile(int(distribution[0]), distribution[1], distribution[2], u), clock)
