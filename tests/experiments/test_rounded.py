"""Policies that rounding takes away are refused before anything runs, and told with what would keep them."""

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.base.days import day_number
from sim.country.provinces import Provinces
from sim.country.schedule import Schedule
from sim.experiments.design import DesignError
from sim.experiments.pairing import PairingError
from sim.experiments.rounded import STAFF_KEYS, alike, lost, unsaid, varied
from sim.experiments.sensitivity import planned as screened
from sim.experiments.sweep import planned
from sim.scenario import Scenario, changed, load_scenario
from tests.experiments.test_command import WEAK, Tocsin, tocsin

__all__ = ["tocsin"]

DAY = "period={start: 2022-06-01, end: 2022-06-01, warmup: 0 d}"
ALIKE = {
    "desks.province_weights": "null",
    "desks.call.staff": "5200",
    "desks.call.growth": "null",
    "desks.visit.staff": "4450",
    "desks.visit.growth": "null",
}
"""Staff that is the same on all days, shared out by people."""
SMALL = [
    "--scale",
    "0.001",
    "--set",
    DAY,
    *(part for key, value in ALIKE.items() for part in ("--set", f"{key}={value}")),
]


@pytest.fixture(scope="module")
def flagship() -> Scenario:
    return load_scenario("china-2022", {"period": DAY.partition("=")[2], **ALIKE}, scale=0.001)


def other(base: Scenario, **values: Any) -> Scenario:
    return changed(base, {key.replace("__", "."): value for key, value in values.items()})


def servers(scenario: Scenario, scale: float, pool: Any = "none") -> np.ndarray:
    spec = changed(scenario, {"scale": scale, "population.pool": pool}).spec
    return Schedule(spec, Provinces.of(spec)).servers(day_number(spec.period.start))


def smallest(one: Scenario, two: Scenario) -> float:
    """Return the smallest scale of two digits above a thousandth at which servers differ, scale by scale."""

    def on_duty(scenario: Scenario, scale: float) -> np.ndarray:
        spec = scenario.spec.model_copy(update={"scale": scale})
        return Schedule(spec, Provinces.of(spec)).servers(day_number(spec.period.start))

    scales = [round(digits * 10.0**power, 6) for power in (-4, -3, -2) for digits in range(10, 100)]
    return next(s for s in scales if s > 0.001 and not np.array_equal(on_duty(one, s), on_duty(two, s)))


def test_bundled_officers_are_told_apart_in_a_pooled_run() -> None:
    on_duty = [
        servers(load_scenario(name), 0.005, "country") for name in ("china-2022", "more-officers", "double-visits")
    ]
    assert all((one <= two).all() and (one < two).any() for one, two in pairwise(on_duty))


def test_keys_of_staff_are_those_of_the_schema() -> None:
    assert ("desks", "call", "staff") in STAFF_KEYS
    assert ("desks", "visit", "by_province") in STAFF_KEYS
    assert ("desks", "visit", "shifts") in STAFF_KEYS
    assert ("desks", "province_weights") in STAFF_KEYS
    assert not any(key[-1] in ("answered", "met", "visit", "short") for key in STAFF_KEYS)


# one key


def test_a_province_whose_officers_are_doubled_is_told_with_all_that_is_known_of_it(flagship: Scenario) -> None:
    doubled = other(flagship, desks__visit__by_province={"11": 138})
    gone = lost(flagship.spec, doubled.spec)
    assert gone is not None
    assert gone.key == "desks.visit.by_province.11"
    assert gone.message == (
        "138 instead of its share makes no difference at scale 0.001: "
        "0.138 and 0.0691 seats of the visit desk in Beijing both round to 1"
    )
    scale = smallest(flagship, doubled)
    assert gone.allowed == (
        f"use --scale {scale:g} (the smallest at which they differ) or --pool country --apart Beijing --scale {scale:g}"
    )
    apart = {"apart": ["Beijing"]}
    assert np.array_equal(servers(flagship, 0.001, apart), servers(doubled, 0.001, apart))
    assert not np.array_equal(servers(flagship, scale, apart), servers(doubled, scale, apart))


def test_the_mildest_pool_that_tells_them_apart_is_offered(flagship: Scenario) -> None:
    twice = other(flagship, desks__visit__staff=8900.0)
    gone = lost(flagship.spec, twice.spec)
    assert gone is not None
    assert gone.key == "desks.visit.staff"
    assert (
        gone.allowed
        == f"use --scale {smallest(flagship, twice):g} (the smallest at which they differ) or --pool regions"
    )
    assert not np.array_equal(servers(flagship, 0.001, "regions"), servers(twice, 0.001, "regions"))


