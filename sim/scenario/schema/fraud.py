"""The exogenous process: potential attempts by channel and fraud type, and the course of an episode of each type.

Gangs: crews of dens, or pools of members at home and abroad, and how gangs respond to yields.
"""

import math
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from pydantic import Discriminator, Field, Tag

from sim.base.days import YEAR_DAYS
from sim.base.words import Channel
from sim.scenario import bounds
from sim.scenario.bounds import Day, Duration, Window
from sim.scenario.schema import base
from sim.scenario.schema.measures import LARGEST_EXPONENT

MAX_PAYMENTS = 8
MOST_CLASSES = 8
WEEKDAYS = 7
MONTHS = 12


class ByChannel(base.PerChannel[bounds.Weight]):
    """One weight a channel."""

    call: bounds.Weight
    """Weight of the type among calls. Unit: weight. More: a larger share of calls is of this type. Example: `0.34`"""
    sms: bounds.Weight
    """Weight of the type among SMS. Unit: weight. More: a larger share of SMS is of this type. Example: `0.15`"""
    online: bounds.Weight
    """Weight of the type among online attempts. Unit: weight. More: a larger share of online attempts is of this type.
    Example: `0.05`"""


class StageDelays(base.Part):
    """Delay before each stage: engaged after contact, site or app opened, first payment, each further payment."""

    engaged: base.Distribution
    """Time from the contact until the person engages. More: slower episodes: warnings have more time. Example:
    `{lognormal: {median: 4.2 min, sigma: 1}}`"""
    opened: base.Distribution
    """Time from engaging until the site or app is opened. More: slower episodes: warnings have more time. Example:
    `{lognormal: {median: 12.6 min, sigma: 1}}`"""
    first_payment: base.Distribution
    """Time from opening to the first payment. More: slower episodes: warnings have more time. Example: `{lognormal:
    {median: 25.2 min, sigma: 1}}`"""
    later_payment: base.Distribution
    """Time from one payment to the next. More: slower episodes: more can be prevented after the first payment. Example:
    `{lognormal: {median: 15 min, sigma: 1}}`"""


class CommonFactors(base.Sparse):
    """What multiplies the course of episodes of all types."""

    delay_factor: bounds.Ratio | None = None
    """Factor of all delays of fraud.types, from the contact to the last payment; without it 1. Unit: ratio. More:
    slower episodes of all types: warnings have more time. Example: `2`"""
    dropout_odds: bounds.Ratio | None = None
    """Factor of the odds of dropping out before each stage, of all types; without it 1. Unit: ratio. More: fewer
    victims, without any warning. Example: `0.5`"""


class StageDropout(base.Part):
    """Probability that a person drops out by themselves before a stage."""

    engaged: bounds.Probability
    """Probability that the person drops out before engaging further. More: fewer victims, without any warning. Example:
    `0.2`"""
    opened: bounds.Probability
    """Probability of dropping out before the site or app is opened. More: fewer victims, without any warning. Example:
    `0.2`"""
    first_payment: bounds.Probability
    """Probability of dropping out before the first payment. More: fewer victims, without any warning. Example: `0.33`
    """
    later_payment: bounds.Probability
    """Probability of dropping out before each further payment. More: smaller losses of victims. Example: `0.1`"""


class LossTail(base.Part):
    """Rare losses that are drawn from another lognormal distribution, such as those of tens of millions."""

    share: bounds.Probability
    """Share of the episodes whose loss is drawn from this distribution. More: more of the very large losses. Example:
    `0.002`"""
    median: bounds.Money
    """Median of these losses, at prices of the reference date. More: larger rare losses. Example: `2000000`"""
    sigma: bounds.Sigma
    """Standard deviation of the logarithm of these losses. More: some of them are far larger. Example: `1`"""


class Loss(base.Sparse):
    """Total loss of an episode that runs to its end, on the reference date: lognormal in units of money."""

    median: bounds.Money
    """Median loss of an episode that runs to its end, at prices of the reference date. More: larger losses. Example:
    `25000`"""
    sigma: bounds.Sigma
    """Spread of losses: standard deviation of their logarithm. More: a few very large losses make up more of the sum;
    the mean grows, too. Example: `1.2`"""
    tail: LossTail | None = None
    """Rare losses from another distribution; without it all losses are from one. Example: `{share: 0.002, median:
    2000000, sigma: 1}`"""


