"""Comparison: the differences between policies on the same attempts, with their intervals.

``compare`` takes finished runs, ``compared`` their quantities alone. ``pairing`` says which runs may be compared,
``paired`` makes or reads the runs of ``tocsin compare``, ``fates`` follows single attempts.
"""

from collections.abc import Iterator, Sequence
from statistics import fmean, variance
from typing import TYPE_CHECKING, Any

from sim.experiments.caveats import caveats
from sim.experiments.intervals import half_width
from sim.experiments.pairing import PairingError, demand_pairs, demand_replicates
from sim.experiments.posterior_interval import with_posterior
from sim.experiments.sparing import SPARED, Amounts, price_interval, ratio
from sim.experiments.unpriced import ROUNDED, why_withheld
from sim.language.spoken import ENGLISH, speaking
from sim.reading.costs import COST, COST_HIGH, COST_LOW, OF_STAFF, PARTS, TOTAL
from sim.reading.figures import CHANGE

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run

POSTERIOR = 0.90
"""Share of posterior draws that lie within an interval over draws."""

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
    "price_low",
    "price_high",
    "posterior_low",
    "posterior_high",
    "posterior_draws",
    "withheld",
)
"""Columns: ``low`` and ``high`` are of the difference, ``chance`` is the s.d. of a single one between seeds;
``price_low`` and ``price_high`` are of the difference too, as prices move within their ranges, and so are
``posterior_low`` and ``posterior_high``, as parameters move over draws. ``withheld`` says why a ratio is not told."""

Row = dict[str, Any]


