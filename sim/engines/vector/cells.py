"""Attempts counted from gate to gate, and the tables with which people are looked up.

Guides: small tables that settle most look-ups by the top bits of a uniform, and bounds of thresholds.

A guide of a monotone code (an age band, a half hour) holds the code of all uniforms with the same top bits if they
share one, otherwise a mark that the whole uniform is needed. So nothing is approximate.

The people of one province, as contacts find them and as kernels derive their traits.

Cells: the attempts of one province, channel and fraud type of a day, counted from gate to gate.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS, HALF_HOURS
from sim.base.words import Detector, Fate
from sim.country.people import PeopleTables
from sim.draws.compiled import compiled, compiled_with_arrays, inlined, part_of_caller, wide
from sim.draws.distributions import CERTAIN, GUIDE_BITS, GUIDE_SHIFT, binomial, half_hour_of
from sim.draws.functions import normal_quantile
from sim.draws.identity import traffic_id
from sim.draws.philox import TO_UNIT_32, draw4, uniform32, uniform52
from sim.draws.purposes import ATTEMPT_PROSPECTS, ATTEMPT_STOPS
from sim.engines.tables import Tables
from sim.engines.vector.records import TIERS, Rules
from sim.midnight.today import Today
from sim.shield.answering import Answering
from sim.shield.thresholds import GATES
from sim.warning.detectors import ENGAGING, REST, SHARE, DetectorTables, bands_above, least_score, prospect_of, within

TOP_BITS: Final = 12
TOP_SHIFT: Final = 32 - TOP_BITS
"""Top bits of a uniform by which age bands and half hours are tabulated, and the shift to them."""
SEARCH_BITS: Final = 6
SEARCH_SHIFT: Final = 32 - SEARCH_BITS
"""Top bits of a uniform by which the start of the search for its half hour is tabulated."""
AMBIGUOUS: Final = 255
"""Entry of a guide where the top bits do not determine the code: uniforms with these bits have two codes or more."""
MARGIN: Final = 1e-9
"""Margin between bounds of scores and a threshold; closer scores are computed."""


class AttemptGuides(NamedTuple):
    """Bounds for attempts.

    Largest thresholds of engaging, for any awareness: ``most_engaged`` (T, bands, 2, 8) by age band, sex and frailty,
    ``most_by_band`` (T, 256) by the entry of the guide to age bands. ``highest_score`` (256,) upper bound of a normal
    score by the top bits of its uniform.
    """

    most_engaged: NDArray[np.int64]
    most_by_band: NDArray[np.int64]
    highest_score: NDArray[np.float64]


class ContactGuides(NamedTuple):
    """Guides and bounds for legitimate contacts.

    ``half_hour`` (4096,) by the top bits of the uniform of the moment; ``least`` (2 detectors, rows, 4): the least
    uniform at which a contact in a row of the grid reaches each tier; ``tier`` (2 detectors, rows, 256): its tier + 1,
    or 0 for none, by the top bits of the uniform, ``AMBIGUOUS`` if these do not determine it.
    """

    half_hour: NDArray[np.uint8]
    least: NDArray[np.int64]
    tier: NDArray[np.uint8]

    def fill(self, detectors: DetectorTables) -> None:
        """Update the guides in place after a change of thresholds."""
        self.least[:] = least_by_detector(detectors)
        self.tier[:] = tier_guide(self.least)


class Guides(NamedTuple):
    """Guides of a run, to people and to arrivals.

    ``band`` and ``stage`` (P, 4096): age band and stage of life by the top bits of the uniform of age.
    """

    band: NDArray[np.uint8]
    stage: NDArray[np.uint8]
    attempts: AttemptGuides
    contacts: ContactGuides


def guides_of(tables: Tables) -> Guides:
    """Return the guides of a run."""
    most_engaged = np.floor(tables.propensity.max(axis=4) * CERTAIN + 1.0).astype(np.int64)
    most_by_band = np.repeat(most_engaged.max(axis=(1, 2, 3))[:, None], AMBIGUOUS + 1, axis=1)
    most_by_band[:, : most_engaged.shape[1]] = most_engaged.max(axis=(2, 3))
    least = least_by_detector(tables.detectors)
    return Guides(
        band=np.array([age_guide(row, tables.people.band) for row in tables.people.age]),
        stage=np.array([age_guide(row, tables.people.stage) for row in tables.people.age]),
        attempts=AttemptGuides(most_engaged=most_engaged, most_by_band=most_by_band, highest_score=highest_scores()),
        contacts=ContactGuides(half_hour=half_hour_guide(tables.contact_moments), least=least, tier=tier_guide(least)),
    )


def least_by_detector(detectors: DetectorTables) -> NDArray[np.int64]:
    """Return ``ContactGuides.least`` for the thresholds of the detectors."""
    return np.array([least_uniforms(int(detector), detectors) for detector in Detector])


def tabulate(code: Callable[[NDArray[np.int64]], NDArray[np.int64]]) -> NDArray[np.uint8]:
    """Return the guide (4096,) to a code by the top 12 bits of a uniform, ``AMBIGUOUS`` where they have several codes.

    ``code`` returns codes (n,) of uniforms (n,), monotone in the uniform, below ``AMBIGUOUS``.
    """
    firsts = np.arange(1 << TOP_BITS) << TOP_SHIFT
    low, high = code(firsts), code(firsts + (1 << TOP_SHIFT) - 1)
    return np.where(low == high, low, AMBIGUOUS).astype(wide(np.uint8))


def age_guide(age: NDArray[np.int64], codes: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the guide to age bands or stages of life, from thresholds (100,) and codes (100,) by year of age."""

    def code_of(u: NDArray[np.int64]) -> NDArray[np.int64]:
        found: NDArray[np.int64] = codes[np.searchsorted(age, u, side="right")]
        return found

    return tabulate(code_of)


