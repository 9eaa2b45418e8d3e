"""A province's legitimate contacts of a day, in the cells of the grid of scores: those that raise an alert."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.country.people import target
from sim.days import DAY_MS, HALF_HOURS
from sim.draws.compiled import compiled
from sim.draws.distributions import moment_in_half_hour
from sim.draws.identity import INDEX_SHIFT, LEGITIMATE, cell_id, origin_id
from sim.draws.philox import draw4_many, draw4_run, uniform32, uniform52
from sim.draws.purposes import LEGITIMATE_CONTACT, LEGITIMATE_TARGET
from sim.engines.codes import LEGITIMATE_TRUTH
from sim.engines.vector.records import Records
from sim.engines.vector.rules import TIERS, Crowd, Guides, Rules, half_hour_at
from sim.engines.vector.state import Scratch
from sim.midnight.today import Today
from sim.warning.detectors import CENTRAL, LOCAL

TIER_BITS: Final = 3
TIER_MASK: Final = (1 << TIER_BITS) - 1
"""Bits of a tier + 1."""


@compiled
def meet_contacts(
    p: int,
    block: int,
    rules: Rules,
    guides: Guides,
    today: Today,
    types: int,
    crowd: Crowd,
    moments: NDArray[np.float64],
    found: Records,
    counters: Records,
    room: Scratch,
) -> bool:
    """Let the detectors look at the contacts of province ``p``; return whether all were, or ``found`` must grow."""
    seed = rules.seed
    midnight = (today.day - rules.start) * DAY_MS
    alarms, seen, lanes = room.passed, room.seen, room.lanes
    seen_by_central = today.coverage[CENTRAL, p]
    seen_by_local = today.coverage[LOCAL, p]
    channels = today.contacts.shape[1]
    cells = today.contacts.shape[2]
    cell = counters[0].cell
    while cell < channels * cells:
        c = cell // cells
        k = cell % cells
        count = today.contacts[p, c, k]
        row = today.cells[k, 0]
        column = today.cells[k, 1]
        base = origin_id(LEGITIMATE, today.day, p, c, cell_id(row, column), 0)
        least_central = guides.central[row]
        least_local = guides.local[column]
        first = counters[0].index
        while first < count:
            if counters[0].found + block > found.shape[0]:
                counters[0].cell = cell
                counters[0].index = first
                return False
            size = min(block, count - first)
            start = base + (first << INDEX_SHIFT)
            draw4_run(seed, start, 1 << INDEX_SHIFT, size, LEGITIMATE_CONTACT, lanes)
            raised = 0
            for i in range(size):
                central = 0
                local = 0
                for tier in range(TIERS):
                    central += lanes[1, i] >= least_central[tier]
                    local += lanes[2, i] >= least_local[tier]
                # So many thresholds reached, all of them for red: tier + 1 is TIERS + 1 less that, and 0 for none.
                central = (TIERS + 1 - central) % (TIERS + 1) * (lanes[0, i] < seen_by_central)
                local = (TIERS + 1 - local) % (TIERS + 1) * (lanes[3, i] < seen_by_local)
                alarms[raised] = start + (i << INDEX_SHIFT)
                seen[raised] = central | (local << TIER_BITS)
                raised += (central | local) != 0
            draw4_many(seed, alarms, raised, LEGITIMATE_TARGET, 0, lanes)
            at = counters[0].found
            for i in range(raised):
                goal = uniform32(lanes[2, i]) * moments[HALF_HOURS]
                hour = half_hour_at(lanes[2, i], guides.contact_half_hour, moments)
                finding = found[at]
                finding.origin = alarms[i]
                finding.moment = midnight + moment_in_half_hour(goal, hour, moments, rules.clock)
                finding.person = target(
                    uniform52(lanes[0, i], lanes[1, i]), crowd.persons, crowd.high, crowd.high_share
                )
                finding.tiers[CENTRAL] = (seen[i] & TIER_MASK) - 1
                finding.tiers[LOCAL] = (seen[i] >> TIER_BITS) - 1
                finding.truth = LEGITIMATE_TRUTH
                finding.kind = types
                at += 1
            counters[0].found = at
            first += size
        counters[0].index = 0
        cell += 1
    counters[0].cell = 0
    return True
