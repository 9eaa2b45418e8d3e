"""Stored answers: intervals of what is not known, which scenarios they are of, and what is told with them."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from sim.base.rounding import amount
from sim.experiments.compare import with_posterior
from sim.reading import intervals
from sim.reading import intervals as room
from sim.reading.quantities import HEADLINE
from sim.told.answers import difference_interval, effect_lines
from sim.told.runs import answer, estimates, short_answer


def answers(policy: str, own: float, factors: list[float]) -> intervals.StoredAnswers:
    """Return answers of which every amount is ``own``, and with draws as many times it; half of the drawn are saved."""
    drawn = tuple(own * one for one in factors)
    numbers = dict.fromkeys(intervals.AMOUNTS, own) | {"episodes": 2.0 * own, "attempts_potential": 4.0 * own}
    several = dict.fromkeys(intervals.AMOUNTS, drawn) | {
        "episodes": tuple(2.0 * one for one in drawn),
        "attempts_potential": tuple(4.0 * one for one in drawn),
    }
    return intervals.StoredAnswers(policy, len(factors), numbers, several)


FACTORS = [0.5 + number / 100.0 for number in range(101)]
"""From half to one and a half; nine tenths lie from 0.55 to 1.45."""


def test_an_interval_is_that_of_the_draws_times_what_the_run_has():
    low, _, high = answers("tiny", 50.0, FACTORS).interval("victims", 1000.0) or (0.0, 0.0, 0.0)
    assert (low, high) == (pytest.approx(550.0), pytest.approx(1450.0))


def test_chance_widens_an_interval_by_the_root_of_the_sum_of_squares():
    stored = answers("tiny", 50.0, FACTORS)
    low, _, high = stored.interval("victims", 1000.0, (900.0, 1111.0)) or (0.0, 0.0, 0.0)
    shorter = stats.norm.ppf(0.95) / stats.norm.ppf(0.975)
    assert math.log(1000.0 / low) == pytest.approx(math.hypot(math.log(1 / 0.55), shorter * math.log(1 / 0.9)))
    assert math.log(high / 1000.0) == pytest.approx(math.hypot(math.log(1.45), shorter * math.log(1.111)))
    # A quantity of which all draws say the same has the interval of chance.
    same = answers("tiny", 50.0, [1.0] * 20).interval("victims", 1000.0, (900.0, 1100.0)) or (0.0, 0.0, 0.0)
    assert same[0] == pytest.approx(1000.0 * 0.9**shorter)


def test_shares_are_moved_by_their_odds_and_stay_shares():
    stored = answers("tiny", 50.0, FACTORS)
    assert stored.interval("saved_share", 0.3) == (pytest.approx(0.3),) * 3
    # In half of the draws one of four is saved, in half three of four: the odds are a third of 1, or three times it.
    drawn = {**stored.drawn, "saved": tuple(150.0 if number % 2 else 50.0 for number in range(101))}
    drawn["episodes"] = (200.0,) * 101
    uneven = intervals.StoredAnswers("tiny", 101, {**stored.own, "saved": 100.0, "episodes": 200.0}, drawn)
    low, _, high = uneven.interval("saved_share", 0.8) or (0.0, 0.0, 0.0)
    assert (low, high) == (pytest.approx((4 / 3) / (1 + 4 / 3)), pytest.approx(12.0 / 13.0))
    assert stored.interval("saved_share", 0.0) is None
    assert stored.interval("unheard_of", 1.0) is None
    assert stored.interval("victims", 0.0) is None


def test_a_table_comes_back(tmp_path: Path):
    stored = {
        "0123456789abcdef 0011223344556677": answers("tiny", 48.0, FACTORS),
        "fedcba9876543210": answers("other", 3.0, [1.0, 2.0]),
    }
    intervals.write_answers(tmp_path / "tiny-answers.csv", stored)
    found = intervals.read_answers(tmp_path / "tiny-answers.csv")
    assert list(found) == ["0123456789abcdef", "0011223344556677", "fedcba9876543210"]
    for known, one in stored.items():
        for part in known.split():
            assert found[part].policy == one.policy
            assert found[part].own == one.own
            assert found[part].drawn["victims"] == pytest.approx(one.drawn["victims"], rel=1e-5)


def test_levers_have_a_table_of_their_own_which_goes_with_them(tmp_path: Path):
    some = {"0" * 16: answers("tiny", 48.0, FACTORS), "1" * 16: answers("warning.quiet=24 h", 3.0, [1.0, 2.0])}
    assert intervals.tables_beside(tmp_path, "tiny") == []
    intervals.store_answers(tmp_path, "tiny", some)
    own, levers = intervals.tables_beside(tmp_path, "tiny")
    assert [one.policy for one in intervals.read_answers(own).values()] == ["tiny"]
    assert [one.policy for one in intervals.read_answers(levers).values()] == ["warning.quiet=24 h"]
    intervals.store_answers(tmp_path, "tiny", {"0" * 16: answers("tiny", 48.0, FACTORS)})
    assert intervals.tables_beside(tmp_path, "tiny") == [own]


def test_a_policy_is_known_at_any_scale_and_seed_and_no_other_is_taken_for_it():
    tiny = sim.load_scenario("tiny")
    known = intervals.policy_digest(tiny)
    assert intervals.policy_digest(sim.load_scenario("tiny", seed=99, scale=0.5, engine="reference")) == known
    pooled = sim.load_scenario("tiny", {"population.pool": "country", "scale": "0.1"})
    assert intervals.policy_digests(tiny) == f"{known} {intervals.policy_digest(pooled)}"
    assert intervals.policy_digest(sim.load_scenario("tiny", {"costs": "null"})) == known
    assert intervals.policy_digest(sim.load_scenario("tiny", {"desks.visit.staff": "3"})) != known
    assert intervals.policy_digest(sim.load_scenario("tiny", {"period.end": "2022-01-29"})) != known


@pytest.mark.parametrize("pool", ["none", "country", "regions", "{apart: [44]}", "{apart: [Beijing, Guangdong]}"])
def test_however_its_provinces_are_pooled_a_policy_has_its_stored_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pool: str
):
    known = intervals.policy_digests(sim.load_scenario("china-2022"))
    intervals.write_answers(tmp_path / "answers.csv", {known: answers("china-2022", 100.0, FACTORS)})
    monkeypatch.setattr(room, "answer_tables", lambda: [tmp_path / "answers.csv"])
    scenario = sim.load_scenario("china-2022", {"population.pool": pool}, scale=0.005)
    (tmp_path / "stored.yaml").write_text(scenario.yaml(), encoding="utf-8")
    for one in (scenario, sim.load_scenario(str(tmp_path / "stored.yaml"))):
        found = intervals.stored_answers(one)
        assert found is not None
        assert found.policy == "china-2022"
    holds = "{kind: bank_hold, window: [2022-01-24, null], intensity: 0.1}"
    other = sim.load_scenario("china-2022", {"population.pool": pool, "measures.holds": holds}, scale=0.005)
    assert intervals.stored_answers(other) is None


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    """A run of tiny."""
    return sim.run(sim.load_scenario("tiny"), tmp_path_factory.mktemp("answers") / "run", workers=1)


@pytest.fixture
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of bundled scenarios that has answers of tiny, and of it without a warning."""
    policy = sim.load_scenario("tiny", {"desks.visit.staff": "3"})
    intervals.write_answers(
        tmp_path / "tiny-answers.csv",
        {
            intervals.policy_digests(sim.load_scenario("tiny")): answers("tiny", 100.0, FACTORS),
            intervals.policy_digests(policy): answers("policy", 120.0, [one * (1.0 + one / 2.0) for one in FACTORS]),
        },
    )
    monkeypatch.setattr(room, "answer_tables", lambda: [tmp_path / "tiny-answers.csv"])
    return tmp_path


