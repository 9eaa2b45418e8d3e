"""The table of a sensitivity on the terminal: what matters, the most important first; ``table`` has the others."""

from collections.abc import Iterator

from sim.base.rounding import number_text
from sim.experiments.indices import BLOCKS, COLUMNS, MORRIS
from sim.told.experiments import Row
from sim.told.text_tables import Lines

MOST = 20
"""Parameters on the terminal for each quantity; the stored table has all."""

IDLE = 3
"""Parameters that change nothing of which the terminal gives the names."""

HEADERS = {
    "mu_star": "change across range",
    "mu": "with its sign",
    "sigma": "s.d.",
    "total": "share of variance",
    "first": "alone",
}
"""What indices are called on the terminal."""


def sensitivity_tables(method: str, rows: list[Row]) -> Iterator[Lines]:
    """Lay out the rows of each quantity by importance.

    Args:
        method: ``morris`` or ``sobol``.
        rows: The stored table, a dictionary a row.

    Yields:
        A table a quantity; its caption says how many parameters move nothing.
    """
    columns = COLUMNS[method]
    for quantity in dict.fromkeys(row["quantity"] for row in rows):
        own = [row for row in rows if row["quantity"] == quantity]
        # Of two that matter as much, the first of the scenario comes first.
        own.sort(key=lambda row: -(row[columns[0]] or 0.0))
        names = [quantity]
        for name in columns:
            if name in HEADERS:
                names += [HEADERS[name], *(["95% interval"] if f"{name}_low" in columns else [])]
        table = Lines(names, [quantity])
        for row in own[:MOST]:
            table.add_row(row["parameter"], *_cells(method, row))
        if len(own) > MOST:
            idle = sum(row[columns[0]] == 0.0 for row in own)
            table.caption = f"the first {MOST} of {len(own)}; {idle} of them move nothing"
        yield table


def dropped(about: Row) -> str:
    """Say how many blocks were dropped for their failed runs, and why the first failed."""
    share = f"{about['dropped']} of {about['samples']} {BLOCKS[about['method']]}"
    return f"dropped: {share}, which have a run that failed; the first: {about['message']}"


def idle(about: Row) -> str:
    """Say which parameters were left out, since they change nothing."""
    keys = about["idle"]
    some = ", ".join(keys[:IDLE]) + (", ..." if len(keys) > IDLE else "")
    return f"left out: {len(keys)} parameters that change nothing before the end of the period: {some}"


def _cells(method: str, row: Row) -> Iterator[str]:
    def shown(name: str) -> str:
        if row[name] is None:
            return ""
        return number_text(row[name]) if method == MORRIS else f"{row[name]:.3f}"

    for name in COLUMNS[method]:
        if name in HEADERS:
            yield shown(name)
            if f"{name}_low" in row:
                yield f"{shown(f'{name}_low')}..{shown(f'{name}_high')}" if row[name] is not None else ""
