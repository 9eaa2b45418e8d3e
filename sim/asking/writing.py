"""Write what a clause asks as changes of the base: plain values of a scenario, with the origin of each number."""

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sim.asking.details import Details
from sim.asking.policies import body, fitting, measure_of
from sim.asking.subjects import Fixed, Kind, Level, Policy, Subject
from sim.scenario import Scenario
from sim.scenario.load import value_at
from sim.scenario.merging import PLUS, TIMES
from sim.scenario.parameters import is_full_form
from sim.scenario.resolved import plain
from sim.scenario.schema.measures import KINDS
from sim.scenario.shapes import fields
from sim.scenario.starter import middle_month
from sim.scenario.writing import as_typed

AMOUNT = re.compile(r"([-+.\de]+)( .+)")
"""A number with a unit."""

DIGITS = 6
"""Significant digits of a number that a factor makes."""

LARGEST_SHARE = 1.0


class BeyondError(Exception):
    """A clause asks what the base does not have; the message says what."""


@dataclass
class Change:
    """What a clause changes: values as in a file, the keys and kinds, and notes on what it leaves out."""

    values: dict[str, Any] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def put(self, key: str, value: Any) -> None:
        """Set the value at a dotted key."""
        *holders, last = key.split(".")
        here = self.values
        for part in holders:
            here = here.setdefault(part, {})
        here[last] = value
        self.keys.append(key)


def written(subject: Subject, details: Details, base: Scenario, named: str) -> Change:
    """Return the changes that a clause asks.

    Args:
        subject: What it is about.
        details: How much, when, where and for whom.
        base: The scenario that is changed.
        named: The base's name or path, as it was given.

    Returns:
        The changes; BeyondError is raised if the base does not have what is changed.
    """
    match subject.way:
        case Level():
            return _level(subject.way, details, base)
        case Kind():
            return _kind(subject, subject.way, details, base, named)
        case Policy():
            return _policy(subject, subject.way, details, base, named)
        case Fixed():
            change = Change()
            for key, value in subject.way.values.items():
                change.put(key, as_typed(value))
            if subject.way.time and details.time is not None:
                change.put(subject.way.time, details.time)
            return _refused(change, details, "window", "provinces", "ages")


def _level(way: Level, details: Details, base: Scenario) -> Change:
    change = Change()
    for key in way.keys:
        try:
            stated = value_at(base.levers, key)
        except KeyError:
            raise BeyondError(f"{base.name} has no {key}") from None
        if way.desks and details.provinces:
            desk = key.split(".")[1]
            for code in details.provinces:
                name = base.spec.population.names[code]
                change.put(f"desks.{desk}.by_province.{name}.staff", as_typed(_new(plain(stated), details, way)))
        else:
            change.put(key, _stated(stated, details, way, base.name))
    if not details.changes and details.time is None:
        change.notes.append(f"the question does not say how much: a factor of {way.usual:g} is assumed")
    return _refused(change, details, "window", "ages", *(() if way.desks else ("provinces",)))


def _stated(stated: Any, details: Details, way: Level, name: str) -> Any:
    """Return a value in full form with its origin, if the base's has one.

    What has a range differs between posterior draws: a change by a factor or a number stays relative there.
    """
    before = plain(stated)
    after = _new(before, details, way)
    if not is_full_form(stated):
        return as_typed(_computed(before, after))
    told = {"origin": "assumed", "fixed": "the question", "basis": f"the question; {name} has {as_typed(before)}"}
    return {"value": as_typed(after if "range" in stated else _computed(before, after)), **told}


