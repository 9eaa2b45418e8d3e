"""Chance of dens: how far it moves totals and shares of a run which dens are raided, and when.

A raid matters for months, which days and weeks of one run do not show; and however small the scale, all dens are there.
So this chance is worked out: each raid and each opening of a den is chance of its own, and what one den more or less at
work is worth follows from how fast dens close and open and crews grow. docs/model.md, section 9, derives it.
"""

from collections.abc import Iterable
from fractions import Fraction
from math import exp
from typing import ClassVar, NamedTuple

from sim.results.quantities import MILLIONTHS, Quantities
from sim.results.query import Where
from sim.results.scope import DenSlots

RAIDS, OPENINGS, RAIDED, CREWS = "dens_destroyed", "dens_reopened", "dens_raided", "crews"
"""What is read of dens: two flows and two levels of the state."""

PARTS = 10**12
"""In so many parts an exponential is rounded: its last digits are those of a machine. Sums, products and quotients of
doubles are the same on all."""


class DenDays(Quantities):
    """The daily series of dens and crews, without others."""

    tables: ClassVar[dict[str, tuple[str, ...]]] = {"flows": ("quantity",), "state": ("quantity",)}
    only: ClassVar[dict[str, Where]] = {
        "flows": {"quantity": (RAIDS, OPENINGS)},
        "state": {"quantity": (RAIDED, CREWS)},
    }

    def level(self, quantity: str) -> list[float]:
        """Return a level of the state by day; zeros where it has no row."""
        return [int(day) / MILLIONTHS for day in self.select("state", quantity, measure="value")]


class DenChance(NamedTuple):
    """What chance in raids and openings does, as variances of logarithms, and from how many of them it is known.

    ``work`` is of all that dens at work do in the period, ``share`` of its share in what all crews would do, those of
    raided dens included.
    """

    work: Fraction
    share: Fraction
    events: int


class _Day(NamedTuple):
    """A day: raids and openings at its midnight, the mean crew, and 1, or 0 in the warm-up, which is in no total."""

    raids: float
    openings: float
    crew: float
    counts: float


class _Rates(NamedTuple):
    """Of a slot: raids a day at work, openings a day closed; exp(-recruiting); the crew that opens, and least crew."""

    hazard: float
    opening: float
    decay: float
    opens_with: float
    least: float


def den_chance(days: DenDays) -> DenChance | None:
    """Return how much chance in which dens are raided, and when, moves what gangs do.

    Args:
        days: The daily series of a run.

    Returns:
        The variances; None where nothing is known of dens, none was raided and none opened, or none did anything.
    """
    dens = days.scope.dens
    raids, openings = days.flow(RAIDS).tolist(), days.flow(OPENINGS).tolist()
    events = sum(raids) + sum(openings)
    if dens is None or not events:
        return None
    raided = [day / dens.slots for day in days.level(RAIDED)]
    crews = days.level(CREWS)
    if not any(crews):  # no row: without gangs all crews are full
        crews = [1.0] * len(raided)
    work = sum(crew * (1.0 - closed) for crew, closed in zip(crews, raided, strict=True))
    if not work:
        return None
    opened = sum(openings) / len(openings)
    rates = _Rates(
        hazard=sum(raids) / (dens.slots * sum(1.0 - closed for closed in raided)),
        opening=sum(openings) / (dens.slots * sum(raided)) if any(raided) else 0.0,
        decay=_rounded(exp(-dens.recruiting)),
        opens_with=dens.opens_with,
        least=dens.opens_with * opened / dens.slots,
    )
    backwards = [
        *(_Day(*day, 1.0) for day in zip(raids[::-1], openings[::-1], crews[::-1], strict=True)),
        # Tables hold nothing of the warm-up, whose raids matter later: as many a day as in the period.
        *[_Day(sum(raids) / len(raids), opened, crews[0], 0.0)] * days.scope.warmup_days,
    ]
    stopped = 1.0 - work / sum(crews)
    by_event = _concentration(dens) / dens.slots / (work * work)
    return DenChance(
        Fraction(by_event * _squares(backwards, rates, 1.0, 0.0)),
        Fraction(by_event * _squares(backwards, rates, stopped, stopped - 1.0)),
        events,
    )


def _squares(backwards: Iterable[_Day], rates: _Rates, at_work: float, closed: float) -> float:
    """Return the sum over raids and openings of the square of what one changes in the rest of the period.

    Args:
        backwards: The days, the last one first.
        rates: How fast dens close and open, and crews grow.
        at_work: What a full crew at work counts for, a day.
        closed: What one of a raided den counts for.

    Returns:
        The sum, in squares of what a full crew counts for in a day.
    """
    # What is still to come of one member more (by a full crew), and of a den that opens instead of staying closed.
    member = den = squares = 0.0
    for day in backwards:
        grown, slope = _grown(day.crew, rates)
        # Of a new crew by the next midnight: the mean crew, less what it lacks of that.
        gained = grown - slope * (day.crew - rates.opens_with) - rates.opens_with
        den = (
            day.counts * (at_work * rates.opens_with - closed * day.crew)
            + (1.0 - rates.hazard - rates.opening) * den
            + (1.0 - rates.hazard) * gained * member
        )
        member = day.counts * at_work + (1.0 - rates.hazard) * slope * member
        raid = den + (day.crew - rates.opens_with) * member
        squares += day.raids * raid * raid + day.openings * den * den
    return squares


def _grown(crew: float, rates: _Rates) -> tuple[float, float]:
    """Return the mean crew after a day of logistic growth, and how much larger it is for being larger before.

    The latter is at most 1: below half of a full crew growth would make more of chance, but not without end. Where
    crews are no larger than what opens in a day, arrests take all members every night.
    """
    if crew <= rates.least:
        return 0.0, 0.0
    whole = crew + (1.0 - crew) * rates.decay
    return crew / whole, min(1.0, rates.decay / (whole * whole))


def _concentration(dens: DenSlots) -> float:
    """Return the share of a slot, squared, summed over slots: 1 by as many equal slots as would be as much chance.

    Of independent lognormal weights it is E w^2 / (E w^2 + (n - 1) (E w)^2).
    """
    return 1.0 / (1.0 + (dens.slots - 1) * _rounded(exp(-(dens.weight_sigma**2))))


def _rounded(exponential: float) -> float:
    return round(exponential * PARTS) / PARTS
