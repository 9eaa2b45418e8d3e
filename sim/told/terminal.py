"""Runs on the terminal: figures next to reported ones, totals, evidence, and any quantity."""

from collections.abc import Iterator, Sequence
from math import inf
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from sim.base.rounding import number_text, percent, significant, written
from sim.language.labels import evidence_named, named
from sim.language.spoken import counted, marked, said
from sim.reading.figures import CHANGE, FROZEN_FACTOR, JUDGED, STANDARD_ERRORS
from sim.reading.quantities import FIGURES, FUNDS_STOPPED
from sim.told.text_tables import BELOW, Column, Line, Part, TextTable, heading, listed
from sim.told.vocabulary import interval_said as ends_said
from sim.told.vocabulary import off_said, quantity_named, span_said, value_said, window_said, yes_said

if TYPE_CHECKING:
    from sim.scenario.levers import Lever

Figure = dict[str, Any]


def figure_parts(figures: Sequence[Figure], policy_of: str | None) -> Iterator[Part]:
    """Yield the figures of one run by window: reported, simulated, how far off, and whether within its allowance.

    ``policy_of`` is the scenario of which the run is a policy; None if its figures are compared with reported ones.
    Figures without a simulated value are counted in lines below the table.
    """
    table = figure_table([row for row in figures if row["simulated"] is not None], policy_of)
    if table.rows:
        if policy_of is not None:
            yield said("Policy run of {scenario}: not compared with reported figures", scenario=policy_of)
        yield table
    yield from without_value(figures)


def figure_table(figures: Sequence[Figure], policy_of: str | None) -> TextTable:
    """Return the table of simulated figures by window, see ``figure_parts``."""
    columns = [*_columns(said("simulated"), "simulated"), (said("within"), lambda row: within_said(row, policy_of))]
    return TextTable.of(figures, columns, (0, 4), _window, verdicts=True)


def _columns(head: str, key: str, spread: Sequence[Column] = ()) -> list[Column]:
    """Return the columns of figures: their names, reported and own values, and how far these are off."""
    return [
        (said("figure"), _quantity),
        (said("reported"), lambda row: value_said(row["name"], row["reported"])),
        (head, lambda row: value_said(row["name"], row[key])),
        *spread,
        (said("deviation"), lambda row: off_said(row["name"], row[key], row["reported"])),
    ]


def without_value(figures: Sequence[Figure]) -> Iterator[str]:
    """Yield lines that say how many figures have no simulated value, and why."""
    missing = [row for row in figures if row["simulated"] is None]
    known = [row for row in missing if row["name"].removesuffix(CHANGE).partition(".")[0] in FIGURES]
    outside = [row["window"] for row in known if not row["name"].endswith(CHANGE)]
    stopped = [row for row in missing if row["name"].removesuffix(CHANGE) == FUNDS_STOPPED]
    known += [row for row in stopped if row["window"] in outside]
    if known:
        line = counted(
            "{count} figure has no simulated value, because its window is outside the period",
            "{count} figures have no simulated value, because their windows are outside the period",
            count=len(known),
        )
        unreported = sum(row["reported"] is None for row in known)
        yield line + (said("; {number} without a reported value", number=unreported) if unreported else "")
    if any(row not in known for row in stopped):
        yield said(
            "{quantity}: no simulated value, because its window is outside the period or the scenario gives no {key}",
            quantity=quantity_named(FUNDS_STOPPED),
            key=FROZEN_FACTOR,
        )
    others = dict.fromkeys(row["name"] for row in missing if row not in known and row not in stopped)
    if others:
        yield said("Not simulated: {quantities}", quantities=", ".join(map(quantity_named, others)))


def lever_lines(title: str, levers: "Sequence[Lever]", most: int | None = None) -> Iterator[Line]:
    """Yield the levers in which two scenarios differ, a line each: ``most`` of them, or all of them with their keys."""
    yield heading(title)
    for row in levers[:most]:
        yield Line(row.told, BELOW, 2 * BELOW)
        if most is None:
            yield Line(row.key, 3 * BELOW, style="dim")


