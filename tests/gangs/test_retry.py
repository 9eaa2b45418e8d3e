"""Retries: the expected attempts are the sum of a geometric series, and first attempts bear the yield."""

import numpy as np
import pytest

from sim.base.words import Fate
from sim.draws.distributions import CERTAIN, threshold
from sim.gangs.retry import sent
from sim.scenario.schema.fraud import Retry
from tests.midnight.test_gangs import answering, night_of, nothing, scenario

TYPES = 2
STATED = np.array([[[100.0, 50.0], [20.0, 10.0], [7.0, 3.0]], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]])


def caught(*shares: float) -> np.ndarray:
    """Return the thresholds of a filter of calls and one of SMS that stop these shares, for two provinces."""
    return np.array([[[threshold(share)] * TYPES for share in shares]] * 2)


def test_without_retries_attempts_are_as_stated() -> None:
    assert sent(None, STATED, caught(0.7, 0.5)) is STATED
    assert (sent(Retry(), STATED, caught(0.7, 0.5)) == STATED).all()


@pytest.mark.parametrize("recall", [0.0, 0.3, 0.7, 1.0])
def test_what_is_stopped_is_sent_again_and_again(recall: float) -> None:
    retry = Retry.model_validate({"sms": {"share": 0.9, "usual": 0.6}})
    found = sent(retry, STATED, caught(0.99, recall))
    first = STATED[:, 1] * (1 - 0.9 * 0.6)  # the stated attempts include those sent again at the usual share
    tries = [first * (0.9 * recall) ** number for number in range(400)]
    assert found[:, 1] == pytest.approx(sum(tries), rel=1e-9)
    assert (found[:, [0, 2]] == STATED[:, [0, 2]]).all()


def test_at_the_usual_share_attempts_are_as_stated() -> None:
    retry = Retry.model_validate({"call": {"share": 0.8, "usual": 0.5}, "sms": {"share": 0.9, "usual": 0.25}})
    assert sent(retry, STATED, caught(0.5, 0.25)) == pytest.approx(STATED, rel=1e-12)


def test_midnights_send_again_what_the_filters_of_the_day_stop_in_each_province() -> None:
    values = {
        "measures.better": {"kind": "filter", "channel": "call", "intensity": 1.0, "window": ["2022-01-01", None],
                            "provinces": [44]},
        "fraud.retry": {"call": {"share": 0.9, "usual": 0.4}},
    }  # fmt: skip
    night, _, first = night_of(scenario(**values))
    night(first, nothing())
    opening = night.opening
    recall = night.today.stops[Fate.INTERCEPTED, :, 0] / CERTAIN
    assert len(np.unique(recall)) > 1
    expected = opening.first[:, 0] * (1 - 0.9 * 0.4) / (1 - 0.9 * recall)
    assert opening.rates[:, 0] == pytest.approx(expected, rel=1e-12)
    assert (opening.rates[:, 1:] == opening.first[:, 1:]).all()


def test_gangs_learn_the_yield_of_first_attempts() -> None:
    both = []
    for share in (0.0, 0.9):
        values = {"fraud.retry": {"call": {"share": share, "usual": 0.0}}, "gangs": answering()}
        night, _, first = night_of(scenario(**values))
        night(first, nothing())
        both.append((night.gangs.passing, night.today.stops[Fate.INTERCEPTED, :, 0] / CERTAIN))
    (without, _), (with_retries, recall) = both
    assert with_retries[1:] == pytest.approx(without[1:])
    assert (with_retries[0] >= without[0] / (1 - 0.9 * recall.min(axis=0)) * (1 - 1e-9)).all()
    assert (with_retries[0] > without[0] * 1.05).all()


def test_a_better_filter_spares_fewer_where_gangs_try_again() -> None:
    spared = []
    for retry in (None, Retry.model_validate({"sms": {"share": 0.9, "usual": 0.5}})):
        worse, better = (sent(retry, STATED, caught(0.0, recall))[:, 1].sum() * (1 - recall) for recall in (0.5, 0.8))
        spared.append(1 - better / worse)
    assert spared == pytest.approx([1 - 0.2 / 0.5, 1 - (0.2 / 0.28) / (0.5 / 0.55)], rel=1e-6)
