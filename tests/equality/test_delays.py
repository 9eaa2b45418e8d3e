"""Payments that wait: both engines write the same bytes; delays of nothing change none; longer waits keep more."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from sim.engines.reference.episodes import Episode
from sim.experiments.layers import without
from sim.scenario.load import changed
from sim.store.tables import TABLES
from tests.engines.log import TIERS
from tests.engines.small import NO_LEGITIMATE, WEEK, run_tiny
from tests.engines.test_mutations import Mutation, of
from tests.equality.both import assert_equal, differences, run_both
from tests.equality.scenarios import BEGIN, DENSE, TRACKS, measure

COURSE: dict[str, Any] = {
    "second_thoughts": "5 h",
    "bank_call": {"share": 0.6, "after": {"lognormal": {"median": "2 h", "sigma": 1.0}}, "stops": 0.5},
    "release": {"share": 0.5, "after": {"lognormal": {"median": "3 h", "sigma": 1.0}}},
}
TRANSFERS: dict[str, Any] = {
    "population.transfers": {"number": "8 per day", "amount": {"median": 500, "sigma": 1.8}, "new_payee": 0.1}
}
DELAYS: dict[str, Any] = {
    "measures.waits-here": measure("payment_delay", 44, 65, intensity=0.7, wait="4 h", **COURSE),
    "measures.waits-new": measure("payment_delay", 11, 44, intensity=0.6, wait="9 h", payee="new", above=3000),
    "measures.waits-old": measure(
        "payment_delay", 65, since=BEGIN, intensity=1.0, wait="30 min", ages=[45, None], second_thoughts="20 min"
    ),
    "measures.waits-steps": measure(
        "payment_delay",
        11,
        steps={"2022-01-30": 0.2, "2022-02-02": 1.0},
        intensity=1,
        wait="1 s",
        second_thoughts="1 s",
    ),
    "measures.false-holds": measure("bank_hold", 44, intensity=0.1, false_share=0.01),
    "costs.transfer": {"delayed": 5.0, "held": 50.0},
    "costs.payment_call": 5.0,
    **TRANSFERS,
}
"""Delays of an hour and of a tick, which meet in some provinces, of the first payment or of all, and their costs."""


SETTINGS: dict[str, tuple[dict[str, Any], int]] = {
    "week": ({"period": WEEK}, 20),
    "dense": (DENSE, 2),
    "tracks": (TRACKS, 2),
}
"""What else is so, and by how many more episodes end at a bank."""


@pytest.mark.parametrize("name", SETTINGS)
def test_both_engines_delay_the_same_payments(name: str, tmp_path: Path) -> None:
    setting, more = SETTINGS[name]
    values = {**setting, **DELAYS}
    one, other = run_both(tmp_path, "tiny", **values)
    assert_equal(one, other)
    flows = one.flows.groupby("quantity", observed=True)["count"].sum()
    assert (flows[["transfers_delayed", "transfers_released", "transfers_called", "false_holds"]] > 10).all()
    parts = {key: amount for key, amount in one.totals.items() if key.startswith("cost_money.")}
    total = parts.pop("cost_money.total")
    assert {"cost_money.transfers_delayed", "cost_money.false_holds", "cost_money.payment_calls"} < set(parts)
    assert sum(parts.values()) == pytest.approx(total)
    without = run_tiny(tmp_path / "without", **{key: own for key, own in values.items() if "waits" not in key})
    assert one.totals["held"] > without.totals["held"] + more


BROKEN = [
    of("every payment waits as the first", Episode, "waits", ("payment = stage - FIRST_PAYMENT", "payment = 0")),
    of("everybody is of one age", Episode, "waits", ("cents, person.age, delayed", "cents, 50, delayed")),
    of("delays of another province", Episode, "waits", ("delayed[person.province]", "delayed[1]")),
    of("who cancels pays", Episode, "course", ("if cancels:", "if False:")),
    of("a transfer is scored when it is paid", Episode, "course", ("self.show(stage)", "pass"),
       ("self.next_stage = stage + 1", "self.next_stage = stage + 1; self.show(stage)")),
    of("a transfer that waits counts as made", Episode, "course",
       ("wait, cancels =", "self.next_stage = stage + 1; wait, cancels =")),
    of("who would have cancelled is averted", Episode, "avert", ("and not self.waits(FIRST_PAYMENT)[1]", "")),
    of("who waits is averted", Episode, "avert", ("pays = not self.will_cancel", "pays = True")),
]  # fmt: skip


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    return run_tiny(tmp_path_factory.mktemp("unbroken") / "run", "all", WEEK, engine="vector", **DELAYS)


@pytest.mark.parametrize(
    "mutation",
    [pytest.param(one, marks=[pytest.mark.slow] if at else [], id=one.rule) for at, one in enumerate(BROKEN)],
)
def test_a_broken_rule_of_one_engine_is_reported(
    mutation: Mutation, unbroken: sim.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutation.apply(monkeypatch)
    assert differences(run_tiny(tmp_path / "run", "all", WEEK, engine="reference", **DELAYS), unbroken)


NOTHING: dict[str, dict[str, Any]] = {
    "no wait": {"wait": "0 h"},
    "an amount above all losses": {"above": 1e13},
    "an age that nobody has": {"ages": [100, None]},
    "no intensity": {"intensity": 0},
    "no days": {"window": ["2030-01-01", None]},
}


def tables_that_differ(one: sim.Run, other: sim.Run) -> list[str]:
    """Return the tables with other rows; the files also name the scenario."""
    return [name for name in TABLES if not getattr(one, name).equals(getattr(other, name))]


@pytest.mark.parametrize("engine", ["reference", "vector"])
def test_what_delays_nothing_changes_no_byte(engine: str, tmp_path: Path) -> None:
    base = run_tiny(tmp_path / "base", engine=engine, **TRANSFERS)
    for name, own in NOTHING.items():
        delay = {**measure("payment_delay", 11, 44, 65, intensity=1, wait="24 h", **COURSE), **own}
        run = run_tiny(tmp_path / name, engine=engine, **TRANSFERS, **{"measures.waits": delay})
        assert tables_that_differ(base, run) == [], name
    delay = measure("payment_delay", 11, 44, 65, intensity=1, wait="24 h", **COURSE)
    run = run_tiny(tmp_path / "delay", engine=engine, **TRANSFERS, **{"measures.waits": delay})
    assert {"outcomes", "flows", "events"} <= set(tables_that_differ(base, run))


SMS_ALONE: dict[str, Any] = {
    **NO_LEGITIMATE,
    "engine": "vector",
    "feedback": False,
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
ONE_PROVINCE = "{kind: payment_delay, provinces: [44], window: [2022-06-01, null], intensity: 1, wait: 24 h}"
PERIOD = {"start": "2022-01-31", "end": "2022-03-20", "warmup": "0 d"}


def test_a_longer_wait_loses_nothing_that_a_shorter_one_kept(tmp_path: Path) -> None:
    own = {"second_thoughts": "48 h", "bank_call": COURSE["bank_call"], "release": COURSE["release"]}
    scenario = sim.load_scenario("tiny", period=PERIOD, **SMS_ALONE)
    by_wait = [sim.run(scenario, tmp_path / "0", events="all")]
    for hours in (6, 12, 24, 48, 96):
        delay = {"kind": "payment_delay", "window": ["2022-01-01", None], "intensity": 0.8, "wait": f"{hours} h", **own}
        by_wait.append(sim.run(changed(scenario, {"measures.waits": delay}), tmp_path / str(hours), events="all"))
    for shorter, longer in pairwise(by_wait):
        # Of each episode.
        lost, less = (_losses(run) for run in (shorter, longer))
        assert (less.sub(lost, fill_value=0) <= 0).all()
        # Of each province and fraud type.
        (lost, kept), (less, more) = (_money(run) for run in (shorter, longer))
        assert (less <= lost).all()
        assert (more >= kept).all()
        assert less.sum() < lost.sum()


def test_without_the_aftermath_nothing_waits_and_in_a_pool_one_province_needs_its_own_place() -> None:
    scenario = sim.load_scenario("tiny", **DELAYS)
    kept = without(scenario, {"aftermath"}).spec.measures.values()
    assert {one.kind for one in kept} & {"payment_delay", "bank_hold"} == set()
    with pytest.raises(sim.ScenarioError, match="--apart"):
        sim.load_scenario("china-2022", {"population.pool": "country", "measures.waits": ONE_PROVINCE})


def _losses(run: sim.Run) -> "pd.Series[int]":
    """Return the cents that each episode lost, by its origin."""
    return run.events.query("event == 'payment'").groupby("origin")["value"].sum()


def _money(run: sim.Run) -> "tuple[pd.Series[int], pd.Series[int]]":
    """Return cents lost and cents kept, by a warning or at a bank, by province and fraud type."""
    sums = run.outcomes.groupby(["province", "fraud_type"], observed=False).sum(numeric_only=True)
    return sums["loss_cents"], sums["prevented_cents"] + sums["held_cents"]
