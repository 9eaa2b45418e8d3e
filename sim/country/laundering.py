"""Campaigns against money laundering: time for stop-payment orders, bank holds, and money that gangs never get."""

import math
from collections.abc import Mapping

from sim.country.measures import Measures
from sim.scenario.schema.measures import ClusterCampaign


def reach(measures: Measures, day: int, code: int) -> float:
    """Return the factor of the time that money stays within reach of stop-payment orders on the day of the report.

    It is the product over all campaigns, a factor of the half-life, 1 without campaigns.
    """
    campaigns = measures.on(day, ClusterCampaign, code)
    return math.prod((campaign.half_life_factor or 1.0 for campaign, _ in campaigns), start=1.0)


def let_through(measures: Measures, day: int, code: int) -> float:
    """Return the share of payments that no campaign makes banks hold: prod(1 - hold of each)."""
    campaigns = measures.on(day, ClusterCampaign, code)
    return math.prod((1.0 - (campaign.hold or 0.0) for campaign, _ in campaigns), start=1.0)


def cashed(measures: Measures, day: int, people: Mapping[int, int]) -> float:
    """Return the share of a day's payments that reaches the gangs: prod(1 - cash loss of each campaign).

    It is a mean over provinces, weighted by ``people`` of each province, by its code.
    """
    shares = {
        code: math.prod((1.0 - (one.cash_loss or 0.0) for one, _ in measures.on(day, ClusterCampaign, code)), start=1.0)
        for code in people
    }
    values = set(shares.values())
    if len(values) == 1:
        return values.pop()  # a mean of equal values would be rounded
    return math.fsum(people[code] * share for code, share in shares.items()) / math.fsum(people.values())
