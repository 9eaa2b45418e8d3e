"""Intervals of an answer: run-to-run noise, estimated from the run itself, and stored answers over posterior draws.

A total is a sum of days. Days a week apart differ by growth and noise only, so their second differences, in which
steady growth cancels out, show the noise of a day, and days add up. The noise of raids on dens lasts longer than they
can show; ``DenChance`` computes it separately. docs/model.md, section 9, compares the result with the
spread of runs that differ in their seed.

A calibration runs each draw, of the scenario and of its policies, at a small scale and with equal seeds, and keeps the
answers in a table next to the scenario's file. So a run of such a scenario at any scale and seed gets an interval of
parameter uncertainty without running draws again: the answer of a draw is that of the run, times the ratio of the
stored answer of the draw to that of the scenario's own values.
"""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import exp, fsum, hypot, isqrt, log, pi, sqrt, tan
from pathlib import Path
from statistics import NormalDist, median_low, quantiles
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from sim.base.days import CENTS_PER_UNIT
from sim.base.words import Fate, Outcome
from sim.reading.figures import Number, scale_fraction
from sim.reading.quantities import BY_DAY, FIGURES, HEADLINE, IN_MONEY, MILLIONTHS, Quantities
from sim.scenario.schema.population import COUNTRY, NO_POOL, plain_pool
from sim.store.columns import DenSlots, Scope
from sim.store.exported import Where

if TYPE_CHECKING:
    from sim.scenario import Scenario

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
        self._hazard = raids / at_work  # raids a day of a slot at work
        self._opening = openings / closed if closed else 0.0  # openings a day of a closed slot
        self._decay = _rounded(exp(-dens.recruiting))
        self._opens_with = dens.opens_with
        self._least = dens.opens_with * opened / dens.slots
        # The sum of squared shares of slots, the inverse of the number of equal slots with the same noise. For
        # independent lognormal weights it is E w^2 / (E w^2 + (n - 1) (E w)^2).
        concentration = 1.0 / (1.0 + (dens.slots - 1) * _rounded(exp(-(dens.weight_sigma**2))))
        self._by_event = concentration / dens.slots

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
        # The later effect of one more member (of a full crew), and of a den that opens instead of staying closed.
        member = den = squares = 0.0
        for day, (of_work, of_all) in backwards:
            grown, slope = self._grown(day.crew)
            # The growth of a new crew to the next midnight: that of the mean crew, less the difference between them.
            gained = grown - slope * (day.crew - self._opens_with) - self._opens_with
            den = (
                (of_work + of_all) * self._opens_with
                - of_all * day.crew
                + (1.0 - self._hazard - self._opening) * den
                + (1.0 - self._hazard) * gained * member
            )
            member = of_work + of_all + (1.0 - self._hazard) * slope * member
            raid = den + (day.crew - self._opens_with) * member
            squares += day.raids * raid * raid + day.openings * den * den
        return Fraction(self._by_event * squares)

    def _grown(self, crew: float) -> tuple[float, float]:
        """Return the mean crew after a day of logistic growth, and the derivative by its size before.

        The derivative is capped at 1: below half of a full crew growth amplifies noise, but not without end. If crews
        are no larger than what opens in a day, arrests take all members every night.
        """
        if crew <= self._least:
            return 0.0, 0.0
        whole = crew + (1.0 - crew) * self._decay
        return crew / whole, min(1.0, self._decay / (whole * whole))


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


