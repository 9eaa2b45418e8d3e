"""The tiered and classified warning mechanism: detectors, classes, tiers, the chain, desks, dissuasion."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, PlainSerializer, Tag, model_validator

from sim.days import HALF_HOURS
from sim.scenario.bounds import (
    Correlation,
    Factor,
    Fatigue,
    Hops,
    Probability,
    Score,
    Staff,
    Step,
    Steps,
    TryCount,
    Weekday,
    Weight,
)
from sim.scenario.distributions import Distribution
from sim.scenario.scalars import Day, Duration, HalfHour, Switch, refuse
from sim.scenario.schema.base import ContactChannelName, DisciplineName, Part, PerChannel, ProvinceKey, Sparse, mistake
from sim.scenario.schema.measures import Ramp
from sim.scenario.tables import Table
from sim.words import WRITTEN, ContactChannel

MOST_STEPS_OF_STAFF = 64
"""Days on which a staff changes, at most."""

MOST_SHIFTS = 7 * HALF_HOURS
"""Shifts of a desk at most: one for each half hour of a week."""


class ContactScores(Part):
    """d' of the contact score by what is to be seen of the contact."""

    unanswered: Score
    ignored: Score
    engaged: Score


class ContactScoresByChannel(PerChannel[ContactScores]):
    """d' of the contact score by channel."""


class StageScores(Part):
    """d' of the score at a later stage of an episode."""

    engaged: Score
    opened: Score
    payment: Score


class Thresholds(Part):
    """Lowest score of each tier; they fall from red to blue."""

    red: Score
    orange: Score
    yellow: Score
    blue: Score

    @model_validator(mode="after")
    def _fall(self) -> "Thresholds":
        if not self.red >= self.orange >= self.yellow >= self.blue:
            raise mistake("red", "the thresholds do not fall from red to blue", "red >= orange >= yellow >= blue")
        return self


class DetectorSettings(Part):
    """One detector: a shift of every d', and its thresholds."""

    shift: Score
    thresholds: Thresholds
    hops: Hops


class Grid(Part):
    """The fixed grid in which legitimate contacts are drawn: cells of ``step`` from ``low`` up, the last open."""

    low: Score
    step: Step
    cells: Steps


class Detectors(Part):
    """The central and the local detector, whose scores are correlated."""

    correlation: Correlation
    contact: ContactScoresByChannel
    stages: StageScores
    central: DetectorSettings
    local: DetectorSettings
    grid: Grid

    @model_validator(mode="after")
    def _grid_below(self) -> "Detectors":
        for name, settings in (("central", self.central), ("local", self.local)):
            if settings.thresholds.blue < self.grid.low:
                raise mistake(
                    f"{name}.thresholds.blue",
                    f"{settings.thresholds.blue:g} is below the grid of legitimate contacts",
                    f"at least grid.low = {self.grid.low:g}",
                )
        return self


class ConfusionRow(Part):
    """Probability that a contact of ``true`` type (or ``legitimate``) is taken for ``predicted``."""

    true: str
    predicted: str
    probability: Probability


class Tries(Part):
    """Tries of each staffed channel."""

    call: TryCount
    visit: TryCount


class RetryWaits(Part):
    """Wait between two tries of a staffed channel."""

    call: Distribution
    visit: Distribution


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_written(channels: list[str]) -> str | list[str]:
    return channels[0] if len(channels) == 1 else channels


FirstChannels = Annotated[
    list[ContactChannelName],
    Field(min_length=1, max_length=len(ContactChannel) - 1),
    BeforeValidator(_as_list),
    PlainSerializer(_as_written),
]
"""A channel, or a list of channels that are tried at once."""

WRITTEN_LABELS = {channel.label for channel in WRITTEN}


class Escalation(Part):
    """What follows: an SMS or app message unread goes to the call desk, a call unanswered to a visit."""

    unread: Literal["call", "none"]
    unanswered: Literal["visit", "none"]


class TierSettings(Part):
    """One tier: first channel, deadline from issue, tries, waiting between tries, what follows when they fail.

    ``first`` may list several channels, which are tried at once. Who is reached by one of them is left in peace by the
    others, or is met all the same if ``also_if_reached``.
    """

    first: FirstChannels
    also_if_reached: Switch = False
    deadline: Duration
    tries: Tries
    retry_wait: RetryWaits
    escalate: Escalation

    @model_validator(mode="after")
    def _apart(self) -> "TierSettings":
        if len(set(self.first)) < len(self.first):
            raise mistake("first", f"names a channel twice: {', '.join(self.first)}", "each channel once")
        if set(self.first) >= WRITTEN_LABELS:
            raise mistake("first", "names app and sms", "one of them: who lacks the app gets an SMS instead")
        return self

    def calls_unread(self) -> bool:
        """Return whether a call follows an unread message; not where calls are tried from the first."""
        return self.escalate.unread == "call" and ContactChannel.CALL.label not in self.first

    def visits_unanswered(self) -> bool:
        """Return whether a visit follows calls in vain; not where visits are tried from the first."""
        return self.escalate.unanswered == "visit" and ContactChannel.VISIT.label not in self.first


class Tiers(Part):
    """The four tiers."""

    red: TierSettings
    orange: TierSettings
    yellow: TierSettings
    blue: TierSettings


