"""Costs on the terminal: those of a policy and of each layer, with intervals."""

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, between, number_text, significant
from sim.experiments.compare import is_few
from sim.experiments.sparing import SPARED, unpriced_said
from sim.language.labels import named
from sim.language.spoken import currency, marked, said
from sim.reading.costs import COST, COST_HIGH, COST_LOW, COST_RATIO, ENDS, TOTAL
from sim.reading.stored_answers import stored_answers
from sim.told.answer import estimates
from sim.told.terminal import interval
from sim.told.text_tables import TextTable
from sim.told.vocabulary import NAMES, part_named

if TYPE_CHECKING:
    from sim.reading.run import Run

Row = dict[str, Any]

EACH_OF_RUN = {
    "cost_per_saved": marked("per person stopped before a payment"),
    "cost_per_averted": marked("per victim averted"),
    "cost_per_prevented_money": marked("per unit of losses prevented"),
}
"""Ratios of a run."""

EACH = {"cost_per_victim_spared": marked("victim"), "cost_per_money_spared": marked("unit of net loss")}
"""What is spared."""

LAYERS = {
    "dens": marked("raids on dens"),
    "cards": marked("elimination of phone cards"),
    "interception": marked("call and SMS filters"),
    "sites": marked("blocked sites and apps"),
    "awareness": marked("awareness"),
    "warning.red": marked("red warnings"),
    "warning.orange": marked("orange warnings"),
    "warning.yellow": marked("yellow warnings"),
    "warning.blue": marked("blue warnings"),
    "aftermath": marked("stopped payments and investigations"),
}
"""Names of the layers of an attribution; others are labels, such as ``all``."""


def layer_named(layer: str) -> str:
    """Return the name of a layer of an attribution in words."""
    return said(LAYERS[layer]) if layer in LAYERS else named(layer)


def layer_names(layers: Sequence[str]) -> str:
    """Return the names of layers as they are typed, each with its words."""
    told = "; ".join(f"{layer}: {layer_named(layer)}" for layer in layers if layer in LAYERS)
    return said("Layers as --layer takes them: {layers}", layers=told)


def is_cost(row: Row) -> bool:
    """Return whether a row of a comparison is about costs."""
    return bool(row["quantity"] in SPARED or row["quantity"].startswith(f"{COST}."))


def cost_lines(rows: Sequence[Row], unpriced: Sequence[str] = ()) -> Iterator[TextTable | str]:
    """Yield what another policy costs compared with the baseline, and per victim spared; nothing if unknown.

    ``unpriced`` are its levers without a price.
    """
    yield from filter(None, [unpriced_said(unpriced)])
    known = any(row["quantity"] == f"{COST}.{TOTAL}" for row in rows)
    moved = [row for row in rows if is_cost(row) and row["difference"]]
    if known and moved:
        yield from _moved(rows, moved, bool(unpriced))
    elif known:
        yield said("Priced costs are unchanged") if unpriced else said("Costs are unchanged")


def _moved(rows: Sequence[Row], moved: Sequence[Row], unpriced: bool) -> Iterator[TextTable | str]:
    """Lay out the costs that differ and, if all levers have prices, the cost of sparing one more."""
    several = any(row["low"] is not None for row in moved)
    noise = interval_name(rows)
    names = [currency(), said("baseline"), said("policy"), said("difference"), *([noise] if several else [])]
    table = TextTable([*names, said("prices")])
    for row in moved:
        cells = [part_named(row["quantity"].partition(".")[2])]
        cells += [number_text(significant(row[key])) for key in ("base", "other", "difference")]
        cells += [interval(row["low"], row["high"])] if several else []
        table.add_row(*cells, interval(row["price_low"], row["price_high"]))
    if unpriced:
        yield said("Priced costs (prices: least and most, as all prices move within their ranges):")
    else:
        yield said("Costs (prices: least and most, as all prices move within their ranges):")
    yield table
    if not unpriced:
        yield from each_spared_lines(rows)


