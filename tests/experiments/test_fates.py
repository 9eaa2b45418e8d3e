"""Whose fate changed, against the tables of outcomes and a second reading of the log."""

import pytest

import sim
from sim.experiments.fates import fates
from sim.words import Fate

Pairs = dict[str, list[sim.Run]]


def test_every_attempt_of_the_period_has_one_fate(pairs: Pairs):
    run = pairs["base"][0]
    counts = fates(run)["fate"].value_counts()
    assert counts.sum() == run.totals["attempts_potential"]
    for gate in Fate.labels()[:-1]:
        assert counts[gate] == run.totals[f"attempts_by_fate.{gate}"]
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
    assert frame["paid_fen"].sum() == after["paid"].sum() - before["paid"].sum()
    assert (frame[frame["change"] == "saved"]["paid_fen"] < 0).all()
    assert set(frame["province"]) == set(base.outcomes["province"].unique())
    assert frame["count"].min() >= 1


@pytest.mark.parametrize("column", ["fraud_type", "age_band", "province"])
def test_victims_are_of_the_kind_that_the_tables_say(pairs: Pairs, column: str):
    run = pairs["base"][0]
    own = sim.changes(run, run).groupby(column, observed=True)["count"].sum()
    tables = run.outcomes.groupby(column, observed=True)["victims"].sum()
    for name, count in own.items():
        assert count <= tables[name]
    assert own.sum() > 0.8 * tables.sum()


def test_nothing_changes_between_a_run_and_itself(pairs: Pairs):
    frame = sim.changes(pairs["base"][0], pairs["base"][0])
    assert (frame["change"] == "unchanged").all()
    assert (frame["paid_fen"] == 0).all()


def test_runs_without_events_or_of_other_attempts_are_refused(pairs: Pairs, tmp_path_factory: pytest.TempPathFactory):
    silent = sim.run(sim.load_scenario("tiny"), tmp_path_factory.mktemp("silent") / "run", workers=1)
    with pytest.raises(FileNotFoundError, match="recorded no events"):
        sim.changes(pairs["base"][0], silent)
    with pytest.raises(sim.PairingError, match="seed is 8 beside 7"):
        sim.changes(pairs["base"][0], pairs["silent"][1])
