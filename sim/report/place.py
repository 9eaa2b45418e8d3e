"""Place: provinces as tiles, coloured by an outcome per 100,000 people, or by what a policy changes of it."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim.base.days import CENTS_PER_UNIT
from sim.base.rounding import amount, percent, short, significant
from sim.base.words import End, Fate
from sim.experiments.pairing import quantile
from sim.language import marked, said
from sim.report import drawing
from sim.report.parts import WHOLE_PERIOD, country, counts, months, table_of, tally

if TYPE_CHECKING:
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
    if any(row.tile_column is None or row.tile_row is None for row in rows):
        return {row.code: (at % ROW, at // ROW) for at, row in enumerate(rows)}
    return {row.code: (row.tile_column, row.tile_row) for row in rows}  # type: ignore[misc]


def on_tiles(run: "Run", values: Mapping[int, Any], empty: Any) -> list[list[Any]]:
    """Return values by province code as rows of tiles, ``empty`` in all other places."""
    placed = tiles(run)
    columns, rows = (max(tile[at] for tile in placed.values()) + 1 for at in range(2))
    grid = [[empty] * columns for _ in range(rows)]
    for code, value in values.items():
        column, row = placed[code]
        grid[row][column] = value
    return grid


def people_of(run: "Run") -> dict[int, int]:
    """Return the people of each province by its code."""
    return {row.code: row.population for row in run.scenario.spec.population.provinces}


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


def place(run: "Run") -> drawing.Drawn:
    """Draw provinces as tiles coloured by an outcome per 100,000 people of the province.

    Its choices are ``outcome``, one of ``OUTCOME`` (money is in 1,000 units of the currency), and ``month``: ``all``,
    the whole period, or one of its months, such as ``2022-05``. Colours run from zero to the highest rate, of all
    months if one is chosen: provinces that differ little look alike. A rate far beyond all others has an arrow, and the
    colour of the end.

    Returns:
        The picture.
    """
    names, of_period = drawing.provinces(run), months(run)

    rates = {outcome: monthly_rates(run, outcome) for outcome in OUTCOMES}
    bare = _bare(run, drawing.SCALE)

    def view(outcome: str = "victims", month: str = WHOLE_PERIOD) -> "go.Figure":
        of = OUTCOMES[outcome]
        every = rates[outcome]
        shown = [WHOLE_PERIOD] if month == WHOLE_PERIOD else list(of_period)[1:]
        most = (
            significant(drawing.reach_of(rate for one in shown for rate in every[one].values() if rate is not None), 4)
            or 1.0
        )

        known = every[month]
        figure = copy.deepcopy(bare)  # drawing it again takes ten times as long
        heat = figure.data[0]
        heat.z = on_tiles(
            run, {code: None if rate is None else significant(rate, 4) for code, rate in known.items()}, None
        )
        heat.zmin, heat.zmax = 0.0, most
        heat.hovertemplate = "%{customdata}: %{z:,.4~r}<extra></extra>"
        unit = said(of.unit or of.title)
        heat.colorbar.title.text = said("{unit} per 100,000 people; colours begin at 0", unit=unit)
        _write_on(figure, run, {code: "-" if rate is None else short(rate) for code, rate in known.items()})
        settle(figure)
        title = said(
            "{outcome} per 100,000 people, {month}", outcome=drawing.capital(said(of.title)), month=of_period[month]
        )
        return figure.update_layout(title_text=title)

    whole = {f"{said(one.unit or one.title)} per 100,000": rates[key][WHOLE_PERIOD] for key, one in OUTCOMES.items()}
    table = table_of(
        {"province": name, "people": people_of(run)[code], **{unit: rate[code] for unit, rate in whole.items()}}
        for code, name in names.items()
    )
    known = {code: rate for code, rate in rates["victims"][WHOLE_PERIOD].items() if rate is not None}
    told = ""
    if any(known.values()):
        most, least = max(known, key=known.__getitem__), min(known, key=known.__getitem__)
        told = said(
            "Most victims per 100,000 people: {first}, {most}; fewest: {last}, {least}.",
            first=names[most], most=amount(known[most]), last=names[least], least=amount(known[least]),
        )  # fmt: skip
    return drawing.Drawn(view, table, told)


def monthly_rates(run: "Run", outcome: str) -> dict[str, dict[int, float | None]]:
    """Return an outcome per 100,000 people by month (first the whole period) and code of the province."""
    of, every = OUTCOMES[outcome], months(run)
    size = CENTS_PER_THOUSAND if of.measure.endswith("_cents") else 1
    found = {month: dict.fromkeys(people_of(run), 0.0) for month in every}
    for (month, code), count in counts(run, of.table, ["month", "province"], of.measure, of.where).items():
        found[f"{month:%Y-%m}"][code] += count / size
        found[WHOLE_PERIOD][code] += count / size
    # A province without people has no rate.
    people = people_of(run)
    return {
        month: {code: count / people[code] * drawing.PEOPLE if people[code] else None for code, count in some.items()}
        for month, some in found.items()
    }


def _bare(run: "Run", scale: Any) -> "go.Figure":
    """Draw the tiles of a run without colours and texts: a heatmap, and the trace of the texts on its tiles."""
    placed = tiles(run)
    bar = {
        "title": {"side": "top", "font": {"size": 12}}, "orientation": "h", "x": 0, "xanchor": "left", "y": -0.02,
        "yanchor": "top", "thickness": 12, "lenmode": "pixels", "len": 300, "exponentformat": "B", "nticks": 5,
    }  # fmt: skip
    names = on_tiles(run, {code: drawing.plain(name) for code, name in drawing.provinces(run).items()}, "")
    figure = drawing.panels().add_heatmap(
        customdata=names, colorscale=scale, hoverongaps=False, xgap=3, ygap=3, colorbar=bar
    )
    figure.add_scatter(
        x=[column for column, _ in placed.values()], y=[row for _, row in placed.values()], mode="text",
        textfont={"size": 11}, hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    y = {"visible": False, "autorange": "reversed"}
    return drawing.finish(figure, 150 + TILE * len(names), x={"visible": False}, y=y)


def _write_on(figure: "go.Figure", run: "Run", told: dict[int, str]) -> None:
    """Write the name of each province on its tile, and a text below it; on phones in shorter lines."""
    names = drawing.provinces(run)

    def texts(longest: int) -> list[str]:
        return ["<br>".join([*map(drawing.plain, lines_of(names[code], longest)), told[code]]) for code in tiles(run)]

    figure.data[-1].text = texts(LONGEST)
    height = 170 + TILE_ON_PHONES * (max(row for _, row in tiles(run).values()) + 1)
    drawing.on_phones(figure, {"height": height}, {"textfont": {"size": 9}, "text": texts(LONGEST_ON_PHONES)})


def settle(figure: "go.Figure") -> None:
    """Make the texts on tiles readable on the colours that they now have, and mark those beyond the scale's end."""
    heat, labels = figure.data
    values = [heat.z[row][column] for column, row in zip(labels.x, labels.y, strict=True)]
    # A province without people has a clear tile, and text in the colour of the page.
    labels.textfont.color = [
        drawing.INK if value is None else DARK if value / heat.zmax < PALE else "#fff" for value in values
    ]
    beyond = [value is not None and value > heat.zmax * OVER for value in values]
    labels.text = _marked(labels.text, beyond)
    drawing.on_phones(figure, traces={"text": _marked(figure.layout.meta["narrow"]["traces"]["text"], beyond)})


