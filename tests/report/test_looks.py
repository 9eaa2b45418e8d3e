"""Colours of words: each has one, and no other of its kind has it."""

import pytest

from sim.base.words import Channel, ContactChannel, Detector, End, Fate, Sex, Tier, Truth, Word
from sim.report.drawing import COLOURS

KINDS = {"fate": Fate, "channel": Channel, "source": Detector, "tier": Tier, "contact": ContactChannel, "end": End}


@pytest.mark.parametrize(("kind", "words"), [*KINDS.items(), ("truth", Truth), ("sex", Sex)])
def test_every_word_has_a_colour_that_no_other_of_its_kind_has(kind: str, words: type[Word]) -> None:
    assert list(COLOURS[kind]) == list(words.labels())
    assert len(set(COLOURS[kind].values())) == len(words.labels())
