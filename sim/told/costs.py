"""Costs on the terminal: what another policy costs beside the base, what each layer does, each with its intervals."""

from collections.abc import Iterator, Sequence
from typing import Any

from sim.base.rounding import number_text
from sim.experiments.sparing import SPARED, unpriced_said
from sim.language.spoken import currency
from sim.reading.costs import COST, TOTAL
from sim.told.terminal import interval
from sim.told.text_tables import Lines
from sim.told.vocabulary import part_named

Row = dict[str, Any]

EACH = {"cost_per_victim_spared": "victim", "cost_per_money_spared": "unit of net loss"}
"""What is spared, in words."""


def is_cost(row: Row) -> bool:
    """Return whether a row of a comparison is about costs."""
    return bool(row["quantity"] in SPARED or row["quantity"].startswith(f"{COST}."))


def cost_lines(rows: Sequence[Row], unpriced: Sequence[str] = (), withheld: str = "") -> "Iterator[Lines | str]":
    """Lay out what another policy costs beside the base, and what it costs to spare one more; nothing if unknown.

    Args:
        rows: Those of one scenario.
        unpriced: The levers that it moves and that have no price.
        withheld: Why it has no costs, where rounding took them away.

    Yields:
        A table, and lines of text.
    """
    yield from filter(None, (withheld, unpriced_said(unpriced)))
    known = any(row["quantity"] == f"{COST}.{TOTAL}" for row in rows)
    moved = [row for row in rows if is_cost(row) and row["difference"]]
    if known and moved:
        yield from _moved(rows, moved, bool(unpriced))
    elif known:
        yield "costs of what has a price: the same" if unpriced else "costs: the same"


def _moved(rows: Sequence[Row], moved: Sequence[Row], unpriced: bool) -> "Iterator[Lines | str]":
    """Lay out the costs that differ and, where all levers have prices, what it costs to spare one more."""
    by_name = {row["quantity"]: row for row in rows}
    several = any(row["low"] is not None for row in moved)
    chance = interval_name(rows)
    table = Lines([currency(), "base", "other", "difference", *([chance] if several else []), "prices"], [currency()])
    for row in moved:
        cells = [
            part_named(row["quantity"].partition(".")[2]),
            *(number_text(row[key]) for key in ("base", "other", "difference")),
        ]
        cells += [interval(row["low"], row["high"])] if several else []
        table.add_row(*cells, interval(row["price_low"], row["price_high"]))
    what = "what has a price costs" if unpriced else "what it costs"
    yield f"{what} (prices: the least and the most as all prices move within their ranges):"
    yield table
    for name, each in EACH.items() if not unpriced else ():
        yield _told(by_name[name], by_name, each, chance)


def interval_name(rows: Sequence[Row]) -> str:
    """Return what the intervals of a comparison hold, in words."""
    return "90%, draws" if rows and rows[0]["draws"] > 1 else "95%, replicates"


def _told(row: Row, by_name: dict[str, Row], each: str, chance: str) -> str:
    """Say what it costs to spare one more, or why there is no such number."""
    cost = by_name[f"{COST}.{TOTAL}"]["difference"]
    if row["ratio"] is None:
        if row["quantity"] == "cost_per_victim_spared":
            spared = -by_name["victims"]["difference"]
        else:
            spared = by_name["recovered_money"]["difference"] - by_name["loss_money"]["difference"]
        if not spared:
            return f"each {each} spared: none is"
        return f"each {each} spared: it costs {'more and spares fewer' if cost > 0 else 'no more and spares more'}"
    ends = [f"prices {interval(row['price_low'], row['price_high'])}"]
    if row["low"] is not None:
        ends.insert(0, f"{chance} {interval(row['low'], row['high'])}")
    elif row["replicates"] > 1 or row["draws"] > 1:
        ends.insert(0, "no interval: whether any is spared may be chance")
    told = "spared costs" if cost > 0 else "more saves"
    return f"each {each} {told} {number_text(row['ratio'])} {currency()} ({', '.join(ends)})"


def layer_cost_lines(rows: Sequence[Row], over: str, withheld: str = "") -> "Iterator[Lines | str]":
    """Lay out what each layer costs, and what it costs to spare one more by it; intervals are ``over`` replicates."""
    if all(row[COST] is None for row in rows):
        yield withheld or "what layers cost: the scenario does not say what things cost"
        return
    chance = any(row["low"] is not None for row in rows)
    names = ["layer", currency(), *([f"95%, {over}"] if chance else []), "prices"]
    for each in ("a victim", "a unit"):
        names += [each, *(["95%"] if chance else []), "prices "]
    table = Lines(names, ["layer"])
    for row in rows:
        cells = [row["layer"]]
        for key, prefix in ((COST, ""), ("per_victim", "per_victim_"), ("per_money", "per_money_")):
            known = row["known"] or key == COST
            cells.append("-" if known and row[key] is None else "not known" if not known else number_text(row[key]))
            cells += [interval(row[f"{prefix}low"], row[f"{prefix}high"])] if chance else []
            cells.append(interval(row[f"{prefix}price_low"], row[f"{prefix}price_high"]))
        table.add_row(*cells)
    yield (
        "what layers cost, on average over the orders in which they may come, with desks whose seats go with the work; "
        "and what it costs to prevent a victim and a unit of net loss (not known: what the layer itself costs):"
    )
    yield table
    unpriced = [row["layer"] for row in rows if not row["known"] and row["layer"] != "all"]
    if unpriced:
        yield (
            f"not priced: {', '.join(unpriced)}; of these the {currency()} are what they change at desks, false alarms "
            "and education alone"
        )
