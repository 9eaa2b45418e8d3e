"""A province's legitimate contacts of a day, drawn in the cells of the grid of scores: those that raise an alert."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.country.people import target
from sim.days import DAY_MS, HALF_HOURS
from sim.draws.compiled import compiled
from sim.draws.distributions import moment_in_half_hour
from sim.draws.identity import INDEX_SHIFT, cell_id, origin_id
from sim.draws.philox import draw4_many, draw4_run, uniform32, uniform52
from sim.draws.purposes import LEGITIMATE_CONTACT, LEGITIMATE_TARGET
from sim.engines.vector.guides import ContactGuides, half_hour_at
from sim.engines.vector.records import Records
from sim.engines.vector.residents import Crowd
from sim.engines.vector.rules import TIERS, Rules
from sim.engines.vector.scratch import ContactScratch
from sim.midnight.today import Today
from sim.words import Detector, OriginKind, Truth


class ContactTables(NamedTuple):
    """What a run fixes for legitimate contacts.

    ``moments`` (49,) cumulative profile of the day; ``fraud_types`` the number of types, which is written down as the
    type of a contact that is no fraud.
    """

    rules: Rules
    guides: ContactGuides
    moments: NDArray[np.float64]
    fraud_types: int


TIER_BITS: Final = 3
TIER_MASK: Final = (1 << TIER_BITS) - 1
"""Bits of a tier + 1."""


@compiled
def score_contacts(
    p: int,
    tables: ContactTables,
    today: Today,
    crowd: Crowd,
    found: Records,
    counters: Records,
    scratch: ContactScratch,
) -> bool:
    """Write down the legitimate contacts that a detector raises an alert on, from where an earlier call has stopped.

    Args:
        p: Position of the province.
        tables: Of the run.
        today: Of the day.
        crowd: Of the province.
        found: Added to.
        counters: Of the province, one record.
        scratch: For blocks of the size of its arrays.

    Returns:
        Whether all contacts are done; otherwise ``found`` is full and must grow first.
    """
    progress = counters[0]
    rules, guides, moments = tables.rules, tables.guides, tables.moments
    seed = rules.seed
    midnight = (today.day - rules.start) * DAY_MS
    draws, identities, raised_tiers, targets = scratch.draws, scratch.identity, scratch.raised, scratch.target
    block = identities.shape[0]
    covered_central = today.coverage[Detector.CENTRAL, p]
    covered_local = today.coverage[Detector.LOCAL, p]
    channels = today.contacts.shape[1]
    cells = today.contacts.shape[2]
    cell = progress.cell
    while cell < channels * cells:
        c = cell // cells
        k = cell % cells
        count = today.contacts[p, c, k]
        row = today.cells[k, 0]
        column = today.cells[k, 1]
        base = origin_id(OriginKind.LEGITIMATE, today.day, p, c, cell_id(row, column), 0)
        least_central = guides.central[row]
        least_local = guides.local[column]
        first = progress.index
        while first < count:
            if progress.found + block > found.shape[0]:
                progress.cell = cell
                progress.index = first
                return False
            size = min(block, count - first)
            start = base + (first << INDEX_SHIFT)
            draw4_run(seed, start, 1 << INDEX_SHIFT, size, LEGITIMATE_CONTACT, draws)
            raised = 0
            for i in range(size):
                central = 0
                local = 0
                for tier in range(TIERS):
                    central += draws[1, i] >= least_central[tier]
                    local += draws[2, i] >= least_local[tier]
                # Now the number of tiers reached, all of them for red. Kept is tier + 1, or 0 for no alert.
                central = (TIERS + 1 - central) % (TIERS + 1) * (draws[0, i] < covered_central)
                local = (TIERS + 1 - local) % (TIERS + 1) * (draws[3, i] < covered_local)
                identities[raised] = start + (i << INDEX_SHIFT)
                raised_tiers[raised] = central | (local << TIER_BITS)
                raised += (central | local) != 0
            draw4_many(seed, identities, raised, LEGITIMATE_TARGET, 0, targets)
            at = progress.found
            for i in range(raised):
                goal = uniform32(targets[2, i]) * moments[HALF_HOURS]
                hour = half_hour_at(targets[2, i], guides.half_hour, moments)
                finding = found[at]
                finding.origin = identities[i]
                finding.moment = midnight + moment_in_half_hour(goal, hour, moments, rules.clock)
                finding.person = target(
                    uniform52(targets[0, i], targets[1, i]), crowd.persons, crowd.high, crowd.high_share
                )
                finding.tiers[Detector.CENTRAL] = (raised_tiers[i] & TIER_MASK) - 1
                finding.tiers[Detector.LOCAL] = (raised_tiers[i] >> TIER_BITS) - 1
                finding.truth = Truth.LEGITIMATE
                finding.kind = tables.fraud_types
                at += 1
            progress.found = at
            first += size
        progress.index = 0
        cell += 1
    progress.cell = 0
    return True
