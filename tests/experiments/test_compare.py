"""Comparisons against what their runs say, and against closed forms; what is no pair is refused."""

import numpy as np
import pytest
from scipy import stats

import sim
from sim.experiments.compare import COLUMNS, compared, not_drawn, rows_of, set_in_draws
from sim.experiments.pairing import SPARED

ENDS = ("cost_money_low.", "cost_money_high.")
Pairs = dict[str, list[sim.Run]]


def test_a_single_pair_is_the_difference_of_its_totals_and_figures(pairs: Pairs):
    base, other = pairs["base"][0], pairs["silent"][0]
    frame = sim.compare([base, other])
    assert list(frame.columns) == list(COLUMNS)
    assert set(frame["scenario"]) == {"silent"}
    rows = frame.set_index("quantity")
    totals = {name: amount for name, amount in base.totals.items() if not name.startswith(("cost_per_", *ENDS))}
    for name, amount in totals.items():
        assert rows.loc[name, "base"] == amount
        assert rows.loc[name, "difference"] == other.totals[name] - amount
    figures = [row for row in base.manifest["figures"] if row["simulated"] is not None]
    assert len(rows) == len(totals) + len(SPARED) + len(figures)
    assert rows.loc["alerts_central", "ratio"] == 0.0
    assert rows[["low", "high", "chance", "pairing_gain"]].isna().all(axis=None)
    # The same attempts meet the same gates: what is in front of the warning does not move.
    assert (
        rows.loc[["attempts_potential", "attempts_by_fate.intercepted", "cards_eliminated"], "difference"].eq(0).all()
    )


def test_replicates_are_paired_seed_by_seed(pairs: Pairs):
    rows = sim.compare([pairs["base"], pairs["silent"]]).set_index("quantity")
    before, after = (
        np.array([float(run.totals["dropped_out"]) for run in pairs[policy]]) for policy in ("base", "silent")
    )
    row = rows.loc["dropped_out"]
    assert row["difference"] == pytest.approx((after - before).mean())
    interval = stats.ttest_rel(after, before).confidence_interval(0.95)
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high))
    gain = (before.var(ddof=1) + after.var(ddof=1)) / (after - before).var(ddof=1)
    assert row["pairing_gain"] == pytest.approx(gain)
    assert gain > 3.0
    assert row["chance"] == pytest.approx((after - before).std(ddof=1))
    assert row["replicates"] == 3
    # What does not move has no difference that could vary.
    assert rows.loc["calls_intercepted", ["low", "high"]].tolist() == [0.0, 0.0]
    assert rows["pairing_gain"].isna()["calls_intercepted"]


def test_the_base_is_the_first(pairs: Pairs):
    there = sim.compare([pairs["base"], pairs["silent"]]).set_index("quantity")
    back = sim.compare([pairs["silent"], pairs["base"]]).set_index("quantity")
    assert (there["difference"] == -back["difference"]).drop(list(SPARED)).all()
    # What a policy costs for each whom it spares, it saves for each whom its opposite does not.
    assert there.loc[list(SPARED), "ratio"].equals(back.loc[list(SPARED), "ratio"])
    assert set(back["scenario"]) == {"tiny"}
    both = sim.compare([pairs["base"], pairs["silent"], pairs["base"]])
    assert both["scenario"].unique().tolist() == ["silent", "tiny-2"]
    assert (both[both["scenario"] == "tiny-2"].set_index("quantity")["difference"].drop(list(SPARED)) == 0).all()


def test_over_draws_the_interval_holds_nine_tenths_of_them():
    draws = [[{"victims": 100.0 + k}, {"victims": 90.0 + k}] for k in range(21)]
    other = [[{"victims": 100.0 + 3 * k}, {"victims": 92.0 + 3 * k}] for k in range(21)]
    (row,) = compared("other", draws, other)
    # Differences are 2k and 2k + 2: by draw 2k + 1, and chance is the spread within a draw.
    assert row["difference"] == 21.0
    assert (row["low"], row["high"]) == (pytest.approx(3.0), pytest.approx(39.0))
    assert row["chance"] == pytest.approx(2.0**0.5)
    assert (row["draws"], row["replicates"]) == (21, 2)
    assert row["pairing_gain"] == pytest.approx((50.0 + 32.0) / 2.0)


