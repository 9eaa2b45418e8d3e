"""Potential attempts: Poisson counts of the right rates, nested when rates rise, at the hours of their profile."""

import datetime as dt
import math

import numpy as np
import pytest
from scipy import stats

from sim.base.days import day_number
from sim.base.words import Channel
from sim.country import traffic
from sim.country.provinces import Provinces
from sim.draws.distributions import piecewise_moment
from sim.draws.identity import attempt_id
from sim.draws.philox import draw4, uniform32
from sim.draws.purposes import ATTEMPT_MEETING
from sim.scenario import ScenarioModel
from tests.chi_square import HOPELESS, LIKELY, fit

DAYS = range(day_number(dt.date(2021, 1, 1)), day_number(dt.date(2021, 12, 31)) + 1)
MINUTE = 60_000


@pytest.fixture(scope="module")
def year(tiny: ScenarioModel) -> tuple[np.ndarray, np.ndarray]:
    """Expected and drawn attempts of a year, each (days, P, 3, T)."""
    provinces = Provinces.of(tiny)
    rates = traffic.attempt_rates(tiny, provinces, DAYS)
    counts = [traffic.attempt_counts(3, day, rate) for day, rate in zip(DAYS, rates, strict=True)]
    return rates, np.array(counts)


def test_a_year_of_rates_adds_up_to_the_level(tiny: ScenarioModel, year: tuple[np.ndarray, np.ndarray]) -> None:
    rates, _ = year
    for c, channel in enumerate(Channel.labels()):
        level = getattr(tiny.fraud.volumes, channel).level
        assert rates[:, :, c, :].sum() == pytest.approx(365 * level, rel=0.02)
    provinces = Provinces.of(tiny)
    by_province = rates.sum(axis=(0, 2, 3))
    assert by_province / by_province.sum() == pytest.approx(np.array(provinces.attempts), rel=1e-12)


def test_rates_follow_weekday_month_mix_and_surge(tiny: ScenarioModel) -> None:
    provinces = Provinces.of(tiny)
    names = list(tiny.fraud.types)

    def rates(year: int, month: int, day: int) -> np.ndarray:
        return traffic.attempt_rates(tiny, provinces, (day_number(dt.date(year, month, day)),))[0]

    thursday, sunday = rates(2022, 3, 3).sum(), rates(2022, 3, 6).sum()
    assert sunday / thursday == pytest.approx(tiny.fraud.weekdays[6] / tiny.fraud.weekdays[3], rel=1e-3)
    april, february = rates(2022, 4, 7).sum(), rates(2022, 2, 3).sum()
    assert april / february == pytest.approx(tiny.fraud.months[3] / tiny.fraud.months[1], rel=1e-3)
    # The week of the November sales, against the Friday before: 1.4 times the rate for two types, none else.
    surge, before = rates(2021, 11, 5), rates(2021, 10, 29)
    month = tiny.fraud.months[10] / tiny.fraud.months[9]
    for t, name in enumerate(names):
        if before[0, 0, t] == 0.0:
            # No gang calls people for games.
            assert name == "gaming"
            assert surge[0, 0, t] == 0.0
            continue
        factor = 1.4 if name in ("brushing", "customer_service") else 1.0
        assert surge[0, 0, t] / before[0, 0, t] / month == pytest.approx(factor, rel=0.01)
    mix = np.array([kind.mix.sms for kind in tiny.fraud.types.values()])
    shares = rates(2021, 6, 15)[1, 1] / rates(2021, 6, 15)[1, 1].sum()
    surged = mix * np.where([name in ("brushing", "customer_service") for name in names], 1.3, 1.0)
    assert shares == pytest.approx(surged / surged.sum(), rel=1e-9)


def test_counts_are_poisson(year: tuple[np.ndarray, np.ndarray]) -> None:
    rates, counts = year
    assert fit(counts.sum(axis=0), rates.sum(axis=0)) > LIKELY
    assert fit(counts.sum(axis=(1, 2, 3)), rates.sum(axis=(1, 2, 3))) > LIKELY
    # Dispersion: the standardised squares of all cells of all days, by their exact variance 2 + 1 / rate.
    assert (counts[rates == 0.0] == 0).all()
    mean = rates[rates > 0.0]
    squares = ((counts[rates > 0.0] - mean) ** 2 / mean).sum()
    spread = math.sqrt((2.0 + 1.0 / mean).sum())
    assert abs(squares - mean.size) < 3.5 * spread
    assert abs(1.1 * squares - mean.size) > 6 * spread
    # Cells are independent of each other.
    works = (rates > 0.0).all(axis=0)
    residual = (counts[:, works] - rates[:, works]) / np.sqrt(rates[:, works])
    correlation = np.corrcoef(residual, rowvar=False)
    pairs = correlation[np.triu_indices_from(correlation, 1)] * math.sqrt(len(rates))
    assert stats.kstest(pairs, "norm").pvalue > 1e-4
    # Zeros of the rarest cells come as often as exp(-rate).
    rare = (rates > 0.0) & (rates < 3.0)
    assert fit([(counts[rare] == 0).sum()], [np.exp(-rates[rare]).sum()]) > LIKELY


