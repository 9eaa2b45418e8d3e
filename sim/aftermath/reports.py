"""Reports of victims, recovery by stop-payment orders, and the filing of the case."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.bins import REPORT_DELAYS_MS
from sim.base.money import CENTS_PER_UNIT
from sim.draws.compiled import compiled
from sim.draws.distributions import row, threshold, to_ticks
from sim.draws.functions import left_after
from sim.draws.philox import draw4
from sim.draws.purposes import ACCOUNT_FOUND, FILING, REPORT, WITHDRAWAL
from sim.scenario.schema import ScenarioModel
from sim.warning.delays import drawn


class ReportTables(NamedTuple):
    """Properties of the reports, stop-payment orders and filings of a scenario.

    Attributes:
        reports: Thresholds of reporting at all, (2,): of victims whom no warning reached, and of others.
        delay: (kind, a, b) of the ms from the end of an episode to the report.
        filing: (kind, a, b) of the ms from the report to the filing.
        share: Recovered share of a payment that an order reaches at once.
        half_life: Ms after which that share has halved.
        processing: (kind, a, b) of the ms from the report until the order reaches the bank.
        is_processed: Whether orders take that time.
        has_accounts: Whether money is in reach until it is withdrawn, in place of the half-life.
        withdrawal: (2, 3) (kind, a, b) of the ms from a payment until its money is out of reach: usually, and late.
        late: Threshold of leaving late.
    """

    reports: NDArray[np.int64]
    delay: NDArray[np.float64]
    filing: NDArray[np.float64]
    share: float
    half_life: float
    processing: NDArray[np.float64]
    is_processed: bool
    has_accounts: bool
    withdrawal: NDArray[np.float64]
    late: int


def report_tables(spec: ScenarioModel) -> ReportTables:
    """Return the tables of a scenario."""
    aftermath, accounts = spec.aftermath, spec.accounts
    processing = aftermath.stop_payment.processing
    own, warned = aftermath.report.probability, aftermath.report.after_warning
    late = None if accounts is None else accounts.late
    return ReportTables(
        reports=np.array([threshold(own), threshold(own if warned is None else warned)], dtype=np.int64),
        delay=np.array(row(aftermath.report.delay)),
        filing=np.array(row(aftermath.filing.delay)),
        share=aftermath.stop_payment.share,
        half_life=float(aftermath.stop_payment.half_life or 0),
        processing=np.array(row(processing)),
        is_processed=processing is not None,
        has_accounts=accounts is not None,
        withdrawal=np.array([row(accounts.withdrawal_delay if accounts else None), row(late.delay if late else None)]),
        late=0 if late is None else threshold(late.share),
    )


@compiled
def report_delay(seed: int, attempt: int, warned: bool, tables: ReportTables, clock: int) -> int:
    """Return the ms from the end of an episode to the victim's report, -1 if they do not report.

    ``warned`` says whether a warning reached the victim before.
    """
    u, high, low, _ = draw4(seed, attempt, REPORT, 0)
    if u >= tables.reports[int(warned)]:
        return -1
    return to_ticks(drawn(tables.delay, high, low), clock)


@compiled
def filing_delay(seed: int, attempt: int, tables: ReportTables, clock: int) -> int:
    """Return the ms from the report to the filing of the case."""
    high, low, _, _ = draw4(seed, attempt, FILING, 0)
    return to_ticks(drawn(tables.filing, high, low), clock)


@compiled
def order_delay(seed: int, attempt: int, tables: ReportTables, clock: int) -> int:
    """Return the ms from the report until the stop-payment order reaches the bank."""
    if not tables.is_processed:
        return 0
    _, _, high, low = draw4(seed, attempt, FILING, 0)
    return to_ticks(drawn(tables.processing, high, low), clock)


@compiled
def recovered(
    payment: tuple[int, int, int, int],
    elapsed: int,
    reach: float,
    searches: NDArray[np.float64],
    tables: ReportTables,
    clock: int,
) -> int:
    """Return the cents of a payment that come back to a victim who reports, rounded down.

    Args:
        payment: Seed, attempt, number of the payment, cents.
        elapsed: Ms from the payment until the stop-payment order reaches the bank.
        reach: Factor of the time that money stays within reach, on the day of the report.
        searches: (M, 4) how M measures find accounts on that day, see ``sim.aftermath.accounts``.
        tables: Of the scenario.
        clock: Ms of a tick.

    Returns:
        All cents if a search finds the account before the money leaves; else the share that an order recovers.
    """
    seed, attempt, number, cents = payment
    if not tables.has_accounts:
        return int(cents * (tables.share * left_after(elapsed, tables.half_life * reach)))
    high, low, u_late, _ = draw4(seed, attempt, WITHDRAWAL, number)
    stays = to_ticks(drawn(tables.withdrawal[1 if u_late < tables.late else 0], high, low) * reach, clock)
    if len(searches):
        u_found, high, low, _ = draw4(seed, attempt, ACCOUNT_FOUND, number)
        for search in searches:
            if u_found < search[0] and to_ticks(drawn(search[1:], high, low), clock) < stays:
                return cents
    return int(cents * tables.share) if elapsed < stays else 0


@compiled
def delay_bin(delay: int) -> int:
    """Return the code of the bin of a report delay in ms: the first whose edge it does not exceed, else the last."""
    code = 0
    for edge in REPORT_DELAYS_MS:
        if delay > edge:
            code += 1
    return code


@compiled
def loss_bin(cents: int) -> int:
    """Return the code of the bin of a loss: the least b >= 0 with ``cents <= 100 * 2**b``."""
    edge = CENTS_PER_UNIT
    code = 0
    while edge < cents:
        edge <<= 1
        code += 1
    return code
