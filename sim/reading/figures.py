"""Totals and figures of a run, scaled up to the country with exact fractions."""

from collections.abc import Mapping
from fractions import Fraction
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.base.days import HOUR_MS, day_number
from sim.base.money import CENTS_PER_UNIT
from sim.base.words import ContactChannel, End, Fate, Tier, Truth
from sim.language.spoken import ENGLISH, said, speaking
from sim.reading.costs import COST, COST_HIGH, COST_LOW, ENDS, TOTAL, WARNING, added, costs
from sim.reading.quantities import FUNDS_STOPPED, IN_MONEY, WHOLE, Quantities, Series, is_counted
from sim.store.scope import Scope, Target, Window

if TYPE_CHECKING:
    from sim.scenario.schema.figures import Figure

CHANGE = "_change"
FROZEN_FACTOR = "aftermath.stop_payment.frozen_factor"
"""The key that makes funds stopped countable."""
FUNDS = ("funds_returned_money", FUNDS_STOPPED)
"""Effects of stop-payment orders and of banks on funds."""
JUDGED = ("fitted", "predicted")
"""Roles of figures that a run is compared with."""
STANDARD_ERRORS = 3
"""Standard errors of one run that a figure may be off: run-to-run noise exceeds three once in 370 runs."""

Number = int | float
Summary = dict[str, Any]


def summarise(folder: Path, scope: Scope) -> tuple[Summary, list[Summary]]:
    """Compute ``totals`` and ``figures`` of ``run.json`` from the Parquet files of a folder."""
    quantities = Quantities.read(folder, scope)
    return totals(quantities), [figure(quantities, target) for target in scope.targets]


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


def totals(quantities: Quantities) -> Summary:
    """Return the totals over the period by name, some of them by label: counts, hours and money of the country.

    They are divided by the scale, except dens and ringleaders, which are never sampled.
    """
    scale = scale_fraction(quantities.scope.scale)

    def country(series: Series, unit: int = 1) -> Number:
        return number(Fraction(int(series.sum()), unit) / scale)

    def attempts(channel: str | None, fate: str | None) -> Number:
        return country(quantities.select("attempts", channel, fate))

    def alerts(
        source: str | None = None, tier: str | None = None, truth: str | None = None, end: str | None = None
    ) -> Number:
        return country(quantities.select("alerts", source, tier, truth, end))

    def contacts(channel: str, measure: str = "count", unit: int = 1) -> Number:
        return country(quantities.select("contacts", channel, None, None, measure=measure), unit)

    def outcome(measure: str, unit: int = 1) -> Number:
        return country(quantities.select("outcomes", measure=measure), unit)

    def flow(quantity: str) -> Number:
        return country(quantities.flow(quantity))

    def whole_period(name: str) -> Number:
        found = _of_days(quantities, name, slice(None))
        assert found is not None, "all of these are counted"
        return number(found)

    false_blocks = quantities.flow("false_blocks_call") + quantities.flow("false_blocks_sms")
    return {
        "attempts_potential": attempts(None, None),
        "attempts_by_fate": {fate: attempts(None, fate) for fate in Fate.labels()},
        "calls_intercepted": attempts("call", "intercepted"),
        "sms_intercepted": attempts("sms", "intercepted"),
        "alerts_central": alerts(source="central"),
        "alerts_local": alerts(source="local"),
        "alerts_by_tier": {tier: alerts(tier=tier) for tier in Tier.labels()},
        "alerts_by_truth": {truth: alerts(truth=truth) for truth in Truth.labels()},
        "alerts_by_end": {end: alerts(end=end) for end in End.labels()},
        "contacts_by_channel": {channel: contacts(channel) for channel in ContactChannel.labels()},
        "staff_hours_call": contacts("call", "staff_ms", HOUR_MS),
        "staff_hours_visit": contacts("visit", "staff_ms", HOUR_MS),
        "cards_eliminated": flow("cards_eliminated"),
        **({name: flow(name) for name in ("accounts_frozen", "false_freezes")} if quantities.scope.accounts else {}),
        "dens_destroyed": int(quantities.flow("dens_destroyed").sum()),
        "ringleaders_arrested": int(quantities.flow("ringleaders_arrested").sum()),
        "episodes": outcome("episodes"),
        "saved": outcome("saved"),
        "averted": outcome("averted"),
        "held": outcome("held"),
        "held_money": outcome("held_cents", CENTS_PER_UNIT),
        "dropped_out": outcome("dropped_out"),
        "victims": outcome("victims"),
        "loss_money": outcome("loss_cents", CENTS_PER_UNIT),
        "prevented_money": outcome("prevented_cents", CENTS_PER_UNIT),
        "recovered_money": outcome("recovered_cents", CENTS_PER_UNIT),
        **({name: whole_period(name) for name in FUNDS} if quantities.scope.frozen_factor is not None else {}),
        "cases_filed": outcome("filed"),
        "filed_loss_money": outcome("filed_loss_cents", CENTS_PER_UNIT),
        "cases_solved": whole_period("cases_solved"),
        "suspects_arrested": whole_period("suspects_arrested"),
        "false_blocks": country(false_blocks),
        **_costs(quantities),
    }


