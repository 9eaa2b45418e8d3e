"""What all kinds of measures have in common: window, place, intensity, layer and price.

Measures of banks: holds, delays of payments, and accounts of mules that are found or closed.

Measures: what the country does, each with a window, a place and an intensity.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from sim.base.days import DAY_MS
from sim.base.words import Channel
from sim.scenario import bounds
from sim.scenario.bounds import Ages, Day, DayKey, Duration, DurationOrZero, Window, oldest
from sim.scenario.schema import base

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


class Ramp(base.Part):
    """Growth of an intensity with the calendar date.

    The intensity is multiplied by floor + (1 - floor) / (1 + exp(-(date - midpoint) / width)).
    """

    midpoint: Day
    """Day on which half of the growth is done. Later: the growth comes later. Example: `2022-04-15`"""
    width: Duration
    """How long the growth takes: from a quarter to three quarters in about twice this time. More: slower growth.
    Example: `70 d`"""
    floor: bounds.Probability = 0.0
    """Share of the whole that is there from the start. More: more from the start, less growth. Example: `0.12`"""

    def nearly(self, day: date) -> float:
        """Return its value on a day, for bounds; engines use ``sim.country.calendar.ramped``, exact to the bit."""
        widths = (day - self.midpoint).days * DAY_MS / self.width
        return self.floor + (1.0 - self.floor) / (1.0 + math.exp(min(-widths, LARGEST_EXPONENT)))


class MeasureBase(base.Part):
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

    provinces: Annotated[list[bounds.ProvinceCode], Field(min_length=1)] | None = None
    """Provinces in which it is in force, by name or code; without it all. Example: `[35, 44]`"""


class Spread(Somewhere):
    """A measure whose counts are spread evenly over the days of its window, which must end."""

    def _wrong(self) -> base.Mistakes:
        if self.window[1] is None:
            yield base.mistake("window", "has no last day", "must have one: counts are spread over its days")


class Varying(MeasureBase, base.Sparse):
    """A measure whose intensity may change within its window, by a ramp or by dated values, or neither."""

    newer: ClassVar = ("steps", "classes", "false_share")

    ramp: Ramp | None = None
    """How it grows within its window; without it, it has full intensity from the first day."""
    steps: Annotated[dict[DayKey, bounds.Probability], Field(min_length=1, max_length=MOST_DATED)] | None = None
    """Share of the intensity on some days, in place of a ramp: linear between them; the first also before, the last
    also after them. More: more intensity around that day. Example: `{2021-01-01: 0.05, 2022-04-15: 0.55,
    2022-06-30: 1}`"""

    def _wrong(self) -> base.Mistakes:
        if self.ramp is not None and self.steps is not None:
            what = "must be without a ramp (null removes one that another file gives)"
            yield base.mistake("steps", "there is a ramp, too", what)

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

    classes: Annotated[list[base.Word], Field(min_length=1)] | None = None
    """Classes of the channel on which it acts, of fraud.classes; without it all. Example: `[abroad]`"""

    @property
    def acts_on(self) -> Channel:
        """The channel on which it acts: its own, or that of its target; of blocked targets only accounts have any."""
        if (own := getattr(self, "channel", None)) is not None:
            return Channel[own.upper()]
        return REGULATED.get(getattr(self, "target", ""), Channel.ONLINE)


MISTAKEN = "how many legitimate transfers it stops by mistake is not known: give false_share"


class BankHold(Gradual):
    """Banks stop a share of payments for good: the payment never happens and the episode ends.

    A hold is not a delay: nothing is released. Its price is that of the legitimate transfers that it stops by mistake,
    which are counted if ``false_share`` and ``population.transfers`` are given.
    """

    row: ClassVar = Row("aftermath", ("transfer.held",))
    kind: Literal["bank_hold"]
    """The kind of measure: banks stop payments for good. Example: `bank_hold`"""
    intensity: bounds.Probability
    """Probability that a payment is held, which ends the episode. More: fewer and smaller losses. Example: `0.1`"""
    false_share: bounds.Probability | None = None
    """Share of legitimate transfers that banks stop by mistake at full intensity, of any amount; null: not known. More:
    more false holds. Example: `0.00001`"""

    @property
    def price(self) -> tuple[str, ...] | str:
        """The price of the transfers that it stops by mistake, if their share is known."""
        return MISTAKEN if self.false_share is None else self.row.price


class BankCall(base.Part):
    """A bank phones a person whose transfer waits."""

    share: bounds.Probability
    """Probability that the bank phones about a transfer that waits. More: more people cancel. Example: `0.3`"""
    after: base.Distribution
    """Time from the order of the transfer to the call; a call after the payment changes nothing. More: fewer people
    cancel in time. Example: `{lognormal: {median: 2 h, sigma: 1}}`"""
    stops: bounds.Probability
    """Probability that the call makes a victim cancel. More: fewer and smaller losses. Example: `0.4`"""


class Release(base.Part):
    """A bank releases a transfer before its time because the person insists."""

    share: bounds.Probability
    """Share of delayed transfers that are released early. More: fewer people cancel. Example: `0.1`"""
    after: base.Distribution
    """Time from the order of the transfer to its release. More: more people cancel before it. Example: `{lognormal:
    {median: 4 h, sigma: 1}}`"""


class PaymentDelay(Gradual):
    """Transfers wait before they are paid: the person may think again, a warning may come, the bank may call.

    A transfer that several measures delay is paid when the last of them releases it, unless the person cancels before.
    """

    row: ClassVar = Row("aftermath", ("transfer.delayed",))
    kind: Literal["payment_delay"]
    """The kind of measure: transfers wait. Example: `payment_delay`"""
    intensity: bounds.Probability
    """Share of the transfers described below that wait. More: more transfers wait. Example: `1`"""
    above: bounds.Amount | None = None
    """Only transfers of more than this wait; 0 or null: of any amount. Unit: money. More: fewer transfers wait.
    Example: `50000`"""
    payee: Literal["new", "any"] = "any"
    """Which transfers wait: the first to a new payee (new), which is the first payment of an episode, or any. Example:
    `new`"""
    ages: Ages | None = None
    """Only transfers of people from the first to the last of these ages wait, in years, both included; null as the last
    means no end. Example: `[60, null]`"""
    wait: DurationOrZero
    """Time from the order of a transfer to its payment; at 0 nothing waits. More: more people cancel, or are warned, in
    time; legitimate transfers wait longer. Example: `24 h`"""
    second_thoughts: Duration | None = None
    """Time in which half of those whose transfer waits have thought again and cancelled; null: nobody does. More: fewer
    people cancel. Example: `48 h`"""
    bank_call: BankCall | None = None
    """Calls by the bank while a transfer waits; null: none. Example: `{share: 0.3, after: {lognormal: {median: 2 h,
    sigma: 1}}, stops: 0.4}`"""
    release: Release | None = None
    """Early releases because the person insists; null: none. Example: `{share: 0.1, after: {lognormal: {median: 4 h,
    sigma: 1}}}`"""

    @property
    def price(self) -> tuple[str, ...] | str:
        """The prices of transfers that wait and, if the bank phones, of its calls."""
        return ("transfer.delayed",) if self.bank_call is None else ("transfer.delayed", "payment_call")

    @property
    def years(self) -> tuple[int, int]:
        """The youngest and the oldest age in years of those whose transfers wait."""
        ages = self.ages or (0, None)
        return ages[0], oldest(ages)


class AccountFreeze(Gradual):
    """Banks find and freeze accounts of mules: a victim who reports gets back what still lies in a found account.

    It acts on ``accounts``. If several such measures are in force, the first one that finds an account freezes it.
    """

    row: ClassVar = Row("aftermath", BANKS)
    kind: Literal["account_freeze"]
    """The kind of measure: banks find accounts of mules. Example: `account_freeze`"""
    share: bounds.Probability
    """Probability that the account of a payment is found, for victims who report meanwhile. More: more money recovered,
    fewer accounts at work. Example: `0.3`"""
    after: base.Distribution
    """Time from the payment until its account is found. More: less money is still there. Example: `1 h`"""
    false_share: bounds.Each | None = None
    """Accounts of honest people that are frozen by mistake for each account that is found; without it they are not
    counted. Unit: accounts per account. More: higher costs. Example: `0.5`"""


class AccountPurge(Gradual):
    """A purge of accounts that were sold or lie idle. It acts on ``accounts``."""

    row: ClassVar = Row("aftermath", BANKS)
    kind: Literal["account_purge"]
    """The kind of measure: a purge of accounts. Example: `account_purge`"""
    intensity: bounds.Probability
    """Share of the working accounts that is closed in a day. Unit: share a day. More: money leaves more slowly, more
    money recovered. Example: `0.02`"""
    replacement_factor: bounds.Lengthening = 1.0
    """Factor by which replacing an account takes longer. Unit: factor. More: gangs lack accounts for longer. Example:
    `1.5`"""
    false_share: bounds.Each | None = None
    """Accounts of honest people that are closed by mistake for each account that is closed; without it they are not
    counted. Unit: accounts per account. More: higher costs. Example: `2`"""


REGULATED = {"sms_port": Channel.SMS, "cloud_service": Channel.ONLINE, "voice_line": Channel.CALL}
"""The channel of attempts that each kind of regulation acts on."""

AUDIENCE = "a price is of one video or activity, however many people see or attend it"


class DenCampaign(Varying):
    """A regional campaign against dens: it multiplies the hazard of raids there by 1 + ``intensity``."""

    row: ClassVar = Row("dens", POLICE, about="region")
    last: ClassVar = ("ramp", "steps")
    kind: Literal["den_campaign"]
    """The kind of measure: a campaign against dens. Example: `den_campaign`"""
    region: base.Word
    """Region whose dens are raided: a name of dens.regions. Example: `coast`"""
    intensity: bounds.Factor
    """Additional raids, as a multiple of the usual ones. Unit: factor. More: more dens raided, fewer attempts. Example:
    `1.5`"""


class ClusterCampaign(Spread, base.Sparse):
    """Campaigns against suppliers of phone lines and money laundering, spread evenly over the window.

    Those against suppliers lengthen the replacement of cards. Those against laundering keep money within reach of a
    stop-payment order for longer, let banks hold payments, and take some of the payments from the gangs.
    """

    row: ClassVar = Row("cards", POLICE)
    newer: ClassVar = ("half_life_factor", "hold", "false_share", "cash_loss")
    kind: Literal["cluster_campaign"]
    """The kind of measure: campaigns against suppliers of phone lines and money laundering. Example: `cluster_campaign`
    """
    count: bounds.Count
    """Campaigns in the window. Unit: campaigns. More: more suspects arrested. Example: `80`"""
    arrests: bounds.Crew
    """Suspects arrested in each campaign. Unit: people. More: more suspects arrested. Example: `2600`"""
    replacement_factor: bounds.Lengthening = 1.0
    """Factor by which replacing a card takes longer meanwhile. Unit: factor. More: gangs lack cards for longer.
    Example: `1.2`"""
    half_life_factor: bounds.Lengthening | None = None
    """Factor by which money stays longer within reach of stop-payment orders, for victims who report meanwhile. Unit:
    factor. More: more money recovered. Example: `1.5`"""
    hold: bounds.Probability | None = None
    """Probability that a bank stops a payment for good meanwhile, which ends the episode. More: fewer and smaller
    losses. Example: `0.02`"""
    false_share: bounds.Probability | None = None
    """Share of legitimate transfers that banks stop by mistake meanwhile, of any amount; null: not known. More: more
    false holds. Example: `0.00001`"""
    cash_loss: bounds.Probability | None = None
    """Share of payments meanwhile that never reaches the gang. More: fraud yields less. Example: `0.05`"""


class CardPurge(Gradual):
    """A purge of idle cards: the share of idle cards removed in a day."""

    row: ClassVar = Row("cards", LINES)
    kind: Literal["card_purge"]
    """The kind of measure: a purge of idle cards. Example: `card_purge`"""
    intensity: bounds.Probability
    """Share of the idle cards that is eliminated in a day. Unit: share a day. More: more cards eliminated, fewer
    attempts by phone. Example: `0.02`"""


class RealName(Gradual):
    """Real-name registration: lengthens the replacement of a card by a factor."""

    row: ClassVar = Row("cards", LINES)
    kind: Literal["real_name"]
    """The kind of measure: real-name registration. Example: `real_name`"""
    replacement_factor: bounds.Lengthening
    """Factor by which replacing a card takes longer. Unit: factor. More: gangs lack cards for longer. Example: `1.25`
    """


class FilterStrength(OnClasses):
    """A stronger (or weaker) filter: shifts d' of a channel."""

    row: ClassVar = Row("interception", NETWORK, about="channel")
    kind: Literal["filter"]
    """The kind of measure: a change of a filter. Example: `filter`"""
    channel: Literal["call", "sms"]
    """The filter: of calls or of SMS. Example: `sms`"""
    intensity: bounds.Score
    """Shift of the filter's d'; a negative number weakens it. More: more attempts intercepted. Example: `-1.0`"""


