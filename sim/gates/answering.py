"""Gate 6: an attempt is answered, read or noticed; people who are not online miss online attempts."""

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import compiled
from sim.draws.distributions import threshold
from sim.gates.fates import ONLINE
from sim.scenario.schema import ScenarioModel

HALF_HOURS = 48


def thresholds(spec: ScenarioModel) -> NDArray[np.int64]:
    """Return the probability of answering as thresholds, (3 channels, 48 half hours, bands, 2: without, with app).

    The app labels fraud calls, which fewer people then answer.
    """
    answering = spec.engagement.answering
    bands = len(spec.population.age_bands)
    table = np.zeros((3, HALF_HOURS, bands, 2), dtype=np.int64)
    for half_hour in range(HALF_HOURS):
        for band in range(bands):
            factor = answering.age_factor[band]
            hour = answering.call.half_hours[half_hour]
            table[0, half_hour, band, 0] = threshold(answering.call.unknown * hour * factor)
            table[0, half_hour, band, 1] = threshold(answering.call.labelled * hour * factor)
            table[1, half_hour, band, :] = threshold(answering.sms * factor)
            table[2, half_hour, band, :] = threshold(answering.online * factor)
    return table


@compiled
def is_unanswered(
    u: int, channel: int, half_hour: int, band: int, online: bool, app: bool, answered: NDArray[np.int64]
) -> bool:
    """Return whether the attempt ends without an answer."""
    if channel == ONLINE and not online:
        return True
    return u >= int(answered[channel, half_hour, band, 1 if app else 0])
