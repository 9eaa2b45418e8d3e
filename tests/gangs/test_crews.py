"""Crews: logistic growth to the exact value, what thins them, and what they make of the stated attempts."""

import datetime as dt
import math
from typing import Any

import numpy as np
import pytest

import sim
from sim.base.days import day_number
from sim.draws.distributions import CERTAIN
from sim.midnight.slots import NEVER, Crews, DenState, RaidRules, Slots, raid, raided_thresholds, reopen
from sim.scenario import ScenarioModel
from tests.slots import TINY

FIRST = day_number(dt.date(2022, 1, 1))
GANGS: dict[str, Any] = {
    "pools": None,
    "start": 0.2,
    "recruiting": "6 per year",
    "reopens_with": 0.4,
    "crew_share": 0.5,
    "slower": 1.0,
}
RATE = 6 / 365.25


def scenario(**values: Any) -> ScenarioModel:
    """Return the tests' scenario with gangs, of which some keys are others; dotted keys are of the scenario."""
    gangs = {**GANGS, **{key: value for key, value in values.items() if key in GANGS}}
    others = {key: value for key, value in values.items() if key not in GANGS}
    return sim.load_scenario("tiny", **{**TINY, "gangs": gangs, **others}).spec


def begin(**values: Any) -> tuple[ScenarioModel, Slots, DenState, Crews]:
    spec = scenario(**values)
    slots = Slots.of(spec.seed, spec.dens, len(spec.fraud.types))
    crews = Crews.of(spec, slots)
    assert crews is not None
    return spec, slots, DenState.start(spec.seed, spec.dens, slots), crews


def test_a_crew_grows_logistically_to_the_exact_value() -> None:
    _, _, dens, crews = begin()
    for days in range(1, 400):
        crews.recruit(dens)
        exact = 1.0 / (1.0 + (1.0 / 0.2 - 1.0) * math.exp(-RATE * days))
        assert crews.share == pytest.approx(exact, rel=1e-12)
    assert crews.share.min() > 0.99
    # A full crew stays full, to the bit, and nobody recruits for a gang that is gone.
    for start in (0.0, 1.0):
        _, _, dens, crews = begin(start=start)
        crews.recruit(dens)
        assert (crews.share == start).all()


def test_neither_raided_nor_leaderless_crews_recruit() -> None:
    _, _, dens, crews = begin()
    dens.raided[3] = 1
    dens.leaderless[5] = 1
    crews.recruit(dens)
    assert np.flatnonzero(crews.share == 0.2).tolist() == [3, 5]


def test_a_crew_that_is_thinned_at_a_rate_is_in_equilibrium_at_1_less_1_over_r0() -> None:
    removal = 3.0
    spec, _, dens, crews = begin(start=0.9)
    left = math.exp(-removal / 365.25)
    everybody = np.arange(spec.dens.slots)
    for _ in range(5_000):
        crews.thin(crews.members(everybody) * (1.0 - left) / 0.5, dens)
        crews.recruit(dens)
    growth = math.exp(RATE)
    # Of the daily steps exactly, and up to a day of the continuous law: R0 = recruiting / removal.
    exact = max(0.0, (growth * left - 1.0) / (left * (growth - 1.0)))
    assert crews.share == pytest.approx(exact, abs=1e-9)
    assert crews.share == pytest.approx(max(0.0, 1.0 - removal / 6.0), abs=0.01)


def test_arrests_thin_all_crews_at_work_alike_and_nobody_twice() -> None:
    spec, slots, dens, crews = begin(start=0.8)
    dens.raided[:10] = 1
    at_work = np.flatnonzero(dens.raided == 0)
    members = crews.members(at_work)
    assert members == pytest.approx(0.8 * spec.dens.crew * slots.weight[10:].sum())
    crews.thin(40.0, dens)
    # Half of the suspects are members.
    assert crews.members(at_work) == pytest.approx(members - 20.0)
    assert (crews.share[:10] == 0.8).all()
    assert len(set(crews.share[10:].tolist())) == 1
    crews.thin(4 * members, dens)
    assert (crews.share[10:] == 0.0).all()
    crews.thin(1.0, dens)
    assert crews.share[0] == 0.8
    # Dens that open again begin with a crew of their own.
    crews.reopen(dens.raided == 1)
    assert (crews.share[:10] == 0.4).all()
    assert crews.mean == pytest.approx(0.4 * slots.weight[:10].sum() / slots.weight.sum())


def test_full_crews_make_the_stated_attempts_to_the_bit() -> None:
    _, slots, dens, crews = begin(start=1.0)
    dens.raided[::3] = 1
    made, stopped = crews.made(dens)
    assert (made == 1.0).all()
    assert (stopped == raided_thresholds(slots, dens.raided)).all()
    assert (stopped > 0).any()


def test_crews_make_attempts_in_proportion_and_raided_dens_stop_what_theirs_would_make() -> None:
    _, slots, dens, crews = begin(start=0.5)
    crews.share[:] = np.linspace(0.1, 0.9, len(crews.share))
    dens.raided[::4] = 1
    made, stopped = crews.made(dens)
    parts = slots.share / CERTAIN * crews.share
    assert made == pytest.approx(parts.sum(axis=1))
    assert stopped / CERTAIN == pytest.approx(parts[:, ::4].sum(axis=1) / parts.sum(axis=1))
    # What gets past the gate is what dens at work make.
    assert made * (1 - stopped / CERTAIN) == pytest.approx(parts[:, dens.raided == 0].sum(axis=1))
    # All alike, they make fewer and the gate stops the same share.
    crews.share[:] = 0.25
    quarter, same = crews.made(dens)
    assert quarter == pytest.approx(0.25)
    assert np.abs(same - raided_thresholds(slots, dens.raided)).max() <= 1
    crews.share[:] = 0.0
    nothing, nobody = crews.made(dens)
    assert (nothing == 0.0).all()
    assert (nobody == 0).all()


def test_a_den_without_its_ringleader_stays_closed_for_longer() -> None:
    slower = 3.0
    leaders = {"share": 1.0, "at_raid": 0.5, "per_lead": "1 per year"}
    spec, slots, _, _ = begin(**{"dens.slots": 2000, "dens.ringleaders": leaders, "dens.reopening": "10 d"})
    closed: dict[bool, set[int]] = {True: set(), False: set()}
    before_raid = 0
    settings, state = spec.dens, DenState.start(spec.seed, spec.dens, slots)
    rules, no_campaign = RaidRules.of(settings, slower), np.ones(len(settings.regions))
    for day in range(FIRST, FIRST + 30):
        lost = state.leaderless.copy()
        raids = raid(spec.seed, day, rules, state, no_campaign, 2000.0, {})
        for slot in raids.raided.tolist():
            if state.generation[slot] == 0:
                closed[bool(state.leaderless[slot])].add(int(state.reopens[slot]) - day)
                before_raid += int(lost[slot])
        assert (state.leaderless[state.leader == 1] == 0).all()
        reopen(spec.seed, day, settings, slots, state)
        # The next generation has a ringleader who was never arrested.
        assert (state.leaderless[state.reopens == NEVER] <= (state.leader[state.reopens == NEVER] == 0)).all()
    assert closed == {True: {round(10 * slower)}, False: {10}}
    assert before_raid > 0
    assert ((state.generation > 0) & (state.leaderless == 0) & (state.raided == 0)).any()
