"""Gates that are thresholds of a day: source, filters, sites, answering, engagement; and awareness."""

import datetime as dt
import itertools
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.country.measures import Measures
from sim.country.people import frailty_levels
from sim.days import day_number
from sim.draws.distributions import CERTAIN, threshold
from sim.gates import answering, engagement, interception, not_sent, sites
from sim.gates.fates import CALL, ONLINE, SMS
from sim.scenario import ScenarioModel
from sim.scenario.schema.measures import Activities, Blocking, FilterStrength, Law, SourceRegulation, Videos
from tests.chi_square import HOPELESS, LIKELY, fit

UNIT = 2.0**-32
TODAY = day_number(dt.date(2022, 1, 31))
ALWAYS: dict[str, Any] = {"window": ["2001-01-01", None]}


def measures(*found: Any) -> Measures:
    return Measures({f"m{k}": measure for k, measure in enumerate(found)})


def of(kind: Any, name: str, **values: Any) -> Any:
    return kind.model_validate({"kind": name, **ALWAYS, **values})


# Gate 1


def test_measures_at_the_source_act_one_after_the_other() -> None:
    table = not_sent.thresholds(
        measures(
            of(SourceRegulation, "source_regulation", target="sms_port", channels=["sms"], intensity=0.2),
            of(
                SourceRegulation, "source_regulation", target="cloud_service", channels=["sms", "online"], intensity=0.5
            ),
            of(Law, "law", deterrence=0.1, replacement_factor=1.0, data_sharing=0.0),
        ),
        TODAY,
    )
    assert table * UNIT == pytest.approx([0.1, 1 - 0.8 * 0.5 * 0.9, 1 - 0.5 * 0.9], abs=1e-9)
    assert [not_sent.is_not_sent(u, CALL, table) for u in (0, int(table[0]) - 1, int(table[0]))] == [True, True, False]


# Gate 4


def test_recall_is_that_of_the_binormal_detector(tiny: ScenarioModel) -> None:
    settings = tiny.interception
    types = list(tiny.fraud.types)
    table = interception.thresholds(settings, [4.1, 3.7], types)
    for c, (channel, d_prime) in enumerate((("call", 4.1), ("sms", 3.7))):
        limit = getattr(settings, channel).threshold
        for t, name in enumerate(types):
            recall = stats.norm.cdf(d_prime + settings.type_offset.get(name, 0.0) - limit)
            assert abs(table[c, t] * UNIT - recall) < UNIT
    assert len(set(table[0].tolist())) > 1
    shares = interception.false_block_shares(settings)
    assert shares == pytest.approx([stats.norm.sf(settings.call.threshold), stats.norm.sf(settings.sms.threshold)])


def test_gangs_adapt_day_by_day_and_a_retraining_takes_it_back(tiny: ScenarioModel) -> None:
    settings = tiny.interception.model_copy(update={"adaptation_per_day": 0.01, "retraining_every": 7 * 86_400_000})
    days = range(TODAY, TODAY + 60)
    values = np.array([interception.d_primes(settings, measures(), day) for day in days])
    steps = np.diff(values, axis=0)
    falls = np.isclose(steps, -0.01)
    rises = np.isclose(steps, 0.06)
    assert (falls | rises).all()
    assert np.diff(np.flatnonzero(rises[:, 0])).tolist() == [7] * (len(np.flatnonzero(rises[:, 0])) - 1)
    # Retrainings stand in the calendar: a week after one, whatever day a run begins on, is another.
    retrained = [day for day, value in zip(days, values[:, 0], strict=True) if value == settings.call.d_prime]
    assert [day % 7 for day in retrained] == [0] * len(retrained)
    assert len(retrained) in (8, 9)
    assert values[:, 0].min() == pytest.approx(settings.call.d_prime - 0.06)
    stronger = of(FilterStrength, "filter", channel="sms", intensity=0.3)
    more = np.array([interception.d_primes(settings, measures(stronger), day) for day in days])
    assert more - values == pytest.approx(np.tile([0.0, 0.3], (60, 1)))


