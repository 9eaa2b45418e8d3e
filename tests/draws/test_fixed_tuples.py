"""Tuples of arrays that stay where they are."""

from typing import NamedTuple

import numpy as np
import pytest
from numba.core.errors import NumbaError
from numpy.typing import NDArray

from sim.draws.compiled import Kept, compiled, compiled_with_arrays, kept_in


class Inner(NamedTuple):
    flags: NDArray[np.bool_]
    share: float


class Outer(NamedTuple):
    counts: NDArray[np.int64]
    inner: Inner
    number: int


@compiled
def tell(kept: Kept[Outer], place: int, into: NDArray[np.float64]) -> None:
    outer = kept_in(kept, place)
    into[0] = outer.counts.shape[1]
    into[1] = outer.counts[1, 2]
    into[2] = outer.inner.flags[3]
    into[3] = outer.inner.share
    into[4] = outer.number


@compiled
def count(kept: Kept[Outer], place: int) -> None:
    kept_in(kept, place).counts[1, 2] += 1


@compiled_with_arrays
def return_counts(kept: Kept[Outer], place: int) -> NDArray[np.int64]:
    counts: NDArray[np.int64] = kept_in(kept, place).counts
    return counts


def outer(columns: int, number: int) -> Outer:
    return Outer(
        np.arange(2 * columns, dtype=np.int64).reshape(2, columns), Inner(np.arange(5) % 2 == 1, 0.5 * number), number
    )


def told(kept: Kept[Outer], place: int) -> list[float]:
    into = np.zeros(5)
    tell(kept, place, into)
    return list(into)


def test_each_place_has_its_own_tuple() -> None:
    kept = Kept(outer(3, 7), outer(4, 8))
    assert told(kept, 0) == [3, 5, 1, 3.5, 7]
    assert told(kept, 1) == [4, 6, 1, 4.0, 8]


def test_another_tuple_takes_the_place_and_is_kept_alive() -> None:
    kept = Kept(outer(3, 7), outer(4, 8))
    kept.put(1, outer(1000, 9))
    assert told(kept, 0) == [3, 5, 1, 3.5, 7]
    assert told(kept, 1) == [1000, 1002, 1, 4.5, 9]


def test_compiled_code_writes_into_the_very_arrays() -> None:
    mine = outer(3, 7)
    count(Kept(mine), 0)
    assert mine.counts[1, 2] == 6


def test_a_tuple_of_another_type_is_refused() -> None:
    kept = Kept(outer(3, 7))
    with pytest.raises(TypeError, match="other types"):
        kept.put(0, outer(3, 7)._replace(counts=np.zeros(3, dtype=np.int64)))
    assert told(kept, 0) == [3, 5, 1, 3.5, 7]


def test_a_function_that_counts_references_is_refused() -> None:
    with pytest.raises((NumbaError, TypeError), match="count no references"):
        return_counts(Kept(outer(3, 7)), 0)