def test_a_pool_that_needs_a_larger_scale_is_offered_with_it(flagship: Scenario) -> None:
    hardly = other(flagship, desks__visit__staff=4470.0)
    gone = lost(flagship.spec, hardly.spec)
    assert gone is not None
    pooled = float(gone.allowed.rpartition("--pool country --scale ")[2])
    assert np.array_equal(servers(flagship, 0.001, "country"), servers(hardly, 0.001, "country"))
    assert not np.array_equal(servers(flagship, pooled, "country"), servers(hardly, pooled, "country"))
    assert pooled < smallest(flagship, hardly)


def test_a_pool_that_cannot_be_is_offered_without_the_province_that_keeps_it_from_being(flagship: Scenario) -> None:
    holds = {"kind": "bank_hold", "window": ["2022-06-01", None], "intensity": 0.1, "provinces": [11]}
    base = other(flagship, measures={**flagship.resolved["measures"], "holds": holds})
    gone = lost(base.spec, other(base, desks__visit__staff=8900.0).spec)
    assert gone is not None
    assert gone.allowed.endswith(" or --pool country --apart Beijing")
    pooled = changed(flagship, {"population.pool": "country"})
    gone = lost(pooled.spec, other(pooled, desks__visit__staff=4451.0).spec)
    assert gone is not None
    assert "--pool" not in gone.allowed


def test_a_change_too_small_for_any_scale_says_so(flagship: Scenario) -> None:
    base = other(flagship, desks__visit__staff=4450.3, population__pool="country")
    gone = lost(base.spec, other(base, desks__visit__staff=4450.301).spec)
    assert gone is not None
    assert "4.450301 and 4.4503 seats of the visit desk in country both round to 4" in gone.message
    assert gone.allowed == "use a larger change: these differ at no scale"


def test_what_makes_a_difference_or_none_at_all_is_let_through(flagship: Scenario) -> None:
    assert lost(flagship.spec, flagship.spec) is None
    assert lost(flagship.spec, other(flagship, desks__visit__met=0.7).spec) is None
    assert lost(flagship.spec, other(flagship, desks__visit__staff=89000.0).spec) is None
    # The same staff, in two shifts where there was one: nothing that rounding took.
    first, *others = flagship.spec.desks.visit.model_dump(mode="json")["shifts"]
    day = [{**first, "start": "08:30", "end": "12:00"}, {**first, "start": "12:00", "end": "22:30"}]
    night = [{"weekdays": one["weekdays"], "share": one["share"]} for one in others]
    shifts = [*day, {**night[0], "start": "00:00", "end": "08:30"}, {**night[1], "start": "22:30", "end": "24:00"}]
    split = other(flagship, desks__visit__shifts=shifts)
    assert split.spec.desks != flagship.spec.desks
    assert lost(flagship.spec, split.spec) is None


def test_a_growth_that_has_ended_is_let_through_beside_other_staff() -> None:
    late = {"start": "2022-10-01", "end": "2022-11-30", "warmup": "0 d"}
    own = {"population.pool": "country", "desks.call.staff": "5200"}
    grown = load_scenario("china-2022", own, period=late, scale=0.005)
    level = other(grown, desks__call__growth=None)
    gone = lost(grown.spec, level.spec)
    assert gone is not None
    assert gone.key == "desks.call.growth"
    assert lost(grown.spec, other(level, desks__visit__staff=6000).spec) is None
    # In spring it has not ended.
    spring = {**late, "start": "2022-03-01", "end": "2022-04-30"}
    grown = load_scenario("china-2022", own, period=spring, scale=0.005)
    assert lost(grown.spec, other(grown, desks__call__growth=None).spec) is None


def test_each_key_is_looked_at_by_itself(flagship: Scenario) -> None:
    both = other(flagship, desks__call__staff=52000.0, desks__visit__staff=8900.0)
    gone = lost(flagship.spec, both.spec)
    assert gone is not None
    assert gone.key == "desks.visit.staff"
    weights = other(flagship, desks__province_weights={"11": 2.0, "12": 0.5})
    gone = lost(flagship.spec, weights.spec)
    assert gone is not None
    assert gone.key == "desks.province_weights.11"
    assert gone.message.startswith("2 instead of 1 makes no difference")


# comparisons

STAFF = load_scenario("china-2022").spec.desks.visit.staff
THIN = "0.002"
"""A scale at which regions tell the flagship's officers from twice as many, and provinces do not."""
DOUBLED = (
    rf"{2 * STAFF:g} instead of {STAFF:g} makes no difference at scale {re.escape(THIN)}: "
    r"0\.\d+ and 0\.\d+ seats of the visit desk in Guangdong both round to 1; "
    r"use --scale 0\.\d+ \(the smallest at which they differ\) or --pool regions"
)
"""What is said of twice as many officers: how many seats there are is the flagship's."""


