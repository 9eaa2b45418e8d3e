"""Dens: raids against their hazard, reopening, displacement, ringleaders; and which den an attempt comes from."""

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy import stats

from sim.base.days import day_number
from sim.country.calendar import Measures
from sim.draws.distributions import CERTAIN
from sim.midnight.slots import NEVER, DenState, Raided, RaidRules, Slots, raid, raided_thresholds, reopen
from sim.scenario import ScenarioModel, load_scenario
from sim.scenario.schema.layers import Dens
from sim.scenario.schema.measures import DenCampaign
from sim.shield.dens import campaign_factors
from tests.chi_square import HOPELESS, LIKELY, fit, share_fit
from tests.slots import TINY

DAY = 86_400_000
FIRST = day_number(dt.date(2022, 1, 1))
PER_YEAR = 1.0 / 365.25
NONE = Measures({})


@pytest.fixture
def tiny() -> ScenarioModel:
    return load_scenario("tiny", **TINY).spec


OVERSEAS = 3
"""The place of this region in ``dens.regions``."""


class Midnight(NamedTuple):
    """The state before a midnight, what its raids did, the state after them, and how many dens then reopened."""

    before: DenState
    happened: Raided
    between: DenState
    reopened: int


def copy(state: DenState) -> DenState:
    return DenState(*(field.copy() for field in state))


def dens(tiny: ScenarioModel, **values: Any) -> Dens:
    base = {
        "slots": 4000,
        "hazard": {
            "east": "12 per year",
            "south": "6 per year",
            "elsewhere": "3 per year",
            "overseas": "0 per year",
            "per_lead": "0 per year",
            "leads_per_case": 1.0,
            "lead_half_life": "30 d",
        },
        "displaced": 0.0,
    }
    plain = tiny.dens.model_dump(mode="json")
    return Dens.model_validate({**plain, **base, **values})


def run(
    settings: Dens,
    days: int,
    measures: Measures = NONE,
    leads: float = 0.0,
    seed: int = 5,
    repatriated: dict[int, int] | None = None,
    closed: Sequence[int] = (),
) -> tuple[Slots, DenState, list[Midnight]]:
    """Return slots, the last state, and the midnights: raids, then reopenings; dens are repatriated on some of them.

    Those in ``closed`` are raided at first and never reopen.
    """
    slots = Slots.of(seed, settings, 8)
    state = DenState.start(seed, settings, slots)
    state.raided[list(closed)] = 1
    history = []
    factors = campaign_factors(settings, measures, range(FIRST, FIRST + days))
    for day in range(FIRST, FIRST + days):
        before = copy(state)
        home = {"overseas": repatriated[day]} if repatriated and day in repatriated else {}
        happened = raid(seed, day, RaidRules.of(settings), state, factors[day - FIRST], leads, home)
        between = copy(state)
        history.append(Midnight(before, happened, between, reopen(seed, day, settings, slots, state)))
    return slots, state, history


def raids_by_region(history: list[Midnight]) -> tuple[np.ndarray, np.ndarray]:
    """Return the raids and the days at risk of the dens of each region that never reopen."""
    raids, at_risk = np.zeros(4, dtype=int), np.zeros(4, dtype=int)
    for before, happened, _, _ in history:
        raids += np.bincount(before.region[happened.raided], minlength=4)
        at_risk += np.bincount(before.region[before.raided == 0], minlength=4)
    return raids, at_risk


def test_raids_come_with_the_hazard_of_the_region(tiny: ScenarioModel) -> None:
    settings = dens(tiny, reopening="30000 d")
    slots, state, history = run(settings, 100)
    raids, at_risk = raids_by_region(history)
    for region, per_year in enumerate((12, 6, 3, 0)):
        daily = 1.0 - math.exp(-per_year / 365.25)
        if per_year:
            assert share_fit(int(raids[region]), int(at_risk[region]), daily) > LIKELY
            assert share_fit(int(raids[region]), int(at_risk[region]), daily * 1.3) < LIKELY
        else:
            assert raids[region] == 0
    shares = list(settings.regions.values())
    assert fit(np.bincount(slots.region, minlength=4), 4000 * np.array(shares)) > LIKELY
    # A den that has worked for long is no safer and no riskier: the first half has its share of the raids.
    first = sum(len(happened.raided) for _, happened, _, _ in history[:50])
    hazards = np.array([12, 6, 3, 0]) * PER_YEAR
    expected = [(np.bincount(b.region[b.raided == 0], minlength=4) * (1 - np.exp(-hazards))).sum() for b, *_ in history]
    assert share_fit(first, int(state.raided.sum()), sum(expected[:50]) / sum(expected)) > LIKELY


