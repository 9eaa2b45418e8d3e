"""Experiments in words and tables: comparisons, sweeps, sensitivities, attributions and searches for staff.

Experiments on the terminal: what changed, by how much, and within which interval. Nothing is computed here.

The answers of experiments in plain words: of a sweep, a sensitivity, an attribution, and a search for staff.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from sim.base.days import CENTS_PER_UNIT
from sim.base.rounding import amount, number_text, percent, significant, written
from sim.base.words import End, Tier
from sim.experiments.attribute import ANSWERING, CAUSED, GANGS, STILL
from sim.experiments.pairing import CHANGES, LEVEL, interval_of_mean
from sim.experiments.sensitivity import BLOCKS, COLUMNS, MORRIS
from sim.language import marked, named, said
from sim.reading.figures import CHANGE
from sim.reading.intervals import OF_PEOPLE
from sim.scenario.levers import key_name, shape_at, value_text
from sim.told.answers import (
    Answer,
    answer_parts,
    changes_parts,
    cost_lines,
    ends_of,
    found_parts,
    interval_name,
    is_cost,
    layer_cost_lines,
    layer_named,
)
from sim.told.runs import LEAST_DIGITS, Estimate, interval
from sim.told.tables import Column, Part, TextTable
from sim.told.words import NAMES, quantity_named, span_said, value_said

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiments.attribute import Attribution
    from sim.experiments.staffing import Staffing
    from sim.experiments.trials import Terms
    from sim.scenario import Scenario

Row = dict[str, Any]

OUTCOMES = (
    *(*OF_PEOPLE, "cases_solved"),
    *(f"alerts_by_tier.{tier}" for tier in Tier.labels()),
    f"alerts_by_end.{End.EXPIRED.label}",
)
"""Quantities of a comparison that are shown if not all of them are requested."""

MANY_TIMES = 10
"""From this ratio on, a multiple is easier to read than percent."""

MOST_LEVERS = 12
"""Levers on the terminal; the rest is counted."""

GROUPS = 10
"""Groups of victims on the terminal, the largest first."""

OVERLAPS = 8
"""Overlaps on the terminal, the largest first."""

STANCES = {STILL: marked("with gangs that do not respond"), ANSWERING: marked("with gangs that respond to their yield")}
"""Headings of what gangs do."""


def comparison_parts(document: dict[str, Any], answers: "Sequence[Answer]", every: bool = False) -> Iterator[Part]:
    """Yield a comparison from ``compare.json``: for each scenario its changes, outcomes and costs, then its answer.

    With ``every`` all quantities are shown, and which victims' fates changed.
    """
    for answer in answers:
        scenario = answer.name
        rows = [row for row in document["rows"] if row["scenario"] == scenario]
        yield from changes_parts(answer, MOST_LEVERS)
        others = [row for row in rows if not is_cost(row)]
        if not every:
            others = [row for row in others if row["quantity"] in OUTCOMES]
            others.sort(key=lambda row: OUTCOMES.index(row["quantity"]))
        yield from _quantities(others, scenario, every)
        unpriced = [row["name"] for row in document["levers"] if row["scenario"] == scenario and not row["priced"]]
        costs = cost_lines(rows, unpriced)
        changed_fates = [row for row in document.get("changes", []) if row["scenario"] == scenario]
        fates = _fates(changed_fates) if every else ()
        yield from (part for part in (*costs, *fates) if part not in answer.lines)
        yield from found_parts(answer)
        yield from answer_parts(answer)


def _quantities(rows: Sequence[Row], scenario: str, every: bool) -> Iterator[Part]:
    """Yield the quantities that differ, and count those that do not."""
    moved = [row for row in rows if row["difference"] or row["chance"]]

    def words(row: Row) -> Callable[..., str]:
        name = row["quantity"].partition("@")[0]
        return lambda value, digits=LEAST_DIGITS: value_said(name, significant(value, digits))

    def more(row: Row) -> str:
        """Return by how many percent it is more, or how many times as much if that is easier to read."""
        ratio = row["ratio"]
        if ratio is None or row["quantity"].partition("@")[0].endswith(CHANGE):
            return ""
        return written(f"x{ratio:,.0f}" if abs(ratio) >= MANY_TIMES else f"{100 * (ratio - 1):+.1f}")

    def gain(row: Row) -> str:
        return "" if row["pairing_gain"] is None else written(f"{row['pairing_gain']:,.1f}")

    def any_has(rows: Sequence[Row], key: str) -> bool:
        return any(row.get(key) is not None for row in rows)

    columns: list[Column | None] = [
        (said("quantity"), lambda row: quantity_named(row["quantity"])),
        (said("baseline"), lambda row: words(row)(row["base"])),
        (scenario, lambda row: words(row)(row["other"])),
        (said("difference"), lambda row: ends_of(row, False).number(words(row))),
        ("%", more),
        (said("90%, draws"), lambda row: ends_of(row, True).ends(words(row)))
        if any_has(moved, "posterior_draws")
        else None,
        (interval_name(rows), lambda row: ends_of(row, False).ends(words(row))) if any_has(rows, "low") else None,
        (said("pairing gain"), gain) if every and any_has(rows, "pairing_gain") else None,
    ]
    if moved:
        yield TextTable.of(moved, columns)
    if len(moved) < len(rows):
        yield said("{same} of {number} quantities are unchanged", same=len(rows) - len(moved), number=len(rows))


def _fates(changes: list[Row]) -> Iterator[TextTable | str]:
    """Lay out whose fate changed, by the fates under both policies, and by group."""
    if not changes:
        return

    def summed(*keys: str) -> dict[Any, list[Row]]:
        groups: dict[Any, list[Row]] = {}
        for row in changes:
            groups.setdefault(tuple(row[key] for key in keys), []).append(row)
        return groups

    def count(rows: list[Row], change: str | None = None) -> int:
        return sum(row["count"] for row in rows if change in (None, row["change"]))

    yield said("Victims with recorded events, as simulated:")
    heads = [said("change"), said("baseline"), said("policy"), said("attempts"), said("paid, {currency}")]
    table = TextTable(heads, (0, 1, 2))
    for path, rows in summed("change", "base", "other").items():
        paid = sum(row["paid_cents"] for row in rows) / CENTS_PER_UNIT
        table.add_row(*map(named, path), written(f"{count(rows):,}"), written(f"{paid:+,.0f}"))
    yield table
    for key in ("age_band", "fraud_type", "province"):
        table = TextTable([named(key), *map(named, CHANGES)])
        groups = summed(key)
        ordered = sorted(
            groups, key=lambda group: (-sum(count(groups[group], one) for one in CHANGES[:2]), str(group[0]))
        )
        for group in ordered[:GROUPS]:
            numbers = (written(f"{count(groups[group], change):,}") for change in CHANGES)
            table.add_row(named(group[0]), *numbers)
        if len(ordered) > GROUPS:
            table.caption = said("the {number} of {count} with most changes", number=GROUPS, count=len(ordered))
        yield table


def attribution_tables(result: "Attribution", retried: bool = False) -> Iterator[TextTable | str]:
    """Yield an attribution: victims and money by layer, what layers cost, and the largest overlaps.

    Args:
        result: The attribution.
        retried: Whether gangs try again what filters stop.

    Yields:
        Tables and paragraphs.
    """
    layers, costs = records(result.layers), records(result.costs)
    over = over_what(result)
    names, stances = (list(dict.fromkeys(row.get(key) for row in layers)) for key in ("layer", GANGS))
    layers.sort(key=lambda row: (names.index(row["layer"]), stances.index(row.get(GANGS))))
    of = {(row.get(GANGS), row["quantity"], row["layer"]): row for row in layers}
    first: list[Column | None] = [
        (said("layer"), lambda row: layer_named(row["layer"])),
        (said("gangs"), lambda row: named(row[GANGS])) if stances != [None] else None,
    ]
    left = range(len(first) - first.count(None))

    def rounded(head: str, key: str) -> Column:
        return head, lambda row: number_text(round(row[key]))

    def ends(head: str, low: str, high: str) -> Column:
        return head, lambda row: interval(*(None if row[end] is None else round(row[end]) for end in (low, high)))

    def share(row: Row) -> str:
        whole = of[row.get(GANGS), row["quantity"], "all"]["shapley"]
        return _per_cent(row["shapley"] / whole if whole else None)

    for quantity, title in (
        ("victims", said("Victims prevented:")),
        ("net_loss_money", said("Net loss prevented, {currency}:")),
    ):
        rows = [row for row in layers if row["quantity"] == quantity]
        numbers = [rounded(said("alone"), "alone"), rounded(said("last"), "last"), rounded(said("average"), "shapley")]
        intervals = [
            ends(head, low, high)
            for head, low, high in ((over, "low", "high"), (said("90%, draws"), "posterior_low", "posterior_high"))
            if any(row[low] is not None for row in rows)
        ]
        yield title
        yield TextTable.of(rows, [*first, *numbers, (said("share"), share), *intervals], left)
    if retried and "interception" in names:
        yield said(
            "Gangs repeat attempts that filters stop (fraud.retry). So the number of intercepted messages says little "
            "about how many people filters protect."
        )

    def caused(cost: str) -> Column:
        return named(cost), lambda row: number_text(round(of[row.get(GANGS), cost, row["layer"]]["shapley"]))

    yield said("What layers cause, averaged over the orders in which they can be added:")
    yield TextTable.of([row for row in layers if row["quantity"] == "victims"], [*first, *map(caused, CAUSED)], left)
    for stance in stances:
        if stance is not None:
            yield said("{stance}:", stance=said(STANCES[stance]))
        yield from layer_cost_lines([row for row in costs if row.get(GANGS) == stance], over)
    if not result.overlaps.empty:
        shared = result.overlaps[result.overlaps["quantity"] == "victims"]
        largest = shared.sort_values("overlap", key=abs, ascending=False).head(OVERLAPS)
        other: Column = (said("other layer"), lambda row: layer_named(row["other"]))
        yield said("Victims that either of two layers would prevent (below 0: one prevents them only with the other):")
        columns = [*first, other, rounded(said("overlap"), "overlap")]
        yield TextTable.of(records(largest), columns, range(len(left) + 1))


def over_what(result: "Attribution") -> str:
    """Return the kind of intervals of an attribution: those of a single replicate are over the drawn orders."""
    return said("95%, replicates") if result.coalitions["seed"].nunique() > 1 else said("95%, orders")


def staffing_tables(result: "Staffing") -> Iterator[Part]:
    """Yield the staff of each province, and what more or less of it would cost and bring."""

    def number(head: str, key: str, form: str = "") -> Column:
        def cell(row: Row) -> str:
            value = row[key]
            if form:
                return "" if value is None else written(format(value, form))
            return number_text(None if value is None else round(value))

        return head, cell

    def share(head: str, key: str) -> Column:
        return head, lambda row: _per_cent(row[key])

    rows = records(result.frame)
    promise: Column | None = (said("promise"), lambda row: said(PROMISES[row["status"]]))
    if all(row["status"] == "kept" for row in rows):
        promise = None
    provinces = [
        (said("province"), lambda row: named(row["name"])),
        promise,
        number(said("staff"), "staff"),
        number(said("now"), "current", ",.1f"),
        share(said("target"), "target"),
        share(said("share"), "share"),
        share(said("one less"), "one_less"),
        share(said("ceiling"), "ceiling"),
        number(said("alerts a day"), "alerts_per_day", ",.1f"),
        share(said("utilisation"), "utilisation"),
        number(said("staff hours"), "staff_hours"),
    ]
    yield TextTable.of(rows, provinces, (0, 1) if promise else (0,))
    yield said("More or less staff; the first line is the present staff:")
    curve = [
        number(said("times"), "factor", "g"),
        number(said("staff"), "staff", ",.0f"),
        number(said("staff hours"), "staff_hours"),
        share(said("share"), "share"),
        number(said("promises kept"), "kept"),
        number(said("victims"), "victims"),
        number(said("change"), "victims_change", "+,.0f"),
        number(said(NAMES["prevented_money"]), "prevented_money"),
        number(said("change"), "prevented_money_change", "+,.0f"),
    ]
    yield TextTable.of(records(result.curve), curve, ())


PROMISES = {
    "kept": marked("kept"),
    "impossible": marked("impossible"),
    "no alerts": marked("no alerts"),
    "unsettled": marked("unsettled"),
}
"""States of the promise in a province, by ``status``."""


def drawn_staff_table(rows: list[Row], draws: int) -> Iterator[TextTable | str]:
    """Lay out the smallest staff over posterior draws."""
    yield said("Staff over {draws} posterior draws (of those in which the promise can be kept):", draws=draws)
    table = TextTable([said("province"), "5%", "95%", said("promises kept")])
    for row in rows:
        shown = ("-" if row[key] is None else number_text(row[key]) for key in ("low", "high"))
        table.add_row(named(row["name"]), *shown, said("{number} of {count}", number=row["kept"], count=draws))
    yield table


def _per_cent(share: float | None) -> str:
    return "" if share is None else percent(share)


def records(frame: "pd.DataFrame") -> list[Row]:
    """Return the rows of a table for JSON, with null for missing values."""
    import pandas as pd

    return [
        {str(key): None if value is pd.NA or value != value else value for key, value in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]


SHOWN = ("victims", "loss_money", "prevented_money", "false_blocks")
"""Quantities of a sweep that are shown if no others are requested."""


def shown_quantities(frame: "pd.DataFrame", requested: Sequence[str]) -> list[str]:
    """Return the columns of quantities that are shown."""
    return [name for name in requested or SHOWN if name in frame.columns]


def key_lines(keys: Sequence[str], scenario: "Scenario") -> str:
    """Return the keys behind the names of levers, as they are typed."""
    told = (said("{name}: {value}", name=key_name(key, scenario.spec), value=key) for key in dict.fromkeys(keys))
    return said("Keys: {keys}", keys="; ".join(told))


def varied_value(key: str, value: Any) -> str:
    """Return a value of a varied key in words, with its unit."""
    return value_text(value, shape_at(tuple(key.split("."))))


def sweep_table(
    frame: "pd.DataFrame", scenario: "Scenario", keys: Sequence[str], requested: Sequence[str]
) -> TextTable:
    """Lay out a catalogue: what was varied, and some of the results, a line for each run.

    Args:
        frame: The catalogue.
        scenario: The scenario that is varied.
        keys: The varied keys.
        requested: Quantities to show; the usual ones if there are none.

    Returns:
        The table; its heads are the names of levers and quantities.
    """
    names = shown_quantities(frame, requested)

    def result(name: str) -> Column:
        def cell(row: Row) -> str:
            if row["message"] is not None:  # in place of the first result
                return said("failed: {message}", message=row["message"]) if name == names[0] else ""
            if row[name] is None:
                return ""
            return (percent if name.partition("@")[0].endswith(CHANGE) else number_text)(row[name])

        return quantity_named(name), cell

    columns: list[Column | None] = [
        (said("point"), lambda row: str(row["point"])),
        (named("seed"), lambda row: str(row["seed"])) if frame["replicate"].nunique() > 1 else None,
        *((key_name(key, scenario.spec), lambda row, key=key: varied_value(key, row[key])) for key in keys),
        *map(result, names),
    ]
    return TextTable.of(records(frame), columns, ())


IDLE = 3
"""Parameters without an effect that are named on the terminal."""

HEADERS = {
    "mu_star": marked("change across range"),
    "mu": marked("with its sign"),
    "sigma": marked("s.d."),
    "total": marked("share of variance"),
    "first": marked("alone"),
}
"""Names of indices on the terminal."""

SAMPLES = {"trajectories": marked("trajectories"), "base samples": marked("base samples")}
"""Names of blocks of runs, see ``sim.experiments.sensitivity.BLOCKS``."""


def size(method: str, parameters: int, samples: int, block: int) -> str:
    """Return how many runs a sensitivity by ``morris`` or ``sobol`` needs with a number of runs per block, and why."""
    return said(
        "{parameters} parameters, {samples} {blocks} of {block} runs: {runs} runs",
        parameters=parameters,
        samples=samples,
        blocks=said(SAMPLES[BLOCKS[method]]),
        block=block,
        runs=written(f"{samples * block:,}"),
    )


def by_importance(method: str, rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows of each quantity, by its name in words; the parameter that matters most comes first."""
    first = COLUMNS[method][0]
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(quantity_named(row["quantity"]), []).append(row)
    # Of two that matter as much, the first of the scenario comes first.
    return {name: sorted(own, key=lambda row: -(row[first] or 0.0)) for name, own in found.items()}