def test_false_blocks_are_poisson() -> None:
    rates = np.array([[2.0e4, 3.0e5, 1.0e9], [1.0e3, 0.0, 0.0]])
    shares = np.array([1e-3, 2e-5])
    counts = np.array([interception.false_blocks(9, day, rates, shares) for day in range(8000, 8400)])
    wanted = rates[:, :2] * shares
    for p, c in itertools.product(range(2), range(2)):
        mean = wanted[p, c]
        if mean == 0.0:
            assert (counts[:, p, c] == 0).all()
            continue
        upper = np.arange(40)
        expected = 400 * stats.poisson.pmf(upper, mean)
        assert fit(np.bincount(counts[:, p, c], minlength=40)[:40], expected) > LIKELY
        assert fit(np.bincount(counts[:, p, c], minlength=40)[:40], 400 * stats.poisson.pmf(upper, 2 * mean)) < HOPELESS


# Gate 5


def test_blocking_acts_on_what_an_attempt_leads_to(tiny: ScenarioModel) -> None:
    found = measures(
        of(Blocking, "blocking", target="site", intensity=0.5),
        of(Blocking, "blocking", target="app", intensity=1.0),
        of(Blocking, "blocking", target="diversion", intensity=0.25),
    )
    table = sites.thresholds(tiny, found, TODAY)
    s = tiny.sites
    web = 1 - (1 - 0.5 * s.site) * (1 - 0.25 * s.diversion)
    app = 1 - (1 - s.app) * (1 - 0.25 * s.diversion)
    for t, kind in enumerate(tiny.fraud.types.values()):
        assert table[t] * UNIT == pytest.approx(kind.app_share * app + (1 - kind.app_share) * web, abs=1e-9)
    link = sites.link_thresholds(tiny)
    assert link * UNIT == pytest.approx([kind.link_share for kind in tiny.fraud.types.values()], abs=1e-9)
    # Calls lead nowhere; an SMS only with a link; online attempts always.
    assert not sites.is_site_blocked(0, 0, CALL, 0, link, table)
    assert sites.is_site_blocked(0, 0, SMS, 0, link, table)
    assert not sites.is_site_blocked(int(link[0]), 0, SMS, 0, link, table)
    assert sites.is_site_blocked(CERTAIN - 1, int(table[0]) - 1, ONLINE, 0, link, table)
    assert not sites.is_site_blocked(0, int(table[0]), ONLINE, 0, link, table)


# Gate 6


def test_answering_by_channel_hour_age_and_label(tiny: ScenarioModel) -> None:
    table = answering.thresholds(tiny)
    settings = tiny.engagement.answering
    for hour, band in itertools.product((0, 20, 38, 47), range(6)):
        factor = settings.age_factor[band]
        by_hour = settings.call.half_hours[hour] * factor
        wanted = [
            [settings.call.unknown * by_hour, settings.call.labelled * by_hour],
            [settings.sms * factor] * 2,
            [settings.online * factor] * 2,
        ]
        assert table[:, hour, band, :] * UNIT == pytest.approx(np.array(wanted), abs=1e-9)
    half = int(table[ONLINE, 20, 2, 0])
    assert answering.is_unanswered(0, ONLINE, 20, 2, False, False, table)
    assert not answering.is_unanswered(half - 1, ONLINE, 20, 2, True, False, table)
    assert answering.is_unanswered(half, ONLINE, 20, 2, True, False, table)
    labelled = int(table[CALL, 20, 2, 1])
    assert not answering.is_unanswered(labelled, CALL, 20, 2, True, False, table)
    assert answering.is_unanswered(labelled, CALL, 20, 2, True, True, table)


# Gate 7


