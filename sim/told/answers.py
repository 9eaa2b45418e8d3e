"""Answers of runs and comparisons: effects and costs in sentences, one form for all, and how a terminal shows it.

The effect of a policy in sentences: cases and losses filed, victims, losses, what warnings avert, costs.

Costs on the terminal: those of a policy and of each layer, with intervals.

One answer: what terminal, page, notebook and JSON show of a run or of a comparison.

Answers on the terminal: brief ones on one screen of 100 columns, with ``--full`` every table; the answer comes last. In
all screens ``made`` is a line that says where runs lie, ``full`` whether every row is shown.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from html import escape
from math import ceil
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, between, number_text, percent, significant
from sim.experiments.compare import is_few
from sim.experiments.pairing import FEW, SAMPLED, SPARED, unpriced_said
from sim.language import currency, marked, named, said, telling_in
from sim.reading.findings import OF_FIGURES, foremost, of_several
from sim.reading.intervals import TWENTIETHS, stored_answers
from sim.reading.manifest import told_of
from sim.reading.quantities import COST, COST_HIGH, COST_LOW, COST_RATIO, ENDS, FORMS, TOTAL
from sim.scenario.levers import Lever
from sim.told import runs as told_runs
from sim.told.tables import BELOW, Column, Line, Part, TextTable, heading, lines_of, listed, more_said, warned
from sim.told.words import NAMES, part_named, quantity_named

if TYPE_CHECKING:
    from sim.reading.run import Run

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
    sure: list[str] = []
    unsure: list[str] = []
    same: list[str] = []
    for name in TOLD:
        if (row := by_name.get(name)) is None:
            continue
        more, fewer, what = PRICED_ALONE if unpriced and name.startswith(COST) else EFFECTS[name]
        if not row["difference"] and not row["chance"]:
            same.append(said(what))
            continue
        found = ends_of(row, stored)
        (unsure if found.is_unsure else sure).append(_told(more if found.value > 0 else fewer, row, found, stored))
    if same:
        unsure.append(said("Unchanged: {quantities}.", quantities=", ".join(same)))
    few = [few_said(rows[0])] if (sure or unsure) and is_few(rows[0]) else []
    return [*few, *sure, *unsure]


def few_said(row: Row) -> str:
    """Return how many simulated people a policy saved and harmed, for what these are too few, and what is enough."""
    saved, harmed = (row[name] for name in SAMPLED)
    times = ceil(FEW / max(1, saved + harmed))
    text = marked(
        "Of all simulated people the policy saves {saved} and harms {harmed}: too few to tell the size of its effect, "
        "or the direction. Use a scale {times} times as large, or {replicates} replicates."
    )
    if not saved + harmed:
        text = marked(
            "No simulated person becomes a victim under one policy alone. A scale {times} times as large, or "
            "{replicates} replicates, may show some."
        )
    return said(text, saved=saved, harmed=harmed, times=times, replicates=times * row["replicates"])


def ends_of(row: Row, stored: bool) -> told_runs.Estimate:
    """Return a difference with its interval: of ``stored`` draws, or of the row itself."""
    keys = ("posterior_low", "posterior_high") if stored else ("low", "high")
    return told_runs.Estimate(row["difference"], *(row.get(key) for key in keys))


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
    return [f"{level} {told_runs.rates_said(rates, signed)}"]


def difference_interval(rows: Sequence[Row]) -> str:
    """Return the kind of intervals of differences: ``95% intervals over 4 replicates``; empty if there are none."""
    stored = [row for row in rows if row.get("posterior_draws")]
    if stored:
        text = (
            marked("{level} intervals over {number} stored posterior draws, without the noise of this single pair")
            if stored[0]["low"] is None
            else marked("{level} intervals over {number} stored posterior draws, with run-to-run noise")
        )
        return said(text, level=percent(1 - 2 / TWENTIETHS), number=stored[0]["posterior_draws"])
    if not rows or all(row["low"] is None for row in rows):
        return ""
    if rows[0]["draws"] > 1:
        return told_runs.over_draws_said(rows[0]["draws"])
    return told_runs.without_posterior(told_runs.over_replicates_said(rows[0]["replicates"]))


def kind_said(rows: Sequence[Row]) -> str:
    """Return the kind of intervals of differences, or that a single pair has none."""
    if rows and is_few(rows[0]):
        return said("no intervals of people and money: too few simulated people changed")
    return difference_interval(rows) or said("a single pair of runs: its run-to-run noise is unknown")


def _told(text: str, row: Row, found: told_runs.Estimate, stored: bool) -> str:
    """Return a sentence with a difference, its relative change, and its interval."""
    size = told_runs.Estimate(abs(found.value), found.low, found.high)
    words = {"what": said(text, number=size.number()), "interval": found.ends(signed)}
    change = ""
    if row["base"]:
        change = words["change"] = signed_percent(found.value / row["base"])
        if not row["other"]:
            return said("{what}: all ({change}).", **words)
    if found.low is None or found.high is None or not words["interval"]:
        return said("{what} ({change}).", **words) if change else said("{what}.", **words)
    if found.is_unsure:
        if change and (stored or row["draws"] > 1):
            return said("{what} ({interval}; {change}): the direction is uncertain.", **words)
        if change:
            return said("{what} ({interval}; {change}): within run-to-run noise.", **words)
        return said("{what} ({interval}): within run-to-run noise.", **words)
    if stored and change and not found.low <= found.value <= found.high:
        return said("{what} ({change}), outside the interval of the posterior draws, {interval}.", **words)
    words["interval"] = told_runs.Estimate(abs(found.value), *sorted((abs(found.low), abs(found.high)))).ends()
    return said("{what} ({interval}; {change}).", **words) if change else said("{what} ({interval}).", **words)


def signed(value: float, digits: int = 3) -> str:
    """Return a difference with its sign and significant digits: ``+12.3 billion``."""
    return f"{'-' if value < 0 else '+' if value else ''}{amount(abs(significant(value, digits)), digits)}"


def signed_percent(share: float) -> str:
    """Return a relative change with its sign, in percent."""
    return f"{'+' if share > 0 else ''}{percent(share)}"


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
    if unpriced:
        yield unpriced_said(unpriced)
    if not any(row["quantity"] == f"{COST}.{TOTAL}" for row in rows):
        return
    moved = [row for row in rows if is_cost(row) and row["difference"]]
    if not moved:
        yield said("Priced costs are unchanged") if unpriced else said("Costs are unchanged")
        return

    def number(head: str, key: str) -> Column:
        return head, lambda row: number_text(significant(row[key]))

    noise: Column = (interval_name(rows), lambda row: told_runs.interval(row["low"], row["high"]))
    columns = [
        (currency(), lambda row: part_named(row["quantity"].partition(".")[2])),
        *(number(said("baseline"), "base"), number(said("policy"), "other"), number(said("difference"), "difference")),
        noise if any(row["low"] is not None for row in moved) else None,
        (said("prices"), lambda row: told_runs.interval(row["price_low"], row["price_high"])),
    ]
    if unpriced:
        yield said("Priced costs (prices: least and most, as all prices move within their ranges):")
    else:
        yield said("Costs (prices: least and most, as all prices move within their ranges):")
    yield TextTable.of(moved, columns)
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
    ratio, found = run.manifest["totals"].get(key), told_runs.estimates([run]).get(key.removeprefix(COST_RATIO))
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
    ends = [said("prices {interval}", interval=told_runs.interval(row["price_low"], row["price_high"]))]
    if stored:
        gains = [spared[end] / spared["difference"] for end in ("posterior_low", "posterior_high")]
        every = sorted(row[price] / gain for price in ("price_low", "price_high") for gain in gains)
        ends.insert(0, said("90%, draws; and prices {interval}", interval=told_runs.interval(every[0], every[-1])))
    elif row["low"] is not None:
        ends.insert(0, f"{noise} {told_runs.interval(row['low'], row['high'])}")
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
            cells += [told_runs.interval(row[f"{prefix}low"], row[f"{prefix}high"])] if noisy else []
            cells.append(told_runs.interval(row[f"{prefix}price_low"], row[f"{prefix}price_high"]))
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


@dataclass(frozen=True)
class Number:
    """A number of an answer, with its interval where it is uncertain.

    Attributes:
        quantity: Its name in ``totals``.
        name: Its name in words, with the unit.
        value: The value of a run; of a comparison the difference from the baseline.
        low: The low end of its interval; None without one.
        high: The high end.
        median: The median of posterior draws; None without them.
        base: The value of the baseline; None in the answer of a run.
        other: The value of the policy; None in the answer of a run.
    """

    quantity: str
    name: str
    value: float
    low: float | None = None
    high: float | None = None
    median: float | None = None
    base: float | None = None
    other: float | None = None

    @property
    def told(self) -> str:
        """The value in words, its interval in brackets."""
        return self._estimate.told(self._words)

    @property
    def cells(self) -> list[str]:
        """The cells of a table: of a comparison baseline and policy, the value, and its interval."""
        both = [] if self.base is None or self.other is None else [amount(self.base), amount(self.other)]
        return [*both, self._estimate.number(self._words), self._estimate.bracket(self._words)]

    @property
    def _estimate(self) -> told_runs.Estimate:
        return told_runs.Estimate(self.value, self.low, self.high, self.median)

    @property
    def _words(self) -> Callable[[float, int], str]:
        return amount if self.base is None else signed


@dataclass(frozen=True)
class Answer:
    """The answer of a run, of several, or of a policy compared with its baseline; texts are in the current language.

    Attributes:
        question: The title of the scenario.
        name: The scenario, or the policy.
        base: The baseline of a comparison; None for a run.
        headline: The answer in one sentence.
        intervals: The kind of its intervals; empty if there are none.
        sentences: Further sentences, most important first.
        changes: What the policy changes, a line for each lever; empty for a run.
        numbers: The numbers behind the sentences.
        costs: What it cost, or what it costs to spare one more victim, a sentence each; empty without prices.
        not_priced: What is missing from costs, and why; empty if nothing is.
        warnings: What a reader must know before trusting the numbers.
        findings: What needs attention in the run; of a policy what its baseline does not have.
        resolved: What needs attention in the baseline, and not under the policy.
        next: Commands to type next.
        draws: Whether intervals are over posterior draws that were run.
    """

    question: str
    name: str
    base: str | None
    headline: str
    intervals: str
    sentences: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    costs: tuple[str, ...] = ()
    not_priced: str = ""
    warnings: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    draws: bool = False

    def __str__(self) -> str:
        """Return headline, kind of intervals, sentences, costs and warnings, a line each."""
        return "\n".join(filter(None, (self.headline, *self.lines, self.intervals, *self.warnings)))

    @property
    def lines(self) -> tuple[str, ...]:
        """The sentences after the headline, with costs and what is missing from them."""
        return (*self.sentences, *self.costs, *filter(None, [self.not_priced]))

    def document(self) -> dict[str, Any]:
        """Return a document for JSON: attributes by name, numbers as maps."""
        return asdict(self)

    def html(self) -> str:
        """Return it as a fragment of HTML: headline, sentences, a table of numbers, warnings and next commands."""
        parts = [f"<p><strong>{escape(self.headline)}</strong></p>"]
        if self.intervals:
            parts.append(f"<p><small>{escape(self.intervals)}</small></p>")
        if self.lines:
            parts.append(f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in self.lines)}</ul>")
        if self.numbers:
            compared = [said("baseline"), self.name, said("difference")] if self.base is not None else [said("value")]
            head = _cells("th", [said("quantity"), *compared, said("interval")])
            body = "".join(_cells("td", [one.name, *one.cells]) for one in self.numbers)
            parts.append(f"<table><thead>{head}</thead><tbody>{body}</tbody></table>")
        parts += [f"<p>{escape(said('warning: {line}', line=line))}</p>" for line in self.warnings]
        parts += [f"<p><code>{escape(line)}</code></p>" for line in self.next]
        return f'<div class="tocsin-answer">{"".join(parts)}</div>'

    _repr_html_ = html


def _cells(tag: str, cells: Sequence[str]) -> str:
    """Return a row of a table of HTML."""
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"


def of_runs(runs: "Sequence[Run]", kind: str | None = None) -> Answer:
    """Return the answer of a run, or of several that are ``kind``, ``replicates`` or ``draws``."""
    draws, first = kind == "draws", runs[0]
    lines = told_runs.answer_lines(runs, draws)
    headline, *others = lines
    at = 1 if len(lines) > 1 else 0
    level = list(filter(None, [" ".join(told_runs.level_lines(runs))]))
    with telling_in(first.scenario.spec.terms):
        found = told_runs.estimates(runs, draws)
        numbers = [
            Number(name, quantity_named(name), one.value, one.low, one.high, one.median)
            for name, one in found.items()
            if name in told_runs.COUNTED
        ]
        costs = run_costs_said([run.manifest["totals"] for run in runs])
    rows = first.found if kind is None else of_several([run.found for run in runs], kind)
    shown = place_said(first.path if kind is None else first.path.parent)
    return Answer(
        question=first.scenario.spec.title,
        name=first.manifest["name"],
        base=None,
        headline=headline,
        intervals=told_runs.interval_said(runs, draws) if len(lines) > 1 else "",
        sentences=(*others[:at], *level, *others[at:]),
        numbers=tuple(numbers),
        costs=tuple(costs),
        warnings=tuple(told_of(list(runs))),
        findings=tuple(foremost(rows)),
        draws=draws,
        next=(f"tocsin figures {shown}", f"tocsin report {shown}") if kind is None else (f"tocsin report {shown}",),
    )


def place_said(path: Path) -> str:
    """Return a path as it is typed here: relative to the present folder if it lies inside."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def of_comparison(document: Row, commands: Sequence[str] = ()) -> list[Answer]:
    """Return the answer of each policy of a comparison, the document of ``tocsin compare``; commands come next."""
    return [_of_policy(document, name, commands) for name in document["others"]]


