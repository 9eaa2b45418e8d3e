"""Tests of the generator on the counters that engines use: each word is uniform and independent of its neighbours.

Tests see only words, so that they can test another generator, too. A draw has four words of 32 bits, 128 bits in total;
the first two words make a double, and the last two another. Pairs of neighbours overlap only where that does not change
the distribution of a statistic.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sim.draws.philox import TO_UNIT
from sim.verify.statistics import Judged, chi_square

Words = NDArray[np.uint32]
"""(rows, along, 4): the four lanes of draws, in rows of neighbours."""

BITS = 128
CHUNK = 1 << 16
"""Draws whose bits are processed together."""
CLASSES = np.array([59, 62, 65, 68])
"""Upper ends of the classes of Hamming weights of a draw, except the last."""
BYTES = BITS // 8


@dataclass(frozen=True)
class Bits:
    """Sums of products of bits, each bit +1 or -1.

    Attributes:
        draws: Number of draws.
        pairs: Number of pairs of neighbours.
        ones: (128,) sums of each bit.
        within: (128, 128) sums of products of two bits of one draw.
        adjacent: (128, 128) sums of products of a bit and one of the next draw.
    """

    draws: int
    pairs: int
    ones: NDArray[np.float64]
    within: NDArray[np.float64]
    adjacent: NDArray[np.float64]

    @classmethod
    def of(cls, words: Words) -> "Bits":
        """Return the sums over words (rows, along, 4)."""
        rows, along, _ = words.shape
        step = max(1, CHUNK // along)
        ones, within, adjacent = np.zeros(BITS), np.zeros((BITS, BITS)), np.zeros((BITS, BITS))
        for first in range(0, rows, step):
            some = words[first : first + step]
            signs = np.unpackbits(some.view(np.uint8), axis=-1).astype(np.float32) * 2.0 - 1.0
            flat = signs.reshape(-1, BITS)
            ones += flat.sum(axis=0)
            within += flat.T @ flat
            adjacent += signs[:, :-1].reshape(-1, BITS).T @ signs[:, 1:].reshape(-1, BITS)
        return cls(rows * along, rows * (along - 1), ones, within, adjacent)


def doubles(words: Words) -> NDArray[np.float64]:
    """Return the doubles (..., 2) of draws, made by ``uniform52`` from both halves."""
    wide = words.astype(np.uint64)
    made = ((wide[..., 0::2] << np.uint64(20)) | (wide[..., 1::2] >> np.uint64(12))).astype(np.float64)
    return (made + 0.5) * TO_UNIT


def _table(ours: NDArray[np.int64], theirs: NDArray[np.int64], shares: NDArray[np.float64]) -> Judged:
    """Judge whether pairs of classes are independent."""
    classes = len(shares)
    counts = np.bincount((ours * classes + theirs).ravel(), minlength=classes**2)
    expected = ours.size * np.outer(shares, shares).ravel()
    return chi_square(float(((counts - expected) ** 2 / expected).sum()), classes**2 - 1)


def _apart(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the second of each pair of neighbours, (rows, along) values; pairs do not overlap."""
    even = values[:, : values.shape[1] // 2 * 2]
    return even[:, 0::2], even[:, 1::2]


def _squares(sums: NDArray[np.float64], number: int) -> Judged:
    """Judge sums of ``number`` fair, uncorrelated signs."""
    return chi_square(float((sums**2).sum() / number), sums.size)


def _bytes(words: Words) -> Judged:
    flat = words.reshape(-1, 4).view(np.uint8)
    counts = np.array([np.bincount(flat[:, k], minlength=256) for k in range(BYTES)])
    expected = len(flat) / 256
    return chi_square(float(((counts - expected) ** 2 / expected).sum()), BYTES * 255)


def _kolmogorov(words: Words) -> Judged:
    found = stats.kstest(doubles(words).ravel(), "uniform", method="asymp")
    return Judged(0.0, float(found.statistic), float(found.pvalue), "Kolmogorov-Smirnov")


def _weights(words: Words) -> Judged:
    ones = np.unpackbits(np.arange(1 << 16, dtype=np.uint16).view(np.uint8).reshape(-1, 2), axis=1).sum(axis=1)
    weight = ones[words.view(np.uint16)].sum(axis=-1)
    ours, theirs = _apart(np.searchsorted(CLASSES, weight).astype(np.int64))
    shares = np.diff([0.0, *stats.binom.cdf(CLASSES, BITS, 0.5), 1.0])
    return _table(ours, theirs, shares)


EVEN = np.full(16, 1 / 16)


def _sixteenths(words: Words) -> NDArray[np.int64]:
    """Return the top four bits of both doubles, (rows, along, 2)."""
    return (words[..., 0::2] >> np.uint32(28)).astype(np.int64)


def _both_halves(words: Words) -> Judged:
    top = _sixteenths(words)
    return _table(top[..., 0], top[..., 1], EVEN)


def _serial(words: Words) -> Judged:
    return _table(*_apart(_sixteenths(words)[..., 0]), EVEN)


@dataclass(frozen=True)
class WordTest:
    """A test of words (rows, along, 4): its name, the property that it tests, and its judgement."""

    name: str
    about: str
    judge: Callable[[Words, Bits], Judged]


TESTS = (
    WordTest("bits", "each of the 128 bits is 0 as often as 1", lambda _, bits: _squares(bits.ones, bits.draws)),
    WordTest("bytes", "each of the 16 bytes has all values equally often", lambda words, _: _bytes(words)),
    WordTest("doubles", "both doubles of all draws are uniform", lambda words, _: _kolmogorov(words)),
    WordTest(
        "bits of a draw",
        "no two of its 128 bits are correlated",
        lambda _, bits: _squares(bits.within[np.triu_indices(BITS, 1)], bits.draws),
    ),
    WordTest(
        "both halves", "the two doubles of a draw are independent, by sixteenths", lambda words, _: _both_halves(words)
    ),
    WordTest(
        "same bit",
        "a bit is uncorrelated with the same bit of the next draw",
        lambda _, bits: _squares(np.diag(bits.adjacent), bits.pairs),
    ),
    WordTest(
        "all pairs",
        "no bit is correlated with any of the 128 bits of the next draw",
        lambda _, bits: _squares(bits.adjacent, bits.pairs),
    ),
    WordTest(
        "weights", "the numbers of 1 bits in a draw and in the next are independent", lambda words, _: _weights(words)
    ),
    WordTest("serial", "the doubles of neighbours, by sixteenths, are independent", lambda words, _: _serial(words)),
)
