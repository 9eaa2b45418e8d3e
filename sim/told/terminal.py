"""Runs on the terminal: answers, figures next to reported ones, costs, findings, and any quantity."""

import re
from collections.abc import Iterator, Sequence
from math import inf
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from sim.base.rounding import number_text, percent, significant, written
from sim.language.labels import evidence_named, named
from sim.language.spoken import counted, currency, marked, said
from sim.language.wrapping import wrapped
from sim.reading.figures import CHANGE, FROZEN_FACTOR, JUDGED, STANDARD_ERRORS
from sim.reading.quantities import FIGURES, FUNDS_STOPPED
from sim.scenario.errors import ascii_controls
from sim.told.text_tables import BELOW, TextTable
from sim.told.vocabulary import (
    interval_said as ends_said,
)
from sim.told.vocabulary import (
    off_said,
    quantity_named,
    span_said,
    value_said,
    window_said,
    yes_said,
)

if TYPE_CHECKING:
    from rich.text import Text

    from sim.scenario.levers import Lever

Figure = dict[str, Any]

NO_BREAK = "\N{NO-BREAK SPACE}"
DAY = r"\d\d\d\d-\d\d-\d\d"
WHOLE = (
    r"(?<=\d) (?=million|billion|trillion|people|times|d'|per |(?:d|h|min|s|ms|pts)\b)|(?<=\d per) (?=\w)"
    rf"|(?<={DAY}) (?=to {DAY})|(?<={DAY} to) (?={DAY})"
)
"""Spaces within a number with its unit, or within a window. A number with the currency is kept together, too."""


def paragraph(text: str, width: int, indent: int = BELOW, hang: int = 0, style: str = "") -> "Text":
    """Return text for a terminal, broken between words only, never within a number or date.

    ``indent`` spaces stand before it, and ``hang`` further ones before every line after the first.
    """
    from rich.text import Text

    first, rest = " " * indent, " " * (indent + hang)
    kept = re.sub(rf"{WHOLE}|(?:(?<=\d)|(?<=illion)) (?={re.escape(currency())}(?!\w))", NO_BREAK, text)
    words = re.split("[\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]", kept)
    lines = wrapped(NO_BREAK.join(ascii_controls(word) for word in words), width, first, rest)
    return Text(lines.replace(NO_BREAK, " "), style=style, no_wrap=True, overflow="ignore")


def heading(text: str, width: int, intervals: str = "") -> "Text":
    """Lay out a heading, and behind it the kind of intervals of what follows."""
    return paragraph(f"{text}{3 * NO_BREAK}{intervals}" if intervals else text, width, 0, style="bold")


def figure_parts(figures: Sequence[Figure], policy_of: str | None, width: int) -> "Iterator[TextTable | Text]":
    """Lay out the figures of one run by window: reported, simulated, how far off, and whether within its allowance.

    Args:
        figures: The figures of ``run.json``.
        policy_of: The scenario of which the run is a policy; None if its figures are compared with reported ones.
        width: Columns of the terminal.

    Yields:
        A table, and a line for figures without a simulated value.
    """
    table = figure_table([row for row in figures if row["simulated"] is not None], policy_of)
    if policy_of is not None and table.rows:
        text = said("Policy run of {scenario}: not compared with reported figures", scenario=policy_of)
        yield paragraph(text, width, 0)
    if table.rows:
        yield table
    for line in without_value(figures):
        yield paragraph(line, width, 0)


def figure_table(figures: Sequence[Figure], policy_of: str | None) -> TextTable:
    """Lay out simulated figures by window, see ``figure_parts``."""
    names = [said("figure"), said("reported"), said("simulated"), said("deviation"), said("within")]
    table = TextTable(names, (0, 4), verdicts=True)
    for window, rows in _by_window(figures):
        table.add_row(window)
        for row in rows:
            table.add_row(*_reported(row, row["simulated"]), within_said(row, policy_of))
    return table


