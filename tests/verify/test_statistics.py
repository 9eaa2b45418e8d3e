"""The tests that judge are tested: p-values of what is so are uniform, of what is not so small."""

import numpy as np
import pytest
from scipy import stats

from sim.verify import statistics

ROUNDS = 200


def test_holm_adjusts_as_in_the_literature() -> None:
    # The example of the manual of R, p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm").
    assert statistics.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    # Adjusted values never fall as p-values rise, and are 1 at most.
    assert statistics.holm([0.9, 0.8, 0.001]) == pytest.approx([1.0, 1.0, 0.003])
    assert statistics.holm([]) == []


def test_holm_fails_as_seldom_as_it_says_where_all_is_so() -> None:
    rng = np.random.default_rng(1)
    failed = sum(min(statistics.holm(rng.random(50).tolist())) < 0.05 for _ in range(2000))
    assert stats.binom.cdf(failed, 2000, 0.05) > 1e-3
    assert stats.binom.sf(failed, 2000, 0.04) > 1e-3


def uniform(p_values: list[float]) -> bool:
    return bool(stats.kstest(p_values, "uniform").pvalue > 1e-3)


def test_p_values_of_what_is_so_are_uniform() -> None:
    rng = np.random.default_rng(2)
    found: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        counts = rng.poisson(900, 32)
        customers = [rng.exponential(3.0, count) for count in counts]
        judged = {
            "balance": statistics.balance([each.sum() for each in customers], counts, 3.0),
            "poisson": statistics.poisson_count(int(rng.poisson(1e6)), 1e6),
            "share": statistics.share(int(rng.binomial(1_000_000, 0.3)), 1_000_000, 0.3),
            "fit": statistics.fit(rng.poisson(200, 64), np.full(64, 200.0)),
            "chi-square": statistics.chi_square(float(rng.chisquare(40)), 40),
            "normal": statistics.normal(rng.normal(7.0, 3.0), 7.0, 9.0),
            "exponential": statistics.exponential(rng.exponential(1e5, 500).astype(np.int64), 1e5),
            "uncorrelated": statistics.uncorrelated(rng.random(300), rng.random(300)),
        }
        for name, one in judged.items():
            found.setdefault(name, []).append(one.p)
    assert {name for name, p_values in found.items() if not uniform(p_values)} == set()


def test_both_sides_are_seen() -> None:
    for found in (950_000, 1_050_000):
        assert statistics.poisson_count(found, 1e6).p < 1e-9
        assert statistics.share(found, 2_000_000, 0.5).p < 1e-9
    for statistic in (10.0, 120.0):
        assert statistics.chi_square(statistic, 50).p < 1e-6
    for mean in (0.97, 1.03):
        rng = np.random.default_rng(3)
        gaps = rng.exponential(1e6, 100_000).astype(np.int64)
        assert statistics.exponential(gaps, 1e6 * mean).p < 1e-6
        customers = rng.exponential(1.0, (32, 10_000))
        assert statistics.balance(customers.sum(axis=1), np.full(32, 10_000), mean).p < 1e-6


def test_replications_that_are_all_alike_are_refused_unless_they_are_right() -> None:
    assert statistics.balance([2.0, 2.0], [1.0, 1.0], 2.0).p == 1.0
    assert statistics.balance([2.0, 2.0], [1.0, 1.0], 2.1).p == 0.0


def test_few_counts_are_not_taken_for_many() -> None:
    with pytest.raises(ValueError, match="at least 20"):
        statistics.fit([3, 4], [3.0, 40.0])
