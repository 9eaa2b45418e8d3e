"""Philox4x32-10: four 32-bit uniforms as a pure function of who draws and what for.

The generator is by Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC11, 2011): ten
rounds of a bijection of a 128-bit counter under a 64-bit key. It has no state, so an additional draw changes no other.
"""

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import compiled, compiled_with_arrays, inlined

ROUNDS = 10
MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
"""Golden ratio: increment of the first half of the key from round to round."""
WEYL_1 = np.uint64(0xBB67AE85)
"""Square root of 3, less 1: increment of the second half."""
WORD = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)

Word = np.uint64

LOW_WORD = 0xFFFFFFFF
TO_UNIT = 2.0**-52
TO_UNIT_32 = 2.0**-32


@inlined
def rounds(x0: Word, x1: Word, x2: Word, x3: Word, key0: Word, key1: Word) -> tuple[Word, Word, Word, Word]:
    """Return the counter ``x`` after ten rounds under ``key``, in unsigned 64-bit integers: products need all 64 bits.

    All words are below 2**32. The code is inlined into each caller, so that the compiler can vectorise a loop over many
    entities, which is several times as fast as one call per entity.
    """
    for _ in range(ROUNDS):
        product0 = MULTIPLIER_0 * x0
        product1 = MULTIPLIER_1 * x2
        x0 = (product1 >> HALF) ^ x1 ^ key0
        x1 = product1 & WORD
        x2 = (product0 >> HALF) ^ x3 ^ key1
        x3 = product0 & WORD
        key0 = (key0 + WEYL_0) & WORD
        key1 = (key1 + WEYL_1) & WORD
    return x0, x1, x2, x3


@inlined
def words(identity: int, seed: int, purpose: int, number: int) -> tuple[Word, Word, Word, Word]:
    """Return the result of ``draw4`` as unsigned integers, inlined into each caller.

    Compare and combine them with unsigned integers only: numba, like numpy, promotes int64 with uint64 to float64.
    """
    counter = np.uint64(identity)
    key = np.uint64(seed)
    return rounds(counter & WORD, counter >> HALF, np.uint64(purpose), np.uint64(number), key & WORD, key >> HALF)


@compiled
def philox4x32(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, int, int, int]:
    """Return four 32-bit words from a counter of four words and a key of two, all in [0, 2**32)."""
    x0, x1, x2, x3 = rounds(np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3), np.uint64(k0), np.uint64(k1))
    return int(np.int64(x0)), int(np.int64(x1)), int(np.int64(x2)), int(np.int64(x3))


@compiled
def draw4(seed: int, identity: int, purpose: int, number: int) -> tuple[int, int, int, int]:
    """Return four independent uniforms for one entity and one purpose.

    Args:
        seed: The key, any int64.
        identity: Who draws, the first half of the counter: any int64.
        purpose: Of ``sim.draws.purposes``, in [0, 2**32).
        number: Tells repeated draws of one purpose apart (a stage, a try), in [0, 2**32).

    Returns:
        Four integers in [0, 2**32).
    """
    return philox4x32(
        identity & LOW_WORD, (identity >> 32) & LOW_WORD, purpose, number, seed & LOW_WORD, (seed >> 32) & LOW_WORD
    )


@compiled
def draw4_many(
    seed: int, identities: NDArray[np.int64], count: int, purpose: int, number: int, lanes: NDArray[np.uint32]
) -> None:
    """Fill ``lanes``, (4, count or more), with ``draw4`` of the first ``count`` of many entities."""
    for k in range(count):
        x0, x1, x2, x3 = words(identities[k], seed, purpose, number)
        lanes[0, k] = x0
        lanes[1, k] = x1
        lanes[2, k] = x2
        lanes[3, k] = x3


@compiled
def draw4_each(
    seed: int,
    identities: NDArray[np.int64],
    numbers: NDArray[np.int64],
    count: int,
    purpose: int,
    lanes: NDArray[np.uint32],
) -> None:
    """Fill ``lanes`` like ``draw4_many``, with a separate number for each entity."""
    for k in range(count):
        x0, x1, x2, x3 = words(identities[k], seed, purpose, numbers[k])
        lanes[0, k] = x0
        lanes[1, k] = x1
        lanes[2, k] = x2
        lanes[3, k] = x3


@compiled
def draw4_run(seed: int, first: int, step: int, count: int, purpose: int, lanes: NDArray[np.uint32]) -> None:
    """Fill ``lanes``, (4, count or more), with ``draw4`` of ``first``, ``first + step``, ... for number 0."""
    for k in range(count):
        x0, x1, x2, x3 = words(first + k * step, seed, purpose, 0)
        lanes[0, k] = x0
        lanes[1, k] = x1
        lanes[2, k] = x2
        lanes[3, k] = x3


@inlined
def uniform32(lane: int) -> float:
    """Return a float in (0, 1) from a lane k: (k + 1/2) / 2**32."""
    return (lane + 0.5) * TO_UNIT_32


@inlined
def uniform52(high: int, low: int) -> float:
    """Return a float u in (0, 1) from two lanes: (k + 1/2) / 2**52, where k is the top 52 of their 64 bits.

    Both u and 1 - u are exact, so both tails of a distribution are equally fine. Of the lane ``low`` the 20 upper bits
    are used.
    """
    return (((high << 20) | (low >> 12)) + 0.5) * TO_UNIT


@compiled_with_arrays
def uniform_pairs(seed: int, identities: NDArray[np.int64], purpose: int, number: int) -> NDArray[np.float64]:
    """Return two uniforms for each of many entities, (2, n): ``uniform52`` of both halves of their ``draw4``."""
    pairs = np.empty((2, len(identities)))
    for k in range(len(identities)):
        x0, x1, x2, x3 = words(identities[k], seed, purpose, number)
        pairs[0, k] = uniform52(int(np.int64(x0)), int(np.int64(x1)))
        pairs[1, k] = uniform52(int(np.int64(x2)), int(np.int64(x3)))
    return pairs
