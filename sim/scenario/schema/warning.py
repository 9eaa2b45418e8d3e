"""Warnings: detectors, signs, tiers, the chain of instructions, the desks whose officers deliver them, dissuasion.

Signs are facts about contacts that tiers may ask for. Desks have officers who call and visit, their shifts, how a staff
grows, and provinces with staff of their own.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import BeforeValidator, Discriminator, Field, PlainSerializer, Tag

from sim.base.days import HALF_HOURS
from sim.base.words import WRITTEN, ContactChannel, Tier
from sim.scenario import bounds
from sim.scenario.bounds import Ages, Day, Duration, DurationOrZero, HalfHour, Switch, Table, oldest, refuse
from sim.scenario.schema import base
from sim.scenario.schema.measures import Ramp

Code = TypeVar("Code", int, str)

STAFF = "by_province"
"""Key of a desk with the staff of single provinces; a missing province has its share of the country's."""

MOST_STEPS_OF_STAFF = 64
"""Most days on which staff changes."""

MOST_SHIFTS = 7 * HALF_HOURS
"""Most shifts of a desk: one for each half hour of a week."""


class Shift(base.Part):
    """A window of the day on some weekdays (1 is Monday) in which ``share`` of the staff is on duty."""

    weekdays: Annotated[list[bounds.Weekday], Field(min_length=1, max_length=7)]
    """Days of the week of the shift: 1 is Monday, 7 Sunday. Unit: weekdays. More: no direction: another weekday.
    Example: `[1, 2, 3, 4, 5]`"""
    start: HalfHour
    """Half hour at which it begins. Later: fewer hours on duty. Example: `"08:30"`"""
    end: HalfHour
    """Half hour at which it ends; 24:00 is midnight. Later: more hours on duty. Example: `"22:30"`"""
    share: bounds.Probability
    """Share of the staff on duty; shares of overlapping shifts add up. More: more seats in these hours, shorter waits,
    more paid hours. Example: `1`"""

    def _wrong(self) -> base.Mistakes:
        if self.end <= self.start:
            yield base.mistake("end", "is not after start", "must be a later time of the same day, up to 24:00")


Shifts = Annotated[list[Shift], Field(min_length=1, max_length=MOST_SHIFTS)]


class StaffStep(base.Part):
    """From this day on, the staff is ``factor`` times what the scenario says."""

    from_: Day = Field(alias="from")
    """First day of the factor. Later: the staff changes later. Example: `2022-07-01`"""
    factor: bounds.Factor
    """Factor by which the stated staff is multiplied from then on. Unit: factor. More: more staff, shorter waits.
    Example: `1.5`"""


class StaffGrowth(base.Sparse):
    """Growth of a staff with the calendar date: a factor of it, by a ramp or by steps.

    Exactly one of the two is given.
    """

    ramp: Ramp | None = None
    """Growth along an S-shaped curve that ends at the stated staff."""
    steps: Annotated[list[StaffStep], Field(min_length=1, max_length=MOST_STEPS_OF_STAFF)] | None = None
    """Growth in steps: rising days with a factor each, such as 0.5 when a strike begins and 1 when it ends; before the
    first day its factor holds too. Example: `[{from: 2022-01-01, factor: 1}, {from: 2022-07-01, factor: 2}]`"""

    def _wrong(self) -> base.Mistakes:
        if (self.ramp is None) == (self.steps is None):
            found = "has neither a ramp nor steps" if self.ramp is None else "has both a ramp and steps"
            raise refuse(found, "must have exactly one of them (null removes one that another file gives)")
        for number, (before, after) in enumerate(pairwise(self.steps or [])):
            if after.from_ <= before.from_:
                key = f"steps.{number + 1}.from"
                yield base.mistake(key, f"{after.from_} does not come after {before.from_}", "days must rise")
                return

    @property
    def largest(self) -> float:
        """The largest factor; a ramp ends at 1."""
        return max(step.factor for step in self.steps) if self.steps else 1.0


