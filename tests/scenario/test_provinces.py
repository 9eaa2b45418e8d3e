"""Wherever a scenario or an option has the code of a province, its name does as well, and means the same."""

from pathlib import Path

import pytest

from sim.experiments.parameters import DesignError
from sim.experiments.sensitivity import planned as planned_sensitivity
from sim.experiments.sweep import planned
from sim.scenario import Scenario, ScenarioError, changed, load_scenario
from sim.scenario.load import value_at
from sim.scenario.provinces import ProvinceError, code_of
from sim.scenario.resolved import plain

NAMES = {14: "Shanxi", 15: "Inner Mongolia", 44: "Guangdong", 61: "Shaanxi"}

EVERYWHERE = """\
schema: 1
name: everywhere
title: Where does a scenario name a province?
extends: china-2022
fraud:
  province_weights: {GUANGDONG: 2.0}
  surges:
    spring: {window: [2022-03-01, 2022-03-31], factor: 1.5, provinces: [GUANGDONG, MONGOLIA]}
desks:
  province_weights: {GUANGDONG: 1.5}
  call: {by_province: {MONGOLIA: 40}}
  visit:
    by_province:
      GUANGDONG: {staff: 1000, growth: {steps: [{from: 2022-02-01, factor: 2.0}]}}
measures:
  banks: {kind: bank_hold, window: [2022-03-01, null], intensity: 0.1, provinces: [GUANGDONG]}
  warning-local: {province_weights: {GUANGDONG: 1.1}}
evidence:
  - {name: local_alerts_share.GUANGDONG, range: [0, 1], basis: a test}
sweep: {vary: {desks.visit.by_province.GUANGDONG.staff: [500, 1000]}}
calibration:
  parameters: [desks.visit.by_province.GUANGDONG.staff]
  evidence: [local_alerts_share.GUANGDONG]
  draws: null
"""


def written(folder: Path, text: str, name: str = "written.yaml") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def mistakes(name: str, *settings: tuple[str, str]) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(name, dict(settings))
    return [f"{m.place.line}:{m.place.column}: {m.key}: {m.message}" for m in caught.value.mistakes]


@pytest.mark.parametrize(
    "text", ["Inner Mongolia", "inner-mongolia", "INNER_MONGOLIA", "InnerMongolia", "15", "015", 15]
)
def test_a_name_is_taken_however_it_is_written(text: str | int) -> None:
    assert code_of(text, NAMES) == 15


def test_what_is_no_province_is_told_with_the_names_most_like_it() -> None:
    with pytest.raises(
        ProvinceError, match=r"'Shansi' is not a province; did you mean 'Shanxi' \(14\) or 'Shaanxi' \(61\)"
    ):
        code_of("Shansi", NAMES)
    with pytest.raises(ProvinceError, match="99 is not a province; use a name or code of"):
        code_of(99, NAMES)
    with pytest.raises(ProvinceError, match="is the name of 2 provinces; use a code: 1 or 2"):
        code_of("twin", {1: "Twin", 2: "twin"})


@pytest.mark.parametrize(("guangdong", "mongolia"), [("Guangdong", "Inner Mongolia"), ("guang-dong", "inner-mongolia")])
def test_names_and_codes_make_the_same_scenario(tmp_path: Path, guangdong: str, mongolia: str) -> None:
    by_code = EVERYWHERE.replace("GUANGDONG", "44").replace("MONGOLIA", "15")
    by_name = EVERYWHERE.replace("GUANGDONG", guangdong).replace("MONGOLIA", mongolia)
    codes, names = (load_scenario(written(tmp_path, text)) for text in (by_code, by_name))
    assert names.resolved == codes.resolved
    assert names.sha256 == codes.sha256


def test_a_name_in_one_file_is_the_code_of_another(tmp_path: Path) -> None:
    base = EVERYWHERE.replace("GUANGDONG", "44").replace("MONGOLIA", "15")
    written(tmp_path, base, "base.yaml")
    over = "schema: 1\nname: over\ntitle: Over\nextends: base.yaml\n"
    over += "desks: {visit: {by_province: {Guangdong: {staff: 7}}}}\n"
    own = load_scenario(written(tmp_path, over)).spec.desks.visit.by_province
    assert list(own) == ["44"]
    assert (own["44"].staff, own["44"].growth.steps[0].factor) == (7.0, 2.0)
    gone = over.replace("{staff: 7}", "null")
    assert load_scenario(written(tmp_path, gone)).spec.desks.visit.by_province == {}


