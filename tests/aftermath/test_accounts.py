"""Accounts of mules: what an order and a search get back, against theory and in runs; and the stock from day to day."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim
from sim.aftermath import recovered, report_tables
from sim.base.days import HOUR_MS
from sim.base.words import DistributionKind
from sim.draws.distributions import ONE, threshold
from sim.midnight.today import DayTotals
from sim.scenario.schema.base import Distribution
from tests.engines.small import NO_LEGITIMATE, fewer, run_tiny
from tests.equality.scenarios import NAMED, STILL
from tests.midnight.test_night import night_of, scenario

PERIOD = {"start": "2022-01-30", "end": "2022-02-03", "warmup": "0 d"}
MINUTE = HOUR_MS // 60
PAYMENTS = 40_000
WITHDRAWAL = Distribution(lognormal={"median": "20 min", "sigma": 1.2})
LATE = Distribution(weibull={"scale": "8 h", "shape": 0.7})
BASE: dict[str, Any] = {
    **fewer(1.5),
    **NO_LEGITIMATE,
    "feedback": True,
    "aftermath.report.delay": {"lognormal": {"median": "1 h", "sigma": 1.5}},
    "aftermath.stop_payment.share": 0.8,
    "aftermath.stop_payment.processing": "10 min",
    "accounts": {**STILL, "stock": 5000, "withdrawal_delay": {"lognormal": {"median": "2 h", "sigma": 1.5}}},
}


def share_recovered(elapsed: int, reach: float, searches: np.ndarray) -> float:
    """Return the mean share of many payments that comes back."""
    values: dict[str, Any] = {
        "accounts": {
            **STILL,
            "withdrawal_delay": WITHDRAWAL.model_dump(),
            "late": {"share": 0.3, "delay": LATE.model_dump()},
        },
        "aftermath.stop_payment.share": 0.5,
    }
    tables = report_tables(sim.load_scenario("tiny", **values).spec)
    back = sum(
        recovered((7, attempt, attempt % 3, 1000), elapsed, reach, searches, tables, 1) for attempt in range(PAYMENTS)
    )
    return back / (1000 * PAYMENTS)


def left(elapsed: float, reach: float) -> float:
    """Return the probability that a payment is still in reach."""
    return 0.7 * WITHDRAWAL.survival(elapsed / reach) + 0.3 * LATE.survival(elapsed / reach)


@pytest.mark.parametrize(("minutes", "reach"), [(5, 1.0), (60, 2.5)])
def test_an_order_recovers_what_is_still_there(minutes: int, reach: float) -> None:
    expected = left(minutes * MINUTE, reach)
    error = 4 * math.sqrt(expected * (1 - expected) / PAYMENTS)
    found = share_recovered(minutes * MINUTE, reach, np.zeros((0, 4)))
    assert found == pytest.approx(0.5 * expected, abs=0.5 * error)


def test_a_search_freezes_what_it_finds_in_time_and_the_strongest_search_counts() -> None:
    constant = float(DistributionKind.CONSTANT)
    strong = [threshold(0.6), constant, 15.0 * MINUTE, 0.0]
    weak = [threshold(0.2), constant, 5.0 * MINUTE, 0.0]
    late, first, second = left(600 * MINUTE, 1.0), left(15 * MINUTE, 1.0), left(5 * MINUTE, 1.0)
    # Half of what an order still reaches, all of what a search found before.
    only = 0.5 * late + 0.6 * (first - 0.5 * late)
    assert share_recovered(600 * MINUTE, 1.0, np.array([strong])) == pytest.approx(only, abs=0.01)
    # The weak search finds accounts that the strong one finds too, some of them sooner.
    both = only + 0.2 * (second - first)
    assert share_recovered(600 * MINUTE, 1.0, np.array([strong, weak])) == pytest.approx(both, abs=0.01)


def reports(run: sim.Run) -> pd.DataFrame:
    """Return what each report got back, by origin."""
    return run.events[run.events["event"] == "report"].set_index("origin")


def test_reports_of_a_run_recover_what_theory_says(tmp_path: Path) -> None:
    run = run_tiny(tmp_path, period=PERIOD, engine="vector", **BASE)
    paid = run.events[run.events["event"] == "payment"]
    found = reports(run)
    known = paid[paid["origin"].isin(found.index)]
    elapsed = found.loc[known["origin"], "moment"].to_numpy() - known["moment"].to_numpy() + 10 * MINUTE
    stays = Distribution(lognormal={"median": "2 h", "sigma": 1.5})
    chance = np.array([stays.survival(ms) for ms in elapsed])
    cents = 0.8 * known["value"].to_numpy(dtype=float)
    expected, error = float((cents * chance).sum()), math.sqrt(float((cents**2 * chance * (1 - chance)).sum()))
    assert error < 0.2 * expected
    assert abs(found["value"].sum() - expected) < 4 * error


def never_less(one: sim.Run, other: sim.Run) -> None:
    """Fail unless every report gets back as much in another run, and some more."""
    ours, theirs = reports(one)["value"], reports(other)["value"]
    both = ours.index.intersection(theirs.index)
    assert len(both) > 50
    assert (theirs[both] >= ours[both]).all()
    assert (theirs[both] > ours[both]).any()


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    return run_tiny(tmp_path_factory.mktemp("usual"), period=PERIOD, engine="vector", **BASE)


SOONER: dict[str, dict[str, Any]] = {
    "reports": {"aftermath.report.delay": {"lognormal": {"median": "6 min", "sigma": 1.5}}},
    "orders": {"aftermath.stop_payment.processing": None},
}
SLOWER: dict[str, dict[str, Any]] = {
    "cases": {"accounts.frozen_by_case": 300.0},
    "found": {"accounts.found": 0.5},
    "purge": {"measures.purge": {"kind": "account_purge", "window": ["2022-01-30", None], "intensity": 0.5}},
    "search": {
        "measures.search": {"kind": "account_freeze", "window": ["2022-01-30", None], "share": 0.5, "after": "20 min"}
    },
}


@pytest.mark.parametrize("name", SOONER)
def test_what_is_sooner_never_recovers_less(name: str, usual: sim.Run, tmp_path: Path) -> None:
    never_less(usual, run_tiny(tmp_path, period=PERIOD, engine="vector", **{**BASE, **SOONER[name]}))


@pytest.mark.parametrize("name", SLOWER)
def test_freezing_accounts_never_loses_money_and_changes_nothing_else(
    name: str, usual: sim.Run, tmp_path: Path
) -> None:
    run = run_tiny(tmp_path, period=PERIOD, engine="vector", **BASE, **SLOWER[name])
    never_less(usual, run)
    pd.testing.assert_frame_equal(usual.events.drop(columns="value"), run.events.drop(columns="value"))
    for table in ("attempts", "alerts", "contacts", "hours", "cases"):
        pd.testing.assert_frame_equal(getattr(usual, table), getattr(run, table))


def test_the_stock_comes_to_the_balance_of_renewal_theory() -> None:
    values: dict[str, Any] = {"accounts": {**STILL, "stock": 30_000, "found": 0.1, "replacement": "3 d"}}
    night, notes, first = night_of(scenario(**values))
    for day in range(first, first + 50):
        today = night(day, DayTotals.empty(3))
    renewed = 1 - math.exp(-1 / 3)
    working = renewed / (renewed + 0.1)
    assert night.accounts is not None
    for p in range(3):
        active, waiting = night.accounts.stock.active[p], night.accounts.stock.waiting[p]
        assert active / (active + waiting) == pytest.approx(working, rel=1e-6)
    assert today.reach == pytest.approx([1 / working] * 3)
    frozen = sum(notes.flows[day, p, "accounts_frozen"] for day in range(first, first + 50) for p in range(3))
    lost = sum(night.accounts.stock.waiting) / 1e9
    assert frozen > 40 * 0.1 * working * 30_000 > lost


def test_cases_and_victims_freeze_distinct_accounts_with_feedback_alone() -> None:
    values: dict[str, Any] = {
        "accounts": {**STILL, "stock": 3000, "frozen_by_case": 2.0},
        "measures.search": {
            **{"kind": "account_freeze", "window": ["2022-01-01", None], "share": 0.5, "after": "1 h"},
            "false_share": 0.4,
        },
    }
    yesterday = DayTotals.empty(3)
    yesterday.filed[0] = [(k, k) for k in range(100)]
    yesterday.victims[0] = list(range(600))
    for feedback in (True, False):
        night, notes, first = night_of(scenario(feedback=feedback, **values))
        assert night.accounts is not None
        before = night.accounts.stock.active[0] / 1e9
        night(first, yesterday)
        expected = before * (1 - math.exp(-(200 + 300) / before)) if feedback else 0.0
        assert night.accounts.stock.waiting[0] / 1e9 == pytest.approx(expected)
        assert night.accounts.stock.waiting[1] == 0
        assert notes.flows[first, 0, "accounts_frozen"] == pytest.approx(expected, abs=1)
        assert notes.flows[first, 0, "false_freezes"] == pytest.approx(120 if feedback else 0, abs=1)


def test_cases_name_accounts_that_a_sign_then_knows() -> None:
    values = {"accounts": {**STILL, "stock": 400}, **NAMED}
    night, _, first = night_of(scenario(**values))
    totals = DayTotals.empty(len(night.common.provinces), len(night.common.spec.fraud.types))
    night(first, totals)
    assert night.today.known.tolist() == [[0.0, 1.0]] * len(night.common.provinces)
    totals.filed[0] = [(0, attempt) for attempt in range(30)]
    night(first + 1, totals)
    totals.filed[0] = []
    night(first + 2, totals)
    accounts = night.accounts.stock.active[0] / ONE
    assert accounts < 400
    assert night.today.known[0].tolist() == pytest.approx([1 - math.exp(-30 * math.exp(-1 / 2) / accounts), 1.0])
    assert (night.today.known[1:, 0] == 0.0).all()
