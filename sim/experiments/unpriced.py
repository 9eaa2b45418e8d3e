"""Why a comparison has no cost, or none for each whom a policy spares: rounded staff, levers without a price."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.language.spoken import said
from sim.reading.priced import not_priced
from sim.scenario.levers import levers
from sim.store.withheld import change_withheld

if TYPE_CHECKING:
    from sim.scenario import Scenario

ROUNDED, NOT_PRICED = "staff_rounded", "not_priced"
"""Why a row has no number: rounding to whole seats has changed the staff; a lever has no price."""

NAMED = 6
"""Levers without a price that are named; the rest is counted."""


def why_withheld(base: "Scenario", other: "Scenario") -> str | None:
    """Return why two scenarios have no cost for each who is spared, ``ROUNDED`` or ``NOT_PRICED``; else None."""
    if change_withheld(base.spec, other.spec):
        return ROUNDED
    return NOT_PRICED if not_priced(base, other, levers(base, other)) else None


def unpriced_said(names: Sequence[str]) -> str:
    """Return which levers have no price, and what follows from that; empty where all have one."""
    if not names:
        return ""
    shown = ", ".join(names[:NAMED])
    if len(names) > NAMED:
        shown = said("{levers} and {number} more", levers=shown, number=str(len(names) - NAMED))
    return said(
        "Not priced: {levers}. So it is not known what it costs to spare a victim, or a unit of net loss.", levers=shown
    )
