"""The layers around the warning: the gates before a person is reached, what follows the fraud, and what it costs.

Gates: dens, cards, interception, sites; then answering and engagement. After the fraud: reports, stop-payment, filing,
investigation, arrests.

What a policy costs, in units of money: staff, false alarms, education. No day of a run depends on any of it.
"""

from typing import Annotated, Any, ClassVar, Final

from pydantic import Discriminator, Field, Tag

from sim.base.words import Role
from sim.scenario import bounds
from sim.scenario.bounds import Day, Duration, YearDay
from sim.scenario.errors import choices
from sim.scenario.schema import base
from sim.scenario.schema.measures import Ramp

RegionShares = Annotated[dict[base.Word, bounds.Probability], Field(min_length=1, max_length=bounds.MOST_REGIONS)]
"""Shares of den slots by region; they add up to 1."""


def slots_only() -> Any:
    """Return the default of a key that is given if and only if dens have slots; pydantic may change it."""
    return Field(default=None)


class Hazard(base.Sparse, extra="allow"):
    """Hazard of a raid: a rate by region, plus what leads add.

    ``per_lead`` is the number of yearly raids that one lead (of the country, not of the sampled run) causes while it is
    fresh; leads come from solved cases, ``leads_per_case`` each, and fade with ``lead_half_life``.
    """

    last: ClassVar = ("per_lead", "leads_per_case", "lead_half_life", "case_half_life")

    __pydantic_extra__: dict[str, bounds.HazardRate]
    """How often a den in the region of this name is raided. More: dens live shorter, more attempts are never made.
    Example: `0.4 per year`"""
    per_lead: bounds.HazardRate | None = None
    """Raids on all dens together that one fresh lead causes; not with gangs.pools. More: solved cases lead to more
    raids. Example: `0.15 per year`"""
    leads_per_case: bounds.Each
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


class Ringleaders(base.Part):
    """A den has a ringleader with ``share``; a raid arrests them with ``at_raid``, a lead with a daily rate."""

    share: bounds.Probability
    """Share of dens that have a ringleader. More: more ringleaders to be arrested. Example: `0.1`"""
    at_raid: bounds.Probability
    """Probability that a raid on such a den arrests the ringleader. More: more ringleaders arrested. Example: `0.5`"""
    per_lead: bounds.HazardRate
    """Arrests of ringleaders, over all dens, that one fresh lead causes without a raid. More: more ringleaders
    arrested. Example: `0.05 per year`"""


class Dens(base.Sparse):
    """Den slots, fixed before the run; raids and reopenings make generations of dens follow each other in a slot.

    Where members of gangs are pools (``gangs.pools``) there are no slots: of dens only regions, leads and ringleaders
    are given.
    """

    slots: bounds.Slots = slots_only()
    """Number of dens at work while none is raided. Unit: dens. More: each den sends fewer attempts; their total stays
    the same. Example: `3000`"""
    regions: RegionShares
    """Share of the dens in each region at first, by names of your choice; they add up to 1. More: more dens where
    campaigns of this region act. Example: `{coast: 0.2, inland: 0.2, abroad: 0.6}`"""
    weight_sigma: bounds.Sigma = slots_only()
    """Inequality of the sizes of dens: standard deviation of the logarithm. More: a few large dens send most attempts,
    so raids depend more on luck. Example: `1`"""
    types_per_den: bounds.TypesPerDen = slots_only()
    """Fraud types that a den pursues. Unit: types. More: a raid hits more types at once. Example: `3`"""
    crew: bounds.Crew = slots_only()
    """Suspects arrested when a den of mean size is raided. Unit: people. More: more suspects arrested. Example: `30`"""
    hazard: Hazard
    """How often dens are raided. Example: `{coast: 0.4 per year, inland: 0.3 per year, abroad: 0.02 per year, per_lead:
    0.15 per year, leads_per_case: 0.05, lead_half_life: 30 d}`"""
    reopening: base.Distribution | None = None
    """Time until a raided den opens again. More: a raid keeps attempts away for longer. Example: `{lognormal: {median:
    40 d, sigma: 0.7}}`"""
    reopening_growth: bounds.Ratio = slots_only()
    """Factor by which each further reopening of the same den takes longer. Unit: ratio. More: raids have more effect
    with time. Example: `1.1`"""
    displaced: bounds.Probability = slots_only()
    """Probability that a den reopens somewhere else. More: more dens move to the regions of displaced_to. Example:
    `0.4`"""
    displaced_to: RegionShares = slots_only()
    """Share of the displaced dens that open in each region; the shares add up to 1, and a region that is missing gets
    none. More: more dens where campaigns of this region act. Example: `{inland: 0.4, abroad: 0.6}`"""
    ringleaders: Ringleaders
    """Ringleaders and their arrests."""

    def _wrong(self) -> base.Mistakes:
        given = [("regions", self.regions), *([("displaced_to", self.displaced_to)] if self.displaced_to else [])]
        for key, shares in given:
            yield from base.wrong_sum(f"{key}.{next(iter(shares))}", shares.values())
        for name in self.regions:
            if name in Hazard.model_fields:
                yield base.mistake(f"regions.{name}", "is already a key of dens.hazard", "use another name")
            elif self.slots and name not in self.hazard.by_region:
                yield base.mistake(f"hazard.{name}", "is missing", "every region must have a rate")
        keys = {"displaced_to": (self.displaced_to or {}, ()), "hazard": (self.hazard.by_region, Hazard.model_fields)}
        for key, (found, others) in keys.items():
            for name in found:
                if name not in self.regions:
                    what = choices(name, dict.fromkeys((*self.regions, *others)))
                    yield base.mistake(f"{key}.{name}", "is not a region of dens.regions", what)


