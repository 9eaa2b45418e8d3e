"""What all kinds of measures have in common: window, place, intensity, layer and price."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from sim.base.days import DAY_MS
from sim.base.words import Channel
from sim.scenario.bounds import Probability
from sim.scenario.scalars import Day, DayKey, Duration, Window
from sim.scenario.schema.base import Mistakes, Part, ProvinceCode, Sparse, Word, mistake

MOST_DATED = 200
"""The most dated values of an intensity."""

LARGEST_EXPONENT = 700.0
"""Largest exponent whose exponential fits a double."""

POLICE = "what raids, searches and the work on cases cost is not among the prices"
LINES = "what suppliers of lines, and those who check their customers, spend is not among the prices"
NETWORK = "what filters and blocking cost those who run networks and sites is not among the prices"
BANKS = "what banks spend is not among the prices"
LAW = "what a law costs those who must keep it is not among the prices"
DETECTION = "what detectors, and their data, cost is not among the prices"


@dataclass(frozen=True)
class Row:
    """What a kind of measure needs besides its keys; layers, prices and run summaries derive from it.

    Attributes:
        layer: The layer of attribution that switches the kind off; empty if none does.
        price: The prices below ``costs`` that pay for it, or the reason why none does.
        stays: If no layer switches it off, the reason.
        about: The key of what a measure of this kind is directed at; empty if the kind is about one thing only.
        lasting: False if it happens once and is over.
        unpriced: Keys that no price depends on, each with the reason.
    """

    layer: str
    price: tuple[str, ...] | str
    stays: str = ""
    about: str = ""
    lasting: bool = True
    unpriced: Mapping[str, str] = field(default_factory=dict)


class Ramp(Part):
    """Growth of an intensity with the calendar date.

    The intensity is multiplied by floor + (1 - floor) / (1 + exp(-(date - midpoint) / width)).
    """

    midpoint: Day
    """Day on which half of the growth is done. Later: the growth comes later. Example: `2022-04-15`"""
    width: Duration
    """How long the growth takes: from a quarter to three quarters in about twice this time. More: slower growth.
    Example: `70 d`"""
    floor: Probability = 0.0
    """Share of the whole that is there from the start. More: more from the start, less growth. Example: `0.12`"""

    def nearly(self, day: date) -> float:
        """Return its value on a day, for bounds; engines use ``sim.country.calendar.ramped``, exact to the bit."""
        widths = (day - self.midpoint).days * DAY_MS / self.width
        return self.floor + (1.0 - self.floor) / (1.0 + math.exp(min(-widths, LARGEST_EXPONENT)))


class MeasureBase(Part):
    """A window: both days included, null means no end; it is cut to the simulated days."""

    row: ClassVar[Row]
    """What has to be said of the kind besides its keys: each kind has its own."""

    window: Window
    """First and last day in force; null as the last day means no end. Example: `[2022-03-01, null]`"""

    @property
    def price(self) -> tuple[str, ...] | str:
        """The prices below ``costs`` that pay for this measure, or the reason why none does."""
        return self.row.price


class Somewhere(MeasureBase):
    """A measure in some provinces (their codes), or in all."""

    provinces: Annotated[list[ProvinceCode], Field(min_length=1)] | None = None
    """Provinces in which it is in force, by name or code; without it all. Example: `[35, 44]`"""


class Spread(Somewhere):
    """A measure whose counts are spread evenly over the days of its window, which must end."""

    def _wrong(self) -> Mistakes:
        if self.window[1] is None:
            yield mistake("window", "has no last day", "must have one: counts are spread over its days")


class Varying(MeasureBase, Sparse):
    """A measure whose intensity may change within its window, by a ramp or by dated values, or neither."""

    newer: ClassVar = ("steps", "classes", "false_share")

    ramp: Ramp | None = None
    """How it grows within its window; without it, it has full intensity from the first day."""
    steps: Annotated[dict[DayKey, Probability], Field(min_length=1, max_length=MOST_DATED)] | None = None
    """Share of the intensity on some days, in place of a ramp: linear between them; the first also before, the last
    also after them. More: more intensity around that day. Example: `{2021-01-01: 0.05, 2022-04-15: 0.55,
    2022-06-30: 1}`"""

    def _wrong(self) -> Mistakes:
        if self.ramp is not None and self.steps is not None:
            what = "must be without a ramp (null removes one that another file gives)"
            yield mistake("steps", "there is a ramp, too", what)

    @property
    def dated(self) -> dict[date, float]:
        """The shares of the intensity on some days, in their order."""
        return {date.fromisoformat(day): share for day, share in sorted((self.steps or {}).items())}

    def most(self, day: date) -> float:
        """Return the largest share of the intensity until a day, nearly, for bounds; a ramp only grows."""
        if self.steps is not None:
            return max(self.steps.values())
        return self.ramp.nearly(day) if self.ramp else 1.0


class Gradual(Varying, Somewhere):
    """A measure in some provinces, or in all, whose intensity may change within its window."""


class OnClasses(Gradual):
    """A measure on attempts of a channel, or on those of some of its classes."""

    classes: Annotated[list[Word], Field(min_length=1)] | None = None
    """Classes of the channel on which it acts, of fraud.classes; without it all. Example: `[abroad]`"""

    @property
    def acts_on(self) -> Channel:
        """The channel on which it acts."""
        raise NotImplementedError
