"""Comparison: the difference that a policy makes, attempt by attempt the same, with what chance leaves of it."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, variance
from typing import TYPE_CHECKING, Any

from sim.experiments.pairing import PairingError, demand_pairs, demand_replicates

if TYPE_CHECKING:
    import pandas as pd

    from sim.results.run import Run

LEVEL = 0.95
"""Level of an interval over replicates: of the expected difference, by Student's t."""

POSTERIOR = 0.90
"""Share of posterior draws that an interval over draws holds."""

Amounts = Mapping[str, float]
"""Quantities of one run, by name: totals of the country, and figures as ``NAME@START..END``."""

COLUMNS = (
    "scenario",
    "quantity",
    "base",
    "other",
    "difference",
    "ratio",
    "low",
    "high",
    "chance",
    "replicates",
    "draws",
    "pairing_gain",
)
"""Columns of a comparison: ``low`` and ``high`` of the difference, ``chance`` the s.d. of one difference over seeds."""

Row = dict[str, Any]


def compare(runs: "Sequence[Run | Sequence[Run] | Sequence[Sequence[Run]]]") -> "pd.DataFrame":
    """Compare runs with the first of them, the base, pair by pair; one row a scenario and quantity.

    Each entry is a run; or a sequence of runs that differ in their seed alone; or such sequences, one a posterior draw:
    as many for each entry, in the same order. ``base`` and ``other`` are means over these, scaled up to the country,
    ``difference`` is other less base. ``low`` and ``high`` hold the expected difference with a probability of 0.95
    (Student's t), or, over draws, nine tenths of the draws' differences; they, ``chance`` and ``pairing_gain`` are
    missing for a single pair. ``pairing_gain`` is (variance of base + variance of other) / variance of the paired
    difference: so many times more pairs of independent seeds would say as much. It is missing where the difference does
    not vary.

    Raises PairingError, a ValueError, for runs that do not meet the same attempts and people.
    """
    import pandas as pd

    from sim.results.outcomes import quantities

    entries = [_by_draw(one) for one in runs]
    if len(entries) < 2 or not all(group for entry in entries for group in entry):
        raise PairingError("a comparison has a base and at least one other run")
    if len({len(entry) for entry in entries}) > 1:
        raise PairingError(f"entries have {' and '.join(str(len(entry)) for entry in entries)} draws; as many each")
    for entry in entries:
        for group, alike in zip(entry, entries[0], strict=True):
            demand_replicates([run.scenario for run in group])
            demand_pairs([run.scenario for run in alike], [run.scenario for run in group])
    base, *others = ([[quantities(run) for run in group] for group in entry] for entry in entries)
    rows = [
        row
        for entry, other in zip(entries[1:], others, strict=True)
        for row in compared(entry[0][0].manifest["name"], base, other)
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    for column in COLUMNS[2:9]:
        frame[column] = frame[column].astype("Float64")
    frame["pairing_gain"] = frame["pairing_gain"].astype("Float64")
    return frame


def _by_draw(entry: "Run | Sequence[Run] | Sequence[Sequence[Run]]") -> "list[list[Run]]":
    """Give an entry of a comparison as runs by draw, then by replicate."""
    from sim.results.run import Run

    if isinstance(entry, Run):
        return [[entry]]
    groups = [one for one in entry if not isinstance(one, Run)]
    single = [one for one in entry if isinstance(one, Run)]
    if groups and single:
        raise PairingError("an entry has runs beside sequences of runs; runs, or a sequence of them for each draw")
    return [list(one) for one in groups] if groups else [single]


def compared(scenario: str, base: Sequence[Sequence[Amounts]], other: Sequence[Sequence[Amounts]]) -> Iterator[Row]:
    """Give the rows of one scenario beside the base; both by posterior draw, then by replicate.

    With several draws the interval is that of the posterior: it holds nine tenths of the draws' mean differences.
    """
    for quantity in base[0][0]:
        if not all(quantity in one for group in (*base, *other) for one in group):
            continue
        pairs = [
            [(float(one[quantity]), float(two[quantity])) for one, two in zip(ones, twos, strict=True)]
            for ones, twos in zip(base, other, strict=True)
        ]
        yield {"scenario": scenario, "quantity": quantity, **_paired(pairs)}


def _paired(pairs: Sequence[Sequence[tuple[float, float]]]) -> Row:
    """Give the columns of a quantity from its values (base, other), by draw and replicate."""
    import numpy as np
    from scipy.special import stdtrit

    draws, replicates = len(pairs), len(pairs[0])
    before = fmean(one for group in pairs for one, _ in group)
    after = fmean(two for group in pairs for _, two in group)
    moved = [[two - one for one, two in group] for group in pairs]
    means = [fmean(group) for group in moved]
    low = high = chance = gain = None
    if replicates > 1:
        spread = fmean(variance(group) for group in moved)
        apart = fmean(variance(one for one, _ in group) + variance(two for _, two in group) for group in pairs)
        chance = spread**0.5
        gain = apart / spread if spread else None
    if draws > 1:
        low, high = (float(end) for end in np.quantile(means, [(1.0 - POSTERIOR) / 2.0, (1.0 + POSTERIOR) / 2.0]))
    elif chance is not None:
        half = float(stdtrit(replicates - 1, (1.0 + LEVEL) / 2.0)) * chance / replicates**0.5
        low, high = means[0] - half, means[0] + half
    return {
        "base": before,
        "other": after,
        "difference": fmean(means),
        "ratio": after / before if before else None,
        "low": low,
        "high": high,
        "chance": chance,
        "replicates": replicates,
        "draws": draws,
        "pairing_gain": gain,
    }
