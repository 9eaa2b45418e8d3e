"""A user's component in the macro layer: its inputs, its changes, and the check that they are allowed."""

from sim.base.days import calendar_date
from sim.base.words import Tier
from sim.midnight.awareness import Awareness
from sim.midnight.by_name import ByName
from sim.midnight.component import Component
from sim.midnight.filters import Filters
from sim.midnight.levels import Levels
from sim.midnight.protocol import Common
from sim.midnight.tomorrow import CHANGEABLE, Tomorrow, allowed, demand
from sim.midnight.totals import DayTotals
from sim.midnight.yesterday import Yesterday
from sim.shield.interception import FILTERED


class Visiting:
    """One user's component."""

    name = "component"

    def __init__(
        self, component: Component, common: Common, levels: Levels, filters: Filters, awareness: Awareness
    ) -> None:
        """Begin before the first midnight.

        Args:
            component: The component, this run's own copy.
            common: Of the run.
            levels: The values that it may change.
            filters: Of the run.
            awareness: Of the run, which it may change.
        """
        self._component = component
        self._common = common
        self._levels = levels
        self._filters = filters
        self._awareness = awareness
        spec = common.spec
        self._types = tuple(spec.fraud.types)
        self._segments = tuple(spec.population.occupation.segments)
        self._allowed = allowed(spec.warning.detectors.grid.low, FILTERED, self._segments)

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Run the component, and keep its changes."""
        common = self._common
        before = {
            "coverage": self._levels.covered(day),
            "thresholds": self._levels.thresholds(),
            "officers": self._levels.officers(day),
            "d_prime": self._levels.d_prime(self._filters),
            "blocked": self._levels.blocked(day),
            "awareness": self._awareness.by_segment().T,
        }
        named = {name: ByName(name, (self._allowed[name].names,), before[name].copy()) for name in CHANGEABLE}
        tomorrow = Tomorrow(common.provinces.codes, self._segments, **named)
        ended = Yesterday.of(day - 1, yesterday, common.provinces, self._types)
        self._component.at_midnight(calendar_date(day), ended, tomorrow)
        who = f"{type(self._component).__name__}, midnight of {calendar_date(day)}"
        provinces = tuple(f"province {code}" for code in common.provinces.codes)
        for name in CHANGEABLE:
            values = named[name].array
            demand(who, name, self._allowed[name], values, Tier.labels() if name == "thresholds" else provinces)
            changed = values != before[name]
            if name == "awareness":
                self._awareness.hold(values.T, changed.T)
            else:
                self._levels.hold(name, values, changed)
