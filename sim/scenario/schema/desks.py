"""Desks: officers who call and visit, their shifts, how a staff grows, and provinces with staff of their own."""

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, ClassVar, TypeVar

from pydantic import Discriminator, Field, Tag

from sim.base.days import HALF_HOURS
from sim.scenario.bounds import Factor, Probability, Staff, Weekday, Weight
from sim.scenario.distributions import Distribution
from sim.scenario.scalars import Day, HalfHour, Switch, refuse
from sim.scenario.schema.base import DisciplineName, Mistakes, Part, ProvinceKey, Sparse, form, mistake
from sim.scenario.schema.measures import Ramp

Code = TypeVar("Code", int, str)

STAFF = "by_province"
"""Key of a desk with the staff of single provinces; a missing province has its share of the country's."""

MOST_STEPS_OF_STAFF = 64
"""Most days on which staff changes."""

MOST_SHIFTS = 7 * HALF_HOURS
"""Most shifts of a desk: one for each half hour of a week."""


class Shift(Part):
    """A window of the day on some weekdays (1 is Monday) in which ``share`` of the staff is on duty."""

    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7)]
    """Days of the week of the shift: 1 is Monday, 7 Sunday. Unit: weekdays. More: no direction: another weekday.
    Example: `[1, 2, 3, 4, 5]`"""
    start: HalfHour
    """Half hour at which it begins. Later: fewer hours on duty. Example: `"08:30"`"""
    end: HalfHour
    """Half hour at which it ends; 24:00 is midnight. Later: more hours on duty. Example: `"22:30"`"""
    share: Probability
    """Share of the staff on duty; shares of overlapping shifts add up. More: more seats in these hours, shorter waits,
    more paid hours. Example: `1`"""

    def _wrong(self) -> Mistakes:
        if self.end <= self.start:
            yield mistake("end", "is not after start", "must be a later time of the same day, up to 24:00")


Shifts = Annotated[list[Shift], Field(min_length=1, max_length=MOST_SHIFTS)]


class StaffStep(Part):
    """From this day on, the staff is ``factor`` times what the scenario says."""

    from_: Day = Field(alias="from")
    """First day of the factor. Later: the staff changes later. Example: `2022-07-01`"""
    factor: Factor
    """Factor by which the stated staff is multiplied from then on. Unit: factor. More: more staff, shorter waits.
    Example: `1.5`"""


class StaffGrowth(Sparse):
    """Growth of a staff with the calendar date: a factor of it, by a ramp or by steps.

    Exactly one of the two is given.
    """

    ramp: Ramp | None = None
    """Growth along an S-shaped curve that ends at the stated staff."""
    steps: Annotated[list[StaffStep], Field(min_length=1, max_length=MOST_STEPS_OF_STAFF)] | None = None
    """Growth in steps: rising days with a factor each, such as 0.5 when a strike begins and 1 when it ends; before the
    first day its factor holds too. Example: `[{from: 2022-01-01, factor: 1}, {from: 2022-07-01, factor: 2}]`"""

    def _wrong(self) -> Mistakes:
        if (self.ramp is None) == (self.steps is None):
            found = "has neither a ramp nor steps" if self.ramp is None else "has both a ramp and steps"
            raise refuse(found, "must have exactly one of them (null removes one that another file gives)")
        for number, (before, after) in enumerate(pairwise(self.steps or [])):
            if after.from_ <= before.from_:
                key = f"steps.{number + 1}.from"
                yield mistake(key, f"{after.from_} does not come after {before.from_}", "days must rise")
                return

    @property
    def largest(self) -> float:
        """The largest factor; a ramp ends at 1."""
        return max(step.factor for step in self.steps) if self.steps else 1.0


class ProvinceDesk(Sparse):
    """A province's own staff at a desk, with its own growth and shifts; what is missing is the desk's."""

    staff: Staff
    """Officers of the province at this desk, on and off duty. Unit: officers. More: shorter waits there, fewer alerts
    expire. Example: `1000`"""
    growth: StaffGrowth | None = None
    """Growth of the province's staff, in place of the desk's. Example: `{steps: [{from: 2022-01-01, factor: 1}]}`"""
    shifts: Shifts | None = None
    """Shifts of the province, in place of the desk's. Example: `[{weekdays: [1, 2, 3, 4, 5, 6, 7], start: "00:00", end:
    "24:00", share: 0.5}]`"""


ProvinceStaff = Annotated[Annotated[Staff, Tag("plain")] | Annotated[ProvinceDesk, Tag("map")], Discriminator(form)]


