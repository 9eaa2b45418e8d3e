"""Reports of victims, recovery by stop-payment orders, and the filing of the case."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.bins import REPORT_DELAYS_MS
from sim.base.money import CENTS_PER_UNIT
from sim.draws.compiled import compiled
from sim.draws.distributions import threshold, to_ticks
from sim.draws.functions import left_after
from sim.draws.philox import draw4
from sim.draws.purposes import FILING, REPORT
from sim.scenario.schema import ScenarioModel
from sim.warning.delays import drawn, row


class ReportTables(NamedTuple):
    """Properties of the reports, stop-payment orders and filings of a scenario.

    Attributes:
        reports: Threshold of reporting at all.
        delay: (kind, a, b) of the ms from the end of an episode to the report.
        filing: (kind, a, b) of the ms from the report to the filing.
        share: Recovered share of a payment that is reported at once.
        half_life: Ms after which that share has halved.
    """

    reports: int
    delay: NDArray[np.float64]
    filing: NDArray[np.float64]
    share: float
    half_life: float


def report_tables(spec: ScenarioModel) -> ReportTables:
    """Return the tables of a scenario."""
    aftermath = spec.aftermath
    return ReportTables(
        reports=threshold(aftermath.report.probability),
        delay=np.array(row(aftermath.report.delay)),
        filing=np.array(row(aftermath.filing.delay)),
        share=aftermath.stop_payment.share,
        half_life=float(aftermath.stop_payment.half_life),
    )


@compiled
def report_delay(seed: int, attempt: int, tables: ReportTables, clock: int) -> int:
    """Return the ms from the end of an episode to the victim's report, -1 if they do not report."""
    u, high, low, _ = draw4(seed, attempt, REPORT, 0)
    if u >= tables.reports:
        return -1
    return to_ticks(drawn(tables.delay, high, low), clock)


@compiled
def filing_delay(seed: int, attempt: int, tables: ReportTables, clock: int) -> int:
    """Return the ms from the report to the filing of the case."""
    high, low, _, _ = draw4(seed, attempt, FILING, 0)
    return to_ticks(drawn(tables.filing, high, low), clock)


@compiled
def recovered(cents: int, elapsed: int, reach: float, tables: ReportTables) -> int:
    """Return the cents of a payment that a stop-payment order recovers, rounded down.

    ``elapsed`` is in ms from the payment to the report; ``reach`` multiplies the half-life on the day of the report.
    """
    return int(cents * (tables.share * left_after(elapsed, tables.half_life * reach)))


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
