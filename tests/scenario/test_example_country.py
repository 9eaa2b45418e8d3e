"""The example of another country: whole in three files, without a word of China, as near to its figures as it says."""

import re
from pathlib import Path

import pytest

import sim
from sim.reading.findings import about_measures
from sim.scenario import Scenario, load_scenario
from sim.scenario.reading import bundled_folder
from sim.store.columns import Scope
from tests.scenario.bundled import bundled

NAME = "example-country"
SCENARIO = f"{NAME}.yaml"
FILES = {SCENARIO, "example_ages.csv", "example_provinces.csv"}
OF_CHINA = ("china", "chinese", "yuan", "renminbi", "flagship", "ministry", "xinhua", "brushing")
"""Words that say of a text that it is about China, beside the names of its provinces."""


@pytest.fixture(scope="module")
def example() -> Scenario:
    return bundled(NAME)


def texts() -> dict[str, str]:
    """Return what the files of the example say, by name."""
    return {name: (bundled_folder() / name).read_text(encoding="utf-8") for name in FILES}


def test_it_is_whole_in_one_scenario_and_two_tables(tmp_path: Path, example: Scenario) -> None:
    own = texts()
    assert not re.search(r"^extends:", own[SCENARIO], re.MULTILINE)
    assert {path.name for path in bundled_folder().glob("example*")} == FILES
    for name, text in own.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    alone = load_scenario(str(tmp_path / SCENARIO))
    assert alone.sha256 == example.sha256
    assert {Path(source.file).name for source in alone.sources.values() if source.file} == FILES


def test_it_says_no_word_of_china(example: Scenario) -> None:
    china = bundled("china-2022").spec
    rows = china.population.provinces
    words = re.compile(rf"\b({'|'.join([*OF_CHINA, *(row.name for row in rows)])})", re.IGNORECASE)
    assert {name: words.findall(text) for name, text in texts().items()} == {name: [] for name in FILES}
    regions = {row.region for row in example.spec.population.provinces}
    assert not {*regions, *example.spec.dens.regions} & {*(row.region for row in rows), *china.dens.regions}
    assert {*example.spec.population.occupation.segments} != {*china.population.occupation.segments}


def test_every_value_says_where_it_comes_from(example: Scenario) -> None:
    sections = ("population", "fraud", "dens", "gangs", "cards", "interception", "sites", "engagement", "warning")
    silent = []
    for key, source in example.sources.items():
        if key.split(".")[0] in (*sections, "desks", "aftermath", "costs") and source.layer != "default":
            silent += [key] if source.origin is None or not source.basis else []
    assert {key.split(".")[-1] for key in silent} <= {"reference", "since", "window", "channels", "types"}
    assert {source.origin for source in example.sources.values()} >= {"reported", "evidence", "assumed", "calibrated"}


def test_every_calibrated_value_names_a_fitted_figure_of_its_own(example: Scenario) -> None:
    fitted = {f"{row.name}@{row.window[0]}..{row.window[1]}" for row in example.spec.figures if row.role == "fitted"}
    targets = [source.target for source in example.sources.values() if source.origin == "calibrated"]
    assert len(targets) == len(fitted)
    assert set(targets) == fitted


def test_it_is_held_to_its_own_figures_and_no_measure_lies_outside_its_period(example: Scenario) -> None:
    assert example.spec.policy_of is None
    assert example.spec.scale == 1.0
    assert 4e6 <= sum(example.spec.population.people.values()) <= 6e6
    assert list(about_measures(Scope.of(example))) == []


@pytest.mark.slow
def test_a_run_of_the_whole_country_is_as_reported(tmp_path: Path, example: Scenario) -> None:
    run = sim.run(example, tmp_path / "run")
    assert run.manifest["warnings"] == []
    held = run.figures[run.figures["tolerance"].notna()]
    assert set(held["role"]) == {"fitted", "predicted"}
    assert list(held.loc[~held["within"].eq(True), "name"]) == []
    assert list(run.evidence.loc[~run.evidence["within"].eq(True), "name"]) == []
    assert list(run.findings["sentence"]) == []
