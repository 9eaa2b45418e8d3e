"""Studies and checks: a study is a scenario that theory can solve, run by an engine like any other scenario."""

import math
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

from sim.reading.run import Run
from sim.running import run, with_events
from sim.scenario import Scenario, load_scenario
from sim.verify.statistics import Judged

QUIET = Path(__file__).with_name("quiet.yaml")
PROVINCES = 32
"""Number of equal provinces that share nothing during a day: independent replications in one run."""
PEOPLE = 2000
"""People of each."""

LEAST = 2
"""Fewest days that a quick verification measures."""

ENGINES = ("vector", "reference")

Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Result:
    """The result of a check: what was checked, by which theory, on which engine, with the values and the p-value."""

    study: str
    checked: str
    source: str
    engine: str
    expected: float
    found: float
    p: float
    test: str

    @classmethod
    def of(cls, study: str, checked: str, source: str, engine: str, judged: Judged) -> "Result":
        """Return the finding of a judgement; an undefined p-value, where nothing was found, becomes 0."""
        p = 0.0 if math.isnan(judged.p) else judged.p
        return cls(study, checked, source, engine, judged.expected, judged.found, p, judged.test)


@dataclass(frozen=True)
class Check(Generic[Seen]):
    """One statement of theory: its topic, its source, and how it judges a run."""

    checked: str
    source: str
    judge: Callable[[Seen], Judged]


@dataclass(frozen=True)
class Study(Generic[Seen]):
    """A scenario, the values read from its run, and the checks.

    Attributes:
        name: Its name in theory.
        about: The scenario in a sentence.
        values: Changes to ``quiet.yaml``, by dotted key.
        days: Measured days by engine. A run has one day more, so that processes that begin on the measured days also
            end. Engines that are not named do not run it.
        read: Returns the input of the checks, from a run and its measured days.
        checks: The checks.
        warmup: Days simulated before, so that the start has no effect.
        events: Whether the log is needed.
    """

    name: str
    about: str
    values: Mapping[str, Any]
    days: Mapping[str, int]
    read: Callable[[Run, int], Seen]
    checks: tuple[Check[Seen], ...]
    warmup: int = 1
    events: bool = False

    def scenario(self, engine: str, seed: int, days: int) -> Scenario:
        """Return the scenario with this number of measured days."""
        first = load_scenario(str(QUIET)).spec.period.start
        period = {
            "start": first.isoformat(),
            "end": (first + timedelta(days=days)).isoformat(),
            "warmup": f"{self.warmup} d",
        }
        provinces = {"population.provinces": [_province(code) for code in range(1, PROVINCES + 1)]}
        return load_scenario(
            str(QUIET), **{**provinces, **self.values, "period": period, "engine": engine, "seed": seed}
        )

    def asked(self, engine: str, seed: int, thinned: int = 1) -> Scenario:
        """Return the scenario of one run with the events that it records; arguments as in ``findings``."""
        return with_events(
            self.scenario(engine, seed, self.measured(engine, thinned)), "all" if self.events else "none"
        )

    def measured(self, engine: str, thinned: int) -> int:
        """Return the number of measured days."""
        return max(min(LEAST, self.days[engine]), self.days[engine] // thinned)

    def findings(self, engine: str, seed: int, thinned: int = 1) -> Iterator[Result]:
        """Run the scenario and judge it.

        Args:
            engine: ``vector`` or ``reference``.
            seed: Of the run.
            thinned: Divisor of the number of measured days, down to ``LEAST``.

        Yields:
            A finding for each check.
        """
        days = self.measured(engine, thinned)
        with tempfile.TemporaryDirectory(prefix="tocsin-verify-") as place:
            finished = run(self.asked(engine, seed, thinned), Path(place) / "run")
            seen = self.read(finished, days)
            for check in self.checks:
                yield Result.of(self.name, check.checked, check.source, engine, check.judge(seen))


def _province(code: int) -> dict[str, Any]:
    shares = {"share_0_14": 20, "share_15_59": 60, "share_60_plus": 20, "share_65_plus": 15, "share_urban": 50}
    return {
        "code": code, "name": f"Province {code}", "region": "any", "population": PEOPLE, **shares,
        "men_per_100_women": 100,
    }  # fmt: skip
