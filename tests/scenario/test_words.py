"""The keys of the schema are the words of the model, where a map has one key a word."""

from typing import get_args

import pytest
from pydantic import BaseModel

from sim.base.words import DESKS, EVENT_CHANNELS, Channel, ContactChannel, Detector, DistributionKind, Tier
from sim.scenario.schema import base, fraud, layers, population, warning
from sim.scenario.schema.base import Distribution

DESK_NAMES = tuple(desk.label for desk in DESKS)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Distribution, DistributionKind.labels()),
        (fraud.ByChannel, Channel.labels()),
        (base.ChannelNames, EVENT_CHANNELS),
        (fraud.Volumes, Channel.labels()),
        (fraud.HalfHourProfiles, Channel.labels()),
        (warning.ContactScoresByChannel, Channel.labels()),
        (warning.Thresholds, Tier.labels()),
        (warning.Tiers, Tier.labels()),
        (warning.StopProbabilities, ContactChannel.labels()),
        (warning.Tries, DESK_NAMES),
        (warning.RetryWaits, DESK_NAMES),
    ],
)
def test_a_map_by_word_has_each_word_as_a_key(model: type[BaseModel], words: tuple[str, ...]) -> None:
    assert tuple(model.model_fields) == words


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (layers.Answering, Channel.labels()),
        (population.Legitimate, Channel.labels()),
        (warning.Detectors, Detector.labels()),
        (warning.Desks, DESK_NAMES),
    ],
)
def test_a_map_with_other_keys_has_each_word_too(model: type[BaseModel], words: tuple[str, ...]) -> None:
    assert set(words) <= set(model.model_fields)


@pytest.mark.parametrize(
    ("literal", "words"),
    [(base.ChannelName, Channel), (base.ContactChannelName, ContactChannel), (base.DetectorName, Detector)],
)
def test_literals_are_the_words(literal: object, words: type[Channel]) -> None:
    assert get_args(literal) == words.labels()
