"""A finding about gangs: a period that begins long after the reference date of their members.

Crews begin with ``gangs.start`` of their people, and pools with ``members``, whenever a run begins. A year later the
same scenario has thinned crews or grown pools; a run that begins there has neither.
"""

from collections.abc import Iterator

from sim.base.days import calendar_date
from sim.base.rounding import amount
from sim.language.dates import day_named
from sim.language.spoken import said
from sim.reading.row import Row, finding
from sim.store.scope import Scope

LATE = "gangs_begin_late"
"""The kind of the finding."""

HALF_A_YEAR = 183
"""Days after ``fraud.reference`` from which on a first simulated day is late: assumed, in half a year crews move by
several times the lag of gangs."""


def gangs_begin_late(scope: Scope) -> Iterator[Row]:
    """Find that the first simulated day is long after the reference date of gangs; yield one finding, or none."""
    if scope.gangs_as_on is None:
        return
    begun = scope.first_day - scope.warmup_days
    if (late := begun - scope.gangs_as_on) <= HALF_A_YEAR:
        return
    yield finding(
        LATE,
        "gangs",
        [calendar_date(day).isoformat() for day in (begun, scope.last_day)],
        late,
        HALF_A_YEAR,
        said(
            "Members of gangs start from their state about {reference}. The first simulated day is "
            "{begun}, {days} days later. So attempts and victims differ from those of a run that starts at the "
            "reference date.",
            reference=day_named(calendar_date(scope.gangs_as_on)),
            begun=day_named(calendar_date(begun)),
            days=amount(late),
        ),
        said("Compare policies over the same period, or start earlier: set period.start or a longer period.warmup."),
    )