def _new(before: Any, details: Details, way: Level) -> Any:
    """Return the value that a question asks for: itself, or relative to the base's."""
    if details.time is not None and isinstance(before, str):
        return details.time
    if details.number is not None and not isinstance(before, str):
        return {PLUS: details.more * details.number} if details.more else details.number
    factor = details.factor
    if details.without:
        factor = 0.0
    if factor is None and details.share is not None:
        if not isinstance(before, str) and 0.0 < before <= LARGEST_SHARE:
            return details.share
        factor = details.share
    if factor is None:
        factor = 1.0 / way.usual if (details.more or details.faster) < 0 else way.usual
        factor = 1.0 / factor if _is_time(before) and not details.more and details.faster else factor
    elif _is_time(before) and details.faster > 0 and factor > 1.0:
        factor = 1.0 / factor  # twice as fast is half the time
    return {TIMES: float(f"{factor:.{DIGITS}g}")}


def _computed(before: Any, after: Any) -> Any:
    """Return a value that a question asks for, computed if it is relative to the base's."""
    match after:
        case {"times": factor}:
            return scaled(before, factor)
        case {"plus": step}:
            return before + step
    return after


def _is_time(value: Any) -> bool:
    """Return whether a value is a time, not a rate: what is faster takes less of it."""
    return isinstance(value, str) and " per " not in value


def scaled(before: Any, factor: float) -> Any:
    """Return a number, or one with a unit, multiplied."""
    if isinstance(before, str):
        match = AMOUNT.fullmatch(before)
        if match is None:
            raise BeyondError(f"{before!r} cannot be multiplied")
        after = as_typed(float(f"{float(match[1]) * factor:.{DIGITS}g}"))
        return f"{after}{match[2]}"
    if not isinstance(before, int | float) or isinstance(before, bool):
        raise BeyondError("only numbers can be multiplied")
    after = float(f"{before * factor:.{DIGITS}g}")
    return round(after) if isinstance(before, int) else after


def _size(value: Any) -> float:
    """Return a number to sort ends of a range by; those with units are all of one unit or in units of time."""
    from sim.scenario.units import UNIT_MS

    if not isinstance(value, str):
        return float(value)
    number, _, unit = value.partition(" ")
    return float(number) * UNIT_MS.get(unit, 1)


def _kind(subject: Subject, way: Kind, details: Details, base: Scenario, named: str) -> Change:
    """Change, remove or add measures of a kind."""
    there = _there(way, base)
    if details.without:
        if not there:
            raise BeyondError(f"{base.name} has no {_said(way)}")
        change = Change()
        for name in there:
            change.put(f"measures.{name}", None)
        return _refused(change, details, "window", "provinces", "ages")
    some = {name: one for name, one in there.items() if _overlaps(one["window"], details)}
    moves = way.dated and (details.window or details.months is not None)
    if some and not moves and details.factor is not None and not details.provinces and details.ages is None:
        return _scaled(way, some, details)
    if there and moves:
        change = Change()
        for name, one in there.items():
            change.put(f"measures.{name}.window", _moved(one["window"], details))
        return _refused(change, details, "provinces", "ages")
    if some and not way.policies and not way.values:
        if details.provinces or details.ages is not None or details.window:
            return _added(subject, way, details, base, _copied(way, some, details))
        return _scaled(way, some, details)
    found = measure_of(way.policies, way.kind, named)
    if found is None and not way.values and not some:
        raise BeyondError(f"{base.name} has no {_said(way)}")
    name, template = found or ("", {"kind": way.kind, **way.about, **way.values, **_needed(way, base)})
    change = _added(subject, way, details, base, copy.deepcopy(template))
    if name:
        change.keys.append(name)
    return change


def _there(way: Kind, base: Scenario) -> dict[str, dict[str, Any]]:
    """Return the base's measures of a kind and direction, as plain values."""
    measures = {name: plain(one) for name, one in base.levers["measures"].items()}
    return {
        name: one
        for name, one in measures.items()
        if one["kind"] == way.kind and all(one.get(key) == value for key, value in way.about.items())
    }


def _said(way: Kind) -> str:
    about = ", ".join(f"{key}: {value}" for key, value in way.about.items())
    return f"measure of kind {way.kind}{f' with {about}' if about else ''}"