def _of_policy(document: Row, name: str, commands: Sequence[str]) -> Answer:
    """Return the answer of one policy of a comparison."""

    def own(key: str) -> list[Row]:
        return [row for row in document.get(key, ()) if row["scenario"] == name]

    rows, levers = own("rows"), own("levers")
    headline, *sentences = effect_lines(rows) or [said("No quantity was counted under both policies.")]
    unpriced = unpriced_said([row["name"] for row in levers if not row["priced"]])
    return Answer(
        question=document["questions"][name],
        name=name,
        base=document["base"],
        headline=headline,
        intervals=kind_said(rows),
        sentences=(*sentences, *unwarned_lines(rows), *difference_levels(own("at_reporting_rates"))),
        changes=tuple(Lever.of(row).told for row in levers),
        numbers=tuple(_differences(rows)),
        costs=() if unpriced else tuple(each_spared_lines(rows)),
        not_priced=unpriced,
        warnings=tuple(document.get("warnings", ())),
        findings=tuple(foremost(own("findings"))),
        resolved=tuple(foremost([row for row in document.get("findings", ()) if row["beside"] == name])),
        next=tuple(commands),
    )


def _differences(rows: Sequence[Row]) -> list[Number]:
    """Return the paired differences of an effect, with the interval that its sentences have."""
    stored = any(row.get("posterior_draws") for row in rows)
    by_name = {row["quantity"]: row for row in rows}
    found = (by_name[name] for name in TOLD if name in by_name)
    return [
        Number(name, quantity_named(name), one.value, one.low, one.high, one.median, row["base"], row["other"])
        for name, row, one in ((row["quantity"], row, ends_of(row, stored)) for row in found)
    ]