def sensitivity_tables(method: str, rows: Sequence[Row], scenario: "Scenario") -> Iterator[TextTable]:
    """Yield a table a quantity by importance, parameters in words."""

    def shown(row: Row, name: str) -> str:
        if row[name] is None:
            return ""
        return number_text(row[name]) if method == MORRIS else written(f"{row[name]:.3f}")

    def ends(row: Row, name: str) -> str:
        low, high = shown(row, f"{name}_low"), shown(row, f"{name}_high")
        return span_said(low, high) if row[name] is not None else ""

    for quantity, own in by_importance(method, rows).items():
        columns: list[Column | None] = [(quantity, lambda row: key_name(row["parameter"], scenario.spec))]
        for name in (name for name in COLUMNS[method] if name in HEADERS):
            columns.append((said(HEADERS[name]), partial(shown, name=name)))
            if f"{name}_low" in COLUMNS[method]:
                columns.append((said("95% interval"), partial(ends, name=name)))
        yield TextTable.of(own, columns)


def dropped(about: Row) -> str:
    """Say how many blocks were dropped for their failed runs, and why the first failed."""
    return said(
        "Dropped for failed runs: {dropped} of {samples} {blocks}. The first failure: {message}",
        dropped=about["dropped"],
        samples=about["samples"],
        blocks=said(SAMPLES[BLOCKS[about["method"]]]),
        message=about["message"],
    )


