"""Scores of predictions: the continuous ranked probability score (CRPS), smaller is better.

It has the unit of the figure. That of a single number is its absolute error, so predictions with an interval and
rivals without one can be compared (Gneiting and Raftery, Journal of the American Statistical Association 102, 2007).

Rivals of a prediction: what somebody without a model would say, from reports that could be known then.

Each is a single number. A report may be used if its window ends with the model's data at the latest, or if it had been
looked up by the day of the prediction.

The ledger: each predicted figure, what was reported later, its score, and those of rivals.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.language.spoken import marked
from sim.predictions.stored import ENDS, LedgerError, Prediction, Report, read_predictions, read_reports
from sim.reading.figures import CHANGE, Days
from sim.store.json_files import reading


def crps(values: npt.ArrayLike, reported: float) -> float:
    """Return the CRPS of an ensemble (values,), or of a single value, for a reported value.

    The mean distance from the reported value, less half the mean distance between two values: in closed form over
    sorted values (Hersbach, Weather and Forecasting 15, 2000).
    """
    ordered = np.sort(np.atleast_1d(np.asarray(values, dtype=np.float64)))
    count = len(ordered)
    between = (2.0 * np.arange(count) + 1.0 - count) @ ordered / count**2
    return float(np.abs(ordered - reported).mean() - between)


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


@dataclass(frozen=True)
class Entry:
    """A predicted figure, and its scores once it is reported.

    Attributes:
        interval: Its 90 % interval, None if the prediction has only a point.
        score: The CRPS, in the unit of the figure; None while nothing is reported.
        held: Whether the interval holds what was reported; None without either.
        said: What each rival says, by its name; None where it has no data.
        rivals: The CRPS of each rival by its name, None where it has no data or nothing is reported.
    """

    prediction: Prediction
    name: str
    window: Days
    point: float
    interval: tuple[float, float] | None
    report: Report | None
    score: float | None
    held: bool | None
    said: Mapping[str, float | None]
    rivals: Mapping[str, float | None]

    def share(self, score: float | None) -> float | None:
        """Return a score as a share of the reported value; that of a change is one of its level already."""
        if score is None or self.report is None or self.name.endswith(CHANGE):
            return score
        return score / abs(self.report.value) if self.report.value else None


@dataclass(frozen=True)
class Ledger:
    """All predictions of a folder, the oldest first, with an entry for each of their figures."""

    predictions: tuple[Prediction, ...]
    entries: tuple[Entry, ...]

    @property
    def scored(self) -> list[Entry]:
        """The entries whose figure was reported."""
        return [one for one in self.entries if one.score is not None]

    @property
    def coverage(self) -> tuple[int, int]:
        """How many 90 % intervals held, and how many there are of reported figures."""
        held = [one.held for one in self.entries if one.held is not None]
        return sum(held), len(held)

    def compared(self, prediction: Prediction, rival: str) -> tuple[int, float, float] | None:
        """Return how many figures of a prediction a rival has data for, and the mean scores of both there.

        Scores are shares of the reported values, the model's first. None where the rival has data for no figure.
        """
        scored = [one for one in self.scored if one.prediction is prediction]
        pairs = [(one.share(one.score), one.share(one.rivals[rival])) for one in scored]
        both = [(own, other) for own, other in pairs if own is not None and other is not None]
        if not both:
            return None
        own, other = (sum(column) / len(both) for column in zip(*both, strict=True))
        return len(both), own, other


def read_ledger(folder: Path) -> Ledger:
    """Read the predictions and reports of a folder and the folders in it, and score them.

    Args:
        folder: Where they lie. Each of the folders is one country: a report belongs to the predictions next to it.

    Returns:
        The ledger. Raises LedgerError for a changed or unusable file, and for a prediction that is not older than the
        day on which the report that scores it was looked up: it would not be blind.
    """
    predictions = read_predictions(folder)
    reports = {home: read_reports(home) for home in {one.path.parent for one in predictions}}
    with reading(folder):  # scores and rivals of absurd numbers
        rows = [row for one in predictions for row in entries(one, reports[one.path.parent])]
    return Ledger(tuple(predictions), tuple(rows))


def entries(prediction: Prediction, reports: Sequence[Report]) -> list[Entry]:
    """Return the entries of a prediction, scored where there is a report; raises LedgerError if it was not blind."""
    return [_entry(prediction, figure, reports) for figure in prediction.document["figures"]]


def _entry(prediction: Prediction, figure: Mapping[str, Any], reports: Sequence[Report]) -> Entry:
    name, (start, end) = figure["name"], map(date.fromisoformat, figure["window"])
    report = next((one for one in reports if (one.name, one.start, one.end) == (name, start, end)), None)
    interval = (figure["quantiles"][ENDS[0]], figure["quantiles"][ENDS[1]]) if prediction.has_interval else None
    days = start, end
    known = usable(reports, prediction)
    said = {rival: say(name, days, prediction.data_end, known) for rival, say in RIVALS.items()}
    rivals: dict[str, float | None] = dict.fromkeys(RIVALS)
    score = held = None
    if report is not None:
        if report.looked_up <= prediction.day:
            raise LedgerError(
                f"{prediction.path}: {name} of {start} to {end} was looked up on {report.looked_up}, and the "
                f"prediction is of {prediction.day}; a prediction must be older"
            )
        score = crps(figure["values"] if prediction.has_interval else figure["point"], report.value)
        held = None if interval is None else interval[0] <= report.value <= interval[1]
        rivals = {rival: None if one is None else crps(one, report.value) for rival, one in said.items()}
    return Entry(prediction, name, days, figure["point"], interval, report, score, held, said, rivals)
