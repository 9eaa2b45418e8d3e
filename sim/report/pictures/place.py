"""Place: provinces as tiles of equal size, coloured by any outcome per 100,000 people."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim.base.money import CENTS_PER_UNIT
from sim.base.rounding import short
from sim.base.words import End, Fate
from sim.language.spoken import marked, said
from sim.report.looks import INK, PEOPLE, SCALE, finish, plain, provinces
from sim.report.reach import reach
from sim.report.sums import sums
from sim.report.tally import WHOLE_PERIOD, months

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

ROW = 6
"""Tiles in a row where the scenario does not say where provinces stand."""
LONGEST, LONGEST_ON_PHONES = 10, 6
"""Letters of a line of a name on a tile."""
TILE, TILE_ON_PHONES = 58, 50
"""Height of a tile, in pixels."""
VOWELS = frozenset("aeiouAEIOU")
PALE = 0.52
"""Share of the scale of colours below which a tile is so pale that its text is dark."""
DARK = "#111"
BEYOND = "\N{UPWARDS ARROW}"
"""Stands before a number that is beyond the end of the scale of colours."""


@dataclass(frozen=True)
class Outcome:
    """What tiles are coloured by: a measure of a table, what it is called, its unit, and which rows count."""

    table: str
    measure: str
    title: str
    unit: str
    where: dict[str, tuple[str, ...]] = field(default_factory=dict)


OUTCOMES = {
    "victims": Outcome("outcomes", "victims", marked("victims"), marked("victims")),
    "episodes": Outcome("outcomes", "episodes", marked("people drawn in"), marked("people drawn in")),
    "saved": Outcome(
        "outcomes", "saved", marked("stopped by warnings before payment"), marked("people stopped before payment")
    ),
    "averted": Outcome("outcomes", "averted", marked("victims averted by warnings"), marked("victims averted")),
    "dropped_out": Outcome(
        "outcomes", "dropped_out", marked("dropped out by themselves"), marked("people dropped out")
    ),
    "filed": Outcome("outcomes", "filed", marked("cases filed"), marked("cases filed")),
    "loss": Outcome("outcomes", "loss_cents", marked("losses"), marked("1,000 {currency} lost")),
    "prevented": Outcome(
        "outcomes", "prevented_cents", marked("losses prevented"), marked("1,000 {currency} prevented")
    ),
    "recovered": Outcome(
        "outcomes", "recovered_cents", marked("losses recovered"), marked("1,000 {currency} recovered")
    ),
    "alerts": Outcome("alerts", "count", marked("alerts"), marked("alerts")),
    "reached": Outcome(
        "alerts", "count", marked("alerts that reached"), marked("alerts that reached"), {"end": (End.REACHED.label,)}
    ),
    "expired": Outcome(
        "alerts", "count", marked("alerts that expired"), marked("alerts expired"), {"end": (End.EXPIRED.label,)}
    ),
    "delivered": Outcome(
        "attempts",
        "count",
        marked("attempts delivered"),
        marked("attempts delivered"),
        {"fate": tuple(fate.label for fate in Fate if not fate.stopped)},
    ),
    "intercepted": Outcome(
        "attempts",
        "count",
        marked("attempts intercepted"),
        marked("attempts intercepted"),
        {"fate": (Fate.INTERCEPTED.label,)},
    ),
}
OUTCOME = {name: one.title for name, one in OUTCOMES.items()}
OVER = 1.0001
"""Rates are drawn with four digits: so many times the end of a scale is beyond it."""
CENTS_PER_THOUSAND = 1000 * CENTS_PER_UNIT

Tile = tuple[int, int]
"""Column, and row from the top."""


def tiles(run: "Run") -> dict[int, Tile]:
    """Return the tile of each province: as the scenario's table says, else in reading order."""
    rows = run.scenario.spec.population.provinces
    known = {
        row.code: (row.tile_column, row.tile_row)
        for row in rows
        if row.tile_column is not None and row.tile_row is not None
    }
    return known if len(known) == len(rows) else {row.code: (at % ROW, at // ROW) for at, row in enumerate(rows)}


def lines_of(name: str, longest: int = LONGEST) -> list[str]:
    """Break a name into the lines of a tile: at spaces, and long words where one syllable may end and another begin."""
    lines: list[str] = []
    for word in name.split():
        if lines and len(lines[-1]) + 1 + len(word) <= longest:
            lines[-1] = f"{lines[-1]} {word}"
            continue
        while len(word) > longest:
            at = _break(word, longest)
            lines.append(f"{word[:at]}-")
            word = word[at:]
        lines.append(word)
    return lines


def _break(word: str, longest: int) -> int:
    """Return where to break a word that is too long: before a consonant that a vowel follows, as late as it goes."""
    for at in range(longest - 1, 1, -1):
        begins = word[at] not in VOWELS and at + 1 < len(word) and word[at + 1] in {*VOWELS, "h"}
        if begins and word[at - 1 : at + 1] not in ("ng", "zh", "ch", "sh") and len(word) - at > 1:
            return at
    return longest - 1


def place(run: "Run", outcome: str = "victims", month: str = WHOLE_PERIOD) -> "go.Figure":
    """Draw provinces as tiles coloured by an outcome per 100,000 people of the province.

    Args:
        run: The run.
        outcome: One of ``OUTCOME``; money is in 1,000 units of the currency.
        month: ``all``, the whole period, or one of its months, such as ``2022-05``.

    Returns:
        A figure whose colours run from zero to the highest rate, of all months where one is chosen: provinces that
        differ little look so. A rate that is far beyond all others has an arrow, and the colour of the end.
    """
    return place_views(run, [outcome], [month])[outcome, month]


def place_views(run: "Run", outcomes: list[str], chosen: list[str]) -> "dict[tuple[str, str], go.Figure]":
    """Draw ``place`` for every pair of an outcome and a month, reading each table once."""
    import pandas as pd

    views = {}
    bare = bare_tiles(run, SCALE)
    for outcome in outcomes:
        monthly = _monthly(run, outcome)
        rates = {month: _per_people(run, monthly, month) for month in months(run)}
        monthly_rates = pd.concat([rate for month, rate in rates.items() if month != WHOLE_PERIOD])
        for month in chosen:
            shared = rates[month] if month == WHOLE_PERIOD else monthly_rates
            views[outcome, month] = view = copy.deepcopy(bare)  # to draw anew takes ten times as long
            _colour(view, run, outcome, month, (rates[month], reach(shared.dropna())))
    return views


def place_table(run: "Run") -> "pd.DataFrame":
    """Return every outcome per 100,000 people of each province over the whole period."""
    import pandas as pd

    columns = {
        f"{said(one.unit)} per 100,000": _per_people(run, _monthly(run, name), WHOLE_PERIOD)
        for name, one in OUTCOMES.items()
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
    if measure.endswith("_cents"):
        found[measure] /= CENTS_PER_THOUSAND
    wide = found.pivot_table(index="month", columns="province", values=measure, aggfunc="sum", fill_value=0.0)
    wide.index = wide.index.map(lambda month: f"{month:%Y-%m}")
    return wide.reindex(index=list(months(run))[1:], columns=list(provinces(run)), fill_value=0.0)


def _per_people(run: "Run", monthly: "pd.DataFrame", month: str) -> "pd.Series[Any]":
    import pandas as pd

    counts = pd.Series(monthly.sum() if month == WHOLE_PERIOD else monthly.loc[month].to_numpy(), list(monthly.columns))
    people = pd.Series({row.code: row.population for row in run.scenario.spec.population.provinces}, dtype="float64")
    # A province without people has no rate.
    return counts / people.where(people > 0) * PEOPLE


def bare_tiles(run: "Run", scale: Any) -> "go.Figure":
    """Draw the tiles of a run without colours and texts.

    Args:
        run: The run.
        scale: The scale of colours.

    Returns:
        A figure of a heatmap, whose custom data are the provinces' names, and of the texts on its tiles.
    """
    import plotly.graph_objects as go

    placed, names = tiles(run), provinces(run)
    wide = max(column for column, _ in placed.values()) + 1
    high = max(row for _, row in placed.values()) + 1
    named = [[""] * wide for _ in range(high)]
    for code, (column, row) in placed.items():
        named[row][column] = plain(names[code])
    figure = go.Figure(
        go.Heatmap(
            customdata=named,
            colorscale=scale,
            hoverongaps=False,
            xgap=3,
            ygap=3,
            colorbar={
                "title": {"side": "top", "font": {"size": 12}},
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
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
        x=[column for column, _ in placed.values()],
        y=[row for _, row in placed.values()],
        mode="text",
        textfont={"size": 11},
        hoverinfo="skip",
        showlegend=False,
    )
    finish(figure, 150 + TILE * high)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, autorange="reversed")
    return figure


def write_on(figure: "go.Figure", run: "Run", told: dict[int, str]) -> None:
    """Write the name of each province on its tile, and below it what is told of it; on phones in shorter lines."""
    names = provinces(run)

    def texts(longest: int) -> list[str]:
        return ["<br>".join([*map(plain, lines_of(names[code], longest)), told[code]]) for code in tiles(run)]

    high = max(row for _, row in tiles(run).values()) + 1
    figure.data[-1].text = texts(LONGEST)
    narrow = {"textfont": {"size": 9}, "text": texts(LONGEST_ON_PHONES)}
    figure.update_layout(meta={"narrow": {"layout": {"height": 170 + TILE_ON_PHONES * high}, "traces": narrow}})


def _colour(figure: "go.Figure", run: "Run", outcome: str, month: str, shown: "tuple[pd.Series[Any], float]") -> None:
    """Set the colours of an outcome on the tiles of a figure, its rates as their texts, and its title.

    Args:
        figure: Bare tiles.
        run: The run.
        outcome: One of ``OUTCOME``.
        month: The month, or the whole period.
        shown: The rates, and how far the scale of colours reaches.
    """
    heat = figure.data[0]
    rates, most = shown
    grid: list[list[float | None]] = [[None] * len(row) for row in heat.customdata]
    title, unit = said(OUTCOMES[outcome].title), said(OUTCOMES[outcome].unit)
    told: dict[int, str] = {}
    for code, (column, row) in tiles(run).items():
        rate = float(rates[code])
        grid[row][column] = float(f"{rate:.4g}") if rate == rate else None
        told[code] = short(rate) if rate == rate else "-"
    heat.z, heat.zmin, heat.zmax = grid, 0.0, float(f"{most:.4g}") or 1.0
    heat.hovertemplate = "%{customdata}: %{z:,.4~r}<extra></extra>"
    heat.colorbar.title.text = said("{unit} per 100,000 people; colours begin at 0", unit=unit)
    write_on(figure, run, told)
    settle(figure)
    figure.layout.title.text = said(
        "{outcome} per 100,000 people, {month}", outcome=title[:1].upper() + title[1:], month=months(run)[month]
    )


def settle(figure: "go.Figure") -> None:
    """Make the texts on tiles readable on the colours that they now have, and mark those beyond the scale's end."""
    heat, labels = figure.data
    values = [heat.z[row][column] for column, row in zip(labels.x, labels.y, strict=True)]
    # A province without people has a clear tile, and text in the colour of the page.
    labels.textfont.color = [INK if value is None else DARK if value / heat.zmax < PALE else "#fff" for value in values]
    beyond = [value is not None and value > heat.zmax * OVER for value in values]
    narrow = figure.layout.meta["narrow"]
    traces = {**narrow["traces"], "text": _marked(narrow["traces"]["text"], beyond)}
    labels.text = _marked(labels.text, beyond)
    figure.update_layout(meta={"narrow": {**narrow, "traces": traces}})


def _marked(texts: Sequence[str], beyond: list[bool]) -> list[str]:
    """Put an arrow before the number, the last line, of those that are beyond the end of the scale of colours."""
    found = []
    for text, far in zip(texts, beyond, strict=True):
        name, _, number = text.rpartition("<br>")
        number = number.removeprefix(f"{BEYOND} ")
        found.append(f"{name}<br>{BEYOND} {number}" if far else f"{name}<br>{number}")
    return found
