"""Pictures of what a run rests on: reported beside simulated figures, and the origin of each parameter.

Reported against simulated figures: a dot for the ratio of each.

Provenance: the seconds of each phase of a run, and every parameter with its origin and basis.
"""

import re
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Any

from sim.base.rounding import Written, amount, fixed, percent, written
from sim.language.spoken import counted, marked, named, said
from sim.reading.figures import CHANGE, JUDGED
from sim.report.drawing import Looks, add, arrow, bare, blank, framed, note_beyond, on_phones, reach
from sim.report.looks import AXIS, SYMBOLS, Judged, colours, plain, words
from sim.report.tables import table_of
from sim.told.runs import agreement_said, agrees, within_said
from sim.told.words import quantity_named

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


def ratios(run: "Run") -> "go.Figure":
    """Draw simulated over reported for each figure that has both, and the intervals of predictions.

    The ratio of a change is that of the levels it leads to, (1 + simulated) / (1 + reported): a change near zero has no
    meaningful ratio.

    Returns:
        A figure with a row for each such figure.
    """
    rows = [row for row in run.manifest["figures"] if comparable(row)]
    if not rows:
        return blank(said(RATIOS), said("No figure of this scenario lies in the period of the run."))
    policy_of = run.manifest.get("policy_of")
    drawn = [
        (f"{_mark(row, policy_of)}{words(row['name'])}, {_window(row)}", row,
         level(row, row["simulated"]))
        for row in rows
    ]  # fmt: skip
    ends = [(lane, *_ends(row), row["role"]) for lane, row, _ in drawn if row["interval"]]
    far = (*(ratio for *_, ratio in drawn), *(end for _, low, high, _ in ends for end in (low, high)))
    edge = reach(one - 1 for one in far) or inf
    figure = bare()
    shades = colours("role")
    for (role, colour), mark in zip(shades.items(), SYMBOLS, strict=False):
        own = [one for one in drawn if one[1]["role"] == role]
        marks = [arrow(ratio > 1) if abs(ratio - 1) > edge else mark for *_, ratio in own]
        look: Looks = {"mode": "markers", "marker": {"color": colour, "size": 11, "symbol": marks}}
        places = [_within(ratio, edge) for *_, ratio in own]
        if own:
            hover = [_told(lane, row) for lane, row, _ in own]
            add(figure, said(ROLES[role]), places, [lane for lane, *_ in own], hover, **look)
    for role in dict.fromkeys(role for *_, role in ends):
        own_ends = [(lane, _within(low, edge), _within(high, edge)) for lane, low, high, of in ends if of == role]
        _intervals(figure, own_ends, shades[role])
    for lane, _, ratio in drawn:
        if abs(ratio - 1) > edge:
            note_beyond(figure, fixed(ratio, 2), _within(ratio, edge), lane, ratio > 1)
    figure.add_vline(x=1.0, line={"color": AXIS, "width": 1.5, "dash": "dot"})
    framed(figure, 150 + 24 * max(3, len(rows)), said(RATIOS))
    lanes = [lane for lane, *_ in drawn]
    figure.update_xaxes(title_text=said("simulated / reported (1: as reported)"))
    figure.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=lanes, tickfont={"size": 11})
    figure.update_yaxes(tickvals=lanes, ticktext=lanes)  # all, however low the picture is on paper
    months = ["/".join(str(day)[2:7] for day in row["window"] if day) for row in rows]
    short = [
        f"{_mark(row, policy_of)}{plain(named(row['name'])[:17])} {when}"
        for row, when in zip(rows, months, strict=True)
    ]
    narrow = {
        "yaxis": {"tickvals": lanes, "ticktext": short, "tickfont": {"size": 9.5}},
        "xaxis": {"title": {"text": said("simulated / reported")}},
    }
    on_phones(figure, narrow)
    return figure


def _mark(row: Row, policy_of: str | None) -> str:
    return f"{MISSED} " if holds(row, policy_of) is False else ""


def _intervals(figure: "go.Figure", ends: list[tuple[str, float, float]], colour: str) -> None:
    """Draw the intervals of predictions: of the calibrated scenario, so a policy's value may lie outside."""
    halves = [(high - low) / 2 for _, low, high in ends]
    marker = {"symbol": "line-ns-open", "color": colour, "size": 1}
    error = {"array": halves, "color": colour, "thickness": 1.5, "width": 4}
    middles = [(low + high) / 2 for _, low, high in ends]
    look: Looks = {"mode": "markers", "marker": marker, "error_x": error, "showlegend": False}
    add(figure, said("90% interval of predictions"), middles, [lane for lane, *_ in ends], **look)


def _told(lane: str, row: Row) -> str:
    return said(
        "{figure}<br>reported {reported}<br>simulated {simulated}<br>ratio {ratio}",
        figure=lane, reported=value_text(row, row["reported"]), simulated=value_text(row, row["simulated"]),
        ratio=_ratio(row),
    )  # fmt: skip


def _within(ratio: float, edge: float) -> float:
    """Return a ratio, or the end of the axis, ``edge`` from 1, if the ratio lies beyond it."""
    return max(1 - edge, min(1 + edge, ratio))


