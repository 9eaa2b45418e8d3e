"""People: who falls victim, and how many victims warnings avert, by age, sex and type of fraud."""

from typing import TYPE_CHECKING

from sim.base.rounding import amount
from sim.base.words import Outcome, Sex
from sim.language.labels import named
from sim.language.spoken import marked, said
from sim.report.blank import blank
from sim.report.looks import GREEN, PEOPLE, VERMILLION, colours, country, hatches, plain, words
from sim.report.panels import bars, cut, framed, names_beside, subtitles
from sim.report.tally import tally

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

SEXES = Sex.labels()
SEX = {Sex.F.label: marked("women"), Sex.M.label: marked("men")}
ENDS = (Outcome.VICTIMS.label, Outcome.AVERTED.label)
"""The person paid; a warning stopped the episode before a payment that would have come."""
NAMES = {Outcome.VICTIMS.label: marked("victims"), Outcome.AVERTED.label: marked("victims averted")}

AGES, TYPES = (
    marked("Victims, and victims averted, by age and sex"),
    marked("Victims, and victims averted, by type of fraud"),
)
HALF = 8.0
"""Pixels from the middle of a category to that of one of its two bars."""
NOBODY = marked("Nobody fell victim in this run, and no victim was averted.")
OF_AGE = {
    Outcome.VICTIMS.label: marked("{sex} aged {age}: {rate} victims for 100,000, {count} in all"),
    Outcome.AVERTED.label: marked("{sex} aged {age}: {rate} victims averted for 100,000, {count} in all"),
}
OF_TYPE = {
    Outcome.VICTIMS.label: marked("{type}: {count} victims"),
    Outcome.AVERTED.label: marked("{type}: {count} victims averted"),
}


