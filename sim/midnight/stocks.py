"""Phone cards and bank accounts at a midnight, and the transfers that banks stop.

The phone cards of gangs: flagged by interceptions, purged, replaced.

The accounts of mules: frozen for cases, found by banks, purged, replaced.

Legitimate transfers that banks delay or stop by mistake: counted at the midnight of each day.
"""

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS, calendar_date
from sim.country.people import OLDEST
from sim.country.traffic import falsely_held, senders, share_met
from sim.draws.compiled import compiled_with_arrays
from sim.draws.distributions import CERTAIN, ONE, binomial, distinct, distribution_function, fixed, poisson, threshold
from sim.draws.functions import exp
from sim.draws.identity import province_day_id
from sim.draws.philox import draw4, uniform52
from sim.draws.purposes import TRANSFER_COUNT, TRANSFER_COURSE
from sim.midnight.cases import Arrests
from sim.midnight.timetable import Common
from sim.midnight.today import DayTotals
from sim.scenario.schema.layers import Accounts as Settings
from sim.scenario.schema.measures import BankCall, PaymentDelay, Release
from sim.shield import cards
from sim.shield.cards import Stock
from sim.warning.detectors import deciding


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
