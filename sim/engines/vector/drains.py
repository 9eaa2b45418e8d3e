"""Remove the counts of a finished day from the dense arrays."""

import numpy as np

from sim.base.words import Fate
from sim.draws.compiled import compiled, compiled_with_arrays, inlined
from sim.engines.vector.records import Integers
from sim.shield.cards import FROM_CARDS


@inlined
def is_counted(measures: Integers) -> bool:
    """Return whether any measure (measures,) of a cell is not 0."""
    counted = 0
    for m in range(len(measures)):
        counted |= measures[m]
    return counted != 0


@compiled_with_arrays
def drain(counts: Integers, slot: int) -> tuple[Integers, Integers]:
    """Return the cells (n,) of a slot with a measure other than 0, and their measures (n, measures).

    Cells are numbered over provinces and cells. The counts (P, slots, cells, measures) of the slot become 0.
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
    """Move the counts (P, slots, cells, measures) of a slot to others (P, 1, cells, measures), added up."""
    provinces, _, cells, measures = counts.shape
    for p in range(provinces):
        for cell in range(cells):
            if is_counted(counts[p, slot, cell]):
                for m in range(measures):
                    to[p, 0, cell, m] += counts[p, slot, cell, m]
                    counts[p, slot, cell, m] = 0


@compiled_with_arrays
def by_fate(fates: Integers) -> tuple[Integers, Integers, Integers]:
    """Return sums of attempts (P, channels, types, fates): by fate; of those intercepted; of those from cards."""
    provinces, channels, types, ends = fates.shape
    sums = np.zeros(ends, dtype=np.int64)
    intercepted = np.zeros((provinces, channels), dtype=np.int64)
    from_cards = np.zeros(provinces, dtype=np.int64)
    for p in range(provinces):
        for c in range(channels):
            for t in range(types):
                for fate in range(ends):
                    sums[fate] += fates[p, c, t, fate]
                    if fate >= Fate.INTERCEPTED and c in FROM_CARDS:
                        from_cards[p] += fates[p, c, t, fate]
                intercepted[p, c] += fates[p, c, t, Fate.INTERCEPTED]
    return sums, intercepted, from_cards
