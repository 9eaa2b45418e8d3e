"""People against the tables that they are derived from: margins of a sample, exposure, adoption of the app."""

import datetime as dt
import math

import numpy as np
import pytest
from scipy import integrate, stats

import sim
from sim.base.days import day_number
from sim.country import people as country_people
from sim.country.provinces import Provinces
from sim.draws.distributions import threshold
from sim.draws.identity import attempt_id
from sim.draws.philox import draw4, uniform52
from sim.draws.purposes import ATTEMPT_PERSON
from sim.scenario import ScenarioModel
from tests.chi_square import HOPELESS, LIKELY, fit, share_fit

COUNT = 120_000
PROVINCE, NUMBER, AGE, BAND, SEX, URBAN, SEGMENT, ONLINE, APP, FRAILTY = range(10)


@pytest.fixture(scope="module")
def china() -> ScenarioModel:
    return sim.load_scenario("china-2022", scale=0.01).spec


@pytest.fixture(scope="module")
def people(china: ScenarioModel) -> np.ndarray:
    provinces = Provinces.of(china)
    return country_people.sample(4, COUNT, provinces.people, country_people.people_tables(china))


def by_province(people: np.ndarray, china: ScenarioModel) -> list[np.ndarray]:
    return [people[people[:, PROVINCE] == p] for p in range(len(china.population.provinces))]


def test_provinces_are_sampled_by_their_people(people: np.ndarray, china: ScenarioModel) -> None:
    rows = china.population.provinces
    total = sum(row.population for row in rows)
    assert total == pytest.approx(1.41e9, rel=0.01)
    for group, row in zip(by_province(people, china), rows, strict=True):
        assert abs(len(group) - COUNT * row.population / total) <= 1.5
    assert len({(p, n) for p, n in people[:, [PROVINCE, NUMBER]].tolist()}) == COUNT


def test_ages_are_those_of_the_census(people: np.ndarray, china: ScenarioModel) -> None:
    found, wanted, swapped = [], [], []
    rows = china.population.provinces
    for group, row, other in zip(by_province(people, china), rows, [*rows[1:], rows[0]], strict=True):
        counts = np.histogram(group[:, AGE], [0, 15, 60, 65, 200])[0]
        for table, into in ((row, wanted), (other, swapped)):
            shares = np.array(
                [table.share_0_14, table.share_15_59, table.share_60_plus - table.share_65_plus, table.share_65_plus]
            )
            into.extend(len(group) * shares / shares.sum())
        found.extend(counts)
    assert fit(found, wanted) > LIKELY
    assert fit(found, swapped) < HOPELESS


def test_years_of_age_follow_the_national_groups(people: np.ndarray, china: ScenarioModel) -> None:
    rows = china.population.provinces
    shares = np.array([country_people.age_shares(china.population, p) for p in range(len(rows))])
    weight = np.array([row.population for row in rows], dtype=float)
    nation = weight @ shares / weight.sum()
    assert fit(np.bincount(people[:, AGE], minlength=100), COUNT * nation) > LIKELY
    # Five-year groups of the nation come out again, within what rounding in two tables leaves.
    for group in china.population.ages:
        low = int(group.age.partition("-")[0].rstrip("+"))
        high = 100 if group.age.endswith("+") else low + 5
        assert nation[low:high].sum() == pytest.approx(group.share, rel=0.03)
    bands = country_people.band_of_age(china.population)
    assert (people[:, BAND] == np.array(bands)[people[:, AGE]]).all()
    assert [bands[age] for age in (0, 17, 18, 30, 31, 60, 61, 99)] == [0, 0, 1, 1, 2, 4, 5, 5]


def test_sex_and_home_are_those_of_the_province(people: np.ndarray, china: ScenarioModel) -> None:
    for column, share in (
        (SEX, lambda row: row.men_per_100_women / (100.0 + row.men_per_100_women)),
        (URBAN, lambda row: row.share_urban / 100.0),
    ):
        found, wanted = [], []
        for group, row in zip(by_province(people, china), china.population.provinces, strict=True):
            found += [(group[:, column] == 1).sum(), (group[:, column] == 0).sum()]
            wanted += [len(group) * share(row), len(group) * (1.0 - share(row))]
        assert fit(found, wanted) > LIKELY
        turned = np.array(wanted).reshape(-1, 2)[:, ::-1].ravel()
        assert fit(found, turned) < HOPELESS


def test_the_share_of_internet_users_is_kept_within_a_province(people: np.ndarray, china: ScenarioModel) -> None:
    internet = china.population.internet
    hits = {0: 0, 1: 0}
    asked = {0: 0, 1: 0}
    for group in by_province(people, china):
        for urban in (0, 1):
            part = group[group[:, URBAN] == urban]
            hits[urban] += int(part[:, ONLINE].sum())
            asked[urban] += len(part)
    assert share_fit(hits[1], asked[1], internet.urban) > LIKELY
    assert share_fit(hits[0], asked[0], internet.rural) > LIKELY
    old, young = people[people[:, AGE] > 60], people[(people[:, AGE] > 17) & (people[:, AGE] < 31)]
    assert old[:, ONLINE].mean() < 0.7 * young[:, ONLINE].mean()


