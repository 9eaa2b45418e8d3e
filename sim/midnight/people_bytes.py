"""The one byte that is stored of a person: victim before (1 bit), alerts heard (7 bits, saturating)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import compiled, compiled_with_arrays

VICTIM = 128
HEARD = 127
VICTIMS_OF_8 = np.uint64(0x0101010101010101 * VICTIM)
HALVES_OF_8 = np.uint64(0x0101010101010101 * (HEARD >> 1))
"""The victim bits of eight people in a word, and the bits of their halved counts."""

FARTHEST = (1 << 16) - 1
"""The largest distance that an entry of ``marked`` holds."""


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


def pieces(people: NDArray[np.uint8], count: int) -> list[NDArray[np.uint8]]:
    """Return so many pieces that make up the bytes of people, each beginning where a word of eight bytes does."""
    size = 8 * -(-len(people) // (8 * count))
    return [people[k * size : (k + 1) * size] for k in range(count)]


def marked(people: NDArray[np.uint8]) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Return the bytes that are not 0, of which there are few.

    Args:
        people: (people,) Their bytes, one of the ``pieces``.

    Returns:
        (n,) distances of those people, each from the one before or from the first, and (n,) their bytes. Where the next
        one is farther away than ``FARTHEST``, there are entries of people between them whose bytes are 0.
    """
    in_words = people[: len(people) - len(people) % 8].view(np.uint64)
    found: tuple[NDArray[np.uint16], NDArray[np.uint8]] = _marked(people, in_words)
    return found


@compiled_with_arrays
def _marked(people: NDArray[np.uint8], words: NDArray[np.uint64]) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Return what ``marked`` does; ``words`` are the people too, eight at a time, but for those behind the last eight.

    Most have heard nothing, so eight of them are passed at a time. There is room for more than are found, whose memory
    is never touched.
    """
    count = len(people) // FARTHEST + len(people) - 8 * len(words)
    for word in range(len(words)):
        count += 8 * (words[word] != 0)
    gaps = np.empty(count, dtype=np.uint16)
    values = np.empty(count, dtype=np.uint8)
    at = 0
    last = 0
    for word in range(len(words) + 1):
        if word < len(words) and words[word] == 0:
            continue
        for k in range(8 * word, min(8 * word + 8, len(people))):
            if people[k] != 0:
                while k - last > FARTHEST:
                    gaps[at] = FARTHEST
                    values[at] = 0
                    last += FARTHEST
                    at += 1
                gaps[at] = k - last
                values[at] = people[k]
                last = k
                at += 1
    return gaps[:at], values[:at]


@compiled
def mark(people: NDArray[np.uint8], gaps: NDArray[np.uint16], values: NDArray[np.uint8]) -> None:
    """Give people, whose bytes are all 0, the bytes that ``marked`` has found; beyond the last one there is nobody."""
    place = 0
    for k in range(len(gaps)):
        place += gaps[k]
        if place < len(people):
            people[place] = values[k]
