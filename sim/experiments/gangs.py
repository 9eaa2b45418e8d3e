"""Stances of gangs in experiments: gangs that stand still, and gangs that answer what attempts yield.

A layer that gangs answer is worth less than what it stops, since effort moves to where more attempts succeed. A run in
which gangs stand still shows its worth without that; it equals a scenario without ``gangs.answer``.
"""

from typing import TYPE_CHECKING

from sim.experiments.layers import LayerError
from sim.scenario import changed

if TYPE_CHECKING:
    from sim.scenario import Scenario

STILL, ANSWERING, BOTH = "still", "answering", "both"
"""Names of stances; ``BOTH`` requests the two, one after the other."""

STANCES = (STILL, ANSWERING)

ELASTICITIES = ("gangs.answer.shift", "gangs.answer.supply")
"""Keys of how strongly gangs answer; with both at 0 attempts do not depend on what they yield."""


def answer(scenario: "Scenario") -> bool:
    """Return whether a scenario has gangs that answer: never with ``feedback: off``."""
    spec = scenario.spec
    return bool(spec.feedback) and spec.gangs is not None and spec.gangs.answer is not None


def stances_of(scenario: "Scenario", wanted: str | None) -> tuple[str, ...]:
    """Return the stances of gangs in an experiment, in the order of ``STANCES``; none where gangs do not respond.

    ``wanted`` is ``still``, ``answering``, ``both``, or None for both where gangs answer.

    Raises:
        LayerError: If another name is given, or any for a scenario whose gangs do not respond.
    """
    from sim.scenario.errors import choices

    if wanted is not None and wanted not in (*STANCES, BOTH):
        raise LayerError(f"{wanted} is not a stance of gangs; {choices(wanted, (*STANCES, BOTH))}")
    if not answer(scenario):
        if wanted is not None:
            why = "has feedback off" if scenario.spec.gangs and not scenario.spec.feedback else "has no gangs.answer"
            raise LayerError(f"{scenario.name} {why}, so its gangs do not respond; leave out the stance of gangs")
        return ()
    return STANCES if wanted in (None, BOTH) else (wanted,)


def standing(scenario: "Scenario", stance: str | None) -> "Scenario":
    """Return a scenario whose gangs stand still, or the scenario itself; nothing else changes."""
    return changed(scenario, dict.fromkeys(ELASTICITIES, 0.0)) if stance == STILL else scenario
