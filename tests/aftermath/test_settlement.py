"""Settlement: what waits is counted in December, evenly, and by its end all that happened is."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.aftermath import Settlement
from sim.base.days import calendar_date, day_number
from sim.draws.distributions import Remainders
from sim.scenario.schema.layers import LateCount

YEAR = range(day_number(dt.date(2021, 1, 1)), day_number(dt.date(2022, 1, 1)))
SHARES = st.floats(0.0, 1.0)


def counted(
    share: float, events: dict[int, int], days: range, place: int = 0, until: str = "11-30", release: float = 0.0
) -> dict[int, int]:
    """Return what is counted on each day of one place."""
    rule = LateCount(waits=share, until=until, release=release)
    settlement = Settlement(rule, "cases_settled", Remainders(7), [place])
    return {day: settlement.settle(day, [events.get(day, 0)])[0] for day in days}


@pytest.mark.parametrize("share", [0.07, 1.0])
def test_an_even_flow_comes_to_the_closed_form(share: float) -> None:
    each = 1000
    found = counted(share, dict.fromkeys(YEAR, each), YEAR)
    december = {day for day in YEAR if calendar_date(day).month == 12}
    # Of 334 days a share waits, and is spread over 31.
    for day, count in found.items():
        expected = each * (1 + share * 334 / 31) if day in december else each * (1 - share)
        assert abs(count - expected) <= 1
    total = sum(found[day] for day in december)
    others = sum(found.values()) - total
    if share < 1:
        # With w of every month the ratio is (1 + 11 w) / (1 - w), but for the lengths of months.
        mean_month = others / 334 * 365 / 12
        assert total / mean_month == pytest.approx((1 + 11 * share) / (1 - share), rel=0.03)
    assert sum(found.values()) == each * 365


@settings(max_examples=40)
@given(
    SHARES,
    st.sampled_from([0, 3, -1]),
    st.integers(0, 364),
    st.dictionaries(st.integers(0, 364), st.integers(0, 10**6), max_size=40),
    st.sampled_from(["01-01", "02-28", "05-31", "11-30"]),
    SHARES,
)
def test_never_more_is_counted_than_has_happened_and_all_of_it_at_the_end(
    share: float, place: int, begin: int, events: dict[int, int], until: str, release: float
) -> None:
    days = range(YEAR[begin], YEAR[0] + 3 * 365)
    happened = {YEAR[0] + 2 * day: count for day, count in events.items() if YEAR[0] + 2 * day >= days[0]}
    found = counted(share, happened, days, place, until, release)
    so_far = 0
    counted_so_far = 0
    for day in days:
        so_far += happened.get(day, 0)
        counted_so_far += found[day]
        assert found[day] >= 0
        assert counted_so_far <= so_far
        today = calendar_date(day)
        if (today.month, today.day) == (12, 31):
            assert counted_so_far == so_far


@pytest.mark.parametrize("release", [0.11, 1.0])
def test_what_waits_until_a_day_is_released_by_the_month_and_the_rest_in_december(release: float) -> None:
    each, share = 10_000, 0.37
    found = counted(share, dict.fromkeys(YEAR, each), YEAR, until="05-31", release=release)
    months = [[found[day] for day in YEAR if calendar_date(day).month == month] for month in range(1, 13)]
    assert all(abs(count - each * (1 - share)) <= 1 for month in months[:5] for count in month)
    waiting = 151 * each * share  # the days from January to May
    for month in months[5:11]:
        for count in month:
            due = waiting * release * 12 / 365.25
            waiting -= due
            assert abs(count - each - due) <= 1.5
    assert all(abs(count - each - waiting / 31) <= 1.5 for count in months[11])
    assert sum(found.values()) == each * 365


@given(SHARES, st.lists(st.integers(0, 10**5), min_size=10, max_size=10))
def test_it_is_what_exact_fractions_give(share: float, counts: list[int]) -> None:
    """An independent account, without carried remainders, of a November's end and the whole of December."""
    first = day_number(dt.date(2021, 11, 28))
    happened = {first + 2 * k: count for k, count in enumerate(counts)}
    found = counted(share, happened, range(first, first + 34))
    waiting = total = counted_so_far = 0.0
    for day in range(first, first + 34):
        count = happened.get(day, 0)
        today = calendar_date(day)
        if today.month == 12:
            due = waiting / (dt.date(2022, 1, 1) - today).days
            waiting -= due
            total += count + due
        else:
            waiting += share * count
            total += (1 - share) * count
        counted_so_far += found[day]
        assert abs(counted_so_far - total) <= 1 + 1e-6 * total


def test_a_place_is_counted_as_if_it_were_alone() -> None:
    places = [0, 1, -1]
    together = Settlement(LateCount(waits=0.37), "suspects_settled", Remainders(7), places)
    found = [together.settle(day, [day % 3, 1, day % 5]) for day in YEAR]
    for at, place in enumerate(places):
        alone = Settlement(LateCount(waits=0.37), "suspects_settled", Remainders(7), [place])
        assert [row[at] for row in found] == [alone.settle(day, [(day % 3, 1, day % 5)[at]])[0] for day in YEAR]
