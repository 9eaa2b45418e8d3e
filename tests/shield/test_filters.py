"""Gates that are thresholds of a day: source, filters, sites, answering, engagement; and awareness."""

import datetime as dt
import itertools
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.base.days import day_number
from sim.base.words import Channel, Fate
from sim.country.calendar import Measures
from sim.country.people import frailty_levels
from sim.draws.distributions import CERTAIN, poisson, threshold
from sim.draws.identity import province_day_id
from sim.draws.philox import draw4, uniform52
from sim.draws.purposes import FALSE_BLOCKS
from sim.scenario import ScenarioModel
from sim.scenario.schema.layers import Interception
from sim.scenario.schema.measures import Activities, Blocking, FilterStrength, Law, SourceRegulation, Videos
from sim.shield import answering, engagement, interception, not_sent, sites
from sim.shield.thresholds import GATES, fixed_thresholds, gate_thresholds
from tests.chi_square import HOPELESS, LIKELY, fit

UNIT = 2.0**-32
TODAY = day_number(dt.date(2022, 1, 31))
ALWAYS: dict[str, Any] = {"window": ["2001-01-01", None]}
CODES = (11, 44, 65)
SEGMENTS = ("schools", "enterprises", "rural_areas", "communities")


def measures(*found: Any) -> Measures:
    return Measures({f"m{k}": measure for k, measure in enumerate(found)})


def of(kind: Any, name: str, **values: Any) -> Any:
    return kind.model_validate({"kind": name, **ALWAYS, **values})


def changed_filters(spec: ScenarioModel, **values: Any) -> Interception:
    return Interception.model_validate({**spec.interception.model_dump(mode="json"), **values})


# Gate 1


def test_measures_at_the_source_act_one_after_the_other(tiny: ScenarioModel) -> None:
    table = not_sent.thresholds(
        tiny,
        measures(
            of(SourceRegulation, "source_regulation", target="sms_port", intensity=0.2),
            of(SourceRegulation, "source_regulation", target="sms_port", intensity=0.5, provinces=[44, 65]),
            of(SourceRegulation, "source_regulation", target="cloud_service", intensity=0.4, provinces=[65]),
            of(SourceRegulation, "source_regulation", target="voice_line", intensity=0.3, provinces=[11]),
            of(Law, "law", deterrence=0.1, replacement_factor=1.0, data_sharing=0.0, provinces=[11, 65]),
        ),
        (TODAY,),
        CODES,
    )[0]
    # Ports of SMS, cloud services of online attempts, lines of calls; and each in its provinces.
    sent = np.array([[0.7 * 0.9, 0.8 * 0.9, 0.9], [1.0, 0.8 * 0.5, 1.0], [0.9, 0.8 * 0.5 * 0.9, 0.6 * 0.9]])
    assert table * UNIT == pytest.approx(1 - sent, abs=1e-9)


# Gate 4


def test_recall_is_that_of_the_binormal_detector(tiny: ScenarioModel) -> None:
    settings = tiny.interception
    types = list(tiny.fraud.types)
    by_province = np.array([[4.1, 3.7], [4.3, 3.7], [4.1, 3.2]])
    table = interception.thresholds_of(tiny, by_province)
    assert table.shape == (3, 2, len(types))
    for p, row in enumerate(by_province):
        for c, (channel, d_prime) in enumerate(zip(("call", "sms"), row, strict=True)):
            limit = getattr(settings, channel).threshold
            for t, name in enumerate(types):
                recall = stats.norm.cdf(d_prime + settings.type_offset.get(name, 0.0) - limit)
                assert abs(table[p, c, t] * UNIT - recall) < UNIT
    assert len(set(table[0, 0].tolist())) > 1
    shares = interception.false_block_shares(settings)
    assert shares == pytest.approx([stats.norm.sf(settings.call.threshold), stats.norm.sf(settings.sms.threshold)])


def test_a_filter_that_stops_the_usual_number_loses_no_more(tiny: ScenarioModel) -> None:
    retraining = "28 d"
    own = changed_filters(tiny, adaptation=0.01, retraining=retraining)
    usual = np.array([own.usual.call, own.usual.sms])
    start = interception.usual_loss(own)
    assert interception.lost(own, start, usual) == pytest.approx(start, rel=1e-12)
    # From none, it nears the same value, by the share of a day in the time of retraining.
    loss, days = np.zeros(2), 400
    for _ in range(days):
        loss = interception.lost(own, loss, usual)
    left = math.exp(-days * 86_400_000 / own.retraining)
    assert loss == pytest.approx(start * (1.0 - left), rel=1e-9)
    assert (loss >= 0.01).all()