def _scaled(way: Kind, there: Mapping[str, dict[str, Any]], details: Details) -> Change:
    """Multiply the amounts of the base's measures."""
    change = Change()
    if details.factor is None and details.share is None and not details.more:
        raise BeyondError("the question does not say how much, when or where")
    usual = 1.0 / way.usual if details.more < 0 else way.usual
    if details.factor is None and details.share is None:
        change.notes.append(f"the question does not say how much: a factor of {usual:.3g} is assumed")
    factor = details.factor if details.factor is not None else details.share or usual
    for name, one in there.items():
        for amount in way.amounts:
            after = scaled(one[amount], factor)
            if _is_share(way.kind, amount) and after > LARGEST_SHARE:
                change.notes.append(f"measures.{name}.{amount} is a share: {after:g} is cut to 1")
                after = LARGEST_SHARE
            change.put(f"measures.{name}.{amount}", as_typed(after))
    return change


def _is_share(kind: str, key: str) -> bool:
    """Return whether a key of a kind is a share of at most 1."""
    from sim.scenario.bounds import Probability, bounds_of

    return bounds_of(Probability) in fields(KINDS[kind])[key].metadata


def _copied(way: Kind, there: Mapping[str, dict[str, Any]], details: Details) -> dict[str, Any]:
    """Return a measure like the base's last one; for a factor it is what comes on top."""
    *_, one = there.values()
    kept = {key: value for key, value in one.items() if value is not None}
    more = max(0.0, (details.factor if details.factor is not None else way.usual) - 1.0)
    return {**kept, **{amount: as_typed(scaled(one[amount], more)) for amount in way.amounts[:1]}}


def _needed(way: Kind, base: Scenario) -> dict[str, Any]:
    """Return what a kind needs of the base: a region of dens."""
    return {"region": next(iter(base.spec.dens.regions))} if way.kind == "den_campaign" else {}


def _added(subject: Subject, way: Kind, details: Details, base: Scenario, measure: dict[str, Any]) -> Change:
    """Add a measure with what the clause says of it."""
    change, known = Change(), fields(KINDS[way.kind])
    start, end = (details.window or (None, None)) if details.window else _days(measure.get("window"))
    start = _in_period(start or _days(measure.get("window"))[0], base)
    end = None if end is None else min(end, max(base.spec.period.end, start))  # counts are spread over the window
    measure["window"] = [start.isoformat(), None if end is None else end.isoformat()]
    if way.time == "window" and (details.time or details.window is None):
        measure["window"] = _window_of(measure["window"], details.time)
    elif details.time is not None and way.time:
        measure[way.time] = _time_of(way.time, details.time)
    if details.window is None and way.time != "window":
        change.notes.append(f"the question does not say when: from {start.isoformat()} on is assumed")
    if "above" in known and details.above is not None:
        measure["above"] = as_typed(details.above)
    if way.amounts and details.share is not None:
        measure[way.amounts[0]] = as_typed(details.share)
    elif way.amounts and details.number is not None and way.amounts[0] in ("count", "dens"):
        measure[way.amounts[0]] = as_typed(details.number)
    elif way.amounts and details.more < 0 and way.kind == "filter":
        measure[way.amounts[0]] = -measure[way.amounts[0]]
    if way.amounts and all(one is None for one in (details.share, details.number, details.factor)):
        amount = way.amounts[0]
        told = plain(measure[amount])
        change.notes.append(f"the question does not say how much: {amount} {as_typed(told)} is assumed")
    if details.provinces and "provinces" in known:
        measure["provinces"] = [base.spec.population.names[code] for code in details.provinces]
    if details.ages is not None and "ages" in known:
        measure["ages"] = list(details.ages)
    order = ["kind", "window", "provinces", "ages"]
    first = {key: measure[key] for key in order if key in measure}
    name = subject.name
    while name in base.spec.measures:
        name = f"{name}-more"
    rest = {key: value for key, value in measure.items() if key not in first}
    change.put(f"measures.{name}", as_typed({**first, **rest}))
    change.keys[-1] = f"measures[{way.kind}]"
    return _refused(change, details, *(key for key in ("provinces", "ages") if key not in known))


