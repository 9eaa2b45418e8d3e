"""Tables as files: the measurements of every round, for a comparison with another table."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from benchmarks.rows import Row

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Kind:
    """What two tables must share to be compared; the scale is the largest one of the engine ``vector``."""

    size: str
    scale: float
    workers: int

    def __str__(self) -> str:
        return f"size {self.size}, scale {self.scale:g}, {self.workers} workers"


@dataclass(frozen=True)
class Samples:
    """A row with what was measured in each round; a ratio is NaN in all rounds where the row has none."""

    key: str
    what: str
    unit: str
    to: str
    measured: list[float]
    ratio: list[float]

    def of(self, column: Literal["measured", "ratio"]) -> list[float]:
        """Return what could be told of a column."""
        return [value for value in (self.measured if column == "measured" else self.ratio) if not math.isnan(value)]

    def row(self) -> Row:
        """Return the row with medians of the rounds."""
        measured, ratio = self.of("measured"), self.of("ratio")
        return Row(
            self.key,
            self.what,
            median(measured) if measured else math.nan,
            self.unit,
            median(ratio) if ratio else None,
            self.to,
        )


@dataclass(frozen=True)
class Table:
    """What was measured, on what, in how many rounds: ``sfc64_doubles_per_s`` has one a round."""

    kind: Kind
    heading: str
    sfc64_doubles_per_s: list[float]
    rows: list[Samples]

    @classmethod
    def of(cls, kind: Kind, heading: str, units: Sequence[float], rounds: Iterable[Iterable[Row]]) -> "Table":
        """Return the table of rounds, each of which has all rows; they keep the order in which they first came."""
        rows: dict[str, Samples] = {}
        for row in (row for one in rounds for row in one):
            samples = rows.setdefault(row.key, Samples(row.key, row.what, row.unit, row.to, [], []))
            samples.measured.append(row.measured)
            samples.ratio.append(math.nan if row.ratio is None else row.ratio)
        return cls(kind, heading, list(units), list(rows.values()))

    def write(self, path: Path) -> None:
        """Write it as JSON; what could not be told is null there."""
        content = asdict(self)
        for row in content["rows"]:
            for column in ("measured", "ratio"):
                row[column] = [None if math.isnan(value) else value for value in row[column]]
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Table":
        """Read what ``write`` wrote; raises OSError without the file, ValueError for anything else."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            rows = [
                Samples(**{**row, **{column: _told(row[column]) for column in ("measured", "ratio")}})
                for row in content.pop("rows")
            ]
            return cls(**{**content, "kind": Kind(**content["kind"]), "rows": rows})
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            raise ValueError(f"{path}: is no table of benchmarks: {error!r}") from error


def joined(tables: Sequence[Table]) -> Table:
    """Return the table of all rounds of some tables of one kind; rows are those of the first."""
    first = tables[0]
    rows = []
    for row in first.rows:
        same = [other for table in tables for other in table.rows if (other.key, other.what) == (row.key, row.what)]
        measured = [value for other in same for value in other.measured]
        rows.append(Samples(row.key, row.what, row.unit, row.to, measured, [v for other in same for v in other.ratio]))
    return Table(first.kind, first.heading, [unit for table in tables for unit in table.sfc64_doubles_per_s], rows)


def place(size: str) -> Path:
    """Return where the last table of a size is kept."""
    return FOLDER / f"table-{size}.json"


def _told(values: list[float | None]) -> list[float]:
    return [math.nan if value is None else value for value in values]
