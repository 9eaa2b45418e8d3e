"""The headline of a run: cases and losses filed, which data know, then victims and losses at stated reporting rates."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.language.spoken import marked

if TYPE_CHECKING:
    from sim.scenario import Scenario

LEVELS = ("victims", "loss_money")
"""Totals whose level depends on the share of victims who report."""


class Forms(NamedTuple):
    """The name of a quantity as sentences and tables need it; each is a text to translate.

    Attributes:
        column: The head of a column: ``lost, crowns``.
        counted: Behind a number in a sentence, or where it is unchanged: ``crowns lost``.
        more: Its increase: ``5 crowns more lost``; empty if effects leave it out.
        fewer: Its decrease.
    """

    column: str
    counted: str
    more: str = ""
    fewer: str = ""


FORMS = {
    "cases_filed": Forms(
        marked("cases filed"),
        marked("cases filed"),
        marked("{number} more cases filed"),
        marked("{number} fewer cases filed"),
    ),
    "filed_loss_money": Forms(
        marked("losses of cases, {currency}"),
        marked("{currency} of losses filed"),
        marked("{number} {currency} more of losses filed"),
        marked("{number} {currency} less of losses filed"),
    ),
    "victims": Forms(
        marked("victims"),
        marked("victims"),
        marked("{number} more victims"),
        marked("{number} fewer victims"),
    ),
    "loss_money": Forms(
        marked("lost, {currency}"),
        marked("{currency} lost"),
        marked("{number} {currency} more lost"),
        marked("{number} {currency} less lost"),
    ),
    "episodes": Forms(
        marked("people drawn in"),
        marked("people drawn in"),
    ),
    "saved": Forms(
        marked("stopped by a warning before payment"),
        marked("people stopped by a warning before any payment"),
        marked("{number} more people stopped by a warning before any payment"),
        marked("{number} fewer people stopped by a warning before any payment"),
    ),
    "averted": Forms(
        marked("victims averted by warnings"),
        marked("victims averted by warnings"),
        marked("{number} more victims averted by warnings"),
        marked("{number} fewer victims averted by warnings"),
    ),
    "prevented_money": Forms(
        marked("prevented, {currency}"),
        marked("{currency} prevented by warnings"),
        marked("{number} {currency} more prevented by warnings"),
        marked("{number} {currency} less prevented by warnings"),
    ),
}
"""Totals of every answer, in its order, and their names: those that reported figures count, ``LEVELS``, then others.
Runs, comparisons and stored answers take them from here; the tables of ``sim.told.vocabulary`` begin with them."""

HEADLINE = {name: forms.counted for name, forms in FORMS.items()}
"""Totals of every answer, and their names behind a number."""

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