@pytest.mark.parametrize("draws", [1, 3])
@pytest.mark.parametrize("seed", range(20))
def test_no_policy_takes_away_more_than_all(seed: int, draws: int) -> None:
    """Whatever chance does: the expected count is not below 0, and a change, which may be negative, is not cut."""
    chance = np.random.default_rng(seed)
    changes = ("losses_change", "losses_change@2022-01-01..2022-01-31")
    names = ("victims", "alerts_by_end.expired", "cases_filed@2022-01-01..2022-01-31", *changes)

    def runs(level: float) -> list[list[dict[str, float]]]:
        return [[{name: level * chance.lognormal(0, 2) for name in names} for _ in range(3)] for _ in range(draws)]

    for row in compared("other", runs(100.0), runs(300.0 * chance.random())):
        assert row["low"] <= row["difference"] <= row["high"]
        if row["quantity"] not in changes:
            assert row["low"] >= -row["base"]
    few, many = ([[{name: value} for value in values]] for name in ("x",) for values in ((950.0, 1000.0), (600.0, 2e6)))
    (row,) = compared("other", few, many)
    assert (row["low"], row["base"]) == (-975.0, 975.0)
    ends = stats.ttest_rel([600.0, 2e6], [950.0, 1000.0]).confidence_interval(0.95)
    assert ends.low < -975.0
    assert row["high"] == pytest.approx(ends.high)


@pytest.mark.parametrize(("harmed", "few"), [(10, True), (11, False)])
def test_where_few_people_changed_their_differences_have_no_interval(harmed: int, few: bool) -> None:
    """Thirty in all pairs are enough; alerts have intervals all the same, and what is gone has none."""
    scenario = sim.load_scenario("tiny")
    base = [{"victims": 500.0 + k, "alerts_central": 9000.0 + k, "averted": 50.0 + k} for k in range(2)]
    other = [
        {"victims": 497.0 + 2 * k, "alerts_central": 9100.0 - k, "averted": 0.0}
        | {"sample_saved": 5.0 + 4 * k, "sample_harmed": harmed - 5.0 * k}
        for k in range(2)
    ]
    rows = {row["quantity"]: row for row in rows_of(["base", "other"], [[base], [other]], [scenario, scenario])}
    assert list(rows) == ["victims", "alerts_central", "averted"]
    assert (rows["victims"]["low"] is None) == few
    assert rows["alerts_central"]["low"] is not None
    assert rows["averted"]["low"] is rows["averted"]["high"] is None
    assert rows["averted"]["difference"] == -50.5
    assert (rows["victims"]["sample_saved"], rows["victims"]["sample_harmed"]) == (14, 2 * harmed - 5)


def test_a_change_of_which_all_is_taken_away_keeps_the_end_that_chance_gives() -> None:
    base = [[{"losses_change": 0.01}, {"losses_change": 0.03}]]
    other = [[{"losses_change": -0.01}, {"losses_change": -0.08}]]
    (row,) = compared("other", base, other)
    assert row["low"] < -row["base"]


def test_a_lever_without_a_price_gives_no_ratio(pairs: Pairs) -> None:
    """The centre's detector is what silent does without, and nobody says what that costs."""
    rows = sim.compare([pairs["base"], pairs["silent"]]).set_index("quantity")
    assert rows.loc[list(SPARED), "ratio"].isna().all()
    assert rows["withheld"].dropna().to_dict() == dict.fromkeys(SPARED, "not_priced")
    assert rows.loc["cost_money.total", "difference"] != 0


