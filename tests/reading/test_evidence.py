"""Every quantity of the inside against numbers made by hand from what was put in."""

import io
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from sim.base.days import LOSS_BINS, day_number
from sim.base.words import ContactChannel, ContactResult, End, Outcome, Tier, Truth
from sim.reading.evidence import FORMULAS, Inside, evidence, held, quantity
from sim.reading.findings import findings
from sim.scenario.schema.population import QUANTITIES
from sim.store.columns import NULL, Known, Scope
from sim.store.recorder import Recorder
from sim.store.writer import TableWriter
from sim.told.runs import evidence_parts, with_months
from sim.told.tables import show
from tests.made_up import MadeUp, two_months
from tests.synthetic import SCOPE, alert_key

JANUARY = (date(2022, 1, 1), date(2022, 1, 31))
WHOLE = replace(SCOPE, internet_users=1000)
COUNTRY = replace(WHOLE, scale=1.0)
LAST = day_number(JANUARY[1])

ATTEMPTS = {
    "call": (5, 6, 7, 60, 0, 13, 4, 3),
    "sms": (1, 2, 3, 50, 8, 20, 12, 10),
    "online": (9, 9, 0, 0, 9, 9, 9, 99),
}
"""Attempts by fate."""
ALERTS = {
    ("red", "episode"): 2,
    ("red", "legitimate"): 1,
    ("orange", "ignored"): 3,
    ("orange", "legitimate"): 3,
    ("yellow", "unanswered"): 4,
    ("yellow", "legitimate"): 12,
    ("blue", "legitimate"): 15,
}
"""Forty alerts, all yellow ones on one day."""
ENDS = {
    ("red", "legitimate"): End.EXPIRED,
    ("orange", "legitimate"): End.EXPIRED,
    ("yellow", "unanswered"): End.EXPIRED,
    ("blue", "legitimate"): End.UNREAD,
}
"""How alerts ended; those left out were reached."""
CONTACTS = {
    ("app", "read"): 7,
    ("sms", "unread"): 4,
    ("sms", "delivered"): 1,
    ("call", "answered"): 8,
    ("call", "no_answer"): 4,
    ("visit", "met"): 3,
    ("visit", "not_met"): 2,
}
FIRST_CONTACTS = {
    ("red", 1): 1,
    ("red", 2): 1,
    ("red", 9): 1,
    ("orange", 3): 2,
    ("orange", 5): 4,
    ("yellow", 0): 3,
    ("yellow", 11): 3,
    ("blue", 0): 2,
}
"""Alerts by tier and code of the bin of their first call or visit: up to 1, 2, 4, ... minutes after detection."""
DESKS = {"call": (6, 24), "visit": (6, 48)}
"""Busy and staffed hours."""
OUTCOMES = {
    (0, 0, 0): {
        "victims": 4,
        "filed": 2,
        "filed_loss_cents": 60_000,
        "recovered_cents": 3000,
        "dropped_out": 7,
        "saved": 2,
    },
    (1, 2, 1): {
        "victims": 12,
        "filed": 6,
        "filed_loss_cents": 100_000,
        "recovered_cents": 5000,
        "dropped_out": 13,
        "saved": 3,
    },
    (1, 1, 1): {"held": 7, "loss_cents": 10**9, "episodes": 1000, "prevented_cents": 10**9, "held_cents": 10**9},
}
"""Outcomes by fraud type, age band and sex."""
CASES = {(0, 6): 2, (1, 8): 3, (2, 8): 1, (3, 9): 2}
"""Cases by codes of report delay and loss."""

