"""The forecast of a command, before anything is simulated: runs, time, memory, disk. No result depends on it.

The time of a run is a sum of a few terms that count days, provinces and people, in seconds of the machine on which
they were measured (``docs/performance.md``), times a pace: how many times as long as that the last run of the engine
took on this machine. Before the first run the pace is unknown, and the interval wide.
"""

import math
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.base.days import YEAR_DAYS
from sim.base.rounding import written
from sim.draws.compiled import is_compiled
from sim.experiments.parameters import Counts
from sim.experiments.simulations import is_large
from sim.language import counted, marked, said
from sim.running import work_of
from sim.store.folder import last_run, machine

if TYPE_CHECKING:
    from sim.scenario import Scenario

START_S, RUN_S, DAY_S, PROVINCE_DAY_S = 1.6, 0.16, 1.4e-3, 1.6e-4
"""Seconds until a process is ready, of a run of any length, of a day, and of a day of a province."""

PERSON_DAY_S = {"vector": 1.5e-10, "reference": 2.5e-8}
"""Seconds of a person's day by engine: attempts, alerts and what follows from them. ``vector`` shares them among
threads."""

EVENT_DAY_S = 2.4e-9
"""Additional seconds of a person's day with logged events."""

MOST_THREADS = 10
"""The most threads that help: the largest province is a twelfth of the country, and a day ends with the last."""

COMPILING_S, COMPILING_BYTES = 16.0, 600e6
"""Seconds and additional memory to compile an engine, at its first run of this version."""

BASE_BYTES, TABLE_BYTES, PERSON_BYTES = 240e6, 2.4e6, 1.3
"""Memory of a process with its libraries, of tables by the root of days of provinces, and of a person."""

FOLDER_BYTES, MONTH_BYTES, ROW_BYTES, ROW_POWER, EVENT_BYTES = 105e3, 15e3, 4.5, 0.35, 0.015
"""Disk of a run of any length; of a month; of a day of a province by its people to this power, since most rows exist
once there is one of each kind; and of a person's day with logged events."""

OUTCOME_BYTES = 6e3
"""Disk of a run of which an experiment keeps only the outcome."""

SPREAD, UNKNOWN_SPREAD = 1.5, 3.0
"""Factor by which a run may differ from the forecast, after a run on this machine and before."""

MOST_PACE = 4.0
"""The largest pace: a single run of another kind says no more about this machine."""

TOLD_FROM_S = 300.0
"""A command that may take so long says so before it starts."""


def seconds_of(engine: str, work: dict[str, float], threads: int) -> float:
    """Return the seconds of a run of some work (``sim.running.work_of``) at a pace of 1, in a process that is ready."""
    person_days = work["days"] * work["people"]
    shared = person_days * PERSON_DAY_S[engine] / (max(1, min(threads, MOST_THREADS)) if engine == "vector" else 1)
    days = work["days"] * (DAY_S + PROVINCE_DAY_S * work["provinces"])
    return RUN_S + days + shared + EVENT_DAY_S * work["events"] * person_days


def pace_of(engine: str) -> tuple[float, float]:
    """Return how many times ``seconds_of`` runs of an engine take here, and the factor by which they may differ."""
    last = last_run(engine)
    if last is None:
        return 1.0, UNKNOWN_SPREAD
    pace = last["seconds"] / seconds_of(engine, last, int(last["threads"]))
    return min(max(pace, 1.0 / MOST_PACE), MOST_PACE), SPREAD


def compiling_s(engine: str) -> float:
    """Return the seconds that compiling an engine will take on this machine; 0 if it is compiled."""
    return 0.0 if is_compiled(engine) else COMPILING_S * pace_of(engine)[0]


def memory_of(work: dict[str, float]) -> float:
    """Return the bytes of memory of a process that makes a run."""
    return BASE_BYTES + TABLE_BYTES * math.sqrt(work["days"] * work["provinces"]) + PERSON_BYTES * work["people"]


def disk_of(work: dict[str, float]) -> float:
    """Return the bytes of a run's folder."""
    row: float = ROW_BYTES * (work["people"] / work["provinces"]) ** ROW_POWER
    months = 12.0 * work["days"] / YEAR_DAYS
    events = EVENT_BYTES * work["events"] * work["days"] * work["people"]
    return FOLDER_BYTES + MONTH_BYTES * months + row * work["days"] * work["provinces"] + events


