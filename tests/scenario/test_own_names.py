"""Regions of dens, groups of people and channels have names of the scenario's own: their names change no result."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.language import said, speaking, telling_in
from sim.report.page import page
from sim.scenario import Scenario, ScenarioError, changed, load_scenario
from sim.scenario.bounds import MOST_REGIONS, MOST_SEGMENTS
from sim.scenario.reading import to_yaml
from sim.scenario.resolved import plain
from sim.scenario.schema.layers import Hazard
from tests.engines.small import TWO_DAYS
from tests.equality.both import ENGINES, assert_equal
from tests.slots import TINY

RENAMED = {
    **{"east": "coast", "south": "New Land", "elsewhere": "hills", "overseas": "abroad"},
    **{"schools": "pupils", "enterprises": "at work", "rural_areas": "farms", "communities": "others"},
}
CHANNELS = {"call": "phone", "sms": "text message", "online": "messenger", "app": "bank app", "visit": "home visit"}


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Return a value of a scenario with other names, as keys and as values."""
    if isinstance(value, dict):
        return {names.get(key, key): renamed(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, names) for inner in value]
    return names.get(value, value) if isinstance(value, str) else value


def own(folder: Path, values: Mapping[str, Any]) -> Scenario:
    """Return a scenario of its own: a file that extends nothing."""
    file = folder / "own.yaml"
    file.write_text(to_yaml(dict(values)), encoding="utf-8")
    return load_scenario(str(file))


def short(**values: Any) -> dict[str, Any]:
    """Return the plain values of ``tiny``, cut short, around the day on which dens abroad are raided."""
    return dict(plain(load_scenario("tiny", period=TWO_DAYS, **TINY, **values).resolved))


def test_other_names_are_another_scenario_with_the_same_results(tmp_path: Path) -> None:
    values = short()
    values["measures"]["talks"] = {
        **{"kind": "activities", "window": ["2022-01-01", "2022-02-01"], "count": 400, "people": 50},
        "segments": {"schools": 0.7, "communities": 0.3},
    }
    one, more = own(tmp_path, values), renamed(values, RENAMED)
    more["measures"]["talks"]["segments"] = {"others": 0.3, "pupils": 0.7}  # what is named stands in any order
    other = own(tmp_path, {**more, "channels": CHANNELS})
    assert other.spec.population.occupation.segments == ("pupils", "at work", "farms", "others")
    assert list(other.spec.dens.hazard.by_region) == ["coast", "New Land", "hills", "abroad"]
    assert one.sha256 != other.sha256
    first, second = sim.run(one, tmp_path / "one", events="all"), sim.run(other, tmp_path / "other", events="all")
    assert first.manifest["totals"] == second.manifest["totals"]
    for table in ("attempts", "flows", "state", "alerts", "events"):
        assert getattr(first, table).equals(getattr(second, table)), table


def test_people_are_told_by_the_names_of_their_groups(tmp_path: Path) -> None:
    people = sim.people(own(tmp_path, renamed(short(), RENAMED)), n=2000)
    assert list(people["segment"].cat.categories) == ["pupils", "at work", "farms", "others"]
    assert (people["segment"] == "at work").mean() > 0.2


@pytest.mark.slow
@pytest.mark.parametrize(("regions", "segments"), [(1, 1), (MOST_REGIONS, MOST_SEGMENTS)])
def test_both_engines_take_one_name_and_the_most(regions: int, segments: int, tmp_path: Path) -> None:
    values, most = short(), range(max(regions, segments))
    dens, occupation = values["dens"], values["population"]["occupation"]
    for home in ("urban", "rural"):
        occupation[home] = {f"group {at}": [1.0 / segments] * 4 for at in most[:segments]}
    fixed = {key: dens["hazard"][key] for key in Hazard.model_fields if key in dens["hazard"]}
    names = [f"region {at}" for at in most[:regions]]
    dens |= {
        "regions": dict.fromkeys(names, 1.0 / regions),
        "displaced_to": {names[-1]: 1.0},
        "displaced": 1.0,
        "hazard": {**fixed, **dict.fromkeys(names, "60 per year")},
    }
    values["measures"] = {
        name: {**measure, "region": names[0]} if measure["kind"] == "den_campaign" else measure
        for name, measure in values["measures"].items()
        if measure["kind"] != "activities"
    }
    scenario = own(tmp_path, values)
    assert_equal(*(sim.run(changed(scenario, {"engine": one}), tmp_path / one, events="all") for one in ENGINES))


@pytest.mark.parametrize(
    ("key", "most"), [("dens.regions", MOST_REGIONS), ("population.occupation.urban", MOST_SEGMENTS)]
)
def test_there_are_not_more_names_than_can_be_counted(key: str, most: int) -> None:
    share = "0" if key == "dens.regions" else "[0, 0, 0, 0]"
    more = {f"{key}.more{at}": share for at in range(most)}
    with pytest.raises(ScenarioError, match=f"{key}: has {most + 4} entries; must have at most {most}"):
        load_scenario("tiny", more)


def test_a_repatriation_is_from_the_region_that_it_names_and_else_from_the_last(tmp_path: Path) -> None:
    def brought_home(name: str, **given: str) -> int:
        quiet = {f"dens.hazard.{region}": "0 per year" for region in ("east", "south", "elsewhere", "overseas")}
        values = {**quiet, "dens.hazard.per_lead": "0 per year", "measures.homecoming.dens": 60, **given}
        run = sim.run(load_scenario("tiny", period=TWO_DAYS, **{**TINY, **values}), tmp_path / name)
        return int(run.totals["dens_destroyed"])

    regions = load_scenario("tiny").spec.dens.regions
    found = {region: brought_home(region, **{"measures.homecoming.region": region}) for region in regions}
    assert sum(found.values()) == 60
    assert len(set(found.values())) > 1
    assert brought_home("unnamed") == found["overseas"] != found["east"]


def test_channels_are_told_by_their_names_wherever_one_stands_by_itself(tmp_path: Path) -> None:
    scenario = own(tmp_path, {**short(), "channels": CHANNELS})
    html = page([[sim.run(scenario, tmp_path / "run")]])
    for name in ("phone", "text message", "messenger", "bank app", "home visit"):
        assert name in html
    assert ">online<" not in html
    with telling_in(scenario.spec.terms), speaking("fr"):
        assert [said(text) for text in ("SMS", "calls", "call")] == ["texto", "phone", "phone"]
        assert said("SMS intercepted") == "SMS interceptés"
    with telling_in(load_scenario("tiny").spec.terms), speaking("fr"):
        assert said("SMS") == "SMS"


def test_a_name_of_a_channel_makes_no_difference_to_a_run_or_to_what_is_stored_of_it() -> None:
    from sim.reading.intervals import policy_digest

    one, other = (load_scenario("china-2022", given) for given in ({}, {"channels.online": "messenger"}))
    assert policy_digest(one) == policy_digest(other)
    assert sim.diff(one, other) == []


def test_a_layer_without_dens_raids_no_region(tmp_path: Path) -> None:
    from sim.experiments.attribute import without

    off = without(own(tmp_path, renamed(short(), RENAMED)), ["dens"])
    assert set(off.spec.dens.hazard.by_region.values()) == {0.0}
    assert off.spec.dens.hazard.per_lead == 0.0


def test_a_policy_begins_with_a_campaign_in_a_region_that_there_is(tmp_path: Path) -> None:
    from sim.scenario.guide import starter_text

    text = starter_text("policy", "own.yaml", own(tmp_path, renamed(short(), RENAMED)), "schema.json")
    assert "kind: den_campaign" in text
    assert "region: coast" in text
