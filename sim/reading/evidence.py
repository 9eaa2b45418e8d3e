"""Internal diagnostics of a run, computed from its stored tables and compared with evidence."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import date
from fractions import Fraction
from math import sqrt
from pathlib import Path
from typing import Any, ClassVar

from sim.base import days as base_days
from sim.base.words import DESK_LABELS, WRITTEN, ContactChannel, Detector, End, EpisodeEnd, Fate, Role, Tier, Truth
from sim.draws.functions import exp
from sim.reading.figures import iso_month, months_of, number, scale_fraction
from sim.reading.quantities import MILLIONTHS, Label, Quantities, Series
from sim.shield.interception import FILTERED
from sim.store.columns import Known, Scope
from sim.store.tables import TABLES

Row = dict[str, Any]
Window = tuple[date, date | None] | None

WORKING_DAY_MS = base_days.DAY_MS // 3
"""A working day of eight hours."""
LOG_2 = 0.6931471805599453
"""The natural logarithm of 2, the width of a bin of losses in log units; computing it here would load compiled code."""
FROM_CARDS = Fate.labels()[Fate.INTERCEPTED :]
"""Fates of attempts that a working card has sent: those that passed the card gate."""
DELIVERED = Fate.labels()[Fate.SITE_BLOCKED :]
"""Fates of attempts that passed the filters."""
MET = Fate.labels()[Fate.UNANSWERED :]
"""Fates of attempts that reached a person."""


class UnknownError(Exception):
    """A quantity has no value: a share of nothing, or of months that the window covers only in part."""


class Inside(Quantities):
    """The daily sums from which diagnostics are computed."""

    tables: ClassVar = {
        "attempts": ("channel", "fate"),
        "alerts": ("tier", "truth", "end"),
        "local_alerts": ("province",),
        "contacts": ("channel", "result"),
        "first_contacts": ("tier", "bin"),
        "hours": ("channel",),
        "outcomes": ("fraud_type", "age_band", "sex"),
        "cases": ("delay_bin", "loss_bin"),
        "flows": ("quantity",),
        "state": ("quantity",),
    }
    views: ClassVar = {"local_alerts": "alerts"}
    only: ClassVar = {
        "state": {"quantity": ["cards_active", "app_adoption"]},
        "local_alerts": {"source": [Detector.LOCAL.label]},
    }


class Span:
    """The sums of a window: days ``first`` to ``last`` of the period, counted from its start, both included."""

    def __init__(self, inside: Inside, first: int, last: int) -> None:
        self.inside = inside
        self.first = first
        self.last = last

    @property
    def days(self) -> int:
        """The number of days of the window."""
        return self.last - self.first + 1

    def by_day(self, table: str, *names: Label, measure: str = "count") -> Series:
        """Return the sums of a table for each day of the window; those of a month are on its first day in the period.

        Labels are in the order of ``Inside.tables``; None stands for any.

        Raises:
            UnknownError: If the table counts by months and the window cuts one.
        """
        if TABLES[self.inside.views.get(table, table)].by_month:
            start, end = self.inside.scope.first_day, self.inside.scope.last_day
            first, last = start + self.first, start + self.last
            if first != max(start, base_days.month_start(first)) or last != min(end, base_days.next_month(last) - 1):
                raise UnknownError
        return self.inside.select(table, *names, measure=measure)[self.first : self.last + 1]

    def sum(self, table: str, *names: Label, measure: str = "count") -> int:
        """Sum a measure over the window; see ``by_day``."""
        return sum(self.by_day(table, *names, measure=measure).tolist())

    def attempts(self, channel: str, fates: Iterable[str]) -> int:
        """Count the attempts of a channel with one of these fates."""
        return sum(self.sum("attempts", channel, fate) for fate in fates)

    def alerts(self, truths: Iterable[str], tier: str | None = None) -> int:
        """Count alerts about one of these truths, of a tier or of all."""
        return sum(self.sum("alerts", tier, truth, None) for truth in truths)

    def months(self) -> list["Span"]:
        """Return the calendar months of the window, each as far as the window covers it."""
        start = self.inside.scope.first_day
        months = months_of(start + self.first, start + self.last)
        return [Span(self.inside, first - start, last - start) for first, last in months.values()]

    def outcome(
        self, measure: str, fraud_type: str | None = None, age_band: str | None = None, sex: str | None = None
    ) -> int:
        """Sum a measure of the outcomes, over all people or some."""
        return self.sum("outcomes", fraud_type, age_band, sex, measure=measure)

    def calls(self) -> int:
        """Count warning calls, each try separately, answered or not."""
        return self.sum("contacts", "call", "answered") + self.sum("contacts", "call", "no_answer")

    def binned(self, table: str, *names: Label) -> list[tuple[int, int]]:
        """Return upper edges, ascending, and counts above 0 of a table whose last label is a bin; None is any label."""
        edges = sorted({key[-2] for key in self.inside.series if key[0] == table and isinstance(key[-2], int)})
        counts = [(edge, self.sum(table, *names, edge)) for edge in edges]
        return [(edge, count) for edge, count in counts if count]

    def losses(self) -> list[tuple[int, int]]:
        """Return the cases of each bin of losses: its upper edge in cents, and their number."""
        return self.binned("cases", None)

    def country(self, amount: int, parts: int = 1) -> Fraction:
        """Scale a sampled amount, in parts of one, up to the country."""
        return Fraction(amount, parts) / scale_fraction(self.inside.scope.scale)


def ratio(part: int, whole: int) -> Fraction:
    """Return part / whole; raises UnknownError if the whole is 0."""
    if whole == 0:
        raise UnknownError
    return Fraction(part, whole)


def reports(span: Span, *edges: int) -> Fraction:
    """Return the share of filed cases whose report delay lies in the bins with these upper edges in ms."""
    return ratio(sum(span.sum("cases", edge, None) for edge in edges), span.sum("cases", None, None))


def loss_median(span: Span) -> Fraction:
    """Return the median loss of filed cases, with a uniform logarithm of losses within its bin."""
    return median(span.losses()) / base_days.CENTS_PER_UNIT


def median(bins: Sequence[tuple[int, int]]) -> Fraction:
    """Return the median of counts in bins that double, with a uniform logarithm within its bin.

    ``bins`` have ascending upper edges, each twice its lower one, and counts.

    Raises:
        UnknownError: If nothing was counted.
    """
    half = Fraction(sum(count for _, count in bins), 2)
    below = 0
    for edge, count in bins:
        if below + count >= half:
            grown = exp(float((half - below) / count) * LOG_2)
            return Fraction(edge, 2) * Fraction(grown)
        below += count
    raise UnknownError


def first_contact(span: Span, tier: str) -> Fraction:
    """Return the median minutes from detection to the start of the first call or visit, of alerts that had one."""
    return median(span.binned("first_contacts", tier)) / base_days.MINUTE_MS


def loss_sigma(span: Span) -> Fraction:
    """Return the standard deviation of the logarithm of filed cases' losses; raises UnknownError without cases.

    It is that of the middles of the bins, less Sheppard's correction: the variance of grouped data is too large by a
    twelfth of the squared width of a bin.
    """
    losses = [((edge // base_days.CENTS_PER_UNIT).bit_length(), count) for edge, count in span.losses()]
    cases = sum(count for _, count in losses)
    mean = ratio(sum(step * count for step, count in losses), cases)
    variance = sum((step - mean) ** 2 * count for step, count in losses) / cases - Fraction(1, 12)
    return Fraction(sqrt(max(variance, Fraction(0))) * LOG_2)


def dropout(span: Span) -> Fraction:
    """Return the share of episodes in which people dropped out, among all that ended or came to a payment."""
    ends = {end: span.outcome(end) for end in EpisodeEnd.labels()}
    return ratio(ends[EpisodeEnd.DROPPED_OUT.label], sum(ends.values()))


def recall(span: Span, channel: str) -> Fraction:
    """Return the share of attempts at a filter that it intercepts."""
    caught = span.attempts(channel, ["intercepted"])
    return ratio(caught, caught + span.attempts(channel, DELIVERED))


def false_blocks(span: Span, channel: str) -> Fraction:
    """Return the share of legitimate traffic in everything that a filter blocks."""
    false = span.sum("flows", f"false_blocks_{channel}")
    return ratio(false, false + span.attempts(channel, ["intercepted"]))


def precision(span: Span, tier: str | None = None) -> Fraction:
    """Return the precision of alerts, of a tier or of all: the share about fraud."""
    fraud = [truth.label for truth in Truth if truth is not Truth.LEGITIMATE]
    return ratio(span.alerts(fraud, tier), span.alerts(Truth.labels(), tier))


def alert_peak_to_mean(span: Span) -> Fraction:
    """Return the ratio of the alerts of the busiest day to those of a mean day."""
    alerts = span.by_day("alerts", None, None, None)
    return ratio(max(int(count) for count in alerts) * span.days, int(alerts.sum()))


def attempts_per_card_day(span: Span) -> Fraction:
    """Return the calls and SMS a day of a working card."""
    sent = span.attempts("call", FROM_CARDS) + span.attempts("sms", FROM_CARDS)
    return ratio(sent * MILLIONTHS, span.sum("state", "cards_active", measure="value"))


def app_users(span: Span) -> Fraction:
    """Return the people of the country who have the app on the last day of the window."""
    share = Fraction(int(span.by_day("state", "app_adoption", measure="value")[-1]), MILLIONTHS)
    return share * span.inside.scope.internet_users


def staff_on_duty(span: Span, channel: str) -> Fraction:
    """Return the mean staff on duty at the desks of the country, day and night."""
    return span.country(span.sum("hours", channel, measure="staffed_ms"), span.days * base_days.DAY_MS)


def utilisation(span: Span, channel: str) -> Fraction:
    """Return the utilisation of desks."""
    return ratio(span.sum("hours", channel, measure="busy_ms"), span.sum("hours", channel, measure="staffed_ms"))


def utilisation_peak(span: Span, channel: str) -> Fraction:
    """Return the utilisation of the busiest of the months in which desks are staffed; UnknownError if none is."""
    found = []
    for month in span.months():
        with suppress(UnknownError):
            found.append(utilisation(month, channel))
    return max(found) if found else utilisation(span, channel)


def contacts_per_instruction(span: Span) -> Fraction:
    """Return messages, answered calls and visits that met their person, per issued alert.

    Each channel counts at most once an alert, as in reports by channel; failed tries do not count.
    """
    messages = sum(span.sum("contacts", channel, None) for channel in ContactChannel.labels()[: len(WRITTEN)])
    talks = span.sum("contacts", "call", "answered") + span.sum("contacts", "visit", "met")
    return ratio(messages + talks, span.sum("alerts", None, None, None))


def ended(end: End) -> "Of":
    """Return the formula of the share of a tier's alerts that ended so, by day of issue."""
    return lambda span, tier: ratio(span.sum("alerts", tier, None, end.label), span.sum("alerts", tier, None, None))