def _marked(texts: Sequence[str], beyond: list[bool]) -> list[str]:
    """Put an arrow before each number, the last line of a text, that is beyond the end of the scale of colours."""
    found = []
    for text, far in zip(texts, beyond, strict=True):
        name, _, number = text.rpartition("<br>")
        number = number.removeprefix(f"{BEYOND} ")
        found.append(f"{name}<br>{BEYOND} {number}" if far else f"{name}<br>{number}")
    return found


Pairs = Sequence[tuple["Run", "Run"]]
"""Replicates: runs of the baseline and of the policy with the same attempts and people."""

OF = {name: OUTCOMES[name].title for name in ("victims", "saved", "averted", "alerts", "expired")}
"""Outcomes whose differences are drawn: counts, whose noise is known."""

BASELINE, DIFFERENCE, NOISE = marked("baseline"), marked("difference"), marked("noise")
DIVERGING = [[0.0, "#0B4F8A"], [0.25, "#6FA8D3"], [0.5, "#F1F0E4"], [0.75, "#E59A5C"], [1.0, "#9C3D00"]]
"""Scale of colours from fewer, blue, over none, pale, to more, brown."""
LEAST = 0.1
"""On either side of zero, the scale reaches at least this share of the baseline's rate in the whole country."""
DEEP = 0.62
"""Share of one side of the scale from which the text on a tile is white."""
NORMAL = 1.96
"""Standard deviations on either side of the mean that hold 95% of a normal distribution."""
WITHIN = "#C9C9C9"
"""Colour of tiles whose difference may be run-to-run noise."""


