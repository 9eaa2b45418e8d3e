"""What the components of the macro layer have in common: one protocol, and what they all work on."""

from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from sim.country.calendar import Calendar
from sim.country.measures import Measures
from sim.country.provinces import Provinces
from sim.draws.remainders import Remainders
from sim.midnight.ledger import Ledger
from sim.midnight.totals import DayTotals
from sim.scenario.schema import ScenarioModel


class MacroComponent(Protocol):
    """One part of the macro state, with what changes it at a midnight."""

    name: str
    """Its name in the snapshot of a run."""

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Change the state at the midnight at which a day begins.

        Args:
            day: The day number.
            yesterday: What engines counted on the day before.
        """

    def snapshot(self) -> Any:
        """Return copies of the state between two days, as maps, lists, numbers, texts and arrays."""

    def resume(self, snapshot: Any) -> None:
        """Take over a state, as ``snapshot`` returns it, before the first midnight."""


class Stateless:
    """A component that keeps nothing from one midnight to the next."""

    def snapshot(self) -> None:
        """Return nothing."""

    def resume(self, snapshot: None) -> None:
        """Take over nothing."""


@dataclass(frozen=True)
class Common:
    """What all components work on.

    Measures do not tell some provinces apart: ``examples`` has the code of one province of each such group, and
    ``alike`` (P,) says for each province to which group it belongs. What only measures make differ is computed for the
    examples alone.
    """

    spec: ScenarioModel
    provinces: Provinces
    calendar: Calendar
    ledger: Ledger
    measures: Measures
    remainders: Remainders
    examples: list[int]
    alike: NDArray[np.int64]

    @classmethod
    def of(cls, spec: ScenarioModel, provinces: Provinces, calendar: Calendar, ledger: Ledger) -> Self:
        """Return what the components of a run work on."""
        measures = Measures(dict(spec.measures))
        examples, alike = measures.alike(provinces.codes)
        codes = [provinces.codes[p] for p in examples]
        return cls(spec, provinces, calendar, ledger, measures, Remainders(spec.seed), codes, alike)
