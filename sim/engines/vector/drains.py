"""How what a day has counted leaves its dense arrays."""

import numpy as np

from sim.base.words import Fate
from sim.draws.compiled import compiled, compiled_with_arrays, inlined
from sim.engines.vector.records import Integers
from sim.shield.cards import FROM_CARDS


@inlined
def is_counted(measures: Integers) -> bool:
    """Return whether not all measures (measures,) of a cell are 0."""
    counted = 0
    for m in range(len(measures)):
        counted |= measures[m]
    return counted != 0


@compiled_with_arrays
def drain(counts: Integers, slot: int) -> tuple[Integers, Integers]:
    """Take out the counts of a slot.

    Args:
        counts: (P, slots, cells, measures) Those of the slot become 0.
        slot: The slot.

    Returns:
        (n,) the cells that are not all 0, numbered over provinces and cells, and (n, measures) their measures.
    """
    provinces, _, cells, measures = counts.shape
    found = 0
    for p in range(provinces):
        for cell in range(cells):
            found += is_counted(counts[p, slot, cell])
    numbers = np.empty(found, dtype=np.int64)
    amounts = np.empty((found, measures), dtype=np.int64)
    at = 0
    for p in range(provinces):
        for cell in range(cells):
            if is_counted(counts[p, slot, cell]):
                numbers[at] = p * cells + cell
                for m in range(measures):
                    amounts[at, m] = counts[p, slot, cell, m]
                    counts[p, slot, cell, m] = 0
                at += 1
    return numbers, amounts


@compiled
def move(counts: Integers, slot: int, to: Integers) -> None:
    """Add the counts (P, slots, cells, measures) of a slot, which become 0, to others (P, 1, cells, measures)."""
    provinces, _, cells, measures = counts.shape
    for p in range(provinces):
        for cell in range(cells):
            if is_counted(counts[p, slot, cell]):
                for m in range(measures):
                    to[p, 0, cell, m] += counts[p, slot, cell, m]
                    counts[p, slot, cell, m] = 0


@compiled_with_arrays
def by_fate(fates: Integers) -> tuple[Integers, Integers, Integers]:
    """Return sums of attempts (P, channels, types, fates): by fate; by province those intercepted; those from cards."""
    provinces, channels, types, ends = fates.shape
    sums = np.zeros(ends, dtype=np.int64)
    intercepted = np.zeros(provinces, dtype=np.int64)
    from_cards = np.zeros(provinces, dtype=np.int64)
    for p in range(provinces):
        for c in range(channels):
            for t in range(types):
                for fate in range(ends):
                    sums[fate] += fates[p, c, t, fate]
                    if fate >= Fate.INTERCEPTED and c in FROM_CARDS:
                        from_cards[p] += fates[p, c, t, fate]
                intercepted[p] += fates[p, c, t, Fate.INTERCEPTED]
    return sums, intercepted, from_cards
