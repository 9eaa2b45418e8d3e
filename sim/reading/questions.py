"""Requests to a finished run: a quantity over a window, or the change between two windows."""

import re
from dataclasses import dataclass, replace
from datetime import date

from sim.base.days import calendar_date, day_number, next_month
from sim.base.failures import RefusedError
from sim.reading.figures import CHANGE, FROZEN_FACTOR, amount, iso, number
from sim.reading.quantities import CASES, FUNDS_STOPPED, PROVINCE, Quantities, counted_in, is_counted
from sim.store.scope import Scope
from sim.store.tables import FLOW_QUANTITIES

Days = tuple[date, date]
"""First and last day, both included."""

SPAN = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
WINDOWS = "use START..END, or one day 2022-01-31, month 2022-01 or year 2022"


class AskedError(RefusedError, ValueError):
    """A request that this run cannot answer: what is wrong and what to use, in one line."""


@dataclass(frozen=True)
class Asked:
    """A quantity over a window, in a province or the country; ``base`` is the earlier window of a change."""

    name: str
    window: Days
    base: Days | None = None
    province: str | None = None

    def answer(self, quantities: Quantities) -> int | float | None:
        """Return a count, money (``..._money``, ``losses``), cents (``..._cents``) or, for a change, a fraction.

        A change whose base is zero has none (None).
        """
        simulated = amount(quantities, self.name, self.window, self.base)
        return None if simulated is None else number(simulated)

    def row(self, quantities: Quantities) -> dict[str, object]:
        """Return request and answer for JSON."""
        base = None if self.base is None else iso(self.base)
        where = {} if self.province is None else {"province": self.province}
        row = {"name": self.name, "window": iso(self.window), "base": base, "simulated": self.answer(quantities)}
        return {**where, **row}


def of_province(asked: Asked, code: int, scope: Scope) -> Asked:
    """Return a request for one province.

    Raises:
        AskedError: If the quantity is counted for the whole country only, or in part.
    """
    flows = {flow.name: flow.of for flow in FLOW_QUANTITIES}
    if flows.get(asked.name.removesuffix(CHANGE), PROVINCE) != PROVINCE:
        raise AskedError(f"{asked.name}: is not counted by province; use it without a province")
    return replace(asked, province=dict(zip(scope.provinces, scope.province_names, strict=True))[code])


def read(text: str, scope: Scope) -> Asked:
    """Return a request as it is typed; raises AskedError for one that this run cannot answer.

    It is ``NAME``, ``NAME@WINDOW`` or ``NAME_change@WINDOW/BASE``; without a window it covers the whole period.
    """
    name, at, windows = text.partition("@")
    later, slash, earlier = windows.partition("/")
    demand_name(name, scope)
    window = _window(name, later) if at else period(scope)
    return ask(name, window, _window(name, earlier) if slash else None, scope)


def ask(name: str, window: Days, base: Days | None, scope: Scope) -> Asked:
    """Return the request if this run can answer it; raises AskedError."""
    demand_name(name, scope)
    if name.endswith(CHANGE) and base is None:
        raise AskedError(f"{name}: needs two windows; use {name}@WINDOW/BASE, such as @2022/2021")
    if base is not None and not name.endswith(CHANGE):
        raise AskedError(f"{name}: cannot have two windows; use one, or {name}{CHANGE} for the change between two")
    first, last = period(scope)
    for start, end in (window, base or window):
        shown = f"{name}: {start}..{end}"
        if end < start:
            raise AskedError(f"{shown} must not end before it starts")
        if start < first or end > last:
            raise AskedError(f"{shown} must lie in the period of the run, {first} to {last}")
    return Asked(name, window, base)


def demand_name(name: str, scope: Scope) -> None:
    """Raise AskedError unless a run counts a quantity of this name, or the quantity of this change."""
    from sim.scenario.errors import found, nearest

    if not is_counted(name.removesuffix(CHANGE), scope):
        counted = counted_in(scope)
        allowed = (
            f"use one of these, each also as NAME{CHANGE}, those of people and their money also as NAME.TYPE and "
            f"NAME.BAND (fraud type, age band), cases also as {CASES}.CHANNEL: {', '.join(counted)}"
        )
        if name.removesuffix(CHANGE) == FUNDS_STOPPED:
            raise AskedError(f"{name}: needs {FROZEN_FACTOR}, which the scenario does not give; {allowed}")
        near = nearest(name, counted)
        hint = f"did you mean '{near}'? " if near else ""
        raise AskedError(f"{found(name)} is not a quantity; {hint}{allowed}")


def period(scope: Scope) -> Days:
    """Return the first and last day of a run."""
    return calendar_date(scope.first_day), calendar_date(scope.last_day)


def span(text: str) -> Days:
    """Return the first and last day of a day, month or year, such as ``2022-01``; raises ValueError for other texts."""
    if SPAN.fullmatch(text) is None:
        raise ValueError(f"{text} must be a day, month or year")
    parts = [int(part) for part in text.split("-")]
    try:
        first = date(parts[0], *parts[1:], *[1] * (3 - len(parts)))
    except ValueError:
        raise ValueError(f"{text} is not in the calendar; must be a day, month or year") from None
    if len(parts) == 1:
        return first, date(first.year, 12, 31)
    return first, first if len(parts) == 3 else calendar_date(next_month(day_number(first)) - 1)


def _window(name: str, text: str) -> Days:
    """Return the days of ``START..END``, from the first of START to the last of END."""
    from sim.scenario.errors import found

    start, dots, end = text.partition("..")
    try:
        return span(start)[0], span(end if dots else start)[1]
    except ValueError:
        raise AskedError(f"{name}: {found(text)} is not a window; {WINDOWS}") from None