def idle(about: Row, scenario: "Scenario") -> str:
    """Say which parameters were left out, since they have no effect."""
    keys = about["idle"]
    names = [key_name(key, scenario.spec) for key in keys[:IDLE]]
    return said(
        "Left out: {number} parameters that have no effect before the end of the period: {parameters}",
        number=len(keys),
        parameters="; ".join(names) + ("; ..." if len(keys) > IDLE else ""),
    )


MOST_NAMED = 3
"""Parameters, layers and provinces that a sentence names, the first of them."""

MOST_VALUES = 4
"""Varied keys whose values a sentence repeats; with more of them it names the point alone."""

PREVENTED = {
    "victims": marked("All layers together prevent {number} victims. Shapley values, the largest first: {layers}."),
    "net_loss_money": marked(
        "They prevent net losses of {number} {currency}. Shapley values, the largest first: {layers}."
    ),
}
"""Sentences of an attribution, by its quantities."""


def of_sweep(
    frame: "pd.DataFrame",
    scenario: "Scenario",
    keys: Sequence[str],
    requested: Sequence[str],
    warnings: Sequence[str] = (),
) -> Answer:
    """Return the answer of a sweep: where each quantity is least and most.

    Args:
        frame: Its catalogue.
        scenario: The scenario that is varied.
        keys: The varied keys.
        requested: Quantities to tell; the usual ones if there are none.
        warnings: What a reader must know before trusting the numbers.

    Returns:
        The answer.
    """
    failed = [row for row in records(frame) if row["message"] is not None]
    done = frame[frame["message"].isna()]
    lines, ends = [], []
    for name in shown_quantities(frame, requested):
        means = done.groupby("point")[name].mean().dropna()
        if means.empty:
            continue
        least, most = (int(str(point)) for point in (means.idxmin(), means.idxmax()))
        low, high = float(means[least]), float(means[most])
        words = percent if name.partition("@")[0].endswith(CHANGE) else amount
        if low == high:
            lines.append(said("{quantity}: {value} at every point.", quantity=quantity_named(name), value=words(low)))
            continue
        ends += [least, most]
        told = {
            "quantity": quantity_named(name),
            "range": Estimate(low, low, high).ends(words),
            "least": str(least),
            "most": str(most),
        }
        apart = _difference(done, name, least, most)
        if apart.low is None:
            lines.append(said("{quantity}: {range}, least at point {least} and most at point {most}.", **told))
        else:
            text = marked(
                "{quantity}: {range}, least at point {least} and most at point {most}; difference {difference}."
            )
            lines.append(said(text, **told, difference=apart.told(words)))
    if len(keys) <= MOST_VALUES:
        lines += _points(frame, scenario, keys, dict.fromkeys(ends))
    if failed:
        text = marked("{number} of {count} runs failed. The first failure: {message}")
        lines.append(said(text, number=len(failed), count=len(frame), message=failed[0]["message"]))
    replicates = frame["replicate"].nunique()
    kind = said("one run a point: run-to-run noise unknown")
    if replicates > 1:
        kind = said(
            "means over {number} replicates, {level} intervals of differences",
            number=str(replicates),
            level=percent(LEVEL),
        )
    return _answer(scenario, lines, kind, warnings)