def test_the_answer_of_a_run_says_what_is_not_known_and_what_is_chance(run: sim.Run, bundled: Path):
    victims = run.totals["victims"]
    found = estimates([run])["victims"]
    chance = run.chance["victims"]
    expected = answers("tiny", 100.0, FACTORS).interval("victims", victims, (chance[0], chance[1]))
    assert expected is not None
    assert (found.low, found.median, found.high) == pytest.approx(expected)
    assert found.low is not None
    assert found.low < chance[0]
    assert short_answer(run)["victims"] == (found.number(), found.bracket())
    text = answer(run)
    assert "90% intervals: parameter uncertainty (101 posterior draws) and run-to-run noise (±" in text


def test_a_run_of_another_policy_is_told_with_chance_alone(run: sim.Run):
    assert "noise at scale 1, without parameter uncertainty: no answers over draws are stored." in answer(run)
    assert estimates([run])["victims"].low == run.chance["victims"][0]


def test_a_comparison_takes_over_how_ratios_differ_by_draw(run: sim.Run, bundled: Path, tmp_path: Path):
    base, other = sim.load_scenario("tiny"), sim.load_scenario("tiny", {"desks.visit.staff": "3"})
    row = {
        "quantity": "victims",
        "base": 1000.0,
        "other": 1300.0,
        "difference": 300.0,
        "draws": 1,
        "chance": None,
        "low": None,
        "high": None,
    }
    (found,) = with_posterior([row], base, other)
    # By draw the ratio is 1.2 (1 + f / 2) / 1.2; nine tenths from 1.275 to 1.725 times what the run has.
    assert found["posterior_draws"] == 101
    assert found["posterior_low"] == pytest.approx(1300.0 * 1.275 - 1000.0)
    assert found["posterior_high"] == pytest.approx(1300.0 * 1.725 - 1000.0)
    lines = effect_lines([found])
    assert lines == ["300 more victims (+30%), outside the interval of the posterior draws, +658 to +1,240."]
    assert difference_interval([found]) == (
        "90% intervals over 101 stored posterior draws, without the noise of this single pair"
    )
    # Of several replicates their noise is added: SHORTER times its 95% on either side, by squares.
    (noisy,) = with_posterior([{**row, "low": 200.0, "high": 420.0}], base, other)
    middle = 1300.0 * 0.5
    below, above = (math.hypot(1300.0 * 0.225, room.SHORTER * part) for part in (100.0, 120.0))
    assert noisy["posterior_low"] == pytest.approx(300.0 + middle - below)
    assert noisy["posterior_high"] == pytest.approx(300.0 + middle + above)
    assert difference_interval([noisy]) == "90% intervals over 101 stored posterior draws, with run-to-run noise"
    several = [{**row, "draws": 5}, {**row, "quantity": "cards_eliminated"}]
    assert [one["posterior_draws"] for one in with_posterior(several, base, other)] == [None, None]
    frame = sim.compare([run, sim.run(other, tmp_path / "other", workers=1)]).set_index("quantity")
    for end, factor in (("low", 1.275), ("high", 1.725)):
        expected = factor * frame["other"]["victims"] - frame["base"]["victims"]
        assert frame[f"posterior_{end}"]["victims"] == pytest.approx(expected)
    assert frame["posterior_draws"].dropna().unique() == [101]
    crossing = {**row, "posterior_low": -10.0, "posterior_high": 20.0, "posterior_draws": 101}
    assert effect_lines([crossing]) == ["300 more victims (-10 to +20; +30%): the direction is uncertain."]
    around = {**row, "posterior_low": 200.0, "posterior_high": 400.0, "posterior_draws": 101}
    assert effect_lines([around]) == ["300 more victims (200 to 400; +30%)."]


