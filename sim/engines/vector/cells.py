"""Cells: what is the same for all attempts of one province, channel and fraud type of a day."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.days import DAY_MS
from sim.draws.compiled import compiled, inlined
from sim.draws.distributions import threshold
from sim.draws.functions import normal_cdf
from sim.engines.vector.guides import MARGIN, AttemptGuides
from sim.engines.vector.rules import Rules
from sim.midnight.today import Today
from sim.warning.detectors import DetectorTables
from sim.words import Detector, Fate, Tier


class AttemptTables(NamedTuple):
    """What a run fixes for attempts.

    ``moments`` (3, 49) cumulative profiles of the day by channel; ``answered`` (3, 48, bands, 2) thresholds of gate 6.
    """

    rules: Rules
    guides: AttemptGuides
    moments: NDArray[np.float64]
    answered: NDArray[np.int64]
    detectors: DetectorTables


class Cell(NamedTuple):
    """What is the same for all attempts of one province, channel and fraud type of a day.

    ``midnight`` is the moment at which the day begins, ``sharing`` the shift of d' by data sharing. The others are
    thresholds of 32-bit uniforms: the largest one of gate 6; of having the app (``adoption``); of being seen by a
    detector; and ``alarm_central`` and ``alarm_local``, from which on the uniforms of scores could raise an alert even
    if nobody engages.
    """

    province: int
    channel: int
    fraud_type: int
    midnight: int
    sharing: float
    most_answered: int
    adoption: int
    covered_central: int
    covered_local: int
    alarm_central: int
    alarm_local: int


@inlined
def cell_of(p: int, c: int, t: int, tables: AttemptTables, today: Today) -> Cell:
    """Return the cell of province ``p``, channel ``c`` and fraud type ``t``.

    Inlined, for a call would copy the tuples of arrays, for each cell of each day.

    Args:
        p: Position of the province.
        c: Channel.
        t: Fraud type.
        tables: Of the run.
        today: Of the day.

    Returns:
        The cell.
    """
    sharing = today.data_sharing[p]
    covered_central = today.coverage[Detector.CENTRAL, p]
    covered_local = today.coverage[Detector.LOCAL, p]
    alarm_central, alarm_local = least_alarms(c, sharing, covered_central > 0, covered_local > 0, tables.detectors)
    return Cell(
        province=p,
        channel=c,
        fraud_type=t,
        midnight=(today.day - tables.rules.start) * DAY_MS,
        sharing=sharing,
        most_answered=tables.guides.most_answered[c],
        adoption=today.app,
        covered_central=covered_central,
        covered_local=covered_local,
        alarm_central=alarm_central,
        alarm_local=alarm_local,
    )


@compiled
def least_alarms(
    channel: int, sharing: float, central_sees: bool, local_sees: bool, detectors: DetectorTables
) -> tuple[int, int]:
    """Return the least uniforms of both scores at which an attempt that is not engaged could raise an alert.

    The central detector needs a high central score. The local score is r central + s own, with r and s from 0 to 1: it
    stays below a threshold as long as both stay below the threshold over r + s.

    Args:
        channel: Of the attempts.
        sharing: Shift of d' by data sharing.
        central_sees: Whether the central detector sees any attempts of the province.
        local_sees: Whether the local one does.
        detectors: Of the run.

    Returns:
        Uniforms of the central score and of the local detector's own part; 0 where the correlation is negative, as
        there is no such bound.
    """
    contact = detectors.contact[channel]
    d_prime = sharing + max(contact[0], contact[Fate.IGNORED - Fate.UNANSWERED])
    r = detectors.correlation
    if r < 0.0:
        return 0, 0
    central = math.inf
    both = math.inf
    if central_sees:
        central = detectors.thresholds[Detector.CENTRAL, Tier.BLUE] - detectors.shift[Detector.CENTRAL] - d_prime
    if local_sees:
        both = (detectors.thresholds[Detector.LOCAL, Tier.BLUE] - detectors.shift[Detector.LOCAL] - d_prime) / (
            r + math.sqrt(1.0 - r * r)
        )
    return threshold(normal_cdf(min(central, both) - MARGIN)) - 1, threshold(normal_cdf(both - MARGIN)) - 1