def test_engagement_multiplies_its_factors(tiny: ScenarioModel) -> None:
    table = engagement.propensities(tiny)
    frailty = frailty_levels(tiny.population.frailty_sigma)
    kinds = list(tiny.fraud.types.values())
    for t, band, sex, f, before in itertools.product(range(len(kinds)), (0, 2, 5), (0, 1), (0, 7), (0, 1)):
        kind = kinds[t]
        p = kind.engage * kind.age_factor[band] * frailty[f]
        p *= kind.women_factor if sex == 0 else 1.0
        p *= tiny.population.victim_before_factor if before else 1.0
        assert table[t, band, sex, f, before] == pytest.approx(p)
    awareness = np.array([[0.0, 0.2, 0.5, 1.0]])
    thresholds = engagement.thresholds(table, awareness, 0.4)
    kept = np.array([1.0, 0.92, 0.8, 0.6])
    assert thresholds[0, 3, 1, 0, 2, 0] * UNIT == pytest.approx(np.minimum(1, table[3, 1, 0, 2, 0] * kept), abs=1e-9)
    assert thresholds.max() <= CERTAIN
    assert (thresholds[0] == CERTAIN).any()


def test_awareness_fades_by_half_in_its_half_life(tiny: ScenarioModel) -> None:
    settings = tiny.engagement.awareness.model_copy(update={"half_life": 30 * 86_400_000})
    people = engagement.segment_people(tiny)
    awareness = np.full((3, 4), 0.6)
    levels = [0.6]
    for day in range(TODAY, TODAY + 60):
        engagement.renew(awareness, settings, measures(), day, people, [1 / 3] * 3)
        assert len(set(awareness.ravel().tolist())) == 1
        levels.append(float(awareness[0, 0]))
    assert levels[30] == pytest.approx(0.3, rel=1e-9)
    assert levels[60] == pytest.approx(0.15, rel=1e-9)
    assert levels[10] / levels[0] == pytest.approx(levels[45] / levels[35], rel=1e-9)


def test_videos_and_activities_renew_awareness(tiny: ScenarioModel) -> None:
    settings = tiny.engagement.awareness
    people = engagement.segment_people(tiny)
    nation = sum(map(sum, people))
    assert nation == pytest.approx(21_000)
    shares = [6 / 21, 12 / 21, 3 / 21]
    days = 10
    window = {"window": ["2022-01-30", "2022-02-08"]}
    videos = Videos.model_validate({"kind": "videos", **window, "count": 5, "views": 50_000})
    segments = {"schools": 0.7, "enterprises": 0.3, "rural_areas": 0.0, "communities": 0.0}
    activities = Activities.model_validate(
        {"kind": "activities", **window, "count": 40, "people": 30, "segments": segments}
    )
    faded = 0.2 * 2 ** (-86_400_000 / settings.half_life)

    def renewed(*found: Any, day: int = TODAY) -> np.ndarray:
        awareness = np.full((3, 4), 0.2)
        engagement.renew(awareness, settings, measures(*found), day, people, shares)
        return awareness

    views = settings.per_view * 50_000 / days / nation
    assert renewed(videos) == pytest.approx(np.full((3, 4), faded + (1 - faded) * (1 - math.exp(-views))))
    # What counts is yesterday: nothing on the first day of the window, still something on the day after its last.
    assert renewed(videos, day=TODAY - 1) == pytest.approx(np.full((3, 4), faded))
    assert renewed(videos, day=TODAY + 9)[0, 0] > faded
    assert renewed(videos, day=TODAY + 10) == pytest.approx(np.full((3, 4), faded))
    taught = renewed(activities)
    for p, share in enumerate(shares):
        for s, part in enumerate(segments.values()):
            gain = settings.per_attendance * 40 * 30 / days * share * part / people[p][s]
            assert taught[p, s] == pytest.approx(faded + (1 - faded) * (1 - math.exp(-gain)))
    assert threshold(float(taught.max())) < CERTAIN
