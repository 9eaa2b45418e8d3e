"""Dens as slots with crews, for scenarios without ``gangs.pools``: gate 2 stops the attempts of raided ones.

Only one bundled country needs them; all of it goes when that one has pools. After a raid the next generation of a den
opens later in the same slot. The attempts of a type come from the slots that pursue it, in proportion to their weights
and crews, raided slots as they were at the raid; the gate stops the part of these.

Weight, first region, fraud types, delays and ringleaders of all generations of a slot are fixed by its identity before
the run. Policies change only when a den is raided: by a draw of (slot, day) against a hazard. Recruiting renews crews,
raids and arrests reduce them.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS
from sim.draws.compiled import compiled, compiled_with_arrays
from sim.draws.distributions import CERTAIN, ONE, cumulative_thresholds, fixed, pick, quantile, threshold
from sim.draws.functions import exp, fsum, normal_quantile
from sim.draws.identity import slot_day_id, slot_id
from sim.draws.philox import draw4, draw4_run, uniform52
from sim.draws.purposes import SLOT_GENERATION, SLOT_ORIGIN, SLOT_RAID
from sim.midnight.cases import Arrests, Investigation
from sim.midnight.gangs import campaigns, homecomings
from sim.midnight.timetable import Common
from sim.midnight.today import NATION, DayTotals
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.layers import Dens as DenValues

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
    def of(cls, seed: int, dens: DenValues, types: int) -> "Slots":
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


def region_thresholds(dens: DenValues, shares: Mapping[str, float], moving: float = 1.0) -> NDArray[np.int64]:
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
    def start(cls, seed: int, dens: DenValues, slots: Slots) -> "DenState":
        """Return the state at the first midnight: no slot is raided."""
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
        return state


@dataclass(frozen=True)
class Raided:
    """Raids of a midnight: slots raided, including repatriated ones; slots repatriated; ringleaders arrested."""

    raided: NDArray[np.int64]
    repatriated: NDArray[np.int64]
    leaders: int


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
    def of(cls, dens: DenValues, slower: float = 1.0) -> Self:
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
) -> Raided:
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
    return Raided(slots, slots[marks[slots] == REPATRIATED], int(leaders))


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


def reopen(seed: int, day: int, dens: DenValues, slots: Slots, state: DenState) -> int:
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


def raided_thresholds(slots: Slots, raided: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the thresholds of the gate, (T,): the share of each type's attempts that come from raided slots (S,)."""
    shares: NDArray[np.int64] = slots.share[:, raided == 1].sum(axis=1)
    return shares


class Crews:
    """The share of a full crew of each slot, (S,), changed at midnights.

    ``slower`` multiplies the time that a den without its ringleader stays closed.
    """

    def __init__(self, spec: ScenarioModel, slots: Slots) -> None:
        """Begin before the first midnight; the scenario has ``gangs``."""
        own = spec.gangs
        assert own is not None
        assert own.start is not None
        assert own.recruiting is not None
        assert own.reopens_with is not None
        assert own.crew_share is not None
        assert own.slower is not None
        self._slots = slots
        self._weights = fsum(slots.weight)
        self._parts = np.ascontiguousarray(slots.share.T, dtype=np.float64)
        self._full = spec.dens.crew
        self._crew_share = own.crew_share
        self.slower = own.slower
        self._growth = exp(own.recruiting)
        self._reopens_with = own.reopens_with
        self.share = np.full(len(slots.weight), own.start)

    @classmethod
    def of(cls, spec: ScenarioModel, slots: Slots) -> Self | None:
        """Return the crews of a scenario; None if it has no gangs or no feedback, so that crews are always full."""
        return cls(spec, slots) if spec.gangs is not None and spec.feedback else None

    def members(self, slots: NDArray[np.int64]) -> float:
        """Return the number of people in the crews of some slots."""
        return fsum(self._slots.weight[slots] * self.share[slots]) * self._full

    def thin(self, suspects: float, dens: DenState) -> None:
        """Remove crew members among these suspects of the country: the same share of every crew at work."""
        arrested = suspects * self._crew_share
        working = dens.raided == 0
        members = fsum(self._slots.weight * self.share * working) * self._full
        if arrested > 0.0 and members > 0.0:
            self.share[working] *= max(0.0, 1.0 - arrested / members)

    def recruit(self, dens: DenState) -> None:
        """Grow the crews at work by a day, except those without their ringleader."""
        _recruit(self.share, self._growth, dens)

    def reopen(self, opened: NDArray[np.bool_]) -> None:
        """Give reopened dens their first crew."""
        self.share[opened] = self._reopens_with

    @property
    def mean(self) -> float:
        """The mean share of all slots, by their weight."""
        return fsum(self._slots.weight * self.share) / self._weights

    def made(self, dens: DenState) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the share of the stated attempts that crews make, (T,), and its raided part as thresholds, (T,).

        The raided part are the attempts of raided slots, which gate 2 stops; it is 0 without raided slots.
        """
        made, stopped = _made(self._parts, self.share, dens.raided)
        shares = [threshold(raided / whole) if whole > 0.0 else 0 for raided, whole in zip(stopped, made, strict=True)]
        return made / CERTAIN, np.array(shares, dtype=np.int64)


@compiled
def grown(share: float, factor: float) -> float:
    """Return the share of a full crew after logistic growth: ``factor`` is exp(rate x time)."""
    more = share * factor
    return more / (1.0 - share + more)


@compiled
def _recruit(share: NDArray[np.float64], factor: float, dens: DenState) -> None:
    """Grow the crews at work that have their ringleader, in place."""
    for slot in range(len(share)):
        if not dens.raided[slot] and not dens.leaderless[slot]:
            share[slot] = grown(share[slot], factor)


@compiled_with_arrays
def _made(
    parts: NDArray[np.float64], share: NDArray[np.float64], raided: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the attempts of each type that all crews make, and those of raided ones, (T,) each, in thresholds.

    ``parts`` (S, T) are the attempts of a type that come from each slot, as thresholds; ``share`` (S,) of a full crew.
    """
    made = np.zeros(parts.shape[1])
    stopped = np.zeros(parts.shape[1])
    for slot in range(parts.shape[0]):
        for t in range(parts.shape[1]):
            made[t] += parts[slot, t] * share[slot]
        if raided[slot]:
            for t in range(parts.shape[1]):
                stopped[t] += parts[slot, t] * share[slot]
    return made, stopped


