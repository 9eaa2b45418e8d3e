"""Stretches of consecutive months, and their names."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import TypeVar

from sim.base.days import calendar_date, month_start, next_month
from sim.language.dates import month_named
from sim.language.spoken import ENGLISH, said, spoken
from sim.store.scope import Scope

T = TypeVar("T")


def months_of(first: int, last: int) -> dict[date, tuple[int, int]]:
    """Return for each calendar month between two days, by its first day, its first and last day between them."""
    found = {}
    month = month_start(first)
    while month <= last:
        found[calendar_date(month)] = (max(month, first), min(next_month(month) - 1, last))
        month = next_month(month)
    return found


def long_months(scope: Scope, days: int) -> dict[date, tuple[int, int]]:
    """Return the months of ``months_of`` with at least this number of days in a period."""
    every = months_of(scope.first_day, scope.last_day)
    return {month: (first, last) for month, (first, last) in every.items() if last - first + 1 >= days}


def stretches(things: Sequence[T], held: Sequence[bool]) -> Iterator[list[T]]:
    """Yield the things for which something holds, consecutive ones together."""
    for holds, group in groupby(zip(things, held, strict=True), key=lambda pair: pair[1]):
        if holds:
            yield [thing for thing, _ in group]


def when(months: Sequence[date]) -> str:
    """Return the name of consecutive months: ``in June 2022``, ``from June to July 2022``."""
    first, last = (month_named(month) for month in (months[0], months[-1]))
    if first == last:
        return said("in {month}", month=first)
    if spoken() == ENGLISH and months[0].year == months[-1].year:
        first = first.split()[0]
    return said("from {first} to {last}", first=first, last=last)


def window_of(months: Sequence[date], scope: Scope) -> list[str]:
    """Return the first and last day of consecutive months within the period, for JSON."""
    spans = months_of(scope.first_day, scope.last_day)
    return [calendar_date(day).isoformat() for day in (spans[months[0]][0], spans[months[-1]][1])]


def iso_month(month: date) -> str:
    """Return a month for JSON: 2022-06."""
    return f"{month:%Y-%m}"