def ratios_table(run: "Run") -> "pd.DataFrame":
    """Return every figure of the scenario: reported, simulated, ratio, role, and whether it agrees.

    What agrees is said as on the terminal: within its tolerance, or for predictions within the interval.
    """
    policy_of = run.manifest.get("policy_of")
    rows = [
        (
            *(named(row["name"]), _window(row), value_text(row, row["reported"]), value_text(row, row["simulated"])),
            *(_ratio(row), said(ROLES[row["role"]]), Judged(within_said(row, policy_of), holds(row, policy_of))),
        )
        for row in run.manifest["figures"]
    ]
    columns = ["figure", "window", "reported", SIMULATED, "ratio", "role", "within"]
    return table_of(rows, columns)


def ratios_words(run: "Run") -> str:
    """Say how many figures agree with their reports, and which is farthest off."""
    policy_of = run.manifest.get("policy_of")
    rows = [row for row in run.manifest["figures"] if comparable(row)]
    told = []
    if any(holds(row, policy_of) is not None for row in rows):
        told.append(said("{intervals}.", intervals=agreement_said(rows)))
    judged = [row for row in rows if row["role"] in JUDGED]
    if judged and policy_of is None:
        far = max(judged, key=lambda row: abs(level(row, row["simulated"]) - 1))
        words_of = {"figure": quantity_named(far["name"]), "window": _window(far)}
        told.append(
            said(
                "Largest deviation: {figure}, {window}, at {ratio} times the reported level.",
                **words_of, ratio=fixed(level(far, far["simulated"]), 2),
            )
        )  # fmt: skip
    return " ".join(told)


def holds(row: Row, policy_of: str | None) -> bool | None:
    """Tell whether a figure agrees with its report; None if it is not judged, such as an input or context."""
    return None if policy_of is not None else agrees(row)


def comparable(row: Row) -> bool:
    """Tell whether a figure has a reported and a simulated value whose ratio is defined."""
    reported = row["reported"]
    if row["simulated"] is None or not isinstance(reported, int | float):
        return False
    return reported > -1 if row["name"].endswith(CHANGE) else bool(reported)


def _ends(row: Row) -> tuple[float, float]:
    """Return the ends of the interval of a prediction, each turned into a level by ``level``."""
    low, high = row["interval"]
    return level(row, low), level(row, high)


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


WHOLE = re.compile(r"-?\d+\.0")
ROW = re.compile(r"^(?P<table>.+?)\.\d+\.")


OWN = ("key", "value", "range", "basis")
"""Columns of ``parameters`` that repeat the scenario word for word."""


def seconds_table(run: "Run") -> "pd.DataFrame":
    """Return the seconds of each phase."""
    phases = run.manifest["performance"]["phases"]
    return table_of(((named(name), seconds) for name, seconds in phases.items()), ["phase", "seconds"])


def parameters(run: "Run") -> "pd.DataFrame":
    """Return every value of the scenario: key, value, origin, range and basis; a table is one row."""
    from sim.scenario import show_lines
    from sim.scenario.load import value_at
    from sim.scenario.reading import flow_text
    from sim.scenario.resolved import plain

    rows: list[dict[str, str]] = []
    tables: dict[str, int] = {}
    sources = run.scenario.sources

    @cache
    def is_list(table: str) -> bool:
        return isinstance(plain(value_at(run.scenario.resolved, table)), list)

    for key, value, _, _ in show_lines(run.scenario):
        # The source of a table is that of its first cell with one.
        source = sources.get(key) or next((one for cell, one in sources.items() if cell.startswith(f"{key}.")), None)
        match = ROW.match(key + ".")
        # Rows of a list are counted; each value of a map by province was chosen, so each has its own row.
        if match is not None and is_list(match["table"]):
            table = match["table"]
            tables[table] = max(tables.get(table, 0), int(key[len(table) + 1 :].partition(".")[0]) + 1)
            if tables[table] > 1 or any(row["key"] == table for row in rows[-1:]):
                continue
            key, value = table, ""
        limits = ""
        if source is not None and source.range is not None:
            low, high = (_whole(flow_text(end)) for end in source.range)
            limits = said("{low} to {high}", low=low, high=high)
        basis = "" if source is None else source.basis or ""
        if source is not None and source.target:
            fixed = said("calibrated to {target}", target=source.target)
            basis = f"{fixed}; {basis}" if basis else fixed
        origin = "" if source is None else source.origin or ""
        rows.append({"key": key, "value": _whole(value), "origin": origin, "range": limits, "basis": basis})
    for row in rows:
        if row["key"] in tables and not row["value"]:
            row["value"] = counted("{count} rows", "{count} rows", count=tables[row["key"]])
    return table_of(rows, ["key", "value", "origin", "range", "basis"])


def changed_parameters(run: "Run", base: "Run") -> "pd.DataFrame":
    """Return those of a run's ``parameters`` whose row or table differs from another run's, except ``policy_of``."""
    from sim.scenario.load import value_at
    from sim.scenario.resolved import plain

    ours, theirs = parameters(run), parameters(base)
    known = set(theirs.itertuples(index=False, name=None))

    def is_same(row: tuple[str, ...]) -> bool:
        key = row[0]
        return row in known and bool(
            plain(value_at(run.scenario.resolved, key)) == plain(value_at(base.scenario.resolved, key))
        )

    return ours[[row[0] != "policy_of" and not is_same(row) for row in ours.itertuples(index=False, name=None)]]


def _whole(text: str) -> str:
    """Return a number without ``.0`` at its end."""
    return text[:-2] if WHOLE.fullmatch(text) else text
