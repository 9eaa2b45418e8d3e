"""A stock by province in units of 10**-9: at work, or taken from the gangs and not yet replaced.

Gate 3: phone cards, as a mean field. The stock of each province is counted in units of 10**-9 cards.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS
from sim.base.words import SHIELD, Channel, Fate
from sim.country.calendar import Days, Measures, Values, exps
from sim.draws.distributions import ONE, distinct, fixed, threshold
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.layers import Cards
from sim.scenario.schema.measures import CardPurge, ClusterCampaign, Law, RealName


@dataclass
class Stock:
    """What gangs have in each province at simulated scale, in 10**-9: in use, and eliminated but not yet replaced.

    Their sum never changes.
    """

    active: list[int]
    waiting: list[int]

    @classmethod
    def full(cls, numbers: Iterable[float]) -> Self:
        """Return a stock of these numbers by province, all in use."""
        active = [fixed(number) for number in numbers]
        return cls(active, [0] * len(active))

    def dead_share(self, province: int) -> float:
        """Return the share of a province's stock that waits for replacement."""
        return self.waiting[province] / max(1, self.active[province] + self.waiting[province])

    def move(self, province: int, lost: int, replaced: float) -> int:
        """Take ``lost`` of those in use; replace a share of those that waited before, and return how many."""
        renewed = min(self.waiting[province], fixed(self.waiting[province] / ONE * replaced))
        self.active[province] += renewed - lost
        self.waiting[province] += lost - renewed
        return renewed


def replaced_share(delay: Values) -> Values:
    """Return the share of those waiting that are replaced on a day, (D,), at mean delays in days (D,)."""
    return 1.0 - exps(-1.0 / delay)


FROM_CARDS = SHIELD[Fate.CARD_ELIMINATED].channels
"""Channels whose attempts come from phone cards."""


class CardStock(Stock):
    """Cards of gangs; the share of them that waits for replacement is equal to the share of attempts stopped."""

    @classmethod
    def start(cls, spec: ScenarioModel) -> "CardStock":
        """Return the stocks before the first day, all in use."""
        rate = spec.cards.per_thousand_people / 1000.0
        return cls.full(row.population * spec.scale * rate for row in spec.population.provinces)


class CardLoad:
    """Attempts from cards per card in use, by province and calendar month.

    ``heaviest`` is the largest load of any province and month so far, in attempts a card and day.
    """

    def __init__(self, provinces: int) -> None:
        self.heaviest = 0.0
        self._attempts = [0] * provinces
        self._card_days = [0] * provinces

    def add_day(self, attempts: NDArray[np.int64], stock: CardStock) -> None:
        """Add a day: attempts (P,) that passed the gate, and the cards that sent them."""
        for p, active in enumerate(stock.active):
            self._attempts[p] += int(attempts[p])
            self._card_days[p] += active

    def close_month(self) -> None:
        """Compute the loads of the month, and begin the next month."""
        for attempts, card_days in zip(self._attempts, self._card_days, strict=True):
            if card_days:
                self.heaviest = max(self.heaviest, attempts / (card_days / ONE))
        self._attempts = [0] * len(self._attempts)
        self._card_days = [0] * len(self._card_days)


class CardDay(NamedTuple):
    """Changes of a province's stock at a midnight, in 10**-9 cards."""

    flagged: int
    purged: int
    replaced: int


def replacement_days(cards: Cards, measures: Measures, days: Days, code: int) -> Values:
    """Return the mean delay of a replacement in days, (D,): longer by real-name registration, campaigns and the law."""
    delay = np.full(len(days), cards.replacement / DAY_MS)
    for kind in (RealName, ClusterCampaign, Law):
        for measure, ramp in measures.over(days, kind, code):
            delay *= 1.0 + (measure.replacement_factor - 1.0) * ramp  # type: ignore[attr-defined]
    return delay


def purge_share(measures: Measures, days: Days, code: int) -> Values:
    """Return the share of idle cards that purges take on each day, (D,): 1 - prod(1 - share of each purge)."""
    kept = np.ones(len(days))
    for purge, ramp in measures.over(days, CardPurge, code):
        kept *= 1.0 - purge.intensity * ramp
    return 1.0 - kept


def step(stock: CardStock, province: int, cards: Cards, intercepted: float, purge: float, replaced: float) -> CardDay:
    """Change the stock of a province at midnight, in place.

    A share of yesterday's intercepted attempts flags the cards they came from. Flags fall on cards at random, so the
    number of distinct cards follows the occupancy formula. Purges take idle cards. Eliminated cards are replaced later.

    Args:
        stock: Changed in place.
        province: Position of the province.
        cards: Settings.
        intercepted: Attempts from cards intercepted yesterday.
        purge: Share of idle cards that purges take.
        replaced: Share of the cards waiting that are replaced.

    Returns:
        Cards flagged, purged and replaced.
    """
    active = stock.active[province]
    flagged = min(active, fixed(distinct(intercepted * cards.flag_share, active / ONE)))
    idle = (active - flagged) * cards.idle_share / ONE
    purged = min(active - flagged, fixed(idle * purge))
    return CardDay(flagged, purged, stock.move(province, flagged + purged, replaced))


def thresholds(stock: CardStock, cards: Cards, provinces: int) -> NDArray[np.int64]:
    """Return the thresholds of the gate, (P,), from the stock, or from the share that the scenario fixes."""
    shares = [stock.dead_share(p) for p in range(provinces)]
    if cards.fixed_dead_share is not None:
        shares = [cards.fixed_dead_share] * provinces
    return np.array([threshold(share) for share in shares], dtype=np.int64)


def theory(spec: ScenarioModel, channel: Channel, code: int) -> float:
    """Return the share that theory expects the gate to stop, see ``sim.shield``: the share that is fixed."""
    return (spec.cards.fixed_dead_share or 0.0) if channel in FROM_CARDS else 0.0


def off(spec: ScenarioModel) -> dict[str, Any]:
    """Return the values by dotted key with which no card is eliminated, unless a measure purges cards."""
    fixed_share = {} if spec.cards.fixed_dead_share is None else {"cards.fixed_dead_share": 0.0}
    return {"cards.flag_share": 0.0, **fixed_share}


def overloaded_warning(spec: ScenarioModel, heaviest: float) -> list[str]:
    """Return a warning if the cards of some province had to send more attempts a day in a month than cards can."""
    most = spec.cards.max_attempts_per_card_day
    if heaviest <= most:
        return []
    return [
        f"cards.per_thousand_people: in some month cards sent up to {heaviest:.1f} attempts a day each, but "
        f"cards.max_attempts_per_card_day is {most:g}. Use more cards or a larger maximum."
    ]