class ProvinceDesk(base.Sparse):
    """A province's own staff at a desk, with its own growth and shifts; what is missing is the desk's."""

    staff: bounds.Staff
    """Officers of the province at this desk, on and off duty. Unit: officers. More: shorter waits there, fewer alerts
    expire. Example: `1000`"""
    growth: StaffGrowth | None = None
    """Growth of the province's staff, in place of the desk's. Example: `{steps: [{from: 2022-01-01, factor: 1}]}`"""
    shifts: Shifts | None = None
    """Shifts of the province, in place of the desk's. Example: `[{weekdays: [1, 2, 3, 4, 5, 6, 7], start: "00:00", end:
    "24:00", share: 0.5}]`"""


ProvinceStaff = Annotated[
    Annotated[bounds.Staff, Tag("plain")] | Annotated[ProvinceDesk, Tag("map")], Discriminator(base.form)
]


class Desk(base.Part):
    """A kind of desk: national staff, shared out by population, as it grows, and its shifts.

    ``by_province`` gives a province, by its code, its own staff in place of its share. ``discipline`` orders the alerts
    of a tier; if the desk ``lends``, its free officers serve the other desk's queue while its own is empty.
    """

    staff: bounds.Staff
    """Officers of the whole country at this desk, on and off duty; shared out by people and province_weights. Unit:
    officers. More: shorter waits, fewer alerts expire, higher costs. Example: `5700`"""
    growth: StaffGrowth | None = None
    """How the staff grows with the calendar date; without it the staff stays the same. Example: `{ramp: {midpoint:
    2022-04-15, width: 70 d, floor: 0.12}}`"""
    by_province: dict[bounds.ProvinceKey, ProvinceStaff] = Field(default_factory=dict)
    """Officers of single provinces, by name or code, in place of their share: a number, or a map with staff, growth and
    shifts. Unit: officers. More: shorter waits there; other provinces keep what they have. Example: `{44: {staff:
    1000}}`"""
    shifts: Shifts
    """Which share of the staff is on duty when. Example: `[{weekdays: [1, 2, 3, 4, 5, 6, 7], start: "08:30", end:
    "22:30", share: 1}]`"""
    discipline: base.DisciplineName = "first_issued"
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

    answered: bounds.Probability
    """Probability that a call is answered. More: more people reached, fewer further calls and visits. Example: `0.6`"""
    hard_share: bounds.Probability
    """Share of answered calls that take long. More: busier desks, longer waits. Example: `0.12`"""
    no_answer: base.Distribution
    """Time of a call that nobody answers. More: busier desks, longer waits. Example: `{lognormal: {median: 1 min,
    sigma: 0.3}}`"""
    short: base.Distribution
    """Time of an ordinary call. More: busier desks, longer waits. Example: `{lognormal: {median: 3 min, sigma: 0.4}}`
    """
    hard: base.Distribution
    """Time of a hard call. More: busier desks, longer waits. Example: `{lognormal: {median: 15 min, sigma: 0.4}}`"""


class VisitDesk(Desk, base.Sparse):
    """The visit desks; a visit with travel, met or not.

    With ``way`` the officer first travels for that time, and ``visit`` and ``not_met`` begin at the door.
    """

    newer: ClassVar = ("way", "refused")

    met: bounds.Probability
    """Probability that a visit meets the person. More: more people reached, fewer further visits. Example: `0.8`"""
    not_met: base.Distribution
    """Time of a visit that meets nobody, with travel. More: busier desks, longer waits. Example: `{lognormal: {median:
    45 min, sigma: 0.4}}`"""
    visit: base.Distribution
    """Time of a visit that meets the person, with travel. More: busier desks, longer waits. Example: `{lognormal:
    {median: 90 min, sigma: 0.4}}`"""
    way: base.Distribution | None = None
    """Time from dispatch to the door, where visit and not_met then begin; without it they include the way. More: people
    are met later, busier desks, longer waits. Example: `{lognormal: {median: 25 min, sigma: 0.6}}`"""
    refused: bounds.Probability | None = None
    """Probability that a person who is met refuses to listen; the visit then counts as failed, takes as long as
    not_met, and is tried again. More: fewer people reached, more visits. Example: `0.15`"""


