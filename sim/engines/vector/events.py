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
    """Add a key to a binary heap of ``count``; the smallest is first."""
    at = count
    while at > 0:
        parent = (at - 1) >> 1
        if heap[parent] <= key:
            break
        heap[at] = heap[parent]
        at = parent
    heap[at] = key


@internal
def pop(heap: NDArray[np.int64], count: int) -> int:
    """Remove the smallest key from a binary heap of ``count``, at least one; an empty heap begins with ``NEVER``."""
    least = heap[0]
    last = count - 1
    key = heap[last]
    heap[last] = NEVER
    at = 0
    child = 1
    while child < last:
        # No branch: the smaller child is unpredictable. The second one may be the place that became empty.
        child += heap[child + 1] < heap[child]
        below = heap[child]
        if below >= key:
            break
        heap[at] = below
        at = child
        child = 2 * at + 1
    if last > 0:
        heap[at] = key
    return int(least)
