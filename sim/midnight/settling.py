"""Solved cases and suspects that are counted late, the last in December."""

import numpy as np

from sim.aftermath.settlement import settlements
from sim.midnight.arrests import Arrests
from sim.midnight.investigation import Investigation
from sim.midnight.ledger import NATION
from sim.midnight.protocol import Common
from sim.midnight.totals import DayTotals


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
