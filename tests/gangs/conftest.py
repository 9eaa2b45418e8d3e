"""The scenario of the tests, loaded once."""

import pytest

import sim
from sim.scenario import ScenarioModel


@pytest.fixture(scope="session")
def tiny() -> ScenarioModel:
    """The scenario of the tests."""
    return sim.load_scenario("tiny").spec
