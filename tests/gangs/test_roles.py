"""Suspects by role: who is counted as what, and that callers arrested for cases and in campaigns leave their pool."""

import datetime as dt
import math
from typing import Any

import pytest

from sim.base.days import day_number
from sim.base.words import Role
from sim.draws.distributions import fixed
from sim.midnight.today import NATION
from tests.gangs.test_pools import POOLS, SINCE, YEAR, stock
from tests.midnight.test_gangs import GANGS, night_of, nothing, scenario, solved
from tests.midnight.test_night import Notes
from tests.slots import TINY

SHARES = {"callers": 0.5, "accounts": 0.3, "couriers": 0.2}
NIGHTS = 40
PER_CASE = 5.0
SUSPECTS = {"aftermath.suspects.per_case": PER_CASE, "aftermath.suspects.per_card": 0.05}
CAMPAIGN: dict[str, Any] = {
    **{"kind": "cluster_campaign", "window": ["2022-02-06", "2022-03-01"]},
    **{"count": 12, "arrests": 90, "replacement_factor": 1.0},
}
BESIDE = {"measures.campaign": CAMPAIGN, "measures.cluster-campaigns": None, **SUSPECTS}


def counted(notes: Notes, name: str, place: int | None = None) -> int:
    """Return the sum of a flow at a place, or of all provinces."""
    places = {p for _, p, _ in notes.flows if p != NATION} if place is None else {place}
    return sum(count for (_, p, flow), count in notes.flows.items() if p in places and flow == name)


def campaigning(day: int) -> float:
    """Return the expected suspects of the campaign on a day."""
    first, last = (day_number(dt.date.fromisoformat(one)) for one in CAMPAIGN["window"])
    inside = first <= day <= last
    return CAMPAIGN["count"] * CAMPAIGN["arrests"] / (last - first + 1) if inside else 0.0


def nights(gangs: Any = None, roles: Any = SHARES, **values: Any) -> tuple[Any, Notes, int]:
    """Return some nights of ``tiny``, what they note, and the first day."""
    given = {} if roles is None else {"aftermath.suspects.roles": roles}
    night, notes, first = night_of(
        scenario(**{**({} if (gangs or {}).get("pools") else TINY), "gangs": gangs, **BESIDE, **given, **values})
    )
    for day in range(first, first + NIGHTS):
        night(day, nothing())
    return night, notes, first


@pytest.mark.parametrize("gangs", [None, GANGS])
def test_each_source_has_its_roles_and_they_add_up_to_all_suspects(gangs: Any) -> None:
    night, notes, first = nights(gangs)
    spec, days = night.common.spec, range(first, first + NIGHTS)
    places = {place for _, place, _ in notes.flows}
    assert {NATION, 0, 1, 2} <= places
    for day in days:
        for place in places:
            roles = sum(notes.flows[(day, place, role.arrested)] for role in Role)
            assert roles == notes.flows[(day, place, "suspects_arrested")]
    # In provinces cases are shared out, and those of cards provide accounts.
    cases = sum(solved(notes, day) for day in days) * PER_CASE
    cards = counted(notes, "cards_eliminated") * 0.05
    assert min(cases, cards) > 30
    assert abs(counted(notes, "callers_arrested") - 0.5 * cases) <= 3
    assert abs(counted(notes, "accounts_arrested") - 0.3 * cases - cards) <= 6
    assert abs(counted(notes, "couriers_arrested") - 0.2 * cases) <= 3
    # Of the nation campaigns are shared out, and those of raids and from abroad are callers.
    campaigns = sum(campaigning(day) for day in days)
    raided = counted(notes, "suspects_arrested", NATION) - campaigns
    brought = [one.suspects for one in spec.measures.values() if one.kind == "repatriation"]
    assert raided > sum(brought) > 20
    assert abs(counted(notes, "callers_arrested", NATION) - 0.5 * campaigns - raided) <= 3
    assert abs(counted(notes, "accounts_arrested", NATION) - 0.3 * campaigns) <= 1
    assert abs(counted(notes, "couriers_arrested", NATION) - 0.2 * campaigns) <= 1


