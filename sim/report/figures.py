"""What a run rests on: reported beside simulated figures, evidence, and the origin of each parameter."""

import re
from collections.abc import Sequence
from functools import cache
from math import inf
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from sim.base.rounding import Written, amount, between, fixed, percent, written
from sim.experiments.pairing import half_width
from sim.language import counted, evidence_named, marked, named, said, spelled
from sim.reading.figures import CHANGE, JUDGED
from sim.report import drawing
from sim.report.parts import Judged, table_of
from sim.told.runs import agreement_said, agrees, counted_numbers, within_said
from sim.told.words import quantity_named, yes_said

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

Row = dict[str, Any]

SIMULATED, NONE = marked("simulated"), marked("none")
MISSED = "\N{BALLOT X}"
"""Marks a figure that does not agree with its report."""
RATIOS = marked("Simulated figures, compared with reported ones")
ROLES = {
    "input": marked("input"),
    "fitted": marked("fitted"),
    "predicted": marked("predicted"),
    "context": marked("context"),
}


def ratios(run: "Run") -> drawing.Drawn:
    """Draw simulated over reported for each figure that has both, and the intervals of predictions.

    The ratio of a change is that of the levels it leads to, (1 + simulated) / (1 + reported): a change near zero has no
    meaningful ratio. The table says what agrees as the terminal does: within its tolerance, or for predictions within
    the interval; figures of a policy are not judged.

    Returns:
        The picture.
    """
    policy_of, every = run.manifest.get("policy_of"), run.manifest["figures"]
    drawn = [row for row in every if comparable(row)]
    rows = [
        (
            *(named(row["name"]), _window(row), value_text(row, row["reported"]), value_text(row, row["simulated"])),
            *(_ratio(row), said(ROLES[row["role"]]), Judged(within_said(row, policy_of), holds(row, policy_of))),
        )
        for row in every
    ]
    table = table_of(rows, ["figure", "window", "reported", SIMULATED, "ratio", "role", "within"])
    told = []
    if any(holds(row, policy_of) is not None for row in drawn):
        told.append(said("{intervals}.", intervals=agreement_said(drawn)))
    if policy_of is None and (judged := [row for row in drawn if row["role"] in JUDGED]):
        far = max(judged, key=lambda row: abs(level(row, row["simulated"]) - 1))
        told.append(
            said(
                "Largest deviation: {figure}, {window}, at {ratio} times the reported level.",
                figure=quantity_named(far["name"]), window=_window(far), ratio=fixed(level(far, far["simulated"]), 2),
            )
        )  # fmt: skip
    return drawing.Drawn(lambda: _ratios(drawn, policy_of), table, " ".join(told))


def _ratios(rows: list[Row], policy_of: str | None) -> "go.Figure":
    if not rows:
        return drawing.blank(said(RATIOS), said("No figure of this scenario lies in the period of the run."))
    lanes, short = [], []
    dots: list[drawing.Mark] = []
    intervals: list[tuple[drawing.Mark, list[float]]] = []
    for row in rows:
        mark = f"{MISSED} " if holds(row, policy_of) is False else ""
        lanes.append(lane := f"{mark}{drawing.words(row['name'])}, {_window(row)}")
        months = "/".join(str(day)[2:7] for day in row["window"] if day)
        short.append(f"{mark}{drawing.plain(named(row['name'])[:17])} {months}")
        text = said(
            "{figure}<br>reported {reported}<br>simulated {simulated}<br>ratio {ratio}",
            figure=lane, reported=value_text(row, row["reported"]), simulated=value_text(row, row["simulated"]),
            ratio=_ratio(row),
        )  # fmt: skip
        dots.append(drawing.Mark(row["role"], level(row, row["simulated"]), lane, text))
        if row["interval"]:
            intervals.append((dots[-1], [level(row, end) for end in row["interval"]]))
    far = [*(dot.x for dot in dots), *(end for _, ends in intervals for end in ends)]
    edge = drawing.reach_of(one - 1 for one in far) or inf
    cut = drawing.Cut(1 - edge, 1 + edge, lambda ratio: fixed(ratio, 2))
    figure = drawing.draw(drawing.panels(), "dots", dots, drawing.COLOURS["role"], ROLES, cut=cut)
    # Of the calibrated scenario, so a policy's value may lie outside.
    marks = []
    for dot, ends in intervals:
        low, high = map(cut.to_axis, ends)
        marks.append(dot._replace(x=(low + high) / 2, low=low, high=high))
    name = marked("90% interval of predictions")
    marker = {"symbol": "line-ns-open", "size": 1}
    drawing.draw(
        figure, "dots", marks, drawing.COLOURS["role"], dict.fromkeys(ROLES, name), marker=marker, showlegend=False
    )
    figure.add_vline(x=1.0, line={"color": drawing.AXIS, "width": 1.5, "dash": "dot"})
    # All lanes have their name, however low the picture is on paper.
    y = {"autorange": "reversed", "categoryorder": "array", "categoryarray": lanes, "tickfont": {"size": 11}}
    ticks = {"tickvals": lanes, "ticktext": lanes}
    below = said("simulated / reported (1: as reported)")
    drawing.finish(figure, 150 + 24 * max(3, len(rows)), said(RATIOS), y={**y, **ticks}, below=below)
    narrow = {
        "yaxis": {"tickvals": lanes, "ticktext": short, "tickfont": {"size": 9.5}},
        "xaxis": {"title": {"text": said("simulated / reported")}},
    }
    return drawing.on_phones(figure, narrow)


