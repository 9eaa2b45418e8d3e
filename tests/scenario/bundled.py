"""Bundled scenarios as they come, each loaded once for all tests that only read it: they are frozen."""

from functools import cache

from sim.scenario import Scenario, load_scenario
from sim.scenario.load import files_of
from sim.scenario.reading import bundled_folder, bundled_scenarios

NAMES = [name for name, _ in bundled_scenarios()]


@cache
def bundled(name: str) -> Scenario:
    """Return the bundled scenario of this name."""
    return load_scenario(name)


@cache
def resting_on(name: str) -> frozenset[str]:
    """Return the names of the bundled scenarios that extend this one, directly or not."""
    file = (bundled_folder() / f"{name}.yaml").resolve()
    return frozenset(one for one in NAMES if one != name and file in files_of(one))