EXPECTED: dict[str, float | Fraction] = {
    "share_of_cases.loan": Fraction(1, 4),
    "share_of_losses.loan": Fraction(3, 8),
    "share_of_victims.60+": Fraction(3, 4),
    "women_among_victims": Fraction(1, 4),
    "cases_per_year": Fraction(8000, 31) * Fraction(1461, 4),
    "cases_per_victim": Fraction(1, 2),
    "loss_mean": Fraction(200),
    # Two of eight below 128 yuan, four up to 256: half of these, in the logarithm, bring it to half of all.
    "loss_median": 128 * math.sqrt(2),
    "loss_sigma": math.log(2) * math.sqrt((2 * 1.75**2 + 4 * 0.25**2 + 2 * 1.25**2) / 8 - 1 / 12),
    "reports_within_1h": Fraction(1, 4),
    "reports_1h_to_12h": Fraction(3, 8),
    "reports_12h_to_24h": Fraction(1, 8),
    "reports_later": Fraction(1, 4),
    "recovered_share_of_losses": Fraction(1, 20),
    "dropout_given_engaged": Fraction(20, 48),
    "recall_call": Fraction(60, 80),
    "recall_sms": Fraction(50, 100),
    "false_blocks_call": Fraction(3, 63),
    "false_blocks_sms": Fraction(2, 52),
    "attempts_per_card_day": Fraction(180, 18),
    "unknown_calls_answered": Fraction(7, 20),
    "app_users": Fraction(250),
    "alert_peak_to_mean": Fraction(16 * 31, 40),
    "alert_precision": Fraction(9, 40),
    "alert_precision_red": Fraction(2, 3),
    "alert_precision_orange": Fraction(1, 2),
    "alert_precision_yellow": Fraction(1, 4),
    "alert_precision_blue": Fraction(0),
    "alerts_on_episodes": Fraction(2, 40),
    "call_share_of_alerts": Fraction(8, 40),
    "visit_share_of_alerts": Fraction(3, 40),
    "warning_calls_answered": Fraction(8, 12),
    "calls_per_staff_day": Fraction(12, 3),
    "staff_on_duty_call": Fraction(1000, 31),
    "staff_on_duty_visit": Fraction(2000, 31),
    "utilisation_call": Fraction(1, 4),
    "utilisation_visit": Fraction(1, 8),
    "utilisation_peak_call": Fraction(1, 4),
    "utilisation_peak_visit": Fraction(1, 8),
    "visits_per_day": Fraction(5000, 31),
    "contacts_per_instruction": Fraction(7 + 5 + 8 + 3, 40),
    "expired_red": Fraction(1, 3),
    "expired_orange": Fraction(1, 2),
    "expired_yellow": Fraction(1, 4),
    "expired_blue": Fraction(0),
    "reached_red": Fraction(2, 3),
    "reached_orange": Fraction(1, 2),
    "reached_yellow": Fraction(3, 4),
    "reached_blue": Fraction(0),
    # One of three within two minutes, one within four: half of the bin of 2 to 4 minutes in the logarithm.
    "first_contact_red": 2 * math.sqrt(2),
    "first_contact_orange": 16 * 2**0.25,
    "first_contact_yellow": 1.0,
    "first_contact_blue": 0.5 * math.sqrt(2),
    # One of sixteen local alerts.
    "local_alerts_share.12": Fraction(1, 16),
    "share_of_suspects.callers": Fraction(1, 8),
    "share_of_suspects.accounts": Fraction(5, 8),
    "share_of_suspects.couriers": Fraction(1, 4),
}

MONTHLY = {
    name
    for name in EXPECTED
    if name.startswith(("loss_median", "loss_sigma", "report", "staff", "util", "calls", "first_contact"))
}


def january(recorder: Recorder, day: int, times: int = 1) -> None:
    """Put all of January's counts, so many times, into a month: some on this day, some on the days that follow."""
    for channel, fates in enumerate(ATTEMPTS.values()):
        for fate, count in enumerate(fates):
            recorder.attempts[day + fate, fate % 3, channel, fate % 2, fate] += count * times
    for number, ((tier, truth), count) in enumerate(ALERTS.items()):
        on = day + (9 if tier == "yellow" else number)
        end = ENDS.get((tier, truth), End.REACHED)
        key = alert_key(on, number % 3, source=number % 2, tier=Tier.of(tier), truth=Truth.of(truth), end=end)
        recorder.alerts[key] += count * times
    for (channel, result), count in CONTACTS.items():
        key = day + 1, 2, 0, ContactChannel.of(channel), ContactResult.of(result)
        recorder.contacts[*key, 0][0] += count * times
    for (tier, code), count in FIRST_CONTACTS.items():
        recorder.first_contacts[day + 2, 1, Tier.of(tier), code] += count * times
    for channel, (busy, staffed) in DESKS.items():
        desk = recorder.hours[day + 3, 0, ContactChannel.of(channel), 20]
        desk[0] += busy * 3_600_000 * times
        desk[1] += staffed * 3_600_000 * times
    for key, measures in OUTCOMES.items():
        for measure, amount in measures.items():
            recorder.outcomes[(day + 4, 1, *key)][Outcome.of(measure)] += amount * times
    for (delay, loss), count in CASES.items():
        recorder.cases[day + 4, 1, delay % 2, delay, loss] += count * times
    recorder.flows[day + 5, 0, "false_blocks_call"] += 3 * times
    recorder.flows[day + 6, 1, "false_blocks_sms"] += 2 * times
    recorder.flows[day + 6, 1, "accounts_arrested"] += 5 * times
    recorder.flows[day + 7, NULL, "callers_arrested"] += 1 * times
    recorder.flows[day + 7, 2, "couriers_arrested"] += 2 * times