def holds(row: Row, policy_of: str | None) -> bool | None:
    """Tell whether a figure agrees with its report; None if it is not judged, such as an input or context."""
    return None if policy_of is not None else agrees(row)


def comparable(row: Row) -> bool:
    """Tell whether a figure has a reported and a simulated value whose ratio is defined."""
    reported = row["reported"]
    if row["simulated"] is None or not isinstance(reported, int | float):
        return False
    return reported > -1 if row["name"].endswith(CHANGE) else bool(reported)


def level(row: Row, value: float) -> float:
    """Return a value over what was reported; for changes, the ratio of the levels that they lead to."""
    reported = row["reported"]
    return float((1 + value) / (1 + reported) if row["name"].endswith(CHANGE) else value / reported)


def value_text(row: Row, value: Any) -> Written:
    """Return a value of a figure as people read it: changes in percent."""
    if value is None or isinstance(value, str):
        return Written(value or said(NONE))
    if row["name"].endswith(CHANGE):
        return Written(f"{'+' if value > 0 else ''}{percent(value)}", value)
    return amount(value, 4)


def _ratio(row: Row) -> Written:
    if not comparable(row):
        return Written("")
    if row["name"].endswith(CHANGE):
        points = 100 * (row["simulated"] - row["reported"])
        return Written(said("{change} points", change=written(f"{points:+.1f}")), None, {said("points"): points})
    return fixed(level(row, row["simulated"]), 3)


def _window(row: Row) -> str:
    start, end = row["window"]
    return said("{low} to {high}", low=start, high=end) if end else f"{start}"


def evidence_table(run: "Run") -> "pd.DataFrame":
    """Return each quantity of the evidence that has a value, those outside their range first."""
    rows = []
    for row in sorted(run.manifest["evidence"], key=lambda row: bool(row["within"])):
        if row["simulated"] is not None:
            value, month = amount(row["simulated"]), row.get("month")
            # Of a quantity by month, the value is that of its worst month.
            shown = Written(said("{value} ({month})", value=value, month=month), row["simulated"]) if month else value
            known = between(row["low"], row["high"])
            if row.get("claimed"):
                known = Written(said("{range}, claimed", range=known), known.value, known.others)
            judged = Judged(yes_said(row["within"]), row["within"])
            rows.append((evidence_named(row["name"]), _window(row), known, shown, judged, row["basis"]))
    return table_of(rows, ["quantity", "window", marked("evidence"), "simulated", "within", "basis"])


def months_table(run: "Run") -> "pd.DataFrame":
    """Return the evidence by month, a row for each month and a column for each quantity; outliers are marked."""
    import pandas as pd

    columns: dict[str, dict[str, str]] = {}
    for row in run.evidence_by_month.dropna(subset=["simulated"]).to_dict("records"):
        value = row["simulated"]
        out = not pd.isna(row["within"]) and not row["within"]  # a policy is not compared with evidence
        text = said("{value} (out)", value=amount(value)) if out else amount(value)
        columns.setdefault(spelled(row["name"]), {})[row["month"]] = Written(text, value)
    months = sorted({month for column in columns.values() for month in column})
    cells = {name: [column.get(month, "") for month in months] for name, column in columns.items()}
    return pd.DataFrame({"month": months, **cells}, dtype=object)


