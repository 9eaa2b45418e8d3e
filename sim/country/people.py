"""People, derived from their identity and never stored.

A person is (province, number). Two calls of the generator, compared with integer thresholds that are computed once from
the scenario, give age, sex, home, occupation group, internet use, app and frailty. The people with the lowest numbers
of a province are the high exposure class, so that a contact finds a person of either class without a search.

A sample of the synthetic population as a table, for inspection and comparison with the census.
"""

import itertools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS, calendar_date, day_number
from sim.base.words import Sex
from sim.country.calendar import Days, Values, days_since, logistic
from sim.country.provinces import Provinces
from sim.draws.compiled import compiled, compiled_with_arrays, inlined
from sim.draws.distributions import CERTAIN, cumulative_thresholds, pick, threshold
from sim.draws.functions import log, normal_cdf, normal_quantile
from sim.draws.identity import person_id
from sim.draws.philox import draw4
from sim.draws.purposes import PERSON_HOME, PERSON_TRAITS
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.population import STAGES_OF_LIFE, Population

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario

OLDEST = 99
FRAILTY_CLASSES = 8
FRAILTY_SHIFT = 32 - 3
"""Shift from a 32-bit uniform to its top three bits, the frailty class."""


class PeopleTables(NamedTuple):
    """Distributions of the traits of people, as thresholds of 32-bit uniforms (int64, 2**32 is certain).

    ``age`` (P, 100) cumulative by year of age; ``women`` (P,); ``urban`` (P,); ``occupation`` (2, 4, G)
    cumulative by home (rural, urban), stage of life and segment; ``internet`` (P, 2, bands); ``band``, ``stage`` and
    ``group`` (100,): age band, stage of life and group of ages by year of age, no thresholds. Education treats all
    people of one of the ``groups`` alike.
    """

    age: NDArray[np.int64]
    women: NDArray[np.int64]
    urban: NDArray[np.int64]
    occupation: NDArray[np.int64]
    internet: NDArray[np.int64]
    band: NDArray[np.int64]
    stage: NDArray[np.int64]
    group: NDArray[np.int64]
    groups: int


@compiled
def home(seed: int, person: int, province: int, tables: PeopleTables) -> tuple[int, int, bool, int]:
    """Return age in years, home (1 urban, 0 rural), whether the person uses the internet, and the uniform of the app.

    ``person`` is an identity, ``province`` a position; for the last see ``has_app``.
    """
    u_age, u_urban, u_internet, u_app = draw4(seed, person, PERSON_HOME, 0)
    age = pick(u_age, tables.age[province])
    urban = 1 if u_urban < tables.urban[province] else 0
    return age, urban, u_internet < tables.internet[province, urban, tables.band[age]], u_app


@compiled
def traits(seed: int, person: int, province: int, age: int, urban: int, tables: PeopleTables) -> tuple[int, int, int]:
    """Return sex (of ``Sex``), segment and frailty class (0 to 7) of a person whose age and home are given.

    A segment is its place in ``population.occupation``, times the number of groups of ages, plus the group.
    """
    u_sex, u_segment, u_frailty, _ = draw4(seed, person, PERSON_TRAITS, 0)
    sex = 0 if u_sex < tables.women[province] else 1
    segment = pick(u_segment, tables.occupation[urban, tables.stage[age]]) * tables.groups + tables.group[age]
    return sex, segment, u_frailty >> FRAILTY_SHIFT


@inlined
def has_app(online: bool, u_app: int, adoption: int) -> bool:
    """Return whether a person has the app: they use the internet and their uniform is below the adoption of the day.

    The 32-bit uniform ``u_app`` is the same on all days, so a person who has installed the app keeps it. ``adoption``
    is the threshold of the share of internet users who have it.
    """
    return online & (u_app < adoption)


@compiled
def target(u: float, people: int, high_number: int, high_share: float) -> int:
    """Return the number, from 0 to ``people`` - 1, of the person that a contact reaches, by a uniform in (0, 1).

    The inverse of a distribution function that is linear in two pieces: the first ``high_number`` people, the high
    exposure class, receive ``high_share`` of all contacts; within a class all people are equally likely.
    """
    # Both classes are computed and combined by products: an unpredictable branch would cost more.
    high = (u < high_share) * 1
    low = 1 - high
    many = high * high_number + low * (people - high_number)
    share = high * high_share + low * (1.0 - high_share)
    return low * high_number + min(int((u - low * high_share) * (many / share)), many - 1)


