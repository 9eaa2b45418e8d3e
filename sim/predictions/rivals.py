"""Rivals of a prediction: what somebody without a model would say, from reports that could be known then.

Each is a single number. A report may be used if its window ends with the model's data at the latest, or if it had been
looked up by the day of the prediction.
"""

from collections.abc import Callable, Sequence
from datetime import date

from sim.language.spoken import marked
from sim.predictions.stored import Prediction, Report
from sim.reading.figures import CHANGE, Days

LEAST_DAYS = 300
"""A report from 1 January over at least this many days is scaled by days to its whole year."""

Rival = Callable[[str, Days, date, Sequence[Report]], float | None]
"""Returns its number for a figure over a window, with the end of the model's data and the reports that may be used;
None without data."""


def usable(reports: Sequence[Report], prediction: Prediction) -> list[Report]:
    """Return the reports that could be known when a prediction was made."""
    return [one for one in reports if one.end <= prediction.data_end or one.looked_up <= prediction.day]


def last_year(name: str, window: Days, data_end: date, reports: Sequence[Report]) -> float | None:
    """Return the total of the same days in the last year that is known; no change, for a change."""
    known = _years(name, window, reports)
    if not known:
        return None
    return 0.0 if name.endswith(CHANGE) else _scaled(known[max(known)], window)


def trend(name: str, window: Days, data_end: date, reports: Sequence[Report]) -> float | None:
    """Return the last two years that are known, continued in a straight line; for a change, the last change again."""
    known = _years(name, window, reports)
    last = max(known, default=0)
    if name.endswith(CHANGE):
        return known[last].value if known else None
    if last - 1 not in known:
        return None
    value, before = _scaled(known[last], window), _scaled(known[last - 1], window)
    return max(value + (window[0].year - last) * (value - before), 0.0)


def growth(name: str, window: Days, data_end: date, reports: Sequence[Report]) -> float | None:
    """Return the last year that is known, which grows by the factor between the last two; None for a change."""
    known = _years(name, window, reports)
    last = max(known, default=0)
    if name.endswith(CHANGE) or last - 1 not in known:
        return None
    value, before = _scaled(known[last], window), _scaled(known[last - 1], window)
    return value * (value / before) ** (window[0].year - last) if before > 0.0 else None


def pace(name: str, window: Days, data_end: date, reports: Sequence[Report]) -> float | None:
    """Return the daily pace of the part of a window that the model was fitted to; a change over that part."""
    parts = [one for one in reports if one.name == name and one.start == window[0] and one.end < window[1]]
    parts = [one for one in parts if one.end <= data_end]
    longest = max(parts, key=lambda one: one.days, default=None)
    if longest is None:
        return None
    return longest.value if name.endswith(CHANGE) else _scaled(longest, window)


RIVALS: dict[str, Rival] = {
    marked("last year again"): last_year,
    marked("trend of two years"): trend,
    marked("last growth again"): growth,
    marked("pace so far"): pace,
}
"""The rivals by what they do."""


def _years(name: str, window: Days, reports: Sequence[Report]) -> dict[int, Report]:
    """Return the longest usable report of the same days in each earlier year; a whole year may lack its end."""
    start, end = window
    whole = (start.month, start.day, end.month, end.day) == (1, 1, 12, 31)
    found: dict[int, Report] = {}
    for one in sorted(reports, key=lambda report: report.days):
        begins = (one.start.month, one.start.day) == (start.month, start.day) and one.start.year < start.year
        lasts = one.end.year - one.start.year == end.year - start.year
        ends = (one.end.month, one.end.day) == (end.month, end.day) or (whole and one.days >= LEAST_DAYS)
        if one.name == name and begins and lasts and ends:
            found[one.start.year] = one
    return found


def _scaled(report: Report, window: Days) -> float:
    """Return a total by days over a window; one of the same days of the year stays as it was reported."""
    if (report.end.month, report.end.day) == (window[1].month, window[1].day):
        return report.value
    return report.value * ((window[1] - window[0]).days + 1) / report.days