def each_spared_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Yield what it costs to spare one more victim, and one more unit of money; nothing if costs are equal or unknown.

    ``rows`` are those of one policy of a comparison, all of whose levers have prices.
    """
    by_name = {row["quantity"]: row for row in rows}
    if not by_name.get(f"{COST}.{TOTAL}", {}).get("difference"):
        return
    for name, each in EACH.items():
        yield _each_said(by_name[name], by_name, said(each), interval_name(rows))


def cost_rows(run: "Run") -> list[list[str]]:
    """Return the table of what a run cost, by part and for each victim averted; first the heads. Empty without prices.

    The last column has the least and the most of a ratio with all prices in their ranges and what is averted within its
    interval.
    """
    totals = run.manifest["totals"]
    if COST not in totals:
        return []

    def told(value: float | None) -> str:
        return amount(value and significant(value))

    heads = [said(NAMES[COST]), said("value"), said("low prices"), said("high prices"), over_prices_said(run)]
    rows = [
        [part_named(part), *(told(totals[key][part]) for key in (COST, COST_LOW, COST_HIGH)), ""]
        for part in totals[COST]
        if totals[COST_HIGH][part] != 0
    ]
    for key, text in EACH_OF_RUN.items():
        ratio, ends = totals.get(key) or {}, each_ends(run, key)
        if ratio:
            rows.append([said(text), *(told(ratio.get(end)) for end in ENDS), between(*ends) if ends else ""])
    return [heads, *rows]


def over_prices_said(run: "Run") -> str:
    """Return the kind of the intervals of ``each_ends``."""
    return said("90%, draws; and prices") if stored_answers(run.scenario) else said("95%, noise; and prices")


def each_ends(run: "Run", key: str) -> tuple[float, float] | None:
    """Return the least and the most of a cost per person or unit averted, over prices and the interval of the latter.

    Costs are those of the run. None where there is no ratio or no interval, or where perhaps nothing is averted.
    """
    ratio, found = run.manifest["totals"].get(key), estimates([run]).get(key.removeprefix(COST_RATIO))
    if not ratio or not found or not found.low or not found.high:
        return None
    low, high = ratio["low"] * found.value / found.high, ratio["high"] * found.value / found.low
    return significant(low), significant(high)


def run_costs_said(totals: Sequence[dict[str, Any]]) -> list[str]:
    """Return the cost of a run, or the mean cost of several, in a sentence; empty without prices."""
    if any(COST not in one for one in totals):
        return []
    low, own, high = (fmean(one[key][TOTAL] for one in totals) for key in (COST_LOW, COST, COST_HIGH))
    return [said("Priced items cost {cost} {currency} (prices {prices}).", cost=amount(own), prices=between(low, high))]


def interval_name(rows: Sequence[Row]) -> str:
    """Return the kind of intervals of a comparison, as the head of a column."""
    return said("90%, draws") if rows and rows[0]["draws"] > 1 else said("95%, replicates")


def _each_said(row: Row, by_name: dict[str, Row], each: str, noise: str) -> str:
    """Say what it costs to spare one more, or why there is no such number."""
    if is_few(row):
        return said("Cost per {each} spared: unknown, because too few simulated people changed", each=each)
    cost = by_name[f"{COST}.{TOTAL}"]["difference"]
    spared = by_name["victims" if row["quantity"] == "cost_per_victim_spared" else "loss_money"]
    stored = spared.get("posterior_draws")
    low, high = (spared[end] for end in (("posterior_low", "posterior_high") if stored else ("low", "high")))
    is_drawn = stored or spared["draws"] > 1
    if low is not None and low <= 0 <= high and (is_drawn or row["ratio"] is None):
        drawn = marked("Cost per {each} spared: unknown, because the interval over posterior draws includes no effect")
        noisy = marked("Cost per {each} spared: unknown, because the change is within run-to-run noise")
        return said(drawn if is_drawn else noisy, each=each)
    if row["ratio"] is None:
        gain = -spared["difference"]
        if row["quantity"] == "cost_per_money_spared":
            gain += by_name["recovered_money"]["difference"]
        if not gain:
            return said("Cost per {each} spared: none was spared", each=each)
        if cost > 0:
            return said("Cost per {each} spared: not defined, since it costs more and spares fewer", each=each)
        return said("Cost per {each} spared: not defined, since it costs no more and spares more", each=each)
    ends = [said("prices {interval}", interval=interval(row["price_low"], row["price_high"]))]
    if stored:
        gains = [spared[end] / spared["difference"] for end in ("posterior_low", "posterior_high")]
        every = sorted(row[price] / gain for price in ("price_low", "price_high") for gain in gains)
        ends.insert(0, said("90%, draws; and prices {interval}", interval=interval(every[0], every[-1])))
    elif row["low"] is not None:
        ends.insert(0, f"{noise} {interval(row['low'], row['high'])}")
    elif row["replicates"] > 1:
        ends.insert(0, said("no interval: the number spared is within run-to-run noise"))
    words = {"each": each, "amount": number_text(significant(row["ratio"])), "intervals": ", ".join(ends)}
    if cost > 0:
        return said("Cost per {each} spared: {amount} {currency} ({intervals})", **words)
    return said("Savings per additional {each}: {amount} {currency} ({intervals})", **words)


def layer_cost_lines(rows: Sequence[Row], over: str) -> Iterator[TextTable | str]:
    """Yield what each layer costs, in total and per victim prevented: a table, and lines of text.

    ``over`` is the head of columns of intervals.
    """
    if all(row[COST] is None for row in rows):
        yield said("Costs of layers: the scenario has no prices")
        return
    noisy = any(row["low"] is not None for row in rows)
    names = [said("layer"), currency(), *([over] if noisy else []), said("prices")]
    for each in (said("per victim"), said("per unit")):
        names += [each, *(["95%"] if noisy else []), said("prices")]
    table = TextTable(names)
    for row in rows:
        cells = [layer_named(row["layer"])]
        for key, prefix in ((COST, ""), ("per_victim", "per_victim_"), ("per_money", "per_money_")):
            known = row["known"] or key == COST
            cells.append("-" if known and row[key] is None else number_text(row[key]) if known else said("unknown"))
            cells += [interval(row[f"{prefix}low"], row[f"{prefix}high"])] if noisy else []
            cells.append(interval(row[f"{prefix}price_low"], row[f"{prefix}price_high"]))
        table.add_row(*cells)
    yield said(
        "Costs of layers, averaged over the orders in which they can be added, if desks have as many seats as their "
        "work needs; and costs per victim and per unit of net loss prevented (unknown: the layer itself has no price):"
    )
    yield table
    unpriced = [layer_named(row["layer"]) for row in rows if not row["known"] and row["layer"] != "all"]
    if unpriced:
        yield said(
            "Not priced: {layers}. Their {currency} are what they change at desks, in false alarms and in education.",
            layers=", ".join(unpriced),
        )
