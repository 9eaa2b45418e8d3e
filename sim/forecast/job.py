"""The forecast of a command: time, memory and disk of all its runs together, on this machine."""

import math
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.base.rounding import written
from sim.experiments.counts import Counts
from sim.experiments.simulations import is_large
from sim.forecast.cost import BASE_BYTES, HOME, OUTCOME_BYTES, Cost, slower
from sim.forecast.machine import Machine, Tell, known, machine_of, this_machine
from sim.forecast.work import Work
from sim.language.spoken import counted, marked, said

if TYPE_CHECKING:
    from sim.scenario import Scenario

SPREAD = 1.5
"""Factor by which a run may differ from the prediction: machines, other work on them and scenarios differ in ways
that the model leaves out (docs/performance.md)."""

TOLD_FROM_S = 300.0
"""A command that may take so long says so before it starts."""

UNMEASURED = 4.0
"""Factor by which a machine that was not measured yet may be slower than ``HOME``."""

ASKED_S = 0.017
"""Seconds on ``HOME`` of an experiment's own work for each run: making its scenario, keeping its outcome."""

BESIDE = 0.84
"""The share of its speed that a process keeps when each core has one: measured on 26 November (docs/performance.md)."""


@dataclass(frozen=True)
class Batch:
    """Runs of similar scenarios: one of the scenarios, and the number of runs."""

    scenario: "Scenario"
    runs: Counts


@dataclass(frozen=True)
class Job:
    """The runs of a command.

    ``workers`` are threads of a run, or processes of a ``parallel`` job; None for one on each core. ``kept`` says
    whether the folders of runs stay. If not, each is removed once it is read; of parallel ones the outcome stays.
    """

    batches: Sequence[Batch]
    workers: int | None
    parallel: bool
    kept: bool = False

    @classmethod
    def of_folders(
        cls,
        scenarios: "Iterable[Scenario]",
        each: int,
        workers: int | None,
        kept: bool = True,
        parallel: bool = False,
    ) -> "Job":
        """Return the job of runs with folders, by default successive ones: each scenario with its number of runs."""
        return cls([Batch(one, Counts.exactly(each)) for one in scenarios], workers, parallel, kept)

    @classmethod
    def of_outcomes(cls, scenario: "Scenario", runs: Counts, workers: int | None) -> "Job":
        """Return the job of parallel runs of similar scenarios."""
        return cls([Batch(scenario, runs)], workers, parallel=True)

    @property
    def runs(self) -> Counts:
        """All runs."""
        return reduce(Counts.plus, (batch.runs for batch in self.batches), Counts.exactly(0))


