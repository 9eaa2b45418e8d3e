"""Components that users write: what they read of the day that ended, and may change in the day that begins.

Arrays that are read and written by names.

The day that has ended, as users' components read it.

The day that begins, as users' components may change it.

The base class of components that users write, which react at midnight to the day that has ended.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from itertools import product
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sim.base.days import calendar_date
from sim.base.failures import FailedError
from sim.base.words import DESK_LABELS, Channel, Detector, Fate, Tier
from sim.country.provinces import Provinces
from sim.midnight.today import DESK_COUNTS, DayTotals
from sim.scenario.bounds import MOST_STAFF


class ByName(Mapping[Any, NDArray[Any]]):
    """Arrays by name: ``officers["call"]`` is an array over provinces, which may be changed where that is allowed.

    Attributes:
        array: All of them, one row per name, in order; tuples of names have several axes.
    """

    def __init__(self, what: str, names: tuple[tuple[str, ...], ...], values: NDArray[Any]) -> None:
        self._what = what
        self._names = names
        self.array = values

    def __getitem__(self, name: Any) -> NDArray[Any]:
        """Return the array of a name, or of a tuple of names; raises KeyError for another name."""
        found: NDArray[Any] = self.array[self._place(name)]
        return found

    def __setitem__(self, name: Any, value: Any) -> None:
        """Set the array of a name to a number or an array."""
        self.array[self._place(name)] = value

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the names; tuples where there are several axes."""
        yield from self._names[0] if len(self._names) == 1 else product(*self._names)

    def __len__(self) -> int:
        """Return the number of arrays."""
        return int(np.prod([len(names) for names in self._names]))

    def __repr__(self) -> str:
        """Return the names and the shape of each array."""
        return f"<{self._what} by {' and '.join(', '.join(names) for names in self._names)}>"

    def _place(self, name: Any) -> tuple[int, ...]:
        given = name if isinstance(name, tuple) else (name,)
        # More names than axes are as wrong as unknown ones.
        if len(given) != len(self._names) or any(one not in self._names[at] for at, one in enumerate(given)):
            allowed = " and one of ".join(", ".join(map(repr, names)) for names in self._names)
            raise KeyError(f"{self._what}[{name!r}]: use one of {allowed}")
        return tuple(names.index(one) for one, names in zip(given, self._names, strict=True))


@dataclass(frozen=True)
class Yesterday:
    """The day that has ended: counts as simulated, not scaled up to the country.

    An array "by province" has one number for each of ``provinces``, in their order. All counts are 0 at the first
    midnight of a run, before which nothing has happened.

    Attributes:
        day: The day.
        provinces: Codes of the provinces.
        fraud_types: Names of the fraud types.
        attempts: ``attempts["call", "intercepted"]``: attempts by channel (call, sms, online) and fate (not_sent,
            den_destroyed, card_eliminated, intercepted, site_blocked, unanswered, ignored, engaged), by province.
        intercepted: Calls and SMS that filters stopped, by province.
        issued: Alerts issued, by province.
        heard: Alerts that a person read or heard, by province.
        victims: People who made their first payment, by province.
        filed: Cases filed with the police, by province.
        episodes: ``episodes["gaming"]``: people drawn in, by fraud type.
        first_payments: ``first_payments["gaming"]``: people who made their first payment, by fraud type.
        busy_ms: ``busy_ms["call"]``: ms that officers of the call or the visit desk worked, by province.
        staffed_ms: ``staffed_ms["call"]``: ms that officers were on duty, by province.
        waiting: ``waiting["call"]``: alerts in the queue of the desk at midnight, by province.
        served: ``served["call"]``: calls or visits that ended, by province.
        expired: ``expired["call"]``: alerts that left the queue because their deadline passed, by province.
    """

    day: date
    provinces: tuple[int, ...]
    fraud_types: tuple[str, ...]
    attempts: ByName
    intercepted: NDArray[np.int64]
    issued: NDArray[np.int64]
    heard: NDArray[np.int64]
    victims: NDArray[np.int64]
    filed: NDArray[np.int64]
    episodes: ByName
    first_payments: ByName
    busy_ms: ByName
    staffed_ms: ByName
    waiting: ByName
    served: ByName
    expired: ByName

    @classmethod
    def of(cls, day: int, totals: DayTotals, provinces: Provinces, fraud_types: Sequence[str]) -> Self:
        """Return the day that has ended, from the engine's counts."""
        types = tuple(fraud_types)
        by_desk = {
            name: ByName(name, (DESK_LABELS,), totals.desks[..., at].T.copy()) for at, name in enumerate(DESK_COUNTS)
        }
        return cls(
            day=calendar_date(day),
            provinces=provinces.codes,
            fraud_types=types,
            attempts=ByName("attempts", (Channel.labels(), Fate.labels()), np.moveaxis(totals.attempts, 0, -1).copy()),
            intercepted=totals.intercepted.sum(axis=1),
            issued=totals.issued.copy(),
            heard=_numbers(totals.heard),
            victims=_numbers(totals.victims),
            filed=_numbers(totals.filed),
            episodes=ByName("episodes", (types,), totals.drawn_in.copy()),
            first_payments=ByName("first_payments", (types,), totals.first_payments.copy()),
            **by_desk,
        )

    def utilisation(self, desk: str) -> NDArray[np.float64]:
        """Return the share of the staffed time of a desk, ``call`` or ``visit``, that officers worked, by province.

        It is 0 where no officer was on duty, and may exceed 1 where services continued after the end of a shift.
        """
        busy, staffed = self.busy_ms[desk], self.staffed_ms[desk]
        share: NDArray[np.float64] = np.divide(busy, staffed, out=np.zeros(len(busy)), where=staffed > 0)
        return share


def _numbers(of_provinces: Sequence[Any]) -> NDArray[np.int64]:
    """Return the number of entries of each province."""
    return np.array([len(some) for some in of_provinces], dtype=np.int64)


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


class Component:
    """Reacts at each midnight to the day that has ended, by changing the day that begins.

    Write a class that extends it, with ``at_midnight``, and pass an instance of it to ``sim.run``, ``sim.compare`` or
    ``sim.sweep``. It runs in either engine, with equal results. Each run gets its own copy, in the state in which it
    was passed.

    It remembers its attributes from day to day. A component must not draw at random, nor use files, clocks or anything
    else except its arguments and attributes: otherwise runs cannot be reproduced.
    """

    def at_midnight(self, day: date, yesterday: Yesterday, tomorrow: Tomorrow) -> None:
        """React at the midnight at which a day begins, after the model's own changes.

        Args:
            day: The day that begins.
            yesterday: The day that has ended; at the first midnight of a run all its counts are 0.
            tomorrow: The day that begins. Changes made here hold until they are changed again.
        """
        raise NotImplementedError(f"{type(self).__name__} has no at_midnight")
