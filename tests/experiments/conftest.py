"""Pairs of runs of tiny: with the centre's warnings and without, three seeds, all events."""

from pathlib import Path

import pytest

import sim
from tests.slots import TINY

SEEDS = (7, 8, 9)
POLICIES: dict[str, dict[str, str]] = {"base": {}, "silent": {"measures.warning-central": "null", "name": "silent"}}


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[sim.Run]]:
    """Runs by policy, one a seed."""
    place: Path = tmp_path_factory.mktemp("pairs")
    return {
        policy: [
            sim.run(
                sim.load_scenario("tiny", {**settings, "seed": str(seed)}, **TINY),
                place / policy / str(seed),
                events="all",
                workers=1,
            )
            for seed in SEEDS
        ]
        for policy, settings in POLICIES.items()
    }
