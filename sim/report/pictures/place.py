"""Place: provinces as tiles of equal size, coloured by an outcome per 100,000 people."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim.base.money import CENTS_PER_UNIT
from sim.base.rounding import amount, short, significant
from sim.base.words import End, Fate
from sim.language.spoken import marked, said
from sim.report.drawing import bare, on_phones, reach
from sim.report.looks import INK, PEOPLE, SCALE, capital, finish, plain, provinces
from sim.report.tally import WHOLE_PERIOD, months, sums, wide

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

ROW = 6
"""Tiles in a row if the scenario gives provinces no tiles."""
LONGEST, LONGEST_ON_PHONES = 10, 6
"""Letters of a line of a name on a tile."""
TILE, TILE_ON_PHONES = 58, 50
"""Height of a tile, in pixels."""
VOWELS = frozenset("aeiouAEIOU")
PALE = 0.52
"""Share of the scale of colours below which the text on a tile is dark."""
DARK = "#111"
BEYOND = "\N{UPWARDS ARROW}"
"""Marks a number beyond the end of the scale of colours."""


@dataclass(frozen=True)
class MapQuantity:
    """What tiles are coloured by: a measure of a table, its title, its unit if another, and the rows that count."""

    table: str
    measure: str
    title: str
    unit: str = ""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


REACHED, EXPIRED = {"end": (End.REACHED.label,)}, {"end": (End.EXPIRED.label,)}
DELIVERED = {"fate": tuple(fate.label for fate in Fate if not fate.stopped)}
INTERCEPTED = {"fate": (Fate.INTERCEPTED.label,)}
OUTCOMES = {
    "victims": MapQuantity("outcomes", "victims", marked("victims")),
    "episodes": MapQuantity("outcomes", "episodes", marked("people drawn in")),
    "saved": MapQuantity("outcomes", "saved", marked("people stopped by warnings before payment")),
    "averted": MapQuantity("outcomes", "averted", marked("victims averted by warnings")),
    "dropped_out": MapQuantity("outcomes", "dropped_out", marked("people who dropped out by themselves")),
    "filed": MapQuantity("outcomes", "filed", marked("cases filed")),
    "loss": MapQuantity("outcomes", "loss_cents", marked("losses"), marked("1,000 {currency} lost")),
    "prevented": MapQuantity(
        "outcomes", "prevented_cents", marked("losses prevented"), marked("1,000 {currency} prevented")
    ),
    "recovered": MapQuantity(
        "outcomes", "recovered_cents", marked("losses recovered"), marked("1,000 {currency} recovered")
    ),
    "alerts": MapQuantity("alerts", "count", marked("alerts")),
    "reached": MapQuantity("alerts", "count", marked("alerts that reached somebody"), where=REACHED),
    "expired": MapQuantity("alerts", "count", marked("alerts that expired"), where=EXPIRED),
    "delivered": MapQuantity("attempts", "count", marked("attempts delivered"), where=DELIVERED),
    "intercepted": MapQuantity("attempts", "count", marked("attempts intercepted"), where=INTERCEPTED),
}
OUTCOME = {name: one.title for name, one in OUTCOMES.items()}
OVER = 1.0001
"""Rates are drawn with four digits, so a rate is beyond a scale from this multiple of its end."""
CENTS_PER_THOUSAND = 1000 * CENTS_PER_UNIT

Tile = tuple[int, int]
"""Column, and row from the top."""


def tiles(run: "Run") -> dict[int, Tile]:
    """Return the tile of each province: from the scenario's table, else in reading order."""
    rows = run.scenario.spec.population.provinces
    known = {
        row.code: (row.tile_column, row.tile_row)
        for row in rows
        if row.tile_column is not None and row.tile_row is not None
    }
    return known if len(known) == len(rows) else {row.code: (at % ROW, at // ROW) for at, row in enumerate(rows)}


def on_tiles(run: "Run", values: Mapping[int, Any], empty: Any) -> list[list[Any]]:
    """Return values by province code as rows of tiles, ``empty`` in all other places."""
    placed = tiles(run)
    columns, rows = (max(tile[at] for tile in placed.values()) + 1 for at in range(2))
    grid = [[empty] * columns for _ in range(rows)]
    for code, value in values.items():
        column, row = placed[code]
        grid[row][column] = value
    return grid


def lines_of(name: str, longest: int = LONGEST) -> list[str]:
    """Break a name into the lines of a tile: at spaces, and long words between two syllables."""
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
    """Return where to break a word that is too long: before a consonant with a vowel after it, as late as possible."""
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
        A figure whose colours run from zero to the highest rate, of all months if one is chosen: provinces that
        differ little look alike. A rate far beyond all others has an arrow, and the colour of the end.
    """
    return place_views(run, [outcome], [month])[outcome, month]


def place_views(run: "Run", outcomes: list[str], chosen: list[str]) -> "dict[tuple[str, ...], go.Figure]":
    """Draw ``place`` for every pair of an outcome and a month, reading each table once."""
    import pandas as pd

    views: dict[tuple[str, ...], go.Figure] = {}
    bare = bare_tiles(run, SCALE)
    for outcome in outcomes:
        monthly = _monthly(run, outcome)
        rates = {month: _per_people(run, monthly, month) for month in months(run)}
        monthly_rates = pd.concat([rate for month, rate in rates.items() if month != WHOLE_PERIOD])
        for month in chosen:
            shared = rates[month] if month == WHOLE_PERIOD else monthly_rates
            views[outcome, month] = view = copy.deepcopy(bare)  # drawing it again takes ten times as long
            _colour(view, run, outcome, month, (rates[month], reach(shared.dropna())))
    return views


def place_table(run: "Run") -> "pd.DataFrame":
    """Return every outcome per 100,000 people of each province over the whole period."""
    import pandas as pd

    columns = {
        f"{said(one.unit or one.title)} per 100,000": _per_people(run, _monthly(run, name), WHOLE_PERIOD)
        for name, one in OUTCOMES.items()
    }
    frame = pd.DataFrame(columns)
    frame.insert(0, "province", [provinces(run)[code] for code in frame.index])
    people = {row.code: row.population for row in run.scenario.spec.population.provinces}
    frame.insert(1, "people", [people[code] for code in frame.index])
    return frame.reset_index(drop=True)


def place_words(run: "Run") -> str:
    """Say which province has the most victims for its people, and which the fewest."""
    rates = _per_people(run, _monthly(run, "victims"), WHOLE_PERIOD).dropna()
    if not rates.any():
        return ""
    most, least = rates.index[int(rates.argmax())], rates.index[int(rates.argmin())]
    names = provinces(run)
    return said(
        "Most victims per 100,000 people: {first}, {most}; fewest: {last}, {least}.",
        first=names[most], most=amount(rates[most]), last=names[least], least=amount(rates[least]),
    )  # fmt: skip


def _monthly(run: "Run", outcome: str) -> "pd.DataFrame":
    """Return counts of the country by month (rows, as ``2022-05``) and province code."""
    measure = OUTCOMES[outcome].measure
    found = sums(run, OUTCOMES[outcome].table, ["month", "province"], [measure], OUTCOMES[outcome].where)
    if measure.endswith("_cents"):
        found[measure] /= CENTS_PER_THOUSAND
    monthly = wide(found, "month", "province", measure)
    monthly.index = monthly.index.map(lambda month: f"{month:%Y-%m}")
    return monthly.reindex(index=list(months(run))[1:], columns=list(provinces(run)), fill_value=0.0)


def _per_people(run: "Run", monthly: "pd.DataFrame", month: str) -> "pd.Series[Any]":
    import pandas as pd

    counts = pd.Series(monthly.sum() if month == WHOLE_PERIOD else monthly.loc[month].to_numpy(), list(monthly.columns))
    people = pd.Series({row.code: row.population for row in run.scenario.spec.population.provinces}, dtype="float64")
    # A province without people has no rate.
    return counts / people.where(people > 0) * PEOPLE


def bare_tiles(run: "Run", scale: Any) -> "go.Figure":
    """Draw the tiles of a run without colours and texts: a heatmap, and the trace of the texts on its tiles."""
    placed = tiles(run)
    bar = {
        "title": {"side": "top", "font": {"size": 12}}, "orientation": "h", "x": 0, "xanchor": "left", "y": -0.02,
        "yanchor": "top", "thickness": 12, "lenmode": "pixels", "len": 300, "exponentformat": "B", "nticks": 5,
    }  # fmt: skip
    names = on_tiles(run, {code: plain(name) for code, name in provinces(run).items()}, "")
    figure = bare().add_heatmap(customdata=names, colorscale=scale, hoverongaps=False, xgap=3, ygap=3, colorbar=bar)
    figure.add_scatter(
        x=[column for column, _ in placed.values()], y=[row for _, row in placed.values()], mode="text",
        textfont={"size": 11}, hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    finish(figure, 150 + TILE * len(names)).update_xaxes(visible=False)
    return figure.update_yaxes(visible=False, autorange="reversed")


def write_on(figure: "go.Figure", run: "Run", told: dict[int, str]) -> None:
    """Write the name of each province on its tile, and a text below it; on phones in shorter lines."""
    names = provinces(run)

    def texts(longest: int) -> list[str]:
        return ["<br>".join([*map(plain, lines_of(names[code], longest)), told[code]]) for code in tiles(run)]

    figure.data[-1].text = texts(LONGEST)
    height = 170 + TILE_ON_PHONES * (max(row for _, row in tiles(run).values()) + 1)
    on_phones(figure, {"height": height}, {"textfont": {"size": 9}, "text": texts(LONGEST_ON_PHONES)})


def _colour(figure: "go.Figure", run: "Run", outcome: str, month: str, shown: "tuple[pd.Series[Any], float]") -> None:
    """Colour the bare tiles of a figure by an outcome of a month; ``shown`` has the rates and the end of the scale."""
    heat = figure.data[0]
    rates, most = shown
    known = {code: float(rates[code]) if rates[code] == rates[code] else None for code in tiles(run)}
    heat.z = on_tiles(run, {code: None if rate is None else significant(rate, 4) for code, rate in known.items()}, None)
    heat.zmin, heat.zmax = 0.0, significant(most, 4) or 1.0
    heat.hovertemplate = "%{customdata}: %{z:,.4~r}<extra></extra>"
    unit = said(OUTCOMES[outcome].unit or OUTCOMES[outcome].title)
    heat.colorbar.title.text = said("{unit} per 100,000 people; colours begin at 0", unit=unit)
    write_on(figure, run, {code: "-" if rate is None else short(rate) for code, rate in known.items()})
    settle(figure)
    title = capital(said(OUTCOMES[outcome].title))
    figure.layout.title.text = said("{outcome} per 100,000 people, {month}", outcome=title, month=months(run)[month])


def settle(figure: "go.Figure") -> None:
    """Make the texts on tiles readable on the colours that they now have, and mark those beyond the scale's end."""
    heat, labels = figure.data
    values = [heat.z[row][column] for column, row in zip(labels.x, labels.y, strict=True)]
    # A province without people has a clear tile, and text in the colour of the page.
    labels.textfont.color = [INK if value is None else DARK if value / heat.zmax < PALE else "#fff" for value in values]
    beyond = [value is not None and value > heat.zmax * OVER for value in values]
    labels.text = _marked(labels.text, beyond)
    on_phones(figure, traces={"text": _marked(figure.layout.meta["narrow"]["traces"]["text"], beyond)})


def _marked(texts: Sequence[str], beyond: list[bool]) -> list[str]:
    """Put an arrow before each number, the last line of a text, that is beyond the end of the scale of colours."""
    found = []
    for text, far in zip(texts, beyond, strict=True):
        name, _, number = text.rpartition("<br>")
        number = number.removeprefix(f"{BEYOND} ")
        found.append(f"{name}<br>{BEYOND} {number}" if far else f"{name}<br>{number}")
    return found
