"""Phone cards: nothing is lost, the occupancy formula, and the steady state that a constant load leads to."""

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

import sim
from sim.base.days import day_number
from sim.country.calendar import Measures
from sim.draws.distributions import ONE, distinct, fixed, threshold
from sim.scenario import ScenarioModel
from sim.scenario.schema.measures import CardPurge, ClusterCampaign, Law, RealName
from sim.shield.cards import CardLoad, CardStock, purge_share, replaced_share, replacement_days, step, thresholds

SPEC = sim.load_scenario("tiny").spec
CARDS = SPEC.cards.model_copy(update={"flag_share": 0.3, "idle_share": 0.4})
TODAY = day_number(SPEC.period.start)


@given(
    st.integers(0, 10**15),
    st.integers(0, 10**15),
    st.lists(st.tuples(st.floats(0, 1e7), st.floats(0, 1), st.floats(0.1, 400)), min_size=1, max_size=30),
)
def test_cards_move_and_are_never_lost(active: int, waiting: int, days: list[tuple[float, float, float]]) -> None:
    stock = CardStock([0, active], [0, waiting])
    total = active + waiting
    for intercepted, purge, delay in days:
        before = stock.active[1], stock.waiting[1]
        moved = step(stock, 1, CARDS, intercepted, purge, replaced_share(np.array([delay]))[0])
        assert stock.active[1] + stock.waiting[1] == total
        assert stock.active[1] >= 0
        assert stock.waiting[1] >= 0
        assert 0 <= moved.flagged + moved.purged <= before[0]
        assert 0 <= moved.replaced <= before[1]
        assert stock.active[1] == before[0] - moved.flagged - moved.purged + moved.replaced
    assert stock.active[0] == stock.waiting[0] == 0


def test_flags_fall_on_cards_as_balls_into_bins() -> None:
    rng = np.random.default_rng(1)
    for bins, balls in ((50, 10), (50, 50), (200, 900)):
        hit = [len(np.unique(rng.integers(0, bins, rng.poisson(balls)))) for _ in range(3000)]
        # With a Poisson number of balls each bin is hit with probability 1 - exp(-balls / bins).
        error = np.std(hit) / math.sqrt(len(hit))
        assert abs(np.mean(hit) - distinct(float(balls), float(bins))) < 4 * error
        assert abs(np.mean(hit) - min(balls, bins)) > 10 * error


@pytest.mark.parametrize(("intercepted", "purge", "delay"), [(300.0, 0.0, 20.0), (5.0, 0.02, 60.0), (2e4, 0.1, 7.0)])
def test_a_constant_load_leads_to_the_steady_state(intercepted: float, purge: float, delay: float) -> None:
    total = 240.0
    stock = CardStock([fixed(total)], [0])
    for _ in range(3000):
        moved = step(stock, 0, CARDS, intercepted, purge, replaced_share(np.array([delay]))[0])

    def gain(active: float) -> float:
        flagged = active * (1.0 - math.exp(-intercepted * CARDS.flag_share / active))
        purged = (active - flagged) * CARDS.idle_share * purge
        return (total - active) * (1.0 - math.exp(-1.0 / delay)) - flagged - purged

    active = optimize.brentq(gain, 1e-9, total)
    assert stock.active[0] / ONE == pytest.approx(active, rel=1e-6)
    assert stock.dead_share(0) == pytest.approx(1.0 - active / total, rel=1e-6)
    # What is taken is what is replaced, but for the rounding of the stock.
    assert abs(moved.flagged + moved.purged - moved.replaced) <= 2


def test_replacement_is_lengthened_by_registration_and_campaigns() -> None:
    longer = {
        "a": RealName.model_validate({"kind": "real_name", "window": ["2020-01-01", None], "replacement_factor": 1.5}),
        "b": ClusterCampaign.model_validate(
            {
                "kind": "cluster_campaign",
                "window": ["2020-01-01", "2023-01-01"],
                "provinces": [44, 65],
                "count": 1,
                "arrests": 1,
                "replacement_factor": 2.0,
            }
        ),
        "c": Law.model_validate(
            {
                "kind": "law",
                "window": ["2020-01-01", None],
                "provinces": [65],
                "deterrence": 0.0,
                "replacement_factor": 5.0,
                "data_sharing": 0.0,
                "ramp": {"midpoint": SPEC.period.start.isoformat(), "width": "10 d"},
            }
        ),
    }
    days = CARDS.replacement / 86_400_000
    assert replacement_days(CARDS, Measures({}), (TODAY,), 44)[0] == pytest.approx(days)
    # Halfway up its ramp the law lengthens by half of what it will.
    for code, factor in ((11, 1.5), (44, 3.0), (65, 9.0)):
        assert replacement_days(CARDS, Measures(dict(longer)), (TODAY,), code)[0] == pytest.approx(factor * days)
    purges = {
        name: CardPurge.model_validate(
            {"kind": "card_purge", "window": ["2020-01-01", None], "intensity": share, "provinces": places}
        )
        for name, share, places in (("a", 0.2, None), ("b", 0.5, [44]))
    }
    days = (TODAY, day_number(dt.date(2019, 12, 31)))
    assert purge_share(Measures(dict(purges)), days, 44) == pytest.approx([0.6, 0.0])
    assert purge_share(Measures(dict(purges)), days, 11) == pytest.approx([0.2, 0.0])


def test_the_heaviest_load_is_that_of_a_province_and_month() -> None:
    load = CardLoad(2)
    stock = CardStock([fixed(10.0), fixed(4.0)], [0, fixed(100.0)])
    for attempts in ((30, 20), (10, 0)):
        load.add_day(np.array(attempts), stock)
    # Nothing is said before a month is over; then 40 attempts for 20 days of a card, and 20 for 8.
    assert load.heaviest == 0.0
    load.close_month()
    assert load.heaviest == pytest.approx(2.5)
    load.add_day(np.array([0, 9]), stock)
    load.close_month()
    assert load.heaviest == pytest.approx(2.5)
    # A province without cards has no load, whatever came from those it had.
    load.add_day(np.array([7, 11]), CardStock([0, fixed(4.0)], [0, 0]))
    load.close_month()
    assert load.heaviest == pytest.approx(2.75)
    without = CardLoad(1)
    without.add_day(np.array([7]), CardStock([0], [0]))
    without.close_month()
    assert without.heaviest == 0.0


def test_the_gate_stops_the_share_that_waits(tiny: ScenarioModel) -> None:
    stock = CardStock.start(tiny)
    assert [cards / ONE for cards in stock.active] == pytest.approx([120.0, 240.0, 60.0])
    # A scale thins the cards themselves, not the rounded numbers of people.
    thinned = CardStock.start(tiny.model_copy(update={"scale": 1.23e-5}))
    assert thinned.active == [fixed(cards * 1.23e-5) for cards in (120.0, 240.0, 60.0)]
    stock.active[1], stock.waiting[1] = stock.active[1] // 4, stock.active[1] - stock.active[1] // 4
    assert thresholds(stock, tiny.cards, 3).tolist() == [0, threshold(0.75), 0]
    given_share = tiny.cards.model_copy(update={"fixed_dead_share": 0.3})
    assert thresholds(stock, given_share, 3).tolist() == [threshold(0.3)] * 3
