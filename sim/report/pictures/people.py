"""People: victims, and victims averted by warnings, by age, sex and type of fraud."""

from typing import TYPE_CHECKING

from sim.base.rounding import amount, percent
from sim.base.words import Outcome, Sex
from sim.language.spoken import marked, named, said
from sim.report.drawing import add, bar, bar_across, bare, blank, cut, framed, names_beside, panels
from sim.report.looks import GREEN, PEOPLE, VERMILLION, capital, colours, country, hatches, plain, words
from sim.report.tables import table_of, tally

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
"""Pixels from the middle of a category to the middle of each of its two bars."""
NOBODY = marked("Nobody became a victim in this run, and no victim was averted.")
OF_AGE = {
    Outcome.VICTIMS.label: marked("{sex} aged {age}: {rate} victims per 100,000 people, {count} in total"),
    Outcome.AVERTED.label: marked("{sex} aged {age}: {rate} victims averted per 100,000 people, {count} in total"),
}
OF_TYPE = {
    Outcome.VICTIMS.label: marked("{type}: {count} victims"),
    Outcome.AVERTED.label: marked("{type}: {count} victims averted"),
}


def ages(run: "Run") -> "go.Figure":
    """Draw victims and victims averted per 100,000 people of their age band and sex, over the whole period."""
    counts, people = _by_group(run), groups(run)
    shown = [end for place, end in enumerate(ENDS) if any(pair[place] for pair in counts.values())]
    if not shown:
        return blank(said(AGES), said(NOBODY))
    bands = [band for band in run.scenario.spec.population.band_names() if any(people[band, sex] for sex in SEXES)]
    figure = panels([said(NAMES[end]) for end in shown])
    colour, hatch = colours("sex"), hatches(SEXES)
    for row, end in enumerate(shown, 1):
        for sex in SEXES:
            some = {band: counts.get((band, sex), (0, 0))[ENDS.index(end)] * country(run) for band in bands}
            rates = {band: value / people[band, sex] * PEOPLE for band, value in some.items() if people[band, sex]}
            hover = [
                said(
                    OF_AGE[end],
                    sex=said(SEX[sex]), age=words(band), rate=amount(rate), count=amount(some[band]),
                )
                for band, rate in rates.items()
            ]  # fmt: skip
            if any(some.values()):
                look = bar(colour[sex], hatch[sex])
                add(figure, said(SEX[sex]), map(words, rates), rates.values(), hover, row=row, group=sex, **look)
    framed(figure, 130 + 170 * len(shown), said(AGES), barmode="group", bargap=0.25)
    figure.update_yaxes(title_text=said("per 100,000 people"), rangemode="tozero", nticks=5)
    figure.update_xaxes(type="category")
    return figure.update_xaxes(title_text=said("age (years)"), row=len(shown), col=1)


def ages_table(run: "Run") -> "pd.DataFrame":
    """Return victims and victims averted of the country by age band and sex, and per 100,000 people of the group."""
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
    return table_of(rows)


def ages_words(run: "Run") -> str:
    """Say who becomes a victim most often, by age and sex, and who least often."""
    counts, people = _by_group(run), groups(run)
    rates = {
        group: counts.get(group, (0, 0))[0] * country(run) / size * PEOPLE for group, size in people.items() if size
    }
    if not any(rates.values()):
        return ""
    (age, sex), (other_age, other_sex) = max(rates, key=lambda one: rates[one]), min(rates, key=lambda one: rates[one])
    return said(
        "{sex} aged {age} became victims most often, {most} per 100,000; {other_sex} aged {other_age} least often, "
        "{least}.",
        sex=capital(said(SEX[sex])), age=named(age), most=amount(rates[age, sex]), other_sex=said(SEX[other_sex]),
        other_age=named(other_age), least=amount(rates[other_age, other_sex]),
    )  # fmt: skip


def types_words(run: "Run") -> str:
    """Say which type of fraud has the most victims, and of which warnings avert the largest share."""
    counts = {name: pair for name, pair in _by_type(run).items() if any(pair)}
    lost = sum(pair[0] for pair in counts.values())
    if not lost:
        return ""
    first = next(iter(counts))
    best = max(counts, key=lambda name: counts[name][1] / sum(counts[name]))
    return said(
        "{type} has {share} of all victims. Warnings avert the largest share of {best}: {averted}.",
        type=capital(named(first)), share=percent(counts[first][0] / lost), best=named(best),
        averted=percent(counts[best][1] / sum(counts[best])),
    )  # fmt: skip


def types(run: "Run") -> "go.Figure":
    """Draw victims and victims averted of the country by type of fraud, the most victims first."""
    counts = {name: [value * country(run) for value in pair] for name, pair in _by_type(run).items()}
    if not any(any(pair) for pair in counts.values()):
        return blank(said(TYPES), said(NOBODY))
    figure = bare()
    hatch = hatches(ENDS)
    for place, (end, colour) in enumerate(zip(ENDS, (VERMILLION, GREEN), strict=True)):
        values = [pair[place] for pair in counts.values()]
        hover = [said(OF_TYPE[end], type=words(name), count=amount(pair[place])) for name, pair in counts.items()]
        if any(values):
            add(figure, said(NAMES[end]), values, map(plain, counts), hover, **bar_across(colour, hatch[end]))
    framed(figure, 150 + 42 * len(counts), said(TYPES), barmode="group", bargap=0.25)
    figure.update_xaxes(title_text=said("people, whole period"), nticks=5)
    figure.update_yaxes(autorange="reversed")
    # The bar of victims lies above the bar of victims averted.
    cut(
        figure,
        {
            (plain(name), side): value
            for name, pair in counts.items()
            for value, side in zip(pair, (HALF, -HALF), strict=True)
        },
    )
    return names_beside(figure, {plain(name): named(name) for name in counts})


def types_table(run: "Run") -> "pd.DataFrame":
    """Return victims and victims averted of the country by type of fraud, the most victims first."""
    rows = [(named(name), *(amount(value * country(run)) for value in pair)) for name, pair in _by_type(run).items()]
    return table_of(rows, ["type", *ENDS])


def groups(run: "Run") -> dict[tuple[str, str], float]:
    """Return the people of the country by age band and sex, from the scenario's tables."""
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
