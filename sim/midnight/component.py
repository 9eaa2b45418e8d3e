"""Components that users write: what they read and may change at midnight, and how they come into runs.

Arrays that are read and written by names: the day that has ended, and the day that begins, which components may change.

The base class of components, which react at midnight to the day that has ended; a description of each, with the values
that ``run.json`` can hold, and a copy for each run.

A component in the macro layer: its inputs, its changes, and the check that they are allowed.
"""

import dataclasses
import hashlib
import inspect
import json
import math
import os
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from itertools import product
from operator import attrgetter
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from sim.base.days import calendar_date
from sim.base.failures import FailedError, RefusedError
from sim.base.words import DESK_LABELS, Channel, Detector, Fate, Tier
from sim.country.provinces import Provinces
from sim.midnight.opening import Filters, Levels
from sim.midnight.people import Awareness
from sim.midnight.timetable import Common
from sim.midnight.today import DESK_COUNTS, DayTotals
from sim.scenario.bounds import MOST_STAFF
from sim.scenario.resolved import Given
from sim.shield.interception import FILTERED

if TYPE_CHECKING:
    from sim.scenario import Scenario


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


CHANGEABLE = tuple(field.name for field in dataclasses.fields(Tomorrow) if field.name not in ("provinces", "segments"))
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


PLAIN = "numbers, texts, True, False, None, and lists and maps of these"


class NotPlainError(TypeError):
    """A value that cannot be stored, with its place and type."""


def plain(value: Any, place: str) -> Any:
    """Return a value in its stored form: tuples as lists, numpy numbers as Python's.

    Args:
        value: The value.
        place: Where it is, for the error.

    Raises:
        NotPlainError: For a value that cannot be stored.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, list | tuple):
        return [plain(one, f"{place}[{at}]") for at, one in enumerate(value)]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: plain(one, f"{place}[{key!r}]") for key, one in value.items()}
    kind = f"an array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
    what = f"{value!r}" if isinstance(value, float) else kind
    raise NotPlainError(f"{place} is {what}; it must be made of {PLAIN}")


MAIN = "__main__"

CONSTANTS = (bool, int, float, str, bytes, tuple, frozenset, type(None))
"""Types of constants of a class or a module that count as its source."""

ABOUT = ("__module__", "__qualname__", "__doc__", "__firstlineno__", "__static_attributes__")
"""Constants of a class that say where and what it is."""


class ComponentRefusedError(RefusedError, ValueError):
    """A component that cannot be used, copied, named or created again."""


def with_components(scenario: "Scenario", components: Sequence[Component]) -> "Scenario":
    """Return a scenario whose runs have components, in the order in which they react.

    Args:
        scenario: The scenario; its existing components stay first, except those that a stored run only names.
        components: Instances of classes that extend ``Component``, in their state before the first midnight of each
            run. A ComponentRefusedError names one that cannot be used: it does not extend ``Component``, has attributes
            that cannot be stored, or a class whose source cannot be read.

    Returns:
        The scenario.
    """
    if not components:
        return scenario
    present = (one for one in scenario.components if one.contents)
    return dataclasses.replace(scenario, components=(*present, *(_given(one) for one in components)))


def fresh(components: Sequence[Given]) -> list[Component]:
    """Return a copy of each component for one run; a ComponentRefusedError names one that a stored run only names."""
    missing = [one.name for one in components if not one.contents]
    if missing:
        raise ComponentRefusedError(
            f"components: the run was made with {', '.join(missing)}, and its folder cannot hold code; use "
            "sim.run(scenario, components=[...]) with them, or tocsin rerun"
        )
    return [pickle.loads(one.contents) for one in components]


def given_again(described: Sequence[Mapping[str, Any]]) -> list[Component]:
    """Return components created again from ``run.json``: import each class and check its source.

    ``described`` holds results of ``Given.described``. A ComponentRefusedError names a class that cannot be imported,
    or whose source has changed.
    """
    return [_again(one) for one in described]


def _given(component: Component) -> Given:
    """Describe a component, and copy it."""
    # Imported here, because most commands do not need cloudpickle and its loading time.
    import cloudpickle

    kind = type(component)
    if not isinstance(component, Component):
        hint = f"{component.__name__}()" if isinstance(component, type) else "an instance of a class"
        raise ComponentRefusedError(
            f"components: {component!r} is not a component; use {hint} that extends sim.Component"
        )
    name = kind.__qualname__
    try:
        settings = plain(vars(component), name)
        sha256 = hashlib.sha256(_source_of(kind).encode()).hexdigest()
        contents = cloudpickle.dumps(component)
    except NotPlainError as error:
        raise ComponentRefusedError(f"components: {error}; create everything else at the first midnight") from None
    except OSError:
        told = f"the source of {name} cannot be read; define {name} in a file or in a notebook"
        raise ComponentRefusedError(f"components: {told}") from None
    except (pickle.PicklingError, TypeError) as error:
        raise ComponentRefusedError(f"components: {name} cannot be copied: {error}") from None
    return Given(name, kind.__module__, sha256, json.dumps(settings), contents)


def _again(described: Mapping[str, Any]) -> Component:
    """Create a component again."""
    name, module = described["class"], described["module"]
    if module == MAIN:
        raise ComponentRefusedError(
            f"{name}: was defined in a script or a notebook, which cannot be imported; give it again, as in "
            f"sim.run(sim.load_run(RUN).scenario, components=[{name}(...)])"
        )
    here = os.getcwd()
    sys.path.append(here)
    try:
        kind = attrgetter(name)(import_module(module))
    except (ImportError, AttributeError) as error:
        raise ComponentRefusedError(
            f"{name}: cannot be imported from the module {module} ({error}); put the module into the current folder or "
            f"on PYTHONPATH"
        ) from None
    finally:
        sys.path.remove(here)
    component: Component = kind.__new__(kind)
    vars(component).update(described["settings"])
    given = _given(component)
    if given.sha256 != described["sha256"]:
        raise ComponentRefusedError(
            f"{name}: the module {module} has changed since the run: the SHA-256 of its source was "
            f"{described['sha256']}, is {given.sha256}; use the source of the run"
        )
    return component


def _source_of(kind: type) -> str:
    """Return the source of a class and of the functions, classes and constants of its module that it names.

    Python finds functions of notebooks too, but no classes of theirs, so a class is its functions and constants.
    """
    own = vars(sys.modules[kind.__module__])
    texts: dict[str, str] = {}
    waiting: list[tuple[str, Any]] = [(kind.__qualname__, kind)]
    while waiting:
        name, one = waiting.pop()
        one = getattr(one, "fget", None) or getattr(one, "__func__", one)
        is_own = isinstance(one, type | FunctionType) and one.__module__ == kind.__module__
        if name in texts or not (is_own or isinstance(one, CONSTANTS)):
            continue
        if isinstance(one, type):
            texts[name] = ""
            waiting += [(f"{name}.{key}", part) for key, part in vars(one).items() if key not in ABOUT]
            waiting += [(base.__qualname__, base) for base in one.__mro__[1:]]
        elif isinstance(one, FunctionType):
            texts[name] = inspect.getsource(one)
            waiting += [(named, own[named]) for named in _names_in(one.__code__) if named in own]
        else:
            texts[name] = repr(one)
    return "\n\n".join(f"# {name}\n{texts[name]}" for name in sorted(texts))


def _names_in(code: CodeType) -> Iterator[str]:
    """Yield the names in a code object and in those within it."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names_in(inner)


