"""Predictions in public: stored before anybody looks, scored by reports that come later, next to simple rivals.

A prediction is one JSON file, sealed by its hash: its ``sha256`` is that of all its other content, and it never
changes. Reports lie in another file, a table, so a later report changes no prediction.

Scores are the continuous ranked probability score (CRPS), smaller is better. It has the unit of the figure. That of a
single number is its absolute error, so predictions with an interval and rivals without one can be compared (Gneiting
and Raftery, Journal of the American Statistical Association 102, 2007).

Rivals are what somebody without a model would say, from reports that could be known then, each a single number. A
report may be used if its window ends with the model's data at the latest, or if it had been looked up by the day of the
prediction.
"""

import csv
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field

from sim.base.failures import RefusedError
from sim.language import marked
from sim.reading.figures import CHANGE, Days
from sim.reading.intervals import TAILS
from sim.scenario.bounds import Day
from sim.store.folder import SEAL, Typed, demand_file, read_map, reading, sealed, typed, whole

Document = dict[str, Any]

FOLDER = Path("forecasts")
REPORTS = "reported.csv"

COLUMNS = ("name", "start", "end", "value", "reported", "looked_up", "source")
"""Columns of the table of reports. ``reported`` may be empty, where the day is unknown."""

Kind = Literal["over draws, with discrepancy that grows with time", "point only"]
"""Kinds of interval."""

OVER_DRAWS, POINT = get_args(Kind)

ENDS = tuple(f"{one:g}" for one in TAILS)
"""The names of the quantiles at the ends of the 90 % interval."""


Name = Annotated[str, Field(min_length=1)]
Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e18, le=1e18)]
Number = Annotated[Finite, Field(strict=True)]


class LedgerError(RefusedError):
    """A stored prediction or a report cannot be used: the file and what is wrong with it."""

    @property
    def placed(self) -> bool:
        """The line begins with the file."""
        return True


@dataclass(frozen=True)
class Report:
    """What was reported of a figure over a window, both days included.

    Attributes:
        looked_up: The day on which the project first read it. A prediction is blind if it is older.
        reported: The day of the report, None if unknown.
    """

    name: Name
    start: Day
    end: Day
    value: Finite
    reported: Day | None
    looked_up: Day
    source: str

    @property
    def days(self) -> int:
        """The length of the window."""
        return (self.end - self.start).days + 1


class _Terms(BaseModel, extra="forbid"):
    currency: str = ""
    channels: dict[str, str] = {}


class _Figure(BaseModel):
    name: Name
    window: tuple[Day, Day]
    base: tuple[Day, Day] | None = None
    point: Number
    quantiles: dict[str, Number] = {}
    values: list[Number] = []


class _Stored(BaseModel):
    """The content of a prediction, as far as the ledger uses it."""

    scenario: Name
    version: Name
    date: Day
    data_end: Day
    interval: Kind
    scenario_sha256: str
    draws_sha256: str | None
    sha256: str
    draws: int | None = None
    own: list[Any] = []
    note: str = ""
    terms: _Terms = _Terms()
    figures: list[_Figure]


@dataclass(frozen=True)
class Prediction:
    """A stored prediction: its file, and its content as it was sealed."""

    path: Path
    document: Document

    @property
    def day(self) -> date:
        """The day on which it was made."""
        return date.fromisoformat(self.document["date"])

    @property
    def data_end(self) -> date:
        """The last day of the windows that the model was fitted to."""
        return date.fromisoformat(self.document["data_end"])

    @property
    def has_interval(self) -> bool:
        """Whether its figures have more than a point."""
        return bool(self.document["interval"] != POINT)


def demand_new(path: Path, identity: Mapping[str, Any]) -> None:
    """Demand that a prediction can be stored at a path.

    Args:
        path: Its file.
        identity: Keys and values in which the same prediction, stored before, agrees.

    Raises:
        LedgerError: Where another prediction is already, since none ever changes. A FolderError where no file can be.
    """
    if os.path.lexists(path):
        known = read_prediction(path).document
        if any(known.get(key) != value for key, value in identity.items()):
            raise LedgerError(f"{path}: holds another prediction, and none ever changes; use another name")
    demand_file(path if path.parent.exists() else path.parent)


def write_prediction(path: Path, document: Mapping[str, Any]) -> None:
    """Seal a prediction and store it; raises LedgerError where another one is already."""
    demand_new(path, document)
    path.parent.mkdir(exist_ok=True)
    with whole(path) as unfinished:
        unfinished.write_text(_text(sealed(dict(document))), encoding="utf-8", newline="\n")


def _text(document: Document) -> str:
    """Return a prediction as JSON with a line for each key, and one for each figure."""

    def dumped(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)

    figures = ",\n".join(f"    {dumped(one)}" for one in document["figures"])
    lines = [f"  {dumped(key)}: {dumped(value)}" for key, value in document.items() if key != "figures"]
    return ",\n".join(["{\n" + lines[0], *lines[1:], f'  "figures": [\n{figures}\n  ]\n}}\n'])


