"""Factors that episodes of all types have in common: 1 changes no byte, others act in both engines as theory says."""

from pathlib import Path
from typing import Any

import pytest

import sim
from tests.equality.both import assert_equal, run_both
from tests.equality.hashes import hashes_of

PERIOD = {"start": "2022-01-29", "end": "2022-02-01", "warmup": "1 d"}
FEW = {f"population.legitimate.{channel}": "12000 per day" for channel in ("call", "sms", "online")}


def both(folder: Path, **values: Any) -> tuple[sim.Run, sim.Run]:
    """Run tiny with changes in both engines, without gangs that adapt."""
    return run_both(folder, "tiny", period=PERIOD, **FEW, **values)


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    return both(tmp_path_factory.mktemp("without"), **{"fraud.episode": None})[0]


def test_factors_of_one_change_no_byte(without: sim.Run, tmp_path: Path) -> None:
    one, other = both(tmp_path, **{"fraud.episode": {"delay_factor": 1, "dropout_odds": 1}})
    assert_equal(one, other)
    assert hashes_of(one) == hashes_of(without)


def test_larger_odds_of_dropping_out_leave_fewer_victims(without: sim.Run, tmp_path: Path) -> None:
    one, other = both(tmp_path, **{"fraud.episode": {"dropout_odds": 4}})
    assert_equal(one, other)
    assert 0 < one.totals["victims"] < 0.8 * without.totals["victims"]


def test_longer_delays_let_warnings_come_in_time(without: sim.Run, tmp_path: Path) -> None:
    one, other = both(tmp_path, **{"fraud.episode": {"delay_factor": 0.25}})
    assert_equal(one, other)
    assert one.totals["saved"] < 0.9 * without.totals["saved"]
    assert one.totals["victims"] > without.totals["victims"]
