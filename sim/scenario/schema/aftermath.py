"""After the fraud: reports, stop-payment, filing, investigation, arrests.

What a policy costs, in units of money: staff, false alarms, education. No day of a run depends on any of it.
"""

from typing import Annotated

from pydantic import Discriminator, Tag

from sim.base.words import Role
from sim.scenario.bounds import Cases, Cost, Count, Each, Frozen, Growth, Probability, Spending
from sim.scenario.distributions import Distribution
from sim.scenario.scalars import Day, Duration, YearDay
from sim.scenario.schema.base import Mistakes, Part, Sparse, Word, form, mistake, wrong_sum
from sim.scenario.schema.measures import Ramp


class Report(Sparse):
    """A victim reports with a probability, after a delay from the end of the episode."""

    probability: Probability
    """Probability that a victim reports. More: more cases filed, more money recovered, more leads. Example: `0.4`"""
    after_warning: Probability | None = None
    """Probability that a victim reports whom a warning reached before the episode ended, whether it stopped them or
    not; without it the same as for others. More: warnings lead to more cases filed. Example: `0.8`"""
    delay: Distribution
    """Time from the end of the episode to the report. More: less money recovered. Example: `{lognormal: {median: 6 h,
    sigma: 1.8}}`"""


class StopPayment(Sparse):
    """Share of a payment that a stop-payment order recovers right after it; it halves every ``half_life``.

    With ``accounts`` an order recovers this share of the payments whose money is still in reach, and nothing of others;
    ``half_life`` is then not used.
    """

    share: Probability
    """Share of a payment that a stop-payment order recovers right after the payment. More: more money recovered.
    Example: `0.5`"""
    half_life: Duration | None = None
    """Time in which half of the recoverable money is gone; not used with accounts. More: late reports recover more.
    Example: `2 h`"""
    processing: Distribution | None = None
    """Time from the report until the order reaches the bank; without it the order is immediate. More: less money
    recovered. Example: `{lognormal: {median: 30 min, sigma: 0.7}}`"""
    frozen_factor: Frozen | None = None
    """Money that orders stop or freeze for each unit returned to the victim, because they freeze whole accounts on the
    way; without it funds stopped are not counted. Unit: factor. More: more funds stopped. Example: `27.4`"""


class Filing(Part):
    """Delay between report and filing of the case."""

    delay: Distribution
    """Time from report to filing of the case. More: cases are filed later. Example: `{lognormal: {median: 6 h, sigma:
    0.8}}`"""


class Investigation(Sparse):
    """Cases that all provinces can finish in a day on ``reference``, growing by ``growth`` per year (log units).

    A case that is taken is solved with probability ``solved``, else closed unsolved. ``backlog`` cases wait at
    the start. Capacity and backlog are shared out by population. The oldest cases are taken first, except
    that ``fresh_share`` of the capacity takes the newest first.
    """

    capacity: Cases
    """Cases that the whole country can finish, on the reference date. More: a smaller backlog, more cases solved.
    Example: `2100 per day`"""
    reference: Day
    """Day on which the capacity is as stated; its growth counts from here. Later: a smaller capacity on every day, if
    it grows. Example: `2021-06-15`"""
    growth: Growth
    """Growth of the capacity with the calendar date. More: more cases finished after the
    reference date, fewer before it. Example: `0.05`"""
    solved: Probability
    """Probability that a finished case is solved. More: more cases solved, more arrests and leads. Example: `0.5`"""
    backlog: Count
    """Cases of the whole country that are waiting when the warm-up begins. Unit: cases. More: cases wait longer.
    Example: `700000`"""
    fresh_share: Probability | None = None
    """Share of each midnight's capacity that takes the newest cases; the rest takes the oldest. Without it all capacity
    takes the oldest. More: leads are fresher, old cases wait longer. Example: `0.2`"""


class Roles(Sparse):
    """Whom arrests for solved cases and in cluster campaigns hit: three shares that add up to 1.

    Raids and returns arrest callers, eliminated cards lead to those who provide accounts.
    """

    callers: Probability
    """Share of the suspects who call people, in dens. With pools of gangs those at home are arrested in proportion to
    how many there are: this is the share at the start. More: arrests reduce gangs more. Example: `0.02`"""
    accounts: Probability
    """Share of the suspects who provide cards and accounts. More: fewer couriers arrested. Example: `0.8`"""
    couriers: Probability | None = None
    """Share of the suspects who carry or launder money; without this key all others. More: more couriers arrested.
    Example: `0.18`"""

    @property
    def shares(self) -> dict[Role, float]:
        """The share of each role."""
        couriers = max(0.0, 1.0 - self.callers - self.accounts) if self.couriers is None else self.couriers
        return {Role.CALLERS: self.callers, Role.ACCOUNTS: self.accounts, Role.COURIERS: couriers}

    def _wrong(self) -> Mistakes:
        return wrong_sum("callers", self.shares.values())