def test_a_comparison_is_refused_before_anything_runs(tocsin: Tocsin, tmp_path: Path) -> None:
    code, out, err = tocsin("compare", "china-2022", "double-visits", "--scale", THIN, "--set", DAY)
    assert (code, out) == (2, "")
    start = "tocsin compare: double-visits does not differ from china-2022: desks.visit.staff: "
    assert re.fullmatch(f"{start}{DOUBLED}\n", err)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_comparison_that_says_what_a_pool_would_keep(tocsin: Tocsin) -> None:
    code, _, err = tocsin("compare", "china-2022", "double-visits", "--scale", "0.005", "--set", DAY, "--quiet")
    assert code == 0
    assert err.startswith("warning: At scale 0.005, 62 of 62 desks have fewer than 5 seats: ")
    assert " or --pool country.\n" in err
    assert f"warning: {DIFFERS}\n" in err
    code, _, err = tocsin("compare", "china-2022", "no-local", "--scale", "0.0002", "--set", DAY, "--quiet")
    assert code == 0
    assert err.startswith("warning: At scale 0.0002, 62 of 62 desks have fewer than 5 seats: ")
    assert DIFFERS not in err


def test_finished_runs_are_not_compared_either(flagship: Scenario, tmp_path: Path) -> None:
    runs = [
        sim.run(one, tmp_path / str(at)) for at, one in enumerate((flagship, other(flagship, desks__visit__staff=5000)))
    ]
    with pytest.raises(PairingError, match=r"desks.visit.staff: 5000 instead of 4450 makes no difference"):
        sim.compare(runs)


# a run of its own


FILES = {
    "one": 'extends: china-2022\ndesks:\n  visit:\n    by_province: {"11": 138}\n',
    "two": "extends: one.yaml\nscale: 0.001\ndesks: {visit: {met: 0.7}}\n",
    "three": 'extends: two.yaml\ndesks: {visit: {by_province: {"11": 9000}}}\n',
}


@pytest.fixture
def files(tocsin: Tocsin, tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """Run the command line in a folder of scenarios that extend each other."""
    for name, text in FILES.items():
        (tmp_path / f"{name}.yaml").write_text(f"schema: 1\nname: {name}\ntitle: {name}\n{text}", encoding="utf-8")
    return tocsin


BOTH_ONE = (
    "desks.visit.by_province.11: 138 instead of its share makes no difference at scale 0.001: 0.138 and 0.032 seats "
    "of the visit desk in Beijing both round to 1; use --scale 0.011 (the smallest at which they differ) or --pool "
    "country --apart Beijing --scale 0.011"
)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["one.yaml", "--scale", "0.001"], f"one.yaml:7:25: {BOTH_ONE}"),
        (["two.yaml"], f"one.yaml:7:25: {BOTH_ONE} (extended by two.yaml)"),
        (["china-2022", "--scale", "0.001", "--set", 'desks.visit.by_province={"11": 138}'], f"--set: {BOTH_ONE}"),
        (["china-2022", "--set", "scale=0.001", "--set", "desks.visit.by_province.11=138"], f"--set: {BOTH_ONE}"),
        (
            ["double-visits", "--scale", THIN],
            re.compile(rf"double-visits\.yaml:8:20: desks\.visit\.staff: {DOUBLED}\n"),
        ),
    ],
)
def test_a_run_whose_own_change_is_rounded_away_is_refused_at_its_line(
    files: Tocsin, tmp_path: Path, arguments: list[str], line: str | re.Pattern[str]
) -> None:
    before = sorted(tmp_path.iterdir())
    code, out, err = files("run", *arguments)
    assert (code, out) == (2, "")
    assert line.fullmatch(err) if isinstance(line, re.Pattern) else err == f"{line}\n"
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["one.yaml", "--scale", "0.0054", "--pool", "country"],
        ["one.yaml", "--scale", "0.05", "--pool", "country", "--apart", "Beijing"],
        ["three.yaml"],  # says more than what it extends, and what that says is no more
        ["one.yaml", "--scale", "0.001", "--set", 'desks.visit.by_province={"11": 9000}'],
        ["china-2022", "--scale", "0.00001"],
        ["tiny", "--scale", "0.1"],
        [WEAK, "--scale", "0.1", "--draw", "2"],
    ],
)
def test_a_run_whose_change_is_left_runs(files: Tocsin, arguments: list[str]) -> None:
    code, _, err = files("run", *arguments, "--set", DAY, "--quiet")
    assert code == 0, err


# sweeps and sensitivities