def share_of_suspects(span: Span, role: str) -> Fraction:
    """Return the share of a role among the arrested suspects of all roles."""
    arrested = {one.label: span.sum("flows", one.arrested) for one in Role}
    return ratio(arrested[role], sum(arrested.values()))


Of = Callable[[Span, str], Fraction]
"""A formula of a fraud type, age band, tier, channel, province or role."""
HOUR, HALF_DAY, DAY = base_days.REPORT_DELAYS_MS

OF_ALL: dict[str, Callable[[Span], Fraction]] = {
    "women_among_victims": lambda span: ratio(span.outcome("victims", sex="f"), span.outcome("victims")),
    "cases_per_year": lambda span: span.country(span.outcome("filed"), span.days) * Fraction(base_days.YEAR_DAYS),
    "cases_per_victim": lambda span: ratio(span.outcome("filed"), span.outcome("victims")),
    "loss_mean": lambda span: ratio(span.outcome("filed_loss_cents"), span.outcome("filed")) / base_days.CENTS_PER_UNIT,
    "loss_median": loss_median,
    "loss_sigma": loss_sigma,
    "reports_within_1h": lambda span: reports(span, HOUR),
    "reports_1h_to_12h": lambda span: reports(span, HALF_DAY),
    "reports_12h_to_24h": lambda span: reports(span, DAY),
    "reports_later": lambda span: 1 - reports(span, HOUR, HALF_DAY, DAY),
    "recovered_share_of_losses": lambda span: ratio(span.outcome("recovered_cents"), span.outcome("filed_loss_cents")),
    "dropout_given_engaged": dropout,
    "attempts_per_card_day": attempts_per_card_day,
    "unknown_calls_answered": lambda span: ratio(
        span.attempts("call", ["ignored", "engaged"]), span.attempts("call", MET)
    ),
    "app_users": app_users,
    "alert_peak_to_mean": alert_peak_to_mean,
    "alert_precision": precision,
    "alerts_on_episodes": lambda span: ratio(span.alerts(["episode"]), span.alerts(Truth.labels())),
    # Contacts that reached their person, at most one an alert, per issued alert.
    "call_share_of_alerts": lambda span: ratio(span.sum("contacts", "call", "answered"), span.alerts(Truth.labels())),
    "visit_share_of_alerts": lambda span: ratio(span.sum("contacts", "visit", "met"), span.alerts(Truth.labels())),
    "warning_calls_answered": lambda span: ratio(span.sum("contacts", "call", "answered"), span.calls()),
    "calls_per_staff_day": lambda span: ratio(
        span.calls() * WORKING_DAY_MS, span.sum("hours", "call", measure="staffed_ms")
    ),
    "visits_per_day": lambda span: span.country(span.sum("contacts", "visit", None), span.days),
    "contacts_per_instruction": contacts_per_instruction,
}
"""The formula of each quantity that its whole name means."""

