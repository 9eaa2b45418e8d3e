"""The effect of a policy in sentences: cases and losses filed, victims, losses, what warnings avert, costs."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from sim.base.rounding import amount, percent, significant
from sim.experiments.compare import is_few
from sim.experiments.fates import FEW, SAMPLED
from sim.language.spoken import marked, said
from sim.reading.chance import LEVEL, TWENTIETHS
from sim.reading.costs import COST, TOTAL
from sim.reading.quantities import FORMS
from sim.told.answer import Estimate, rates_said, without_posterior

Row = dict[str, Any]

EFFECTS = {
    **{name: (own.more, own.fewer, own.counted) for name, own in FORMS.items() if own.more},
    f"{COST}.{TOTAL}": (
        marked("{number} {currency} more spent"),
        marked("{number} {currency} less spent"),
        marked("{currency} spent"),
    ),
}
"""Texts for a quantity that is larger, smaller, or unchanged."""

TOLD = tuple(EFFECTS)
"""Quantities of an effect, in the order of the headline."""

PRICED_ALONE = (
    marked("{number} {currency} more spent on items with a price"),
    marked("{number} {currency} less spent on items with a price"),
    marked("{currency} spent on items with a price"),
)
"""Texts for costs if a lever has no price."""


def effect_lines(rows: Sequence[Row]) -> list[str]:
    """Return the effect of a policy, one sentence a quantity, with intervals if there are replicates or draws.

    Differences whose interval leaves out zero come first. If the sample has too few changed people to tell, the first
    sentence says so; the last is about unchanged quantities. ``difference_interval`` names the kind of intervals.
    """
    by_name = {row["quantity"]: row for row in rows}
    stored = any(row.get("posterior_draws") for row in rows)
    unpriced = any(row.get("withheld") for row in rows)
    lines: list[str] = []
    unsure: list[str] = []
    same: list[str] = []
    for name in TOLD:
        row = by_name.get(name)
        if row is None:
            continue
        more, fewer, what = PRICED_ALONE if unpriced and name.startswith(COST) else EFFECTS[name]
        if not row["difference"] and not row["chance"]:
            same.append(said(what))
        else:
            found = ends_of(row, stored)
            straddling = found.low is not None and found.high is not None and found.low <= 0 <= found.high
            (unsure if straddling else lines).append(_told(more if found.value > 0 else fewer, row, found, stored))
    if same:
        unsure.append(said("Unchanged: {quantities}.", quantities=", ".join(same)))
    few = [few_said(rows[0])] if (lines or unsure) and is_few(rows[0]) else []
    return [*few, *lines, *unsure]


def few_said(row: Row) -> str:
    """Return how many simulated people a policy saved and harmed, for what these are too few, and what is enough."""
    saved, harmed = (row[name] for name in SAMPLED)
    times = ceil(FEW / max(1, saved + harmed))
    enough = {"times": str(times), "replicates": str(times * row["replicates"])}
    if not saved + harmed:
        return said(
            "No simulated person becomes a victim under one policy alone. A scale {times} times as large, or "
            "{replicates} replicates, may show some.",
            **enough,
        )
    return said(
        "Of all simulated people the policy saves {saved} and harms {harmed}: too few to tell the size of its effect, "
        "or the direction. Use a scale {times} times as large, or {replicates} replicates.",
        saved=str(saved),
        harmed=str(harmed),
        **enough,
    )


def ends_of(row: Row, stored: bool) -> Estimate:
    """Return a difference with its interval: of ``stored`` draws, or of the row itself."""
    keys = ("posterior_low", "posterior_high") if stored else ("low", "high")
    return Estimate(row["difference"], *(row.get(key) for key in keys))


def unwarned_lines(rows: Sequence[Row]) -> list[str]:
    """Return why a policy without warnings changes victims by another number than warnings averted; or nothing."""
    of = {row["quantity"]: row for row in rows if row["quantity"] in ("averted", "victims")}
    if len(of) < 2 or of["averted"]["other"] or not of["averted"]["base"] or of["victims"]["difference"] <= 0:
        return []
    return [
        said(
            "Warnings averted {averted} victims; without them there are {victims} more. The numbers differ because "
            "gangs that earn more try more, and reach other people, too.",
            averted=amount(significant(of["averted"]["base"])),
            victims=amount(significant(of["victims"]["difference"])),
        )
    ]


def difference_levels(rates: Sequence[Mapping[str, float]]) -> list[str]:
    """Return what fixes the size of differences, and victims and losses at reporting rates; empty without rates."""
    if not rates:
        return []
    level = said("The share of victims who report fixes the size of differences, and hardly their percentages.")
    return [f"{level} {rates_said(rates, signed)}"]


def difference_interval(rows: Sequence[Row]) -> str:
    """Return the kind of intervals of differences: ``95% intervals over 4 replicates``; empty if there are none."""
    stored = [row for row in rows if row.get("posterior_draws")]
    if stored:
        text = (
            marked("{level} intervals over {number} stored posterior draws, without the noise of this single pair")
            if stored[0]["low"] is None
            else marked("{level} intervals over {number} stored posterior draws, with run-to-run noise")
        )
        return said(text, level=percent(1 - 2 / TWENTIETHS), number=str(stored[0]["posterior_draws"]))
    if not rows or all(row["low"] is None for row in rows):
        return ""
    if rows[0]["draws"] > 1:
        return said(
            "{level} intervals over {number} posterior draws",
            level=percent(1 - 2 / TWENTIETHS),
            number=str(rows[0]["draws"]),
        )
    number = str(rows[0]["replicates"])
    return without_posterior(said("{level} intervals over {number} replicates", level=percent(LEVEL), number=number))


def kind_said(rows: Sequence[Row]) -> str:
    """Return the kind of intervals of differences, or that a single pair has none."""
    if rows and is_few(rows[0]):
        return said("no intervals of people and money: too few simulated people changed")
    return difference_interval(rows) or said("a single pair of runs: its run-to-run noise is unknown")


def _told(text: str, row: Row, found: Estimate, stored: bool) -> str:
    """Return a sentence with a difference, its relative change, and its interval."""
    size = Estimate(abs(found.value), found.low, found.high)
    words = {"what": said(text, number=size.number()), "interval": found.ends(signed)}
    change = ""
    if row["base"]:
        change = words["change"] = signed_percent(found.value / row["base"])
        if not row["other"]:
            return said("{what}: all ({change}).", **words)
    if found.low is None or found.high is None or not words["interval"]:
        return said("{what} ({change}).", **words) if change else said("{what}.", **words)
    if found.low <= 0 <= found.high:
        if change and (stored or row["draws"] > 1):
            return said("{what} ({interval}; {change}): the direction is uncertain.", **words)
        if not change:
            return said("{what} ({interval}): within run-to-run noise.", **words)
        return said("{what} ({interval}; {change}): within run-to-run noise.", **words)
    if stored and change and not found.low <= found.value <= found.high:
        return said("{what} ({change}), outside the interval of the posterior draws, {interval}.", **words)
    words["interval"] = Estimate(abs(found.value), *sorted((abs(found.low), abs(found.high)))).ends()
    return said("{what} ({interval}; {change}).", **words) if change else said("{what} ({interval}).", **words)


def signed(value: float, digits: int = 3) -> str:
    """Return a difference with its sign and significant digits: ``+12.3 billion``."""
    return f"{'-' if value < 0 else '+' if value else ''}{amount(abs(significant(value, digits)), digits)}"


def signed_percent(share: float) -> str:
    """Return a relative change with its sign, in percent."""
    return f"{'+' if share > 0 else ''}{percent(share)}"