class Desks(base.Part):
    """Both kinds of desks; ``province_weights`` shares staff out by more than population."""

    call: CallDesk
    """Officers who phone."""
    visit: VisitDesk
    """Officers who go to see people."""
    province_weights: dict[bounds.ProvinceKey, bounds.Weight] = Field(default_factory=dict)
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


class SignByStage(base.Part):
    """Probability that a sign is seen at a stage of an episode."""

    contact: bounds.Probability
    """Probability that the sign is seen at the contact that makes somebody engage. More: more alerts show the sign.
    Example: `0.01`"""
    engaged: bounds.Probability
    """Probability that the sign is seen when the person has engaged. More: more alerts show the sign. Example: `0.03`
    """
    opened: bounds.Probability
    """Probability that the sign is seen when the site or app is opened. More: more alerts show the sign before the
    first payment. Example: `0.1`"""
    payment: bounds.Probability
    """Probability that the sign is seen at a payment. More: more alerts show the sign when money begins to flow.
    Example: `0.7`"""


class Sign(base.Sparse):
    """A fact about a contact that a tier may ask for, such as a transfer under way; both detectors see the same.

    Each contact and each stage has its own draw.
    """

    episode: SignByStage
    """Probability that the sign is seen in an episode, by stage."""
    ignored: bounds.Probability
    """Probability that the sign is seen at an attempt that was answered and not believed. More: more false signs.
    Example: `0.01`"""
    unanswered: bounds.Probability
    """Probability that the sign is seen at an attempt that nobody answered. More: more false signs. Example: `0.005`"""
    legitimate: bounds.Probability
    """Probability that the sign is seen at a legitimate contact. More: more false alarms of tiers that ask for the
    sign. Example: `0.02`"""
    types: dict[base.Word, bounds.Factor] | None = None
    """By fraud type, factor of these probabilities, which are 1 at most; other types and legitimate contacts have 1.
    Unit: factor. More: more alerts about this type show the sign. Example: `{police_impersonation: 3}`"""
    delay: base.Distribution | None = None
    """Time until the sign is known: an alert whose tier it decides leaves its detector that much later; without this
    key it is known at once. More: such alerts arrive later. Example: `{lognormal: {median: 5 min, sigma: 0.7}}`"""
    known_for: Duration | None = None
    """Mean time for which an account that a filed case names is known. With this key the sign is that such an account
    is known: its probabilities are multiplied by the share of the accounts of mules at work that cases of this time
    name. Needs accounts. More: more alerts show the sign. Example: `30 d`"""
    lifts: bounds.Lift = 0
    """Tiers by which an alert that shows the sign is raised, up to red; of several signs the largest number counts.
    Unit: tiers. More: more alerts in higher tiers. Example: `1`"""


class ContactScores(base.Part):
    """d' of the contact score by the person's reaction to the contact."""

    unanswered: bounds.Score
    """How well detectors see contacts that nobody answered. More: more of them raise an alert, and higher ones.
    Example: `1.9`"""
    ignored: bounds.Score
    """How well detectors see contacts that were answered and not believed. More: more of them raise an alert, and
    higher ones. Example: `2.2`"""
    engaged: bounds.Score
    """How well detectors see contacts that made somebody engage. More: more people in episodes are warned, and at
    higher tiers. Example: `3.55`"""


class ContactScoresByChannel(base.PerChannel[ContactScores]):
    """d' of the contact score by channel."""


class StageScores(base.Part):
    """d' of the score at a later stage of an episode."""

    engaged: bounds.Score
    """How well detectors see episodes whose person just engaged. More: more alerts early in episodes. Example: `3.65`
    """
    opened: bounds.Score
    """How well detectors see episodes when the site or app is opened. More: more alerts before the first payment.
    Example: `3.85`"""
    payment: bounds.Score
    """How well detectors see episodes at a payment. More: more alerts when money begins to flow. Example: `3.85`"""


