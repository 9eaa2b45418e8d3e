"""Signs: facts about contacts that tiers may ask for.

The tiered and classified warning mechanism: detectors, classes, tiers, the chain of instructions, dissuasion.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, PlainSerializer

from sim.base.words import WRITTEN, ContactChannel, Tier
from sim.scenario.bounds import Correlation, Factor, Fatigue, Hops, Lift, Probability, Score, Step, Steps, TryCount
from sim.scenario.distributions import Distribution
from sim.scenario.scalars import Ages, Duration, DurationOrZero, Switch, Table, oldest
from sim.scenario.schema.base import ContactChannelName, Mistakes, Name, Part, PerChannel, Sparse, Word, mistake


class SignByStage(Part):
    """Probability that a sign is seen at a stage of an episode."""

    contact: Probability
    """Probability that the sign is seen at the contact that makes somebody engage. More: more alerts show the sign.
    Example: `0.01`"""
    engaged: Probability
    """Probability that the sign is seen when the person has engaged. More: more alerts show the sign. Example: `0.03`
    """
    opened: Probability
    """Probability that the sign is seen when the site or app is opened. More: more alerts show the sign before the
    first payment. Example: `0.1`"""
    payment: Probability
    """Probability that the sign is seen at a payment. More: more alerts show the sign when money begins to flow.
    Example: `0.7`"""


class Sign(Sparse):
    """A fact about a contact that a tier may ask for, such as a transfer under way; both detectors see the same.

    Each contact and each stage has its own draw.
    """

    episode: SignByStage
    """Probability that the sign is seen in an episode, by stage."""
    ignored: Probability
    """Probability that the sign is seen at an attempt that was answered and not believed. More: more false signs.
    Example: `0.01`"""
    unanswered: Probability
    """Probability that the sign is seen at an attempt that nobody answered. More: more false signs. Example: `0.005`"""
    legitimate: Probability
    """Probability that the sign is seen at a legitimate contact. More: more false alarms of tiers that ask for the
    sign. Example: `0.02`"""
    types: dict[Word, Factor] | None = None
    """By fraud type, factor of these probabilities, which are 1 at most; other types and legitimate contacts have 1.
    Unit: factor. More: more alerts about this type show the sign. Example: `{police_impersonation: 3}`"""
    delay: Distribution | None = None
    """Time until the sign is known: an alert whose tier it decides leaves its detector that much later; without this
    key it is known at once. More: such alerts arrive later. Example: `{lognormal: {median: 5 min, sigma: 0.7}}`"""
    known_for: Duration | None = None
    """Mean time for which an account that a filed case names is known. With this key the sign is that such an account
    is known: its probabilities are multiplied by the share of the accounts of mules at work that cases of this time
    name. Needs accounts. More: more alerts show the sign. Example: `30 d`"""
    lifts: Lift = 0
    """Tiers by which an alert that shows the sign is raised, up to red; of several signs the largest number counts.
    Unit: tiers. More: more alerts in higher tiers. Example: `1`"""


class ContactScores(Part):
    """d' of the contact score by the person's reaction to the contact."""

    unanswered: Score
    """How well detectors see contacts that nobody answered. More: more of them raise an alert, and higher ones.
    Example: `1.9`"""
    ignored: Score
    """How well detectors see contacts that were answered and not believed. More: more of them raise an alert, and
    higher ones. Example: `2.2`"""
    engaged: Score
    """How well detectors see contacts that made somebody engage. More: more people in episodes are warned, and at
    higher tiers. Example: `3.55`"""


class ContactScoresByChannel(PerChannel[ContactScores]):
    """d' of the contact score by channel."""


class StageScores(Part):
    """d' of the score at a later stage of an episode."""

    engaged: Score
    """How well detectors see episodes whose person just engaged. More: more alerts early in episodes. Example: `3.65`
    """
    opened: Score
    """How well detectors see episodes when the site or app is opened. More: more alerts before the first payment.
    Example: `3.85`"""
    payment: Score
    """How well detectors see episodes at a payment. More: more alerts when money begins to flow. Example: `3.85`"""


class Thresholds(Part):
    """Lowest score of each tier; they fall from red to blue."""

    red: Score
    """Lowest score of a red alert, the most urgent. More: fewer red alerts, more orange ones. Example: `4.71`"""
    orange: Score
    """Lowest score of an orange alert. More: fewer orange alerts, more yellow ones. Example: `4.02`"""
    yellow: Score
    """Lowest score of a yellow alert. More: fewer yellow alerts, more blue ones. Example: `3.87`"""
    blue: Score
    """Lowest score of a blue alert; lower scores raise no alert. More: fewer alerts altogether, false ones first.
    Example: `3.75`"""

    def _wrong(self) -> Mistakes:
        if not self.red >= self.orange >= self.yellow >= self.blue:
            what = "the thresholds do not fall from red to blue"
            yield mistake("red", what, "must be red >= orange >= yellow >= blue")


