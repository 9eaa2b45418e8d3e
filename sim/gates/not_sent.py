"""Gate 1: attempts that measures at the source keep from being sent."""

import numpy as np
from numpy.typing import NDArray

from sim.country.measures import Measures
from sim.draws.compiled import compiled
from sim.draws.distributions import threshold
from sim.labels import CHANNELS
from sim.scenario.schema.measures import Law, SourceRegulation


def thresholds(measures: Measures, day: int) -> NDArray[np.int64]:
    """Return the thresholds of a day by channel, (3,): measures act one after the other, 1 - prod(1 - share)."""
    sent = [1.0, 1.0, 1.0]
    for regulation, ramp in measures.on(day, SourceRegulation):
        for c, channel in enumerate(CHANNELS):
            if channel in regulation.channels:
                sent[c] *= 1.0 - regulation.intensity * ramp
    for law, ramp in measures.on(day, Law):
        sent = [share * (1.0 - law.deterrence * ramp) for share in sent]
    return np.array([threshold(1.0 - share) for share in sent], dtype=np.int64)


@compiled
def is_not_sent(u: int, channel: int, not_sent: NDArray[np.int64]) -> bool:
    """Return whether an attempt is deterred at its source."""
    return u < int(not_sent[channel])
