"""A sum at the edge of what can be counted: both engines agree on it, and beyond it refuse in the same line."""

from pathlib import Path
from typing import Any

import pytest

import sim
from sim.base.rounding import TOO_LARGE
from sim.reading.manifest import check_run
from tests.engines.small import NO_LEGITIMATE, TWO_DAYS, TYPES, fewer
from tests.equality.both import ENGINES, assert_equal


def outcomes(folder: Path, **values: Any) -> sim.Run | str:
    """Return a run by both engines, or the line with which both refuse; fail unless they agree."""
    found: list[sim.Run | str] = []
    for engine in ENGINES:
        try:
            scenario = sim.load_scenario("tiny", engine=engine, **values)
            found.append(sim.run(scenario, folder / engine, events="none", workers=2))
        except OverflowError as error:
            found.append(str(error))
    one, other = found
    if isinstance(one, str) or isinstance(other, str):
        assert one == other
        return one
    assert_equal(one, other)
    return one


SURE: dict[str, Any] = {"unknown": 1.0, "labelled": 1.0, "half_hours": [1.0] * 48}
MANY_VICTIMS: dict[str, Any] = {
    "period": TWO_DAYS,
    **fewer(0.9),
    **NO_LEGITIMATE,
    "fraud.loss_growth": 5.0,
    "fraud.reference": "2020-04-01",
    "population.frailty_sigma": 0.0,
    "population.internet": {"urban": 1.0, "rural": 1.0, "age_factor": [1.0] * 6},
    "engagement.answering": {**dict.fromkeys(("call", "sms", "online"), SURE), "age_factor": [1.0] * 6},
    "engagement.awareness.effect": 0.0,
    "sites": dict.fromkeys(("account", "site", "hosting", "app", "diversion", "promotion"), 0.0),
    "aftermath.report.probability": 1.0,
    "aftermath.report.delay": "0 min",
    "aftermath.filing.delay": "0 min",
    "cards.fixed_dead_share": 0.0,
    "interception.call.d_prime": -9.0,
    "interception.sms.d_prime": -9.0,
    "measures.banks.intensity": 0.0,
    **{f"measures.warning-{name}.coverage": 0.0 for name in ("central", "local")},
}
"""Thousands of payments in two days, after years of growth: each loss is as large as may be."""


def losses(median: float) -> dict[str, Any]:
    """Return the same certain loss on the reference date, and one payment at once, for all types of fraud."""
    at_once = dict.fromkeys(("engaged", "opened", "first_payment", "later_payment"), "1 min")
    of_type = {
        "engage": 1.0,
        "age_factor": [1.0] * 6,
        "women_factor": 1.0,
        "loss": {"median": median, "sigma": 0},
        "payments": [1.0],
        "delays": at_once,
        "dropout": dict.fromkeys(at_once, 0.0),
    }
    return {f"fraud.types.{name}.{key}": value for name in TYPES for key, value in of_type.items()}


@pytest.mark.slow
def test_a_sum_at_the_edge_is_the_same_and_beyond_it_refused_in_the_same_line(tmp_path: Path) -> None:
    run = outcomes(tmp_path / "small", **MANY_VICTIMS, **losses(1000.0))
    assert isinstance(run, sim.Run)
    edge = 1000.0 * TOO_LARGE / int(run.outcomes["loss_cents"].sum())
    assert edge < 1e9, "so many victims that the sum comes to the edge before the loss does"
    below = outcomes(tmp_path / "below", **MANY_VICTIMS, **losses(edge * 0.9999))
    assert isinstance(below, sim.Run)
    assert 0.9998 < below.totals["loss_money"] * 100 / TOO_LARGE < 1.0
    assert 0 < below.totals["recovered_money"] <= below.totals["loss_money"]
    assert [str(finding) for finding in check_run(below.path) if not finding.passed] == []
    above = outcomes(tmp_path / "above", **MANY_VICTIMS, **losses(edge * 1.0001))
    assert above == "the sum of outcomes.loss_cents is 2^62 or more and cannot be counted exactly"
    assert [*(tmp_path / "above").glob("*")] == []
