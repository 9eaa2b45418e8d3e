"""Declare stored tables: columns with types, units, labels and bins, and what follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sim.base.bins import Bins
from sim.store.scope import Scope

if TYPE_CHECKING:
    import pyarrow as pa

NULL = -1
"""The code of null in nullable columns, for example of the province of a national count."""

Kind = Literal["day", "month", "weekday", "province", "label", "text", "bin", "integer", "real"]

STORED_AS: dict[Kind, str] = {
    "day": "date32",
    "month": "date32",
    "weekday": "int8",
    "province": "int16",
    "label": "string",
    "text": "string",
    "bin": "int64",
    "integer": "int64",
    "real": "double",
}
"""Arrow type of a column by its kind, unless the column has a narrower one."""


@dataclass(frozen=True)
class Column:
    """A column of a stored table: its codes in engines, its stored values and its meaning.

    Attributes:
        kind: What an engine hands over and what is stored for it. ``day``: a day number, stored as date. ``month``: a
            day number, stored as the first day of its month. ``weekday``: nothing, it is that of the day, Monday 1.
            ``province``: a position among the scenario's provinces, stored as two-digit code. ``label``: a position in
            ``labels``, stored as the label. ``text``: one of ``labels`` itself, or its place in the alphabet, stored as
            the label. ``bin``: a position in ``bins``, stored as upper edge. ``integer`` and ``real``: themselves.
        meaning: Its meaning, for readers of the file.
        key: Whether it is part of the key of rows.
        nullable: Whether it may be missing: code ``NULL``, or a bin without an upper edge.
        narrow: Its Arrow type where that is narrower than the kind's.
        labels: The labels in the order of their codes, or the attribute of the scope that holds them.
        codes: The codes that occur, where not all labels do, and those of integers that have a last one.
        repeats: Whether few values fill many rows, so that a dictionary pays.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    key: bool = True
    nullable: bool = False
    narrow: str = ""
    labels: tuple[str, ...] | str = ()
    codes: range | None = None
    bins: Bins | None = None
    repeats: bool = True

    @property
    def arrow(self) -> str:
        """The Arrow type that is stored, by its name."""
        return self.narrow or STORED_AS[self.kind]

    def names(self, scope: Scope) -> tuple[str, ...]:
        """Return the labels in the order of their codes."""
        if isinstance(self.labels, str):
            found: tuple[str, ...] = getattr(scope, self.labels)
            return found
        return self.labels

    def by_rank(self, scope: Scope) -> tuple[str, ...]:
        """Return the labels in the order of their rows: by code, texts alphabetically."""
        return tuple(sorted(self.labels)) if self.kind == "text" else self.names(scope)

    @property
    def first_code(self) -> int:
        """The first of the codes that occur."""
        return 0 if self.codes is None else self.codes.start

    def codes_of(self, sizes: Mapping[str, int]) -> range:
        """Return the consecutive codes that occur, for numbers of labels by list; TypeError without a last code."""
        if self.codes is not None:
            return self.codes
        if self.bins is not None:
            return range(len(self.bins))
        if self.kind != "label":
            raise TypeError(f"{self.name}: a column of kind {self.kind} has no last code")
        return range(sizes[self.labels] if isinstance(self.labels, str) else len(self.labels))


@dataclass(frozen=True)
class StoredTable:
    """A table of a run, in one Parquet file: sums by key, or the log of events.

    Rows of sums are unique by their keys and sorted by them, in the order of the columns, null first.

    Attributes:
        meaning: What a row is, for readers of the file.
        columns: All columns, keys first.
        late: How many months its days stay open after their month has ended. None: until the engine says that no
            alert of theirs is alive (an alert counts on its day of issue, a message that its alert leaves behind on
            its day of delivery, but both only when the alert has ended).
        sorted_by: The columns by which the log is sorted, before all others; empty for sums.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    late: int | None = 0
    sorted_by: tuple[str, ...] = ()

    @property
    def is_log(self) -> bool:
        """Whether rows are events, which may repeat and are stored only where a run records them."""
        return bool(self.sorted_by)

    @property
    def file(self) -> str:
        """The table's file name in a run's folder."""
        return f"{self.name}.parquet"

    @property
    def keys(self) -> tuple[Column, ...]:
        """The columns by which rows are unique and sorted."""
        return tuple(column for column in self.columns if column.key)

    @property
    def measures(self) -> tuple[Column, ...]:
        """The columns that are counted or measured."""
        return tuple(column for column in self.columns if not column.key)

    @property
    def order(self) -> tuple[str, ...]:
        """The names of the columns by which rows are sorted."""
        if self.is_log:
            return (*self.sorted_by, *(column.name for column in self.columns if column.name not in self.sorted_by))
        return tuple(column.name for column in self.keys)

    @property
    def time(self) -> Column:
        """The first column: the day, month or moment."""
        return self.columns[0]

    @property
    def by_month(self) -> bool:
        """Whether rows are of months, though they are counted by days."""
        return self.time.kind == "month"

    @property
    def counted_by(self) -> tuple[Column, ...]:
        """The keys that an engine counts by: a day, a province, and further keys."""
        return tuple(column for column in self.keys if column.kind != "weekday")

    @property
    def coded(self) -> tuple[Column, ...]:
        """The keys that an engine counts by in addition to day and province."""
        return self.counted_by[2:]

    @property
    def texts(self) -> tuple[str, ...]:
        """The names of the columns that are stored as text, of which there are few."""
        return tuple(column.name for column in self.columns if column.kind in ("label", "text"))

    def column(self, name: str) -> Column:
        """Return the column of this name; KeyError, with the existing names, if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}; it has {', '.join(column.name for column in self.columns)}")

    def axis(self, name: str) -> int:
        """Return the axis of a coded key in an array of ``shape``."""
        return [column.name for column in self.coded].index(name)

    def shape(self, sizes: Mapping[str, int]) -> tuple[int, ...]:
        """Return the shape of an array with a cell for each combination of codes, without day and province."""
        return tuple(len(column.codes_of(sizes)) for column in self.coded)

    def arrow_schema(self, metadata: dict[str, str] | None = None) -> "pa.Schema":
        """Return the Arrow schema that is stored, with this metadata."""
        import pyarrow as pa

        fields = [
            pa.field(column.name, pa.type_for_alias(column.arrow), nullable=column.nullable) for column in self.columns
        ]
        return pa.schema(fields, metadata=metadata)