class Thresholds(base.Part):
    """Lowest score of each tier; they fall from red to blue."""

    red: bounds.Score
    """Lowest score of a red alert, the most urgent. More: fewer red alerts, more orange ones. Example: `4.71`"""
    orange: bounds.Score
    """Lowest score of an orange alert. More: fewer orange alerts, more yellow ones. Example: `4.02`"""
    yellow: bounds.Score
    """Lowest score of a yellow alert. More: fewer yellow alerts, more blue ones. Example: `3.87`"""
    blue: bounds.Score
    """Lowest score of a blue alert; lower scores raise no alert. More: fewer alerts altogether, false ones first.
    Example: `3.75`"""

    def _wrong(self) -> base.Mistakes:
        if not self.red >= self.orange >= self.yellow >= self.blue:
            what = "the thresholds do not fall from red to blue"
            yield base.mistake("red", what, "must be red >= orange >= yellow >= blue")


class DetectorSettings(base.Part):
    """One detector: a shift of every d', and its thresholds."""

    shift: bounds.Score
    """Shift of every d' of this detector. More: a better detector: more alerts on fraud. Example: `0`"""
    thresholds: Thresholds
    """Lowest score of each tier."""
    hops: bounds.Hops
    """Offices that an instruction passes through before it reaches a desk. Unit: offices. More: alerts arrive later.
    Example: `3`"""


class Grid(base.Part):
    """The fixed grid in which legitimate contacts are drawn: cells of ``step`` from ``low`` up, the last open."""

    low: bounds.Score
    """Score at which the grid begins; no threshold may be lower. More: faster, but thresholds cannot be lower. Example:
    `2.5`"""
    step: bounds.Step
    """Width of a cell of the grid. More: coarser numerical integration. Example: `0.25`"""
    cells: bounds.Steps
    """Cells of the grid; the last is open. Unit: cells. More: the grid reaches higher scores. Example: `15`"""


class Detectors(base.Part):
    """The central and the local detector, whose scores are correlated."""

    correlation: bounds.Correlation
    """Correlation of the two detectors' scores of one contact. Unit: correlation. More: the local detector finds less
    of what the central one missed. Example: `0.5`"""
    contact: ContactScoresByChannel
    """How well detectors separate fraudulent contacts from ordinary ones, by channel."""
    stages: StageScores
    """How well detectors see episodes at their later stages."""
    central: DetectorSettings
    """The detector of the ministry's centre."""
    local: DetectorSettings
    """The detectors of provinces and cities."""
    grid: Grid
    """Numerical grid of ordinary contacts by their scores; not a policy."""

    def _wrong(self) -> base.Mistakes:
        for name in ("central", "local"):
            blue = getattr(self, name).thresholds.blue
            if blue < self.grid.low:
                what = f"{blue:g} is below the grid of legitimate contacts"
                yield base.mistake(f"{name}.thresholds.blue", what, f"must be at least grid.low = {self.grid.low:g}")


class ConfusionRow(base.Part):
    """Probability that a contact of ``true`` type (or ``legitimate``) is taken for ``predicted``."""

    true: str
    """Type of the contact: a fraud type, or legitimate. Example: `loan_credit`"""
    predicted: str
    """The fraud type that the alert names. Example: `other`"""
    probability: bounds.Probability
    """Probability that a contact of the true type is taken for the predicted one. More: more alerts of the true type
    name the predicted one. Example: `0.05`"""


class Tries(base.Part):
    """Tries of each staffed channel."""

    call: bounds.TryCount
    """Largest number of calls until somebody answers; then the alert escalates or ends. Unit: calls. More: more people
    reached, more work for the call desk. Example: `3`"""
    visit: bounds.TryCount
    """Largest number of visits until somebody is met. Unit: visits. More: more people reached, more work for the visit
    desk. Example: `3`"""


