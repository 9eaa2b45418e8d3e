"""The one byte that is stored of a person: victim before (1 bit), alerts heard (7 bits, saturating)."""

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import compiled

VICTIM = 128
HEARD = 127


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


@compiled
def forget(people: NDArray[np.uint8]) -> None:
    """Halve the alerts heard of everybody, rounding down."""
    for k in range(len(people)):
        people[k] = (people[k] & VICTIM) | ((people[k] & HEARD) >> 1)