LINES, COLUMNS = 40, 100
"""The most lines of a brief answer on a terminal of so many columns."""

ROOM = ((8, 4), (8, 1), (4, 1), (4, 0), (2, 0))
"""How many warnings, and figures that are off, are shown: the first of these that fits. The rest is counted."""

CHANGES = 6
"""Levers that are shown; the rest is counted."""

WARNINGS = 6
"""Warnings above a comparison; the rest is counted."""

POLICIES = 24
"""Policies side by side; the rest is counted."""

BESIDE = ("cases_filed", "victims", "loss_money")
"""Quantities of several policies side by side."""


def run_screen(answer: Answer, runs: "Sequence[Run]", made: str, full: bool) -> Iterator[Part]:
    """Return a run, or replicates or draws: warnings, figures (briefly those that are off), findings, the answer."""
    first = runs[0].manifest
    figures = first["figures"]
    parts: list[Part] = []
    if full and len(runs) > 1:
        parts += told_runs.mean_parts([run.manifest["figures"] for run in runs], answer.draws)
    elif full:
        parts += told_runs.figure_parts(figures, first.get("policy_of"))
        if all(figure["simulated"] is None for figure in figures):
            parts.append(told_runs.totals_table(first["totals"]))
        if costs := cost_rows(runs[0]):
            parts.append(TextTable(costs[0], rows=[tuple(row) for row in costs[1:]]))
            answer = replace(answer, costs=())  # the table has their total
    elif len(runs) == 1:
        # What the table of figures shows needs no sentence.
        answer = replace(
            answer, findings=tuple(foremost([row for row in runs[0].found if row["kind"] not in OF_FIGURES]))
        )
        is_judged = first.get("policy_of") is None  # no report is about a policy
        if is_judged and any(told_runs.agrees(row) is not None for row in figures):
            misses = [row for row in figures if told_runs.agrees(row) is False]
            parts.append(heading(said("Figures"), told_runs.agreement_said(figures)))
            parts += [told_runs.figure_table(misses, None)] if misses else []
    return _screen(answer, parts, made, full, ROOM)


