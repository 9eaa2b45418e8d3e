"""The uniforms with which an attempt meets the gates: four for those that most attempts end at, four for the rest."""

from typing import NamedTuple

from sim.draws.compiled import compiled
from sim.draws.philox import draw4
from sim.draws.purposes import ATTEMPT_GATES, ATTEMPT_PASSAGE


class GateUniforms(NamedTuple):
    """32-bit uniforms of an attempt: gates 1 to 4, then the site, the answer, and the scores of both detectors.

    ``local`` is what the local detector sees apart from the central one.
    """

    not_sent: int
    slot: int
    card: int
    interception: int
    site: int
    answer: int
    central: int
    local: int


@compiled
def gate_uniforms(seed: int, attempt: int) -> GateUniforms:
    """Return the uniforms of an attempt."""
    not_sent, slot, card, interception = draw4(seed, attempt, ATTEMPT_GATES, 0)
    site, answer, central, local = draw4(seed, attempt, ATTEMPT_PASSAGE, 0)
    return GateUniforms(not_sent, slot, card, interception, site, answer, central, local)
