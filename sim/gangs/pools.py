"""Gangs as two stocks of people, at home and abroad: recruiting renews them, raids and returns reduce them.

A mean field: members are real numbers of the whole country. The attempts of a type follow the stock at home and that
abroad, by the share of the type that is made at home.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS
from sim.country.calendar import Days, Measures
from sim.draws.functions import exp
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.fraud import Pools
from sim.scenario.schema.measures import Returns


class Moved(NamedTuple):
    """The members who left the pools on a day: removed at home, and returned from abroad."""

    removed: float
    returned: float


@dataclass
class Stock:
    """The members of gangs at home and abroad, and the share of those at home whose ringleader was arrested.

    Attempts are as stated while both stocks are as at the start. ``home_share`` (T,) is that of each fraud type.
    ``arrested`` are those at home who were arrested for cases and in campaigns since the last step.
    """

    pools: Pools
    home_share: NDArray[np.float64]
    home: float
    abroad: float
    leaderless: float = 0.0
    arrested: float = 0.0

    @classmethod
    def of(cls, spec: ScenarioModel) -> Self:
        """Return the stock before it begins to move; the scenario has ``gangs.pools``."""
        assert spec.gangs is not None
        pools = spec.gangs.pools
        assert pools is not None
        at_home = 1.0 - pools.abroad
        shares = np.array([pools.home_share.get(name, at_home) for name in spec.fraud.types])
        return cls(pools, shares, pools.members * at_home, pools.members * pools.abroad)

    @property
    def dens(self) -> float:
        """The dens at home."""
        return self.home / self.pools.crew

    @property
    def home_at_start(self) -> float:
        """The members at home at the start."""
        return self.pools.members * (1.0 - self.pools.abroad)

    def made(self) -> NDArray[np.float64]:
        """Return the share of the stated attempts of each type that gangs make, (T,)."""
        pools = self.pools
        home = self.home / self.home_at_start
        abroad = self.abroad / (pools.members * pools.abroad)
        made: NDArray[np.float64] = self.home_share * home + (1.0 - self.home_share) * abroad
        return made

    def arrest(self, expected: float) -> float:
        """Arrest members at home for cases or in a campaign, in proportion to how many there are.

        Args:
            expected: Those who would be arrested if there were as many as at the start.

        Returns:
            Those who are arrested, of those whom earlier arrests since the last step have left.
        """
        found = (self.home - self.arrested) * _share(expected / self.home_at_start)
        self.arrested += found
        return found

    def step(self, raids: float, returning: float) -> Moved:
        """Change the stocks by a day.

        Recruiting is logistic in both pools together. Who leaves does so at constant hazards, from the stock of the
        day before; those ``arrested`` leave too.

        Args:
            raids: Factor of the hazard of being removed at home.
            returning: Hazard of members abroad of returning home, in a day.

        Returns:
            Who was removed, and who returned.
        """
        pools = self.pools
        home, abroad = self.home, self.abroad
        room = 1.0 - (home + abroad) / (pools.members * pools.capacity)
        arriving = pools.arriving * pools.members
        removed = home * _share(pools.removed.home * raids)
        left = home * _share(pools.leaving)
        gone = abroad * _share(pools.removed.abroad)
        returned = abroad * _share(returning)
        led = home * (1.0 - self.leaderless)
        here = pools.recruiting * led * room + (1.0 - pools.arriving_abroad) * arriving
        there = pools.recruiting * abroad * room + pools.arriving_abroad * arriving
        self.home = max(0.0, home + here - removed - left - self.arrested)
        self.arrested = 0.0
        self.abroad = max(0.0, abroad + there + left - gone - returned)
        return Moved(removed, returned)

    def lose_leaders(self, dens: float) -> None:
        """Note dens that lost their ringleader, and let new ones take the place of earlier ones."""
        self.leaderless *= 1.0 - _share(DAY_MS / self.pools.leaderless)
        if self.dens > 0.0:
            self.leaderless = min(1.0, self.leaderless + dens / self.dens)


def returning(measures: Measures, days: Days) -> NDArray[np.float64]:
    """Return the hazard a day of members abroad of returning home, on each day, (D, 3).

    The other two columns are the hazard times the people who return with each member, and times the share of members
    who are arrested.
    """
    found = np.zeros((len(days), 3))
    for measure, share in measures.over(days, Returns):
        hazard = measure.intensity * share
        found += np.stack([hazard, hazard / measure.members, hazard * measure.arrested], axis=1)
    return found


def _share(hazard: float) -> float:
    """Return the share that leaves in a day at a hazard a day."""
    return 1.0 - exp(-hazard)
