"""Levers: every value in which two scenarios differ is found, by province too, and told as people read it."""

import copy
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from sim.language import speaking
from sim.scenario.keys import example, fields, kind_of, shape
from sim.scenario.levers import NO_LEVERS, Lever, gist, levers, run_as
from sim.scenario.reading import read_plain
from sim.scenario.resolved import HOW_IT_IS_RUN, plain
from sim.scenario.schema.measures import Measure
from tests.scenario.bundled import NAMES, bundled, resting_on


def rows(values: dict[str, str], base: str = "china-2022") -> dict[str, Lever]:
    found = levers(sim.load_scenario(base), sim.load_scenario(base, values))
    assert len({row.key for row in found}) == len(found)
    return {row.key: row for row in found}


def leaves(tree: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield where values stand; of a long list of numbers its ends, between which all are alike."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    if isinstance(tree, list) and len(tree) > 3 and not isinstance(tree[0], dict | list):
        items = [(0, tree[0]), (len(tree) - 1, tree[-1])]
    for key, inner in items:
        yield from leaves(inner, (*path, key))
    if not isinstance(tree, dict | list):
        yield path


@pytest.mark.slow
def test_no_value_can_differ_without_a_row() -> None:
    base = sim.load_scenario("tiny")
    values = plain(base.resolved)
    before = dataclasses.replace(base, resolved=values)
    how = {".".join(path) for path in HOW_IT_IS_RUN}
    seen = 0
    for path in leaves(values):
        other = holder = copy.copy(values)
        for part in path[:-1]:
            holder[part] = copy.copy(holder[part])
            holder = holder[part]
        old = holder[path[-1]]
        holder[path[-1]] = old + 1 if isinstance(old, int | float) and not isinstance(old, bool) else "another"
        after = dataclasses.replace(base, resolved=other)
        found, run = levers(before, after), run_as(before, after)
        key = ".".join(map(str, path))
        if path[0] in NO_LEVERS:
            assert (found, run) == ([], []), key
        elif key in how or path[0] == "period":
            assert found == []
            assert [row.key for row in run] == [key]
        else:
            assert run == []
            assert found, key
            assert all(row.base != row.other and row.name for row in found), key
            seen += 1
    assert seen > 900


def test_the_same_scenario_has_no_lever() -> None:
    one = sim.load_scenario("china-2022", {"figures": "[]", "engine": "reference", "name": "x"})
    assert levers(sim.load_scenario("china-2022"), one) == []
    assert run_as(sim.load_scenario("china-2022"), one) == []


def test_the_staff_of_a_province_is_told_where_the_base_has_none_by_province() -> None:
    found = rows({"desks.visit.by_province": '{"44": 1020}'})
    row = found.pop("desks.visit.by_province.44")
    assert (row.province, row.name) == (44, "staff of the visit desks in Guangdong")
    # 1,700 by population (126,012,510 of 1,409,778,724) and weight (1.15 of a mean of 1.0224).
    assert (row.base, row.other) == ("its share, 171 people", "1,020 people")
    assert not found


def test_within_a_province_each_value_has_its_row() -> None:
    base = sim.load_scenario("china-2022", {"desks.visit.by_province": '{"44": 1020, "11": {staff: 7}}'})
    shift = "{staff: 1020, shifts: [{weekdays: [1], start: '08:00', end: '09:00', share: 1}]}"
    other = sim.load_scenario("china-2022", {"desks.visit.by_province": f'{{"44": {shift}, "11": 8}}'})
    found = {row.key: row for row in levers(base, other)}
    assert list(found) == ["desks.visit.by_province.11.staff", "desks.visit.by_province.44.shifts"]
    assert found["desks.visit.by_province.11.staff"].told == "staff of the visit desks in Beijing: 7 people -> 8 people"
    added = found["desks.visit.by_province.44.shifts"]
    assert (added.base, added.other) == (None, "weekdays 1, start 08:00, end 09:00, share 100%")
    assert added.name == "shifts of the visit desks in Guangdong"


def test_a_weight_that_is_not_there_is_one() -> None:
    found = rows({"fraud.province_weights": '{"44": 1, "11": 2}'}, "tiny")
    assert [(row.province, row.base, row.other) for row in found.values()] == [(11, "1", "2")]
    assert found["fraud.province_weights.11"].name == "weight of attempts in Beijing"


def test_a_measure_that_is_added_or_taken_away_is_one_row_with_its_gist() -> None:
    weaker = "{kind: filter, channel: sms, intensity: -1, window: [2022-03-01, null], provinces: [44, 11]}"
    found = rows({"measures.weaker": weaker, "measures.law": "null"})
    assert list(found) == ["measures.law", "measures.weaker"]
    told = "filter, SMS, strength -1 d', in Guangdong, Beijing, from 2022-03-01"
    assert (found["measures.weaker"].base, found["measures.weaker"].other) == (None, told)
    assert found["measures.law"].other is None
    assert found["measures.law"].told.startswith("the measure law, removed: law, deterrence")


MEASURES = {kind_of(model): model for model in shape(Measure).models()}


@pytest.mark.parametrize("kind", sorted(filter(None, MEASURES)))
def test_the_gist_of_every_measure_is_translated(kind: str) -> None:
    model = MEASURES[kind]
    needed = [name for name, info in fields(model).items() if info.is_required()]
    value = read_plain("{" + ", ".join(f"{name}: {example(model, name)}" for name in needed) + "}")
    english = gist(value, {})
    with speaking("zh"):
        chinese = gist(value, {})
    assert re.findall("[a-z]{2,}", english)
    # Rates and durations stand as a scenario gives them.
    assert re.findall("[a-z]{2,}", chinese.replace("per year", "")) == [], chinese


def test_months_and_pools_are_named_in_the_language_that_is_spoken() -> None:
    pooled = {"population.pool": "country", "scale": "0.005"}
    policy = {**pooled, "fraud.months.3": "2", "desks.visit.by_province.11": "9"}
    one, other = sim.load_scenario("china-2022", pooled), sim.load_scenario("china-2022", policy)
    assert [row.name for row in levers(one, other)] == ["fraud: months, April", "staff of the visit desks in country"]
    with speaking("zh"):
        month, pool = (row.name for row in levers(one, other))
    assert month.endswith("四月")
    assert pool.startswith("全国")


def test_a_measure_of_another_kind_is_another_measure() -> None:
    kinds = ("{kind: bank_hold, window: [2022-12-01, null], intensity: 0.5}",)
    kinds += ("{kind: real_name, window: [2022-12-01, null], replacement_factor: 1.5}",)
    (row,) = levers(*(sim.load_scenario("china-2022", {"measures.x": kind}) for kind in kinds))
    assert row.base == "bank hold, strength 50%, from 2022-12-01"
    assert row.other == "real name, replacement factor 1.5 times, from 2022-12-01"


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("warning.tiers.red.deadline", "1 h", "deadline of the red tier: 1 d -> 1 h"),
        ("warning.tiers.red.first", "call", "first step of the red tier: call, visit -> call"),
        ("warning.tiers.red.tries.call", "5", "tries of the red tier, call: 3 -> 5"),
        ("measures.law.window", "[2022-01-01, null]", "the measure law: from 2022-12-01 -> from 2022-01-01"),
        ("measures.warning-local.coverage", "0.5", "seen of the measure warning-local: "),
        ("measures.block-apps.intensity", "0.5", "strength of the measure block-apps: 80% -> 50%"),
        ("fraud.months.3", "2", "fraud: months, April: 1.02 -> 2"),
        ("fraud.weekdays.6", "2", "fraud: weekdays, Sunday: 0.126 -> 2"),
        ("population.internet.age_factor.1", "1", "population: internet, age factor, 18-30: 1.18 times -> 1 times"),
        ("fraud.half_hours.call.17", "9", "fraud: half hours, call, 08:30: 3.4 -> 9"),
        ("costs.wage.call", "80", "costs: wage, call: 60 yuan -> 80 yuan"),
        ("desks.call.lends", "on", "lending of free officers of the call desks: off -> on"),
        ("warning.hop_delay", "{exponential: {mean: 9 min}}", "hop delay: "),
        ("desks.visit.refused", "0.2", "refusals of the visit desks: 10% -> 20%"),
        ("desks.visit.way", "9 min", "way to the door of the visit desks: lognormal: median 25 min, sigma 0.6 -> "),
        ("warning.tiers.red.again", "{after: 3 h}", "second visit of the red tier, added: after: constant 3 h"),
        (
            "warning.tiers.blue.by_age",
            "[{ages: [60, 75], first: call}]",
            "rules by age of the blue tier, added: first step call, for people of 60 to 75",
        ),
        ("measures.videos-2022.ages", "[60, null]", "measure videos-2022, added: for people of 60 and over"),
        ("desks.call.growth", "null", "call desks, removed: ramp: midpoint "),
        ("costs", "null", "costs, removed: "),
    ],
)  # fmt: skip
def test_values_are_told_as_people_read_them(key: str, value: str, told: str) -> None:
    (row,) = rows({key: value}).values()
    assert row.key == key
    assert told in row.told
    assert told.endswith(" ") or row.told.endswith(told)


