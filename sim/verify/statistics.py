"""What all studies share: their statistical tests, and what a study and a check are.

The statistical tests of all studies; every p-value is two-sided.

Studies and checks: a study is a scenario that theory can solve, run by an engine like any other scenario.
"""

import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from sim.reading.run import Run
from sim.running import run, with_events
from sim.scenario import Scenario, load_scenario


@dataclass(frozen=True)
class Judged:
    """The value that theory expects, the value found, both in one unit, and the p-value of the difference by a test."""

    expected: float
    found: float
    p: float
    test: str


def balance(sums: ArrayLike, counts: ArrayLike, expected: float, unit: float = 1.0) -> Judged:
    """Return the judgement of a mean over customers by independent replications, each with a sum and a count.

    In each replication the sum minus ``expected`` times the count has mean 0 exactly, while the ratio of the two is
    biased; so these differences get a t-test. ``sums`` and ``counts`` (customers, or the time over which a rate is
    summed) are (R,); ``unit`` divides both numbers for display.
    """
    summed, counted = np.asarray(sums, dtype=float), np.asarray(counts, dtype=float)
    off = summed - expected * counted
    still = float(np.ptp(off)) == 0.0
    p = float(off[0] == 0.0) if still else float(stats.ttest_1samp(off, 0.0).pvalue)
    return Judged(expected / unit, float(summed.sum() / counted.sum()) / unit, p, f"t, {len(off) - 1} df")


def tails(lower: float, upper: float) -> float:
    """Return the two-sided p-value of a statistic from both tails: twice the smaller, at most 1."""
    return min(1.0, 2.0 * min(lower, upper))


def poisson_count(count: int, expected: float, per: float = 1.0) -> Judged:
    """Judge a Poisson count by its exact distribution; ``per`` divides both numbers for display."""
    p = tails(float(stats.poisson.cdf(count, expected)), float(stats.poisson.sf(count - 1, expected)))
    return Judged(expected / per, count / per, p, "Poisson, exact")


def share(hits: int, trials: int, probability: float) -> Judged:
    """Judge a share of successes by the binomial distribution, exactly."""
    p = tails(float(stats.binom.cdf(hits, trials, probability)), float(stats.binom.sf(hits - 1, trials, probability)))
    return Judged(probability, hits / trials, p, "binomial, exact")


def fit(counts: ArrayLike, expected: ArrayLike) -> Judged:
    """Judge independent Poisson counts (n,) together: the sum of squared standardised differences is chi-square.

    Args:
        counts: (n,) counts.
        expected: (n,) their means.

    Returns:
        The judgement, which shows the statistic with its degrees of freedom.

    Raises:
        ValueError: If an expected count is below 20, where the chi-square approximation fails.
    """
    found, wanted = np.asarray(counts, dtype=float).ravel(), np.asarray(expected, dtype=float).ravel()
    if wanted.min() < 20.0:
        raise ValueError(f"an expected count is {wanted.min():.3g}; it must be at least 20")
    return chi_square(float(((found - wanted) ** 2 / wanted).sum()), len(wanted))


def chi_square(statistic: float, degrees: int) -> Judged:
    """Judge a chi-square statistic with these degrees of freedom."""
    p = tails(float(stats.chi2.cdf(statistic, degrees)), float(stats.chi2.sf(statistic, degrees)))
    return Judged(float(degrees), statistic, p, "chi-square")


def normal(found: float, expected: float, variance: float, per: float = 1.0) -> Judged:
    """Judge a normal number with this variance; ``per`` divides both numbers for display."""
    p = float(2.0 * stats.norm.sf(abs(found - expected) / np.sqrt(variance)))
    return Judged(expected / per, found / per, p, "normal")


def exponential(gaps: NDArray[np.int64], mean: float, unit: float = 1.0) -> Judged:
    """Return the judgement of the gaps of a stream: a Kolmogorov-Smirnov test against the exponential distribution.

    ``gaps`` (n,) and their theoretical ``mean`` have one unit; ``unit`` divides the means for display.
    """
    p = float(stats.kstest(gaps, "expon", args=(0.0, mean)).pvalue)
    return Judged(mean / unit, float(gaps.mean()) / unit, p, "Kolmogorov-Smirnov")


