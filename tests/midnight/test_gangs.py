"""Gangs at midnight: who is taken out of crews, what raids arrest, what a yield is made of, whatever the scale."""

import datetime as dt
import math
from typing import Any

import numpy as np
import pytest

import sim
from sim.base.days import day_number
from sim.country.traffic import attempt_rates
from sim.draws.distributions import CERTAIN
from sim.gangs.effort import NOBODY, nation
from sim.midnight.today import NATION, DayTotals
from sim.scenario import ScenarioModel
from sim.shield.engagement import segment_people
from tests.midnight.test_night import Notes, night_of, scenario
from tests.slots import TINY, WITH

TYPES = 8
GANGS: dict[str, Any] = {
    "pools": None,
    "start": 0.8,
    "recruiting": "0 per year",
    "reopens_with": 0.3,
    "crew_share": 0.25,
    "slower": 1.0,
}
USUAL = {"call": 0.05, "sms": 0.02, "online": 0.1}
REGIONS = ("east", "south", "elsewhere", "overseas")
NO_RAIDS = {f"dens.hazard.{key}": "0 per year" for key in (*REGIONS, "per_lead")}
NO_RAIDS["measures.homecoming.window"] = ["2020-01-01", "2020-01-01"]


def nothing() -> DayTotals:
    return DayTotals.empty(3, TYPES)


def solved(notes: Notes, day: int) -> int:
    return sum(is_solved for noted, _, _, is_solved in notes.finished if noted == day)


def test_members_among_those_arrested_for_cases_and_campaigns_leave_their_crews() -> None:
    campaign = {"kind": "cluster_campaign", "window": ["2022-02-02", "2022-02-05"], "count": 2, "arrests": 60}
    values = {**NO_RAIDS, "measures.campaign": {**campaign, "replacement_factor": 1.0}}
    night, notes, first = night_of(scenario(**{**TINY, "gangs": GANGS, **values}))
    spec = night.common.spec
    others = [m for name, m in spec.measures.items() if m.kind == "cluster_campaign" and name != "campaign"]
    members = 0.8 * spec.dens.crew * spec.dens.slots
    for day in range(first, first + 12):
        night(day, nothing())
        arrested = solved(notes, day) * spec.aftermath.suspects.per_case
        if day in range(day_number(dt.date(2022, 2, 2)), day_number(dt.date(2022, 2, 6))):
            arrested += 2 / 4 * 60
        for measure in others:
            days = (measure.window[1] - measure.window[0]).days + 1
            arrested += measure.count / days * measure.arrests
        members -= 0.25 * arrested
        assert night.dens.crews is not None
        assert night.dens.crews.share * spec.dens.crew * spec.dens.slots == pytest.approx(members, rel=1e-9)
        assert notes.levels[(day, NATION, "crews")] == pytest.approx(members / spec.dens.crew / spec.dens.slots)
    assert members < 0.79 * spec.dens.crew * spec.dens.slots


def test_raids_arrest_the_crews_that_there_are_and_dens_open_again_with_others() -> None:
    often = {f"dens.hazard.{key}": "30 per year" for key in REGIONS}
    values = {**often, "measures.homecoming.window": ["2020-01-01", "2020-01-01"], "measures.cluster-campaigns": None}
    night, notes, first = night_of(scenario(**{**TINY, "gangs": {**GANGS, "crew_share": 0.0}, **values}))
    assert night.dens.crews is not None
    expected = 0.0
    reopened = False
    for day in range(first, first + 20):
        share, before = night.dens.crews.share.copy(), night.dens.state.raided.copy()
        generation = night.dens.state.generation.copy()
        night(day, nothing())
        gone = ((before == 0) & (night.dens.state.raided == 1)) | (
            (before == 0) & (night.dens.state.generation > generation)  # raided, and open again by the next morning
        )
        expected += (night.dens.slots.weight[gone] * share[gone]).sum() * night.common.spec.dens.crew
        opened = night.dens.state.generation > generation
        assert (night.dens.crews.share[opened] == 0.3).all()
        assert (night.dens.crews.share[~opened] == share[~opened]).all()
        reopened |= bool(opened.any())
    counted = sum(count for (_, p, name), count in notes.flows.items() if p == NATION and name == "suspects_arrested")
    assert reopened
    assert abs(counted - expected) < 1.0


def answering(**values: Any) -> dict[str, Any]:
    return {**GANGS, "crew_share": 0.0, "answer": {"shift": 0.7, "supply": 0.4, "lag": "4 d", "usual": USUAL, **values}}


