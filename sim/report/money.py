"""Money and people: what victims lost and what was prevented, costs, and victims by age, sex and type of fraud."""

from typing import TYPE_CHECKING

from sim.base.days import CENTS_PER_UNIT
from sim.base.rounding import amount, between, percent
from sim.base.words import Outcome, Sex
from sim.language import counted, currency, day_named, marked, month_named, named, said
from sim.reading.quantities import COST, COST_HIGH, COST_LOW, EDUCATION, OTHER, PARTS, TOTAL, WARNING
from sim.report import drawing
from sim.report.parts import counts, step, step_named, steps, table_of
from sim.told.answers import cost_rows, each_ends, over_prices_said
from sim.told.words import part_named

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    import plotly.graph_objects as go

    from sim.reading.run import Run

AMOUNTS = {
    marked("lost"): (Outcome.LOSS_CENTS.label, drawing.VERMILLION, marked("{when}: {money} {currency} lost")),
    marked("prevented"): (Outcome.PREVENTED_CENTS.label, drawing.GREEN, marked("{when}: {money} {currency} prevented")),
    marked("held"): (Outcome.HELD_CENTS.label, drawing.SKY, marked("{when}: {money} {currency} held")),
    marked("recovered"): (Outcome.RECOVERED_CENTS.label, drawing.BLUE, marked("{when}: {money} {currency} recovered")),
}
"""Column, colour and words by name: ``lost`` of all victims, ``prevented`` by warnings, ``held`` by banks."""
MONEY_UNITS = (
    (1e9, {"day": marked("billion {currency} a day"), "month": marked("billion {currency} a month")}),
    (1e6, {"day": marked("million {currency} a day"), "month": marked("million {currency} a month")}),
    (1.0, {"day": marked("{currency} a day"), "month": marked("{currency} a month")}),
)
MONEY, COSTS = marked("Money lost and saved"), marked("Costs")


def money(run: "Run") -> drawing.Drawn:
    """Draw each of ``AMOUNTS`` of the country by month (by day if short); a month counts its days in the period."""
    by, days = step(run), steps(run)
    of_name = {name: counts(run, "outcomes", [by], column) for name, (column, *_) in AMOUNTS.items()}
    values = {name: {when: some[when] / CENTS_PER_UNIT for when in days} for name, some in of_name.items()}
    rows = [(f"{when:%Y-%m}", *(amount(some[when]) for some in values.values())) for when in days if by == "month"]
    rows.append((said("whole period"), *(amount(sum(some.values())) for some in values.values())))
    lost, told = values["lost"], ""
    if any(lost.values()):
        worst = max(lost, key=lambda when: (lost[when], when))
        told = said(
            "Victims lost most in {when}: {money} {currency}. Over the period warnings prevented {share} as much as "
            "was lost.",
            when=step_named(run, worst), money=amount(lost[worst]),
            share=percent(sum(values["prevented"].values()) / sum(lost.values())),
        )  # fmt: skip

    def view() -> "go.Figure":
        most = max(max(some.values()) for some in values.values())
        if not most:
            return drawing.blank(said(MONEY), said("No money was lost, prevented or recovered in this run."))
        size, unit = next(row for row in MONEY_UNITS if most >= row[0] or row[0] == 1)
        called = {when: day_named(when) if by == "day" else _month(when, days[when]) for when in days}
        marks = [
            drawing.Mark(name, when, value / size, said(AMOUNTS[name][2], when=called[when], money=amount(value)))
            for name, some in values.items() if any(some.values()) for when, value in some.items()
        ]  # fmt: skip
        shades = {name: colour for name, (_, colour, _) in AMOUNTS.items()}
        figure = drawing.draw(drawing.panels(), "line", marks, shades, {name: name for name in AMOUNTS})
        y = {"title_text": said(unit[by]), "rangemode": "tozero", "nticks": 6, "tickformat": ",.4~g"}
        return drawing.finish(figure, 380, said(MONEY), {"nticks": 6}, y, said("day") if by == "day" else said("month"))

    return drawing.Drawn(view, table_of(rows, ["month", *AMOUNTS]), told)


def _month(when: "date", days: int) -> str:
    """Return a month, and how many of its days lie in the period."""
    return counted("{month} ({count} days)", "{month} ({count} days)", count=days, month=month_named(when))


