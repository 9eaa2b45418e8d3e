"""Legitimate transfers that banks delay or stop by mistake: counted at the midnight of each day."""

import numpy as np
from numpy.typing import NDArray

from sim.country.people import OLDEST
from sim.country.transfers import falsely_held, senders, share_met
from sim.draws.compiled import compiled_with_arrays
from sim.draws.distributions import CERTAIN, binomial, distribution_function, poisson, threshold
from sim.draws.identity import province_day_id
from sim.draws.philox import draw4, uniform52
from sim.draws.purposes import TRANSFER_COUNT, TRANSFER_COURSE
from sim.midnight.protocol import Common
from sim.midnight.totals import DayTotals
from sim.scenario.schema.bank_measures import BankCall, PaymentDelay, Release

FLOWS = ("transfers_delayed", "transfers_released", "transfers_called", "false_holds")
"""What is counted, in the order of the columns of ``counted``."""


class LegitimateTransfers:
    """Counts of legitimate transfers that wait, are released early or phoned about, and are stopped by mistake."""

    name = "transfers"

    def __init__(self, common: Common) -> None:
        """Compute what each measure meets on a day at full intensity, in each province."""
        spec, transfers = common.spec, common.spec.population.transfers
        assert transfers is not None
        self._common = common
        delays = common.measures.all(PaymentDelay)
        met = [senders(spec, *one.years) * (transfers.number * share_met(one, transfers)) for one in delays]
        self._met = np.array(met).reshape(len(delays), len(common.provinces))
        self._released = np.array([in_time(one.release, one.wait) for one in delays])
        self._called = np.array([in_time(one.bank_call, one.wait) for one in delays])
        self._all = senders(spec, 0, OLDEST) * transfers.number
        self._falsely_held = falsely_held(common.measures, common.timetable.days, common.provinces.codes)

    def at_midnight(self, day: int, _: DayTotals) -> None:
        """Count the legitimate transfers of the day that begins."""
        common = self._common
        row = common.timetable.row(day)
        shares = common.timetable.delayed[row].take(common.timetable.alike, axis=0) / CERTAIN
        rates = self._met.T * shares
        held = self._all * self._falsely_held[row]
        counts = counted(common.spec.seed, day, rates, self._released, self._called, held)
        for quantity, by_province in zip(FLOWS, counts.T, strict=True):
            if by_province.any():
                common.ledger.flow_by_province(day, quantity, by_province)


def in_time(event: BankCall | Release | None, wait: int) -> float:
    """Return the probability that something happens to a transfer before its wait of some ms is over."""
    if event is None or not wait:
        return 0.0
    return event.share * distribution_function(event.after.kind, event.after.a, event.after.b, float(wait))


@compiled_with_arrays
def counted(
    seed: int,
    day: int,
    rates: NDArray[np.float64],
    released: NDArray[np.float64],
    called: NDArray[np.float64],
    held: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return the legitimate transfers of a day that wait, are released early, phoned about, or stopped, (P, 4).

    A transfer that two measures delay is counted for each. Draws belong to province and day, not to a measure.

    Args:
        seed: Of the run.
        day: Day number.
        rates: (P, M) expected transfers that each measure delays.
        released: (M,) share of these that is released early.
        called: (M,) share of these that the bank phones about.
        held: (P,) expected transfers that are stopped by mistake.
    """
    found = np.zeros((len(held), 4), dtype=np.int64)
    for p in range(len(held)):
        rate = 0.0
        early = 0.0
        phoned = 0.0
        for m in range(rates.shape[1]):
            rate += rates[p, m]
            early += rates[p, m] * released[m]
            phoned += rates[p, m] * called[m]
        identity = province_day_id(day, p, 0)
        high, low, held_high, held_low = draw4(seed, identity, TRANSFER_COUNT, 0)
        found[p, 0] = poisson(rate, uniform52(high, low))
        found[p, 3] = poisson(held[p], uniform52(held_high, held_low))
        if rate > 0.0:
            high, low, call_high, call_low = draw4(seed, identity, TRANSFER_COURSE, 0)
            found[p, 1] = binomial(found[p, 0], threshold(early / rate), uniform52(high, low))
            found[p, 2] = binomial(found[p, 0], threshold(phoned / rate), uniform52(call_high, call_low))
    return found
