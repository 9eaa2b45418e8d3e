"""Retries: gangs send again a share of what filters stop, so attempts grow as filters catch more."""

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Channel
from sim.draws.distributions import CERTAIN
from sim.scenario.schema.fraud import Retry
from sim.shield.interception import FILTERED


def sent(retry: Retry | None, stated: NDArray[np.float64], caught: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the expected attempts of a day with those that are sent again, (P, 3, T).

    A share rho of the attempts that a filter stops is sent again, and may be stopped again: of S first attempts come
    S / (1 - rho r), if the filter stops the share r. The stated attempts include those of the usual r.

    Args:
        retry: Shares by channel; None if nothing is sent again.
        stated: (P, 3, T) attempts at the usual share.
        caught: (P, 2 channels with a filter, T types) thresholds of the share that filters stop.

    Returns:
        Attempts: ``stated`` itself without ``retry``.
    """
    if retry is None:
        return stated
    rates = stated.copy()
    for at, name in enumerate(FILTERED):
        own = getattr(retry, name)
        if own is not None:
            channel = Channel.labels().index(name)
            rates[:, channel] *= (1.0 - own.share * own.usual) / (1.0 - own.share * (caught[:, at] / CERTAIN))
    return rates
