"""Findings about measures: windows that the period leaves out, cuts or leaves, so that figures lack what they do.

A slip of a year in a window is no mistake of a scenario, which may be cut out of a longer one; but a policy that never
begins changes nothing, and whoever compares it must know why. And a period that goes on after a measure has ended,
with nothing of its kind behind it, simulates another policy from that day on.
"""

from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import Any

from sim.base.days import calendar_date, day_number
from sim.base.rounding import amount
from sim.language.dates import day_named
from sim.language.labels import named
from sim.language.spoken import said
from sim.store.scope import Dated, Scope

Row = dict[str, Any]

NEVER, CUT, OVER = "measure_outside_period", "measure_cut", "measures_over"
"""Kinds of findings: a measure without a day in the period, one of whose days some are not simulated, and the last one
of its kind, after whose end the period goes on."""

FOUR_WEEKS = 28
"""Days that measures of a kind must have been in force, and those that the period must go on without any."""

GOOD_PART = 0.25
"""Of the days of the period until they ended, how many at least they must have been in force: a short campaign is none
that would be expected to go on."""


def about_measures(scope: Scope) -> Iterator[Row]:
    """Return all findings about the measures of a scenario: those of ``measures_outside``, and of ``measures_over``."""
    return chain(measures_outside(scope), measures_over(scope))


def measures_over(scope: Scope) -> Iterator[Row]:
    """Find kinds of measures that were in force for a good part of the period, and of which its last part has none.

    Measures are of one kind if they are directed at the same target, channel, detector or region. Outages and
    repatriations are no kind of which one would follow another.

    Args:
        scope: What a run is about.

    Yields:
        A finding for each such kind, about the measure of it that ended last, in the order of the scenario.
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
            "The measure {name} ends on {last}, and no other {kind} of {about} is in force after it: on the {days} "
            "days from {start} to {end} there is none.",
            **told,
            about=named(measure.about),
        )
    else:
        sentence = said(
            "The measure {name} ends on {last}, and no other {kind} is in force after it: on the {days} days from "
            "{start} to {end} there is none.",
            **told,
        )
    return {
        **_row(OVER, measure, scope.last_day - end, sentence),
        "window": [day.isoformat() for day in window],
        "limit": FOUR_WEEKS,
        "suggestion": said(
            "A later last day in measures.{name}.window lets it go on; what it counts is then spread over more days.",
            name=measure.name,
        )
        if measure.spread
        else said("A later last day in measures.{name}.window, or none, lets it go on.", name=measure.name),
    }


def measures_outside(scope: Scope) -> Iterator[Row]:
    """Find measures that are not in force on any day of the period, or whose window is cut.

    A window is cut where it ends after the period; and where it begins before the first simulated day, if what the
    measure does is counted and spread over all of its days. An end that is open is not cut.

    Args:
        scope: What a run is about.

    Yields:
        A finding for each such measure, in the order of the scenario.
    """
    start, end = calendar_date(scope.first_day), calendar_date(scope.last_day)
    for measure in scope.measures:
        first, last = measure.window
        if first > end:
            sentence = said(
                "The measure {name} begins on {first}, after the period, which ends on {end}: it is never in force.",
                name=measure.name,
                first=day_named(first),
                end=day_named(end),
            )
            yield _row(NEVER, measure, 0, sentence)
        elif last is not None and last < start:
            sentence = said(
                "The measure {name} ends on {last}, before the period, which begins on {start}: no day that is counted "
                "has it.",
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
            "{days} of the {whole} days of the measure {name}, from {first} to {last}, are simulated: what it counts "
            "is spread evenly over all of them, and the rest is not done.",
            **told,
        )
    else:
        sentence = said(
            "{days} of the {whole} days of the measure {name}, from {first} to {last}, are simulated: the period ends "
            "before it does.",
            **told,
        )
    return _row(CUT, measure, simulated, sentence)


def _first_simulated(scope: Scope) -> date:
    """Return the first day of the warm-up, or of a period without one."""
    return calendar_date(scope.first_day - scope.warmup_days)


def _row(kind: str, measure: Dated, days: int, sentence: str) -> Row:
    """Return a finding; see ``findings``."""
    first, last = measure.window
    return {
        "kind": kind,
        "subject": measure.name,
        "window": [first.isoformat(), None if last is None else last.isoformat()],
        "month": None,
        "value": days,
        "limit": 1 if last is None else (last - first).days + 1,
        "provinces": [],
        "thinned": False,
        "sentence": sentence,
        "suggestion": said("Its window is measures.{name}.window; period says what is simulated.", name=measure.name),
    }
