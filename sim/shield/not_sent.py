"""Gate 1: attempts that are never sent because of regulation of ports, lines and cloud services, or of the law."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Channel
from sim.country.measures import Measures
from sim.draws.distributions import threshold
from sim.scenario.schema.measures import Law, SourceRegulation

REGULATED = {"sms_port": Channel.SMS, "cloud_service": Channel.ONLINE, "voice_line": Channel.CALL}
"""The channel of attempts that each kind of regulation acts on."""


def thresholds(measures: Measures, day: int, codes: Sequence[int]) -> NDArray[np.int64]:
    """Return the thresholds of a day, (P, 3 channels), from the shares of the measures: 1 - prod(1 - share)."""
    table = []
    for code in codes:
        sent = [1.0] * len(Channel)
        for regulation, ramp in measures.on(day, SourceRegulation, code):
            sent[REGULATED[regulation.target]] *= 1.0 - regulation.intensity * ramp
        for law, ramp in measures.on(day, Law, code):
            sent = [share * (1.0 - law.deterrence * ramp) for share in sent]
        table.append([threshold(1.0 - share) for share in sent])
    return np.array(table, dtype=np.int64)