def compare(runs: "Sequence[Run | Sequence[Run] | Sequence[Sequence[Run]]]") -> "pd.DataFrame":
    """Compare runs with the first of them, the base, pair by pair.

    Args:
        runs: The base and the others. Each entry is a run; or a sequence of runs that differ in their seed alone; or
            such sequences, one a posterior draw: as many for each entry, in the same order.

    Returns:
        One row a scenario and quantity, with ``COLUMNS``. ``base`` and ``other`` are means over the runs, scaled up to
        the country, ``difference`` is other less base. ``low`` and ``high`` are the 95 per cent confidence interval of
        the expected difference (Student's t), or, over draws, hold nine tenths of the draws' differences; of counts and
        sums they never reach below minus the base, since no policy takes away more than all. They, ``chance`` and
        ``pairing_gain`` are missing for a single pair. ``pairing_gain`` is (variance of base + variance of other) /
        variance of the paired difference: so many times more pairs of independent seeds would have the same standard
        error. It is missing where the difference does not vary. ``price_low`` and ``price_high`` are there for costs
        alone. ``posterior_low`` and ``posterior_high``, of 90 per cent, are there where answers over
        ``posterior_draws`` draws are stored with both scenarios. Where all runs have costs, ``cost_per_victim_spared``
        and ``cost_per_money_spared`` (lost less recovered) have in ``ratio`` the difference in cost by that in what was
        spared, with intervals of that ratio; it is missing where nothing is spared, or where one policy both costs less
        and spares more. It is also missing, and costs may be, where ``withheld`` says why: ``not_priced``, a lever in
        which the scenarios differ has no price, or ``staff_rounded``, rounding to whole seats has changed the staff, or
        its difference, by more than a tenth.
        and spares more. ``attrs["warnings"]`` says what runs of this size cannot say, ``attrs["findings"]`` what one of
        base and other shows and the other does not.

    Raises:
        PairingError: A ValueError, if the runs do not meet the same attempts and people.
    """
    import pandas as pd

    from sim.reading.outcomes import quantities

    entries = [_by_draw(one) for one in runs]
    if len(entries) < 2 or not all(group for entry in entries for group in entry):
        raise PairingError("a comparison has a base and at least one other run")
    if len({len(entry) for entry in entries}) > 1:
        raise PairingError(f"entries have {' and '.join(str(len(entry)) for entry in entries)} draws; as many each")
    for entry in entries:
        for group, alike in zip(entry, entries[0], strict=True):
            demand_replicates([run.scenario for run in group])
            _demand_same_components(group)
            demand_pairs([run.scenario for run in alike], [run.scenario for run in group])
    base, *others = ([[quantities(run) for run in group] for group in entry] for entry in entries)
    rows = [
        row
        for entry, other in zip(entries[1:], others, strict=True)
        for row in with_posterior(
            compared(
                entry[0][0].manifest["name"],
                base,
                other,
                why_withheld(entries[0][0][0].scenario, entry[0][0].scenario),
            ),
            entries[0][0][0].scenario,
            entry[0][0].scenario,
        )
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    for column in COLUMNS[2:9]:
        frame[column] = frame[column].astype("Float64")
    for column in COLUMNS[11:17]:
        frame[column] = frame[column].astype("Float64")
    first = [entry[0][0] for entry in entries]
    with speaking(ENGLISH):
        single = len(entries[0]) * len(entries[0][0]) == 1
        frame.attrs |= caveats([run.manifest["name"] for run in first], first, single)
    return frame


def _demand_same_components(runs: "Sequence[Run]") -> None:
    """Raise PairingError unless all runs of a group have the same components."""
    first, *others = runs
    if any(run.manifest.get("components") != first.manifest.get("components") for run in others):
        raise PairingError(f"replicates of {first.manifest['name']} differ in their components; use the same for all")


def _by_draw(entry: "Run | Sequence[Run] | Sequence[Sequence[Run]]") -> "list[list[Run]]":
    """Return an entry of a comparison as runs by draw, then by replicate."""
    from sim.reading.run import Run

    if isinstance(entry, Run):
        return [[entry]]
    groups = [one for one in entry if not isinstance(one, Run)]
    single = [one for one in entry if isinstance(one, Run)]
    if groups and single:
        raise PairingError("an entry has runs beside sequences of runs; runs, or a sequence of them for each draw")
    return [list(one) for one in groups] if groups else [single]


def compared(
    scenario: str,
    base: Sequence[Sequence[Amounts]],
    other: Sequence[Sequence[Amounts]],
    withheld: str | None = None,
) -> Iterator[Row]:
    """Compare one scenario with the base.

    Args:
        scenario: Its name.
        base: Quantities of the runs of the base, by posterior draw, then by replicate.
        other: Those of the scenario, in the same order.
        withheld: Why nothing is told of what it costs to spare one more, as ``why_withheld`` has it; None if it is.

    Yields:
        A row a quantity that all runs have. With several draws the interval is that of the posterior: nine tenths of
        the draws' mean differences lie within it.
    """
    every = [list(zip(ones, twos, strict=True)) for ones, twos in zip(base, other, strict=True)]
    shared = [name for name in base[0][0] if all(name in one for group in (*base, *other) for one in group)]
    for quantity in shared:
        if quantity.startswith((f"{COST_LOW}.", f"{COST_HIGH}.")):
            continue  # the ends of prices are told beside the costs themselves
        if withheld == ROUNDED and quantity in OF_STAFF:
            continue
        pairs = [
            [(float(one[quantity]), float(two[quantity])) for one, two in zip(ones, twos, strict=True)]
            for ones, twos in zip(base, other, strict=True)
        ]
        row = {"scenario": scenario, "quantity": quantity, **_paired(pairs)}
        if not quantity.partition("@")[0].endswith(CHANGE):
            row |= _no_less_than_none(row)
        key, _, part = quantity.partition(".")
        if key == COST:
            parts = tuple(PARTS) if part == TOTAL else (part,)
            row["price_low"], row["price_high"] = price_interval([pair for group in every for pair in group], parts)
        yield row
    if withheld is not None and any(quantity.startswith(f"{COST}.") for quantity in shared):
        row = {**dict.fromkeys(COLUMNS[2:]), "replicates": len(every[0]), "draws": len(every), "withheld": withheld}
        yield from ({**row, "scenario": scenario, "quantity": name} for name in SPARED)
    elif f"{COST}.{TOTAL}" in shared:
        yield from ({"scenario": scenario, "quantity": name, **_spared(every, name)} for name in SPARED)


def _no_less_than_none(row: Row) -> Row:
    """Return the ends of an interval without the part that would leave less than nothing of a quantity.

    No policy takes away more than all: what is expected of a count or a sum is not below 0, so no difference is below
    minus the base. Student's interval does not know that, and where it reaches beyond, the part beyond is cut off: the
    rest holds what is expected as often as the whole.
    """
    return {end: None if row[end] is None else max(row[end], -row["base"]) for end in ("low", "high")}


def _spared(pairs: "Sequence[Sequence[tuple[Amounts, Amounts]]]", name: str) -> Row:
    """Return the columns of what it costs to spare one more."""
    found = ratio(pairs, name, POSTERIOR)
    return {
        **dict.fromkeys(("base", "other", "difference", "chance", "pairing_gain")),
        "ratio": found.value,
        **dict(zip(("low", "high"), found.chance or (None, None), strict=True)),
        **dict(zip(("price_low", "price_high"), found.prices or (None, None), strict=True)),
        "replicates": len(pairs[0]),
        "draws": len(pairs),
        "withheld": None,
    }


def _paired(pairs: Sequence[Sequence[tuple[float, float]]]) -> Row:
    """Return the columns of a quantity from its values (base, other), by draw and replicate."""
    import numpy as np

    draws, replicates = len(pairs), len(pairs[0])
    before = fmean(one for group in pairs for one, _ in group)
    after = fmean(two for group in pairs for _, two in group)
    differences = [[two - one for one, two in group] for group in pairs]
    means = [fmean(group) for group in differences]
    low = high = deviation = gain = None
    if replicates > 1:
        paired = fmean(variance(group) for group in differences)
        independent = fmean(variance(one for one, _ in group) + variance(two for _, two in group) for group in pairs)
        deviation = paired**0.5
        gain = independent / paired if paired else None
    if draws > 1:
        low, high = (float(end) for end in np.quantile(means, [(1.0 - POSTERIOR) / 2.0, (1.0 + POSTERIOR) / 2.0]))
    elif deviation is not None:
        half = half_width(deviation, replicates)
        low, high = means[0] - half, means[0] + half
    return {
        "base": before,
        "other": after,
        "difference": fmean(means),
        "ratio": after / before if before else None,
        "low": low,
        "high": high,
        "chance": deviation,
        "replicates": replicates,
        "draws": draws,
        "pairing_gain": gain,
        "price_low": None,
        "price_high": None,
        "withheld": None,
    }
