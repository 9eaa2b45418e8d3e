"""Figures and totals against sums made by hand from what was put in."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from sim.base.days import day_number
from sim.base.words import Outcome
from sim.reading.figures import amount, error_of_whole, figure, number, scale_fraction, totals, uncounted
from sim.reading.quantities import Quantities
from sim.scenario.schema.layers import Settlement
from sim.store.columns import Scope, Target
from sim.store.recorder import Recorder
from sim.store.writer import TableWriter
from tests.synthetic import BASE, SCOPE, YEAR, alert_key, write_tables


def simulated(folder: Path, scope: Scope, *targets: Target) -> list[dict[str, Any]]:
    """Compute the figures of these targets."""
    quantities = Quantities.read(folder, replace(scope, targets=targets))
    return [figure(quantities, target) for target in targets]


def test_figures_of_the_made_up_run_are_sums_over_their_windows(tmp_path: Path) -> None:
    write_tables(tmp_path)
    figures = {row["name"]: row for row in simulated(tmp_path, SCOPE, *SCOPE.targets)}
    assert [row["name"] for row in simulated(tmp_path, SCOPE, *SCOPE.targets)] == [
        target.name for target in SCOPE.targets
    ]
    calls = sum(
        row["count"]
        for row in pq.read_table(tmp_path / "attempts.parquet").to_pylist()
        if row["channel"] == "call" and row["fate"] == "intercepted" and row["day"] >= YEAR[0]
    )
    assert figures["calls_intercepted"]["simulated"] == calls * 1000
    assert figures["calls_intercepted"]["ratio"] == calls * 1000 / 1_000_000
    flows = pq.read_table(tmp_path / "flows.parquet").to_pylist()
    solved = [row for row in flows if row["quantity"] == "cases_solved"]
    later = sum(row["count"] for row in solved if row["day"] >= YEAR[0])
    earlier = sum(row["count"] for row in solved if row["day"] <= BASE[1])
    assert figures["cases_solved_change"]["simulated"] == pytest.approx(later / earlier - 1, rel=1e-15)
    dens = sum(row["count"] for row in flows if row["quantity"] == "dens_destroyed" and row["day"] >= YEAR[0])
    assert figures["dens_destroyed"]["simulated"] == dens
    assert figures["video_views"]["simulated"] == 3 * 59


def test_what_cannot_be_simulated_stays_listed_as_null(tmp_path: Path) -> None:
    write_tables(tmp_path)
    figures = {row["name"]: row for row in simulated(tmp_path, SCOPE, *SCOPE.targets)}
    for name in ("alerts_central", "law_in_force", "internet_users"):
        assert [figures[name][key] for key in ("simulated", "ratio", "within")] == [None] * 3, name
    assert figures["law_in_force"]["window"] == ["2022-12-01", None]
    assert figures["law_in_force"]["reported"] == "2022-12-01"


def test_a_change_without_a_base_inside_the_period_is_null(tmp_path: Path) -> None:
    write_tables(tmp_path)
    outside = Target("cases_solved_change", YEAR, 0.1, "fitted", base=(date(2021, 1, 1), date(2021, 12, 31)))
    none = Target("cases_solved_change", YEAR, 0.1, "fitted")
    zero = Target("recovered_cents_change", YEAR, 0.1, "fitted", base=BASE)
    for row in simulated(tmp_path, SCOPE, outside, none, zero):
        assert row["simulated"] is None


@pytest.mark.parametrize(
    ("name", "reported", "role", "tolerance", "standard_error", "within"),
    [
        ("calls_intercepted", 90_000, "fitted", 0.12, None, True),
        ("calls_intercepted", 90_000, "fitted", 0.11, None, False),
        ("calls_intercepted", 90_000, "predicted", 0.12, None, True),
        ("calls_intercepted", 90_000, "predicted", None, None, None),
        ("calls_intercepted", 90_000, "input", 0.12, None, None),
        ("calls_intercepted", 90_000, "context", 0.12, None, None),
        # 100,000 after 50,000 is a change of +1: the tolerance of a change is a difference, not a share.
        ("calls_intercepted_change", 0.8, "fitted", 0.2, None, True),
        ("calls_intercepted_change", 0.8, "fitted", 0.19, None, False),
        # The larger of tolerance and three standard errors, which are in the figure's unit, decides.
        ("calls_intercepted", 90_000, "fitted", 0.01, 3334, True),
        ("calls_intercepted", 90_000, "fitted", 0.01, 3333, False),
        ("calls_intercepted", 90_000, "fitted", 0.12, 3333, True),
        ("calls_intercepted", 90_000, "predicted", 0.01, 3334, True),
        ("calls_intercepted", 90_000, "fitted", None, 3334, None),
        ("calls_intercepted_change", 0.8, "fitted", 0.19, 0.067, True),
        ("calls_intercepted_change", 0.8, "fitted", 0.19, 0.066, False),
    ],
)
def test_within_holds_a_figure_against_its_tolerance_or_what_chance_does(
    tmp_path: Path,
    name: str,
    reported: float,
    role: Any,
    tolerance: float | None,
    standard_error: float | None,
    within: bool | None,
) -> None:
    with TableWriter(tmp_path, SCOPE) as writer:
        recorder = Recorder(SCOPE, writer)
        recorder.attempts[day_number(date(2021, 12, 7)), 0, 0, 0, 3] += 50
        recorder.attempts[day_number(date(2022, 1, 7)), 0, 0, 0, 3] += 100
        recorder.close()
    base = BASE if name.endswith("_change") else None
    # Scenarios say the standard error of the whole country; that of a run at a thousandth is larger by the root of it.
    of_all = None if standard_error is None else standard_error * SCOPE.scale**0.5
    (row,) = simulated(tmp_path, SCOPE, Target(name, YEAR, reported, role, base, tolerance, of_all))
    assert row["within"] is within
    assert row["standard_error"] == (None if standard_error is None else pytest.approx(standard_error))
    # What was reported is of what was: a policy is not held to it.
    policy = replace(SCOPE, policy_of="what was")
    (held,) = simulated(tmp_path, policy, Target(name, YEAR, reported, role, base, tolerance, of_all))
    assert held == {**row, "within": None}


def test_what_is_never_thinned_has_the_same_standard_error_at_every_scale(tmp_path: Path) -> None:
    write_tables(tmp_path)
    dens, cards = (Target(name, YEAR, 5, "fitted", None, 0.1, 2.0) for name in ("dens_destroyed", "cards_eliminated"))
    assert [row["standard_error"] for row in simulated(tmp_path, SCOPE, dens, cards)] == [
        2.0,
        pytest.approx(2.0 * 1000**0.5),
    ]


def test_of_a_standard_error_only_what_thinning_makes_grows_with_it(tmp_path: Path) -> None:
    write_tables(tmp_path)
    cards = [
        Target("cards_eliminated", YEAR, 5, "fitted", None, 0.1, 13.0, sampling_error=part)
        for part in (None, 13, 0.5, 0)
    ]
    at_a_thousandth = [13 * 1000**0.5, 13 * 1000**0.5, (13**2 + 0.25 * 999) ** 0.5, 13]
    rows = simulated(tmp_path, SCOPE, *cards)
    assert [row["standard_error"] for row in rows] == [pytest.approx(one) for one in at_a_thousandth]
    assert [error_of_whole(row["standard_error"], one, SCOPE.scale) for row, one in zip(rows, cards, strict=True)] == [
        pytest.approx(13.0)
    ] * 4
    assert error_of_whole(1.0, cards[2], SCOPE.scale) == 0.5, "never less than what comes of drawing"
    dens = Target("dens_destroyed", YEAR, 5, "fitted", None, 0.1, 13.0, sampling_error=0.5)
    assert error_of_whole(7.0, dens, SCOPE.scale) == 7.0
    whole = replace(SCOPE, scale=1.0)
    assert {row["standard_error"] for row in simulated(tmp_path, whole, *cards)} == {13.0}


def test_a_prediction_of_what_is_not_reported_has_a_simulated_value_alone(tmp_path: Path) -> None:
    write_tables(tmp_path)
    target = Target("dens_destroyed", YEAR, None, "predicted", tolerance=0.1, interval=(80.0, 120.0))
    (row,) = simulated(tmp_path, SCOPE, target)
    assert row["simulated"] > 0
    assert [row[key] for key in ("reported", "ratio", "within", "standard_error")] == [None] * 4
    assert row["interval"] == [80.0, 120.0]


@pytest.mark.parametrize(
    ("start", "end", "inside"),
    [
        (date(2021, 12, 1), date(2022, 2, 28), True),
        (date(2021, 11, 30), date(2022, 2, 28), False),
        (date(2021, 12, 1), date(2022, 3, 1), False),
        (date(2022, 2, 28), date(2022, 2, 28), True),
        (date(2022, 2, 28), date(2022, 2, 27), False),
    ],
)
def test_a_window_counts_when_both_of_its_days_are_in_the_period(
    tmp_path: Path, start: date, end: date, inside: bool
) -> None:
    with TableWriter(tmp_path, SCOPE) as writer:
        recorder = Recorder(SCOPE, writer)
        recorder.flows[SCOPE.last_day, 0, "cards_eliminated"] += 4
        recorder.close()
    (row,) = simulated(tmp_path, SCOPE, Target("cards_eliminated", (start, end), 1, "fitted"))
    assert row["simulated"] == (4000 if inside else None)


def test_each_figure_is_its_own_quantity(tmp_path: Path) -> None:
    """A different count for each quantity: a figure that reads another one's gets the wrong number."""
    flows = (
        "cards_eliminated", "dens_destroyed", "ringleaders_arrested", "suspects_arrested", "cases_solved",
        "video_views", "videos_published", "awareness_activities", "cluster_campaigns",
    )  # fmt: skip
    whole = {*flows} - {"cards_eliminated", "suspects_arrested", "cases_solved"}
    day = day_number(YEAR[0])
    wanted = {}
    with TableWriter(tmp_path, SCOPE) as writer:
        recorder = Recorder(SCOPE, writer)
        for count, name in enumerate(flows, start=11):
            recorder.flows[day, 0, name] += count
            wanted[name] = count if name in whole else count * 1000
        for channel, name in enumerate(("calls_intercepted", "sms_intercepted")):
            recorder.attempts[day, 0, channel, 0, 3] += 30 + channel
            wanted[name] = (30 + channel) * 1000
        for source, name in enumerate(("alerts_central", "alerts_local")):
            recorder.alerts[alert_key(day, 0, source=source)] += 40 + source
            wanted[name] = (40 + source) * 1000
        outcome = recorder.outcomes[day, 0, 0, 0, 0]
        outcome[Outcome.FILED] += 50
        outcome[Outcome.FILED_LOSS_CENTS] += 6000
        outcome[Outcome.LOSS_CENTS] += 7000
        recorder.close()
    # Reported losses are those of filed cases, in yuan.
    wanted |= {"cases_filed": 50_000, "losses": 60_000}
    rows = simulated(tmp_path, SCOPE, *(Target(name, YEAR, 1, "fitted") for name in wanted))
    assert {row["name"]: row["simulated"] for row in rows} == wanted