def test_nine_tenths_of_draws_lie_between_their_twentieths():
    assert intervals.nine_tenths(FACTORS) == pytest.approx((0.55, 1.0, 1.45))
    assert intervals.nine_tenths([3.0, 1.0]) == pytest.approx((1.1, 2.0, 2.9))


ABOVE = [1.2 + number / 100.0 for number in range(101)]
"""Every draw lies above the scenario's own values: nine tenths from 1.25 to 2.15 times these."""


def test_a_total_outside_of_its_interval_over_draws_is_a_finding(
    run: sim.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    inside, above = answers("tiny", 100.0, FACTORS), answers("tiny", 100.0, ABOVE)
    some = intervals.StoredAnswers("tiny", 101, inside.own, {**inside.drawn, "victims": above.drawn["victims"]})
    assert inside.outside() == {}
    assert some.outside() == {"victims": (pytest.approx(1.25), pytest.approx(2.15))}
    # A policy that changes as much in every draw as at the point is not outside, wherever both levels lie.
    assert above.outside(above) == {}
    assert set(above.outside(inside)) == set(HEADLINE)
    # What a policy has none of lies nowhere: without warnings nobody is saved.
    none = intervals.StoredAnswers("tiny", 101, {**above.own, "saved": 0.0}, {**above.drawn, "saved": (0.0,) * 101})
    assert set(none.outside()) == set(none.outside(inside)) == set(HEADLINE) - {"saved"}
    monkeypatch.setattr(room, "answer_tables", lambda: [tmp_path / "tiny-answers.csv"])
    intervals.write_answers(tmp_path / "tiny-answers.csv", {intervals.policy_digests(run.scenario): some})
    victims = run.totals["victims"]
    (row,) = [one for one in sim.load_run(run.path).found if one["kind"] == "outside_draws"]
    assert (row["subject"], row["value"]) == ("victims", victims)
    assert row["limit"] == pytest.approx([1.25 * victims, 2.15 * victims])
    assert row["sentence"].startswith(f"{amount(victims)} victims: outside the interval over draws, ")
    assert row["sentence"].endswith(" (90% of 101 posterior draws).")


KNOWN_OUTSIDE = {
    "china-2022": {("tighter", "filed_loss_money"), ("tighter", "loss_money"), ("red-by-evidence", "filed_loss_money")}
}
"""Changes at the point that lie outside, by less than the standard error of that end: docs/calibration.md, 6."""


@pytest.mark.slow
def test_totals_at_the_point_lie_inside_their_interval_over_draws_and_so_do_changes_by_policies_but_the_known_ones():
    for table in intervals.answer_tables():
        name = table.name.removesuffix(intervals.OF_LEVERS).removesuffix(intervals.SUFFIX)
        stored = {
            one.policy: one
            for beside in intervals.tables_beside(table.parent, name)
            for one in intervals.read_answers(beside).values()
        }
        own = stored.pop(name)
        assert own.draws == len(sim.posterior(name))
        assert all(one.outside() == {} for one in (own, *stored.values()))
        found = {(policy, total): ends for policy, one in stored.items() for total, ends in one.outside(own).items()}
        levers = {policy for policy, one in stored.items() if one.is_of_lever}
        outside = {change: ends for change, ends in found.items() if change[0] not in levers}
        assert set(outside) == KNOWN_OUTSIDE.get(name, set())
        for policy, total in outside:
            ratios, tail = stored[policy].ratios(own, total), intervals.TAILS[0]
            tail -= (tail * (1.0 - tail) / len(ratios)) ** 0.5
            low, high = np.quantile(ratios, [tail, 1.0 - tail])
            assert low <= 1.0 <= high, (policy, total)
        # Of levers, whose values lie at an end of their range, nine in ten changes do.
        assert len(found) - len(outside) <= 0.1 * len(levers) * len(HEADLINE)
