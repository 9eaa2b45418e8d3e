"""The common protocol and inputs of the components of the macro layer."""

from dataclasses import dataclass
from typing import Protocol, Self

from sim.country.calendar import Calendar
from sim.country.measures import Measures
from sim.country.provinces import Provinces
from sim.country.schedule import Schedule
from sim.draws.remainders import Remainders
from sim.midnight.ledger import Ledger
from sim.midnight.timetable import Timetable
from sim.midnight.totals import DayTotals
from sim.scenario.schema import ScenarioModel


class MacroComponent(Protocol):
    """One part of the macro state, and its changes at a midnight; ``name`` is that of docs/model.md."""

    name: str

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Change the state at the midnight at which a day begins.

        Args:
            day: The day number.
            yesterday: Counts of the engine on the day before.
        """


@dataclass(frozen=True)
class Common:
    """The inputs of all components.

    ``timetable`` holds what the scenario alone decides.
    """

    spec: ScenarioModel
    provinces: Provinces
    calendar: Calendar
    ledger: Ledger
    measures: Measures
    remainders: Remainders
    schedule: Schedule
    timetable: Timetable

    @classmethod
    def of(cls, spec: ScenarioModel, provinces: Provinces, calendar: Calendar, ledger: Ledger) -> Self:
        """Return the inputs of the components of a run."""
        measures = Measures(dict(spec.measures))
        schedule = Schedule(spec, provinces)
        timetable = Timetable.of(spec, provinces, calendar, measures, schedule)
        return cls(spec, provinces, calendar, ledger, measures, Remainders(spec.seed), schedule, timetable)
