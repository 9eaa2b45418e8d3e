"""Policies that rounding takes away: the country's staff differs, but at simulated scale the same seats are on duty.

Comparing such scenarios would compare one with itself and wrongly show that officers change nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from sim.base.words import DESK_LABELS
from sim.country.calendar import Calendar
from sim.country.provinces import Provinces
from sim.country.schedule import Schedule, thinned
from sim.language.spoken import ENGLISH, said, speaking
from sim.scenario import changed
from sim.scenario.changes import changes
from sim.scenario.errors import Mistake, ScenarioError, found
from sim.scenario.schema.desks import Desks, ProvinceDesk
from sim.scenario.schema.pooling import options
from sim.scenario.schema.population import COUNTRY, REGIONS, Apart, Pool
from sim.scenario.shapes import written
from sim.warning.size import Size, of_sizes

if TYPE_CHECKING:
    from sim.scenario import Scenario, ScenarioModel

OF_A_DESK = ("staff", "by_province", "shifts", "growth")
"""The keys of a desk that determine how many officers are on duty, as far as the schema has such keys."""

STAFF_KEYS = (
    *(
        ("desks", desk, name)
        for desk in DESK_LABELS
        for name in OF_A_DESK
        if name in Desks.model_fields[desk].annotation.model_fields  # type: ignore[union-attr]
    ),
    ("desks", "province_weights"),
)
"""The path of each key that determines how many officers are on duty."""

SIZES = ("scale", "population.pool")
"""Keys that determine how much of the country is simulated, and in how many parts."""

ALIKE = 1e-9
"""Relative difference up to which staff counts as the same number."""

ENDED = 0.01
"""Relative difference up to which a growth of staff has ended, or not begun, during the period."""

MOST_DAYS = 1000
"""Days on which seats are compared; of a longer period an even selection is."""

DIGITS = 2
"""Significant digits of the scales that are offered."""

Staff = NDArray[np.float64]


@dataclass(frozen=True)
class Lost:
    """A change of staff that rounding takes away: the key, what is equal, and what to use instead."""

    key: str
    message: str
    allowed: str

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.key}: {self.message}; {self.allowed}"


def lost(base: "ScenarioModel", other: "ScenarioModel") -> Lost | None:
    """Return the first change of staff between two scenarios that rounding takes away; None if there is none.

    Each key is tested alone: it changes the country's staff, but with the baseline's value the same seats would be on
    duty in all provinces and half hours. A growth that has ended, or not begun, during the period is allowed where
    other staff keys differ as well: time takes it away, not rounding.
    """
    if base.desks == other.desks:
        return None
    for path in STAFF_KEYS:
        if _at(base, path) != _at(other, path):
            before = _with(other, path, _at(base, path))
            if path[-1] == "growth" and before.desks != base.desks and _alike(before, other, ENDED):
                continue
            if not _alike(before, other) and not _differ(before, other, other.scale):
                return _told(path, before, other)
    return None


def demand_left(name: str, overrides: Mapping[str, str] | None = None, **arguments: Any) -> None:
    """Refuse a scenario where rounding takes away a change of staff by a file or an option.

    Arguments are those of ``load_scenario``.

    Raises:
        ScenarioError: If it does; with the place of the change.
    """
    for change in changes(name, STAFF_KEYS, overrides, **arguments):
        gone = lost(change.before, change.after)
        if gone is not None and not _differ(change.before, change.after, change.after.scale):
            raise ScenarioError([Mistake(change.place(gone.key), gone.key, gone.message, gone.allowed)])


def unsaid(specs: "Sequence[ScenarioModel]") -> list[str]:
    """Return what runs of compared scenarios cannot show because of their size, or of staff in few seats."""
    sizes = [Size(spec) for spec in specs]
    first, *others = specs
    if not any(size.thin for size in sizes) or all(_alike(first, other) for other in others):
        return of_sizes(specs)
    more = said("Staff differs, but desks with few seats do not wait as the country's desks do.")
    return [*of_sizes(specs), more]


@dataclass(frozen=True)
class Alike:
    """Values of one parameter, as given, that rounding makes equal; ``all`` says that it has no others."""

    values: tuple[Any, ...]
    all: bool
    lost: Lost

    def __str__(self) -> str:
        """Return it in one line."""
        *values, last = (_value(value, "") for value in self.values)
        return f"{', '.join(values)} and {last} have the same effect: {self.lost}"


def alike(scenario: "Scenario", given: Mapping[str, Sequence[Any]]) -> Iterator[Alike]:
    """Yield varied values with the same seats on duty though not the same staff, at all varied scales and pools.

    For a range ``given`` has both ends, by dotted key.
    """
    others = {key: given[key] for key in SIZES if key in given}
    settings = [dict(zip(others, values, strict=True)) for values in product(*others.values())]
    for key, values in given.items():
        if not _sets_staff(key):
            continue
        groups: dict[bytes, list[int]] = {}
        made = [[changed(scenario, {**setting, key: value}).spec for setting in settings] for value in values]
        for number, specs in enumerate(made):
            tables = [thinned(_staff(spec), spec.scale) for spec in specs]
            groups.setdefault(b"".join(table.tobytes() for table in tables), []).append(number)
        for numbers in groups.values():
            first, last = made[numbers[0]], made[numbers[-1]]
            gone = max(zip(first, last, strict=True), key=lambda pair: pair[0].scale)
            told = _of_key(key, lost(*gone)) or (_unread(key, *gone) if len(numbers) > 1 else None)
            if told is not None:
                yield Alike(tuple(values[number] for number in numbers), len(numbers) == len(values), told)


def _of_key(key: str, told: Lost | None) -> Lost | None:
    """Return a message with the varied key, which may be part of the scenario's own key."""
    return told and replace(told, key=key)