UNKNOWN = marked("The scenario has no prices.")
SPENT_ON = {
    WARNING: (marked("warnings"), drawing.ORANGE),
    EDUCATION: (marked("education"), drawing.GREEN),
    OTHER: (marked("other measures"), drawing.PURPLE),
}
"""What each part is spent on: its name and colour."""
EACH_SAID = {
    "cost_per_averted": marked("Warnings cost {money} {currency} per victim averted ({kind}: {interval})."),
    "cost_per_prevented_money": marked("Per unit of losses prevented, they cost {money} ({kind}: {interval})."),
}
UNITS = (
    (1e9, marked("billion {currency}, whole period"), marked("billion {currency} above the baseline, whole period")),
    (1e6, marked("million {currency}, whole period"), marked("million {currency} above the baseline, whole period")),
    (1.0, marked("{currency}, whole period"), marked("{currency} above the baseline, whole period")),
)
"""Sizes of units, and titles of an axis in them: of costs, and of differences in costs."""


def unit_of(values: "Iterable[float]") -> tuple[float, str, str]:
    """Return the row of ``UNITS`` that suits the largest of some amounts of money."""
    most = max(values)
    return next(row for row in UNITS if most >= row[0] or row[0] == 1)


def costs(run: "Run") -> drawing.Drawn:
    """Draw the costs of a run by part, with the range over all prices."""
    totals = run.manifest["totals"]
    heads, *rows = cost_rows(run) or [[currency(), said("value")], [said("total"), said("not known")]]
    if COST not in totals:
        return drawing.Drawn(lambda: drawing.blank(said(COSTS), said(UNKNOWN)), table_of(rows, heads), said(UNKNOWN))
    of_part = {part: tuple(totals[key].get(part, 0) for key in (COST, COST_LOW, COST_HIGH)) for part in (*PARTS, TOTAL)}
    whole, low, high = map(amount, of_part[TOTAL])
    told = [said("Total cost: {money} {currency} ({low} to {high} over the ranges of prices).", money=whole, low=low,
                 high=high)]  # fmt: skip
    if totals.get("cost_per_averted") is None:
        told.append(said("No warning averted a victim."))
    for key, text in EACH_SAID.items():
        if totals.get("cost_per_averted") is not None and totals.get(key) is not None:
            ends = each_ends(run, key)
            kind = over_prices_said(run) if ends else said("prices")
            interval = between(*ends or (totals[key][end] for end in ("low", "high")))
            told.append(said(text, money=amount(totals[key]["value"]), kind=kind, interval=interval))

    def view() -> "go.Figure":
        priced = [part for part in PARTS if of_part[part][2]]
        if not priced:
            return drawing.blank(said(COSTS), said("Nothing that has a price was spent."))
        size, axis, _ = unit_of(of_part[part][2] for part in priced)
        marks = []
        for part in priced:
            value, low, high = of_part[part]
            text = said(
                "{part}: {money} {currency} ({low} to {high} over the ranges of prices)",
                part=drawing.plain(part_named(part)), money=amount(value), low=amount(low), high=amount(high),
            )  # fmt: skip
            marks.append(drawing.Mark(PARTS[part].of, value / size, part_named(part), text, low / size, high / size))
        shades = {on: colour for on, (_, colour) in SPENT_ON.items()}
        figure = drawing.draw(
            drawing.panels(), "bars across", marks, shades, {on: name for on, (name, _) in SPENT_ON.items()}
        )
        drawing.names_beside(figure, {part_named(part): part_named(part) for part in priced})
        x = {"title_text": said(axis), "rangemode": "tozero", "nticks": 5}
        figure.update_layout(barmode="overlay", bargap=0.25)
        return drawing.finish(figure, 150 + 30 * len(priced), said(COSTS), x)

    return drawing.Drawn(view, table_of(rows, heads), " ".join(told))


SEXES = Sex.labels()
SEX = {Sex.F.label: marked("women"), Sex.M.label: marked("men")}
ENDS = {Outcome.VICTIMS.label: marked("victims"), Outcome.AVERTED.label: marked("victims averted")}
"""The person paid; a warning stopped the episode before a payment that would have come."""
AGES = marked("Victims, and victims averted, by age and sex")
TYPES = marked("Victims, and victims averted, by type of fraud")
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


