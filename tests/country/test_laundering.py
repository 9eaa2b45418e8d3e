"""Campaigns against laundering: factors multiply, shares combine, and what comes to gangs is a mean by people."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

from sim.base.days import day_number
from sim.country.calendar import Measures
from sim.country.traffic import cashed, let_through, reach
from sim.scenario.schema.measures import ClusterCampaign

DAY = day_number(dt.date(2022, 3, 1))
PEOPLE = {11: 3_000_000, 44: 1_000_000, 65: 4_000_000}


def measures(**campaigns: dict[str, Any]) -> Measures:
    """Return campaigns in March 2022, each with what it is given."""
    fixed = {"kind": "cluster_campaign", "window": ["2022-03-01", "2022-03-31"], "count": 3, "arrests": 5}
    return Measures({name: ClusterCampaign.model_validate({**fixed, **values}) for name, values in campaigns.items()})


def test_campaigns_against_laundering_combine() -> None:
    both = measures(
        one={"half_life_factor": 1.5, "hold": 0.1, "cash_loss": 0.2},
        other={"half_life_factor": 4.0, "hold": 0.5, "cash_loss": 0.25, "provinces": [44, 65]},
        lines={"replacement_factor": 3.0},
    )
    assert [reach(both, (DAY,), code)[0] for code in PEOPLE] == pytest.approx([1.5, 6.0, 6.0])
    assert [let_through(both, (DAY,), code)[0] for code in PEOPLE] == pytest.approx([0.9, 0.45, 0.45])
    assert cashed(both, (DAY,), PEOPLE)[0] == pytest.approx((3 * 0.8 + 5 * 0.8 * 0.75) / 8)


def test_a_day_outside_of_the_window_knows_no_campaign() -> None:
    march = measures(one={"half_life_factor": 2.0, "hold": 0.1, "cash_loss": 0.2})
    days = (DAY - 1, DAY, DAY + 30, DAY + 31)
    found = [reach(march, days, 11), let_through(march, days, 11), cashed(march, days, PEOPLE)]
    assert np.array(found).T.tolist() == [[1.0, 1.0, 1.0], [2.0, 0.9, 0.8], [2.0, 0.9, 0.8], [1.0, 1.0, 1.0]]
