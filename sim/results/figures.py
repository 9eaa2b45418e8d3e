"""Totals and figures of a run, scaled up to the country with exact fractions."""

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from sim import labels
from sim.days import day_number
from sim.results.quantities import WHOLE, Quantities, Series
from sim.results.scope import Scope, Target

HOUR_MS = 3_600_000
FEN_PER_YUAN = 100
CHANGE = "_change"

Number = int | float
Summary = dict[str, Any]


def summarise(folder: Path, scope: Scope) -> tuple[Summary, list[Summary]]:
    """Compute ``totals`` and ``figures`` of ``run.json`` from the Parquet files of a folder."""
    quantities = Quantities.read(folder, scope)
    return totals(quantities), [figure(quantities, target) for target in scope.targets]


def number(value: Fraction) -> Number:
    """Give a fraction as a JSON number: an integer where it is one, else the nearest double."""
    return value.numerator if value.denominator == 1 else float(value)


def scale_fraction(scale: float) -> Fraction:
    """Give the scale as the decimal fraction that was written: 3e-05 is 3/100000, not the nearest double."""
    return Fraction(repr(scale))


def totals(quantities: Quantities) -> Summary:
    """Compute the totals over the period; see the contract for their names.

    Counts, hours and yuan are divided by the scale; dens and ringleaders are whole.
    """
    scale = scale_fraction(quantities.scope.scale)

    def country(series: Series, unit: int = 1) -> Number:
        return number(Fraction(int(series.sum()), unit) / scale)

    def attempts(channel: str | None, fate: str | None) -> Number:
        return country(quantities.select("attempts", channel, fate))

    def alerts(source: str | None = None, tier: str | None = None, end: str | None = None) -> Number:
        return country(quantities.select("alerts", source, tier, end))

    def contacts(channel: str, measure: str = "count", unit: int = 1) -> Number:
        return country(quantities.select("contacts", channel, measure=measure), unit)

    def outcome(measure: str, unit: int = 1) -> Number:
        return country(quantities.select("outcomes", measure=measure), unit)

    def flow(quantity: str) -> Number:
        return country(quantities.flow(quantity))

    false_blocks = quantities.flow("false_blocks_call") + quantities.flow("false_blocks_sms")
    return {
        "attempts_potential": attempts(None, None),
        "attempts_by_fate": {fate: attempts(None, fate) for fate in labels.FATES},
        "calls_intercepted": attempts("call", "intercepted"),
        "sms_intercepted": attempts("sms", "intercepted"),
        "alerts_central": alerts(source="central"),
        "alerts_local": alerts(source="local"),
        "alerts_by_tier": {tier: alerts(tier=tier) for tier in labels.TIERS},
        "alerts_by_end": {end: alerts(end=end) for end in labels.ENDS},
        "contacts_by_channel": {channel: contacts(channel) for channel in labels.CONTACT_CHANNELS},
        "staff_hours_call": contacts("call", "staff_ms", HOUR_MS),
        "staff_hours_visit": contacts("visit", "staff_ms", HOUR_MS),
        "cards_eliminated": flow("cards_eliminated"),
        "dens_destroyed": int(quantities.flow("dens_destroyed").sum()),
        "ringleaders_arrested": int(quantities.flow("ringleaders_arrested").sum()),
        "episodes": outcome("episodes"),
        "saved": outcome("saved"),
        "held": outcome("held"),
        "dropped_out": outcome("dropped_out"),
        "victims": outcome("victims"),
        "loss_yuan": outcome("loss_fen", FEN_PER_YUAN),
        "prevented_yuan": outcome("prevented_fen", FEN_PER_YUAN),
        "recovered_yuan": outcome("recovered_fen", FEN_PER_YUAN),
        "cases_filed": outcome("filed"),
        "cases_solved": flow("cases_solved"),
        "suspects_arrested": flow("suspects_arrested"),
        "false_blocks": country(false_blocks),
    }


def figure(quantities: Quantities, target: Target) -> Summary:
    """Hold one reported figure against the run.

    ``simulated`` is null where the model has no such quantity, the window (or base) is not inside the period,
    or the base of a change is zero. ``within`` is null without a tolerance and for what was put in.
    """
    simulated = _simulated(quantities, target)
    reported = None if isinstance(target.value, str) or target.value is None else Fraction(repr(target.value))
    ratio = None
    if simulated is not None and reported:
        ratio = simulated / reported
    within = None
    if simulated is not None and reported is not None and target.role != "input":
        within = _within(target, simulated, reported)
    return {
        "name": target.name,
        "window": [_iso(target.window[0]), _iso(target.window[1])],
        "role": target.role,
        "reported": target.value,
        "simulated": None if simulated is None else number(simulated),
        "ratio": None if ratio is None else number(ratio),
        "tolerance": target.tolerance,
        "within": within,
    }


def uncounted(scope: Scope) -> list[str]:
    """Give a warning for each target that is a number of something which the model does not count."""
    none = Quantities(scope, {})
    names = dict.fromkeys(target.name for target in scope.targets if not isinstance(target.value, str))
    return [
        f"figure {name}: the model counts no such quantity, so it has no simulated value"
        for name in names
        if none.figure(name.removesuffix(CHANGE)) is None
    ]


def _within(target: Target, simulated: Fraction, reported: Fraction) -> bool | None:
    if target.tolerance is None:
        return None
    allowed = Fraction(repr(target.tolerance))
    if not target.name.endswith(CHANGE):
        allowed *= abs(reported)
    return abs(simulated - reported) <= allowed


def _simulated(quantities: Quantities, target: Target) -> Fraction | None:
    if not target.name.endswith(CHANGE):
        return _sum(quantities, target.name, target.window)
    if target.base is None:
        return None
    name = target.name.removesuffix(CHANGE)
    later, earlier = _sum(quantities, name, target.window), _sum(quantities, name, target.base)
    if later is None or not earlier:
        return None
    return later / earlier - 1


def _sum(quantities: Quantities, name: str, window: tuple[date, date | None]) -> Fraction | None:
    """Sum a quantity over a window (both days included) for the country; None outside the period."""
    scope = quantities.scope
    if window[1] is None:
        return None
    start, end = day_number(window[0]) - scope.first_day, day_number(window[1]) - scope.first_day
    if start < 0 or end >= scope.days or end < start:
        return None
    series = quantities.figure(name)
    if series is None:
        return None
    unit = FEN_PER_YUAN if name == "losses" else 1
    total = Fraction(int(series[start : end + 1].sum()), unit)
    return total if name in WHOLE else total / scale_fraction(scope.scale)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