def _rounded(exponential: float) -> float:
    return round(exponential * PARTS) / PARTS


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
"""Parts of one to which an exponential is rounded and a standard error is rounded down, in whole numbers, and to which
a quantile is rounded: last digits of exponentials, logarithms and tangents depend on the machine, but those of sums,
products and quotients do not."""


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
        series: list[int] = days.select("outcomes", measure=FIGURES[name][2]).tolist()
        spread = of_total(series, counted=unit == 1)
        if spread is not None:
            spreads = [spread] if dens is None else [spread, (dens.variance(series), dens.events)]
            found[name] = _interval(Fraction(sum(series)), spreads, unit * scale)
    by_fate = [days.select("attempts", None, fate.label) for fate in Fate if fate.stopped]
    stopped, attempts = np.sum(by_fate, axis=0).tolist(), days.select("attempts", None, None).tolist()
    saved, episodes, recovered, lost = (
        days.select("outcomes", measure=one.label).tolist()
        for one in (Outcome.SAVED, Outcome.EPISODES, Outcome.RECOVERED_CENTS, Outcome.LOSS_CENTS)
    )
    for name, part, whole, counted in (
        (STOPPED_SHARE, stopped, attempts, True),
        (SAVED_SHARE, saved, episodes, True),
        (RECOVERED_SHARE, recovered, lost, False),
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


OWN = "own"
"""The draw whose values are the scenario's own."""

DIGITS = 16
"""Hexadecimal digits of a hash in the table."""

POLICY, HASH, DRAW = "policy", "sha256", "draw"
SUFFIX = "-answers.csv"
OF_LEVERS = f"-levers{SUFFIX}"
"""End of the name of the table of levers ``KEY=VALUE``; all other answers are in a table with ``SUFFIX``."""

SHARES = {
    STOPPED_SHARE: ("stopped", "attempts_potential"),
    SAVED_SHARE: ("saved", "episodes"),
    RECOVERED_SHARE: ("recovered_money", "loss_money"),
}
"""Shares by name: the columns of the part and of the whole."""

OF_PEOPLE = (*HEADLINE, "recovered_money")
"""Totals about people and their money."""

AMOUNTS = ("attempts_potential", "stopped", *OF_PEOPLE)
"""Columns of a table: results that do not depend on prices."""

POOLED = 0.001
"""A scale at which any country can be one province."""

SHORTER = NormalDist().inv_cdf(TAILS[1]) / NormalDist().inv_cdf((1.0 + LEVEL) / 2.0)
"""The ratio of the length of an interval of noise at the level of draws to that at its own level."""

NOTHING = 1e-9
"""Stands for a total of zero, and for the rest of a share of one, in ratios."""


@dataclass(frozen=True)
class StoredAnswers:
    """The answers of a scenario over the draws, by column: with its own values and with those of each draw."""

    policy: str
    draws: int
    own: Mapping[str, float]
    drawn: Mapping[str, tuple[float, ...]]

    @property
    def is_of_lever(self) -> bool:
        """Whether the policy is a lever, ``KEY=VALUE``: no scenario's name has such a sign."""
        return "=" in self.policy

    def interval(
        self, name: str, value: float, chance: tuple[float, float] | None = None
    ) -> tuple[float, float, float] | None:
        """Return the low end, the median and the high end of nine tenths of draws of a number of a run, with its noise.

        The name is a column, or a share of two; ``chance`` is the 95 % interval of the noise. None if the table has no
        such number, or if the value is zero.
        """
        if name in SHARES:
            part, whole = SHARES[name]
            if not 0.0 < value < 1.0 or not self.own[whole]:
                return None
            own = _odds(self.own[part], self.own[whole])
            steps = [_odds(*both) - own for both in zip(self.drawn[part], self.drawn[whole], strict=True)]
            at, *ends = (_odds(one, 1.0) for one in (value, *(chance or (value, value))))
            return _mapped(lambda one: 1.0 / (1.0 + exp(-one)), ends_with_noise(at, steps, ends))
        if name not in self.own or value <= 0.0 or self.own[name] <= 0.0:
            return None
        steps = [log(max(one, NOTHING) / self.own[name]) for one in self.drawn[name]]
        at, *ends = (log(max(one, NOTHING)) for one in (value, *(chance or (value, value))))
        return _mapped(exp, ends_with_noise(at, steps, ends))

    def outside(self, base: "StoredAnswers | None" = None) -> dict[str, tuple[float, float]]:
        """Return the totals of the headline whose own value lies outside the 90 % interval over the draws.

        With ``base``, the change of each total from that policy is tested instead. A total of zero, such as people
        saved where nobody is warned, has no ratio to its draws, and is left out.

        Returns:
            By name the ends of the interval, as ratios to the own value or the own change.
        """
        found = {}
        for name in (name for name in HEADLINE if self.own[name]):
            steps = [one / self.own[name] for one in self.drawn[name]] if base is None else self.ratios(base, name)
            low, _, high = nine_tenths(steps)
            if not low <= 1.0 <= high:
                found[name] = low, high
        return found

    def ratios(self, base: "StoredAnswers", name: str) -> list[float]:
        """Return (this draw / draw of the base) / (own / own of the base) of a column, for each draw that both have."""
        own = max(self.own[name], NOTHING) / max(base.own[name], NOTHING)
        pairs = zip(self.drawn[name], base.drawn[name], strict=False)
        return [max(one, NOTHING) / max(other, NOTHING) / own for one, other in pairs]


def _mapped(back: Callable[[float], float], ends: tuple[float, float, float]) -> tuple[float, float, float]:
    low, middle, high = map(back, ends)
    return low, middle, high


def ends_with_noise(at: float, steps: list[float], chance: Sequence[float]) -> tuple[float, float, float]:
    """Return ends and median of a 90 % interval from the steps of draws and the ends of a 95 % interval of noise."""
    low, middle, high = nine_tenths(steps)
    below, above = SHORTER * (at - chance[0]), SHORTER * (chance[1] - at)
    return at + middle - hypot(middle - low, below), at + middle, at + middle + hypot(high - middle, above)


def _odds(part: float, whole: float) -> float:
    """Return the log odds of a part of a whole."""
    return log(max(part, NOTHING * whole, NOTHING) / max(whole - part, NOTHING * whole, NOTHING))


def answered(quantities: Mapping[str, float]) -> dict[str, float]:
    """Return the columns of a table of answers from ``sim.reading.run.quantities`` of a run."""
    stopped = sum(quantities.get(f"attempts_by_fate.{fate.label}", 0.0) for fate in Fate if fate.stopped)
    every = {**quantities, "stopped": stopped}
    return {name: float(every[name]) for name in AMOUNTS}


def policy_digests(scenario: "Scenario") -> str:
    """Return the ``policy_digest`` of a scenario with its provinces and, if possible, pooled; as one text."""
    from sim.scenario import ScenarioError, changed

    try:
        pooled = changed(scenario, {"population.pool": COUNTRY, "scale": POOLED})
    except ScenarioError:
        return policy_digest(scenario)
    return f"{policy_digest(scenario)} {policy_digest(pooled)}"


def policy_digest(scenario: "Scenario") -> str:
    """Return a hash that identifies a scenario at any scale, with any seed and prices."""
    from sim.scenario.load import digest
    from sim.scenario.resolved import NO_EFFECT, plain

    values: dict[str, Any] = {
        key: value for key, value in plain(scenario.resolved).items() if key not in (*NO_EFFECT, "seed", "scale")
    }
    values["population"] = {key: value for key, value in values["population"].items() if key != "pool"}
    return digest(values)[:DIGITS]


def stored_answers(scenario: "Scenario") -> StoredAnswers | None:
    """Return the stored answers of a scenario; None if no bundled table has any."""
    tables = answer_tables()
    if not tables:
        return None
    found = policy_digest(scenario)
    known = {digest: one for table in tables for digest, one in read_answers(table).items()}
    return known[found] if found in known else _of_the_same_name(scenario, found, known.values())


def _of_the_same_name(scenario: "Scenario", found: str, known: "Iterable[StoredAnswers]") -> StoredAnswers | None:
    """Return the stored answers of a bundled scenario that equals this one when pooled in the same way.

    A table covers separate provinces and all of them pooled; there are too many other ways to pool them.
    """
    from sim.scenario import load_scenario
    from sim.scenario.reading import bundled_names

    pool = scenario.spec.population.pool
    same = next((one for one in known if one.policy == scenario.name), None)
    if same is None or scenario.name not in bundled_names() or pool in (NO_POOL, COUNTRY):
        return None
    try:
        own = load_scenario(scenario.name, **{"population.pool": plain_pool(pool), "scale": POOLED})
    except ValueError:
        return None
    return same if policy_digest(own) == found else None


def answer_tables() -> list[Path]:
    """Return the bundled tables of answers."""
    from sim.scenario.reading import bundled_folder

    return sorted(bundled_folder().glob(f"*{SUFFIX}"))


@cache
def read_answers(path: Path) -> dict[str, StoredAnswers]:
    """Return the answers of a table, each by every ``policy_digest`` that it covers."""
    rows: dict[str, list[dict[str, str]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row[HASH], []).append(row)
    found: dict[str, StoredAnswers] = {}
    for known, entries in rows.items():
        numbers = {row[DRAW]: {name: float(row[name]) for name in AMOUNTS} for row in entries}
        own = numbers.pop(OWN)
        drawn = {name: tuple(one[name] for one in numbers.values()) for name in own}
        found |= dict.fromkeys(known.split(), StoredAnswers(entries[0][POLICY], len(numbers), own, drawn))
    return found


def tables_beside(folder: Path, name: str) -> list[Path]:
    """Return the tables of answers of a scenario in a folder, its own first; none if there are no answers."""
    return [path for path in (folder / f"{name}{suffix}" for suffix in (SUFFIX, OF_LEVERS)) if path.is_file()]


def store_answers(folder: Path, name: str, answers: "Mapping[str, StoredAnswers]") -> None:
    """Store the answers of a scenario, its policies and its levers in their tables, in place of earlier ones."""
    for suffix, levers in ((OF_LEVERS, True), (SUFFIX, False)):
        some = {digest: one for digest, one in answers.items() if one.is_of_lever == levers}
        if some:
            write_answers(folder / f"{name}{suffix}", some)
        else:
            (folder / f"{name}{suffix}").unlink(missing_ok=True)


def write_answers(path: Path, answers: "Mapping[str, StoredAnswers]") -> None:
    """Store answers by ``policy_digests``, to six digits."""
    from sim.store.folder import whole

    with whole(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([POLICY, HASH, DRAW, *AMOUNTS])
        for known, one in answers.items():
            for draw in (OWN, *range(one.draws)):
                cells = [one.own[name] if draw == OWN else one.drawn[name][int(draw)] for name in AMOUNTS]
                table.writerow([one.policy, known, draw, *(f"{cell:.6g}" for cell in cells)])
