"""The day that begins, as users' components may change it."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sim.base.failures import FailedError
from sim.base.words import DESK_LABELS, Detector, Tier
from sim.midnight.by_name import ByName
from sim.scenario.bounds import MOST_STAFF

BLOCKED = ("web", "app", "account")
"""Sources and targets of attempts that can be blocked."""

MOST_SCORE = 100.0
"""Standard deviations; no score is as far from 0."""


class ComponentError(FailedError):
    """A user's component makes a change that is not allowed, or cannot be run."""


@dataclass(frozen=True)
class Tomorrow:
    """The day that begins, as it will be unless a component changes it.

    All are arrays of numbers, which are changed in place (``officers["call"][3] += 2``) or replaced (``officers["call"]
    = 500``). An array "by province" has one number for each of ``provinces``, in their order. Changes hold from this
    day on, instead of the scenario's values, until they are changed again.

    Attributes:
        provinces: Codes of the provinces.
        segments: Names of the segments of the population.
        coverage: ``coverage["central"]``: the share of contacts that a detector (central, local) sees, by province,
            from 0 to 1.
        thresholds: ``thresholds["central"]``: the lowest scores of red, orange, yellow and blue alerts of a detector,
            in this order; they must not rise from red to blue, nor lie below the grid of scores.
        officers: ``officers["call"]``: officers of the call or the visit desk, by province, as the scenario's ``staff``
            and ``by_province`` state them: in the whole country, before shifts and at any scale. At least 0.
        d_prime: ``d_prime["call"]``: how well the filters of calls and of SMS recognise fraud, by province.
        blocked: ``blocked["web"]``: the share of web sites, apps and accounts that are blocked, by province, from 0 to
            1.
        awareness: ``awareness["retired"]``: the awareness of a segment, by province, from 0 to 1. It is a stock: from
            the value set here, it fades and is renewed as the scenario says.
    """

    provinces: tuple[int, ...]
    segments: tuple[str, ...]
    coverage: ByName
    thresholds: ByName
    officers: ByName
    d_prime: ByName
    blocked: ByName
    awareness: ByName


@dataclass(frozen=True)
class Allowed:
    """Allowed range of a value, both ends included."""

    names: tuple[str, ...]
    least: float
    most: float


def allowed(lowest_score: float, filtered: tuple[str, ...], segments: tuple[str, ...]) -> dict[str, Allowed]:
    """Return the allowed ranges by attribute of ``Tomorrow``.

    ``lowest_score`` is where the grid of scores begins; ``filtered`` are the channels that have a filter.
    """
    return {
        "coverage": Allowed(Detector.labels(), 0.0, 1.0),
        "thresholds": Allowed(Detector.labels(), lowest_score, MOST_SCORE),
        "officers": Allowed(DESK_LABELS, 0.0, float(MOST_STAFF)),
        "d_prime": Allowed(filtered, -MOST_SCORE, MOST_SCORE),
        "blocked": Allowed(BLOCKED, 0.0, 1.0),
        "awareness": Allowed(segments, 0.0, 1.0),
    }


CHANGEABLE = tuple(field.name for field in fields(Tomorrow) if field.name not in ("provinces", "segments"))
"""The attributes that components may change."""


def demand(who: str, what: str, rule: Allowed, given: NDArray[np.float64], places: tuple[str, ...]) -> None:
    """Check that values are allowed.

    Args:
        who: The component, and the day.
        what: The attribute of ``Tomorrow``.
        rule: The allowed range.
        given: (names, n) Values from the component.
        places: Labels of the n values of a name.

    Raises:
        ComponentError: For the first value that is not allowed.
    """
    # NaN compares as false.
    wrong = np.argwhere(~((given >= rule.least) & (given <= rule.most)))
    if len(wrong):
        row, place = (int(at) for at in wrong[0])
        raise ComponentError(
            f"{who}: {what}[{rule.names[row]!r}] must be from {rule.least:g} to {rule.most:g}; "
            f"got {given[row, place]:g} for {places[place]}"
        )
    if what == "thresholds":
        rising = np.argwhere(np.diff(given, axis=1) > 0.0)
        if len(rising):
            row, place = (int(at) for at in rising[0])
            raise ComponentError(
                f"{who}: thresholds[{rule.names[row]!r}] must not rise from red to blue; got {given[row, place]:g} for "
                f"{Tier.labels()[place]} and {given[row, place + 1]:g} for {Tier.labels()[place + 1]}"
            )