def findings_parts(lines: Sequence[str]) -> Iterator[Line]:
    """Yield findings, a paragraph each."""
    return listed(lines, said("Findings"), "- ")


def asked_table(answers: Sequence[Figure]) -> TextTable:
    """Return requested quantities of a run, a line each, by province and window."""
    columns = [(said("figure"), _quantity), (said("simulated"), lambda row: value_said(row["name"], row["simulated"]))]
    return TextTable.of(answers, columns, by=_where)


def _where(row: Figure) -> str:
    """Return the province and the window of a requested quantity."""
    window = _window(row)
    if row["base"]:
        window = said("{window}, compared with {base}", window=window, base=window_said(row["base"]))
    return f"{named(row['province'])} {window}" if row.get("province") else window


def totals_table(totals: dict[str, Any]) -> TextTable:
    """Return the totals of a run, a line each, for scenarios without figures in their period; costs have their own."""
    rows = [
        (f"{name}.{part}".rstrip("."), value_said(name, number))
        for name, value in totals.items()
        if not name.startswith("cost_")
        for part, number in (value if isinstance(value, dict) else {"": value}).items()
    ]
    columns = [(said("total"), lambda row: quantity_named(row[0])), (said("simulated"), lambda row: row[1])]
    return TextTable.of(rows, columns)


def mean_parts(runs: Sequence[Sequence[Figure]], draws: bool = False) -> Iterator[Part]:
    """Yield the means of the same figures over replicates or draws, with their standard deviations.

    Args:
        runs: The figures of each run.
        draws: Whether the runs are of posterior draws: their standard deviation is parameter uncertainty, and the
            standard error of one run is shown next to it.

    Yields:
        A table, and a line for figures without a simulated value.
    """
    means = [mean_figure(figures) for figures in zip(*runs, strict=True)]
    spread: list[Column] = [(said("s.d. draws") if draws else said("s.d."), lambda row: _spread(row, row["sd"]))]
    if draws:
        spread.append((said("s.e. run"), lambda row: _spread(row, row["standard_error"])))
    known = [row for row in means if row["mean"] is not None]
    if known:
        yield TextTable.of(known, _columns(said("mean"), "mean", spread), by=_window)
    yield from without_value([{**row, "simulated": row["mean"]} for row in means])


def mean_figure(figures: Sequence[Figure], runs: str = "replicates") -> Figure:
    """Return the mean of one figure over ``replicates`` or ``draws``, and the ratio of the mean to the reported value.

    Fewer than two values have no standard deviation (None).
    """
    first = figures[0]
    values = [figure["simulated"] for figure in figures if figure["simulated"] is not None]
    mean, reported = fmean(values) if values else None, first["reported"]
    return {
        **{key: first[key] for key in ("name", "window", "role", "reported", "standard_error")},
        "mean": mean,
        "sd": stdev(values) if len(values) > 1 else None,
        "ratio": mean / reported if mean is not None and isinstance(reported, int | float) and reported else None,
        runs: len(values),
    }


def fit_table(document: dict[str, Any]) -> TextTable:
    """Return the figures of a calibration: expectations over seeds, and how far they are from reported ones."""

    def number(head: str, key: str) -> Column:
        return head, lambda row: number_text(row[key])

    columns = [
        (said("figure"), lambda row: row["figure"]),
        (said("role"), lambda row: named(row["role"])),
        number(said("reported"), "reported"),
        number(said("expected"), "expected"),
        number(said("s.e."), "standard_error_of_expected"),
        (said("deviation"), _distance),
        (said("within"), lambda row: yes_said(row["within"])),
    ]
    return TextTable.of((row for row in document["figures"] if row["role"] != "input"), columns, (0, 1))


def _distance(row: Figure) -> str:
    """Return how far an expectation is off: in percent of the reported value; for a change, the difference."""
    off = row["off"]
    if off is None:
        return ""
    return written(f"{off:+.4f}") if f"{CHANGE}@" in row["figure"] else f"{'+' if off > 0 else ''}{percent(off)}"


def interval(low: float | None, high: float | None) -> str:
    """Return an interval of numbers, three digits of each; empty if there is none."""
    return "" if low is None or high is None else ends_said("", significant(low), significant(high))


