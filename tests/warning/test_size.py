"""What a run of a size cannot say: of which desks, and what is offered instead."""

import pytest

from sim.scenario import Scenario, changed, load_scenario
from sim.warning.size import Size, of_compared, of_sizes, of_varied

SHORT = "{start: 2022-06-01, end: 2022-06-14, warmup: 0 d}"


@pytest.fixture(scope="module")
def flagship() -> Scenario:
    return load_scenario("china-2022", {"period": SHORT})


def sized(scenario: Scenario, scale: float, pool: str = "none") -> Size:
    return Size(changed(scenario, {"scale": scale, "population.pool": pool}).spec)


@pytest.mark.parametrize("scale", [0.0005, 0.05])
def test_what_is_offered_is_enough(flagship: Scenario, scale: float) -> None:
    thin = sized(flagship, scale)
    assert 0 < thin.thin <= thin.desks == 2 * 31
    line = thin.lines[0]
    assert line.startswith(f"At scale {scale:g}, {thin.thin} of 62 desks have fewer than 5 seats: ")
    offered = float(line.partition("Use --scale ")[2].split()[0])
    assert sized(flagship, offered).thin == 0
    assert sized(flagship, offered * 0.95).thin > 0
    pool = line.partition(" or --pool country")[2].removesuffix(".")
    pooled = scale if not pool else float(pool.removeprefix(" --scale "))
    assert sized(flagship, pooled, "country").thin == 0


def test_at_full_scale_small_desks_are_what_they_are() -> None:
    tiny = load_scenario("tiny").spec
    assert (Size(tiny).thin, Size(tiny).lines) == (0, [])


def test_runs_whose_small_desks_differ_in_staff_are_told_so(flagship: Scenario) -> None:
    more = changed(flagship, {"desks.visit.staff": 3400})
    assert of_compared([flagship.spec, more.spec]) == []  # the whole country
    small, other = (changed(one, {"scale": 0.005}).spec for one in (flagship, more))
    assert of_compared([small, small]) == of_sizes([small])
    *lines, told = of_compared([small, other])
    assert lines == of_sizes([small])
    assert told.startswith("Staff differs")
    assert of_varied(changed(flagship, {"scale": 0.005}), {"desks.visit.staff": [1700, 3400]})[-1] == told
    assert of_varied(changed(flagship, {"scale": 0.005}), {"fraud.loss_factor": [1, 2]}) == lines
