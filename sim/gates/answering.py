"""Gate 6: an attempt is answered, read or noticed; people who are not online miss online attempts."""

import numpy as np
from numpy.typing import NDArray

from sim.days import HALF_HOURS
from sim.draws.compiled import compiled
from sim.draws.distributions import threshold
from sim.gates.fates import ONLINE
from sim.labels import CHANNELS
from sim.scenario.schema import ScenarioModel


def thresholds(spec: ScenarioModel) -> NDArray[np.int64]:
    """Return the probability of answering as thresholds, (3 channels, 48 half hours, bands, 2: without, with app).

    The app labels fraud attempts, which fewer people then answer.
    """
    answering = spec.engagement.answering
    table = np.zeros((len(CHANNELS), HALF_HOURS, len(answering.age_factor), 2), dtype=np.int64)
    for c, channel in enumerate(CHANNELS):
        settings = getattr(answering, channel)
        for half_hour, hour in enumerate(settings.half_hours):
            for band, age in enumerate(answering.age_factor):
                table[c, half_hour, band, 0] = threshold(settings.unknown * hour * age)
                table[c, half_hour, band, 1] = threshold(settings.labelled * hour * age)
    return table


@compiled
def is_unanswered(
    u: int, channel: int, half_hour: int, band: int, online: bool, app: bool, answered: NDArray[np.int64]
) -> bool:
    """Return whether the attempt ends without an answer."""
    if channel == ONLINE and not online:
        return True
    return u >= int(answered[channel, half_hour, band, 1 if app else 0])
