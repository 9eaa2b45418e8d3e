"""Factors that episodes of all types have in common: 1 changes no byte, others act in both engines as theory says."""

from pathlib import Path
from typing import Any

import pytest

import sim
from sim.gangs.effort import Effort
from sim.warning.discipline import line_tables
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


def test_gangs_and_desks_count_on_the_same_odds() -> None:
    def read(odds: float) -> tuple[float, list[list[int]]]:
        spec = sim.load_scenario("china-2022", **{"fraud.episode.dropout_odds": odds}).spec
        effort = Effort(spec)
        effort.drawn_in[:], effort.paid[:] = 1e9, 1e8
        return float(effort.paying[0]), line_tables(spec).stake.tolist()

    # At odds of 1, 0.8 x 0.8 x 0.67 of those drawn in pay unwarned; at odds of 2, (4 / 6)^2 x 67 / 133.
    (once, stakes), (twice, others) = read(1), read(2)
    assert once == pytest.approx(0.1 / (0.8 * 0.8 * 0.67), rel=1e-6)
    assert twice == pytest.approx(0.1 / ((2 / 3) ** 2 * 67 / 133), rel=1e-6)
    # Early episodes are worth less beside late ones.
    assert stakes != others
