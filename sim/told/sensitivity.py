"""The tables of a sensitivity on the terminal: parameters by the size of their effect."""

from collections.abc import Iterator

from sim.base.rounding import number_text, written
from sim.experiments.indices import BLOCKS, COLUMNS, MORRIS
from sim.language.spoken import marked, said
from sim.told.experiments import Row
from sim.told.text_tables import TextTable
from sim.told.vocabulary import quantity_named, span_said

MOST = 20
"""Parameters on the terminal for each quantity; the stored table has all."""

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


def sensitivity_tables(method: str, rows: list[Row]) -> Iterator[TextTable]:
    """Yield a table a quantity by importance; its caption says how many parameters have no effect."""
    columns = COLUMNS[method]
    for quantity in dict.fromkeys(row["quantity"] for row in rows):
        own = [row for row in rows if row["quantity"] == quantity]
        # Of two that matter as much, the first of the scenario comes first.
        own.sort(key=lambda row: -(row[columns[0]] or 0.0))
        names = [quantity_named(quantity)]
        for name in columns:
            if name in HEADERS:
                names += [said(HEADERS[name]), *([said("95% interval")] if f"{name}_low" in columns else [])]
        table = TextTable(names)
        for row in own[:MOST]:
            table.add_row(row["parameter"], *_cells(method, row))
        if len(own) > MOST:
            table.caption = said(
                "the first {number} of {count}; {idle} of all have no effect",
                number=MOST,
                count=len(own),
                idle=sum(row[columns[0]] == 0.0 for row in own),
            )
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


def idle(about: Row) -> str:
    """Say which parameters were left out, since they have no effect."""
    keys = about["idle"]
    some = ", ".join(keys[:IDLE]) + (", ..." if len(keys) > IDLE else "")
    return said(
        "Left out: {number} parameters that have no effect before the end of the period: {keys}",
        number=len(keys),
        keys=some,
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
