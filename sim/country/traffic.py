"""Potential attempts, legitimate contacts and transfers of a day.

Counts are Poisson by cell, moments follow profiles. A count is the inverse distribution function of one uniform per
cell, monotone in the rate: a higher rate keeps all attempts and adds some. Nothing here depends on policies, but for
payments: campaigns against money laundering change their stop-payment orders, holds and what gangs get, and banks delay
or stop some transfers, legitimate ones too.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from sim.base.days import calendar_date, weekday
from sim.base.words import Channel, OriginKind
from sim.country.calendar import Days, Measures, Values, growth
from sim.country.people import OLDEST, age_shares, band_of_age
from sim.country.provinces import Provinces
from sim.draws.compiled import compiled_with_arrays
from sim.draws.distributions import is_no_event, no_event, poisson
from sim.draws.functions import exp, log, normal_cdf
from sim.draws.identity import INDEX_BITS, cell_id, origin_id, traffic_id
from sim.draws.philox import draw4, draw4_many, uniform52
from sim.draws.purposes import ATTEMPT_COUNT, LEGITIMATE_COUNT
from sim.scenario.bounds import in_window
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.fraud import Surge
from sim.scenario.schema.measures import BankHold, ClusterCampaign, PaymentDelay
from sim.scenario.schema.population import Transfers
from sim.scenario.schema.warning import Detectors, Grid

LIMIT = 1 << INDEX_BITS
"""The most attempts of a cell and day that identities can number."""
TAIL = 8.5
"""Bound of the central score in integrals; the density beyond is negligible."""
WIDEST_PANEL = 0.05
"""Largest width of a panel of Simpson's rule, in standard deviations of the local score given the central one."""
DENSITY_AT_0 = 0.3989422804014327


def attempt_rates(spec: ScenarioModel, provinces: Provinces, days: Days) -> NDArray[np.float64]:
    """Return the expected potential attempts of each day at simulated scale, (D, P, 3 channels, T types)."""
    fraud = spec.fraud
    names = list(fraud.types)
    dates = [calendar_date(day) for day in days]
    of_week = np.array([fraud.weekdays[weekday(day) - 1] for day in days]) * 7.0 / math.fsum(fraud.weekdays)
    rhythm = of_week * np.array([fraud.months[date.month - 1] for date in dates]) * 12.0 / math.fsum(fraud.months)
    rates = np.zeros((len(dates), len(provinces), len(Channel), len(names)))
    since, until = fraud.reference, fraud.grows_until
    grown = [(kind.mix, growth(kind.mix_growth, days, since, until=until)) for kind in fraud.types.values()]
    for channel, label in enumerate(Channel.labels()):
        volume = getattr(fraud.volumes, label)
        nation = volume.level * growth(volume.growth, days, since, volume.ceiling, until) * rhythm * spec.scale
        mix = np.array([getattr(of_channel, label) * factor for of_channel, factor in grown]).T
        whole = np.array([math.fsum(of_day) for of_day in mix.tolist()])
        by_province = np.multiply.outer(nation, provinces.attempts)
        rates[:, :, channel] = by_province[:, :, None] * mix[:, None] / whole[:, None, None]
    for _, surge in sorted(fraud.surges.items()):
        affected = [d for d, date in enumerate(dates) if in_window(surge.window, date)]
        rates[np.ix_(affected, *_concerned(surge, provinces.codes, names))] *= surge.factor
    return rates


def _concerned(surge: Surge, codes: tuple[int, ...], names: list[str]) -> tuple[list[int], list[int], list[int]]:
    """Return the positions of the provinces, channels and fraud types that a surge affects."""
    return (
        [p for p, code in enumerate(codes) if surge.provinces is None or code in surge.provinces],
        [channel for channel in Channel if channel.label in surge.channels],
        [t for t, name in enumerate(names) if surge.types is None or name in surge.types],
    )


