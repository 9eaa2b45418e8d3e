"""The generator: published answers, a second implementation, and statistics of its use by identity."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.draws.compiled import compiled_with_arrays
from sim.draws.identity import attempt_id, origin_id
from sim.draws.philox import draw4, philox4x32, uniform52
from sim.draws.purposes import ATTEMPT_MEETING

ONES = 0xFFFFFFFF
word = st.integers(0, ONES)
int63 = st.integers(0, 2**63 - 1)


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_known_answers_of_random123(counter, key, answer):
    """The vectors for philox4x32, 10 rounds, published with the Random123 library."""
    assert philox4x32(*counter, *key) == answer
    assert philox4x32.py_func(*counter, *key) == answer


def philox_in_plain_integers(counter, key):
    """The paper's definition over Python's unbounded integers."""
    left, right, k = [counter[0], counter[2]], [counter[1], counter[3]], list(key)
    for _ in range(10):
        product = (0xD2511F53 * left[0], 0xCD9E8D57 * left[1])
        left = [(product[1] >> 32) ^ right[0] ^ k[0], (product[0] >> 32) ^ right[1] ^ k[1]]
        right = [product[1] % 2**32, product[0] % 2**32]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return left[0], right[0], left[1], right[1]


@given(st.tuples(word, word, word, word), st.tuples(word, word))
def test_equals_a_second_implementation(counter, key):
    assert philox4x32(*counter, *key) == philox_in_plain_integers(counter, key)


@given(int63, int63, word, word)
def test_draw_is_the_generator_at_identity_purpose_and_number(seed, identity, purpose, number):
    counter = (identity % 2**32, identity // 2**32, purpose, number)
    assert draw4(seed, identity, purpose, number) == philox_in_plain_integers(counter, (seed % 2**32, seed // 2**32))


def test_golden_draw():
    """One attempt's meeting, pinned: a change of layout or purpose would change every result."""
    attempt = attempt_id(7974, 18, 1, 5, 11, 1234)
    assert draw4(20221201, attempt, ATTEMPT_MEETING, 0) == (570317560, 1051239597, 1488599306, 3047369701)


def test_uniform_ends_and_middle():
    assert uniform52(0, 0) == 2.0**-53
    assert uniform52(ONES, ONES) == 1.0 - 2.0**-53
    assert uniform52(1 << 31, 0) == 0.5 + 2.0**-53


@given(word, word)
def test_uniform_is_an_exact_odd_multiple_and_mirrors(high, low):
    u = uniform52(high, low)
    assert u * 2**53 == 2 * (high * 2**20 + low // 2**12) + 1
    assert uniform52(ONES - high, ONES - low) == 1.0 - u


@compiled_with_arrays
def lanes(seed, first, step, purpose, number, size):
    """Array (size, 4) of the draws of identities first, first + step, ..."""
    out = np.empty((size, 4), np.int64)
    for i in range(size):
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = draw4(seed, first + i * step, purpose, number)
    return out


ATTEMPT = origin_id(0, 8000, 3, 0, 2, 0)
NEXT_INDEX = origin_id(0, 0, 0, 0, 0, 1)
NEXT_TYPE = origin_id(0, 0, 0, 0, 1, 0)
SIZE = 200_000


@pytest.mark.parametrize("step", [1, NEXT_INDEX, NEXT_TYPE])
@pytest.mark.parametrize("shift", [0, 24])
def test_lanes_are_uniform(step, shift):
    """Chi-square of the lowest and the highest byte of every lane, over neighbouring identities."""
    out = (lanes(5, ATTEMPT, step, 2, 0, SIZE) >> shift) & 0xFF
    for lane in range(4):
        counts = np.bincount(out[:, lane], minlength=256)
        assert stats.chisquare(counts).pvalue > 1e-6


@pytest.mark.parametrize(
    "other",
    [
        (5, ATTEMPT + NEXT_INDEX, NEXT_INDEX, 2, 0),
        (5, ATTEMPT + NEXT_TYPE, NEXT_INDEX, 2, 0),
        (5, ATTEMPT, NEXT_INDEX, 3, 0),
        (5, ATTEMPT, NEXT_INDEX, 2, 1),
        (6, ATTEMPT, NEXT_INDEX, 2, 0),
        (5 + 2**32, ATTEMPT, NEXT_INDEX, 2, 0),
    ],
    ids=["next index", "next type", "next purpose", "next number", "next seed", "high seed"],
)
def test_neighbours_are_independent(other):
    """Correlation of each lane with each of the neighbour's, and the joint distribution of their top bits."""
    one = lanes(5, ATTEMPT, NEXT_INDEX, 2, 0, SIZE)
    two = lanes(*other, SIZE)
    correlation = np.corrcoef(one.T.astype(float), two.T.astype(float))[:4, 4:]
    assert np.max(np.abs(correlation)) < 6 / np.sqrt(SIZE)
    for lane in range(4):
        joint = np.bincount((one[:, lane] >> 28) * 16 + (two[:, lane] >> 28), minlength=256)
        assert stats.chisquare(joint).pvalue > 1e-6


def test_lanes_of_one_draw_are_independent():
    out = lanes(5, ATTEMPT, NEXT_INDEX, 2, 0, SIZE)
    correlation = np.corrcoef(out.T.astype(float)) - np.eye(4)
    assert np.max(np.abs(correlation)) < 6 / np.sqrt(SIZE)
    assert abs(np.corrcoef(np.bitwise_xor.reduce(out, axis=1)[:-1], out[1:, 0])[0, 1]) < 6 / np.sqrt(SIZE)


@settings(max_examples=50)
@given(int63, int63, word, word, st.integers(0, 62))
def test_one_bit_of_the_identity_turns_half_the_bits(seed, identity, purpose, number, bit):
    """Of 128 bits 64 turn on average, with standard deviation 5.7; 24 and 104 lie seven of them away."""
    one = draw4(seed, identity, purpose, number)
    two = draw4(seed, identity ^ (1 << bit), purpose, number)
    assert 24 <= sum((a ^ b).bit_count() for a, b in zip(one, two, strict=True)) <= 104
