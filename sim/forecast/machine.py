"""How quick this machine is, measured once in a few seconds and kept in the user's cache.

Three things are measured, each on one core: Python itself, arithmetic (numpy's SFC64, as in the benchmarks), and bytes
read here and there in memory. What a run costs in each of them says ``cost``. It is measured again for another version
of this file, another processor or another Python, since a cache is found under the hash of these.
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
from sim.store.json_files import parsed
from sim.store.provenance import machine as described

Tell = Callable[[str], None]

ROUNDS_S = 3.0
"""Seconds for which the three are measured in turn; the best round of each counts, for others may be at work."""

MEASURED_S = 4
"""What is said of how long it takes, with what is to be loaded."""

STEPS = 100_000
DOUBLES = 1 << 16
PLACES = 1 << 20
READ_BYTES = 128 << 20
"""Far beyond any cache."""

KIND = "machine"


@dataclass(frozen=True)
class Speeds:
    """Seconds on one core: of a hundred thousand steps of Python, of 65,536 doubles, of 2**20 bytes read anywhere."""

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
    """Return this machine; it is measured the first time.

    Args:
        tell: Called with a line where it has to be measured.
    """
    return machine_of(known() or _measured(tell))


def machine_of(speeds: Speeds) -> Machine:
    """Return this machine as it would be with these speeds."""
    about = described()
    return Machine(speeds, int(about["cores"]), int(about["memory_bytes"]))


def known() -> Speeds | None:
    """Return the speeds of this machine where they were measured before."""
    kept = _cache().get(_key())
    try:
        speeds = None if kept is None else Speeds(**parsed(kept))
    except (ValueError, TypeError):
        return None
    return speeds if speeds is not None and all(0.0 < one < math.inf for one in vars(speeds).values()) else None


def _measured(tell: Tell) -> Speeds:
    tell(f"measuring this machine, {MEASURED_S} s")
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
    """Do what Python does all day: look up, call, add, keep."""
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