class Cards(base.Part):
    """The stock of phone cards of a province, as a mean field."""

    per_thousand_people: bounds.CardsPerThousand
    """Phone cards of gangs per thousand people, at the start. Unit: cards per 1,000 people. More: gangs lose a smaller
    share of their cards to the same filters. Example: `2.1`"""
    flag_share: bounds.Probability
    """Share of intercepted attempts that flag the card they came from. More: more cards eliminated, fewer attempts by
    phone. Example: `0.02`"""
    idle_share: bounds.Probability
    """Share of the gangs' cards that lie idle, which purges may find. More: purges eliminate more cards. Example: `0.3`
    """
    replacement: Duration
    """Mean time until an eliminated card is replaced. More: gangs lack cards for longer, fewer attempts by phone.
    Example: `22 h`"""
    max_attempts_per_card_day: bounds.CardLoad
    """Attempts that a card can make in a day; a run warns if it needs more. Unit: attempts per card and day. More:
    fewer warnings; nothing else depends on it. Example: `20`"""
    fixed_dead_share: bounds.Probability | None = None
    """Share of phone attempts that fail for lack of a card, in place of the simulated cards; for experiments without
    feedback. More: fewer attempts by phone. Example: `0.1`"""


class LateMoney(base.Part):
    """Money that waits in an account behind the first, for example until the gang has bought cryptocurrency with it."""

    share: bounds.Probability
    """Share of payments whose money waits. More: more money recovered. Example: `0.4`"""
    delay: base.Distribution
    """Time from the payment until this money is out of reach, in place of withdrawal_delay. More: more money recovered.
    Example: `{lognormal: {median: 12 h, sigma: 1.5}}`"""


class Accounts(base.Sparse):
    """Bank accounts of mules, which payments pass: sold to gangs, used, frozen, replaced; and how soon money leaves.

    Where fewer accounts work than at the start, each carries more, and money leaves more slowly, in proportion.
    """

    stock: bounds.Count
    """Accounts that the gangs of the whole country have when the warm-up begins, all of them working. Unit: accounts.
    More: one frozen account slows withdrawals less. Example: `300000`"""
    frozen_by_case: bounds.Each
    """Accounts on the way of the money that banks freeze for each filed case. Unit: accounts per case. More: money
    leaves more slowly, more money recovered. Example: `3`"""
    found: bounds.Probability
    """Share of the working accounts that banks find and freeze in a day without any report. Unit: share a day. More:
    money leaves more slowly, more money recovered. Example: `0.01`"""
    replacement: Duration
    """Mean time until a frozen account is replaced. More: gangs lack accounts for longer, and money leaves more slowly.
    Example: `5 d`"""
    withdrawal_delay: base.Distribution
    """Time from a payment until its money is out of reach of a stop-payment order, with as many accounts as at the
    start. More: more money recovered. Example: `{lognormal: {median: 10 min, sigma: 1.6}}`"""
    late: LateMoney | None = None
    """Money that leaves later; without this key none does."""


