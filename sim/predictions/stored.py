"""Stored predictions and reports: one JSON file for each prediction, sealed by its hash, and a table of reports.

A prediction never changes: its ``sha256`` is that of all its other content. Reports lie in another file, so a later
report changes no prediction.
"""

import csv
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, Field

from sim.base.failures import RefusedError
from sim.reading.chance import TAILS
from sim.scenario.scalars import Day
from sim.store.folder import demand_file, whole
from sim.store.json_files import Typed, digest_of, read_map, reading, typed

Document = dict[str, Any]

FOLDER = Path("forecasts")
REPORTS = "reported.csv"
SEAL = "sha256"

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


def sealed(document: Mapping[str, Any]) -> Document:
    """Return a prediction with the SHA-256 of its content, whatever the order of its keys."""
    content = {key: value for key, value in document.items() if key != SEAL}
    return {**content, SEAL: digest_of(content)}


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
        unfinished.write_text(_text(sealed(document)), encoding="utf-8", newline="\n")


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
