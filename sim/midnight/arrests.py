"""The suspects arrested at a midnight: counted, by role if the scenario says so, and kept for those who need them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Role
from sim.draws.remainders import ONE, fixed
from sim.gangs.pools import Stock
from sim.midnight.ledger import NATION
from sim.midnight.protocol import Common

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