def test_totals_scale_up_exactly_and_leave_dens_whole(tmp_path: Path) -> None:
    scope = replace(SCOPE, scale=3e-5)
    day = SCOPE.first_day
    with TableWriter(tmp_path, scope) as writer:
        recorder = Recorder(scope, writer)
        recorder.attempts[day, 0, 0, 0, 3] += 54_600
        recorder.attempts[day, 0, 1, 0, 7] += 1
        recorder.alerts[alert_key(day, 0, source=1, tier=2, truth=3, end=4)] += 6
        recorder.contacts[day, 0, 0, 3, 5, 0][0] += 3
        recorder.contacts[day, 0, 0, 3, 5, 0][1] += 3_600_000
        recorder.outcomes[day, 0, 0, 0, 0][Outcome.LOSS_CENTS] += 301
        recorder.outcomes[day, 0, 0, 0, 0][Outcome.FILED_LOSS_CENTS] += 201
        recorder.outcomes[day, 0, 1, 1, 1][Outcome.VICTIMS] += 3
        recorder.flows[day, 0, "dens_destroyed"] += 2
        recorder.flows[day, 0, "cards_eliminated"] += 3
        recorder.flows[day, 0, "false_blocks_call"] += 3
        recorder.flows[day, 0, "false_blocks_sms"] += 6
        recorder.close()
    found = totals(Quantities.read(tmp_path, scope))
    assert found["calls_intercepted"] == 1_820_000_000
    assert isinstance(found["calls_intercepted"], int)
    assert found["attempts_by_fate"]["engaged"] == float(Fraction(100_000, 3))
    assert found["attempts_potential"] == float(Fraction(54_601 * 100_000, 3))
    assert found["alerts_local"] == found["alerts_by_tier"]["yellow"] == 200_000
    assert found["alerts_by_end"]["superseded"] == 200_000
    assert found["alerts_by_truth"] == {"episode": 0, "ignored": 0, "unanswered": 0, "legitimate": 200_000}
    assert found["alerts_central"] == 0
    assert found["contacts_by_channel"] == {"app": 0, "sms": 0, "call": 0, "visit": 100_000}
    assert found["staff_hours_visit"] == float(Fraction(100_000, 3))
    assert found["staff_hours_call"] == 0
    assert found["loss_money"] == float(Fraction(301 * 1000, 3))
    assert found["filed_loss_money"] == float(Fraction(201 * 1000, 3))
    assert found["victims"] == 100_000
    assert found["dens_destroyed"] == 2
    assert found["cards_eliminated"] == 100_000
    assert found["false_blocks"] == 300_000


