"""A run on the terminal: its answer, its figures beside what was reported, its costs, what was asked of it."""

import re
from collections.abc import Iterator, Sequence
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from sim.base.rounding import number_text
from sim.language.spoken import currency, said
from sim.language.wrapping import wrapped
from sim.reading.costs import COST, COST_HIGH, COST_LOW, ENDS, TOTAL
from sim.reading.figures import CHANGE, FROZEN_FACTOR, STANDARD_ERRORS, distance, yes_or_no
from sim.reading.findings import foremost
from sim.reading.quantities import FIGURES, FUNDS_STOPPED
from sim.scenario.errors import ascii_controls
from sim.told.answer import answer_lines, interval_said
from sim.told.text_tables import BELOW, Lines
from sim.told.vocabulary import NAMES, off_said, part_named, quantity_named, value_said

if TYPE_CHECKING:
    from rich.text import Text

    from sim.reading.run import Run
    from sim.scenario.levers import Lever

Figure = dict[str, Any]

NO_BREAK = "\N{NO-BREAK SPACE}"
DAY = r"\d\d\d\d-\d\d-\d\d"
WHOLE = (
    r"(?<=\d) (?=million|billion|trillion|people|times|d'|per |(?:d|h|min|s|ms|pts)\b)|(?<=\d per) (?=\w)"
    rf"|(?<={DAY}) (?=to {DAY})|(?<={DAY} to) (?={DAY})"
)
"""Where a number with its unit, or a window, goes on after a space; a number with the currency does so, too."""


def paragraph(text: str, width: int, indent: int = BELOW, hang: int = 0, style: str = "") -> "Text":
    """Lay out text for a terminal of so many columns, broken between words alone, and in no number or date.

    Args:
        text: The text.
        width: Columns of the terminal.
        indent: Spaces before it.
        hang: Further spaces before all lines but the first.
        style: How it looks, as rich has it.

    Returns:
        Its lines.
    """
    from rich.text import Text

    first, rest = " " * indent, " " * (indent + hang)
    kept = re.sub(rf"{WHOLE}|(?:(?<=\d)|(?<=illion)) (?={re.escape(currency())}(?!\w))", NO_BREAK, text)
    words = re.split("[\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]", kept)
    lines = wrapped(NO_BREAK.join(ascii_controls(word) for word in words), width, first, rest)
    return Text(lines.replace(NO_BREAK, " "), style=style, no_wrap=True, overflow="ignore")


def answer_parts(runs: "Sequence[Run]", width: int, draws: bool = False) -> "Iterator[Text]":
    """Lay out the answer of a run, or of several, for a terminal of so many columns: a line each, then intervals.

    Args:
        runs: A run, or several that differ in their seed or their posterior draw alone.
        width: Columns of the terminal.
        draws: Whether they are of posterior draws.

    Yields:
        Lines of text.
    """
    lines = answer_lines(runs, draws)
    kind = interval_said(runs, draws)
    title = said("answer (in brackets: {kind})", kind=kind) if kind and len(lines) > 1 else said("answer")
    yield paragraph(title, width, 0, style="bold")
    for line in lines:
        yield paragraph(line, width, BELOW, BELOW)


def figure_parts(figures: Sequence[Figure], policy_of: str | None, width: int) -> "Iterator[Lines | Text]":
    """Lay out the figures of one run: reported, simulated, how far off, and whether that is held; windows as titles.

    Args:
        figures: The figures, as ``run.json`` has them.
        policy_of: The scenario of which the run is a policy, None where it is held to its figures.
        width: Columns of the terminal.

    Yields:
        A table, and a line for what has no simulated value.
    """
    table = Lines(["figure", "reported", "simulated", "off", "within"], ["figure", "within"])
    for window, rows in _by_window([row for row in figures if row["simulated"] is not None]):
        table.add_row(window)
        for row in rows:
            table.add_row(*_reported(row, row["simulated"]), _held(row, policy_of))
    if policy_of is not None and table.rows:
        yield not_held(policy_of, "reported", width)
    if table.rows:
        yield table
    for line in without_value(figures):
        yield paragraph(line, width, 0)


def not_held(policy_of: str, how: str, width: int) -> "Text":
    """Say that a run is a policy, and so not held to what was ``reported`` or is ``known``: that is of what was."""
    verb = {"reported": "was", "known": "is"}[how]
    return paragraph(f"a policy of {policy_of}: what {verb} {how} is of what was, so it is not held to it", width, 0)


