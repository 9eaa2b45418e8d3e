"""Rosters: kinds of days, shapes of the day, shifts of a scenario, and a descent to what each half hour needs."""

import json

import numpy as np
import pytest

import sim
from sim.base.days import HALF_HOUR_MS, HALF_HOURS, day_number
from sim.country.provinces import Provinces
from sim.country.schedule import Schedule
from sim.experiments.promise import with_staff
from sim.experiments.roster import Found, Roster, Rosters, Shape, Start, Tried, Week, delayed, find_rosters, levels

OPEN = np.zeros((7, HALF_HOURS))
OPEN[:5, 16:44] = 1.0
OPEN[5:, 18:40] = 0.6


@pytest.fixture
def week() -> Week:
    return Week.of(OPEN, [0] * 7, [2, 2, 2, 2, 2, 1, 1])


def test_kinds_of_days_have_the_same_shifts_and_about_the_same_load(week: Week):
    assert week.kinds == ((1, 2, 3, 4, 5), (6, 7))
    assert week.days == (10, 2)
    assert Week.of(OPEN, [1, 0, 0, 0, 1, 0, 0], [1] * 7).kinds == ((1, 5), (2, 3, 4), (6, 7))
    # Days that the period lacks are not staffed: nothing is known of them.
    absent = Week.of(OPEN, [0] * 7, [1, 1, 0, 0, 0, 0, 0])
    assert absent.staffed.any(axis=1).tolist() == [True, False]
    assert Shape(absent.flat(5), np.ones((2, HALF_HOURS))).roster(0).seats[1, 20] == 3


def test_a_weekday_is_apart_if_its_load_differs_by_a_tenth_and_by_more_than_chance():
    assert levels([1000, 1000, 1000, 1000, 1400, 700, 1000], [1] * 7) == [0, 0, 0, 0, 1, -1, 0]
    assert levels([100_000, 100_000, 100_000, 100_000, 108_000, 100_000, 100_000], [1] * 7) == [0] * 7  # too little
    assert levels([10, 10, 10, 10, 14, 7, 10], [1] * 7) == [0] * 7  # by chance
    assert levels([2000, 1000, 0, 0, 0, 0, 0], [2, 1, 0, 0, 0, 0, 0]) == [0] * 7
    assert levels([0] * 7, [0] * 7) == [0] * 7


def test_every_number_of_seats_is_a_roster_and_more_are_nowhere_fewer(week: Week):
    rng = np.random.default_rng(5)
    load = rng.gamma(1.0, 4.0, (2, HALF_HOURS)) * week.staffed
    load[0, 20] = 0.0
    shape = Shape(week.flat(9), load)
    before = np.zeros((2, HALF_HOURS), dtype=np.int64)
    for number in range(700):
        seats = shape.roster(number).seats
        assert seats.sum() == number
        assert (seats >= before).all()
        assert not seats[~week.staffed].any()
        before = seats
    # With as many seats as have a quality, each half hour has its square-root rule.
    ruled = np.floor(load + 1.5 * np.sqrt(load) + 0.5)[week.staffed]
    seats = shape.roster(shape.at(1.5)).seats[week.staffed]
    assert seats[load[week.staffed] > 0.01].tolist() == ruled[load[week.staffed] > 0.01].tolist()
    flat = week.flat(9)
    assert (shape.roster(shape.covering(flat)).seats >= flat.seats).all()
    assert Shape(flat, flat.seats.astype(float)).roster(int(flat.seats.sum())).seats.tolist() == flat.seats.tolist()


def test_half_hours_alike_get_their_seats_one_after_the_other(week: Week):
    shape = Shape(week.flat(3), np.ones((2, HALF_HOURS)))
    seats = shape.roster(28 + 22 + 3).seats[week.staffed]
    assert seats.tolist() == [2, 2, 2] + [1] * 47


def test_load_is_put_off_within_opening_hours_and_none_is_lost(week: Week):
    load = np.ones((2, HALF_HOURS))
    load[0, 16] = 9.0
    now = delayed(load, week.staffed, 0)
    assert now[week.staffed].tolist() == load[week.staffed].tolist()
    assert not now[~week.staffed].any()
    later = delayed(load, week.staffed, 2)
    assert later.sum() == pytest.approx(now.sum())
    assert not later[~week.staffed].any()
    assert later[0, 16] == pytest.approx(3.0)
    assert later[0, 17] == pytest.approx(3.0 + 1 / 3)
    assert later[0, 43] == pytest.approx(1 + 1 / 2 + 1 / 3)  # the last one that is open gets what cannot wait