class SourceRegulation(OnClasses):
    """Regulation at the source: a share of SMS (ports), online attempts (cloud services) or calls is not sent."""

    row: ClassVar = Row("sites", NETWORK, about="target")
    kind: Literal["source_regulation"]
    """The kind of measure: regulation at the source. Example: `source_regulation`"""
    target: Literal["sms_port", "cloud_service", "voice_line"]
    """What is regulated: ports of SMS, cloud services (online attempts) or voice lines (calls). Example: `sms_port`"""
    intensity: bounds.Probability
    """Share of attempts that are never sent. More: fewer attempts of that channel. Example: `0.05`"""


class Label(OnClasses):
    """What everybody sees of a sender, such as a prefix of calls from abroad: some people then do not answer."""

    row: ClassVar = Row("interception", NETWORK, about="channel")
    kind: Literal["label"]
    """The kind of measure: a label that everybody sees. Example: `label`"""
    channel: Literal["call", "sms", "online"]
    """The channel whose senders are labelled. Example: `call`"""
    intensity: bounds.Probability
    """Share of those who would answer, read or notice an attempt and do not because of the label. More: fewer attempts
    are answered. Example: `0.1`"""


class Blocking(OnClasses):
    """Blocking of one kind of infrastructure, as a share of its full effect in ``sites``; of accounts also by class."""

    row: ClassVar = Row("sites", NETWORK, about="target")
    kind: Literal["blocking"]
    """The kind of measure: blocking of infrastructure. Example: `blocking`"""
    target: Literal["account", "site", "hosting", "app", "diversion", "promotion"]
    """What is blocked: account, site (and its address), hosting, app, diversion or promotion. Example: `site`"""
    intensity: bounds.Probability
    """Share of the full effect that sites states for this target. More: more attempts stopped at sites and apps.
    Example: `0.8`"""