class Visiting:
    """One user's component."""

    name = "component"

    def __init__(
        self, component: Component, common: Common, levels: Levels, filters: Filters, awareness: Awareness
    ) -> None:
        """Begin before the first midnight.

        Args:
            component: The component, this run's own copy.
            common: Of the run.
            levels: The values that it may change.
            filters: Of the run.
            awareness: Of the run, which it may change.
        """
        self._component = component
        self._common = common
        self._levels = levels
        self._filters = filters
        self._awareness = awareness
        spec = common.spec
        self._types = tuple(spec.fraud.types)
        self._segments = tuple(spec.population.occupation.segments)
        self._allowed = allowed(spec.warning.detectors.grid.low, FILTERED, self._segments)

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Run the component, and keep its changes."""
        common = self._common
        before = {
            "coverage": self._levels.covered(day),
            "thresholds": self._levels.thresholds(),
            "officers": self._levels.officers(day),
            "d_prime": self._levels.d_prime(self._filters),
            "blocked": self._levels.blocked(day),
            "awareness": self._awareness.by_segment().T,
        }
        named = {name: ByName(name, (self._allowed[name].names,), before[name].copy()) for name in CHANGEABLE}
        tomorrow = Tomorrow(common.provinces.codes, self._segments, **named)
        ended = Yesterday.of(day - 1, yesterday, common.provinces, self._types)
        self._component.at_midnight(calendar_date(day), ended, tomorrow)
        who = f"{type(self._component).__name__}, midnight of {calendar_date(day)}"
        provinces = tuple(f"province {code}" for code in common.provinces.codes)
        for name in CHANGEABLE:
            values = named[name].array
            demand(who, name, self._allowed[name], values, Tier.labels() if name == "thresholds" else provinces)
            changed = values != before[name]
            if name == "awareness":
                self._awareness.hold(values.T, changed.T)
            else:
                self._levels.hold(name, values, changed)
