"""The table of benchmarks: how it is kept, and how it is shown within 100 columns and in Markdown."""

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from statistics import fmean, median, stdev
from typing import Any

from scipy import stats

from benchmarks.limits import machine_said
from benchmarks.measures import BENCHMARKS, NOISE
from benchmarks.rows import Figures, Row, number
from sim.store.folder import versions

WIDTH = 100
BUSY = 0.5
"""The load of other work from which on a warning is shown."""
HEADS = ("what", "measured", "against", "to before", "aim")
"""Of the columns; the last three are left out where they are empty."""
DECLARED = {row.key: row for benchmark in BENCHMARKS for row in benchmark.rows}


@dataclass(frozen=True)
class Measured:
    """What the rounds of a row gave.

    Attributes:
        key: The row's key.
        measured: By round, in the row's unit.
        ratio: By round, to what the row says; empty if it has none.
        before: By round, what the version before took, in the same unit; empty if it was not measured.
    """

    key: str
    measured: list[float]
    ratio: list[float]
    before: list[float]

    @property
    def row(self) -> Row:
        """How it is shown; the row of a phase follows from the one that it belongs to."""
        phase = self.key.rpartition(".")[2]
        return DECLARED.get(self.key) or Row(self.key, f"- {phase}", "s", "of all")

    @property
    def to_before(self) -> tuple[float, float]:
        """The cost to that of the version before, and half of its 95 % interval; NaN where it cannot be known.

        It is the geometric mean over rounds, which are pairs, with the t interval of the mean logarithm.
        """
        pairs = [pair for pair in zip(self.measured, self.before, strict=False) if min(pair) > 0]
        logs = [math.log(new / old) * (-1 if self.row.more else 1) for new, old in pairs]
        if not logs:
            return math.nan, math.nan
        ratio = math.exp(fmean(logs))
        if len(logs) == 1:
            return ratio, math.nan
        return ratio, ratio * float(stats.t.ppf(0.975, len(logs) - 1)) * stdev(logs) / math.sqrt(len(logs))

    @property
    def slower(self) -> bool:
        """Whether it costs more than before, by more than noise and beyond the interval; one round cannot tell."""
        ratio, half = self.to_before
        return not math.isnan(half) and ratio - 1.0 > max(NOISE, half)

    def cells(self) -> tuple[str, str, str, str, str]:
        """Return the cells of its line: what, measured, against, to the version before, and aim."""
        row, value = self.row, median(self.measured)
        share = median(self.ratio) if self.ratio else math.nan
        against = f"{number(share)} {row.to}" if row.to != "of all" else f"{share:.0%} {row.to}"
        ratio, half = self.to_before
        before = "" if math.isnan(ratio) else f"{ratio:.2f}" + ("" if math.isnan(half) else f" ±{half:.2f}")
        aim = "" if row.aim is None else row.aim.said(value, share)
        return row.what, f"{number(value)} {row.unit}", against if self.ratio else "", before, aim


def gathered(rounds: Sequence[Mapping[str, Figures]]) -> Iterator[Measured]:
    """Yield the rows of a benchmark's rounds: figures of this version, and of the version before if it has them."""
    keys = dict.fromkeys(key for one in rounds for key in one["this"])
    for key in keys:
        own = [one["this"][key] for one in rounds if key in one["this"]]
        old = [one["before"][key].measured for one in rounds if key in one.get("before", {})]
        ratios = [figure.ratio for figure in own if figure.ratio is not None and not math.isnan(figure.ratio)]
        yield Measured(key, [figure.measured for figure in own], ratios, old)


def about(size: str, before: str, load: float) -> dict[str, Any]:
    """Return when and on what a table is measured, by which version, and beside which load."""
    found = versions()
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine_said(),
        "load": round(load, 1),
        "version": found["tocsin"],
        "sources": found["sources"],
        "size": size,
        "before": before,
    }


def load() -> float:
    """Return the number of processes that wanted a core in the last minute."""
    return os.getloadavg()[0]


def heading(said: Mapping[str, Any]) -> list[str]:
    """Return the lines above a table: machine, version, and a warning if other work ran."""
    lines = [
        f"{said['machine']}; {said['date']}, tocsin {said['version']} {said['sources']}",
        f"Size {said['size']}; medians of rounds. A double: what SFC64 of numpy makes on one core, beside each row.",
    ]
    if said["before"]:
        lines.append(f"To before: cost to that of {said['before']}, in pairs; ± is half of the 95 % interval.")
    if said["load"] > BUSY:
        lines.append(f"WARNING: load {said['load']} from other work: seconds of wall say little, ratios less.")
    return lines


def columns(rows: Iterable[Measured]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return heads and cells of the columns that have something in them."""
    lines = [row.cells() for row in rows]
    kept = [n for n in range(len(HEADS)) if n < 2 or any(line[n] for line in lines)]
    return tuple(HEADS[n] for n in kept), [tuple(line[n] for n in kept) for line in lines]


def text(said: Mapping[str, Any], rows: Iterable[Measured]) -> str:
    """Return the table for a terminal of 100 columns."""
    heads, lines = columns(rows)
    widths = [max(len(line[n]) for line in (heads, *lines)) for n in range(len(heads))]

    def line(cells: Sequence[str]) -> str:
        first, second, *others = cells
        rest = (f"{cell:<{width}}" for cell, width in zip(others, widths[2:], strict=True))
        return "  ".join([f"{first:<{widths[0]}}", f"{second:>{widths[1]}}", *rest]).rstrip()

    rule = "-" * min(WIDTH, sum(widths) + 2 * (len(widths) - 1))
    return "\n".join([*heading(said), "", line(heads), rule, *(line(cells) for cells in lines)])


def markdown(said: Mapping[str, Any], rows: Iterable[Measured]) -> str:
    """Return the table in Markdown."""
    heads, lines = columns(rows)
    rule = ("---", "---:", *["---"] * (len(heads) - 2))
    table = [f"| {' | '.join(cells)} |" for cells in (heads, rule, *lines)]
    return "\n".join([" ".join(f"{one.rstrip('.')}." for one in heading(said)), "", *table])


def stored(said: Mapping[str, Any], rows: Iterable[Measured]) -> dict[str, Any]:
    """Return a table as it is kept in a file."""
    return {"about": dict(said), "rows": [asdict(row) for row in rows]}


def is_of(found: Mapping[str, Any] | None, before: str | None) -> bool:
    """Return whether a kept table is of these sources, this machine and this version before."""
    if found is None:
        return False
    said = about(found["about"]["size"], before or "", 0.0)
    return all(found["about"][key] == said[key] for key in ("machine", "sources", "before"))


def replaced(found: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """Return a kept table with the rows of another one in place of its own rows of these keys."""
    rows = {row["key"]: row for row in others["rows"]}
    return {"about": found["about"], "rows": [rows.get(row["key"], row) for row in found["rows"]]}


def read(found: Mapping[str, Any]) -> tuple[dict[str, Any], list[Measured]]:
    """Return what ``stored`` returned."""
    return dict(found["about"]), [Measured(**row) for row in found["rows"]]
