"""The cost of a run on a machine: seconds, bytes of memory, bytes on disk.

Each is a sum of terms: an amount of the run's work times a coefficient. Coefficients of time are seconds on the machine
``HOME``; on another one they scale with the speed they depend on: Python, or arithmetic and memory.
"""

from dataclasses import dataclass
from math import sqrt

from sim.draws.machine_code import is_compiled
from sim.forecast.machine import Machine, Speeds
from sim.forecast.work import Work

HOME = Speeds(python_s=0.0203, doubles_s=7.69e-5, reads_s=0.0114)
"""The machine on which the coefficients were measured: one core of an Intel Xeon with AVX-512."""


@dataclass(frozen=True)
class Coefficients:
    """The cost of a run, in seconds by term of ``work_terms``; that of an ``alert`` covers all that follows from it.

    ``start`` is until a process is ready; ``event`` is an alert with logged events; ``person`` is the first writing of
    a person's byte, ``person_month`` its reading and writing in a month.
    """

    start: float
    run: float
    day: float
    province_day: float
    attempt: float
    alert: float
    alert_by_reference: float
    event: float
    person: float
    person_month: float


TIME = Coefficients(
    start=1.6,
    run=0.16,
    day=1.4e-3,
    province_day=1.6e-4,
    attempt=1.5e-9,
    alert=4.7e-7,
    alert_by_reference=8e-5,
    event=7.6e-6,
    person=2.4e-9,
    person_month=1.4e-10,
)
"""Seconds on ``HOME``. Those of an attempt and of a person come from the whole country, which the fit does not run:
small runs cannot separate attempts from alerts."""

COMPILING_S = {"vector": 16.0, "reference": 12.0}
"""Seconds on ``HOME`` to compile an engine on two cores, at its first run of this version."""

COMPILING_BYTES = 600e6
"""Additional memory of compiling."""

MOST_THREADS = 10
"""The most threads that help: the largest province is a twelfth of the country, and a day ends with the last."""

BASE_BYTES = 240e6
"""Memory of a process with its libraries."""

TABLE_BYTES = 2.4e6
"""Memory of tables that are read back for figures, times the square root of province-days."""

ALERT_BYTES = 1000.0
"""Memory of each alert of a day: it is in progress for some days, and counted for a month; from the whole country."""

FOLDER_BYTES, MONTH_BYTES = 105e3, 15e3
"""Disk of a run of any length, and of a month: tables with rows by month."""

DISK_ATTEMPTS, DISK_ALERTS, DISK_POWER = 9.7, 35.0, 0.35
"""Disk of a day of a province: factors of attempts and alerts a day in a province, and their exponent: most rows exist
once there is one of each kind, and counts in them grow by digits."""

EVENT_BYTES = 48.0
"""Disk of an alert with logged events, and of everything that follows from it."""

OUTCOME_BYTES = 6e3
"""Disk of a run of which an experiment keeps only the outcome."""


def compiling_s(engine: str, speeds: Speeds) -> float:
    """Return the seconds that compiling an engine will take on a machine; 0 if it is compiled."""
    return 0.0 if is_compiled(engine) else COMPILING_S[engine] * slower(speeds)[0]


@dataclass(frozen=True)
class Cost:
    """The cost of runs: seconds of one thread (``serial_s``) and of shared work, bytes of a process and of its folder.

    ``start_s`` is until a process can make its first run; ``compiling_s`` is 0 where that was done before.
    """

    start_s: float
    compiling_s: float
    serial_s: float
    shared_s: float
    memory_bytes: float
    disk_bytes: float

    @classmethod
    def of(cls, work: Work, machine: Machine, coefficients: Coefficients = TIME) -> "Cost":
        """Return the cost of a run on a machine."""
        python, kernels = slower(machine.speeds)
        terms = work_terms(work)
        serial = sum(getattr(coefficients, name) * terms[name] for name in SERIAL) * python
        shared = sum(getattr(coefficients, name) * terms[name] for name in SHARED) * kernels
        if work.engine == "reference":
            serial, shared = serial + coefficients.alert_by_reference * work.alerts * python, 0.0
        compiling = compiling_s(work.engine, machine.speeds)
        return cls(
            start_s=coefficients.start * python,
            compiling_s=compiling,
            serial_s=serial,
            shared_s=shared,
            memory_bytes=memory_of(work) + (COMPILING_BYTES if compiling else 0.0),
            disk_bytes=disk_of(work),
        )

    def seconds(self, threads: int) -> float:
        """Return the seconds of a run with a number of threads, in a process that is ready."""
        return self.serial_s + self.shared_s / max(1, min(threads, MOST_THREADS))


SERIAL = ("run", "day", "province_day", "event", "person", "person_month")
"""Terms of one thread, most of which depend on Python."""

SHARED = ("attempt", "alert")
"""Terms that threads share, which depend on arithmetic and memory."""


def slower(speeds: Speeds) -> tuple[float, float]:
    """Return how many times slower than ``HOME`` a machine is: in Python, and in arithmetic and memory."""
    kernels = sqrt(speeds.doubles_s / HOME.doubles_s * speeds.reads_s / HOME.reads_s)
    return speeds.python_s / HOME.python_s, kernels


def work_terms(work: Work) -> dict[str, float]:
    """Return the amount of each term of time except the start, by its name."""
    return {
        "run": 1.0,
        "day": work.days,
        "province_day": work.province_days,
        "event": work.alerts * work.events,
        "person": work.people,
        "person_month": work.people * work.months,
        "attempt": work.attempts,
        "alert": work.alerts,
    }


def memory_of(work: Work) -> float:
    """Return the bytes of memory of a process that makes a run: a byte for each person, and alerts in progress."""
    tables = TABLE_BYTES * sqrt(work.province_days)
    return BASE_BYTES + tables + work.people + ALERT_BYTES * work.alerts / work.days


def disk_of(work: Work) -> float:
    """Return the bytes of a run's folder."""
    attempts, alerts = (amount / work.province_days for amount in (work.attempts, work.alerts))
    rows: float = DISK_ATTEMPTS * attempts**DISK_POWER + DISK_ALERTS * alerts**DISK_POWER
    return (
        FOLDER_BYTES + MONTH_BYTES * work.months + rows * work.province_days + EVENT_BYTES * work.alerts * work.events
    )
