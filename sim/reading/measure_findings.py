"""Findings about measures whose window lies outside the period, is cut by it, or ends before it.

A window outside the period is allowed, since a scenario may be an extract of a longer one. But a policy that never
starts changes nothing, and its user must know why. And a period that continues after the last measure of its kind has
ended simulates another policy from that day on.
"""

from collections.abc import Iterator
from datetime import date
from itertools import chain

from sim.base.days import calendar_date, day_number
from sim.base.rounding import amount
from sim.language.dates import day_named
from sim.language.labels import named
from sim.language.spoken import said
from sim.reading.row import Row, finding
from sim.store.scope import Dated, Scope

NEVER, CUT, OVER = "measure_outside_period", "measure_cut", "measures_over"
"""Kinds of findings: a measure without a day in the period; one with some days outside the simulation; the last one of
its kind, which ends long before the period."""

FOUR_WEEKS = 28
"""Days that measures of a kind must have been in force, and days that the period must continue without any."""

GOOD_PART = 0.25
"""Share of the days of the period until their end on which measures must have been in force: nobody expects a short
campaign to continue."""


def about_measures(scope: Scope) -> Iterator[Row]:
    """Return all findings about the measures of a scenario: those of ``measures_outside``, and of ``measures_over``."""
    return chain(measures_outside(scope), measures_over(scope))


def measures_over(scope: Scope) -> Iterator[Row]:
    """Yield a finding for each kind of measure that was in force for a good part of the period, but not at its end.

    It is about the measure that ended last. Measures are of one kind if they are directed at the same target, channel,
    detector or region. Outages and repatriations are left out: nobody expects them to follow one another.
    """
    kinds: dict[tuple[str, str], list[Dated]] = {}
    for measure in scope.measures:
        if measure.lasting:
            kinds.setdefault((measure.kind, measure.about), []).append(measure)
    for alike in kinds.values():
        days: set[int] = set()
        ends: dict[int, Dated] = {}
        for measure in alike:
            first, last = (None if day is None else day_number(day) for day in measure.window)
            assert first is not None
            until = scope.last_day if last is None else min(last, scope.last_day)
            days |= set(range(max(first, scope.first_day), until + 1))
            if last is None or last >= scope.first_day:
                ends.setdefault(until, measure)
        if not days:
            continue
        end = max(days)
        without, before = scope.last_day - end, end - scope.first_day + 1
        if without >= FOUR_WEEKS and len(days) >= max(FOUR_WEEKS, GOOD_PART * before):
            yield _over(ends[end], end, scope)


def _over(measure: Dated, end: int, scope: Scope) -> Row:
    """Return the finding about the last measure of a kind."""
    window = [calendar_date(day) for day in (end + 1, scope.last_day)]
    told = {
        "name": measure.name,
        "last": day_named(calendar_date(end)),
        "kind": named(measure.kind),
        "days": amount(scope.last_day - end),
        "start": day_named(window[0]),
        "end": day_named(window[1]),
    }
    if measure.about:
        sentence = said(
            "The measure {name} ends on {last}, and no other {kind} of {about} follows: none is in force on the {days} "
            "days from {start} to {end}.",
            **told,
            about=named(measure.about),
        )
    else:
        sentence = said(
            "The measure {name} ends on {last}, and no other {kind} follows: none is in force on the {days} days from "
            "{start} to {end}.",
            **told,
        )
    if measure.spread:
        suggestion = said(
            "To continue it, set a later last day in measures.{name}.window; its totals are then spread over more "
            "days.",
            name=measure.name,
        )
    else:
        suggestion = said("To continue it, set a later last day in measures.{name}.window, or none.", name=measure.name)
    days = [day.isoformat() for day in window]
    return finding(OVER, measure.name, days, scope.last_day - end, FOUR_WEEKS, sentence, suggestion)


def measures_outside(scope: Scope) -> Iterator[Row]:
    """Yield a finding for each measure that is not in force on any day of the period, or whose window is cut.

    A window is cut where it ends after the period; and where it begins before the first simulated day, if what the
    measure does is counted and spread over all of its days. An end that is open is not cut.
    """
    start, end = calendar_date(scope.first_day), calendar_date(scope.last_day)
    for measure in scope.measures:
        first, last = measure.window
        if first > end:
            sentence = said(
                "The measure {name} begins on {first}, after the period ends on {end}, so it is never in force.",
                name=measure.name,
                first=day_named(first),
                end=day_named(end),
            )
            yield _row(NEVER, measure, 0, sentence)
        elif last is not None and last < start:
            sentence = said(
                "The measure {name} ends on {last}, before the period begins on {start}, so it is in force on no "
                "counted day.",
                name=measure.name,
                last=day_named(last),
                start=day_named(start),
            )
            yield _row(NEVER, measure, 0, sentence)
        elif last is not None and (last > end or (measure.spread and first < _first_simulated(scope))):
            yield _cut(measure, scope)


def _cut(measure: Dated, scope: Scope) -> Row:
    """Return the finding about a measure of whose days some are not simulated."""
    first, last = measure.window
    assert last is not None
    simulated = min(day_number(last), scope.last_day) - max(day_number(first), day_number(_first_simulated(scope))) + 1
    told = {
        "days": amount(simulated),
        "whole": amount((last - first).days + 1),
        "name": measure.name,
        "first": day_named(first),
        "last": day_named(last),
    }
    if measure.spread:
        sentence = said(
            "Only {days} of the {whole} days of the measure {name}, from {first} to {last}, are simulated. Its totals "
            "are spread evenly over all its days, so the rest is missing.",
            **told,
        )
    else:
        sentence = said(
            "Only {days} of the {whole} days of the measure {name}, from {first} to {last}, are simulated: the period "
            "ends first.",
            **told,
        )
    return _row(CUT, measure, simulated, sentence)


def _first_simulated(scope: Scope) -> date:
    """Return the first day of the warm-up, or of a period without one."""
    return calendar_date(scope.first_day - scope.warmup_days)


def _row(kind: str, measure: Dated, days: int, sentence: str) -> Row:
    """Return a finding; see ``findings``."""
    first, last = measure.window
    window = [first.isoformat(), None if last is None else last.isoformat()]
    limit = 1 if last is None else (last - first).days + 1
    suggestion = said(
        "See the days in force of the measure {name} (measures.{name}.window) and the simulated days (period).",
        name=measure.name,
    )
    return finding(kind, measure.name, window, days, limit, sentence, suggestion)
