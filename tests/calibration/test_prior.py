"""Priors: shapes of ranges, and orders that every draw keeps."""

import numpy as np
import pytest
from scipy import stats

import sim
from sim.calibration.prior import EDGE, Chain, Prior, PriorError, draw_errors
from sim.experiments.parameters import Parameter, free_parameters
from sim.scenario import ScenarioError
from sim.scenario.keys import UnknownKeyError
from sim.scenario.merging import FLAT, LOGIT_NORMAL, TRIANGULAR

Array = np.ndarray


def one(shape: str, start: float, low: float = 0.0, high: float = 1.0) -> Parameter:
    return Parameter("one", "assumed", low, high, start, float, shape=shape)


def drawn(parameter: Parameter, draws: int = 4000) -> Array:
    prior = Prior((parameter,))
    return prior.coordinates(prior.draw(3, draws))[:, 0]


@pytest.mark.parametrize("place", [0.02, 0.3, 0.5, 0.9])
def test_a_logit_normal_range_is_centred_on_its_value(place: float):
    log_odds = np.log(drawn(one(LOGIT_NORMAL, place)) / (1.0 - drawn(one(LOGIT_NORMAL, place))))
    assert stats.kstest(log_odds, "norm", args=(np.log(place / (1.0 - place)), 1.0)).pvalue > 1e-3


@pytest.mark.parametrize("place", [0.0, 0.25, 1.0])
def test_a_triangular_range_has_its_top_at_its_value(place: float):
    assert stats.kstest(drawn(one(TRIANGULAR, place)), stats.triang(place).cdf).pvalue > 1e-3


def test_a_flat_range_is_even_also_in_the_logarithm():
    assert stats.kstest(drawn(one(FLAT, 0.1)), "uniform").pvalue > 1e-3
    wide = one(FLAT, 1.0, low=0.1, high=100.0)
    numbers = [wide.unrounded(place) for place in drawn(wide)]
    assert stats.kstest(np.log10(numbers), stats.uniform(-1.0, 3.0).cdf).pvalue > 1e-3


@pytest.mark.parametrize(("shape", "start"), [(LOGIT_NORMAL, 0.02), (TRIANGULAR, 0.0), (TRIANGULAR, 1.0), (FLAT, 0.3)])
def test_a_coordinate_survives_its_normal_score(shape: str, start: float):
    prior, inside = Prior((one(shape, start),)), np.linspace(0.001, 0.985, 99)[:, None]
    assert prior.coordinates(prior.scores(inside)) == pytest.approx(inside, abs=1e-4)
    assert np.isfinite(prior.scores(np.array([[0.0], [1.0]]))).all()


def test_each_draw_has_its_own_identity():
    small, large = Prior((one(FLAT, 0.5),) * 6), Prior((one(FLAT, 0.5),) * 8)
    scores = small.draw(7, 400)
    assert stats.kstest(scores.ravel(), "norm").pvalue > 1e-3
    assert np.abs(np.corrcoef(scores, rowvar=False) - np.eye(6)).max() < 0.2
    # More members or parameters leave those that there are as they were; another seed does not.
    assert (large.draw(7, 500)[:400, :6] == scores).all()
    assert not (small.draw(8, 400) == scores).any()
    noise = draw_errors(7, 400, 6)
    assert stats.kstest(noise.ravel(), "norm").pvalue > 1e-3
    assert np.abs(np.corrcoef(scores[:, 0], noise[:, 0])[0, 1]) < 0.2


HOURS = Parameter("hours", "assumed", 1.0, 24.0, 10.0, float, "h", shape=LOGIT_NORMAL)
DAYS = Parameter("days", "assumed", 0.25, 3.0, 0.5, float, "d", shape=LOGIT_NORMAL)
LONG = Parameter("long", "assumed", 0.5, 30.0, 0.6, float, "d", shape=LOGIT_NORMAL)
ORDERED = Prior((HOURS, DAYS, LONG), (Chain((0, 1), (1.0, 24.0)), Chain((1, 2), (1.0, 1.0))))