def ages(run: "Run") -> "go.Figure":
    """Draw victims and victims averted for 100,000 people of their age band and sex, over the whole period."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    counts, people = _by_group(run), groups(run)
    if not any(sum(pair) for pair in counts.values()):
        return blank(said(AGES), said(NOBODY))
    bands = [band for band in run.scenario.spec.population.band_names() if any(people[band, sex] for sex in SEXES)]
    shown = [end for place, end in enumerate(ENDS) if any(pair[place] for pair in counts.values())]
    figure = make_subplots(
        rows=len(shown), cols=1, shared_xaxes=True, vertical_spacing=0.12,
        subplot_titles=[said(NAMES[end]) for end in shown],
    )  # fmt: skip
    colour, hatch = colours("sex"), hatches(SEXES)
    listed: set[str] = set()
    for row, end in enumerate(shown, 1):
        for sex in SEXES:
            some = {band: counts.get((band, sex), (0, 0))[ENDS.index(end)] * country(run) for band in bands}
            if not any(some.values()):
                continue
            rates = {band: value / people[band, sex] * PEOPLE for band, value in some.items() if people[band, sex]}
            figure.add_trace(
                go.Bar(
                    x=[words(band) for band in rates],
                    y=list(rates.values()),
                    name=said(SEX[sex]),
                    legendgroup=sex,
                    showlegend=sex not in listed,
                    marker=bars(colour[sex], hatch[sex]),
                    text=[
                        said(
                            OF_AGE[end],
                            sex=said(SEX[sex]),
                            age=words(band),
                            rate=amount(rate),
                            count=amount(some[band]),
                        )
                        for band, rate in rates.items()
                    ],
                    textposition="none",
                    hovertemplate="%{text}<extra></extra>",
                ),
                row=row,
                col=1,
            )
            listed.add(sex)
    framed(figure, 130 + 170 * len(shown), said(AGES))
    figure.update_layout(barmode="group", bargap=0.25)
    figure.update_yaxes(title_text=said("per 100,000 people"), rangemode="tozero", nticks=5)
    figure.update_xaxes(type="category")
    figure.update_xaxes(title_text=said("age (years)"), row=len(shown), col=1)
    return subtitles(figure)


def ages_table(run: "Run") -> "pd.DataFrame":
    """Return victims and victims averted of the country by age band and sex, and for 100,000 people of the group."""
    import pandas as pd

    counts, people = _by_group(run), groups(run)
    rows = []
    for band in run.scenario.spec.population.band_names():
        for sex in SEXES:
            some = [value * country(run) for value in counts.get((band, sex), (0, 0))]
            size = people[band, sex]
            row = {"age": band, "sex": SEX[sex], "people": amount(size)}
            for end, value in zip(ENDS, some, strict=True):
                row[end] = amount(value)
                row[f"{end} per 100,000"] = amount(value / size * PEOPLE if size else None)
            rows.append(row)
    return pd.DataFrame(rows, dtype=object)


def types(run: "Run") -> "go.Figure":
    """Draw victims and victims averted of the country by type of fraud, those with the most victims first."""
    import plotly.graph_objects as go

    counts = _by_type(run)
    if not any(sum(pair) for pair in counts.values()):
        return blank(said(TYPES), said(NOBODY))
    figure = go.Figure()
    hatch = hatches(ENDS)
    for place, (end, colour) in enumerate(zip(ENDS, (VERMILLION, GREEN), strict=True)):
        values = {name: pair[place] * country(run) for name, pair in counts.items()}
        if not any(values.values()):
            continue
        figure.add_trace(
            go.Bar(
                orientation="h",
                y=[plain(name) for name in values],
                x=list(values.values()),
                name=said(NAMES[end]),
                showlegend=True,
                marker=bars(colour, hatch[end]),
                text=[said(OF_TYPE[end], type=words(name), count=amount(value)) for name, value in values.items()],
                textposition="none",
                hovertemplate="%{text}<extra></extra>",
            )
        )
    framed(figure, 150 + 42 * len(counts), said(TYPES))
    figure.update_layout(barmode="group", bargap=0.25)
    figure.update_xaxes(title_text=said("people, whole period"), nticks=5)
    figure.update_yaxes(autorange="reversed")
    # The bar of victims lies above that of victims averted.
    sides = dict(zip(ENDS, (HALF, -HALF), strict=True))
    cut(
        figure,
        {
            (plain(name), sides[end]): pair[place] * country(run)
            for name, pair in counts.items()
            for place, end in enumerate(ENDS)
        },
    )
    return names_beside(figure, {plain(name): named(name) for name in counts})


def types_table(run: "Run") -> "pd.DataFrame":
    """Return victims and victims averted of the country by type of fraud, those with the most victims first."""
    import pandas as pd

    rows = [(named(name), *(amount(value * country(run)) for value in pair)) for name, pair in _by_type(run).items()]
    return pd.DataFrame(rows, columns=["type", *ENDS], dtype=object)


def groups(run: "Run") -> dict[tuple[str, str], float]:
    """Return the people of the country by age band and sex, as the scenario's tables have them."""
    from sim.country.people import age_shares, band_of_age

    population = run.scenario.spec.population
    names, band_of = population.band_names(), band_of_age(population)
    found = {(band, sex): 0.0 for band in names for sex in SEXES}
    for place, province in enumerate(population.provinces):
        women = 100.0 / (100.0 + province.men_per_100_women)
        for age, share in enumerate(age_shares(population, place)):
            band = names[band_of[age]]
            found[band, Sex.F.label] += province.population * share * women
            found[band, Sex.M.label] += province.population * share * (1.0 - women)
    return found


def _by_group(run: "Run") -> dict[tuple[str, str], tuple[int, int]]:
    """Return (victims, averted) as simulated by age band and sex."""
    counted = tally(run, "outcomes", ["age_band", "sex"], ENDS)
    return {(band, sex): (int(lost), int(averted)) for band, sex, lost, averted in counted.itertuples(index=False)}


def _by_type(run: "Run") -> dict[str, tuple[int, int]]:
    """Return (victims, averted) as simulated by type of fraud, the most victims first, then in the scenario's order."""
    counted = tally(run, "outcomes", ["fraud_type"], ENDS)
    found = {name: (int(lost), int(averted)) for name, lost, averted in counted.itertuples(index=False)}
    whole = {name: found.get(name, (0, 0)) for name in run.scenario.spec.fraud.types}
    return dict(sorted(whole.items(), key=lambda row: -row[1][0]))