def _costs(quantities: Quantities) -> Summary:
    """Return the costs of a run, and those of its warnings per unit of losses prevented and per victim averted.

    One run does not count money and people that other layers spare, so these ratios exclude education.

    Returns:
        By part ``cost_money`` and, at the ends of all prices, ``cost_money_low`` and ``cost_money_high``; by end of the
        prices ``cost_per_prevented_money``, ``cost_per_saved`` (per person stopped before a payment) and
        ``cost_per_averted``, None if there is none. Empty if the scenario has no prices.
    """
    scale = scale_fraction(quantities.scope.scale)
    parts = costs(quantities, scale)
    if not parts:
        return {}
    warnings = added({name: cost for name, cost in parts.items() if name != TOTAL}, WARNING)

    def by_each(measure: str, unit: int) -> Summary | None:
        saved = Fraction(int(quantities.select("outcomes", measure=measure).sum()), unit) / scale
        return {end: number(warnings[end] / saved) for end in ENDS} if saved and warnings is not None else None

    by_end = zip((COST, COST_LOW, COST_HIGH), ENDS, strict=True)
    return {
        **{
            key: {name: None if cost is None else number(cost[end]) for name, cost in parts.items()}
            for key, end in by_end
        },
        "cost_per_prevented_money": by_each("prevented_cents", CENTS_PER_UNIT),
        "cost_per_saved": by_each("saved", 1),
        "cost_per_averted": by_each("averted", 1),
    }


def figure(quantities: Quantities, target: Target) -> Summary:
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
        if scope.policy_of is None and target.role in JUDGED:
            within = _within(target, simulated, reported, error)
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
    if known is None or scale == 1 or target.name.removesuffix(CHANGE) in WHOLE:
        return known
    sampling = known if target.sampling_error is None else target.sampling_error
    return sqrt(known * known + sampling * sampling * (1 / scale - 1))


def error_of_whole(error: float, target: "Target | Figure", scale: float) -> float:
    """Return the standard error of a run of the whole country, as scenarios state it, from that at a scale.

    The inverse of ``standard_error``, but at least the part from drawing people and attempts.
    """
    if target.name.removesuffix(CHANGE) in WHOLE:
        return error
    if target.sampling_error is None:
        return error * sqrt(scale)
    sampling = target.sampling_error * target.sampling_error
    return sqrt(max(error * error - sampling * (1 / scale - 1), sampling))


def amount(quantities: Quantities, name: str, window: Window, base: Window | None = None) -> Fraction | None:
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
    one = Fraction(1, CENTS_PER_UNIT if name.partition(".")[0] in IN_MONEY else 1)
    return one if name in WHOLE else one / scale_fraction(scale)


def uncounted(scope: Scope) -> list[str]:
    """Return a warning for each target that the model does not count, in the language that is spoken."""
    names = dict.fromkeys(target.name for target in scope.targets if not isinstance(target.value, str))
    lines = []
    for name in names:
        known = is_counted(name.removesuffix(CHANGE), scope)
        if name.removesuffix(CHANGE) == FUNDS_STOPPED and not known:
            text = said(
                "figure {name}: the scenario has no {key}, so it has no simulated value", name=name, key=FROZEN_FACTOR
            )
            lines.append(text)
        elif not known:
            lines.append(
                said("figure {name}: the model counts no such quantity, so it has no simulated value", name=name)
            )
    return lines


def uncounted_in_english(scope: Scope) -> list[str]:
    """Return the same in English, as it is stored."""
    with speaking(ENGLISH):
        return uncounted(scope)


def iso(window: Window) -> list[str | None]:
    """Return both days of a window for JSON."""
    return [None if day is None else day.isoformat() for day in window]


def _within(target: Target, simulated: Fraction, reported: Fraction, error: float | None) -> bool | None:
    """Return whether a figure is within its tolerance or within run-to-run noise; None without a tolerance."""
    if target.tolerance is None:
        return None
    allowed = Fraction(repr(target.tolerance))
    if not target.name.endswith(CHANGE):
        allowed *= abs(reported)
    by_chance = STANDARD_ERRORS * Fraction(repr(error or 0))
    return abs(simulated - reported) <= max(allowed, by_chance)


def _sum(quantities: Quantities, name: str, window: Window) -> Fraction | None:
    """Sum a quantity over a window (both days included) for the country; None outside the period."""
    days = days_of(quantities.scope, window)
    return None if days is None else _of_days(quantities, name, days)


def _of_days(quantities: Quantities, name: str, days: slice) -> Fraction | None:
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
