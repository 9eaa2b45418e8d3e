"""What a benchmark is: how much is measured, its rows, their aims; versions are measured in turn."""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from benchmarks.commands import Version


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes:
        name: Its name.
        rounds: How often a benchmark is measured, in turn with the version before; one that takes long at most
            ``long_rounds`` times.
        long_rounds: See ``rounds``.
        customers: Customers of the plain queue.
        scenario: What is run.
        settings: Values of ``--set`` of all runs.
        country: The scale of the run that is called the whole country.
        pooled: The scale of runs whose provinces are one.
        thin: The scale of a small run with all provinces.
        reference: The scale of a run by the reference engine.
        vanishing: A scale at which a run is hardly more than its fixed cost.
        points: Points of a sweep.
    """

    name: str
    rounds: int
    long_rounds: int
    customers: int
    scenario: str = "china-2022"
    settings: tuple[str, ...] = ()
    country: float = 1.0
    pooled: float = 0.005
    thin: float = 0.001
    reference: float = 2e-5
    vanishing: float = 1e-6
    points: int = 64

    def options(self, scale: float, *more: str) -> list[str]:
        """Return the options of a run at a scale."""
        return ["--scale", repr(scale), *(word for setting in self.settings for word in ("--set", setting)), *more]


QUICK: Final = Size("quick", rounds=3, long_rounds=1, customers=50_000, points=12)
FULL: Final = Size("full", rounds=3, long_rounds=2, customers=100_000)
SMOKE: Final = Size(
    "smoke",
    rounds=1,
    long_rounds=1,
    customers=1_000,
    scenario="tiny",
    settings=("period.end=2022-01-25", "period.warmup=0 d"),
    country=0.2,
    pooled=0.2,
    thin=0.2,
    reference=0.2,
    vanishing=0.1,
    points=2,
)
"""Shows that every piece works; its numbers mean nothing."""


@dataclass(frozen=True)
class Aim:
    """A bound on what is measured, or on its ratio, and perhaps a further one; ``most``: it may be so much at most."""

    bound: float
    further: float | None = None
    most: bool = True
    of_ratio: bool = False

    def said(self, measured: float, ratio: float) -> str:
        """Return the bound that counts and whether it is reached: the further one once the first is."""
        value = ratio if self.of_ratio else measured
        bounds = [bound for bound in (self.bound, self.further) if bound is not None]
        met = [bound for bound in bounds if (value <= bound if self.most else value >= bound)]
        goal = bounds[-1] if met else self.bound
        return f"{'≤' if self.most else '≥'} {number(goal)} {'yes' if goal in met else 'no'}"


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        key: Its name in files.
        what: What is measured, as the table says it.
        unit: The unit of what is measured.
        to: What the ratio counts or is to, such as ``bn doubles`` or ``SimPy``; empty without a ratio.
        aim: What it is to reach.
        more: Whether more is better.
    """

    key: str
    what: str
    unit: str
    to: str = ""
    aim: Aim | None = None
    more: bool = False


class Figure(NamedTuple):
    """What was measured, in the row's unit, and as a ratio to what its row says."""

    measured: float
    ratio: float | None = None


Figures = dict[str, Figure]


@dataclass(frozen=True)
class Benchmark:
    """Rows that are measured together.

    Attributes:
        name: Its name on the command line.
        measure: Measures all rows of a version once, by key; the number of the round says in which order.
        rows: Its rows; those of phases, which ``run.json`` names, follow the row whose key they begin with.
        about_machine: Whether it measures the machine and no version.
        long: Whether it takes a minute or more.
        full: Whether only the full table has it.
    """

    name: str
    measure: Callable[[Version, Size, int], Figures]
    rows: tuple[Row, ...]
    about_machine: bool = False
    long: bool = False
    full: bool = False

    @property
    def said(self) -> str:
        """What is timed, on a line."""
        return "; ".join(row.what for row in self.rows)

    def measured(self, versions: Sequence[Version], size: Size) -> list[dict[str, Figures]]:
        """Measure versions in turn, each round in the opposite order.

        Args:
            versions: This version, and perhaps the one before, which may lack what is measured.
            size: How much is measured.

        Returns:
            Figures by version, round by round.

        Raises:
            RuntimeError: If this version fails.
        """
        found: list[dict[str, Figures]] = []
        versions = versions[:1] if self.about_machine else versions
        for turn in range(size.long_rounds if self.long else size.rounds):
            found.append({})
            for version in versions[:: -1 if turn % 2 else 1]:
                try:
                    found[-1][version.name] = self.measure(version, size, turn)
                except RuntimeError as error:
                    if version is versions[0]:
                        raise
                    print(f"{self.name}: not measured before: {error}", file=sys.stderr)
        return found


def number(value: float) -> str:
    """Write a number with three significant digits, and all digits of a whole number."""
    if math.isnan(value):
        return "?"
    if value and not 1e-3 <= abs(value) < 1e9:
        return f"{value:.2e}"
    digits = 0
    while digits < 5 and abs(value) * 10**digits < 99.5 and value != round(value, digits):
        digits += 1
    return f"{value:,.{digits}f}"