def _unread(key: str, one: "ScenarioModel", other: "ScenarioModel") -> Lost | None:
    """Return the message about a key that changes no staff during the period; None where it does."""
    if not _alike(one, other):
        return None
    desk = key.split(".")[1]
    own = getattr(one.desks, desk).by_province if desk in DESK_LABELS else {}
    if key == f"desks.{desk}.staff" and len(own) == len(one.population.provinces):
        return Lost(key, "every province has its own staff", f"use desks.{desk}.by_province")
    return Lost(key, "the same officers are on duty on all days of the period", "use another lever, or other values")


def warnings_of(scenario: "Scenario", given: Mapping[str, Sequence[Any]]) -> list[str]:
    """Return warnings about a scenario that is varied, in the current language: ``alike`` and ``unsaid``."""
    return [*(str(one) for one in alike(scenario, given)), *unsaid(varied(scenario, given))]


def stored_warnings(scenario: "Scenario", given: Mapping[str, Sequence[Any]]) -> list[str]:
    """Return the same in English, as it is stored."""
    with speaking(ENGLISH):
        return warnings_of(scenario, given)


def varied(scenario: "Scenario", given: Mapping[str, Sequence[Any]]) -> "list[ScenarioModel]":
    """Return a scenario, and the same with each value of varied parameters that change its number of seats."""
    values = [{key: value} for key, values in given.items() if key in SIZES or _sets_staff(key) for value in values]
    return [scenario.spec, *(changed(scenario, value).spec for value in values)]


def _sets_staff(key: str) -> bool:
    """Return whether a dotted key is, or lies below, one that determines how many officers are on duty."""
    return any(f"{key}.".startswith(f"{'.'.join(path)}.") for path in STAFF_KEYS)