def _difference(done: "pd.DataFrame", name: str, least: int, most: int) -> Estimate:
    """Return the difference in a quantity between two points over equal seeds, with its interval if there are several.

    The two are the extremes of all points, so the interval is that of this pair and not of the largest difference.
    """
    by_seed = done.pivot(index="seed", columns="point", values=name)
    differences = (by_seed[most] - by_seed[least]).dropna().tolist()
    return Estimate(fmean(differences), *(interval_of_mean(differences) or (None, None)))


def _points(frame: "pd.DataFrame", scenario: "Scenario", keys: Sequence[str], points: dict[int, None]) -> Iterator[str]:
    """Yield the values of the varied keys at some points, a sentence each."""
    for point in list(points)[:MOST_NAMED]:
        row = frame[frame["point"] == point].iloc[0]
        values = "; ".join(
            said("{name}: {value}", name=key_name(key, scenario.spec), value=varied_value(key, row[key]))
            for key in keys
        )
        yield said("Point {point}: {values}.", point=str(point), values=values)


def of_sensitivity(
    method: str, rows: Sequence[Row], about: Row, scenario: "Scenario", warnings: Sequence[str] = ()
) -> Answer:
    """Return the answer of a sensitivity: which parameters matter most to each quantity.

    Args:
        method: ``morris`` or ``sobol``.
        rows: Its indices, see ``sim.experiments.sensitivity.sensitivity``.
        about: What ``attrs`` of the table say.
        scenario: The scenario whose parameters move.
        warnings: What a reader must know before trusting the numbers.

    Returns:
        The answer.
    """
    lines = []
    for quantity, own in by_importance(method, rows).items():
        told = [
            said("{name} ({effect})", name=key_name(row["parameter"], scenario.spec), effect=_effect(method, row))
            for row in own[:MOST_NAMED]
            if row["mu_star" if method == MORRIS else "total"]
        ]
        if told:
            text = said("{quantity}: what matters most is {parameters}.", quantity=quantity, parameters="; ".join(told))
        else:
            text = said("{quantity}: no parameter has an effect.", quantity=quantity)
        lines.append(text)
    if method == MORRIS:
        lines.append(said("In brackets: how much the quantity changes across the range of the parameter."))
    else:
        lines.append(said("In brackets: the share of the variance of the quantity that the parameter causes."))
    lines += [idle(about, scenario)] if about["idle"] else []
    lines += [dropped(about)] if about["dropped"] else []
    first = next(iter(by_importance(method, rows).values()))[0]["parameter"]
    kind = said("{level} bootstrap intervals over {blocks}", level=percent(LEVEL), blocks=said(SAMPLES[BLOCKS[method]]))
    return _answer(scenario, lines, kind, warnings, f"tocsin explain {first}")


