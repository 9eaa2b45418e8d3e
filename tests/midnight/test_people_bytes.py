"""The byte of a person: alerts heard saturate at 127, halve on the first of a month, and never touch the victim bit."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.midnight.people import FARTHEST, HEARD, VICTIM, fall_victim, forget, hear, mark, marked, pieces


def heard_of(people: np.ndarray) -> list[int]:
    return [int(byte) & HEARD for byte in people]


def victims_of(people: np.ndarray) -> list[bool]:
    return [bool(int(byte) & VICTIM) for byte in people]


@given(
    st.lists(st.integers(0, 255), min_size=4, max_size=4),
    st.lists(st.lists(st.integers(0, 3), max_size=90), min_size=1, max_size=6),
    st.lists(st.integers(0, 3), max_size=3),
)
def test_bytes_are_two_counts_that_do_not_meet(start: list[int], nights: list[list[int]], fell: list[int]) -> None:
    people = np.array(start, dtype=np.uint8)
    heard, victims = heard_of(people), victims_of(people)
    for numbers in nights:
        hear(people, np.array(numbers, dtype=np.int64))
        heard = [min(127, before + numbers.count(k)) for k, before in enumerate(heard)]
        assert heard_of(people) == heard
        assert victims_of(people) == victims
    fall_victim(people, np.array(fell, dtype=np.int64))
    victims = [before or k in fell for k, before in enumerate(victims)]
    assert victims_of(people) == victims
    assert heard_of(people) == heard
    forget(people)
    assert heard_of(people) == [count // 2 for count in heard]
    assert victims_of(people) == victims


@given(st.integers(0, 200_000), st.sampled_from([0.0, 1e-5, 0.01, 1.0]), st.integers(1, 33), st.integers(0, 9))
@settings(deadline=None, max_examples=60)
def test_bytes_that_are_found_can_be_put_back(number: int, share: float, count: int, seed: int) -> None:
    draws = np.random.default_rng(seed)
    people = np.where(draws.random(number) < share, draws.integers(1, 256, number), 0).astype(np.uint8)
    again = np.zeros(number, dtype=np.uint8)
    for piece, empty in zip(pieces(people, count), pieces(again, count), strict=True):
        gaps, values = marked(piece)
        # An entry for each that is not 0, and one for each stretch without any.
        assert len(gaps) == len(values) <= np.count_nonzero(piece) + len(piece) // FARTHEST
        mark(empty, gaps, values)
    assert np.array_equal(people, again)


def test_nobody_behind_the_last_is_marked() -> None:
    room = np.zeros(20, dtype=np.uint8)
    mark(room[:10], np.array([5, 9], dtype=np.uint8), np.array([1, 2], dtype=np.uint8))
    assert room.tolist() == [0] * 5 + [1] + [0] * 14