class Dens:
    """The fixed ``slots`` of dens, their ``state``, and their ``crews``: None if all are always full."""

    name = "dens"

    def __init__(self, common: Common) -> None:
        self._common = common
        spec = common.spec
        self.slots = Slots.of(spec.seed, spec.dens, len(spec.fraud.types))
        self.state = DenState.start(spec.seed, spec.dens, self.slots)
        self.crews = Crews.of(spec, self.slots)

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Reopen the dens whose day has come, some elsewhere; they work today."""
        spec, ledger = self._common.spec, self._common.ledger
        raided = self.state.raided.copy()
        reopened = reopen(spec.seed, day, spec.dens, self.slots, self.state)
        ledger.flow(day, NATION, "dens_reopened", reopened)
        ledger.level(day, NATION, "dens_raided", float(self.state.raided.sum()))
        if self.crews is not None:
            self.crews.reopen(raided > self.state.raided)
            ledger.level(day, NATION, "crews", self.crews.mean)

    def made(self) -> tuple[NDArray[np.float64] | None, NDArray[np.int64]]:
        """Return the share of the stated attempts that gangs make, (T,), None for all; its raided part, (T,)."""
        if self.crews is None:
            return None, raided_thresholds(self.slots, self.state.raided)
        return self.crews.made(self.state)


class Raids:
    """Raids, with the arrests of crews and ringleaders."""

    name = "raids"

    def __init__(self, common: Common, arrests: Arrests, cases: Investigation, den_stock: Dens) -> None:
        self._common = common
        self._arrests = arrests
        self._cases = cases
        self._dens = den_stock
        crews = den_stock.crews
        self._rules = RaidRules.of(common.spec.dens, 1.0 if crews is None else crews.slower)

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Raid dens; arrest ringleaders and crews; at the start of their measure, bring dens home from abroad."""
        common, spec, crews = self._common, self._common.spec, self._dens.crews
        brought = homecomings(common, day)
        abroad = Counter[str]()
        for measure in brought:
            abroad[measure.region or list(spec.dens.regions)[-1]] += measure.dens
        leads = self._cases.leads / ONE
        factors = common.timetable.raids[common.timetable.row(day)]
        raids = raid(spec.seed, day, self._rules, self._dens.state, factors, leads, abroad)
        common.ledger.flow(day, NATION, "dens_destroyed", len(raids.raided))
        common.ledger.flow(day, NATION, "ringleaders_arrested", raids.leaders)
        at_home = sorted(set(raids.raided.tolist()) - set(raids.repatriated.tolist()))
        if crews is None:
            members = math.fsum(float(self._dens.slots.weight[slot]) for slot in at_home) * spec.dens.crew
        else:
            members = crews.members(np.array(at_home, dtype=np.int64))
        self._arrests.of_nation(day, "suspects_dens", fixed(members * spec.scale))
        for measure in brought:
            self._arrests.of_nation(day, "suspects_repatriated", fixed(measure.suspects * spec.scale))
        campaigns(common, self._arrests, day)


class Recruiting:
    """The arrests and the recruiting of a day; the crews themselves belong to the dens."""

    name = "recruiting"

    def __init__(self, common: Common, arrests: Arrests, dens: Dens) -> None:
        self._scale = common.spec.scale
        self._arrests = arrests
        self._dens = dens

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Remove suspects arrested for cases and in campaigns from the crews at work, then recruit."""
        arrested = self._arrests.thinning() / self._scale
        if self._dens.crews is not None:
            self._dens.crews.thin(arrested, self._dens.state)
            self._dens.crews.recruit(self._dens.state)
