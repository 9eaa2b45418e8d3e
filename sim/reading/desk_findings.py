"""Findings about desks by month, of the country and of provinces: too high utilisation, and alerts that expire.

In a sampled run small desks have few servers, or a share of one, and so other waits than in the country. Findings about
them say that the scale is the reason.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import partial
from pathlib import Path

from sim.base.rounding import percent, written
from sim.base.words import DESK_LABELS, ContactChannel, End, Tier
from sim.language.dates import month_named
from sim.language.labels import named
from sim.language.spoken import marked, said
from sim.reading.figures import STANDARD_ERRORS, number
from sim.reading.row import Row, finding
from sim.reading.seats import FEW_SEATS, Seats
from sim.reading.stretches import iso_month, long_months, stretches, when, window_of
from sim.store.query import sums
from sim.store.scope import Scope

Place = int | None
"""The code of a province; None is the whole country."""
Shares = dict[tuple[Place, date], tuple[int, int]]
"""A part and its whole, by place and month."""

BUSIEST = Fraction("0.95")
"""Highest utilisation of a desk in a month: assumed. A desk that must answer within the hour cannot exceed it for long
(Erlang's delay formula), and no published desk does."""
MOST_EXPIRED = Fraction("0.05")
"""Highest share of a tier's alerts that expire in a month: assumed. Published desks answer 99 of 100 and more."""
LEAST_DAYS = 7
"""Days of a month that must lie in the period, for a finding about the month."""
WORSE = Fraction("1.1")
"""A province is named in addition to the country if its value is more than this multiple of the country's."""
NAMED = 3
"""The most provinces that are named."""

BUSY = {
    ContactChannel.CALL.label: (
        marked("Utilisation of call desks was {share} {when}"),
        marked("Utilisation of call desks in {places} was {share} {when}"),
    ),
    ContactChannel.VISIT.label: (
        marked("Utilisation of visit desks was {share} {when}"),
        marked("Utilisation of visit desks in {places} was {share} {when}"),
    ),
}
EXPIRED = (
    marked("{share} of {tier} alerts expired before anyone was reached {when}"),
    marked("{share} of {tier} alerts in {places} expired before anyone was reached {when}"),
)


@dataclass(frozen=True)
class Limit:
    """The highest share in a month, and the texts of a finding where it is exceeded.

    ``told`` is about the country, ``told_of`` about ``{places}``; both have ``{share}`` and ``{when}``. ``of`` fills
    their other fields. ``exceeds`` takes a part and its whole.
    """

    kind: str
    subject: str
    most: Fraction
    exceeds: Callable[[int, int], bool]
    told: str
    told_of: str
    of: dict[str, str]
    suggestion: str

    def sentence(self, share: str, when: str, places: str = "") -> str:
        """Return the beginning of the sentence, about the country or about places."""
        return said(self.told_of if places else self.told, share=share, when=when, places=places, **self.of)


def busy_desks(folder: Path, scope: Scope, seats: Seats) -> Iterator[Row]:
    """Yield a finding for each stretch of months of a desk in which its utilisation was too high."""
    rows = sums(folder, "hours", ["month", "province", "channel"], ["busy_ms", "staffed_ms"]).to_pylist()
    for desk in DESK_LABELS:
        key = f"desks.{desk}.staff"
        more = said("Add staff ({key}) or send these desks fewer alerts; tocsin staffing finds how many.", key=key)
        limit = Limit("busy_desk", desk, BUSIEST, _is_too_busy, *BUSY[desk], {}, more)
        own = [row for row in rows if row["channel"] == desk]
        shares = _with_country((row["province"], row["month"], row["busy_ms"], row["staffed_ms"]) for row in own)
        yield from _above(limit, shares, scope, partial(seats.few, [desk]))


def expired_tiers(folder: Path, scope: Scope, seats: Seats) -> Iterator[Row]:
    """Yield a finding for each stretch of months with too many expired alerts of a tier, beyond run-to-run noise."""
    rows = sums(folder, "alerts", ["month", "province", "tier", "end"], ["count"]).to_pylist()
    for tier in Tier.labels():
        key = f"warning.tiers.{tier}"
        more = said("Add staff, extend the deadline or choose another first step ({key}).", key=key)
        limit = Limit("expired", tier, MOST_EXPIRED, _are_too_many, *EXPIRED, {"tier": named(tier)}, more)
        shares = _with_country(
            (row["province"], row["month"], row["count"] if row["end"] == End.EXPIRED.label else 0, row["count"])
            for row in rows
            if row["tier"] == tier
        )
        yield from _above(limit, shares, scope, partial(seats.few, DESK_LABELS))


def _is_too_busy(busy: int, staffed: int) -> bool:
    return busy > BUSIEST * staffed


def _are_too_many(expired: int, alerts: int) -> bool:
    """Return whether too many expired, by more than three standard errors of the share."""
    more = expired - MOST_EXPIRED * alerts
    return more > 0 and more**2 > STANDARD_ERRORS**2 * MOST_EXPIRED * (1 - MOST_EXPIRED) * alerts


def scale_says(scope: Scope) -> str:
    """Return the sentence that says that the scale is the reason."""
    return said(
        "At scale {scale} most of these desks have fewer than {seats} seats, which is at least part of the reason.",
        scale=written(f"{scope.scale:g}"),
        seats=str(FEW_SEATS),
    )


def ended(finding: str, scope: Scope, thinned: bool) -> str:
    """Return a finding as a sentence, with one about the scale if that is the reason."""
    if not thinned:
        return said("{finding}.", finding=finding)
    return said("{finding}. {scale}", finding=finding, scale=scale_says(scope))


def places(codes: Sequence[int], scope: Scope) -> list[str]:
    """Return provinces by name, or by code if a scope has no names."""
    names = dict(zip(scope.provinces, scope.province_names, strict=False))
    return [named(names.get(code, str(code))) for code in codes]


def _with_country(rows: Iterable[tuple[int, date, int, int]]) -> Shares:
    """Add up parts and wholes by province and month, and over all provinces."""
    shares: Shares = {}
    for province, month, part, whole in rows:
        for place in (province, None):
            before = shares.get((place, month), (0, 0))
            shares[place, month] = before[0] + part, before[1] + whole
    return shares


def _above(
    limit: Limit, shares: Shares, scope: Scope, few: Callable[[Sequence[int], Sequence[date]], bool]
) -> Iterator[Row]:
    """Find the stretches of months in which a share is above its limit: in the country, then in provinces only."""
    months = [month for month in long_months(scope, LEAST_DAYS) if (None, month) in shares]
    over: dict[date, dict[int, Fraction]] = {month: {} for month in months}
    for (place, month), share in shares.items():
        if place is not None and month in over and limit.exceeds(*share):
            over[month][place] = Fraction(*share)
    country = [limit.exceeds(*shares[None, month]) for month in months]
    for stretch in stretches(months, country):
        values = {month: Fraction(*shares[None, month]) for month in stretch}
        worst = max(stretch, key=lambda month: values[month])
        worse = [place for place in _ranked(over[worst]) if over[worst][place] > WORSE * values[worst]][:NAMED]
        least, most = (percent(float(find(values.values()))) for find in (min, max))
        how_much = most if least == most else said("{low} to {high}", low=least, high=most)
        sentence = limit.sentence(how_much, when(stretch))
        if len(stretch) > 1:
            sentence = said("{finding}, highest in {month}", finding=sentence, month=month_named(worst))
        if worse:
            among = _with_values(worse, over[worst], scope)
            sentence = said("{finding}; highest in {places}", finding=sentence, places=among)
        yield _row(limit, scope, stretch, (worst, values[worst]), sentence, worse, few([], stretch))
    alone = [bool(over[month]) and not above for month, above in zip(months, country, strict=True)]
    for stretch in stretches(months, alone):
        highest: dict[int, tuple[Fraction, date]] = {}
        for month in stretch:
            for place, value in over[month].items():
                if place not in highest or value > highest[place][0]:
                    highest[place] = value, month
        worst_of = {place: value for place, (value, _) in highest.items()}
        ranked = _ranked(worst_of)
        first, others = ranked[:NAMED], len(ranked) - NAMED
        among = and_more(_with_values(first, worst_of, scope), others)
        times = when(stretch) if len(stretch) == 1 else said("in at least one month {when}", when=when(stretch))
        how_much = said("more than {share}", share=percent(float(limit.most)))
        parts, wholes = (sum(shares[None, month][at] for month in stretch) for at in (0, 1))
        sentence = said(
            "{finding}; in the whole country it was {share}",
            finding=limit.sentence(how_much, times, among),
            share=percent(parts / wholes),
        )
        value, worst = highest[ranked[0]]
        yield _row(limit, scope, stretch, (worst, value), sentence, first, few(first, stretch))


def _ranked(values: dict[int, Fraction]) -> list[int]:
    """Return provinces, the highest value first, those with the same by code."""
    return sorted(values, key=lambda place: (-values[place], place))


def _with_values(codes: Sequence[int], values: dict[int, Fraction], scope: Scope) -> str:
    """Return provinces by name, each with its share."""
    return ", ".join(
        said("{name} ({share})", name=name, share=percent(float(values[code])))
        for name, code in zip(places(codes, scope), codes, strict=True)
    )


def and_more(names: str, others: int) -> str:
    """Return names, and the number of further ones."""
    return said("{names} and {number} more", names=names, number=str(others)) if others > 0 else names


def _row(
    limit: Limit,
    scope: Scope,
    stretch: Sequence[date],
    worst: tuple[date, Fraction],
    sentence: str,
    provinces: Sequence[int],
    thinned: bool,
) -> Row:
    """Return a finding; see ``findings``."""
    return finding(
        limit.kind,
        limit.subject,
        window_of(stretch, scope),
        number(worst[1]),
        number(limit.most),
        ended(f"{sentence[0].upper()}{sentence[1:]}", scope, thinned),
        None if thinned else limit.suggestion,
        month=iso_month(worst[0]),
        provinces=list(provinces),
        thinned=thinned,
    )