FAMILIES: dict[str, tuple[Of, Sequence[str]]] = {
    "recall": (recall, FILTERED),
    "false_blocks": (false_blocks, FILTERED),
    "alert_precision": (precision, Tier.labels()),
    "staff_on_duty": (staff_on_duty, DESK_LABELS),
    "utilisation": (utilisation, DESK_LABELS),
    "utilisation_peak": (utilisation_peak, DESK_LABELS),
    "expired": (ended(End.EXPIRED), Tier.labels()),
    "reached": (ended(End.REACHED), Tier.labels()),
    "first_contact": (first_contact, Tier.labels()),
}
"""Formulas of quantities named ``FAMILY_LABEL``, and their labels."""

OF_PARTS: dict[str, Of] = {
    "share_of_cases": lambda span, of: ratio(span.outcome("filed", fraud_type=of), span.outcome("filed")),
    "share_of_losses": lambda span, of: ratio(
        span.outcome("filed_loss_cents", fraud_type=of), span.outcome("filed_loss_cents")
    ),
    "share_of_victims": lambda span, of: ratio(span.outcome("victims", age_band=of), span.outcome("victims")),
    "local_alerts_share": lambda span, of: ratio(span.sum("local_alerts", int(of)), span.sum("local_alerts", None)),
    "share_of_suspects": share_of_suspects,
}
"""Formulas of quantities named ``NAME.PART``: a fraud type, age band, province or role."""

