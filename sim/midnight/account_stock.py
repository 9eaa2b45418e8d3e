"""The accounts of mules: frozen for cases, found by banks, purged, replaced."""

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS
from sim.draws.distributions import distinct
from sim.draws.functions import exp
from sim.draws.remainders import ONE, fixed
from sim.midnight.protocol import Common
from sim.midnight.totals import DayTotals
from sim.scenario.schema.gates import Accounts as Settings
from sim.shield.stock import Stock
from sim.warning.signs import deciding


class Accounts:
    """The ``stock`` of accounts of each province, and the reports that name some of them."""

    name = "accounts"

    def __init__(self, common: Common, settings: Settings) -> None:
        self._common = common
        self._settings = settings
        self.stock = Stock.full(settings.stock * share * common.spec.scale for share in common.provinces.share)
        self._known_for = [sign.known_for for sign in deciding(common.spec).values()]
        self._named = np.zeros((len(common.provinces), len(self._known_for)))

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Freeze, close and replace accounts. Without feedback no account is frozen for a case or a payment."""
        common, days = self._common, self._common.timetable.accounts
        assert days is not None
        found, closed, replaced, found_wrongly, closed_wrongly = (
            values[common.timetable.row(day)].take(common.timetable.alike).tolist() for values in days
        )
        frozen, mistaken = [], []
        for p, active in enumerate(self.stock.active):
            cases, victims = len(yesterday.filed[p]), len(yesterday.victims[p])
            if not common.spec.feedback:
                cases = victims = 0
            marked = cases * self._settings.frozen_by_case + victims * found[p]
            hit = min(active, fixed(distinct(marked, active / ONE)))
            lost = hit + min(active - hit, fixed((active - hit) / ONE * closed[p]))
            frozen.append(lost)
            mistaken.append(fixed(victims * found_wrongly[p] + (active - hit) / ONE * closed_wrongly[p]))
            self.stock.move(p, lost, replaced[p])
            for k, known_for in enumerate(self._known_for):
                if known_for is not None:
                    self._named[p, k] = self._named[p, k] * exp(-DAY_MS / known_for) + cases
        ledger = common.ledger
        for quantity, counts in (("accounts_frozen", frozen), ("false_freezes", mistaken)):
            ledger.flow_by_province(day, quantity, np.array(common.remainders.wholes(quantity, counts)))
        for quantity, stock in (("accounts_working", self.stock.active), ("accounts_waiting", self.stock.waiting)):
            ledger.level_by_province(day, quantity, np.array([number / ONE for number in stock]))

    @property
    def slowness(self) -> NDArray[np.float64]:
        """The factor by which money leaves more slowly than with all accounts at work, (P,); 1 without any account."""
        both = zip(self.stock.active, self.stock.waiting, strict=True)
        return np.array([max(1, active + waiting) / max(1, active) for active, waiting in both])

    @property
    def known(self) -> NDArray[np.float64]:
        """The share of accounts at work that each sign knows by reports, (P, S); 1 for signs that are not of reports.

        Reports name accounts at random, so of N accounts n reports name the share 1 - exp(-n / N).
        """
        shares = np.ones_like(self._named)
        for (p, k), named in np.ndenumerate(self._named):
            if self._known_for[k] is not None:
                shares[p, k] = 1.0 - exp(-named / (max(1, self.stock.active[p]) / ONE))
        return shares
