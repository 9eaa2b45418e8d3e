"""Loading: what extends what, what is set over it, where each value came from, and what comes out whole."""

import os
import pickle
import signal
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import PlainSerializer

from sim.scenario import Scenario, ScenarioError, ScenarioModel, load_scenario
from sim.scenario.guide import json_schema
from sim.scenario.keys import written
from sim.scenario.levers import show_lines
from sim.scenario.load import validate
from sim.scenario.reading import bundled_scenarios
from sim.scenario.resolved import Source
from tests.scenario.bundled import NAMES, bundled

SMALL = Path(__file__).parent / "invalid" / "base" / "small.yaml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "small.yaml").write_bytes(SMALL.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(folder: Path, text: str, overrides: dict[str, str] | None = None, **arguments: object) -> Scenario:
    (folder / "own.yaml").write_text("extends: small.yaml\n" + text, encoding="utf-8")
    return load_scenario("own.yaml", overrides, **arguments)


# what extends what


def test_maps_merge_lists_replace_null_removes(folder: Path) -> None:
    text = """\
desks: {call: {answered: 0.5}}
figures: []
measures:
  law: null
  holds: {kind: bank_hold, window: [2022-01-01, null], intensity: 0.1}
"""
    spec, base = load(folder, text).spec, load_scenario("small.yaml").spec
    assert spec.desks.call.answered == 0.5
    assert spec.desks.call.staff == base.desks.call.staff
    assert spec.figures == []
    assert list(spec.measures) == ["cluster-campaigns", "warning-central", "holds"]


def test_a_chain_of_files(folder: Path) -> None:
    load(folder, "seed: 1\nscale: 0.5\n")
    (folder / "last.yaml").write_text("extends: own.yaml\nscale: 0.25\n", encoding="utf-8")
    scenario = load_scenario("last.yaml")
    assert (scenario.spec.seed, scenario.spec.scale, scenario.spec.clock) == (1, 0.25, 1)


def test_another_distribution_replaces_the_base_s(folder: Path) -> None:
    spec = load(folder, "warning:\n  hop_delay: {exponential: {mean: 10 min}}\n").spec
    assert (spec.warning.hop_delay.kind, spec.warning.hop_delay.a) == (2, 600_000.0)
    spec = load(folder, "warning:\n  hop_delay: {lognormal: {sigma: 0.1}}\n").spec
    assert (spec.warning.hop_delay.a, spec.warning.hop_delay.b) == (480_000.0, 0.1)


def test_a_plain_value_over_a_full_form_loses_the_origin(folder: Path) -> None:
    load(folder, "cards:\n  flag_share: {value: 0.02, origin: assumed, range: [0.01, 0.05], basis: a guess}\n")
    (folder / "last.yaml").write_text("extends: own.yaml\ncards: {flag_share: 0.9}\n", encoding="utf-8")
    scenario = load_scenario("last.yaml")
    assert scenario.resolved["cards"]["flag_share"] == 0.9
    assert scenario.sources["cards.flag_share"] == Source("file", "last.yaml", 2, 21)


def test_extending_a_bundled_scenario_from_another_folder(folder: Path) -> None:
    (folder / "mine.yaml").write_text("extends: china-2022\nname: mine\nseed: 7\n", encoding="utf-8")
    scenario = load_scenario("mine.yaml")
    assert (scenario.name, scenario.spec.seed) == ("mine", 7)
    assert scenario.sources["period.start"].file == "china-2022.yaml"


