"""Where a policy makes a difference: provinces as tiles, coloured by the difference from the baseline."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.base.rounding import amount, percent, short, significant
from sim.experiments.intervals import quantile
from sim.language.spoken import marked, said
from sim.report.drawing import reach
from sim.report.looks import GREY, PEOPLE, capital, plain, provinces
from sim.report.pictures.place import BEYOND, DARK, OUTCOMES, OVER, bare_tiles, on_tiles, tiles, write_on
from sim.report.tally import table_of, tally

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

Pairs = Sequence[tuple["Run", "Run"]]
"""Replicates: runs of the baseline and of the policy with the same attempts and people."""

OF = {
    "victims": marked("victims"),
    "saved": marked("people stopped by warnings before payment"),
    "averted": marked("victims averted by warnings"),
    "alerts": marked("alerts"),
    "expired": marked("alerts that expired"),
}
"""Outcomes whose differences are drawn: those of ``OUTCOMES`` that are counts, whose noise is known."""

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


def contrast(pairs: Pairs, outcome: str = "victims") -> "go.Figure":
    """Draw the difference between a policy and the baseline in each province, per 100,000 of its people.

    Colours diverge from zero, equally far to both sides, and reach at least ``LEAST`` of the baseline's rate in the
    whole country, so that small differences look small. Differences that may be run-to-run noise are grey, with the
    number in brackets; a difference far beyond all others has an arrow.

    Args:
        pairs: Runs of the baseline and of the policy, a pair for each seed.
        outcome: One of ``OF``.

    Returns:
        A figure of tiles.
    """
    base = pairs[0][0]
    found = differences(pairs, outcome)
    figure = bare_tiles(base, DIVERGING)
    heat, words = figure.data
    most = scale_end(base, found)
    noise = {code: 0.0 for code, one in found.items() if one.is_chance}
    known = {code: significant(one.difference, 4) for code, one in found.items() if code not in noise}
    names = provinces(base)
    hover = {
        code: plain(name) if code not in found else _told(plain(name), found[code]) for code, name in names.items()
    }
    texts = on_tiles(base, hover, "")
    heat.update(z=on_tiles(base, known, None), zmin=-most, zmax=most, customdata=texts)
    heat.hovertemplate = "%{customdata}<extra></extra>"
    heat.colorbar.title.text = said(
        "{what} per 100,000 people, difference from<br>the baseline; the ends are {share} of its mean",
        what=said(OF[outcome]), share=percent(most / (_whole(base, found) or most)),
    )  # fmt: skip
    if noise:
        figure.add_heatmap(
            z=on_tiles(base, noise, None), zmin=0, zmax=1, colorscale=[[0.0, WITHIN], [1.0, WITHIN]], showscale=False,
            hoverongaps=False, xgap=3, ygap=3, customdata=texts, hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
        figure.data = [heat, figure.data[2], words]
    shown = {code: _on_tile(found.get(code), most) for code in tiles(base)}
    words.textfont.color = [ink for _, ink in shown.values()]
    write_on(figure, base, {code: text for code, (text, _) in shown.items()})
    figure.layout.title.text = said("{what}: difference from the baseline", what=capital(said(OF[outcome])))
    return figure


def _on_tile(one: Difference | None, most: float) -> tuple[str, str]:
    """Return the text on a tile, and its colour."""
    if one is None:
        return "-", GREY
    if one.is_chance:
        return f"({signed(one.difference)})", DARK
    arrow = f"{BEYOND} " if abs(one.difference) > most * OVER else ""
    return arrow + signed(one.difference), "#fff" if abs(one.difference) > DEEP * most else DARK


def contrast_table(pairs: Pairs) -> "pd.DataFrame":
    """Return baseline, difference and half width of the noise, per 100,000 people, by province and outcome."""
    found = {outcome: differences(pairs, outcome) for outcome in OF}
    rows = []
    for code, name in provinces(pairs[0][0]).items():
        row: dict[str, str] = {"province": name}
        for outcome in OF:
            one = found[outcome].get(code)
            row[f"{outcome}, {BASELINE}"] = amount(one.base if one else None)
            row[f"{outcome}, {DIFFERENCE}"] = amount(one.difference if one else None)
            row[f"{outcome}, {NOISE}"] = amount(one.chance if one else None)
        rows.append(row)
    return table_of(rows)


def contrast_words(pairs: Pairs, outcome: str = "victims") -> str:
    """Say how many provinces differ by more than noise, and which by most."""
    found = differences(pairs, outcome)
    sure = {code: one for code, one in found.items() if one.difference and not one.is_chance}
    if not sure:
        return said("No province's difference in victims exceeds run-to-run noise.")
    far = max(sure, key=lambda code: abs(sure[code].difference))
    return said(
        "{count} of {all} provinces differ in victims by more than run-to-run noise, most {province}: {difference} per "
        "100,000 people.",
        count=len(sure), all=len(found), province=provinces(pairs[0][0])[far], difference=signed(sure[far].difference),
    )  # fmt: skip


def differences(pairs: Pairs, outcome: str) -> dict[int, Difference]:
    """Return the difference of each province that has people, by code, as a mean over pairs of baseline and policy.

    With replicates, the noise is the half width of a 95% interval by Student's t. The variance of a province's paired
    difference is the larger of two: that between its replicates, and its count times the variance per count of all
    provinces, because few replicates of one province may agree by luck. With a single pair both runs are treated as
    independent counts; pairing makes that too wide rather than too narrow.
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
    return significant(max(far, LEAST * _whole(base, found)), 4) or 1.0


def signed(value: float) -> str:
    """Return a difference with its sign."""
    shown = short(significant(value, 2))
    return f"+{shown}" if value > 0 else shown


def _whole(base: "Run", found: dict[int, Difference]) -> float:
    """Return the rate of the baseline in the whole country, per 100,000 people."""
    people = {row.code: row.population for row in base.scenario.spec.population.provinces}
    return sum(one.base * people[code] for code, one in found.items()) / sum(people[code] for code in found)


def _counts(run: "Run", outcome: str) -> dict[int, int]:
    """Return the counts of an outcome by province, as simulated, over the whole period."""
    of = OUTCOMES[outcome]
    counted = tally(run, of.table, ["province"], [of.measure], of.where)
    return {int(code): int(count) for code, count in counted.itertuples(index=False)}


def _told(name: str, one: Difference) -> str:
    """Return what the pointer shows of a province."""
    values = {"province": name, "difference": signed(one.difference), "base": amount(one.base)}
    if not one.difference:
        return said("{province}: {base}, the same under both", province=name, base=amount(one.base))
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