def test_more_of_a_rate_are_the_same_attempts_and_more(year: tuple[np.ndarray, np.ndarray]) -> None:
    rates, counts = year
    for day, rate, count in list(zip(DAYS, rates, counts, strict=True))[:40]:
        more, less = traffic.attempt_counts(3, day, rate * 1.3), traffic.attempt_counts(3, day, rate * 0.7)
        assert (less <= count).all()
        assert (count <= more).all()
        assert less.sum() < count.sum() < more.sum()


@pytest.mark.parametrize("channel", Channel.labels())
def test_moments_follow_the_profile_of_the_day(tiny: ScenarioModel, channel: str) -> None:
    weights = np.array(getattr(tiny.fraud.half_hours, channel))
    cumulative = traffic.profile(weights.tolist())
    moments = []
    for index in range(20_000):
        u, _, _, _ = draw4(3, attempt_id(8000, 1, 1, 0, 0, index), ATTEMPT_MEETING, 0)
        moments.append(piecewise_moment(uniform32(u), cumulative, MINUTE))
    by_half_hour = np.bincount(np.array(moments) // (30 * MINUTE), minlength=48)
    assert fit(by_half_hour, 20_000 * weights / weights.sum()) > LIKELY
    assert fit(by_half_hour, 20_000 * np.roll(weights, 2) / weights.sum()) < HOPELESS
    assert fit(np.bincount(np.array(moments) // MINUTE % 30, minlength=30), np.full(30, 20_000 / 30)) > LIKELY


def test_legitimate_contacts_above_the_thresholds_are_poisson(tiny: ScenarioModel) -> None:
    provinces = Provinces.of(tiny)
    rates = traffic.legitimate_rates(tiny, provinces)
    assert rates.sum(axis=0) == pytest.approx([80_000, 90_000, 30_000])
    masses = traffic.cell_masses(tiny.warning.detectors)
    cells = traffic.drawn_cells(tiny.warning.detectors, (True, True))
    none = traffic.none_at(rates, masses, cells)
    counts = sum(traffic.legitimate_counts(3, day, rates, masses, cells, none) for day in range(8000, 8030))
    expected = 30 * rates[:, :, None] * masses[cells[:, 0], cells[:, 1]][None, None, :]
    assert fit(counts, expected) > LIKELY
    assert fit(counts, 1.05 * expected) < 1e-4


def test_people_and_shares_of_provinces(tiny: ScenarioModel) -> None:
    provinces = Provinces.of(tiny.model_copy(update={"scale": 0.01}))
    assert provinces.people.tolist() == [60, 120, 30]
    assert provinces.high.tolist() == [6, 12, 3]
    # Half a person of high exposure is one, and neither class is ever empty.
    exposure = tiny.population.exposure.model_copy(update={"high_share": 0.125})
    population = tiny.population.model_copy(update={"exposure": exposure})
    odd = Provinces.of(tiny.model_copy(update={"scale": 0.01, "population": population}))
    assert odd.high.tolist() == [8, 15, 4]
    for share, high in ((0.0, [1, 1, 1]), (1.0, [59, 119, 29])):
        exposure = tiny.population.exposure.model_copy(update={"high_share": share})
        population = tiny.population.model_copy(update={"exposure": exposure})
        assert Provinces.of(tiny.model_copy(update={"scale": 0.01, "population": population})).high.tolist() == high
    assert provinces.share == pytest.approx([6 / 21, 12 / 21, 3 / 21])
    weighted = tiny.model_copy(
        update={"fraud": tiny.fraud.model_copy(update={"province_weights": {"11": 2.0, "65": 0.0}})}
    )
    assert Provinces.of(weighted).attempts == pytest.approx([0.5, 0.5, 0.0])
    assert Provinces.of(tiny.model_copy(update={"scale": 1e-9})).people.tolist() == [2, 2, 2]