class RetryWaits(base.Part):
    """Wait between two tries of a staffed channel."""

    call: base.Distribution
    """Time between two calls to the same person. More: people are reached later, and deadlines may pass. Example:
    `{lognormal: {median: 40 min, sigma: 0.5}}`"""
    visit: base.Distribution
    """Time between two visits to the same person. More: people are reached later, and deadlines may pass. Example:
    `{lognormal: {median: 5 h, sigma: 0.5}}`"""


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_written(channels: list[str]) -> str | list[str]:
    return channels[0] if len(channels) == 1 else channels


FirstChannels = Annotated[
    list[base.ContactChannelName],
    Field(min_length=1, max_length=len(ContactChannel) - 1),
    BeforeValidator(_as_list),
    PlainSerializer(_as_written),
]
"""A channel, or a list of channels that start at once."""

MOST_SIGNS = 8

SignNames = Annotated[
    list[base.Name], Field(min_length=1, max_length=MOST_SIGNS), BeforeValidator(_as_list), PlainSerializer(_as_written)
]
"""A sign, or a list of signs of which one is enough."""


class Escalation(base.Part):
    """What follows a failure: a call after an unread message, a visit after unanswered calls."""

    unread: Literal["call", "none"]
    """What follows an app message or SMS that stays unread: a call, or nothing. Example: `call`"""
    unanswered: Literal["visit", "none"]
    """What follows calls that nobody answers: a visit, or nothing. Example: `visit`"""


class SecondVisit(base.Part):
    """A visit to people who were called or met, because one talk may not be enough."""

    after: base.Distribution
    """Time from the talk to the request of the second visit; none is made after the deadline. More: second visits come
    later, and fewer before the deadline. Example: `{lognormal: {median: 3 h, sigma: 0.5}}`"""


class TierOfAges(base.Sparse):
    """What a tier does otherwise for people of some ages; what is missing is as the tier says."""

    ages: Ages
    """Ages of these people in years, both included; null for no upper limit. Unit: years. More: no direction: other
    people. Example: `[60, null]`"""
    first: FirstChannels | None = None
    """First channels for these people, in place of the tier's. Example: `call`"""
    deadline: Duration | None = None
    """Time from issue after which an alert to these people expires. More: fewer alerts expire, and officers serve older
    ones. Example: `24 h`"""
    tries: Tries | None = None
    """How often each staffed channel tries to reach these people."""
    escalate: Escalation | None = None
    """What follows for these people when the first channel fails."""

    def _wrong(self) -> base.Mistakes:
        return wrong_channels(self.first or [])


MOST_GROUPS = 3
"""Most groups of ages with their own rules in a tier."""


def wrong_channels(first: list[str]) -> base.Mistakes:
    """Find first channels that cannot start together: a channel twice, or both channels in writing."""
    if len(set(first)) < len(first):
        yield base.mistake("first", f"names a channel twice: {', '.join(first)}", "use each channel once")
    elif set(first) >= {channel.label for channel in WRITTEN}:
        yield base.mistake("first", "names app and sms", "use one of them: people without the app get an SMS anyway")