def _staff(spec: "ScenarioModel") -> Staff:
    """Return the staff on duty on days of the period, (D, P, 2, 48); of a long period, on an even selection."""
    calendar = Calendar.of(spec.period)
    days = calendar.last + 1 - calendar.start
    step = -(-days // MOST_DAYS)
    return Schedule(spec, Provinces.of(spec)).on_duty(range(calendar.start, calendar.last + 1, step))


def _alike(one: "ScenarioModel", other: "ScenarioModel", within: float = ALIKE) -> bool:
    """Return whether two scenarios have the same staff on duty, within a relative difference."""
    return np.allclose(_staff(one), _staff(other), rtol=within, atol=0.0)


def _differ(one: "ScenarioModel", other: "ScenarioModel", scale: float) -> bool:
    return not np.array_equal(thinned(_staff(one), scale), thinned(_staff(other), scale))


def _at(spec: "ScenarioModel", path: Sequence[str]) -> Any:
    value: Any = spec
    for name in path:
        value = getattr(value, name)
    return value


def _with(spec: Any, path: Sequence[str], value: Any) -> Any:
    """Return a model with another value at a path."""
    name, *rest = path
    return spec.model_copy(update={name: _with(getattr(spec, name), rest, value) if rest else value})


def _told(path: Sequence[str], before: "ScenarioModel", after: "ScenarioModel") -> Lost:
    """Return the message about a key whose change rounding takes away."""
    here, there, key = _at(before, path), _at(after, path), ".".join(path)
    absent = {"province_weights": "1", "growth": "none"}.get(path[-1], "its share")
    staff, other = _staff(before), _staff(after)
    place = np.unravel_index(int(np.abs(other - staff).argmax()), staff.shape)
    province, scale = int(place[1]), after.scale
    row = after.population.provinces[province]
    apart = None
    if isinstance(here, Mapping):
        code = next(code for code in (str(row.code), *there, *here) if here.get(code) != there.get(code))
        if path[-1] == "by_province":
            apart = Apart(apart=[int(code)])
        key, here, there = f"{key}.{code}", here.get(code), there.get(code)
    seats = int(thinned(staff, scale)[place])
    message = (
        f"{_value(there, absent)} instead of {_value(here, absent)} makes no difference at scale {scale:g}: "
        f"{_apart(other[place] * scale, staff[place] * scale)} seats of the {DESK_LABELS[place[2]]} desk in "
        f"{row.name} both round to {seats}"
    )
    return Lost(key, message, _allowed(before, after, apart))


def _apart(one: float, other: float) -> str:
    """Return two numbers with enough digits to differ, at least three."""
    digits = next((n for n in range(3, 17) if f"{one:.{n}g}" != f"{other:.{n}g}"), 17)
    return f"{one:.{digits}g} and {other:.{digits}g}"


def _value(value: Any, absent: str) -> str:
    """Return a value as a message quotes it; ``absent`` where there is none."""
    if value is None:
        return absent
    if isinstance(value, ProvinceDesk):  # its other keys have their own messages
        value = value.staff
    if isinstance(value, BaseModel):
        value = written(type(value), value)
    return f"{value:g}" if isinstance(value, float) else found(value)


def _allowed(before: "ScenarioModel", after: "ScenarioModel", apart: Apart | None) -> str:
    """Return which scale or pool to use so that two scenarios differ; a pool must keep ``apart`` by itself."""
    offers = []
    scale = _smallest(before, after)
    if scale is not None:
        offers.append(f"--scale {scale:g} (the smallest at which they differ)")
    kinds: tuple[Pool, ...] = (REGIONS, before.coarsest() or COUNTRY) if apart is None else (apart,)
    for kind in kinds:
        one, other = before.pooled_further(kind), after.pooled_further(kind)
        if one is None or other is None:
            continue
        offer = options(kind, before.population.names)
        if _differ(one, other, after.scale):
            offers.append(offer)
            break
        enough = _smallest(one, other)
        if kind != REGIONS and enough is not None and (enough < (scale or 1.0) or kind == apart):
            offers.append(f"{offer} --scale {enough:g}")
    return f"use {' or '.join(offers)}" if offers else "use a larger change: these differ at no scale"


def _smallest(before: "ScenarioModel", after: "ScenarioModel") -> float | None:
    """Return the smallest round scale above the simulated one at which two scenarios differ; None if none does."""
    pairs = np.stack((_staff(before), _staff(after))).reshape(2, -1)
    # Provinces and half hours with the same staff have the same seats at all scales; the others repeat each other.
    one, other = np.unique(pairs[:, pairs[0] != pairs[1]], axis=1)
    for scale in _round_scales(after.scale):
        if not np.array_equal(thinned(one, scale), thinned(other, scale)):
            return scale
    return None


def _round_scales(above: float) -> Iterator[float]:
    """Yield, in order, the scales above ``above`` and up to 1 that have two significant digits."""
    exponent = int(f"{above:e}".partition("e")[2])
    least = 10 ** (DIGITS - 1)
    for power, digits in product(range(exponent, 1), range(least, 10 * least)):
        scale = float(f"{digits}e{power - DIGITS + 1}")
        if above < scale <= 1.0:
            yield scale