def experiment_screen(answer: Answer, parts: Iterable[Part], made: str, full: bool) -> Iterator[Part]:
    """Return an experiment: warnings, tables, most important rows first, as many as fit, and the answer."""
    return _screen(answer, list(parts), made, full, [(WARNINGS, rows) for rows in range(LINES, 0, -1)])


def comparison_brief(answers: Sequence[Answer], made: str) -> Iterator[Part]:
    """Yield one screen of a comparison: of one policy what it changes and its answer, of several a line each."""
    first = answers[0]
    if len(answers) == 1:
        yield from _screen(first, list(changes_parts(first, CHANGES)), made, False, [(WARNINGS, LINES)])
        return
    yield from _warnings(first, WARNINGS)
    yield Line(made, style="dim")
    yield from _side_by_side(answers)
    yield from _next(_with_full(first))


def _screen(
    answer: Answer, parts: Sequence[Part], made: str, full: bool, rooms: Sequence[tuple[int, int]]
) -> Iterator[Part]:
    """Yield an answer below its parts, with the first number of warnings and of rows that fit a screen."""

    def shown(answer: Answer, warnings: int, rows: int | None) -> Iterator[Part]:
        yield from _warnings(answer, warnings)
        yield from (part if rows is None or not isinstance(part, TextTable) else part.first(rows) for part in parts)
        yield from found_parts(answer)
        yield Line(made, style="dim")
        yield from answer_parts(answer)

    if full:
        return shown(answer, len(answer.warnings), None)
    answer = _with_full(answer)
    fitting = (one for one in rooms if sum(len(lines_of(part, COLUMNS)) for part in shown(answer, *one)) <= LINES)
    return shown(answer, *next(fitting, rooms[-1]))