def without_value(figures: Sequence[Figure]) -> list[str]:
    """Return lines that say how many figures have no simulated value, and why."""
    missing = [row for row in figures if row["simulated"] is None]
    known = [row for row in missing if row["name"].removesuffix(CHANGE).partition(".")[0] in FIGURES]
    outside = [row["window"] for row in known if not row["name"].endswith(CHANGE)]
    stopped = [row for row in missing if row["name"].removesuffix(CHANGE) == FUNDS_STOPPED]
    known += [row for row in stopped if row["window"] in outside]
    funds = [row for row in stopped if row["window"] not in outside]
    lines = []
    if known:
        line = counted(
            "{count} figure has no simulated value, because its window is outside the period",
            "{count} figures have no simulated value, because their windows are outside the period",
            count=len(known),
        )
        unreported = sum(row["reported"] is None for row in known)
        more = said("; {number} without a reported value", number=unreported) if unreported else ""
        lines.append(f"{line}{more}")
    if funds:
        line = said(
            "{quantity}: no simulated value, because its window is outside the period or the scenario gives no {key}",
            quantity=quantity_named(FUNDS_STOPPED),
            key=FROZEN_FACTOR,
        )
        lines.append(line)
    others = dict.fromkeys(row["name"] for row in missing if row not in known and row not in funds)
    if others:
        lines.append(said("Not simulated: {quantities}", quantities=", ".join(map(quantity_named, others))))
    return lines


def lever_lines(title: str, levers: "Sequence[Lever]", width: int, most: int | None = None) -> "Iterator[Text]":
    """Yield the levers in which two scenarios differ, a line each: ``most`` of them, or all of them with their keys."""
    yield heading(title, width)
    for row in levers[:most]:
        yield paragraph(row.told, width, BELOW, 2 * BELOW)
        if most is None:
            yield paragraph(row.key, width, 3 * BELOW, style="dim")


def warning_parts(lines: Sequence[str], width: int) -> "Iterator[Text]":
    """Lay out warnings, a paragraph each; repeated ones once."""
    for line in dict.fromkeys(lines):
        yield paragraph(said("warning: {line}", line=line), width, 0, BELOW, style="bold")


def findings_parts(lines: Sequence[str], width: int) -> "Iterator[Text]":
    """Lay out findings, a paragraph each."""
    yield heading(said("Findings"), width)
    for line in lines:
        yield paragraph(f"- {line}", width, BELOW, BELOW)


def asked_table(answers: Sequence[dict[str, Any]]) -> TextTable:
    """Lay out requested quantities of a run, a line each, by province and window."""
    table = TextTable([said("figure"), said("simulated")])
    titles = [_title(row) for row in answers]
    for title in dict.fromkeys(titles):
        table.add_row(title)
        for own, row in zip(titles, answers, strict=True):
            if own == title:
                table.add_row(quantity_named(row["name"]), value_said(row["name"], row["simulated"]))
    return table


def _title(row: Figure) -> str:
    """Return the province and the window of a requested quantity."""
    window = window_said(row["window"])
    if row["base"]:
        window = said("{window}, compared with {base}", window=window, base=window_said(row["base"]))
    return f"{named(row['province'])} {window}" if row.get("province") else window


def totals_table(totals: dict[str, Any]) -> TextTable:
    """Lay out the totals of a run, a line each, for scenarios without figures in their period."""
    table = TextTable([said("total"), said("simulated")])
    for name, value in totals.items():
        if name.startswith("cost_"):
            continue  # costs have their own table, with their intervals
        parts = value if isinstance(value, dict) else {"": value}
        for part, number in parts.items():
            table.add_row(quantity_named(f"{name}.{part}".rstrip(".")), value_said(name, number))
    return table


