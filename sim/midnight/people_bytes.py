"""The one byte that is stored of a person: victim before (1 bit), alerts heard (7 bits, saturating)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import compiled

VICTIM = 128
HEARD = 127
VICTIMS_OF_8 = np.uint64(0x0101010101010101 * VICTIM)
HALVES_OF_8 = np.uint64(0x0101010101010101 * (HEARD >> 1))
"""The victim bits of eight people in a word, and the bits of their halved counts."""


@compiled
def hear(people: NDArray[np.uint8], numbers: NDArray[np.int64]) -> None:
    """Add one alert heard to each person of ``numbers`` (a person may stand there more than once)."""
    for k in range(len(numbers)):
        byte = people[numbers[k]]
        if byte & HEARD < HEARD:
            people[numbers[k]] = byte + 1


@compiled
def fall_victim(people: NDArray[np.uint8], numbers: NDArray[np.int64]) -> None:
    """Mark each person of ``numbers`` as a victim before."""
    for k in range(len(numbers)):
        people[numbers[k]] = people[numbers[k]] | VICTIM


def forget(people: NDArray[np.uint8]) -> None:
    """Halve the alerts heard of everybody, rounding down."""
    # Eight people at a time: over a whole country this is bound by the speed of memory alone.
    in_words = len(people) - len(people) % 8
    _halve(people[:in_words].view(np.uint64), VICTIMS_OF_8, HALVES_OF_8)
    _halve(people[in_words:], np.uint8(VICTIM), np.uint8(HEARD >> 1))


@compiled
def _halve(bytes_: NDArray[Any], victims: Any, halves: Any) -> None:
    """Halve the counts in bytes or words of bytes; what a shift takes from one byte into the next is masked out."""
    for k in range(len(bytes_)):
        bytes_[k] = (bytes_[k] & victims) | ((bytes_[k] >> 1) & halves)
