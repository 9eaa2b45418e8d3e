"""The uniforms of an attempt: one call of the generator for gates 1 to 4, at which most end, one for what follows.

All eight lanes are in use. A further gate draws its uniform from a purpose of its own (see ``sim.draws.purposes``) when
an attempt comes to it.
"""

from typing import NamedTuple

from sim.draws.compiled import compiled
from sim.draws.philox import draw4
from sim.draws.purposes import ATTEMPT_GATES, ATTEMPT_PASSAGE


class GateUniforms(NamedTuple):
    """32-bit uniforms of an attempt: of gates 1 to 6, and of the scores of both detectors.

    ``slot`` picks the den. ``local`` is the part of the local detector's score that is independent of the central one.
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
