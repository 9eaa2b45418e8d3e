"""Findings: what needs attention in a run, computed from its stored tables only.

docs/model.md, section 9, defines each kind. In a sampled run small desks have few servers, or a share of one, and so
other waits than in the country: findings about them say that the scale is the reason (``thinned``).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
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
from sim.base.words import DESK_LABELS, ContactChannel, End, Tier
from sim.language.spoken import (
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
from sim.reading.chance import TWENTIETHS
from sim.reading.figures import CHANGE, STANDARD_ERRORS, allowed, iso, iso_month, months_of, number, scale_fraction
from sim.reading.quantities import HEADLINE, MILLIONTHS, by_day_and_place
from sim.reading.stored_answers import stored_answers
from sim.store.columns import Dated, Scope
from sim.store.query import sums

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

CALL, VISIT = ContactChannel.CALL.label, ContactChannel.VISIT.label
BUSY = {
    CALL: (
        marked("Utilisation of call desks was {share} {when}"),
        marked("Utilisation of call desks in {places} was {share} {when}"),
    ),
    VISIT: (
        marked("Utilisation of visit desks was {share} {when}"),
        marked("Utilisation of visit desks in {places} was {share} {when}"),
    ),
}
"""The beginning of a sentence about a desk, of the country and of provinces."""
EXPIRED = (
    marked("{share} of {tier} alerts expired before anyone was reached {when}"),
    marked("{share} of {tier} alerts in {places} expired before anyone was reached {when}"),
)
GROWS = {
    CALL: (
        marked(
            "The queue of call desks grew without end {when}, from a monthly mean of {least} to one of {most} alerts; "
            "every day more alerts waited than were served"
        ),
        marked(
            "The queue of call desks in {places} grew without end {when}, from a monthly mean of {least} to one of "
            "{most} alerts; every day more alerts waited than were served"
        ),
    ),
    VISIT: (
        marked(
            "The queue of visit desks grew without end {when}, from a monthly mean of {least} to one of {most} alerts; "
            "every day more alerts waited than were served"
        ),
        marked(
            "The queue of visit desks in {places} grew without end {when}, from a monthly mean of {least} to one of "
            "{most} alerts; every day more alerts waited than were served"
        ),
    ),
}
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
    seats = Seats(folder, scope)
    rows = [*too_high(folder, scope, seats), *growing_lines(folder, scope, seats)]
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
    known = {(row["kind"], row["subject"]) for row in others}
    return [row for row in rows if (held or row["kind"] not in COMPARED) and (row["kind"], row["subject"]) not in known]


def of_several(runs: Sequence[Sequence[Row]], kind: str) -> list[Row]:
    """Return each finding as in the first run that has it; sentences say in how many ``replicates`` or ``draws``."""
    having: dict[tuple[str, str], int] = {}
    first: dict[tuple[str, str], list[Row]] = {}
    for rows in runs:
        own: dict[tuple[str, str], list[Row]] = {}
        for row in rows:
            own.setdefault((row["kind"], row["subject"]), []).append(row)
        for key, same in own.items():
            having[key] = having.get(key, 0) + 1
            first.setdefault(key, same)
    return [
        {**row, "sentence": said(IN_SOME[kind], some=having[key], all=len(runs), finding=row["sentence"])}
        for key, rows in first.items()
        for row in rows
    ]


def told(row: Row) -> str:
    """Return a finding in a sentence, with its suggestion if there is one."""
    if not row["suggestion"]:
        return str(row["sentence"])
    return said("{finding} {suggestion}", finding=row["sentence"], suggestion=row["suggestion"])


class Seats:
    """The most seats of each desk in each month, and its staff time, read when first needed: at full scale never."""

    def __init__(self, folder: Path, scope: Scope) -> None:
        self._folder = folder
        self._scope = scope

    @cached_property
    def _most_and_staffed(self) -> dict[tuple[str, int, date], tuple[float, int]]:
        """The most seats, and the staff time in ms, by desk, code of the province and month."""
        days = {
            (month, of_week): sum(weekday(day) == of_week for day in range(first, last + 1))
            for month, (first, last) in months_of(self._scope.first_day, self._scope.last_day).items()
            for of_week in range(1, 8)
        }
        found: dict[tuple[str, int, date], tuple[float, int]] = {}
        keys = ["month", "province", "channel", "weekday", "half_hour"]
        for row in sums(self._folder, "hours", keys, ["staffed_ms"]).to_pylist():
            key = row["channel"], row["province"], row["month"]
            seats = row["staffed_ms"] / (HALF_HOUR_MS * days[row["month"], row["weekday"]])
            most, staffed = found.get(key, (0.0, 0))
            found[key] = max(seats, most), staffed + row["staffed_ms"]
        return found

    def few(self, desks: Collection[str], provinces: Collection[int], months: Collection[date]) -> bool:
        """Return whether few seats, so the scale, explain what happens at one of these desks; never at full scale.

        Desks with few seats must have more than half of the staff time of the channel. No provinces stand for all.
        """
        if self._scope.scale >= 1:
            return False
        for desk in desks:
            chosen = [
                both
                for (channel, code, month), both in self._most_and_staffed.items()
                if channel == desk and (not provinces or code in provinces) and month in months
            ]
            if 2 * sum(time for most, time in chosen if most < FEW_SEATS) > sum(time for _, time in chosen):
                return True
        return False


@dataclass(frozen=True)
class Limit:
    """The highest share in a month, by place and month as part and whole; no place is the whole country.

    ``texts`` begin a sentence about the country and about ``{places}``; ``of`` fills fields besides ``{share}`` and
    ``{when}``. ``exceeds`` takes a part and its whole.
    """

    kind: str
    subject: str
    most: Fraction
    exceeds: Callable[[int, int], bool]
    texts: tuple[str, str]
    of: Mapping[str, str]
    suggestion: str
    desks: Collection[str]
    shares: Mapping[tuple[int | None, date], tuple[int, int]]


def too_high(folder: Path, scope: Scope, seats: Seats) -> Iterator[Row]:
    """Yield findings about stretches of months: utilisation of a desk, and expired alerts of a tier beyond noise."""
    rows = sums(folder, "hours", ["month", "province", "channel"], ["busy_ms", "staffed_ms"]).to_pylist()
    for desk in DESK_LABELS:
        key = f"desks.{desk}.staff"
        more = said("Add staff ({key}) or send these desks fewer alerts; tocsin staffing finds how many.", key=key)
        shares = _with_country(
            (row["province"], row["month"], row["busy_ms"], row["staffed_ms"]) for row in rows if row["channel"] == desk
        )
        limit = Limit("busy_desk", desk, BUSIEST, _is_too_busy, BUSY[desk], {}, more, [desk], shares)
        yield from _above(limit, scope, seats)
    rows = sums(folder, "alerts", ["month", "province", "tier", "end"], ["count"]).to_pylist()
    for tier in Tier.labels():
        key = f"warning.tiers.{tier}"
        more = said("Add staff, extend the deadline or choose another first step ({key}).", key=key)
        shares = _with_country(
            (row["province"], row["month"], row["count"] if row["end"] == End.EXPIRED.label else 0, row["count"])
            for row in rows
            if row["tier"] == tier
        )
        of = {"tier": named(tier)}
        limit = Limit("expired", tier, MOST_EXPIRED, _are_too_many, EXPIRED, of, more, DESK_LABELS, shares)
        yield from _above(limit, scope, seats)


def _is_too_busy(busy: int, staffed: int) -> bool:
    return busy > BUSIEST * staffed


def _are_too_many(expired: int, alerts: int) -> bool:
    """Return whether too many expired, by more than three standard errors of the share."""
    more = expired - MOST_EXPIRED * alerts
    return more > 0 and more**2 > STANDARD_ERRORS**2 * MOST_EXPIRED * (1 - MOST_EXPIRED) * alerts


def _with_country(rows: Iterable[tuple[int, date, int, int]]) -> dict[tuple[int | None, date], tuple[int, int]]:
    """Add up parts and wholes by province and month, and over all provinces."""
    shares: dict[tuple[int | None, date], tuple[int, int]] = {}
    for province, month, part, whole in rows:
        for place in (province, None):
            before = shares.get((place, month), (0, 0))
            shares[place, month] = before[0] + part, before[1] + whole
    return shares


def _above(limit: Limit, scope: Scope, seats: Seats) -> Iterator[Row]:
    """Find the stretches of months in which a share is above its limit: in the country, then in provinces only."""
    shares = limit.shares
    months = [month for month in long_months(scope, WEEK) if (None, month) in shares]
    over: dict[date, dict[int, Fraction]] = {month: {} for month in months}
    for (place, month), share in shares.items():
        if place is not None and month in over and limit.exceeds(*share):
            over[month][place] = Fraction(*share)

    def row(stretch: list[date], month: date, value: Fraction, sentence: str, worst: list[int], thinned: bool) -> Row:
        return finding(
            limit.kind,
            limit.subject,
            window_of(stretch, scope),
            number(value),
            number(limit.most),
            ended(f"{sentence[0].upper()}{sentence[1:]}", scope, thinned),
            None if thinned else limit.suggestion,
            month=iso_month(month),
            provinces=worst,
            thinned=thinned,
        )

    country = [limit.exceeds(*shares[None, month]) for month in months]
    for stretch in stretches(months, country):
        values = {month: Fraction(*shares[None, month]) for month in stretch}
        worst = max(stretch, key=lambda month: values[month])
        worse = [place for place in _ranked(over[worst]) if over[worst][place] > WORSE * values[worst]][:NAMED]
        least, most = (percent(float(find(values.values()))) for find in (min, max))
        how_much = most if least == most else said("{low} to {high}", low=least, high=most)
        sentence = said(limit.texts[0], share=how_much, when=when(stretch), **limit.of)
        if len(stretch) > 1:
            sentence = said("{finding}, highest in {month}", finding=sentence, month=month_named(worst))
        if worse:
            among = _with_values(worse, over[worst], scope)
            sentence = said("{finding}; highest in {places}", finding=sentence, places=among)
        yield row(stretch, worst, values[worst], sentence, worse, seats.few(limit.desks, [], stretch))
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
        among = and_more(_with_values(first, worst_of, scope), len(ranked) - NAMED)
        times = when(stretch) if len(stretch) == 1 else said("in at least one month {when}", when=when(stretch))
        how_much = said("more than {share}", share=percent(float(limit.most)))
        parts, wholes = (sum(shares[None, month][at] for month in stretch) for at in (0, 1))
        sentence = said(
            "{finding}; in the whole country it was {share}",
            finding=said(limit.texts[1], share=how_much, when=times, places=among, **limit.of),
            share=percent(parts / wholes),
        )
        value, worst = highest[ranked[0]]
        yield row(stretch, worst, value, sentence, first, seats.few(limit.desks, first, stretch))


def _ranked(values: Mapping[int, Fraction]) -> list[int]:
    """Return provinces, the highest value first, those with the same by code."""
    return sorted(values, key=lambda place: (-values[place], place))


def _with_values(codes: Sequence[int], values: Mapping[int, Fraction], scope: Scope) -> str:
    """Return provinces by name, each with its share."""
    names = zip(places(codes, scope), codes, strict=True)
    return ", ".join(said("{name} ({share})", name=name, share=percent(float(values[code]))) for name, code in names)


def ended(finding: str, scope: Scope, thinned: bool) -> str:
    """Return a finding as a sentence, with one about the scale if that is the reason."""
    if not thinned:
        return said("{finding}.", finding=finding)
    scale = said(
        "At scale {scale} most of these desks have fewer than {seats} seats, which is at least part of the reason.",
        scale=written(f"{scope.scale:g}"),
        seats=str(FEW_SEATS),
    )
    return said("{finding}. {scale}", finding=finding, scale=scale)


def places(codes: Sequence[int], scope: Scope) -> list[str]:
    """Return provinces by name, or by code if a scope has no names."""
    names = dict(zip(scope.provinces, scope.province_names, strict=False))
    return [named(names.get(code, str(code))) for code in codes]


def and_more(names: str, others: int) -> str:
    """Return names, and the number of further ones."""
    return said("{names} and {number} more", names=names, number=str(others)) if others > 0 else names


def long_months(scope: Scope, days: int) -> dict[date, tuple[int, int]]:
    """Return the months of ``months_of`` with at least this number of days in a period."""
    every = months_of(scope.first_day, scope.last_day)
    return {month: (first, last) for month, (first, last) in every.items() if last - first + 1 >= days}


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


def window_of(months: Sequence[date], scope: Scope) -> list[str]:
    """Return the first and last day of consecutive months within the period, for JSON."""
    spans = months_of(scope.first_day, scope.last_day)
    return [calendar_date(day).isoformat() for day in (spans[months[0]][0], spans[months[-1]][1])]


def growing_lines(folder: Path, scope: Scope, seats: Seats) -> Iterator[Row]:
    """Yield a finding for each desk whose queue grew from month to month up to the period's end and was never empty.

    It is about the country or, if its queue does not grow, about the provinces whose queues do.
    """
    for desk in DESK_LABELS:
        levels = by_day_and_place(folder, "state", "value", scope, {"quantity": [f"line_{desk}"]})
        line = np.rint(levels * MILLIONTHS).astype(np.int64)
        served = by_day_and_place(folder, "contacts", "count", scope, {"channel": [desk]})
        provinces: list[int] = []
        whole = line.sum(axis=1)
        months = growing(whole, served.sum(axis=1), scope)
        if not months:
            own = [growing(line[:, at], served[:, at], scope) for at in range(len(scope.provinces))]
            provinces = [code for code, grew in zip(scope.provinces, own, strict=True) if grew]
            months = max(own, key=len)
            whole = line[:, [at for at, grew in enumerate(own) if grew]].sum(axis=1)
        if months:
            yield _growing(desk, scope, months, whole, provinces, seats.few([desk], provinces, months))


def growing(line: Daily, served: Daily, scope: Scope) -> list[date]:
    """Return the months up to the end of a period in which a queue grew without end; none if there are below three.

    Each of them has a longer queue than the month before, by more than three standard errors of the difference of their
    means, which are taken over weeks. And every day more alerts waited, in the mean of the day (``line``, in
    millionths), than the desk ``served``: if the queue had been empty at any moment, no more could have waited than
    came or went that day.
    """
    found: list[date] = []
    after: tuple[Fraction, Fraction] | None = None
    for month, (first, last) in reversed(long_months(scope, 2 * WEEK).items()):
        days = slice(first - scope.first_day, last - scope.first_day + 1)
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


def _mean_and_error(days: Daily) -> tuple[Fraction, Fraction]:
    """Return the mean of a queue over the whole weeks of some days, and the square of its standard error."""
    weeks = [Fraction(int(days[at : at + WEEK].sum()), WEEK) for at in range(0, len(days) - WEEK + 1, WEEK)]
    mean = sum(weeks) / Fraction(len(weeks))
    return mean, sum((week - mean) ** 2 for week in weeks) / Fraction(len(weeks) * (len(weeks) - 1))


def _growing(desk: str, scope: Scope, months: Sequence[date], line: Daily, provinces: list[int], thinned: bool) -> Row:
    """Return the finding about a queue that grew in these months."""
    spans = long_months(scope, 2 * WEEK)
    ends = []
    for first, last in (spans[months[0]], spans[months[-1]]):
        total = int(line[first - scope.first_day : last - scope.first_day + 1].sum())
        ends.append(Fraction(total, MILLIONTHS * (last - first + 1)) / scale_fraction(scope.scale))
    shown = provinces[:NAMED]
    among = and_more(", ".join(places(shown, scope)), len(provinces) - NAMED)
    least, most = (amount(float(end)) for end in ends)
    sentence = said(GROWS[desk][bool(provinces)], places=among, when=when(months), least=least, most=most)
    more = said("Add staff ({key}) or send these desks fewer alerts.", key=f"desks.{desk}.staff")
    return finding(
        "growing_line",
        desk,
        window_of(months, scope),
        number(ends[1]),
        number(ends[0]),
        ended(sentence, scope, thinned),
        None if thinned else more,
        month=iso_month(months[-1]),
        provinces=shown,
        thinned=thinned,
    )


def about_measures(scope: Scope) -> Iterator[Row]:
    """Yield all findings about the measures of a scenario.

    A window outside the period is allowed, since a scenario may be an extract of a longer one. But a policy that never
    starts changes nothing, and its user must know why. And a period that continues after the last measure of its kind
    has ended simulates another policy from that day on.
    """
    yield from measures_outside(scope)
    yield from measures_over(scope)


def measures_outside(scope: Scope) -> Iterator[Row]:
    """Yield a finding for each measure that is not in force on any day of the period, or whose window is cut.

    A window is cut where it ends after the period; and where it begins before the first simulated day, if what the
    measure does is counted and spread over all of its days. An end that is open is not cut.
    """
    start, end, begun = map(calendar_date, (scope.first_day, scope.last_day, scope.first_day - scope.warmup_days))
    for measure in scope.measures:
        first, last = measure.window
        kind, simulated = "measure_outside_period", 0
        if first > end:
            text = "begins_after"
        elif last is None:
            continue
        elif last < start:
            text = "ends_before"
        elif last > end or (measure.spread and first < begun):
            kind, text = "measure_cut", "spread" if measure.spread else "cut"
            simulated = (min(last, end) - max(first, begun)).days + 1
        else:
            continue
        whole = 1 if last is None else (last - first).days + 1
        words = {"name": measure.name, "days": amount(simulated), "whole": amount(whole), "first": day_named(first)}
        words |= {"last": day_named(last or first), "start": day_named(start), "end": day_named(end)}
        suggestion = said(
            "See the days in force of the measure {name} (measures.{name}.window) and the simulated days (period).",
            name=measure.name,
        )
        window = iso(measure.window)
        yield finding(kind, measure.name, window, simulated, whole, said(MEASURE[text], **words), suggestion)


def measures_over(scope: Scope) -> Iterator[Row]:
    """Yield a finding for each kind of measure that was in force for a good part of the period, but not at its end.

    It is about the measure that ended last. Measures are of one kind if they are directed at the same target, channel,
    detector or region. Outages and repatriations are left out: nobody expects them to follow one another.
    """
    kinds: dict[tuple[str, str], list[Dated]] = {}
    for measure in scope.measures:
        if measure.lasting:
            kinds.setdefault((measure.kind, measure.about), []).append(measure)
    for alike in kinds.values():
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
            continue
        measure = ends[end]
        window = calendar_date(end + 1), calendar_date(scope.last_day)
        words = {"name": measure.name, "last": day_named(calendar_date(end)), "kind": named(measure.kind)}
        words |= {"days": amount(without), "start": day_named(window[0]), "end": day_named(window[1])}
        sentence = said(
            MEASURE["over_of" if measure.about else "over"], **words, about=named(measure.about or measure.kind)
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
        if name not in totals:  # runs of older versions lack some
            continue
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
        of = row["name"], row["window"]
        name = evidence_named(row["name"].removesuffix(CHANGE))
        words = {
            "figure": said("change of {quantity}", quantity=name) if row["name"].endswith(CHANGE) else name,
            "first": row["window"][0],
            "last": row["window"][1],
            "reported": _amount(row, reported),
            "simulated": _amount(row, simulated),
        }
        if row["within"] is False:
            sentence = said(FIGURE["tolerance"], **words, role=named(role))
            advice = said("Unless this run is of another policy, fit it again with tocsin calibrate.")
            limit = _allowed(row)
            yield finding(f"{role}_figure", *of, simulated, limit, sentence, advice if role == "fitted" else None)
        if interval is None or simulated is None:
            continue
        low, high = interval
        words |= {"low": _amount(row, low), "high": _amount(row, high)}
        if role != "context" and isinstance(reported, int | float) and not low <= reported <= high:
            sentence = said(FIGURE["reported"], **words)
            yield finding("reported_outside_interval", *of, reported, [low, high], sentence)
        # At scale 1 the interval holds run-to-run noise already.
        noise = STANDARD_ERRORS * (row["standard_error"] or 0.0) if scale < 1 else 0.0
        if max(low - simulated, simulated - high) > noise:
            sentence = said(FIGURE["simulated"], **words)
            yield finding("simulated_outside_interval", *of, simulated, [low, high], sentence)


def _allowed(row: Row) -> list[float]:
    """Return the interval that a figure with a tolerance must be in, run-to-run noise included."""
    reported = Fraction(repr(row["reported"]))
    room = allowed(row["name"], row["tolerance"], reported, row["standard_error"])
    return [float(reported - room), float(reported + room)]


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
            yield finding(
                "evidence",
                row["name"],
                window,
                worst["simulated"],
                [low, high],
                sentence,
                month=month,
                thinned=scale < 1,
            )


def _first_of(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _amount(row: Row, value: float | int | str | None) -> str:
    """Return a value of a figure as people read it."""
    if value is None or isinstance(value, str):
        return value or said("nothing")
    return percent(value) if row["name"].endswith(CHANGE) else amount(value)
