"""Days, weekdays, growth, ramps and windows against the calendar of the standard library."""

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.days import calendar_date, day_number, weekday
from sim.country.calendar import Calendar, growth, logistic, ramped, years_between
from sim.country.measures import Measures, days_of, first_day, in_window
from sim.scenario.schema.measures import CardPurge, Ramp
from sim.scenario.schema.period import Period

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
    assert growth(0.25, day_number(reference), reference) == 1.0
    later = day_number(dt.date(2023, 6, 15))
    assert years_between(later, reference) == pytest.approx(2.0, abs=0.002)
    assert growth(0.25, later, reference) == pytest.approx(math.exp(0.25 * 730 / 365.25), rel=1e-12)
    ramp = Ramp.model_validate({"midpoint": "2022-04-04", "width": "60 d", "floor": 0.2})
    middle = day_number(dt.date(2022, 4, 4))
    assert ramped(middle, ramp) == pytest.approx(0.6)
    assert ramped(middle - 5000, ramp) == pytest.approx(0.2)
    assert ramped(middle + 5000, ramp) == pytest.approx(1.0)
    assert ramped(middle + 60, ramp) == pytest.approx(0.2 + 0.8 / (1 + math.exp(-1)))
    assert ramped(middle, None) == 1.0
    for x in (-30.0, -1.0, 0.0, 2.0):
        assert logistic(x, 7.0) + logistic(-x, 7.0) == pytest.approx(1.0, abs=1e-15)


def test_windows_include_both_ends() -> None:
    window = (dt.date(2022, 1, 10), dt.date(2022, 1, 12))
    assert [in_window(window, dt.date(2022, 1, day)) for day in (9, 10, 12, 13)] == [False, True, True, False]
    assert in_window((dt.date(2022, 1, 10), None), dt.date(2089, 1, 1))
    assert days_of(window) == 3
    assert first_day(window) == day_number(dt.date(2022, 1, 10))


def test_measures_act_in_the_order_of_their_names_and_only_in_their_windows() -> None:
    def purge(window: list[str | None], intensity: float) -> CardPurge:
        return CardPurge.model_validate({"kind": "card_purge", "window": window, "intensity": intensity})

    one, two = purge(["2022-01-01", "2022-01-31"], 0.1), purge(["2022-01-15", None], 0.2)
    for order in ({"b": two, "a": one}, {"a": one, "b": two}):
        measures = Measures(dict(order))
        on = [m.intensity for m, _ in measures.on(day_number(dt.date(2022, 1, 20)), CardPurge)]
        assert on == [0.1, 0.2]
        assert [m.intensity for m, _ in measures.on(day_number(dt.date(2022, 1, 14)), CardPurge)] == [0.1]
        assert [m.intensity for m, _ in measures.on(day_number(dt.date(2022, 2, 1)), CardPurge)] == [0.2]


@pytest.mark.parametrize(("per_year", "ceiling"), [(0.25, 2.5), (1.4, 1.2), (-0.3, 4.0), (3.0, 1000.0)])
def test_growth_with_a_ceiling_is_as_stated_at_the_reference_and_saturates(per_year: float, ceiling: float) -> None:
    reference = dt.date(2021, 6, 15)
    day = day_number(reference)
    assert growth(per_year, day, reference, ceiling) == pytest.approx(1.0, rel=1e-15)
    # As steep as without: the slope is that of a day's difference, either way.
    slope = (growth(per_year, day + 1, reference, ceiling) - growth(per_year, day - 1, reference, ceiling)) / 2 * 365.25
    assert slope == pytest.approx(per_year, rel=2e-4)
    way = 1 if per_year > 0 else -1
    assert growth(per_year, day + way * 36_525, reference, ceiling) == pytest.approx(ceiling, rel=1e-9)
    assert growth(per_year, day - way * 36_525, reference, ceiling) < 1e-6
    # It solves dS/dt = g K / (K - 1) S (1 - S / K): the logistic equation.
    for years in (-2, 1, 3):
        at = day + round(years * 365.25)
        now = growth(per_year, at, reference, ceiling)
        rate = per_year * ceiling / (ceiling - 1)
        expected = rate * now * (1 - now / ceiling)
        found = (
            (growth(per_year, at + 1, reference, ceiling) - growth(per_year, at - 1, reference, ceiling)) / 2 * 365.25
        )
        assert found == pytest.approx(expected, rel=2e-4)
    # A ceiling far away is none.
    assert growth(per_year, day + 365, reference, 1e6) == pytest.approx(
        growth(per_year, day + 365, reference), rel=1e-3
    )


def test_a_ceiling_never_leaves_the_numbers_of_a_double() -> None:
    for per_year in (-5.0, 5.0):
        for year in (2011, 2031):
            assert 0.0 <= growth(per_year, day_number(dt.date(year, 6, 15)), dt.date(2021, 6, 15), 1.001) <= 1.001
