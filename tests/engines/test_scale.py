"""Thinning: a smaller scale keeps the first of the same attempts, and their fates in the same shares."""

from pathlib import Path

import pandas as pd
from scipy import stats

import sim
from tests.engines.small import NO_LEGITIMATE, run_tiny
from tests.slots import TINY

PERIOD = {"start": "2022-01-29", "end": "2022-02-03", "warmup": "2 d"}


def fates(run: sim.Run, channel: str) -> pd.Series:
    """Return the attempts of a channel by fate."""
    of_channel = run.attempts[run.attempts["channel"] == channel]
    return of_channel.groupby("fate", observed=True)["count"].sum()


def test_shares_of_fates_do_not_depend_on_scale(tmp_path: Path) -> None:
    values = {**TINY, "feedback": False, **NO_LEGITIMATE}
    whole = run_tiny(tmp_path / "whole", period=PERIOD, **values)
    part = run_tiny(tmp_path / "part", period=PERIOD, scale=0.3, **values)
    ours = whole.events[whole.events["event"] == "attempt"]
    theirs = part.events[part.events["event"] == "attempt"]
    # The thinned attempts that are followed are among the whole ones; they meet other people.
    assert set(theirs["origin"]) < set(ours["origin"])
    for channel in ("call", "sms", "online"):
        table = pd.DataFrame({"part": fates(part, channel), "others": fates(whole, channel)}).fillna(0)
        table["others"] -= table["part"]
        # In each cell: of fewer attempts each gate stops fewer, and lets fewer pass.
        assert (table >= 0).all(axis=None)
        assert len(table) >= 6
        assert stats.chi2_contingency(table.to_numpy(dtype=float)).pvalue > 1e-3
    # A share of 0.3 is told from 0.33.
    expected = 0.3 * whole.attempts["count"].sum()
    assert abs(part.attempts["count"].sum() - expected) < 4 * expected**0.5 < 0.1 * expected
    macro = whole.state.merge(part.state, on=["day", "province", "quantity"], suffixes=("", "_part"))
    for quantity in ("cards_active", "cards_waiting"):
        rows = macro[macro["quantity"] == quantity]
        assert len(rows) == 3 * 6
        # Six billionths of a card: one rounding of the fixed-point stock a step.
        assert ((rows["value_part"] / 0.3 / rows["value"] - 1.0).abs() < 1e-6).all()
    # Filters lose by what is expected to be stopped, which cards round a little.
    filters = macro[macro["quantity"] == "d_prime_call"]
    assert filters["value"].nunique() == 6
    assert ((filters["value"] - filters["value_part"]).abs() < 1e-9).all()
    same = macro[macro["quantity"].isin(["dens_raided", "leads", "awareness", "app_adoption"])]
    assert (same["value"] == same["value_part"]).all()
    assert same["quantity"].nunique() == 4