class FraudType(base.Part):
    """One type of fraud."""

    mix: ByChannel
    """Weights of the type among the attempts of each channel; only ratios between types matter."""
    mix_growth: bounds.Growth
    """Growth of the type's weight with the calendar date. More: the type gains on the others with time. Example: `0.1`
    """
    link_share: bounds.Probability
    """Share of the type's SMS that carry a link, which blocked sites can stop. More: blocking stops more SMS of this
    type. Example: `0.5`"""
    app_share: bounds.Probability
    """Share of the type's attempts, by link or online, that lead to a fake app; the rest lead to a site. More: blocking
    apps matters more than blocking sites. Example: `0.45`"""
    engage: bounds.Probability
    """Probability that somebody who answers engages, before the factors of age, sex, awareness and frailty. More: more
    episodes and victims. Example: `0.00413`"""
    age_factor: list[bounds.Factor]
    """By age band, factor of the probability to engage. Unit: factor. More: more victims of that age. Example: `[0.03,
    2.8, 2.3, 1.3, 0.3, 0.04]`"""
    women_factor: bounds.Factor
    """Factor of the probability to engage of women, relative to men. Unit: factor. More: more women among the victims.
    Example: `2`"""
    delays: StageDelays
    """How long each step of an episode takes."""
    dropout: StageDropout
    """How many people leave before each step without a warning."""
    payments: Annotated[list[bounds.Weight], Field(min_length=1, max_length=MAX_PAYMENTS)]
    """Weights of one payment, two payments, and so on, up to eight; only ratios matter. Unit: weight. More: more
    episodes with that many payments. Example: `[0.5, 0.3, 0.2]`"""
    payment_growth: bounds.Ratio
    """Size of each payment relative to the one before. Unit: ratio. More: more of the loss comes late, where a warning
    may still prevent it. Example: `1.3`"""
    loss: Loss
    """The loss of an episode."""

    def with_factors(self, common: CommonFactors) -> "FraudType":
        """Return the type with longer or shorter delays and other odds of dropping out, in each stage."""
        longer, odds = common.delay_factor, common.dropout_odds
        delays = {} if longer is None else {name: one.scaled(longer) for name, one in self.delays}
        dropout = {} if odds is None else {name: p * odds / (1.0 + p * (odds - 1.0)) for name, p in self.dropout}
        parts = {"delays": self.delays.model_copy(update=delays), "dropout": self.dropout.model_copy(update=dropout)}
        return self.model_copy(update=parts)

    def _wrong(self) -> base.Mistakes:
        return base.all_zero("payments", self.payments, "weight")


def grown(per_year: float, years: float, ceiling: float | None) -> float:
    """Return growth for bounds; engines use ``sim.country.calendar.growth``, which is exact to the bit."""
    if ceiling is None:
        return math.exp(per_year * years)
    room = ceiling - 1.0
    return ceiling / (1.0 + room * math.exp(min(-per_year * years * ceiling / room, LARGEST_EXPONENT)))


class Volume(base.Sparse):
    """Potential attempts of the whole nation on the reference date; ``growth`` per year there, in log units.

    With a ``ceiling`` growth slows down as it approaches the ceiling.
    """

    level: bounds.Contacts
    """Attempts of the whole country on the reference date before any measure. More: more of everything that attempts
    cause. Example: `7446350 per day`"""
    growth: bounds.Growth
    """Growth of attempts with the calendar date. More: more attempts later, fewer before the reference date. Example:
    `0.258`"""
    ceiling: bounds.Ceiling | None = None
    """Carrying capacity: the attempts never exceed this multiple of the level; without it they grow for ever. Unit:
    ratio. More: growth goes on for longer. Example: `2.5`"""


class Volumes(base.PerChannel[Volume]):
    """Volumes by channel."""


class HalfHourProfiles(base.PerChannel[base.HalfHours]):
    """Profile of potential attempts over the 48 half hours of a day, by channel."""

    call: base.HalfHours
    """Profile of fraudulent calls over the 48 half hours of a day. Unit: weight. More: more of the day's calls in that
    half hour. Example: `[0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]`"""
    sms: base.HalfHours
    """Profile of fraudulent SMS over the 48 half hours of a day. Unit: weight. More: more of the day's SMS in that half
    hour. Example: `[0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]`"""
    online: base.HalfHours
    """Profile of online attempts over the 48 half hours of a day. Unit: weight. More: more of the day's online attempts
    in that half hour. Example: `[0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]`"""