def test_links_do_not_lead_outside(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "ages.csv").write_text("age,share\n0+,1\n", encoding="utf-8")
    (outside / "base.yaml").write_bytes(SMALL.read_bytes())
    os.symlink(outside / "ages.csv", folder / "ages.csv")
    os.symlink(outside / "base.yaml", folder / "base.yaml")
    with pytest.raises(ScenarioError, match=r"own.yaml:2:20: population.ages: 'ages.csv' is outside"):
        load(folder, "population: {ages: ages.csv}\n")
    (folder / "own.yaml").write_text("extends: base.yaml\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"own.yaml:1:10: extends: 'base.yaml' is outside"):
        load_scenario("own.yaml")


# tables


def test_a_table_in_a_csv_file(folder: Path) -> None:
    (folder / "tables").mkdir()
    (folder / "tables" / "ages.csv").write_text('age,share\n0-17,0.25\n"18+",0.75\n', encoding="utf-8")
    scenario = load(folder, "population: {ages: {value: tables/ages.csv, origin: reported, basis: a census}}\n")
    assert [(row.age, row.share) for row in scenario.spec.population.ages] == [("0-17", 0.25), ("18+", 0.75)]
    assert scenario.resolved["population"]["ages"]["value"][0] == {"age": "0-17", "share": 0.25}
    source = scenario.sources["population.ages.0.share"]
    assert (source.file, source.line, source.column) == ("tables/ages.csv", 2, 6)
    assert (source.origin, source.basis) == ("reported", "a census")


def test_a_table_of_the_extended_file_stands_beside_that_file(folder: Path) -> None:
    (folder / "below").mkdir()
    (folder / "below" / "ages.csv").write_text("age,share\n0+,1\n", encoding="utf-8")
    (folder / "below" / "small.yaml").write_bytes(SMALL.read_bytes())
    (folder / "below" / "base.yaml").write_text("extends: small.yaml\npopulation: {ages: ages.csv}\n", encoding="utf-8")
    (folder / "top.yaml").write_text("extends: below/base.yaml\n", encoding="utf-8")
    scenario = load_scenario("top.yaml")
    assert scenario.sources["population.ages.0.age"].file == "below/ages.csv"


# what is set over it


def test_layers_and_their_sources(folder: Path) -> None:
    scenario = load(
        folder,
        "seed: 1\nscale: 0.5\n",
        {"seed": "2", "warning.unread_wait": "3 h", "figures.0.role": "input", "measures.law": "null"},
        seed=3,
    )
    assert (scenario.spec.seed, scenario.spec.scale) == (3, 0.5)
    assert scenario.spec.warning.unread_wait == 10_800_000
    assert [figure.role for figure in scenario.spec.figures][:2] == ["input", "fitted"]
    assert "law" not in scenario.spec.measures
    where = {key: scenario.sources[key].where for key in ("seed", "scale", "warning.unread_wait", "figures.0.role")}
    assert where == {
        "seed": "argument",
        "scale": "own.yaml:3",
        "warning.unread_wait": "--set",
        "figures.0.role": "--set",
    }
    assert scenario.sources["figures.0.name"].where.startswith("small.yaml:")
    assert scenario.sources["cards.fixed_dead_share"].where == "default"


def test_a_full_form_can_be_set(folder: Path) -> None:
    scenario = load(folder, "", {"cards.flag_share": "{value: 0.1, origin: assumed, range: [0, 0.2]}"})
    assert scenario.sources["cards.flag_share"] == Source("set", "--set", 1, 9, "assumed", (0.0, 0.2))


def test_mistakes_in_settings_are_all_told(folder: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(folder, "", {"sead": "1", "desks.call.anwered": "0.5", "measures.lew.window": "x", "clock": "[1"}, sclae=1)
    lines = str(caught.value).splitlines()
    assert [line.split(": ", 2)[:2] for line in lines] == [
        ["--set", "sead"],
        ["--set", "desks.call.anwered"],
        ["--set", "measures.lew"],
        ["--set", "clock"],
        ["sclae", "unknown key; did you mean 'scale'? allowed"],
    ]
    for line, near in zip(lines, ["seed", "answered", "law", None, "scale"], strict=True):
        assert near is None or f"did you mean '{near}'?" in line


def test_sources_point_at_the_lines_of_the_file(folder: Path) -> None:
    scenario = load_scenario("small.yaml")
    lines = SMALL.read_text(encoding="utf-8").splitlines()
    for key, text in [
        ("cards.idle_share", "0.3"),
        ("measures.law.deterrence", "0.05"),
        ("aftermath.filing.delay", "12 h"),
    ]:
        source = scenario.sources[key] if key in scenario.sources else scenario.sources[f"{key}.lognormal.median"]
        assert source.line is not None
        assert source.column is not None
        assert lines[source.line - 1][source.column - 1 :].startswith(text)


# what comes out


@pytest.mark.parametrize("name", NAMES)
def test_a_resolved_scenario_is_the_same_scenario(name: str, tmp_path: Path) -> None:
    scenario = bundled(name)
    (tmp_path / "again.yaml").write_text(scenario.yaml(), encoding="utf-8")
    again = load_scenario(str(tmp_path / "again.yaml"))
    assert again == scenario
    assert again.sha256 == scenario.sha256
    assert again.yaml() == scenario.yaml()


def test_the_hash_stands_for_results() -> None:
    scenario = load_scenario(str(SMALL))
    assert load_scenario(str(SMALL), record={"events": "all"}).sha256 == scenario.sha256
    assert load_scenario(str(SMALL), seed=1).sha256 != scenario.sha256
    assert load_scenario(str(SMALL), {"warning.unread_wait": "360 min"}).sha256 == scenario.sha256
    assert pickle.loads(pickle.dumps(scenario)) == scenario


def test_show_tells_where_each_value_came_from() -> None:
    lines = show_lines(load_scenario("china-2022", {"seed": "5"}))
    by_key = {key: (value, where, origin) for key, value, where, origin in lines}
    assert by_key["seed"] == ("5", "--set", "")
    value, where, origin = by_key["population.provinces"]
    assert (value, where) == ("31 rows", "china_provinces_2020.csv")
    assert origin.startswith("reported (")
    value, where, origin = by_key["population.internet.urban"]
    assert value == "0.829"
    assert where.startswith("china-2022.yaml:")
    assert origin.startswith("evidence [0.8, 0.85] (")
    assert len(by_key) == len(lines)


def test_every_bundled_scenario_asks_a_question() -> None:
    assert "china-2022" in NAMES
    for name, title in bundled_scenarios():
        assert title.endswith("?"), name
        assert bundled(name).spec.title == title
    assert validate("china-2022") == []


def test_the_json_schema_knows_every_section_and_the_full_form() -> None:
    schema = json_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    assert {"schema", "extends", "period", "fraud", "measures"} <= set(schema["properties"])
    share = schema["$defs"]["Cards"]["properties"]["flag_share"]["anyOf"]
    assert share[0] == {"type": "number", "minimum": 0, "maximum": 1}
    assert set(share[1]["properties"]) == {"value", "origin", "range", "shape", "fixed", "target", "basis"}
    assert schema["additionalProperties"] is False
    (measure,) = schema["properties"]["measures"]["anyOf"][0]["patternProperties"].values()
    assert {"type": "null"} in measure["anyOf"], "a variant may remove a measure"
    assert set(schema["then"]["required"]) == {
        name for name, field in ScenarioModel.model_fields.items() if field.is_required() and name != "schema_"
    } | {"schema"}


def test_an_interrupt_stays_an_interrupt_where_a_scenario_is_written() -> None:
    def stopped(_: int) -> str:
        signal.raise_signal(signal.SIGINT)
        return ""

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    try:
        with pytest.raises(KeyboardInterrupt):
            written(Annotated[int, PlainSerializer(stopped)], 1)
    finally:
        signal.signal(signal.SIGINT, before)