class Filter(base.Part):
    """A binormal detector: intercept when N(d', 1) exceeds ``threshold``; legitimate traffic is N(0, 1)."""

    d_prime: bounds.Score
    """How well the filter separates fraud from ordinary traffic (d' of signal detection). More: more attempts
    intercepted at the same false blocks. Example: `5.06`"""
    threshold: bounds.Score
    """Lowest score that the filter blocks. More: fewer attempts intercepted, fewer false blocks. Example: `4.27`"""


class Stopped(base.Part):
    """Attempts that filters usually stop in the whole country, retries included."""

    call: bounds.UsualContacts
    """Calls that filters stop. More: filters lose less by the same number. Example: `4600000 per day`"""
    sms: bounds.UsualContacts
    """SMS that filters stop. More: filters lose less by the same number. Example: `5300000 per day`"""


class Interception(base.Part):
    """Filters of calls and SMS: gangs learn from stopped attempts how to pass, and retraining restores the filters."""

    call: Filter
    """The filter of calls."""
    sms: Filter
    """The filter of SMS."""
    type_offset: dict[str, bounds.Score] = Field(default_factory=dict)
    """By fraud type, added to the filter's d' for its attempts. More: more of that type intercepted. Example:
    `{loan_credit: 0.3}`"""
    adaptation: bounds.Drift
    """What a filter loses on a day on which it stops the usual number of attempts, as gangs adapt; in proportion with
    more or fewer. Unit: standard deviations a day. More: a filter that stops more loses more. Example: `0.002`"""
    retraining: Duration
    """Mean time after which retraining makes up for a loss. More: losses last longer, and fewer attempts are
    intercepted. Example: `28 d`"""
    usual: Stopped
    """How many attempts filters stop on a day on which they lose what adaptation states."""


class Sites(base.Part):
    """Blocking: share of each kind of infrastructure that is down when its measures are at full intensity."""

    account: bounds.Probability
    """Share of online attempts that fail when blocking of accounts is at full intensity. More: more online attempts
    stopped. Example: `0.3`"""
    site: bounds.Probability
    """Share of web sites that are down when blocking of sites and their addresses is at full intensity. More: more
    attempts with links stopped. Example: `0.3`"""
    hosting: bounds.Probability
    """Share of sites that are down when blocking of hosting is at full intensity. More: more attempts with links
    stopped. Example: `0.1`"""
    app: bounds.Probability
    """Share of fake apps that are down when blocking of apps is at full intensity. More: more attempts with apps
    stopped. Example: `0.2`"""
    diversion: bounds.Probability
    """Share of sites and apps that are not found when blocking of diversions is at full intensity. More: more attempts
    stopped. Example: `0.1`"""
    promotion: bounds.Probability
    """Share of fake apps that are not found when blocking of promotion is at full intensity. More: more attempts with
    apps stopped. Example: `0.1`"""


class ChannelAnswering(base.Part):
    """Share of attempts that people answer, read or notice: without the app, and with a label from the app.

    ``half_hours`` are factors by half hour of the day.
    """

    unknown: bounds.Probability
    """Share of attempts that people without the anti-fraud app answer, read or notice. More: more people are reached by
    gangs. Example: `0.24`"""
    labelled: bounds.Probability
    """Share that people with the app answer, read or notice although the app labels the sender as suspicious. More: the
    app protects less. Example: `0.09`"""
    half_hours: base.HalfHours
    """Factors of both by half hour of the day. Unit: factor. More: more answered in that half hour. Example: `[0.2,
    0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]`"""


class Answering(base.PerChannel[ChannelAnswering]):
    """Gate 6: an attempt is answered (call), read (SMS) or noticed (online); ``age_factor`` by age band."""

    age_factor: list[bounds.Factor]
    """By age band, factor of the probability to answer. Unit: factor. More: more people of that age are reached by
    gangs. Example: `[0.7, 1, 1.05, 1.05, 1.05, 1]`"""