def test_names_of_the_base_are_those_of_its_own_table(tmp_path: Path) -> None:
    written(tmp_path, EVERYWHERE.replace("GUANGDONG", "Guangdong").replace("MONGOLIA", "Tibet"), "base.yaml")
    rows = "[{code: 44, name: Canton, region: south, population: 1000, share_0_14: 18.85, share_15_59: 68.8, "
    rows += "share_60_plus: 12.35, share_65_plus: 8.58, share_urban: 74.15, men_per_100_women: 113.08}]"
    over = f"schema: 1\nname: over\ntitle: Over\nextends: base.yaml\npopulation: {{provinces: {rows}}}\n"
    over += "desks: {visit: {by_province: {canton: {staff: 7}}}}\n"
    lines = mistakes(written(tmp_path, over))
    assert "8:84: fraud.surges.spring.provinces.1: 54 is not a province" in lines
    assert not any("44" in line.partition(": ")[2] or "canton" in line for line in lines)


def test_a_setting_takes_names() -> None:
    typed = {"desks.visit.by_province.Guangdong.staff": "1000", "desks.call.by_province.inner mongolia": "50"}
    coded = {"desks.visit.by_province.44.staff": "1000", "desks.call.by_province.15": "50"}
    assert load_scenario("china-2022", typed).resolved == load_scenario("china-2022", coded).resolved


def test_every_unknown_province_is_told_beside_other_mistakes(tmp_path: Path) -> None:
    text = EVERYWHERE.replace("GUANGDONG", "Guangdnog").replace("MONGOLIA", "15").replace("factor: 1.5", "factor: many")
    lines = mistakes(written(tmp_path, text))
    unknown = [line.split(": ")[1] for line in lines if "'Guangdnog' is not a province" in line]
    assert unknown == [
        "fraud.province_weights.Guangdnog",
        "fraud.surges.spring.provinces.0",
        "desks.province_weights.Guangdnog",
        "desks.visit.by_province.Guangdnog",
        "measures.banks.provinces.0",
        "measures.warning-local.province_weights.Guangdnog",
        "evidence.0.name",
        "calibration.evidence.0",
    ]
    assert [line for line in lines if "factor" in line] == ["8:56: fraud.surges.spring.factor: 'many' is not a number"]
    assert len(lines) == len(unknown) + 1


def test_a_province_that_is_given_twice_is_told(tmp_path: Path) -> None:
    text = EVERYWHERE.replace("{MONGOLIA: 40}", "{44: 40, Guangdong: 50}").replace("GUANGDONG", "44")
    text = text.replace("MONGOLIA", "15")
    (line,) = mistakes(written(tmp_path, text))
    assert line == "11:32: desks.call.by_province.Guangdong: names '44' a second time"


@pytest.fixture(scope="module")
def desks() -> Scenario:
    return load_scenario(
        "china-2022", {"desks.visit.by_province.44.staff": "{value: 900, range: [500, 2000], origin: assumed}"}
    )


def test_what_is_varied_takes_names(desks: Scenario) -> None:
    named, coded = "desks.visit.by_province.Guangdong.staff", "desks.visit.by_province.44.staff"
    assert [axis.key for axis in planned(desks, {named: [600, 700]}, None, None).axes] == [coded]
    with pytest.raises(DesignError, match="is varied twice"):
        planned(desks, {named: [600], coded: [700]}, None, None)
    screening = planned_sensitivity(desks, [named], "morris", 4, ["victims"])
    assert [one.key for one in screening.parameters] == [coded]


def test_a_changed_scenario_takes_names(desks: Scenario) -> None:
    moved = changed(
        desks, {"desks.visit.by_province.guangdong.staff": 800.0, "measures.real-name.provinces": ["Tibet", 44]}
    )
    assert plain(value_at(moved.resolved, "desks.visit.by_province.44.staff")) == 800.0
    assert moved.spec.measures["real-name"].provinces == [54, 44]