class Surge(base.Part):
    """A window in which attempts are multiplied by ``factor``, on some channels, types and provinces or on all."""

    window: Window
    """The days of the surge. Example: `[2022-11-05, 2022-11-14]`"""
    factor: bounds.Factor
    """Factor of the attempts. Unit: factor. More: a stronger surge; below 1 it is a lull. Example: `1.4`"""
    channels: list[base.ChannelName] = Field(default_factory=lambda: list(Channel.labels()))
    """Channels of the surge; without it all. Example: `[sms, online]`"""
    types: list[str] | None = None
    """Fraud types of the surge; without it all. Example: `[brushing, customer_service]`"""
    provinces: list[bounds.ProvinceCode] | None = None
    """Provinces of the surge, by name or code; without it all. Example: `[33, 44]`"""


class Repeated(base.Sparse):
    """How gangs repeat stopped attempts of a channel."""

    share: bounds.Retried
    """Share of the stopped attempts that gangs repeat; the filter may stop these, too. More: a better filter
    stops more messages and spares fewer people. Example: `0.9`"""
    usual: bounds.Probability | None = None
    """Share that the filter stops when there are as many attempts as fraud.volumes says. Without it the run computes
    the share that the filter stops at the first midnight, before any measure, for the mix of types on fraud.reference.
    If a policy changes d_prime or threshold, state the share of the scenario that it is compared with. More: fewer
    attempts. Example: `0.74`"""
    displaced: bounds.Probability = 0.0
    """If the filter makes gangs give up more attempts than usual: the share of these that gangs make by other channels
    and classes. More: a better filter moves attempts elsewhere. Example: `0.5`"""


class Displaced(base.Sparse):
    """What gangs do when their accounts of a class are blocked, or when a class is regulated."""

    displaced: bounds.Probability = 0.0
    """Share of the attempts of a class that regulation keeps from being sent, or that lead to blocked accounts of the
    class, which gangs make by other channels and classes. More: blocking moves attempts elsewhere. Example: `0.5`"""


class Retry(base.Sparse):
    """How gangs repeat attempts that filters stop, by channel, and where they go instead."""

    call: Repeated | None = None
    """Retries of calls; without it there are none. Example: `{share: 0.9, usual: 0.74}`"""
    sms: Repeated | None = None
    """Retries of SMS; without it there are none. Example: `{share: 0.9, usual: 0.6}`"""
    online: Displaced | None = None
    """Where online attempts go; without it they go nowhere else. Example: `{displaced: 0.5}`"""


class AttemptClass(base.Sparse):
    """A class of the attempts of a channel."""

    share: bounds.Probability
    """Share of the channel's attempts. More: more attempts of this class. Example: `0.2`"""
    types: dict[base.Word, bounds.Factor] | None = None
    """By fraud type, factor of the share of the class; the shares of each type are then made to add up to 1. Types that
    are not named have 1. Unit: factor. More: more of the type's attempts in this class. Example: `{loan_credit: 2}`"""
    growth: bounds.Growth | None = None
    """Growth of the share from fraud.reference on, against that of other classes; without it 0. More: the class gains
    on the others with time. Example: `0.3`"""


class NumberClass(AttemptClass):
    """A class of the numbers from which gangs call or send SMS, such as those of other countries."""

    legitimate: bounds.Probability
    """Share of the channel's legitimate contacts that come from the class. A measure that blocks the class stops these,
    too. More: blocking the class stops more legitimate contacts. Example: `0.002`"""
    offset: bounds.Score = 0.0
    """Shift of the filter's d' for the class. More: the filter stops more attempts of this class. Example: `0.4`"""
    usual: bounds.Probability | None = None
    """Share that the filter stops when the class has the stated share of attempts; without this key the value of
    fraud.retry. More: fewer attempts of the class. Example: `0.8`"""
    cards: bounds.Probability | None = None
    """Share of the class's attempts that come from a phone card of the country, without this key all. Only these flag
    cards, and only these are stopped where cards are eliminated. More: eliminated cards stop more attempts of this
    class. Example: `0`"""


class AccountClass(AttemptClass):
    """A class of the accounts from which online attempts come, such as those of social media."""


ClassesByName = Annotated[dict[base.Word, NumberClass], Field(min_length=1, max_length=MOST_CLASSES)]