def mean_parts(runs: Sequence[Sequence[Figure]], width: int, draws: bool = False) -> "Iterator[TextTable | Text]":
    """Lay out the means of the same figures over replicates or draws, with their standard deviations.

    Args:
        runs: The figures of each run.
        width: Columns of the terminal.
        draws: Whether the runs are of posterior draws: their standard deviation is parameter uncertainty, and the
            standard error of one run is shown next to it.

    Yields:
        A table, and a line for figures without a simulated value.
    """
    spread = [said("s.d. draws"), said("s.e. run")] if draws else [said("s.d.")]
    table = TextTable([said("figure"), said("reported"), said("mean"), *spread, said("deviation")])
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
    """Return the mean of one figure over ``replicates`` or ``draws``, and the ratio of the mean to the reported value.

    Fewer than two values have no standard deviation (None).
    """
    first = figures[0]
    values = [figure["simulated"] for figure in figures if figure["simulated"] is not None]
    mean = fmean(values) if values else None
    reported = first["reported"]
    ratio = mean / reported if mean is not None and isinstance(reported, int | float) and reported else None
    kept = {key: first[key] for key in ("name", "window", "role", "reported", "standard_error")}
    return {
        **kept,
        "mean": mean,
        "sd": stdev(values) if len(values) > 1 else None,
        "ratio": ratio,
        runs: len(values),
    }


def fit_table(document: dict[str, Any]) -> TextTable:
    """Lay out the figures of a calibration: expectations over seeds, and how far they are from reported ones."""
    names = [said("figure"), said("role"), said("reported"), said("expected"), said("s.e."), said("deviation")]
    table = TextTable([*names, said("within")], (0, 1))
    for row in document["figures"]:
        if row["role"] == "input":
            continue
        numbers = (row["reported"], row["expected"], row["standard_error_of_expected"])
        shown = (number_text(number) for number in numbers)
        table.add_row(row["figure"], named(row["role"]), *shown, _distance(row), yes_said(row["within"]))
    return table


def interval(low: float | None, high: float | None) -> str:
    """Return an interval of numbers, three digits of each; empty if there is none."""
    return "" if low is None or high is None else ends_said("", significant(low), significant(high))


def _distance(row: Figure) -> str:
    """Return how far an expectation is off: in percent of the reported value; for a change, the difference."""
    if row["off"] is None:
        return ""
    return written(f"{row['off']:+.4f}") if f"{CHANGE}@" in row["figure"] else _signed(row["off"])


def _signed(share: float) -> str:
    return f"{'+' if share > 0 else ''}{percent(share)}"


def _by_window(figures: Sequence[Figure]) -> Iterator[tuple[str, list[Figure]]]:
    """Yield the rows of each window, in the order in which windows appear first."""
    titles = [window_said(row["window"]) for row in figures]
    for title in dict.fromkeys(titles):
        yield title, [row for own, row in zip(titles, figures, strict=True) if own == title]


def _reported(row: Figure, value: float | None) -> tuple[str, str, str, str]:
    """Return the name of a figure, its reported and its simulated value, and how far the latter is off."""
    name, reported = row["name"], row["reported"]
    return quantity_named(name), value_said(name, reported), value_said(name, value), off_said(name, value, reported)


def _points(share: float, digits: str) -> str:
    """Return a share in percentage points."""
    return said("{points} pts", points=written(f"{100 * share:{digits}}"))


def _spread(row: Figure, error: float | None) -> str:
    """Return a standard deviation of a figure; of a change in percentage points."""
    if error is None:
        return "-"
    return _points(error, ".2g") if row["name"].endswith(CHANGE) else number_text(error)


def agrees(row: Figure) -> bool | None:
    """Return whether a figure lies within its allowance and its predicted interval; None if it is not compared."""
    verdicts = [one for one in (row["within"], _inside(row)) if one is not None]
    return all(verdicts) if verdicts and row["role"] in JUDGED and row["simulated"] is not None else None


def _inside(row: Figure) -> bool | None:
    """Return whether the reported value of a judged figure lies within its predicted interval; None if unknown."""
    if row["interval"] is None or row["role"] not in JUDGED or not isinstance(row["reported"], int | float):
        return None
    low, high = row["interval"]
    return bool(low <= row["reported"] <= high)


