"""Costs: what is drawn adds up to the totals of the run, with the ends of all prices."""

from pathlib import Path

import pytest

import sim
from sim.base.rounding import amount, between, significant
from sim.reading.quantities import PARTS
from sim.report.experiments import cost_differences
from sim.report.money import costs
from sim.told.runs import estimates
from sim.told.words import part_named
from tests.report.conftest import small

pytestmark = pytest.mark.usefixtures("in_yuan")

UNITS = {"yuan": 1.0, "million yuan": 1e6, "billion yuan": 1e9}


def unit_of(figure: object) -> float:
    """Give what one of an axis is, in yuan."""
    title: str = figure.layout.xaxis.title.text  # type: ignore[attr-defined]
    return UNITS[title.partition(",")[0].removesuffix(" above the baseline")]


@pytest.fixture(scope="module")
def ranged(place: Path) -> sim.Run:
    """A whole country, whose staff is not rounded, with prices that are known within ranges."""
    prices = {
        f"costs.{key}": "{value: 50, origin: assumed, range: [20, 90], basis: made up}"
        for key in ("wage.call", "wage.visit", "false_alarm.call", "education.video")
    }
    return small(place, "ranged", prices)


def test_bars_add_up_to_what_the_run_cost(ranged: sim.Run) -> None:
    figure = costs(ranged).view()
    unit, totals = unit_of(figure), ranged.totals
    assert [trace.name for trace in figure.data] == ["warnings", "education", "other measures"]
    priced = [part for part in PARTS if totals.get(f"cost_money_high.{part}")]
    assert [name for trace in figure.data for name in trace.y] == [part_named(part) for part in priced]
    for end, ends in (
        ("cost_money", [trace.x for trace in figure.data]),
        ("cost_money_high", [[x + up for x, up in zip(t.x, t.error_x.array, strict=True)] for t in figure.data]),
        (
            "cost_money_low",
            [[x - down for x, down in zip(t.x, t.error_x.arrayminus, strict=True)] for t in figure.data],
        ),
    ):
        drawn = dict(zip(priced, [value * unit for some in ends for value in some], strict=True))
        assert drawn == pytest.approx({part: totals[f"{end}.{part}"] for part in priced}), end
        assert sum(drawn.values()) == pytest.approx(totals[f"{end}.total"])
    assert totals["cost_money_low.total"] < totals["cost_money.total"] < totals["cost_money_high.total"]


def test_the_table_and_the_words_have_every_number_with_its_interval(ranged: sim.Run) -> None:
    totals, ratio = ranged.manifest["totals"], ranged.manifest["totals"]["cost_per_averted"]
    rows = costs(ranged).table.set_index("cost, yuan")
    assert list(rows.loc["total"])[:3] == [
        amount(significant(totals[key]["total"])) for key in ("cost_money", "cost_money_low", "cost_money_high")
    ]
    *numbers, together = rows.loc["per victim averted"]
    assert numbers == [amount(significant(ratio[end])) for end in ("value", "low", "high")]
    averted = estimates([ranged])["averted"]
    assert averted.low
    assert averted.high
    ends = ratio["low"] * averted.value / averted.high, ratio["high"] * averted.value / averted.low
    assert together == between(*map(significant, ends), amount)
    assert ends[0] < ratio["low"] < ratio["high"] < ends[1]
    said = costs(ranged).words
    assert f"{amount(ratio['value'])} yuan per victim averted (95%, noise; and prices: {together})" in said


def test_where_no_victim_was_averted_it_is_said(empty: sim.Run) -> None:
    assert costs(empty).words.endswith("No warning averted a victim.")
    assert "per unit of losses prevented" not in set(costs(empty).table["cost, yuan"])


def test_without_prices_nothing_is_drawn(full: sim.Run) -> None:
    bare = sim.load_run(full.path)
    bare.manifest = {**full.manifest, "totals": {"victims": 1}}
    assert not costs(bare).view().data
    assert costs(bare).words == "The scenario has no prices."
    assert list(costs(bare).table.iloc[0]) == ["total", "not known"]


def test_differences_are_those_of_the_comparison(full: sim.Run, silent: sim.Run, central: sim.Run) -> None:
    frame = sim.compare([full, silent, central])
    figure = cost_differences(frame).view()
    unit, names = unit_of(figure), list(figure.layout.yaxis.ticktext)
    assert [trace.name for trace in figure.data] == ["silent", "central"]
    for trace in figure.data:
        rows = frame[frame["scenario"] == trace.name].set_index("quantity")
        assert len(trace.x) > 2
        for drawn, at in zip(trace.x, trace.y, strict=True):
            part = next(part for part in (*PARTS, "total") if part_named(part) == names[round(at)])
            assert drawn * unit == pytest.approx(rows.loc[f"cost_money.{part}", "difference"])
    table = cost_differences(frame).table
    shown = table.set_index(["scenario", "yuan"])["difference or ratio"]
    assert shown[("silent", "each victim spared")] == "not priced"
    priced = frame.assign(withheld=None, ratio=frame["ratio"].fillna(4.5))
    told = cost_differences(priced).table.set_index(["scenario", "yuan"])["difference or ratio"]
    assert told[("silent", "each victim spared")] == "4.5"


def test_the_same_costs_are_said_to_be_the_same(full: sim.Run) -> None:
    figure = cost_differences(sim.compare([full, full])).view()
    assert figure.layout.annotations[0].text == "The policy costs the same as the baseline."
    without = sim.compare([full, full])
    without = without[~without["quantity"].str.startswith("cost")]
    assert cost_differences(without).view().layout.annotations[0].text == "The scenario has no prices."
