"""Pools of gangs: the stocks against an independent account, and what a midnight counts of them."""

import datetime as dt
import math
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from sim.base.days import day_number
from sim.gangs.pools import Stock
from sim.midnight.gangs import PoolStock
from sim.midnight.today import NATION
from sim.scenario.schema.fraud import Pools
from tests.midnight.test_gangs import night_of, nothing, scenario

YEAR = 365.25
SINCE = dt.date(2022, 2, 1)
POOLS: dict[str, Any] = {
    "members": 165_000,
    "abroad": 0.49,
    "since": SINCE.isoformat(),
    "capacity": 1.5,
    "recruiting": "1.9 per year",
    "arriving": "0.03 per year",
    "arriving_abroad": 0.7,
    "leaving": "0.25 per year",
    "removed": {"home": "1.4 per year", "abroad": "0.13 per year"},
    "crew": 6.3,
    "leaderless": "90 d",
    "home_share": {"gaming": 0.8},
}


def stock(**changed: Any) -> Stock:
    """Return a stock of two types, the first of which is made at home only."""
    pools = Pools.model_validate({**POOLS, **changed})
    at_home = pools.members * (1 - pools.abroad)
    return Stock(pools, np.array([1.0, 0.25]), at_home, pools.members - at_home)


def test_the_stocks_follow_the_equations_written_out_by_the_year() -> None:
    found = stock()
    n0, k, h = 165_000, 1.5 * 165_000, 1 / YEAR
    home, abroad = 0.51 * n0, 0.49 * n0
    for day in range(700):
        returning = 2.7 if 100 <= day < 170 else 1.2
        moved = found.step(1.0 + (day > 365), returning / YEAR)
        raids = 1.4 * (1.0 + (day > 365))
        room = 1 - (home + abroad) / k
        removed, left = home * (1 - math.exp(-raids * h)), home * (1 - math.exp(-0.25 * h))
        gone, returned = abroad * (1 - math.exp(-0.13 * h)), abroad * (1 - math.exp(-returning * h))
        home += h * (1.9 * home * room + 0.3 * 0.03 * n0) - removed - left
        abroad += h * (1.9 * abroad * room + 0.7 * 0.03 * n0) + left - gone - returned
        assert (found.home, found.abroad) == pytest.approx((home, abroad), rel=1e-9)
        assert moved == pytest.approx((removed, returned), rel=1e-9)
    assert 0.05 < found.home / n0 < 0.4


@pytest.mark.parametrize("removal", [0.95, 3.0])
def test_recruiting_against_removal_ends_where_theory_says(removal: float) -> None:
    rate = f"{removal} per year"
    alone = {"arriving": "0 per year", "leaving": "0 per year", "removed": {"home": rate, "abroad": rate}}
    found = stock(**alone)
    for _ in range(10_000):
        found.step(1.0, 0.0)
    # dN/dt = g N (1 - N / K) - a N ends at K (1 - a / g), or at nothing where removal outruns recruiting.
    expected = 1.5 * 165_000 * max(0.0, 1 - removal / 1.9)
    assert found.home + found.abroad == pytest.approx(expected, rel=0.002, abs=1e-6)


def test_attempts_follow_the_pool_in_which_they_are_made() -> None:
    found = stock()
    assert found.made().tolist() == [1.0, 1.0]
    found.home /= 2
    assert found.made() == pytest.approx([0.5, 0.875])
    found.abroad *= 3
    assert found.made() == pytest.approx([0.5, 0.25 * 0.5 + 0.75 * 3])


def test_a_den_without_its_ringleader_does_not_recruit_until_another_has_come() -> None:
    with_all, without = stock(), stock()
    without.lose_leaders(0.2 * without.dens)
    assert without.leaderless == pytest.approx(0.2)
    with_all.step(1.0, 0.0)
    without.step(1.0, 0.0)
    growth = 1.9 / YEAR * 0.51 * 165_000 * (1 - 1 / 1.5)
    assert with_all.home - without.home == pytest.approx(0.2 * growth)
    assert with_all.abroad == without.abroad
    without.lose_leaders(0.0)
    assert without.leaderless == pytest.approx(0.2 * math.exp(-1 / 90))


def pooled(**values: Any) -> tuple[Any, Any, int]:
    """Return a night of ``tiny`` with pools, what it notes, and its first day."""
    gangs = {"pools": {**POOLS, **values.pop("pools", {})}}
    night, notes, first = night_of(scenario(gangs=gangs, **values))
    assert isinstance(night.dens, PoolStock)
    return night, notes, first