FORMULAS = (
    *(*OF_ALL, *OF_PARTS),
    *(f"{family}_{label}" for family, (_, labels) in FAMILIES.items() for label in labels),
)
"""The names of all quantities, those of ``sim.scenario.schema.population``."""


def _value(span: Span, name: str) -> Fraction:
    """Return one of the quantities; raises KeyError for an unknown name, UnknownError if it has no value."""
    plain, _, part = name.partition(".")
    if part:
        return OF_PARTS[plain](span, part)
    if plain in OF_ALL:
        return OF_ALL[plain](span)
    family, _, label = plain.rpartition("_")
    return FAMILIES[family][0](span, label)


def evidence(folder: Path, scope: Scope) -> list[Row]:
    """Compute ``evidence`` of ``run.json`` from the Parquet files of a folder, if the scenario has any."""
    return held(Inside.read(folder, scope)) if scope.evidence else []


def held(inside: Inside) -> list[Row]:
    """Compare all evidence with the sums of a run.

    Returns:
        A row for each piece of evidence, its window closed to two days; ``simulated`` and ``within`` are null where
        ``quantity`` returns None, and ``within`` also for a policy run, which evidence is not about, and for a claim,
        which has ``claimed``. Evidence by month also has its ``months``, and the values of its worst ``month``: the one
        farthest outside the range, or nearest to its ends.
    """
    return [_by_month(inside, known) if known.by_month else _row(inside, known) for known in inside.scope.evidence]


