"""The timetable: each of its days has the bits that the day has by itself, and midnights leave it as it is."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import sim
from sim.country.calendar import Calendar, Measures
from sim.country.provinces import Provinces, Schedule
from sim.midnight.timetable import Timetable
from sim.midnight.today import DayTotals
from sim.scenario import ScenarioModel
from tests.equality.scenarios import ACCOUNTS
from tests.midnight.test_night import night_of

SLOW = pytest.mark.slow
SINGLE = ("days", "alike", "gates", "routes", "accounts")


def of(spec: ScenarioModel, calendar: Calendar) -> Timetable:
    provinces = Provinces.of(spec)
    return Timetable.of(spec, provinces, calendar, Measures(dict(spec.measures)), Schedule(spec, provinces))


def arrays(timetable: Timetable) -> Iterator[tuple[str, np.ndarray]]:
    """Yield every array by day, with its name."""
    yield from ((name, array) for name, array in timetable._asdict().items() if name not in SINGLE)
    yield from ((fate.label, array) for fate, array in timetable.gates.items())
    yield from timetable.routes._asdict().items()
    if timetable.accounts is not None:
        yield from ((f"accounts.{name}", array) for name, array in timetable.accounts._asdict().items())


@pytest.mark.parametrize(
    ("name", "values"), [("example-country", {}), ("tiny", ACCOUNTS), pytest.param("china-2022", {}, marks=SLOW)]
)
def test_a_day_among_all_has_the_bits_of_the_day_by_itself(name: str, values: dict[str, Any]) -> None:
    spec = sim.load_scenario(name, scale=0.001, **values).spec
    calendar = Calendar.of(spec.period)
    together = of(spec, calendar)
    assert len(together.days) == calendar.last - calendar.first + 1
    for day in together.days[::97]:
        # The calendar keeps its start, from which moments are counted.
        alone = dict(arrays(of(spec, Calendar(day, calendar.start, day))))
        for what, array in arrays(together):
            assert array[together.row(day)].tobytes() == alone[what][0].tobytes(), (what, day)
    with pytest.raises(ValueError, match="range"):
        together.row(calendar.last + 1)


def test_midnights_leave_the_timetable_as_it_is() -> None:
    period = {"start": "2022-02-26", "end": "2022-03-03", "warmup": "0 d"}
    spec = sim.load_scenario("china-2022", scale=0.0001, period=period).spec
    # Gangs change what the timetable states.
    assert spec.gangs is not None
    night, _, first = night_of(spec)
    before = {name: array.copy() for name, array in arrays(night.common.timetable)}
    for day in range(first, first + 6):
        night(day, DayTotals.empty(len(night.common.provinces), len(spec.fraud.types)))
    for name, array in arrays(night.common.timetable):
        assert np.array_equal(array, before[name]), name