def test_runs_may_be_grouped_by_draw(pairs: Pairs):
    base, silent = ([[run] for run in pairs[policy]] for policy in ("base", "silent"))
    rows = sim.compare([base, silent]).set_index("quantity")
    moved = [
        two.totals["victims"] - one.totals["victims"] for one, two in zip(pairs["base"], pairs["silent"], strict=True)
    ]
    row = rows.loc["victims"]
    assert (row["draws"], row["replicates"]) == (3, 1)
    assert row["difference"] == pytest.approx(np.mean(moved))
    assert (row["low"], row["high"]) == pytest.approx(tuple(np.quantile(moved, [0.05, 0.95])))
    with pytest.raises(sim.PairingError, match="must have the same number of draws; got 3 and 2"):
        sim.compare([base, silent[:2]])
    with pytest.raises(sim.PairingError, match="an entry mixes runs and sequences of runs"):
        sim.compare([[base[0][0], silent[0]], silent])


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"seed": "8"}, "seed is 8 instead of 7"),
        ({"scale": "0.5"}, "scale is 0.5 instead of 1.0"),
        ({"period.warmup": "1 d"}, "period.warmup is "),
        ({"population.exposure.high_share": "0.2"}, "population.exposure.high_share is 0.2 instead of "),
    ],
)
def test_what_meets_other_attempts_or_people_is_refused_with_the_reason(
    pairs: Pairs, settings: dict[str, str], why: str, tmp_path_factory: pytest.TempPathFactory
):
    scenario = sim.load_scenario("tiny", settings)
    place = tmp_path_factory.mktemp("other") / "run"
    with pytest.raises(sim.PairingError, match="cannot be paired with tiny") as refused:
        sim.compare([pairs["base"][0], sim.run(scenario, place, workers=1)])
    assert why in str(refused.value)


def test_replicates_have_nothing_but_their_seed_apart(pairs: Pairs):
    with pytest.raises(sim.PairingError, match="replicates of tiny differ: measures"):
        sim.compare([[pairs["base"][0], pairs["silent"][1]], pairs["silent"][:2]])
    with pytest.raises(sim.PairingError, match="have the same seed"):
        sim.compare([[pairs["base"][0], pairs["base"][0]], pairs["silent"][:2]])
    with pytest.raises(sim.PairingError, match="with the same seeds"):
        sim.compare([pairs["base"], pairs["silent"][:2]])
    with pytest.raises(sim.PairingError, match="a baseline and at least one other"):
        sim.compare([pairs["base"]])


def test_what_no_draw_varies_is_named():
    base, policy, same = (sim.load_scenario(name) for name in ("singapore", "transfers-wait", "china-2022"))
    (line,) = not_drawn("waits", base, policy)
    own = [f"measures.transfers-wait.{key}" for key in ("intensity", "second_thoughts", "release.share")]
    assert f"the values that only waits assumes: {', '.join(own)}." in line
    # A policy that assumes nothing itself, and one without answers over draws, have nothing to name.
    assert not not_drawn("other", same, sim.load_scenario("more-officers"))
    tiny = sim.load_scenario("tiny")
    assert not not_drawn("waits", tiny, policy)
    assert own[1] in not_drawn("waits", tiny, policy, over_draws=True)[0]


def test_what_a_policy_sets_and_draws_vary_is_named():
    base, absolute, relative = (sim.load_scenario(name) for name in ("china-2022", "visit-only", "more-officers"))
    (line,) = set_in_draws("visit-only", base, absolute)
    assert "in the baseline: staff of the call desks; staff of the visit desks. The change therefore differs" in line
    assert not set_in_draws("more-officers", base, relative)
    province = base.with_({"desks.visit.by_province.Guangdong": {"staff": 342}})
    assert not set_in_draws("gd", base, province)  # no answers over draws, none run
    (line,) = set_in_draws("gd", base, province, over_draws=True)
    assert "staff of the visit desks in Guangdong" in line