class Awareness(base.Part):
    """Awareness by province and segment, between 0 and 1; it fades, and videos and activities renew it.

    ``effect`` is the share by which full awareness lowers engagement; ``per_view`` and ``per_attendance`` the
    share of the missing awareness that one view or one attendance a head closes.
    """

    start: bounds.Probability
    """Everybody's awareness at the start, from 0 to 1. More: fewer engage at first. Example: `0.2`"""
    half_life: Duration
    """Time in which half of the awareness is forgotten. More: education lasts longer. Example: `90 d`"""
    effect: bounds.Probability
    """Share by which full awareness lowers engagement. More: education prevents more victims. Example: `0.4`"""
    per_view: bounds.Each
    """Share of the missing awareness that one view per person closes. Unit: share per view a head. More: videos teach
    more. Example: `0.25`"""
    per_attendance: bounds.Each
    """Share of the missing awareness that one attendance per person closes. Unit: share per attendance a head. More:
    activities teach more. Example: `0.5`"""


class Engagement(base.Part):
    """Gates 6 and 7: answering and engaging."""

    answering: Answering
    """Who answers, reads or notices, by channel."""
    awareness: Awareness
    """What people have learned about fraud, and forget."""


class Report(base.Sparse):
    """A victim reports with a probability, after a delay from the end of the episode."""

    probability: bounds.Probability
    """Probability that a victim reports. More: more cases filed, more money recovered, more leads. Example: `0.4`"""
    after_warning: bounds.Probability | None = None
    """Probability that a victim reports whom a warning reached before the episode ended, whether it stopped them or
    not; without it the same as for others. More: warnings lead to more cases filed. Example: `0.8`"""
    delay: base.Distribution
    """Time from the end of the episode to the report. More: less money recovered. Example: `{lognormal: {median: 6 h,
    sigma: 1.8}}`"""


class StopPayment(base.Sparse):
    """Share of a payment that a stop-payment order recovers right after it; it halves every ``half_life``.

    With ``accounts`` an order recovers this share of the payments whose money is still in reach, and nothing of others;
    ``half_life`` is then not used.
    """

    share: bounds.Probability
    """Share of a payment that a stop-payment order recovers right after the payment. More: more money recovered.
    Example: `0.5`"""
    half_life: Duration | None = None
    """Time in which half of the recoverable money is gone; not used with accounts. More: late reports recover more.
    Example: `2 h`"""
    processing: base.Distribution | None = None
    """Time from the report until the order reaches the bank; without it the order is immediate. More: less money
    recovered. Example: `{lognormal: {median: 30 min, sigma: 0.7}}`"""
    frozen_factor: bounds.Frozen | None = None
    """Money that orders stop or freeze for each unit returned to the victim, because they freeze whole accounts on the
    way; without it funds stopped are not counted. Unit: factor. More: more funds stopped. Example: `27.4`"""


class Filing(base.Part):
    """Delay between report and filing of the case."""

    delay: base.Distribution
    """Time from report to filing of the case. More: cases are filed later. Example: `{lognormal: {median: 6 h, sigma:
    0.8}}`"""


class Investigation(base.Sparse):
    """Cases that all provinces can finish in a day on ``reference``, growing by ``growth`` per year (log units).

    A case that is taken is solved with probability ``solved``, else closed unsolved. ``backlog`` cases wait at
    the start. Capacity and backlog are shared out by population. The oldest cases are taken first, except
    that ``fresh_share`` of the capacity takes the newest first.
    """

    capacity: bounds.Cases
    """Cases that the whole country can finish, on the reference date. More: a smaller backlog, more cases solved.
    Example: `2100 per day`"""
    reference: Day
    """Day on which the capacity is as stated; its growth counts from here. Later: a smaller capacity on every day, if
    it grows. Example: `2021-06-15`"""
    growth: bounds.Growth
    """Growth of the capacity with the calendar date. More: more cases finished after the
    reference date, fewer before it. Example: `0.05`"""
    solved: bounds.Probability
    """Probability that a finished case is solved. More: more cases solved, more arrests and leads. Example: `0.5`"""
    backlog: bounds.Count
    """Cases of the whole country that are waiting when the warm-up begins. Unit: cases. More: cases wait longer.
    Example: `700000`"""
    fresh_share: bounds.Probability | None = None
    """Share of each midnight's capacity that takes the newest cases; the rest takes the oldest. Without it all capacity
    takes the oldest. More: leads are fresher, old cases wait longer. Example: `0.2`"""


