"""The effect of a policy in sentences: cases and losses filed, victims, losses, what warnings avert, costs."""

from collections.abc import Mapping, Sequence
from typing import Any

from sim.base.rounding import amount, percent, significant
from sim.language.spoken import marked, said
from sim.reading.chance import LEVEL
from sim.reading.costs import COST, TOTAL
from sim.reading.draw_intervals import TWENTIETHS
from sim.reading.headline import FORMS
from sim.told.answer import rates_said, without_posterior

Row = Mapping[str, Any]

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

    The last sentence is about unchanged quantities; ``interval_said`` names the kind of intervals.
    """
    by_name = {row["quantity"]: row for row in rows}
    stored = any(row.get("posterior_draws") for row in rows)
    unpriced = any(row.get("withheld") for row in rows)
    lines, same = [], []
    for name in TOLD:
        row = by_name.get(name)
        if row is None:
            continue
        more, fewer, what = PRICED_ALONE if unpriced and name.startswith(COST) else EFFECTS[name]
        if not row["difference"] and not row["chance"]:
            same.append(said(what))
        else:
            text = more if row["difference"] > 0 else fewer
            lines.append(_told(said(text, number=_size(row["difference"])), row, stored))
    if same:
        lines.append(said("Unchanged: {quantities}.", quantities=", ".join(same)))
    return lines


def level_lines(rates: Sequence[Mapping[str, float]]) -> list[str]:
    """Return what fixes the size of differences, and victims and losses at reporting rates; empty without rates."""
    if not rates:
        return []
    level = said("The share of victims who report fixes the size of differences, and hardly their percentages.")
    return [f"{level} {rates_said(rates, signed)}"]


def interval_said(rows: Sequence[Row]) -> str:
    """Return the kind of intervals of differences: ``95% intervals over 4 replicates``; empty if there are none."""
    stored = [row for row in rows if row.get("posterior_draws")]
    if stored:
        text = (
            marked("{level} intervals over {number} stored posterior draws")
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
    return interval_said(rows) or said("a single pair of runs: its run-to-run noise is unknown")


def _told(what: str, row: Row, stored: bool) -> str:
    """Return a sentence with the relative change and its interval: of ``stored`` draws, or of the rows themselves."""
    share = row["difference"] / row["base"] if row["base"] else None
    change = "" if share is None else f"{'+' if share > 0 else ''}{percent(share)}"
    keys = ("posterior_low", "posterior_high") if stored else ("low", "high")
    ends: tuple[Any, ...] = tuple(row.get(key) for key in keys)
    if None in ends:
        return said("{what} ({change}).", what=what, change=change) if change else said("{what}.", what=what)
    low, high = map(signed, ends)
    words = {"what": what, "low": low, "high": high}
    if ends[0] <= 0 <= ends[1]:
        if change and (stored or row["draws"] > 1):
            return said("{what} ({low} to {high}; {change}): the direction is uncertain.", **words, change=change)
        if not change:
            return said("{what} ({low} to {high}): within run-to-run noise.", **words)
        return said("{what} ({low} to {high}; {change}): within run-to-run noise.", **words, change=change)
    if stored and change and not ends[0] <= row["difference"] <= ends[1]:
        return said(
            "{what} ({change}), outside the interval of the posterior draws, {low} to {high}.", **words, change=change
        )
    near, far = (_size(end) for end in sorted(ends, key=abs))
    if not change:
        return said("{what} ({low} to {high}).", what=what, low=near, high=far)
    return said("{what} ({low} to {high}; {change}).", what=what, low=near, high=far, change=change)


def signed(value: float) -> str:
    """Return a difference with its sign and three significant digits: ``+12.3 billion``."""
    return f"{'-' if value < 0 else '+'}{_size(value)}"


def _size(value: float) -> str:
    return amount(abs(significant(value)))
