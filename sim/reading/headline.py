"""The headline of a run: cases and losses filed, which data know, then victims and losses at stated reporting rates."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.language.spoken import marked

if TYPE_CHECKING:
    from sim.scenario import Scenario

LEVELS = ("victims", "loss_money")
"""Totals whose level depends on the share of victims who report."""

HEADLINE = {
    "cases_filed": marked("cases filed"),
    "filed_loss_money": marked("{currency} of losses filed"),
    "victims": marked("victims"),
    "loss_money": marked("{currency} lost"),
    "episodes": marked("people drawn in"),
    "saved": marked("people stopped by a warning before any payment"),
    "averted": marked("victims averted by warnings"),
    "prevented_money": marked("{currency} of losses prevented"),
}
"""Totals of every answer, in its order, and their texts: those that reported figures count, ``LEVELS``, then others.
Runs, comparisons and stored answers take them from here."""

REPORTING_RATE = "aftermath.report.probability"
"""The key of the share of victims who report."""

UNSTATED = ("assumed", "calibrated")
"""Origins of a rate that neither a report nor evidence states."""


def reporting_rates(scenario: "Scenario") -> tuple[float, ...]:
    """Return the share of victims who report at the low end of its range, in the scenario and at the high end.

    Equal ones are given once, and zero is left out. Empty if the share has no range, if nobody reports, or if warned
    victims report with another probability: then filings are not victims times one rate.
    """
    given, report = _given(scenario), scenario.spec.aftermath.report
    own = report.probability
    if not given.get("range") or not own or report.after_warning is not None:
        return ()
    low, high = given["range"]
    return tuple(sorted({float(rate) for rate in (low, own, high) if rate}))


def is_stated(scenario: "Scenario") -> bool:
    """Return whether a report or evidence states the share of victims who report."""
    return _given(scenario).get("origin") not in UNSTATED


def at_reporting_rates(scenario: "Scenario", totals: Mapping[str, Any]) -> list[dict[str, float]]:
    """Return victims and losses at each of the ``reporting_rates``, if filings stay the same.

    Filings are the victims times the rate, so victims at another rate are victims x own rate / other rate, and losses
    likewise. ``totals`` are those of a run, or differences between two runs of the same rate. Empty if both are zero,
    or without ``reporting_rates``.
    """
    if not any(totals[name] for name in LEVELS):
        return []
    own = scenario.spec.aftermath.report.probability
    return [
        {"rate": rate, **{name: totals[name] * (own / rate) for name in LEVELS}} for rate in reporting_rates(scenario)
    ]


def _given(scenario: "Scenario") -> Mapping[str, Any]:
    """Return the share in full form; empty if it is a plain number."""
    from sim.scenario.parameters import is_full_form

    given = scenario.resolved["aftermath"]["report"]["probability"]
    return given if is_full_form(given) else {}
