"""The thresholds of a day, gate by gate: made at midnight, read by both engines."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Channel, Fate
from sim.shield.cards import FROM_CARDS

Thresholds = NDArray[np.int64]

GATES: Final = int(Fate.IGNORED)
"""Gates at which an attempt ends before anybody answers: the first fates, in their order."""


def gate_thresholds(
    not_sent: Thresholds,
    raided: Thresholds,
    dead: Thresholds,
    intercepted: Thresholds,
    down: Thresholds,
    unanswered: Thresholds,
) -> Thresholds:
    """Return the probability that a gate stops an attempt that comes to it, as thresholds of one table.

    Args:
        not_sent: (P, 3) of gate 1.
        raided: (T,) of gate 2.
        dead: (P,) of gate 3, for channels that come from cards.
        intercepted: (P, 2, T) of gate 4, for these channels.
        down: (P, 3, T) of gate 5.
        unanswered: (P, 3) of gate 6.

    Returns:
        (gates, P, 3, T), gates by the code of their fate; 0 where a gate is not for a channel.
    """
    stops = np.zeros((GATES, len(dead), len(Channel), len(raided)), dtype=np.int64)
    stops[Fate.NOT_SENT] = not_sent[..., None]
    stops[Fate.DEN_DESTROYED] = raided
    stops[Fate.CARD_ELIMINATED][:, FROM_CARDS] = dead[:, None, None]
    stops[Fate.INTERCEPTED][:, FROM_CARDS] = intercepted
    stops[Fate.SITE_BLOCKED] = down
    stops[Fate.UNANSWERED] = unanswered[..., None]
    return stops