def test_a_filter_loses_by_what_it_stops_and_retraining_makes_up_for_it(tiny: ScenarioModel) -> None:
    own = changed_filters(tiny, adaptation=0.01, retraining="10 d", usual={"call": "200 per day", "sms": "50 per day"})
    # Each channel by its own number: twice the usual calls, half the usual SMS.
    assert interception.lost(own, np.zeros(2), np.array([400.0, 25.0])) == pytest.approx([0.02, 0.005])
    nothing = interception.lost(own, np.array([0.3, 0.1]), np.zeros(2))
    assert nothing == pytest.approx(np.array([0.3, 0.1]) * math.exp(-0.1))


def test_false_blocks_are_poisson() -> None:
    rates = np.array([[2.0e4, 3.0e5, 1.0e9], [1.0e3, 0.0, 0.0]])
    shares = np.array([[1e-3, 2e-5], [2e-3, 3e-5]])
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
    for p, c in itertools.product(range(2), range(2)):
        high, low, _, _ = draw4(9, province_day_id(8000, p, c), FALSE_BLOCKS, 0)
        assert counts[0, p, c] == poisson(float(rates[p, c] * shares[p, c]), uniform52(high, low))


# Gate 5


def test_what_is_expected_to_be_intercepted_has_passed_the_gates_before() -> None:
    rng = np.random.default_rng(8)
    rates = rng.uniform(1.0, 100.0, (2, 3, 4))
    stops = rng.integers(0, CERTAIN, (len(Fate), 2, 3, 4))
    filters = list(Fate).index(Fate.INTERCEPTED)
    for p, found in enumerate(interception.expected(rates, stops)):
        passed = rates[p] * np.prod(1.0 - stops[:filters, p] * UNIT, axis=0) * stops[filters, p] * UNIT
        # No filter looks at attempts over the internet.
        assert found == pytest.approx(passed[[Channel.CALL, Channel.SMS]].sum())


def test_blocking_acts_on_what_an_attempt_leads_to(tiny: ScenarioModel) -> None:
    found = measures(
        of(Blocking, "blocking", target="site", intensity=0.5),
        of(Blocking, "blocking", target="app", intensity=1.0),
        of(Blocking, "blocking", target="diversion", intensity=0.25, provinces=[11, 44]),
        of(Blocking, "blocking", target="account", intensity=0.8, provinces=[44]),
    )
    # Nothing blocks accounts or diversion in ``tiny`` in full: take shares that show.
    spec = tiny.model_copy(
        update={"sites": tiny.sites.model_copy(update={"account": 0.3, "site": 0.25, "app": 0.2, "diversion": 0.1})}
    )
    table = sites.thresholds(spec, found, (TODAY,), CODES)[0]
    assert table.shape == (3, 3, len(spec.fraud.types))
    for p, (diversion, account) in enumerate(((0.025, 0.0), (0.025, 0.24), (0.0, 0.0))):
        web = 1 - (1 - 0.5 * 0.25) * (1 - diversion)
        app = 1 - (1 - 0.2) * (1 - diversion)
        for t, kind in enumerate(spec.fraud.types.values()):
            down = kind.app_share * app + (1 - kind.app_share) * web
            # Online attempts come from accounts, SMS do not.
            assert table[p, Channel.SMS, t] * UNIT == pytest.approx(kind.link_share * down, abs=1e-9)
            assert table[p, Channel.ONLINE, t] * UNIT == pytest.approx(1 - (1 - down) * (1 - account), abs=1e-9)
    # Calls lead nowhere.
    assert (table[:, Channel.CALL] == 0).all()


# Gate 6