def inside(folder: Path, fill: Callable[[Recorder], None], scope: Scope = WHOLE) -> Inside:
    """Give the sums of a run that counted this."""
    with TableWriter(folder, scope) as writer:
        recorder = Recorder(scope, writer)
        fill(recorder)
        recorder.close()
    return Inside.read(folder, scope)


def everything(recorder: Recorder) -> None:
    """Fill January, and the months around it with other numbers."""
    january(recorder, day_number(date(2021, 12, 5)), times=3)
    january(recorder, day_number(JANUARY[0]))
    january(recorder, day_number(date(2022, 2, 2)), times=5)
    # What only December and February have, so that no share there is that of January.
    for day in (day_number(date(2021, 12, 31)), day_number(date(2022, 2, 1))):
        recorder.attempts[day, 0, 0, 0, 3] += 1000
        recorder.attempts[day, 0, 1, 0, 3] += 1000
        recorder.attempts[day, 0, 0, 0, 7] += 1000
        for tier in range(4):
            recorder.alerts[alert_key(day, 0, source=1, tier=tier)] += 1000
            recorder.first_contacts[day, 0, tier, 8] += 1000
            recorder.alerts[alert_key(day, 0, tier=tier, end=End.EXPIRED)] += 2000
        for desk in (2, 3):
            recorder.hours[day, 0, desk, 0][0] += 900
            recorder.hours[day, 0, desk, 0][1] += 1000
            recorder.contacts[day, 0, 0, desk, 3 if desk == 2 else 5, 0][0] += 1000
        for measure in ("victims", "filed", "filed_loss_cents"):
            recorder.outcomes[day, 0, 0, 0, 0][Outcome.of(measure)] += 1000
        recorder.cases[day, 0, 0, 0, 20] += 1000
        recorder.state[day, NULL, "app_adoption"] = 0.9
        recorder.flows[day, 0, "callers_arrested"] += 1000
        recorder.state[day, 0, "cards_active"] = 1000.0
    recorder.state[LAST - 1, NULL, "app_adoption"] = 0.8
    recorder.state[LAST, NULL, "app_adoption"] = 0.25
    recorder.state[LAST, 0, "cards_active"] = 12.5
    recorder.state[LAST - 7, 1, "cards_active"] = 5.0
    recorder.state[LAST - 7, 2, "cards_active"] = 0.5
    recorder.state[LAST, 0, "backlog"] = 700.0


def test_there_is_a_formula_for_every_name_and_a_number_for_every_formula() -> None:
    assert {name.partition(".")[0] for name in EXPECTED} == {*FORMULAS} == {*QUANTITIES}
    assert len(FORMULAS) == len(QUANTITIES)
    assert {name.partition(".")[0] for name in EXPECTED if "." in name} == {
        name for name, of in QUANTITIES.items() if of
    }


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Inside:
    return inside(tmp_path_factory.mktemp("inside"), everything)


@pytest.mark.parametrize("name", EXPECTED)
def test_each_quantity_is_what_its_name_says(name: str, full: Inside) -> None:
    found = quantity(full, name, JANUARY)
    expected = EXPECTED[name]
    if isinstance(expected, Fraction):
        assert found == expected
    else:
        assert found is not None
        assert float(found) == pytest.approx(expected, rel=1e-12)
    # Other months have other numbers, so the window was kept to.
    assert quantity(full, name, None) != found


