"""Gangs in both engines: crews, ceilings and answers give the same bytes, and full crews change nothing."""

from pathlib import Path
from typing import Any

import pandas as pd

import sim
from sim.base.words import Role
from tests.engines.small import run_tiny
from tests.equality.both import assert_equal, run_both
from tests.equality.hashes import hashes_of
from tests.equality.scenarios import ANSWERING, CLASSES, GROWING, LAUNDERING, UNEVEN
from tests.reading.test_check import failures
from tests.slots import WITHOUT

PERIOD = {"start": "2022-01-25", "end": "2022-02-05", "warmup": "2 d"}
FEW = {f"population.legitimate.{channel}": "12000 per day" for channel in ("call", "sms", "online")}
OF_GANGS = ("crews", *(f"{what}_{channel}" for what in ("effort", "yield") for channel in ("call", "sms", "online")))


def levels(run: sim.Run) -> pd.DataFrame:
    """Return what a run notes of gangs, a row a day and a column a quantity."""
    noted = run.state[run.state["quantity"].isin(OF_GANGS)]
    table: pd.DataFrame = noted.pivot(index="day", columns="quantity", values="value")
    return table


def test_both_engines_agree_on_gangs_that_are_arrested_and_answer(tmp_path: Path) -> None:
    one, other = run_both(tmp_path, "tiny", period=PERIOD, **{**UNEVEN, **GROWING, **ANSWERING, **FEW})
    found = levels(one)
    assert list(found.columns) == sorted(OF_GANGS)
    assert len(found) == 12
    # All of it moves, from day to day; effort may stay at its most for two of them.
    assert (found.nunique() >= 11).all()
    assert found["crews"].between(0.1, 0.9).all()
    assert_equal(one, other)


def test_both_engines_agree_on_classes_of_numbers_and_accounts(tmp_path: Path) -> None:
    values = {**UNEVEN, **GROWING, **ANSWERING, **FEW}
    one, other = run_both(tmp_path, "tiny", period=PERIOD, **values, **CLASSES)
    assert_equal(one, other)


POOLS: dict[str, Any] = {
    "members": 9_000,
    "abroad": 0.4,
    "since": "2022-01-26",
    "capacity": 1.5,
    "recruiting": "1 per year",
    "arriving": "0.1 per year",
    "arriving_abroad": 0.7,
    "leaving": "1 per year",
    "removed": {"home": "30 per year", "abroad": "0.5 per year"},
    "leads": {"share": 0.5, "usual": 40},
    "crew": 6.3,
    "leaderless": "9 d",
    "home_share": {"gaming": 0.9},
}
"""Pools that lose members fast, the more so where cases are solved."""


def test_both_engines_agree_on_pools_that_are_raided_and_persuaded_to_return(tmp_path: Path) -> None:
    gangs = {"pools": POOLS, "answer": ANSWERING["gangs"]["answer"]}
    window = ["2022-01-27", None]
    home = {"kind": "returns", "window": window, "intensity": "20 per year", "members": 0.4, "arrested": 0.5}
    values = {**UNEVEN, **GROWING, **LAUNDERING, **ANSWERING, **FEW, "gangs": gangs, "measures.home": home, **WITHOUT}
    values["aftermath.suspects.roles"] = {"callers": 0.3, "accounts": 0.5, "couriers": 0.2}
    one, other = run_both(tmp_path, "tiny", period=PERIOD, **values)
    noted = one.state[one.state["quantity"].isin(["gangs_home", "gangs_abroad"])]
    found = noted.pivot(index="day", columns="quantity", values="value")
    assert found.shape == (12, 2)
    assert (found.nunique() >= 11).all()
    flows = one.flows.groupby("quantity")["count"].sum()
    assert (flows[["dens_destroyed", "dens_campaign", "returned", "suspects_arrested"]] > 0).all()
    roles = flows[[role.arrested for role in Role]]
    assert (roles > 10).all()
    assert roles.sum() == flows["suspects_arrested"]
    assert failures(one.path) == []
    assert_equal(one, other)


def test_without_feedback_it_is_as_without_gangs(tmp_path: Path) -> None:
    without = {key: value for key, value in ANSWERING.items() if key != "gangs"}
    runs = [
        run_tiny(tmp_path / name, period=PERIOD, engine="vector", feedback=False, **values)
        for name, values in (("gangs", ANSWERING), ("none", without))
    ]
    assert hashes_of(runs[0]) == hashes_of(runs[1])
    assert levels(runs[0]).empty
    # With it, it is not.
    on = hashes_of(run_tiny(tmp_path / "on", period=PERIOD, engine="vector", **ANSWERING))
    assert on["attempts"] != hashes_of(runs[0])["attempts"]


def test_full_crews_that_do_not_answer_change_nothing_to_the_bit(tmp_path: Path) -> None:
    idle: dict[str, Any] = {"shift": 0.0, "supply": 0.0, "lag": "3 d", "usual": ANSWERING["gangs"]["answer"]["usual"]}
    full = {"start": 1.0, "recruiting": "5 per year", "reopens_with": 1.0, "crew_share": 0.0, "slower": 1.0}
    without = run_tiny(tmp_path / "none", period=PERIOD, engine="vector")
    for name, gangs in (("full", full), ("idle", {**full, "answer": idle})):
        run = run_tiny(tmp_path / name, period=PERIOD, engine="vector", gangs=gangs)
        hashes = hashes_of(run)
        assert {table for table, value in hashes_of(without).items() if hashes[table] != value} == {"state"}
        found = levels(run)
        expected = OF_GANGS if name == "idle" else OF_GANGS[:1]
        assert list(found.columns) == sorted(expected)
        assert (found[[column for column in expected if "yield" not in column]] == 1.0).all(axis=None)
        pd.testing.assert_frame_equal(
            run.state[~run.state["quantity"].isin(OF_GANGS)].reset_index(drop=True), without.state
        )