def test_answering_by_channel_hour_age_and_label(tiny: ScenarioModel) -> None:
    given = tiny.engagement.answering
    turned = {
        name: getattr(given, name).model_copy(update={"half_hours": np.roll(given.call.half_hours, by).tolist()})
        for name, by in (("call", 0), ("sms", 5), ("online", 11))
    }
    settings = given.model_copy(update=turned)
    table = answering.thresholds(
        tiny.model_copy(update={"engagement": tiny.engagement.model_copy(update={"answering": settings})})
    )
    for hour, band in itertools.product((0, 20, 38, 47), range(6)):
        factor = settings.age_factor[band]
        wanted = [
            [min(1.0, share * channel.half_hours[hour] * factor) for share in (channel.unknown, channel.labelled)]
            for channel in (settings.call, settings.sms, settings.online)
        ]
        assert table[:, hour, band, :] * UNIT == pytest.approx(np.array(wanted), abs=1e-9)
    # Every channel has labels and hours of its own.
    assert (table[:, 20, 2, 0] > table[:, 20, 2, 1]).all()
    assert len({tuple(table[c, :, 2, 0].tolist()) for c in range(3)}) == 3
    half = int(table[Channel.ONLINE, 20, 2, 0])
    assert answering.is_unanswered(0, Channel.ONLINE, 20, 2, False, False, table)
    assert not answering.is_unanswered(half - 1, Channel.ONLINE, 20, 2, True, False, table)
    assert answering.is_unanswered(half, Channel.ONLINE, 20, 2, True, False, table)
    labelled = int(table[Channel.CALL, 20, 2, 1])
    assert not answering.is_unanswered(labelled, Channel.CALL, 20, 2, True, False, table)
    assert answering.is_unanswered(labelled, Channel.CALL, 20, 2, True, True, table)


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
    # Awareness takes its part, in each province and segment, and leaves the rest of the propensity.
    awareness = np.array([[0.0, 0.2, 0.5, 1.0], [1.0, 0.5, 0.25, 0.0]])
    unaware = engagement.unaware_shares(awareness, 0.4)
    assert unaware == pytest.approx(np.array([[1.0, 0.92, 0.8, 0.6], [0.6, 0.8, 0.9, 1.0]]))
    for propensity, share in itertools.product((0.0, 0.03, 1.0, 7.0), unaware[0].tolist()):
        limit = threshold(min(1.0, propensity * share))
        assert not engagement.is_engaged(limit, propensity, share)
        assert limit == 0 or engagement.is_engaged(limit - 1, propensity, share)


def test_nobody_engages_more_than_the_most_easily_deceived(tiny: ScenarioModel) -> None:
    # Women are deceived more easily than men by one type, less by another; and so are the young and the old.
    table = engagement.propensities(tiny) / 10.0
    most = engagement.most_engaging(table)
    for t, of_type in enumerate(table):
        limits = [threshold(float(p)) for p in of_type.ravel()]
        assert min(limits) < most[t] == max(limits) < CERTAIN
    assert len(set(most.tolist())) == len(most)
    # Beyond certainty there is nothing.
    table[2] *= 1e3
    assert engagement.most_engaging(table)[2] == CERTAIN


# All gates together


def test_the_table_of_the_gates_holds_each_where_it_is_for_a_channel(tiny: ScenarioModel) -> None:
    types = len(tiny.fraud.types)
    of_tiny = Measures(dict(tiny.measures))
    shapes = {
        Fate.DEN_DESTROYED: (1, 1, types),
        Fate.CARD_ELIMINATED: (3,),
        Fate.INTERCEPTED: (3, 2, types),
        Fate.UNANSWERED: (3, 3),
    }
    stocks, first = {}, 1
    for fate, shape in shapes.items():
        stocks[fate] = np.arange(first, first + math.prod(shape)).reshape(shape)
        first += math.prod(shape)
    fixed = {fate: of_day[0] for fate, of_day in fixed_thresholds(tiny, of_tiny, (TODAY,), CODES).items()}
    assert set(fixed) == {Fate.NOT_SENT, Fate.SITE_BLOCKED}
    stops = gate_thresholds({**fixed, **stocks}, 3, types)
    assert stops.shape == (GATES, 3, 3, types)
    unsent, down = fixed[Fate.NOT_SENT], fixed[Fate.SITE_BLOCKED]
    assert (unsent == not_sent.thresholds(tiny, of_tiny, (TODAY,), CODES)).all()
    assert (down == sites.thresholds(tiny, of_tiny, (TODAY,), CODES)).all()
    assert unsent.any()
    assert down.any()
    for p, channel, t in itertools.product(range(3), Channel, range(types)):
        from_cards = channel != Channel.ONLINE
        assert stops[:, p, channel, t].tolist() == [
            unsent[p, channel],
            stocks[Fate.DEN_DESTROYED][0, 0, t],
            stocks[Fate.CARD_ELIMINATED][p] if from_cards else 0,
            stocks[Fate.INTERCEPTED][p, channel, t] if from_cards else 0,
            down[p, channel, t],
            stocks[Fate.UNANSWERED][p, channel],
        ]