class Suspects(Sparse):
    """Suspects arrested for each solved case and for each eliminated card (sellers)."""

    per_case: Each
    """Suspects who are arrested for each solved case. Unit: people per case. More: more suspects arrested. Example:
    `0.55`"""
    per_card: Each
    """Sellers who are arrested for each eliminated card. Unit: people per card. More: more suspects arrested. Example:
    `0.004`"""
    ramp: Ramp | None = None
    """How the suspects per case grow with the date; without it they do not grow."""
    roles: Roles | None = None
    """Roles of the suspects arrested for cases and in campaigns; without this key suspects are counted without roles,
    and none of these leaves a pool of gangs."""


class LateCount(Part):
    """The part of a count that is reported later in the year.

    A share of each day waits until ``until``; then ``release`` is counted each month, and the rest evenly over
    December.
    """

    waits: Probability
    """Share of a day's count that waits. More: more is counted late. Example: `0.37`"""
    until: YearDay = "11-30"
    """Last day of the year on which a part of the count waits; at the latest 11-30. Later: more is counted in December.
    Example: `05-31`"""
    release: Probability = 0.0
    """Share of the waiting count that is reported each month, from the day after until to 30 November. Unit: share a
    month. More: less is left for December. Example: `0.11`"""

    def _wrong(self) -> Mistakes:
        if self.until > "11-30":
            yield mistake("until", "lies in December", "must be 11-30 or earlier; in December nothing waits")


Late = Annotated[Annotated[Probability, Tag("plain")] | Annotated[LateCount, Tag("map")], Discriminator(form)]


class Settlement(Sparse):
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


class Aftermath(Sparse):
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


class Wages(Part):
    """One hour of one staffed seat, busy or waiting: pay, with travel and overhead."""

    call: Cost
    """One hour of a seat at a call desk, busy or not. Unit: money an hour. More: calling costs more; nothing else
    changes. Example: `60`"""
    visit: Cost
    """One hour of an officer who visits, busy or not. Unit: money an hour. More: visiting costs more; nothing else
    changes. Example: `100`"""


class FalseAlarm(Part):
    """The burden of one warning to somebody who had met no fraud: time and worry, by channel."""

    app: Cost
    """Cost of a warning in the app to somebody who had met no fraud. Unit: money each. More: false alarms cost more;
    nothing else changes. Example: `0.5`"""
    sms: Cost
    """Cost of a warning by SMS to somebody who had met no fraud. Unit: money each. More: false alarms cost more;
    nothing else changes. Example: `0.5`"""
    call: Cost
    """Cost of a call to somebody who had met no fraud. Unit: money each. More: false alarms cost more; nothing else
    changes. Example: `4`"""
    visit: Cost
    """Cost of a visit to somebody who had met no fraud. Unit: money each. More: false alarms cost more; nothing else
    changes. Example: `30`"""


class Education(Part):
    """Costs of one video and one activity."""

    video: Cost
    """Cost of one video. Unit: money each. More: education costs more; nothing else changes. Example: `10000`"""
    activity: Cost
    """Cost of one activity. Unit: money each. More: education costs more; nothing else changes. Example: `5000`"""


class FalseBlock(Part):
    """The burden of one ordinary call or SMS that a filter stops by mistake."""

    call: Cost
    """Cost of an ordinary call that a filter stops. Unit: money each. More: filters cost more; nothing else changes.
    Example: `2`"""
    sms: Cost
    """Cost of an ordinary SMS that a filter stops. Unit: money each. More: filters cost more; nothing else changes.
    Example: `0.5`"""


class TransferCosts(Part):
    """Costs of a legitimate transfer that a bank delays or stops: to the person, and to the bank."""

    delayed: Cost
    """Cost of one legitimate transfer that waits, of the person's time and the bank's. Unit: money each. More: delays
    cost more; nothing else changes. Example: `5`"""
    held: Cost
    """Cost of one legitimate transfer that a bank stops by mistake, of the person's time and the bank's. Unit: money
    each. More: holds cost more; nothing else changes. Example: `50`"""


class Costs(Sparse):
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
    payment_call: Cost | None = None
    """Cost of one call by a bank about a legitimate transfer that waits. Unit: money each. More: calls by banks cost
    more; nothing else changes. Example: `5`"""
    false_freeze: Cost | None = None
    """Cost of an account of somebody honest that is frozen by mistake; without this key it costs nothing. Unit: money
    each. More: freezing accounts costs more; nothing else changes. Example: `200`"""
    measures: dict[Word, Spending] | None = None
    """What measures cost those who carry them out, by name, on each day of their window; a change of a measure without
    this cost has no price. Unit: money a day or a year. More: the measure costs more; nothing else changes. Example:
    `{filter-sms: 30e6 per year}`"""
