"""Events at a moment and in a phase: the model's order within a tick, as SimPy priorities."""

from collections.abc import Callable

import simpy
from simpy.events import Event, EventPriority

from sim.draws.identity import DETECTOR_MASK, DETECTOR_SHIFT, INDEX_SHIFT, STAGE_MASK

FIRST_PHASE = 2
"""SimPy's own events (process starts, interrupts, grants) have priority 0 and 1: they happen at once."""


def priority(phase: int, identity: int = 0, kind: int = 0) -> EventPriority:
    """Return one integer that sorts by (phase, origin, stage, kind, detector).

    ``identity`` is an origin or an alert; ``kind`` one of ``sim.engines.phases`` (below 16).
    """
    origin = identity >> INDEX_SHIFT
    stage = identity & STAGE_MASK
    detector = (identity >> DETECTOR_SHIFT) & DETECTOR_MASK
    return EventPriority((((((FIRST_PHASE + phase) << 60 | origin) << 4 | stage) << 4 | kind) << 1) | detector)


class At(Event):
    """An event at a moment (ms), in a phase, in the order of an identity; processes wait for it by yielding it."""

    def __init__(self, env: simpy.Environment, moment: int, order: EventPriority) -> None:
        super().__init__(env)
        self._ok = True
        self._value = None
        env.schedule(self, order, moment - env.now)


def call_at(env: simpy.Environment, moment: int, order: EventPriority, action: Callable[[], None]) -> None:
    """Call ``action`` at a moment, in the given order within its tick."""
    At(env, moment, order).callbacks.append(lambda _: action())
