"""The tables of experiments on the terminal: what moved, by how much, and within which interval.

What is stored is laid out here for people; nothing is computed. ``sensitivity_table`` has that of a sensitivity,
``sim.told.terminal`` those of single runs.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sim.base.money import CENTS_PER_UNIT
from sim.base.rounding import number_text
from sim.base.words import End, Tier
from sim.experiments.gangs import ANSWERING, STILL
from sim.language.spoken import currency, said
from sim.reading.figures import CHANGE
from sim.reading.stored_answers import OF_PEOPLE
from sim.scenario.levers import Lever
from sim.told.costs import cost_lines, interval_name, is_cost, layer_cost_lines
from sim.told.effect import effect_lines, interval_said
from sim.told.terminal import lever_lines, paragraph
from sim.told.text_tables import Lines
from sim.told.vocabulary import NAMES, quantity_named, value_said

if TYPE_CHECKING:
    import pandas as pd
    from rich.text import Text

    from sim.experiments.attribute import Attribution
    from sim.experiments.staffing import Staffing

Row = dict[str, Any]


OUTCOMES = (
    *(*OF_PEOPLE, "cases_filed", "cases_solved"),
    *(f"alerts_by_tier.{tier}" for tier in Tier.labels()),
    f"alerts_by_end.{End.EXPIRED.label}",
)
"""What became of people, money and alerts: what of a comparison is shown where not all of it is asked for."""

MANY_TIMES = 10
"""From so many times as much on, percent are hard to read."""

MOST_LEVERS = 12
"""Levers on the terminal; the rest is counted."""


def comparison_parts(document: dict[str, Any], width: int, every: bool = False) -> "Iterator[Lines | Text]":
    """Lay out a comparison: what each scenario changes, what that did, a table of outcomes, and what it costs.

    Args:
        document: The document, as ``compare.json`` has it.
        width: Columns of the terminal.
        every: Whether all quantities are shown, and whose fate changed.

    Yields:
        Tables and lines of text.
    """
    base = document["base"]
    for scenario in document["others"]:
        rows = [row for row in document["rows"] if row["scenario"] == scenario]
        changed = [Lever.of(row) for row in document["levers"] if row["scenario"] == scenario]
        if changed:
            yield from lever_lines(f"what {scenario} changes of {base}", changed, width, MOST_LEVERS)
            if len(changed) > MOST_LEVERS:
                yield paragraph(f"{len(changed) - MOST_LEVERS} more: tocsin diff", width)
        else:
            yield paragraph(f"{scenario} changes no lever of {base}", width, 0, style="bold")
        kind = interval_said(rows)
        told = f"in brackets: {kind}" if kind else "a single pair: how far chance alone moves it is not known"
        yield paragraph(f"what it did ({told})", width, 0, style="bold")
        for line in effect_lines(rows):
            yield paragraph(line, width, 2, 2)
        others = [row for row in rows if not is_cost(row)]
        if not every:
            others = sorted(
                (row for row in others if row["quantity"] in OUTCOMES), key=lambda row: OUTCOMES.index(row["quantity"])
            )
        yield from _quantities(others, scenario, every, width)
        unpriced = [row["name"] for row in document["levers"] if row["scenario"] == scenario and not row["priced"]]
        for part in cost_lines(rows, unpriced, document["withheld"].get(scenario, "")):
            yield paragraph(part, width, 0) if isinstance(part, str) else part
        if every:
            for part in _changes(scenario, document.get("changes", [])):
                yield paragraph(part, width, 0) if isinstance(part, str) else part


def _quantities(rows: Sequence[Row], scenario: str, every: bool, width: int) -> "Iterator[Lines | Text]":
    """Lay out quantities that are not the same, and count those that are."""
    moved = [row for row in rows if row["difference"] or row["chance"]]
    several = any(row["low"] is not None for row in rows)
    stored = any(row.get("posterior_draws") is not None for row in moved)
    gains = every and any(row["pairing_gain"] is not None for row in rows)
    names = ["quantity", "base", scenario, "difference", "%", *(["90%, draws"] if stored else [])]
    names += [interval_name(rows)] if several else []
    table = Lines([*names, *(["pairing gain"] if gains else [])], ["quantity"])
    for row in moved:
        name, _, window = row["quantity"].partition("@")
        shown = f"{quantity_named(name)}{f' {window}' if window else ''}"
        cells = [shown, *(value_said(name, row[key]) for key in ("base", "other", "difference"))]
        cells.append("" if row["ratio"] is None or name.endswith(CHANGE) else _more(row["ratio"]))
        if stored:
            ends = (row["posterior_low"], row["posterior_high"])
            cells.append("" if None in ends else "..".join(value_said(name, end) for end in ends))
        if several:
            ends = (row["low"], row["high"])
            cells.append("" if None in ends else "..".join(value_said(name, end) for end in ends))
        if gains:
            cells.append("" if row["pairing_gain"] is None else f"{row['pairing_gain']:,.1f}")
        table.add_row(*cells)
    if moved:
        yield table
    if len(moved) < len(rows):
        yield paragraph(f"{len(rows) - len(moved)} of {len(rows)} quantities are the same", width, 0)


def _more(ratio: float) -> str:
    """Return by how many percent something is more, or how many times as much where that is hard to read."""
    return f"x{ratio:,.0f}" if abs(ratio) >= MANY_TIMES else f"{100 * (ratio - 1):+.1f}"


def _changes(scenario: str, changes: list[Row]) -> "Iterator[Lines | str]":
    """Lay out whose fate changed, by the fates under both policies."""
    counts: dict[tuple[str, str, str], list[int]] = {}
    for row in changes:
        if row["scenario"] == scenario:
            sums = counts.setdefault((row["change"], row["base"], row["other"]), [0, 0])
            sums[0] += row["count"]
            sums[1] += row["paid_cents"]
    if not counts:
        return
    yield "victims whose events were recorded, as simulated:"
    table = Lines(["change", "base", "other", "attempts", f"paid, {currency()}"], ["change", "base", "other"])
    for path, (count, cents) in counts.items():
        table.add_row(*path, f"{count:,}", f"{cents / CENTS_PER_UNIT:+,.0f}")
    yield table
    for key in ("age_band", "fraud_type", "province"):
        yield _by_group(scenario, changes, key)


def _by_group(scenario: str, changes: list[Row], key: str) -> Lines:
    """Lay out how many victims a policy saved, harmed and left as they were, in each group of a column."""
    from sim.experiments.fates import CHANGES

    counts: dict[Any, dict[str, int]] = {}
    for row in changes:
        if row["scenario"] == scenario:
            own = counts.setdefault(row[key], dict.fromkeys(CHANGES, 0))
            own[row["change"]] += row["count"]
    table = Lines([key.replace("_", " "), *CHANGES], [key.replace("_", " ")])
    ordered = sorted(counts.items(), key=lambda one: (-one[1][CHANGES[0]] - one[1][CHANGES[1]], str(one[0])))
    for group, own in ordered[:GROUPS]:
        table.add_row(str(group), *(f"{own[change]:,}" for change in CHANGES))
    if len(ordered) > GROUPS:
        table.caption = f"the {GROUPS} of {len(ordered)} with most changes"
    return table


SHOWN = ("victims", "loss_money", "prevented_money", "false_blocks")
"""Quantities of a sweep on the terminal, where no others are asked for."""

GROUPS = 10
"""Groups of victims, and provinces with rosters, on the terminal, those with most first."""

OVERLAPS = 8
"""Overlaps on the terminal, largest first."""

MOST = 64
"""Runs on the terminal; the catalogue has all."""


def sweep_table(frame: "pd.DataFrame", keys: Sequence[str], asked: Sequence[str]) -> Lines:
    """Lay out a catalogue: what was varied, and some of what came out; the first of its runs where there are many."""
    import pandas as pd

    names = [name for name in asked or SHOWN if name in frame.columns]
    several = frame["replicate"].nunique() > 1
    table = Lines(["point", *(["seed"] if several else []), *keys, *names])
    for row in records(frame.head(MOST)):
        cells = [str(row["point"]), *([str(row["seed"])] if several else []), *(str(row[key]) for key in keys)]
        if row["message"] is not None:
            table.add_row(*cells, f"failed: {row['message']}")
        else:
            table.add_row(*cells, *("" if pd.isna(row[name]) else number_text(row[name]) for name in names))
    if len(frame) > MOST:
        table.caption = f"the first {MOST} of {len(frame):,}"
    return table


DOING = {STILL: "that stand still", ANSWERING: "that answer what attempts yield"}


def attribution_tables(result: "Attribution", withheld: str = "") -> "Iterator[Lines | str]":
    """Lay out an attribution: victims and money by layer, what layers cost, or why not, and the largest overlaps."""
    from sim.experiments.attribute import CAUSED, GANGS

    layers = result.layers
    # Of a single replicate the intervals are over the orders that were drawn.
    over = "replicates" if result.coalitions["seed"].nunique() > 1 else "orders"
    names = list(dict.fromkeys(layers["layer"]))
    stances = list(dict.fromkeys(layers[GANGS])) if GANGS in layers else [None]
    head = ["layer", *([GANGS] if stances != [None] else [])]
    of = {(row.get(GANGS), row["quantity"], row["layer"]): row for row in records(layers)}
    every = [(name, stance, [name, *([stance] if stance else [])]) for name in names for stance in stances]
    for quantity, title in (("victims", "victims prevented"), ("net_loss_money", f"net loss prevented, {currency()}")):
        shown = [
            (words, low, high)
            for words, low, high in (
                (f"95%, {over}", "low", "high"),
                ("90%, draws", "posterior_low", "posterior_high"),
            )
            if any(of[stance, quantity, name][low] is not None for name, stance, _ in every)
        ]
        yield f"{title}:"
        table = Lines([*head, "alone", "last", "shapley", "share", *(name for name, _, _ in shown)], head)
        for name, stance, first in every:
            row, whole = of[stance, quantity, name], of[stance, quantity, "all"]["shapley"]
            cells = [*first, *(number_text(round(row[key])) for key in ("alone", "last", "shapley"))]
            cells.append(f"{row['shapley'] / whole:.1%}" if whole else "")
            for _, low, high in shown:
                cells.append(
                    "" if row[low] is None else f"{number_text(round(row[low]))}..{number_text(round(row[high]))}"
                )
            table.add_row(*cells)
        yield table
    yield "what layers cause, on average over the orders in which they may come:"
    table = Lines([*head, *(cost.replace("_", " ") for cost in CAUSED)], head)
    for name, stance, first in every:
        table.add_row(*first, *(number_text(round(of[stance, cost, name]["shapley"])) for cost in CAUSED))
    yield table
    costs = records(result.costs)
    for stance in stances:
        if stance is not None:
            yield f"with gangs {DOING[stance]}:"
        yield from layer_cost_lines([row for row in costs if row.get(GANGS) == stance], over, withheld)
    if result.overlaps.empty:
        return
    shared = result.overlaps[result.overlaps["quantity"] == "victims"].sort_values("overlap", key=abs, ascending=False)
    yield "victims that both of two layers would prevent (below 0: that one prevents only beside the other):"
    table = Lines([*head, "other", "overlap"], [*head, "other"])
    for row in records(shared.head(OVERLAPS)):
        stance = [row[GANGS]] if GANGS in row else []
        table.add_row(row["layer"], *stance, row["other"], number_text(round(row["overlap"])))
    yield table


def staffing_tables(result: "Staffing") -> "Iterator[Lines | str]":
    """Lay out the staff of each province, and what more or less of it would cost and bring."""
    rows = records(result.frame)
    kept = all(row["status"] == "kept" for row in rows)
    names = ["province", *([] if kept else ["promise"]), "staff", "now", "target", "share", "one less", "ceiling"]
    table = Lines([*names, "alerts a day", "busy", "staff hours"], ["province", "promise"])
    for row in rows:
        table.add_row(
            row["name"],
            *([] if kept else [row["status"]]),
            "-" if row["staff"] is None else number_text(row["staff"]),
            f"{row['current']:,.1f}",
            *(_per_cent(row[key]) for key in ("target", "share", "one_less", "ceiling")),
            f"{row['alerts_per_day']:,.1f}",
            _per_cent(row["utilisation"]),
            number_text(round(row["staff_hours"])),
        )
    yield table
    yield "more or less staff; the first line is as it is:"
    table = Lines(
        ["times", "staff", "staff hours", "share", "kept in", "victims", "more", said(NAMES["prevented_money"]), "more"]
    )
    for row in records(result.curve):
        table.add_row(
            "" if row["factor"] is None else f"{row['factor']:g}",
            f"{row['staff']:,.0f}",
            number_text(round(row["staff_hours"])),
            _per_cent(row["share"]),
            str(row["kept"]),
            number_text(round(row["victims"])),
            f"{row['victims_change']:+,.0f}",
            number_text(round(row["prevented_money"])),
            f"{row['prevented_money_change']:+,.0f}",
        )
    yield table
    if result.by_half_hour:
        yield from _savings(records(result.savings))
        yield from _rosters(result)


def drawn_staff_table(rows: list[Row], draws: int) -> "Iterator[Lines | str]":
    """Lay out the smallest staff over posterior draws."""
    yield f"over {draws} posterior draws, staff at 5, 50 and 95 per cent of those that keep the promise:"
    table = Lines(["province", "5%", "middle", "95%", "kept in"], ["province"])
    for row in rows:
        shown = ("-" if row[key] is None else number_text(row[key]) for key in ("low", "middle", "high"))
        table.add_row(row["name"], *shown, f"{row['kept']} of {draws}")
    yield table


def _savings(rows: list[Row]) -> "Iterator[Lines | str]":
    """Lay out what staffing by half hour saves in each province."""
    yield "each half hour staffed by itself, beside the flat staff above:"
    kept = all(row["status"] == "kept" for row in rows)
    priced = any(row["wages_a_day"] is not None for row in rows)
    names = [
        "province",
        *([] if kept else ["promise"]),
        "target",
        "share",
        "next seed",
        "flat hours a day",
        "over",
        "hours a day",
        "over",
        "saved",
    ]
    table = Lines(
        [*names, *([f"flat {currency()} a day", f"{currency()} a day"] if priced else [])], ["province", "promise"]
    )
    for row in rows:
        table.add_row(
            row["name"],
            *([] if kept else [row["status"]]),
            *(_per_cent(row[key]) for key in ("target", "share", "share_next")),
            *(f"{row[key]:,.1f}" for key in ("hours_a_day_flat", "overtime_a_day_flat")),
            *(f"{row[key]:,.1f}" for key in ("hours_a_day", "overtime_a_day")),
            _per_cent(row["saved"]),
            *([_wages(row[key]) for key in ("wages_a_day_flat", "wages_a_day")] if priced else []),
        )
    yield table


def _wages(wages: float | None) -> str:
    return said("withheld") if wages is None else number_text(round(wages))


def _rosters(result: "Staffing") -> "Iterator[Lines | str]":
    """Lay out the staff on duty by half hour, with a column a province; those with most staff where there are many."""
    frame = result.half_hours
    for weekdays, rows in frame.groupby("weekdays", sort=False):
        wide = rows.pivot_table(index="start", columns="name", values="staff", aggfunc="sum", sort=False)
        names = list(wide.sum().sort_values(ascending=False, kind="stable").index[:GROUPS])
        yield f"staff on duty by half hour, weekdays {weekdays}:"
        table = Lines(["from", *names], ["from"])
        for start, row in wide[names].iterrows():
            table.add_row(str(start), *(number_text(int(number)) for number in row))
        if len(names) < wide.shape[1]:
            table.caption = f"the {GROUPS} of {wide.shape[1]} provinces with most"
        yield table


def _per_cent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def records(frame: "pd.DataFrame") -> list[Row]:
    """Return the rows of a table as JSON has them: null where a value is missing."""
    import pandas as pd

    return [
        {str(key): None if value is pd.NA or value != value else value for key, value in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]