def _row(inside: Inside, known: Known) -> Row:
    """Compare one piece of evidence with the sums of its window."""
    found, _ = _held(inside, known, *_days(inside.scope, known.window))
    return {
        "name": known.name,
        "window": found["window"],
        "simulated": found["simulated"],
        "value": known.value,
        "low": known.low,
        "high": known.high,
        "within": found["within"],
        "basis": known.basis,
        **({"claimed": True} if known.claimed else {}),
    }


def _by_month(inside: Inside, known: Known) -> Row:
    """Compare one piece of evidence with the sums of each month of its window."""
    spans = months_of(*_days(inside.scope, known.window))
    found = {iso_month(month): _held(inside, known, *span) for month, span in spans.items()}
    rooms = {month: room for month, (_, room) in found.items() if room is not None}
    worst = min(rooms, key=lambda month: rooms[month], default=None)
    told = [row["within"] for row, _ in found.values() if row["within"] is not None]
    return {
        **_row(inside, known),
        "simulated": None if worst is None else found[worst][0]["simulated"],
        "within": all(told) if told else None,
        "month": worst,
        "months": [{"month": month, **row} for month, (row, _) in found.items()],
    }


def _held(inside: Inside, known: Known, first: int, last: int) -> tuple[Row, Fraction | None]:
    """Return the value over some days, and how far it is inside the range (negative outside, None if unknown).

    The range is compared as it was written: 0.1 is a tenth, not the nearest double.
    """
    window = base_days.calendar_date(first), base_days.calendar_date(last)
    simulated = quantity(inside, known.name, window)
    row: Row = {"window": [day.isoformat() for day in window], "simulated": None, "within": None}
    if simulated is None:
        return row, None
    room = min(simulated - Fraction(repr(known.low)), Fraction(repr(known.high)) - simulated)
    is_judged = inside.scope.policy_of is None and not known.claimed
    return {**row, "simulated": number(simulated), "within": room >= 0 if is_judged else None}, room


def quantity(inside: Inside, name: str, window: Window) -> Fraction | None:
    """Return one quantity over a window, for the country; raises KeyError for an unknown name.

    The name is one of ``FORMULAS``, some followed by a dot and a fraud type, age band, province or role. The window is
    the whole period if None, the rest of the period without a last day. There is no result (None) if the window is not
    inside the period or cuts a month of a table that counts by months, or if the quantity is a share of nothing.
    """
    scope = inside.scope
    first, last = (day - scope.first_day for day in _days(scope, window))
    if not 0 <= first <= last < scope.days:
        return None
    try:
        return _value(Span(inside, first, last), name)
    except UnknownError:
        return None


def _days(scope: Scope, window: Window) -> tuple[int, int]:
    """Return the day numbers at which a window begins and ends."""
    start, end = window or (None, None)
    return (
        scope.first_day if start is None else base_days.day_number(start),
        scope.last_day if end is None else base_days.day_number(end),
    )
