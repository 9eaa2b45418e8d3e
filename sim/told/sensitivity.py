"""The tables of a sensitivity on the terminal: parameters by the size of their effect."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sim.base.rounding import number_text, written
from sim.experiments.indices import BLOCKS, COLUMNS, MORRIS
from sim.language.spoken import marked, said
from sim.scenario.lever_words import key_name
from sim.told.experiments import Row
from sim.told.text_tables import TextTable
from sim.told.vocabulary import quantity_named, span_said

if TYPE_CHECKING:
    from sim.scenario import Scenario

IDLE = 3
"""Parameters without an effect that are named on the terminal."""

HEADERS = {
    "mu_star": marked("change across range"),
    "mu": marked("with its sign"),
    "sigma": marked("s.d."),
    "total": marked("share of variance"),
    "first": marked("alone"),
}
"""Names of indices on the terminal."""

SAMPLES = {"trajectories": marked("trajectories"), "base samples": marked("base samples")}
"""Names of blocks of runs, see ``sim.experiments.indices.BLOCKS``."""


def size(method: str, parameters: int, samples: int, block: int) -> str:
    """Return how many runs a sensitivity by ``morris`` or ``sobol`` needs with a number of runs per block, and why."""
    return said(
        "{parameters} parameters, {samples} {blocks} of {block} runs: {runs} runs",
        parameters=parameters,
        samples=samples,
        blocks=said(SAMPLES[BLOCKS[method]]),
        block=block,
        runs=written(f"{samples * block:,}"),
    )


def by_importance(method: str, rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows of each quantity, by its name in words; the parameter that matters most comes first."""
    first = COLUMNS[method][0]
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(quantity_named(row["quantity"]), []).append(row)
    # Of two that matter as much, the first of the scenario comes first.
    return {name: sorted(own, key=lambda row: -(row[first] or 0.0)) for name, own in found.items()}


def sensitivity_tables(method: str, rows: Sequence[Row], scenario: "Scenario") -> Iterator[TextTable]:
    """Yield a table a quantity by importance, parameters in words."""
    columns = COLUMNS[method]
    for quantity, own in by_importance(method, rows).items():
        names = [quantity]
        for name in columns:
            if name in HEADERS:
                names += [said(HEADERS[name]), *([said("95% interval")] if f"{name}_low" in columns else [])]
        table = TextTable(names)
        for row in own:
            table.add_row(key_name(row["parameter"], scenario.spec), *_cells(method, row))
        yield table


def dropped(about: Row) -> str:
    """Say how many blocks were dropped for their failed runs, and why the first failed."""
    return said(
        "Dropped for failed runs: {dropped} of {samples} {blocks}. The first failure: {message}",
        dropped=about["dropped"],
        samples=about["samples"],
        blocks=said(SAMPLES[BLOCKS[about["method"]]]),
        message=about["message"],
    )


def idle(about: Row, scenario: "Scenario") -> str:
    """Say which parameters were left out, since they have no effect."""
    keys = about["idle"]
    names = [key_name(key, scenario.spec) for key in keys[:IDLE]]
    return said(
        "Left out: {number} parameters that have no effect before the end of the period: {parameters}",
        number=len(keys),
        parameters="; ".join(names) + ("; ..." if len(keys) > IDLE else ""),
    )


def _cells(method: str, row: Row) -> Iterator[str]:
    def shown(name: str) -> str:
        if row[name] is None:
            return ""
        return number_text(row[name]) if method == MORRIS else written(f"{row[name]:.3f}")

    for name in COLUMNS[method]:
        if name in HEADERS:
            yield shown(name)
            if f"{name}_low" in row:
                yield span_said(shown(f"{name}_low"), shown(f"{name}_high")) if row[name] is not None else ""
