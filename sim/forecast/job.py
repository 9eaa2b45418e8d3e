"""The forecast of a command: all its runs together, on this machine."""

import math
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.experiments.counts import Counts
from sim.experiments.simulations import is_large
from sim.forecast.cost import BASE_BYTES, HOME, OUTCOME_BYTES, Cost, slower
from sim.forecast.machine import Machine, Tell, known, machine_of, this_machine
from sim.forecast.work import Work

if TYPE_CHECKING:
    from sim.scenario import Scenario

SPREAD = 1.5
"""A run may take so many times less or more than is reckoned: what machines, other work on them and scenarios differ in
beyond the model (docs/performance.md)."""

TOLD_FROM_S = 300.0
"""A command that may take so long says so before it begins."""

UNMEASURED = 4.0
"""A machine that was not measured yet may be so many times slower than ``HOME``."""

ASKED_S = 0.017
"""Seconds on ``HOME`` that an experiment takes for each run itself: to make its scenario, to keep its outcome."""

BESIDE = 0.84
"""Of its speed a process keeps so much when each core has one: measured by ``benchmarks.growth``."""


@dataclass(frozen=True)
class Batch:
    """Runs of like scenarios: one of them, and how many they are."""

    scenario: "Scenario"
    runs: Counts


@dataclass(frozen=True)
class Job:
    """The runs of a command.

    Attributes:
        batches: Its runs.
        workers: Threads of a run, or processes; as many as there are cores if None.
        beside: Whether runs are made side by side and only their outcomes are kept.
        kept: Whether the folders of runs that are made one after the other stay, or each goes before the next.
    """

    batches: Sequence[Batch]
    workers: int | None
    beside: bool
    kept: bool = True

    @classmethod
    def of_folders(cls, scenarios: "Iterable[Scenario]", each: int, workers: int | None, kept: bool = True) -> "Job":
        """Return the job of runs that are made one after the other: each scenario so many times."""
        return cls([Batch(one, Counts.exactly(each)) for one in scenarios], workers, False, kept)

    @classmethod
    def of_outcomes(cls, scenario: "Scenario", runs: Counts, workers: int | None) -> "Job":
        """Return the job of runs of like scenarios that are made side by side."""
        return cls([Batch(scenario, runs)], workers, beside=True)

    @property
    def runs(self) -> Counts:
        """All runs."""
        return reduce(Counts.plus, (batch.runs for batch in self.batches), Counts.exactly(0))


