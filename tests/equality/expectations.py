"""Compare what two folders of runs expect, table by table: ``python -m tests.equality.expectations BEFORE AFTER``.

For when draws change and the law must not. Each folder holds runs of one scenario with different seeds. Every measure
of every table is compared by Welch's test: in total, by each key but the day, by month, and by all keys but day and
province together. Holm's method holds the error rate of the whole family.
"""

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

import sim
from sim.store.tables import EVENTS, TABLES

FEWEST = 20.0
"""Cells that hold fewer on average, before and after together, are left out."""
FAMILY_ERROR = 0.05
SHOWN = 10
DAY, MONTH, PROVINCE, QUANTITY = "day", "month", "province", "quantity"


def runs(folder: Path) -> list[sim.Run]:
    """Return the finished runs in a folder, by name."""
    return [sim.load_run(path.parent) for path in sorted(folder.glob("*/run.json"))]


def by_month(table: pd.DataFrame, measures: list[str]) -> pd.DataFrame:
    """Return a table summed over the days of each month, with its keys as text."""
    if DAY in table:
        months = table[DAY].to_numpy(dtype="datetime64[M]").astype(np.int64)
        table = table.drop(columns=DAY).assign(**{MONTH: months})
    keys = [column for column in table.columns if column not in measures]
    summed = table.groupby(keys, dropna=False, observed=True, as_index=False)[measures].sum()
    return summed.astype(dict.fromkeys(keys, str))


def groupings(keys: list[str]) -> list[list[str]]:
    """Return the lists of keys by which a table is compared."""
    coded = [key for key in keys if key not in (DAY, MONTH)]
    found = [[], *([key] for key in keys if key != DAY), [key for key in coded if key != PROVINCE]]
    if QUANTITY in keys:
        # Different quantities are not added up.
        found = [list(dict.fromkeys([QUANTITY, *group])) for group in found]
    return [group for k, group in enumerate(found) if group not in found[:k]]


def cells(tables: list[pd.DataFrame], measure: str, group: list[str]) -> pd.DataFrame:
    """Return the sums of a measure, a row a run and a column a cell."""
    if not group:
        return pd.DataFrame([{"all": table[measure].sum()} for table in tables])
    sums = [table.groupby(group)[measure].sum() for table in tables]
    return pd.DataFrame(sums).reset_index(drop=True)


def compared(before: list[sim.Run], after: list[sim.Run]) -> Iterator[tuple[float, str]]:
    """Iterate over the p values of all comparisons, each with what was compared and both means."""
    for name, table in TABLES.items():
        if name == EVENTS.name:
            continue
        measures = [column.name for column in table.measures]
        sides = [[by_month(getattr(run, name), measures) for run in side] for side in (before, after)]
        keys = [column for column in sides[0][0].columns if column not in measures]
        for measure in measures:
            for group in groupings(keys):
                one, other = (cells(side, measure, group) for side in sides)
                one, other = one.align(other, axis=1, join="outer")
                x, y = (side.fillna(0.0).to_numpy(dtype=float) for side in (one, other))
                kept = np.flatnonzero(x.mean(axis=0) + y.mean(axis=0) >= FEWEST)
                x, y = x[:, kept], y[:, kept]
                with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
                    values = stats.ttest_ind(x, y, equal_var=False).pvalue
                # Without any spread two sides are the same or not.
                values = np.where(np.isnan(values), (x.mean(axis=0) == y.mean(axis=0)) * 1.0, values)
                for k, p in enumerate(values.tolist()):
                    means = f"{x[:, k].mean():.6g} before, {y[:, k].mean():.6g} after"
                    yield p, f"{name}.{measure} by {group}, {one.columns[kept[k]]}: {means}"


def main() -> int:
    """Compare, print, and return 1 if anything differs."""
    before, after = (runs(Path(folder)) for folder in sys.argv[1:3])
    found = sorted(compared(before, after))
    values = np.array([p for p, _ in found])
    adjusted = np.maximum.accumulate(np.minimum(1.0, values * (len(values) - np.arange(len(values)))))
    print(f"{len(before)} and {len(after)} runs, {len(found)} comparisons")
    print(f"{np.mean(values < 0.05):.2%} have p < 0.05, {np.mean(values < 0.01):.2%} have p < 0.01")
    for p, (_, what) in list(zip(adjusted, found, strict=True))[:SHOWN]:
        print(f"  by Holm {p:.3f}: {what}")
    differ = int(np.sum(adjusted < FAMILY_ERROR))
    print(f"{differ} differ, at an error rate of {FAMILY_ERROR:.0%} for all together")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
