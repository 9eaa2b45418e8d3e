"""A province's legitimate contacts of a day, drawn by score cell: those that raise an alert."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS, HALF_HOURS
from sim.base.words import Detector, OriginKind, Truth
from sim.country.people import target
from sim.draws.compiled import internal
from sim.draws.distributions import GUIDE_SHIFT, moment_in_half_hour
from sim.draws.identity import INDEX_SHIFT, cell_central, cell_id, cell_local, cell_of, origin_id
from sim.draws.philox import draw4_many, uniform32, uniform52
from sim.draws.purposes import LEGITIMATE_CONTACT, LEGITIMATE_TARGET
from sim.engines.vector.attempts import ContactScratch
from sim.engines.vector.cells import AMBIGUOUS, ContactGuides, Crowd, half_hour_at, tier_reached
from sim.engines.vector.records import Record, Records, Rules
from sim.midnight.today import Today


class ContactTables(NamedTuple):
    """The tables of a run for legitimate contacts.

    ``moments`` (49,) cumulative profile of the day; ``fraud_types`` the number of types, which also stands for the type
    of a legitimate contact.
    """

    rules: Rules
    guides: ContactGuides
    moments: NDArray[np.float64]
    fraud_types: int


TIER_BITS: Final = 3


TIER_MASK: Final = (1 << TIER_BITS) - 1
"""Bits of a tier + 1."""


@internal
def score_contacts(
    p: int,
    tables: ContactTables,
    today: Today,
    crowd: Crowd,
    found: Records,
    counters: Records,
    scratch: ContactScratch,
) -> bool:
    """Return whether ``found`` has all legitimate contacts on which a detector raises an alert; if not, it must grow.

    A later call resumes. ``counters`` is one record; ``scratch`` is for blocks of the size of its arrays.
    """
    progress = counters[0]
    room = min(len(scratch.identity), found.shape[0] - progress.found)
    size = fill(p, today, room, progress, scratch.identity)
    while size > 0:
        draw4_many(tables.rules.seed, scratch.identity, size, LEGITIMATE_CONTACT, 0, scratch.draws)
        raised = raise_alerts(p, size, tables.guides, today, scratch)
        draw4_many(tables.rules.seed, scratch.identity, raised, LEGITIMATE_TARGET, 0, scratch.target)
        write_contacts(raised, tables, today, crowd, found, progress, scratch)
        room = min(len(scratch.identity), found.shape[0] - progress.found)
        size = fill(p, today, room, progress, scratch.identity)
    done: bool = progress.cell == today.contacts.shape[1] * today.contacts.shape[2]
    if done:
        progress.cell = 0
    return done


@internal
def fill(p: int, today: Today, room: int, progress: Record, identities: NDArray[np.int64]) -> int:
    """Fill ``identities`` with the next contacts of the day, at most ``room``; return how many, 0 when all are done."""
    cells = today.contacts.shape[2]
    size = 0
    while size < room and progress.cell < today.contacts.shape[1] * cells:
        c = progress.cell // cells
        k = progress.cell % cells
        first = progress.index
        last = min(today.contacts[p, c, k], first + room - size)
        start = origin_id(OriginKind.LEGITIMATE, today.day, p, c, cell_id(today.cells[k, 0], today.cells[k, 1]), first)
        for i in range(last - first):
            identities[size + i] = start + (i << INDEX_SHIFT)
        size += last - first
        progress.index = last
        if last == today.contacts[p, c, k]:
            progress.index = 0
            progress.cell += 1
    return size


@internal
def raise_alerts(p: int, size: int, guides: ContactGuides, today: Today, scratch: ContactScratch) -> int:
    """Return how many contacts of a block raise an alert, and move them to its front.

    ``scratch.raised`` is filled with the tier + 1 by each detector, or 0 for no alert.
    """
    identities, draws, raised_tiers = scratch.identity, scratch.draws, scratch.raised
    covered_central = today.coverage[Detector.CENTRAL, p]
    covered_local = today.coverage[Detector.LOCAL, p]
    raised = 0
    for i in range(size):
        cell = cell_of(identities[i])
        central = int(guides.tier[Detector.CENTRAL, cell_central(cell), draws[1, i] >> GUIDE_SHIFT])
        local = int(guides.tier[Detector.LOCAL, cell_local(cell), draws[2, i] >> GUIDE_SHIFT])
        if central == AMBIGUOUS:
            central = tier_reached(draws[1, i], guides.least[Detector.CENTRAL, cell_central(cell)])
        if local == AMBIGUOUS:
            local = tier_reached(draws[2, i], guides.least[Detector.LOCAL, cell_local(cell)])
        tiers = central * (draws[0, i] < covered_central) | (local * (draws[3, i] < covered_local)) << TIER_BITS
        identities[raised] = identities[i]
        raised_tiers[raised] = tiers
        raised += tiers != 0
    return raised


@internal
def write_contacts(
    raised: int,
    tables: ContactTables,
    today: Today,
    crowd: Crowd,
    found: Records,
    progress: Record,
    scratch: ContactScratch,
) -> None:
    """Record the contacts of a block that raise an alert, with the moment and the person that each finds."""
    rules, moments, targets = tables.rules, tables.moments, scratch.target
    midnight = (today.day - rules.start) * DAY_MS
    at = progress.found
    for i in range(raised):
        goal = uniform32(targets[2, i]) * moments[HALF_HOURS]
        hour = half_hour_at(targets[2, i], tables.guides.half_hour, moments)
        finding = found[at + i]
        finding.origin = scratch.identity[i]
        finding.moment = midnight + moment_in_half_hour(goal, hour, moments, rules.clock)
        finding.person = target(uniform52(targets[0, i], targets[1, i]), crowd.persons, crowd.high, crowd.high_share)
        finding.tiers[Detector.CENTRAL] = (scratch.raised[i] & TIER_MASK) - 1
        finding.tiers[Detector.LOCAL] = (scratch.raised[i] >> TIER_BITS) - 1
        finding.truth = Truth.LEGITIMATE
        finding.kind = tables.fraud_types
    progress.found = at + raised