def test_gangs_answer_a_day_later_what_was_to_be_expected_of_a_day() -> None:
    # Every channel has every type.
    mixed = {"fraud.types.gaming.mix": {"call": 0.02, "sms": 0.05, "online": 0.2}}
    night, notes, first = night_of(scenario(**{**TINY, "gangs": answering(), **mixed, **NO_RAIDS}))
    spec = night.common.spec
    people = np.array(segment_people(spec))
    kept = math.exp(-1 / 4)
    usual = np.array(list(USUAL.values()))[:, None]
    yields = np.repeat(usual, TYPES, axis=1)
    drops = [kind.dropout for kind in spec.fraud.types.values()]
    q = np.array([(1 - d.engaged) * (1 - d.opened) * (1 - d.first_payment) for d in drops])
    drawn_in, paid = np.zeros(TYPES), np.zeros(TYPES)
    for number in range(6):
        day = first + number
        yesterday = nothing()
        if number:
            yesterday.drawn_in += np.arange(TYPES) * 7 + number
            yesterday.first_payments += np.arange(TYPES) * number
            drawn_in = drawn_in * kept + yesterday.drawn_in
            paid = paid * kept + yesterday.first_payments
            stops = night.today.stops / CERTAIN
            unaware = (night.today.unaware * people).sum(axis=1) / people.sum(axis=1)
            passed = (1 - stops).prod(axis=0) * unaware[:, None, None]
            gates = (night.opening.rates * passed).sum(axis=0) / night.opening.rates.sum(axis=0)
            paying = np.minimum((paid + 20) / (drawn_in * q + 20), 1.0)
            yields = kept * yields + (1 - kept) * gates * paying
        night(day, yesterday)
        stated = 0.8 * attempt_rates(spec, night.common.provinces, (day,))[0]
        time = stated.sum(axis=0) * usual
        ratio = yields / usual
        z = ratio**0.7
        effort = z * ((time * ratio).sum() / time.sum()) ** 0.4 * time.sum() / (time * z).sum()
        assert night.opening.rates == pytest.approx(stated * np.clip(effort, 0.5, 2.0))
        assert number == 0 or abs(effort - 1.0).max() > 0.05
        for c, channel in enumerate(USUAL):
            weights = stated.sum(axis=0)[c]
            for name, values in (("effort", np.clip(effort, 0.5, 2.0)), ("yield", yields)):
                mean = (values[c] * weights).sum() / weights.sum()
                assert notes.levels[(day, NATION, f"{name}_{channel}")] == pytest.approx(mean)


def test_gangs_make_the_stated_attempts_throughout_the_warm_up_and_only_learn() -> None:
    usual = None
    values = {**answering(usual=usual), "start": 1.0}
    night, notes, first = night_of(scenario(**{**TINY, "gangs": values, "period.warmup": "3 d", **NO_RAIDS}))
    gangs = night.gangs.effort
    assert gangs is not None
    yields = []
    for day in range(first, first + 5):
        night(day, nothing())
        stated = attempt_rates(night.common.spec, night.common.provinces, (day,))[0]
        is_as_stated = day < first + 3 or (usual is None and day == first + 3)
        assert (night.opening.rates == stated).all() == is_as_stated
        assert ((day, NATION, "effort_call") in notes.levels) == (day >= first + 3)
        yields.append(gangs.yields.copy())
    cells = nation(stated) > 0.0
    assert (yields[0] == NOBODY).all()
    assert (yields[1][cells] > 0.0).all()
    assert (usual is None) == (gangs.usual[cells] == yields[3][cells]).all()


def flagship(scale: float) -> ScenarioModel:
    gangs = {**GANGS, "start": 1.0, "crew_share": 0.5}
    period = {"start": "2021-03-01", "end": "2021-06-30", "warmup": "0 d"}
    values = {**WITH, **NO_RAIDS, "population.pool": "country", "cards.fixed_dead_share": 0.1}
    del values["measures.homecoming.window"]
    return sim.load_scenario("china-2022", scale=scale, period=period, gangs=gangs, **values).spec


@pytest.mark.slow
def test_crews_do_not_depend_on_the_scale() -> None:
    left = {}
    for scale in (0.01, 0.001):
        spec = flagship(scale)
        night, _, first = night_of(spec)
        for day in range(first, first + 60):
            night(day, DayTotals.empty(1, len(spec.fraud.types)))
        assert night.dens.crews is not None
        left[scale] = night.dens.crews.mean
    # Two months of arrests of the country take half; chance at a thousandth is some 65 cases solved, give or take 8.
    assert 0.4 < left[0.01] < 0.6
    assert 1 - left[0.001] == pytest.approx(1 - left[0.01], rel=0.3)