def test_every_draw_keeps_the_orders_and_stays_in_its_ranges():
    coordinates = ORDERED.coordinates(ORDERED.draw(5, 500))
    numbers = np.array([[p.unrounded(x) for p, x in zip(ORDERED.parameters, row, strict=True)] for row in coordinates])
    hours, days, long = numbers.T
    assert (hours <= 24.0 * days * (1.0 + 1e-9)).all()
    assert (days <= long * (1.0 + 1e-9)).all()
    assert (coordinates >= EDGE).all()
    assert (coordinates <= 1.0 - EDGE).all()
    free = Prior(ORDERED.parameters)
    loose = free.draw(5, 500)
    kept = (ORDERED.draw(5, 500) == loose).all(axis=1)
    assert 0.3 < kept.mean() < 0.9  # those in order are left alone; the others are sorted
    assert (ORDERED.spread < 1.05).all()
    assert ORDERED.ordered(ORDERED.draw(5, 500)) == pytest.approx(ORDERED.draw(5, 500))


def test_sorting_equal_priors_gives_the_prior_given_the_order():
    pair = Prior((one(FLAT, 0.5), one(FLAT, 0.5)), (Chain((0, 1), (1.0, 1.0)),))
    low, high = pair.coordinates(pair.draw(5, 4000)).T
    assert stats.kstest(low, stats.beta(1, 2).cdf).pvalue > 1e-3
    assert stats.kstest(high, stats.beta(2, 1).cdf).pvalue > 1e-3


def constrained(small: sim.Scenario, *keys: str) -> sim.Scenario:
    return sim.scenario.changed(small, {"constraints": [{"order": list(keys), "basis": "a test"}]})


def test_a_scenario_states_orders(small: sim.Scenario):
    keys = ["fraud.volumes.call.level", "fraud.volumes.sms.level"]
    prior = Prior.of(constrained(small, *keys))
    assert prior.parameters == tuple(free_parameters(small))
    assert prior.chains == (Chain((0, 1), (1.0, 1.0)),)
    call, sms, *_ = prior.coordinates(prior.draw(1, 100)).T
    assert (call <= sms).all()
    assert (call == sms).sum() == 0


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (("fraud.volumes.call.level", "fraud.volume.call.level"), "fraud has no key 'volume'"),
        (("fraud.volumes.sms.level", "fraud.volumes.call.level"), "the value of fraud.volumes.sms.level is above"),
        (("fraud.volumes.call.level", "interception.call.d_prime"), "have no common unit"),
        (("measures.warning-central.coverage", "interception.call.d_prime"), None),
    ],
)
def test_an_order_that_cannot_be_kept_is_refused(small: sim.Scenario, keys: tuple[str, ...], message: str | None):
    wrong = constrained(small, *keys)
    assert Prior.of(constrained(small, keys[0], "desks.visit.staff")).chains == ()  # does not move here
    if message is None:
        assert len(Prior.of(wrong).chains) == 1
        return
    with pytest.raises((PriorError, UnknownKeyError), match=message):
        Prior.of(wrong)


def test_shapes_are_those_of_the_scenario(small: sim.Scenario):
    shapes = {p.key: p.shape for p in free_parameters(small)}
    assert shapes["interception.call.d_prime"] == LOGIT_NORMAL
    assert shapes["fraud.volumes.call.level"] == FLAT  # calibrated: the value comes from the data
    stated = {"value": 4.4, "origin": "assumed", "range": [4.1, 4.9], "shape": FLAT, "basis": "a test"}
    flat = sim.scenario.changed(small, {"interception.call.d_prime": stated})
    assert {p.key: p.shape for p in free_parameters(flat)}["interception.call.d_prime"] == FLAT
    assert flat.sources["interception.call.d_prime"].shape == FLAT
    del stated["range"]
    for wrong, said in ({**stated, "range": [4.1, 4.9], "shape": "round"}, "'round' is not"), (stated, "needs a range"):
        with pytest.raises(ScenarioError, match=said):
            sim.scenario.changed(small, {"interception.call.d_prime": wrong})
