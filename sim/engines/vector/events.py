"""The calendar of a province: events as 64-bit integers that sort in the model's order, and a heap of them.

From the highest bit down: moment within the day 27 | phase 3 | stage 4 | step 3 | detector 1 | row 25. Two events of
one origin in one tick thus have the order of the reference engine; the order of two origins has no effect. The row is
that of an episode in the phase of stages, of an alert in all others.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import inlined, internal
from sim.draws.identity import detector_of, stage_of
from sim.engines.phases import Phase
from sim.engines.vector.records import Record

ROW_BITS: Final = 25
ROW_MASK: Final = (1 << ROW_BITS) - 1
DETECTOR_AT: Final = ROW_BITS
STEP_AT: Final = DETECTOR_AT + 1
STEP_MASK: Final = 7
STAGE_AT: Final = STEP_AT + 3
PHASE_AT: Final = STAGE_AT + 4
PHASE_MASK: Final = 7
MOMENT_AT: Final = PHASE_AT + 3
ORDER_MASK: Final = (1 << MOMENT_AT) - 1
NEVER: Final = (1 << 63) - 1
"""A key after those of all events."""


@inlined
def unsigned(place: int) -> np.uint64:
    """Return the place of an array that is known not to be negative: checking its sign costs half a level of a heap."""
    return np.uint64(place)


@internal
def order_of(phase: int, stage: int, step: int, detector: int, row: int) -> int:
    """Return the part of an event's key below its moment."""
    return (phase << PHASE_AT) | (stage << STAGE_AT) | (step << STEP_AT) | (detector << DETECTOR_AT) | row


@internal
def order_at_row(phase: int, step: int, identity: int, row: int) -> int:
    """Return ``order_of_alert`` for an identity and a row, without reading the record."""
    return order_of(phase, stage_of(identity), step, detector_of(identity), row)


@internal
def order_of_alert(phase: int, step: int, alert: Record) -> int:
    """Return the part below its moment of the key of an alert's event."""
    return order_at_row(phase, step, alert.identity, alert.row)


@internal
def order_of_stage(stage: int, episode: Record) -> int:
    """Return the part below its moment of the key of an episode reaching a stage."""
    return order_of(Phase.STAGE_MOMENTS, stage, 0, 0, episode.row)


@inlined
def phase_of(order: int) -> int:
    """Return the phase of an event."""
    return (order >> PHASE_AT) & PHASE_MASK


@inlined
def step_of(order: int) -> int:
    """Return the step of an event within its phase."""
    return (order >> STEP_AT) & STEP_MASK


@internal
def push(heap: NDArray[np.int64], count: int, key: int) -> None:
    """Add a key to a heap of ``count``, each with four children; the smallest is first."""
    at = count
    while at > 0:
        parent = (at - 1) >> 2
        above = heap[unsigned(parent)]
        if above <= key:
            break
        heap[unsigned(at)] = above
        at = parent
    heap[unsigned(at)] = key


@internal
def pop(heap: NDArray[np.int64], count: int) -> int:
    """Remove the smallest key from a heap of ``count`` with room for three more; an empty one begins with ``NEVER``."""
    least = heap[0]
    last = count - 1
    key = heap[unsigned(last)]
    # A level reads four children, so up to three places beyond the last key.
    heap[unsigned(last)] = NEVER
    heap[unsigned(last + 1)] = NEVER
    heap[unsigned(last + 2)] = NEVER
    at = 0
    child = 1
    while child < last:
        # Products and sums, because the smallest child is unpredictable.
        first, second = heap[unsigned(child)], heap[unsigned(child + 1)]
        third, fourth = heap[unsigned(child + 2)], heap[unsigned(child + 3)]
        below = min(first, second)
        other = min(third, fourth)
        child += 2 + (fourth < third) if other < below else (second < first) * 1
        below = min(below, other)
        if below >= key:
            break
        heap[unsigned(at)] = below
        at = child
        child = 4 * at + 1
    if last > 0:
        heap[unsigned(at)] = key
    return int(least)