def _quantity(row: Figure) -> str:
    return quantity_named(row["name"])


def _window(row: Figure) -> str:
    return window_said(row["window"])


def _points(share: float, digits: str) -> str:
    """Return a share in percentage points."""
    return said("{points} pts", points=written(f"{100 * share:{digits}}"))


def _spread(row: Figure, error: float | None) -> str:
    """Return a standard deviation of a figure; of a change in percentage points."""
    is_change = error is not None and row["name"].endswith(CHANGE)
    return _points(error or 0.0, ".2g") if is_change else number_text(error)


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
    return ", ".join(filter(None, parts)) or named(row["role"])


def agreement_said(figures: Sequence[Figure]) -> str:
    """Say how many judged figures agree, and for how many of them the sample is so noisy that this says little."""
    held = [row for row in figures if agrees(row)]
    text = said(
        "{number} of {count} reported figures lie within their tolerance, noise or predicted interval",
        number=len(held),
        count=sum(agrees(row) is not None for row in figures),
    )
    noisy = sum(noise > allowed for noise, allowed, _ in map(_noise, held))
    others = sum(row["role"] == "context" and row["simulated"] is not None for row in figures)
    more = marked("{agreement}; for {number} of them the noise of this sample is larger than the tolerance")
    beside = marked("{agreement}; not judged: {number} counted by another definition")
    for told, number in ((more, noisy), (beside, others)):
        text = said(told, agreement=text, number=number) if number else text
    return text


def _noise(figure: Figure) -> tuple[float, float, float]:
    """Return noise and tolerance of a figure, and what they are shares of: its reported value, for a change 1."""
    tolerance, reported = figure["tolerance"], figure["reported"]
    absolute = figure["name"].endswith(CHANGE) or not isinstance(reported, int | float)
    whole = 1.0 if absolute else abs(reported)
    return STANDARD_ERRORS * (figure["standard_error"] or 0.0), inf if tolerance is None else tolerance * whole, whole


def _allowance(figure: Figure) -> str:
    """Return the larger of tolerance and standard errors, in percent of the reported value; of a change in points."""
    tolerance, change = figure["tolerance"], figure["name"].endswith(CHANGE)
    if tolerance is None:
        return ""
    noise, allowed, whole = _noise(figure)
    if noise <= allowed:
        return f"±{_points(tolerance, 'g') if change else f'{100 * tolerance:g}%'}"
    in_percent = f"{number_text(100 * noise / whole)}%" if whole else number_text(noise)
    return said("±{amount} noise", amount=_points(noise, ".2g") if change else in_percent)


def evidence_parts(rows: Sequence[Figure], policy_of: str | None) -> Iterator[Part]:
    """Yield the evidence of one run: a table by window, then the basis of each row.

    Rows are those of ``run.json`` or of ``with_months``. ``policy_of`` is the scenario of which the run is a policy;
    None if its diagnostics are compared with evidence.
    """

    def limits(row: Figure) -> str:
        shown = span_said(number_text(row["low"]), number_text(row["high"]))
        return said("{range}, claimed", range=shown) if row.get("claimed") else shown

    def simulated(row: Figure) -> str:
        return number_text(row["simulated"]) + (f" ({row['month']})" if row.get("month") else "")

    if policy_of is not None:
        yield said("Policy run of {scenario}: not compared with evidence", scenario=policy_of)
    columns = [
        (said("quantity"), lambda row: evidence_named(row["name"])),
        (said("range"), limits),
        (said("simulated"), simulated),
        (said("within"), lambda row: yes_said(row["within"])),
    ]
    yield TextTable.of(rows, columns, by=_window)
    bases = dict.fromkeys((row["name"], row["basis"]) for row in rows)
    yield from listed((f"{evidence_named(name)}: {basis}" for name, basis in bases), said("Basis"))


def with_months(rows: Sequence[Figure]) -> list[Figure]:
    """Return evidence in which evidence by month has a row for each month, not only for the worst one."""
    return [
        one
        for row in rows
        for one in ([{**row, **month, "month": None} for month in row["months"]] if "months" in row else [row])
    ]
