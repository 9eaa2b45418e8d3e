"""Bins of waits, report delays and losses, and day numbers."""

from datetime import date, timedelta

import numpy as np
import pytest

from sim.aftermath import delay_bin, loss_bin
from sim.base import days
from sim.base.days import DELAY_BINS, DOUBLINGS, LOSS_BINS, WAIT_BINS
from sim.warning.service import wait_bin


@pytest.mark.parametrize(
    ("wait_ms", "minutes"),
    [(0, 1), (1, 1), (60_000, 1), (60_001, 2), (120_000, 2), (120_001, 4), (240_001, 8), (86_400_000, 2048)],
)
def test_a_wait_falls_in_the_bin_whose_upper_edge_is_the_next_power_of_two(wait_ms: int, minutes: int) -> None:
    assert WAIT_BINS.edges[wait_bin(wait_ms)] == minutes * 60_000


@pytest.mark.parametrize(
    ("cents", "units"), [(0, 1), (1, 1), (100, 1), (101, 2), (200, 2), (201, 4), (3_600_000, 65_536), (10**15, 2**44)]
)
def test_a_loss_falls_in_the_bin_whose_upper_edge_is_the_next_power_of_two(cents: int, units: int) -> None:
    assert LOSS_BINS.edges[loss_bin(cents)] == 100 * units


@pytest.mark.parametrize(
    ("delay_ms", "code"),
    [(1, 0), (3_600_000, 0), (3_600_001, 1), (43_200_000, 1), (43_200_001, 2), (86_400_000, 2), (86_400_001, 3)],
)
def test_a_report_delay_falls_in_the_first_bin_that_it_does_not_pass(delay_ms: int, code: int) -> None:
    assert delay_bin(delay_ms) == code
    assert code == len(DELAY_BINS) - 1 or delay_ms <= DELAY_BINS.edges[code]


def test_codes_become_upper_edges_and_the_last_of_the_delays_has_none() -> None:
    codes = np.array([0, 3, 1])
    assert DELAY_BINS.upper(codes, without=-1).tolist() == [3_600_000, -1, 43_200_000]
    assert WAIT_BINS.upper(codes, without=-1).tolist() == [60_000, 480_000, 120_000]
    assert len(WAIT_BINS) == len(LOSS_BINS) == DOUBLINGS
    assert max(WAIT_BINS.edges) < 2**63


def test_day_numbers_agree_with_the_calendar() -> None:
    for number in range(0, 30_000, 97):
        day = date(2000, 1, 1) + timedelta(days=number)
        assert days.day_number(day) == number
        assert days.calendar_date(number) == day
        assert days.weekday(number) == day.isoweekday()
        assert days.weekday(np.array([number])).tolist() == [day.isoweekday()]
        assert days.calendar_date(days.month_start(number)) == day.replace(day=1)
        following = days.calendar_date(days.next_month(number))
        assert following.day == 1
        assert 0 < (following - day).days <= 31