def test_campaigns_and_leads_raise_the_hazard(tiny: ScenarioModel) -> None:
    campaign = DenCampaign.model_validate(
        {"kind": "den_campaign", "window": ["2022-01-01", "2022-02-19"], "region": "south", "intensity": 1.5}
    )
    base = dens(tiny, reopening="30000 d")
    hazard = {**base.model_dump(mode="json")["hazard"], "per_lead": "2 per year"}
    settings = dens(tiny, reopening="30000 d", hazard=hazard)
    # 2 raids a year for each lead, one lead for two dens: one more raid a year and den, in every region.
    _, _, history = run(settings, 100, Measures({"a": campaign}), leads=2000.0)
    during, after = raids_by_region(history[:50]), raids_by_region(history[50:])
    for (raids, at_risk), factor in ((during, 2.5), (after, 1.0)):
        for region, per_year in enumerate((13, 7 * factor, 4, 1)):
            assert share_fit(int(raids[region]), int(at_risk[region]), 1.0 - math.exp(-per_year / 365.25)) > LIKELY
    raids, at_risk = during
    assert share_fit(int(raids[1]), int(at_risk[1]), 1.0 - math.exp(-7 / 365.25)) < HOPELESS


def test_a_raided_slot_reopens_after_the_delay_of_its_generation(tiny: ScenarioModel) -> None:
    settings = dens(tiny, reopening={"lognormal": {"median": "20 d", "sigma": 0.3}}, reopening_growth=2.0, slots=1500)
    _, _, history = run(settings, 600)
    delays: dict[int, list[int]] = {0: [], 1: [], 2: []}
    reopened = 0
    for k, (before, happened, between, opened) in enumerate(history[:-1]):
        after = history[k + 1].before
        # Raids come first: they take dens at work, of the generation that worked yesterday, and open none.
        assert (before.raided[happened.raided] == 0).all()
        assert (between.generation == before.generation).all()
        assert np.flatnonzero(between.raided != before.raided).tolist() == happened.raided.tolist()
        for slot in happened.raided.tolist():
            generation = int(before.generation[slot])
            if generation in delays:
                delays[generation].append(int(between.reopens[slot]) - (FIRST + k))
        # Then dens reopen, and they work today: nothing of this midnight can raid them again.
        opens = (between.raided == 1) & (between.reopens <= FIRST + k)
        assert opened == opens.sum()
        assert (after.generation - between.generation == opens).all()
        assert (after.raided[opens] == 0).all()
        reopened += opened
        assert ((after.raided == 1) == (after.reopens < NEVER)).all()
    assert reopened > 500
    for generation, found in delays.items():
        logs = np.log(np.array(found) / (20.0 * 2.0**generation)) / 0.3
        assert len(found) > 100
        # Delays are whole days, which a test of a continuous distribution is a little too strict for.
        assert stats.kstest(logs, "norm").pvalue > 0.1 * LIKELY
    assert stats.kstest(np.log(np.array(delays[1]) / 20.0) / 0.3, "norm").pvalue < HOPELESS


def test_a_share_reopens_elsewhere(tiny: ScenarioModel) -> None:
    to = {"east": 0.1, "south": 0.2, "elsewhere": 0.3, "overseas": 0.4}
    settings = dens(tiny, reopening="3 d", displaced=0.6, displaced_to=to)
    _, _, history = run(settings, 150)
    moves = np.zeros((4, 4))
    for k, (before, *_) in enumerate(history[:-1]):
        after = history[k + 1].before
        opened = after.generation > before.generation
        np.add.at(moves, (before.region[opened], after.region[opened]), 1)
    for origin in range(3):
        shares = 0.6 * np.array(list(to.values()))
        shares[origin] += 0.4
        assert fit(moves[origin], moves[origin].sum() * shares) > LIKELY
        assert fit(moves[origin], moves[origin].sum() * np.array(list(to.values()))) < HOPELESS
    # Nobody is raided overseas here, so nobody comes back from there.
    assert moves[OVERSEAS].sum() == 0


def test_ringleaders_are_arrested_at_raids_and_through_leads(tiny: ScenarioModel) -> None:
    leaders = {"share": 0.5, "at_raid": 0.3, "per_lead": "0 per year"}
    settings = dens(tiny, reopening="30000 d", ringleaders=leaders)
    _, state, history = run(settings, 100)
    free = int(history[0].before.leader.sum())
    assert share_fit(free, 4000, 0.5) > LIKELY
    met = sum(int(before.leader[happened.raided].sum()) for before, happened, _, _ in history)
    arrested = sum(happened.leaders for _, happened, _, _ in history)
    assert share_fit(arrested, met, 0.3) > LIKELY
    assert free - int(state.leader.sum()) == arrested
    # A lead for every other den, and 0.5 arrests a year and lead: 0.25 a year and den.
    led = dens(tiny, reopening="30000 d", ringleaders={**leaders, "at_raid": 0.0, "per_lead": "0.5 per year"})
    _, state, history = run(led, 200, leads=2000.0)
    at_risk = sum(
        int(((before.leader == 1) & (before.raided == 0)).sum() - before.leader[happened.raided].sum())
        for before, happened, _, _ in history
    )
    arrested = sum(happened.leaders for _, happened, _, _ in history)
    assert share_fit(arrested, at_risk, 1.0 - math.exp(-0.25 / 365.25)) > LIKELY
    # Who is arrested is free no more, and nobody twice.
    assert int(history[0].before.leader.sum()) - int(state.leader.sum()) == arrested > 0


