"""Who is on duty: staff by province, its growth by date, its shifts."""

import math
from datetime import date
from typing import Any

import numpy as np
import pytest

import sim
from sim.base.days import HALF_HOUR_MS, day_number
from sim.country.provinces import Provinces, Schedule, thin_desks
from sim.scenario import ScenarioModel
from tests.engines.small import TWO_DAYS

MONDAY = day_number(date(2022, 1, 31))
CALL, VISIT = 0, 1
SHARES = (6 / 21, 12 / 21, 3 / 21)
"""Of Beijing, Guangdong and Xinjiang in the staff of ``tiny``: by people."""


def schedule_of(spec: ScenarioModel) -> Schedule:
    return Schedule(spec, Provinces.of(spec))


def week(spec: ScenarioModel, monday: int = MONDAY) -> np.ndarray:
    """Return the staff on duty in a week at simulated scale, (7, P, 2, 48)."""
    schedule = schedule_of(spec)
    return np.array([schedule.staffed(monday + day) for day in range(7)]) / HALF_HOUR_MS


def with_desks(spec: ScenarioModel, **values: Any) -> ScenarioModel:
    """Return ``tiny`` with other values below ``desks``; ``__`` stands for a dot."""
    dotted = {f"desks.{key.replace('__', '.')}": value for key, value in values.items()}
    return sim.load_scenario("tiny", period=TWO_DAYS, scale=spec.scale, **dotted).spec


def steps(*some: tuple[str, float]) -> dict[str, Any]:
    return {"steps": [{"from": day, "factor": factor} for day, factor in some]}


def thin(spec: ScenarioModel) -> int:
    return thin_desks(schedule_of(spec), MONDAY, MONDAY + 1)


def near(*staff: float) -> Any:
    """Return numbers of staff on duty, to a ms in half an hour."""
    return pytest.approx(list(staff), abs=1.0 / HALF_HOUR_MS)


def test_time_on_duty_is_staff_by_people_share_and_shift(tiny: ScenarioModel) -> None:
    # Visits of tiny: 26 people, on weekdays 07:30 to 23:30, on weekends 60 per cent of them 09:00 to 21:00.
    before = week(tiny)
    weekday = [26 * share for share in SHARES]
    weekend = [26 * share * 0.6 for share in SHARES]
    for day in range(7):
        begins, ends, staff = (15, 47, weekday) if day < 5 else (18, 42, weekend)
        for half_hour in range(48):
            assert before[day, :, VISIT, half_hour].tolist() == near(
                *(staff if begins <= half_hour < ends else [0] * 3)
            )
    # At simulated scale a desk of fewer than five is thin.
    few = sum(staff * share < 5 for staff in (tiny.desks.call.staff, 26) for share in SHARES)
    assert thin(tiny) == few
    # Two provinces with staff of their own, one of them none: shifts and scale as for all, and nobody else's change.
    own = tiny.desks.visit.model_copy(update={"by_province": {"11": 20.0, "65": 0.0}})
    with_own = tiny.model_copy(update={"desks": tiny.desks.model_copy(update={"visit": own})})
    changed = week(with_own)
    assert (changed[:, :, CALL] == before[:, :, CALL]).all()
    assert changed[0, :, VISIT, 20].tolist() == near(20, weekday[1], 0)
    assert changed[6, :, VISIT, 20].tolist() == near(12, weekend[1], 0)
    assert changed[0, :, VISIT, 0].tolist() == [0, 0, 0]
    halved = with_own.model_copy(update={"scale": 0.5})
    assert week(halved)[0, :, VISIT, 20].tolist() == near(10, 13 * 12 / 21, 0)
    # Beijing's visits had more than five before too; Xinjiang's have nobody now, which is not thin but closed.
    assert thin(with_own) == few - 1
    thinned = tiny.model_copy(update={"scale": 1e-4})
    assert thin(thinned) == 2 * 3
    assert week(thinned).sum() == pytest.approx(1e-4 * before.sum(), rel=1e-3)


