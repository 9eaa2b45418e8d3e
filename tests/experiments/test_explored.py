"""What sweeps say between their points: exact where it was simulated, with intervals elsewhere, never outside."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.experiments.design import DesignError
from sim.experiments.explored import Explored, SweptQuantity, explored, planned_box
from sim.store.json_files import FolderError
from tests.experiments.made_up import luck, made_up

STAFF, DEADLINE, READ = "desks.visit.staff", "warning.tiers.red.deadline", "warning.app.read"
TWO: dict[str, list[str | float]] = {STAFF: [10.0, 40.0], DEADLINE: ["2 h", "24 h"]}


def shield(read: Sequence[float], replicate: int) -> Mapping[str, float | None]:
    """More staff and longer deadlines leave fewer victims; each replicate has a level of its own."""
    staff, hours = read
    if (staff, hours) == (40.0, 2.0):
        return {}
    victims = 1000.0 * math.exp(-staff / 20.0) * (1.5 + 0.1 * math.log(hours)) + 30.0 * replicate
    return {
        "victims": victims + 2.0 * luck(read, replicate),
        "saved": 500.0 - victims / 4.0,
        "first_contact_red": 20.0 * math.exp(60.0 / staff),
        "expired_red": max(0.0, 0.3 - 0.01 * staff),
        "expired_blue": 0.0,
        "expired_yellow": 0.1 if staff > 39.0 else None,
    }


@pytest.fixture(scope="module")
def tiny() -> sim.Scenario:
    return sim.load_scenario("tiny")


@pytest.fixture(scope="module")
def two(tiny: sim.Scenario, tmp_path_factory: pytest.TempPathFactory) -> Explored:
    """Two levers, three seeds."""
    return explored(made_up(tmp_path_factory.mktemp("two") / "sweep", tiny, TWO, shield, replicates=3))


def outcome(found: Explored, name: str) -> SweptQuantity:
    return next(one for one in found.outcomes if one.name == name)


def at(found: Explored, *numbers: float) -> list[float]:
    return [lever.coordinate(number) for lever, number in zip(found.levers, numbers, strict=True)]


def test_a_setting_that_was_simulated_is_what_was_simulated(two: Explored) -> None:
    for point in two.points:
        one = outcome(two, "victims").at(point.coordinates)
        read = [lever.parameter.read(value) for lever, value in zip(two.levers, point.values, strict=True)]
        each = [float(shield(read, replicate)["victims"] or 0.0) for replicate in range(3)]
        assert one.point == point.number
        assert one.level == pytest.approx(np.mean(each), rel=1e-12)
        # Chance alone: Student's t with two degrees of freedom.
        assert one.high - one.level == pytest.approx(4.302652729749464 * np.std(each, ddof=1) / 3**0.5, rel=1e-9)


def test_as_it_is_there_is_no_difference_and_none_is_possible(two: Explored) -> None:
    assert two.present is not None
    one = outcome(two, "victims").at(two.present.coordinates)
    assert (one.more, one.more_low, one.more_high) == (0.0, 0.0, 0.0)


def test_between_points_the_truth_lies_in_the_interval_and_pairs_know_more(two: Explored) -> None:
    generator, held = np.random.default_rng(2), []
    for staff, hours in zip(generator.uniform(10.0, 40.0, 40), generator.uniform(2.0, 24.0, 40), strict=True):
        one = outcome(two, "victims").at(at(two, staff, hours))
        assert one.point is None
        truth = np.mean([float(shield((staff, hours), replicate)["victims"] or 0.0) for replicate in range(3)])
        base = np.mean([float(shield((26.0, 8.0), replicate)["victims"] or 0.0) for replicate in range(3)])
        assert one.more is not None
        assert one.more_low is not None
        assert one.more_high is not None
        held.append(one.more_low <= truth - base <= one.more_high)
        # All settings of a replicate have its luck in common, so a difference is known far better than a level.
        assert one.more_high - one.more_low < 0.5 * (one.high - one.low)
    assert np.mean(held) >= 0.9


def test_waits_are_interpolated_in_their_logarithm_and_shares_stay_shares(two: Explored) -> None:
    waits, expired = outcome(two, "first_contact_red"), outcome(two, "expired_red")
    assert waits.is_logarithmic
    assert not expired.is_logarithmic
    one = waits.at(at(two, 13.0, 5.0))
    assert one.level == pytest.approx(20.0 * math.exp(60.0 / 13.0), rel=0.05)
    assert one.low <= 20.0 * math.exp(60.0 / 13.0) <= one.high
    assert one.low > 0.0
    for staff in np.linspace(10.0, 40.0, 50):
        one = expired.at(at(two, staff, 5.0))
        assert 0.0 <= one.low <= one.level <= one.high <= 1.0
        assert one.level == pytest.approx(max(0.0, 0.3 - 0.01 * staff), abs=0.02)


def test_points_that_failed_and_outcomes_without_values_are_left_out(two: Explored) -> None:
    assert two.failed == 1
    assert len(two.points) == 23
    assert two.left_out == ("expired_yellow",)
    assert {one.name for one in two.outcomes} == {
        "victims",
        "saved",
        "first_contact_red",
        "expired_red",
        "expired_blue",
    }
    assert outcome(two, "expired_blue").is_constant
    assert not outcome(two, "expired_red").is_constant


def test_errors_of_points_left_out_are_told_in_the_unit_of_the_outcome(two: Explored) -> None:
    checked = outcome(two, "victims").checked
    assert 0.5 < checked["typical"] < 15.0
    assert checked["typical"] <= checked["largest"]
    assert checked["explained"] > 0.99
    assert checked["inside"] >= 0.85


def test_chance_alone_foretells_nothing(tiny: sim.Scenario, tmp_path: Path) -> None:
    folder = made_up(tmp_path / "sweep", tiny, TWO, lambda read, replicate: {"victims": 100.0 + luck(read, replicate)})
    checked = outcome(explored(folder), "victims").checked
    assert checked["explained"] < 0.5
    assert 0.3 < checked["typical"] < 1.2


def test_a_single_seed_has_no_chance_in_its_intervals(tiny: sim.Scenario, tmp_path: Path) -> None:
    found = explored(made_up(tmp_path / "sweep", tiny, TWO, shield))
    assert found.present is not None
    one = outcome(found, "victims").at(found.present.coordinates)
    assert one.low == one.level == one.high
    other = outcome(found, "victims").at(at(found, 17.0, 5.0))
    assert other.low < other.level < other.high


def test_a_slider_stops_at_round_numbers_both_ends_and_the_scenario(two: Explored) -> None:
    staff, deadline = (lever.steps for lever in two.levers)
    assert staff == [float(number) for number in range(10, 41)]
    assert (deadline[0], deadline[-1]) == (2.0, 24.0)
    assert {3.0, 8.0, 9.9, 13.0} <= set(deadline)
    assert len(deadline) < 210
    for lever in two.levers:
        assert all(lever.parameter.read(lever.parameter.written(number)) == number for number in lever.steps)


def test_levers_with_units_days_and_wide_ranges_have_steps(tiny: sim.Scenario, tmp_path: Path) -> None:
    vary: dict[str, list[str | float]] = {
        READ: [0.3, 0.95],
        "fraud.volumes.call.level": ["1000 per day", "2000 per day"],
        "interception.sms.d_prime": [3.9, 4.4],
    }
    found = explored(made_up(tmp_path / "sweep", tiny, vary, lambda read, _: {"victims": sum(read)}))
    read, level, strength = found.levers
    assert read.steps[:4] == [0.3, 0.305, 0.31, 0.315]
    assert level.steps[:3] == [1000.0, 1005.0, 1010.0]
    assert level.parameter.written(1005.0) == "1005 per day"
    assert strength.present in strength.steps
    place = at(found, 0.31, 1405.0, 4.1)
    assert outcome(found, "victims").at(place).level == pytest.approx(0.31 + 1405.0 + 4.1, rel=1e-6)


def test_a_scenario_that_lies_outside_is_compared_with_and_not_interpolated_through(
    tiny: sim.Scenario, tmp_path: Path
) -> None:
    vary = {STAFF: [30.0, 60.0]}
    found = explored(made_up(tmp_path / "sweep", tiny, vary, lambda read, _: {"victims": 900.0 - read[0] ** 2 / 9.0}))
    assert found.present is not None
    assert found.present.values == (26.0,)
    assert not found.present.is_inside
    assert not found.levers[0].is_inside
    victims = outcome(found, "victims")
    assert len(victims.points) == len(found.points) - 1
    one = victims.at([0.5])
    assert one.more == pytest.approx((26.0**2 - 45.0**2) / 9.0, rel=1e-3)


def test_an_ordinary_sweep_of_numbers_can_be_explored(tiny: sim.Scenario, tmp_path: Path) -> None:
    vary = {STAFF: [10.0, 20.0, 40.0], DEADLINE: ["2 h", "6 h", "24 h"]}
    found = explored(made_up(tmp_path / "sweep", tiny, vary, shield, kind="grid"))
    assert found.present is None
    assert len(found.points) == 8
    one = outcome(found, "victims").at(at(found, 20.0, 12.0))
    assert one.more is None
    assert one.low < one.level < one.high


@pytest.mark.parametrize(
    ("vary", "kind", "message"),
    [
        ({STAFF: [10.0, 20.0], "warning.tiers.red.first": ["call", "visit"]}, "grid", "warning.tiers.red.first=call,v"),
        ({STAFF: [10.0, 20.0], READ: [0.5]}, "grid", "warning.app.read=0.5: a page needs two different numbers; "),
        ({STAFF: [10.0, 20.0]}, "grid", "a page over 1 lever needs 5 to 512 finished points; got 2"),
    ],
)
def test_what_has_no_surface_is_refused(
    tiny: sim.Scenario, tmp_path: Path, vary: dict[str, list[str | float]], kind: str, message: str
) -> None:
    folder = made_up(tmp_path / "sweep", tiny, vary, lambda read, _: {"victims": 1.0}, kind=kind)
    with pytest.raises(DesignError) as refused:
        explored(folder)
    assert str(refused.value).startswith(message)


def test_a_folder_that_is_no_finished_sweep_is_refused(tiny: sim.Scenario, tmp_path: Path) -> None:
    from sim.experiments.sweep import prepared

    with pytest.raises(FolderError, match=r"holds no sweep; give the folder of one, with sweep\.json"):
        explored(tmp_path)
    prepared(tiny, planned_box(tiny, TWO, None), 1, tmp_path / "begun")
    with pytest.raises(FolderError, match="this sweep is not finished; run its command again to resume it"):
        explored(tmp_path / "begun")
    folder = made_up(tmp_path / "sweep", tiny, TWO, shield)
    (folder / "catalogue.parquet").write_bytes(b"another")
    with pytest.raises(FolderError, match="SHA-256 differs"):
        explored(folder)


def test_too_many_levers_or_points_are_refused_before_anything_is_simulated(tiny: sim.Scenario) -> None:
    with pytest.raises(DesignError, match="a page over 2 levers needs 7 to 512 finished points; got 600"):
        planned_box(tiny, {READ: [0.3, 0.9], "interception.sms.d_prime": [3.9, 4.4]}, 600)
    nine: dict[str, list[str | float]] = {
        READ: [0.3, 0.9],
        **{f"fraud.types.{name}.engage": [0.11, 0.12] for name in tiny.spec.fraud.types},
    }
    assert len(nine) == 9
    with pytest.raises(DesignError, match="a page has at most 8 levers; got 9"):
        planned_box(tiny, nine, None)
