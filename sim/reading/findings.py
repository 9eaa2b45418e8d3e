"""Findings: what needs attention in a run, computed from its stored tables only.

docs/model.md, section 9, defines each kind. In a sampled run small desks have few servers, or a share of one, and so
other waits than in the country: findings about them say that the scale is the reason (``thinned``).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.base.days import HALF_HOUR_MS, calendar_date, day_number, weekday
from sim.base.rounding import amount, between, percent, written
from sim.base.words import DESK_LABELS, End, Tier
from sim.language import (
    ENGLISH,
    counted,
    day_named,
    evidence_named,
    marked,
    month_named,
    named,
    said,
    spoken,
    telling_in,
)
from sim.reading.figures import CHANGE, STANDARD_ERRORS, allowed, iso, iso_month, months_of, number, scale_fraction
from sim.reading.intervals import TWENTIETHS, stored_answers
from sim.reading.quantities import HEADLINE, MILLIONTHS, by_day_and_place
from sim.store.columns import Dated, Scope
from sim.store.exported import sums

if TYPE_CHECKING:
    from sim.scenario import Scenario

Row = dict[str, Any]
Daily = npt.NDArray[np.int64]

BUSIEST = Fraction("0.95")
"""Highest utilisation of a desk in a month: assumed. A desk that must answer within the hour cannot exceed it for long
(Erlang's delay formula), and no published desk does."""
MOST_EXPIRED = Fraction("0.05")
"""Highest share of a tier's alerts that expire in a month: assumed. Published desks answer 99 of 100 and more."""
WEEK = 7
"""Days of a month that must lie in the period, for a finding about the month. A queue is averaged over weeks, so that
weekdays and nights do not count as noise; of a month it needs two, which have a spread."""
WORSE = Fraction("1.1")
"""A province is named in addition to the country if its value is more than this multiple of the country's."""
NAMED = 3
"""The most provinces that are named."""
FEW_SEATS = 5
"""Seats in the busiest half hour of a month below which a desk is too small: as in ``sim.country.provinces``."""
MONTHS = 3
"""Consecutive months of growth, up to the last one, from which a queue grows without end."""
FOUR_WEEKS = 28
"""Days that measures of a kind must have been in force, and days that the period must continue without any."""
GOOD_PART = 0.25
"""Share of the days of the period until their end on which measures must have been in force: nobody expects a short
campaign to continue."""
HALF_A_YEAR = 183
"""Days after ``fraud.reference`` from which on a first simulated day is late: assumed, in half a year crews move by
several times the lag of gangs."""
SHOWN = 3
"""Findings of one kind in a short list; the rest is counted."""
ABOVE = 2
"""Findings above an answer; the rest is counted."""

OF_FIGURES = ("fitted_figure", "predicted_figure", "reported_outside_interval", "simulated_outside_interval")
"""Kinds of findings about figures outside their tolerance or their interval."""
COMPARED = ("input_figure", *OF_FIGURES, "evidence")
"""Kinds of findings that compare a run with reported figures or evidence; policy runs have none."""

DESKS = {"call": marked("call desks"), "visit": marked("visit desks")}
BUSY = (
    marked("Utilisation of {desks} was {share} {when}"),
    marked("Utilisation of {desks} in {places} was {share} {when}"),
)
"""The beginning of a sentence about a desk, of the country and of provinces."""
EXPIRED = (
    marked("{share} of {tier} alerts expired before anyone was reached {when}"),
    marked("{share} of {tier} alerts in {places} expired before anyone was reached {when}"),
)
GROWS = (
    marked(
        "The queue of {desks} grew without end {when}, from a monthly mean of {least} to one of {most} alerts; every "
        "day more alerts waited than were served"
    ),
    marked(
        "The queue of {desks} in {places} grew without end {when}, from a monthly mean of {least} to one of {most} "
        "alerts; every day more alerts waited than were served"
    ),
)
MEASURE = {
    "begins_after": marked(
        "The measure {name} begins on {first}, after the period ends on {end}, so it is never in force."
    ),
    "ends_before": marked(
        "The measure {name} ends on {last}, before the period begins on {start}, so it is in force on no counted day."
    ),
    "spread": marked(
        "Only {days} of the {whole} days of the measure {name}, from {first} to {last}, are simulated. Its totals are "
        "spread evenly over all its days, so the rest is missing."
    ),
    "cut": marked(
        "Only {days} of the {whole} days of the measure {name}, from {first} to {last}, are simulated: the period ends "
        "first."
    ),
    "over_of": marked(
        "The measure {name} ends on {last}, and no other {kind} of {about} follows: none is in force on the {days} "
        "days from {start} to {end}."
    ),
    "over": marked(
        "The measure {name} ends on {last}, and no other {kind} follows: none is in force on the {days} days from "
        "{start} to {end}."
    ),
    "continue_spread": marked(
        "To continue it, set a later last day in measures.{name}.window; its totals are then spread over more days."
    ),
    "continue": marked("To continue it, set a later last day in measures.{name}.window, or none."),
}
FIGURE = {
    "tolerance": marked(
        "The {role} figure {figure} from {first} to {last} lies outside its tolerance: {simulated} simulated, "
        "{reported} reported."
    ),
    "reported": marked(
        "The reported value of {figure} from {first} to {last}, {reported}, lies outside its predicted interval, {low} "
        "to {high}."
    ),
    "simulated": marked(
        "The simulated value of {figure} from {first} to {last}, {simulated}, lies outside the interval that the "
        "fitted scenario predicts, {low} to {high}."
    ),
}
EVIDENCE = {
    "period": marked("Value of {name} from {first} to {last}: {value}; evidence says {low} to {high}."),
    "month": marked("Value of {name} {when}: {value}; evidence says {low} to {high}."),
    "months": marked(
        "Value of {name} {when}: outside its range, at worst {value} in {month}; evidence says {low} to {high}."
    ),
}
IN_SOME = {
    "replicates": marked("In {some} of {all} replicates: {finding}"),
    "draws": marked("In {some} of {all} posterior draws: {finding}"),
}


def finding(
    kind: str,
    subject: str,
    window: Sequence[str | None],
    value: float | int,
    limit: object,
    sentence: str,
    suggestion: str | None = None,
    **more: Any,
) -> Row:
    """Return a finding, as ``run.json`` stores it; ``findings`` explains its keys, and ``more`` are the others."""
    return {
        "kind": kind,
        "subject": subject,
        "window": list(window),
        "month": None,
        "value": value,
        "limit": limit,
        "provinces": [],
        "thinned": False,
        "sentence": sentence,
        "suggestion": suggestion,
    } | more


def findings(folder: Path, scope: Scope, figures: Sequence[Row], evidence: Sequence[Row]) -> list[Row]:
    """Compute ``findings`` of ``run.json`` from the folder of a run and its figures and evidence.

    Returns:
        A row for each finding, those about desks first: ``kind``, ``subject``, ``window`` (its first and last day),
        ``month`` (the worst one, or None), ``value`` and ``limit`` (a number, or low and high), ``provinces`` (codes of
        those named), ``thinned`` (whether it is the scale that says so), ``sentence`` and ``suggestion`` (or None).
    """
    rows = list(Desks(folder, scope).findings())
    if scope.policy_of is None:  # reported figures and evidence are not about a policy
        rows += [*_of_figures(figures, scope.scale), *_of_evidence(evidence, scope.scale)]
    return [*rows, *about_measures(scope), *gangs_begin_late(scope)]


def shortened(rows: Sequence[Row]) -> list[str]:
    """Return findings as few lines: at most three sentences of a kind, and the number of further ones."""
    lines = []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        own = [row for row in rows if row["kind"] == kind]
        lines += [told(row) for row in own[:SHOWN]]
        if more := len(own[SHOWN:]):
            lines.append(counted("One more finding of this kind.", "{count} more findings of this kind.", count=more))
    return lines


def foremost(rows: Sequence[Row]) -> list[str]:
    """Return at most two findings for above an answer, and the number of further findings.

    They are the first of each kind. Comparisons with reported figures come last: they matter to fewer answers than
    findings about the run itself (desks, measures, gangs). If the scale is the reason for a finding, a warning says so
    already.
    """
    firsts: dict[str, Row] = {}
    for row in ranked(rows):
        firsts.setdefault(row["kind"], row)
    lines = [told(row) for row in list(firsts.values())[:ABOVE]]
    if more := len(rows) - len(lines):
        lines.append(
            counted(
                "One more finding. List all: tocsin findings RUN",
                "{count} more findings. List all: tocsin findings RUN",
                count=more,
            )
        )
    return lines


def ranked(rows: Sequence[Row]) -> list[Row]:
    """Return findings with those that matter to most answers first; see ``foremost``."""
    return sorted(rows, key=lambda row: (row["thinned"], row["kind"] in COMPARED))


def apart(rows: Sequence[Row], others: Sequence[Row], held: bool) -> list[Row]:
    """Return the findings of a run that another does not have, by kind and subject.

    Comparisons with reported figures and evidence are left out unless both runs are compared with these (``held``).
    """
    known = set(map(_key, others))
    return [row for row in rows if (held or row["kind"] not in COMPARED) and _key(row) not in known]


def of_several(runs: Sequence[Sequence[Row]], kind: str) -> list[Row]:
    """Return each finding as in the first run that has it; sentences say in how many ``replicates`` or ``draws``."""
    having = Counter(key for rows in runs for key in {_key(row) for row in rows})
    first: dict[tuple[str, str], Sequence[Row]] = {}
    for rows in runs:
        for row in rows:
            first.setdefault(_key(row), rows)
    return [
        {**row, "sentence": said(IN_SOME[kind], some=having[key], all=len(runs), finding=row["sentence"])}
        for key, rows in first.items()
        for row in rows
        if _key(row) == key
    ]


def _key(row: Row) -> tuple[str, str]:
    return row["kind"], row["subject"]


def told(row: Row) -> str:
    """Return a finding in a sentence, with its suggestion if there is one."""
    if not row["suggestion"]:
        return str(row["sentence"])
    return said("{finding} {suggestion}", finding=row["sentence"], suggestion=row["suggestion"])


Shares = dict[tuple[int | None, date], tuple[int, int]]
"""Part and whole by place and month; no place is the whole country."""


@dataclass(frozen=True)
class Limit:
    """The highest share in a month, of a desk or tier (``subject``).

    It must be exceeded by so many standard ``errors``. ``texts`` begin a sentence about the country and about
    ``{places}``; ``of`` fills fields besides ``{share}`` and ``{when}``.
    """

    kind: str
    subject: str
    most: Fraction
    errors: int
    texts: tuple[str, str]
    of: Mapping[str, str]
    suggestion: str
    desks: Collection[str]

    def is_exceeded(self, part: int, whole: int) -> bool:
        """Return whether a part of a whole is too much, beyond noise."""
        more = part - self.most * whole
        return more > 0 and more**2 > self.errors**2 * self.most * (1 - self.most) * whole


class Desks:
    """Findings about desks. The seats of each desk are read when first needed: at full scale never."""

    def __init__(self, folder: Path, scope: Scope) -> None:
        self._folder = folder
        self._scope = scope
        self._spans = months_of(scope.first_day, scope.last_day)

    def findings(self) -> Iterator[Row]:
        """Yield findings about utilisation of a desk and expired alerts of a tier beyond noise, then about queues."""
        hours = self._sums("hours", ["month", "province", "channel"], ["busy_ms", "staffed_ms"])
        for desk in DESK_LABELS:
            key = f"desks.{desk}.staff"
            more = said("Add staff ({key}) or send these desks fewer alerts; tocsin staffing finds how many.", key=key)
            limit = Limit("busy_desk", desk, BUSIEST, 0, BUSY, {"desks": said(DESKS[desk])}, more, [desk])
            shares = _shares((row, row["busy_ms"], row["staffed_ms"]) for row in hours if row["channel"] == desk)
            yield from self._above(limit, shares)
        alerts = self._sums("alerts", ["month", "province", "tier", "end"], ["count"])
        for tier in Tier.labels():
            key, of = f"warning.tiers.{tier}", {"tier": named(tier)}
            more = said("Add staff, extend the deadline or choose another first step ({key}).", key=key)
            limit = Limit("expired", tier, MOST_EXPIRED, STANDARD_ERRORS, EXPIRED, of, more, DESK_LABELS)
            shares = _shares(
                (row, row["count"] if row["end"] == End.EXPIRED.label else 0, row["count"])
                for row in alerts
                if row["tier"] == tier
            )
            yield from self._above(limit, shares)
        for desk in DESK_LABELS:
            yield from self._growing(desk)

    def _sums(self, table: str, keys: list[str], measures: list[str]) -> list[Row]:
        rows: list[Row] = sums(self._folder, table, keys, measures).to_pylist()
        return rows

    @cached_property
    def _most_and_staffed(self) -> dict[tuple[str, int, date], tuple[float, int]]:
        """The most seats, and the staff time in ms, by desk, code of the province and month."""
        days = Counter(
            (month, weekday(day)) for month, (first, last) in self._spans.items() for day in range(first, last + 1)
        )
        found: dict[tuple[str, int, date], tuple[float, int]] = {}
        for row in self._sums("hours", ["month", "province", "channel", "weekday", "half_hour"], ["staffed_ms"]):
            key = row["channel"], row["province"], row["month"]
            seats = row["staffed_ms"] / (HALF_HOUR_MS * days[row["month"], row["weekday"]])
            most, staffed = found.get(key, (0.0, 0))
            found[key] = max(seats, most), staffed + row["staffed_ms"]
        return found

    def _are_thinned(self, desks: Collection[str], provinces: Collection[int], months: Collection[date]) -> bool:
        """Return whether few seats, so the scale, explain what happens at one of these desks; never at full scale.

        Desks with few seats must have more than half of the staff time of the channel. No provinces stand for all.
        """
        for desk in desks if self._scope.scale < 1 else ():
            chosen = [
                both
                for (channel, code, month), both in self._most_and_staffed.items()
                if channel == desk and (not provinces or code in provinces) and month in months
            ]
            if 2 * sum(time for most, time in chosen if most < FEW_SEATS) > sum(time for _, time in chosen):
                return True
        return False

    def _finding(
        self,
        of: tuple[str, str],
        months: Sequence[date],
        value: Fraction,
        limit: Fraction,
        text: str,
        suggestion: str,
        thinned: bool,
        **more: Any,
    ) -> Row:
        """Return a finding about consecutive months, whose text lacks its full stop."""
        sentence = said("{finding}.", finding=f"{text[0].upper()}{text[1:]}")
        if thinned:
            scale = said(
                "At scale {scale} most of these desks have fewer than {seats} seats, which is at least part of the "
                "reason.",
                scale=written(f"{self._scope.scale:g}"),
                seats=str(FEW_SEATS),
            )
            sentence = said("{finding} {suggestion}", finding=sentence, suggestion=scale)
        window = iso((calendar_date(self._spans[months[0]][0]), calendar_date(self._spans[months[-1]][1])))
        advice = None if thinned else suggestion
        return finding(*of, window, number(value), number(limit), sentence, advice, thinned=thinned, **more)

    def _above(self, limit: Limit, shares: Shares) -> Iterator[Row]:
        """Find the stretches of months in which a share is above its limit: in the country, then in provinces only."""
        months = [month for month in self._months(WEEK) if (None, month) in shares]
        over: dict[date, dict[int, Fraction]] = {month: {} for month in months}
        for (place, month), share in shares.items():
            if place is not None and month in over and limit.is_exceeded(*share):
                over[month][place] = Fraction(*share)

        def row(months: list[date], worst: date, value: Fraction, text: str, thinned: bool, named: list[int]) -> Row:
            more = {"month": iso_month(worst), "provinces": named}
            of = limit.kind, limit.subject
            return self._finding(of, months, value, limit.most, text, limit.suggestion, thinned, **more)

        country = [limit.is_exceeded(*shares[None, month]) for month in months]
        for stretch in stretches(months, country):
            values = {month: Fraction(*shares[None, month]) for month in stretch}
            worst = max(stretch, key=lambda month: values[month])
            worse = [place for place in _ranked(over[worst]) if over[worst][place] > WORSE * values[worst]][:NAMED]
            least, most = (percent(float(find(values.values()))) for find in (min, max))
            how_much = most if least == most else said("{low} to {high}", low=least, high=most)
            text = said(limit.texts[0], share=how_much, when=when(stretch), **limit.of)
            if len(stretch) > 1:
                text = said("{finding}, highest in {month}", finding=text, month=month_named(worst))
            if worse:
                text = said("{finding}; highest in {places}", finding=text, places=self._with(over[worst], worse))
            yield row(stretch, worst, values[worst], text, self._are_thinned(limit.desks, [], stretch), worse)
        alone = [bool(over[month]) and not above for month, above in zip(months, country, strict=True)]
        for stretch in stretches(months, alone):
            highest: dict[int, tuple[Fraction, date]] = {}
            for month in stretch:
                for place, value in over[month].items():
                    if place not in highest or value > highest[place][0]:
                        highest[place] = value, month
            worst_of = {place: value for place, (value, _) in highest.items()}
            ranked = _ranked(worst_of)
            first = ranked[:NAMED]
            among = and_more(self._with(worst_of, first), len(ranked) - NAMED)
            times = when(stretch) if len(stretch) == 1 else said("in at least one month {when}", when=when(stretch))
            how_much = said("more than {share}", share=percent(float(limit.most)))
            parts, wholes = (sum(shares[None, month][at] for month in stretch) for at in (0, 1))
            text = said(
                "{finding}; in the whole country it was {share}",
                finding=said(limit.texts[1], share=how_much, when=times, places=among, **limit.of),
                share=percent(parts / wholes),
            )
            value, worst = highest[ranked[0]]
            yield row(stretch, worst, value, text, self._are_thinned(limit.desks, first, stretch), first)

    def _with(self, values: Mapping[int, Fraction], codes: Sequence[int]) -> str:
        """Return provinces by name, each with its share."""
        names = zip(self._places(codes), codes, strict=True)
        return ", ".join(
            said("{name} ({share})", name=name, share=percent(float(values[code]))) for name, code in names
        )

    def _places(self, codes: Sequence[int]) -> list[str]:
        """Return provinces by name, or by code if a scope has no names."""
        names = dict(zip(self._scope.provinces, self._scope.province_names, strict=False))
        return [named(names.get(code, str(code))) for code in codes]

    def _months(self, days: int) -> dict[date, tuple[int, int]]:
        """Return the first and last day of the months with at least this number of days in the period."""
        return {month: (first, last) for month, (first, last) in self._spans.items() if last - first + 1 >= days}

    def _growing(self, desk: str) -> Iterator[Row]:
        """Yield a finding if the queue of a desk grew from month to month up to the period's end and was never empty.

        It is about the country or, if its queue does not grow, about the provinces whose queues do.
        """
        scope = self._scope
        levels = by_day_and_place(self._folder, "state", "value", scope, {"quantity": [f"line_{desk}"]})
        line = np.rint(levels * MILLIONTHS).astype(np.int64)
        served = by_day_and_place(self._folder, "contacts", "count", scope, {"channel": [desk]})
        provinces: list[int] = []
        whole = line.sum(axis=1)
        months = self._grew(whole, served.sum(axis=1))
        if not months:
            own = [self._grew(line[:, at], served[:, at]) for at in range(len(scope.provinces))]
            provinces = [code for code, grew in zip(scope.provinces, own, strict=True) if grew]
            months = max(own, key=len)
            whole = line[:, [at for at, grew in enumerate(own) if grew]].sum(axis=1)
        if not months:
            return
        ends = []
        for first, last in (self._spans[months[0]], self._spans[months[-1]]):
            total = int(whole[first - scope.first_day : last - scope.first_day + 1].sum())
            ends.append(Fraction(total, MILLIONTHS * (last - first + 1)) / scale_fraction(scope.scale))
        shown = provinces[:NAMED]
        among = and_more(", ".join(self._places(shown)), len(provinces) - NAMED)
        least, most = (amount(float(end)) for end in ends)
        words = {"desks": said(DESKS[desk]), "places": among, "when": when(months), "least": least, "most": most}
        more = said("Add staff ({key}) or send these desks fewer alerts.", key=f"desks.{desk}.staff")
        thinned = self._are_thinned([desk], provinces, months)
        of, text = ("growing_line", desk), said(GROWS[bool(provinces)], **words)
        places = {"month": iso_month(months[-1]), "provinces": shown}
        yield self._finding(of, months, ends[1], ends[0], text, more, thinned, **places)

    def _grew(self, line: Daily, served: Daily) -> list[date]:
        """Return the months up to the end of a period in which a queue grew without end; none if below three.

        Each of them has a longer queue than the month before, by more than three standard errors of the difference of
        their means, which are taken over weeks. And every day more alerts waited, in the mean of the day (``line``, in
        millionths), than the desk ``served``: if the queue had been empty at any moment, no more could have waited than
        came or went that day.
        """
        found: list[date] = []
        after: tuple[Fraction, Fraction] | None = None
        for month, (first, last) in reversed(self._months(2 * WEEK).items()):
            days = slice(first - self._scope.first_day, last - self._scope.first_day + 1)
            if not (line[days] > served[days] * MILLIONTHS).all():
                break
            mean, error = _mean_and_error(line[days])
            if after is not None:
                more = after[0] - mean
                if more <= 0 or more**2 <= STANDARD_ERRORS**2 * (error + after[1]):
                    break
            found.insert(0, month)
            after = mean, error
        return found if len(found) >= MONTHS else []


def _shares(rows: Iterable[tuple[Row, int, int]]) -> Shares:
    """Add up parts and wholes by province and month, and over all provinces."""
    shares: Shares = {}
    for row, part, whole in rows:
        for place in (row["province"], None):
            before = shares.get((place, row["month"]), (0, 0))
            shares[place, row["month"]] = before[0] + part, before[1] + whole
    return shares


def _ranked(values: Mapping[int, Fraction]) -> list[int]:
    """Return provinces, the highest value first, those with the same by code."""
    return sorted(values, key=lambda place: (-values[place], place))


def _mean_and_error(days: Daily) -> tuple[Fraction, Fraction]:
    """Return the mean of a queue over the whole weeks of some days, and the square of its standard error."""
    weeks = [Fraction(int(days[at : at + WEEK].sum()), WEEK) for at in range(0, len(days) - WEEK + 1, WEEK)]
    mean = sum(weeks) / Fraction(len(weeks))
    return mean, sum((week - mean) ** 2 for week in weeks) / Fraction(len(weeks) * (len(weeks) - 1))


def and_more(names: str, others: int) -> str:
    """Return names, and the number of further ones."""
    return said("{names} and {number} more", names=names, number=str(others)) if others > 0 else names


def stretches(things: Sequence[Any], held: Sequence[bool]) -> Iterator[list[Any]]:
    """Yield the things for which something holds, consecutive ones together."""
    for holds, group in groupby(zip(things, held, strict=True), key=lambda pair: pair[1]):
        if holds:
            yield [thing for thing, _ in group]


def when(months: Sequence[date]) -> str:
    """Return the name of consecutive months: ``in June 2022``, ``from June to July 2022``."""
    first, last = (month_named(month) for month in (months[0], months[-1]))
    if first == last:
        return said("in {month}", month=first)
    if spoken() == ENGLISH and months[0].year == months[-1].year:
        first = first.split()[0]
    return said("from {first} to {last}", first=first, last=last)


def about_measures(scope: Scope) -> Iterator[Row]:
    """Yield all findings about the measures of a scenario.

    A window outside the period is allowed, since a scenario may be an extract of a longer one. But a policy that never
    starts changes nothing, and its user must know why. And a period that continues after the last measure of its kind
    has ended simulates another policy from that day on.
    """
    for measure in scope.measures:
        yield from _outside(measure, scope)
    kinds: dict[tuple[str, str], list[Dated]] = {}
    for measure in scope.measures:
        if measure.lasting:
            kinds.setdefault((measure.kind, measure.about), []).append(measure)
    for alike in kinds.values():
        yield from _over(alike, scope)


def _outside(measure: Dated, scope: Scope) -> Iterator[Row]:
    """Yield a finding if a measure is not in force on any day of the period, or if its window is cut.

    A window is cut where it ends after the period; and where it begins before the first simulated day, if what the
    measure does is counted and spread over all of its days. An end that is open is not cut.
    """
    start, end, begun = map(calendar_date, (scope.first_day, scope.last_day, scope.first_day - scope.warmup_days))
    first, last = measure.window
    kind, simulated = "measure_outside_period", 0
    if first > end:
        text = "begins_after"
    elif last is None:
        return
    elif last < start:
        text = "ends_before"
    elif last > end or (measure.spread and first < begun):
        kind, text = "measure_cut", "spread" if measure.spread else "cut"
        simulated = (min(last, end) - max(first, begun)).days + 1
    else:
        return
    whole = 1 if last is None else (last - first).days + 1
    words = {"name": measure.name, "days": amount(simulated), "whole": amount(whole)}
    days = {"first": first, "last": last or first, "start": start, "end": end}
    suggestion = said(
        "See the days in force of the measure {name} (measures.{name}.window) and the simulated days (period).",
        name=measure.name,
    )
    sentence = said(MEASURE[text], **words, **{name: day_named(day) for name, day in days.items()})
    yield finding(kind, measure.name, iso(measure.window), simulated, whole, sentence, suggestion)


def _over(alike: Sequence[Dated], scope: Scope) -> Iterator[Row]:
    """Yield a finding if measures of a kind were in force for a good part of the period, but not at its end.

    It is about the measure that ended last. Measures are of one kind if they are directed at the same target, channel,
    detector or region. Outages and repatriations are left out: nobody expects them to follow one another.
    """
    days: set[int] = set()
    ends: dict[int, Dated] = {}
    for measure in alike:
        first, last = measure.window
        until = scope.last_day if last is None else min(day_number(last), scope.last_day)
        days |= set(range(max(day_number(first), scope.first_day), until + 1))
        if until >= scope.first_day:
            ends.setdefault(until, measure)
    end = max(days, default=scope.last_day)
    without, before = scope.last_day - end, end - scope.first_day + 1
    if without < FOUR_WEEKS or len(days) < max(FOUR_WEEKS, GOOD_PART * before):
        return
    measure = ends[end]
    window = calendar_date(end + 1), calendar_date(scope.last_day)
    sentence = said(
        MEASURE["over_of" if measure.about else "over"],
        name=measure.name,
        kind=named(measure.kind),
        about=named(measure.about or measure.kind),
        days=amount(without),
        last=day_named(calendar_date(end)),
        start=day_named(window[0]),
        end=day_named(window[1]),
    )
    suggestion = said(MEASURE["continue_spread" if measure.spread else "continue"], name=measure.name)
    yield finding("measures_over", measure.name, iso(window), without, FOUR_WEEKS, sentence, suggestion)


def gangs_begin_late(scope: Scope) -> Iterator[Row]:
    """Yield a finding if the first simulated day is long after the reference date of gangs."""
    begun = scope.first_day - scope.warmup_days
    if scope.gangs_as_on is None or (late := begun - scope.gangs_as_on) <= HALF_A_YEAR:
        return
    sentence = said(
        "Members of gangs start from their state about {reference}. The first simulated day is "
        "{begun}, {days} days later. So attempts and victims differ from those of a run that starts at the "
        "reference date.",
        reference=day_named(calendar_date(scope.gangs_as_on)),
        begun=day_named(calendar_date(begun)),
        days=amount(late),
    )
    advice = said(
        "Compare policies over the same period, or start earlier: set period.start or a longer period.warmup."
    )
    window = iso((calendar_date(begun), calendar_date(scope.last_day)))
    yield finding("gangs_begin_late", "gangs", window, late, HALF_A_YEAR, sentence, advice)


def outside_draws(scenario: "Scenario", totals: Mapping[str, Any]) -> list[Row]:
    """Return a finding for each total of the headline that lies outside its 90 % interval over the stored draws.

    Then the scenario's own values and its draws tell two stories. ``totals`` are those of a run of the scenario: their
    ``limit`` is the interval of ``stored_answers``, without run-to-run noise.
    """
    stored = stored_answers(scenario)
    if stored is None:
        return []
    window = iso((scenario.spec.period.start, scenario.spec.period.end))
    rows = []
    for name, ends in stored.outside().items():
        low, high = (totals[name] * end for end in ends)
        with telling_in(scenario.spec.terms):
            sentence = said(
                "{value} {quantity}: outside the interval over draws, {interval} ({level} of {number} posterior "
                "draws).",
                quantity=said(HEADLINE[name]),
                value=amount(totals[name]),
                interval=between(low, high),
                level=percent(1 - 2 / TWENTIETHS),
                number=str(stored.draws),
            )
        rows.append(finding("outside_draws", name, window, totals[name], [low, high], sentence))
    return rows


def _of_figures(figures: Sequence[Row], scale: float) -> Iterator[Row]:
    """Find figures outside their tolerance, and reported or simulated values outside a predicted interval."""
    for row in figures:
        reported, simulated, interval, role = row["reported"], row["simulated"], row["interval"], row["role"]
        change = row["name"].endswith(CHANGE)
        name = evidence_named(row["name"].removesuffix(CHANGE))
        low, high = interval or (0.0, 0.0)
        ends = {"reported": reported, "simulated": simulated, "low": low, "high": high}
        words = {
            "figure": said("change of {quantity}", quantity=name) if change else name,
            "first": row["window"][0],
            "last": row["window"][1],
            **{key: _amount(value, change) for key, value in ends.items()},
        }

        def found(kind: str, value: float, limit: object, text: str, row: Row = row, **more: Any) -> Row:
            return finding(kind, row["name"], row["window"], value, limit, text, **more)

        if row["within"] is False:
            sentence = said(FIGURE["tolerance"], **words, role=named(role))
            advice = said("Unless this run is of another policy, fit it again with tocsin calibrate.")
            exact = Fraction(repr(reported))
            room = allowed(row["name"], row["tolerance"], exact, row["standard_error"])
            limit = [float(exact - room), float(exact + room)]
            advised = advice if role == "fitted" else None
            yield found(f"{role}_figure", simulated, limit, sentence, suggestion=advised)
        if interval is None or simulated is None:
            continue
        if role != "context" and isinstance(reported, int | float) and not low <= reported <= high:
            yield found("reported_outside_interval", reported, [low, high], said(FIGURE["reported"], **words))
        # At scale 1 the interval holds run-to-run noise already.
        noise = STANDARD_ERRORS * (row["standard_error"] or 0.0) if scale < 1 else 0.0
        if max(low - simulated, simulated - high) > noise:
            yield found("simulated_outside_interval", simulated, [low, high], said(FIGURE["simulated"], **words))


def _amount(value: float | str | None, change: bool) -> str:
    """Return a value of a figure, or of its change, as people read it."""
    if value is None or isinstance(value, str):
        return value or said("nothing")
    return percent(value) if change else amount(value)


def _of_evidence(evidence: Sequence[Row], scale: float) -> Iterator[Row]:
    """Find internal diagnostics outside the range that evidence gives; evidence by month by stretches of months."""
    for row in evidence:
        if row["within"] is not False:
            continue
        low, high = row["low"], row["high"]
        # Evidence of a window is a stretch of one part.
        parts = row.get("months", [row])
        for stretch in stretches(parts, [part["within"] is False for part in parts]):
            worst = max(stretch, key=lambda part: max(low - part["simulated"], part["simulated"] - high))
            words = {"name": evidence_named(row["name"]), "low": amount(low), "high": amount(high)}
            words["value"] = amount(worst["simulated"])
            window = [stretch[0]["window"][0], stretch[-1]["window"][1]]
            text, month = "period", None
            if "months" in row:
                text, month = "months" if len(stretch) > 1 else "month", worst["month"]
                words["when"] = when([_first_of(part["month"]) for part in stretch])
                words["month"] = month_named(_first_of(month))
            sentence = said(EVIDENCE[text], **words, first=window[0], last=window[1])
            if scale < 1:
                sentence = said(
                    "{finding} At scale {scale} run-to-run noise, or desks with few seats, may be the reason.",
                    finding=sentence,
                    scale=written(f"{scale:g}"),
                )
            of, value = ("evidence", row["name"]), worst["simulated"]
            yield finding(*of, window, value, [low, high], sentence, month=month, thinned=scale < 1)


def _first_of(month: str) -> date:
    return date.fromisoformat(f"{month}-01")