def _effect(method: str, row: Row) -> str:
    """Return the size of an effect, with its interval, as it stands inside brackets."""
    index, words = ("mu_star", amount) if method == MORRIS else ("total", percent)
    value = words(row[index])
    ends = Estimate(row[index], row[f"{index}_low"], row[f"{index}_high"]).ends(words)
    return said("{value}; {interval}", value=value, interval=ends) if ends else value


def of_attribution(result: "Attribution", scenario: "Scenario", warnings: Sequence[str] = ()) -> Answer:
    """Return the answer of an attribution: what all layers prevent, and which of them prevent most.

    Args:
        result: The attribution.
        scenario: The scenario.
        warnings: What a reader must know before trusting the numbers.

    Returns:
        The answer.
    """
    rows, lines = records(result.layers), []
    stances = list(dict.fromkeys(row.get(GANGS) for row in rows))
    for stance in stances:
        own = [row for row in rows if row.get(GANGS) == stance]
        sentences = [_prevented(own, quantity) for quantity in PREVENTED]
        layers = [row for row in own if row["quantity"] == "victims" and row["layer"] != "all"]
        last = max(layers, key=lambda row: row["last"])
        text = marked("The layer whose removal alone adds most victims: {layer}.")
        sentences.append(said(text, layer=layer_named(last["layer"])))
        if stance is not None and len(stances) > 1:
            head = said("{stance}:", stance=said(STANCES[stance]))
            sentences[0] = f"{head[0].upper()}{head[1:]} {sentences[0]}"
        lines += sentences
    has_intervals = any(row["low"] is not None for row in rows)
    kind = over_what(result) if has_intervals else said("one run of each set of layers: run-to-run noise unknown")
    return _answer(scenario, lines, kind, warnings)


