"""All checks of all studies, through the engines, under one family-wise error rate."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sim.scenario import Scenario
from sim.verify.desks import MG1, MMC, PRIORITIES, RENEGING
from sim.verify.hours import HOURS
from sim.verify.statistics import holm
from sim.verify.streams import DETECTORS, GATES
from sim.verify.study import Result, Study
from sim.verify.used import USED

RATE = 1e-3
"""The family-wise error rate: the largest probability that the whole command fails although theory holds."""
SEED = 20221130
QUICK = 4
"""Divisor of measured days in a quick verification."""

STUDIES: tuple[Study[Any], ...] = (MMC, MG1, PRIORITIES, RENEGING, HOURS, GATES, DETECTORS, USED)


@dataclass(frozen=True)
class Verification:
    """The result: findings in their order, and their p-values adjusted by Holm's method."""

    seed: int
    rate: float
    engines: tuple[str, ...]
    findings: tuple[Result, ...]
    adjusted: tuple[float, ...]

    @classmethod
    def of(cls, seed: int, engines: Sequence[str], findings: Sequence[Result], rate: float = RATE) -> "Verification":
        """Return the verification of findings."""
        return cls(seed, rate, tuple(engines), tuple(findings), tuple(holm([finding.p for finding in findings])))

    def failed(self) -> list[Result]:
        """Return the findings that contradict theory: rejected at the rate."""
        return [finding for finding, p in zip(self.findings, self.adjusted, strict=True) if not p >= self.rate]


def verify(
    engines: Sequence[str], seed: int = SEED, quick: bool = False, tell: Callable[[str], None] | None = None
) -> Verification:
    """Return the verification: all studies through these engines.

    Args:
        engines: ``vector``, ``reference`` or both.
        seed: Of the first run; every other run has its own seed.
        quick: Whether to measure fewer days.
        tell: Called with the name of each study before it begins.
    """
    findings = list(_findings(engines, seed, QUICK if quick else 1, tell or (lambda name: None)))
    return Verification.of(seed, engines, findings)


def scenarios(engines: Sequence[str], seed: int, quick: bool) -> Iterator[Scenario]:
    """Yield the scenario of each run of ``verify`` with these arguments."""
    for study, engine, own in _asked(engines, seed):
        yield study.asked(engine, own, QUICK if quick else 1)


def _asked(engines: Sequence[str], seed: int) -> Iterator[tuple[Study[Any], str, int]]:
    """Yield each study, engine and seed."""
    for place, study in enumerate(STUDIES):
        for engine in (one for one in engines if one in study.days):
            # With one seed both engines give the same result; with different seeds each adds information.
            yield study, engine, seed + 2 * place + (engine == "reference")


def _findings(engines: Sequence[str], seed: int, thinned: int, tell: Callable[[str], None]) -> Iterator[Result]:
    for study, engine, own in _asked(engines, seed):
        tell(f"{study.name}, {engine}")
        yield from study.findings(engine, own, thinned)
