"""How likely a duration is to be longer than another, against scipy."""

from typing import Any

import pytest
from scipy import stats

from sim.scenario.schema.base import Distribution

MINUTE = 60_000.0


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ({"uniform": {"low": "5 min", "high": "20 min"}}, stats.uniform(5 * MINUTE, 15 * MINUTE)),
        ({"exponential": {"mean": "30 min"}}, stats.expon(scale=30 * MINUTE)),
        ({"lognormal": {"median": "20 min", "sigma": 0.8}}, stats.lognorm(0.8, scale=20 * MINUTE)),
        ({"weibull": {"scale": "40 min", "shape": 1.5}}, stats.weibull_min(1.5, scale=40 * MINUTE)),
        ({"weibull": {"scale": "40 min", "shape": 0.01}}, stats.weibull_min(0.01, scale=40 * MINUTE)),
    ],
)
def test_a_tail_is_that_of_the_distribution(written: dict[str, Any], known: Any) -> None:
    one = Distribution.model_validate(written)
    for minutes in (1, 10, 19, 60, 1440):
        assert one.survival(minutes * MINUTE) == pytest.approx(known.sf(minutes * MINUTE), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(
    "written",
    ["40 min", {"uniform": {"low": "40 min", "high": "40 min"}}, {"lognormal": {"median": "40 min", "sigma": 0.0}}],
)
def test_what_is_always_the_same_is_longer_than_what_is_shorter(written: Any) -> None:
    one = Distribution.model_validate(written)
    assert (one.survival(39 * MINUTE), one.survival(40 * MINUTE)) == (1.0, 0.0)


def test_the_steepest_weibull_is_next_to_constant_over_years() -> None:
    one = Distribution.model_validate({"weibull": {"scale": "1 min", "shape": 100.0}})
    assert one.survival(0.5 * MINUTE) == pytest.approx(1.0)
    assert one.survival(800 * 1440 * MINUTE) == 0.0
