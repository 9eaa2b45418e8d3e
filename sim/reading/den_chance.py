"""Noise of dens: how far totals and shares of a run depend on which dens are raided, and when.

A raid matters for months, which days and weeks of one run do not show, and dens are never sampled. So this noise is
computed: each raid and each opening of a den is an independent event, and the effect of one den more or less at work
follows from the rates at which dens close and open and crews grow. docs/model.md, section 9, derives it.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import exp
from typing import ClassVar, NamedTuple

from sim.reading.quantities import MILLIONTHS, Quantities
from sim.store.query import Where
from sim.store.scope import DenSlots

RAIDS, OPENINGS, RAIDED, CREWS = "dens_destroyed", "dens_reopened", "dens_raided", "crews"
"""Quantities of dens: two flows and two levels of the state."""

PARTS = 10**12
"""Parts of one to which an exponential is rounded, since its last digits depend on the machine. Sums, products and
quotients of doubles are the same on all."""


class DenDays(Quantities):
    """The daily series of dens and crews, and no others."""

    tables: ClassVar[dict[str, tuple[str, ...]]] = {"flows": ("quantity",), "state": ("quantity",)}
    only: ClassVar[dict[str, Where]] = {
        "flows": {"quantity": (RAIDS, OPENINGS)},
        "state": {"quantity": (RAIDED, CREWS)},
    }

    def level(self, quantity: str) -> list[float]:
        """Return a level of the state by day; zeros if it has no row."""
        return [int(day) / MILLIONTHS for day in self.select("state", quantity, measure="value")]


class _Day(NamedTuple):
    """A day: raids and openings at its midnight, the mean crew of all slots, and the mean crew at work."""

    raids: float
    openings: float
    crew: float
    at_work: float


class _Rates(NamedTuple):
    """Rates of a slot: raids a day at work, openings a day closed, exp(-recruiting), the opening and the least crew."""

    hazard: float
    opening: float
    decay: float
    opens_with: float
    least: float


class DenChance:
    """The closing and opening of dens in a run, and the noise that follows; ``events`` counts raids and openings."""

    def __init__(self, dens: DenSlots, days: list[_Day], warmup: int) -> None:
        """Take the days of the period, with dens at work on at least one, and the number of days of the warm-up."""
        raids, openings = sum(day.raids for day in days), sum(day.openings for day in days)
        at_work = dens.slots * sum(day.at_work / day.crew for day in days if day.crew)
        closed = dens.slots * sum(1.0 - day.at_work / day.crew for day in days if day.crew)
        opened = openings / len(days)
        self.events = int(raids + openings)
        self._days = days
        # Tables lack the warm-up, whose raids matter later: assume as many a day as in the period.
        self._before = [_Day(raids / len(days), opened, days[0].crew, 0.0)] * warmup
        self._rates = _Rates(
            hazard=raids / at_work,
            opening=openings / closed if closed else 0.0,
            decay=_rounded(exp(-dens.recruiting)),
            opens_with=dens.opens_with,
            least=dens.opens_with * opened / dens.slots,
        )
        self._by_event = _concentration(dens) / dens.slots

    def variance(self, work: Sequence[float], made: Sequence[float] = ()) -> Fraction:
        """Return the variance of a sum of days that raids on dens cause, in the square of its unit.

        ``work`` is the part by day (days,) that is proportional to crews of dens at work, ``made`` the part that is
        proportional to all crews, those of raided dens included.
        """
        counts = [
            (of_work / day.at_work if day.at_work else 0.0, of_all / day.crew if day.crew else 0.0)
            for day, of_work, of_all in zip(self._days, work, made or [0.0] * len(work), strict=True)
        ]
        backwards = [*zip(self._days[::-1], counts[::-1], strict=True), *((day, (0.0, 0.0)) for day in self._before)]
        rates = self._rates
        # The later effect of one more member (of a full crew), and of a den that opens instead of staying closed.
        member = den = squares = 0.0
        for day, (of_work, of_all) in backwards:
            grown, slope = _grown(day.crew, rates)
            # The growth of a new crew to the next midnight: that of the mean crew, less the difference between them.
            gained = grown - slope * (day.crew - rates.opens_with) - rates.opens_with
            den = (
                (of_work + of_all) * rates.opens_with
                - of_all * day.crew
                + (1.0 - rates.hazard - rates.opening) * den
                + (1.0 - rates.hazard) * gained * member
            )
            member = of_work + of_all + (1.0 - rates.hazard) * slope * member
            raid = den + (day.crew - rates.opens_with) * member
            squares += day.raids * raid * raid + day.openings * den * den
        return Fraction(self._by_event * squares)


def den_chance(days: DenDays) -> DenChance | None:
    """Return the noise of dens; None if the scenario has no dens, none was raided or opened, or none worked."""
    dens = days.scope.dens
    raids, openings = days.flow(RAIDS).tolist(), days.flow(OPENINGS).tolist()
    if dens is None or not sum(raids) + sum(openings):
        return None
    crews = days.level(CREWS)
    if not any(crews):  # no row: without gangs all crews are full
        crews = [1.0] * len(raids)
    at_work = [crew * (1.0 - raided / dens.slots) for crew, raided in zip(crews, days.level(RAIDED), strict=True)]
    if not any(at_work):
        return None
    series = zip(raids, openings, crews, at_work, strict=True)
    return DenChance(dens, [_Day(*day) for day in series], days.scope.warmup_days)


def _grown(crew: float, rates: _Rates) -> tuple[float, float]:
    """Return the mean crew after a day of logistic growth, and the derivative by its size before.

    The derivative is capped at 1: below half of a full crew growth amplifies noise, but not without end. If crews are
    no larger than what opens in a day, arrests take all members every night.
    """
    if crew <= rates.least:
        return 0.0, 0.0
    whole = crew + (1.0 - crew) * rates.decay
    return crew / whole, min(1.0, rates.decay / (whole * whole))


def _concentration(dens: DenSlots) -> float:
    """Return the sum of squared shares of slots, the inverse of the number of equal slots with the same noise.

    For independent lognormal weights it is E w^2 / (E w^2 + (n - 1) (E w)^2).
    """
    return 1.0 / (1.0 + (dens.slots - 1) * _rounded(exp(-(dens.weight_sigma**2))))


def _rounded(exponential: float) -> float:
    return round(exponential * PARTS) / PARTS