class Written(Part):
    """SMS or app message: delay to delivery, whether it is read, delay to reading."""

    delivery: Distribution
    read: Probability
    read_delay: Distribution


class StopProbabilities(Part):
    """Probability that a person in an episode who is reached before a payment stops, by channel."""

    app: Probability
    sms: Probability
    call: Probability
    visit: Probability


class Dissuasion(Part):
    """Being reached: ``wrong_class`` and ``fatigue`` (for each alert heard before today) multiply the probability.

    Awareness raises it: the probability p becomes p + (1 - p) x awareness x ``awareness_bonus``.
    """

    stop: StopProbabilities
    wrong_class: Probability
    fatigue: Fatigue
    awareness_bonus: Probability


class Warning(Part):
    """The mechanism as a whole."""

    detectors: Detectors
    confusion: Table[ConfusionRow]
    hop_delay: Distribution
    tiers: Tiers
    unread_wait: Duration
    escalation_delay: Distribution
    app: Written
    sms: Written
    desk_knows_episode_over: Switch
    dissuasion: Dissuasion


class Shift(Part):
    """A window of the day on some weekdays (1 is Monday) in which ``share`` of the staff is on duty."""

    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7)]
    start: HalfHour
    end: HalfHour
    share: Probability

    @model_validator(mode="after")
    def _forward(self) -> "Shift":
        if self.end <= self.start:
            raise mistake("end", "is not after start", "a later time of the same day, up to 24:00")
        return self


Shifts = Annotated[list[Shift], Field(min_length=1, max_length=MOST_SHIFTS)]


class StaffStep(Part):
    """From this day on, the staff is ``factor`` times what the scenario says."""

    from_: Day = Field(alias="from")
    factor: Factor


class StaffGrowth(Sparse):
    """Growth of a staff with the calendar date: a factor of it, by a ramp or by steps; before the first step its own.

    Exactly one of the two is given.
    """

    ramp: Ramp | None = None
    steps: Annotated[list[StaffStep], Field(min_length=1, max_length=MOST_STEPS_OF_STAFF)] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> "StaffGrowth":
        if (self.ramp is None) == (self.steps is None):
            found = "neither a ramp nor steps" if self.ramp is None else "a ramp and steps at once"
            raise refuse(found, "one of ramp and steps; null takes out what another file gives")
        for number, (before, after) in enumerate(pairwise(self.steps or [])):
            if after.from_ <= before.from_:
                raise mistake(
                    f"steps.{number + 1}.from", f"{after.from_} does not come after {before.from_}", "rising days"
                )
        return self

    @property
    def largest(self) -> float:
        """The largest factor that it ever comes to; a ramp ends at 1."""
        return max(step.factor for step in self.steps) if self.steps else 1.0


class ProvinceDesk(Sparse):
    """A province's own staff at a desk, with growth and shifts of its own; those that are not given are the desk's."""

    staff: Staff
    growth: StaffGrowth | None = None
    shifts: Shifts | None = None


def _form(value: Any) -> str:
    """Return which form the staff of a province has: a bare number, or a map."""
    return "desk" if isinstance(value, dict | ProvinceDesk) else "number"


ProvinceStaff = Annotated[
    Annotated[Staff, Tag("number")] | Annotated[ProvinceDesk, Tag("desk")],
    Discriminator(_form),
]


class Desk(Part):
    """A kind of desk: national staff, shared out by population, as it grows, and its shifts.

    ``by_province`` gives a province, by its code, staff of its own in place of its share. ``discipline`` orders the
    alerts of a tier; if the desk ``lends``, its free servers serve the other desk's line while its own is empty.
    """

    staff: Staff
    growth: StaffGrowth | None = None
    by_province: dict[ProvinceKey, ProvinceStaff] = Field(default_factory=dict)
    shifts: Shifts
    discipline: DisciplineName = "first_issued"
    lends: Switch = False

    def own(self, staff: "float | ProvinceDesk") -> ProvinceDesk:
        """Return the desk of a province that has this staff: what it does not say itself is said here."""
        desk = staff if isinstance(staff, ProvinceDesk) else ProvinceDesk(staff=staff)
        return ProvinceDesk(staff=desk.staff, growth=desk.growth or self.growth, shifts=desk.shifts or self.shifts)

    def most_staff(self) -> Iterator[tuple[str, float]]:
        """Iterate over the keys that say how a staff grows, each with the most that it comes to."""
        for key, staff in (
            ("growth", self.staff),
            *((f"by_province.{code}", staff) for code, staff in self.by_province.items()),
        ):
            own = self.own(staff)
            yield key, own.staff * (own.growth.largest if own.growth else 1.0)


class CallDesk(Desk):
    """The call desks; talk times of three kinds of calls."""

    answered: Probability
    hard_share: Probability
    no_answer: Distribution
    short: Distribution
    hard: Distribution


class VisitDesk(Desk):
    """The visit desks; a visit with travel, met or not."""

    met: Probability
    not_met: Distribution
    visit: Distribution


class Desks(Part):
    """Both kinds of desks; ``province_weights`` shares staff out otherwise than by population."""

    call: CallDesk
    visit: VisitDesk
    province_weights: dict[ProvinceKey, Weight] = Field(default_factory=dict)
