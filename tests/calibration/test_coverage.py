"""Ranks of known parameters in the posteriors of their data, and the page of a calibration.

Posteriors of data that the model itself makes: ``python -m benchmarks.posteriors``.
"""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from sim.calibration.calibrate import calibrate
from sim.calibration.coverage import RANKED, ranks, uniformity
from sim.calibration.emulator import Emulator
from sim.calibration.page import to_markdown


def bent(rolls: np.random.Generator, size: float) -> Emulator:
    """Return a model of six data and thirty parameters, bent as far as is said."""
    slopes = rolls.standard_t(2.0, (6, 30)) * (rolls.random((6, 30)) < 0.4)
    square = size * rolls.standard_normal((6, 5, 5))
    curved = np.argsort(-np.sum(slopes**2, axis=0))[:5]
    return Emulator(np.zeros(6), slopes, curved, (square + np.swapaxes(square, 1, 2)) / 2.0, np.zeros(6))


@pytest.mark.parametrize("size", [0.0, 0.1])
def test_ranks_are_even_where_the_model_is_an_emulator(size: float):
    found = ranks(bent(np.random.default_rng(5), size), 11, 200)
    assert len(found) >= 190
    probabilities = uniformity(found)
    assert probabilities.min() > 1e-3 / 30
    assert stats.kstest(probabilities, "uniform").pvalue > 1e-3
    inside = np.mean((found >= 2) & (found < 38))
    assert inside == pytest.approx(0.9, abs=0.015)


def test_ranks_that_are_not_even_are_found_out():
    narrow = np.random.default_rng(1).binomial(RANKED, 0.5, (200, 3))
    assert uniformity(narrow).max() < 1e-6
    even = np.random.default_rng(2).integers(0, RANKED + 1, (200, 40))
    assert stats.kstest(uniformity(even), "uniform").pvalue > 1e-3


@pytest.mark.slow
def test_the_page_of_a_calibration_says_what_is_known(
    small: sim.Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sim.calibration.posterior.STEPS", 4)
    settings = {
        "calibration.parameters": [],
        "calibration.members": 24,
        "calibration.discrepancy": {"alerts": 0.04, "interceptions": None},
    }
    done = calibrate(sim.scenario.changed(small, settings), tmp_path)
    part = done.document["posterior"]
    assert part["draws"] >= 10
    assert {row["family"]: row["stated"] for row in part["discrepancy"]} == {"alerts": 0.04, "interceptions": 0.0}
    assert [row["fitted"] for row in part["left_out"]] == [True] * 4 + [False]
    assert sum(part["ranks"]["counts"]) == part["ranks"]["sets"] * part["parameters"]
    assert [row["scored"] for row in part["left_out"]] == [True] * 4 + [False], "the fifth lies inside the third"
    assert part["truths"]["sets"] == part["draws"]
    assert sum(part["truths"]["counts"]) == part["draws"] * len(part["truths"]["parameters"]) > 0
    assert all(len(one["drivers"]) >= (5 if one["explained"] else 0) for one in part["answers"].values())
    assert [row["total"] for row in part["first_drivers"]] == [
        n for n, one in part["answers"].items() if one["drivers"]
    ]
    assert all(len(row["values"]) == len(row["totals"]) == part["draws"] for row in part["first_drivers"])
    assert sum(one["explained"] > 0.0 for one in part["answers"].values()) >= 3
    assert all(row["ratios"] == sorted(row["ratios"]) for row in part["totals"])
    text = (tmp_path / "fit.md").read_text()
    for name in ("residuals", "left-out", "ranks", "first-drivers", "drivers", "parameters"):
        assert f"(fit-{name}.svg)" in text
        assert (tmp_path / f"fit-{name}.svg").read_text().startswith("<?xml")
    part["answers"]["victims"] = {"explained": 0.0, "drivers": []}
    by_runs = {"key": "a.b", "first": 0.75, "first_error": 0.05, "found": True, "total": 0.8, "total_error": 0.1}
    chance = by_runs | {"key": "c.d", "first": 0.1, "found": False, "total": None}
    emulated = {"index": 0.28, "slope": 0.0, "width_ratio": 1.5}
    drivers = [by_runs | emulated, chance | emulated]
    part["answers"]["saved"] = {"explained": 0.6, "drivers": drivers}
    part["policies"] = [
        {
            **{"policy": "mine", "draws": 20, "own": {"victims": 0.1}, "intervals": {"victims": [0.0, 0.1, 0.2]}},
            "answers": {"victims": {"explained": 0.0, "drivers": drivers}},
        }
    ]
    lines = to_markdown(done.document).splitlines()
    assert "| victims | not shown by these runs |  |  |  | 0% |  |  |" in lines
    assert "| saved | `a.b` | 0.75 ± 0.05 | 0.80 ± 0.10 | 0.28 | 60% | +0.0% | 1.50 |" in lines
    assert "|  | `c.d` | no more than chance |  | 0.28 |  | +0.0% | 1.50 |" in lines
    assert "| `mine`: victims | `a.b` | 0.75 ± 0.05 | 0.80 ± 0.10 |  | 0% |  |  |" in lines
    (worth,) = [line for line in lines if line.startswith("| `a.b` |") and "`mine`" in line]
    assert worth.endswith("| 50% |  | `mine` 50% |")
