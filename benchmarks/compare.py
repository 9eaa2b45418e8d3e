"""Measure again and show what became slower: ``python -m benchmarks.compare``.

Rows are compared by ratio, in units that do not depend on a machine's speed: SFC64 doubles, bytes, and ratios to what
ran alongside. The exit code is 1 if a row is slower beyond its interval and by more than a margin, 2 if nothing could
be compared.
"""

import argparse
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from scipy import stats

from benchmarks.rows import COMPARED, NOISE, Compared, number
from benchmarks.sizes import FULL, QUICK, SIZE, SMOKE
from benchmarks.stored import Table, joined, place

CONFIDENCE = 0.95
Verdict = Literal["slower", "faster", "no difference told"]


@dataclass(frozen=True)
class Interval:
    """A ratio of costs, new to old: above 1 the new one costs more; bounds are NaN where one round cannot tell."""

    ratio: float
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """Say what lies beyond the interval."""
        if self.low > 1:
            return "slower"
        return "faster" if self.high < 1 else "no difference told"

    def __str__(self) -> str:
        return "one round" if math.isnan(self.low) else f"{number(self.low)} to {number(self.high)}"


@dataclass(frozen=True)
class Difference:
    """A row in two tables: medians of what is compared, in the row's own direction, and the ratio of costs."""

    what: str
    unit: str
    old: float
    new: float
    interval: Interval


def unpaired(old: Sequence[float], new: Sequence[float]) -> Interval:
    """Compare costs of rounds that ran at other times: t interval of the difference of mean logs, pooled variance.

    Args:
        old: Costs in the rounds of one table, above 0.
        new: Those of the other.

    Returns:
        The ratio of geometric means, and its interval.
    """
    before, after = [math.log(cost) for cost in old], [math.log(cost) for cost in new]
    means = sum(before) / len(before), sum(after) / len(after)
    freedom = len(before) + len(after) - 2
    squares = sum((x - means[0]) ** 2 for x in before) + sum((x - means[1]) ** 2 for x in after)
    error = math.sqrt(squares / freedom * (1 / len(before) + 1 / len(after))) if freedom else math.nan
    return _around(means[1] - means[0], error, freedom)


def paired(old: Sequence[float], new: Sequence[float]) -> Interval:
    """Compare costs of rounds that ran in turn: t interval of the mean log ratio of a round.

    Args:
        old: Costs of one tree, round by round, above 0.
        new: Those of the other in the same rounds.

    Returns:
        The geometric mean of the ratios, and its interval.
    """
    logs = [math.log(after / before) for before, after in zip(old, new, strict=True)]
    mean, freedom = sum(logs) / len(logs), len(logs) - 1
    squares = sum((x - mean) ** 2 for x in logs)
    return _around(mean, math.sqrt(squares / freedom / len(logs)) if freedom else math.nan, freedom)


def _around(mean: float, error: float, freedom: int) -> Interval:
    """Return the interval of a mean of logs with its standard error, as ratios."""
    if not freedom:
        return Interval(math.exp(mean), math.nan, math.nan)
    width = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) * error
    return Interval(math.exp(mean), math.exp(mean - width), math.exp(mean + width))


def differences(
    old: Table, new: Table, in_turn: bool, compared: Mapping[str, Compared] = COMPARED
) -> tuple[list[Difference], list[str]]:
    """Compare two tables row by row.

    Args:
        old: The table that is compared with.
        new: The other one.
        in_turn: Whether their rounds ran in turn.
        compared: Which rows, by what.

    Returns:
        The rows that both have, and what the others are and why.

    Raises:
        ValueError: If the tables are not of one kind.
    """
    if old.kind != new.kind:
        raise ValueError(f"a table of {new.kind} is not compared with one of {old.kind}")
    found, left = [], []
    before, after = ({row.key: row for row in table.rows if row.key in compared} for table in (old, new))
    for key, row in after.items():
        other, by = before.pop(key, None), compared[key]
        if other is None or (other.what, other.unit) != (row.what, row.unit):
            left.append(f"{row.what}: is not in the old table")
            continue
        one, two = other.of(by.of), row.of(by.of)
        if not one or not two or min(*one, *two) <= 0:
            left.append(f"{row.what}: was not told")
            continue
        costs = (one, two) if by.better == "less" else ([1 / value for value in one], [1 / value for value in two])
        all_told = len(one) == len(two) == len(other.measured) == len(row.measured)
        interval = paired(*costs) if in_turn and all_told else unpaired(*costs)
        # What stands beside a row is a number of doubles, or somebody whom it is so many times better than.
        beside = row.to if "SFC64" in row.to else f"ratio to {row.to}"
        unit = row.unit if by.of == "measured" else beside
        found.append(Difference(row.what, unit, median(one), median(two), interval))
    left += [f"{row.what}: is not in the new table" for row in before.values()]
    return found, left


