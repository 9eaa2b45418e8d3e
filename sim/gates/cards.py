"""Gate 3: phone cards, a stock a province as a mean field, in fixed-point numbers of 10**-9 cards."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.country.measures import Measures
from sim.country.provinces import Provinces
from sim.days import DAY_MS
from sim.draws.compiled import compiled
from sim.draws.distributions import distinct, threshold
from sim.draws.functions import exp
from sim.draws.remainders import ONE, fixed
from sim.scenario.schema.gates import Cards
from sim.scenario.schema.measures import CardPurge, ClusterCampaign, Law, RealName


@dataclass
class CardStock:
    """Cards of each province at simulated scale, in 10**-9: in gangs' hands, and waiting for replacement."""

    active: list[int]
    waiting: list[int]

    @classmethod
    def start(cls, cards: Cards, provinces: Provinces) -> "CardStock":
        """Return full stocks."""
        stock = [fixed(float(people) * cards.per_thousand_people / 1000.0) for people in provinces.people]
        return cls(stock, [0] * len(stock))

    def dead_share(self, province: int) -> float:
        """Return the share of the cards that wait for replacement: what the gate stops."""
        return self.waiting[province] / max(1, self.active[province] + self.waiting[province])


@dataclass(frozen=True)
class CardDay:
    """What a midnight took from a province's stock, in 10**-9 cards."""

    flagged: int
    purged: int
    replaced: int


def replacement_days(cards: Cards, measures: Measures, day: int) -> float:
    """Return the mean delay of a replacement: lengthened by real-name registration, campaigns and the law."""
    delay = cards.replacement / DAY_MS
    for kind in (RealName, ClusterCampaign, Law):
        for measure, ramp in measures.on(day, kind):
            delay *= 1.0 + (measure.replacement_factor - 1.0) * ramp  # type: ignore[attr-defined]
    return delay


def purge_share(measures: Measures, day: int) -> float:
    """Return the share of idle cards that purges take on a day: 1 - prod(1 - share)."""
    kept = 1.0
    for purge, ramp in measures.on(day, CardPurge):
        kept *= 1.0 - purge.intensity * ramp
    return 1.0 - kept


def step(stock: CardStock, province: int, cards: Cards, intercepted: float, purge: float, delay: float) -> CardDay:
    """Move cards of a province over a midnight, in place.

    A share of the ``intercepted`` attempts of yesterday flags its card; flags fall on cards at random, so the
    distinct cards are those of the occupancy formula. A purge takes idle cards; what waits is replaced with a mean
    delay of ``delay`` days.
    """
    active, waiting = stock.active[province], stock.waiting[province]
    flagged = min(active, fixed(distinct(intercepted * cards.flag_share, active / ONE)))
    idle = (active - flagged) * cards.idle_share / ONE
    purged = min(active - flagged, fixed(idle * purge))
    replaced = min(waiting, fixed(waiting / ONE * (1.0 - exp(-1.0 / delay))))
    stock.active[province] = active - flagged - purged + replaced
    stock.waiting[province] = waiting + flagged + purged - replaced
    return CardDay(flagged, purged, replaced)


def thresholds(stock: CardStock, cards: Cards, provinces: int) -> NDArray[np.int64]:
    """Return the thresholds of the gate, (P,)."""
    shares = [stock.dead_share(p) for p in range(provinces)]
    if cards.fixed_dead_share is not None:
        shares = [cards.fixed_dead_share] * provinces
    return np.array([threshold(share) for share in shares], dtype=np.int64)


@compiled
def is_card_eliminated(u: int, province: int, dead: NDArray[np.int64]) -> bool:
    """Return whether a call or SMS would come from a card that is gone."""
    return u < int(dead[province])
