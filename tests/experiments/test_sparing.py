"""What it costs to spare one more: ratios of differences against sums by hand, their intervals against their law."""

import random
from statistics import fmean, stdev

import pandas as pd
import pytest
from scipy import stats

import sim
from sim.experiments.compare import compared
from sim.experiments.pairing import Amounts, fieller, price_interval, ratio
from sim.reading.quantities import PARTS
from sim.reading.run import quantities
from sim.told.answers import cost_lines
from sim.told.tables import TextTable

pytestmark = pytest.mark.usefixtures("in_yuan")

Pairs = dict[str, list[sim.Run]]


def amounts(victims: float, lost: float = 0.0, recovered: float = 0.0, **parts: float) -> Amounts:
    """Give the quantities of a run that cost this; prices may be half, or ten times as high."""
    costs = {**dict.fromkeys(PARTS, 0.0), **parts}
    costs["total"] = sum(costs.values())
    ends = {"cost_money": 1.0, "cost_money_low": 0.5, "cost_money_high": 10.0}
    return {
        "victims": victims,
        "loss_money": lost,
        "recovered_money": recovered,
        **{f"{key}.{part}": factor * cost for key, factor in ends.items() for part, cost in costs.items()},
    }


BASE = amounts(1000, lost=50_000, recovered=5000, desk_call=300, videos=40)
OTHER = amounts(900, lost=44_000, recovered=4000, desk_call=800, videos=20)


def test_a_ratio_is_one_difference_by_the_other() -> None:
    people, money = (
        ratio([[(BASE, OTHER)]], name, 0.9) for name in ("cost_per_victim_spared", "cost_per_money_spared")
    )
    assert people.value == (820 - 340) / 100
    # 45,000 yuan lost and not recovered, 40,000 under the other policy.
    assert money.value == (820 - 340) / 5000
    assert people.chance is None
    # Prices move by themselves: the call desk's low while that of videos is high, and the other way round.
    assert people.prices == pytest.approx(((0.5 * 500 - 10 * 20) / 100, (10 * 500 - 0.5 * 20) / 100))
    assert price_interval([(BASE, OTHER)]) == (0.5 * 500 - 10 * 20, 10 * 500 - 0.5 * 20)


def test_the_same_ratio_whichever_is_the_base() -> None:
    there, back = (ratio([[pair]], "cost_per_victim_spared", 0.9) for pair in ((BASE, OTHER), (OTHER, BASE)))
    assert there.value == back.value
    assert there.prices == back.prices


@pytest.mark.parametrize(
    ("victims", "cost"),
    [(1000, 400), (1100, 400), (900, 200), (900, 340)],
    ids=["nobody is spared", "more are harmed for more", "more are spared for less", "more are spared for as much"],
)
def test_where_there_is_nothing_to_weigh_there_is_no_ratio(victims: int, cost: int) -> None:
    found = ratio([[(BASE, amounts(victims, desk_call=cost))]], "cost_per_victim_spared", 0.9)
    assert (found.value, found.chance, found.prices) == (None, None, None)


def samples(seed: int, gain: float, count: int = 8) -> tuple[list[float], list[float]]:
    """Draw paired differences in cost and in what was spared, correlated."""
    chance = random.Random(seed)
    spared = [gain + chance.gauss(0, 3) for _ in range(count)]
    return [100 + 4 * one + chance.gauss(0, 20) for one in spared], spared


@pytest.mark.parametrize("seed", range(5))
def test_an_interval_ends_where_the_ratio_is_just_told_from_what_was_seen(seed: int) -> None:
    """By definition: at either end, Student's t of the costs less so many yuan for each is that of 95 per cent."""
    costs, spared = samples(seed, gain=20)
    interval = fieller(costs, spared)
    assert interval is not None
    assert interval[0] < fmean(costs) / fmean(spared) < interval[1]
    for end in interval:
        left = [cost - end * one for cost, one in zip(costs, spared, strict=True)]
        assert abs(fmean(left)) / (stdev(left) / 8**0.5) == pytest.approx(stats.t.ppf(0.975, 7))


