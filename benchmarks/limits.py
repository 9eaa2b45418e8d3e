"""The limits of the machine on one core: no simulation can be faster than the operations it consists of."""

from collections.abc import Callable
from time import perf_counter

import numpy as np
from numba.core.registry import cpu_target
from numpy.typing import NDArray

from sim.draws.compiled import compiled
from sim.draws.identity import INDEX_SHIFT
from sim.draws.philox import draw4, draw4_run
from sim.draws.purposes import ATTEMPT_MEETING
from sim.store.folder import machine

DOUBLES = 1 << 16
"""Doubles a call: half a megabyte, which stays in the cache, so that making them is measured and not storing them."""
COPIED_BYTES = 128 << 20
"""Far beyond any cache."""
PEOPLE = 126_000_000
"""People of the most populous province, Guangdong (census of 2020), each a byte that any contact may read."""
STEP = np.uint64(0x9E3779B97F4A7C15)
MIX = np.uint64(0xD6E8FEB86659FD93)
"""Golden ratio and an odd multiplier: what they make of 0, 1, 2, ... no cache foresees."""
HALF = np.uint64(32)


def best(function: Callable[[], object], seconds: float = 0.2) -> float:
    """Return the least seconds of a call among those that fit into ``seconds``, at least three.

    The least, for a limit is what the machine can do when nobody else is on it.
    """
    times: list[float] = []
    until = perf_counter() + seconds
    while len(times) < 3 or perf_counter() < until:
        started = perf_counter()
        function()
        times.append(perf_counter() - started)
    return min(times)


def sfc64_doubles_per_s(seconds: float = 0.2) -> float:
    """Return the doubles a second that numpy's SFC64 makes on one core: the unit of this folder."""
    rng = np.random.Generator(np.random.SFC64(1))
    buffer = np.empty(DOUBLES)
    return DOUBLES / best(lambda: rng.random(out=buffer), seconds)


def avx512() -> bool:
    """Say whether code is compiled for vectors of 512 bits here (``NUMBA_CPU_FEATURES`` may say otherwise)."""
    _, _, features = cpu_target.target_context.codegen().magic_tuple()
    return "+avx512f" in features


def machine_said() -> str:
    """Say what is measured on, in a few words."""
    about = machine()
    vectors = "with AVX-512" if avx512() else "without AVX-512"
    return f"{about['processor']} {vectors}, {about['cores']} cores, {int(about['memory_bytes']) / 2**30:.0f} GiB"


class Copy:
    """Copies memory beyond the caches; each call copies ``nbytes``."""

    def __init__(self, nbytes: int = COPIED_BYTES) -> None:
        self.nbytes = nbytes
        self._from = np.ones(nbytes, np.uint8)
        self._to = np.zeros(nbytes, np.uint8)

    def __call__(self) -> None:
        """Copy once."""
        np.copyto(self._to, self._from)


@compiled
def read_anywhere(people: NDArray[np.uint8], reads: int) -> int:
    """Add up ``reads`` bytes at scattered places, each known before the last one was read."""
    total = 0
    size = np.uint64(len(people))
    for n in range(reads):
        total += people[_place(np.uint64(n), size)]
    return total


@compiled
def read_in_turn(people: NDArray[np.uint8], reads: int) -> int:
    """Add up ``reads`` bytes at scattered places, each depending on the byte before: the wait for memory itself."""
    total = 0
    size = np.uint64(len(people))
    for n in range(reads):
        total += people[_place(np.uint64(n + total), size)]
    return total


@compiled
def _place(n: np.uint64, size: np.uint64) -> np.int64:
    """Return a place below ``size`` (below 2**32): the high half of a product, as in Lemire 2019, of a mixed n."""
    mixed = n * STEP
    mixed = (mixed ^ (mixed >> HALF)) * MIX
    return np.int64(((mixed >> HALF) * size) >> HALF)


class Run:
    """Draws of entities that follow each other, in a loop that the compiler vectorises; each call makes ``blocks``."""

    def __init__(self, blocks: int = 2048) -> None:
        self.blocks = blocks
        self._lanes = np.empty((4, blocks), np.uint32)

    def __call__(self) -> None:
        """Draw once."""
        draw4_run(20221130, 0, 1 << INDEX_SHIFT, self.blocks, ATTEMPT_MEETING, self._lanes)


@compiled
def philox_blocks(blocks: int) -> int:
    """Make ``blocks`` of four 32-bit words one call after the other, and fold them into one."""
    folded = 0
    for n in range(blocks):
        a, b, c, d = draw4(20221130, n, 1, 0)
        folded ^= a ^ b ^ c ^ d
    return folded