def markdown(found: Sequence[Difference]) -> str:
    """Return the differences as one Markdown table."""
    lines = [
        "| what | compared | old | new | cost, new to old | 95 % interval | |",
        "| --- | --- | ---: | ---: | ---: | --- | --- |",
    ]
    for one in found:
        ratio = f"{one.interval.ratio:.3f}"
        cells = (one.what, one.unit, number(one.old), number(one.new), ratio, str(one.interval), one.interval.verdict)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def slower(found: Sequence[Difference], margin: float) -> list[Difference]:
    """Return what is slower beyond its interval and by more than a margin."""
    return [one for one in found if one.interval.verdict == "slower" and one.interval.ratio > 1 + margin]


def measured(tree: Path, given: Sequence[str]) -> Table:
    """Measure one round in a tree, in a process of its own; raises RuntimeError where that fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith((SIZE, "PYTEST_"))}
    environment["PYTHONPATH"] = os.pathsep.join([str(tree), *filter(None, [os.environ.get("PYTHONPATH")])])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "table.json"
        command = [sys.executable, "-m", "benchmarks.table", *given, "--json", str(file)]
        done = subprocess.run(command, cwd=tree, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{tree}: {' '.join(command[1:])}: exit {done.returncode}: {done.stdout[-400:]}")
        return Table.read(file)


def both(chosen: argparse.Namespace, given: Sequence[str]) -> tuple[Table, Table]:
    """Return the old table and the new one, read or measured as was chosen."""
    here = Path(__file__).resolve().parents[1]
    if chosen.tree:
        old: list[Table] = []
        new: list[Table] = []
        for n in range(chosen.rounds):
            # Who is first changes, for a machine may slow down.
            for tables, tree in ((old, chosen.tree), (new, here))[:: -1 if n % 2 else 1]:
                tables.append(measured(tree.resolve(), given))
        return joined(old), joined(new)
    before = Table.read(chosen.against or place(chosen.size))
    if chosen.measured:
        return before, Table.read(chosen.measured)
    return before, joined([measured(here, given) for _ in range(chosen.rounds)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and print; return 1 where something is slower, 2 where there is nothing to compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often everything is measured")
    size = parser.add_mutually_exclusive_group()
    for name in (FULL.name, QUICK.name, SMOKE.name):
        size.add_argument(f"--{name}", dest="size", action="store_const", const=name, help=f"measure at size {name}")
    old = parser.add_mutually_exclusive_group()
    old.add_argument("--against", type=Path, metavar="FILE", help="an old table; by default the last one of the size")
    old.add_argument("--tree", type=Path, metavar="FOLDER", help="an old tree, measured in turn with this one")
    parser.add_argument("--measured", type=Path, metavar="FILE", help="an existing new table, instead of measuring")
    parser.add_argument("--only", default="", metavar="WORDS", help="only benchmarks whose names match, as pytest -k")
    parser.add_argument("--scale", metavar="S", help="largest scale of the engine vector")
    parser.add_argument("--workers", metavar="N", help="workers of the engine vector")
    parser.add_argument("--margin", type=float, default=NOISE, metavar="SHARE", help="tolerated change (%(default)s)")
    parser.set_defaults(size=QUICK.name)
    chosen = parser.parse_args(arguments)
    given = [] if chosen.size == FULL.name else [f"--{chosen.size}"]
    for name in ("only", "scale", "workers"):
        if value := getattr(chosen, name):
            given += [f"--{name}", value]
    try:
        before, after = both(chosen, given)
        found, left = differences(before, after, in_turn=chosen.tree is not None)
    except (OSError, ValueError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 2
    units = median(after.sfc64_doubles_per_s) / median(before.sfc64_doubles_per_s)
    print(f"old: {before.heading}\n\nnew: {after.heading}\n\nSFC64 doubles a second, new to old: {units:.3f}.\n")
    print(markdown(found))
    if left and not chosen.only:
        print("\nNot compared: " + "; ".join(left) + ".")
    worse = slower(found, chosen.margin)
    names = "; ".join(one.what for one in worse) or "nothing"
    print(f"\nSlower beyond its interval and by more than {chosen.margin:.0%}: {names}.")
    return 2 if not found else int(bool(worse))


if __name__ == "__main__":
    sys.exit(main())
