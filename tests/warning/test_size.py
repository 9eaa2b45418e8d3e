"""What a run of a size cannot say: of which desks, by how much seats are rounded, and what is offered instead."""

import pytest

from sim.base.words import DESK_LABELS
from sim.country.calendar import Calendar
from sim.country.provinces import Provinces
from sim.country.schedule import Schedule
from sim.scenario import Scenario, changed, load_scenario
from sim.store.withheld import run_withheld
from sim.warning.size import Size, in_english, of_sizes

SHORT = "{start: 2022-06-01, end: 2022-06-14, warmup: 0 d}"


@pytest.fixture(scope="module")
def flagship() -> Scenario:
    return load_scenario("china-2022", {"period": SHORT})


def sized(scenario: Scenario, scale: float, pool: str = "none") -> Size:
    return Size(changed(scenario, {"scale": scale, "population.pool": pool}).spec)


@pytest.mark.parametrize("scale", [0.0005, 0.005, 0.05, 0.3])
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


def test_the_rounding_is_that_of_all_seats_of_the_period(flagship: Scenario) -> None:
    size = sized(flagship, 0.005)
    calendar = Calendar.of(size.spec.period)
    schedule = Schedule(size.spec, Provinces.of(size.spec))
    days = range(calendar.start, calendar.last + 1)
    for at, desk in enumerate(DESK_LABELS):
        seats = sum(int(schedule.servers(day)[:, at].sum()) for day in days)
        staff = 0.005 * float(schedule.on_duty(days)[:, :, at].sum())
        assert size.rounded[desk] == pytest.approx(seats / staff)
        assert size.rounded[desk] > 2.0
    assert size.lines[1] == run_withheld(size.spec)
    # In one pool the seats are those of the staff, but for a few per cent.
    pooled = sized(flagship, 0.005, "country")
    assert pooled.rounded == {}
    assert pooled.lines == [
        "All provinces are simulated as one, so results do not describe single provinces. Use --pool none, or --pool "
        "country --apart PROVINCE."
    ]


def test_fewer_seats_than_staff_are_told_as_fewer() -> None:
    tiny = load_scenario("tiny", {"period": "{start: 2022-01-24, end: 2022-01-24, warmup: 0 d}"})
    few = changed(tiny, {"scale": 0.45, "population.pool": "country", "desks.visit.staff": 3, "desks.visit.shifts": [
        {"weekdays": [1, 2, 3, 4, 5, 6, 7], "start": "00:00", "end": "24:00", "share": 1.0}]})  # fmt: skip
    assert "the visit desks 0.741 times" in "".join(Size(few.spec).lines)
    size = Size(changed(few, {"costs": None}).spec)
    assert size.rounded["visit"] == pytest.approx(1 / 1.35)
    (line,) = [line for line in size.lines if line.startswith("Staff is rounded")]
    assert "visit desks have 25.9% fewer" in line


def test_at_full_scale_small_desks_are_what_they_are() -> None:
    tiny = load_scenario("tiny").spec
    assert (Size(tiny).thin, Size(tiny).rounded, Size(tiny).lines) == (0, {}, [])


def test_desks_without_staff_are_told_at_any_scale() -> None:
    tiny = load_scenario("tiny", {"desks.visit.by_province": "{65: {staff: 0}}"})
    assert Size(tiny.spec).lines == ["1 of 6 desks never have staff: alerts sent to them expire."]


def test_of_several_sizes_the_one_is_told_that_can_say_the_least(flagship: Scenario) -> None:
    specs = [sized(flagship, scale).spec for scale in (0.3, 0.005, 1.0)]
    assert of_sizes(specs) == Size(specs[1]).lines == in_english(specs)
