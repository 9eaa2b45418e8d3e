"""Totals and figures of a run, scaled up to the country with exact fractions, and requests for other windows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import sqrt
from typing import TYPE_CHECKING, Any

from sim.base.days import CENTS_PER_UNIT, HOUR_MS, calendar_date, day_number, month_start, next_month
from sim.base.failures import RefusedError
from sim.base.words import DESK_LABELS, ContactChannel, End, Fate, Tier, Truth
from sim.language import marked, said
from sim.reading import quantities as reading_quantities
from sim.shield.interception import FILTERED
from sim.store.columns import Scope, Target, Window
from sim.store.tables import FLOW_QUANTITIES

if TYPE_CHECKING:
    from sim.scenario.schema.population import Figure

CHANGE = "_change"
FROZEN_FACTOR = "aftermath.stop_payment.frozen_factor"
"""The key that makes funds stopped countable."""
FUNDS = ("funds_returned_money", reading_quantities.FUNDS_STOPPED)
"""Effects of stop-payment orders and of banks on funds."""
JUDGED = ("fitted", "predicted")
"""Roles of figures that a run is compared with."""
STANDARD_ERRORS = 3
"""Standard errors of one run that a figure may be off: run-to-run noise exceeds three once in 370 runs."""

Number = int | float
Summary = dict[str, Any]


def flat(totals: Summary) -> Summary:
    """Return flat totals: the parts of ``attempts_by_fate`` become ``attempts_by_fate.engaged`` and so on."""
    found: Summary = {}
    for key, value in totals.items():
        if isinstance(value, dict):
            found.update({f"{key}.{label}": amount for label, amount in value.items()})
        else:
            found[key] = value
    return found


def number(value: Fraction) -> Number:
    """Return a fraction as a JSON number: an integer if it is one, else the nearest double."""
    return value.numerator if value.denominator == 1 else float(value)


def scale_fraction(scale: float) -> Fraction:
    """Return the scale as the decimal fraction that was written: 3e-05 is 3/100000, not the nearest double."""
    return Fraction(repr(scale))


def totals(quantities: reading_quantities.Quantities) -> Summary:
    """Return the totals over the period by name, some of them by label: counts, hours and money of the country.

    They are divided by the scale, except dens and ringleaders, which are never sampled.
    """
    scope = quantities.scope
    scale = scale_fraction(scope.scale)

    def country(table: str, *labels: str | None, measure: str = "count", one: int = 1) -> Number:
        return number(Fraction(int(quantities.select(table, *labels, measure=measure).sum()), one) / scale)

    def happened(*names: str) -> Summary:
        return {name: number(int(quantities.happened(name).sum()) * unit(name, scope.scale)) for name in names}

    def settled(*names: str) -> Summary:
        return {name: number(_of_days(quantities, name, slice(None)) or Fraction(0)) for name in names}

    blocked = sum(int(quantities.flow(f"false_blocks_{channel}").sum()) for channel in FILTERED)
    return {
        **happened("attempts_potential"),
        "attempts_by_fate": {fate: country("attempts", None, fate) for fate in Fate.labels()},
        **happened("calls_intercepted", "sms_intercepted", "alerts_central", "alerts_local"),
        "alerts_by_tier": {tier: country("alerts", None, tier, None, None) for tier in Tier.labels()},
        "alerts_by_truth": {truth: country("alerts", None, None, truth, None) for truth in Truth.labels()},
        "alerts_by_end": {end: country("alerts", None, None, None, end) for end in End.labels()},
        "contacts_by_channel": {way: country("contacts", way, None, None) for way in ContactChannel.labels()},
        **{
            f"staff_hours_{desk}": country("contacts", desk, None, None, measure="staff_ms", one=HOUR_MS)
            for desk in DESK_LABELS
        },
        **happened("cards_eliminated", *(("accounts_frozen", "false_freezes") if scope.accounts else ())),
        **happened("dens_destroyed", "ringleaders_arrested", "episodes", "saved", "averted", "held", "held_money"),
        **happened("dropped_out", "victims", "loss_money", "prevented_money", "recovered_money"),
        **settled(*(FUNDS if scope.frozen_factor is not None else ())),
        **happened("cases_filed", "filed_loss_money"),
        **settled("cases_solved", "suspects_arrested"),
        "false_blocks": number(Fraction(blocked) / scale),
        **_costs(quantities),
    }


def _costs(quantities: reading_quantities.Quantities) -> Summary:
    """Return the costs of a run, and those of its warnings per unit of losses prevented and per victim averted.

    One run does not count money and people that other layers spare, so these ratios exclude education.

    Returns:
        By part ``cost_money`` and, at the ends of all prices, ``cost_money_low`` and ``cost_money_high``; by end of the
        prices ``cost_per_prevented_money``, ``cost_per_saved`` (per person stopped before a payment) and
        ``cost_per_averted``, None if there is none. Empty if the scenario has no prices.
    """
    scale = scale_fraction(quantities.scope.scale)
    parts = reading_quantities.costs(quantities, scale)
    if not parts:
        return {}
    warnings = reading_quantities.added(
        {name: cost for name, cost in parts.items() if name != reading_quantities.TOTAL}, reading_quantities.WARNING
    )

    def by_each(name: str) -> Summary | None:
        spared = int(quantities.happened(name).sum()) * unit(name, quantities.scope.scale)
        return {end: number(warnings[end] / spared) for end in reading_quantities.ENDS} if spared else None

    return {
        **{
            key: {name: number(cost[end]) for name, cost in parts.items()}
            for key, end in zip(
                (reading_quantities.COST, reading_quantities.COST_LOW, reading_quantities.COST_HIGH),
                reading_quantities.ENDS,
                strict=True,
            )
        },
        **{f"{reading_quantities.COST_RATIO}{name}": by_each(name) for name in ("prevented_money", "saved", "averted")},
    }


def figure(quantities: reading_quantities.Quantities, target: Target) -> Summary:
    """Return a row of ``figures`` in ``run.json``: one reported figure compared with the run.

    ``simulated`` is null if the model has no such quantity, the window (or base) is not inside the period, or the base
    of a change is zero; ``ratio`` also if nothing is reported; ``within`` also without a tolerance, for an input or
    context, and for a policy run, which reported figures are not about. ``standard_error`` is that of this run, at its
    scale.
    """
    simulated = amount(quantities, target.name, target.window, target.base)
    reported = None if isinstance(target.value, str) or target.value is None else Fraction(repr(target.value))
    ratio = within = None
    scope = quantities.scope
    error = standard_error(target, scope.scale)
    if simulated is not None and reported is not None:
        ratio = simulated / reported if reported else None
        if scope.policy_of is None and target.role in JUDGED and target.tolerance is not None:
            within = abs(simulated - reported) <= allowed(target.name, target.tolerance, reported, error)
    return {
        "name": target.name,
        "window": iso(target.window),
        "role": target.role,
        "reported": target.value,
        "simulated": None if simulated is None else number(simulated),
        "ratio": None if ratio is None else number(ratio),
        "tolerance": target.tolerance,
        "standard_error": error,
        "interval": None if target.interval is None else list(target.interval),
        "within": within,
    }


def standard_error(target: Target, scale: float) -> float | None:
    """Return the standard error of one run at a scale; None if unknown.

    The part from drawing people and attempts is larger by the root of 1 / scale in a sampled run; dens and ringleaders
    are never sampled, so their part is the same.
    """
    known = target.standard_error
    if known is None or scale == 1 or target.name.removesuffix(CHANGE) in reading_quantities.WHOLE:
        return known
    sampling = known if target.sampling_error is None else target.sampling_error
    return sqrt(known * known + sampling * sampling * (1 / scale - 1))


def error_of_whole(error: float, target: "Target | Figure", scale: float) -> float:
    """Return the standard error of a run of the whole country, as scenarios state it, from that at a scale.

    The inverse of ``standard_error``, but at least the part from drawing people and attempts.
    """
    if target.name.removesuffix(CHANGE) in reading_quantities.WHOLE:
        return error
    if target.sampling_error is None:
        return error * sqrt(scale)
    sampling = target.sampling_error * target.sampling_error
    return sqrt(max(error * error - sampling * (1 / scale - 1), sampling))


def amount(
    quantities: reading_quantities.Quantities, name: str, window: Window, base: Window | None = None
) -> Fraction | None:
    """Return a quantity over a window, for the country; for ``NAME_change`` its ratio to that over ``base``, less 1.

    None if the model has no such quantity, a window is not inside the period, or the base is not above zero.
    """
    if not name.endswith(CHANGE):
        return _sum(quantities, name, window)
    if base is None:
        return None
    name = name.removesuffix(CHANGE)
    later, earlier = _sum(quantities, name, window), _sum(quantities, name, base)
    if later is None or not earlier:
        return None
    return later / earlier - 1


def unit(name: str, scale: float) -> Fraction:
    """Return the size of one simulated count in the country: people, cards and money are scaled, dens are not."""
    one = Fraction(1, CENTS_PER_UNIT if name.partition(".")[0] in reading_quantities.IN_MONEY else 1)
    return one if name in reading_quantities.WHOLE else one / scale_fraction(scale)


def uncounted(scope: Scope) -> list[str]:
    """Return a warning for each target that the model does not count, in the language that is spoken."""
    names = dict.fromkeys(target.name for target in scope.targets if not isinstance(target.value, str))
    lines = []
    for name in (name for name in names if not reading_quantities.is_counted(name.removesuffix(CHANGE), scope)):
        text = marked("figure {name}: the model counts no such quantity, so it has no simulated value")
        if name.removesuffix(CHANGE) == reading_quantities.FUNDS_STOPPED:
            text = marked("figure {name}: the scenario has no {key}, so it has no simulated value")
        lines.append(said(text, name=name, key=FROZEN_FACTOR))
    return lines


def months_of(first: int, last: int) -> dict[date, tuple[int, int]]:
    """Return for each calendar month between two days, by its first day, its first and last day between them."""
    found = {}
    month = month_start(first)
    while month <= last:
        found[calendar_date(month)] = (max(month, first), min(next_month(month) - 1, last))
        month = next_month(month)
    return found


def iso_month(month: date) -> str:
    """Return a month for JSON: 2022-06."""
    return f"{month:%Y-%m}"


def iso(window: Window) -> list[str | None]:
    """Return both days of a window for JSON."""
    return [None if day is None else day.isoformat() for day in window]


def allowed(name: str, tolerance: float, reported: Fraction, error: float | None) -> Fraction:
    """Return how far a figure may be off: its tolerance (a share, but for a change) or run-to-run noise."""
    share = Fraction(repr(tolerance))
    return max(share if name.endswith(CHANGE) else share * abs(reported), STANDARD_ERRORS * Fraction(repr(error or 0)))


def _sum(quantities: reading_quantities.Quantities, name: str, window: Window) -> Fraction | None:
    """Sum a quantity over a window (both days included) for the country; None outside the period."""
    days = days_of(quantities.scope, window)
    return None if days is None else _of_days(quantities, name, days)


def _of_days(quantities: reading_quantities.Quantities, name: str, days: slice) -> Fraction | None:
    """Sum a quantity over days of the period for the country; None if it is not counted."""
    terms = quantities.figure(name)
    if terms is None:
        return None
    whole = sum((weight * int(series[days].sum()) for weight, series in terms), Fraction(0))
    return whole * unit(name, quantities.scope.scale)


def days_of(scope: Scope, window: Window) -> slice | None:
    """Return the days of a window, counted from the start of the period; None if it is not inside."""
    if window[1] is None:
        return None
    start, end = day_number(window[0]) - scope.first_day, day_number(window[1]) - scope.first_day
    return slice(start, end + 1) if 0 <= start <= end < scope.days else None


def distance(row: "Mapping[str, Any]") -> str:
    """Return how far an expectation is off: as a share of the reported value; for a change, the difference."""
    if row["off"] is None:
        return ""
    return f"{row['off']:+.4f}" if f"{CHANGE}@" in row["figure"] else f"{row['off']:+.2%}"


def yes_or_no(within: bool | None) -> str:
    """Return whether a figure is within its allowance, in an English word; empty if unknown."""
    return {None: "", True: "yes", False: "no"}[within]


Days = tuple[date, date]
"""First and last day, both included."""

SPAN = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
WINDOWS = "use START..END, or one day 2022-01-31, month 2022-01 or year 2022"


class AskedError(RefusedError, ValueError):
    """A request that this run cannot answer: what is wrong and what to use, in one line."""


@dataclass(frozen=True)
class Asked:
    """A quantity over a window, in a province or the country; ``base`` is the earlier window of a change."""

    name: str
    window: Days
    base: Days | None = None
    province: str | None = None

    def answer(self, quantities: reading_quantities.Quantities) -> int | float | None:
        """Return a count, money (``..._money``, ``losses``), cents (``..._cents``) or, for a change, a fraction.

        A change whose base is zero has none (None).
        """
        simulated = amount(quantities, self.name, self.window, self.base)
        return None if simulated is None else number(simulated)

    def row(self, quantities: reading_quantities.Quantities) -> dict[str, object]:
        """Return request and answer for JSON."""
        return {
            **({} if self.province is None else {"province": self.province}),
            "name": self.name,
            "window": iso(self.window),
            "base": None if self.base is None else iso(self.base),
            "simulated": self.answer(quantities),
        }


def read(text: str, scope: Scope, code: int | None = None) -> Asked:
    """Return a request as it is typed; raises AskedError for one that this run cannot answer.

    It is ``NAME``, ``NAME@WINDOW`` or ``NAME_change@WINDOW/BASE``; without a window it covers the whole period.
    """
    name, at, windows = text.partition("@")
    later, slash, earlier = windows.partition("/")
    demand_name(name, scope)
    window = _window(name, later) if at else period(scope)
    return ask(name, window, _window(name, earlier) if slash else None, scope, code)


def ask(name: str, window: Days, base: Days | None, scope: Scope, code: int | None = None) -> Asked:
    """Return the request, for the country or the code of a province, if this run can answer it; raises AskedError."""
    demand_name(name, scope)
    if name.endswith(CHANGE) and base is None:
        raise AskedError(f"{name}: needs two windows; use {name}@WINDOW/BASE, such as @2022/2021")
    if base is not None and not name.endswith(CHANGE):
        raise AskedError(f"{name}: cannot have two windows; use one, or {name}{CHANGE} for the change between two")
    first, last = period(scope)
    for start, end in (window, base or window):
        shown = f"{name}: {start}..{end}"
        if end < start:
            raise AskedError(f"{shown} must not end before it starts")
        if start < first or end > last:
            raise AskedError(f"{shown} must lie in the period of the run, {first} to {last}")
    if code is None:
        return Asked(name, window, base)
    flows = {flow.name: flow.of for flow in FLOW_QUANTITIES}
    if flows.get(name.removesuffix(CHANGE), reading_quantities.PROVINCE) != reading_quantities.PROVINCE:
        raise AskedError(f"{name}: is not counted by province; use it without a province")
    return Asked(name, window, base, dict(zip(scope.provinces, scope.province_names, strict=True))[code])


def demand_name(name: str, scope: Scope) -> None:
    """Raise AskedError unless a run counts a quantity of this name, or the quantity of this change."""
    from sim.scenario.errors import found, nearest

    if not reading_quantities.is_counted(name.removesuffix(CHANGE), scope):
        counted = reading_quantities.counted_in(scope)
        allowed = (
            f"use one of these, each also as NAME{CHANGE}, those of people and their money also as NAME.TYPE and "
            f"NAME.BAND (fraud type, age band), cases also as {reading_quantities.CASES}.CHANNEL: {', '.join(counted)}"
        )
        if name.removesuffix(CHANGE) == reading_quantities.FUNDS_STOPPED:
            raise AskedError(f"{name}: needs {FROZEN_FACTOR}, which the scenario does not give; {allowed}")
        near = nearest(name, counted)
        hint = f"did you mean '{near}'? " if near else ""
        raise AskedError(f"{found(name)} is not a quantity; {hint}{allowed}")


def period(scope: Scope) -> Days:
    """Return the first and last day of a run."""
    return calendar_date(scope.first_day), calendar_date(scope.last_day)


def span(text: str) -> Days:
    """Return the first and last day of a day, month or year, such as ``2022-01``; raises ValueError for other texts."""
    if SPAN.fullmatch(text) is None:
        raise ValueError(f"{text} must be a day, month or year")
    parts = [int(part) for part in text.split("-")]
    try:
        first = date(parts[0], *parts[1:], *[1] * (3 - len(parts)))
    except ValueError:
        raise ValueError(f"{text} is not in the calendar; must be a day, month or year") from None
    if len(parts) == 1:
        return first, date(first.year, 12, 31)
    return first, first if len(parts) == 3 else calendar_date(next_month(day_number(first)) - 1)


def _window(name: str, text: str) -> Days:
    """Return the days of ``START..END``, from the first of START to the last of END."""
    from sim.scenario.errors import found

    start, dots, end = text.partition("..")
    try:
        return span(start)[0], span(end if dots else start)[1]
    except ValueError:
        raise AskedError(f"{name}: {found(text)} is not a window; {WINDOWS}") from None