def half_hour_guide(cumulative: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the guide to half hours of a profile (49,), which agrees with ``half_hour_of``."""

    def half_hour(u: NDArray[np.int64]) -> NDArray[np.int64]:
        goals = (u + 0.5) * TO_UNIT_32 * cumulative[HALF_HOURS]
        found: NDArray[np.int64] = np.minimum(np.searchsorted(cumulative[1:], goals, side="right"), HALF_HOURS - 1)
        return found

    return tabulate(half_hour)


@inlined
def half_hour_at(u: int, guide: NDArray[np.uint8], cumulative: NDArray[np.float64]) -> int:
    """Return the half hour of the uniform of a moment, by its guide, or by the profile if that is ambiguous."""
    half_hour = int(guide[u >> TOP_SHIFT])
    if half_hour == AMBIGUOUS:
        half_hour = half_hour_of(uniform32(u) * cumulative[HALF_HOURS], cumulative)
    return half_hour


def highest_scores() -> NDArray[np.float64]:
    """Return an upper bound of the normal quantile by the top 8 bits of a uniform, (256,), each finite."""
    ends = [top / (1 << GUIDE_BITS) for top in range(1, 1 << GUIDE_BITS)]
    return np.array([normal_quantile(u) + MARGIN for u in (*ends, uniform32(CERTAIN - 1))])


@inlined
def tier_reached(u: int, least: NDArray[np.int64]) -> int:
    """Return the highest tier + 1 that a uniform reaches, or 0 for none, by the least uniforms (4,) of the tiers."""
    reached = 0
    for tier in range(TIERS):
        reached += u >= least[tier]
    return (TIERS + 1 - reached) % (TIERS + 1)


def tier_guide(least: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return ``ContactGuides.tier`` from ``least``."""
    firsts = np.arange(1 << GUIDE_BITS) << GUIDE_SHIFT
    lasts = firsts + (1 << GUIDE_SHIFT) - 1
    low, high = ((u[:, None] >= least[:, :, None, :]).sum(axis=3) for u in (firsts, lasts))
    return np.where(low == high, (TIERS + 1 - low) % (TIERS + 1), AMBIGUOUS).astype(wide(np.uint8))


@compiled_with_arrays
def least_uniforms(detector: int, tables: DetectorTables) -> NDArray[np.int64]:
    """Return the least 32-bit uniform that reaches each tier in each row of the grid, (rows, 4); 2**32 for none.

    A score grows with its uniform, from one uniform to the next by far more than rounding changes it. So comparing
    uniforms with these integers has the same effect as comparing scores with thresholds.
    """
    rows = len(tables.edges) - 1
    tiers = tables.thresholds.shape[1]
    least = np.empty((rows, tiers), dtype=np.int64)
    for row in range(rows):
        for tier in range(tiers):
            low = 0
            high = CERTAIN
            while low < high:
                middle = (low + high) // 2
                score = within(uniform32(middle), tables.edges[row], tables.edges[row + 1])
                if score >= tables.thresholds[detector, tier]:
                    high = middle
                else:
                    low = middle + 1
            least[row, tier] = low
    return least


class Crowd(NamedTuple):
    """Inputs of ``target``: number of people, number of them in the high exposure class, and its share of contacts."""

    persons: int
    high: int
    high_share: float


class Residents(NamedTuple):
    """The people of a province: the rows of ``PeopleTables`` for it, and guides.

    ``band_guide`` and ``stage_guide`` (4096,) age band and stage of life by the top bits of the uniform of age,
    ``AMBIGUOUS`` if these do not determine it; ``age`` (100,) thresholds by year of age, ``band``, ``stage`` and
    ``group`` (100,) of ``groups`` by year of age; ``women`` and ``urban`` thresholds; ``internet`` (2, bands) and
    ``occupation`` (2, 4, 4) thresholds by home.
    """

    crowd: Crowd
    band_guide: NDArray[np.uint8]
    stage_guide: NDArray[np.uint8]
    age: NDArray[np.int64]
    band: NDArray[np.int64]
    stage: NDArray[np.int64]
    group: NDArray[np.int64]
    groups: int
    women: int
    urban: int
    internet: NDArray[np.int64]
    occupation: NDArray[np.int64]


class People(NamedTuple):
    """The people of all provinces, in addition to ``PeopleTables``.

    ``persons`` (P,) their number, of whom ``high`` (P,) are the high exposure class, which receives ``high_share`` of
    all contacts; ``first`` (P + 1,) places of each province's bytes; ``band_guide`` and ``stage_guide`` (P, 4096) of
    ``Residents``.
    """

    persons: NDArray[np.int64]
    high: NDArray[np.int64]
    high_share: float
    first: NDArray[np.int64]
    band_guide: NDArray[np.uint8]
    stage_guide: NDArray[np.uint8]


# Inlined, because a call would copy the tuples of arrays.


@inlined
def crowd_of(p: int, people: People) -> Crowd:
    """Return the people of province ``p`` for ``target``."""
    return Crowd(people.persons[p], people.high[p], people.high_share)


@inlined
def residents_of(p: int, people: People, tables: PeopleTables) -> Residents:
    """Return the people of province ``p``."""
    return Residents(
        crowd=crowd_of(p, people),
        band_guide=people.band_guide[p],
        stage_guide=people.stage_guide[p],
        age=tables.age[p],
        band=tables.band,
        stage=tables.stage,
        group=tables.group,
        groups=tables.groups,
        women=tables.women[p],
        urban=tables.urban[p],
        internet=tables.internet[p],
        occupation=tables.occupation,
    )


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
def cell_at(p: int, c: int, t: int, rules: Rules, today: Today) -> Cell:
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
    cell: Cell, count: int, tables: AttemptTables, today: Today, counted: NDArray[np.int64], named: NDArray[np.int64]
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