@dataclass(frozen=True)
class Forecast:
    """What a command will take: seconds for a typical number of runs and for the most; peaks of all processes."""

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
            return min(workers, max(batch.runs.most, 1)) if job.parallel and not is_large(batch.scenario) else 1

        def at_work(batch: Batch, number: int) -> int:
            return min(busy, max(number, 1)) if job.parallel and not is_large(batch.scenario) else busy

        def seconds(which: str) -> float:
            total = start + compiling
            for batch, cost in zip(job.batches, costs, strict=True):
                number = getattr(batch.runs, which)
                if not job.parallel or is_large(batch.scenario):
                    total += number * cost.seconds(busy)
                else:
                    lanes = at_work(batch, number)
                    whole = math.ceil(number / lanes) * cost.seconds(1)
                    total += whole / (BESIDE if lanes > 1 else 1.0)
                if job.parallel:
                    total += number * ASKED_S * slower(machine.speeds)[0]
            return total

        pairs = list(zip(job.batches, costs, strict=True))
        memory = max(cost.memory_bytes * at_once(batch) for batch, cost in pairs)
        if not job.kept:
            disk = max(cost.disk_bytes * at_once(batch) for batch, cost in pairs)
        else:
            disk = sum(cost.disk_bytes * batch.runs.typical for batch, cost in pairs)
        if job.parallel:
            memory += BASE_BYTES  # of the process that requests the runs
        if job.parallel and not job.kept:
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
        """The line that a long command prints before it starts."""
        return said(
            "about {time}, {memory} of memory, {disk} on disk; --dry-run says more",
            time=between(self.low_s, self.high_s),
            memory=size(self.memory_bytes),
            disk=size(self.disk_bytes),
        )

    def lines(self, machine: Machine) -> list[str]:
        """Return the lines that ``--dry-run`` prints."""
        least, typical, most = (written(f"{number:,}") for number in self.runs)
        runs = most
        if not self.runs.is_known:
            runs = said("about {typical}; at least {least}, at most {most}", typical=typical, least=least, most=most)
        time = counted(
            "{time} with one core, if this machine does nothing else",
            "{time} with {count} cores, if this machine does nothing else",
            count=self.cores,
            time=between(self.low_s, self.high_s),
        )
        if not self.runs.is_known:
            time += said("; up to {time} for the most runs", time=lasting(self.most_s))
        free = size(shutil.disk_usage(Path()).free)
        rows = [
            (said("runs"), runs),
            (said("time"), time),
            (said("memory"), said("{used} of {all}", used=size(self.memory_bytes), all=size(machine.memory_bytes))),
            (said("disk"), said("{used} of {all} free", used=size(self.disk_bytes), all=free)),
        ]
        if self.compiling_s:
            compiling = lasting(self.compiling_s)
            text = said("{time} of the time is compiling, only at the first run of this version", time=compiling)
            rows.append(("", text))
        if self.memory_bytes > machine.memory_bytes:
            text = said("this machine has too little memory; use fewer --workers, a smaller --scale, or --pool")
            rows.append(("", text))
        width = max(len(label) for label, _ in rows) + 2
        last = said("nothing was simulated, nothing was written")
        return [*(f"{label:<{width}}{text}" for label, text in rows), last]

    @property
    def document(self) -> dict[str, Any]:
        """The forecast as ``--dry-run --json`` prints it."""
        return {**asdict(self), "runs": self.runs._asdict()}


def long_one(job: Job, tell: Tell) -> Forecast | None:
    """Return the forecast of a job whose user should know before it starts that it takes long; else None.

    ``tell`` is called with a line where this machine must be measured first: only for what may take long.
    """
    if known() is None and Forecast.of(job, machine_of(HOME)).high_s * UNMEASURED < TOLD_FROM_S:
        return None
    forecast = Forecast.of(job, this_machine(tell))
    return forecast if forecast.high_s >= TOLD_FROM_S else None


def between(low: float, high: float) -> str:
    """Return a range of times in the unit of the longer one, ``40 to 60 min``."""
    per, unit = _unit(high)
    ends = [_short(one / per) for one in (low, high)]
    if ends[0] == ends[1]:
        return said("{time} {unit}", time=ends[1], unit=unit)
    return said("{low} to {high} {unit}", low=ends[0], high=ends[1], unit=unit)


def lasting(seconds: float) -> str:
    """Return a time in a suitable unit, ``30 s``."""
    per, unit = _unit(seconds)
    return said("{time} {unit}", time=_short(seconds / per), unit=unit)


UNITS = ((100.0, 1.0, marked("s")), (6_000.0, 60.0, marked("min")), (360_000.0, 3_600.0, marked("h")))
"""Units of times shorter than the first number of seconds, with the seconds of each."""


def _unit(seconds: float) -> tuple[float, str]:
    for most, per, unit in UNITS:
        if seconds < most:
            return per, said(unit)
    return 86_400.0, said("days")


def _short(amount: float) -> str:
    """Return an amount to two digits, or whole if it has more."""
    return written(f"{amount:,.0f}" if amount >= 10.0 else f"{amount:.2g}")


def size(number: float) -> str:
    """Return bytes in a suitable unit, ``3.1 GB``."""
    for per, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if number >= per:
            return f"{_short(number / per)} {unit}"
    return f"{_short(number / 1e3)} kB"