@dataclass(frozen=True)
class Difference:
    """Per 100,000 people of a province: rate of the baseline, difference of the policy, and half width of the noise."""

    base: float
    difference: float
    chance: float

    @property
    def is_chance(self) -> bool:
        """Whether the difference may be run-to-run noise."""
        return 0 < abs(self.difference) <= self.chance


def contrast(pairs: Pairs) -> drawing.Drawn:
    """Draw the difference between a policy and the baseline in each province, per 100,000 of its people.

    Its choice is ``outcome``, one of ``OF``. Colours diverge from zero, equally far to both sides, and reach at least
    ``LEAST`` of the baseline's rate in the whole country, so that small differences look small. Differences that may be
    run-to-run noise are grey, with the number in brackets.

    Returns:
        The picture.
    """
    base = pairs[0][0]
    names = drawing.provinces(base)
    every = {outcome: differences(pairs, outcome) for outcome in OF}
    rows = []
    for code, name in names.items():
        row: dict[str, str] = {"province": name}
        for outcome, found in every.items():
            one = found.get(code)
            row[f"{outcome}, {BASELINE}"] = amount(one.base if one else None)
            row[f"{outcome}, {DIFFERENCE}"] = amount(one.difference if one else None)
            row[f"{outcome}, {NOISE}"] = amount(one.chance if one else None)
        rows.append(row)
    sure = {code: one for code, one in every["victims"].items() if one.difference and not one.is_chance}
    told = said("No province's difference in victims exceeds run-to-run noise.")
    if sure:
        far = max(sure, key=lambda code: abs(sure[code].difference))
        told = said(
            "{count} of {all} provinces differ in victims by more than run-to-run noise, most {province}: {difference} "
            "per 100,000 people.",
            count=len(sure), all=len(every["victims"]), province=names[far], difference=signed(sure[far].difference),
        )  # fmt: skip

    def view(outcome: str = "victims") -> "go.Figure":
        found = every[outcome]
        most, figure = scale_end(base, found), _bare(base, DIVERGING)
        heat, labels = figure.data
        noise = {code: 0.0 for code, one in found.items() if one.is_chance}
        known = {code: significant(one.difference, 4) for code, one in found.items() if code not in noise}
        hover = {code: _told(drawing.plain(name), found.get(code)) for code, name in names.items()}
        texts = on_tiles(base, hover, "")
        heat.update(z=on_tiles(base, known, None), zmin=-most, zmax=most, customdata=texts)
        heat.hovertemplate = "%{customdata}<extra></extra>"
        heat.colorbar.title.text = said(
            "{what} per 100,000 people, difference from<br>the baseline; the ends are {share} of its mean",
            what=said(OF[outcome]), share=percent(most / (_whole(base, found) or most)),
        )  # fmt: skip
        if noise:
            figure.add_heatmap(
                z=on_tiles(base, noise, None), zmin=0, zmax=1, colorscale=[[0.0, WITHIN], [1.0, WITHIN]],
                showscale=False, hoverongaps=False, xgap=3, ygap=3, customdata=texts, hovertemplate=heat.hovertemplate,
            )  # fmt: skip
            figure.data = [heat, figure.data[2], labels]
        shown = {code: _on_tile(found.get(code), most) for code in tiles(base)}
        labels.textfont.color = [ink for _, ink in shown.values()]
        _write_on(figure, base, {code: text for code, (text, _) in shown.items()})
        title = said("{what}: difference from the baseline", what=drawing.capital(said(OF[outcome])))
        return figure.update_layout(title_text=title)

    return drawing.Drawn(view, table_of(rows), told)


