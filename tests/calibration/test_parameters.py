"""Parameters: every number with a range is found, and its values can be written and read back."""

from datetime import date
from pathlib import Path

import pytest

import sim
from sim.calibration.parameters import Parameter, plain_decimal, ranged
from sim.scenario import changed


def test_every_number_with_a_range_is_found_once():
    flagship = sim.load_scenario("china-2022")
    found = ranged(flagship)
    keys = [one.key for one in found]
    assert len(set(keys)) == len(keys) > 200
    with_range = {key for key, source in flagship.sources.items() if source.range is not None}
    assert set(keys) == {key for key in with_range if key in keys} == with_range - {"engagement.answering.call"}
    assert [one.key for one in ranged(flagship, "calibrated")] == [
        one.key for one in found if one.origin == "calibrated"
    ]


@pytest.mark.parametrize("place", [0.0, 1e-4, 0.37, 0.5, 0.9999, 1.0])
def test_a_value_at_any_place_is_one_that_the_scenario_takes(place: float, tmp_path: Path):
    flagship = sim.load_scenario("china-2022", scale=0.01)
    found = ranged(flagship)
    moved = changed(flagship, {one.key: one.value(place) for one in found})
    for before, after in zip(found, ranged(moved), strict=True):
        there = after.place(after.start)
        assert -1e-12 <= there <= 1.0 + 1e-12, before
        if before.kind is float:
            assert there == pytest.approx(place, abs=2e-4), before
    # What a file says is checked against the ranges again.
    text = changed(flagship, {one.key: one.value(place) for one in found}).yaml()
    file = tmp_path / "moved.yaml"
    file.write_text(text)
    assert sim.load_scenario(str(file)).resolved == moved.resolved


def test_only_chosen_parameters_move(small: sim.Scenario):
    assert [one.key for one in ranged(small)] == small.spec.calibration.parameters
    assert len(ranged(small, "calibrated")) == 4


def test_a_wide_range_above_zero_is_even_in_the_logarithm():
    wide = Parameter("rate", "assumed", 0.01, 1.0, 0.1, float, "per day")
    assert wide.place(0.1) == pytest.approx(0.5)
    assert wide.value(0.5) == "0.1 per day"
    narrow = Parameter("rate", "assumed", 0.2, 1.0, 0.1, float)
    assert narrow.value(0.5) == pytest.approx(0.6)


def test_whole_numbers_days_and_durations_are_rounded_to_what_a_file_can_say():
    assert Parameter("n", "", 1.0, 9.0, 2.0, int).value(0.49) == 5
    first, last = date(2022, 1, 1).toordinal(), date(2022, 3, 1).toordinal()
    assert Parameter("day", "", first, last, first, date).value(0.5) == "2022-01-31"
    assert Parameter("wait", "", 0.1, 0.9, 0.5, float, "h").value(1.0 / 3.0) == "0.3667 h"
    assert plain_decimal(7.4e-5) == "0.000074"
    assert plain_decimal(12260000.0) == "12260000"
