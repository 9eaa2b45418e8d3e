"""Names and values of the quantities of a run as people read them: totals, figures and their changes, with units."""

from collections.abc import Sequence

from sim.base.days import CENTS_PER_UNIT
from sim.base.rounding import PERCENT, percent, written
from sim.language import marked, named, said, spoken
from sim.reading.figures import CHANGE
from sim.reading.quantities import CENTS, COST, FIGURES, FORMS, TOTAL

NAMES = {
    **{name: forms.column for name, forms in FORMS.items()},
    "attempts_potential": marked("attempts"),
    "attempts_by_fate": marked("attempts"),
    "calls_intercepted": marked("calls intercepted"),
    "sms_intercepted": marked("SMS intercepted"),
    "alerts_central": marked("central alerts"),
    "alerts_local": marked("local alerts"),
    "alerts_by_tier": marked("alerts"),
    "alerts_by_truth": marked("alerts about"),
    "alerts_by_end": marked("alerts ended"),
    "contacts_by_channel": marked("contacts"),
    "staff_hours_call": marked("staff hours, calls"),
    "staff_hours_visit": marked("staff hours, visits"),
    "cards_flagged": marked("cards flagged"),
    "cards_eliminated": marked("cards eliminated"),
    "accounts_frozen": marked("accounts of mules frozen"),
    "false_freezes": marked("accounts frozen by mistake"),
    "dens_destroyed": marked("dens destroyed"),
    "dens_campaign": marked("dens destroyed in campaigns"),
    "dens_reopened": marked("dens reopened"),
    "returned": marked("people returned from abroad"),
    "ringleaders_arrested": marked("ringleaders arrested"),
    "suspects_arrested": marked("suspects arrested"),
    "callers_arrested": marked("callers arrested"),
    "accounts_arrested": marked("providers of cards and accounts arrested"),
    "couriers_arrested": marked("couriers arrested"),
    "suspects_settled": marked("suspects settled"),
    "held": marked("stopped by a bank before payment"),
    "held_money": marked("held by banks, {currency}"),
    "dropped_out": marked("dropped out by themselves"),
    "recovered_money": marked("recovered, {currency}"),
    "funds_returned_money": marked("funds returned to victims, {currency}"),
    "funds_stopped_money": marked("funds stopped and frozen, {currency}"),
    "cases_solved": marked("cases solved"),
    "cases_settled": marked("cases settled"),
    "cases_closed": marked("cases closed unsolved"),
    "false_blocks": marked("false blocks"),
    "false_blocks_call": marked("false blocks of calls"),
    "false_blocks_sms": marked("false blocks of SMS"),
    "transfers_delayed": marked("legitimate transfers delayed"),
    "transfers_released": marked("legitimate transfers released early"),
    "transfers_called": marked("legitimate transfers that banks phone about"),
    "false_holds": marked("legitimate transfers held by mistake"),
    "video_views": marked("views of videos"),
    "videos_published": marked("videos published"),
    "awareness_activities": marked("awareness activities"),
    "cluster_campaigns": marked("cluster campaigns"),
    "crews": marked("share of a full crew"),
    "gangs_home": marked("members of gangs at home"),
    "gangs_abroad": marked("members of gangs abroad"),
    "effort_call": marked("effort in calls"),
    "effort_sms": marked("effort in SMS"),
    "effort_online": marked("effort in online attempts"),
    "yield_call": marked("yield of calls"),
    "yield_sms": marked("yield of SMS"),
    "yield_online": marked("yield of online attempts"),
    "law_in_force": marked("the date the law came into force"),
    "expired_red": marked("red alerts that expired"),
    "expired_orange": marked("orange alerts that expired"),
    "expired_yellow": marked("yellow alerts that expired"),
    "expired_blue": marked("blue alerts that expired"),
    "first_contact_red": marked("median wait of red alerts until the first call or visit"),
    "first_contact_orange": marked("median wait of orange alerts until the first call or visit"),
    "first_contact_yellow": marked("median wait of yellow alerts until the first call or visit"),
    "first_contact_blue": marked("median wait of blue alerts until the first call or visit"),
    COST: marked("cost, {currency}"),
}
"""Names of quantities; others are shown as they are written."""