def within_said(row: Figure, policy_of: str | None) -> str:
    """Say whether a figure is an input, within its allowance, and within its predicted interval."""
    if row["role"] == "input":
        return named("input")
    if policy_of is not None:
        return ""
    judged = row["role"] in JUDGED
    parts = [f"{yes_said(row['within'])} {_allowance(row)}".strip() if judged else named(row["role"])]
    if row["interval"] is not None:
        ends = said("90%: {interval}", interval=ends_said(row["name"], *row["interval"]))
        parts.append(f"{yes_said(_inside(row))} {ends}".strip())
    return ", ".join(part for part in parts if part) or named(row["role"])


def agreement_said(figures: Sequence[Figure]) -> str:
    """Say how many judged figures agree, and for how many of them the sample is so noisy that this says little."""
    held = [row for row in figures if agrees(row)]
    text = said(
        "{number} of {count} reported figures lie within their tolerance, noise or predicted interval",
        number=len(held),
        count=sum(agrees(row) is not None for row in figures),
    )
    noisy = sum(_noise(row)[0] > _noise(row)[1] for row in held)
    others = sum(row["role"] == "context" and row["simulated"] is not None for row in figures)
    more = marked("{agreement}; for {number} of them the noise of this sample is larger than the tolerance")
    beside = marked("{agreement}; not judged: {number} counted by another definition")
    for told, number in ((more, noisy), (beside, others)):
        text = said(told, agreement=text, number=number) if number else text
    return text


def _noise(figure: Figure) -> tuple[float, float, float]:
    """Return noise and tolerance of a figure, and what they are shares of: its reported value, for a change 1."""
    tolerance, reported = figure["tolerance"], figure["reported"]
    change = figure["name"].endswith(CHANGE)
    whole = 1.0 if change or not isinstance(reported, int | float) else abs(reported)
    noise = STANDARD_ERRORS * (figure["standard_error"] or 0.0)
    return noise, inf if tolerance is None else tolerance * whole, whole


def _allowance(figure: Figure) -> str:
    """Return the larger of tolerance and standard errors, in percent of the reported value; of a change in points."""
    tolerance = figure["tolerance"]
    if tolerance is None:
        return ""
    change = figure["name"].endswith(CHANGE)
    noise, allowed, whole = _noise(figure)
    if noise <= allowed:
        return f"±{_points(tolerance, 'g') if change else f'{100 * tolerance:g}%'}"
    in_percent = f"{number_text(100 * noise / whole)}%" if whole else number_text(noise)
    shown = _points(noise, ".2g") if change else in_percent
    return said("±{amount} noise", amount=shown)


def evidence_parts(rows: Sequence[dict[str, Any]], policy_of: str | None, width: int) -> "Iterator[TextTable | Text]":
    """Yield the evidence of one run: a table by window, then the basis of each row.

    Rows are those of ``run.json`` or of ``with_months``. ``policy_of`` is the scenario of which the run is a policy;
    None if its diagnostics are compared with evidence.
    """
    if policy_of is not None:
        yield paragraph(said("Policy run of {scenario}: not compared with evidence", scenario=policy_of), width, 0)
    table = TextTable([said("quantity"), said("range"), said("simulated"), said("within")])
    titles = [window_said(row["window"]) for row in rows]
    for title in dict.fromkeys(titles):
        table.add_row(title)
        for own, row in zip(titles, rows, strict=True):
            if own == title:
                worst = f" ({row['month']})" if row.get("month") else ""
                limits = span_said(number_text(row["low"]), number_text(row["high"]))
                if row.get("claimed"):
                    limits = said("{range}, claimed", range=limits)
                simulated = f"{number_text(row['simulated'])}{worst}"
                table.add_row(evidence_named(row["name"]), limits, simulated, yes_said(row["within"]))
    yield table
    yield heading(said("Basis"), width)
    for name, basis in dict.fromkeys((row["name"], row["basis"]) for row in rows):
        yield paragraph(f"{evidence_named(name)}: {basis}", width, BELOW, BELOW)


def with_months(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return evidence in which evidence by month has a row for each month, not only for the worst one."""
    found = []
    for row in rows:
        if "months" not in row:
            found.append(row)
            continue
        whole = {key: part for key, part in row.items() if key not in ("month", "months")}
        found += [{**whole, **month, "month": None} for month in row["months"]]
    return found