def age_shares(population: Population, province: int) -> list[float]:
    """Return the shares of a province's people by year of age, (100,), adding up to 1.

    The province's shares of 0-14, 15-59, 60-64 and 65 and over are split by the national age groups, and evenly over
    the years of a group; the open group ends at 99.
    """
    row = population.provinces[province]
    wide = (
        (0, 14, row.share_0_14),
        (15, 59, row.share_15_59),
        (60, 64, max(0.0, row.share_60_plus - row.share_65_plus)),
        (65, OLDEST, row.share_65_plus),
    )
    nation = [0.0] * (OLDEST + 1)
    for group in population.ages:
        first, _, last = group.age.partition("-")
        low = int(first.rstrip("+"))
        high = min(int(last), OLDEST) if last else OLDEST
        for age in range(low, high + 1):
            nation[age] = group.share / (high - low + 1)
    years = [0.0] * (OLDEST + 1)
    for low, high, percent in wide:
        within = math.fsum(nation[low : high + 1])
        for age in range(low, high + 1):
            years[age] = percent * (nation[age] / within if within > 0 else 1.0 / (high - low + 1))
    total = math.fsum(years)
    return [share / total for share in years]


def band_of_age(population: Population) -> list[int]:
    """Return the age band of each year of age, 0 to 99."""
    return [sum(age >= first for first in population.age_bands) - 1 for age in range(OLDEST + 1)]


def capped_to_mean(factors: list[float], weights: list[float], mean: float) -> list[float]:
    """Return probabilities min(1, c x factor) of groups, with c such that their weighted mean is ``mean``.

    If that is impossible, all probabilities of positive factors are 1.
    """
    low, high = 0.0, 1.0
    while math.fsum(w * min(1.0, high * f) for f, w in zip(factors, weights, strict=True)) < mean and high < 1e6:
        high *= 2.0
    for _ in range(60):
        middle = (low + high) / 2.0
        if math.fsum(w * min(1.0, middle * f) for f, w in zip(factors, weights, strict=True)) < mean:
            low = middle
        else:
            high = middle
    return [min(1.0, high * factor) for factor in factors]


def people_tables(spec: ScenarioModel) -> PeopleTables:
    """Return the distributions of the traits of a scenario's people."""
    population = spec.population
    bands = band_of_age(population)
    stages = [sum(age >= first for first in population.occupation.stages) - 1 for age in range(OLDEST + 1)]
    ages, internet = [], []
    for province in range(len(population.provinces)):
        years = age_shares(population, province)
        ages.append(cumulative_thresholds(years))
        weights = [
            math.fsum(share for share, band in zip(years, bands, strict=True) if band == wanted)
            for wanted in range(len(population.age_bands))
        ]
        settings = population.internet
        internet.append(
            [
                [threshold(p) for p in capped_to_mean(settings.age_factor, weights, mean)]
                for mean in (settings.rural, settings.urban)
            ]
        )

    names = population.occupation.segments

    def segments(shares: Mapping[str, list[float]]) -> list[NDArray[np.int64]]:
        return [cumulative_thresholds([shares[name][stage] for name in names]) for stage in range(STAGES_OF_LIFE)]

    rows = population.provinces
    women = [threshold(100.0 / (100.0 + row.men_per_100_women)) for row in rows]
    return PeopleTables(
        age=np.array(ages, dtype=np.int64),
        women=np.array(women, dtype=np.int64),
        urban=np.array([threshold(row.share_urban / 100.0) for row in rows], dtype=np.int64),
        occupation=np.array(
            [segments(population.occupation.rural), segments(population.occupation.urban)], dtype=np.int64
        ),
        internet=np.array(internet, dtype=np.int64),
        band=np.array(bands, dtype=np.int64),
        stage=np.array(stages, dtype=np.int64),
        group=np.array(group_of_age(spec), dtype=np.int64),
        groups=group_of_age(spec)[OLDEST] + 1,
    )


def group_of_age(spec: ScenarioModel) -> list[int]:
    """Return the group of ages of each year of age, 0 to 99, from 0; education treats people of a group alike."""
    return [sum(age >= cut for cut in spec.age_cuts) for age in range(OLDEST + 1)]


def frailty_levels(sigma: float) -> list[float]:
    """Return the mean of a lognormal frailty of mean 1 within each of its eight equally likely classes, (8,).

    Phi(z - sigma) is the part of the mean below the normal quantile z, with ``sigma`` the standard deviation of the
    logarithm. The difference of two such parts, over 1/8, is the mean of the class between them.
    """
    inner = (normal_cdf(normal_quantile(k / FRAILTY_CLASSES) - sigma) for k in range(1, FRAILTY_CLASSES))
    return [(after - before) * FRAILTY_CLASSES for before, after in itertools.pairwise((0.0, *inner, 1.0))]


def app_adoption(population: Population, days: Days) -> Values:
    """Return the share of internet users who have installed the app by each of the days, (D,): a logistic curve."""
    app = population.app
    return app.final_share * logistic(days_since(days, app.midpoint), app.width / DAY_MS)


def install_day(population: Population, u_app: int) -> int | None:
    """Return the day number on which a person with this app uniform installs the app, None for never."""
    share = (u_app + 0.5) / CERTAIN / population.app.final_share if population.app.final_share > 0 else 1.0
    if share >= 1.0:
        return None
    days = population.app.width / DAY_MS * log(share / (1.0 - share))
    return math.ceil(day_number(population.app.midpoint) + days)


