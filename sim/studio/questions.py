"""Questions of a studio: policies to compare with the baseline on a number of pairs of runs; and the equal command."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.base.failures import RefusedError, UsageError
from sim.experiments.paired import PAIRS
from sim.experiments.pairing import demand_pair
from sim.experiments.run_size import RunSize
from sim.experiments.simulations import is_large
from sim.language.spoken import said
from sim.scenario.errors import ScenarioError
from sim.scenario.load import Scenario, changed, load_scenario
from sim.scenario.reading import read_plain
from sim.scenario.schema.population import COUNTRY, NO_POOL, REGIONS
from sim.studio.policies import Policies, Values

MOST_POLICIES = 4
"""The most policies of a question."""

MOST_PAIRS = 64
"""The most pairs of a question; a command has no such limit."""

POOLS = (COUNTRY, REGIONS, NO_POOL)
"""The pools that a page offers."""


def size_of(row: Mapping[str, Any]) -> RunSize:
    """Return the size that a page asks for; UsageError for one that the options do not allow."""
    scale, pool, apart = row.get("scale"), row.get("pool"), row.get("apart", [])
    if isinstance(scale, bool) or not isinstance(scale, int | float):
        raise UsageError("--scale: must be a number above 0 and at most 1")
    if pool not in POOLS:
        raise UsageError(f"--pool: must be one of {', '.join(POOLS)}")
    if not isinstance(apart, list) or not all(isinstance(one, str) for one in apart):
        raise UsageError("--apart: must be names or codes of provinces")
    if apart and pool != COUNTRY:
        raise UsageError(f"--apart: cannot be used with --pool {pool}; use --pool {COUNTRY}")
    return RunSize(float(scale), str(pool), tuple(apart))


@dataclass(frozen=True)
class Question:
    """Saved policies to compare with the baseline, the size of the runs, and the number of pairs."""

    policies: tuple[str, ...]
    size: RunSize
    replicates: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Question":
        """Return the question that a page asks; UsageError for one that no command asks."""
        names, pairs = row.get("policies"), row.get("replicates", PAIRS)
        if (
            not isinstance(names, list)
            or not 1 <= len(names) <= MOST_POLICIES
            or len(set(map(str, names))) < len(names)
        ):
            raise UsageError(f"policies: must be 1 to {MOST_POLICIES} different names of saved policies")
        if not all(isinstance(one, str) for one in names):
            raise UsageError("policies: must be names")
        if isinstance(pairs, bool) or not isinstance(pairs, int) or not 1 <= pairs <= MOST_PAIRS:
            raise UsageError(f"--replicates: must be a whole number from 1 to {MOST_PAIRS}")
        return cls(tuple(names), size_of(row), pairs)

    def files(self, policies: Policies) -> list[str]:
        """Return the baseline and the policies as a command names them."""
        return [policies.base, *(str(policies.path(name)) for name in self.policies)]

    def command(self, policies: Policies) -> str:
        """Return the command that asks the same."""
        words = ["tocsin", "compare", *self.files(policies), *self.size.options, "--replicates", str(self.replicates)]
        return shlex.join(words)

    def scenarios(self, policies: Policies) -> list[Scenario]:
        """Return the scenarios of the first pair, the baseline first.

        Mistakes of a file raise a ScenarioError, scenarios that cannot be paired a PairingError, and runs that are too
        large for a page a UsageError.
        """
        every = [load_scenario(file, None, **self.size.arguments) for file in self.files(policies)]
        demand_small(every[0])
        for other in every[1:]:
            demand_pair(every[0], other)
        return every


def replicated(scenario: Scenario, number: int) -> Scenario:
    """Return a scenario with the seed of a replicate, counted from 0, as ``tocsin compare`` numbers them."""
    return changed(scenario, {"seed": scenario.spec.seed + number}) if number else scenario


def demand_small(scenario: Scenario) -> None:
    """Raise UsageError for runs that keep a machine busy for minutes: those are for the command line."""
    if is_large(scenario):
        raise UsageError(
            said("Runs of this size take minutes each. Copy the command, or use a smaller scale or a pool.")
        )


def provinces_of(values: Values) -> list[str]:
    """Return the provinces that a policy names: those with their own staff, and those of its measures."""
    named: list[str] = []
    for key, text in values.items():
        parts = key.split(".")
        if len(parts) > 3 and parts[0] == "desks" and parts[2] == "by_province":
            named.append(parts[3])
        elif parts[0] == "measures":
            measure = read_plain(text)
            listed = measure.get("provinces") if isinstance(measure, dict) else None
            named += map(str, listed if isinstance(listed, list) else [])
    return list(dict.fromkeys(named))


def pooled_away(values: Values, size: RunSize) -> list[str]:
    """Return the provinces that a policy names and that runs of this size cannot tell from others."""
    return [] if size.pool == NO_POOL else [one for one in provinces_of(values) if one not in size.apart]


def refusals(policies: Policies, name: str, title: str, values: Values, size: RunSize) -> list[str]:
    """Return why runs of this size cannot answer what a policy asks; nothing if they can.

    Mistakes of the policy itself raise a ScenarioError, a name that no policy can have a UsageError.
    """
    policies.checked(name, title, values)
    lost = pooled_away(values, size)
    if lost:
        text = said(
            "{provinces}: simulated together with other provinces, so the runs show nothing about it alone.",
            provinces=", ".join(lost),
        )
        return [text]
    try:
        base = load_scenario(policies.base, None, **size.arguments)
        demand_small(base)
        demand_pair(base, policies.checked(name, title, values, **size.arguments))
    except ScenarioError as error:
        return [f"{one.message}; {one.allowed}" for one in error.mistakes]
    except RefusedError as error:
        return list(error.lines)
    return []
