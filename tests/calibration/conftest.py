"""A small scenario whose figures its own model has made, and the runs that calibrations of it ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import sim
from sim.calibration.fit import Evaluations, Level, Targets
from sim.scenario.schema.population import COUNTRY
from sim.store.columns import Scope

SMALL = Path(__file__).parent / "small.yaml"

TRUE = {
    "fraud.volumes.call.level": "1650 per day",
    "fraud.volumes.sms.level": "1250 per day",
    "measures.warning-central.coverage": 0.75,
    "measures.warning-local.coverage": 0.45,
}
"""Values that make the figures of a test; the scenario itself starts somewhere else."""


@pytest.fixture(scope="session")
def small() -> sim.Scenario:
    """The small scenario as its file has it."""
    return sim.load_scenario(str(SMALL))


@pytest.fixture(scope="session")
def levels(small: sim.Scenario) -> list[Level]:
    """Half of the people in one province, then the scenario itself, with three seeds."""
    seeds = (11, 12, 13)
    return [Level(0.5, seeds, pool=COUNTRY), Level(1.0, seeds)]


@pytest.fixture(scope="session")
def targets(small: sim.Scenario) -> Targets:
    """The figures of the small scenario."""
    return Targets.of(Scope.of(small))


@pytest.fixture(scope="package")
def evaluations(
    small: sim.Scenario, tmp_path_factory: pytest.TempPathFactory, one_process: None
) -> Iterator[Evaluations]:
    """Runs of the small scenario, shared by the tests of one process, so that none is simulated twice."""
    with Evaluations(small, tmp_path_factory.mktemp("calibration"), workers=1) as shared:
        yield shared