def _time_of(key: str, time: str) -> Any:
    """Return a time in the form of the measure: a freeze happens within it, anything else takes it."""
    return {"uniform": {"low": "0 min", "high": time}} if key == "after" else time


def _window_of(window: list[Any], time: str | None) -> list[Any]:
    """Return a window of as many days as a time has, from its first day; without a time the window."""
    from datetime import timedelta

    from sim.base.days import DAY_MS

    if time is None:
        return window
    days = max(1, round(_size(time) / DAY_MS))
    return [window[0], (date.fromisoformat(window[0]) + timedelta(days=days - 1)).isoformat()]


def _days(window: Any) -> tuple[date | None, date | None]:
    """Return the days of a window of a measure; None where it has none."""
    if window is None:
        return None, None
    first, last = (None if day is None else date.fromisoformat(str(day)) for day in window)
    return first, last


def _in_period(day: date | None, base: Scenario) -> date:
    """Return a day, or the first of the month in the middle of the period where it lies outside."""
    period = base.spec.period
    return day if day is not None and period.start <= day <= period.end else middle_month(period)


def _overlaps(window: Any, details: Details) -> bool:
    """Return whether a measure's window has a day of the window that a clause names."""
    first, last = _days(window)
    start, end = details.window or (None, None)
    return (end is None or first is None or first <= end) and (start is None or last is None or start <= last)


def _moved(window: Any, details: Details) -> list[Any]:
    """Return the window that a clause gives a measure: other days, or so many months earlier or later."""
    first, last = _days(window)
    start, end = details.window or (None, None)
    if start is None and first is not None and details.months is not None:
        month = first.year * 12 + first.month - 1 + details.months
        start = date(month // 12, month % 12 + 1, min(first.day, 28))
    days = (start or first, last if details.window is None else end)
    return [None if day is None else day.isoformat() for day in days]


def _policy(subject: Subject, way: Policy, details: Details, base: Scenario, named: str) -> Change:
    """Take a bundled policy, with the clause's days, provinces and ages where its measures have them."""
    name = fitting(way.names, named)
    if name is None:
        raise BeyondError(f"{subject.name} is written for other scenarios than {base.name}")
    if way.away and not details.without:
        raise BeyondError("it can be taken away, which a question says with 'without'")
    change = Change(values=copy.deepcopy(body(name)), keys=[name])
    used = set()
    for measure in change.values.get("measures", {}).values():
        if measure is None or "kind" not in measure:
            continue
        known = fields(KINDS[measure["kind"]])
        if details.window:
            first, last = _days(measure["window"])
            start, end = details.window
            measure["window"] = [str(start or first), None if (end or last) is None else str(end or last)]
            used.add("window")
        if details.provinces and "provinces" in known:
            measure["provinces"] = [base.spec.population.names[code] for code in details.provinces]
            used.add("provinces")
    if details.ages is not None:
        used |= _aged(change.values, list(details.ages))
    return _refused(change, details, *(one for one in ("window", "provinces", "ages") if one not in used))


def _aged(value: Any, ages: list[int | None]) -> set[str]:
    """Replace every range of ages in a policy; return ``{"ages"}`` if there is one."""
    found = set()
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in list(inner):
        if key == "ages":
            value[key] = ages
            found.add("ages")
        else:
            found |= _aged(one, ages)
    return found


LIMITS = {
    "window": "cannot be limited to some days; ask for the whole period",
    "provinces": "cannot be limited to a province; ask for the whole country",
    "ages": "cannot be limited to some ages; ask for everybody",
}
"""Why a lever cannot be asked with a detail that it does not take."""


def _refused(change: Change, details: Details, *without: str) -> Change:
    """Return a change; BeyondError if the clause limits it to something that it does not take."""
    for one in without:
        if getattr(details, one):
            raise BeyondError(f"{', '.join(change.keys)}: {LIMITS[one]}")
    return change
