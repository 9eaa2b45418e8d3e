"""Days, weekdays, growth, ramps and windows against the calendar of the standard library."""

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.days import calendar_date, day_number, weekday
from sim.country.calendar import Calendar, Measures, dated, growth, logistic, ramped, years_between
from sim.draws.functions import exp
from sim.scenario.schema.base import Period
from sim.scenario.schema.measures import CardPurge, Ramp

DAY = 86_400_000
DATES = st.dates(dt.date(2000, 1, 1), dt.date(2089, 1, 1))


@given(DATES)
def test_numbers_of_days_follow_the_calendar(date: dt.date) -> None:
    number = day_number(date)
    assert calendar_date(number) == date
    assert weekday(number) == date.isoweekday()
    assert 0 <= number < 1 << 15


@given(
    st.dates(dt.date(2003, 1, 1), dt.date(2078, 1, 1)),
    st.integers(0, 400),
    st.integers(0, 400),
    st.integers(-400, 800),
    st.integers(0, DAY - 1),
)
def test_moments_and_days_of_a_period(start: dt.date, warmup: int, length: int, day: int, moment: int) -> None:
    period = Period.model_validate({"start": start, "end": start + dt.timedelta(days=length), "warmup": f"{warmup} d"})
    calendar = Calendar.of(period)
    assert calendar.start - calendar.first == warmup
    assert calendar.last - calendar.start == length
    number = calendar.start + day
    midnight = calendar.midnight(number)
    assert midnight == day * DAY
    assert calendar.day_of(midnight + moment) == number
    assert calendar.day_of(midnight - 1) == number - 1


def test_growth_and_ramps_are_functions_of_the_date_alone() -> None:
    reference = dt.date(2021, 6, 15)
    both = (day_number(reference), day_number(dt.date(2023, 6, 15)))
    assert years_between(both, reference) == pytest.approx([0.0, 2.0], abs=0.002)
    assert growth(0.25, both, reference) == pytest.approx([1.0, math.exp(0.25 * 730 / 365.25)], rel=1e-12)
    half = dt.date(2022, 6, 15)
    assert (
        growth(0.25, both, reference, until=half).tolist()
        == growth(0.25, both[:1], reference).tolist() + growth(0.25, (day_number(half),), reference).tolist()
    )
    ramp = Ramp.model_validate({"midpoint": "2022-04-04", "width": "60 d", "floor": 0.2})
    middle = day_number(dt.date(2022, 4, 4))
    days = (middle, middle - 5000, middle + 5000, middle + 60)
    assert ramped(days, ramp) == pytest.approx([0.6, 0.2, 1.0, 0.2 + 0.8 / (1 + math.exp(-1))])
    assert ramped(days, None).tolist() == [1.0] * 4
    since = np.array([-30, -1, 0, 2])
    assert logistic(since, 7.0) + logistic(-since, 7.0) == pytest.approx(np.ones(4), abs=1e-15)


def test_dated_values_are_linear_between_their_days_and_constant_beyond_them() -> None:
    values = {dt.date(2022, 1, 1): 0.5, dt.date(2022, 1, 11): 1.0, dt.date(2022, 1, 12): 0.25}
    first = day_number(dt.date(2022, 1, 1))
    days = (first - 400, first, first + 1, first + 5, first + 10, first + 11, first + 400)
    assert dated(days, values).tolist() == [0.5, 0.5, 0.5 + 0.5 * 0.1, 0.75, 1.0, 0.25, 0.25]
    assert dated(days, {dt.date(2022, 6, 1): 0.3}).tolist() == [0.3] * 7
    assert dated(days, values).tolist() == [dated((day,), values)[0] for day in days]


