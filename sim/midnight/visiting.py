"""Users' components in a run: their description, their copies, and the check of their changes.

Values that components may begin with: those that ``run.json`` can hold.

Users' components on their way into runs: a description of each, and a copy for each run.

A user's component in the macro layer: its inputs, its changes, and the check that they are allowed.
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
from importlib import import_module
from operator import attrgetter
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.base.days import calendar_date
from sim.base.failures import RefusedError
from sim.base.words import Tier
from sim.midnight.component import CHANGEABLE, ByName, Component, Tomorrow, Yesterday, allowed, demand
from sim.midnight.opening import Filters, Levels
from sim.midnight.people import Awareness
from sim.midnight.timetable import Common
from sim.midnight.today import DayTotals
from sim.scenario.given import Given
from sim.shield.interception import FILTERED

if TYPE_CHECKING:
    from sim.scenario import Scenario

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
