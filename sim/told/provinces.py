"""Provinces with their officers on the terminal."""

from collections.abc import Callable, Sequence

from sim.base.rounding import written
from sim.base.words import DESK_LABELS
from sim.experiments.officers import ProvinceOfficers
from sim.language.labels import named
from sim.language.spoken import said
from sim.told.text_tables import Column, TextTable

FEW = 10.0
"""Below this number of officers, one decimal is shown."""

Some = tuple[str, str, Sequence[ProvinceOfficers]]
"""The code, the name and the rows of some provinces together."""


def officers_table(rows: Sequence[ProvinceOfficers]) -> TextTable:
    """Return provinces, a line each, and the country last."""

    def on_duty(desk: str, when: str) -> Callable[[Some], str]:
        def cell(some: Some) -> str:
            number = sum(getattr(row, when)[desk] for row in some[2])
            return written(f"{number:,.1f}" if number < FEW else f"{number:,.0f}")

        return cell

    columns: list[Column | None] = [
        (said("code"), lambda some: some[0]),
        (said("name"), lambda some: some[1]),
        (said("people"), lambda some: written(f"{sum(row.people for row in some[2]):,}")),
    ]
    for desk in DESK_LABELS:
        columns.append((said("{desk} first", desk=named(desk)), on_duty(desk, "first")))
        columns.append((said("{desk} last", desk=named(desk)), on_duty(desk, "last")))
    if any(row.alerts_per_day is not None for row in rows):
        columns.append(
            (said("alerts a day"), lambda some: written(f"{sum(row.alerts_per_day or 0.0 for row in some[2]):,.0f}"))
        )
    every: list[Some] = [(str(row.code), named(row.name), [row]) for row in rows]
    return TextTable.of([*every, *([("", said("total"), rows)] if len(rows) > 1 else [])], columns, (1,), stacked=True)