def _prevented(rows: Sequence[Row], quantity: str) -> str:
    """Return how much all layers prevent, and the layers that prevent most, each with its amount."""
    told = {
        row["layer"]: Estimate(row["shapley"], row["low"], row["high"]).told()
        for row in sorted(rows, key=lambda row: -row["shapley"])
        if row["quantity"] == quantity
    }
    every = told.pop("all")
    most = list(told.items())[:MOST_NAMED]
    layers = "; ".join(said("{layer} {value}", layer=layer_named(layer), value=value) for layer, value in most)
    return said(PREVENTED[quantity], number=every, layers=layers)


def of_staffing(result: "Staffing", terms: "Terms", compared: str, folder: Path) -> Answer:
    """Return the answer of a search for staff: the smallest staff that keeps the promise, and what it changes.

    Args:
        result: What was found.
        terms: The promise.
        compared: The scenario as it is typed.
        folder: The file of the scenario with that staff.

    Returns:
        The answer.
    """
    scenario, rows = result.scenario, records(result.frame)
    kept = [row for row in rows if row["status"] == "kept"]
    deadline = getattr(scenario.spec.warning.tiers, terms.tier).deadline
    words = {
        "desk": key_name(f"desks.{terms.desk}.staff", scenario.spec),
        "staff": number_text(sum(row["staff"] for row in kept)),
        "now": written(f"{round(sum(row['current'] for row in kept)):,}"),
        "kept": str(len(kept)),
        "count": str(len(rows)),
    }
    promise = {"share": percent(terms.share), "tier": named(terms.tier), "time": value_text(f"{deadline} ms")}
    text = marked("{share} of {tier} alerts reached within {time}")
    if terms.relative:
        text = marked("{share} of the {tier} alerts that unlimited staff reaches, within {time}")
    what = said(text, **promise)
    text = marked("No province can keep the promise: {promise}.")
    if len(kept) == len(rows):
        text = marked("The promise, {promise}, needs {staff} people instead of {now} now ({desk}).")
    elif kept:
        text = marked(
            "The promise, {promise}, can be kept in {kept} of {count} provinces. They need {staff} people instead of "
            "{now} now ({desk})."
        )
    lines = [said(text, promise=what, **words)]
    others = [named(row["name"]) for row in rows if row["status"] == "impossible"]
    if others and kept:
        some = ", ".join(others[:MOST_NAMED]) + (", ..." if len(others) > MOST_NAMED else "")
        lines.append(said("Even unlimited staff cannot keep it in: {provinces}.", provinces=some))
    if kept:
        curve = records(result.curve)
        now, found = (next(row for row in curve if row["factor"] == factor) for factor in (None, 1))
        text = marked(
            "With them desks work {hours} hours in the period instead of {now}, and {victims} people become victims "
            "instead of {before}."
        )
        numbers = (number_text(round(row[key])) for key in ("staff_hours", "victims") for row in (found, now))
        lines.append(said(text, **dict(zip(("hours", "now", "victims", "before"), numbers, strict=True))))
    kind = said("no intervals: run-to-run noise unknown")
    return _answer(scenario, lines, kind, result.warnings, f"tocsin compare {compared} {folder}")


def _answer(
    scenario: "Scenario", lines: Sequence[str], intervals: str, warnings: Sequence[str], *commands: str
) -> Answer:
    """Return the answer of an experiment; its first line is the headline."""
    headline, *sentences = (f"{line[0].upper()}{line[1:]}" for line in lines)
    return Answer(
        question=scenario.spec.title,
        name=scenario.name,
        base=None,
        headline=headline,
        intervals=intervals,
        sentences=tuple(sentences),
        warnings=tuple(dict.fromkeys(warnings)),
        next=commands,
    )
