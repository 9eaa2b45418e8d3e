"""Figures on the terminal, laid out as tables of text: what was reported, what the run gave."""

from collections.abc import Sequence
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from sim.results.costs import COST, COST_HIGH, COST_LOW, ENDS
from sim.results.figures import CHANGE, STANDARD_ERRORS
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

    from sim.scenario.levers import Lever

Figure = dict[str, Any]


def figure_table(figures: Sequence[Figure], width: int) -> "Table":
    """Lay out the figures of one run for a terminal of so many columns."""
    rows = [(*_head(row), amount(row["simulated"]), _ratio(row["ratio"]), _held(row)) for row in figures]
    return _layout(("simulated", "ratio", "within"), rows, width)


def lever_lines(title: str, levers: Sequence["Lever"], most: int | None = None) -> "Group":
    """Lay out the levers in which two scenarios differ, a line each, and its key where all of them are shown.

    Args:
        title: What stands above them.
        levers: The levers.
        most: How many of them are shown; all, with their keys, if None.

    Returns:
        Lines for the terminal.
    """
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    lines = [
        Padding(Text(ascii_controls(text)), (0, 0, 0, indent), expand=False)
        for row in levers[:most]
        for text, indent in ((row.told, 2), *(() if most else ((row.key, 6),)))
    ]
    return Group(Text(title, style="bold"), *lines)


def findings_list(lines: Sequence[str]) -> "Group":
    """Lay out findings for a terminal, a paragraph each."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    shown = [Padding(Text(f"- {ascii_controls(line)}"), (0, 0, 0, 2), expand=False) for line in lines]
    return Group(Text("findings", style="bold"), *shown)


def asked_table(answers: Sequence[dict[str, Any]]) -> "Table":
    """Lay out what was asked of a run, one line a question."""
    rows = []
    for answer in answers:
        windows = [answer["window"], *([answer["base"]] if answer["base"] else [])]
        shown = "/".join(f"{start}..{end}" for start, end in windows)
        rows.append((answer["name"], shown, amount(answer["simulated"])))
    return _table(("figure", "window", "simulated"), rows)


def totals_table(totals: dict[str, Any]) -> "Table":
    """Lay out the totals of a run, one line each: for scenarios whose period no figure is about."""
    rows = []
    for name, value in totals.items():
        if name.startswith("cost_"):
            continue  # costs have a table of their own, with their intervals
        parts = value.items() if isinstance(value, dict) else [("", value)]
        rows += [(f"{name} {part}".rstrip(), amount(number)) for part, number in parts]
    return _table(("figure", "simulated"), rows)


def cost_table(totals: dict[str, Any]) -> "Table | None":
    """Lay out what a run cost, by part and for each that a warning saved; None where its scenario has no prices."""
    if COST not in totals:
        return None
    rows = [(part, *(amount(totals[key][part]) for key in (COST, COST_LOW, COST_HIGH))) for part in totals[COST]]
    for name, key in (("by person saved", "cost_per_saved"), ("by yuan prevented", "cost_per_prevented_yuan")):
        ratio = totals[key] or {}
        rows.append((name, *(amount(ratio.get(end)) for end in ENDS)))
    return _table(("cost, yuan", "value", "low prices", "high prices"), rows)


def mean_table(runs: Sequence[Sequence[Figure]], width: int, draws: bool = False) -> "Table":
    """Lay out the means of the same figures over replicates or draws, with their standard deviations.

    Args:
        runs: The figures of each run.
        width: Columns of the terminal.
        draws: Whether the runs are of draws from a posterior: their standard deviation is the uncertainty of the
            parameters, and the standard error of one run is shown beside it.

    Returns:
        A table for the terminal.
    """
    rows = []
    for figures in zip(*runs, strict=True):
        row = mean_figure(figures)
        spread = [amount(row["sd"]), *([amount(row["standard_error"])] if draws else [])]
        rows.append((*_head(row), amount(row["mean"]), *spread, _ratio(row["ratio"])))
    return _layout(("mean", "s.d. draws", "s.e. run", "ratio") if draws else ("mean", "s.d.", "ratio"), rows, width)


def mean_figure(figures: Sequence[Figure], runs: str = "replicates") -> Figure:
    """Return one figure over replicates or draws.

    Args:
        figures: The figure in each run.
        runs: The key under which their number stands.

    Returns:
        What names the figure, and its mean, standard deviation (None for fewer than two values) and ratio to what was
        reported.
    """
    first = figures[0]
    values = [figure["simulated"] for figure in figures if figure["simulated"] is not None]
    mean = fmean(values) if values else None
    reported = first["reported"]
    ratio = mean / reported if mean is not None and isinstance(reported, int | float) and reported else None
    named = {key: first[key] for key in ("name", "window", "role", "reported", "standard_error")}
    return {
        **named,
        "mean": mean,
        "sd": stdev(values) if len(values) > 1 else None,
        "ratio": ratio,
        runs: len(values),
    }


def fit_table(document: dict[str, Any]) -> "Table":
    """Lay out the figures of a calibration's report: expectations over seeds, and how far off they are."""
    rows = []
    for row in document["figures"]:
        if row["role"] == "input":
            continue
        numbers = (row["reported"], row["expected"], row["standard_error_of_expected"])
        shown = (amount(number) for number in numbers)
        rows.append((row["figure"], row["role"], *shown, distance(row), yes_or_no(row["within"])))
    return _table(("figure", "role", "reported", "expected", "s.e.", "off", "within"), rows)


