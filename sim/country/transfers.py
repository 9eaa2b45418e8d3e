"""What measures change in payments: campaigns against money laundering, and what banks delay or stop.

Campaigns against money laundering: time for stop-payment orders, bank holds, and money that gangs never get.

Transfers that banks delay or stop: the measures of each day, and the legitimate transfers that they meet.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.country.calendar import Days, Measures, Values
from sim.country.people import OLDEST, age_shares, band_of_age
from sim.draws.functions import log, normal_cdf
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.measures import BankHold, ClusterCampaign, PaymentDelay
from sim.scenario.schema.population import Transfers


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


def delayed_shares(measures: Measures, days: Days, codes: Sequence[int]) -> NDArray[np.float64]:
    """Return the share of the transfers of each ``PaymentDelay`` that waits on each day, (D, P, M), 0 elsewhere."""
    return measures.by_measure(days, PaymentDelay, codes) * [one.intensity for one in measures.all(PaymentDelay)]


def falsely_held(measures: Measures, days: Days, codes: Sequence[int]) -> NDArray[np.float64]:
    """Return the share of legitimate transfers that banks stop by mistake on each day, (D, P)."""
    found = np.zeros((len(days), len(codes)))
    for p, code in enumerate(codes):
        for hold, ramp in measures.over(days, BankHold, code):
            found[:, p] += (hold.false_share or 0.0) * ramp
        for campaign, in_force in measures.over(days, ClusterCampaign, code):
            found[:, p] += (campaign.false_share or 0.0) * in_force
    return found


def senders(spec: ScenarioModel, youngest: int, oldest: int) -> NDArray[np.float64]:
    """Return the people of some ages at simulated scale, both ages included, each times their factor, (P,)."""
    population = spec.population
    assert population.transfers is not None
    factors = population.transfers.age_factor or [1.0] * len(population.age_bands)
    bands = band_of_age(population)
    years = range(youngest, min(OLDEST, oldest) + 1)
    found = []
    for province, row in enumerate(population.provinces):
        shares = age_shares(population, province)
        found.append(row.population * spec.scale * math.fsum(shares[year] * factors[bands[year]] for year in years))
    return np.array(found)


def share_met(delay: PaymentDelay, transfers: Transfers) -> float:
    """Return the share of legitimate transfers of people of the right ages that a measure may delay."""
    if not delay.wait:
        return 0.0
    share = transfers.new_payee if delay.payee == "new" else 1.0
    if not delay.above:
        return share
    median, sigma = transfers.amount.median, transfers.amount.sigma
    if sigma == 0.0:
        return share if median > delay.above else 0.0
    return share * normal_cdf(log(median / delay.above) / sigma)