def read_prediction(path: Path) -> Prediction:
    """Read a prediction; raises LedgerError if it is not one, or was changed after it was sealed."""
    document = read_map(path)
    stored = _read(_Stored, document, f"{path}: is not a prediction")
    with reading(path):
        seal = sealed(document)[SEAL]
    if seal != document[SEAL]:
        raise LedgerError(f"{path}: was changed after it was sealed: its sha256 differs; restore the original")
    _demand_order(str(path), data_end=stored.data_end, date=stored.date, today=_today())
    for one in stored.figures:
        _demand_order(f"{path}: window of {one.name}", start=one.window[0], end=one.window[1])
        if stored.interval != POINT and not (one.values and set(ENDS) <= set(one.quantiles)):
            raise LedgerError(f"{path}: {one.name} has no interval; must have values, and quantiles {', '.join(ENDS)}")
    return Prediction(path, document)


def _read(kind: type[Typed], value: object, place: str) -> Typed:
    """Return a value as its kind; LedgerError with the place and the first mistake."""
    try:
        return typed(kind, value)
    except ValueError as error:
        raise LedgerError(f"{place}: {error}") from None


def _today() -> date:
    return datetime.now(UTC).date()


def _demand_order(place: str, **days: date | None) -> None:
    """Raise LedgerError unless days that are known follow each other as they are given."""
    for (first, earlier), (second, later) in pairwise((name, day) for name, day in days.items() if day is not None):
        if later < earlier:
            raise LedgerError(
                f"{place}: {second} ({later}) is before {first} ({earlier}); the order is {', '.join(days)}"
            )


def read_predictions(folder: Path) -> list[Prediction]:
    """Read the predictions of a folder, and of folders in it with reports, by day; LedgerError for a wrong one."""
    homes = [folder, *(reports.parent for reports in folder.glob(f"*/{REPORTS}"))]
    found = [read_prediction(path) for home in homes for path in sorted(home.glob("*.json"))]
    if not found:
        raise LedgerError(f"{folder}: holds no predictions; make one: tocsin predict SCENARIO")
    return sorted(found, key=lambda one: (one.day, one.path.name))


def read_reports(folder: Path) -> list[Report]:
    """Read the reports of a folder, none if it has no table; raises LedgerError with the line of a mistake."""
    path = folder / REPORTS
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, strict=True)
        try:
            if tuple(rows.fieldnames or ()) != COLUMNS:
                raise LedgerError(f"{path}:1: has other columns; must have {', '.join(COLUMNS)}")
            return list(_reports(path, rows))
        except (csv.Error, UnicodeDecodeError) as error:
            raise LedgerError(f"{path}:{rows.line_num + 1}: cannot be read: {error}; must be CSV in UTF-8") from None


def _reports(path: Path, rows: "csv.DictReader[str]") -> Iterator[Report]:
    seen: set[tuple[str, date, date]] = set()
    for row in rows:
        place = f"{path}:{rows.line_num}"
        if None in row:
            raise LedgerError(f"{place}: has more fields than columns; put texts with commas in quotes")
        one = _read(Report, {**row, "reported": row["reported"] or None}, place)
        days = {"start": one.start, "end": one.end, "reported": one.reported, "looked_up": one.looked_up}
        _demand_order(place, **days, today=_today())
        if (key := (one.name, one.start, one.end)) in seen:
            raise LedgerError(f"{place}: {one.name} has another report of this window; keep one")
        seen.add(key)
        yield one


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

RIVALS = LAST_YEAR, TREND, GROWTH, PACE = (
    marked("last year again"),
    marked("trend of two years"),
    marked("last growth again"),
    marked("pace so far"),
)
"""The rivals by what they do: the total of the same days in the last year that is known (no change, for a change); the
last two years continued in a straight line (for a change, the last change again); the last year, which grows by the
factor between the last two; and the daily pace of the part of a window that the model was fitted to."""


def usable(reports: Sequence[Report], prediction: Prediction) -> list[Report]:
    """Return the reports that could be known when a prediction was made."""
    return [one for one in reports if one.end <= prediction.data_end or one.looked_up <= prediction.day]


def rivals_say(name: str, window: Days, data_end: date, reports: Sequence[Report]) -> dict[str, float | None]:
    """Return what each rival says of a figure over a window, by its name; None without data.

    ``data_end`` is the end of the model's data, and ``reports`` are those that may be used.
    """
    change, known = name.endswith(CHANGE), _years(name, window, reports)
    last = max(known, default=0)
    found: dict[str, float | None] = dict.fromkeys(RIVALS)
    if change and known:
        found |= {LAST_YEAR: 0.0, TREND: known[last].value}
    elif known:
        value = found[LAST_YEAR] = _scaled(known[last], window)
        if last - 1 in known:
            before, years = _scaled(known[last - 1], window), window[0].year - last
            found[TREND] = max(value + years * (value - before), 0.0)
            found[GROWTH] = value * (value / before) ** years if before > 0.0 else None
    parts = [one for one in reports if one.name == name and one.start == window[0] and one.end <= data_end]
    longest = max((one for one in parts if one.end < window[1]), key=lambda one: one.days, default=None)
    if longest is not None:
        found[PACE] = longest.value if change else _scaled(longest, window)
    return found


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
    said = rivals_say(name, (start, end), prediction.data_end, usable(reports, prediction))
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
    return Entry(prediction, name, (start, end), figure["point"], interval, report, score, held, said, rivals)
