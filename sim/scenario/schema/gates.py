"""The gates before a person is reached: dens, cards, interception, sites; then answering and engagement."""

from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from sim.scenario.bounds import (
    MOST_REGIONS,
    CardLoad,
    CardsPerThousand,
    Count,
    Crew,
    Drift,
    Each,
    Factor,
    HazardRate,
    Probability,
    Ratio,
    Score,
    Sigma,
    Slots,
    TypesPerDen,
    UsualContacts,
)
from sim.scenario.distributions import Distribution
from sim.scenario.errors import choices
from sim.scenario.scalars import Duration
from sim.scenario.schema.base import HalfHours, Mistakes, Part, PerChannel, Sparse, Word, mistake, wrong_sum

RegionShares = Annotated[dict[Word, Probability], Field(min_length=1, max_length=MOST_REGIONS)]
"""Shares of den slots by region; they add up to 1."""


def slots_only() -> Any:
    """Return the default of a key that is given if and only if dens have slots; pydantic may change it."""
    return Field(default=None)


class Hazard(Sparse, extra="allow"):
    """Hazard of a raid: a rate by region, plus what leads add.

    ``per_lead`` is the number of yearly raids that one lead (of the country, not of the sampled run) causes while it is
    fresh; leads come from solved cases, ``leads_per_case`` each, and fade with ``lead_half_life``.
    """

    last: ClassVar = ("per_lead", "leads_per_case", "lead_half_life", "case_half_life")

    __pydantic_extra__: dict[str, HazardRate]
    """How often a den in the region of this name is raided. More: dens live shorter, more attempts are never made.
    Example: `0.4 per year`"""
    per_lead: HazardRate | None = None
    """Raids on all dens together that one fresh lead causes; not with gangs.pools. More: solved cases lead to more
    raids. Example: `0.15 per year`"""
    leads_per_case: Each
    """Leads from one solved case. Unit: leads per case. More: solved cases lead to more raids. Example: `0.05`"""
    lead_half_life: Duration
    """Time in which half of the leads go stale. More: leads act longer. Example: `30 d`"""
    case_half_life: Duration | None = None
    """Time since the contact in which a case loses half of its leads before it is solved; without it the age of a case
    does not matter. More: old cases lead to more raids. Example: `60 d`"""

    @property
    def by_region(self) -> dict[str, float]:
        """The rates of the regions."""
        return self.__pydantic_extra__


OF_SLOTS: Final = (
    *("slots", "weight_sigma", "types_per_den", "crew", "hazard.per_lead", "reopening", "reopening_growth"),
    *("displaced", "displaced_to"),
)
"""Keys of ``dens`` that are given if and only if there are no ``gangs.pools``, like the rates of regions."""


class Ringleaders(Part):
    """A den has a ringleader with ``share``; a raid arrests them with ``at_raid``, a lead with a daily rate."""

    share: Probability
    """Share of dens that have a ringleader. More: more ringleaders to be arrested. Example: `0.1`"""
    at_raid: Probability
    """Probability that a raid on such a den arrests the ringleader. More: more ringleaders arrested. Example: `0.5`"""
    per_lead: HazardRate
    """Arrests of ringleaders, over all dens, that one fresh lead causes without a raid. More: more ringleaders
    arrested. Example: `0.05 per year`"""