class TierSettings(base.Sparse):
    """One tier: first channels, deadline from issue, tries, waits between tries, and what follows when they fail.

    ``first`` may list several channels, which start at once. Once one of them has reached the person, the others stop,
    unless ``also_if_reached``. ``by_age`` replaces some of it for people of some ages.
    """

    newer: ClassVar = ("sign", "again", "by_age")

    first: FirstChannels
    """First channels: app, sms, call or visit, or a list of channels that start at once. Example: `[call, visit]`"""
    also_if_reached: Switch = False
    """Whether the other channels that started at once continue after one has reached the person. Example: `off`"""
    deadline: Duration
    """Time from issue after which an alert that reached nobody expires, whatever its channels and tries. More: fewer
    alerts expire, and officers serve older ones. Example: `24 h`"""
    tries: Tries
    """How often each staffed channel tries."""
    retry_wait: RetryWaits
    """Waits between tries."""
    escalate: Escalation
    """What follows when the first channel fails."""
    sign: SignNames | None = None
    """A sign of warning.signs that an alert must show to get this tier, or a list of signs, one of which is enough; an
    alert that shows none gets the next lower tier, and below blue there is no alert. Without this key the score alone
    decides. Example: `[transfer, remote_control]`"""
    again: SecondVisit | None = None
    """A visit to people who were called or met; without it there is none. Example: `{after: {lognormal: {median: 3 h,
    sigma: 0.5}}}`"""
    by_age: Annotated[list[TierOfAges], Field(min_length=1, max_length=MOST_GROUPS)] | None = None
    """What the tier does otherwise for people of some ages: up to three groups of ages that do not overlap. Example:
    `[{ages: [60, null], first: call}]`"""

    def _wrong(self) -> base.Mistakes:
        yield from wrong_channels(self.first)
        groups = sorted(self.by_age or [], key=lambda group: group.ages[0])
        for before, after in pairwise(groups):
            if after.ages[0] <= oldest(before.ages):
                found = f"{after.ages[0]} is in two groups of ages"
                yield base.mistake("by_age", found, "the groups must not overlap")
        if self.again is not None and self.also_if_reached:
            what = "must be absent while also_if_reached is on: the other channels continue anyway"
            yield base.mistake("again", "also_if_reached is on", what)

    def of_group(self, group: int) -> "TierSettings":
        """Return the rules of a group of ages, from 1; of group 0, and of groups that the tier has not, its own."""
        groups = self.by_age or []
        if not 1 <= group <= len(groups):
            return self
        given = {key: getattr(groups[group - 1], key) for key in ("first", "deadline", "tries", "escalate")}
        return self.model_copy(update={key: value for key, value in given.items() if value is not None})

    def calls_unread(self) -> bool:
        """Return whether a call follows an unread message; never if calls start at once."""
        return self.escalate.unread == "call" and ContactChannel.CALL.label not in self.first

    def visits_unanswered(self) -> bool:
        """Return whether a visit follows unanswered calls; never if visits start at once."""
        return self.escalate.unanswered == "visit" and ContactChannel.VISIT.label not in self.first


class Tiers(base.Part):
    """The four tiers."""

    red: TierSettings
    """The most urgent tier."""
    orange: TierSettings
    """The second tier."""
    yellow: TierSettings
    """The third tier."""
    blue: TierSettings
    """The least urgent tier."""

    @property
    def groups(self) -> int:
        """Number of groups of ages, with one for everybody else."""
        return 1 + max(len(getattr(self, name).by_age or ()) for name in Tier.labels())

    def rules(self) -> Iterator[TierSettings]:
        """Yield the rules of each group of ages, and within it of each tier from red to blue.

        Those of a tier for a group are at the place tier + 4 x group.
        """
        for group in range(self.groups):
            for name in Tier.labels():
                yield getattr(self, name).of_group(group)


class Written(base.Part):
    """SMS or app message: delay to delivery, whether it is read, delay to reading."""

    delivery: base.Distribution
    """Time from issue to delivery. More: warnings come later. Example: `{lognormal: {median: 5 s, sigma: 1}}`"""
    read: bounds.Probability
    """Probability that the message is read at all. More: more people warned in writing, fewer calls afterwards.
    Example: `0.7`"""
    read_delay: base.Distribution
    """Time from delivery to reading. More: warnings work later; beyond unread_wait the message counts as unread.
    Example: `{lognormal: {median: 20 min, sigma: 1.5}}`"""


class StopProbabilities(base.Part):
    """Probability that a person in an episode who is reached before a payment stops, by channel."""

    app: bounds.Probability
    """Probability that a person in an episode stops after reading a warning in the app. More: more people stopped.
    Example: `0.23`"""
    sms: bounds.Probability
    """Probability that a person in an episode stops after reading a warning by SMS. More: more people stopped. Example:
    `0.23`"""
    call: bounds.Probability
    """Probability that a person in an episode stops after a call from an officer. More: more people stopped. Example:
    `0.6`"""
    visit: bounds.Probability
    """Probability that a person in an episode stops after a visit from an officer. More: more people stopped. Example:
    `0.95`"""


