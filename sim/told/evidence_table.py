"""Internal diagnostics of a run on the terminal, compared with evidence."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sim.base.rounding import number_text
from sim.language.labels import evidence_named
from sim.language.spoken import said
from sim.told.terminal import heading, paragraph
from sim.told.text_tables import BELOW, TextTable
from sim.told.vocabulary import span_said, window_said, yes_said

if TYPE_CHECKING:
    from rich.text import Text


def evidence_parts(rows: Sequence[dict[str, Any]], policy_of: str | None, width: int) -> "Iterator[TextTable | Text]":
    """Yield the evidence of one run: a table by window, then the basis of each row.

    Rows are those of ``run.json`` or of ``with_months``. ``policy_of`` is the scenario of which the run is a policy;
    None if its diagnostics are compared with evidence.
    """
    if policy_of is not None:
        yield paragraph(said("Policy run of {scenario}: not compared with evidence", scenario=policy_of), width, 0)
    table = TextTable([said("quantity"), said("range"), said("simulated"), said("within")])
    titles = [window_said(row["window"]) for row in rows]
    for title in dict.fromkeys(titles):
        table.add_row(title)
        for own, row in zip(titles, rows, strict=True):
            if own == title:
                worst = f" ({row['month']})" if row.get("month") else ""
                limits = span_said(number_text(row["low"]), number_text(row["high"]))
                if row.get("claimed"):
                    limits = said("{range}, claimed", range=limits)
                simulated = f"{number_text(row['simulated'])}{worst}"
                table.add_row(evidence_named(row["name"]), limits, simulated, yes_said(row["within"]))
    yield table
    yield heading(said("Basis"), width)
    for name, basis in dict.fromkeys((row["name"], row["basis"]) for row in rows):
        yield paragraph(f"{evidence_named(name)}: {basis}", width, BELOW, BELOW)


def with_months(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return evidence in which evidence by month has a row for each month, not only for the worst one."""
    found = []
    for row in rows:
        if "months" not in row:
            found.append(row)
            continue
        whole = {key: part for key, part in row.items() if key not in ("month", "months")}
        found += [{**whole, **month, "month": None} for month in row["months"]]
    return found
