"""Codes, bins of waits and day numbers."""

from datetime import date, timedelta

import pytest

from sim import days, labels


@pytest.mark.parametrize(
    ("wait_ms", "minutes"),
    [(0, 1), (1, 1), (60_000, 1), (60_001, 2), (120_000, 2), (120_001, 4), (240_001, 8), (86_400_000, 2048)],
)
def test_a_wait_falls_in_the_bin_whose_upper_edge_is_the_next_power_of_two(wait_ms: int, minutes: int) -> None:
    assert labels.bin_edge_ms(labels.wait_bin(wait_ms)) == minutes * 60_000


def test_day_numbers_agree_with_the_calendar() -> None:
    for number in range(0, 30_000, 97):
        day = date(2000, 1, 1) + timedelta(days=number)
        assert days.day_number(day) == number
        assert days.calendar_date(number) == day
        assert days.weekday(number) == day.isoweekday()
        assert days.calendar_date(days.month_start(number)) == day.replace(day=1)
        following = days.calendar_date(days.next_month(number))
        assert following.day == 1
        assert 0 < (following - day).days <= 31


def test_no_name_stands_twice_in_a_list() -> None:
    for names in (labels.CHANNELS, labels.FATES, labels.ENDS, labels.OUTCOMES, labels.EVENTS, labels.TRUTHS):
        assert len(set(names)) == len(names)
