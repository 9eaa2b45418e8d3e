"""Transfers that wait: whom a measure delays, and shares of those who cancel against theory."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import sim
from sim.base.days import HOUR_MS
from sim.draws.distributions import CERTAIN
from sim.episode import WaitTables, wait_tables, waits

SEED = 11
ATTEMPTS = range(1 << 24, (1 << 24) + (20_000 << 5), 1 << 5)
CLOCK = 1000
WINDOW = ["2022-01-01", None]
HALF_LIFE = 48
WAITS = (6, 48)
CALL = {"share": 0.3, "after": {"exponential": {"mean": "10 h"}}, "stops": 0.4}
RELEASE = {"share": 0.2, "after": {"exponential": {"mean": "8 h"}}}


def tables(*measures: dict[str, Any]) -> WaitTables:
    """Return the tables of ``tiny`` with these measures, which have names in their order."""
    named = {
        f"measures.m{at}": {"kind": "payment_delay", "window": WINDOW, "intensity": 1, **one}
        for at, one in enumerate(measures)
    }
    return wait_tables(sim.load_scenario("tiny", clock="1 s", **named).spec)


def ends(
    found: WaitTables, payment: int = 0, cents: int = 10**7, age: int = 40, share: float = 1.0
) -> list[tuple[int, bool]]:
    """Return what becomes of the transfers of all ``ATTEMPTS``."""
    delayed = np.full(len(found.rules), round(share * CERTAIN), dtype=np.int64)
    return [waits(SEED, attempt, payment, cents, age, delayed, found, CLOCK) for attempt in ATTEMPTS]


def near(found: float, expected: float) -> None:
    """Demand that a share of ``ATTEMPTS`` is within four standard errors of the expected one."""
    assert found == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / len(ATTEMPTS)))


@pytest.mark.parametrize("hours", WAITS)
def test_half_of_those_who_wait_a_half_life_have_thought_again(hours: int) -> None:
    found = ends(tables({"wait": f"{hours} h", "second_thoughts": f"{HALF_LIFE} h"}))
    near(np.mean([cancels for _, cancels in found]), 1 - 2 ** (-hours / HALF_LIFE))
    assert {ms for ms, cancels in found if not cancels} == {hours * HOUR_MS}
    assert all(0 < ms < hours * HOUR_MS for ms, cancels in found if cancels)


def test_calls_stop_and_releases_end_a_wait_in_time() -> None:
    found = ends(tables({"wait": "24 h", "bank_call": CALL}))
    near(np.mean([cancels for _, cancels in found]), 0.3 * 0.4 * (1 - math.exp(-24 / 10)))
    found = ends(tables({"wait": "24 h", "release": RELEASE}))
    near(np.mean([ms < 24 * HOUR_MS for ms, _ in found]), 0.2 * (1 - math.exp(-24 / 8)))
    assert not any(cancels for _, cancels in found)


def test_a_longer_wait_cancels_whatever_a_shorter_one_does_and_pays_no_earlier() -> None:
    own = {"second_thoughts": f"{HALF_LIFE} h", "bank_call": CALL, "release": RELEASE}
    by_wait = [ends(tables({"wait": f"{hours} h", **own})) for hours in WAITS]
    for shorter, longer in pairwise(by_wait):
        for (ms, cancels), (later, also) in zip(shorter, longer, strict=True):
            # Whoever would have paid does so no earlier, and cancels no earlier than that.
            assert (later, also) == (ms, True) if cancels else later >= ms


def test_who_is_delayed() -> None:
    some = {"wait": "1 h", "above": 500, "payee": "new", "ages": [40, 59]}
    found = tables(some)
    hour = (HOUR_MS, False)
    assert set(ends(found, cents=50_001)) == {hour}
    assert set(ends(found, cents=50_001, age=59)) == {hour}
    at_once = {(0, False)}
    assert set(ends(found, cents=50_000)) == at_once
    assert set(ends(found, payment=1)) == at_once
    assert set(ends(found, age=39)) == set(ends(found, age=60)) == at_once
    assert set(ends(tables({**some, "wait": "0 h", "second_thoughts": "1 s"}))) == at_once
    assert set(ends(found, share=0.0)) == at_once
    assert set(ends(tables({**some, "payee": "any"}), payment=1)) == {hour}
    near(np.mean([ms > 0 for ms, _ in ends(found, share=0.3)]), 0.3)


def test_of_several_measures_the_last_releases_and_the_first_cancels_in_any_order() -> None:
    one = {"wait": "6 h", "second_thoughts": "10 h"}
    other = {"wait": "24 h", "bank_call": CALL, "release": RELEASE}
    both, turned = ends(tables(one, other)), ends(tables(other, one))
    assert both == turned
    for (ms, cancels), first, second in zip(both, ends(tables(one)), ends(tables(other)), strict=True):
        paid = max(until for until, early in (first, second) if not early) if not (first[1] or second[1]) else None
        if paid is not None and not cancels:
            assert ms == paid
        elif first[1] or second[1]:
            assert cancels
            assert ms <= min(until for until, early in (first, second) if early)