def test_midnights_count_whole_dens_people_and_suspects_of_what_the_pools_lose() -> None:
    window = [SINCE.isoformat(), None]
    campaign = {"kind": "den_campaign", "window": window, "region": "east", "intensity": 3.0}
    returns = {"kind": "returns", "window": window, "intensity": "5 per year", "members": 0.4, "arrested": 0.25}
    night, notes, first = pooled(**{"measures.raids": campaign, "measures.home": returns})
    spec = night.common.spec
    *home, _ = spec.dens.regions
    factor = 1.0
    for one in spec.measures.values():
        if one.kind == "den_campaign" and one.region in home:
            factor += one.intensity * spec.dens.regions[one.region] / sum(spec.dens.regions[name] for name in home)
    assert factor > 2.0
    (brought,) = (one for one in spec.measures.values() if one.kind == "repatriation")
    mirror = Stock.of(spec)
    expected: dict[str, float] = defaultdict(float)
    for day in range(first, first + 20):
        night(day, nothing())
        if day == max(first, day_number(brought.window[0])):
            mirror.abroad -= brought.suspects
        if day <= day_number(SINCE):
            assert (night.dens.stock.home, night.dens.stock.abroad) == (mirror.home, mirror.abroad)
            continue
        moved = mirror.step(factor, 5 / YEAR)
        mirror.lose_leaders(0.0)
        expected["dens_destroyed"] += moved.removed / 6.3
        expected["dens_campaign"] += moved.removed / 6.3 * (factor - 1) / factor
        expected["returned"] += moved.returned / 0.4
    for name, amount in expected.items():
        counted = sum(count for (_, place, flow), count in notes.flows.items() if (place, flow) == (NATION, name))
        home = (
            sum(m.dens for m in spec.measures.values() if m.kind == "repatriation") if name == "dens_destroyed" else 0
        )
        assert abs(counted - home - amount) <= 1, name
        assert amount > 20
    assert not {name for _, _, name in notes.levels if name in ("crews", "dens_raided")}
    assert notes.levels[(first, NATION, "gangs_home")] == pytest.approx(0.51 * 165_000)


def test_the_opening_of_a_day_has_the_pools_attempts_and_gate_2_stops_nobody() -> None:
    night, _, first = pooled(pools={"since": "2021-01-01", "removed": {"home": "9 per year", "abroad": "0 per year"}})
    for day in range(first, first + 5):
        night(day, nothing())
    row = night.common.timetable.row(first + 4)
    made = night.dens.stock.made()
    assert made.max() < 0.99
    assert night.opening.rates == pytest.approx(night.common.timetable.rates[row] * made)
    assert not night.today.stops[1].any()


@pytest.mark.parametrize("share", [0.5, 0.0])
def test_a_ringleader_arrested_at_a_raid_or_by_leads_leads_other_dens_too(share: float) -> None:
    own = {"share": share, "at_raid": 0.4, "per_lead": "90 per year"}
    night, _, first = pooled(pools={"since": "2021-01-01"}, **{"dens.ringleaders": own})
    stock, dens = night.dens.stock, 0.51 * 165_000 / 6.3
    night.cases.leads = 3 * 10**9
    night.dens.at_midnight(first, nothing())
    factor = float(np.dot(night.dens._regions, night.common.timetable.raids[0, :-1]))
    raided = dens * (1 - math.exp(-1.4 / YEAR * factor))
    # Leads reach all dens there were, and those that are left are without the leaders of all arrested.
    arrested = dens * share * (1 - math.exp(-90 / YEAR * 3 / dens)) + raided * share * 0.4
    assert stock.leaderless == pytest.approx(arrested / (share * stock.dens) if share else 0.0)
    night.cases.leads = 0
    before, dens = stock.leaderless, stock.dens
    night.dens.at_midnight(first + 1, nothing())
    raided = dens * (1 - math.exp(-1.4 / YEAR * factor))
    assert stock.leaderless == pytest.approx(before * math.exp(-1 / 90) + (raided * 0.4 / stock.dens if share else 0.0))


def test_leads_speed_removal_up_where_the_scenario_says() -> None:
    leads = {"share": 0.5, "usual": 1.0}
    fast, slow = (pooled(pools={"since": "2021-01-01", **more})[0] for more in ({"leads": leads}, {}))
    for night in (fast, slow):
        night.cases.leads = 3 * 10**9
        night.dens.at_midnight(night.common.calendar.first, nothing())
    removed = [0.51 * 165_000 - night.dens.stock.home for night in (fast, slow)]
    joined = (1.9 * 0.51 * (1 - 1 / 1.5) + 0.3 * 0.03 - 0.51 * 0.25) * 165_000 / YEAR
    assert (removed[0] + joined) / (removed[1] + joined) == pytest.approx(2.0, rel=0.01)
