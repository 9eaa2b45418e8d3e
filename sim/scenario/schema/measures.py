"""Measures: what the country does, each with a window, a place and an intensity."""

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from sim.base.words import Channel
from sim.scenario.bounds import (
    MOST_SEGMENTS,
    Count,
    Crew,
    Factor,
    HazardRate,
    Lengthening,
    People,
    Probability,
    Score,
    Share,
    Views,
    Weight,
)
from sim.scenario.scalars import Ages
from sim.scenario.schema.bank_measures import AccountFreeze, AccountPurge, BankHold, PaymentDelay
from sim.scenario.schema.base import DetectorName, Mistakes, ProvinceKey, Sparse, Word, mistake, wrong_sum
from sim.scenario.schema.measure_forms import (
    DETECTION,
    LAW,
    LINES,
    NETWORK,
    POLICE,
    Gradual,
    MeasureBase,
    OnClasses,
    Row,
    Somewhere,
    Spread,
    Varying,
)

REGULATED = {"sms_port": Channel.SMS, "cloud_service": Channel.ONLINE, "voice_line": Channel.CALL}
"""The channel of attempts that each kind of regulation acts on."""

AUDIENCE = "a price is of one video or activity, however many people see or attend it"


class DenCampaign(Varying):
    """A regional campaign against dens: it multiplies the hazard of raids there by 1 + ``intensity``."""

    row: ClassVar = Row("dens", POLICE, about="region")
    last: ClassVar = ("ramp", "steps")
    kind: Literal["den_campaign"]
    """The kind of measure: a campaign against dens. Example: `den_campaign`"""
    region: Word
    """Region whose dens are raided: a name of dens.regions. Example: `coast`"""
    intensity: Factor
    """Additional raids, as a multiple of the usual ones. Unit: factor. More: more dens raided, fewer attempts. Example:
    `1.5`"""


class ClusterCampaign(Spread, Sparse):
    """Campaigns against suppliers of phone lines and money laundering, spread evenly over the window.

    Those against suppliers lengthen the replacement of cards. Those against laundering keep money within reach of a
    stop-payment order for longer, let banks hold payments, and take some of the payments from the gangs.
    """

    row: ClassVar = Row("cards", POLICE)
    newer: ClassVar = ("half_life_factor", "hold", "false_share", "cash_loss")
    kind: Literal["cluster_campaign"]
    """The kind of measure: campaigns against suppliers of phone lines and money laundering. Example: `cluster_campaign`
    """
    count: Count
    """Campaigns in the window. Unit: campaigns. More: more suspects arrested. Example: `80`"""
    arrests: Crew
    """Suspects arrested in each campaign. Unit: people. More: more suspects arrested. Example: `2600`"""
    replacement_factor: Lengthening = 1.0
    """Factor by which replacing a card takes longer meanwhile. Unit: factor. More: gangs lack cards for longer.
    Example: `1.2`"""
    half_life_factor: Lengthening | None = None
    """Factor by which money stays longer within reach of stop-payment orders, for victims who report meanwhile. Unit:
    factor. More: more money recovered. Example: `1.5`"""
    hold: Probability | None = None
    """Probability that a bank stops a payment for good meanwhile, which ends the episode. More: fewer and smaller
    losses. Example: `0.02`"""
    false_share: Probability | None = None
    """Share of legitimate transfers that banks stop by mistake meanwhile, of any amount; null: not known. More: more
    false holds. Example: `0.00001`"""
    cash_loss: Probability | None = None
    """Share of payments meanwhile that never reaches the gang. More: fraud yields less. Example: `0.05`"""


class CardPurge(Gradual):
    """A purge of idle cards: the share of idle cards removed in a day."""

    row: ClassVar = Row("cards", LINES)
    kind: Literal["card_purge"]
    """The kind of measure: a purge of idle cards. Example: `card_purge`"""
    intensity: Probability
    """Share of the idle cards that is eliminated in a day. Unit: share a day. More: more cards eliminated, fewer
    attempts by phone. Example: `0.02`"""


class RealName(Gradual):
    """Real-name registration: lengthens the replacement of a card by a factor."""

    row: ClassVar = Row("cards", LINES)
    kind: Literal["real_name"]
    """The kind of measure: real-name registration. Example: `real_name`"""
    replacement_factor: Lengthening
    """Factor by which replacing a card takes longer. Unit: factor. More: gangs lack cards for longer. Example: `1.25`
    """


class FilterStrength(OnClasses):
    """A stronger (or weaker) filter: shifts d' of a channel."""

    row: ClassVar = Row("interception", NETWORK, about="channel")
    kind: Literal["filter"]
    """The kind of measure: a change of a filter. Example: `filter`"""
    channel: Literal["call", "sms"]
    """The filter: of calls or of SMS. Example: `sms`"""
    intensity: Score
    """Shift of the filter's d'; a negative number weakens it. More: more attempts intercepted. Example: `-1.0`"""

    @property
    def acts_on(self) -> Channel:
        """The channel of the filter."""
        return Channel[self.channel.upper()]


