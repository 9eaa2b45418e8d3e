"""Place: provinces as tiles of equal size, coloured by any outcome per 100,000 people."""

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim.money import FEN_PER_YUAN
from sim.report.looks import INK, PEOPLE, SCALE, finish, plain, provinces
from sim.report.sums import sums
from sim.rounding import short
from sim.scenario.schema.population import NO_POOL
from sim.words import End, Fate

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.results.run import Run

# Column, row and letters (GB/T 2260) of each province of China by its code, laid out by hand so that neighbours stay
# neighbours as far as squares allow.
CHINA: dict[int, tuple[int, int, str]] = {
    23: (7, 0, "HL"), 65: (0, 1, "XJ"), 15: (4, 1, "NM"), 11: (5, 1, "BJ"), 21: (6, 1, "LN"), 22: (7, 1, "JL"),
    62: (2, 2, "GS"), 64: (3, 2, "NX"), 14: (4, 2, "SX"), 13: (5, 2, "HE"), 12: (6, 2, "TJ"),
    63: (1, 3, "QH"), 61: (3, 3, "SN"), 41: (4, 3, "HA"), 37: (5, 3, "SD"), 32: (6, 3, "JS"),
    54: (0, 4, "XZ"), 51: (2, 4, "SC"), 50: (3, 4, "CQ"), 42: (4, 4, "HB"), 34: (5, 4, "AH"), 31: (6, 4, "SH"),
    53: (1, 5, "YN"), 52: (2, 5, "GZ"), 43: (3, 5, "HN"), 36: (4, 5, "JX"), 35: (5, 5, "FJ"), 33: (6, 5, "ZJ"),
    45: (3, 6, "GX"), 44: (4, 6, "GD"), 46: (3, 7, "HI"),
}  # fmt: skip
ROW = 6
"""Tiles in a row where the provinces are not China's."""
FEWEST, MOST = 3, 8
"""Letters on a tile."""
PALE = 0.52
"""Share of the scale of colours below which a tile is so pale that its text is dark."""
DARK = "#111"


@dataclass(frozen=True)
class Outcome:
    """What tiles are coloured by: a measure of a table, what it is called, its unit, and which rows count."""

    table: str
    measure: str
    title: str
    unit: str
    where: dict[str, tuple[str, ...]] = field(default_factory=dict)


OUTCOMES = {
    "victims": Outcome("outcomes", "victims", "victims", "victims"),
    "episodes": Outcome("outcomes", "episodes", "people drawn in", "people drawn in"),
    "saved": Outcome("outcomes", "saved", "saved by warnings", "people saved"),
    "dropped_out": Outcome("outcomes", "dropped_out", "dropped out by themselves", "people dropped out"),
    "filed": Outcome("outcomes", "filed", "cases filed", "cases filed"),
    "loss": Outcome("outcomes", "loss_fen", "losses", "1,000 yuan lost"),
    "prevented": Outcome("outcomes", "prevented_fen", "losses prevented", "1,000 yuan prevented"),
    "recovered": Outcome("outcomes", "recovered_fen", "losses recovered", "1,000 yuan recovered"),
    "alerts": Outcome("alerts", "count", "alerts", "alerts"),
    "reached": Outcome("alerts", "count", "alerts that reached", "alerts that reached", {"end": (End.REACHED.label,)}),
    "expired": Outcome("alerts", "count", "alerts that expired", "alerts expired", {"end": (End.EXPIRED.label,)}),
    "delivered": Outcome(
        "attempts",
        "count",
        "attempts delivered",
        "attempts delivered",
        {"fate": tuple(fate.label for fate in Fate if not fate.stopped)},
    ),
    "intercepted": Outcome(
        "attempts", "count", "attempts intercepted", "attempts intercepted", {"fate": (Fate.INTERCEPTED.label,)}
    ),
}
OUTCOME = {name: one.title for name, one in OUTCOMES.items()}
FEN_PER_THOUSAND_YUAN = 1000 * FEN_PER_YUAN
WHOLE_PERIOD = "all"

Tile = tuple[int, int, str]
"""Column, row from the top, letters."""


