"""Gate 2: dens, as slots. After a raid the next generation of a den opens later in the same slot.

The attempts of a type come from the slots that pursue it, in proportion to their weights. Attempts from raided slots
are stopped, so the gate stops the raided slots' share of a type.

Weight, first region, fraud types, delays and ringleaders of all generations of a slot are fixed by its identity before
the run. Policies change only when a den is raided: by a draw of (slot, day) against a hazard.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS
from sim.base.words import Channel
from sim.country.calendar import Days, Measures
from sim.draws.compiled import compiled, compiled_with_arrays
from sim.draws.distributions import cumulative_thresholds, pick, quantile, threshold
from sim.draws.functions import exp, normal_quantile
from sim.draws.identity import slot_day_id, slot_id
from sim.draws.philox import draw4, draw4_run, uniform52
from sim.draws.purposes import SLOT_GENERATION, SLOT_ORIGIN, SLOT_RAID
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.gates import Dens
from sim.scenario.schema.measures import DenCampaign

NEVER: Final = 1 << 40
"""Day of reopening of a den that is not raided: later than any run."""
LONGEST_CLOSURE_DAYS: Final = 1e6
"""Longest closure; longer ones are cut to it, which still exceeds any run."""

RAIDED: Final = 1
"""Mark of a slot raided by its hazard."""
REPATRIATED: Final = 2
"""Mark of a slot raided because its den was repatriated."""


@dataclass(frozen=True)
class Slots:
    """Properties of the den slots that are fixed before the run.

    ``weight`` (S,) with a mean of 1; ``region`` (S,) of generation 0, by its place in ``dens.regions``; ``share``
    (T, S) of the attempts of a type that come from a slot, as thresholds: they add up to 2**32; ``moves_to`` cumulative
    thresholds of the regions of reopening dens, see ``region_thresholds``.
    """

    weight: NDArray[np.float64]
    region: NDArray[np.int64]
    share: NDArray[np.int64]
    moves_to: NDArray[np.int64]

    @classmethod
    def of(cls, seed: int, dens: Dens, types: int) -> "Slots":
        """Return the slots of a scenario; a type that no den pursues comes from all dens."""
        count = dens.slots
        weights, region, pursues = _origins(
            seed, (count, types), dens.weight_sigma, dens.types_per_den, region_thresholds(dens, dens.regions)
        )
        weight = weights / (math.fsum(weights.tolist()) / count)
        cumulative = [cumulative_thresholds(np.where(row, weight, 0.0) if row.any() else weight) for row in pursues]
        share = np.array([np.diff(row, prepend=0) for row in cumulative], dtype=np.int64)
        return cls(weight, region, share, region_thresholds(dens, dens.displaced_to, dens.displaced))


@compiled_with_arrays
def _origins(
    seed: int, shape: tuple[int, int], sigma: float, types_per_den: int, regions: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    """Draw the fixed properties of slots.

    Args:
        seed: Of the run.
        shape: Numbers of slots and of fraud types.
        sigma: Standard deviation of the logarithm of weights.
        types_per_den: Number of draws of a type for a den; the same type may be drawn again.
        regions: (R,) cumulative thresholds.

    Returns:
        (S,) weights; (S,) regions; (T, S) whether each slot pursues a type.
    """
    count, types = shape
    weights = np.empty(count)
    region = np.empty(count, dtype=np.int64)
    pursues = np.zeros((types, count), dtype=np.bool_)
    for slot in range(count):
        high, low, u_region, _ = draw4(seed, slot_id(slot, 0), SLOT_ORIGIN, 0)
        weights[slot] = exp(sigma * normal_quantile(uniform52(high, low)))
        region[slot] = pick(u_region, regions)
        for number in range(1, types_per_den + 1):
            _, _, _, u_type = draw4(seed, slot_id(slot, 0), SLOT_ORIGIN, number)
            pursues[u_type * types >> 32, slot] = True
    return weights, region, pursues


def region_thresholds(dens: Dens, shares: Mapping[str, float], moving: float = 1.0) -> NDArray[np.int64]:
    """Return cumulative thresholds by region, (R,); with ``moving`` below 1 one more entry for dens that stay."""
    parts = [shares.get(region, 0.0) * moving for region in dens.regions]
    return cumulative_thresholds(parts if moving == 1.0 else [*parts, 1.0 - moving])


class DenState(NamedTuple):
    """State of the slots, changed in place at midnights.

    All (S,): ``raided`` whether raided and not yet reopened; ``generation``; ``reopens`` the day, or ``NEVER``;
    ``region``; ``leader`` whether the den has a free ringleader; ``leaderless`` whether the ringleader of this
    generation was arrested.
    """

    raided: NDArray[np.uint8]
    generation: NDArray[np.int64]
    reopens: NDArray[np.int64]
    region: NDArray[np.int64]
    leader: NDArray[np.uint8]
    leaderless: NDArray[np.uint8]

    @classmethod
    def start(cls, seed: int, dens: Dens, slots: Slots) -> "DenState":
        """Return the state at the first midnight: only slots that the scenario keeps raided are raided."""
        count = dens.slots
        state = cls(
            raided=np.zeros(count, dtype=np.uint8),
            generation=np.zeros(count, dtype=np.int64),
            reopens=np.full(count, NEVER, dtype=np.int64),
            region=slots.region.copy(),
            leader=np.zeros(count, dtype=np.uint8),
            leaderless=np.zeros(count, dtype=np.uint8),
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
    """Raids of a midnight: slots raided, including repatriated ones; slots repatriated; ringleaders arrested."""

    raided: NDArray[np.int64]
    repatriated: NDArray[np.int64]
    leaders: int


def campaign_factors(dens: Dens, measures: Measures, days: Days) -> NDArray[np.float64]:
    """Return the factors by which campaigns multiply the hazard of raids on each day, (D, R regions)."""
    factors = np.ones((len(days), len(dens.regions)))
    regions = list(dens.regions)
    for campaign, ramp in measures.over(days, DenCampaign):
        factors[:, regions.index(campaign.region)] += campaign.intensity * ramp
    return factors


class RaidRules(NamedTuple):
    """The settings of raids, read once.

    Attributes:
        regions: Names of the regions.
        hazard: (R,) raids a day of a den by region, without leads and campaigns.
        per_lead: Raids a day and lead, of a den.
        leader_at_raid: Threshold of arresting the ringleader of a den that is raided.
        leader_per_lead: Arrests a day and lead of the ringleader of one that is not.
        reopening: Kind, a and b of the distribution of closures in ms, the growth of a closure by generation, and its
            factor where the ringleader was arrested.
    """

    regions: list[str]
    hazard: NDArray[np.float64]
    per_lead: float
    leader_at_raid: int
    leader_per_lead: float
    reopening: tuple[int, float, float, float, float]

    @classmethod
    def of(cls, dens: Dens, slower: float = 1.0) -> Self:
        """Return the rules of a scenario; ``slower`` is the factor of a closure where the ringleader was arrested."""
        closure, per_lead = dens.reopening, dens.hazard.per_lead
        assert closure is not None, "dens have slots"
        assert per_lead is not None
        return cls(
            regions=list(dens.regions),
            hazard=np.array([dens.hazard.by_region[region] for region in dens.regions]),
            per_lead=per_lead,
            leader_at_raid=threshold(dens.ringleaders.at_raid),
            leader_per_lead=dens.ringleaders.per_lead,
            reopening=(int(closure.kind), closure.a, closure.b, dens.reopening_growth, slower),
        )


def raid(
    seed: int,
    day: int,
    rules: RaidRules,
    state: DenState,
    campaigns: NDArray[np.float64],
    leads: float,
    repatriated: Mapping[str, int],
) -> Raids:
    """Raid dens: a draw of (slot, day) against the hazard h a day of the slot's region, with probability 1 - exp(-h).

    Args:
        seed: Of the run.
        day: Day number.
        rules: Of the scenario.
        state: Changed in place.
        campaigns: (R,) factors of the hazard, see ``campaign_factors``.
        leads: Stock of fresh leads in the whole country.
        repatriated: Number of dens, by region, that are raided in any case.

    Returns:
        The raids.
    """
    by_lead = leads / len(state.raided)
    hazards = (rules.hazard + rules.per_lead * by_lead) * campaigns
    marks, leaders = _raid(
        seed,
        day,
        np.array([threshold(1.0 - exp(-hazard)) for hazard in hazards.tolist()], dtype=np.int64),
        rules.leader_at_raid,
        threshold(1.0 - exp(-rules.leader_per_lead * by_lead)),
        rules.reopening,
        _brought_home(seed, day, rules.regions, state, repatriated),
        state,
    )
    slots = np.flatnonzero(marks).astype(np.int64)
    return Raids(slots, slots[marks[slots] == REPATRIATED], int(leaders))


def _brought_home(
    seed: int, day: int, regions: list[str], state: DenState, repatriated: Mapping[str, int]
) -> NDArray[np.uint8]:
    """Return marks (S,) of the slots to repatriate: in each region those with the smallest uniforms of the day.

    The choice does not depend on earlier raids, so that slots raided in one scenario that are a superset of those
    raided in another remain a superset.
    """
    chosen = np.zeros(len(state.raided), dtype=np.uint8)
    for region, count in repatriated.items():
        candidates = np.flatnonzero(state.region == regions.index(region))
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
    reopening: tuple[int, float, float, float, float],
    repatriated: NDArray[np.uint8],
    state: DenState,
) -> tuple[NDArray[np.uint8], int]:
    """Raid slots that are not raided, in place.

    Args:
        seed: Of the run.
        day: Day number.
        raided_below: (R,) thresholds by region.
        leader_at_raid: Threshold of arresting the ringleader of a den that is raided.
        leader_by_lead: Threshold of arresting the ringleader of one that is not.
        reopening: Kind, a and b of the distribution of closures in ms, the growth of a closure by generation, and its
            factor where the ringleader was arrested.
        repatriated: (S,) slots to raid in any case.
        state: Changed in place.

    Returns:
        (S,) marks: 0, ``RAIDED`` or ``REPATRIATED``; ringleaders arrested.
    """
    kind, a, b, growth, slower = reopening
    raided, generation, leader = state.raided, state.generation, state.leader
    marks = np.zeros(len(raided), dtype=np.uint8)
    leaders = 0
    lanes = np.empty((4, len(raided)), dtype=np.uint32)
    draw4_run(seed, slot_day_id(0, day), slot_day_id(1, 0), len(raided), SLOT_RAID, lanes)
    for slot in range(len(raided)):
        if raided[slot]:
            continue
        u_raid, u_leader = lanes[0, slot], lanes[1, slot]
        if u_raid < raided_below[state.region[slot]] or repatriated[slot]:
            marks[slot] = REPATRIATED if repatriated[slot] else RAIDED
            raided[slot] = 1
            if leader[slot] and u_leader < leader_at_raid:
                leader[slot] = 0
                state.leaderless[slot] = 1
                leaders += 1
            high, low, _, _ = draw4(seed, slot_id(slot, generation[slot]), SLOT_GENERATION, 0)
            delay = quantile(kind, a, b, uniform52(high, low)) / DAY_MS
            for _ in range(generation[slot]):
                delay *= growth
            if state.leaderless[slot]:
                delay *= slower
            state.reopens[slot] = day + max(1, math.floor(min(delay, LONGEST_CLOSURE_DAYS) + 0.5))
        elif leader[slot] and u_leader < leader_by_lead:
            leader[slot] = 0
            state.leaderless[slot] = 1
            leaders += 1
    return marks, leaders


def reopen(seed: int, day: int, dens: Dens, slots: Slots, state: DenState) -> int:
    """Open the next generation in every slot that is due, possibly in another region; return their number."""
    return int(_reopen(seed, day, threshold(dens.ringleaders.share), slots.moves_to, len(dens.regions), state))


@compiled
def _reopen(
    seed: int, day: int, has_leader: int, displaced_to: NDArray[np.int64], regions: int, state: DenState
) -> int:
    """Reopen the slots that are due, in place.

    Args:
        seed: Of the run.
        day: Day number.
        has_leader: Threshold of having a ringleader.
        displaced_to: Cumulative thresholds by region, optionally with an entry for dens that stay.
        regions: Number of regions.
        state: Changed in place.

    Returns:
        The number of slots.
    """
    raided, generation, reopens = state.raided, state.generation, state.reopens
    opened = 0
    for slot in range(len(raided)):
        if raided[slot] and reopens[slot] <= day:
            raided[slot] = 0
            reopens[slot] = NEVER
            generation[slot] += 1
            opened += 1
            _, _, u_region, u_leader = draw4(seed, slot_id(slot, generation[slot]), SLOT_GENERATION, 0)
            state.leader[slot] = u_leader < has_leader
            state.leaderless[slot] = 0
            moved_to = pick(u_region, displaced_to)
            if moved_to < regions:
                state.region[slot] = moved_to
    return opened


def theory(spec: ScenarioModel, channel: Channel, code: int) -> float:
    """Return the share that theory expects the gate to stop, see ``sim.shield``: that of slots kept raided."""
    return len(spec.dens.fixed_raided or ()) / (spec.dens.slots or 1)


def off(spec: ScenarioModel) -> dict[str, Any]:
    """Return the values by dotted key with which nobody raids dens."""
    if spec.gangs is not None and spec.gangs.pools is not None:
        return {"gangs.pools.removed.home": "0 per year"}
    never = {f"dens.hazard.{key}": "0 per year" for key in (*spec.dens.regions, "per_lead")}
    return never if spec.dens.fixed_raided is None else {**never, "dens.fixed_raided": []}


def raided_thresholds(slots: Slots, raided: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the thresholds of the gate, (T,): the share of each type's attempts that come from raided slots (S,)."""
    shares: NDArray[np.int64] = slots.share[:, raided == 1].sum(axis=1)
    return shares
