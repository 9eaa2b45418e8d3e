"""Gate 6 as a count: its mean over people and hours, the moments of either part, and uniforms given an answer."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

import sim
from sim.base.words import Channel
from sim.country.people import has_app, home, people_tables
from sim.country.traffic import profiles
from sim.draws.distributions import CERTAIN, piecewise_moment, threshold
from sim.draws.identity import person_id
from sim.scenario import ScenarioModel
from sim.shield.answering import Answering, answering_tables, is_unanswered, of_day, uniform_given
from tests.chi_square import HOPELESS, LIKELY, fit, share_fit

UNIT = 2.0**-32
HALF_HOUR = 1_800_000
ASKED = 20_000


@pytest.fixture(scope="module")
def uneven() -> ScenarioModel:
    """A scenario whose provinces, hours, ages and labels are not alike."""
    return sim.load_scenario(
        "tiny",
        **{
            "engagement.answering.call.unknown": 0.9,
            "engagement.answering.call.labelled": 0.2,
            "engagement.answering.sms.labelled": 0.1,
            "engagement.answering.online.labelled": 0.05,
        },
    ).spec


@pytest.fixture(scope="module")
def tables(uneven: ScenarioModel) -> Answering:
    return answering_tables(uneven, people_tables(uneven))


def test_the_mean_is_that_over_all_kinds_of_people(uneven: ScenarioModel, tables: Answering) -> None:
    share = 0.35
    people = people_tables(uneven)
    kinds = list(itertools.product(range(100), (0, 1), (0, 1), (0, 1)))
    for p, c, hour in itertools.product(range(3), Channel, (0, 7, 23, 40, 47)):
        wanted = 0.0
        for age, urban, online, app in kinds:
            band = people.band[age]
            chance = (people.age[p, age] - (people.age[p, age - 1] if age else 0)) * UNIT
            chance *= people.urban[p] * UNIT if urban else 1.0 - people.urban[p] * UNIT
            internet = people.internet[p, urban, band] * UNIT
            chance *= internet if online else 1.0 - internet
            # Only who uses the internet can have the app, and be found online.
            chance *= (share if app else 1.0 - share) if online else float(app == 0)
            if online or c != Channel.ONLINE:
                wanted += chance * tables.answered[c, hour, band, app] * UNIT
        found = tables.mean[p, c, hour] + share * tables.labelled[p, c, hour]
        assert found == pytest.approx(wanted, rel=1e-12, abs=1e-15)
    assert (tables.labelled < 0.0).all()


def test_bounds_are_those_of_anybody(tables: Answering) -> None:
    for c, hour in itertools.product(Channel, range(48)):
        limits = tables.answered[c, hour]
        # Online attempts come to nobody who does not use the internet.
        assert tables.least[c, hour] == (0 if c == Channel.ONLINE else limits.min())
        assert tables.most[c, hour] == limits.max()
    assert (tables.least[Channel.CALL] > 0).all()


def test_a_day_s_count_and_moments_are_those_of_persons_at_their_hours(
    uneven: ScenarioModel, tables: Answering
) -> None:
    people, days = people_tables(uneven), profiles(uneven)
    adoption = threshold(0.4)
    unanswered, moments = of_day(tables, days, adoption)
    rng = np.random.default_rng(14)
    for p, c in ((0, Channel.CALL), (1, Channel.ONLINE), (2, Channel.SMS)):
        answered = np.zeros((2, 48))
        whom = rng.integers(0, 1 << 30, ASKED)
        when, how = rng.random(ASKED), rng.integers(0, CERTAIN, ASKED)
        for number, u, u_answer in zip(whom.tolist(), when.tolist(), how.tolist(), strict=True):
            age, _, online, u_app = home(9, person_id(p, number), p, people)
            half_hour = piecewise_moment(u, days[c], 1) // HALF_HOUR
            app = has_app(online, u_app, adoption)
            band = int(people.band[age])
            answered[int(not is_unanswered(u_answer, c, half_hour, band, online, app, tables.answered)), half_hour] += 1
        assert share_fit(int(answered[0].sum()), ASKED, unanswered[p, c] * UNIT) > LIKELY
        assert share_fit(int(answered[0].sum()), ASKED, 0.93 * unanswered[p, c] * UNIT) < HOPELESS
        for answers in (0, 1):
            wanted = ASKED * np.diff(moments[answers, p, c])
            assert fit(answered[answers], wanted) > LIKELY
            # The other part has hours of its own.
            swapped = np.diff(moments[1 - answers, p, c])
            assert fit(answered[answers], wanted.sum() * swapped / swapped.sum()) < LIKELY


def test_where_nobody_or_everybody_answers_a_day_says_so(uneven: ScenarioModel, tables: Answering) -> None:
    nobody = tables._replace(mean=np.zeros_like(tables.mean), labelled=np.zeros_like(tables.labelled))
    unanswered, moments = of_day(nobody, profiles(uneven), threshold(0.4))
    assert (unanswered == CERTAIN).all()
    assert (moments[1] == 0.0).all()
    # Rounding may bring a mean above one.
    everybody = nobody._replace(mean=np.full_like(tables.mean, 1.0 + 1e-15))
    unanswered, moments = of_day(everybody, profiles(uneven), 0)
    assert (unanswered == 0).all()
    assert (moments[0] == 0.0).all()


# A uniform given the answer

limits = st.integers(0, CERTAIN)
interpreted = getattr(uniform_given, "py_func", uniform_given)


@given(st.integers(0, CERTAIN - 1), limits, limits)
@example(CERTAIN - 1, 0, CERTAIN)
@example(CERTAIN - 1, CERTAIN, CERTAIN)
@example(0, 5, 5)
def test_a_uniform_leaves_open_what_people_decide(u: int, one: int, two: int) -> None:
    least, most = min(one, two), max(one, two)
    if most > 0:
        assert 0 <= interpreted(u, True, least, most) < most
    if least < CERTAIN:
        assert least <= interpreted(u, False, least, most) < CERTAIN


@pytest.mark.parametrize(("least", "most"), [(0, CERTAIN), (CERTAIN // 5, CERTAIN // 2), (977, 1_000_003)])
def test_given_an_answer_or_none_uniforms_are_spread_evenly(least: int, most: int) -> None:
    us = np.random.default_rng(2).integers(0, CERTAIN, 20_000).tolist()
    for answers, low, high in ((True, 0, most), (False, least, CERTAIN)):
        found = np.array([interpreted(u, answers, least, most) for u in us])
        assert stats.kstest((found - low) / (high - low), "uniform").pvalue > LIKELY
