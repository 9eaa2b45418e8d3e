"""Transfers that banks delay or stop: the measures of each day, and the legitimate transfers that they meet."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.country.calendar import Days
from sim.country.measures import Measures
from sim.country.people import OLDEST, age_shares, band_of_age
from sim.draws.functions import log, normal_cdf
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.bank_measures import BankHold, PaymentDelay
from sim.scenario.schema.measures import ClusterCampaign
from sim.scenario.schema.population import Transfers


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