class SourceRegulation(OnClasses):
    """Regulation at the source: a share of SMS (ports), online attempts (cloud services) or calls is not sent."""

    row: ClassVar = Row("sites", NETWORK, about="target")
    kind: Literal["source_regulation"]
    """The kind of measure: regulation at the source. Example: `source_regulation`"""
    target: Literal["sms_port", "cloud_service", "voice_line"]
    """What is regulated: ports of SMS, cloud services (online attempts) or voice lines (calls). Example: `sms_port`"""
    intensity: Probability
    """Share of attempts that are never sent. More: fewer attempts of that channel. Example: `0.05`"""

    @property
    def acts_on(self) -> Channel:
        """The channel that uses ports, cloud services or voice lines."""
        return REGULATED[self.target]


class Label(OnClasses):
    """What everybody sees of a sender, such as a prefix of calls from abroad: some people then do not answer."""

    row: ClassVar = Row("interception", NETWORK, about="channel")
    kind: Literal["label"]
    """The kind of measure: a label that everybody sees. Example: `label`"""
    channel: Literal["call", "sms", "online"]
    """The channel whose senders are labelled. Example: `call`"""
    intensity: Probability
    """Share of those who would answer, read or notice an attempt and do not because of the label. More: fewer attempts
    are answered. Example: `0.1`"""

    @property
    def acts_on(self) -> Channel:
        """The channel whose senders are labelled."""
        return Channel[self.channel.upper()]


class Blocking(OnClasses):
    """Blocking of one kind of infrastructure, as a share of its full effect in ``sites``; of accounts also by class."""

    row: ClassVar = Row("sites", NETWORK, about="target")
    kind: Literal["blocking"]
    """The kind of measure: blocking of infrastructure. Example: `blocking`"""
    target: Literal["account", "site", "hosting", "app", "diversion", "promotion"]
    """What is blocked: account, site (and its address), hosting, app, diversion or promotion. Example: `site`"""
    intensity: Probability
    """Share of the full effect that sites states for this target. More: more attempts stopped at sites and apps.
    Example: `0.8`"""

    @property
    def acts_on(self) -> Channel:
        """The channel whose classes it may name: that of the accounts."""
        return Channel.ONLINE


class Taught(Spread, Sparse):
    """Education, of everybody or of people of some ages."""

    newer: ClassVar = ("ages",)

    ages: Ages | None = None
    """Ages in years of the people who learn, both included, null for no upper limit; without it all do. Unit: years.
    More: no direction: other people. Example: `[60, null]`"""


class Videos(Taught):
    """Education by videos: ``count`` published and ``views`` seen, spread evenly over the window."""

    row: ClassVar = Row("awareness", ("education.video",), unpriced={"views": AUDIENCE})
    kind: Literal["videos"]
    """The kind of measure: education by videos. Example: `videos`"""
    count: Count
    """Videos published in the window; they cost money, while views teach. Unit: videos. More: higher costs of
    education. Example: `9330`"""
    views: Views
    """Views of all videos. Unit: views. More: more awareness, fewer people engage. Example: `5000000000`"""


class Activities(Taught):
    """Education by activities: ``count`` in the window, each with ``people`` attending."""

    row: ClassVar = Row("awareness", ("education.activity",), unpriced={"people": AUDIENCE})
    kind: Literal["activities"]
    """The kind of measure: education by activities. Example: `activities`"""
    count: Count
    """Activities in the window. Unit: activities. More: more awareness, fewer people engage, higher costs. Example:
    `20000`"""
    people: People
    """People who attend each. Unit: people. More: more awareness, fewer people engage. Example: `200`"""
    segments: Annotated[dict[Word, Probability], Field(min_length=1, max_length=MOST_SEGMENTS)]
    """Share of the activities for each segment, by the names of population.occupation; the shares add up to 1, and a
    segment that is missing gets none. More: people of this segment learn more, others less. Example: `{schools: 0.5,
    workplaces: 0.5}`"""

    def _wrong(self) -> Mistakes:
        yield from super()._wrong()
        yield from wrong_sum(f"segments.{next(iter(self.segments))}", self.segments.values())