def distance(row: Figure) -> str:
    """Return how far an expectation is off: a share of what was reported; of a change, the difference."""
    if row["off"] is None:
        return ""
    return f"{row['off']:+.4f}" if f"{CHANGE}@" in row["figure"] else f"{row['off']:+.2%}"


def yes_or_no(within: bool | None) -> str:
    """Return whether a figure is within what is allowed, in a word; nothing where nothing says what is."""
    return {None: "", True: "yes", False: "no"}[within]


def amount(value: float | int | str | None) -> str:
    """Return a number as people read it: whole with separators, or three significant digits if small."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if abs(value) >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def interval(low: float | None, high: float | None) -> str:
    """Return an interval as people read it; nothing where there is none."""
    return "" if low is None or high is None else f"{amount(low)}..{amount(high)}"


def _layout(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], width: int) -> "Table":
    """One line a figure where that fits the width; else windows become lines of their own, above theirs."""
    names = ("figure", "window", "role", "reported", *columns)
    widths = [max(len(row[place]) for row in [names, *rows]) + 1 for place in range(len(names))]
    if sum(widths) - 1 <= width:
        return _table(names, rows)
    lines: list[tuple[str, ...]] = []
    for window in dict.fromkeys(row[1] for row in rows):
        lines.append((f"[bold]{window}[/bold]",))
        lines += [(*row[:1], *row[2:]) for row in rows if row[1] == window]
    return _table((*names[:1], *names[2:]), lines)


def _table(names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in names:
        text = name in ("figure", "window", "role", "cost, yuan")
        table.add_column(name, justify="left" if text else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _head(figure: Figure) -> tuple[str, str, str, str]:
    start, end = figure["window"]
    return figure["name"], f"{start}..{end or ''}", figure["role"], amount(figure["reported"])


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _held(figure: Figure) -> str:
    """Say what the figure is held to: put in, within its allowance or not, what was predicted."""
    if figure["role"] == "input":
        return "put in"
    within = yes_or_no(figure["within"])
    predicted = ""
    if figure["interval"] is not None:
        low, high = figure["interval"]
        predicted = f"90%: {amount(low)}..{amount(high)}"
    return " ".join(part for part in (within, _allowance(figure), predicted) if part)


def _allowance(figure: Figure) -> str:
    """Return the larger of tolerance and standard errors: shares of the reported figure; of a change, differences."""
    tolerance, reported = figure["tolerance"], figure["reported"]
    if tolerance is None:
        return ""
    change = figure["name"].endswith(CHANGE)
    whole = 1.0 if change or not isinstance(reported, int | float) else abs(reported)
    by_chance = STANDARD_ERRORS * (figure["standard_error"] or 0.0)
    if by_chance > tolerance * whole:
        shown = amount(by_chance) if change or not whole else f"{amount(100 * by_chance / whole)}%"
        return f"±{STANDARD_ERRORS} s.e. ({shown})"
    return f"±{tolerance:g}" if change else f"±{100 * tolerance:g}%"
