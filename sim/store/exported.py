"""The tables of a run for others: data frames, CSV and XLSX files, and the site's page of their columns.

The site's page of tables, written from their declaration: ``python -m sim.store.exported``.

Export the tables of a run: DataFrames with described columns, CSV and XLSX files.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.store.columns import Column, Scope, StoredTable
from sim.store.folder import demand_file, demand_free, whole
from sim.store.tables import FLOW_QUANTITIES, SCENARIO_LISTS, STATE_QUANTITIES, TABLES, Quantity

if TYPE_CHECKING:
    import pandas as pd

HEAD = """\
# The tables of a run

For people who analyse runs: every table with its columns, types, units and values.

`python -m sim.store.exported` prints this page, from the declarations in `sim/store/tables.py`.

Each table is a Parquet file in the folder of a run, and a DataFrame of `sim.Run` with the same name. All tables except
the log hold sums: one row for each combination of keys that occurs, sorted by the keys in the order of the columns,
null first. Days are those of the period, without the warm-up. Section 9 of `docs/model.md` says what each number means
in the model.

**A run of a sample has the counts of the sample.** At `--scale 0.005` a sum over a table is that of one person in 200:
multiply it by 1 / scale to get the country's, except for quantities marked as whole. `attrs["scale"]` and
`attrs["unit"]` of each DataFrame say so. `run.to_frame("victims", by="month")`, `run.figure`, `run.totals` and
`run.figures` are scaled up to the country.
"""


def document() -> str:
    """Return the page, in Markdown."""
    return "\n".join([HEAD, *(part for table in TABLES.values() for part in _of_table(table))])


def _of_table(table: StoredTable) -> list[str]:
    """Return the paragraphs of a table."""
    columns = [
        (
            f"`{column.name}`",
            "yes" if column.key else "",
            column.arrow,
            "yes" if column.nullable else "",
            column.unit,
            " ".join([column.meaning, *_values(column)]),
        )
        for column in table.columns
    ]
    parts = [
        f"## `{table.name}`\n",
        f"{table.meaning} {_order(table)}\n",
        _grid(("column", "key", "type", "null", "unit", "meaning and values"), columns),
    ]
    quantities: dict[str, tuple[Quantity, ...]] = {"flows": FLOW_QUANTITIES, "state": STATE_QUANTITIES}
    if table.name in quantities:
        rows = [
            (
                f"`{one.name}`",
                one.of,
                one.unit,
                "yes" if one.whole else "",
                f"{one.meaning[0].upper()}{one.meaning[1:]}.",
            )
            for one in quantities[table.name]
        ]
        parts.append(_grid(("quantity", "of", "unit", "whole", "meaning"), rows))
    return parts


def _order(table: StoredTable) -> str:
    """Return how rows are sorted and when those of a day are final."""
    if table.is_log:
        return f"Sorted by {', '.join(table.sorted_by)}."
    if table.late is None:
        return "Rows of a day are final when no alert of that day is alive."
    months = {0: "with the month", 1: "a month after their month"}[table.late]
    return f"Rows are final {months}."


def _values(column: Column) -> list[str]:
    """Return a sentence about the values of a column, where they are listed somewhere."""
    if isinstance(column.labels, str):
        return [f"Values: {SCENARIO_LISTS[column.labels]}."]
    if column.kind == "text":
        return ["Values: below."]
    if column.kind == "label":
        shown = [label for code, label in enumerate(column.labels) if column.codes is None or code in column.codes]
        return [f"Values: {', '.join(f'`{label}`' for label in shown)}."]
    if column.bins is not None and column.bins.open_ended:
        return [f"Values: {', '.join(f'{edge:,}' for edge in column.bins.edges)} and null."]
    if column.bins is not None:
        return [f"Values: {column.bins.edges[0]:,} and its doubles."]
    return []


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


if __name__ == "__main__":
    print(document(), end="")


MOST_ROWS = 1_048_576
"""Most rows of an XLSX sheet, header included."""

MOST_EXACT = 2**53
"""Largest whole number that a sheet, which has only doubles, represents exactly."""

CODEBOOK = "columns"
"""The sheet or file with meaning and unit of every column."""


class Tables(Mapping[str, "pd.DataFrame"]):
    """The stored tables of a run by name, each read on first use.

    Words are categories in the order of their codes, days and months are datetimes, and ``attrs`` say what is in a
    table: ``description``, ``scale``, ``unit``, and ``units`` and ``descriptions`` by column. Values are those of
    ``run.alerts`` and its like.
    """

    def __init__(self, names: Sequence[str], stored: "Callable[[str], pd.DataFrame]", scope: Scope) -> None:
        """Keep the names of the tables, a function that reads a stored one, and the scope with the scenario's words."""
        self._names, self._stored, self._scope = list(names), stored, scope
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> "pd.DataFrame":
        """Return a table; raises KeyError, which lists the existing ones."""
        if name not in self._names:
            raise KeyError(f"there is no table {name}; use one of {', '.join(self._names)}")
        if name not in self._read:
            self._read[name] = _described(self._stored(name), TABLES[name], self._scope)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<tables: {', '.join(self._names)}>"

    def to_csv(self, folder: str | Path, names: Sequence[str] | None = None, encoding: str = "utf-8") -> list[Path]:
        """Write tables as CSV files, and ``columns.csv`` with the meaning of their columns.

        FolderError is raised where the folder is not free.

        Args:
            folder: A folder that does not exist or is empty.
            names: Which tables, all if None; KeyError is raised for one that there is not.
            encoding: ``utf-8-sig`` for programs that take a file without a mark for one of another encoding.

        Returns:
            The files.
        """
        path, chosen = Path(folder), {name: self[name] for name in names or self}
        demand_free(path)
        path.mkdir(parents=True, exist_ok=True)
        files = []
        for name, frame in {CODEBOOK: _codebook(chosen), **chosen}.items():
            files.append(path / f"{name}.csv")
            with whole(files[-1]) as unfinished:
                frame.to_csv(unfinished, index=False, encoding=encoding, date_format="%Y-%m-%d", lineterminator="\n")
        return files

    def to_xlsx(self, file: str | Path, names: Sequence[str] | None = None) -> Path:
        """Write tables into an XLSX file, one sheet each, after a sheet with the meaning of their columns.

        FolderError is raised where no file can have that name.

        Args:
            file: The file, which takes the place of an older one.
            names: Which tables, all if None; KeyError is raised for one that there is not.

        Returns:
            The file.

        Raises:
            ValueError: If a table has more rows than a sheet has.
        """
        path, chosen = Path(file), {name: self[name] for name in names or self}
        for name, frame in chosen.items():
            if len(frame) >= MOST_ROWS:
                raise ValueError(
                    f"{name}: has {len(frame):,} rows, and a sheet of XLSX holds {MOST_ROWS - 1:,}; to_csv, or other "
                    "tables as names"
                )
        demand_file(path)
        with whole(path) as unfinished:
            _write_sheets(unfinished, {CODEBOOK: _codebook(chosen), **chosen})
        return path


