"""Questions of a studio: policies to compare with the baseline on a number of pairs of runs; and the equal command."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.base.failures import RefusedError, UsageError
from sim.experiments.paired import PAIRS
from sim.experiments.pairing import demand_pair
from sim.experiments.run_size import RunSize
from sim.experiments.simulations import is_large
from sim.forecast import Forecast, Job, between
from sim.forecast import size as bytes_said
from sim.language.spoken import said
from sim.scenario.errors import ScenarioError
from sim.scenario.load import Scenario, changed, load_scenario, posterior
from sim.scenario.reading import read_plain
from sim.scenario.schema.population import COUNTRY, NO_POOL, REGIONS
from sim.studio.policies import Policies, Values

MOST_POLICIES = 4
"""The most policies of a question."""

MOST_PAIRS = 64
"""The most pairs, or posterior draws, of a question; a command has no such limit."""

DRAWS = 20
"""The posterior draws that a page offers."""

POOLS = (COUNTRY, REGIONS, NO_POOL)
"""The pools that a page offers."""


def size_of(row: Mapping[str, Any]) -> RunSize:
    """Return the size that a page asks for; UsageError for one that the options do not allow."""
    scale, pool, apart = row.get("scale"), row.get("pool"), row.get("apart", [])
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not 0 < scale <= 1:
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
    """Saved policies to compare with the baseline, the size of the runs, and the number of pairs.

    Attributes:
        policies: Names of the saved policies.
        size: The size of all runs.
        replicates: Pairs of runs, each with its own seed; 1 with ``draws``.
        draws: Posterior draws, one pair each; None for the scenarios' own values.
        events: Whether runs record every event, so that the ways of single people can be shown.
        large: Whether runs may keep the machine busy for minutes each.
    """

    policies: tuple[str, ...]
    size: RunSize
    replicates: int
    draws: int | None = None
    events: bool = False
    large: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Question":
        """Return the question that a page asks; UsageError for one that no command asks."""
        names, draws = row.get("policies"), row.get("draws")
        pairs = row.get("replicates", PAIRS if draws is None else 1)
        if (
            not isinstance(names, list)
            or not 1 <= len(names) <= MOST_POLICIES
            or len(set(map(str, names))) < len(names)
        ):
            raise UsageError(f"policies: must be 1 to {MOST_POLICIES} different names of saved policies")
        if not all(isinstance(one, str) for one in names):
            raise UsageError("policies: must be names")
        if not _is_count(pairs):
            raise UsageError(f"--replicates: must be a whole number from 1 to {MOST_PAIRS}")
        if draws is not None and not (_is_count(draws) and draws > 1 and pairs == 1):
            raise UsageError(f"--draws: must be a whole number from 2 to {MOST_PAIRS}, with one replicate")
        events, large = row.get("events", False), row.get("large", False)
        if not isinstance(events, bool) or not isinstance(large, bool):
            raise UsageError("events and large must be true or false")
        return cls(tuple(names), size_of(row), pairs, draws, events, large)

    @property
    def pairs(self) -> int:
        """Pairs of runs of each policy with the baseline."""
        return self.replicates * (self.draws or 1)

    def files(self, policies: Policies) -> list[str]:
        """Return the baseline and the policies as a command names them."""
        return [policies.base, *(str(policies.path(name)) for name in self.policies)]

    def command(self, policies: Policies) -> str:
        """Return the command that asks the same."""
        words = ["tocsin", "compare", *self.files(policies), *self.size.options, "--replicates", str(self.replicates)]
        words += [] if self.draws is None else ["--draws", str(self.draws)]
        words += ["--events", "all"] if self.events else []
        return shlex.join(words)

    def scenarios(self, policies: Policies, draw: int | None = None) -> list[Scenario]:
        """Return the scenarios of the first pair, or with the values of a draw, the baseline first.

        Mistakes of a file raise a ScenarioError, scenarios that cannot be paired a PairingError, and runs that are too
        large for a page a UsageError.
        """
        every = [load_scenario(file, None, draw=draw, **self._values) for file in self.files(policies)]
        if not self.large:
            demand_small(every[0])
        for other in every[1:]:
            demand_pair(every[0], other)
        return every

    def pair(self, policies: Policies, first: Sequence[Scenario], number: int) -> list[Scenario]:
        """Return the scenarios of a pair, counted from 0, from those of the first; raises what ``scenarios`` does."""
        if self.draws is None:
            return [replicated(one, number) for one in first]
        return self.scenarios(policies, number)

    @property
    def _values(self) -> dict[str, Any]:
        """What the question changes of its scenarios, as ``load_scenario`` takes it."""
        return {**self.size.arguments, **({"record.events": "all"} if self.events else {})}

    def time(self, policies: Policies) -> str:
        """Return how long the runs take on this machine, and their memory.

        A ScenarioError has the mistakes of the baseline at this size.
        """
        number = (1 + len(self.policies)) * self.pairs
        base = load_scenario(policies.base, None, **self._values)
        forecast = Forecast.of(Job.of_folders([base], number, None, parallel=True))
        return said(
            "{count} runs: {time}, {memory} of memory",
            count=number,
            time=between(forecast.low_s, forecast.high_s),
            memory=bytes_said(forecast.memory_bytes),
        )


def _is_count(value: Any) -> bool:
    """Return whether a value of a request is a number of pairs that a page may ask for."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_PAIRS


def draws_of(policies: Policies) -> int:
    """Return how many posterior draws a page offers: 0 where none are stored with the baseline."""
    try:
        return min(DRAWS, len(posterior(policies.base)))
    except ScenarioError:
        return 0


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
