"""Run-to-run noise: how far the totals of one run may lie from those of other seeds, estimated from the run itself.

A total is a sum of days. Days a week apart differ by growth and noise only, so their second differences, in which
steady growth cancels out, show the noise of a day, and days add up. The noise of raids on dens lasts longer than they
can show; ``sim.reading.den_chance`` computes it separately. docs/model.md, section 9, compares the result with the
spread of runs that differ in their seed.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import fsum, isqrt, pi, sqrt, tan
from pathlib import Path
from statistics import NormalDist, median_low
from typing import ClassVar

from sim.base.money import CENTS_PER_UNIT
from sim.base.words import Fate, Outcome
from sim.reading.den_chance import DenChance, DenDays, den_chance
from sim.reading.figures import Number, scale_fraction
from sim.reading.headline import HEADLINE
from sim.reading.quantities import BY_DAY, FIGURES, IN_MONEY, Quantities
from sim.store.scope import Scope

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