@pytest.mark.parametrize("scale", [1.0, 0.3])
def test_shifts_of_a_scenario_come_to_the_seats_of_the_roster(week: Week, scale: float):
    rng = np.random.default_rng(6)
    roster = Roster(week, rng.integers(0, 2000, (2, HALF_HOURS)) * week.staffed)
    assert len(roster.desk(scale)["shifts"]) > 40
    own = {"11": {"staff": 4, "growth": {"steps": [{"from": "2022-01-01", "factor": 1.0}]}}}
    base = sim.load_scenario("tiny", {"desks.visit.by_province": json.dumps(own)}, scale=scale)
    empty = Roster(week, np.zeros((2, HALF_HOURS), dtype=np.int64))
    scenario = with_staff(base, "visit", {11: roster.desk(scale), 44: roster.desk(scale), 65: empty.desk(scale)})
    assert scenario.spec.desks.visit.by_province["11"].growth is not None  # type: ignore[union-attr]
    schedule = Schedule(scenario.spec, Provinces.of(scenario.spec))
    for day in range(7):
        a_day = schedule.staffed(day_number(scenario.spec.period.start) + day)  # from a Monday on
        servers = np.rint(a_day / HALF_HOUR_MS)
        for province in (0, 1):
            assert servers[province, 1].tolist() == roster.seats[int(day >= 5)].tolist()
        assert not servers[2, 1].any()


def test_what_each_half_hour_needs_is_found_and_no_more(week: Week):
    """A need that no shape has: the descent comes to it; where seats cost nothing, none is taken out."""
    need = np.zeros((2, HALF_HOURS), dtype=np.int64)
    need[:, 18:40] = np.random.default_rng(7).integers(1, 9, (2, 22))
    most = Roster(week, np.full((2, HALF_HOURS), 9) * week.staffed)

    def search(trims: int, paid: int = 1) -> Found:
        def trials(sets: list[Rosters]) -> list[dict[int, Tried]]:
            return [
                {
                    key: Tried(bool((own.seats >= need * key).all()), paid * int(own.seats.sum()))
                    for key, own in rosters.items()
                }
                for rosters in sets
            ]

        starts = {}
        for key in (1, 2):
            shapes = (Shape(most, np.roll(need, 3, axis=1) + 0.2), Shape(most, most.seats.astype(float)))
            starts[key] = [Start(shape, 100, 2 * shape.covering(most)) for shape in shapes]
        return find_rosters(trials, starts, trims, lambda line: None)  # type: ignore[arg-type]

    done = search(5000)
    assert not done.unsettled
    for key in (1, 2):
        assert done.rosters[key].seats.tolist() == (need * key).tolist()
    begun = search(0)
    assert begun.rosters[1].seats.sum() > need.sum()
    free = [search(trims, paid=0).rosters[1].seats.tolist() for trims in (0, 5000)]
    assert free[0] == free[1]


def test_steps_that_hold_only_beside_a_step_that_does_not_are_taken_back(week: Week):
    """The first key needs 200 seats, but none while the second has too few; which the second tries, and may not."""
    most = week.flat(8)

    def trials(sets: list[Rosters]) -> list[dict[int, Tried]]:
        tried = []
        for rosters in sets:
            first, second = (int(rosters[key].seats.sum()) for key in (1, 2))
            stepped = int(np.ptp(rosters[2].seats[week.staffed])) > 3  # as no number of seats of its shape is
            tried.append({1: Tried(first >= 200 or (stepped and second < 200), first), 2: Tried(second >= 200, second)})
        return tried

    starts = {key: [Start(Shape(most, most.seats.astype(float)), int(most.seats.sum()), 2000)] for key in (1, 2)}
    done = find_rosters(trials, starts, 60, lambda line: None)  # type: ignore[arg-type]
    assert not done.unsettled
    assert all(one.enough for one in trials([done.rosters])[0].values())
    never = find_rosters(
        lambda sets: [dict.fromkeys(one, Tried(False, 1)) for one in sets], starts, 3, lambda line: None
    )
    assert never.unsettled == {1, 2}
