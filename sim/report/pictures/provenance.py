"""Provenance: the seconds of each phase of a run, and every parameter with its origin and basis."""

import re
from functools import cache
from typing import TYPE_CHECKING

from sim.language.labels import named
from sim.language.spoken import counted, said
from sim.report.tally import table_of

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run

WHOLE = re.compile(r"-?\d+\.0")
ROW = re.compile(r"^(?P<table>.+?)\.\d+\.")


OWN = ("key", "value", "range", "basis")
"""Columns of ``parameters`` that repeat the scenario word for word."""


def seconds_table(run: "Run") -> "pd.DataFrame":
    """Return the seconds of each phase."""
    phases = run.manifest["performance"]["phases"]
    return table_of(((named(name), seconds) for name, seconds in phases.items()), ["phase", "seconds"])


def parameters(run: "Run") -> "pd.DataFrame":
    """Return every value of the scenario: key, value, origin, range and basis; a table is one row."""
    from sim.scenario import show_lines
    from sim.scenario.load import value_at
    from sim.scenario.resolved import plain
    from sim.scenario.writing import flow_text

    rows: list[dict[str, str]] = []
    tables: dict[str, int] = {}
    sources = run.scenario.sources

    @cache
    def is_list(table: str) -> bool:
        return isinstance(plain(value_at(run.scenario.resolved, table)), list)

    for key, value, _, _ in show_lines(run.scenario):
        # The source of a table is that of its first cell with one.
        source = sources.get(key) or next((one for cell, one in sources.items() if cell.startswith(f"{key}.")), None)
        match = ROW.match(key + ".")
        # Rows of a list are counted; each value of a map by province was chosen, so each has its own row.
        if match is not None and is_list(match["table"]):
            table = match["table"]
            tables[table] = max(tables.get(table, 0), int(key[len(table) + 1 :].partition(".")[0]) + 1)
            if tables[table] > 1 or any(row["key"] == table for row in rows[-1:]):
                continue
            key, value = table, ""
        limits = ""
        if source is not None and source.range is not None:
            low, high = (_whole(flow_text(end)) for end in source.range)
            limits = said("{low} to {high}", low=low, high=high)
        basis = "" if source is None else source.basis or ""
        if source is not None and source.target:
            fixed = said("calibrated to {target}", target=source.target)
            basis = f"{fixed}; {basis}" if basis else fixed
        origin = "" if source is None else source.origin or ""
        rows.append({"key": key, "value": _whole(value), "origin": origin, "range": limits, "basis": basis})
    for row in rows:
        if row["key"] in tables and not row["value"]:
            row["value"] = counted("{count} rows", "{count} rows", count=tables[row["key"]])
    return table_of(rows, ["key", "value", "origin", "range", "basis"])


def changed_parameters(run: "Run", base: "Run") -> "pd.DataFrame":
    """Return those of a run's ``parameters`` whose row or table differs from another run's, except ``policy_of``."""
    from sim.scenario.load import value_at
    from sim.scenario.resolved import plain

    ours, theirs = parameters(run), parameters(base)
    known = set(theirs.itertuples(index=False, name=None))

    def is_same(row: tuple[str, ...]) -> bool:
        key = row[0]
        return row in known and bool(
            plain(value_at(run.scenario.resolved, key)) == plain(value_at(base.scenario.resolved, key))
        )

    return ours[[row[0] != "policy_of" and not is_same(row) for row in ours.itertuples(index=False, name=None)]]


def _whole(text: str) -> str:
    """Return a number without ``.0`` at its end."""
    return text[:-2] if WHOLE.fullmatch(text) else text
