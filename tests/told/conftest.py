"""Runs made up for the tests of this room, and one that is made."""

import pytest

import sim
from tests.made_up import as_made, made_up, run  # noqa: F401


@pytest.fixture(scope="session")
def policy(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    """Run a policy of tiny, whose figures it has."""
    folder = tmp_path_factory.mktemp("policy")
    values = {"desks.visit.by_province": '{"44": 20}', "warning.tiers.red.deadline": "1 h"}
    return sim.run(sim.load_scenario("tiny", values), folder / "run")