@pytest.mark.parametrize("name", EXPECTED)
def test_a_part_of_a_month_tells_nothing_of_what_is_counted_by_months(name: str, full: Inside) -> None:
    for window in ((date(2022, 1, 2), date(2022, 1, 31)), (date(2022, 1, 1), date(2022, 1, 30))):
        found = quantity(full, name, window)
        assert (found is None) == (name in MONTHLY)


def test_a_window_outside_the_period_tells_nothing(full: Inside) -> None:
    for window in (
        (date(2021, 11, 1), date(2022, 1, 31)),
        (date(2022, 1, 1), date(2022, 3, 31)),
        (date(2022, 4, 1), None),
    ):
        assert [name for name in EXPECTED if quantity(full, name, window) is not None] == []


def test_an_open_end_is_the_end_of_the_period_and_no_window_all_of_it(full: Inside) -> None:
    for name in EXPECTED:
        assert quantity(full, name, (JANUARY[0], None)) == quantity(full, name, (JANUARY[0], date(2022, 2, 28)))
        assert quantity(full, name, None) == quantity(full, name, (date(2021, 12, 1), date(2022, 2, 28)))


def test_months_that_the_period_cuts_are_whole_as_far_as_it_goes(tmp_path: Path) -> None:
    scope = replace(WHOLE, first_day=day_number(date(2021, 12, 10)), last_day=day_number(date(2022, 2, 20)))

    def fill(recorder: Recorder) -> None:
        recorder.cases[day_number(date(2021, 12, 9)), 0, 0, 1, 3] += 5
        recorder.cases[day_number(date(2021, 12, 10)), 0, 0, 0, 3] += 1
        recorder.cases[day_number(date(2022, 2, 20)), 0, 0, 1, 3] += 3

    sums = inside(tmp_path, fill, scope)
    assert quantity(sums, "reports_within_1h", None) == Fraction(1, 4)
    assert quantity(sums, "reports_within_1h", (date(2021, 12, 10), date(2021, 12, 31))) == 1
    assert quantity(sums, "reports_within_1h", (date(2022, 2, 1), date(2022, 2, 20))) == 0
    assert quantity(sums, "reports_within_1h", (date(2021, 12, 10), date(2022, 2, 19))) is None


def test_a_share_of_nothing_is_none(tmp_path: Path) -> None:
    sums = inside(tmp_path, lambda recorder: None)
    told = {name: quantity(sums, name, JANUARY) for name in EXPECTED}
    # What is no share but a number of the country is then 0.
    assert {name for name, found in told.items() if found is not None} == {
        "cases_per_year", "app_users", "staff_on_duty_call", "staff_on_duty_visit", "visits_per_day"
    }  # fmt: skip
    assert not any(told.values())


@pytest.mark.parametrize(("median", "sigma"), [(36_000, 1.2), (20_000, 0.9), (60_000, 1.5)])
def test_median_and_sigma_come_back_out_of_their_bins(median: float, sigma: float) -> None:
    losses = NormalDist(math.log(median), sigma)
    series = {}
    for code in range(40):
        high, low = losses.cdf(code * math.log(2)), losses.cdf((code - 1) * math.log(2)) if code else 0.0
        count = np.zeros(SCOPE.days, dtype=np.int64)
        count[31] = round(10**9 * (high - low))
        series["cases", 3_600_000, LOSS_BINS.edges[code], "count"] = count
    # No file is read: sums can come from anywhere.
    sums = Inside(WHOLE, series)  # type: ignore[arg-type]
    found = {name: float(quantity(sums, name, JANUARY) or 0) for name in ("loss_median", "loss_sigma")}
    assert found["loss_median"] == pytest.approx(median, rel=0.01)
    assert found["loss_sigma"] == pytest.approx(sigma, rel=0.002)


@pytest.mark.parametrize(
    ("low", "high", "within"), [(0.75, 0.9, True), (0.6, 0.75, True), (0.6, 0.7499, False), (0.7501, 0.9, False)]
)
def test_within_has_both_ends_of_the_range(low: float, high: float, within: bool, tmp_path: Path) -> None:
    known = Known("recall_call", JANUARY, 0.8, low, high, "a survey")
    scope = replace(WHOLE, evidence=(known,))
    inside(tmp_path, everything, scope)
    assert evidence(tmp_path, scope) == [
        {
            "name": "recall_call",
            "window": ["2022-01-01", "2022-01-31"],
            "simulated": 0.75,
            "value": 0.8,
            "low": low,
            "high": high,
            "within": within,
            "basis": "a survey",
        }
    ]