def test_where_chance_may_be_all_that_spares_there_is_no_interval() -> None:
    costs, spared = samples(1, gain=0.5)
    assert abs(stats.ttest_1samp(spared, 0).statistic) < stats.t.ppf(0.975, 7)
    assert fieller(costs, spared) is None
    assert fieller([1.0], [2.0]) is None


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    held = sum(low <= 9.0 <= high for low, high in (fieller(*samples(seed, gain=20)) or (1, 0) for seed in range(1000)))
    # The true ratio is (100 + 4 * 20) / 20; the allowance is four standard errors of a share of 0.95.
    assert held / 1000 == pytest.approx(0.95, abs=4 * (0.95 * 0.05 / 1000) ** 0.5)


def test_over_draws_it_holds_nine_tenths_of_their_ratios() -> None:
    draws = [[(BASE, amounts(900, desk_call=340 + 100.0 * (k + 1)))] for k in range(21)]
    found = ratio(draws, "cost_per_victim_spared", 0.9)
    assert found.value == pytest.approx(11.0)
    assert found.chance == pytest.approx((2.0, 20.0))
    mixed = [*draws, [(BASE, amounts(1010, desk_call=400))]]
    assert ratio(mixed, "cost_per_victim_spared", 0.9).chance is None


def lines(other: list[Amounts], base: Amounts = BASE) -> list[str]:
    """Give what the terminal says of a comparison, tables as rows."""
    rows = list(compared("other", [[base] * len(other)], [other]))
    found = []
    for part in cost_lines(rows):
        found += [" | ".join(row) for row in part.rows] if isinstance(part, TextTable) else [part]
    return found


def test_the_terminal_says_why_there_is_no_ratio() -> None:
    assert "Cost per victim spared: none was spared" in lines([amounts(1000, desk_call=400)])
    none = "Cost per victim spared: not defined, since it costs"
    assert f"{none} more and spares fewer" in lines([amounts(1100, desk_call=400)])
    assert f"{none} no more and spares more" in lines([amounts(900, desk_call=200)])
    # Of several pairs, only where fewer are spared for certain.
    assert f"{none} more and spares fewer" in lines([amounts(1100, desk_call=400), amounts(1101, desk_call=400)])
    noise = "Cost per victim spared: unknown, because the change is within run-to-run noise"
    assert noise in lines([amounts(1300, desk_call=400), amounts(850, desk_call=400)])
    assert "Savings per additional victim: 2.4 yuan (prices 1.2 to 24)" in lines([amounts(1100, desk_call=100)])
    assert lines([BASE]) == ["Costs are unchanged"]


def test_what_has_no_prices_has_no_costs() -> None:
    bare = {"victims": 5.0}
    assert list(cost_lines(list(compared("other", [[bare]], [[bare]])))) == []
    half = list(compared("other", [[BASE]], [[{**bare, "loss_money": 1.0, "recovered_money": 0.0}]]))
    assert not [row for row in half if row["quantity"].startswith("cost")]


def test_runs_are_compared_with_what_they_cost(pairs: Pairs) -> None:
    """Silent has no warnings: it pays the same desks, spares people the false alarms, and loses more of them."""
    entries = [[[quantities(run) for run in pairs[policy]]] for policy in ("base", "silent")]
    rows = pd.DataFrame(compared("silent", *entries)).set_index("quantity")
    both = list(zip(pairs["base"], pairs["silent"], strict=True))
    saved = fmean(one.totals["cost_money.total"] - two.totals["cost_money.total"] for one, two in both)
    harmed = fmean(two.totals["victims"] - one.totals["victims"] for one, two in both)
    assert rows.loc["cost_money.total", "difference"] == pytest.approx(-saved)
    assert rows.loc["cost_money.desk_call", "difference"] == 0
    row = rows.loc["cost_per_victim_spared"]
    assert row["ratio"] == pytest.approx(saved / harmed)
    # Three seeds do not tell the victims of both apart, so the ratio has no interval.
    assert rows.loc["victims", "low"] < 0 < rows.loc["victims", "high"]
    assert row[["low", "high"]].isna().all()
    assert row[["base", "other", "difference", "chance", "pairing_gain"]].isna().all()
