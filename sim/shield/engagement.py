"""Gate 7: a person who answered engages or ignores the attempt. Awareness lowers engagement; education renews it."""

import math
from collections.abc import Sequence
from datetime import date
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS, calendar_date
from sim.base.words import Channel, Sex
from sim.country.calendar import Days, Measures, days_of, positions
from sim.country.people import FRAILTY_CLASSES, OLDEST, frailty_levels, group_of_age, segment_shares
from sim.draws.compiled import compiled
from sim.draws.distributions import threshold
from sim.draws.functions import exp, left_after
from sim.scenario.bounds import in_window, oldest
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.layers import Awareness
from sim.scenario.schema.measures import Activities, Videos


def propensities(spec: ScenarioModel) -> NDArray[np.float64]:
    """Return the probability that an unaware person engages.

    It is the probability of the type, times the factors of age, sex, frailty and of earlier victimhood.

    Args:
        spec: The scenario.

    Returns:
        (T types, age bands, 2 sexes, 8 frailty classes, 2: not a victim before, victim before).
    """
    frailty = frailty_levels(spec.population.frailty_sigma)
    bands = len(spec.population.age_bands)
    table = np.zeros((len(spec.fraud.types), bands, 2, FRAILTY_CLASSES, 2))
    for t, kind in enumerate(spec.fraud.types.values()):
        for band in range(bands):
            for f, level in enumerate(frailty):
                man = kind.engage * kind.age_factor[band] * level
                for sex, p in ((Sex.F, man * kind.women_factor), (Sex.M, man)):
                    table[t, band, sex, f, 0] = p
                    table[t, band, sex, f, 1] = p * spec.population.victim_before_factor
    return table


def most_engaging(propensity: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the threshold of engaging of the most susceptible people, (T,): an upper bound under any policy."""
    return np.array([threshold(float(of_type.max())) for of_type in propensity], dtype=np.int64)


def unaware_shares(awareness: NDArray[np.float64], effect: float) -> NDArray[np.float64]:
    """Return the share of the propensity to engage that awareness leaves, (P, G), from awareness (P, G)."""
    shares: NDArray[np.float64] = 1.0 - effect * awareness
    return shares


def mean_shares(shares: NDArray[np.float64], people: list[list[float]]) -> NDArray[np.float64]:
    """Return the means of shares (P, G) over the people of the segments of each province, (P,)."""
    means = []
    for of_province, numbers in zip(shares.tolist(), people, strict=True):
        parts = [share * number for share, number in zip(of_province, numbers, strict=True)]
        means.append(math.fsum(parts) / math.fsum(numbers))
    return np.array(means)


def segment_people(spec: ScenarioModel) -> list[list[float]]:
    """Return the people of each province and segment at full scale, (P, G), at least one each."""
    return [
        [max(1.0, row.population * share) for share in shares]
        for row, shares in zip(spec.population.provinces, segment_shares(spec), strict=True)
    ]


def renew(awareness: NDArray[np.float64], settings: Awareness, gains: NDArray[np.float64]) -> None:
    """Update awareness (P, G) in place at midnight: it fades, then education closes 1 - exp(-gain) of the gap to 1."""
    _renew(awareness, left_after(DAY_MS, settings.half_life), gains)


@compiled
def _renew(awareness: NDArray[np.float64], faded: float, gains: NDArray[np.float64]) -> None:
    for p in range(awareness.shape[0]):
        for s in range(awareness.shape[1]):
            level = awareness[p, s] * faded
            awareness[p, s] = level + (1.0 - level) * (1.0 - exp(-gains[p, s]))


class Education:
    """The gains of awareness by a day's education: views and attendances a head, times the gain of each.

    Views are spread over all people of a measure's provinces, attendances over those of the segment addressed; both
    only over people of the ages of the measure. Where some measure has ages, a segment has a part for each group of
    ages, and a measure teaches all people of a part or nobody.
    """

    def __init__(
        self,
        settings: Awareness,
        measures: Measures,
        codes: tuple[int, ...],
        segments: tuple[str, ...],
        people: list[list[float]],
        firsts: Sequence[int] = (0,),
    ) -> None:
        """Spread what each measure brings on one of its days.

        Args:
            settings: Of awareness.
            measures: Of the scenario.
            codes: (P,) codes of the provinces.
            segments: (G,) names of the segments.
            people: (P, G x groups) people by province and part of a segment, at the scale of the country.
            firsts: (groups,) youngest age of each group.
        """
        self._shape = (len(codes), len(segments) * len(firsts))
        self._a_day: list[tuple[tuple[date, date | None], NDArray[np.float64]]] = []
        for videos in measures.all(Videos):
            gains = np.zeros(self._shape)
            places = positions(videos, codes)
            parts = _taught(videos, firsts, range(self._shape[1]))
            _spread(gains, settings.per_view * videos.views / days_of(videos.window), people, places, parts)
            self._a_day.append((videos.window, gains))
        for activities in measures.all(Activities):
            gains = np.zeros(self._shape)
            places = positions(activities, codes)
            attendances = activities.count * activities.people / days_of(activities.window)
            for segment, name in enumerate(segments):
                own = range(segment * len(firsts), (segment + 1) * len(firsts))
                gain = settings.per_attendance * attendances * activities.segments.get(name, 0.0)
                _spread(gains, gain, people, places, _taught(activities, firsts, own))
            self._a_day.append((activities.window, gains))

    @classmethod
    def of(cls, spec: ScenarioModel, measures: Measures, codes: tuple[int, ...]) -> Self:
        """Return the education of a scenario in provinces with these codes."""
        segments, of_age = tuple(spec.population.occupation.segments), group_of_age(spec)
        firsts = [of_age.index(group) for group in range(of_age[OLDEST] + 1)]
        return cls(spec.engagement.awareness, measures, codes, segments, segment_people(spec), firsts)

    def gains(self, days: Days) -> NDArray[np.float64]:
        """Return the ``gains`` of ``renew`` by the education of each day, (D, P, G)."""
        gains = np.zeros((len(days), *self._shape))
        for window, a_day in self._a_day:
            gains[[in_window(window, calendar_date(day)) for day in days]] += a_day
        return gains


def _taught(measure: Videos | Activities, firsts: Sequence[int], parts: range) -> list[int]:
    """Return those of some parts of segments that a measure teaches."""
    youngest, last = (0, OLDEST) if measure.ages is None else (measure.ages[0], oldest(measure.ages))
    return [part for part in parts if youngest <= firsts[part % len(firsts)] <= last]


def _spread(
    gains: NDArray[np.float64], gain: float, people: list[list[float]], places: list[int], parts: list[int]
) -> None:
    """Spread a gain evenly over the people of some provinces and parts of segments; over nobody if there are none."""
    if parts:
        audience = math.fsum(math.fsum(people[p][part] for part in parts) for p in places)
        gains[np.ix_(places, parts)] = gain / audience


def theory(spec: ScenarioModel, channel: Channel, code: int) -> float:
    """Return the share that theory expects to ignore the attempt, see ``sim.shield``; of the first type."""
    return 1.0 - next(iter(spec.fraud.types.values())).engage


@compiled
def is_engaged(u: int, propensity: float, unaware: float) -> bool:
    """Return whether a person who answered engages, so that an episode begins.

    Args:
        u: 32-bit uniform of the attempt.
        propensity: Of people like this one, by ``propensities``.
        unaware: Share of the propensity that awareness leaves in their province and segment.

    Returns:
        Whether the person engages.
    """
    return u < threshold(propensity * unaware)
