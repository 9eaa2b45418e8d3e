"""The byte stored for each person: victim before (1 bit), alerts heard (7 bits, saturating)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import compiled, inlined
from sim.draws.functions import EXPONENT_BIAS, EXPONENT_SHIFT

VICTIM = 128
HEARD = 127
VICTIMS_OF_8 = np.uint64(0x0101010101010101 * VICTIM)
HALVES_OF_8 = np.uint64(0x0101010101010101 * (HEARD >> 1))
"""The victim bits of eight people in a word, and the bits of their halved counts."""

FARTHEST = 255
"""The largest distance that an entry of ``marked`` holds."""
BLOCK = 4096
"""Words of people that are looked at together."""


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
    one = bytes_.dtype.type(1)  # numpy 1 shifts no word by an int
    for k in range(len(bytes_)):
        bytes_[k] = (bytes_[k] & victims) | ((bytes_[k] >> one) & halves)


def pieces(people: NDArray[np.uint8], count: int) -> list[NDArray[np.uint8]]:
    """Return so many pieces that make up the bytes of people, each beginning where a word of eight bytes does."""
    size = 8 * -(-len(people) // (8 * count))
    return [people[k * size : (k + 1) * size] for k in range(count)]


def marked(people: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the few bytes that are not 0.

    Args:
        people: (people,) Their bytes, one of the ``pieces``.

    Returns:
        (n,) distances of those people, each from the one before or from the first, and (n,) their bytes. Where the next
        one is farther away than ``FARTHEST``, there are entries of people between them whose bytes are 0.
    """
    in_words = people[: len(people) - len(people) % 8].view(np.uint64)
    room = 8 * np.count_nonzero(in_words) + len(people) // FARTHEST + 8
    gaps = np.empty(room, dtype=np.uint8)
    values = np.empty(room, dtype=np.uint8)
    count = _find(people, in_words, np.empty(BLOCK + 1, dtype=np.int64), gaps, values)
    return gaps[:count], values[:count]


@compiled
def _find(
    people: NDArray[np.uint8],
    words: NDArray[np.uint64],
    places: NDArray[np.int64],
    gaps: NDArray[np.uint8],
    values: NDArray[np.uint8],
) -> int:
    """Write down what ``marked`` returns.

    Args:
        people: Their bytes.
        words: The same, eight at a time, but for those behind the last eight.
        places: Room for a block of words.
        gaps: Filled; there is room for more than are found, whose memory is never touched.
        values: Filled, too.

    Returns:
        How many entries there are.
    """
    at = 0
    last = 0
    for first in range(0, len(words), BLOCK):
        # Which words are not 0 cannot be foreseen, so no branch asks.
        some = 0
        for place in range(first, min(first + BLOCK, len(words))):
            places[some] = place
            some += words[place] != 0
        for k in range(some):
            word = words[places[k]]
            while word != 0:
                byte = _lowest(word)
                at = _enter(8 * places[k] + byte - last, np.uint8(word >> np.uint64(8 * byte)), gaps, values, at)
                last = 8 * places[k] + byte
                word &= ~(np.uint64(255) << np.uint64(8 * byte))
    for person in range(8 * len(words), len(people)):
        if people[person] != 0:
            at = _enter(person - last, people[person], gaps, values, at)
            last = person
    return at


@inlined
def _lowest(word: np.uint64) -> int:
    """Return the place of the lowest byte of a word that is not 0, from the exponent of its lowest bit as a float."""
    bit = np.float64(word & (~word + np.uint64(1)))
    return int((int(bit.view(np.int64)) >> EXPONENT_SHIFT) - EXPONENT_BIAS) >> 3


@inlined
def _enter(gap: int, value: np.uint8, gaps: NDArray[np.uint8], values: NDArray[np.uint8], at: int) -> int:
    """Write down an entry and those before it that are needed to come so far; return the place of the next."""
    while gap > FARTHEST:
        gaps[at] = FARTHEST
        values[at] = 0
        gap -= FARTHEST
        at += 1
    gaps[at] = gap
    values[at] = value
    return at + 1


@compiled
def mark(people: NDArray[np.uint8], gaps: NDArray[np.uint8], values: NDArray[np.uint8]) -> None:
    """Give people, whose bytes are all 0, the bytes that ``marked`` has found; beyond the last one there is nobody."""
    place = 0
    for k in range(len(gaps)):
        place += int(gaps[k])  # numpy would keep the sum in a byte
        if place < len(people):
            people[place] = values[k]
