"""What layers cost, against sums by hand: of made-up samples, and of runs without some of them."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import pytest

import sim
from sim.experiments.attribute import LAYERS, by_work, costs_of, unpriced, without
from sim.experiments.pairing import fieller
from sim.reading.quantities import PARTS, paid
from tests.experiments.test_command import tocsin

__all__ = ["tocsin"]

PERIOD = {"period": {"start": "2022-01-24", "end": "2022-01-26", "warmup": "1 d"}}
EDUCATION = {"measures.videos-2022.count": 400, "measures.activities-2022.count": 4000}


def test_every_layer_is_one_whose_costs_are_known_or_is_not() -> None:
    flagship = sim.load_scenario("china-2022")
    assert unpriced(flagship, LAYERS) == ["dens", "cards", "interception", "sites", "aftermath"]
    assert unpriced(sim.load_scenario("china-2022", {"costs": "null"}), LAYERS) == list(LAYERS)


def test_seats_go_with_the_work() -> None:
    whole = {
        "staff_hours_call": 40,
        "staff_hours_visit": 0,
        "cost_money.desk_call": 6000.0,
        "cost_money.desk_visit": 70.0,
    }
    some = {"staff_hours_call": 10, "staff_hours_visit": 0, "cost_money.desk_call": 6000.0, "cost_money.videos": 5.0}
    # A quarter of the work, and of the idle time with it; a desk that has nothing to do costs what it costs.
    assert by_work({**some, "cost_money.desk_visit": 70.0}, whole) == {
        **some,
        "cost_money.desk_call": 1500.0,
        "cost_money.desk_visit": 70.0,
    }
    assert by_work(whole, whole) == whole


COST = {"desk_call": (30.0, 50.0), "activities": (-20.0, 0.0)}
"""Of two layers, by part: activities are fewer by the first."""

FACTORS = {"cost_money": 1.0, "cost_money_low": 0.5, "cost_money_high": 4.0}
NAMES = ("warning.red", "cards")


def sampled(quantity: str) -> Sequence[Sequence[float]]:
    """Give two samples, a tenth below and above these."""
    of_both = {"victims": (5.0, 8.0), "net_loss_money": (100.0, -300.0)}.get(quantity)
    if of_both is None:
        key, _, part = quantity.partition(".")
        of_both = tuple(FACTORS[key] * cost for cost in COST.get(part, (0.0, 0.0)))  # type: ignore[assignment]
    return [[factor * one for one in of_both or ()] for factor in (0.9, 1.1)]


def test_a_layer_costs_what_it_adds_and_its_ratio_is_that_by_what_it_prevents() -> None:
    red, cards, both = costs_of(NAMES, sampled, True, ["cards"])
    assert [row["layer"] for row in (red, cards, both)] == [*NAMES, "all"]
    assert (red["cost_money"], cards["cost_money"], both["cost_money"]) == pytest.approx((10.0, 50.0, 60.0))
    # The desk's price low while that of activities is high, and the other way round.
    assert (red["price_low"], red["price_high"]) == pytest.approx((0.5 * 30 - 4 * 20, 4 * 30 - 0.5 * 20))
    assert red["per_victim"] == pytest.approx(2.0)
    assert red["per_money"] == pytest.approx(0.1)
    assert (red["per_victim_price_low"], red["per_victim_price_high"]) == pytest.approx((-65 / 5, 110 / 5))
    assert red["low"] < red["cost_money"] < red["high"]
    expected = fieller([9.0, 11.0], [4.5, 5.5])
    assert (red["per_victim_low"], red["per_victim_high"]) == pytest.approx(expected or (None, None))


def test_layers_cost_what_runs_without_them_do_not(tmp_path: Path) -> None:
    tiny = sim.load_scenario("tiny", **PERIOD, **EDUCATION)
    names = ("awareness", "warning.orange")
    done = sim.attribute(tiny, names, folder=tmp_path / "at", workers=1)
    runs = {
        off: sim.run(without(tiny, off), tmp_path / "-".join(("run", *off)), workers=1).totals
        for off in ((), ("awareness",), ("warning.orange",), names)
    }

    def cost(off: tuple[str, ...]) -> float:
        found = sum(paid(runs[off], "cost_money", part) for part in PARTS if not part.startswith("desk_"))
        for desk in ("call", "visit"):
            busy = f"staff_hours_{desk}"
            found += runs[()][f"cost_money.desk_{desk}"] * runs[off][busy] / runs[()][busy]
        return float(found)

    orange = fmean([cost(()) - cost(("warning.orange",)), cost(("awareness",)) - cost(names)])
    awareness = fmean([cost(()) - cost(("awareness",)), cost(("warning.orange",)) - cost(names)])
    rows = done.costs.set_index("layer")
    assert rows.loc["warning.orange", "cost_money"] == pytest.approx(orange)
    assert rows.loc["awareness", "cost_money"] == pytest.approx(awareness)
    assert rows.loc["all", "cost_money"] == pytest.approx(cost(()) - cost(names))
    education = runs[()]["cost_money.videos"] + runs[()]["cost_money.activities"]
    assert rows.loc["awareness", "cost_money"] == pytest.approx(education, rel=0.2)
    assert education > 0
    prevented = done.layers.query("quantity == 'victims'").set_index("layer")["shapley"]
    assert rows.loc["warning.orange", "per_victim"] == pytest.approx(orange / prevented["warning.orange"])
