"""Transfers that wait: how long banks delay a payment, and whether the person cancels it meanwhile.

What happens while a transfer waits is drawn by (attempt, payment): second thoughts, the bank's call and an early
release come at the same moments whatever the wait, so a longer wait keeps all that a shorter one keeps.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.money import CENTS_PER_UNIT
from sim.base.words import DistributionKind
from sim.country.measures import Measures
from sim.draws.compiled import compiled
from sim.draws.distributions import LONGEST_MS, quantile, row, threshold, to_ticks
from sim.draws.functions import LOG_2
from sim.draws.philox import draw4, uniform52
from sim.draws.purposes import PAYMENT_CANCELLED, PAYMENT_RELEASED, PAYMENT_WAIT
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.bank_measures import BankCall, PaymentDelay, Release

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
