"""The headline of a run: cases and losses filed, which data know, then victims and losses at stated reporting rates."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.scenario import Scenario

FILED = ("cases_filed", "filed_loss_money")
"""Totals that reported figures count."""

LEVELS = ("victims", "loss_money")
"""Totals whose level depends on the share of victims who report."""

HEADLINE = (*FILED, *LEVELS, "episodes", "saved", "averted", "prevented_money")
"""Totals of every answer, in its order; runs, comparisons and stored answers take them from here."""

REPORTING_RATE = "aftermath.report.probability"
"""The key of the share of victims who report."""

UNSTATED = ("assumed", "calibrated")
"""Origins of a rate that neither a report nor evidence states."""


def reporting_rates(scenario: "Scenario") -> tuple[float, ...]:
    """Return the share of victims who report at the low end of its range, in the scenario and at the high end.

    Equal ones are given once, and zero is left out. Empty if the share has no range, or if nobody reports.
    """
    given, own = _given(scenario), scenario.spec.aftermath.report.probability
    if not given.get("range") or not own:
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