def test_a_measure_with_dated_values_has_them_on_its_days_in_any_order() -> None:
    campaign = {"kind": "card_purge", "window": ["2022-01-03", "2022-01-08"], "intensity": 0.5}
    steps = {"2022-01-11": 1.0, "2022-01-01": 0.0}
    measures = Measures({"purge": CardPurge.model_validate({**campaign, "steps": steps})})
    days = range(day_number(dt.date(2022, 1, 1)), day_number(dt.date(2022, 1, 12)))
    ((_, multipliers),) = measures.over(days, CardPurge)
    assert multipliers.tolist() == pytest.approx([0.0, 0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.0, 0.0, 0.0], abs=1e-15)
    assert "steps" not in CardPurge.model_validate(campaign).model_dump()


def test_days_together_have_the_bits_of_each_by_itself() -> None:
    ramp = Ramp.model_validate({"midpoint": "2022-04-04", "width": "60 d", "floor": 0.2})
    days, reference = range(18_000, 20_000), dt.date(2021, 6, 15)
    for per_year, ceiling in ((0.657495, None), (0.657495, 2.5)):
        together = growth(per_year, days, reference, ceiling)
        assert together.tolist() == [growth(per_year, (day,), reference, ceiling)[0] for day in days]
    assert growth(0.657495, days, reference).tolist() == [
        exp(0.657495 * ((day - day_number(reference)) / 365.25)) for day in days
    ]
    assert ramped(days, ramp).tolist() == [ramped((day,), ramp)[0] for day in days]


def test_measures_act_in_the_order_of_their_names_and_only_in_their_windows() -> None:
    def purge(window: list[str | None], intensity: float) -> CardPurge:
        return CardPurge.model_validate({"kind": "card_purge", "window": window, "intensity": intensity})

    one, two = purge(["2022-01-01", "2022-01-31"], 0.1), purge(["2022-01-15", None], 0.2)
    for order in ({"b": two, "a": one}, {"a": one, "b": two}):
        measures = Measures(dict(order))
        days = [day_number(date) for date in (dt.date(2022, 1, 14), dt.date(2022, 1, 20), dt.date(2022, 2, 1))]
        for day, expected in zip(days, ([0.1], [0.1, 0.2], [0.2]), strict=True):
            assert [m.intensity for m in measures.on(day, CardPurge)] == expected
            assert [m.intensity for m, _ in measures.over((day,), CardPurge)] == expected
        in_force = [(m.intensity, multiplier.tolist()) for m, multiplier in measures.over(tuple(days), CardPurge)]
        assert in_force == [(0.1, [1.0, 1.0, 0.0]), (0.2, [0.0, 1.0, 1.0])]
        assert measures.over(range(days[0] - 100, days[0] - 50), CardPurge) == []


@pytest.mark.parametrize(("per_year", "ceiling"), [(0.25, 2.5), (1.4, 1.2), (-0.3, 4.0), (3.0, 1000.0)])
def test_growth_with_a_ceiling_is_as_stated_at_the_reference_and_saturates(per_year: float, ceiling: float) -> None:
    reference = dt.date(2021, 6, 15)
    day = day_number(reference)

    def grown(at: int, most: float | None = ceiling) -> float:
        return float(growth(per_year, (at,), reference, most)[0])

    assert grown(day) == pytest.approx(1.0, rel=1e-15)
    # As steep as without: the slope is that of a day's difference, either way.
    slope = (grown(day + 1) - grown(day - 1)) / 2 * 365.25
    assert slope == pytest.approx(per_year, rel=2e-4)
    way = 1 if per_year > 0 else -1
    assert grown(day + way * 36_525) == pytest.approx(ceiling, rel=1e-9)
    assert grown(day - way * 36_525) < 1e-6
    # It solves dS/dt = g K / (K - 1) S (1 - S / K): the logistic equation.
    for years in (-2, 1, 3):
        at = day + round(years * 365.25)
        now = grown(at)
        rate = per_year * ceiling / (ceiling - 1)
        expected = rate * now * (1 - now / ceiling)
        found = (grown(at + 1) - grown(at - 1)) / 2 * 365.25
        assert found == pytest.approx(expected, rel=2e-4)
    # A ceiling far away is none.
    assert grown(day + 365, 1e6) == pytest.approx(grown(day + 365, None), rel=1e-3)
