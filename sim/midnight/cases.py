"""Cases at a midnight: filed, investigated, solved, settled, and the suspects arrested.

The suspects arrested at a midnight: counted, by role if the scenario says so, and kept for those who need them.

The backlog of cases, and the leads from solved cases.

Solved cases and suspects that are counted late, the last in December.

The ways of first contact, channels and classes of numbers and accounts, by which filed cases began.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sim.aftermath import CaseBook, freshness, in_order, settlements
from sim.base.days import DAY_MS
from sim.base.words import Channel, Role
from sim.draws.compiled import compiled_with_arrays
from sim.draws.distributions import ONE, fixed, thresholds
from sim.draws.functions import left_after
from sim.draws.identity import channel_of, day_of, fraud_type_of
from sim.draws.philox import draw4
from sim.draws.purposes import REPORT
from sim.gangs.pools import Stock
from sim.midnight.timetable import Common
from sim.midnight.today import NATION, DayTotals

THINNING = ("suspects_cases", "suspects_campaigns")
"""Arrests whose suspects may belong to gangs at work, by the quantity of the remainders."""

ROLES = {
    "suspects_dens": Role.CALLERS,
    "suspects_returned": Role.CALLERS,
    "suspects_repatriated": Role.CALLERS,
    "suspects_cards": Role.ACCOUNTS,
}
"""Roles of all others; crews of raided dens no longer work, and raids take from pools by themselves."""


class Arrests:
    """Whole suspects from expected ones, by province and for the nation.

    ``tonight`` (P + 1,) counts those of this midnight, the nation's last; settling sets it to 0. Callers arrested for
    cases and in campaigns leave ``pool``, if there is one.
    """

    def __init__(self, common: Common) -> None:
        """Begin without arrests and without a pool."""
        self._remainders = common.remainders
        self._ledger = common.ledger
        self._scale = common.spec.scale
        self._roles = common.spec.aftermath.suspects.roles
        self._thinning = 0
        self.pool: Stock | None = None
        self.tonight: NDArray[np.int64] = np.zeros(len(common.provinces) + 1, dtype=np.int64)

    def of_nation(self, day: int, quantity: str, value: int) -> None:
        """Arrest suspects who belong to no province: ``value`` in 10**-9 of a quantity of the remainders."""
        for part, (share, flows) in self._parts(quantity, value).items():
            count = self._remainders.whole(NATION, part, value * share // ONE)
            for flow in flows:
                self._ledger.flow(day, NATION, flow, count)
            self.tonight[NATION] += count

    def by_province(self, day: int, quantity: str, values: list[int]) -> None:
        """Arrest suspects in each province: ``values`` in 10**-9 of a quantity of the remainders."""
        for part, (share, flows) in self._parts(quantity, sum(values)).items():
            counts = np.array(self._remainders.wholes(part, [value * share // ONE for value in values]))
            for flow in flows:
                self._ledger.flow_by_province(day, flow, counts)
            self.tonight[:NATION] += counts

    def thinning(self) -> float:
        """Return, and reset, the expected suspects since the last call, some of whom are crew members."""
        found, self._thinning = self._thinning, 0
        return found / ONE

    def settle(self) -> list[int]:
        """Return, and reset, the suspects of this midnight."""
        found, self.tonight = self.tonight, np.zeros_like(self.tonight)
        return [int(count) for count in found]

    def _parts(self, quantity: str, value: int) -> Mapping[str, tuple[int, tuple[str, ...]]]:
        """Return the share in 10**-9 of each part of an arrest and its flows, by quantity of the remainders."""
        if quantity in THINNING:
            self._thinning += value
        if self._roles is None:
            return {quantity: (ONE, ("suspects_arrested",))}
        if quantity in ROLES:
            return {quantity: (ONE, ("suspects_arrested", ROLES[quantity].arrested))}
        shares = self._roles.shares
        expected = value / ONE * shares[Role.CALLERS] / self._scale
        if self.pool is not None and expected > 0.0:
            shares[Role.CALLERS] *= self.pool.arrest(expected) / expected
        return {role.arrested: (fixed(share), ("suspects_arrested", role.arrested)) for role, share in shares.items()}


class Investigation:
    """Finishes cases as capacity allows; solved ones give leads and suspects.

    ``solved`` (P,) are the cases solved at the latest midnight; ``leads`` are of the country, in 10**-9.
    """

    name = "cases"

    def __init__(self, common: Common, arrests: Arrests) -> None:
        self._common = common
        self._arrests = arrests
        self.book = CaseBook(common.spec, common.provinces, common.remainders)
        self.leads = 0
        self.solved: NDArray[np.int64] = np.zeros(len(common.provinces), dtype=np.int64)

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Finish cases as capacity allows; solved ones give leads and suspects."""
        spec, ledger, timetable = self._common.spec, self._common.ledger, self._common.timetable
        row = timetable.row(day)
        capacity = float(timetable.capacity[row])
        finished = self.book.investigate(capacity, yesterday.filed)
        ledger.cases(day, finished)
        counts = finished.solved_by_province
        ledger.flow_by_province(day, "cases_solved", counts)
        self.solved = counts
        ledger.flow_by_province(day, "cases_closed", finished.taken - counts)
        per_case = float(timetable.suspects[row])
        self._arrests.by_province(day, "suspects_cases", [fixed(count * per_case) for count in counts.tolist()])
        ledger.level_by_province(day, "backlog", self.book.backlogs())
        hazard = spec.dens.hazard
        solved_in_all: float = int(counts.sum())
        if hazard.case_half_life is not None:
            solved_in_all = freshness(finished.cases[finished.solved], day, float(hazard.case_half_life))
        whole_country = solved_in_all / spec.scale if spec.feedback else capacity * spec.aftermath.investigation.solved
        fading = left_after(DAY_MS, hazard.lead_half_life)
        self.leads = fixed(self.leads / ONE * fading + whole_country * hazard.leads_per_case)
        ledger.level(day, NATION, "leads", self.leads / ONE)