@compiled_with_arrays
def attempt_counts(seed: int, day: int, rates: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the potential attempts of a day by (province, channel, type)."""
    counts = np.empty(rates.shape, dtype=np.int64)
    for p in range(rates.shape[0]):
        for c in range(rates.shape[1]):
            for t in range(rates.shape[2]):
                high, low, _, _ = draw4(seed, traffic_id(day, p, c, t), ATTEMPT_COUNT, 0)
                counts[p, c, t] = poisson(rates[p, c, t], uniform52(high, low))
    return counts


def profile(half_hours: list[float]) -> NDArray[np.float64]:
    """Return the cumulative profile of a day, (49,), from 0 to its total weight."""
    return np.array(list(accumulate(half_hours, initial=0.0)))


def profiles(spec: ScenarioModel) -> NDArray[np.float64]:
    """Return the cumulative profiles of the day of attempts, (3 channels, 49)."""
    return np.array([profile(getattr(spec.fraud.half_hours, channel)) for channel in Channel.labels()])


def edges(grid: Grid) -> list[float]:
    """Return the lower edges of the rows of the grid of scores; row 0 holds all scores below ``grid.low``."""
    return [-math.inf] + [grid.low + grid.step * k for k in range(grid.cells)]


def cell_masses(detectors: Detectors) -> NDArray[np.float64]:
    """Return the probabilities of the cells of the grid of scores for a legitimate contact, (cells + 1, cells + 1).

    Rows are by central, columns by local score. Scores of both detectors are standard normal with the given
    correlation. The probability of a cell is the integral, over the central score, of its density times the probability
    of the local score given the central one: by Simpson's rule on panels of at most ``WIDEST_PANEL``; the open rows end
    at ``TAIL``.
    """
    lows = edges(detectors.grid)
    bounds = [*lows, math.inf]
    return _masses(np.array(bounds), detectors.correlation)


@compiled_with_arrays
def _masses(bounds: NDArray[np.float64], correlation: float) -> NDArray[np.float64]:
    cells = len(bounds) - 1
    spread = math.sqrt(1.0 - correlation * correlation)
    masses = np.zeros((cells, cells))
    for i in range(cells):
        low = max(bounds[i], -TAIL)
        high = max(min(bounds[i + 1], TAIL), low)
        panels = math.ceil((high - low) / (WIDEST_PANEL * spread))
        width = (high - low) / max(panels, 1)
        for j in range(cells):
            total = 0.0
            for k in range(2 * panels + 1):
                x = low + 0.5 * width * k
                part = 1.0 if k in (0, 2 * panels) else (4.0 if k % 2 else 2.0)
                above = normal_cdf((correlation * x - bounds[j]) / spread)
                beyond = normal_cdf((correlation * x - bounds[j + 1]) / spread)
                total += part * DENSITY_AT_0 * exp(-0.5 * x * x) * (above - beyond)
            masses[i, j] = total * width / 6.0
    return masses


def drawn_cells(
    detectors: Detectors, works: tuple[bool, bool], least: tuple[float, float] | None = None
) -> NDArray[np.int64]:
    """Return the cells in which a score may reach the lowest threshold of a detector that works.

    Args:
        detectors: Settings.
        works: Whether the central and the local detector see any contacts on the day.
        least: The lowest threshold of the central and of the local detector, by default those of the settings.

    Returns:
        (n, 2) rows and columns.
    """
    highs = [*edges(detectors.grid)[1:], math.inf]
    central, local = least or (detectors.central.thresholds.blue, detectors.local.thresholds.blue)
    return np.array(
        [
            (i, j)
            for i, high_central in enumerate(highs)
            for j, high_local in enumerate(highs)
            if (works[0] and high_central > central) or (works[1] and high_local > local)
        ],
        dtype=np.int64,
    ).reshape(-1, 2)


def legitimate_rates(spec: ScenarioModel, provinces: Provinces) -> NDArray[np.float64]:
    """Return the expected legitimate contacts of any day at simulated scale, (P, 3 channels)."""
    traffic = spec.population.legitimate
    return np.array(
        [[getattr(traffic, name) * spec.scale * share for name in Channel.labels()] for share in provinces.share]
    )


@compiled_with_arrays
def none_at(
    rates: NDArray[np.float64], masses: NDArray[np.float64], cells: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for which uniforms a cell has no contact, since at small scales most cells have one contact in years.

    Args:
        rates: (P, 3) expected contacts.
        masses: Probabilities of all cells.
        cells: (n, 2) rows and columns to draw.

    Returns:
        (P, 3, n) each of the two bounds of ``no_event``.
    """
    low = np.empty((rates.shape[0], rates.shape[1], cells.shape[0]))
    high = np.empty(low.shape)
    for p in range(rates.shape[0]):
        for c in range(rates.shape[1]):
            for k in range(cells.shape[0]):
                low[p, c, k], high[p, c, k] = no_event(rates[p, c] * masses[cells[k, 0], cells[k, 1]])
    return low, high


@compiled_with_arrays
def legitimate_counts(
    seed: int,
    day: int,
    rates: NDArray[np.float64],
    masses: NDArray[np.float64],
    cells: NDArray[np.int64],
    none: tuple[NDArray[np.float64], NDArray[np.float64]],
    first: int = 0,
) -> NDArray[np.int64]:
    """Return the legitimate contacts of a day in the cells to draw.

    Args:
        seed: Of the run.
        day: Day number.
        rates: (P, 3) expected contacts of the provinces from position ``first`` on.
        masses: Probabilities of all cells.
        cells: (n, 2) rows and columns to draw.
        none: (P, 3, n) the result of ``none_at`` for all provinces, from position 0 on.
        first: Position of the first province of ``rates``.

    Returns:
        (P, 3 channels, n cells) counts.
    """
    number = cells.shape[0]
    counts = np.zeros((rates.shape[0], rates.shape[1], number), dtype=np.int64)
    identities = np.empty(number, dtype=np.int64)
    drawn = np.empty(number, dtype=np.int64)
    lanes = np.empty((4, number), dtype=np.uint32)
    for p in range(rates.shape[0]):
        for c in range(rates.shape[1]):
            low, high = none[0][first + p, c], none[1][first + p, c]
            for k in range(number):
                cell = cell_id(cells[k, 0], cells[k, 1])
                identities[k] = origin_id(OriginKind.LEGITIMATE, day, first + p, c, cell, 0)
            draw4_many(seed, identities, number, LEGITIMATE_COUNT, 0, lanes)
            some = 0
            for k in range(number):
                u = uniform52(int(np.int64(lanes[0, k])), int(np.int64(lanes[1, k])))
                drawn[some] = k
                some += not is_no_event(u, low[k], high[k])
            for n in range(some):
                k = drawn[n]
                u = uniform52(int(np.int64(lanes[0, k])), int(np.int64(lanes[1, k])))
                counts[p, c, k] = poisson(rates[p, c] * masses[cells[k, 0], cells[k, 1]], u)
    return counts


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
