"""The backlog of cases, and the leads from solved cases."""

import numpy as np
from numpy.typing import NDArray

from sim.aftermath.cases import CaseBook, freshness
from sim.base.days import DAY_MS
from sim.draws.functions import left_after
from sim.draws.remainders import ONE, fixed
from sim.midnight.arrests import Arrests
from sim.midnight.ledger import NATION
from sim.midnight.protocol import Common
from sim.midnight.totals import DayTotals


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
