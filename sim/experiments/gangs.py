"""Gangs in experiments: the same scenario with gangs that stand still, and with gangs that answer what attempts yield.

A layer of the shield that gangs answer is worth less than what it stops: effort moves to where more comes through. What
it would be worth if they stood still is the other half of the answer, and is what a scenario without ``gangs.answer``
says.
"""

from typing import TYPE_CHECKING

from sim.experiments.layers import LayerError
from sim.scenario import changed

if TYPE_CHECKING:
    from sim.scenario import Scenario

STILL, ANSWERING, BOTH = "still", "answering", "both"
"""What gangs may be asked to do; ``BOTH`` asks for the two, one after the other."""

STANCES = (STILL, ANSWERING)

ELASTICITIES = ("gangs.answer.shift", "gangs.answer.supply")
"""Keys of how much gangs answer; with both at 0 attempts do not depend on what they yield."""


def answer(scenario: "Scenario") -> bool:
    """Return whether a scenario has gangs that answer: with ``feedback: off`` none do."""
    spec = scenario.spec
    return bool(spec.feedback) and spec.gangs is not None and spec.gangs.answer is not None


def stances_of(scenario: "Scenario", wanted: str | None) -> tuple[str, ...]:
    """Return what gangs are to do in an experiment.

    Args:
        scenario: The scenario.
        wanted: ``still``, ``answering`` or ``both``; if None, both where gangs answer.

    Returns:
        Names of ``STANCES``, in their order; none where gangs do not answer and nothing is asked for.

    Raises:
        LayerError: If something else is asked for, or anything of a scenario whose gangs do not answer.
    """
    from sim.scenario.errors import choices

    if wanted is not None and wanted not in (*STANCES, BOTH):
        raise LayerError(f"{wanted} is nothing that gangs do; {choices(wanted, (*STANCES, BOTH))}")
    if not answer(scenario):
        if wanted is not None:
            why = "has feedback off" if scenario.spec.gangs and not scenario.spec.feedback else "has no gangs.answer"
            raise LayerError(f"{scenario.name} {why}, so gangs do not answer; no such choice")
        return ()
    return STANCES if wanted in (None, BOTH) else (wanted,)


def standing(scenario: "Scenario", stance: str | None) -> "Scenario":
    """Return a scenario whose gangs stand still, or else answer as it says, if at all; all else stays as it is."""
    return changed(scenario, dict.fromkeys(ELASTICITIES, 0.0)) if stance == STILL else scenario