def test_a_number_of_what_the_model_does_not_count_is_warned_of_once() -> None:
    twice = replace(
        SCOPE, targets=(*SCOPE.targets, *SCOPE.targets, Target("internet_users_change", YEAR, 0.1, "fitted"))
    )
    # A day on which something came into force is no number.
    line = "the model counts no such quantity, so it has no simulated value"
    assert uncounted(twice) == [f"figure internet_users: {line}", f"figure internet_users_change: {line}"]


def test_the_totals_of_the_contract_are_all_there(tmp_path: Path) -> None:
    write_tables(tmp_path)
    named = """
    attempts_potential attempts_by_fate calls_intercepted sms_intercepted alerts_central alerts_local
    alerts_by_tier alerts_by_end contacts_by_channel staff_hours_call staff_hours_visit cards_eliminated
    dens_destroyed ringleaders_arrested episodes saved averted dropped_out victims loss_money prevented_money
    recovered_money cases_filed filed_loss_money cases_solved suspects_arrested false_blocks
    """
    assert set(named.split()) <= set(totals(Quantities.read(tmp_path, SCOPE)))


def test_numbers_are_whole_where_they_can_be() -> None:
    assert scale_fraction(3e-5) == Fraction(3, 100_000)
    assert number(Fraction(6, 3)) == 2
    assert isinstance(number(Fraction(6, 3)), int)
    assert number(Fraction(1, 3)) == 1 / 3


