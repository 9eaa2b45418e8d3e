"""Forms of a studio: complete by the schema; and the size of its first runs."""

from pathlib import Path

import pytest

import sim
from sim.results import diff
from sim.scenario.schema import measures
from sim.studio import page
from sim.studio.policies import Policies, RunSize


def test_every_kind_of_measure_has_a_group_and_a_form() -> None:
    assert set(page.KINDS) == set(measures.KINDS)
    scenario = sim.load_scenario("china-2022")
    groups = page.forms(scenario)
    assert sorted(kind["kind"] for group in groups for kind in group["kinds"]) == sorted(measures.KINDS)
    # Whatever the baseline has can be taken out.
    listed = [one["key"] for group in groups for one in group["measures"]]
    assert sorted(listed) == sorted(f"measures.{name}" for name in scenario.spec.measures)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("china-2022", RunSize(0.005, "country", ("Guangdong",))),
        ("singapore", RunSize(1.0, "none")),  # a sample of a small country would be noise
        ("example-country", RunSize(1.0, "none")),
    ],
)
def test_a_quick_run_has_as_many_people_in_every_country(name: str, size: RunSize) -> None:
    scenario = sim.load_scenario(name)
    assert RunSize.quick(scenario, ["Guangdong"]) == size
    assert sim.load_scenario(name, **size.arguments).spec.scale == size.scale


def test_bundled_policies_of_the_baseline_open_with_their_changes(tmp_path: Path) -> None:
    policies = Policies(tmp_path, "china-2022")
    assert not {"china-2022", "china-2023", "tiny", "transfers-wait"} & policies.bundled.keys()
    row = policies.opened("officers-and-waits")
    bundled = sim.load_scenario("officers-and-waits")
    assert row["title"] == policies.bundled["officers-and-waits"] == bundled.spec.title
    assert [*diff(bundled, policies.checked(**row))] == []
    policies.path(row["name"])  # the name can be saved