def tiles(run: "Run") -> dict[int, Tile]:
    """Return the tile of each province: as in ``CHINA`` where all codes are its provinces', else in reading order."""
    names = provinces(run)
    if set(names) <= set(CHINA) and len(names) > ROW and run.scenario.spec.population.pool == NO_POOL:
        return {code: CHINA[code] for code in names}
    letters = _letters(list(names.values()))
    return {code: (at % ROW, at // ROW, letters[at]) for at, code in enumerate(names)}


def _letters(names: list[str]) -> list[str]:
    """Return the beginnings of names that tell them apart, of three letters or a few more."""
    return [
        next(
            (
                name[:length]
                for length in range(FEWEST, MOST)
                if sum(one.startswith(name[:length]) for one in names) == 1
            ),
            name[:MOST],
        )
        for name in names
    ]


def months(run: "Run") -> dict[str, str]:
    """Return the choices of a month: the whole period, then each of its months."""
    import pandas as pd

    period = run.scenario.spec.period
    found = pd.period_range(period.start, period.end, freq="M")
    return {WHOLE_PERIOD: "the whole period", **{f"{one}": f"{one:%B %Y}" for one in found}}


def place(run: "Run", outcome: str = "victims", month: str = WHOLE_PERIOD) -> "go.Figure":
    """Draw provinces as tiles coloured by an outcome per 100,000 people of the province.

    Args:
        run: The run.
        outcome: One of ``OUTCOME``; money is in 1,000 yuan.
        month: ``all``, the whole period, or one of its months, such as ``2022-05``.

    Returns:
        A figure whose colours run from the lowest rate to the highest, of all months where one is chosen.
    """
    return place_views(run, [outcome], [month])[outcome, month]


def place_views(run: "Run", outcomes: list[str], chosen: list[str]) -> "dict[tuple[str, str], go.Figure]":
    """Draw ``place`` for every pair of an outcome and a month, reading each table once."""
    import pandas as pd

    views = {}
    bare = _tiles(run)
    for outcome in outcomes:
        monthly = _monthly(run, outcome)
        rates = {month: _per_people(run, monthly, month) for month in months(run)}
        monthly_rates = pd.concat([rate for month, rate in rates.items() if month != WHOLE_PERIOD])
        for month in chosen:
            shared = rates[month] if month == WHOLE_PERIOD else monthly_rates
            views[outcome, month] = view = copy.deepcopy(bare)  # to draw anew takes ten times as long
            _colour(view, run, outcome, month, rates[month], (shared.min(), shared.max()))
    return views


def place_table(run: "Run") -> "pd.DataFrame":
    """Return every outcome per 100,000 people of each province over the whole period."""
    import pandas as pd

    columns = {
        f"{one.unit} per 100,000": _per_people(run, _monthly(run, name), WHOLE_PERIOD) for name, one in OUTCOMES.items()
    }
    frame = pd.DataFrame(columns)
    frame.insert(0, "province", [provinces(run)[code] for code in frame.index])
    people = {row.code: row.population for row in run.scenario.spec.population.provinces}
    frame.insert(1, "people", [people[code] for code in frame.index])
    return frame.reset_index(drop=True)


def _monthly(run: "Run", outcome: str) -> "pd.DataFrame":
    """Return counts of the country by month (rows, as ``2022-05``) and province code."""
    measure = OUTCOMES[outcome].measure
    found = sums(run, OUTCOMES[outcome].table, ["month", "province"], [measure], OUTCOMES[outcome].where)
    if measure.endswith("_fen"):
        found[measure] /= FEN_PER_THOUSAND_YUAN
    wide = found.pivot_table(index="month", columns="province", values=measure, aggfunc="sum", fill_value=0.0)
    wide.index = wide.index.map(lambda month: f"{month:%Y-%m}")
    return wide.reindex(index=list(months(run))[1:], columns=list(provinces(run)), fill_value=0.0)


def _per_people(run: "Run", monthly: "pd.DataFrame", month: str) -> "pd.Series[Any]":
    import pandas as pd

    counts = pd.Series(monthly.sum() if month == WHOLE_PERIOD else monthly.loc[month].to_numpy(), list(monthly.columns))
    people = pd.Series({row.code: row.population for row in run.scenario.spec.population.provinces}, dtype="float64")
    # A province without people has no rate.
    return counts / people.where(people > 0) * PEOPLE


def _tiles(run: "Run") -> "go.Figure":
    """Draw the tiles of a run without their colours and rates."""
    import plotly.graph_objects as go

    placed, names = tiles(run), provinces(run)
    wide = max(column for column, _, _ in placed.values()) + 1
    high = max(row for _, row, _ in placed.values()) + 1
    named = [[""] * wide for _ in range(high)]
    for code, (column, row, _) in placed.items():
        named[row][column] = plain(names[code])
    figure = go.Figure(
        go.Heatmap(
            customdata=named,
            colorscale=SCALE,
            hoverongaps=False,
            xgap=3,
            ygap=3,
            colorbar={
                "title": {"side": "top"},
                "orientation": "h",
                "y": -0.02,
                "yanchor": "top",
                "thickness": 12,
                "lenmode": "pixels",
                "len": 300,
                "exponentformat": "B",
                "nticks": 5,
            },
        )
    )
    figure.add_scatter(
        x=[column for column, _, _ in placed.values()],
        y=[row for _, row, _ in placed.values()],
        mode="text",
        hoverinfo="skip",
        showlegend=False,
    )
    finish(figure, 130 + 58 * high)
    figure.update_xaxes(visible=False, constrain="domain")
    figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x", constrain="domain")
    figure.update_layout(
        meta={"narrow": {"layout": {"height": 150 + 44 * high}, "traces": {"textfont": {"size": 10.5}}}}
    )
    return figure


def _colour(
    figure: "go.Figure", run: "Run", outcome: str, month: str, rates: "pd.Series[Any]", ends: tuple[float, float]
) -> None:
    """Set the colours of an outcome on the tiles of a figure, its rates as their texts, and its title."""
    heat, labels = figure.data
    grid: list[list[float | None]] = [[None] * len(row) for row in heat.customdata]
    title, unit = OUTCOMES[outcome].title, OUTCOMES[outcome].unit
    low, most = _ends(ends)
    texts, inks = [], []
    for code, (column, row, letters) in tiles(run).items():
        rate = float(rates[code])
        known = rate == rate
        grid[row][column] = float(f"{rate:.4g}") if known else None
        texts.append(f"{plain(letters)}<br>{short(rate) if known else '-'}")
        # A province without people has a clear tile, and text in the colour of the page.
        inks.append((DARK if (rate - low) / (most - low) < PALE else "#fff") if known else INK)
    heat.z, heat.zmin, heat.zmax = grid, low, most
    heat.hovertemplate = "%{customdata}: %{z:,.4~r} " + unit + " per 100,000 people<extra></extra>"
    heat.colorbar.title.text = f"{unit} per 100,000 people"
    labels.text, labels.textfont.color = texts, inks
    figure.layout.title.text = f"{title.capitalize()} per 100,000 people, {months(run)[month]}"


def _ends(ends: tuple[float, float]) -> tuple[float, float]:
    """Return the ends of the scale of colours; from zero where all rates are equal or none is known."""
    low, high = (float(f"{end:.4g}") for end in ends)
    if not high > low:
        return 0.0, high if high > 0 else 1.0
    return low, high