@dataclass(frozen=True)
class Job:
    """The runs of a command.

    ``batches`` are numbers of runs of similar scenarios, each with one of these. ``workers`` are threads of a run, or
    processes of a ``parallel`` job; None for one on each core. ``kept`` says whether the folders of runs stay. If not,
    each is removed once it is read; of parallel ones the outcome stays.
    """

    batches: "Sequence[tuple[Scenario, Counts]]"
    workers: int | None
    parallel: bool
    kept: bool

    @classmethod
    def of(
        cls,
        batches: "Iterable[tuple[Scenario, Counts | int]]",
        workers: int | None,
        parallel: bool = True,
        kept: bool = False,
    ) -> "Job":
        """Return the job of some runs, whose numbers may be known."""
        counts = [(one, Counts.exactly(runs) if isinstance(runs, int) else runs) for one, runs in batches]
        return cls(counts, workers, parallel, kept)

    @property
    def runs(self) -> Counts:
        """All runs."""
        return reduce(Counts.plus, (runs for _, runs in self.batches), Counts.exactly(0))


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
    def of(cls, job: Job) -> "Forecast":
        """Return what a job takes on this machine."""
        workers = job.workers or os.cpu_count() or 1
        busy = min(workers, os.cpu_count() or 1)  # with fewer cores than workers, workers wait for cores
        compiling = max(compiling_s(one.spec.engine) for one, _ in job.batches)
        paces = [pace_of(one.spec.engine) for one, _ in job.batches]
        spread = max(one for _, one in paces)
        typical_s = most_s = START_S * max(pace for pace, _ in paces) + compiling
        memory = disk = 0.0
        cores = 1
        for (scenario, runs), (pace, _) in zip(job.batches, paces, strict=True):
            work = work_of(scenario)
            beside = job.parallel and not is_large(scenario)
            each = pace * seconds_of(scenario.spec.engine, work, 1 if beside else busy)
            typical_s += math.ceil(runs.typical / (busy if beside else 1)) * each
            most_s += math.ceil(runs.most / (busy if beside else 1)) * each
            at_once = min(workers, max(runs.most, 1)) if beside else 1
            memory = max(memory, at_once * (memory_of(work) + (COMPILING_BYTES if compiling else 0.0)))
            disk = disk + disk_of(work) * runs.typical if job.kept else max(disk, disk_of(work) * at_once)
            cores = max(cores, min(busy, max(runs.typical, 1)) if beside else busy)
        return cls(
            runs=job.runs,
            low_s=typical_s / spread,
            high_s=typical_s * spread,
            most_s=most_s * spread,
            compiling_s=compiling,
            memory_bytes=memory + (BASE_BYTES if job.parallel else 0.0),  # of the process that requests the runs
            disk_bytes=disk + (OUTCOME_BYTES * job.runs.typical if job.parallel and not job.kept else 0.0),
            cores=cores,
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

    def lines(self) -> list[str]:
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
        memory, free = int(machine()["memory_bytes"]), shutil.disk_usage(Path()).free
        rows = [
            (said("runs"), runs),
            (said("time"), time),
            (said("memory"), said("{used} of {all}", used=size(self.memory_bytes), all=size(memory))),
            (said("disk"), said("{used} of {all} free", used=size(self.disk_bytes), all=size(free))),
        ]
        if self.compiling_s:
            compiling = lasting(self.compiling_s)
            text = said("{time} of the time is compiling, only at the first run of this version", time=compiling)
            rows.append(("", text))
        if self.memory_bytes > memory:
            text = said("this machine has too little memory; use fewer --workers, a smaller --scale, or --pool")
            rows.append(("", text))
        width = max(len(label) for label, _ in rows) + 2
        last = said("nothing was simulated, nothing was written")
        return [*(f"{label:<{width}}{text}" for label, text in rows), last]

    @property
    def document(self) -> dict[str, Any]:
        """The forecast as ``--dry-run --json`` prints it."""
        return {**asdict(self), "runs": self.runs._asdict()}


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
