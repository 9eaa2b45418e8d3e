"""Payments that wait: a longer wait keeps all that a shorter one kept, and a transfer costs what a scenario says."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from tests.engines.log import TIERS
from tests.engines.small import NO_LEGITIMATE, run_tiny
from tests.equality.scenarios import COURSE, DELAYS, DENSE

SMS_ALONE: dict[str, Any] = {
    **NO_LEGITIMATE,
    "engine": "vector",
    "feedback": False,
    "period": {"start": "2022-01-31", "end": "2022-03-20", "warmup": "0 d"},
    "population.victim_before_factor": 1.0,
    "warning.dissuasion.fatigue": 1.0,
    "warning.dissuasion.awareness_bonus": 0.0,
    **{
        f"warning.tiers.{tier}.{key}": value
        for tier in TIERS
        for key, value in (
            ("first", "sms"),
            ("deadline", "30 d"),
            ("escalate", {"unread": "none", "unanswered": "none"}),
        )
    },
    "measures.banks": None,
    # Everybody is drawn in on two days, and all episodes end before the period does.
    "fraud.surges": {"no more": {"window": ["2022-02-02", None], "factor": 0.0}},
}
"""Warnings by SMS alone: nobody waits in a queue, and what one person hears changes nothing for another."""


def waits(hours: int) -> dict[str, Any]:
    """Return a measure by which payments wait as long."""
    own = {"second_thoughts": "48 h", "bank_call": COURSE["bank_call"], "release": COURSE["release"]}
    window = ["2022-01-01", None]
    return {"kind": "payment_delay", "window": window, "intensity": 0.8, "wait": f"{hours} h", **own}


def test_a_longer_wait_loses_nothing_that_a_shorter_one_kept(tmp_path: Path) -> None:
    shorter, longer = (
        run_tiny(tmp_path / str(hours), **SMS_ALONE, **{"measures.waits": waits(hours)}) for hours in (6, 48)
    )
    # Of each episode.
    lost, less = (_losses(run) for run in (shorter, longer))
    assert (less.sub(lost, fill_value=0) <= 0).all()
    # Of each province and fraud type.
    (lost, kept), (less, more) = (_money(run) for run in (shorter, longer))
    assert (less <= lost).all()
    assert (more >= kept).all()
    assert less.sum() < lost.sum()


def test_costs_of_transfers_add_up(tmp_path: Path) -> None:
    run = run_tiny(tmp_path / "run", engine="vector", **DENSE, **DELAYS)
    parts = {key: amount for key, amount in run.totals.items() if key.startswith("cost_money.")}
    total = parts.pop("cost_money.total")
    assert {"cost_money.transfers_delayed", "cost_money.false_holds", "cost_money.payment_calls"} < set(parts)
    assert sum(parts.values()) == pytest.approx(total)


def _losses(run: sim.Run) -> "pd.Series[int]":
    """Return the cents that each episode lost, by its origin."""
    return run.events.query("event == 'payment'").groupby("origin")["value"].sum()


def _money(run: sim.Run) -> "tuple[pd.Series[int], pd.Series[int]]":
    """Return cents lost and cents kept, by a warning or at a bank, by province and fraud type."""
    sums = run.outcomes.groupby(["province", "fraud_type"], observed=False).sum(numeric_only=True)
    return sums["loss_cents"], sums["prevented_cents"] + sums["held_cents"]
