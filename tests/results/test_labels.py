"""Codes, bins of waits and day numbers."""

from datetime import date, timedelta

import pytest

from sim import days, labels
from sim.aftermath.reports import delay_bin, loss_bin
from sim.engines import codes
from sim.warning.service import wait_bin


@pytest.mark.parametrize(
    ("wait_ms", "minutes"),
    [(0, 1), (1, 1), (60_000, 1), (60_001, 2), (120_000, 2), (120_001, 4), (240_001, 8), (86_400_000, 2048)],
)
def test_a_wait_falls_in_the_bin_whose_upper_edge_is_the_next_power_of_two(wait_ms: int, minutes: int) -> None:
    assert labels.bin_edge_ms(wait_bin(wait_ms)) == minutes * 60_000


@pytest.mark.parametrize(
    ("fen", "yuan"), [(0, 1), (1, 1), (100, 1), (101, 2), (200, 2), (201, 4), (3_600_000, 65_536), (10**15, 2**44)]
)
def test_a_loss_falls_in_the_bin_whose_upper_edge_is_the_next_power_of_two(fen: int, yuan: int) -> None:
    assert labels.loss_edge_fen(loss_bin(fen)) == 100 * yuan


@pytest.mark.parametrize(
    ("delay_ms", "code"),
    [(1, 0), (3_600_000, 0), (3_600_001, 1), (43_200_000, 1), (43_200_001, 2), (86_400_000, 2), (86_400_001, 3)],
)
def test_a_report_delay_falls_in_the_first_bin_that_it_does_not_pass(delay_ms: int, code: int) -> None:
    assert delay_bin(delay_ms) == code


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


def test_codes_are_the_positions_of_their_names() -> None:
    names = {
        labels.OUTCOMES: "EPISODES SAVED DROPPED_OUT VICTIMS FILED LOSS FILED_LOSS PREVENTED RECOVERED HELD HELD_FEN",
        labels.TRUTHS: "EPISODE_TRUTH IGNORED_TRUTH UNANSWERED_TRUTH LEGITIMATE_TRUTH",
        labels.ENDS: "REACHED UNREAD_END UNANSWERED EXPIRED SUPERSEDED MOOT OPEN",
        labels.CONTACT_RESULTS: "DELIVERED WAS_READ WAS_UNREAD ANSWERED NO_ANSWER MET NOT_MET",
    }
    listed = [constant for constants in names.values() for constant in constants.split()]
    assert sorted(listed) == sorted(name for name in vars(codes) if name.isupper())
    for of, constants in names.items():
        assert [getattr(codes, constant) for constant in constants.split()] == list(range(len(of)))
        for label, constant in zip(of, constants.split(), strict=True):
            assert constant.lower().removeprefix("was_").removesuffix("_truth").removesuffix("_end") in label
