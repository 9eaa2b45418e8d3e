"""Gate 2: dens, as slots in which one den follows another.

Weight, first region, fraud types, delays and ringleaders of all generations of a slot are fixed by its identity
before the run. What policies change is when a den is raided: a draw by (slot, day) against a hazard.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.country.measures import Measures
from sim.days import DAY_MS
from sim.draws.compiled import compiled, compiled_with_arrays
from sim.draws.distributions import cumulative_thresholds, pick, quantile, threshold
from sim.draws.functions import exp, normal_quantile
from sim.draws.identity import slot_day_id, slot_id
from sim.draws.philox import draw4, uniform52
from sim.draws.purposes import SLOT_GENERATION, SLOT_ORIGIN, SLOT_RAID
from sim.scenario.schema.gates import REGIONS, Dens, RegionShares
from sim.scenario.schema.measures import DenCampaign

OVERSEAS = REGIONS.index("overseas")
STAYS = len(REGIONS)
"""What a reopening den draws instead of a region if it stays where it was."""
NEVER = 1 << 40
DAYS = float(DAY_MS)


@dataclass(frozen=True)
class Slots:
    """What is fixed of the den slots.

    ``weight`` (S,) of mean about 1; ``region`` (S,) of generation 0; ``cumulative`` (T, S) thresholds by which an
    attempt of a type picks its slot.
    """

    weight: NDArray[np.float64]
    region: NDArray[np.int64]
    cumulative: NDArray[np.int64]

    @classmethod
    def of(cls, seed: int, dens: Dens, types: int) -> "Slots":
        """Return the slots of a scenario; a type that no den pursues is pursued by all."""
        count = dens.slots
        regions = region_thresholds(dens.regions)
        weights, region = [], []
        pursues = np.zeros((types, count), dtype=bool)
        for slot in range(count):
            high, low, u_region, _ = draw4(seed, slot_id(slot, 0), SLOT_ORIGIN, 0)
            weights.append(exp(dens.weight_sigma * normal_quantile(uniform52(high, low))))
            region.append(pick(u_region, regions))
            for number in range(1, dens.types_per_den + 1):
                _, _, _, u_type = draw4(seed, slot_id(slot, 0), SLOT_ORIGIN, number)
                pursues[u_type * types >> 32, slot] = True
        mean = math.fsum(weights) / count
        weight = np.array([w / mean for w in weights])
        cumulative = [cumulative_thresholds(np.where(row, weight, 0.0) if row.any() else weight) for row in pursues]
        return cls(weight, np.array(region, dtype=np.int64), np.array(cumulative, dtype=np.int64))


def region_thresholds(shares: RegionShares, all_of_it: float = 1.0) -> NDArray[np.int64]:
    """Return cumulative thresholds by region; with ``all_of_it`` below 1 a fifth entry stands for none of them."""
    parts = [getattr(shares, region) * all_of_it for region in REGIONS]
    return cumulative_thresholds(parts if all_of_it == 1.0 else [*parts, 1.0 - all_of_it])


@dataclass
class DenState:
    """State of the slots at a midnight, each (S,): raided, generation, day of reopening, region, free ringleader."""

    raided: NDArray[np.uint8]
    generation: NDArray[np.int64]
    reopens: NDArray[np.int64]
    region: NDArray[np.int64]
    leader: NDArray[np.uint8]

    @classmethod
    def start(cls, seed: int, dens: Dens, slots: Slots) -> "DenState":
        """Return the first midnight: every den works, but for the slots that the scenario keeps raided."""
        count = dens.slots
        state = cls(
            raided=np.zeros(count, dtype=np.uint8),
            generation=np.zeros(count, dtype=np.int64),
            reopens=np.full(count, NEVER, dtype=np.int64),
            region=slots.region.copy(),
            leader=np.zeros(count, dtype=np.uint8),
        )
        has_leader = threshold(dens.ringleaders.share)
        for slot in range(count):
            _, _, _, u_leader = draw4(seed, slot_id(slot, 0), SLOT_GENERATION, 0)
            state.leader[slot] = u_leader < has_leader
        if dens.fixed_raided:
            state.raided[np.array(dens.fixed_raided, dtype=np.int64)] = 1
        return state


@dataclass(frozen=True)
class Raids:
    """What happened at a midnight: slots raided (with repatriated ones), ringleaders arrested."""

    raided: NDArray[np.int64]
    repatriated: NDArray[np.int64]
    leaders: int


def raid(seed: int, day: int, dens: Dens, state: DenState, measures: Measures, leads: float, repatriated: int) -> Raids:
    """Raid the dens at work: draws by (slot, day) against the hazard of the slot's region.

    ``leads`` is the stock of fresh leads of the whole country. A hazard of h a day is a probability of
    1 - exp(-h). ``repatriated`` overseas dens are brought home whatever the hazard.
    """
    hazard = dens.hazard
    by_lead = leads / dens.slots
    rates = [getattr(hazard, region) for region in REGIONS]
    factors = [1.0] * len(REGIONS)
    for campaign, ramp in measures.on(day, DenCampaign):
        factors[REGIONS.index(campaign.region)] += campaign.intensity * ramp
    raided_below = np.array(
        [
            threshold(1.0 - exp(-(rate + hazard.per_lead * by_lead) * factor))
            for rate, factor in zip(rates, factors, strict=True)
        ],
        dtype=np.int64,
    )
    raided, leaders = _raid(
        seed,
        day,
        raided_below,
        threshold(dens.ringleaders.at_raid),
        threshold(1.0 - exp(-dens.ringleaders.per_lead * by_lead)),
        (dens.reopening.kind, dens.reopening.a, dens.reopening.b, dens.reopening_growth),
        _overseas_first(seed, day, state, repatriated),
        state.raided,
        state.generation,
        state.reopens,
        state.region,
        state.leader,
    )
    slots = np.flatnonzero(raided).astype(np.int64)
    return Raids(slots, slots[raided[slots] == 2], int(leaders))


def _overseas_first(seed: int, day: int, state: DenState, count: int) -> NDArray[np.uint8]:
    """Mark the ``count`` overseas slots with the smallest uniforms of the day, at work or not.

    That a slot is chosen depends on nothing that was raided before, so a superset of raided slots stays one.
    """
    chosen = np.zeros(len(state.raided), dtype=np.uint8)
    if count:
        candidates = np.flatnonzero(state.region == OVERSEAS)
        order = sorted((draw4(seed, slot_day_id(int(s), day), SLOT_RAID, 0)[2], int(s)) for s in candidates)
        chosen[[slot for _, slot in order[:count]]] = 1
    return chosen


@compiled_with_arrays
def _raid(
    seed: int,
    day: int,
    raided_below: NDArray[np.int64],
    leader_at_raid: int,
    leader_by_lead: int,
    reopening: tuple[int, float, float, float],
    repatriated: NDArray[np.uint8],
    raided: NDArray[np.uint8],
    generation: NDArray[np.int64],
    reopens: NDArray[np.int64],
    region: NDArray[np.int64],
    leader: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], int]:
    """Walk over the slots at work; return marks (1 raided, 2 repatriated) and ringleaders arrested."""
    kind, a, b, growth = reopening
    marks = np.zeros(len(raided), dtype=np.uint8)
    leaders = 0
    for slot in range(len(raided)):
        if raided[slot]:
            continue
        u_raid, u_leader, _, _ = draw4(seed, slot_day_id(slot, day), SLOT_RAID, 0)
        if u_raid < raided_below[region[slot]] or repatriated[slot]:
            marks[slot] = 2 if repatriated[slot] else 1
            raided[slot] = 1
            high, low, _, _ = draw4(seed, slot_id(slot, generation[slot]), SLOT_GENERATION, 0)
            delay = quantile(kind, a, b, uniform52(high, low)) / DAYS
            for _ in range(generation[slot]):
                delay *= growth
            reopens[slot] = day + max(1, math.floor(min(delay, 1e6) + 0.5))
            if leader[slot] and u_leader < leader_at_raid:
                leader[slot] = 0
                leaders += 1
        elif leader[slot] and u_leader < leader_by_lead:
            leader[slot] = 0
            leaders += 1
    return marks, leaders


def reopen(seed: int, day: int, dens: Dens, state: DenState) -> int:
    """Open the next generation of every slot whose day has come, perhaps in another region; return how many."""
    return int(
        _reopen(
            seed,
            day,
            threshold(dens.ringleaders.share),
            region_thresholds(dens.displaced_to, dens.displaced),
            state.raided,
            state.generation,
            state.reopens,
            state.region,
            state.leader,
        )
    )


@compiled
def _reopen(
    seed: int,
    day: int,
    has_leader: int,
    displaced_to: NDArray[np.int64],
    raided: NDArray[np.uint8],
    generation: NDArray[np.int64],
    reopens: NDArray[np.int64],
    region: NDArray[np.int64],
    leader: NDArray[np.uint8],
) -> int:
    """Walk over the slots that are due; return how many opened."""
    opened = 0
    for slot in range(len(raided)):
        if raided[slot] and reopens[slot] <= day:
            raided[slot] = 0
            reopens[slot] = NEVER
            generation[slot] += 1
            opened += 1
            _, _, u_region, u_leader = draw4(seed, slot_id(slot, generation[slot]), SLOT_GENERATION, 0)
            leader[slot] = u_leader < has_leader
            place = pick(u_region, displaced_to)
            if place < STAYS:
                region[slot] = place
    return opened


@compiled
def slot_of(u: int, fraud_type: int, cumulative: NDArray[np.int64]) -> int:
    """Return the den slot that an attempt comes from, whatever is alive."""
    return pick(u, cumulative[fraud_type])


@compiled
def is_den_destroyed(slot: int, raided: NDArray[np.uint8]) -> bool:
    """Return whether the attempt's den does not work today."""
    return bool(raided[slot])