def test_a_policy_is_not_held_to_what_is_known_of_what_was(tmp_path: Path) -> None:
    known = Known("recall_call", JANUARY, 0.8, 0.9, 1.0, "a survey")
    monthly = replace(known, by_month=True)
    scope = replace(WHOLE, evidence=(known, monthly))
    inside(tmp_path, everything, scope)
    rows = evidence(tmp_path, scope)
    assert [row["within"] for row in [*rows, *rows[1]["months"]]] == [False, False, False]
    policy = evidence(tmp_path, replace(scope, policy_of="what was"))
    (month,) = rows[1]["months"]
    assert policy == [{**rows[0], "within": None}, {**rows[1], "within": None, "months": [{**month, "within": None}]}]


def test_a_claim_is_shown_and_not_judged(tmp_path: Path) -> None:
    known = Known("alert_precision", JANUARY, 0.8, 0.6, 0.8, "a ministry")
    scope = replace(WHOLE, evidence=(known, replace(known, claimed=True)))
    inside(tmp_path, everything, scope)
    judged, claimed = evidence(tmp_path, scope)
    assert judged["within"] is False
    assert claimed == {**judged, "within": None, "claimed": True}


def test_a_range_is_the_decimal_that_was_written() -> None:
    count = np.zeros(SCOPE.days, dtype=np.int64)
    count[31] = 1
    shares = (("episode", 1), ("legitimate", 9))
    series = {("alerts", "red", truth, "reached", "count"): times * count for truth, times in shares}
    known = Known("alert_precision", JANUARY, None, 0.1, 0.1, "a tenth, of which the nearest double is more")
    (row,) = held(Inside(replace(WHOLE, evidence=(known,)), series))  # type: ignore[arg-type]
    assert row["within"] is True


def expiries(shares: dict[date, tuple[int, int]]) -> Callable[[Recorder], None]:
    """Issue red alerts, some of which expire, by the first day of the month."""

    def fill(recorder: Recorder) -> None:
        for month, (part, alerts) in shares.items():
            for end, count in ((End.EXPIRED, part), (End.REACHED, alerts - part)):
                if count:
                    recorder.alerts[alert_key(day_number(month), 0, tier=Tier.RED, end=end)] += count

    return fill


PERIOD = (date(2021, 12, 1), date(2022, 2, 28))
DECEMBER, FEBRUARY = PERIOD[0], date(2022, 2, 1)


def by_month(
    folder: Path, shares: dict[date, tuple[int, int]], low: float, high: float, window: Any = PERIOD
) -> dict[str, Any]:
    """Hold the share of red alerts that expire against a range in which each month must be."""
    known = Known("expired_red", window, None, low, high, "a survey", by_month=True)
    inside(folder, expiries(shares), scope := replace(WHOLE, evidence=(known,)))
    (row,) = evidence(folder, scope)
    return row


def test_each_month_must_be_in_range_where_a_mean_would_hide_it(tmp_path: Path) -> None:
    shares = {DECEMBER: (1, 100), JANUARY[0]: (30, 100), FEBRUARY: (2, 100)}
    assert by_month(tmp_path, shares, 0, 0.2) == {
        "name": "expired_red",
        "window": ["2021-12-01", "2022-02-28"],
        "simulated": 0.3,  # 0.11 in the mean
        "value": None,
        "low": 0,
        "high": 0.2,
        "within": False,
        "basis": "a survey",
        "month": "2022-01",
        "months": [
            {"month": "2021-12", "window": ["2021-12-01", "2021-12-31"], "simulated": 0.01, "within": True},
            {"month": "2022-01", "window": ["2022-01-01", "2022-01-31"], "simulated": 0.3, "within": False},
            {"month": "2022-02", "window": ["2022-02-01", "2022-02-28"], "simulated": 0.02, "within": True},
        ],
    }