class Taught(Spread, base.Sparse):
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
    count: bounds.Count
    """Videos published in the window; they cost money, while views teach. Unit: videos. More: higher costs of
    education. Example: `9330`"""
    views: bounds.Views
    """Views of all videos. Unit: views. More: more awareness, fewer people engage. Example: `5000000000`"""


class Activities(Taught):
    """Education by activities: ``count`` in the window, each with ``people`` attending."""

    row: ClassVar = Row("awareness", ("education.activity",), unpriced={"people": AUDIENCE})
    kind: Literal["activities"]
    """The kind of measure: education by activities. Example: `activities`"""
    count: bounds.Count
    """Activities in the window. Unit: activities. More: more awareness, fewer people engage, higher costs. Example:
    `20000`"""
    people: bounds.People
    """People who attend each. Unit: people. More: more awareness, fewer people engage. Example: `200`"""
    segments: Annotated[dict[base.Word, bounds.Probability], Field(min_length=1, max_length=bounds.MOST_SEGMENTS)]
    """Share of the activities for each segment, by the names of population.occupation; the shares add up to 1, and a
    segment that is missing gets none. More: people of this segment learn more, others less. Example: `{schools: 0.5,
    workplaces: 0.5}`"""

    def _wrong(self) -> base.Mistakes:
        yield from super()._wrong()
        yield from base.wrong_sum(f"segments.{next(iter(self.segments))}", self.segments.values())


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
    detector: base.DetectorName
    """Which detector: central or local. Example: `local`"""
    coverage: bounds.Probability
    """Share of contacts that the detector sees where it works or, with province_weights, on average over the country.
    More: more alerts, true and false. Example: `0.42`"""
    province_weights: dict[bounds.ProvinceKey, bounds.Weight] = Field(default_factory=dict)
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
    deterrence: bounds.Probability
    """Share of attempts that are never made. More: fewer attempts. Example: `0.05`"""
    replacement_factor: bounds.Lengthening
    """Factor by which replacing a card takes longer. Unit: factor. More: gangs lack cards for longer. Example: `1.2`"""
    data_sharing: bounds.Score
    """Shift of the d' of both detectors. More: more alerts on fraud. Example: `0.1`"""