def test_funds_stopped_are_those_that_orders_freeze_and_banks_hold(tmp_path: Path) -> None:
    day = day_number(YEAR[0])
    with TableWriter(tmp_path, SCOPE) as writer:
        recorder = Recorder(SCOPE, writer)
        recorder.outcomes[day, 0, 0, 0, 0][Outcome.RECOVERED_CENTS] += 6001
        recorder.outcomes[day + 1, 1, 1, 1, 1][Outcome.RECOVERED_CENTS] += 99
        recorder.outcomes[day, 2, 0, 0, 0][Outcome.HELD_CENTS] += 507
        recorder.outcomes[SCOPE.first_day, 2, 0, 0, 0][Outcome.HELD_CENTS] += 1000
        recorder.close()
    names = ("funds_returned_money", "funds_stopped_money")
    known = replace(SCOPE, frozen_factor=27.4)
    quantities = Quantities.read(tmp_path, known)
    returned = Fraction(6100, 100) * 1000
    stopped = (Fraction("27.4") * 6100 + 507) / 100 * 1000
    assert [amount(quantities, name, YEAR) for name in names] == [returned, stopped]
    assert amount(quantities, f"{names[1]}_change", YEAR, BASE) == stopped / (Fraction(1000, 100) * 1000) - 1
    # Totals are of the whole period.
    found = totals(Quantities.read(tmp_path, known))
    assert found["funds_returned_money"] == found["recovered_money"] == returned
    assert found["funds_stopped_money"] == float(stopped + Fraction(1000, 100) * 1000)
    # Without the factor there is no such figure, but what victims get back is known.
    unknown = Quantities.read(tmp_path, SCOPE)
    assert [amount(unknown, name, YEAR) for name in names] == [returned, None]
    assert not {*names} & {*totals(Quantities.read(tmp_path, SCOPE))}
    asked = replace(SCOPE, targets=tuple(Target(name, YEAR, 1, "fitted") for name in names))
    assert uncounted(replace(asked, frozen_factor=1.0)) == []
    assert uncounted(asked) == [
        "figure funds_stopped_money: the scenario has no aftermath.stop_payment.frozen_factor, "
        "so it has no simulated value"
    ]


