"""Cells: the attempts of one province, channel and fraud type of a day, counted from gate to gate."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS
from sim.base.words import Detector, Fate
from sim.draws.compiled import compiled, inlined, part_of_caller
from sim.draws.distributions import binomial
from sim.draws.identity import traffic_id
from sim.draws.philox import draw4, uniform52
from sim.draws.purposes import ATTEMPT_PROSPECTS, ATTEMPT_STOPS
from sim.engines.tables import Tables
from sim.engines.vector.guides import AttemptGuides
from sim.engines.vector.rules import Rules
from sim.midnight.today import Today
from sim.shield.answering import Answering
from sim.shield.thresholds import GATES
from sim.warning.bands import ENGAGING, REST, SHARE, bands_above, least_score, prospect_of
from sim.warning.detectors import DetectorTables


class AttemptTables(NamedTuple):
    """The tables of a run for attempts.

    ``propensity`` (T, bands, 2, 8, 2) of engaging; ``most_engaging`` (T,) the largest as a threshold.
    """

    rules: Rules
    guides: AttemptGuides
    answering: Answering
    propensity: NDArray[np.float64]
    most_engaging: NDArray[np.int64]
    detectors: DetectorTables


def attempt_tables(tables: Tables, rules: Rules, guides: AttemptGuides) -> AttemptTables:
    """Return the tables of a run for attempts."""
    return AttemptTables(rules, guides, tables.answering, tables.propensity, tables.most_engaging, tables.detectors)


class Cell(NamedTuple):
    """What all attempts of one province, channel and fraud type of a day have in common.

    ``midnight`` is the moment at which the day begins, ``sharing`` the shift of d' by data sharing; ``adoption``,
    ``covered_central`` and ``covered_local`` are thresholds of having the app and of being seen by a detector.
    """

    province: int
    channel: int
    fraud_type: int
    midnight: int
    sharing: float
    adoption: int
    covered_central: int
    covered_local: int


@inlined
def cell_of(p: int, c: int, t: int, rules: Rules, today: Today) -> Cell:
    """Return the cell of province ``p``, channel ``c`` and fraud type ``t``.

    Inlined, because a call would copy the tuples of arrays, for each cell of each day.
    """
    return Cell(
        province=p,
        channel=c,
        fraud_type=t,
        midnight=(today.day - rules.start) * DAY_MS,
        sharing=today.data_sharing[p],
        adoption=today.app,
        covered_central=today.coverage[Detector.CENTRAL, p],
        covered_local=today.coverage[Detector.LOCAL, p],
    )


@part_of_caller
def least_of(cell: Cell, fate: int, detectors: DetectorTables) -> float:
    """Return the least score at which a detector raises an alert on an attempt of a cell with this fate."""
    return least_score(cell.channel, fate, cell.sharing, cell.covered_central > 0, cell.covered_local > 0, detectors)


@compiled
def pass_gates(
    count: int, seed: int, traffic: int, stops: NDArray[np.int64], counted: NDArray[np.int64]
) -> tuple[int, int]:
    """Return how many of ``count`` attempts of a cell reach somebody who does not answer, and somebody who does.

    ``traffic`` is the identity of all of them together; ``stops`` (gates,) are thresholds; ``counted`` (fates,) is set
    for the gates.
    """
    counted[:GATES] = 0
    u_second = 0.0
    for gate in range(GATES):
        if count == 0:
            return 0, 0
        if gate % 2 == 0:
            first_high, first_low, second_high, second_low = draw4(seed, traffic, ATTEMPT_STOPS, gate // 2)
            u = uniform52(first_high, first_low)
            u_second = uniform52(second_high, second_low)
        else:
            u = u_second
        counted[gate] = binomial(count, stops[gate], u)
        count -= counted[gate]
    return counted[Fate.UNANSWERED], count


@compiled
def split(
    seed: int,
    traffic: int,
    unanswered: int,
    answered: int,
    engaging: int,
    bands: tuple[int, int],
    named: NDArray[np.int64],
) -> None:
    """Set ``named`` (prospects,) to the number of attempts of a cell by their possible effect.

    Args:
        seed: Of the run.
        traffic: Identity of all attempts of the cell together.
        unanswered: Attempts that nobody answers.
        answered: Attempts that somebody answers.
        engaging: Threshold of those that may engage.
        bands: Number of score bands that matter today, for unanswered and for ignored attempts.
        named: (prospects,) Set.
    """
    named[:] = 0
    if answered > 0:
        high, low, _, _ = draw4(seed, traffic, ATTEMPT_PROSPECTS, 0)
        named[ENGAGING] = binomial(answered, engaging, uniform52(high, low))
    ignored = answered - named[ENGAGING]
    for band in range(max(bands[0], bands[1])):
        of_unanswered = unanswered > 0 and band < bands[0]
        of_ignored = ignored > 0 and band < bands[1]
        first = unanswered if of_unanswered else 0
        second = ignored if of_ignored else 0
        if band < REST and (first > 0 or second > 0):
            first_high, first_low, second_high, second_low = draw4(seed, traffic, ATTEMPT_PROSPECTS, 1 + band)
            first = binomial(first, SHARE[band], uniform52(first_high, first_low))
            second = binomial(second, SHARE[band], uniform52(second_high, second_low))
        named[prospect_of(band, Fate.UNANSWERED)] = first
        named[prospect_of(band, Fate.IGNORED)] = second
        unanswered -= first
        ignored -= second


@part_of_caller
def settle(
    cell: Cell,
    count: int,
    tables: AttemptTables,
    today: Today,
    counted: NDArray[np.int64],
    named: NDArray[np.int64],
) -> None:
    """Pass the gates with ``count`` attempts of a cell, and count those that may have an effect.

    ``counted`` (fates,) is set to how many end at each gate, and how many of the rest cannot engage; ``named``
    (prospects,) to how many may engage, or lie in a band of scores.
    """
    p, c, t = cell.province, cell.channel, cell.fraud_type
    seed = tables.rules.seed
    traffic = traffic_id(today.day, p, c, t)
    unanswered, answered = pass_gates(count, seed, traffic, today.stops[:, p, c, t], counted)
    bands = (
        bands_above(least_of(cell, Fate.UNANSWERED, tables.detectors)),
        bands_above(least_of(cell, Fate.IGNORED, tables.detectors)),
    )
    split(seed, traffic, unanswered, answered, tables.most_engaging[t], bands, named)
    counted[Fate.IGNORED] = answered - named[ENGAGING]
    counted[Fate.ENGAGED] = 0
