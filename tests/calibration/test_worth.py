"""By how much intervals would be narrower if a driver were known."""

import numpy as np
import pytest

from sim.calibration.drivers import MOST
from sim.calibration.indices import first_order_by_runs
from sim.calibration.worth import indices_in, narrower, worth_rows


def test_an_interval_is_narrower_by_what_a_known_driver_takes_away():
    rolls = np.random.default_rng(1)
    points = rolls.standard_normal((4000, 3))
    answer = points @ [2.0, 1.0, 0.0]
    index = first_order_by_runs(points, answer[:, None], 1).index
    known = answer - 2.0 * points[:, 0]
    ratio = np.ptp(np.quantile(known, [0.05, 0.95])) / np.ptp(np.quantile(answer, [0.05, 0.95]))
    assert narrower(index[0]) == pytest.approx(1.0 - ratio, abs=0.04)
    assert narrower(0.0) == narrower(-0.0) == 0.0
    assert narrower(0.75) == 0.5
    assert narrower(1.2) == 1.0


def test_the_table_has_totals_and_policies_and_nothing_that_chance_explains():
    def one(*drivers: tuple[str, float, bool]) -> dict[str, object]:
        return {"drivers": [dict(zip(("key", "first", "found"), driver, strict=True)) for driver in drivers]}

    part = {
        "answers": {"victims": one(("b", 0.36, True), ("c", 0.9, False)), "saved": one(("a", 0.75, True))},
        "policies": [
            {"policy": "first", "answers": {"victims": one(("b", 0.19, True), ("d", 0.36, True))}},
            {"policy": "x.y={kind: z}", "answers": {"victims": one(("b", 0.51, True))}},
        ],
    }
    names, rows = worth_rows(indices_in(part))
    assert names == ["driver", "victims", "saved", "change of victims by"]
    assert rows == [
        ["`a`", "", "50%", ""],
        ["`b`", "20%", "", "`x.y` 30%, `first` 10%"],
        ["`d`", "", "", "`first` 20%"],
    ]
    many = {("", "victims"): {f"p{number:02}": 0.5 - 0.01 * number for number in range(20)}}
    assert [row[0] for row in worth_rows(many)[1]] == [f"`p{number:02}`" for number in range(MOST)]