class Classes(base.Sparse):
    """Classes of the numbers of calls and of SMS, and of the accounts of online attempts, by names of your choice."""

    call: ClassesByName | None = None
    """Classes of calls; without them all calls are alike."""
    sms: ClassesByName | None = None
    """Classes of SMS; without them all SMS are alike."""
    online: Annotated[dict[base.Word, AccountClass], Field(min_length=1, max_length=MOST_CLASSES)] | None = None
    """Classes of online attempts; without them all online attempts are alike."""

    def _wrong(self) -> base.Mistakes:
        for channel in Channel.labels():
            own = getattr(self, channel, None) or {}
            keys = ("share",) if channel == Channel.ONLINE.label else ("share", "legitimate")
            for key in keys if own else ():
                yield from base.wrong_sum(channel, (getattr(one, key) for one in own.values()), f"the values of {key}")


class Fraud(base.Sparse):
    """Everything that potential attempts are drawn from; ``loss_growth`` of all types, per year, in log units."""

    reference: Day
    """Day on which levels and losses are as stated; growth counts from here. Later: what grows is smaller on every day.
    Example: `2021-06-15`"""
    grows_until: Day | None = None
    """Last day on which attempts, shares of types and classes, and losses grow; after it they stay constant. Without it
    they grow for ever. Later: growth goes on for longer. Example: `2023-12-31`"""
    volumes: Volumes
    """Attempts before any measure, by channel."""
    half_hours: HalfHourProfiles
    """Times of attempts within a day, by channel."""
    weekdays: Annotated[list[bounds.Weight], Field(min_length=WEEKDAYS, max_length=WEEKDAYS)]
    """Weights of Monday to Sunday; only ratios matter. Unit: weight. More: more of the week's attempts on that weekday.
    Example: `[0.145, 0.145, 0.145, 0.15, 0.153, 0.137, 0.126]`"""
    months: Annotated[list[bounds.Weight], Field(min_length=MONTHS, max_length=MONTHS)]
    """Weights of January to December; only ratios matter. Unit: weight. More: more of the year's attempts in that
    month. Example: `[0.95, 0.85, 1.02, 1.02, 1.02, 1.05, 1.02, 1.02, 1.02, 0.98, 1.05, 1]`"""
    province_weights: dict[bounds.ProvinceKey, bounds.Weight] = Field(default_factory=dict)
    """By province, name or code: attempts per person relative to other provinces, which have 1; the country's attempts
    stay the same. Unit: weight. More: more attempts there, fewer elsewhere. Example: `{44: 1.2}`"""
    surges: dict[base.Word, Surge] = Field(default_factory=dict)
    """Windows with more attempts, by names of your choice. Example: `{november-sales: {window: [2022-11-05,
    2022-11-14], factor: 1.4}}`"""
    loss_growth: bounds.Growth
    """Growth of losses with the calendar date. More: larger losses later, smaller ones before the reference date.
    Example: `0.2472`"""
    loss_ceiling: bounds.Ceiling | None = None
    """Losses never exceed this multiple of the stated losses as they grow; without it they grow for ever. Unit: ratio.
    More: growth goes on for longer. Example: `1.5`"""
    retry: Retry | None = None
    """How gangs repeat attempts that filters stop; without it they do not. Example: `{sms: {share: 0.9, usual:
    0.6}}`"""
    classes: Classes | None = None
    """Classes of numbers; without it the attempts of a channel are alike. Example: `{call: {domestic: {share: 0.8,
    legitimate: 0.998}, abroad: {share: 0.2, legitimate: 0.002, offset: 0.4}}}`"""
    episode: CommonFactors | None = None
    """Factors of the delays and of dropping out that all types have in common; without it 1. Example: `{delay_factor:
    2, dropout_odds: 0.5}`"""
    types: Annotated[dict[base.Word, FraudType], Field(min_length=1, max_length=bounds.MOST_FRAUD_TYPES)]
    """Types of fraud, by name; their order numbers them."""

    def years_of_growth(self, period: base.Period) -> tuple[float, float]:
        """Return the years from the reference date to the first and the last day of a period, up to ``grows_until``."""
        first, last = period.years_since(self.reference)
        if self.grows_until is None:
            return first, last
        most = (self.grows_until - self.reference).days / YEAR_DAYS
        return min(first, most), min(last, most)

    def contacts(self) -> list[tuple[Channel, str, AttemptClass | None]]:
        """Return the ways of first contact: each class of each channel, or a channel without name and class."""
        return [
            (channel, name, one)
            for channel in Channel
            for name, one in (getattr(self.classes, channel.label, None) or {"": None}).items()
        ]

    def kinds(self) -> list[FraudType]:
        """Return the types in their order, with the factors that they have in common."""
        common = self.episode
        return [kind if common is None else kind.with_factors(common) for kind in self.types.values()]

    def _wrong(self) -> base.Mistakes:
        for channel in Channel.labels():
            yield from base.all_zero(f"half_hours.{channel}", getattr(self.half_hours, channel), "half hour")
            if sum(getattr(kind.mix, channel) for kind in self.types.values()) <= 0:
                what = f"no type has a mix above 0 on {channel}"
                yield base.mistake("types", what, "some type must be above 0 on each channel")
        yield from base.all_zero("weekdays", self.weekdays, "weekday")
        yield from base.all_zero("months", self.months, "month")


