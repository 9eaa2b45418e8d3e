"""Warnings before a run is trusted: values outside the ranges that a scenario, or the one that it extends, states."""

from pathlib import Path

import pytest

import sim
from sim.language import speaking
from sim.reading.manifest import outside_ranges, told

DAY = "period: {start: 2022-01-25, end: 2022-01-25, warmup: 0 d}\n"
BASE = f"""schema: 1
name: base
title: Base?
extends: tiny
figures: []
{DAY}desks: {{visit: {{staff: {{value: 26, origin: assumed, range: [20, 30], basis: made up}}}}}}
"""


def policy(place: Path, text: str) -> str:
    (place / "base.yaml").write_text(BASE)
    (place / "policy.yaml").write_text(f"schema: 1\nname: policy\ntitle: Policy?\nextends: base.yaml\n{text}\n")
    return str(place / "policy.yaml")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", 0),
        ("desks: {visit: {staff: 30}}", 0),
        ("desks: {visit: {staff: 31}}", 1),
        ("desks: {visit: {staff: {times: 1.5}}}", 1),
        ("desks: {visit: {staff: {value: 40, origin: assumed, fixed: the policy, basis: more}}}", 0),
        ("desks: {visit: {staff: {value: 40, origin: assumed, range: [20, 50], basis: wider}}}", 0),
    ],
)
def test_a_plain_value_outside_the_range_of_the_base_is_one_warning(tmp_path: Path, text: str, lines: int) -> None:
    assert len(outside_ranges(sim.load_scenario(policy(tmp_path, text)))) == lines


def test_options_are_compared_too_and_all_values_share_one_line(tmp_path: Path) -> None:
    scenario = sim.load_scenario("china-2022", {"desks.visit.staff": 100_000}, draw=3)
    (line,) = outside_ranges(scenario.with_({"warning.tiers.red.deadline": "45 min"}))
    assert line.count("(range ") == 2
    assert "deadline of the red tier 45 min (range 2 h to 36 h)" in line
    assert "100,000 people (range " in line
    assert outside_ranges(sim.load_scenario("china-2022", draw=3)) == []


def test_a_run_stores_the_warning_and_tells_it_in_the_language_of_the_user(tmp_path: Path) -> None:
    run = sim.run(policy(tmp_path, "desks: {visit: {staff: 31}}"), tmp_path / "run")
    assert outside_ranges(run.scenario)[0] in run.manifest["warnings"]
    with speaking("fr"):
        assert outside_ranges(run.scenario)[0] in told(run)
        assert outside_ranges(run.scenario)[0] not in run.manifest["warnings"]
    assert set(told(sim.load_run(run.path))) == set(run.manifest["warnings"])