class Repatriation(MeasureBase, base.Sparse):
    """Raids on dens abroad on the first day of the window; their crews are brought home."""

    row: ClassVar = Row("dens", POLICE, about="region", lasting=False)
    kind: Literal["repatriation"]
    """The kind of measure: suspects brought home from dens abroad. Example: `repatriation`"""
    region: base.Word | None = None
    """Region that suspects are brought home from: a name of dens.regions; without it the last of these. Example:
    `abroad`"""
    dens: bounds.Count
    """Dens of the region that are raided on the first day of the window. Unit: dens. More: fewer attempts for a while.
    Example: `20`"""
    suspects: bounds.People
    """Suspects who are brought home. Unit: people. More: more suspects arrested. Example: `230`"""


class Returns(Varying):
    """People abroad are persuaded to return home; some of them are members of gangs, and some of these are arrested.

    It acts on ``gangs.pools``, and does nothing without them.
    """

    row: ClassVar = Row("dens", POLICE)
    kind: Literal["returns"]
    """The kind of measure: people are persuaded to return home. Example: `returns`"""
    intensity: bounds.HazardRate
    """Rate at which members of gangs abroad return home. More: fewer members abroad, fewer attempts. Example: `2.7 per
    year`"""
    members: bounds.Share
    """Share of those who return who were members of gangs. More: fewer people return for the same effect. Example:
    `0.41`"""
    arrested: bounds.Probability
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
    detector: base.DetectorName
    """Which detector: central or local. Example: `central`"""
    mode: Literal["delay", "lose"]
    """What happens to its instructions: delay (they wait for the end of the window) or lose. Example: `delay`"""

    def _wrong(self) -> base.Mistakes:
        if self.mode == "delay" and self.window[1] is None:
            yield base.mistake("window", "has no last day", "an outage that delays must have one")


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