def _with_full(answer: Answer) -> Answer:
    """Return an answer that names the option which shows every table, too."""
    return replace(answer, next=(*answer.next, said("--full for every table")))


def _warnings(answer: Answer, most: int) -> Iterator[Line]:
    yield from warned(answer.warnings[:most])
    if len(answer.warnings) > most:
        yield Line(more_said(len(answer.warnings) - most), BELOW)


def found_parts(answer: Answer) -> Iterator[Line]:
    """Yield findings; of a policy those that only it has, or only its baseline."""
    if answer.base is None:
        yield from listed(answer.findings, said("Findings"), "- ")
        return
    only = marked("Findings of {scenario} that {other} does not have")
    yield from listed(answer.findings, said(only, scenario=answer.name, other=answer.base), "- ")
    yield from listed(answer.resolved, said(only, scenario=answer.base, other=answer.name), "- ")


def changes_parts(answer: Answer, most: int) -> Iterator[Line]:
    """Yield the levers that a policy changes, so many at most."""
    names: dict[str, Any] = {"other": answer.name, "base": answer.base}
    if not answer.changes:
        yield heading(said("{other} changes no lever of {base}", **names))
        return
    yield heading(said("Changes of {other} from {base}", **names))
    yield from (Line(line, BELOW, 2 * BELOW) for line in answer.changes[:most])
    if len(answer.changes) > most:
        yield Line(said("{number} more; list all: tocsin diff", number=len(answer.changes) - most), BELOW)


def answer_parts(answer: Answer) -> Iterator[Line]:
    """Yield an answer, a line a sentence: the kind of its intervals comes first, and what to type next comes last."""
    yield heading(said("Answer"), answer.intervals)
    yield Line(answer.headline, BELOW, BELOW, "bold")
    yield from listed(answer.lines)
    yield from _next(answer)


def _side_by_side(answers: Sequence[Answer]) -> Iterator[Part]:
    """Yield a table with a line for each policy: its differences with their intervals."""
    kinds: dict[str, list[str]] = {}
    for one in answers:
        kinds.setdefault(one.intervals, []).append(one.name)
    yield heading(said("Answer"), "" if len(kinds) > 1 else answers[0].intervals)
    yield Line(said("Differences from {base}, with intervals", base=answers[0].base), BELOW)
    for kind, names in kinds.items() if len(kinds) > 1 else ():
        yield Line(said("{what}: {value}", what=", ".join(names[:CHANGES]), value=kind), BELOW, BELOW)
    table = TextTable([said("policy"), *map(quantity_named, BESIDE)])
    for one in answers:
        differences = {number.quantity: number.told for number in one.numbers}
        table.add_row(one.name, *(differences.get(name, "-") for name in BESIDE))
    yield table.first(POLICIES)
    unpriced = [one.name for one in answers if one.not_priced]
    if unpriced:
        yield Line(said("Not priced: {policies}", policies=", ".join(unpriced[:CHANGES])), BELOW, BELOW)


def _next(answer: Answer) -> Iterator[Line]:
    if answer.next:
        yield heading(said("Next"), "; ".join(answer.next))
