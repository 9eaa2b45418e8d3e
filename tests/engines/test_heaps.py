"""The heaps of events and of queues give what sorting gives, whatever is added and removed in between."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.draws.compiled import compiled
from sim.engines.vector.alerts import drop_first, insert
from sim.engines.vector.records import ALERT, DESK, ENTRY, NEVER, pop, push

MOST = 300
ROOM = MOST + 3


def steps_of(seed, growth, values):
    """Return (MOST,) steps: a number from 0 to ``values`` - 1 is added, -1 removes the first."""
    chance = np.random.default_rng(seed)
    return np.where(chance.random(MOST) < growth, chance.integers(0, values, MOST), -1)


STEPS = {"seed": st.integers(0, 1 << 32), "growth": st.floats(0.4, 0.9)}


@compiled
def run_heap(steps, heap, out):
    """Carry out steps on a heap of events; fill ``out`` with what is removed and return how much that is."""
    count = 0
    removed = 0
    for k in range(len(steps)):
        if steps[k] >= 0:
            push(heap, count, steps[k])
            count += 1
        elif count > 0:
            out[removed] = pop(heap, count)
            count -= 1
            removed += 1
    return removed


@compiled
def run_queue(steps, line, desks, alerts, out):
    """Carry out steps on a queue, whose n-th entry is row n; fill ``out`` with rows and return how many."""
    desk = desks[0]
    row = 0
    removed = 0
    for k in range(len(steps)):
        if steps[k] >= 0:
            insert(line, desk, steps[k], row, alerts)
            row += 1
        elif desk.entries > 0:
            out[removed] = line[0].row
            drop_first(line, desk, alerts)
            removed += 1
    return removed


def by_sorting(steps, key):
    """Return what steps remove if each time everything is sorted by ``key`` of (value, number)."""
    left, removed, number = [], [], 0
    for step in steps:
        if step >= 0:
            left.append((step, number))
            number += 1
        elif left:
            left.sort(key=key)
            removed.append(left.pop(0))
    return removed


@given(**STEPS)
def test_events_leave_the_heap_in_order(seed, growth):
    steps = steps_of(seed, growth, 1 << 40)
    # Places beyond the last key hold anything: keys of earlier days.
    heap, out = np.zeros(ROOM, dtype=np.int64), np.empty(MOST, dtype=np.int64)
    heap[0] = NEVER
    count = run_heap(steps, heap, out)
    assert out[:count].tolist() == [value for value, _ in by_sorting(steps, key=lambda one: one[0])]


@given(**STEPS)
def test_alerts_leave_the_queue_by_rank_and_then_by_identity(seed, growth):
    steps = steps_of(seed, growth, 20)
    alerts = np.zeros(MOST, dtype=ALERT)
    identities = np.random.default_rng(seed).permutation(MOST)
    alerts["identity"] = identities
    line, desks, out = np.zeros(ROOM, dtype=ENTRY), np.zeros(1, dtype=DESK), np.empty(MOST, dtype=np.int64)
    count = run_queue(steps, line, desks, alerts, out)
    wanted = by_sorting(steps, key=lambda one: (one[0], identities[one[1]]))
    assert out[:count].tolist() == [number for _, number in wanted]