def test_slots_closed_for_good_stay_so_and_a_superset_stays_one(tiny: ScenarioModel) -> None:
    repatriated = {FIRST + 20: 6, FIRST + 21: 3, FIRST + 70: 25}
    fewer, more = list(range(0, 300, 7)), sorted({*range(0, 300, 7), *range(0, 300, 4)})
    for seed in range(5):
        paths = []
        for fixed in (fewer, more):
            settings = dens(tiny, slots=300, reopening="9 d")
            _, _, history = run(settings, 120, seed=seed, repatriated=repatriated, closed=fixed)
            raided = np.array([before.raided for before, *_ in history])
            assert (raided[:, fixed] == 1).all()
            assert any(len(happened.repatriated) for _, happened, _, _ in history) == bool(repatriated)
            paths.append(raided)
        assert (paths[0] <= paths[1]).all()
        assert paths[0].sum() < paths[1].sum()


def test_a_repatriation_takes_dens_overseas_whatever_was_raided(tiny: ScenarioModel) -> None:
    day = FIRST + 4
    settings = dens(tiny, slots=200, reopening="5 d")
    _, _, history = run(settings, 30, repatriated={day: 3})
    for k, (before, happened, _, _) in enumerate(history):
        assert len(happened.repatriated) == (3 if k == 4 else 0)
        assert (before.region[happened.repatriated] == OVERSEAS).all()
        assert set(happened.repatriated) <= set(happened.raided)
    chosen = history[4].happened.repatriated.tolist()
    # The same are chosen where some of them are raided already: those are not brought home, and none in their place.
    _, _, history = run(settings, 30, repatriated={day: 3}, closed=chosen[:2])
    assert history[4].happened.repatriated.tolist() == chosen[2:]
    # More of them are the same and others; more than there are is all.
    more = run(settings, 5, repatriated={day: 9})[2][4].happened.repatriated.tolist()
    assert len(more) == 9
    assert set(chosen) < set(more)
    before, happened, _, _ = run(settings, 5, repatriated={day: 1000})[2][4]
    assert happened.repatriated.tolist() == np.flatnonzero(before.region == OVERSEAS).tolist()


def test_attempts_of_a_type_come_from_the_dens_that_pursue_it_by_weight(tiny: ScenarioModel) -> None:
    slots = Slots.of(5, dens(tiny, slots=40, types_per_den=3, weight_sigma=1.0), 8)
    assert slots.weight.mean() == pytest.approx(1.0)
    assert (slots.share.sum(axis=1) == CERTAIN).all()
    pursued = slots.share > 0
    # A den draws three types out of eight, perhaps one of them twice.
    assert set(pursued.sum(axis=0).tolist()) <= {1, 2, 3}
    assert pursued.sum() > 2 * 40
    for of_type, pursues in zip(slots.share, pursued, strict=True):
        weight = np.where(pursues, slots.weight, 0.0)
        # Each of two cumulative thresholds is rounded by half a unit.
        assert np.abs(of_type - weight / weight.sum() * CERTAIN).max() <= 1.0
        assert 3 < pursues.sum() < 40
    assert len({tuple(row) for row in pursued.tolist()}) == 8


def test_raided_dens_stop_their_share_of_each_type(tiny: ScenarioModel) -> None:
    slots = Slots.of(5, dens(tiny, slots=40, types_per_den=3, weight_sigma=1.0), 8)
    raided = np.zeros(40, dtype=np.uint8)
    assert raided_thresholds(slots, raided).tolist() == [0] * 8
    raided[[3, 17, 29]] = 1
    some = raided_thresholds(slots, raided)
    assert some.tolist() == [sum(int(row[slot]) for slot in (3, 17, 29)) for row in slots.share]
    assert len(set(some.tolist())) > 3
    # One den more stops as much more of the types that it pursues, and of no other.
    raided[8] = 1
    assert (raided_thresholds(slots, raided) - some == slots.share[:, 8]).all()
    raided[:] = 1
    assert raided_thresholds(slots, raided).tolist() == [CERTAIN] * 8
