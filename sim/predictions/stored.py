"""Stored predictions and reports: one JSON file for each prediction, sealed by its hash, and a table of reports.

A prediction never changes: its ``sha256`` is that of all its other content. Reports lie in another file, so a later
report changes no prediction.
"""

import csv
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sim.base.failures import RefusedError
from sim.reading.draw_intervals import TAILS
from sim.store.folder import demand_file, whole
from sim.store.json_files import digest_of, read_map

Document = dict[str, Any]

FOLDER = Path("forecasts")
REPORTS = "reported.csv"
SEAL = "sha256"

COLUMNS = ("name", "start", "end", "value", "reported", "looked_up", "source")
"""Columns of the table of reports. ``reported`` may be empty, where the day is unknown."""

KEYS = ("scenario", "version", "date", "data_end", "interval", "scenario_sha256", "draws_sha256", "figures")
"""Keys that every prediction has, in addition to its seal."""

OVER_DRAWS, POINT = "over draws, with discrepancy that grows with time", "point only"
"""Kinds of interval."""

ENDS = tuple(f"{one:g}" for one in TAILS)
"""The names of the quantiles at the ends of the 90 % interval."""


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

    name: str
    start: date
    end: date
    value: float
    reported: date | None
    looked_up: date
    source: str

    @property
    def days(self) -> int:
        """The length of the window."""
        return (self.end - self.start).days + 1


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
    if missing := [key for key in (*KEYS, SEAL) if key not in document]:
        raise LedgerError(f"{path}: is not a prediction: it has no {missing[0]}; use a file that tocsin predict wrote")
    if sealed(document)[SEAL] != document[SEAL]:
        raise LedgerError(f"{path}: was changed after it was sealed: its sha256 differs; restore the original")
    return Prediction(path, document)


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
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise LedgerError(f"{path}:1: has other columns; must have {', '.join(COLUMNS)}")
        return list(_reports(path, rows))


def _reports(path: Path, rows: "csv.DictReader[str]") -> Iterator[Report]:
    seen: set[tuple[str, date, date]] = set()
    for row in rows:
        try:
            day = {key: date.fromisoformat(row[key]) for key in ("start", "end", "looked_up")}
            reported = date.fromisoformat(row["reported"]) if row["reported"] else None
            one = Report(row["name"], value=float(row["value"]), reported=reported, source=row["source"], **day)
        except (TypeError, ValueError) as error:
            raise LedgerError(f"{path}:{rows.line_num}: {error}; days are YYYY-MM-DD, value is a number") from None
        if (key := (one.name, one.start, one.end)) in seen:
            raise LedgerError(f"{path}:{rows.line_num}: {one.name} has another report of this window; keep one")
        seen.add(key)
        yield one
