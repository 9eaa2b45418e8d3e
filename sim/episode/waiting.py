"""Transfers that wait: how long banks delay a payment, and whether the person cancels it meanwhile.

What happens while a transfer waits is drawn by (attempt, payment): second thoughts, the bank's call and an early
release come at the same moments whatever the wait, so a longer wait keeps all that a shorter one keeps.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.money import CENTS_PER_UNIT
from sim.base.words import DistributionKind
from sim.country.measures import Measures
from sim.draws.compiled import compiled
from sim.draws.distributions import LONGEST_MS, quantile, threshold, to_ticks
from sim.draws.functions import LOG_2
from sim.draws.philox import draw4, uniform52
from sim.draws.purposes import PAYMENT_CANCELLED, PAYMENT_RELEASED, PAYMENT_WAIT
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.measures import BankCall, PaymentDelay, Release


class WaitTables(NamedTuple):
    """The measures that delay payments, in the order of their names; (M,) each unless stated.

    Attributes:
        above: Cents that a transfer must exceed to be delayed.
        first_only: 1 if only the first payment of an episode is delayed, else 0.
        ages: (M, 2) youngest and oldest age in years.
        wait: Ms that a transfer waits; 0 for a measure that delays nothing.
        thoughts: Mean ms until the person thinks again; 0 for never.
        calls: Thresholds of a call by the bank.
        call: (M, 3) (kind, a, b) of the ms until the call.
        stops: Thresholds of a call that makes the person cancel.
        releases: Thresholds of an early release.
        release: (M, 3) (kind, a, b) of the ms until the release.
    """

    above: NDArray[np.int64]
    first_only: NDArray[np.int64]
    ages: NDArray[np.int64]
    wait: NDArray[np.int64]
    thoughts: NDArray[np.float64]
    calls: NDArray[np.int64]
    call: NDArray[np.float64]
    stops: NDArray[np.int64]
    releases: NDArray[np.int64]
    release: NDArray[np.float64]


def wait_tables(spec: ScenarioModel) -> WaitTables:
    """Return the tables of a scenario."""
    delays = Measures(dict(spec.measures)).all(PaymentDelay)
    calls, releases = [one.bank_call for one in delays], [one.release for one in delays]
    return WaitTables(
        above=_integers([round((one.above or 0.0) * CENTS_PER_UNIT) for one in delays]),
        first_only=_integers([one.payee == "new" for one in delays]),
        ages=_integers([one.years for one in delays]).reshape(len(delays), 2),
        wait=_integers([to_ticks(float(one.wait), spec.clock) if one.wait else 0 for one in delays]),
        thoughts=np.array([(one.second_thoughts or 0) / LOG_2 for one in delays]),
        calls=_shares(calls),
        call=_moments(calls),
        stops=_integers([threshold(one.stops) if one else 0 for one in calls]),
        releases=_shares(releases),
        release=_moments(releases),
    )


def _integers(values: Sequence[object]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def _shares(events: Sequence[BankCall | Release | None]) -> NDArray[np.int64]:
    return _integers([threshold(one.share) if one else 0 for one in events])


def _moments(events: Sequence[BankCall | Release | None]) -> NDArray[np.float64]:
    """Return (kind, a, b) of the ms after the order, (M, 3); zeros for what does not happen."""
    rows = [(one.after.kind, one.after.a, one.after.b) if one else (0, 0, 0) for one in events]
    return np.array(rows, dtype=np.float64).reshape(len(events), 3)


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
        caught = u_caught < delayed[m] and cents > tables.above[m] and (payment == 0 or tables.first_only[m] == 0)
        if caught and tables.wait[m] > 0 and tables.ages[m, 0] <= age <= tables.ages[m, 1]:
            until = int(tables.wait[m])
            if u_release < tables.releases[m]:
                until = min(until, _ticks(tables.release[m], let_go, clock))
            paid = max(paid, until)
            if tables.thoughts[m] > 0.0:
                after = quantile(DistributionKind.EXPONENTIAL, tables.thoughts[m], 0.0, thought)
                cancelled = min(cancelled, to_ticks(after, clock))
            if u_call < tables.calls[m] and u_stops < tables.stops[m]:
                cancelled = min(cancelled, _ticks(tables.call[m], called, clock))
    if cancelled < paid:
        return cancelled, True
    return paid, False


@compiled
def _ticks(distribution: NDArray[np.float64], u: float, clock: int) -> int:
    """Return the ms that a uniform draws from a row (kind, a, b)."""
    return to_ticks(quantile(int(distribution[0]), distribution[1], distribution[2], u), clock)