@pytest.mark.parametrize(
    ("december", "january", "february", "low", "high", "month", "within"),
    [
        (10, 20, 30, 0.05, 0.5, "2021-12", True),  # the nearest to an end
        (10, 20, 46, 0.05, 0.5, "2022-02", True),
        (1, 60, 30, 0.05, 0.5, "2022-01", False),  # the farthest out
        (1, 60, 30, 0.15, 0.5, "2021-12", False),
        (10, 10, 10, 0.05, 0.5, "2021-12", True),  # the first of equal ones
    ],
)
def test_the_worst_month_is_shown(
    december: int, january: int, february: int, low: float, high: float, month: str, within: bool, tmp_path: Path
) -> None:
    shares = {DECEMBER: (december, 100), JANUARY[0]: (january, 100), FEBRUARY: (february, 100)}
    row = by_month(tmp_path, shares, low, high)
    assert (row["month"], row["within"]) == (month, within)
    (worst,) = (one for one in row["months"] if one["month"] == month)
    assert row["simulated"] == worst["simulated"]


def test_months_without_a_value_tell_nothing_and_others_do(tmp_path: Path) -> None:
    row = by_month(tmp_path, {DECEMBER: (1, 100)}, 0, 0.2, (date(2021, 11, 1), date(2022, 1, 15)))
    assert [(one["month"], one["simulated"], one["within"]) for one in row["months"]] == [
        ("2021-11", None, None),  # before the period
        ("2021-12", 0.01, True),
        ("2022-01", None, None),  # no alert
    ]
    assert row["months"][2]["window"] == ["2022-01-01", "2022-01-15"]
    assert (row["simulated"], row["within"], row["month"]) == (0.01, True, "2021-12")


def test_no_month_with_a_value_tells_nothing(tmp_path: Path) -> None:
    row = by_month(tmp_path, {}, 0, 0.2, None)
    assert (row["simulated"], row["within"], row["month"], len(row["months"])) == (None, None, None, 3)


def test_months_out_of_range_are_findings_by_stretch(tmp_path: Path) -> None:
    shares = {DECEMBER: (30, 100), JANUARY[0]: (40, 100), FEBRUARY: (1, 100)}
    row = by_month(tmp_path, shares, 0, 0.2)
    (found,) = [one for one in findings(tmp_path, COUNTRY, [], [row]) if one["kind"] == "evidence"]
    assert (found["window"], found["month"], found["value"]) == (["2021-12-01", "2022-01-31"], "2022-01", 0.4)
    assert found["sentence"] == (
        "Value of expired red from December 2021 to January 2022: outside its range, at worst 0.4 in January 2022; "
        "evidence says 0 to 0.2."
    )
    alone = {**row, "months": row["months"][1:]}
    (found,) = [one for one in findings(tmp_path, COUNTRY, [], [alone]) if one["kind"] == "evidence"]
    assert found["sentence"].startswith("Value of expired red in January 2022: 0.4; evidence")


def test_a_month_that_tells_nothing_parts_the_stretches_beside_it(tmp_path: Path) -> None:
    row = by_month(tmp_path, {DECEMBER: (30, 100), FEBRUARY: (40, 100)}, 0, 0.2)
    found = [one for one in findings(tmp_path, COUNTRY, [], [row]) if one["kind"] == "evidence"]
    assert [(one["month"], one["value"]) for one in found] == [("2021-12", 0.3), ("2022-02", 0.4)]


def test_the_busiest_month_is_that_of_the_window_alone(tmp_path: Path) -> None:
    def fill(recorder: Recorder) -> None:
        for month, busy in ((DECEMBER, 90), (JANUARY[0], 20), (FEBRUARY, 60)):
            recorder.hours[day_number(month), 0, 3, 0][0] += busy
            recorder.hours[day_number(month), 0, 3, 0][1] += 100

    sums = inside(tmp_path, fill)
    assert quantity(sums, "utilisation_peak_visit", None) == Fraction(9, 10)
    assert quantity(sums, "utilisation_peak_visit", (JANUARY[0], None)) == Fraction(6, 10)
    assert quantity(sums, "utilisation_peak_visit", JANUARY) == Fraction(1, 5)
    assert quantity(sums, "utilisation_peak_call", None) is None