def test_without_pools_roles_arrest_as_many_as_before_but_for_rounding() -> None:
    _, without, _ = nights(GANGS, roles=None)
    _, having, _ = nights(GANGS)
    assert not [flow for _, _, flow in without.flows if flow in {role.arrested for role in Role}]
    for place in (NATION, 0, 1, 2):
        both = [counted(notes, "suspects_arrested", place) for notes in (without, having)]
        assert abs(both[0] - both[1]) <= 2
    names = {flow for _, _, flow in without.flows} - {"suspects_arrested"}
    assert {key: n for key, n in having.flows.items() if key[2] in names} == {
        key: n for key, n in without.flows.items() if key[2] in names
    }
    assert having.levels == without.levels


def test_callers_arrested_leave_the_pool_in_proportion_to_how_many_there_are() -> None:
    # A small pool, which raids reduce, so that fewer and fewer are found.
    pools = {**POOLS, "members": 2_000, "removed": {"home": "9 per year", "abroad": "0 per year"}}
    returns = {"kind": "returns", "window": ["2022-02-02", None], "intensity": "5 per year", "members": 0.4}
    home = {"measures.home": {**returns, "arrested": 0.25}, "measures.homecoming": None}
    leaders = {"dens.ringleaders": {"share": 0.0, "at_raid": 0.0, "per_lead": "0 per year"}}
    night, notes, first = nights({"pools": pools}, **home, **leaders)
    h, n0, regions = 1 / YEAR, 2_000, night.common.spec.dens.regions
    campaigns = [one for one in night.common.spec.measures.values() if one.kind == "den_campaign"]
    raids = 9 * (1 + sum(one.intensity * regions[one.region] for one in campaigns) / (1 - regions["overseas"]))
    start, home, abroad = 0.51 * n0, 0.51 * n0, 0.49 * n0
    stated, found, others_gone = 0.0, 0.0, 0.0
    for day in range(first, first + NIGHTS):
        callers = 0.5 * (solved(notes, day) * PER_CASE + campaigning(day))
        arrested = home * (1 - math.exp(-callers / start))
        stated, found = stated + callers, found + arrested
        if day > day_number(SINCE):
            room = 1 - (home + abroad) / (1.5 * n0)
            removed, left = home * (1 - math.exp(-raids * h)), home * (1 - math.exp(-0.25 * h))
            returned = abroad * (1 - math.exp(-5 * h))
            others_gone += removed + 0.25 * returned
            home += h * (1.9 * home * room + 0.3 * 0.03 * n0) - removed - left - arrested
            abroad += h * (1.9 * abroad * room + 0.7 * 0.03 * n0) + left - returned
        levels = [notes.levels[(day, NATION, name)] for name in ("gangs_home", "gangs_abroad")]
        assert levels == pytest.approx([home, abroad], rel=1e-9)
    assert home < 0.5 * start
    assert found < 0.8 * stated
    counts = {role: counted(notes, role.arrested) + counted(notes, role.arrested, NATION) for role in Role}
    assert abs(counts[Role.CALLERS] - found - others_gone) <= 6
    # The shares of the others are of those stated, whatever has become of the pool.
    assert abs(counts[Role.COURIERS] - 0.2 * stated / 0.5) <= 4


def test_callers_of_the_same_cases_are_more_where_the_pool_is_larger() -> None:
    found = []
    for size in (1.0, 0.5, 0.0):
        one = stock()
        one.home *= size
        found.append([one.arrest(900.0), one.arrest(300.0), one.arrested])
    start = 0.51 * 165_000
    assert found[0] == pytest.approx(
        [start * (1 - math.exp(-900 / start)), start * (math.exp(-900 / start) - math.exp(-1200 / start)), 1192.0],
        rel=1e-3,
    )
    assert [0.5 * one for one in found[0]] == pytest.approx(found[1])
    assert found[2] == [0.0, 0.0, 0.0]


def test_the_pool_loses_people_of_the_whole_country() -> None:
    scale = 0.05
    values = {"gangs": {"pools": {**POOLS, "members": 1_000}}, "aftermath.suspects.roles": SHARES}
    night, notes, first = night_of(scenario(scale=scale, **values))
    night.cases._arrests.of_nation(first, "suspects_campaigns", fixed(800 * scale))
    found = 510 * (1 - math.exp(-400 / 510))
    assert night.dens.stock.arrested == pytest.approx(found)
    assert abs(counted(notes, "callers_arrested", NATION) - found * scale) <= 1
    assert abs(counted(notes, "couriers_arrested", NATION) - 160 * scale) <= 1