def without_value(figures: Sequence[Figure]) -> list[str]:
    """Return lines that say how many figures have no simulated value, and why."""
    missing = [row for row in figures if row["simulated"] is None]
    counted = [row for row in missing if row["name"].removesuffix(CHANGE) in FIGURES]
    outside = [row["window"] for row in counted if not row["name"].endswith(CHANGE)]
    stopped = [row for row in missing if row["name"].removesuffix(CHANGE) == FUNDS_STOPPED]
    counted += [row for row in stopped if row["window"] in outside]
    funds = [row for row in stopped if row["window"] not in outside]
    lines = []
    if counted:
        several = len(counted) > 1
        unreported = sum(row["reported"] is None for row in counted)
        more = f"; of {unreported} nothing was reported" if unreported else ""
        lines.append(
            f"{len(counted)} figure{'s have' if several else ' has'} no simulated value: "
            f"{'their windows are' if several else 'its window is'} not inside the period{more}"
        )
    if funds:
        lines.append(
            f"{quantity_named(FUNDS_STOPPED)}: no simulated value, since its window is not inside the period, or the "
            f"scenario gives no {FROZEN_FACTOR}"
        )
    others = dict.fromkeys(row["name"] for row in missing if row not in counted and row not in funds)
    if others:
        lines.append(f"nothing that the model counts: {', '.join(quantity_named(name) for name in others)}")
    return lines


def lever_lines(title: str, levers: "Sequence[Lever]", width: int, most: int | None = None) -> "Iterator[Text]":
    """Lay out the levers in which two scenarios differ, a line each, and its key where all of them are shown.

    Args:
        title: What stands above them.
        levers: The levers.
        width: Columns of the terminal.
        most: How many of them are shown; all, with their keys, if None.

    Yields:
        Lines of text.
    """
    yield paragraph(title, width, 0, style="bold")
    for row in levers[:most]:
        yield paragraph(row.told, width, BELOW, 2 * BELOW)
        if most is None:
            yield paragraph(row.key, width, 3 * BELOW, style="dim")


def warning_parts(lines: Sequence[str], width: int) -> "Iterator[Text]":
    """Lay out what must be known before an answer is read, a paragraph each.

    Args:
        lines: Warnings; one that comes again is left out.
        width: Columns of the terminal.

    Yields:
        Lines of text.
    """
    for line in dict.fromkeys(lines):
        yield paragraph(said("warning: {line}", line=line), width, 0, BELOW, style="bold")


def findings_parts(lines: Sequence[str], width: int) -> "Iterator[Text]":
    """Lay out findings for a terminal, a paragraph each."""
    yield paragraph(said("findings"), width, 0, style="bold")
    for line in lines:
        yield paragraph(f"- {line}", width, BELOW, BELOW)


def apart_parts(rows: "Sequence[Figure]", width: int) -> "Iterator[Text]":
    """Lay out findings that one of two runs has and the other has not, as few lines.

    Args:
        rows: Findings, with the ``scenario`` that has each and what it stands ``beside``.
        width: Columns of the terminal.

    Yields:
        Lines of text.
    """
    for scenario, beside in dict.fromkeys((row["scenario"], row["beside"]) for row in rows):
        title = said("findings of {scenario} that {other} does not have", scenario=scenario, other=beside)
        yield paragraph(title, width, 0, style="bold")
        for line in foremost([row for row in rows if (row["scenario"], row["beside"]) == (scenario, beside)]):
            yield paragraph(f"- {line}", width, BELOW, BELOW)


def asked_table(answers: Sequence[dict[str, Any]]) -> Lines:
    """Lay out what was asked of a run, a line each, by province and window."""
    table = Lines(["figure", "simulated"], ["figure"])
    titles = [" ".join(part for part in (row.get("province"), _asked_window(row)) if part) for row in answers]
    for title in dict.fromkeys(titles):
        table.add_row(title)
        for own, row in zip(titles, answers, strict=True):
            if own == title:
                table.add_row(quantity_named(row["name"]), value_said(row["name"], row["simulated"]))
    return table


def totals_table(totals: dict[str, Any]) -> Lines:
    """Lay out the totals of a run, one line each: for scenarios whose period no figure is about."""
    table = Lines(["total", "simulated"], ["total"])
    for name, value in totals.items():
        if name.startswith("cost_"):
            continue  # costs have a table of their own, with their intervals
        parts = value if isinstance(value, dict) else {"": value}
        for part, number in parts.items():
            table.add_row(quantity_named(f"{name}.{part}".rstrip(".")), value_said(name, number))
    return table


def cost_table(totals: dict[str, Any]) -> Lines | None:
    """Lay out what a run cost, by part and for each victim averted; None where its scenario has no prices."""
    if COST not in totals:
        return None
    table = Lines([said(NAMES[COST]), "value", "low prices", "high prices"], [said(NAMES[COST])])
    withheld = totals[COST][TOTAL] is None

    def told(value: float | None) -> str:
        return said("withheld") if value is None and withheld else number_text(value)

    for part in totals[COST]:
        table.add_row(part_named(part), *(told(totals[key][part]) for key in (COST, COST_LOW, COST_HIGH)))
    for name, key in (
        ("for each person stopped before a payment", "cost_per_saved"),
        ("for each victim averted", "cost_per_averted"),
        ("for each unit of losses prevented", "cost_per_prevented_money"),
    ):
        ratio = totals.get(key) or {}
        table.add_row(name, *(told(ratio.get(end)) for end in ENDS))
    return table


