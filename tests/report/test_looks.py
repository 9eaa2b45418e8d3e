"""Colours of words: those that mean something, and the others by what is left."""

import pytest

from sim.base.words import Tier, Word
from sim.report import looks


class WithOneMore(Word):
    """Tiers, and one that no picture has heard of."""

    RED = 0
    ORANGE = 1
    YELLOW = 2
    BLUE = 3
    GREEN = 4


def test_a_word_without_a_colour_of_its_own_gets_one_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    meant = looks.colours("tier")
    assert list(meant) == list(Tier.labels())
    monkeypatch.setitem(looks._WORDS, "tier", WithOneMore)
    assert looks.colours("tier") == {**meant, "green": looks.GREEN}


@pytest.mark.parametrize("kind", looks._WORDS)
def test_every_word_has_a_colour_that_no_other_of_its_kind_has(kind: str) -> None:
    found = looks.colours(kind)
    assert list(found) == list(looks._WORDS[kind].labels())
    assert len(set(found.values())) == len(found)