def evidence_summary(run: "Run") -> str:
    """Say how many quantities agree with evidence; empty if none is compared."""
    told = [row["within"] for row in run.manifest["evidence"] if row["within"] is not None]
    if not told:
        return ""
    return counted(
        "Evidence: {within} of {count} internal quantities within its range",
        "Evidence: {within} of {count} internal quantities within their ranges",
        count=len(told), within=sum(told),
    )  # fmt: skip


def spread_table(runs: "Sequence[Run]") -> "pd.DataFrame":
    """Return mean, 95% interval (of replicates), lowest and highest of each number of the first screen over runs."""
    every = [counted_numbers(run) for run in runs]
    replicates = len({run.manifest["seed"] for run in runs}) == len(runs)
    rows = []
    for name in every[0]:
        values = [float(numbers[name]) for numbers in every]
        mean = fmean(values)
        half = half_width(stdev(values), len(values)) if replicates else None
        interval = between(None, None) if half is None else between(mean - half, mean + half)
        rows.append((name, amount(mean), interval, amount(min(values)), amount(max(values))))
    columns = [said("number"), said("mean"), said("95% interval of the mean"), said("lowest"), said("highest")]
    return table_of(rows, columns)


ROW = re.compile(r"^(?P<table>.+?)\.\d+\.")
OWN = ("key", "value", "range", "basis")
"""Columns of ``parameters`` that repeat the scenario word for word."""


def parameters(run: "Run") -> "pd.DataFrame":
    """Return every value of the scenario: key, value, origin, range and basis; a table is one row."""
    from sim.scenario.levers import show_lines
    from sim.scenario.load import value_at
    from sim.scenario.reading import flow_text
    from sim.scenario.resolved import plain as plain_value

    rows: dict[str, Row] = {}
    counts: dict[str, int] = {}
    sources = run.scenario.sources

    @cache
    def is_list(table: str) -> bool:
        return isinstance(plain_value(value_at(run.scenario.resolved, table)), list)

    for key, value, _, _ in show_lines(run.scenario):
        # The source of a table is that of its first cell with one.
        source = sources.get(key) or next((one for cell, one in sources.items() if cell.startswith(f"{key}.")), None)
        match = ROW.match(key + ".")
        # Rows of a list are counted; each value of a map by province was chosen, so each has its own row.
        if match is not None and is_list(match["table"]):
            table = match["table"]
            counts[table] = max(counts.get(table, 0), int(key[len(table) + 1 :].partition(".")[0]) + 1)
            value = counted("{count} rows", "{count} rows", count=counts[table])
            if table in rows:
                rows[table]["value"] = value
                continue
            key = table
        limits = basis = origin = ""
        if source is not None:
            basis, origin = source.basis or "", source.origin or ""
            if source.range is not None:
                low, high = (_whole(flow_text(end)) for end in source.range)
                limits = said("{low} to {high}", low=low, high=high)
            if source.target:
                target = said("calibrated to {target}", target=source.target)
                basis = f"{target}; {basis}" if basis else target
        rows[key] = {"key": key, "value": _whole(value), "origin": origin, "range": limits, "basis": basis}
    return table_of(rows.values(), ["key", "value", "origin", "range", "basis"])


def changed_parameters(run: "Run", base: "Run") -> "pd.DataFrame":
    """Return those of a run's ``parameters`` whose row or table differs from another run's, except ``policy_of``."""
    from sim.scenario.load import value_at
    from sim.scenario.resolved import plain as plain_value

    ours, theirs = parameters(run), parameters(base)
    known = set(theirs.itertuples(index=False, name=None))

    def is_same(row: tuple[str, ...]) -> bool:
        values = (plain_value(value_at(one.scenario.resolved, row[0])) for one in (run, base))
        return row in known and next(values) == next(values)

    return ours[[row[0] != "policy_of" and not is_same(row) for row in ours.itertuples(index=False, name=None)]]


def _whole(text: str) -> str:
    """Return a number without ``.0`` at its end."""
    return re.sub(r"^(-?\d+)\.0$", r"\1", text)