def test_cases_and_suspects_are_counted_as_they_are_settled(tmp_path: Path) -> None:
    day = day_number(YEAR[0])
    flows = {"cases_solved": 50, "cases_settled": 40, "suspects_arrested": 33, "suspects_settled": 22}
    with TableWriter(tmp_path, SCOPE) as writer:
        recorder = Recorder(SCOPE, writer)
        for name, count in flows.items():
            recorder.flows[day, 0, name] += count
            recorder.flows[SCOPE.first_day, 0, name] += 10
        recorder.close()
    settlement = Settlement(cases=0.2, suspects=0.5)
    for late, cases, suspects in ((settlement, 40, 22), (None, 50, 33)):
        scope = replace(SCOPE, settlement=late)
        quantities = Quantities.read(tmp_path, scope)
        for name, count in (
            *(("cases_solved", cases), ("cases_settled", cases)),
            *(("suspects_arrested", suspects), ("suspects_settled", suspects)),
        ):
            assert amount(quantities, name, YEAR) == count * 1000
            assert amount(quantities, f"{name}_change", YEAR, BASE) == Fraction(count, 10) - 1
        found = totals(Quantities.read(tmp_path, scope))
        assert found["cases_solved"] == (cases + 10) * 1000
        assert found["suspects_arrested"] == (suspects + 10) * 1000


@pytest.mark.parametrize("province", [None, SCOPE.provinces[-1]])
def test_calls_and_alerts_are_counted_as_they_are_settled_and_totals_as_they_happened(province: int | None) -> None:
    days = {"first_day": day_number(date(2021, 1, 1)), "last_day": day_number(date(2022, 1, 31))}
    settlement = Settlement.model_validate({"cases": 0.0, "suspects": 0.0, "calls": 0.061, "alerts": 0.25})
    scope = replace(SCOPE, **days, settlement=settlement)
    even = np.full(scope.days, 1000)
    keys = [("attempts", "call", "intercepted"), ("attempts", "sms", "intercepted"), ("flows", "ringleaders_arrested")]
    alerts = ("alerts", "central", "red", "fraud", "read", "count")
    quantities = Quantities(scope, {**{(*key, "count"): even for key in keys}, alerts: even}, province)
    november, december = ((date(2021, month, 1), date(2021, month, days)) for month, days in ((11, 30), (12, 31)))
    for name, share in (
        ("calls_intercepted", 0.061),
        ("alerts_central", 0.25),
        ("sms_intercepted", 0.0),
        ("ringleaders_arrested", 0.0),
    ):
        of_one = 1 if name == "ringleaders_arrested" else 1000
        before, late = (amount(quantities, name, window) / of_one for window in (november, december))
        assert abs(before - 30_000 * (1 - share)) <= 1
        assert abs(late - 31_000 - 334_000 * share) <= 1
    assert totals(quantities)["calls_intercepted"] == scope.days * 1_000_000