def _on_tile(one: Difference | None, most: float) -> tuple[str, str]:
    """Return the text on a tile, and its colour."""
    if one is None:
        return "-", drawing.GREY
    if one.is_chance:
        return f"({signed(one.difference)})", DARK
    arrow = f"{BEYOND} " if abs(one.difference) > most * OVER else ""
    return arrow + signed(one.difference), "#fff" if abs(one.difference) > DEEP * most else DARK


def differences(pairs: Pairs, outcome: str) -> dict[int, Difference]:
    """Return the difference of each province that has people, by code, as a mean over pairs of baseline and policy.

    With replicates, the noise is the half width of a 95% interval by Student's t. The variance of a province's paired
    difference is the larger of two: that between its replicates, and its count times the variance per count of all
    provinces, because few replicates of one province may agree by luck. With a single pair both runs are treated as
    independent counts; pairing makes that too wide rather than too narrow.
    """
    many = len(pairs)
    counted = [[_counts(run, outcome) for run in pair] for pair in pairs]
    people = {code: number for code, number in people_of(pairs[0][0]).items() if number}
    means, sizes, scatter = {}, {}, {}
    for code in people:
        apart = [two.get(code, 0) - one.get(code, 0) for one, two in counted]
        means[code] = sum(apart) / many
        sizes[code] = sum(two.get(code, 0) + one.get(code, 0) for one, two in counted) / many
        scatter[code] = sum((value - means[code]) ** 2 for value in apart)
    known = [code for code in people if sizes[code]]
    freedom = len(known) * (many - 1)
    each = sum(scatter[code] / sizes[code] for code in known) / freedom if freedom else 1.0
    found = {}
    for code, number in people.items():
        if many == 1:
            chance = NORMAL * sizes[code] ** 0.5
        else:
            variance = max(each * sizes[code], scatter[code] / (many - 1))
            chance = quantile(freedom + 1) * (variance / many) ** 0.5
        rate = drawing.PEOPLE / number * country(pairs[0][0])
        before = sum(one.get(code, 0) for one, _ in counted) / many
        found[code] = Difference(before * rate, means[code] * rate, chance * rate)
    return found


def scale_end(base: "Run", found: dict[int, Difference]) -> float:
    """Return how far a scale of colours reaches on either side of zero, per 100,000 people."""
    far = drawing.reach_of(one.difference for one in found.values() if not one.is_chance)
    return significant(max(far, LEAST * _whole(base, found)), 4) or 1.0


def signed(value: float) -> str:
    """Return a difference with its sign."""
    shown = short(significant(value, 2))
    return f"+{shown}" if value > 0 else shown


def _whole(base: "Run", found: dict[int, Difference]) -> float:
    """Return the rate of the baseline in the whole country, per 100,000 people."""
    people = people_of(base)
    return sum(one.base * people[code] for code, one in found.items()) / sum(people[code] for code in found)


def _counts(run: "Run", outcome: str) -> dict[int, int]:
    """Return the counts of an outcome by province, as simulated, over the whole period."""
    of = OUTCOMES[outcome]
    return dict(tally(run, of.table, ["province"], [of.measure], of.where).itertuples(index=False))


def _told(name: str, one: Difference | None) -> str:
    """Return what the pointer shows of a province."""
    if one is None:
        return name
    if not one.difference:
        return said("{province}: {base}, the same under both", province=name, base=amount(one.base))
    values = {"province": name, "difference": signed(one.difference), "base": amount(one.base)}
    if one.is_chance:
        return said(
            "{province}: {difference}, baseline {base}; run-to-run noise is up to {chance}",
            **values, chance=amount(one.chance),
        )  # fmt: skip
    # No policy can take away more than there is.
    low, high = max(one.difference - one.chance, -one.base), one.difference + one.chance
    return said(
        "{province}: {difference}, baseline {base}; 95% interval {low} to {high}",
        **values, low=signed(low), high=signed(high),
    )  # fmt: skip
