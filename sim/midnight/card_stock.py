"""The phone cards of gangs: flagged by interceptions, purged, replaced."""

import numpy as np
from numpy.typing import NDArray

from sim.base.days import calendar_date
from sim.draws.remainders import ONE, fixed
from sim.midnight.arrests import Arrests
from sim.midnight.protocol import Common
from sim.midnight.totals import DayTotals
from sim.shield import cards


class Cards:
    """The ``stock`` of cards, their ``load``, and the interceptions that flag them.

    ``expected`` (P,) are the expected interceptions of the day that ends; they flag cards if the run has no feedback.
    ``card_shares`` are the shares from cards of the interceptions and of the attempts that passed on that day, (P,)
    each; None where all are.
    """

    name = "cards"

    def __init__(self, common: Common, arrests: Arrests) -> None:
        self._common = common
        self._arrests = arrests
        self.stock = cards.CardStock.start(common.spec)
        self.load = cards.CardLoad(len(common.provinces))
        self.expected: list[float] = []
        self.card_shares: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Close the load of the day that ends; flag, purge and replace cards; arrest sellers."""
        common, settings = self._common, self._common.spec.cards
        self._close(day, yesterday)
        row = common.timetable.row(day)
        purges, replaced = common.timetable.purged[row].tolist(), common.timetable.replaced[row].tolist()
        intercepted = self._intercepted(day, yesterday)
        moved = [
            cards.step(self.stock, p, settings, intercepted[p], purges[alike], replaced[alike])
            for p, alike in enumerate(common.timetable.alike.tolist())
        ]
        flagged = np.array(common.remainders.wholes("cards_flagged", [one.flagged for one in moved]))
        purged = np.array(common.remainders.wholes("cards_purged", [one.purged for one in moved]))
        ledger = common.ledger
        ledger.flow_by_province(day, "cards_flagged", flagged)
        ledger.flow_by_province(day, "cards_eliminated", flagged + purged)
        per_card = common.spec.aftermath.suspects.per_card
        sellers = [fixed((one.flagged + one.purged) / ONE * per_card) for one in moved]
        self._arrests.by_province(day, "suspects_cards", sellers)
        ledger.level_by_province(day, "cards_active", np.array([stock / ONE for stock in self.stock.active]))
        ledger.level_by_province(day, "cards_waiting", np.array([stock / ONE for stock in self.stock.waiting]))

    def close_run(self, last: DayTotals) -> None:
        """Close the load of the last day of a run."""
        self.load.add_day(self._from_cards(last), self.stock)
        self.load.close_month()

    def _close(self, day: int, yesterday: DayTotals) -> None:
        """Add yesterday to the load, and close a month that has ended."""
        if day != self._common.calendar.first:
            self.load.add_day(self._from_cards(yesterday), self.stock)
        if calendar_date(day).day == 1:
            self.load.close_month()

    def _from_cards(self, yesterday: DayTotals) -> NDArray[np.int64]:
        """Return yesterday's attempts from cards at work, (P,); those of classes without cards are taken off."""
        if self.card_shares is None:
            return yesterday.from_cards
        return np.rint(yesterday.from_cards * self.card_shares[1]).astype(np.int64)

    def _intercepted(self, day: int, yesterday: DayTotals) -> list[float]:
        """Return yesterday's interceptions that flag cards, (P,): counted, or expected without feedback."""
        if self._common.spec.feedback:
            found = yesterday.intercepted.sum(axis=1).astype(np.float64)
        elif day == self._common.calendar.first:
            return [0.0] * len(self._common.provinces)
        else:
            found = np.array(self.expected)
        if self.card_shares is not None:
            found = found * self.card_shares[0]
        flagging: list[float] = found.tolist()
        return flagging
