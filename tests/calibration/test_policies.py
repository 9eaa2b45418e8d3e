"""Which policies names stand for, and how each of them is loaded."""

from pathlib import Path

import pytest

import sim
from sim.calibration.calibrate import runs_of
from sim.calibration.fit import FitError
from sim.calibration.policies import expanded, loader
from sim.scenario.guide import EXAMPLES, LEVERS, MEASURES, starter_text
from sim.scenario.reading import bundled_folder
from tests.calibration.conftest import SMALL


@pytest.fixture
def small(small: sim.Scenario) -> sim.Scenario:
    return sim.scenario.changed(small, {"calibration.members": 20})


def test_levers_are_those_of_a_new_scenario_at_the_far_end_of_their_range(small: sim.Scenario):
    found = expanded(["levers", "warning.quiet=24 h", "mine=1.yaml"][:2], small, SMALL)
    keys = [name.partition("=")[0] for name in found]
    assert len(set(keys)) == len(keys), "a policy that is named twice is run once"
    assert found[0] == "interception.call.d_prime=4.9", "the range is 4.1 to 4.9, the value 4.4"
    assert set(EXAMPLES) <= set(keys) <= {*LEVERS, *(f"measures.{name}" for name in MEASURES)}
    text = starter_text("x", "small", small, "y")
    assert all(name.partition("=")[2] in text for name in found[1:])
    own = loader(SMALL)
    assert {own(name, None).spec.policy_of for name in found} == {"small"}
    below = sim.scenario.changed(small, {"interception.call.d_prime": 4.6})
    assert expanded(["levers"], below, SMALL)[0] != found[0]


def test_all_policies_are_the_bundled_ones_of_the_scenario(monkeypatch: pytest.MonkeyPatch, small: sim.Scenario):
    names = ["china-2022", "china-2022-full", "china-2025-returns", "no-warning", "tiny", "visit-only"]
    monkeypatch.setattr("sim.calibration.policies.bundled_names", lambda: names)
    file = bundled_folder() / "china-2022.yaml"
    assert expanded(["all", "no-warning"], sim.load_scenario("china-2022"), file) == ["no-warning", "visit-only"]
    assert sim.load_scenario("china-2025-returns").spec.policy_of == "china-2025"
    assert expanded([], small, None) == []
    with pytest.raises(FitError, match="is bundled, and policies need draws"):
        expanded(["all"], small, None)


def test_a_file_whose_name_has_an_equals_sign_is_a_file(small: sim.Scenario, tmp_path: Path):
    base, policy = tmp_path / "small.yaml", tmp_path / "a=b.yaml"
    base.write_text(SMALL.read_text())
    policy.write_text("schema: 1\nname: mine\ntitle: Quiet?\nextends: small.yaml\nwarning: {quiet: 24 h}\n")
    assert expanded([str(policy)], small, base) == [str(policy)]
    assert loader(base)(str(policy), None).name == "mine"


def test_runs_of_policies_are_counted(small: sim.Scenario):
    coarse, _ = (count for _, count in runs_of(small))
    more, _ = (count for _, count in runs_of(small, 3, 10))
    assert (more.typical - coarse.typical, more.most - coarse.most) == (3 * 11, 3 * 11)