class Family(base.Part):
    """Relatives whom officers inform at visits, so that they also talk to the person."""

    share: bounds.Probability
    """Share of alerts whose visits inform the family. More: more people stop after visits. Example: `0.3`"""
    bonus: bounds.Probability
    """Share of the missing probability to stop that a family adds. More: more people stop after such visits. Example:
    `0.3`"""


class Dissuasion(base.Sparse):
    """Effect of reaching a person: ``wrong_class`` and ``fatigue`` (per alert heard before today) multiply it.

    Awareness raises it: the probability p becomes p + (1 - p) x awareness x ``awareness_bonus``. A family that
    officers inform at a visit raises it in the same way by ``family.bonus``.
    """

    newer: ClassVar = ("family", "again")

    stop: StopProbabilities
    """Probability to stop for people reached before a payment, by channel."""
    wrong_class: bounds.Probability
    """Factor of this probability if the alert names the wrong type of fraud. Unit: factor, 0 to 1. More: wrong names
    matter less. Example: `0.7`"""
    fatigue: bounds.Fatigue
    """Factor of this probability for each alert that the person heard before today. Unit: factor. More: people who hear
    many alerts still listen. Example: `0.85`"""
    awareness_bonus: bounds.Probability
    """Share of the missing probability that full awareness adds. More: education makes warnings work better. Example:
    `0.1`"""
    family: Family | None = None
    """Relatives whom officers inform at visits; without it they inform nobody. Example: `{share: 0.3, bonus: 0.3}`"""
    again: bounds.Probability | None = None
    """Factor of this probability at a second visit, where the person's resistance is drawn again; without it 1. Unit:
    factor, 0 to 1. More: more people stop at second visits. Example: `0.5`"""


class Warning(base.Sparse):
    """The warning mechanism as a whole."""

    detectors: Detectors
    """How well detectors separate fraud from ordinary contacts, and which scores raise an alert."""
    confusion: Table[ConfusionRow]
    """Table of the fraud types that alerts name, by the true type: rows, or the name of a CSV file next to the
    scenario. Example: `confusion.csv`"""
    hop_delay: base.Distribution
    """Time that an instruction takes at each office of the chain. More: alerts arrive later. Example: `{lognormal:
    {median: 8 min, sigma: 0.8}}`"""
    tiers: Tiers
    """Response to an alert, by tier."""
    unread_wait: Duration
    """Time after delivery after which a message counts as unread. More: calls follow later, and fewer. Example: `6 h`
    """
    escalation_delay: base.Distribution
    """Time from the last unanswered call to the request of a visit. More: visits come later. Example: `{lognormal:
    {median: 20 min, sigma: 0.5}}`"""
    app: Written
    """Warnings in the anti-fraud app."""
    sms: Written
    """Warnings by SMS."""
    desk_knows_episode_over: Switch
    """Whether a desk learns at once that an episode is over, and drops its alerts. Example: `off`"""
    dissuasion: Dissuasion
    """Whether warned people stop."""
    signs: Annotated[dict[base.Name, Sign], Field(min_length=1, max_length=MOST_SIGNS)] | None = None
    """Signs, by names of your choice, which decide the tier of an alert together with its score, where a tier asks for
    them (warning.tiers) or they raise it; without this key scores alone decide. Example: `{transfer: {episode:
    {contact: 0.01, engaged: 0.03, opened: 0.1, payment: 0.7}, ignored: 0.01, unanswered: 0.005, legitimate: 0.02,
    delay: 5 min}}`"""
    quiet: DurationOrZero | None = None
    """Time in which a person does not hear of the same contact or episode again, unless the alert is more urgent: a
    further alert is superseded at its issue. Without this key each alert rings. More: fewer contacts, less fatigue.
    Example: `24 h`"""