class DetectorSettings(Part):
    """One detector: a shift of every d', and its thresholds."""

    shift: Score
    """Shift of every d' of this detector. More: a better detector: more alerts on fraud. Example: `0`"""
    thresholds: Thresholds
    """Lowest score of each tier."""
    hops: Hops
    """Offices that an instruction passes through before it reaches a desk. Unit: offices. More: alerts arrive later.
    Example: `3`"""


class Grid(Part):
    """The fixed grid in which legitimate contacts are drawn: cells of ``step`` from ``low`` up, the last open."""

    low: Score
    """Score at which the grid begins; no threshold may be lower. More: faster, but thresholds cannot be lower. Example:
    `2.5`"""
    step: Step
    """Width of a cell of the grid. More: coarser numerical integration. Example: `0.25`"""
    cells: Steps
    """Cells of the grid; the last is open. Unit: cells. More: the grid reaches higher scores. Example: `15`"""


class Detectors(Part):
    """The central and the local detector, whose scores are correlated."""

    correlation: Correlation
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

    def _wrong(self) -> Mistakes:
        for name in ("central", "local"):
            blue = getattr(self, name).thresholds.blue
            if blue < self.grid.low:
                what = f"{blue:g} is below the grid of legitimate contacts"
                yield mistake(f"{name}.thresholds.blue", what, f"must be at least grid.low = {self.grid.low:g}")


class ConfusionRow(Part):
    """Probability that a contact of ``true`` type (or ``legitimate``) is taken for ``predicted``."""

    true: str
    """Type of the contact: a fraud type, or legitimate. Example: `loan_credit`"""
    predicted: str
    """The fraud type that the alert names. Example: `other`"""
    probability: Probability
    """Probability that a contact of the true type is taken for the predicted one. More: more alerts of the true type
    name the predicted one. Example: `0.05`"""


class Tries(Part):
    """Tries of each staffed channel."""

    call: TryCount
    """Largest number of calls until somebody answers; then the alert escalates or ends. Unit: calls. More: more people
    reached, more work for the call desk. Example: `3`"""
    visit: TryCount
    """Largest number of visits until somebody is met. Unit: visits. More: more people reached, more work for the visit
    desk. Example: `3`"""


class RetryWaits(Part):
    """Wait between two tries of a staffed channel."""

    call: Distribution
    """Time between two calls to the same person. More: people are reached later, and deadlines may pass. Example:
    `{lognormal: {median: 40 min, sigma: 0.5}}`"""
    visit: Distribution
    """Time between two visits to the same person. More: people are reached later, and deadlines may pass. Example:
    `{lognormal: {median: 5 h, sigma: 0.5}}`"""


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
"""A channel, or a list of channels that start at once."""

MOST_SIGNS = 8

SignNames = Annotated[
    list[Name], Field(min_length=1, max_length=MOST_SIGNS), BeforeValidator(_as_list), PlainSerializer(_as_written)
]
"""A sign, or a list of signs of which one is enough."""


class Escalation(Part):
    """What follows a failure: a call after an unread message, a visit after unanswered calls."""

    unread: Literal["call", "none"]
    """What follows an app message or SMS that stays unread: a call, or nothing. Example: `call`"""
    unanswered: Literal["visit", "none"]
    """What follows calls that nobody answers: a visit, or nothing. Example: `visit`"""


class SecondVisit(Part):
    """A visit to people who were called or met, because one talk may not be enough."""

    after: Distribution
    """Time from the talk to the request of the second visit; none is made after the deadline. More: second visits come
    later, and fewer before the deadline. Example: `{lognormal: {median: 3 h, sigma: 0.5}}`"""


class TierOfAges(Sparse):
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

    def _wrong(self) -> Mistakes:
        return wrong_channels(self.first or [])


MOST_GROUPS = 3
"""Most groups of ages with their own rules in a tier."""


def wrong_channels(first: list[str]) -> Mistakes:
    """Find first channels that cannot start together: a channel twice, or both channels in writing."""
    if len(set(first)) < len(first):
        yield mistake("first", f"names a channel twice: {', '.join(first)}", "use each channel once")
    elif set(first) >= {channel.label for channel in WRITTEN}:
        yield mistake("first", "names app and sms", "use one of them: people without the app get an SMS anyway")


