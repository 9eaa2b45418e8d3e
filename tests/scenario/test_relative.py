"""Values relative to the scenario that a file extends: ``times`` and ``plus``."""

import json
from pathlib import Path

import pytest

import sim
from sim.experiments.compare import set_in_draws
from sim.results import diff
from sim.scenario.merging import is_full_form
from tests.marks import first_quick

POLICIES = ("double-visits", "more-officers", "visited-again", "looser", "tighter", "weak-filters")
"""Bundled policies that are relative to the flagship."""

HEAD = "schema: 1\nname: again\ntitle: Again?\nextends: china-2022\n"


def scenario(place: Path, text: str, draw: int | None = None) -> sim.Scenario:
    """Load a policy of the flagship."""
    file = place / "again.yaml"
    file.write_text(HEAD + text, encoding="utf-8")
    return sim.load_scenario(str(file), draw=draw)


@pytest.mark.parametrize("draw", [None, 0, 7])
def test_a_relative_value_changes_that_of_the_draw(tmp_path: Path, draw: int | None) -> None:
    base = sim.load_scenario("china-2022", draw=draw).spec
    text = """
desks: {visit: {staff: {value: {times: 1.5}, origin: assumed, fixed: the policy, basis: half as many again}}}
interception: {call: {d_prime: {plus: -0.4}}}
warning: {tiers: {red: {deadline: {times: 0.5}}}}
"""
    found = scenario(tmp_path, text, draw)
    assert found.spec.desks.visit.staff == pytest.approx(1.5 * base.desks.visit.staff, rel=1e-15)
    assert found.spec.interception.call.d_prime == pytest.approx(base.interception.call.d_prime - 0.4, rel=1e-15)
    assert found.spec.warning.tiers.red.deadline == base.warning.tiers.red.deadline // 2
    staff = found.resolved["desks"]["visit"]["staff"]
    assert is_full_form(staff)
    assert (staff["basis"], staff["fixed"]) == ("half as many again", "the policy")
    # A run's scenario.yaml states the number that was used.
    assert json.loads(json.dumps(staff["value"])) == found.spec.desks.visit.staff


@pytest.mark.parametrize("draw", [None, 7])
def test_staff_of_a_province_is_relative_to_its_share_or_its_own(tmp_path: Path, draw: int | None) -> None:
    base = sim.load_scenario("china-2022", draw=draw)
    share = base.spec.desks.parts("visit", base.spec.population.people)[44]
    text = "desks: {visit: {by_province: {Guangdong: {staff: {times: 2}}, Hebei: {plus: 10}}}}"
    found = scenario(tmp_path, text, draw)
    staff = found.spec.desks.visit.by_province
    assert staff["44"].staff == pytest.approx(2.0 * share, rel=1e-12)
    assert staff["13"] == pytest.approx(base.spec.desks.parts("visit", base.spec.population.people)[13] + 10.0)
    if draw is None:
        assert [(one.base, one.other) for one in diff(base, found)] == [
            ("its share, 88 people", "98 people"),
            ("its share, 171 people", "342 people"),
        ]
    assert set_in_draws("again", base, found, over_draws=True) == []
    # Once a province has its own staff, a change counts from there, whichever of both forms it has.
    for own in (100, {"staff": 100, "growth": {"steps": [{"from": "2022-01-01", "factor": 1}]}}):
        more = base.with_({"desks.visit.by_province.Guangdong": own})
        more = more.with_({"desks.visit.by_province.Guangdong.staff": "{times: 3}"}).spec.desks.visit.by_province["44"]
        assert (more.staff, more.growth is None) == (300, own == 100)


def test_numbers_are_exact() -> None:
    flagship = sim.load_scenario("china-2022")
    changed = flagship.with_(
        {"warning.detectors.central.thresholds.red": {"plus": 0.15}, "desks.visit.staff": "{times: 3}"}
    )
    assert changed.spec.warning.detectors.central.thresholds.red == 5.13  # 4.98 + 0.15 is 5.130000000000001 in doubles
    assert changed.spec.desks.visit.staff == 5100
    # On top of a change, the change counts from there.
    assert changed.with_({"desks.visit.staff": {"times": 2}}).spec.desks.visit.staff == 10_200


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("desks: {visit: {staff: {times: many}}}", "desks.visit.staff"),
        ("desks: {visit: {staff: {plus: 3 h}}}", "desks.visit.staff"),
        ("warning: {tiers: {red: {deadline: {plus: 3}}}}", "warning.tiers.red.deadline"),  # hours or days?
        ("desks: {visit: {by_province: {Guangdong: {staff: {plus: 3 h}}}}}", "desks.visit.by_province.44.staff"),
        ("feedback: {times: 2}", "feedback"),
        ("desks: {visit: {staff: {times: '1e99999999'}}}", "desks.visit.staff"),
        ("desks: {visit: {staff: {plus: '1e5000'}}}", "desks.visit.staff"),
        (f"desks: {{visit: {{staff: {{times: {'9' * 5000}}}}}}}", "desks.visit.staff"),
    ],
)
def test_what_changes_no_number_is_one_mistake_at_its_place(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(sim.ScenarioError) as caught:
        scenario(tmp_path, text)
    (mistake,) = caught.value.mistakes
    assert (mistake.key, mistake.place.line) == (key, 5)
    assert "changes no number" in mistake.message


@pytest.mark.parametrize("value", [10**5000, {"times": 10**5000}], ids=["plain", "relative"])
def test_an_integer_that_python_does_not_write_is_one_mistake(value: object) -> None:
    with pytest.raises(sim.ScenarioError, match=r"visit\.staff: (an integer of thousands of digits|a map) is not"):
        sim.load_scenario("tiny", {"desks.visit.staff": value})


@pytest.mark.parametrize("name", first_quick(POLICIES, 1))
def test_bundled_policies_mean_the_same_in_every_draw(name: str) -> None:
    """A draw of a policy differs from that of the flagship by what the policy says, and comparisons need no warning."""
    assert set_in_draws(name, sim.load_scenario("china-2022"), sim.load_scenario(name), over_draws=True) == []
    more = [
        sim.load_scenario(name, draw=draw).spec.desks.visit.staff
        / sim.load_scenario("china-2022", draw=draw).spec.desks.visit.staff
        for draw in range(3)
    ]
    assert more == pytest.approx([more[0]] * 3)