class Dens(Sparse):
    """Den slots, fixed before the run; raids and reopenings make generations of dens follow each other in a slot.

    Where members of gangs are pools (``gangs.pools``) there are no slots: of dens only regions, leads and ringleaders
    are given.
    """

    slots: Slots = slots_only()
    """Number of dens at work while none is raided. Unit: dens. More: each den sends fewer attempts; their total stays
    the same. Example: `3000`"""
    regions: RegionShares
    """Share of the dens in each region at first, by names of your choice; they add up to 1. More: more dens where
    campaigns of this region act. Example: `{coast: 0.2, inland: 0.2, abroad: 0.6}`"""
    weight_sigma: Sigma = slots_only()
    """Inequality of the sizes of dens: standard deviation of the logarithm. More: a few large dens send most attempts,
    so raids depend more on luck. Example: `1`"""
    types_per_den: TypesPerDen = slots_only()
    """Fraud types that a den pursues. Unit: types. More: a raid hits more types at once. Example: `3`"""
    crew: Crew = slots_only()
    """Suspects arrested when a den of mean size is raided. Unit: people. More: more suspects arrested. Example: `30`"""
    hazard: Hazard
    """How often dens are raided. Example: `{coast: 0.4 per year, inland: 0.3 per year, abroad: 0.02 per year, per_lead:
    0.15 per year, leads_per_case: 0.05, lead_half_life: 30 d}`"""
    reopening: Distribution | None = None
    """Time until a raided den opens again. More: a raid keeps attempts away for longer. Example: `{lognormal: {median:
    40 d, sigma: 0.7}}`"""
    reopening_growth: Ratio = slots_only()
    """Factor by which each further reopening of the same den takes longer. Unit: ratio. More: raids have more effect
    with time. Example: `1.1`"""
    displaced: Probability = slots_only()
    """Probability that a den reopens somewhere else. More: more dens move to the regions of displaced_to. Example:
    `0.4`"""
    displaced_to: RegionShares = slots_only()
    """Share of the displaced dens that open in each region; the shares add up to 1, and a region that is missing gets
    none. More: more dens where campaigns of this region act. Example: `{inland: 0.4, abroad: 0.6}`"""
    ringleaders: Ringleaders
    """Ringleaders and their arrests."""
    fixed_raided: list[Count] | None = None
    """Slots of dens that are closed from the start for good; for experiments without feedback. Unit: slot numbers, from
    0. More: no direction: another slot is closed. Example: `[0, 1, 2]`"""

    def _wrong(self) -> Mistakes:
        given = [("regions", self.regions), *([("displaced_to", self.displaced_to)] if self.displaced_to else [])]
        for key, shares in given:
            yield from wrong_sum(f"{key}.{next(iter(shares))}", shares.values())
        for name in self.regions:
            if name in Hazard.model_fields:
                yield mistake(f"regions.{name}", "is already a key of dens.hazard", "use another name")
            elif self.slots and name not in self.hazard.by_region:
                yield mistake(f"hazard.{name}", "is missing", "every region must have a rate")
        keys = {"displaced_to": (self.displaced_to or {}, ()), "hazard": (self.hazard.by_region, Hazard.model_fields)}
        for key, (found, others) in keys.items():
            for name in found:
                if name not in self.regions:
                    what = choices(name, dict.fromkeys((*self.regions, *others)))
                    yield mistake(f"{key}.{name}", "is not a region of dens.regions", what)
        wrong = [slot for slot in self.fixed_raided or [] if self.slots and slot >= self.slots]
        if wrong:
            yield mistake("fixed_raided", f"names slot {wrong[0]}", f"must be slots 0 to {self.slots - 1}")


class Cards(Part):
    """The stock of phone cards of a province, as a mean field."""

    per_thousand_people: CardsPerThousand
    """Phone cards of gangs per thousand people, at the start. Unit: cards per 1,000 people. More: gangs lose a smaller
    share of their cards to the same filters. Example: `2.1`"""
    flag_share: Probability
    """Share of intercepted attempts that flag the card they came from. More: more cards eliminated, fewer attempts by
    phone. Example: `0.02`"""
    idle_share: Probability
    """Share of the gangs' cards that lie idle, which purges may find. More: purges eliminate more cards. Example: `0.3`
    """
    replacement: Duration
    """Mean time until an eliminated card is replaced. More: gangs lack cards for longer, fewer attempts by phone.
    Example: `22 h`"""
    max_attempts_per_card_day: CardLoad
    """Attempts that a card can make in a day; a run warns if it needs more. Unit: attempts per card and day. More:
    fewer warnings; nothing else depends on it. Example: `20`"""
    fixed_dead_share: Probability | None = None
    """Share of phone attempts that fail for lack of a card, in place of the simulated cards; for experiments without
    feedback. More: fewer attempts by phone. Example: `0.1`"""


class LateMoney(Part):
    """Money that waits in an account behind the first, for example until the gang has bought cryptocurrency with it."""

    share: Probability
    """Share of payments whose money waits. More: more money recovered. Example: `0.4`"""
    delay: Distribution
    """Time from the payment until this money is out of reach, in place of withdrawal_delay. More: more money recovered.
    Example: `{lognormal: {median: 12 h, sigma: 1.5}}`"""


class Accounts(Sparse):
    """Bank accounts of mules, which payments pass: sold to gangs, used, frozen, replaced; and how soon money leaves.

    Where fewer accounts work than at the start, each carries more, and money leaves more slowly, in proportion.
    """

    stock: Count
    """Accounts that the gangs of the whole country have when the warm-up begins, all of them working. Unit: accounts.
    More: one frozen account slows withdrawals less. Example: `300000`"""
    frozen_by_case: Each
    """Accounts on the way of the money that banks freeze for each filed case. Unit: accounts per case. More: money
    leaves more slowly, more money recovered. Example: `3`"""
    found: Probability
    """Share of the working accounts that banks find and freeze in a day without any report. Unit: share a day. More:
    money leaves more slowly, more money recovered. Example: `0.01`"""
    replacement: Duration
    """Mean time until a frozen account is replaced. More: gangs lack accounts for longer, and money leaves more slowly.
    Example: `5 d`"""
    withdrawal_delay: Distribution
    """Time from a payment until its money is out of reach of a stop-payment order, with as many accounts as at the
    start. More: more money recovered. Example: `{lognormal: {median: 10 min, sigma: 1.6}}`"""
    late: LateMoney | None = None
    """Money that leaves later; without this key none does."""