class Roles(base.Sparse):
    """Whom arrests for solved cases and in cluster campaigns hit: three shares that add up to 1.

    Raids and returns arrest callers, eliminated cards lead to those who provide accounts.
    """

    callers: bounds.Probability
    """Share of the suspects who call people, in dens. With pools of gangs those at home are arrested in proportion to
    how many there are: this is the share at the start. More: arrests reduce gangs more. Example: `0.02`"""
    accounts: bounds.Probability
    """Share of the suspects who provide cards and accounts. More: fewer couriers arrested. Example: `0.8`"""
    couriers: bounds.Probability | None = None
    """Share of the suspects who carry or launder money; without this key all others. More: more couriers arrested.
    Example: `0.18`"""

    @property
    def shares(self) -> dict[Role, float]:
        """The share of each role."""
        couriers = max(0.0, 1.0 - self.callers - self.accounts) if self.couriers is None else self.couriers
        return {Role.CALLERS: self.callers, Role.ACCOUNTS: self.accounts, Role.COURIERS: couriers}

    def _wrong(self) -> base.Mistakes:
        return base.wrong_sum("callers", self.shares.values())


class Suspects(base.Sparse):
    """Suspects arrested for each solved case and for each eliminated card (sellers)."""

    per_case: bounds.Each
    """Suspects who are arrested for each solved case. Unit: people per case. More: more suspects arrested. Example:
    `0.55`"""
    per_card: bounds.Each
    """Sellers who are arrested for each eliminated card. Unit: people per card. More: more suspects arrested. Example:
    `0.004`"""
    ramp: Ramp | None = None
    """How the suspects per case grow with the date; without it they do not grow."""
    roles: Roles | None = None
    """Roles of the suspects arrested for cases and in campaigns; without this key suspects are counted without roles,
    and none of these leaves a pool of gangs."""


class LateCount(base.Part):
    """The part of a count that is reported later in the year.

    A share of each day waits until ``until``; then ``release`` is counted each month, and the rest evenly over
    December.
    """

    waits: bounds.Probability
    """Share of a day's count that waits. More: more is counted late. Example: `0.37`"""
    until: YearDay = "11-30"
    """Last day of the year on which a part of the count waits; at the latest 11-30. Later: more is counted in December.
    Example: `05-31`"""
    release: bounds.Probability = 0.0
    """Share of the waiting count that is reported each month, from the day after until to 30 November. Unit: share a
    month. More: less is left for December. Example: `0.11`"""

    def _wrong(self) -> base.Mistakes:
        if self.until > "11-30":
            yield base.mistake("until", "lies in December", "must be 11-30 or earlier; in December nothing waits")


Late = Annotated[
    Annotated[bounds.Probability, Tag("plain")] | Annotated[LateCount, Tag("map")], Discriminator(base.form)
]


class Settlement(base.Sparse):
    """Counts that are reported late: the share that waits for December, or a map.

    Only the counts depend on it: leads and raids follow from what happened.
    """

    cases: Late
    """Solved cases: the share that waits for December, or a map. More: more cases counted at the end
    of the year. Example: `0.07`"""
    suspects: Late
    """Arrested suspects, likewise. More: more suspects counted at the end of the year. Example: `{waits: 0.37, until:
    05-31, release: 0.07}`"""
    ringleaders: Late | None = None
    """Arrested ringleaders, likewise; without this key each counts on the day of the arrest. More: more of them counted
    at the end of the year. Example: `0.255`"""
    calls: Late | None = None
    """Intercepted calls, likewise. More: more calls counted at the end of the year. Example: `0.061`"""
    sms: Late | None = None
    """Intercepted SMS, likewise. More: more SMS counted at the end of the year. Example: `0.047`"""
    alerts: Late | None = None
    """Alerts, central and local, likewise. More: more alerts counted at the end of the year. Example: `0.069`"""

    def part(self, name: str) -> LateCount:
        """Return the late part of a count, by its key."""
        late = getattr(self, name)
        return late if isinstance(late, LateCount) else LateCount(waits=late or 0.0)


