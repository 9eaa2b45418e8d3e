"""What becomes of an alert on its way to a person: chain, delivery, reading, tries, dissuasion."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from sim.base.words import ContactChannel, OriginKind, Tier
from sim.draws.identity import alert_id, origin_id
from sim.engines.tables import Tables
from sim.scenario import ScenarioModel
from sim.scenario.distributions import Distribution
from sim.warning.delays import chain_delay, delay_tables, escalation_wait, reading, retry_wait
from sim.warning.dissuasion import MOST_HEARD, dissuasion_tables, is_dissuaded
from sim.warning.service import outcome
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
    drawn = [reading(SEED, alert, channel, tables.delays, 1) for alert in ALERTS]
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


def test_app_and_sms_are_drawn_apart(tables: Tables) -> None:
    both = np.zeros((2, 2))
    for alert in ALERTS:
        read = [reading(SEED, alert, channel, tables.delays, 1)[1] >= 0 for channel in (APP, SMS)]
        both[int(read[0]), int(read[1])] += 1
    assert stats.chi2_contingency(both).pvalue > LIKELY


@pytest.mark.parametrize("detector", [0, 1])
def test_the_chain_adds_a_delay_a_hop(tiny: ScenarioModel, tables: Tables, detector: int) -> None:
    hop = tiny.warning.hop_delay
    hops = (tiny.warning.detectors.central.hops, tiny.warning.detectors.local.hops)[detector]
    drawn = np.array([chain_delay(SEED, alert | (detector << 4), detector, tables.delays, 1) for alert in ALERTS])
    mean = hop.a * math.exp(hop.b**2 / 2)
    spread = mean * math.sqrt(math.exp(hop.b**2) - 1)
    assert abs(drawn.mean() - hops * mean) < 4 * spread * math.sqrt(hops / COUNT)
    assert abs(drawn.mean() - (hops + 1) * mean) > 20 * spread * math.sqrt(hops / COUNT)
    # The variance is that of a sum of independent hops: of one hop drawn over and over it would be hops times as high.
    assert drawn.var() == pytest.approx(hops * spread**2, rel=0.2)


def test_tries_come_to_what_the_desks_know(tiny: ScenarioModel, tables: Tables) -> None:
    call, visit = tiny.desks.call, tiny.desks.visit
    drawn = [outcome(SEED, alert, CALL, 0, tables.service, 1) for alert in ALERTS]
    assert share_fit(sum(success for success, _ in drawn), COUNT, call.answered) > LIKELY
    failed = [time for success, time in drawn if not success]
    assert lognormal(failed, call.no_answer.a, call.no_answer.b) > LIKELY

    def spoken_below(limit: float) -> float:
        short, hard = (stats.norm.cdf(math.log(limit / kind.a) / kind.b) for kind in (call.short, call.hard))
        return float(call.hard_share * hard + (1 - call.hard_share) * short)

    spoken = [time for success, time in drawn if success]
    for limit in (2 * MINUTE, 4 * MINUTE, 8 * MINUTE, 15 * MINUTE):
        assert share_fit(sum(time < limit for time in spoken), len(spoken), spoken_below(limit)) > LIKELY
    met = [outcome(SEED, alert, VISIT, 0, tables.service, 1) for alert in ALERTS]
    assert share_fit(sum(success for success, _ in met), COUNT, visit.met) > LIKELY
    assert lognormal([time for success, time in met if success], visit.visit.a, visit.visit.b) > LIKELY
    assert lognormal([time for success, time in met if not success], visit.not_met.a, visit.not_met.b) > LIKELY


def test_tries_of_one_alert_are_independent(tables: Tables) -> None:
    both = np.zeros((2, 2))
    for alert in ALERTS:
        first, second = (outcome(SEED, alert, CALL, number, tables.service, 1)[0] for number in (0, 1))
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
    delays = delay_tables(tiny.model_copy(update={"warning": warning}))
    for (tier, name), channel, number in itertools.product(enumerate(Tier.labels()), (CALL, VISIT), (0, 1)):
        settings = getattr(slower[name].retry_wait, "call" if channel == CALL else "visit")
        waits = [retry_wait(SEED, alert, tier, channel, number, delays, 1) for alert in ALERTS[:2000]]
        assert lognormal(waits, settings.a, settings.b) > LIKELY
        assert lognormal(waits, settings.a * 1.25, settings.b) < 1e-4
    escalation = tiny.warning.escalation_delay
    waits = [escalation_wait(SEED, alert, tables.delays, 1) for alert in ALERTS[:2000]]
    assert lognormal(waits, escalation.a, escalation.b) > LIKELY
    coarse = [escalation_wait(SEED, alert, tables.delays, 30 * MINUTE) for alert in ALERTS[:2000]]
    # On a coarse clock a wait is at least a tick, else rounded half up.
    assert coarse == [max(1, math.floor(wait / (30 * MINUTE) + 0.5)) * 30 * MINUTE for wait in waits]


@pytest.mark.parametrize(
    ("channel", "right", "heard", "awareness"),
    [
        (SMS, True, 0, 0.0),
        (CALL, True, 3, 0.0),
        (CALL, False, 0, 0.5),
        (VISIT, False, 20, 0.3),
        (APP, True, 127, 0.0),
    ],
)
def test_dissuasion(tiny: ScenarioModel, channel: int, right: bool, heard: int, awareness: float) -> None:
    settings = tiny.warning.dissuasion
    stop = (settings.stop.app, settings.stop.sms, settings.stop.call, settings.stop.visit)[channel]
    p = stop * settings.fatigue**heard * (1.0 if right else settings.wrong_class)
    p = 1.0 - (1.0 - p) * (1.0 - awareness * settings.awareness_bonus)
    table = dissuasion_tables(tiny)
    stops = sum(is_dissuaded(SEED, alert, channel, right, heard, awareness, table) for alert in ALERTS)
    assert share_fit(stops, COUNT, p) > LIKELY
    assert share_fit(stops, COUNT, p + 0.05) < 1e-6
    assert len(table.fatigue) == MOST_HEARD + 1


def test_whoever_a_weaker_warning_stops_a_stronger_one_stops_too(tiny: ScenarioModel) -> None:
    table = dissuasion_tables(tiny)
    for alert in ALERTS[:2000]:
        stopped = [is_dissuaded(SEED, alert, CALL, True, heard, 0.2, table) for heard in (9, 4, 1, 0)]
        assert stopped == sorted(stopped)
        assert is_dissuaded(SEED, alert, CALL, True, 0, 0.2, table) >= is_dissuaded(
            SEED, alert, CALL, False, 0, 0.2, table
        )
        assert is_dissuaded(SEED, alert, VISIT, True, 0, 0.2, table) >= is_dissuaded(
            SEED, alert, SMS, True, 0, 0.2, table
        )
