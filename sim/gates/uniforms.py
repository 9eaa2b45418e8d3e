"""The uniforms with which an attempt meets the gates: the upper halves of all of them come from one call.

An upper half decides nearly always, and the lower one is drawn where it does not: so one call of the generator
serves an attempt from the first gate to its answer and its scores.
"""

from typing import NamedTuple

from sim.draws.compiled import compiled
from sim.draws.philox import draw4
from sim.draws.purposes import ATTEMPT_GATES, ATTEMPT_GATES_BELOW

HALF_BITS = 16
HALF_MASK = (1 << HALF_BITS) - 1


class GateUniforms(NamedTuple):
    """32-bit uniforms of an attempt: gates 1 to 4, the site, the answer, and the scores of both detectors.

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
def first_of(above: int, below: int) -> int:
    """Return the uniform whose halves are the upper halves of two lanes."""
    return (above >> HALF_BITS << HALF_BITS) | (below >> HALF_BITS)


@compiled
def second_of(above: int, below: int) -> int:
    """Return the uniform whose halves are the lower halves of two lanes."""
    return ((above & HALF_MASK) << HALF_BITS) | (below & HALF_MASK)


@compiled
def gate_uniforms(seed: int, attempt: int) -> GateUniforms:
    """Return the uniforms of an attempt."""
    a, b, c, d = draw4(seed, attempt, ATTEMPT_GATES, 0)
    e, f, g, h = draw4(seed, attempt, ATTEMPT_GATES_BELOW, 0)
    return GateUniforms(
        first_of(a, e),
        second_of(a, e),
        first_of(b, f),
        second_of(b, f),
        first_of(c, g),
        second_of(c, g),
        first_of(d, h),
        second_of(d, h),
    )
