"""Experiments on the terminal: what changed, by how much, and within which interval. Nothing is computed here."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sim.base.money import CENTS_PER_UNIT
from sim.base.rounding import number_text, percent, significant, written
from sim.base.words import End, Tier
from sim.experiments.gangs import ANSWERING, STILL
from sim.experiments.indices import BLOCKS, COLUMNS, MORRIS
from sim.language.labels import named
from sim.language.spoken import marked, said
from sim.reading.figures import CHANGE
from sim.reading.stored_answers import OF_PEOPLE
from sim.scenario.lever_words import key_name, value_text
from sim.scenario.levers import Lever, shape_at
from sim.told.answer import LEAST_DIGITS
from sim.told.brief import answer_parts, found_parts
from sim.told.costs import cost_lines, interval_name, is_cost, layer_cost_lines, layer_named
from sim.told.effect import ends_of
from sim.told.terminal import interval, lever_lines
from sim.told.text_tables import BELOW, Column, Line, Part, TextTable, heading
from sim.told.vocabulary import NAMES, quantity_named, span_said, value_said

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiments.attribute import Attribution
    from sim.experiments.staffing import Staffing
    from sim.scenario import Scenario
    from sim.told.one import Answer

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
    base = document["base"]
    for answer in answers:
        scenario = answer.name
        rows = [row for row in document["rows"] if row["scenario"] == scenario]
        changed = [Lever.of(row) for row in document["levers"] if row["scenario"] == scenario]
        if changed:
            title = said("Changes of {other} from {base}", other=scenario, base=base)
            yield from lever_lines(title, changed, MOST_LEVERS)
            if len(changed) > MOST_LEVERS:
                yield Line(said("{number} more; list all: tocsin diff", number=len(changed) - MOST_LEVERS), BELOW)
        else:
            yield heading(said("{other} changes no lever of {base}", other=scenario, base=base))
        others = [row for row in rows if not is_cost(row)]
        if not every:
            others = [row for row in others if row["quantity"] in OUTCOMES]
            others.sort(key=lambda row: OUTCOMES.index(row["quantity"]))
        yield from _quantities(others, scenario, every)
        unpriced = [row["name"] for row in document["levers"] if row["scenario"] == scenario and not row["priced"]]
        costs = cost_lines(rows, unpriced)
        fates = _changes(scenario, document.get("changes", [])) if every else ()
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
        is_change = row["quantity"].partition("@")[0].endswith(CHANGE)
        return "" if row["ratio"] is None or is_change else _more(row["ratio"])

    def gain(row: Row) -> str:
        return "" if row["pairing_gain"] is None else written(f"{row['pairing_gain']:,.1f}")

    columns: list[Column] = [
        (said("quantity"), lambda row: quantity_named(row["quantity"])),
        (said("baseline"), lambda row: words(row)(row["base"])),
        (scenario, lambda row: words(row)(row["other"])),
        (said("difference"), lambda row: ends_of(row, False).number(words(row))),
        ("%", more),
    ]
    if any(row.get("posterior_draws") is not None for row in moved):
        columns.append((said("90%, draws"), lambda row: ends_of(row, True).ends(words(row))))
    if any(row["low"] is not None for row in rows):
        columns.append((interval_name(rows), lambda row: ends_of(row, False).ends(words(row))))
    if every and any(row["pairing_gain"] is not None for row in rows):
        columns.append((said("pairing gain"), gain))
    if moved:
        yield TextTable.of(moved, columns)
    if len(moved) < len(rows):
        yield said("{same} of {number} quantities are unchanged", same=len(rows) - len(moved), number=len(rows))


def _more(ratio: float) -> str:
    """Return by how many percent something is more, or how many times as much if that is easier to read."""
    return written(f"x{ratio:,.0f}") if abs(ratio) >= MANY_TIMES else written(f"{100 * (ratio - 1):+.1f}")


def _changes(scenario: str, changes: list[Row]) -> Iterator[TextTable | str]:
    """Lay out whose fate changed, by the fates under both policies."""
    counts: dict[tuple[str, str, str], list[int]] = {}
    for row in changes:
        if row["scenario"] == scenario:
            sums = counts.setdefault((row["change"], row["base"], row["other"]), [0, 0])
            sums[0] += row["count"]
            sums[1] += row["paid_cents"]
    if not counts:
        return
    yield said("Victims with recorded events, as simulated:")
    paid = said("paid, {currency}")
    table = TextTable([said("change"), said("baseline"), said("policy"), said("attempts"), paid], (0, 1, 2))
    for path, (count, cents) in counts.items():
        table.add_row(*map(named, path), written(f"{count:,}"), written(f"{cents / CENTS_PER_UNIT:+,.0f}"))
    yield table
    for key in ("age_band", "fraud_type", "province"):
        yield _by_group(scenario, changes, key)


def _by_group(scenario: str, changes: list[Row], key: str) -> TextTable:
    """Lay out how many victims a policy saved, harmed and left unchanged, in each group of a column."""
    from sim.experiments.fates import CHANGES

    counts: dict[Any, dict[str, int]] = {}
    for row in changes:
        if row["scenario"] == scenario:
            own = counts.setdefault(row[key], dict.fromkeys(CHANGES, 0))
            own[row["change"]] += row["count"]
    table = TextTable([named(key), *map(named, CHANGES)])
    ordered = sorted(counts.items(), key=lambda one: (-one[1][CHANGES[0]] - one[1][CHANGES[1]], str(one[0])))
    for group, own in ordered[:GROUPS]:
        table.add_row(named(group), *(written(f"{own[change]:,}") for change in CHANGES))
    if len(ordered) > GROUPS:
        table.caption = said("the {number} of {count} with most changes", number=GROUPS, count=len(ordered))
    return table


def attribution_tables(result: "Attribution", retried: bool = False) -> Iterator[TextTable | str]:
    """Yield an attribution: victims and money by layer, what layers cost, and the largest overlaps.

    Args:
        result: The attribution.
        retried: Whether gangs try again what filters stop.

    Yields:
        Tables and paragraphs.
    """
    from sim.experiments.attribute import CAUSED, GANGS

    layers = result.layers
    over = over_what(result)
    names = list(dict.fromkeys(layers["layer"]))
    stances = list(dict.fromkeys(layers[GANGS])) if GANGS in layers else [None]
    head = [said("layer"), *([said("gangs")] if stances != [None] else [])]
    of = {(row.get(GANGS), row["quantity"], row["layer"]): row for row in records(layers)}
    every = [
        (name, stance, [layer_named(name), *([named(stance)] if stance else [])])
        for name in names
        for stance in stances
    ]
    for quantity, title in (
        ("victims", said("Victims prevented:")),
        ("net_loss_money", said("Net loss prevented, {currency}:")),
    ):
        shown = [
            (words, low, high)
            for words, low, high in (
                (over, "low", "high"),
                (said("90%, draws"), "posterior_low", "posterior_high"),
            )
            if any(of[stance, quantity, name][low] is not None for name, stance, _ in every)
        ]
        yield title
        numbers = [said("alone"), said("last"), said("average"), said("share")]
        table = TextTable([*head, *numbers, *(words for words, _, _ in shown)], range(len(head)))
        for name, stance, first in every:
            row, whole = of[stance, quantity, name], of[stance, quantity, "all"]["shapley"]
            cells = [number_text(round(row[key])) for key in ("alone", "last", "shapley")]
            cells.append(_per_cent(row["shapley"] / whole if whole else None))
            ends = (interval(*_rounded(row[low], row[high])) for _, low, high in shown)
            table.add_row(*first, *cells, *ends)
        yield table
    if retried and "interception" in names:
        yield said(
            "Gangs repeat attempts that filters stop (fraud.retry). So the number of intercepted messages says little "
            "about how many people filters protect."
        )
    yield said("What layers cause, averaged over the orders in which they can be added:")
    table = TextTable([*head, *map(named, CAUSED)], range(len(head)))
    for name, stance, first in every:
        table.add_row(*first, *(number_text(round(of[stance, cost, name]["shapley"])) for cost in CAUSED))
    yield table
    costs = records(result.costs)
    for stance in stances:
        if stance is not None:
            yield said("{stance}:", stance=said(STANCES[stance]))
        yield from layer_cost_lines([row for row in costs if row.get(GANGS) == stance], over)
    if not result.overlaps.empty:
        yield from _overlaps(result, head)


def over_what(result: "Attribution") -> str:
    """Return the kind of intervals of an attribution: those of a single replicate are over the drawn orders."""
    return said("95%, replicates") if result.coalitions["seed"].nunique() > 1 else said("95%, orders")


def _overlaps(result: "Attribution", head: list[str]) -> Iterator[TextTable | str]:
    """Lay out the largest overlaps of two layers."""
    from sim.experiments.attribute import GANGS

    shared = result.overlaps[result.overlaps["quantity"] == "victims"].sort_values("overlap", key=abs, ascending=False)
    yield said("Victims that either of two layers would prevent (below 0: one prevents them only with the other):")
    table = TextTable([*head, said("other layer"), said("overlap")], range(len(head) + 1))
    for row in records(shared.head(OVERLAPS)):
        stance = [named(row[GANGS])] if GANGS in row else []
        table.add_row(layer_named(row["layer"]), *stance, layer_named(row["other"]), number_text(round(row["overlap"])))
    yield table


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
    promise = None if all(row["status"] == "kept" for row in rows) else said("promise")
    provinces: list[Column | None] = [
        (said("province"), lambda row: named(row["name"])),
        None if promise is None else (promise, lambda row: said(PROMISES[row["status"]])),
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


def _rounded(*values: float | None) -> tuple[float | None, ...]:
    return tuple(None if value is None else round(value) for value in values)


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
    import pandas as pd

    names = shown_quantities(frame, requested)
    several = frame["replicate"].nunique() > 1
    heads = [said("point"), *([named("seed")] if several else [])]
    heads += [key_name(key, scenario.spec) for key in keys]
    table = TextTable([*heads, *map(quantity_named, names)], ())
    for row in records(frame):
        cells = [str(row["point"]), *([str(row["seed"])] if several else [])]
        cells += [varied_value(key, row[key]) for key in keys]
        if row["message"] is not None:
            table.add_row(*cells, said("failed: {message}", message=row["message"]), *[""] * (len(names) - 1))
        else:
            table.add_row(*cells, *("" if pd.isna(row[name]) else _number(name, row[name]) for name in names))
    return table


def _number(name: str, value: float) -> str:
    """Return a value of a quantity; changes in percent."""
    return percent(value) if name.partition("@")[0].endswith(CHANGE) else number_text(value)


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
"""Names of blocks of runs, see ``sim.experiments.indices.BLOCKS``."""


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
    columns = COLUMNS[method]
    for quantity, own in by_importance(method, rows).items():
        names = [quantity]
        for name in columns:
            if name in HEADERS:
                names += [said(HEADERS[name]), *([said("95% interval")] if f"{name}_low" in columns else [])]
        table = TextTable(names)
        for row in own:
            table.add_row(key_name(row["parameter"], scenario.spec), *_cells(method, row))
        yield table


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


def _cells(method: str, row: Row) -> Iterator[str]:
    def shown(name: str) -> str:
        if row[name] is None:
            return ""
        return number_text(row[name]) if method == MORRIS else written(f"{row[name]:.3f}")

    for name in COLUMNS[method]:
        if name in HEADERS:
            yield shown(name)
            if f"{name}_low" in row:
                yield span_said(shown(f"{name}_low"), shown(f"{name}_high")) if row[name] is not None else ""
