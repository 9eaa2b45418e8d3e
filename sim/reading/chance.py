"""Run-to-run noise: how far the totals of one run may lie from those of other seeds, estimated from the run itself.

A total is a sum of days. Days a week apart differ by growth and noise only, so their second differences, in which
steady growth cancels out, show the noise of a day, and days add up. The noise of raids on dens lasts longer than they
can show; ``DenChance`` computes it separately. docs/model.md, section 9, compares the result with the
spread of runs that differ in their seed.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import exp, fsum, isqrt, pi, sqrt, tan
from pathlib import Path
from statistics import NormalDist, median_low, quantiles
from typing import ClassVar, NamedTuple

from sim.base.days import CENTS_PER_UNIT
from sim.base.words import Fate, Outcome
from sim.reading.figures import Number, scale_fraction
from sim.reading.quantities import BY_DAY, FIGURES, HEADLINE, IN_MONEY, MILLIONTHS, Quantities
from sim.store.columns import DenSlots, Scope
from sim.store.query import Where

TWENTIETHS = 20
"""Parts into which draws are cut; the first and the last one lie outside their interval."""

TAILS = (1 / TWENTIETHS, 1 - 1 / TWENTIETHS)
"""Quantiles at the ends of the interval."""


def nine_tenths(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the low end, the median and the high end of nine tenths of at least two draws."""
    cuts = quantiles(values, n=TWENTIETHS, method="inclusive")
    return cuts[0], cuts[len(cuts) // 2], cuts[-1]


RAIDS, OPENINGS, RAIDED, CREWS = "dens_destroyed", "dens_reopened", "dens_raided", "crews"
"""Quantities of dens: two flows and two levels of the state."""

DEN_PARTS = 10**12
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
    return round(exponential * DEN_PARTS) / PARTS


LEVEL = 0.95
"""Confidence level of these intervals."""

Intervals = dict[str, list[Number]]
"""Low and high end by the name of a total or share."""

STOPPED_SHARE, SAVED_SHARE, RECOVERED_SHARE = "stopped_share", "saved_share", "recovered_share"
"""Shares: of attempts, those stopped before reaching anyone; of people drawn in, those stopped by a warning before a
payment; of losses, those recovered."""

WEEK = 7
FORTNIGHT, MONTH = 2 * WEEK, 4 * WEEK
ENOUGH = 2 * WEEK
"""The fewest differences of days for an estimate of their spread: those of two weeks; also the fewest for a median."""
LEAST = 4
"""The fewest sums of longer stretches for an estimate of their spread."""

SECOND, FIRST = (Fraction(6), Fraction(70, 36)), (Fraction(2), Fraction(3, 2))
"""For second and first differences: the ratio of their mean square to the variance of one day, and the number of them
that carry as much information as one without overlap."""

MEDIAN_SQUARE, EFFICIENCY = Fraction(4549, 10_000), Fraction(37, 100)
"""The median of the square of a standard normal number, and the variance of an estimate of a variance by the mean of
squares as a share of that by their median."""

PARTS, QUANTILE_PARTS = 10**12, 10**6
"""Parts of one to which a standard error is rounded down, in whole numbers, and a quantile is rounded, since its last
digits depend on a machine's logarithms and tangents. So both are the same on every machine."""


class Daily(Quantities):
    """The daily series behind the intervals of an answer, and no others."""

    tables: ClassVar[dict[str, tuple[str, ...]]] = {name: BY_DAY[name] for name in ("attempts", "outcomes")}


def chance(folder: Path, scope: Scope, read: Quantities | None = None) -> Intervals:
    """Return the run-to-run noise of the totals of an answer: by name the 95 % interval of the expected value.

    Names are those of ``HEADLINE``, of the country, ``stopped_share``, ``saved_share`` and ``recovered_share``. Totals
    of zero, and those for which the period is too short, are left out. Raises OSError where a file is missing and
    ValueError where a row is of a day outside the period.
    """
    days = Daily.read(folder, scope) if read is None else read
    dens = den_chance(DenDays.read(folder, scope))
    scale = scale_fraction(scope.scale)
    found: Intervals = {}
    for name in HEADLINE:
        unit = CENTS_PER_UNIT if name in IN_MONEY else 1
        series = _outcome(days, FIGURES[name][2])
        spread = of_total(series, counted=unit == 1)
        if spread is not None:
            spreads = [spread] if dens is None else [spread, (dens.variance(series), dens.events)]
            found[name] = _interval(Fraction(sum(series)), spreads, unit * scale)
    stopped = [sum(day) for day in zip(*(_attempts(days, fate) for fate in Fate if fate.stopped), strict=True)]
    attempts = [sum(day) for day in zip(*(_attempts(days, fate) for fate in Fate), strict=True)]
    for name, part, whole, counted in (
        (STOPPED_SHARE, stopped, attempts, True),
        (SAVED_SHARE, _outcome(days, Outcome.SAVED.label), _outcome(days, Outcome.EPISODES.label), True),
        (
            RECOVERED_SHARE,
            _outcome(days, Outcome.RECOVERED_CENTS.label),
            _outcome(days, Outcome.LOSS_CENTS.label),
            False,
        ),
    ):
        spread = of_share(part, whole, counted, steps=counted and scope.dens is None)
        if spread is not None:
            spreads = [spread]
            if dens is not None:
                spreads.append((of_dens(dens, name, part, whole) / sum(whole) ** 2, dens.events))
            low, high = _interval(Fraction(sum(part), sum(whole)), spreads, Fraction(1))
            found[name] = [low, min(1.0, high)]
    return found


Spread = tuple[Fraction, int]
"""A variance and its degrees of freedom: the number of differences that do not overlap, or of counted things."""


def of_dens(dens: DenChance, name: str, part: Sequence[int], whole: Sequence[int]) -> Fraction:
    """Return the variance of part - share x whole over the period that raids on dens cause, from daily series."""
    share = sum(part) / sum(whole)
    if name == STOPPED_SHARE:  # all crews make attempts; those not stopped come from dens at work
        passed = [every - stopped for stopped, every in zip(part, whole, strict=True)]
        return dens.variance(passed, [(share - 1.0) * every for every in whole])
    return dens.variance([here - share * there for here, there in zip(part, whole, strict=True)])


def of_total(days: Sequence[int], counted: bool) -> Spread | None:
    """Return the run-to-run variance of the sum of a daily series: from its days or whole weeks, the larger.

    ``counted`` says that the series counts single events, and so varies at least like a Poisson number. None if the
    period is too short, or if all days are zero: zeros have no spread, and yet the expected number need not be zero.
    """
    if not any(days):
        return None
    found = [spread for spread in (_of_days(days), _of_stretches(days, WEEK)) if spread is not None]
    if counted:
        found.append((Fraction(sum(days)), sum(days)))
    return max(found, default=None)


def of_share(part: Sequence[int], whole: Sequence[int], counted: bool, steps: bool = False) -> Spread | None:
    """Return the run-to-run variance of the share of one daily series in another.

    Growth and seasons of both cancel out, so longer stretches can show noise that lasts longer, such as which dens
    there are and when they are raided. The variance is the largest from days, weeks, fortnights and four weeks.
    ``counted`` says that both count single events, so that the share varies at least like a binomial one.

    Measures move a share in steps, such as a better filter from a day on. ``steps`` says that such steps are larger
    than the noise, because raids of dens cause none. Then the median of squared differences takes the place of their
    mean, because a few steps hardly change it, and four weeks are left out, most of which have a step.

    None if the period is too short, if the part is zero or all of the whole, which has no spread, or if it is more,
    such as money recovered from losses before a short period.
    """
    total, own = sum(whole), sum(part)
    if not 0 < own < total:
        return None
    # The excess of each day over its share, times the whole: whole numbers.
    beyond = [here * total - there * own for here, there in zip(part, whole, strict=True)]
    estimator, lengths = (typical, (WEEK, FORTNIGHT)) if steps else (mean, (WEEK, FORTNIGHT, MONTH))
    found = [_of_days(beyond, estimator), *(_of_stretches(beyond, length, estimator) for length in lengths)]
    spreads = [(variance / total**4, degrees) for variance, degrees in filter(None, found)]
    if counted:
        spreads.append((Fraction(own * (total - own), total**3), total))
    return max(spreads, default=None)


def mean(squares: Sequence[int]) -> tuple[Fraction, Fraction]:
    """Return the variance of a normal number from its squares, and how much of their information this uses."""
    return Fraction(sum(squares), len(squares)), Fraction(1)


def typical(squares: Sequence[int]) -> tuple[Fraction, Fraction]:
    """Return the variance as ``mean`` does, by the median of the squares, of which a few may be of anything else."""
    return Fraction(median_low(squares)) / MEDIAN_SQUARE, EFFICIENCY


Estimator = Callable[[Sequence[int]], tuple[Fraction, Fraction]]


def _of_days(days: Sequence[int], estimator: Estimator = mean) -> Spread | None:
    """Return the variance of a sum of days, from days a week apart, or from consecutive days if those are too few."""
    second = _differences(days, WEEK, 2)
    if len(second) >= ENOUGH:
        return _spread(second, SECOND, len(days), estimator)
    first = _differences(days, WEEK, 1)
    if len(first) >= WEEK:
        return _spread(first, FIRST, len(days), estimator)
    on_end = _differences(days, 1, 2)
    return _spread(on_end, SECOND, len(days), estimator) if len(on_end) >= LEAST else None


def _of_stretches(days: Sequence[int], length: int, estimator: Estimator = mean) -> Spread | None:
    """Return the variance of a sum of days from the sums of stretches of this length, up to the last day."""
    number = len(days) // length
    rest = len(days) - number * length
    sums = [sum(days[rest + at * length : rest + (at + 1) * length]) for at in range(number)]
    second = _differences(sums, 1, 2)
    if len(second) < (LEAST if estimator is mean else ENOUGH):
        return None
    variance, degrees = _spread(second, SECOND, number, estimator)
    return variance * len(days) / (number * length), degrees


def _differences(days: Sequence[int], lag: int, order: int) -> list[int]:
    for _ in range(order):
        days = [later - earlier for earlier, later in zip(days, days[lag:], strict=False)]
    return list(days)


def _spread(differences: Sequence[int], of: tuple[Fraction, Fraction], number: int, estimator: Estimator) -> Spread:
    """Return the variance of a sum of days or stretches from their differences."""
    larger, each = of
    variance, used = estimator([one * one for one in differences])
    return variance / larger * number, max(1, int(len(differences) * used / each))


def _interval(value: Fraction, spreads: Sequence[Spread], unit: Fraction) -> list[Number]:
    """Return low and high end, none below 0, of a number with several independent sources of noise.

    The squares of half widths add up (Zou and Donner 2008, the method of variance estimates recovery), so no source
    makes the interval narrower, as added degrees of freedom might. ``unit`` divides the ends.
    """
    squares = [
        variance * Fraction(round(student(degrees) * QUANTILE_PARTS), QUANTILE_PARTS) ** 2
        for variance, degrees in spreads
    ]
    half = Fraction(isqrt(int(sum(squares) * PARTS**2)), PARTS)
    return [float(max(Fraction(0), value - half) / unit), float((value + half) / unit)]


def student(degrees: int) -> float:
    """Return the quantile of Student's t for intervals of ``LEVEL``, to a relative precision of a thousandth.

    Loading a library for it would take longer than everything else here. ``degrees`` start at 1.

    Source:
        Abramowitz and Stegun (1964), 26.7.5; for 1 and 2 degrees the quantile has a closed form.
    """
    if degrees == 1:
        return tan(pi * LEVEL / 2)
    if degrees == 2:
        return LEVEL * sqrt(2 / (1 - LEVEL**2))
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + fsum(term / degrees**power for power, term in enumerate(terms, start=1))


def _outcome(days: Quantities, label: str) -> list[int]:
    return [int(day) for day in days.select("outcomes", measure=label)]


def _attempts(days: Quantities, fate: Fate) -> list[int]:
    return [int(day) for day in days.select("attempts", None, fate.label)]
