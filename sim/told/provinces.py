"""Provinces on the terminal, laid out as a table of text."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.base.words import DESK_LABELS
from sim.experiments.officers import ProvinceOfficers
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from rich.table import Table

FEW = 10.0
"""Below so many officers one digit behind the point is shown."""


def officers_table(rows: Sequence[ProvinceOfficers]) -> "Table":
    """Lay out provinces, a line each, and the country last; it fits into 80 columns."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("code", justify="right", no_wrap=True)
    table.add_column("name", overflow="fold")
    table.add_column("people", justify="right", no_wrap=True)
    for desk in DESK_LABELS:
        table.add_column(f"{desk}\nfirst", justify="right", no_wrap=True)
        table.add_column(f"{desk}\nlast", justify="right", no_wrap=True)
    with_alerts = any(row.alerts_per_day is not None for row in rows)
    if with_alerts:
        table.add_column("alerts\na day", justify="right", no_wrap=True)
    for row in [*rows, *([_country(rows)] if len(rows) > 1 else [])]:
        cells = [str(row.code) if row.code else "", ascii_controls(row.name), f"{row.people:,}"]
        cells += [_officers(when[desk]) for desk in DESK_LABELS for when in (row.first, row.last)]
        cells += [f"{row.alerts_per_day or 0.0:,.0f}"] if with_alerts else []
        table.add_row(*cells)
    return table


def _country(rows: Sequence[ProvinceOfficers]) -> ProvinceOfficers:
    """Return the sum of all provinces."""
    return ProvinceOfficers(
        0,
        "together",
        sum(row.people for row in rows),
        {desk: sum(row.first[desk] for row in rows) for desk in DESK_LABELS},
        {desk: sum(row.last[desk] for row in rows) for desk in DESK_LABELS},
        sum(row.alerts_per_day or 0.0 for row in rows),
    )


def _officers(number: float) -> str:
    return f"{number:,.1f}" if number < FEW else f"{number:,.0f}"