def uncorrelated(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> Judged:
    """Judge whether two series of independent pairs are correlated, by Fisher's transformation."""
    r = float(np.corrcoef(ours, theirs)[0, 1])
    z = np.arctanh(r) * np.sqrt(len(ours) - 3)
    return Judged(0.0, r, float(2.0 * stats.norm.sf(abs(z))), "Fisher's z")


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted by Holm's method; those below a rate are rejected at that family-wise error rate.

    Source:
        S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979).
    """
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, k in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[k]))
        adjusted[k] = highest
    return adjusted


QUIET = Path(__file__).with_name("quiet.yaml")
PROVINCES = 32
"""Number of equal provinces that share nothing during a day: independent replications in one run."""
PEOPLE = 2000
"""People of each."""

LEAST = 2
"""Fewest days that a quick verification measures."""

ENGINES = ("vector", "reference")


@dataclass(frozen=True)
class Result:
    """The result of a check: what was checked, by which theory, on which engine, with the values and the p-value."""

    study: str
    checked: str
    source: str
    engine: str
    expected: float
    found: float
    p: float
    test: str


Checks = Iterator[tuple[str, str, Judged]]
"""Statements of theory: what each is about, its source, and how a run was judged by it."""


@dataclass(frozen=True)
class Study:
    """A scenario, and the statements of theory by which its run is judged.

    Attributes:
        name: Its name in theory.
        about: The scenario in a sentence.
        values: Changes to ``quiet.yaml``, by dotted key.
        days: Measured days by engine. A run has one day more, so that processes that begin on the measured days also
            end. Engines that are not named do not run it.
        checks: Judges a run and its measured days.
        warmup: Days simulated before, so that the start has no effect.
        events: Whether the log is needed.
    """

    name: str
    about: str
    values: Mapping[str, Any]
    days: Mapping[str, int]
    checks: Callable[[Run, int], Checks]
    warmup: int = 1
    events: bool = True

    def scenario(self, engine: str, seed: int, days: int) -> Scenario:
        """Return the scenario with this number of measured days."""
        first = load_scenario(str(QUIET)).spec.period.start
        end = (first + timedelta(days=days)).isoformat()
        values = {
            "population.provinces": [_province(code) for code in range(1, PROVINCES + 1)],
            **self.values,
            "period": {"start": first.isoformat(), "end": end, "warmup": f"{self.warmup} d"},
        }
        return load_scenario(str(QUIET), engine=engine, seed=seed, **values)

    def asked(self, engine: str, seed: int, thinned: int = 1) -> Scenario:
        """Return the scenario of one run with the events that it records; arguments as in ``findings``."""
        scenario = self.scenario(engine, seed, self._measured(engine, thinned))
        return with_events(scenario, "all" if self.events else "none")

    def _measured(self, engine: str, thinned: int) -> int:
        """Return the number of measured days."""
        return max(min(LEAST, self.days[engine]), self.days[engine] // thinned)

    def findings(self, engine: str, seed: int, thinned: int = 1) -> Iterator[Result]:
        """Run the scenario and judge it.

        Args:
            engine: ``vector`` or ``reference``.
            seed: Of the run.
            thinned: Divisor of the number of measured days, down to ``LEAST``.

        Yields:
            A finding for each check.
        """
        with tempfile.TemporaryDirectory(prefix="tocsin-verify-") as place:
            finished = run(self.asked(engine, seed, thinned), Path(place) / "run")
            for checked, source, judged in self.checks(finished, self._measured(engine, thinned)):
                p = 0.0 if math.isnan(judged.p) else judged.p  # undefined where nothing was found
                yield Result(self.name, checked, source, engine, judged.expected, judged.found, p, judged.test)


def _province(code: int) -> dict[str, Any]:
    shares = {"share_0_14": 20, "share_15_59": 60, "share_60_plus": 20, "share_65_plus": 15, "share_urban": 50}
    named = {"code": code, "name": f"Province {code}", "region": "any", "population": PEOPLE}
    return {**named, **shares, "men_per_100_women": 100}
