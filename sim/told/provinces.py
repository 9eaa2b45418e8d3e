"""Provinces with their officers on the terminal."""

from collections.abc import Sequence

from sim.base.rounding import written
from sim.base.words import DESK_LABELS
from sim.experiments.officers import ProvinceOfficers
from sim.language.labels import named
from sim.language.spoken import said
from sim.told.text_tables import TextTable

FEW = 10.0
"""Below this number of officers, one decimal is shown."""


def officers_table(rows: Sequence[ProvinceOfficers]) -> TextTable:
    """Lay out provinces, a line each, and the country last."""
    with_alerts = any(row.alerts_per_day is not None for row in rows)
    names = [said("code"), said("name"), said("people")]
    for desk in DESK_LABELS:
        names += [said("{desk} first", desk=named(desk)), said("{desk} last", desk=named(desk))]
    table = TextTable([*names, *([said("alerts a day")] if with_alerts else [])], (1,), stacked=True)
    for row in rows:
        table.add_row(str(row.code), *_cells(named(row.name), [row], with_alerts))
    if len(rows) > 1:
        table.add_row("", *_cells(said("total"), rows, with_alerts))
    return table


def _cells(name: str, rows: Sequence[ProvinceOfficers], with_alerts: bool) -> list[str]:
    """Return the cells of some provinces together."""
    officers = [sum(when[desk] for when in part) for desk in DESK_LABELS for part in _first_and_last(rows)]
    shown = [written(f"{number:,.1f}" if number < FEW else f"{number:,.0f}") for number in officers]
    alerts = [written(f"{sum(row.alerts_per_day or 0.0 for row in rows):,.0f}")] if with_alerts else []
    return [name, written(f"{sum(row.people for row in rows):,}"), *shown, *alerts]


def _first_and_last(rows: Sequence[ProvinceOfficers]) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    return [row.first for row in rows], [row.last for row in rows]
