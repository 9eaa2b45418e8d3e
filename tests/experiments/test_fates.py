"""Whose fate changed, against the tables of outcomes and a second reading of the log."""

from pathlib import Path
from typing import Any

import pytest

import sim
from sim.base.words import Channel, Fate
from sim.draws.identity import channel_of
from sim.experiments import pairing as room
from sim.experiments.pairing import fates, quantities_beside
from tests.slots import TINY

Pairs = dict[str, list[sim.Run]]


def line(target: str) -> dict[str, Any]:
    """Return a measure that stops everything of a kind at its source."""
    return {"kind": "source_regulation", "window": ["2022-01-01", None], "target": target, "intensity": 1.0}


def test_every_attempt_that_the_log_names_has_one_fate(pairs: Pairs):
    run = pairs["base"][0]
    found = fates(run)
    assert found.index.is_unique
    counts = found["fate"].value_counts()
    # In tiny everybody may engage; of those who do not answer only alerts are told.
    assert counts[Fate.IGNORED.label] == run.totals["attempts_by_fate.ignored"]
    assert 0 < counts[Fate.UNANSWERED.label] < run.totals["attempts_by_fate.unanswered"]
    assert not set(counts.index) & {fate.label for fate in Fate if fate < Fate.UNANSWERED}
    episodes = counts[["victim", "saved", "dropped_out", "held", "open"]].sum()
    assert episodes == run.totals["attempts_by_fate.engaged"]
    # The tables also hold what came of attempts that had arrived in the warm-up.
    for fate, total in {"victim": "victims", "saved": "saved", "dropped_out": "dropped_out", "held": "held"}.items():
        assert 0.8 * run.totals[total] < counts[fate] <= run.totals[total]


def test_changes_add_up_to_the_victims_of_both_and_say_how(pairs: Pairs):
    base, other = pairs["base"][0], pairs["silent"][0]
    frame = sim.changes(base, other)
    before, after = fates(base), fates(other)
    counts = frame.groupby("change", observed=False)["count"].sum()
    victims = [set(one.index[one["fate"] == "victim"]) for one in (before, after)]
    assert counts.to_dict() == {
        "saved": len(victims[0] - victims[1]),
        "harmed": len(victims[1] - victims[0]),
        "unchanged": len(victims[0] & victims[1]),
    }
    # Without the centre most who are harmed had been saved; that some are saved is the doing of shorter queues.
    assert counts["harmed"] > counts["saved"] > 0
    harmed = frame[frame["change"] == "harmed"]
    assert (harmed["other"] == "victim").all()
    assert harmed[harmed["base"] == "saved"]["count"].sum() > 0.8 * counts["harmed"]
    assert frame["paid_cents"].sum() == after["paid"].sum() - before["paid"].sum()
    assert (frame[frame["change"] == "saved"]["paid_cents"] < 0).all()
    assert set(frame["province"]) == set(base.outcomes["province"].unique())
    assert frame["count"].min() >= 1


def test_tables_alone_tell_how_many_a_policy_saved_and_harmed(pairs: Pairs, monkeypatch: pytest.MonkeyPatch):
    """The log tells one by one: two people of a day, a province, a type, an age and a sex may cancel out."""
    base, other = pairs["base"][0], pairs["silent"][0]
    net = other.totals["victims"] - base.totals["victims"]
    monkeypatch.setattr(room, "FEW", abs(net))
    assert "sample_saved" not in quantities_beside(base, other)
    monkeypatch.setattr(room, "FEW", abs(net) + 1)
    found = quantities_beside(base, other)
    counts = sim.changes(base, other).groupby("change", observed=False)["count"].sum()
    for change in ("saved", "harmed"):
        assert found[f"sample_{change}"] == pytest.approx(counts[change], rel=0.2)
    assert found["sample_harmed"] - found["sample_saved"] == net


@pytest.mark.parametrize("column", ["fraud_type", "age_band", "province"])
def test_victims_are_of_the_kind_that_the_tables_say(pairs: Pairs, column: str):
    run = pairs["base"][0]
    own = sim.changes(run, run).groupby(column, observed=True)["count"].sum()
    tables = run.outcomes.groupby(column, observed=True)["victims"].sum()
    for name, count in own.items():
        assert count <= tables[name]
    assert own.sum() > 0.8 * tables.sum()


def test_who_is_in_one_log_alone_was_stopped_on_the_way_of_the_other(pairs: Pairs, tmp_path: Path):
    base = pairs["base"][0]
    # Neither calls nor SMS come through; online attempts do as before.
    cut = {"measures.lines": line("voice_line"), "measures.ports": line("sms_port")}
    other = sim.run(sim.load_scenario("tiny", **TINY, **cut), tmp_path / "cut", events="all", workers=1)
    frame = sim.changes(base, other)
    from_cards = frame["channel"] != "online"
    assert (frame[from_cards]["other"] == "stopped").all()
    assert (frame[from_cards]["change"] == "saved").all()
    victims = fates(base)["fate"].eq("victim")
    assert frame[from_cards]["count"].sum() == sum(
        channel_of(int(origin)) != Channel.ONLINE for origin in victims.index[victims]
    )
    assert (frame[~from_cards]["other"] != "stopped").all()
    assert not frame.isin(["absent"]).any(axis=None)


def test_where_fraud_is_another_an_attempt_may_be_in_no_world_but_one(pairs: Pairs, tmp_path: Path):
    base = pairs["base"][0]
    fewer = sim.load_scenario("tiny", **{"fraud.volumes.call.level": "700 per day"})
    frame = sim.changes(base, sim.run(fewer, tmp_path / "fewer", events="all", workers=1))
    absent = frame[frame["other"] == "absent"]
    # Half of the calls, and of the victims: those of the lower indices are left.
    victims = frame[(frame["base"] == "victim") & (frame["channel"] == "call")]["count"].sum()
    assert absent[absent["channel"] == "call"]["count"].sum() / victims == pytest.approx(0.5, abs=0.1)
    assert not frame.isin(["stopped"]).any(axis=None)


def test_nothing_changes_between_a_run_and_itself(pairs: Pairs):
    frame = sim.changes(pairs["base"][0], pairs["base"][0])
    assert (frame["change"] == "unchanged").all()
    assert (frame["paid_cents"] == 0).all()


def test_runs_without_events_or_of_other_attempts_are_refused(pairs: Pairs, tmp_path_factory: pytest.TempPathFactory):
    silent = sim.run(sim.load_scenario("tiny"), tmp_path_factory.mktemp("silent") / "run", workers=1)
    with pytest.raises(FileNotFoundError, match="recorded no events"):
        sim.changes(pairs["base"][0], silent)
    with pytest.raises(sim.PairingError, match="seed is 8 instead of 7"):
        sim.changes(pairs["base"][0], pairs["silent"][1])
