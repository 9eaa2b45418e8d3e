"""Stages of an episode: when they come, who drops out before them, and how a loss is paid."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.base.words import DistributionKind, OriginKind, Stage
from sim.draws.identity import origin_id
from sim.episode import EpisodeTables, episode_tables, next_stage, paid_before, payable, scheduled, would_pay
from sim.scenario import ScenarioModel
from sim.scenario.schema.fraud import CommonFactors, LossTail
from tests.chi_square import LIKELY, fit, share_fit

SEED = 5
COUNT = 4000
ATTEMPTS = [origin_id(int(OriginKind.ATTEMPT), 8000, 3, 1, 0, index) for index in range(COUNT)]
MINUTE = 60_000
FIRST = int(Stage.FIRST_PAYMENT)
STEPS = {"engaged": 1, "opened": 2, "first_payment": 3, "later_payment": 6}
"""By step, a stage that it stands for; the last one for every payment but the first."""

TOTALS = st.integers(1, 10**12)
PAYMENTS = st.integers(1, 8)
GROWTH = st.floats(0.05, 20.0)


@pytest.fixture(scope="module")
def tables(tiny: ScenarioModel) -> EpisodeTables:
    return episode_tables(tiny)


def test_common_factors_scale_all_durations_and_odds(tiny: ScenarioModel, tables: EpisodeTables) -> None:
    both = tiny.fraud.model_copy(update={"episode": CommonFactors(delay_factor=2.0, dropout_odds=0.5)})
    scaled = episode_tables(tiny.model_copy(update={"fraud": both}))
    assert np.array_equal(scaled.delay_a, 2.0 * tables.delay_a)
    assert np.array_equal(scaled.delay_b, tables.delay_b)
    old, new = tables.dropout / 2**32, scaled.dropout / 2**32
    assert new / (1.0 - new) == pytest.approx(0.5 * old / (1.0 - old), rel=1e-6)


def expected_payments(tables: EpisodeTables, attempt: int, stage: int, payments: int, kind: int) -> int:
    """Return how many payments an unwarned person comes to, stage by stage as an engine walks."""
    for later in range(stage, FIRST + payments):
        _, drops_out, _ = next_stage(SEED, attempt, later, kind, tables, 1)
        if drops_out:
            return max(0, later - FIRST)
    return payments


@pytest.mark.parametrize("step", STEPS)
def test_delays_and_dropping_out_are_those_of_the_type_and_step(
    tiny: ScenarioModel, tables: EpisodeTables, step: str
) -> None:
    for kind, settings_ in enumerate(tiny.fraud.types.values()):
        drawn = [next_stage(SEED, attempt, STEPS[step], kind, tables, 1) for attempt in ATTEMPTS]
        delay = getattr(settings_.delays, step)
        assert delay.kind == DistributionKind.LOGNORMAL
        scores = np.log(np.array([ms for ms, _, _ in drawn]) / delay.a) / delay.b
        assert stats.kstest(scores, "norm").pvalue > LIKELY
        assert stats.kstest(scores + 0.15, "norm").pvalue < 1e-4
        dropped = [drops_out for _, drops_out, _ in drawn]
        assert share_fit(sum(dropped), COUNT, getattr(settings_.dropout, step)) > LIKELY
        assert share_fit(sum(dropped), COUNT, getattr(settings_.dropout, step) + 0.05) < 1e-4
        # Whether people drop out has nothing to do with how long they took.
        late = scores > np.median(scores)
        assert share_fit(int(np.array(dropped)[late].sum()), int(late.sum()), sum(dropped) / COUNT) > LIKELY


def test_every_payment_but_the_first_has_the_delays_of_later_ones_and_draws_of_its_own(tables: EpisodeTables) -> None:
    later = tables._replace(delay_a=tables.delay_a * np.array([1.0, 1.0, 1.0, 1000.0]))
    for stage in range(1, FIRST + 8):
        plain = [next_stage(SEED, attempt, stage, 0, tables, 1)[0] for attempt in ATTEMPTS[:50]]
        slow = [next_stage(SEED, attempt, stage, 0, later, 1)[0] for attempt in ATTEMPTS[:50]]
        factor = 1000.0 if stage > FIRST else 1.0
        assert np.allclose(slow, np.array(plain) * factor, rtol=1e-3, atol=factor)
    delays = [[next_stage(SEED, attempt, stage, 0, tables, 1)[0] for attempt in ATTEMPTS[:500]] for stage in (4, 5)]
    assert stats.spearmanr(*delays).pvalue > LIKELY


def test_delays_are_whole_ticks_and_one_at_least(tables: EpisodeTables) -> None:
    quick = tables._replace(delay_a=tables.delay_a * 1e-9)
    for attempt in ATTEMPTS[:200]:
        fine, coarse = (next_stage(SEED, attempt, 2, 0, tables, clock)[0] for clock in (1, MINUTE))
        assert coarse % MINUTE == 0
        assert coarse == max(MINUTE, coarse)
        assert abs(coarse - fine) <= MINUTE // 2 or (fine < MINUTE // 2 and coarse == MINUTE)
        assert next_stage(SEED, attempt, 2, 0, quick, MINUTE)[0] == MINUTE


def test_totals_and_numbers_of_payments_follow_the_scenario(tiny: ScenarioModel, tables: EpisodeTables) -> None:
    for kind, settings_ in enumerate(tiny.fraud.types.values()):
        drawn = [scheduled(SEED, attempt, kind, 1.0, tables) for attempt in ATTEMPTS]
        lost = np.array([total for _, total in drawn]) / 100
        scores = np.log(lost / settings_.loss.median) / settings_.loss.sigma
        assert stats.kstest(scores, "norm").pvalue > LIKELY
        weights = np.array(settings_.payments)
        numbers = np.bincount([number for number, _ in drawn], minlength=len(weights) + 1)
        assert numbers[0] == 0
        assert len(numbers) == len(weights) + 1
        assert fit(numbers[1:], COUNT * weights / weights.sum()) > LIKELY


def test_some_losses_are_of_the_tail_and_all_others_stay_as_they_were(
    tiny: ScenarioModel, tables: EpisodeTables
) -> None:
    name, kind = next(iter(tiny.fraud.types.items()))
    tail = LossTail(share=0.25, median=1e9, sigma=0.5)
    types = {name: kind.model_copy(update={"loss": kind.loss.model_copy(update={"tail": tail})})}
    fraud = tiny.fraud.model_copy(update={"types": {**tiny.fraud.types, **types}})
    with_tail = episode_tables(tiny.model_copy(update={"fraud": fraud}))
    pairs = [[scheduled(SEED, attempt, 0, 1.0, one) for one in (tables, with_tail)] for attempt in ATTEMPTS]
    assert all(before[0] == after[0] for before, after in pairs)
    rare = [after[1] for before, after in pairs if before != after]
    assert share_fit(len(rare), COUNT, 0.25) > LIKELY
    assert stats.kstest(np.log(np.array(rare) / 100 / tail.median) / tail.sigma, "norm").pvalue > LIKELY
    others = [scheduled(SEED, attempt, 1, 1.0, tables) for attempt in ATTEMPTS[:500]]
    assert others == [scheduled(SEED, attempt, 1, 1.0, with_tail) for attempt in ATTEMPTS[:500]]


def test_losses_grow_with_their_factor_and_nothing_else_moves(tables: EpisodeTables) -> None:
    for attempt in ATTEMPTS[:300]:
        (few, less), (many, more) = (scheduled(SEED, attempt, 0, factor, tables) for factor in (1.0, 1.5))
        assert few == many
        assert abs(more - 1.5 * less) <= 2
        # A loss is a cent at least; none is cut, as the schema refuses what would be too large.
        assert scheduled(SEED, attempt, 0, 1e-12, tables)[1] == 1


@given(TOTALS, PAYMENTS, GROWTH)
@settings(max_examples=300, deadline=None)
def test_payments_rise_by_their_growth_and_add_up_to_the_total(total: int, payments: int, growth: float) -> None:
    before = [paid_before(total, k, payments, growth) for k in range(payments + 1)]
    assert before[0] == 0
    assert before[-1] == total
    assert before == sorted(before)
    assert paid_before(total, payments + 3, payments, growth) == total
    # Each cumulative sum is the exact one rounded down, but for what floating point loses.
    sizes = [Fraction(growth) ** k for k in range(payments)]
    for k, exact in enumerate(itertools.accumulate(sizes, initial=Fraction(0))):
        assert abs(before[k] - exact / sum(sizes) * total) <= 1 + Fraction(total, 10**13)


@pytest.mark.parametrize("payments", [1, 3, 8])
def test_what_would_have_been_paid_is_what_an_unwarned_person_comes_to(tables: EpisodeTables, payments: int) -> None:
    often = tables._replace(dropout=np.full_like(tables.dropout, 1 << 29))
    seen = set()
    for attempt, stage in itertools.product(ATTEMPTS[:200], range(1, FIRST + payments + 1)):
        found = payable(SEED, attempt, stage, payments, 0, often)
        assert found == expected_payments(often, attempt, stage, payments, 0)
        assert max(0, stage - FIRST) <= found <= payments
        seen.add(found)
    assert seen == set(range(payments + 1))


def test_whoever_would_pay_comes_to_the_first_payment_and_is_not_held(tables: EpisodeTables) -> None:
    held = 1 << 30  # a quarter
    found = set()
    for attempt in ATTEMPTS[:200]:
        payments, _ = scheduled(SEED, attempt, 0, 1.0, tables)
        steps = [next_stage(SEED, attempt, stage, 0, tables, 1) for stage in range(1, FIRST + 1)]
        pays = not any(drops_out for _, drops_out, _ in steps) and steps[-1][2] >= held
        assert would_pay(SEED, attempt, payable(SEED, attempt, 1, payments, 0, tables), held) == pays
        found.add((any(drops_out for _, drops_out, _ in steps), steps[-1][2] < held))
    assert len(found) == 4