class WarningCoverage(Gradual):
    """A detector at work: the share of contacts that it sees, in some provinces or all.

    ``province_weights`` shift coverage between provinces (codes) and keep the mean of the country. They apply to the
    whole country first; ``provinces`` then limits where the detector works and shifts nothing.
    """

    row: ClassVar = Row(
        *("", DETECTION, "thresholds that nothing reaches switch off a tier; coverage is of all tiers together"),
        about="detector",
    )
    kind: Literal["warning"]
    """The kind of measure: a detector at work. Example: `warning`"""
    detector: DetectorName
    """Which detector: central or local. Example: `local`"""
    coverage: Probability
    """Share of contacts that the detector sees where it works or, with province_weights, on average over the country.
    More: more alerts, true and false. Example: `0.42`"""
    province_weights: dict[ProvinceKey, Weight] = Field(default_factory=dict)
    """By province, name or code: coverage of a person's contacts relative to other provinces, which have 1; the mean of
    the country stays the same. Unit: weight. More: more alerts there, fewer elsewhere. Example: `{44: 1.5}`"""

    def relative(self, people: Mapping[int, int]) -> dict[int, float]:
        """Return the factor of coverage by code of its provinces: the weight over the mean of all provinces."""
        weights = self.weights
        own = [code for code in people if self.provinces is None or code in self.provinces]
        if not weights:
            return dict.fromkeys(own, 1.0)
        everybody = math.fsum(people.values())
        mean = math.fsum(weights.get(code, 1.0) * number / everybody for code, number in people.items())
        return {code: weights.get(code, 1.0) / mean for code in own}

    @property
    def weights(self) -> dict[int, float]:
        """The weights that are given, by code."""
        return {int(code): weight for code, weight in self.province_weights.items()}


class Law(Gradual):
    """The law: deters a share of attempts, makes replacing cards slower and lets detectors see more (shift of d')."""

    row: ClassVar = Row("", LAW, "it is above the layers: it deters, lengthens replacement and shares data")
    kind: Literal["law"]
    """The kind of measure: the law. Example: `law`"""
    deterrence: Probability
    """Share of attempts that are never made. More: fewer attempts. Example: `0.05`"""
    replacement_factor: Lengthening
    """Factor by which replacing a card takes longer. Unit: factor. More: gangs lack cards for longer. Example: `1.2`"""
    data_sharing: Score
    """Shift of the d' of both detectors. More: more alerts on fraud. Example: `0.1`"""


class Repatriation(MeasureBase, Sparse):
    """Raids on dens abroad on the first day of the window; their crews are brought home."""

    row: ClassVar = Row("dens", POLICE, about="region", lasting=False)
    kind: Literal["repatriation"]
    """The kind of measure: suspects brought home from dens abroad. Example: `repatriation`"""
    region: Word | None = None
    """Region that suspects are brought home from: a name of dens.regions; without it the last of these. Example:
    `abroad`"""
    dens: Count
    """Dens of the region that are raided on the first day of the window. Unit: dens. More: fewer attempts for a while.
    Example: `20`"""
    suspects: People
    """Suspects who are brought home. Unit: people. More: more suspects arrested. Example: `230`"""


class Returns(Varying):
    """People abroad are persuaded to return home; some of them are members of gangs, and some of these are arrested.

    It acts on ``gangs.pools``, and does nothing without them.
    """

    row: ClassVar = Row("dens", POLICE)
    kind: Literal["returns"]
    """The kind of measure: people are persuaded to return home. Example: `returns`"""
    intensity: HazardRate
    """Rate at which members of gangs abroad return home. More: fewer members abroad, fewer attempts. Example: `2.7 per
    year`"""
    members: Share
    """Share of those who return who were members of gangs. More: fewer people return for the same effect. Example:
    `0.41`"""
    arrested: Probability
    """Share of the members who return who are arrested. More: more suspects arrested. Example: `0.48`"""


class Outage(Somewhere):
    """A detector's centre is down: its instructions wait for the end of the window, or are lost."""

    row: ClassVar = Row(
        *("", DETECTION, "it takes away from warnings, and does nothing where there are none"),
        about="detector",
        lasting=False,
    )
    kind: Literal["outage"]
    """The kind of measure: an outage of a detector's centre. Example: `outage`"""
    detector: DetectorName
    """Which detector: central or local. Example: `central`"""
    mode: Literal["delay", "lose"]
    """What happens to its instructions: delay (they wait for the end of the window) or lose. Example: `delay`"""

    def _wrong(self) -> Mistakes:
        if self.mode == "delay" and self.window[1] is None:
            yield mistake("window", "has no last day", "an outage that delays must have one")


Measure = Annotated[
    DenCampaign
    | ClusterCampaign
    | CardPurge
    | RealName
    | FilterStrength
    | SourceRegulation
    | Label
    | Blocking
    | Videos
    | Activities
    | WarningCoverage
    | Law
    | Repatriation
    | Returns
    | BankHold
    | PaymentDelay
    | AccountFreeze
    | AccountPurge
    | Outage,
    Field(discriminator="kind"),
]

KINDS: dict[str, type[MeasureBase]] = {
    get_args(kind.model_fields["kind"].annotation)[0]: kind for kind in get_args(get_args(Measure)[0])
}
"""The schemas of measures by their kind."""
