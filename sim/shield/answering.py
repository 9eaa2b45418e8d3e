"""Gate 6: an attempt is answered, read or noticed; only people who use the internet notice online attempts.

The number of answered attempts of a cell is drawn at once, by the mean over the people of the province and the hours of
the day. The person and the moment of an attempt are drawn afterwards, given whether it was answered: the half hour from
the profile of such attempts, the person by trying one person after the other until one fits.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import HALF_HOURS
from sim.base.words import Channel
from sim.country.people import PeopleTables
from sim.draws.compiled import compiled, compiled_with_arrays, inlined
from sim.draws.distributions import CERTAIN, below, threshold
from sim.scenario.schema import ScenarioModel

OVER_INTERNET = (Channel.ONLINE,)
"""Channels that reach only people who use the internet."""


def thresholds(spec: ScenarioModel) -> NDArray[np.int64]:
    """Return the probability of answering as thresholds; fewer people answer attempts that the app labels.

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
    """Return whether a channel reaches only people who use the internet."""
    return channel in OVER_INTERNET


class Answering(NamedTuple):
    """How likely people are to answer, as thresholds and probabilities that do not change during a run.

    ``answered`` (3 channels, 48 half hours, age bands, 2: without, with the app) thresholds; ``least`` and ``most``
    (3, 48) the smallest and the largest of anybody; ``mean`` (P, 3, 48) the mean probability over the people of a
    province if nobody had the app, ``labelled`` (P, 3, 48) what it changes if all who use the internet have it.
    """

    answered: NDArray[np.int64]
    least: NDArray[np.int64]
    most: NDArray[np.int64]
    mean: NDArray[np.float64]
    labelled: NDArray[np.float64]


def answering_tables(spec: ScenarioModel, people: PeopleTables) -> Answering:
    """Return the tables of a scenario."""
    answered = thresholds(spec)
    least = answered.min(axis=(2, 3))
    least[OVER_INTERNET, :] = 0
    mean, labelled = _means(answered, people)
    return Answering(answered, least, answered.max(axis=(2, 3)), mean, labelled)


@compiled_with_arrays
def _means(answered: NDArray[np.int64], people: PeopleTables) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    channels, half_hours, bands, _ = answered.shape
    provinces = people.age.shape[0]
    mean = np.zeros((provinces, channels, half_hours))
    labelled = np.zeros((provinces, channels, half_hours))
    share = np.zeros(bands)
    online = np.zeros(bands)
    for p in range(provinces):
        share[:] = 0.0
        before = 0
        for age in range(people.age.shape[1]):
            share[people.band[age]] += (people.age[p, age] - before) / CERTAIN
            before = people.age[p, age]
        urban = people.urban[p] / CERTAIN
        for band in range(bands):
            rural_online = people.internet[p, 0, band] / CERTAIN
            urban_online = people.internet[p, 1, band] / CERTAIN
            online[band] = rural_online + urban * (urban_online - rural_online)
        for c in range(channels):
            for half_hour in range(half_hours):
                for band in range(bands):
                    without = answered[c, half_hour, band, 0] / CERTAIN
                    reachable = online[band] if needs_internet(c) else 1.0
                    mean[p, c, half_hour] += share[band] * reachable * without
                    changed = answered[c, half_hour, band, 1] / CERTAIN - without
                    labelled[p, c, half_hour] += share[band] * online[band] * changed
    return mean, labelled


@compiled_with_arrays
def of_day(
    tables: Answering, moments: NDArray[np.float64], adoption: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the share of unanswered attempts on a day, and when answered and unanswered attempts arrive.

    Args:
        tables: Of the run.
        moments: (3, 49) cumulative profiles of the day by channel.
        adoption: Threshold of the share of internet users who have the app.

    Returns:
        (P, 3) thresholds of the gate; (2, P, 3, 49) cumulative profiles of unanswered (0) and answered (1) attempts,
        each up to its share.
    """
    provinces, channels, half_hours = tables.mean.shape
    unanswered = np.empty((provinces, channels), dtype=np.int64)
    profiles = np.zeros((2, provinces, channels, half_hours + 1))
    share = adoption / CERTAIN
    for p in range(provinces):
        for c in range(channels):
            for half_hour in range(half_hours):
                weight = (moments[c, half_hour + 1] - moments[c, half_hour]) / moments[c, half_hours]
                answers = tables.mean[p, c, half_hour] + share * tables.labelled[p, c, half_hour]
                answers = min(max(answers, 0.0), 1.0)
                profiles[0, p, c, half_hour + 1] = profiles[0, p, c, half_hour] + weight * (1.0 - answers)
                profiles[1, p, c, half_hour + 1] = profiles[1, p, c, half_hour] + weight * answers
            unanswered[p, c] = threshold(1.0 - profiles[1, p, c, half_hours])
    return unanswered, profiles


def theory(spec: ScenarioModel, channel: Channel, code: int) -> float:
    """Return the share that theory expects nobody to answer, see ``sim.shield``: where nobody differs."""
    unknown: float = getattr(spec.engagement.answering, channel.label).unknown
    return 1.0 - unknown


MOST_TRIES: Final = 1024
"""Most persons tried for one attempt; the last one is taken in any case, so that the search ends even in a province of
two people who never answer."""


@inlined
def uniform_given(u: int, answers: bool, least: int, most: int) -> int:
    """Return a 32-bit uniform between the bounds where the answer is open; outside them no draw is needed.

    Args:
        u: 32-bit uniform.
        answers: Whether to find a person who answers, or one who does not.
        least: Smallest threshold of all people.
        most: Largest threshold of all people.

    Returns:
        A uniform below ``most`` if ``answers``, else from ``least`` on.
    """
    return below(u, most) if answers else least + below(u, CERTAIN - least)


@compiled
def is_unanswered(
    u: int, channel: int, half_hour: int, band: int, online: bool, app: bool, answered: NDArray[np.int64]
) -> bool:
    """Return whether the attempt ends without an answer."""
    if needs_internet(channel) and not online:
        return True
    return u >= int(answered[channel, half_hour, band, 1 if app else 0])