MOST_EFFORT: Final = 2.0
"""Largest factor of the stated attempts of a channel and type, however much they yield."""


YieldByType = Annotated[
    Annotated[bounds.Yield, Tag("plain")]
    | Annotated[dict[base.Word, bounds.Yield], Field(min_length=1, max_length=bounds.MOST_FRAUD_TYPES), Tag("map")],
    Discriminator(base.form),
]
"""One yield of all fraud types, or that of each by its name."""


class Usual(base.PerChannel[YieldByType]):
    """The yield of an attempt of each channel at which the volumes are as stated.

    A number counts for all fraud types; a map has one for each type.
    """

    call: YieldByType
    """Yield of a call at which there are as many calls as stated: the share of calls that no gate stops, times what
    awareness leaves, times the share of engaged people who pay despite warnings. Unit: share. More: calls seem to yield
    less than usual, and gangs leave them. Example: `0.05`"""
    sms: YieldByType
    """Yield of an SMS at which there are as many SMS as stated. Unit: share. More: SMS seem to yield less than usual,
    and gangs leave them. Example: `0.02`"""
    online: YieldByType
    """Yield of an online attempt at which there are as many online attempts as stated. Unit: share. More: online
    attempts seem to yield less than usual, and gangs leave them. Example: `0.1`"""

    def by_type(self, types: Sequence[str]) -> list[list[float]]:
        """Return the yields of each channel, in the order of some fraud types."""
        return [[own[name] if isinstance(own, dict) else own for name in types] for _, own in self]


class Answer(base.Sparse):
    """How gangs respond: they shift effort to the channels and types that yield more, and work less where little pays.

    They make the stated attempts throughout the warm-up, and respond from the first day of the period on. With both
    elasticities at 0 attempts do not depend on what they yield.
    """

    shift: bounds.Elasticity
    """Elasticity with which effort moves to the channels and types that yield more; at 0 none moves. Unit: per cent of
    effort per per cent of yield. More: a measure against one channel drives more attempts to the others. Example: `0.5`
    """
    supply: bounds.Elasticity
    """Elasticity of the total effort in its yield; at 0 effort only moves. Unit: per cent of effort per per cent of
    yield. More: fewer attempts where less pays. Example: `0.2`"""
    lag: Duration
    """Time over which gangs learn what attempts yield. More: they answer later, and are less swayed by single days.
    Example: `30 d`"""
    usual: Usual | None = None
    """Yield at which gangs make the stated attempts. Without it the run takes the yields that gangs learn in its
    warm-up. State them to compare policies: a policy that acts in the warm-up would find other yields. Example:
    `{call: 0.05, sms: 0.02, online: 0.1}`"""


class Removed(base.Part):
    """How fast members are removed from the pools for good."""

    home: bounds.HazardRate
    """Rate at which raids remove members at home, without campaigns and at the usual leads. More: fewer attempts, more
    suspects. Example: `1.4 per year`"""
    abroad: bounds.HazardRate
    """Rate at which members abroad leave gangs for good without returning home. More: fewer attempts. Example: `0.13
    per year`"""


class Leads(base.Part):
    """How removal at home depends on the leads from solved cases."""

    share: bounds.Probability
    """Share of the removal at home that is in proportion to leads; the rest does not depend on them. More: solved cases
    reduce gangs more. Example: `0.2`"""
    usual: bounds.Headcount
    """Leads at which removal is as stated. Unit: leads. More: fewer members are removed. Example: `2500`"""