def ages(run: "Run") -> drawing.Drawn:
    """Draw victims and victims averted per 100,000 people of their age band and sex, over the whole period."""
    people = groups(run)
    count = {end: counts(run, "outcomes", ["age_band", "sex"], end) for end in ENDS}
    rates = {
        end: {group: count[end][group] / size * drawing.PEOPLE if size else None for group, size in people.items()}
        for end in ENDS
    }
    rows = []
    for (band, sex), size in people.items():
        row = {"age": band, "sex": SEX[sex], "people": amount(size)}
        for end in ENDS:
            row |= {end: amount(count[end][band, sex]), f"{end} per 100,000": amount(rates[end][band, sex])}
        rows.append(row)
    known = {group: rate for group, rate in rates[Outcome.VICTIMS.label].items() if rate is not None}
    told = ""
    if any(known.values()):
        (age, sex), (other_age, other_sex) = max(known, key=known.__getitem__), min(known, key=known.__getitem__)
        told = said(
            "{sex} aged {age} became victims most often, {most} per 100,000; {other_sex} aged {other_age} least often, "
            "{least}.",
            sex=drawing.capital(said(SEX[sex])), age=named(age), most=amount(known[age, sex]),
            other_sex=said(SEX[other_sex]), other_age=named(other_age), least=amount(known[other_age, other_sex]),
        )  # fmt: skip

    def view() -> "go.Figure":
        shown = [end for end in ENDS if any(count[end].values())]
        if not shown:
            return drawing.blank(said(AGES), said(NOBODY))
        figure = drawing.panels([said(ENDS[end]) for end in shown])
        for row, end in enumerate(shown, 1):
            marks = [
                drawing.Mark(sex, drawing.words(band), rate, said(OF_AGE[end], sex=said(SEX[sex]),
                             age=drawing.words(band), rate=amount(rate), count=amount(count[end][band, sex])))
                for (band, sex), rate in rates[end].items() if rate is not None
            ]  # fmt: skip
            drawing.draw(figure, "bars", marks, drawing.COLOURS["sex"], SEX, row=row)
        y = {"title_text": said("per 100,000 people"), "rangemode": "tozero", "nticks": 5}
        figure.update_layout(barmode="group", bargap=0.25)
        height = 130 + 170 * len(shown)
        return drawing.finish(figure, height, said(AGES), {"type": "category"}, y, said("age (years)"))

    return drawing.Drawn(view, table_of(rows), told)


def types(run: "Run") -> drawing.Drawn:
    """Draw victims and victims averted of the country by type of fraud, the most victims first."""
    found = {end: counts(run, "outcomes", ["fraud_type"], end) for end in ENDS}
    lost, averted = (found[end] for end in ENDS)
    names = sorted(run.scenario.spec.fraud.types, key=lambda name: -lost[name])
    told = ""
    if any(lost.values()):
        best = max(names, key=lambda name: averted[name] / (lost[name] + averted[name] or 1.0))
        told = said(
            "{type} has {share} of all victims. Warnings avert the largest share of {best}: {averted}.",
            type=drawing.capital(named(names[0])), share=percent(lost[names[0]] / sum(lost.values())), best=named(best),
            averted=percent(averted[best] / (lost[best] + averted[best])),
        )  # fmt: skip

    def view() -> "go.Figure":
        if not any(lost.values()) and not any(averted.values()):
            return drawing.blank(said(TYPES), said(NOBODY))
        marks = [
            drawing.Mark(end, some[name], drawing.plain(name),
                         said(OF_TYPE[end], type=drawing.words(name), count=amount(some[name])))
            for end, some in found.items() for name in names
        ]  # fmt: skip
        shades = dict(zip(ENDS, (drawing.VERMILLION, drawing.GREEN), strict=True))
        figure = drawing.draw(drawing.panels(), "bars across", marks, shades, ENDS)
        # The bar of victims lies above the bar of victims averted.
        bars = {
            (drawing.plain(name), side): some[name] for some, side in ((lost, HALF), (averted, -HALF)) for name in names
        }
        drawing.cut_bars(figure, bars)
        x = {"title_text": said("people, whole period"), "nticks": 5}
        figure.update_layout(barmode="group", bargap=0.25)
        drawing.finish(figure, 150 + 42 * len(names), said(TYPES), x)
        return drawing.names_beside(figure, {drawing.plain(name): named(name) for name in names})

    rows = [(named(name), amount(lost[name]), amount(averted[name])) for name in names]
    return drawing.Drawn(view, table_of(rows, ["type", *ENDS]), told)


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