def test_segments_are_those_of_home_and_stage_of_life(people: np.ndarray, china: ScenarioModel) -> None:
    shares = np.array(country_people.segment_shares(china))
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(shares)))
    segments = china.population.occupation.segments
    found, wanted = [], []
    for group, row in zip(by_province(people, china), shares, strict=True):
        found.extend(np.bincount(group[:, SEGMENT], minlength=len(segments)))
        wanted.extend(len(group) * row)
    assert fit(found, wanted) > LIKELY
    schools = people[people[:, SEGMENT] == segments.index("schools")]
    assert 0.9 < (schools[:, AGE] < 23).mean() < 1.0


def test_the_app_is_adopted_along_its_curve(people: np.ndarray, china: ScenarioModel) -> None:
    app = china.population.app
    users = people[people[:, ONLINE] == 1]
    for date in (dt.date(2021, 6, 15), app.midpoint, dt.date(2021, 10, 20), dt.date(2022, 11, 30)):
        day = day_number(date)
        width = app.width / 86_400_000
        share = app.final_share / (1.0 + math.exp(-(day - day_number(app.midpoint)) / width))
        assert country_people.app_adoption(china.population, (day,))[0] == pytest.approx(share, rel=1e-12)
        has_app = users[:, APP] < threshold(share)
        assert share_fit(int(has_app.sum()), len(users), share) > LIKELY
        assert share_fit(int(has_app.sum()), len(users), share * 1.15) < 1e-6
    # The install day of a person is the first day on which the person has the app.
    for u_app in users[:300, APP].tolist():
        first = country_people.install_day(china.population, u_app)
        if first is None:
            assert u_app >= threshold(app.final_share)
        else:
            assert u_app < threshold(country_people.app_adoption(china.population, (first,))[0])
            assert u_app >= threshold(country_people.app_adoption(china.population, (first - 1,))[0])


def test_frailty_has_mean_one_in_eight_classes(people: np.ndarray, china: ScenarioModel) -> None:
    assert fit(np.bincount(people[:, FRAILTY], minlength=8), np.full(8, COUNT / 8)) > LIKELY
    sigma = china.population.frailty_sigma
    levels = country_people.frailty_levels(sigma)
    assert np.mean(levels) == pytest.approx(1.0, abs=1e-12)
    for k, level in enumerate(levels):
        low, high = (
            stats.norm.ppf(k / country_people.FRAILTY_CLASSES),
            stats.norm.ppf((k + 1) / country_people.FRAILTY_CLASSES),
        )
        mass = integrate.quad(
            lambda z: math.exp(sigma * z - sigma**2 / 2) * stats.norm.pdf(z), max(low, -12), min(high, 12)
        )[0]
        assert level == pytest.approx(country_people.FRAILTY_CLASSES * mass, rel=1e-6)
    assert country_people.frailty_levels(0.0) == pytest.approx([1.0] * 8, abs=1e-12)


def test_a_sample_as_a_table_has_the_same_margins(china: ScenarioModel) -> None:
    table = sim.people("china-2022", n=30_000)
    assert len(table) == 30_000
    rows = china.population.provinces
    men = sum(row.population * row.men_per_100_women / (100.0 + row.men_per_100_women) for row in rows)
    urban = sum(row.population * row.share_urban / 100.0 for row in rows)
    people = sum(row.population for row in rows)
    assert share_fit(int((table["sex"] == "m").sum()), 30_000, men / people) > LIKELY
    assert share_fit(int(table["urban"].sum()), 30_000, urban / people) > LIKELY
    assert (table["exposure"] == "high").mean() == pytest.approx(china.population.exposure.high_share, abs=0.002)
    assert table["frailty"].mean() == pytest.approx(1.0, abs=0.02)
    users = table[table["internet"]]
    assert table[~table["internet"]]["app_installed"].isna().all()
    for date in (dt.date(2021, 8, 20), dt.date(2022, 11, 30)):
        installed = sum(day is not None and day == day and day <= date for day in users["app_installed"])
        share = float(country_people.app_adoption(china.population, (day_number(date),))[0])
        assert share_fit(installed, len(users), share) > LIKELY
    for band, group in table.groupby("age_band", observed=True):
        low, _, high = str(band).rstrip("+").partition("-")
        assert group["age"].min() >= int(low)
        assert group["age"].max() <= int(high or 99)


def test_a_tenth_of_the_people_draws_half_of_the_contacts() -> None:
    number, high = 1000, 100
    found = []
    for index in range(COUNT // 4):
        first, second, _, _ = draw4(4, attempt_id(8000, 1, 1, 0, 0, index), ATTEMPT_PERSON, 0)
        found.append(country_people.target(uniform52(first, second), number, high, 0.5))
    contacts = np.bincount(found, minlength=number)
    assert len(contacts) == number
    assert share_fit(int(contacts[:high].sum()), len(found), 0.5) > LIKELY
    # Within a class everybody is alike.
    assert stats.chisquare(contacts[:high]).pvalue > LIKELY
    assert stats.chisquare(contacts[high:]).pvalue > LIKELY
    assert stats.chisquare(contacts).pvalue < HOPELESS


def test_people_do_not_depend_on_who_is_asked_for(china: ScenarioModel) -> None:
    provinces, tables = Provinces.of(china), country_people.people_tables(china)
    whole = country_people.sample(4, 2000, provinces.people, tables)
    part = country_people.sample(4, 1000, provinces.people, tables)
    assert (whole[::2] == part).all()
    assert (country_people.sample(5, 1000, provinces.people, tables)[:, AGE:] != part[:, AGE:]).any()
