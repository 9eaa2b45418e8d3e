"""The speed of this machine, measured once in a few seconds and kept in the user's cache.

Three speeds are measured, each on one core: Python itself, arithmetic (numpy's SFC64, as in the benchmarks), and random
reads of memory. ``cost`` has the cost of a run in each of them. A new version of this room, another processor or
another Python needs a new measurement: the cache is keyed by the hash of these.
"""

import hashlib
import json
import math
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from sim.base.caches import FileCache, cache_folder, room_digest
from sim.base.version import __version__
from sim.language.spoken import said
from sim.store.json_files import parsed
from sim.store.provenance import machine as described

Tell = Callable[[str], None]

ROUNDS_S = 3.0
"""Seconds for which the three are measured in turn; the best round of each counts, since others may use the machine."""

MEASURED_S = 4
"""Seconds of a measurement as announced, loading included."""

STEPS = 100_000
DOUBLES = 1 << 16
PLACES = 1 << 20
READ_BYTES = 128 << 20
"""Much larger than any cache."""

KIND = "machine"


@dataclass(frozen=True)
class Speeds:
    """Seconds on one core: of 100,000 steps of Python, of 65,536 doubles, of 2**20 random reads of a byte."""

    python_s: float
    doubles_s: float
    reads_s: float


@dataclass(frozen=True)
class Machine:
    """A machine: its speeds, its cores, its memory."""

    speeds: Speeds
    cores: int
    memory_bytes: int


def this_machine(tell: Tell) -> Machine:
    """Return this machine; measure it the first time, and call ``tell`` with a line before."""
    return machine_of(known() or _measured(tell))


def machine_of(speeds: Speeds) -> Machine:
    """Return this machine with given speeds."""
    about = described()
    return Machine(speeds, int(about["cores"]), int(about["memory_bytes"]))


def known() -> Speeds | None:
    """Return the speeds of this machine if they were measured before."""
    kept = _cache().get(_key())
    try:
        speeds = None if kept is None else Speeds(**parsed(kept))
    except (ValueError, TypeError):
        return None
    return speeds if speeds is not None and all(0.0 < one < math.inf for one in vars(speeds).values()) else None


def _measured(tell: Tell) -> Speeds:
    tell(said("measuring this machine, {seconds} s", seconds=MEASURED_S))
    speeds = measure()
    _cache().put(_key(), json.dumps(asdict(speeds)).encode())
    return speeds


def measure(seconds: float = ROUNDS_S) -> Speeds:
    """Measure the speeds of this machine for some seconds, each at least three times."""
    generator = np.random.Generator(np.random.SFC64(1))
    doubles = np.empty(DOUBLES)
    memory = np.zeros(READ_BYTES, dtype=np.uint8)
    memory[:: 1 << 10] = 1
    places = generator.integers(0, READ_BYTES, PLACES)
    works: tuple[Callable[[], object], ...] = (
        _steps,
        lambda: generator.random(out=doubles),
        lambda: memory.take(places),
    )
    times: list[list[float]] = []
    until = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < until:
        times.append([_seconds(work) for work in works])
    return Speeds(*map(min, zip(*times, strict=True)))


def _steps() -> int:
    """Do typical work of Python: look up, call, add, store."""
    kept: dict[int, int] = {}
    for number in range(STEPS):
        kept[number & 1023] = max(number, kept.get(number & 511, 0))
    return len(kept)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _cache() -> FileCache:
    return FileCache(cache_folder(KIND, room_digest("forecast")))


def _key() -> str:
    about = described()
    parts = [__version__, platform.python_version(), np.__version__, about["processor"], about["cores"]]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