def test_rows_of_tables_are_told_by_what_names_them(tmp_path: Path) -> None:
    base = sim.load_scenario("tiny")
    table = [dict(row) for row in plain(base.resolved)["population"]["provinces"]]
    table[1]["population"] += 1000
    changed = sim.load_scenario("tiny", **{"population.provinces": table})
    (row,) = levers(base, changed)
    assert (row.key, row.province) == ("population.provinces.44.population", 44)
    assert row.told == "population: population in Guangdong: 12,000 people -> 13,000 people"


def test_how_a_scenario_is_run_is_told_apart() -> None:
    base = sim.load_scenario("china-2022")
    other = sim.load_scenario("phone-first", {"population.pool": "country", "scale": "0.005", "seed": "4"})
    assert [row.key for row in levers(base, other)] == ["warning.tiers.red.first"]
    assert [(row.key, row.base, row.other) for row in run_as(base, other)] == [
        ("seed", "20221130", "4"),
        ("scale", "1", "0.005"),
        ("population.pool", "none", "country"),
    ]


@pytest.mark.slow
def test_every_bundled_scenario_is_told_from_the_flagship() -> None:
    base = bundled("china-2022")
    for name in NAMES:
        other = bundled(name)
        assert bool(levers(base, other)) == (name != "china-2022"), name
        there, back = ([row.key for row in levers(*pair)] for pair in ((base, other), (other, base)))
        assert sorted(there) == sorted(back), name
        # Rows of tables stand in the order of the scenario that has them.
        assert there == back or name not in resting_on("china-2022") - {"tiny"}


def test_rows_are_asked_for_of_names_folders_and_runs_and_make_a_table(tmp_path: Path) -> None:
    short = {"period": "{start: 2022-01-25, end: 2022-01-25, warmup: 0 d}"}
    one = sim.run(sim.load_scenario("tiny", short), tmp_path / "one")
    two = sim.run(sim.load_scenario("tiny", {**short, "desks.visit.staff": "30"}), tmp_path / "two")
    (row,) = sim.diff(one, two)
    assert sim.diff(one.path, str(two.path)) == [row]
    assert sim.diff("tiny", sim.load_scenario("tiny", {"desks.visit.staff": "30"})) == [row]
    frame = pd.DataFrame(sim.diff(one, two))
    assert list(frame.columns) == ["key", "province", "base", "other", "name"]
    assert frame.loc[0, "other"] == "30 people"