class Aftermath(base.Sparse):
    """What follows an episode."""

    report: Report
    """Whether and when victims report."""
    stop_payment: StopPayment
    """Money that victims get back."""
    filing: Filing
    """How long it takes until a case is filed."""
    investigation: Investigation
    """How many cases are finished and solved."""
    suspects: Suspects
    """Arrests that follow from cases and cards."""
    settlement: Settlement | None = None
    """What is counted late; without it everything is counted on its day."""


class Wages(base.Part):
    """One hour of one staffed seat, busy or waiting: pay, with travel and overhead."""

    call: bounds.Cost
    """One hour of a seat at a call desk, busy or not. Unit: money an hour. More: calling costs more; nothing else
    changes. Example: `60`"""
    visit: bounds.Cost
    """One hour of an officer who visits, busy or not. Unit: money an hour. More: visiting costs more; nothing else
    changes. Example: `100`"""


class FalseAlarm(base.Part):
    """The burden of one warning to somebody who had met no fraud: time and worry, by channel."""

    app: bounds.Cost
    """Cost of a warning in the app to somebody who had met no fraud. Unit: money each. More: false alarms cost more;
    nothing else changes. Example: `0.5`"""
    sms: bounds.Cost
    """Cost of a warning by SMS to somebody who had met no fraud. Unit: money each. More: false alarms cost more;
    nothing else changes. Example: `0.5`"""
    call: bounds.Cost
    """Cost of a call to somebody who had met no fraud. Unit: money each. More: false alarms cost more; nothing else
    changes. Example: `4`"""
    visit: bounds.Cost
    """Cost of a visit to somebody who had met no fraud. Unit: money each. More: false alarms cost more; nothing else
    changes. Example: `30`"""


class Education(base.Part):
    """Costs of one video and one activity."""

    video: bounds.Cost
    """Cost of one video. Unit: money each. More: education costs more; nothing else changes. Example: `10000`"""
    activity: bounds.Cost
    """Cost of one activity. Unit: money each. More: education costs more; nothing else changes. Example: `5000`"""


class FalseBlock(base.Part):
    """The burden of one ordinary call or SMS that a filter stops by mistake."""

    call: bounds.Cost
    """Cost of an ordinary call that a filter stops. Unit: money each. More: filters cost more; nothing else changes.
    Example: `2`"""
    sms: bounds.Cost
    """Cost of an ordinary SMS that a filter stops. Unit: money each. More: filters cost more; nothing else changes.
    Example: `0.5`"""


class TransferCosts(base.Part):
    """Costs of a legitimate transfer that a bank delays or stops: to the person, and to the bank."""

    delayed: bounds.Cost
    """Cost of one legitimate transfer that waits, of the person's time and the bank's. Unit: money each. More: delays
    cost more; nothing else changes. Example: `5`"""
    held: bounds.Cost
    """Cost of one legitimate transfer that a bank stops by mistake, of the person's time and the bank's. Unit: money
    each. More: holds cost more; nothing else changes. Example: `50`"""


class Costs(base.Sparse):
    """Unit costs; the costs of other layers of the shield are not known."""

    wage: Wages
    """Costs of staff."""
    false_alarm: FalseAlarm
    """Costs of false alarms to those who get them."""
    education: Education
    """Costs of education to those who make it."""
    false_block: FalseBlock | None = None
    """Costs of ordinary calls and SMS that filters stop by mistake; without this key they cost nothing."""
    transfer: TransferCosts | None = None
    """Costs of legitimate transfers that banks delay or stop; they are counted if population.transfers is given.
    Example: `{delayed: 5, held: 50}`"""
    payment_call: bounds.Cost | None = None
    """Cost of one call by a bank about a legitimate transfer that waits. Unit: money each. More: calls by banks cost
    more; nothing else changes. Example: `5`"""
    false_freeze: bounds.Cost | None = None
    """Cost of an account of somebody honest that is frozen by mistake; without this key it costs nothing. Unit: money
    each. More: freezing accounts costs more; nothing else changes. Example: `200`"""
    measures: dict[base.Word, bounds.Spending] | None = None
    """What measures cost those who carry them out, by name, on each day of their window; a change of a measure without
    this cost has no price. Unit: money a day or a year. More: the measure costs more; nothing else changes. Example:
    `{filter-sms: 30e6 per year}`"""
