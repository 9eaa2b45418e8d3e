"""Where a policy makes a difference: provinces as tiles, coloured by what there is more or less of than without it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.base.rounding import amount, percent, short
from sim.experiments.intervals import quantile
from sim.language.spoken import marked, said
from sim.report.looks import GREY, PEOPLE, provinces
from sim.report.pictures.place import BEYOND, DARK, OUTCOMES, OVER, bare_tiles, tiles, write_on
from sim.report.reach import reach
from sim.report.tally import tally

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

Pairs = Sequence[tuple["Run", "Run"]]
"""Replicates: runs of the base and of the other policy that meet the same attempts and people."""

OF = {
    "victims": marked("victims"),
    "saved": marked("people stopped by warnings before payment"),
    "averted": marked("victims averted by warnings"),
    "alerts": marked("alerts"),
    "expired": marked("alerts that expired"),
}
"""Outcomes whose differences are drawn: those of ``OUTCOMES`` that are counts, of which chance is known."""

DIVERGING = [[0.0, "#0B4F8A"], [0.25, "#6FA8D3"], [0.5, "#F1F0E4"], [0.75, "#E59A5C"], [1.0, "#9C3D00"]]
"""Scale of colours from fewer, blue, by none, pale, to more, brown."""
LEAST = 0.1
"""The scale reaches at least so large a share of what the base has in the whole country, on either side of zero."""
DEEP = 0.62
"""Share of one side of the scale from which a tile is so deep that its text is white."""
NORMAL = 1.96
"""Standard deviations on either side of the mean that hold 95% of a normal distribution."""
WITHIN = "#C9C9C9"
"""Colour of tiles whose difference chance alone may make."""


@dataclass(frozen=True)
class Difference:
    """Of a province, per 100,000 people: what the base has, by how much the other differs, and what chance may do."""

    base: float
    difference: float
    chance: float

    @property
    def is_chance(self) -> bool:
        """Whether chance alone may make the difference."""
        return 0 < abs(self.difference) <= self.chance


def contrast(pairs: Pairs, outcome: str = "victims") -> "go.Figure":
    """Draw by how much a policy differs from the base in each province, for 100,000 of its people.

    Colours diverge from zero, equally far to both sides, and reach at least ``LEAST`` of what the base has in the whole
    country, so that differences of little weight look so. What chance alone may do is grey, its number in brackets; a
    difference far beyond all others has an arrow.

    Args:
        pairs: Runs of the base and of the other policy, a pair for each seed.
        outcome: One of ``OF``.

    Returns:
        A figure of tiles.
    """
    import plotly.graph_objects as go

    base = pairs[0][0]
    found = differences(pairs, outcome)
    figure = bare_tiles(base, DIVERGING)
    heat = figure.data[0]
    most = scale_end(base, found)
    grid: list[list[float | None]] = [[None] * len(row) for row in heat.customdata]
    grey: list[list[float | None]] = [[None] * len(row) for row in heat.customdata]
    hover = [[""] * len(row) for row in heat.customdata]
    told, inks = {}, []
    for code, (column, row) in tiles(base).items():
        one = found.get(code)
        if one is None:
            told[code], ink = "-", GREY
        elif one.is_chance:
            grey[row][column] = 0.0
            told[code], ink = f"({signed(one.difference)})", DARK
        else:
            grid[row][column] = float(f"{one.difference:.4g}")
            arrow = f"{BEYOND} " if abs(one.difference) > most * OVER else ""
            told[code], ink = arrow + signed(one.difference), "#fff" if abs(one.difference) > DEEP * most else DARK
        inks.append(ink)
        hover[row][column] = heat.customdata[row][column] if one is None else _told(heat.customdata[row][column], one)
    heat.z, heat.zmin, heat.zmax, heat.customdata = grid, -most, most, hover
    heat.hovertemplate = "%{customdata}<extra></extra>"
    share = most / (_whole(base, found) or most)
    heat.colorbar.title.text = said(
        "{what} per 100,000 people, fewer or more<br>than the base; the ends are {share} of its mean",
        what=said(OF[outcome]),
        share=percent(share),
    )
    words = figure.data[1]
    words.textfont.color = inks
    if any(value is not None for row in grey for value in row):
        patch = go.Heatmap(
            z=grey, zmin=0, zmax=1, colorscale=[[0.0, WITHIN], [1.0, WITHIN]], showscale=False, hoverongaps=False,
            xgap=3, ygap=3, customdata=hover, hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
        figure.add_trace(patch)
        figure.data = [heat, figure.data[2], words]
    write_on(figure, base, told)
    figure.layout.title.text = said("{what}: more or fewer than under the base", what=_capital(said(OF[outcome])))
    return figure


def contrast_table(pairs: Pairs) -> "pd.DataFrame":
    """Return by how much a policy differs per 100,000 people, by province, with what chance alone may do.

    Returns:
        Column province, and for each of ``OF`` what the base has, the difference, and the size up to which chance
        alone may make it.
    """
    import pandas as pd

    found = {outcome: differences(pairs, outcome) for outcome in OF}
    rows = []
    for code, name in provinces(pairs[0][0]).items():
        row: dict[str, str] = {"province": name}
        for outcome in OF:
            one = found[outcome].get(code)
            row[f"{outcome}, base"] = amount(one.base if one else None)
            row[f"{outcome}, difference"] = amount(one.difference if one else None)
            row[f"{outcome}, chance"] = amount(one.chance if one else None)
        rows.append(row)
    return pd.DataFrame(rows, dtype=object)


def differences(pairs: Pairs, outcome: str) -> dict[int, Difference]:
    """Return the difference of each province that has people, in the mean over pairs.

    What chance alone may do is, with replicates, the half width of a 95% interval by Student's t. The variance of a
    province's paired difference is that between its replicates, or, where that is larger, its count times the variance
    for each of the count in all provinces: few replicates of one province alone may agree by luck. With a single pair
    both runs are taken for independent counts, which pairing makes too wide rather than too narrow.

    Args:
        pairs: Runs of the base and of the other policy, a pair for each seed.
        outcome: One of ``OF``.

    Returns:
        Differences by province code.
    """
    counted = [(_counts(one, outcome), _counts(two, outcome)) for one, two in pairs]
    base = pairs[0][0]
    people = {row.code: row.population for row in base.scenario.spec.population.provinces if row.population}
    many = len(pairs)
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
        rate = PEOPLE / number / base.manifest["scale"]
        before = sum(one.get(code, 0) for one, _ in counted) / many
        found[code] = Difference(before * rate, means[code] * rate, chance * rate)
    return found


def scale_end(base: "Run", found: dict[int, Difference]) -> float:
    """Return how far a scale of colours reaches on either side of zero, per 100,000 people."""
    far = reach(one.difference for one in found.values() if not one.is_chance)
    return float(f"{max(far, LEAST * _whole(base, found)):.4g}") or 1.0


def signed(value: float) -> str:
    """Return a difference with its sign."""
    shown = short(float(f"{value:.2g}"))
    return f"+{shown}" if value > 0 else shown


def _whole(base: "Run", found: dict[int, Difference]) -> float:
    """Return what the base has in the whole country, per 100,000 people."""
    people = {row.code: row.population for row in base.scenario.spec.population.provinces}
    return sum(one.base * people[code] for code, one in found.items()) / sum(people[code] for code in found)


def _counts(run: "Run", outcome: str) -> dict[int, int]:
    """Return the counts of an outcome by province, as simulated, over the whole period."""
    of = OUTCOMES[outcome]
    counted = tally(run, of.table, ["province"], [of.measure], of.where)
    return {int(code): int(count) for code, count in counted.itertuples(index=False)}


def _told(name: str, one: Difference) -> str:
    """Say the difference of a province."""
    if not one.difference:
        return said("{province}: {base} under both", province=name, base=amount(one.base))
    if one.is_chance:
        return said(
            "{province}: {difference} beside {base}; chance alone may make up to {chance}",
            province=name, difference=signed(one.difference), base=amount(one.base), chance=amount(one.chance),
        )  # fmt: skip
    # No policy takes away more than all that there is.
    low, high = max(one.difference - one.chance, -one.base), one.difference + one.chance
    return said(
        "{province}: {difference} beside {base} ({low} to {high} with 95%, by chance)",
        province=name, difference=signed(one.difference), base=amount(one.base), low=signed(low), high=signed(high),
    )  # fmt: skip


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
