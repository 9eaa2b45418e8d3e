"""Campaigns against money laundering: time for stop-payment orders, bank holds, and money that gangs never get."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.country.calendar import Days, Values
from sim.country.measures import Measures
from sim.scenario.schema.bank_measures import BankHold
from sim.scenario.schema.measures import ClusterCampaign


def reach(measures: Measures, days: Days, code: int) -> Values:
    """Return the factor of the time that money stays within reach of stop-payment orders on days of the report, (D,).

    It is the product over all campaigns, a factor of the half-life, 1 without campaigns.
    """
    factor = np.ones(len(days))
    for campaign, in_force in measures.over(days, ClusterCampaign, code):
        factor *= np.where(in_force > 0.0, campaign.half_life_factor or 1.0, 1.0)
    return factor


def let_through(measures: Measures, days: Days, code: int) -> Values:
    """Return the share of payments that no campaign makes banks hold on each day, (D,): prod(1 - hold of each)."""
    share = np.ones(len(days))
    for campaign, in_force in measures.over(days, ClusterCampaign, code):
        share *= 1.0 - (campaign.hold or 0.0) * in_force
    return share


def held_shares(measures: Measures, days: Days, codes: Sequence[int]) -> NDArray[np.float64]:
    """Return the share of payments that banks hold on each day, (D, P), of their own accord or in campaigns."""
    paid = np.ones((len(codes), len(days)))
    for share, code in zip(paid, codes, strict=True):
        for hold, ramp in measures.over(days, BankHold, code):
            share *= 1.0 - hold.intensity * ramp
        share *= let_through(measures, days, code)
    return 1.0 - paid.T


def cashed(measures: Measures, days: Days, people: Mapping[int, int]) -> Values:
    """Return the share of each day's payments that reaches the gangs, (D,): prod(1 - cash loss of each campaign).

    It is a mean over provinces, weighted by ``people`` of each province, by its code.
    """
    shares = np.ones((len(people), len(days)))
    for share, code in zip(shares, people, strict=True):
        for campaign, in_force in measures.over(days, ClusterCampaign, code):
            share *= 1.0 - (campaign.cash_loss or 0.0) * in_force
    everybody = math.fsum(people.values())
    weights = np.array(list(people.values()), dtype=np.float64)
    means = np.array([math.fsum(of_day) / everybody for of_day in (shares.T * weights).tolist()])
    # A mean of equal values would be rounded.
    return np.where((shares == shares[0]).all(axis=0), shares[0], means)
