"""Gate 6: an attempt is answered, read or noticed; only people who use the internet notice online attempts."""

import numpy as np
from numpy.typing import NDArray

from sim.days import HALF_HOURS
from sim.draws.compiled import compiled
from sim.draws.distributions import threshold
from sim.scenario.schema import ScenarioModel
from sim.words import Channel

OVER_INTERNET = (Channel.ONLINE,)
"""Channels by which only people who use the internet are reached."""


def thresholds(spec: ScenarioModel) -> NDArray[np.int64]:
    """Return the probability of answering as thresholds; the app labels fraud attempts, which fewer people answer.

    Args:
        spec: The scenario.

    Returns:
        (3 channels, 48 half hours, age bands, 2: without, with the app).
    """
    answering = spec.engagement.answering
    table = np.zeros((len(Channel), HALF_HOURS, len(answering.age_factor), 2), dtype=np.int64)
    for channel in Channel:
        settings = getattr(answering, channel.label)
        for half_hour, hour in enumerate(settings.half_hours):
            for band, age in enumerate(answering.age_factor):
                table[channel, half_hour, band, 0] = threshold(settings.unknown * hour * age)
                table[channel, half_hour, band, 1] = threshold(settings.labelled * hour * age)
    return table


@compiled
def needs_internet(channel: int) -> bool:
    """Return whether attempts of a channel come only to people who use the internet."""
    return channel in OVER_INTERNET


@compiled
def is_unanswered(
    u: int, channel: int, half_hour: int, band: int, online: bool, app: bool, answered: NDArray[np.int64]
) -> bool:
    """Return whether the attempt ends without an answer."""
    if needs_internet(channel) and not online:
        return True
    return u >= int(answered[channel, half_hour, band, 1 if app else 0])