@compiled_with_arrays
def sample(seed: int, count: int, people: NDArray[np.int64], tables: PeopleTables) -> NDArray[np.int64]:
    """Return people evenly spaced over the nation, (count, 10) integers.

    The columns are province, number, age, band, sex, urban, segment, online, app uniform, frailty class. ``people``
    (P,) are the people by province.
    """
    rows = np.empty((count, 10), dtype=np.int64)
    total = int(people.sum())
    province = 0
    before = 0
    for k in range(count):
        position = k * total // count
        while position >= before + people[province]:
            before += int(people[province])
            province += 1
        number = position - before
        person = person_id(province, number)
        age, urban, online, u_app = home(seed, person, province, tables)
        sex, segment, frailty = traits(seed, person, province, age, urban, tables)
        rows[k, 0] = province
        rows[k, 1] = number
        rows[k, 2] = age
        rows[k, 3] = tables.band[age]
        rows[k, 4] = sex
        rows[k, 5] = urban
        rows[k, 6] = segment // tables.groups
        rows[k, 7] = online
        rows[k, 8] = u_app
        rows[k, 9] = frailty
    return rows


def segment_shares(spec: ScenarioModel) -> list[list[float]]:
    """Return the share of each segment, or part of it by groups of ages, in each province, (P, G x groups).

    It follows from ages, homes and occupations; parts are in the order of ``traits``.
    """
    population, occupation = spec.population, spec.population.occupation
    stages, of_age = occupation.stages, group_of_age(spec)
    groups = range(of_age[OLDEST] + 1)
    rows = []
    for province, row in enumerate(population.provinces):
        years = age_shares(population, province)
        ends = [*stages[1:], OLDEST + 1]
        weights = [
            [math.fsum(years[age] for age in range(low, high) if of_age[age] == group) for group in groups]
            for low, high in zip(stages, ends, strict=True)
        ]
        urban = row.share_urban / 100.0
        rows.append(
            [
                math.fsum(
                    weight[group]
                    * (urban * occupation.urban[segment][stage] + (1.0 - urban) * occupation.rural[segment][stage])
                    for stage, weight in enumerate(weights)
                )
                for segment in occupation.segments
                for group in groups
            ]
        )
    return rows


def people(scenario: "Scenario | str", n: int = 100_000, **keywords: Any) -> "pd.DataFrame":
    """Return people of a scenario's whole population, evenly spaced over the country.

    Args:
        scenario: A scenario, or the name or path of one.
        n: Number of people, taken from the full scale whatever the scale of the scenario.
        **keywords: Of ``load_scenario``.

    Returns:
        One row per person, with ``province`` (code), ``number``, ``age`` (years), ``age_band``, ``sex`` (f or m),
        ``urban``, ``segment`` (occupation group), ``internet``, ``app_installed`` (date, missing for never),
        ``exposure`` (high or low), ``frailty`` (mean 1).

    Raises:
        ValueError: If ``n`` is not an integer of at least 1.
    """
    import pandas as pd

    from sim.scenario import load_scenario

    if not isinstance(n, int) or n < 1:
        raise ValueError(f"n must be a whole number of people, at least 1; got {n!r}")
    if isinstance(scenario, str):
        scenario = load_scenario(scenario, **keywords)
    spec = scenario.spec.model_copy(update={"scale": 1.0})
    provinces = Provinces.of(spec)
    rows = sample(spec.seed, n, provinces.people, people_tables(spec))
    columns = dict(
        zip(
            ("province", "number", "age", "band", "sex", "urban", "segment", "online", "u_app", "frailty"),
            rows.T,
            strict=True,
        )
    )
    installed = [
        install_day(spec.population, int(u)) if online else None
        for u, online in zip(columns["u_app"], columns["online"], strict=True)
    ]
    levels = np.array(frailty_levels(spec.population.frailty_sigma))
    return pd.DataFrame(
        {
            "province": np.array(provinces.codes, dtype=np.int16)[columns["province"]],
            "number": columns["number"],
            "age": columns["age"].astype(np.int16),
            "age_band": pd.Categorical.from_codes(columns["band"], pd.Index(spec.population.band_names())),
            "sex": pd.Categorical.from_codes(columns["sex"], pd.Index(Sex.labels())),
            "urban": columns["urban"].astype(bool),
            "segment": pd.Categorical.from_codes(columns["segment"], pd.Index(spec.population.occupation.segments)),
            "internet": columns["online"].astype(bool),
            "app_installed": pd.Series(
                [None if day is None else calendar_date(day) for day in installed], dtype=object
            ),
            "exposure": np.where(columns["number"] < provinces.high[columns["province"]], "high", "low"),
            "frailty": levels[columns["frailty"]],
        }
    )