class Pools(base.Sparse):
    """Members of gangs at home and abroad, as two stocks; attempts are as stated while both are as at the start.

    Recruiting is logistic in both together; raids remove members at home, and measures of kind ``returns`` bring home
    those abroad.
    """

    members: bounds.Headcount
    """Members of gangs at the start, at home and abroad. Unit: people. More: each makes fewer attempts; raids take more
    suspects. Example: `165000`"""
    abroad: bounds.Share
    """Share of the members who are abroad at the start. More: raids at home reach fewer. Example: `0.49`"""
    since: Day
    """Until this day both pools stay as they are at the start. Later: changes come later. Example: `2021-01-01`"""
    capacity: bounds.Ceiling
    """Carrying capacity: the most members that the market supports, as a multiple of those at the start. Unit: ratio.
    More: gangs grow further. Example: `1.5`"""
    recruiting: bounds.RecruitingRate
    """Growth rate of a small gang; it slows down as members approach the capacity. More: gangs recover faster. Example:
    `1.9 per year`"""
    arriving: bounds.RecruitingRate
    """Rate at which people join without being recruited, as a share of the members at the start. More: gangs never die
    out. Example: `0.03 per year`"""
    arriving_abroad: bounds.Probability
    """Share of these who join abroad. More: more of them are out of reach of raids. Example: `0.7`"""
    leaving: bounds.HazardRate
    """Rate at which members at home move abroad. More: gangs move out of reach of raids. Example: `0.25 per year`"""
    removed: Removed
    """How fast members are removed."""
    leads: Leads | None = None
    """How removal at home depends on leads; without this key it does not."""
    crew: bounds.Headcount
    """Members of a den. Unit: people. More: fewer dens for the same members. Example: `6.3`"""
    leaderless: Duration
    """Mean time until another ringleader takes the place of one who was arrested; meanwhile the den does not recruit.
    More: arrested ringleaders reduce gangs more. Example: `90 d`"""
    home_share: Annotated[dict[base.Word, bounds.Probability], Field(max_length=bounds.MOST_FRAUD_TYPES)] = Field(
        default_factory=dict
    )
    """Share of a fraud type's attempts that are made at home at the start; a missing type has the share of the members.
    More: raids at home reduce this type more. Example: `{loan_credit: 0.6, romance_investment: 0.2}`"""


CREWS: Final = ("start", "recruiting", "reopens_with", "crew_share", "slower")
"""Keys of crews, which belong together."""


class Gangs(base.Sparse):
    """The crews of the den slots, as shares of a full crew, or pools of members instead.

    Attempts are as stated while all crews are full. A crew grows logistically by ``recruiting``; raids, and arrests for
    cases and in campaigns, thin it.
    """

    start: bounds.Probability | None = None
    """Share of a full crew at work in every den at the first midnight. Unit: share. More: more attempts at first.
    Example: `1`"""
    recruiting: bounds.RecruitingRate | None = None
    """Growth rate of a small crew; it slows down as the crew fills up. A crew whose ringleader was arrested does not
    recruit. More: crews recover faster from arrests. Example: `6 per year`"""
    reopens_with: bounds.Probability | None = None
    """Share of a full crew with which a raided den opens again. Unit: share. More: raids have less effect. Example:
    `0.5`"""
    crew_share: bounds.Probability | None = None
    """Share of the suspects arrested for cases and in cluster campaigns who belong to crews at work. Unit: share. More:
    arrests thin crews more, fewer attempts. Example: `0.3`"""
    slower: bounds.Lengthening | None = None
    """Factor by which a den stays closed longer if its ringleader was arrested, at the raid or before. Unit: factor.
    More: arrested ringleaders keep attempts away for longer. Example: `2`"""
    pools: Pools | None = None
    """Members at home and abroad, in place of crews; without it each den has a crew."""
    answer: Answer | None = None
    """How gangs respond to the yield of their attempts; without it they do not."""

    @property
    def since(self) -> date | None:
        """The day on which pools are as at the start; None without pools."""
        return None if self.pools is None else self.pools.since

    def _wrong(self) -> base.Mistakes:
        given = [key for key in CREWS if getattr(self, key) is not None]
        if self.pools is not None and given:
            what = "must be without crews (null removes what another file gives)"
            yield base.mistake(given[0], "is a key of crews, but there are pools", what)
        missing = [key for key in CREWS if key not in given]
        if self.pools is None and missing:
            what = f"all of {', '.join(CREWS)} must be there, or pools instead"
            yield base.mistake(missing[0], "is missing", what)
