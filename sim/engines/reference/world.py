"""The world of a run: one environment, the day's macro state, the desks, and all counts."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.base.days import DAY_MS, HALF_HOUR_MS
from sim.base.words import DESKS, ContactChannel
from sim.engines.conservation import Books
from sim.engines.reference.desk import Desk
from sim.engines.tables import Tables
from sim.midnight.today import Today
from sim.midnight.totals import DayTotals
from sim.scenario.schema import ScenarioModel
from sim.store.recorder import Recorder


class Person(NamedTuple):
    """A person met by a contact: derived when met, never stored."""

    province: int
    number: int
    age: int
    band: int
    sex: int
    segment: int
    frailty: int
    online: bool
    u_app: int


class Living(Protocol):
    """A living alert as the run sees it: its day of issue, and what happens if the run ends first."""

    issue_day: int

    def outlive(self) -> None:
        """End with the run."""


@dataclass
class World:
    """What every event can see.

    ``people_bytes`` of each province belong to the macro layer; ``worked`` has the ms that officers worked by day
    number, province and desk, until the day is over.
    """

    spec: ScenarioModel
    tables: Tables
    recorder: Recorder
    env: simpy.Environment
    end: int
    books: Books
    desks: list[dict[ContactChannel, Desk]]
    people_bytes: list[NDArray[np.uint8]]
    worked: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    alive: dict[int, Living] = field(default_factory=dict)
    today: Today = field(init=False)
    totals: DayTotals = field(init=False)

    @property
    def now(self) -> int:
        """The moment, in ms from the start of the period."""
        return int(self.env.now)

    @property
    def day(self) -> int:
        """The day number of the moment."""
        return self.today.day

    def open_since(self, day: int) -> int:
        """Return the first day of issue of an alert that is alive, or ``day``."""
        return min((alert.issue_day for alert in self.alive.values()), default=day)

    def busy(self, province: int, channel: ContactChannel, start: int, duration: int) -> None:
        """Count the time of a busy server by half hour, up to the end of the run."""
        end = min(start + duration, self.end)
        while start < end:
            until = min(end, (start // HALF_HOUR_MS + 1) * HALF_HOUR_MS)
            key = (self.tables.calendar.day_of(start), province, channel, start % DAY_MS // HALF_HOUR_MS)
            self.recorder.hours[key][0] += until - start
            self.worked[(key[0], province, DESKS.index(channel))] += until - start
            start = until
