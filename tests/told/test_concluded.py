"""The answers of experiments: every number with its interval, or the statement that there is none."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import sim
from sim.experiments.pairing import interval_of_mean
from sim.told.experiments import of_attribution, of_sensitivity, of_sweep

KEY = "desks.visit.staff"
AT_5, AT_40 = (310.0, 320.0, 330.0), (205.0, 205.0, 211.0)
"""Victims of three seeds at two points."""


@pytest.fixture(scope="module")
def tiny() -> sim.Scenario:
    return sim.load_scenario("tiny")


def catalogue(replicates: int) -> pd.DataFrame:
    """Give the catalogue of a sweep of two points."""
    return pd.DataFrame(
        {"point": point, "replicate": at, "seed": 7 + at, KEY: staff, "message": None, "victims": victims[at]}
        for point, (staff, victims) in enumerate(((5.0, AT_5), (40.0, AT_40)))
        for at in range(replicates)
    )


def test_the_difference_of_two_points_is_paired_by_seed(tiny: sim.Scenario) -> None:
    answer = of_sweep(catalogue(3), tiny, [KEY], ["victims"])
    assert answer.intervals == "means over 3 replicates, 95% intervals of differences"
    low, high = interval_of_mean([one - other for one, other in zip(AT_5, AT_40, strict=True)]) or (0, 0)
    told = f"least at point 1 and most at point 0; difference 113 ({low:.3g} to {high:.3g})."
    assert answer.headline == f"Victims: 207 to 320, {told}"
    single = of_sweep(catalogue(1), tiny, [KEY], ["victims"])
    assert single.intervals == "one run a point: run-to-run noise unknown"
    assert "difference" not in single.headline


@pytest.mark.parametrize("has_intervals", [False, True])
def test_what_layers_prevent_has_its_interval_or_says_that_there_is_none(
    tiny: sim.Scenario, has_intervals: bool
) -> None:
    rows: list[dict[str, Any]] = [
        {"layer": layer, "quantity": quantity, "alone": 1.0, "last": last, "shapley": average}
        | ({"low": average - 10.0, "high": average + 20.0} if has_intervals else {"low": None, "high": None})
        for quantity in ("victims", "net_loss_money")
        for layer, last, average in (("dens", 20.0, 30.0), ("cards", 50.0, 90.0), ("all", 120.0, 120.0))
    ]
    result: Any = SimpleNamespace(layers=pd.DataFrame(rows).astype(object), coalitions=pd.DataFrame({"seed": [1, 2]}))
    answer = of_attribution(result, tiny)
    cards = "elimination of phone cards"
    if not has_intervals:
        assert answer.intervals == "one run of each set of layers: run-to-run noise unknown"
        told = f"120 victims. Shapley values, the largest first: {cards} 90; raids on dens 30."
    else:
        assert answer.intervals == "95%, replicates"
        first = f"{cards} 90 (80 to 110); raids on dens 30 (20 to 50)"
        told = f"120 (110 to 140) victims. Shapley values, the largest first: {first}."
    assert answer.headline == f"All layers together prevent {told}"
    assert answer.sentences[-1] == f"The layer whose removal alone adds most victims: {cards}."


@pytest.mark.parametrize(
    ("method", "row", "told"),
    [
        ("morris", {"mu_star": 33.4, "mu_star_low": 27.3, "mu_star_high": 39.4}, "33.4; 27.3 to 39.4"),
        ("sobol", {"total": 0.5, "total_low": 0.4, "total_high": 0.6}, "50%; 40% to 60%"),
    ],
)
def test_what_matters_most_has_its_interval(tiny: sim.Scenario, method: str, row: dict[str, Any], told: str) -> None:
    about = {"idle": [], "dropped": 0, "method": method}
    answer = of_sensitivity(method, [{"quantity": "victims", "parameter": KEY, **row}], about, tiny)
    assert answer.headline == f"Victims: what matters most is staff of the visit desks ({told})."
    assert answer.intervals.startswith("95% bootstrap intervals over ")