class Filter(Part):
    """A binormal detector: intercept when N(d', 1) exceeds ``threshold``; legitimate traffic is N(0, 1)."""

    d_prime: Score
    """How well the filter separates fraud from ordinary traffic (d' of signal detection). More: more attempts
    intercepted at the same false blocks. Example: `5.06`"""
    threshold: Score
    """Lowest score that the filter blocks. More: fewer attempts intercepted, fewer false blocks. Example: `4.27`"""


class Stopped(Part):
    """Attempts that filters usually stop in the whole country, retries included."""

    call: UsualContacts
    """Calls that filters stop. More: filters lose less by the same number. Example: `4600000 per day`"""
    sms: UsualContacts
    """SMS that filters stop. More: filters lose less by the same number. Example: `5300000 per day`"""


class Interception(Part):
    """Filters of calls and SMS: gangs learn from stopped attempts how to pass, and retraining restores the filters."""

    call: Filter
    """The filter of calls."""
    sms: Filter
    """The filter of SMS."""
    type_offset: dict[str, Score] = Field(default_factory=dict)
    """By fraud type, added to the filter's d' for its attempts. More: more of that type intercepted. Example:
    `{loan_credit: 0.3}`"""
    adaptation: Drift
    """What a filter loses on a day on which it stops the usual number of attempts, as gangs adapt; in proportion with
    more or fewer. Unit: standard deviations a day. More: a filter that stops more loses more. Example: `0.002`"""
    retraining: Duration
    """Mean time after which retraining makes up for a loss. More: losses last longer, and fewer attempts are
    intercepted. Example: `28 d`"""
    usual: Stopped
    """How many attempts filters stop on a day on which they lose what adaptation states."""


class Sites(Part):
    """Blocking: share of each kind of infrastructure that is down when its measures are at full intensity."""

    account: Probability
    """Share of online attempts that fail when blocking of accounts is at full intensity. More: more online attempts
    stopped. Example: `0.3`"""
    site: Probability
    """Share of web sites that are down when blocking of sites and their addresses is at full intensity. More: more
    attempts with links stopped. Example: `0.3`"""
    hosting: Probability
    """Share of sites that are down when blocking of hosting is at full intensity. More: more attempts with links
    stopped. Example: `0.1`"""
    app: Probability
    """Share of fake apps that are down when blocking of apps is at full intensity. More: more attempts with apps
    stopped. Example: `0.2`"""
    diversion: Probability
    """Share of sites and apps that are not found when blocking of diversions is at full intensity. More: more attempts
    stopped. Example: `0.1`"""
    promotion: Probability
    """Share of fake apps that are not found when blocking of promotion is at full intensity. More: more attempts with
    apps stopped. Example: `0.1`"""


class ChannelAnswering(Part):
    """Share of attempts that people answer, read or notice: without the app, and with a label from the app.

    ``half_hours`` are factors by half hour of the day.
    """

    unknown: Probability
    """Share of attempts that people without the anti-fraud app answer, read or notice. More: more people are reached by
    gangs. Example: `0.24`"""
    labelled: Probability
    """Share that people with the app answer, read or notice although the app labels the sender as suspicious. More: the
    app protects less. Example: `0.09`"""
    half_hours: HalfHours
    """Factors of both by half hour of the day. Unit: factor. More: more answered in that half hour. Example: `[0.2,
    0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]`"""


class Answering(PerChannel[ChannelAnswering]):
    """Gate 6: an attempt is answered (call), read (SMS) or noticed (online); ``age_factor`` by age band."""

    age_factor: list[Factor]
    """By age band, factor of the probability to answer. Unit: factor. More: more people of that age are reached by
    gangs. Example: `[0.7, 1, 1.05, 1.05, 1.05, 1]`"""


class Awareness(Part):
    """Awareness by province and segment, between 0 and 1; it fades, and videos and activities renew it.

    ``effect`` is the share by which full awareness lowers engagement; ``per_view`` and ``per_attendance`` the
    share of the missing awareness that one view or one attendance a head closes.
    """

    start: Probability
    """Everybody's awareness at the start, from 0 to 1. More: fewer engage at first. Example: `0.2`"""
    half_life: Duration
    """Time in which half of the awareness is forgotten. More: education lasts longer. Example: `90 d`"""
    effect: Probability
    """Share by which full awareness lowers engagement. More: education prevents more victims. Example: `0.4`"""
    per_view: Each
    """Share of the missing awareness that one view per person closes. Unit: share per view a head. More: videos teach
    more. Example: `0.25`"""
    per_attendance: Each
    """Share of the missing awareness that one attendance per person closes. Unit: share per attendance a head. More:
    activities teach more. Example: `0.5`"""


class Engagement(Part):
    """Gates 6 and 7: answering and engaging."""

    answering: Answering
    """Who answers, reads or notices, by channel."""
    awareness: Awareness
    """What people have learned about fraud, and forget."""