def _described(stored: "pd.DataFrame", table: StoredTable, scope: Scope) -> "pd.DataFrame":
    """Return a stored table with its words as categories and its meanings in ``attrs``."""
    import pandas as pd

    frame = {}
    for column in table.columns:
        values = stored[column.name]
        if column.kind in ("label", "text"):
            names = column.names(scope)
            occurring = names if column.codes is None else [names[code] for code in column.codes]
            values = pd.Series(pd.Categorical(values, categories=list(occurring)), index=values.index)
        frame[column.name] = values
    found = pd.DataFrame(frame)
    found.attrs = {
        **stored.attrs,
        "description": table.meaning,
        "units": {column.name: column.unit for column in table.columns},
        "descriptions": {column.name: column.meaning for column in table.columns},
    }
    return found


def _codebook(frames: "Mapping[str, pd.DataFrame]") -> "pd.DataFrame":
    """Return a row for each column of some tables: table, column, unit, description."""
    import pandas as pd

    rows = [
        (name, str(column), frame.attrs["units"][column], frame.attrs["descriptions"][column])
        for name, frame in frames.items()
        for column in frame.columns
    ]
    return pd.DataFrame(rows, columns=["table", "column", "unit", "description"])


def _write_sheets(path: Path, frames: "Mapping[str, pd.DataFrame]") -> None:
    """Write tables into an XLSX file row by row, with only one row in memory."""
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})  # else the time of day is in the file
        bold, dated = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        for name, frame in frames.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for place, column in enumerate(frame.columns):
                sheet.write_string(0, place, str(column), bold)
                sheet.set_column(place, place, max(12, len(str(column)) + 2))
            kinds = [_writer(sheet, frame[column], dated) for column in frame.columns]
            columns = [frame[column].astype(object).where(frame[column].notna(), None) for column in frame.columns]
            for line, row in enumerate(zip(*columns, strict=True), start=1):
                for place, (write, value) in enumerate(zip(kinds, row, strict=True)):
                    if value is not None:
                        write(line, place, value)


def _writer(sheet: Any, column: "pd.Series[Any]", dated: Any) -> "Callable[[int, int, Any], object]":
    """Return the writer of a column's values into a sheet; text never becomes a formula, and identities are text."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return lambda line, place, value: sheet.write_datetime(line, place, value, dated)
    exact = not pd.api.types.is_integer_dtype(column.dtype) or not (column.abs() > MOST_EXACT).any()
    if pd.api.types.is_numeric_dtype(column.dtype) and exact:
        return lambda line, place, value: sheet.write_number(line, place, value)
    return lambda line, place, value: sheet.write_string(line, place, str(value))