def test_theory_of_a_gate_is_what_its_thresholds_stop_where_measures_are_in_full_force(tiny: ScenarioModel) -> None:
    spec = tiny.model_copy(
        update={
            "measures": {
                "ports": of(SourceRegulation, "source_regulation", target="sms_port", intensity=0.2),
                "law": of(Law, "law", deterrence=0.1, replacement_factor=1.0, data_sharing=0.0, provinces=[44]),
                "sites": of(Blocking, "blocking", target="site", intensity=0.5),
                "apps": of(Blocking, "blocking", target="app", intensity=0.9, provinces=[11]),
                "accounts": of(Blocking, "blocking", target="account", intensity=0.7),
                "sms": of(FilterStrength, "filter", channel="sms", intensity=0.4, provinces=[65]),
            },
            "interception": tiny.interception.model_copy(update={"type_offset": {}}),
        }
    )
    found = Measures(dict(spec.measures))
    gates = not_sent, sites, interception
    unsent, down = (gate.thresholds(spec, found, (TODAY,), CODES)[0] for gate in (not_sent, sites))
    d_prime = interception.d_primes(spec.interception, found, (TODAY,), CODES)[0]
    caught = interception.thresholds_of(spec, d_prime)
    for (p, code), channel in itertools.product(enumerate(CODES), Channel):
        expected = [gate.theory(spec, channel, code) for gate in gates]
        filtered = caught[p, channel, 0] if channel.label in interception.FILTERED else 0
        assert expected == pytest.approx(
            [unsent[p, channel] * UNIT, down[p, channel, 0] * UNIT, filtered * UNIT], abs=1e-9
        )


def test_awareness_fades_by_half_in_its_half_life(tiny: ScenarioModel) -> None:
    settings = tiny.engagement.awareness.model_copy(update={"half_life": 30 * 86_400_000})
    people = engagement.segment_people(tiny)
    awareness = np.full((3, 4), 0.6)
    levels = [0.6]
    education = engagement.Education(settings, measures(), CODES, SEGMENTS, people)
    for gains in education.gains(range(TODAY, TODAY + 60)):
        engagement.renew(awareness, settings, gains)
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
        education = engagement.Education(settings, measures(*found), CODES, SEGMENTS, people)
        engagement.renew(awareness, settings, education.gains((day,))[0])
        return awareness

    views = settings.per_view * 50_000 / days / nation
    assert renewed(videos) == pytest.approx(np.full((3, 4), faded + (1 - faded) * (1 - math.exp(-views))))
    # The window has ten days, from the day before TODAY; the night on which a day is read is the caller's to choose.
    for day, taught in ((TODAY - 2, False), (TODAY - 1, True), (TODAY + 8, True), (TODAY + 9, False)):
        assert (renewed(videos, day=day)[0, 0] > faded) == taught
        assert (renewed(activities, day=day)[0, 0] > faded) == taught
    # In some provinces the same views are spread over fewer people, and elsewhere there are none.
    here = renewed(videos.model_copy(update={"provinces": [44]}))
    assert here[1] == pytest.approx(np.full(4, faded + (1 - faded) * (1 - math.exp(-views * 21 / 12))))
    assert here[[0, 2]] == pytest.approx(np.full((2, 4), faded))
    # Attendances are spread over all people of a segment, wherever they live.
    for places in ([0, 1, 2], [0, 2]):
        taught = renewed(activities.model_copy(update={"provinces": [CODES[p] for p in places]}))
        for s, part in enumerate(segments.values()):
            gain = settings.per_attendance * 40 * 30 / days * part / sum(people[p][s] for p in places)
            wanted = [faded + (1 - faded) * (1 - math.exp(-gain)) if p in places else faded for p in range(3)]
            assert taught[:, s] == pytest.approx(np.array(wanted))
        assert threshold(float(taught.max())) < CERTAIN