def test_a_staff_grows_by_steps_and_by_a_ramp(tiny: ScenarioModel) -> None:
    growing = with_desks(
        tiny,
        call__growth=steps(("2022-02-01", 0.5), ("2022-02-02", 0.0), ("2022-02-04", 2.5)),
        visit__growth={"ramp": {"midpoint": "2022-02-03", "width": "2 d", "floor": 0.2}},
    )
    before, after = week(tiny), week(growing)
    # Before its first step a staff is what the first step says, from its last one on what the last says.
    for day, factor in enumerate((0.5, 0.5, 0.0, 0.0, 2.5, 2.5, 2.5)):
        assert after[day, :, CALL, 20].tolist() == near(*(10 * share * factor for share in SHARES)), day
        visits = 0.2 + 0.8 / (1 + math.exp((3 - day) / 2))
        share_on_duty = 1.0 if day < 5 else 0.6
        assert after[day, :, VISIT, 20].tolist() == near(*(26 * share * share_on_duty * visits for share in SHARES)), (
            day
        )
    # Who is not on duty stays away, whatever the growth; and later weeks go on growing.
    assert not after[before == 0].any()
    assert week(growing, MONDAY + 700)[0, :, CALL, 20].tolist() == near(*(10 * share * 2.5 for share in SHARES))
    assert (week(growing, MONDAY + 700)[:, :, VISIT] == before[:, :, VISIT]).all()


def test_a_province_grows_and_works_as_it_says_itself(tiny: ScenarioModel) -> None:
    nights = [{"weekdays": [2], "start": "00:00", "end": "06:00", "share": 0.5}]
    own = with_desks(
        tiny,
        visit__growth=steps(("2022-02-01", 0.5)),
        visit__by_province={
            "11": 20,
            "44": {"staff": 30, "growth": steps(("2022-01-01", 3.0))},
            "65": {"staff": 8, "shifts": nights},
        },
    )
    of_week = week(own)[:, :, VISIT]
    assert of_week[0, :, 20].tolist() == [10, 90, 0]
    assert of_week[1, :, 11].tolist() == [0, 0, 2]
    assert of_week[1, :, 12].tolist() == [0, 0, 0]
    assert of_week[[0, 2, 3, 4, 5, 6], 2].sum() == 0


def test_days_after_one_another_share_nothing_but_their_staff(tiny: ScenarioModel) -> None:
    """What is kept of earlier days is that of the same weekday and the same growth."""
    growing = with_desks(tiny, call__growth={"ramp": {"midpoint": "2022-03-01", "width": "30 d"}})
    schedule = schedule_of(growing)
    for day in range(MONDAY, MONDAY + 100):
        assert (schedule.staffed(day) == schedule_of(growing).staffed(day)).all()
    plain = schedule_of(tiny)
    assert plain.staffed(MONDAY) is plain.staffed(MONDAY + 7)


def test_a_desk_is_closed_or_thin_over_the_days_of_the_period_alone(tiny: ScenarioModel) -> None:
    none = schedule_of(with_desks(tiny, visit__growth=steps(("2022-01-01", 0.0), ("2022-02-02", 1.0))))
    assert none.never_staffed(MONDAY, MONDAY + 1) == 3
    assert none.never_staffed(MONDAY, MONDAY + 2) == 0
    # Two people on a Sunday and a factor above 0 on weekdays alone are nobody.
    sundays = {"65": {"staff": 2, "shifts": [{"weekdays": [7], "start": "00:00", "end": "24:00", "share": 1.0}]}}
    closed = with_desks(tiny, visit__by_province=sundays, visit__growth=steps(("2022-01-01", 1.0), ("2022-02-06", 0.0)))
    assert schedule_of(closed).never_staffed(MONDAY, MONDAY + 6) == 1
    assert schedule_of(closed).never_staffed(MONDAY - 1, MONDAY + 6) == 0
    # Beijing's and Guangdong's visits come to five at some time, the calls of none but Guangdong do.
    tenfold = with_desks(tiny, call__growth=steps(("2022-01-01", 1.0), ("2022-02-01", 10.0)))
    assert (thin(tenfold), thin_desks(schedule_of(tenfold), MONDAY, MONDAY)) == (1, thin(tiny))