class TierSettings(Sparse):
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

    def _wrong(self) -> Mistakes:
        yield from wrong_channels(self.first)
        groups = sorted(self.by_age or [], key=lambda group: group.ages[0])
        for before, after in pairwise(groups):
            if after.ages[0] <= oldest(before.ages):
                found = f"{after.ages[0]} is in two groups of ages"
                yield mistake("by_age", found, "the groups must not overlap")
        if self.again is not None and self.also_if_reached:
            what = "must be absent while also_if_reached is on: the other channels continue anyway"
            yield mistake("again", "also_if_reached is on", what)

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


class Tiers(Part):
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


class Written(Part):
    """SMS or app message: delay to delivery, whether it is read, delay to reading."""

    delivery: Distribution
    """Time from issue to delivery. More: warnings come later. Example: `{lognormal: {median: 5 s, sigma: 1}}`"""
    read: Probability
    """Probability that the message is read at all. More: more people warned in writing, fewer calls afterwards.
    Example: `0.7`"""
    read_delay: Distribution
    """Time from delivery to reading. More: warnings work later; beyond unread_wait the message counts as unread.
    Example: `{lognormal: {median: 20 min, sigma: 1.5}}`"""


class StopProbabilities(Part):
    """Probability that a person in an episode who is reached before a payment stops, by channel."""

    app: Probability
    """Probability that a person in an episode stops after reading a warning in the app. More: more people stopped.
    Example: `0.23`"""
    sms: Probability
    """Probability that a person in an episode stops after reading a warning by SMS. More: more people stopped. Example:
    `0.23`"""
    call: Probability
    """Probability that a person in an episode stops after a call from an officer. More: more people stopped. Example:
    `0.6`"""
    visit: Probability
    """Probability that a person in an episode stops after a visit from an officer. More: more people stopped. Example:
    `0.95`"""


class Family(Part):
    """Relatives whom officers inform at visits, so that they also talk to the person."""

    share: Probability
    """Share of alerts whose visits inform the family. More: more people stop after visits. Example: `0.3`"""
    bonus: Probability
    """Share of the missing probability to stop that a family adds. More: more people stop after such visits. Example:
    `0.3`"""


class Dissuasion(Sparse):
    """Effect of reaching a person: ``wrong_class`` and ``fatigue`` (per alert heard before today) multiply it.

    Awareness raises it: the probability p becomes p + (1 - p) x awareness x ``awareness_bonus``. A family that
    officers inform at a visit raises it in the same way by ``family.bonus``.
    """

    newer: ClassVar = ("family", "again")

    stop: StopProbabilities
    """Probability to stop for people reached before a payment, by channel."""
    wrong_class: Probability
    """Factor of this probability if the alert names the wrong type of fraud. Unit: factor, 0 to 1. More: wrong names
    matter less. Example: `0.7`"""
    fatigue: Fatigue
    """Factor of this probability for each alert that the person heard before today. Unit: factor. More: people who hear
    many alerts still listen. Example: `0.85`"""
    awareness_bonus: Probability
    """Share of the missing probability that full awareness adds. More: education makes warnings work better. Example:
    `0.1`"""
    family: Family | None = None
    """Relatives whom officers inform at visits; without it they inform nobody. Example: `{share: 0.3, bonus: 0.3}`"""
    again: Probability | None = None
    """Factor of this probability at a second visit, where the person's resistance is drawn again; without it 1. Unit:
    factor, 0 to 1. More: more people stop at second visits. Example: `0.5`"""


class Warning(Sparse):
    """The warning mechanism as a whole."""

    detectors: Detectors
    """How well detectors separate fraud from ordinary contacts, and which scores raise an alert."""
    confusion: Table[ConfusionRow]
    """Table of the fraud types that alerts name, by the true type: rows, or the name of a CSV file next to the
    scenario. Example: `confusion.csv`"""
    hop_delay: Distribution
    """Time that an instruction takes at each office of the chain. More: alerts arrive later. Example: `{lognormal:
    {median: 8 min, sigma: 0.8}}`"""
    tiers: Tiers
    """Response to an alert, by tier."""
    unread_wait: Duration
    """Time after delivery after which a message counts as unread. More: calls follow later, and fewer. Example: `6 h`
    """
    escalation_delay: Distribution
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
    signs: Annotated[dict[Name, Sign], Field(min_length=1, max_length=MOST_SIGNS)] | None = None
    """Signs, by names of your choice, which decide the tier of an alert together with its score, where a tier asks for
    them (warning.tiers) or they raise it; without this key scores alone decide. Example: `{transfer: {episode:
    {contact: 0.01, engaged: 0.03, opened: 0.1, payment: 0.7}, ignored: 0.01, unanswered: 0.005, legitimate: 0.02,
    delay: 5 min}}`"""
    quiet: DurationOrZero | None = None
    """Time in which a person does not hear of the same contact or episode again, unless the alert is more urgent: a
    further alert is superseded at its issue. Without this key each alert rings. More: fewer contacts, less fatigue.
    Example: `24 h`"""
