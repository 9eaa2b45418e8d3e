"""Parameters: every number with a range is found, and its values can be written and read back."""

from datetime import date
from pathlib import Path

import pytest

import sim
from sim.experiments.parameters import Parameter, free_parameters, plain_decimal, ranged_parameters
from sim.scenario import changed
from sim.scenario.load import value_at
from sim.scenario.resolved import plain


def test_every_number_with_a_range_is_found_once():
    flagship = sim.load_scenario("china-2022")
    parameters = free_parameters(flagship)
    keys = [one.key for one in parameters]
    assert len(set(keys)) == len(keys) > 200
    ranged = {key for key, source in flagship.sources.items() if source.range is not None}
    # No figure depends on what things cost: a calibration has no use for it, a sensitivity has if it is named.
    with_range = {key for key in ranged if not key.startswith("costs.")}
    assert {one.key for one in ranged_parameters(flagship)} - set(keys) == ranged - with_range != set()
    assert set(keys) == {key for key in with_range if key in keys} == with_range - {"engagement.answering.call"}
    assert [one.key for one in free_parameters(flagship, "calibrated")] == [
        one.key for one in parameters if one.origin == "calibrated"
    ]


@pytest.mark.parametrize("coordinate", [0.0, 1e-4, 0.37, 0.5, 0.9999, 1.0])
def test_a_value_at_any_coordinate_is_one_that_the_scenario_takes(coordinate: float, tmp_path: Path):
    flagship = sim.load_scenario("china-2022", scale=0.01)
    parameters = free_parameters(flagship)
    moved = changed(flagship, {one.key: one.value(coordinate) for one in parameters})
    for before in parameters:
        read_back = before.coordinate(before.read(plain(value_at(moved.resolved, before.key))))
        assert -1e-12 <= read_back <= 1.0 + 1e-12, before
        if before.kind is float:
            assert read_back == pytest.approx(coordinate, abs=2e-4), before
    # What a file says is checked against the ranges again.
    text = changed(flagship, {one.key: one.value(coordinate) for one in parameters}).yaml()
    file = tmp_path / "moved.yaml"
    file.write_text(text)
    assert sim.load_scenario(str(file)).resolved == moved.resolved


def test_only_chosen_parameters_are_free():
    keys = ["interception.call.d_prime", "measures.warning-central.coverage"]
    flagship = sim.load_scenario("china-2022", {"calibration.parameters": f"[{', '.join(keys)}]"})
    assert [one.key for one in free_parameters(flagship)] == keys
    assert [one.key for one in free_parameters(flagship, "calibrated")] == keys[1:]


def test_a_wide_range_above_zero_is_even_in_the_logarithm():
    wide = Parameter("rate", "assumed", 0.01, 1.0, 0.1, float, "per day")
    assert wide.coordinate(0.1) == pytest.approx(0.5)
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
    assert plain_decimal(58855.8) == "58855.8"
    assert plain_decimal(1.23457e-9) == "0.00000000123457"
    assert plain_decimal(1e22) == "1" + 22 * "0"
