"""Comparison: paired differences between policies on the same attempts, with their intervals."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, variance
from typing import TYPE_CHECKING, Any

from sim.experiments.pairing import (
    FEW,
    SAMPLED,
    SPARED,
    Amounts,
    PairingError,
    changes,
    demand_pairs,
    demand_replicates,
    half_width,
    price_interval,
    quantities_beside,
    ratio,
    summed,
    why_withheld,
)
from sim.experiments.parameters import COSTS, ranged_parameters
from sim.experiments.store import nullable
from sim.language import ENGLISH, said, speaking
from sim.reading import quantities as reading_quantities
from sim.reading.figures import CHANGE
from sim.reading.findings import apart
from sim.reading.intervals import ends_with_noise, stored_answers
from sim.reading.manifest import beside_size, rare
from sim.reading.run import quantities
from sim.scenario.levers import levers
from sim.warning.size import of_compared

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run
    from sim.scenario import Scenario
    from sim.scenario.errors import Node

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
    *SAMPLED,
)
"""``low`` and ``high`` are the interval of the difference, ``price_low`` and ``price_high`` its range as prices move,
``posterior_low`` and ``posterior_high`` its interval over posterior draws. ``chance`` is the standard deviation of one
difference between seeds. ``withheld`` says why a ratio is missing. ``SAMPLED`` are the simulated people whom a policy
saved and harmed in all pairs together, if they are few."""

Row = dict[str, Any]
Document = dict[str, Any]
ByDraw = Sequence[Sequence[Amounts]]
"""Quantities of runs, by posterior draw, then by replicate."""


def compare(runs: "Sequence[Run | Sequence[Run] | Sequence[Sequence[Run]]]") -> "pd.DataFrame":
    """Compare runs with the first of them, the baseline, pair by pair.

    Args:
        runs: The baseline and the others. Each entry is a run; or a sequence of runs that differ in their seed only; or
            such sequences, one for each posterior draw. All entries have the same number, in the same order.

    Returns:
        One row for each scenario and quantity, with ``COLUMNS``.

        - ``base`` and ``other`` are means over the runs, scaled up to the country; ``difference`` is other minus base.
        - ``low`` and ``high`` are the 95% confidence interval of the expected difference (Student's t) or, with several
          draws, hold 90% of the draws' differences. For counts and sums they never lie below minus the baseline: no
          policy takes away more than everything. They are missing where nothing is left under the other policy; and for
          people and their money if fewer than 30 simulated people, ``sample_saved`` and ``sample_harmed``, changed.
        - ``pairing_gain`` is (variance of base + variance of other) / variance of the paired difference: independent
          seeds would need this factor more pairs for the same standard error. It is missing where the difference does
          not vary. It, ``low``, ``high`` and ``chance`` are missing for a single pair.
        - ``price_low`` and ``price_high`` exist for costs only.
        - ``posterior_low`` and ``posterior_high`` (90%) exist where answers over ``posterior_draws`` draws are stored
          with both scenarios. Of several pairs they hold run-to-run noise, too.
        - ``cost_per_victim_spared`` and ``cost_per_money_spared`` (lost minus recovered) exist where all runs have
          costs. Their ``ratio`` is the difference in cost over the difference in losses, with intervals of that
          ratio. It is missing where nothing is spared, where one policy both costs less and spares more, and where
          ``withheld`` gives a reason: ``not_priced``, a lever that differs has no price.

        ``attrs["warnings"]`` says what runs of this size cannot show, ``attrs["findings"]`` lists findings that only
        one of base and other has.

    Raises:
        PairingError: A ValueError, if the runs do not meet the same attempts and people.
    """
    entries = [_by_draw(one) for one in runs]
    if len(entries) < 2 or not all(group for entry in entries for group in entry):
        raise PairingError("a comparison needs a baseline and at least one other run")
    if len({len(entry) for entry in entries}) > 1:
        counts = " and ".join(str(len(entry)) for entry in entries)
        raise PairingError(f"all entries must have the same number of draws; got {counts}")
    for groups in zip(*entries, strict=True):
        demand_groups(groups)
    pairs = [pair for groups in zip(*entries, strict=True) for pair in zip(*groups, strict=True)]
    compared_pairs = compare_pairs(pairs, len(entries[0]) if len(entries[0]) > 1 else None)
    frame = frame_of(compared_pairs.rows)
    with speaking(ENGLISH):
        frame.attrs |= compared_pairs.caveats()
    return frame


def demand_groups(groups: "Sequence[Sequence[Run]]") -> None:
    """Raise PairingError unless runs are replicates, policy by policy, and can be paired with the baseline's."""
    for group in groups:
        demand_replicates([run.scenario for run in group])
        first, *others = group
        if any(run.manifest.get("components") != first.manifest.get("components") for run in others):
            name = first.manifest["name"]
            raise PairingError(f"replicates of {name} differ in their components; use the same for all")
        demand_pairs([run.scenario for run in groups[0]], [run.scenario for run in group])


@dataclass(frozen=True)
class ComparedPairs:
    """Pairs of runs: names of scenarios, rows, and the runs of the first pair, all with the baseline first.

    ``changed`` are the people whose fate changed, by pair and policy. ``single`` says that there is only one pair,
    ``over_draws`` that there are pairs of several posterior draws.
    """

    titles: list[str]
    rows: list[Row]
    first: "Sequence[Run]"
    changed: "list[pd.DataFrame]"
    single: bool
    over_draws: bool

    def caveats(self) -> dict[str, list[Any]]:
        """Return ``warnings``, in one line each, and ``findings`` that only one of base and other has."""
        lines = of_compared([run.scenario.spec for run in self.first])
        if self.single:
            lines += rare(self.first[0].manifest)
        own = [beside_size(run) for run in self.first]
        for title, warned in zip(self.titles, own, strict=True):
            lines += [line if all(line in other for other in own) else f"{title}: {line}" for line in warned]
        base, *others = self.first
        found = []
        for title, run in zip(self.titles[1:], others, strict=True):
            lines += not_drawn(title, base.scenario, run.scenario, self.over_draws)
            lines += set_in_draws(title, base.scenario, run.scenario, self.over_draws)
            held = base.manifest.get("policy_of") is None and run.manifest.get("policy_of") is None
            for name, one, beside, other in ((title, run, self.titles[0], base), (self.titles[0], base, title, run)):
                found += [{"scenario": name, "beside": beside, **row} for row in apart(one.found, other.found, held)]
        return {"warnings": list(dict.fromkeys(lines)), "findings": found}

    def document(self) -> Document:
        """Return the document of the comparison, in the current language.

        It has ``base``, ``others``, ``levers`` (what each scenario changes, and whether it is ``priced``), ``rows``
        (see ``compared``), what these are ``at_reporting_rates``, for people ``changes`` (of fates), and ``caveats``.
        """
        document = document_of_rows(self.titles, self.rows, [run.scenario for run in self.first])
        if self.changed:
            import pandas as pd

            document["changes"] = [
                {key: value.item() if hasattr(value, "item") else value for key, value in row.items()}
                for row in summed(pd.concat(self.changed)).to_dict("records")
            ]
        return {**document, **self.caveats()}


def compare_pairs(pairs: "Iterable[Sequence[Run]]", draws: int | None = None, fates: bool = False) -> ComparedPairs:
    """Return the comparison of pairs of runs, the baseline first; only totals and figures of a pair stay in memory.

    With ``draws`` there are pairs of so many posterior draws, one after the other, each with as many replicates. With
    ``fates`` people whose fate changed are found where all runs have events.
    """
    flat: list[list[Amounts]] = []
    changed: list[pd.DataFrame] = []
    for pair in pairs:
        base, *others = pair
        if not flat:
            first, titles = pair, distinct([run.manifest["name"] for run in pair])
        flat.append([quantities(base), *(quantities_beside(base, other) for other in others)])
        if fates and all(run.has_events for run in pair):
            for title, other in zip(titles[1:], others, strict=True):
                frame = changes(base, other)
                frame.insert(0, "scenario", title)
                changed.append(frame)
    size = len(flat) // (draws or 1)
    amounts = [
        [list(of_scenario[at : at + size]) for at in range(0, len(flat), size)]
        for of_scenario in zip(*flat, strict=True)
    ]
    rows = rows_of(titles, amounts, [run.scenario for run in first])
    return ComparedPairs(titles, rows, first, changed, len(flat) == 1, draws is not None)


def document_of_rows(titles: Sequence[str], rows: Sequence[Row], scenarios: "Sequence[Scenario]") -> Document:
    """Return the document of a comparison from its rows, without fates and caveats."""
    base, *others = scenarios
    return {
        "base": titles[0],
        "others": list(titles[1:]),
        "questions": {title: one.spec.title for title, one in zip(titles, scenarios, strict=True)},
        "levers": [row for title, other in zip(titles[1:], others, strict=True) for row in _levers(title, base, other)],
        "rows": rows,
        "at_reporting_rates": [
            one
            for title, other in zip(titles[1:], others, strict=True)
            for one in at_rates([row for row in rows if row["scenario"] == title], base, other)
        ],
    }


def _levers(title: str, base: "Scenario", other: "Scenario") -> list[dict[str, Any]]:
    """Return what a scenario changes, and whether each change has a price."""
    changed = levers(base, other)
    unpriced = reading_quantities.not_priced(base, other, changed)
    return [{"scenario": title, **lever.as_json(), "priced": lever not in unpriced} for lever in changed]


def distinct(names: Sequence[str]) -> list[str]:
    """Return a distinct name for each scenario: the second ``tiny`` is ``tiny-2``."""
    titles: list[str] = []
    for name in names:
        title, count = name, 1
        while title in titles:
            count += 1
            title = f"{name}-{count}"
        titles.append(title)
    return titles


def _by_draw(entry: "Run | Sequence[Run] | Sequence[Sequence[Run]]") -> "list[list[Run]]":
    """Return an entry of a comparison as runs by draw, then by replicate."""
    from sim.reading.run import Run

    if isinstance(entry, Run):
        return [[entry]]
    groups = [one for one in entry if not isinstance(one, Run)]
    single = [one for one in entry if isinstance(one, Run)]
    if groups and single:
        raise PairingError("an entry mixes runs and sequences of runs; give runs, or a sequence of runs for each draw")
    return [list(one) for one in groups] if groups else [single]


def frame_of(rows: Sequence[Row]) -> "pd.DataFrame":
    """Return the rows of a comparison as a table with ``COLUMNS``, NA for missing numbers."""
    import pandas as pd

    frame = nullable(pd.DataFrame(rows, columns=list(COLUMNS)), (*COLUMNS[2:9], *COLUMNS[11:16]))
    return frame.astype(dict.fromkeys(("posterior_draws", *SAMPLED), "Int64"))


def rows_of(titles: Sequence[str], amounts: Sequence[ByDraw], scenarios: "Sequence[Scenario]") -> list[Row]:
    """Return the rows of all scenarios of a comparison, the baseline first, with intervals over posterior draws."""
    base, *others = scenarios
    rows: list[Row] = []
    for title, other, scenario in zip(titles[1:], amounts[1:], others, strict=True):
        found = compared(title, amounts[0], other, why_withheld(base, scenario))
        every = [pair for group in other for pair in group]
        known = all(SAMPLED[0] in pair for pair in every)
        for row in with_posterior(found, base, scenario):
            row |= {name: int(sum(pair[name] for pair in every)) if known else None for name in SAMPLED}
            of_people = (
                reading_quantities.FIGURES.get(re.split(rf"{CHANGE}|[@.]", row["quantity"])[0], ("",))[0] == "outcomes"
            )
            gone = row["base"] and not any(pair.get(row["quantity"], 1) for pair in every)
            if gone or (is_few(row) and (of_people or row["quantity"] in SPARED)):
                row |= dict.fromkeys(("low", "high", "posterior_low", "posterior_high", "posterior_draws"))
            rows.append(row)
    return rows


def is_few(row: Mapping[str, Any]) -> bool:
    """Return whether so few simulated people changed, but not none, that their number tells little."""
    return row.get(SAMPLED[0]) is not None and 0 < sum(row[name] for name in SAMPLED) < FEW


def compared(scenario: str, base: ByDraw, other: ByDraw, withheld: str | None = None) -> Iterator[Row]:
    """Yield a row for each quantity that all runs of a scenario and of the baseline have.

    With several draws the interval is that of the posterior: 90% of the draws' mean differences lie within it.
    ``withheld`` is why there is no cost per unit spared, as ``why_withheld`` returns it.
    """
    every = [list(zip(ones, twos, strict=True)) for ones, twos in zip(base, other, strict=True)]
    runs = [one for group in (*base, *other) for one in group]
    shared = [name for name in base[0][0] if all(name in one for one in runs)]
    if f"{reading_quantities.COST}.{reading_quantities.TOTAL}" in shared:
        # A part that only some have a price for costs the others nothing.
        every_part = (f"{reading_quantities.COST}.{part}" for part in reading_quantities.PARTS)
        some = [name for name in every_part if name not in shared and any(name in one for one in runs)]
        at = shared.index(f"{reading_quantities.COST}.{reading_quantities.TOTAL}")
        shared[at:at] = some
    for quantity in shared:
        if quantity.startswith((f"{reading_quantities.COST_LOW}.", f"{reading_quantities.COST_HIGH}.")):
            continue  # the ends of prices are columns of the costs' own rows
        pairs = [
            [(float(one.get(quantity, 0.0)), float(two.get(quantity, 0.0))) for one, two in group] for group in every
        ]
        row = {"scenario": scenario, "quantity": quantity, **_paired(pairs)}
        if not quantity.partition("@")[0].endswith(CHANGE):
            # No count or sum falls below 0, so its expected difference is at least minus the base: Student's interval
            # is cut there, and what is left holds the expectation as often as the whole.
            row |= {end: None if row[end] is None else max(row[end], -row["base"]) for end in ("low", "high")}
        key, _, part = quantity.partition(".")
        if key == reading_quantities.COST:
            parts = tuple(reading_quantities.PARTS) if part == reading_quantities.TOTAL else (part,)
            row["price_low"], row["price_high"] = price_interval([pair for group in every for pair in group], parts)
        yield row
    if withheld is not None and any(quantity.startswith(f"{reading_quantities.COST}.") for quantity in shared):
        row = {**dict.fromkeys(COLUMNS[2:]), "replicates": len(every[0]), "draws": len(every), "withheld": withheld}
        yield from ({**row, "scenario": scenario, "quantity": name} for name in SPARED)
    elif f"{reading_quantities.COST}.{reading_quantities.TOTAL}" in shared:
        yield from ({"scenario": scenario, "quantity": name, **_spared(every, name)} for name in SPARED)


def with_posterior(rows: "Iterator[Row] | Sequence[Row]", base: "Scenario", other: "Scenario") -> Iterator[Row]:
    """Yield the rows of one scenario with ``posterior_low``, ``posterior_high`` (90%) and ``posterior_draws``.

    The ratio of a stored draw's totals to those of the scenario's own values is applied to the compared runs. Of
    several replicates the run-to-run noise of their mean is added. Without stored answers of both scenarios, or for a
    row that covers several draws, the values are missing (None).
    """
    before, after = stored_answers(base), stored_answers(other)
    for row in rows:
        low = high = draws = None
        if before and after and row["draws"] == 1 and row["base"] and row["other"] and row["quantity"] in before.own:
            steps = [row["other"] * (one - 1.0) for one in after.ratios(before, row["quantity"])]
            at, chance = row["difference"], (row["low"], row["high"])
            low, _, high = ends_with_noise(at, steps, (at, at) if None in chance else chance)
            draws = len(steps)
        yield {**row, "posterior_low": low, "posterior_high": high, "posterior_draws": draws}


def at_rates(rows: Sequence[Row], base: "Scenario", other: "Scenario") -> list[Row]:
    """Return the differences of one scenario in victims and losses at reporting rates, from its rows.

    Empty if both scenarios have different rates, or for rows that cover several posterior draws.
    """
    differences = {row["quantity"]: row["difference"] for row in rows if row["quantity"] in reading_quantities.LEVELS}
    rates = {one.spec.aftermath.report.probability for one in (base, other)}
    if len(rates) > 1 or len(differences) < len(reading_quantities.LEVELS) or any(row["draws"] > 1 for row in rows):
        return []
    return [
        {"scenario": rows[0]["scenario"], **row} for row in reading_quantities.at_reporting_rates(base, differences)
    ]


def _spared(pairs: "Sequence[Sequence[tuple[Amounts, Amounts]]]", name: str) -> Row:
    """Return the columns of a cost per unit spared."""
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


def not_drawn(title: str, base: "Scenario", other: "Scenario", over_draws: bool = False) -> list[str]:
    """Return a line that names the values with a range which only the other scenario has, or nothing.

    A posterior has no draws of them, so intervals over draws do not contain their uncertainty. ``over_draws`` says that
    there are such intervals although no answers over draws are stored. Prices have separate intervals.
    """
    if not _are_over_draws(base, other, over_draws):
        return []
    known = {one.key for one in ranged_parameters(base)}
    keys = [one.key for one in ranged_parameters(other) if one.key not in known and not one.key.startswith(COSTS)]
    if not keys:
        return []
    return [
        said(
            "The posterior draws do not cover the values that only {other} assumes: {keys}. To see their effect, use "
            "tocsin sweep --vary.",
            other=title,
            keys=", ".join(keys),
        )
    ]


def set_in_draws(title: str, base: "Scenario", other: "Scenario", over_draws: bool = False) -> list[str]:
    """Return a line that names the values which draws vary in the baseline and the other scenario sets, or nothing.

    A policy that means "twice as many" and states a number takes away in a draw whose baseline has more than that. A
    relative value (``sim.scenario.merging``) does not.
    """
    if not _are_over_draws(base, other, over_draws):
        return []
    ranged = {one.key for one in ranged_parameters(base) if not one.key.startswith(COSTS)}
    root = other.root()
    names = [
        lever.name
        for lever in levers(base, other)
        if lever.other is not None and _of_whole(lever.key) in ranged and not _is_relative(root, lever.key)
    ]
    if not names:
        return []
    return [
        said(
            "{other} sets values that the posterior draws vary in the baseline: {names}. The change "
            "therefore differs between draws in size, perhaps in direction, and the intervals include that.",
            other=title,
            names="; ".join(names),
        )
    ]


def _is_relative(root: "Node", key: str) -> bool:
    """Return whether a value was stated relative to the baseline's; a province's desk by its staff."""
    node = root.at(root.path_to(key))
    return node is not None and (node.child("staff") or node).relative


def _of_whole(key: str) -> str:
    """Return the key of the country's staff for that of a province, which is part of it; other keys unchanged."""
    desk, here, _ = key.partition(".by_province.")
    return f"{desk}.staff" if here else key


def _are_over_draws(base: "Scenario", other: "Scenario", over_draws: bool) -> bool:
    """Return whether differences have intervals over draws: draws that were run, or stored answers of both."""
    return over_draws or None not in (stored_answers(base), stored_answers(other))