def test_a_sweep_over_values_that_are_one_is_refused(flagship: Scenario, tocsin: Tocsin, tmp_path: Path) -> None:
    line = (
        "4450 and 5000 have the same effect: desks.visit.staff: 5000 instead of 4450 makes no difference at scale "
        "0.001: 0.447 and 0.398 seats of the visit desk in Guangdong both round to 1; use --scale 0.0034 (the "
        "smallest at which they differ) or --pool regions"
    )
    code, out, err = tocsin("sweep", "china-2022", *SMALL, "--vary", "desks.visit.staff=4450,5000")
    assert (code, out, err) == (2, "", f"tocsin sweep: {line}\n")
    assert list(tmp_path.iterdir()) == []
    for kind, samples in (("sobol", 4), ("lhs", 3)):
        with pytest.raises(DesignError, match="4450 and 5000 have the same effect"):
            planned(flagship, {"desks.visit.staff": [4450, 5000], "desks.visit.met": [0.6, 0.9]}, kind, samples)
    # One value varies nothing, and other keys have nothing to do with rounding.
    planned(flagship, {"desks.visit.staff": [4450], "desks.visit.met": [0.8, 0.80001]}, None, None)


def test_values_of_a_sweep_that_are_one_are_told(tocsin: Tocsin) -> None:
    vary = ["--vary", "desks.visit.staff=4450,5000,19950,20000"]
    code, out, err = tocsin("sweep", "china-2022", *SMALL, *vary, "--json")
    assert code == 0
    lines = [line.removeprefix("warning: ") for line in err.splitlines()]
    assert [line.partition(" have the same effect: ")[0] for line in lines[:2]] == ["4450 and 5000", "19950 and 20000"]
    assert "desks have fewer than 5 seats" in lines[2]
    assert lines[-1] == DIFFERS
    assert json.loads(out)["warnings"] == [line.removeprefix("warning: ") for line in err.splitlines()]


def test_values_that_differ_at_some_scale_of_a_sweep_are_not_one(flagship: Scenario) -> None:
    staff = {"desks.visit.staff": (4450, 5000)}
    (only,) = alike(flagship, staff)
    assert only.all
    assert only.values == (4450, 5000)
    assert list(alike(flagship, {**staff, "scale": (0.001, 0.1)})) == []
    assert list(alike(flagship, {**staff, "population.pool": ("none", "country")})) == []
    assert [one.all for one in alike(flagship, {**staff, "scale": (0.001, 0.002)})] == [True]


def test_a_sensitivity_over_a_range_that_is_one_is_refused(flagship: Scenario) -> None:
    narrow = changed(
        flagship,
        {"desks.visit.staff": {"value": 4450, "origin": "assumed", "range": [4400, 4600], "basis": "narrow"}},
    )
    with pytest.raises(DesignError, match="4400 and 4600 have the same effect"):
        screened(narrow, ["desks.*"], "morris", 2, ("victims",))
    assert len(screened(flagship, ["desks.*"], "morris", 2, ("victims",)).parameters) > 2


DIFFERS = "Staff differs, but desks with few seats do not wait as the country's desks do."


def test_staff_that_differs_is_told_of_where_desks_are_thin(flagship: Scenario) -> None:
    assert DIFFERS not in unsaid([flagship.spec, other(flagship, desks__visit__met=0.7).spec])
    more = other(flagship, desks__visit__staff=89000)
    assert unsaid([flagship.spec, more.spec])[-1] == DIFFERS
    assert unsaid([changed(one, {"scale": 1.0}).spec for one in (flagship, more)]) == []
    # At scale 1 a small desk is the country's own.
    tiny = load_scenario("tiny")
    assert unsaid([tiny.spec, other(tiny, desks__visit__staff=9).spec]) == []
    pooled = [changed(one, {"population.pool": "country", "scale": 0.0005}).spec for one in (flagship, more)]
    thin, *_, last = unsaid(pooled)
    assert thin.startswith("At scale 0.0005, 2 of 2 desks have fewer than 5 seats: ")
    assert last == DIFFERS


def test_sizes_that_are_varied_are_looked_at(flagship: Scenario) -> None:
    staff = {"desks.visit.staff": (1, 2), "desks.visit.met": (0.1, 0.2)}
    assert len(varied(flagship, staff)) == 3
    specs = varied(flagship, {"scale": (0.5, 0.002), "population.pool": ("country",)})
    assert [spec.scale for spec in specs] == [flagship.spec.scale, 0.5, 0.002, flagship.spec.scale]
    # Of several sizes that one is told of which can say the least.
    assert unsaid(varied(flagship, {"scale": (1.0, 0.0004)}))[0].startswith("At scale 0.0004, 62 of 62 desks ")


def test_round_scales_rise_to_one(flagship: Scenario) -> None:
    from sim.experiments.rounded import _round_scales

    scales = list(_round_scales(0.0975))
    assert scales[:3] == [0.098, 0.099, 0.1]
    assert scales[-2:] == [0.99, 1.0]
    assert all(one < two for one, two in pairwise(scales))
    assert list(_round_scales(1.0)) == []
