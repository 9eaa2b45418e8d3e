"""Legitimate transfers that banks delay, release, phone about or stop, against what a scenario expects of them."""

import math
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest

import sim
from sim.country.people import age_shares
from tests.engines.small import NO_LEGITIMATE, run_tiny

PERIOD = {"start": "2022-01-24", "end": "2022-02-04", "warmup": "0 d"}
TRANSFERS = {
    "number": "8 per day",
    "amount": {"median": 500, "sigma": 1.8},
    "new_payee": 0.1,
    "age_factor": [0, 1, 1, 1, 1, 0.5],
}
VALUES: dict[str, Any] = {**NO_LEGITIMATE, "engine": "vector", "population.transfers": TRANSFERS}
DELAY = {
    "kind": "payment_delay",
    "window": ["2022-01-24", "2022-01-29"],
    "provinces": [44],
    "intensity": 0.5,
    "above": 2000,
    "payee": "new",
    "ages": [60, None],
    "wait": "24 h",
    "bank_call": {"share": 0.3, "after": {"exponential": {"mean": "12 h"}}, "stops": 1},
    "release": {"share": 0.2, "after": {"exponential": {"mean": "24 h"}}},
}
HOLD = {"kind": "bank_hold", "window": ["2022-01-24", None], "intensity": 0.1, "false_share": 0.001}


def counted(folder: Path, **values: Any) -> dict[tuple[str, int], int]:
    """Return the sums of flows of transfers over the period, by name and province."""
    flows = run_tiny(folder, "none", PERIOD, **{**VALUES, **values}).flows
    own = flows[flows["quantity"].str.startswith("transfers") | (flows["quantity"] == "false_holds")]
    assert (own["count"] > 0).all()
    return {
        key: int(count)
        for key, count in own.groupby(["quantity", "province"], observed=True)["count"].sum().items()
        if count
    }


def adults(spec: Any, province: int, youngest: int) -> float:
    """Return the adults from an age on, with half the transfers from 61 on."""
    shares = age_shares(spec.population, province)
    people = spec.population.provinces[province].population
    return people * math.fsum(shares[age] * (0.5 if age >= 61 else 1.0) for age in range(max(18, youngest), 100))


def near(found: int, expected: float) -> None:
    """Demand a Poisson count within four standard deviations of its mean."""
    assert found == pytest.approx(expected, abs=4 * math.sqrt(expected))


def test_transfers_are_counted_where_when_and_of_whom_a_measure_says(tmp_path: Path) -> None:
    spec = sim.load_scenario("tiny").spec
    found = counted(tmp_path / "run", **{"measures.waits": DELAY, "measures.holds": HOLD})
    at = [row.code for row in spec.population.provinces].index(44)
    share = 1 - NormalDist().cdf(math.log(2000 / 500) / 1.8)
    delayed = adults(spec, at, 60) * 8 * 0.1 * share * 0.5 * 6
    near(found["transfers_delayed", 44], delayed)
    near(found["transfers_called", 44], delayed * 0.3 * (1 - math.exp(-24 / 12)))
    near(found["transfers_released", 44], delayed * 0.2 * (1 - math.exp(-24 / 24)))
    for place, row in enumerate(spec.population.provinces):
        near(found["false_holds", row.code], adults(spec, place, 18) * 8 * 0.001 * 12)
    assert {key for key in found if key[0] != "false_holds"} == {
        (f"transfers_{what}", 44) for what in ("delayed", "called", "released")
    }