def mean_parts(runs: Sequence[Sequence[Figure]], width: int, draws: bool = False) -> "Iterator[Lines | Text]":
    """Lay out the means of the same figures over replicates or draws, with their standard deviations.

    Args:
        runs: The figures of each run.
        width: Columns of the terminal.
        draws: Whether the runs are of draws from a posterior: their standard deviation is the uncertainty of the
            parameters, and the standard error of one run is shown beside it.

    Yields:
        A table, and a line for what has no simulated value.
    """
    spread = ["s.d. draws", "s.e. run"] if draws else ["s.d."]
    table = Lines(["figure", "reported", "mean", *spread, "off"], ["figure"])
    means = [mean_figure(figures) for figures in zip(*runs, strict=True)]
    for window, rows in _by_window([row for row in means if row["mean"] is not None]):
        table.add_row(window)
        for row in rows:
            name, reported, mean, off = _reported(row, row["mean"])
            errors = [_spread(row, row["sd"]), *([_spread(row, row["standard_error"])] if draws else [])]
            table.add_row(name, reported, mean, *errors, off)
    if table.rows:
        yield table
    for line in without_value([{**row, "simulated": row["mean"]} for row in means]):
        yield paragraph(line, width, 0)


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


def fit_table(document: dict[str, Any]) -> Lines:
    """Lay out the figures of a calibration's report: expectations over seeds, and how far off they are."""
    table = Lines(["figure", "role", "reported", "expected", "s.e.", "off", "within"], ["figure", "role"])
    for row in document["figures"]:
        if row["role"] == "input":
            continue
        numbers = (row["reported"], row["expected"], row["standard_error_of_expected"])
        shown = (number_text(number) for number in numbers)
        table.add_row(row["figure"], row["role"], *shown, distance(row), yes_or_no(row["within"]))
    return table


def interval(low: float | None, high: float | None) -> str:
    """Return an interval as people read it; nothing where there is none."""
    return "" if low is None or high is None else f"{number_text(low)}..{number_text(high)}"


def _by_window(figures: Sequence[Figure]) -> Iterator[tuple[str, list[Figure]]]:
    """Yield the rows of each window, in the order in which they come first."""
    titles = [window_said(row["window"]) for row in figures]
    for title in dict.fromkeys(titles):
        yield title, [row for own, row in zip(titles, figures, strict=True) if own == title]


def window_said(window: Sequence[str | None]) -> str:
    """Return a window as people read it."""
    start, end = window
    return f"{start} to {end}" if end and end != start else f"{start}"


def _asked_window(row: Figure) -> str:
    shown = window_said(row["window"])
    return f"{shown}, beside {window_said(row['base'])}" if row["base"] else shown


def _reported(row: Figure, value: float | None) -> tuple[str, str, str, str]:
    """Return the name of a figure, what was reported, what was simulated, and how far that is off."""
    name, reported = row["name"], row["reported"]
    return quantity_named(name), value_said(name, reported), value_said(name, value), off_said(name, value, reported)


def _spread(row: Figure, error: float | None) -> str:
    """Return a standard deviation of a figure: of a change in percentage points."""
    if error is None:
        return "-"
    return f"{100 * error:.2g} pts" if row["name"].endswith(CHANGE) else number_text(error)


def _held(row: Figure, policy_of: str | None) -> str:
    """Say what the figure is held to: put in, within its allowance or not, whether it was predicted."""
    if row["role"] == "input":
        return "put in"
    if policy_of is not None:
        return ""
    parts = [f"{yes_or_no(row['within'])} {_allowance(row)}".strip()]
    if row["interval"] is not None:
        low, high = row["interval"]
        ends = "..".join(value_said(row["name"], end) for end in (low, high))
        known = isinstance(row["reported"], int | float)
        parts.append(f"{yes_or_no(low <= row['reported'] <= high if known else None)} 90%: {ends}".strip())
    return ", ".join(part for part in parts if part) or row["role"]


def _allowance(figure: Figure) -> str:
    """Return the larger of tolerance and standard errors: in percent of what was reported, of a change in points."""
    tolerance, reported = figure["tolerance"], figure["reported"]
    if tolerance is None:
        return ""
    change = figure["name"].endswith(CHANGE)
    whole = 1.0 if change or not isinstance(reported, int | float) else abs(reported)
    by_chance = STANDARD_ERRORS * (figure["standard_error"] or 0.0)
    if by_chance > tolerance * whole:
        shown = f"{100 * by_chance:.2g} pts" if change else f"{number_text(100 * by_chance / whole)}%" if whole else ""
        return f"±{shown or number_text(by_chance)} by chance"
    return f"±{100 * tolerance:g} pts" if change else f"±{100 * tolerance:g}%"