def test_what_cannot_be_told_stays_listed(full: Inside) -> None:
    known = Known("recall_call", (date(2023, 1, 1), date(2023, 1, 31)), None, 0, 1, "a survey")
    (row,) = held(Inside(replace(WHOLE, evidence=(known,)), full.series))
    assert (row["window"], row["simulated"], row["within"]) == (["2023-01-01", "2023-01-31"], None, None)


def test_evidence_is_part_of_a_run_and_of_nothing_else(made_up: MadeUp) -> None:
    run, without = made_up(), made_up("without", evidence=())
    rows = run.evidence
    columns = ["name", "start", "end", "simulated", "value", "low", "high", "within", "basis", "month"]
    assert list(rows.columns) == columns
    assert len(rows) == len(run.manifest["evidence"]) == len(two_months().spec.evidence)
    assert rows["simulated"].dtype == "Float64"
    assert rows["within"].dtype == "boolean"
    assert rows["simulated"].notna().sum() > 5
    assert without.evidence.empty
    for table in ("attempts", "outcomes", "cases", "state"):
        assert getattr(run, table).equals(getattr(without, table))
    assert (run.manifest["totals"], run.manifest["figures"]) == (
        without.manifest["totals"],
        without.manifest["figures"],
    )


def test_internet_users_are_those_of_town_and_country() -> None:
    # CNNIC counted 1,051 million in mid 2022.
    assert Scope.of(two_months()).internet_users == pytest.approx(1.051e9, rel=0.02)


ROWS = [
    {"name": "recall_call", "window": ["2022-01-01", "2022-01-31"], "simulated": 0.75, "value": 0.8, "low": 0.6,
     "high": 0.7, "within": False, "basis": "a survey of [some] carriers that goes on for longer than a line is wide"},
    {"name": "app_users", "window": ["2022-02-01", "2022-02-28"], "simulated": None, "value": None, "low": 65_000_000,
     "high": 500_000_000, "within": None, "basis": "downloads"},
]  # fmt: skip


@pytest.mark.parametrize("width", [30, 80, 120, 200])
def test_the_table_of_evidence_has_everything_at_every_width(width: int) -> None:
    out = io.StringIO()
    show(Console(file=out, width=width), evidence_parts(ROWS, None))
    lines = out.getvalue().splitlines()
    assert max(len(line) for line in lines) <= width
    text = " ".join(out.getvalue().split())
    known: list[Any] = ["recall call", "0.75", "0.6 to 0.7", "2022-01-01 to 2022-01-31", "app users", "downloads"]
    for part in (*known, "[some]", "carriers", "wide"):
        assert part in text, part
    assert ("65,000,000 to 500,000,000" in text) == (width > 30)


def test_a_claim_is_told_as_one() -> None:
    out = io.StringIO()
    show(Console(file=out, width=120), evidence_parts([{**ROWS[0], "within": None, "claimed": True}, ROWS[1]], None))
    (line,) = (line for line in out.getvalue().splitlines() if "recall call  " in line)
    assert line.split() == ["recall", "call", "0.6", "to", "0.7,", "claimed", "0.75"]


MONTHLY_ROW = {
    **ROWS[0],
    "month": "2022-01",
    "months": [
        {"month": "2021-12", "window": ["2021-12-01", "2021-12-31"], "simulated": 0.61, "within": True},
        {"month": "2022-01", "window": ["2022-01-01", "2022-01-31"], "simulated": 0.75, "within": False},
    ],
}


def test_what_is_known_by_month_is_a_line_with_its_worst_month_or_a_line_a_month() -> None:
    def told(rows: list[dict[str, Any]]) -> list[str]:
        out = io.StringIO()
        show(Console(file=out, width=200), evidence_parts(rows, None))
        return [" ".join(line.split()) for line in out.getvalue().splitlines()[1:]]

    worst = told([MONTHLY_ROW, ROWS[1]])
    assert "recall call 0.6 to 0.7 0.75 (2022-01) no" in worst
    months = told(with_months([MONTHLY_ROW, ROWS[1]]))
    assert months[:4] == [
        "2021-12-01 to 2021-12-31",
        "recall call 0.6 to 0.7 0.61 yes",
        "2022-01-01 to 2022-01-31",
        "recall call 0.6 to 0.7 0.75 no",
    ]
    assert months[4:] == worst[2:]
