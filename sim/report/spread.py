"""Replicates of one policy: how far apart the numbers of the first screen lie, and what is expected of them."""

from collections.abc import Sequence
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from sim.base.rounding import amount, between
from sim.experiments.intervals import half_width
from sim.language.spoken import said
from sim.told.answer import counted_numbers

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run


def spread_table(runs: "Sequence[Run]") -> "pd.DataFrame":
    """Return mean, lowest and highest of each number of the first screen over several runs of a scenario.

    Returns:
        Beside them, of replicates, the 95% interval of what is expected; draws of a posterior, which share their seed,
        have none.
    """
    import pandas as pd

    every = [counted_numbers(run) for run in runs]
    replicates = len({run.manifest["seed"] for run in runs}) == len(runs)
    rows = []
    for name in every[0]:
        values = [float(numbers[name]) for numbers in every]
        mean = fmean(values)
        half = half_width(stdev(values), len(values)) if replicates else None
        interval = between(None, None) if half is None else between(mean - half, mean + half)
        rows.append((name, amount(mean), interval, amount(min(values)), amount(max(values))))
    columns = [said("number"), said("mean"), said("95% interval of the mean"), said("lowest"), said("highest")]
    return pd.DataFrame(rows, columns=columns, dtype=object)
