"""The dens and their crews: raided dens open again, some of them elsewhere."""

import numpy as np
from numpy.typing import NDArray

from sim.gangs.crews import Crews
from sim.midnight.ledger import NATION
from sim.midnight.protocol import Common
from sim.midnight.totals import DayTotals
from sim.shield import dens


class Dens:
    """The fixed ``slots`` of dens, their ``state``, and their ``crews``: None if all are always full."""

    name = "dens"

    def __init__(self, common: Common) -> None:
        self._common = common
        spec = common.spec
        self.slots = dens.Slots.of(spec.seed, spec.dens, len(spec.fraud.types))
        self.state = dens.DenState.start(spec.seed, spec.dens, self.slots)
        self.crews = Crews.of(spec, self.slots)

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Reopen the dens whose day has come, some elsewhere; they work today."""
        spec, ledger = self._common.spec, self._common.ledger
        raided = self.state.raided.copy()
        reopened = dens.reopen(spec.seed, day, spec.dens, self.slots, self.state)
        ledger.flow(day, NATION, "dens_reopened", reopened)
        ledger.level(day, NATION, "dens_raided", float(self.state.raided.sum()))
        if self.crews is not None:
            self.crews.reopen(raided > self.state.raided)
            ledger.level(day, NATION, "crews", self.crews.mean)

    def made(self) -> tuple[NDArray[np.float64] | None, NDArray[np.int64]]:
        """Return the share of the stated attempts that gangs make, (T,), None for all; its raided part, (T,)."""
        if self.crews is None:
            return None, dens.raided_thresholds(self.slots, self.state.raided)
        return self.crews.made(self.state)