class Desk(Part):
    """A kind of desk: national staff, shared out by population, as it grows, and its shifts.

    ``by_province`` gives a province, by its code, its own staff in place of its share. ``discipline`` orders the alerts
    of a tier; if the desk ``lends``, its free officers serve the other desk's queue while its own is empty.
    """

    staff: Staff
    """Officers of the whole country at this desk, on and off duty; shared out by people and province_weights. Unit:
    officers. More: shorter waits, fewer alerts expire, higher costs. Example: `5700`"""
    growth: StaffGrowth | None = None
    """How the staff grows with the calendar date; without it the staff stays the same. Example: `{ramp: {midpoint:
    2022-04-15, width: 70 d, floor: 0.12}}`"""
    by_province: dict[ProvinceKey, ProvinceStaff] = Field(default_factory=dict)
    """Officers of single provinces, by name or code, in place of their share: a number, or a map with staff, growth and
    shifts. Unit: officers. More: shorter waits there; other provinces keep what they have. Example: `{44: {staff:
    1000}}`"""
    shifts: Shifts
    """Which share of the staff is on duty when. Example: `[{weekdays: [1, 2, 3, 4, 5, 6, 7], start: "08:30", end:
    "22:30", share: 1}]`"""
    discipline: DisciplineName = "first_issued"
    """Order of service within a tier: first_issued, last_issued, least_slack, highest_score or most_at_stake. Example:
    `first_issued`"""
    lends: Switch = False
    """Whether free officers serve the other desk's queue while their own is empty. Example: `off`"""

    def own(self, staff: "float | ProvinceDesk") -> ProvinceDesk:
        """Return the desk of a province with this staff; missing values come from this desk."""
        desk = staff if isinstance(staff, ProvinceDesk) else ProvinceDesk(staff=staff)
        return ProvinceDesk(staff=desk.staff, growth=desk.growth or self.growth, shifts=desk.shifts or self.shifts)

    def most_staff(self) -> Iterator[tuple[str, float]]:
        """Yield the keys of growth, each with the largest staff that it gives."""
        for key, staff in (
            ("growth", self.staff),
            *((f"by_province.{code}", staff) for code, staff in self.by_province.items()),
        ):
            own = self.own(staff)
            yield key, own.staff * (own.growth.largest if own.growth else 1.0)


class CallDesk(Desk):
    """The call desks; talk times of three kinds of calls."""

    answered: Probability
    """Probability that a call is answered. More: more people reached, fewer further calls and visits. Example: `0.6`"""
    hard_share: Probability
    """Share of answered calls that take long. More: busier desks, longer waits. Example: `0.12`"""
    no_answer: Distribution
    """Time of a call that nobody answers. More: busier desks, longer waits. Example: `{lognormal: {median: 1 min,
    sigma: 0.3}}`"""
    short: Distribution
    """Time of an ordinary call. More: busier desks, longer waits. Example: `{lognormal: {median: 3 min, sigma: 0.4}}`
    """
    hard: Distribution
    """Time of a hard call. More: busier desks, longer waits. Example: `{lognormal: {median: 15 min, sigma: 0.4}}`"""


class VisitDesk(Desk, Sparse):
    """The visit desks; a visit with travel, met or not.

    With ``way`` the officer first travels for that time, and ``visit`` and ``not_met`` begin at the door.
    """

    newer: ClassVar = ("way", "refused")

    met: Probability
    """Probability that a visit meets the person. More: more people reached, fewer further visits. Example: `0.8`"""
    not_met: Distribution
    """Time of a visit that meets nobody, with travel. More: busier desks, longer waits. Example: `{lognormal: {median:
    45 min, sigma: 0.4}}`"""
    visit: Distribution
    """Time of a visit that meets the person, with travel. More: busier desks, longer waits. Example: `{lognormal:
    {median: 90 min, sigma: 0.4}}`"""
    way: Distribution | None = None
    """Time from dispatch to the door, where visit and not_met then begin; without it they include the way. More: people
    are met later, busier desks, longer waits. Example: `{lognormal: {median: 25 min, sigma: 0.6}}`"""
    refused: Probability | None = None
    """Probability that a person who is met refuses to listen; the visit then counts as failed, takes as long as
    not_met, and is tried again. More: fewer people reached, more visits. Example: `0.15`"""


class Desks(Part):
    """Both kinds of desks; ``province_weights`` shares staff out by more than population."""

    call: CallDesk
    """Officers who phone."""
    visit: VisitDesk
    """Officers who go to see people."""
    province_weights: dict[ProvinceKey, Weight] = Field(default_factory=dict)
    """By province, name or code: officers per person relative to other provinces, which have 1; the country's staff
    stays the same. Unit: weight. More: more staff there, less elsewhere. Example: `{44: 1.15}`"""

    def parts(self, desk: str, people: Mapping[int, int]) -> dict[int, float]:
        """Return each province's officers of the national staff of a desk, by code, before growth."""
        return parts_of(getattr(self, desk).staff, people, self.province_weights)


def parts_of(staff: float, people: Mapping[Code, int], weights: Mapping[str, float]) -> dict[Code, float]:
    """Return the officers of each province, by code: staff shared out by people and weights, 1 where there is none."""
    factors = {code: number * weights.get(str(code), 1.0) for code, number in people.items()}
    whole = math.fsum(factors.values())
    return {code: staff * (factor / whole) for code, factor in factors.items()}
