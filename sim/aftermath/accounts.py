"""Accounts of mules: what banks freeze and close, and how often by mistake, by the measures of a scenario."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS
from sim.country.calendar import Days, Values
from sim.country.measures import Measures
from sim.draws.distributions import row, thresholds
from sim.scenario.schema.bank_measures import AccountFreeze, AccountPurge
from sim.scenario.schema.gates import Accounts
from sim.shield.stock import replaced_share


class AccountDays(NamedTuple):
    """What happens to accounts on each day in each group of provinces, (D, E) each.

    Attributes:
        found: Share of the victims' accounts that measures find.
        closed: Share of the accounts at work that banks find without any report, or purges close.
        replaced: Share of the accounts waiting that are replaced.
        found_wrongly: Accounts of honest people frozen for each victim.
        closed_wrongly: Accounts of honest people closed for each account at work.
    """

    found: NDArray[np.float64]
    closed: NDArray[np.float64]
    replaced: NDArray[np.float64]
    found_wrongly: NDArray[np.float64]
    closed_wrongly: NDArray[np.float64]

    @classmethod
    def of(cls, accounts: Accounts, measures: Measures, days: Days, codes: Sequence[int]) -> Self:
        """Return what happens in an example of each group, by its code."""
        by_group = [_of_province(accounts, measures, days, code) for code in codes]
        return cls(*(np.array(values).T for values in zip(*by_group, strict=True)))


def _of_province(accounts: Accounts, measures: Measures, days: Days, code: int) -> tuple[Values, ...]:
    """Return the values of ``AccountDays`` for a province, (D,) each."""
    found, found_wrongly, closed_wrongly = np.zeros((3, len(days)))
    kept = np.full(len(days), 1.0 - accounts.found)
    delay = np.full(len(days), accounts.replacement / DAY_MS)
    for freeze, ramp in measures.over(days, AccountFreeze, code):
        found = np.maximum(found, freeze.share * ramp)
        found_wrongly += freeze.share * ramp * (freeze.false_share or 0.0)
    for purge, ramp in measures.over(days, AccountPurge, code):
        kept *= 1.0 - purge.intensity * ramp
        delay *= 1.0 + (purge.replacement_factor - 1.0) * ramp
        closed_wrongly += purge.intensity * ramp * (purge.false_share or 0.0)
    return found, 1.0 - kept, replaced_share(delay), found_wrongly, closed_wrongly


def searches(measures: Measures, days: Days, codes: Sequence[int]) -> NDArray[np.float64]:
    """Return how measures find the account of a payment, (D, E, M, 4): threshold; kind, a, b of the time it takes.

    All measures use the same draws: an account that a weak search finds, a stronger one finds too.
    """
    every = measures.all(AccountFreeze)
    shares = measures.by_measure(days, AccountFreeze, codes) * [one.share for one in every]
    found = np.zeros((*shares.shape, 4))
    found[..., 0] = thresholds(shares)
    for m, freeze in enumerate(every):
        found[:, :, m, 1:] = row(freeze.after)
    return found
