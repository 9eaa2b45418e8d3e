"""The tests of the generator refuse generators that are not as good."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from benchmarks.counters import AXES, FIRST_DAY, main, many, p_values
from benchmarks.generator_words import NEIGHBOURS, blocks
from sim.draws.identity import INDEX_SHIFT, attempt_id
from sim.draws.philox import MULTIPLIER_0, MULTIPLIER_1, WEYL_0, WEYL_1, draw4
from sim.draws.purposes import CONTACT_TRY, REGISTRY
from sim.verify.streams import Words, doubles, each

HOPELESS = 1e-9
TESTS = 9


def philox(identities: np.ndarray, rounds: int, seed: int = 1, purpose: int = 1) -> Words:
    """Return the lanes of Philox with fewer rounds than ten, (..., 4), for identities of any shape."""
    word, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    counter = identities.astype(np.uint64)
    x0, x1 = counter & word, counter >> half
    x2, x3 = np.full_like(counter, purpose), np.zeros_like(counter)
    key0, key1 = np.uint64(seed), np.uint64(0)
    for _ in range(rounds):
        product0, product1 = MULTIPLIER_0 * x0, MULTIPLIER_1 * x2
        x0, x1, x2, x3 = (
            (product1 >> half) ^ x1 ^ key0,
            product1 & word,
            (product0 >> half) ^ x3 ^ key1,
            product0 & word,
        )
        key0, key1 = (key0 + WEYL_0) & word, (key1 + WEYL_1) & word
    return np.stack([x0, x1, x2, x3], axis=-1).astype(np.uint32)


def refused(words: Words) -> set[str]:
    return {name for name, p in p_values(words).items() if p < HOPELESS}


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def fair(rows: int = 16, along: int = 1024) -> Words:
    return rng().integers(0, 1 << 32, (rows, along, 4), dtype=np.uint32)


def test_words_of_a_good_generator_pass() -> None:
    assert min(p_values(fair()).values()) > 1e-4


def test_one_biased_bit_is_seen() -> None:
    words = fair()
    words[..., 2] |= (rng().random(words.shape[:2]) < 0.2).astype(np.uint32) << np.uint32(9)
    assert {"bits", "bytes"} <= refused(words)


def test_neighbours_that_share_a_bit_are_seen() -> None:
    words = fair()
    shared = rng().random((16, 1023)) < 0.2
    words[:, 1:, 1] = np.where(shared, (words[:, 1:, 1] & ~np.uint32(1)) | (words[:, :-1, 1] & 1), words[:, 1:, 1])
    assert "same bit" in refused(words)


def test_a_bit_that_follows_another_bit_of_the_neighbour_is_seen() -> None:
    words = fair()
    words[:, 1:, 3] = (words[:, 1:, 3] & ~np.uint32(1)) | (words[:, :-1, 0] >> np.uint32(31))
    assert refused(words) == {"all pairs"}


def test_halves_that_are_alike_are_seen() -> None:
    words = fair()
    words[..., 2] = words[..., 0] ^ (words[..., 2] >> np.uint32(4))
    assert {"bits of a draw", "both halves"} <= refused(words)


def test_neighbours_of_alike_weight_are_seen() -> None:
    words = fair()
    # Every second draw has the words of the one before it, each bit elsewhere: rotated and put into another order.
    even = words[:, 0::2]
    words[:, 1::2] = ((even << np.uint32(11)) | (even >> np.uint32(21)))[..., [2, 0, 3, 1]]
    assert "weights" in refused(words)


def test_doubles_that_climb_together_are_seen() -> None:
    words = fair()
    words[:, 1:, 0] = (words[:, :-1, 0] // 2 + words[:, 1:, 0] // 2).astype(np.uint32)
    assert {"doubles", "serial"} <= refused(words)


@pytest.mark.parametrize(
    "rounds", [pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow), 4]
)
def test_philox_with_too_few_rounds_is_refused(rounds: int) -> None:
    # Neighbouring indices, as identities have them: steps of 32.
    identities = (np.arange(1 << 15, dtype=np.int64) << 5).reshape(32, 1024)
    assert refused(philox(identities, rounds))


@pytest.mark.slow
def test_philox_as_it_is_passes_where_it_is_refused_with_fewer_rounds() -> None:
    identities = (np.arange(1 << 16, dtype=np.int64) << 5).reshape(64, 1024)
    assert refused(philox(identities, 10)) == set()


def test_a_generator_that_forgets_the_purpose_is_refused() -> None:
    identities = np.arange(2048, dtype=np.int64) << 5
    same = np.stack([many(1, identities, 11) for _ in REGISTRY], axis=1)
    assert {"same bit", "all pairs", "serial"} <= refused(same)


def test_the_counters_of_an_axis_are_those_of_the_engines() -> None:
    alerts, numbers = np.array([5 << 29, 77 << 29, 3]), np.array([64, 65, 96])
    assert each(9, alerts, numbers, CONTACT_TRY)[0].tolist() == [
        list(draw4(9, int(alert), CONTACT_TRY, int(number))) for alert, number in zip(alerts, numbers, strict=True)
    ]
    assert many(9, alerts, 12)[1].tolist() == list(draw4(9, 77 << 29, 12, 0))


@pytest.mark.parametrize("axis", AXES, ids=lambda axis: axis.name)
def test_no_two_draws_of_an_axis_have_one_counter(axis) -> None:
    words = axis.words(3, 1 << 15)
    assert words.shape[0] * words.shape[1] > 1 << 14
    # Philox maps counters to words one to one: equal words would be equal counters.
    assert len(np.unique(words.reshape(-1, 4), axis=0)) == words.shape[0] * words.shape[1]


def test_the_axes_are_tested_and_one_that_is_refused_is_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--draws", str(1 << 14)]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == len(AXES) * TESTS + 1
    assert rows[-1].startswith(f"the smallest of {len(AXES) * TESTS} p-values is ")
    monkeypatch.setattr("benchmarks.counters.AXES", (replace(AXES[0], words=lambda *_: fair() | np.uint32(1)),))
    assert main([]) == 1
    assert "REFUSED index               bits" in capsys.readouterr().out


def test_doubles_are_those_of_the_engines() -> None:
    from sim.draws.philox import uniform52

    words = fair(2, 3)
    assert doubles(words)[1, 2, 1] == uniform52(int(words[1, 2, 2]), int(words[1, 2, 3]))


def test_words_for_batteries_are_those_of_neighbouring_attempts_for_one_purpose_after_the_other() -> None:
    first, second = (np.frombuffer(block, dtype="<u4").reshape(-1, 4) for block in islice(blocks(7), 2))
    start = attempt_id(FIRST_DAY, 0, 0, 0, 0, 0)
    assert len(first) == NEIGHBOURS
    assert first[3].tolist() == list(draw4(7, start + (3 << INDEX_SHIFT), REGISTRY[0].number, 0))
    assert second[255].tolist() == list(draw4(7, start + (255 << INDEX_SHIFT), REGISTRY[1].number, 0))
