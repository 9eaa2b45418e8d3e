"""Simulation-based calibration: on data that the model made, the posterior holds the truth as often as it says."""

from collections.abc import Iterator

import numpy as np
import pytest
from scipy import stats

import sim
from sim.calibration.coverage import ranks
from sim.calibration.data import Data
from sim.calibration.evaluations import Evaluations, Task
from sim.calibration.levels import Level
from sim.calibration.parameters import ranged
from sim.calibration.posterior import posterior
from sim.results.scope import Scope
from tests.calibration.conftest import SMALL

DATASETS = 60
MEMBERS = 150
LEVEL = Level(1.0, tuple(range(11, 27)), pooled=True)
"""So many seeds that the spread of figures between them is known well enough."""


NARROW = {
    "fraud.volumes.call.level": ("1400 per day", "[1200 per day, 1600 per day]"),
    "fraud.volumes.sms.level": ("1500 per day", "[1300 per day, 1700 per day]"),
    "interception.call.d_prime": ("4.4", "[4.2, 4.6]"),
    "measures.warning-central.coverage": ("0.6", "[0.5, 0.7]"),
    "measures.warning-local.coverage": ("0.6", "[0.5, 0.7]"),
}
"""Ranges in which one step of linear regression is good; over wider ones it takes several, each with its own runs."""


@pytest.fixture(scope="module")
def narrow() -> sim.Scenario:
    """The small scenario with narrow ranges."""
    values = {
        key: f"{{value: {value}, origin: calibrated, range: {limits}}}" for key, (value, limits) in NARROW.items()
    }
    return sim.load_scenario(str(SMALL), values)


@pytest.fixture(scope="module")
def runs(narrow: sim.Scenario, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evaluations]:
    """Runs for these tests; one step of regression, so that one ensemble serves all data sets."""
    with Evaluations(narrow, tmp_path_factory.mktemp("coverage"), 1) as found:
        yield found


@pytest.fixture(scope="module")
def found(narrow: sim.Scenario, runs: Evaluations) -> np.ndarray:
    """Ranks of the truth among the members of its posterior."""
    return ranks(narrow, runs, LEVEL, DATASETS, MEMBERS, steps=1)


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_intervals_hold_the_truth_as_often_as_they_say(found: np.ndarray, share: float):
    inside = (np.abs(found - 0.5) < share / 2.0).sum(axis=0)
    low, high = stats.binom.ppf([5e-4, 1.0 - 5e-4], DATASETS, share)
    assert (inside >= low).all(), inside
    assert (inside <= high).all(), inside


def test_ranks_are_even(found: np.ndarray):
    for column in found.T:
        counts, _ = np.histogram(column, bins=4, range=(0.0, 1.0))
        assert stats.chisquare(counts).pvalue > 1e-3, counts


def test_what_the_data_tell_is_narrow_and_what_they_cannot_tell_is_wide(narrow: sim.Scenario, runs: Evaluations):
    own = runs.run([Task(LEVEL, seed, {}) for seed in LEVEL.seeds])
    data = Data(Scope.of(narrow), (), own, own[0])
    parameters = ranged(narrow)
    observed = np.mean([data.of(one) for one in own], axis=0)
    simulate = data.simulator(runs, LEVEL, parameters)
    after = posterior(parameters, simulate, observed, data.error, narrow.spec.seed, MEMBERS, steps=1)
    left = dict(zip((one.key for one in parameters), after.left(), strict=True))
    for key in ("fraud.volumes.sms.level", "measures.warning-central.coverage", "measures.warning-local.coverage"):
        assert left[key] < 0.7, left
    # As many calls are intercepted by a stronger filter as of more attempts.
    assert left["interception.call.d_prime"] > 0.6, left
    assert after.directions()[0].left < 0.25
