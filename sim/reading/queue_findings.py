"""Findings about the queues of desks that grow without end."""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sim.base.days import UNIX_DAYS
from sim.base.rounding import amount
from sim.base.words import DESK_LABELS, ContactChannel
from sim.language.spoken import marked, said
from sim.reading.desk_findings import NAMED, and_more, ended, places
from sim.reading.figures import STANDARD_ERRORS, number, scale_fraction
from sim.reading.quantities import MILLIONTHS
from sim.reading.row import Row, finding
from sim.reading.seats import Seats
from sim.reading.stretches import iso_month, long_months, when, window_of
from sim.store.encoding import numbers_of
from sim.store.query import sums
from sim.store.scope import Scope

Daily = npt.NDArray[np.int64]

WEEK = 7
"""Days over which a queue is averaged, so that weekdays and nights do not count as noise."""
LEAST_DAYS = 2 * WEEK
"""Days of a month that the period must hold: two weeks have a spread."""
GROWS = {
    ContactChannel.CALL.label: marked(
        "The queue of call desks grew without end {when}, from a monthly mean of {least} to one of {most} alerts; "
        "every day more alerts waited than were served"
    ),
    ContactChannel.VISIT.label: marked(
        "The queue of visit desks grew without end {when}, from a monthly mean of {least} to one of {most} alerts; "
        "every day more alerts waited than were served"
    ),
}
GROWS_OF = {
    ContactChannel.CALL.label: marked(
        "The queue of call desks in {places} grew without end {when}, from a monthly mean of {least} to one of {most} "
        "alerts; every day more alerts waited than were served"
    ),
    ContactChannel.VISIT.label: marked(
        "The queue of visit desks in {places} grew without end {when}, from a monthly mean of {least} to one of {most} "
        "alerts; every day more alerts waited than were served"
    ),
}

MONTHS = 3
"""Consecutive months of growth, up to the last one, from which a queue grows without end."""


def growing_lines(folder: Path, scope: Scope, seats: Seats) -> Iterator[Row]:
    """Yield a finding for each desk whose queue grew from month to month up to the period's end and was never empty.

    It is about the country or, if its queue does not grow, about the provinces whose queues do.
    """
    for desk in DESK_LABELS:
        line = _by_day(folder, "state", "value", scope, {"quantity": [f"line_{desk}"]})
        served = _by_day(folder, "contacts", "count", scope, {"channel": [desk]})
        country = growing(line.sum(axis=1), served.sum(axis=1), scope)
        if country:
            yield _row(desk, scope, country, line.sum(axis=1), [], seats.few([desk], [], country))
            continue
        found = {
            code: months
            for place, code in enumerate(scope.provinces)
            if (months := growing(line[:, place], served[:, place], scope))
        }
        if not found:
            continue
        longest = max(found.values(), key=len)
        columns = [place for place, code in enumerate(scope.provinces) if code in found]
        together = line[:, columns].sum(axis=1)
        yield _row(desk, scope, longest, together, list(found), seats.few([desk], list(found), longest))


def growing(line: Daily, served: Daily, scope: Scope) -> list[date]:
    """Return the months up to the end of a period in which a queue grew without end; none if there are below three.

    Each of them has a longer queue than the month before, by more than three standard errors of the difference of their
    means, which are taken over weeks. And every day more alerts waited, in the mean of the day (``line``, in
    millionths), than the desk ``served``: if the queue had been empty at any moment, no more could have waited than
    came or went that day.
    """
    found: list[date] = []
    after: tuple[Fraction, Fraction] | None = None
    for month, (first, last) in reversed(long_months(scope, LEAST_DAYS).items()):
        days = slice(first - scope.first_day, last - scope.first_day + 1)
        if not (line[days] > served[days] * MILLIONTHS).all():
            break
        mean, error = _mean_and_error(line[days])
        if after is not None:
            more = after[0] - mean
            if more <= 0 or more**2 <= STANDARD_ERRORS**2 * (error + after[1]):
                break
        found.insert(0, month)
        after = mean, error
    return found if len(found) >= MONTHS else []


def _mean_and_error(days: Daily) -> tuple[Fraction, Fraction]:
    """Return the mean of a queue over the whole weeks of some days, and the square of its standard error."""
    weeks = [Fraction(int(days[at : at + WEEK].sum()), WEEK) for at in range(0, len(days) - WEEK + 1, WEEK)]
    mean = sum(weeks) / Fraction(len(weeks))
    return mean, sum((week - mean) ** 2 for week in weeks) / Fraction(len(weeks) * (len(weeks) - 1))


def _by_day(folder: Path, table: str, measure: str, scope: Scope, where: dict[str, list[str]]) -> Daily:
    """Sum a measure by day and province, (days, provinces); levels in millionths."""
    found = sums(folder, table, ["day", "province"], [measure], where)
    days = numbers_of(found.column("day")).astype(np.int64) - UNIX_DAYS - scope.first_day
    position = {code: place for place, code in enumerate(scope.provinces)}
    columns = [position[code] for code in found.column("province").to_pylist()]
    values = numbers_of(found.column(measure))
    if values.dtype.kind == "f":
        values = np.rint(values * MILLIONTHS).astype(np.int64)
    by_day = np.zeros((scope.days, len(scope.provinces)), dtype=np.int64)
    by_day[days, columns] = values
    return by_day


def _row(desk: str, scope: Scope, months: Sequence[date], line: Daily, provinces: Sequence[int], thinned: bool) -> Row:
    """Return a finding; see ``findings``."""
    spans = long_months(scope, LEAST_DAYS)
    ends = []
    for month in (months[0], months[-1]):
        first, last = spans[month]
        total = int(line[first - scope.first_day : last - scope.first_day + 1].sum())
        ends.append(Fraction(total, MILLIONTHS * (last - first + 1)) / scale_fraction(scope.scale))
    among = and_more(", ".join(places(provinces[:NAMED], scope)), len(provinces) - NAMED)
    told = GROWS_OF[desk] if provinces else GROWS[desk]
    sentence = said(told, places=among, when=when(months), least=amount(float(ends[0])), most=amount(float(ends[1])))
    key = f"desks.{desk}.staff"
    more = said("Add staff ({key}) or send these desks fewer alerts.", key=key)
    return finding(
        "growing_line",
        desk,
        window_of(months, scope),
        number(ends[1]),
        number(ends[0]),
        ended(sentence, scope, thinned),
        None if thinned else more,
        month=iso_month(months[-1]),
        provinces=list(provinces[:NAMED]),
        thinned=thinned,
    )
