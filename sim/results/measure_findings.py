"""Findings about measures: those whose window the period leaves out or cuts, so that figures lack what they do.

A slip of a year in a window is no mistake of a scenario, which may be cut out of a longer one; but a policy that never
begins changes nothing, and whoever compares it must know why.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sim.days import calendar_date, day_number
from sim.language.dates import day_named
from sim.language.spoken import said
from sim.results.scope import Dated, Scope
from sim.rounding import amount

Row = dict[str, Any]

NEVER, CUT = "measure_outside_period", "measure_cut"
"""Kinds of findings: a measure without a day in the period, and one of whose days some are not simulated."""


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