SAME = {
    name: own for own in reversed(NAMES) for name in FIGURES if name not in NAMES and FIGURES.get(own) == FIGURES[name]
}
"""Other names of the same sum, the first of ``NAMES``: older ones, and stored columns, which count money in cents."""

PARTS = {
    "desk_call": marked("call desks"),
    "desk_visit": marked("visit desks"),
    "false_alarm_app": marked("false alarms in the app"),
    "false_alarm_sms": marked("false alarms by SMS"),
    "false_alarm_call": marked("false alarms by call"),
    "false_alarm_visit": marked("false alarms by visit"),
    "videos": marked("videos"),
    "activities": marked("activities"),
    "false_block_call": marked("ordinary calls that filters stop"),
    "false_block_sms": marked("ordinary SMS that filters stop"),
    "false_freezes": marked("accounts frozen by mistake"),
    "measures": marked("measures"),
    "transfers_delayed": marked("legitimate transfers delayed"),
    "false_holds": marked("legitimate transfers held"),
    "payment_calls": marked("calls by banks"),
    TOTAL: marked("total"),
}
"""Names of the parts of a cost."""


def quantity_named(name: str) -> str:
    """Return the words for a total or figure, or its change: ``losses of cases, crowns``, ``cases filed, change``.

    That of a window, ``NAME@START..END``, ends with its days.
    """
    name, _, window = name.partition("@")
    if window:
        start, _, end = window.partition("..")
        return f"{quantity_named(name)} {window_said([start, end])}"
    if name.endswith(CHANGE):
        whole = quantity_named(name.removesuffix(CHANGE)).removesuffix(said(", {currency}"))
        return said("{quantity}, change", quantity=whole)
    key, _, part = name.partition(".")
    key = SAME.get(key, key)
    told = said(NAMES[key]) if key in NAMES else named(key)
    if not part:
        return told
    return said("{whole}: {part}", whole=told, part=part_named(part))


def part_named(part: str) -> str:
    """Return the name of a part of a total."""
    return said(PARTS[part]) if part in PARTS else named(part)


def value_said(name: str, value: float | int | str | None) -> str:
    """Return the value of a total or figure as people read it: changes in percent, money in units of its currency.

    A missing value is a dash.
    """
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if name.endswith(CHANGE):
        return f"{'+' if value > 0 else ''}{percent(value)}"
    units = value / CENTS_PER_UNIT if name.endswith(CENTS) else value
    whole = abs(units) >= 1000 or units == int(units)
    return written(f"{units:,.0f}") if whole else written(f"{units:.3g}")


def off_said(name: str, value: float | int | None, reported: float | int | str | None) -> str:
    """Return how far a value is from the reported one: in percent of it, for a change in percentage points.

    The text is empty if nothing was reported.
    """
    if value is None or not isinstance(reported, int | float):
        return ""
    if name.endswith(CHANGE):
        return said("{points} pts", points=written(f"{100 * (value - reported):+.1f}"))
    return f"{written(f'{100 * (value / reported - 1):+.1f}')}{PERCENT[spoken()]}" if reported else ""


def span_said(low: str, high: str) -> str:
    """Return an interval by its ends."""
    return said("{low} to {high}", low=low, high=high)


def interval_said(name: str, low: float | None, high: float | None) -> str:
    """Return an interval of a total or figure; empty if there is none."""
    return "" if low is None or high is None else span_said(value_said(name, low), value_said(name, high))


def window_said(window: Sequence[str | None]) -> str:
    """Return a window of days."""
    start, end = window
    return span_said(f"{start}", end) if end and end != start else f"{start}"


def yes_said(within: bool | None) -> str:
    """Return whether something holds, in a word; empty if unknown."""
    return "" if within is None else said("yes") if within else said("no")
