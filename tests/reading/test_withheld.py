"""Costs are withheld where rounding to seats has changed the staff by over a tenth, and what gives them is told."""

import re

import pytest

import sim
from sim.experiments.design import DesignError, demand_quantities
from sim.experiments.sparing import why_withheld
from sim.reading.check import check_run
from sim.reading.costs import COST, TOTAL
from sim.reading.outcomes import quantities
from sim.scenario import changed
from sim.store.withheld import TENTH, change_withheld, rounded_change, rounded_desks, run_withheld
from sim.told.terminal import cost_table

DAY = "{start: 2022-01-24, end: 2022-01-25, warmup: 0 d}"


def at(scale: float, pool: str = "none", name: str = "china-2022", **settings: str) -> sim.Scenario:
    return sim.load_scenario(name, {"scale": str(scale), "population.pool": pool, **settings})


@pytest.mark.parametrize(
    ("scale", "pool", "desks"),
    [
        (0.005, "none", ["call", "visit"]),
        (0.05, "none", ["call", "visit"]),
        (0.1, "none", ["visit"]),
        (1.0, "none", []),
        (0.01, "regions", ["call", "visit"]),
        (0.001, "country", ["call", "visit"]),
        (0.005, "country", []),
    ],
)
def test_rounding_is_measured_by_staff_time(scale: float, pool: str, desks: list[str]) -> None:
    spec = at(scale, pool).spec
    found = rounded_desks(spec)
    assert list(found) == desks
    assert all(abs(times - 1.0) > TENTH for times in found.values())
    assert bool(run_withheld(spec)) == bool(desks)


def test_what_is_offered_gives_costs() -> None:
    told = run_withheld(at(0.005).spec)
    assert told.startswith(
        "Costs are withheld: at scale 0.005, rounding to whole seats gives the call desks 4.22 times, "
    )
    assert "--pool country" in told
    told = run_withheld(at(0.001, "country").spec)
    (scale,) = re.findall(r"--scale (\S+) or larger", told)
    assert not run_withheld(at(float(scale), "country").spec)


def test_a_whole_country_has_the_seats_it_has() -> None:
    few = {"desks.visit.staff": "0.2", "desks.call.staff": "0.2"}
    assert rounded_desks(sim.load_scenario("tiny", few).spec) == {}


def test_a_difference_that_is_mostly_rounding_is_withheld() -> None:
    base, more, twice = (
        at(0.005, "country", **{"desks.visit.staff": staff}).spec for staff in ("4800", "5000", "9600")
    )
    assert rounded_desks(base) == rounded_desks(more) == {}
    assert rounded_change(base, more) == ["visit"]
    assert rounded_change(base, twice) == rounded_change(base, base) == []
    told = change_withheld(base, more)
    assert told.startswith("Cost differences are withheld: at scale 0.005, ")
    (scale,) = re.findall(r"--scale (\S+) or larger", told)
    assert not change_withheld(*(one.model_copy(update={"scale": float(scale)}) for one in (base, more)))


def test_without_prices_nothing_is_withheld() -> None:
    assert run_withheld(at(0.005, costs="null").spec) == ""
    assert change_withheld(at(0.005, costs="null").spec, at(0.005).spec) == ""


@pytest.fixture(scope="module")
def rounded(tmp_path_factory: pytest.TempPathFactory) -> list[sim.Run]:
    """Runs of a thirtieth of tiny, whose desks are rounded up, with its officers and with twice as many."""
    place = tmp_path_factory.mktemp("rounded")
    scenarios = (at(0.03, name="tiny", period=DAY, **{"desks.visit.staff": staff}) for staff in ("30", "300"))
    return [sim.run(one, place / str(number), workers=1) for number, one in enumerate(scenarios)]


def test_a_run_tells_no_cost_of_rounded_staff_and_says_why(rounded: list[sim.Run]) -> None:
    totals, scenario = rounded[0].manifest["totals"], rounded[0].scenario
    desks = set(rounded_desks(scenario.spec))
    assert desks
    for desk in desks:
        assert totals[COST][f"desk_{desk}"] is totals[COST][f"false_alarm_{desk}"] is None
    assert totals[COST][TOTAL] is totals["cost_per_saved"] is totals["cost_per_prevented_money"] is None
    assert totals[COST]["videos"] is not None
    assert run_withheld(scenario.spec) in rounded[0].manifest["warnings"]
    assert all(finding.passed for finding in check_run(rounded[0].path))
    assert f"{COST}.{TOTAL}" not in quantities(rounded[0])
    table = cost_table(totals)
    assert table is not None
    assert [row[1] for row in table.rows if row[0] in ("total", "per person stopped before a payment")] == [
        "withheld"
    ] * 2


def test_a_comparison_tells_none_either(rounded: list[sim.Run]) -> None:
    rows = sim.compare(rounded).set_index("quantity")
    assert f"{COST}.{TOTAL}" not in rows.index
    assert rows.loc["cost_per_victim_spared", "withheld"] == "staff_rounded"
    assert rows.loc[["cost_per_victim_spared", "cost_per_money_spared"], "ratio"].isna().all()
    assert rows["withheld"].dropna().unique().tolist() == ["staff_rounded"]


def test_why_a_ratio_is_withheld() -> None:
    tiny = sim.load_scenario("tiny")
    more, hold = (
        changed(tiny, {"desks.visit.staff": 60}),
        sim.load_scenario("tiny", {"measures.h": "{kind: bank_hold, window: [2022-01-24, null], intensity: 0.1}"}),
    )
    assert [why_withheld(tiny, other) for other in (tiny, more, hold)] == [None, None, "not_priced"]
    assert why_withheld(at(0.005), at(0.005, **{"interception.sms.threshold": "3"})) == "staff_rounded"


def test_a_sweep_is_not_asked_for_what_its_runs_withhold() -> None:
    with pytest.raises(
        DesignError, match=r"cost_money.total has no value at this scale. Costs are withheld: .* --pool country"
    ):
        demand_quantities(at(0.005), ["victims", "cost_money.total"])
    demand_quantities(at(0.005), ["victims", "cost_money.videos"])
    demand_quantities(at(0.005, "country"), ["cost_money.total"])
