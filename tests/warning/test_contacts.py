"""What becomes of an alert on its way to a person: chain, delivery, reading, tries, dissuasion."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

import sim
from sim.base.words import ContactChannel, OriginKind, Tier
from sim.draws.identity import alert_id, origin_id
from sim.engines.tables import Tables
from sim.scenario import ScenarioModel
from sim.scenario.schema.base import Distribution
from sim.warning import service
from tests.chi_square import LIKELY, share_fit

APP, SMS, CALL, VISIT = ContactChannel
COUNT = 6000
ALERTS = [alert_id(origin_id(OriginKind.ATTEMPT, 8000, 3, 1, 2, index), 0, 1) for index in range(COUNT)]
SEED = 21
MINUTE = 60_000


def times(delay: Distribution, factor: float) -> Distribution:
    """Return a lognormal delay with a median ``factor`` times as high."""
    assert delay.lognormal is not None
    slower = delay.lognormal.model_copy(update={"median": round(delay.lognormal.median * factor)})
    return delay.model_copy(update={"lognormal": slower})


@pytest.fixture(scope="module")
def tables(tiny: ScenarioModel) -> Tables:
    return Tables.of(tiny)


def lognormal(values: list[int] | list[float], median: float, sigma: float) -> float:
    """Return the p-value of a Kolmogorov-Smirnov test; the clock of the draws must be fine."""
    return float(stats.kstest(np.log(np.array(values) / median) / sigma, "norm").pvalue)


@pytest.mark.parametrize("channel", [APP, SMS])
def test_messages_are_read_in_their_share_and_delay(tiny: ScenarioModel, tables: Tables, channel: int) -> None:
    settings = (tiny.warning.app, tiny.warning.sms)[channel]
    drawn = [service.reading(SEED, alert, channel, tables.delays, 1) for alert in ALERTS]
    delays = [delay for _, delay in drawn if delay >= 0]
    assert share_fit(len(delays), COUNT, settings.read) > LIKELY
    assert share_fit(len(delays), COUNT, settings.read + 0.05) < 1e-6
    assert lognormal(delays, settings.read_delay.a, settings.read_delay.b) > LIKELY
    assert lognormal(delays, settings.read_delay.a * 1.2, settings.read_delay.b) < 1e-4
    delivery = [at for at, _ in drawn]
    assert lognormal(delivery, settings.delivery.a, settings.delivery.b) > LIKELY
    # Whether a message is read does not depend on how long its delivery took.
    read = np.array([delay >= 0 for _, delay in drawn])
    assert stats.mannwhitneyu(np.array(delivery)[read], np.array(delivery)[~read]).pvalue > LIKELY


@pytest.mark.parametrize("detector", [0, 1])
def test_the_chain_adds_a_delay_a_hop(tiny: ScenarioModel, tables: Tables, detector: int) -> None:
    hop = tiny.warning.hop_delay
    hops = (tiny.warning.detectors.central.hops, tiny.warning.detectors.local.hops)[detector]
    drawn = np.array(
        [service.chain_delay(SEED, alert | (detector << 4), detector, tables.delays, 1) for alert in ALERTS]
    )
    mean = hop.a * math.exp(hop.b**2 / 2)
    spread = mean * math.sqrt(math.exp(hop.b**2) - 1)
    assert abs(drawn.mean() - hops * mean) < 4 * spread * math.sqrt(hops / COUNT)
    assert abs(drawn.mean() - (hops + 1) * mean) > 20 * spread * math.sqrt(hops / COUNT)
    # The variance is that of a sum of independent hops: of one hop drawn over and over it would be hops times as high.
    assert drawn.var() == pytest.approx(hops * spread**2, rel=0.2)


def test_tries_come_to_what_the_desks_know(tiny: ScenarioModel, tables: Tables) -> None:
    call, visit = tiny.desks.call, tiny.desks.visit
    drawn = [service.outcome(SEED, alert, CALL, 0, tables.service, 1) for alert in ALERTS]
    assert share_fit(sum(case > 0 for case, _ in drawn), COUNT, call.answered) > LIKELY
    failed = [time for success, time in drawn if not success]
    assert lognormal(failed, call.no_answer.a, call.no_answer.b) > LIKELY

    def spoken_below(limit: float) -> float:
        short, hard = (stats.norm.cdf(math.log(limit / kind.a) / kind.b) for kind in (call.short, call.hard))
        return float(call.hard_share * hard + (1 - call.hard_share) * short)

    spoken = [time for success, time in drawn if success]
    for limit in (2 * MINUTE, 4 * MINUTE, 8 * MINUTE, 15 * MINUTE):
        assert share_fit(sum(time < limit for time in spoken), len(spoken), spoken_below(limit)) > LIKELY
    met = [service.outcome(SEED, alert, VISIT, 0, tables.service, 1) for alert in ALERTS]
    assert share_fit(sum(case > 0 for case, _ in met), COUNT, visit.met) > LIKELY
    assert lognormal([time for success, time in met if success], visit.visit.a, visit.visit.b) > LIKELY
    assert lognormal([time for success, time in met if not success], visit.not_met.a, visit.not_met.b) > LIKELY


def test_tries_of_one_alert_are_independent(tables: Tables) -> None:
    both = np.zeros((2, 2))
    for alert in ALERTS:
        first, second = (service.outcome(SEED, alert, CALL, number, tables.service, 1)[0] > 0 for number in (0, 1))
        both[int(first), int(second)] += 1
    assert stats.chi2_contingency(both).pvalue > LIKELY


def test_waits_between_tries_and_before_a_visit(tiny: ScenarioModel, tables: Tables) -> None:
    tiers = {name: getattr(tiny.warning.tiers, name) for name in Tier.labels()}
    # No two waits of the tiers alike, so that none can stand in for another.
    slower = {
        name: tier.model_copy(
            update={
                "retry_wait": tier.retry_wait.model_copy(
                    update={"call": times(tier.retry_wait.call, k), "visit": times(tier.retry_wait.visit, k)}
                )
            }
        )
        for k, (name, tier) in zip((1.0, 1.7, 2.9, 5.0), tiers.items(), strict=True)
    }
    warning = tiny.warning.model_copy(update={"tiers": tiny.warning.tiers.model_copy(update=slower)})
    delays = service.delay_tables(tiny.model_copy(update={"warning": warning}))
    for (tier, name), channel, number in itertools.product(enumerate(Tier.labels()), (CALL, VISIT), (0, 1)):
        settings = getattr(slower[name].retry_wait, "call" if channel == CALL else "visit")
        waits = [service.retry_wait(SEED, alert, tier, channel, number, delays, 1) for alert in ALERTS[:2000]]
        assert lognormal(waits, settings.a, settings.b) > LIKELY
        assert lognormal(waits, settings.a * 1.25, settings.b) < 1e-4
    escalation = tiny.warning.escalation_delay
    waits = [service.escalation_wait(SEED, alert, tables.delays, 1) for alert in ALERTS[:2000]]
    assert lognormal(waits, escalation.a, escalation.b) > LIKELY
    coarse = [service.escalation_wait(SEED, alert, tables.delays, 30 * MINUTE) for alert in ALERTS[:2000]]
    # On a coarse clock a wait is at least a tick, else rounded half up.
    assert coarse == [max(1, math.floor(wait / (30 * MINUTE) + 0.5)) * 30 * MINUTE for wait in waits]


@pytest.mark.parametrize(
    ("channel", "right", "heard", "awareness"), [(CALL, True, 3, 0.0), (VISIT, False, 20, 0.3), (APP, True, 127, 0.0)]
)
def test_dissuasion(tiny: ScenarioModel, channel: int, right: bool, heard: int, awareness: float) -> None:
    settings = tiny.warning.dissuasion
    stop = (settings.stop.app, settings.stop.sms, settings.stop.call, settings.stop.visit)[channel]
    p = stop * settings.fatigue**heard * (1.0 if right else settings.wrong_class)
    p = 1.0 - (1.0 - p) * (1.0 - awareness * settings.awareness_bonus)
    table = service.dissuasion_tables(tiny)
    stops = sum(service.is_dissuaded(SEED, alert, channel, False, right, heard, awareness, table) for alert in ALERTS)
    assert share_fit(stops, COUNT, p) > LIKELY
    assert share_fit(stops, COUNT, p + 0.05) < 1e-6
    assert len(table.fatigue) == service.MOST_HEARD + 1


def test_whoever_a_weaker_warning_stops_a_stronger_one_stops_too(tiny: ScenarioModel) -> None:
    table = service.dissuasion_tables(tiny)
    for alert in ALERTS[:2000]:
        stopped = [service.is_dissuaded(SEED, alert, CALL, False, True, heard, 0.2, table) for heard in (9, 4, 1, 0)]
        assert stopped == sorted(stopped)
        assert service.is_dissuaded(SEED, alert, CALL, False, True, 0, 0.2, table) >= service.is_dissuaded(
            SEED, alert, CALL, False, False, 0, 0.2, table
        )
        assert service.is_dissuaded(SEED, alert, VISIT, False, True, 0, 0.2, table) >= service.is_dissuaded(
            SEED, alert, SMS, False, True, 0, 0.2, table
        )


def changed(**values: object) -> ScenarioModel:
    """Return ``tiny`` with changes (dotted keys)."""
    return sim.load_scenario("tiny", **values).spec


def test_ways_and_refusals_are_drawn_as_stated(tables: Tables) -> None:
    way = {"desks.visit.way": {"lognormal": {"median": "25 min", "sigma": 0.6}}}
    spec = changed(**{**way, "desks.visit.refused": 0.3})
    table = service.service_tables(spec)
    drawn = [service.outcome(SEED, alert, VISIT, 0, table, 1) for alert in ALERTS]
    met = sum(case > 0 for case, _ in drawn)
    assert share_fit(sum(case == service.REFUSED for case, _ in drawn), met, 0.3) > LIKELY
    assert share_fit(sum(case == service.REFUSED for case, _ in drawn), met, 0.35) < 1e-6
    assert [service.is_warned(case, VISIT) for case in range(3)] == [False, True, False]
    assert [service.is_warned(case, CALL) for case in range(3)] == [False, True, True]
    for number in (0, 17):
        ways = [service.way_of(SEED, alert, VISIT, number, table, 1) for alert in ALERTS]
        assert lognormal(ways, 25 * MINUTE, 0.6) > LIKELY
        assert lognormal(ways, 30 * MINUTE, 0.6) < 1e-4
        # A refusal takes as long as a visit that meets nobody; what is not the way is as without one.
        stays = [service.outcome(SEED, alert, VISIT, number, table, 1) for alert in ALERTS]
        before = [service.outcome(SEED, alert, VISIT, number, tables.service, 1) for alert in ALERTS]
        for away, (case, time), (case_before, time_before) in zip(ways, stays, before, strict=True):
            assert (case > 0) == (case_before > 0)
            assert case == service.REFUSED or time - away == time_before
        refused = [time - away for away, (case, time) in zip(ways, stays, strict=True) if case == service.REFUSED]
        assert lognormal(refused, spec.desks.visit.not_met.a, spec.desks.visit.not_met.b) > LIKELY
    assert {service.way_of(SEED, alert, CALL, 0, table, 1) for alert in ALERTS[:9]} == {0}
    assert {service.way_of(SEED, alert, VISIT, 0, tables.service, 1) for alert in ALERTS[:9]} == {0}


def test_families_and_second_visits_dissuade_as_stated() -> None:
    stop = {"warning.dissuasion.stop.visit": 0.6, "warning.dissuasion.stop.call": 0.6}
    table = service.dissuasion_tables(
        changed(**stop, **{"warning.dissuasion.family": {"share": 0.4, "bonus": 0.5}, "warning.dissuasion.again": 0.5})
    )

    def stops(channel: int, is_second: bool) -> list[bool]:
        return [service.is_dissuaded(SEED, alert, channel, is_second, True, 0, 0.0, table) for alert in ALERTS]

    # 0.6 of those whose family is not told, and 0.6 + 0.4 x 0.5 of the others; at a second visit 0.3, or 0.65.
    for channel, is_second, p in ((VISIT, False, 0.68), (VISIT, True, 0.44), (CALL, False, 0.6)):
        assert share_fit(sum(stops(channel, is_second)), COUNT, p) > LIKELY
        assert share_fit(sum(stops(channel, is_second)), COUNT, p - 0.05) < 1e-6
    # Resistance is drawn anew for a second visit; whoever a call stops, a visit with a family stops too.
    both = np.zeros((2, 2))
    for first, second in zip(stops(VISIT, False), stops(VISIT, True), strict=True):
        both[int(first), int(second)] += 1
    assert both.min() > 0.3 * COUNT * 0.32 * 0.44
    assert all(visit >= call for visit, call in zip(stops(VISIT, False), stops(CALL, False), strict=True))


def test_second_visits_wait_as_stated() -> None:
    delays = service.delay_tables(
        changed(**{"warning.tiers.orange.again": {"after": {"lognormal": {"median": "3 h", "sigma": 0.5}}}})
    )
    waits = [service.second_visit_wait(SEED, alert, Tier.ORANGE, delays, 1) for alert in ALERTS]
    assert lognormal(waits, 180 * MINUTE, 0.5) > LIKELY
    assert lognormal(waits, 200 * MINUTE, 0.5) < 1e-4