@dataclass(frozen=True)
class Forecast:
    """What a command will take.

    Attributes:
        runs: How many runs it makes.
        low_s: Seconds that it takes at least, of a typical number of runs.
        high_s: Seconds that it takes at most, of a typical number of runs.
        most_s: Seconds that it takes at most, of the most runs.
        compiling_s: What of it is compiling.
        memory_bytes: At its peak, of all processes.
        disk_bytes: At its peak.
        cores: Cores at work.
    """

    runs: Counts
    low_s: float
    high_s: float
    most_s: float
    compiling_s: float
    memory_bytes: float
    disk_bytes: float
    cores: int

    @classmethod
    def of(cls, job: Job, machine: Machine) -> "Forecast":
        """Return what a job takes on a machine."""
        costs = [Cost.of(Work.of(batch.scenario), machine) for batch in job.batches]
        workers = job.workers or machine.cores
        start = max(cost.start_s for cost in costs)
        compiling = max(cost.compiling_s for cost in costs)
        busy = min(workers, machine.cores)  # with fewer cores than workers, workers wait for cores

        def at_once(batch: Batch) -> int:
            return min(workers, max(batch.runs.most, 1)) if job.beside and not is_large(batch.scenario) else 1

        def at_work(batch: Batch, number: int) -> int:
            return min(busy, max(number, 1)) if job.beside and not is_large(batch.scenario) else busy

        def seconds(which: str) -> float:
            total = start + compiling
            for batch, cost in zip(job.batches, costs, strict=True):
                number = getattr(batch.runs, which)
                if not job.beside or is_large(batch.scenario):
                    total += number * cost.seconds(busy)
                else:
                    lanes = at_work(batch, number)
                    whole = math.ceil(number / lanes) * cost.seconds(1)
                    total += whole / (BESIDE if lanes > 1 else 1.0)
                if job.beside:
                    total += number * ASKED_S * slower(machine.speeds)[0]
            return total

        pairs = list(zip(job.batches, costs, strict=True))
        memory = max(cost.memory_bytes * at_once(batch) for batch, cost in pairs)
        if job.beside or not job.kept:
            disk = max(cost.disk_bytes * at_once(batch) for batch, cost in pairs)
        else:
            disk = sum(cost.disk_bytes * batch.runs.typical for batch, cost in pairs)
        if job.beside:
            memory += BASE_BYTES  # of the process that asks for the runs
            disk += OUTCOME_BYTES * job.runs.typical
        return cls(
            runs=job.runs,
            low_s=seconds("typical") / SPREAD,
            high_s=seconds("typical") * SPREAD,
            most_s=seconds("most") * SPREAD,
            compiling_s=compiling,
            memory_bytes=memory,
            disk_bytes=disk,
            cores=max(at_work(batch, batch.runs.typical) for batch in job.batches),
        )

    @property
    def line(self) -> str:
        """What a long command says of itself."""
        return (
            f"about {between(self.low_s, self.high_s)}, {size(self.memory_bytes)} of memory, "
            f"{size(self.disk_bytes)} on disk; --dry-run says more"
        )

    def lines(self, machine: Machine) -> list[str]:
        """Return what ``--dry-run`` says."""
        runs = f"{self.runs.most:,}"
        if not self.runs.is_known:
            runs = f"some {self.runs.typical:,}; at least {self.runs.least:,}, at most {self.runs.most:,}"
        cores = "one core" if self.cores == 1 else f"{self.cores} cores"
        time = f"{between(self.low_s, self.high_s)} with {cores}, if nothing else is at work here"
        if not self.runs.is_known:
            time += f"; the most runs, up to {lasting(self.most_s)}"
        lines = [
            f"runs    {runs}",
            f"time    {time}",
            f"memory  {size(self.memory_bytes)} of {size(machine.memory_bytes)}",
            f"disk    {size(self.disk_bytes)} of {size(shutil.disk_usage(Path()).free)} that are free",
        ]
        if self.compiling_s:
            compiling = lasting(self.compiling_s)
            lines.append(f"        {compiling} of the time is compiling, at the first run of this version only")
        if self.memory_bytes > machine.memory_bytes:
            lines.append("        this machine has less memory; fewer --workers, a smaller --scale, or --pool")
        return [*lines, "nothing was simulated, nothing was written"]

    @property
    def document(self) -> dict[str, Any]:
        """What ``--dry-run`` says, as JSON has it."""
        return {**asdict(self), "runs": self.runs._asdict()}


def long_one(job: Job, tell: Tell) -> Forecast | None:
    """Return the forecast of a job that its user should know of before it begins; None for any other.

    Args:
        job: What is to be run.
        tell: Called with a line where this machine has to be measured first: only for what may take long.
    """
    if known() is None and Forecast.of(job, machine_of(HOME)).high_s * UNMEASURED < TOLD_FROM_S:
        return None
    forecast = Forecast.of(job, this_machine(tell))
    return forecast if forecast.high_s >= TOLD_FROM_S else None


def between(low: float, high: float) -> str:
    """Return a range of times in the unit of the longer one, ``40 to 60 min``."""
    per, unit = _unit(high)
    ends = [_short(one / per) for one in (low, high)]
    return f"{ends[1]} {unit}" if ends[0] == ends[1] else f"{ends[0]} to {ends[1]} {unit}"


def lasting(seconds: float) -> str:
    """Return a time in a unit of its own, ``30 s``."""
    per, unit = _unit(seconds)
    return f"{_short(seconds / per)} {unit}"


def _unit(seconds: float) -> tuple[float, str]:
    for most, per, unit in ((100.0, 1.0, "s"), (6_000.0, 60.0, "min"), (360_000.0, 3_600.0, "h")):
        if seconds < most:
            return per, unit
    return 86_400.0, "days"


def _short(amount: float) -> str:
    """Return an amount to two digits, or whole where it has more."""
    return f"{amount:,.0f}" if amount >= 10.0 else f"{amount:.2g}"


def size(number: float) -> str:
    """Return bytes as people say them, ``3.1 GB``."""
    for per, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if number >= per:
            return f"{_short(number / per)} {unit}"
    return f"{_short(number / 1e3)} kB"
