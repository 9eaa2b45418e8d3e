"""Bundled scenarios as they come, each loaded once for all tests that only read it: they are frozen."""

from functools import cache

from sim.scenario import Scenario, bundled_scenarios, load_scenario

NAMES = [name for name, _ in bundled_scenarios()]


@cache
def bundled(name: str) -> Scenario:
    """Return the bundled scenario of this name."""
    return load_scenario(name)
