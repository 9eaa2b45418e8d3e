"""The crews of dens at midnight: reduced by arrests, renewed by recruiting."""

from sim.midnight.arrests import Arrests
from sim.midnight.den_stock import Dens
from sim.midnight.protocol import Common
from sim.midnight.totals import DayTotals


class Recruiting:
    """The arrests and the recruiting of a day; the crews themselves belong to the dens."""

    name = "recruiting"

    def __init__(self, common: Common, arrests: Arrests, dens: Dens) -> None:
        self._scale = common.spec.scale
        self._arrests = arrests
        self._dens = dens

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Remove suspects arrested for cases and in campaigns from the crews at work, then recruit."""
        arrested = self._arrests.thinning() / self._scale
        if self._dens.crews is not None:
            self._dens.crews.thin(arrested, self._dens.state)
            self._dens.crews.recruit(self._dens.state)