class Settling:
    """Solved cases and arrested suspects that wait to be counted; none without ``aftermath.settlement``."""

    name = "settlements"

    def __init__(self, common: Common, arrests: Arrests, cases: Investigation) -> None:
        self._ledger = common.ledger
        self._cases = cases
        self._arrests = arrests
        self._settlements = settlements(common.spec, common.remainders, len(common.provinces), NATION)

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Count the cases solved and suspects arrested at this midnight, or defer some of them."""
        arrested = self._arrests.settle()
        if not self._settlements:
            return
        cases, suspects = self._settlements
        counts = np.array(cases.settle(day, self._cases.solved.tolist()), dtype=np.int64)
        self._ledger.flow_by_province(day, "cases_settled", counts)
        *by_province, nation = suspects.settle(day, arrested)
        self._ledger.flow_by_province(day, "suspects_settled", np.array(by_province, dtype=np.int64))
        self._ledger.flow(day, NATION, "suspects_settled", nation)


CLASS_LANE = 3
"""Lane of the draw of a report that chooses the class."""


class Filings:
    """Counts the cases filed on a day by their way of first contact, one of R.

    Attempts have no class, so the class of a case is drawn, by the identity of its attempt, with the shares of classes
    among the attempts of that day, province, channel and type that passed gates 1 to 6. Where the scenario has classes
    these shares are kept, added up within each channel, as thresholds (days, P, R, T). ``day`` is the latest that has
    begun.
    """

    name = "filings"

    def __init__(self, common: Common) -> None:
        """Begin without cases."""
        fraud, days = common.spec.fraud, common.calendar.days
        self._common = common
        self._channels = np.array([channel for channel, _, _ in fraud.contacts()])
        self._shape = len(common.provinces), len(self._channels), len(fraud.types)
        has_classes = any(name for _, name, _ in fraud.contacts())
        self._limits = np.zeros((len(days) if has_classes else 0, *self._shape), dtype=np.int64)
        self.day = common.calendar.first

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Count the cases of the day before."""
        self.count(yesterday)
        self.day = day

    def keep(self, shares: NDArray[np.float64]) -> None:
        """Keep the shares of ways within their channel, (P, R, T), of the day that begins."""
        if len(self._limits):
            whole = np.zeros(self._shape)
            for channel in Channel:
                own = self._channels == channel
                whole[:, own] = np.cumsum(shares[:, own], axis=1)
            self._limits[self.day - self._common.calendar.first] = thresholds(whole)

    def count(self, totals: DayTotals) -> None:
        """Count the cases of the day with these totals, the latest one that has begun."""
        cases = [in_order(filed) for filed in totals.filed]
        provinces = np.repeat(np.arange(len(cases)), [len(some) for some in cases])
        if not len(provinces):
            return
        counts = np.zeros(self._shape, dtype=np.int64)
        first = self._common.calendar.first
        _count(self._common.spec.seed, np.concatenate(cases), provinces, self._channels, self._limits, first, counts)
        self._common.ledger.filings(self.day, counts)


@compiled_with_arrays
def _count(
    seed: int,
    cases: NDArray[np.int64],
    provinces: NDArray[np.int64],
    channels: NDArray[np.int64],
    limits: NDArray[np.int64],
    first: int,
    counts: NDArray[np.int64],
) -> None:
    """Count cases (n,) of provinces (n,) by way and type, into (P, R, T); arrays are those of ``Filings``."""
    for k in range(len(cases)):
        case, p = cases[k], provinces[k]
        channel, kind = channel_of(case), fraud_type_of(case)
        at, last = 0, len(channels) - 1
        while channels[at] != channel:
            at += 1
        while channels[last] != channel:
            last -= 1
        if at < last:
            u = draw4(seed, case, REPORT, 0)[CLASS_LANE]
            while at < last and u >= limits[day_of(case) - first, p, at, kind]:
                at += 1
        counts[p, at, kind] += 1
