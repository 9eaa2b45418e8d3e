"""Measures of banks: holds, delays of payments, and accounts of mules that are found or closed."""

from typing import ClassVar, Literal

from sim.scenario.bounds import Amount, Each, Lengthening, Probability
from sim.scenario.distributions import Distribution
from sim.scenario.scalars import Ages, Duration, DurationOrZero, oldest
from sim.scenario.schema.base import Part
from sim.scenario.schema.measure_forms import BANKS, Gradual, Row

MISTAKEN = "how many legitimate transfers it stops by mistake is not known: give false_share"


class BankHold(Gradual):
    """Banks stop a share of payments for good: the payment never happens and the episode ends.

    A hold is not a delay: nothing is released. Its price is that of the legitimate transfers that it stops by mistake,
    which are counted if ``false_share`` and ``population.transfers`` are given.
    """

    row: ClassVar = Row("aftermath", ("transfer.held",))
    kind: Literal["bank_hold"]
    """The kind of measure: banks stop payments for good. Example: `bank_hold`"""
    intensity: Probability
    """Probability that a payment is held, which ends the episode. More: fewer and smaller losses. Example: `0.1`"""
    false_share: Probability | None = None
    """Share of legitimate transfers that banks stop by mistake at full intensity, of any amount; null: not known. More:
    more false holds. Example: `0.00001`"""

    @property
    def price(self) -> tuple[str, ...] | str:
        """The price of the transfers that it stops by mistake, if their share is known."""
        return MISTAKEN if self.false_share is None else self.row.price


class BankCall(Part):
    """A bank phones a person whose transfer waits."""

    share: Probability
    """Probability that the bank phones about a transfer that waits. More: more people cancel. Example: `0.3`"""
    after: Distribution
    """Time from the order of the transfer to the call; a call after the payment changes nothing. More: fewer people
    cancel in time. Example: `{lognormal: {median: 2 h, sigma: 1}}`"""
    stops: Probability
    """Probability that the call makes a victim cancel. More: fewer and smaller losses. Example: `0.4`"""


class Release(Part):
    """A bank releases a transfer before its time because the person insists."""

    share: Probability
    """Share of delayed transfers that are released early. More: fewer people cancel. Example: `0.1`"""
    after: Distribution
    """Time from the order of the transfer to its release. More: more people cancel before it. Example: `{lognormal:
    {median: 4 h, sigma: 1}}`"""


class PaymentDelay(Gradual):
    """Transfers wait before they are paid: the person may think again, a warning may come, the bank may call.

    A transfer that several measures delay is paid when the last of them releases it, unless the person cancels before.
    """

    row: ClassVar = Row("aftermath", ("transfer.delayed",))
    kind: Literal["payment_delay"]
    """The kind of measure: transfers wait. Example: `payment_delay`"""
    intensity: Probability
    """Share of the transfers described below that wait. More: more transfers wait. Example: `1`"""
    above: Amount | None = None
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
    share: Probability
    """Probability that the account of a payment is found, for victims who report meanwhile. More: more money recovered,
    fewer accounts at work. Example: `0.3`"""
    after: Distribution
    """Time from the payment until its account is found. More: less money is still there. Example: `1 h`"""
    false_share: Each | None = None
    """Accounts of honest people that are frozen by mistake for each account that is found; without it they are not
    counted. Unit: accounts per account. More: higher costs. Example: `0.5`"""


class AccountPurge(Gradual):
    """A purge of accounts that were sold or lie idle. It acts on ``accounts``."""

    row: ClassVar = Row("aftermath", BANKS)
    kind: Literal["account_purge"]
    """The kind of measure: a purge of accounts. Example: `account_purge`"""
    intensity: Probability
    """Share of the working accounts that is closed in a day. Unit: share a day. More: money leaves more slowly, more
    money recovered. Example: `0.02`"""
    replacement_factor: Lengthening = 1.0
    """Factor by which replacing an account takes longer. Unit: factor. More: gangs lack accounts for longer. Example:
    `1.5`"""
    false_share: Each | None = None
    """Accounts of honest people that are closed by mistake for each account that is closed; without it they are not
    counted. Unit: accounts per account. More: higher costs. Example: `2`"""
