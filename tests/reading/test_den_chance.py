"""Chance in which dens are raided: what is worked out from one run, against theory and against dens simulated here."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.reading.intervals import SAVED_SHARE, STOPPED_SHARE, DenChance, DenDays, den_chance, of_dens
from sim.scenario import load_scenario
from sim.store.columns import DenSlots, Scope
from tests.slots import CREWS, TINY, WITH
from tests.synthetic import SCOPE

EACH = 10**6
"""Parts of one in which levels of the state are."""


def told(
    dens: DenSlots | None,
    raids: Sequence[int],
    openings: Sequence[int],
    raided: Sequence[int],
    crews: Sequence[float] | None = None,
    warmup: int = 0,
) -> DenChance | None:
    """Return what is read of the series of a run; without crews they are full."""
    scope = replace(SCOPE, first_day=1, last_day=len(raids), warmup_days=warmup, dens=dens)
    series: dict[tuple[str | int | None, ...], NDArray[np.int64]] = {
        ("flows", "dens_destroyed", "count"): np.array(raids),
        ("flows", "dens_reopened", "count"): np.array(openings),
        ("state", "dens_raided", "value"): np.array(raided) * EACH,
    }
    if crews is not None:
        series["state", "crews", "value"] = np.rint(np.array(crews) * EACH).astype(np.int64)
    return den_chance(DenDays(scope, series))


def relative(
    dens: DenSlots,
    raids: Sequence[int],
    openings: Sequence[int],
    raided: Sequence[int],
    crews: Sequence[float] | None = None,
    warmup: int = 0,
    days: Sequence[float] | None = None,
) -> tuple[float, float]:
    """Return the relative variances of what dens at work do, and of its share in what all crews would do.

    ``days`` are what a full crew does on each day, by default the same on all.
    """
    found = told(dens, raids, openings, raided, crews, warmup)
    assert found is not None
    each = np.ones(len(raids)) if days is None else np.array(days)
    made = each * (np.ones(len(raids)) if crews is None else np.array(crews))
    work = made * (1 - np.array(raided) / dens.slots)
    share = work.sum() / made.sum()
    return (
        float(found.variance(work.tolist())) / work.sum() ** 2,
        float(found.variance(work.tolist(), (-share * made).tolist())) / work.sum() ** 2,
    )


@pytest.mark.parametrize("days", [14, 100, 1000])
def test_slots_that_close_and_open_spread_as_theory_says(days: int) -> None:
    # In a steady state a share p is closed, and what is closed now is so later by exp(-rate x time): the mean of a
    # slot over T days varies by 2 p (1 - p) / (rate T) less what T is too short for.
    slots, hazard, opening = 4000, 0.01, 0.04
    rate = hazard + opening
    closed = hazard / rate
    events = round(slots * closed * opening)
    of_slot = 2 * closed * (1 - closed) / (rate * days) * (1 - (1 - math.exp(-rate * days)) / (rate * days))
    # A long warm-up is as good as a steady state.
    series = [events] * days, [events] * days, [round(slots * closed)] * days
    work, share = relative(DenSlots(slots, 0.0), *series, warmup=400)
    assert math.sqrt(work) == pytest.approx(math.sqrt(of_slot / slots) / (1 - closed), rel=0.05)
    assert share == pytest.approx(work)  # full crews: what dens do not do is what the gate stops
    found = told(DenSlots(slots, 0.0), *series)
    assert found is not None
    assert found.events == 2 * events * days


Simulated = tuple[list[tuple[float, float]], list[float], list[float]]


def simulated(dens: DenSlots, hazard: float, opening: float, start: float, arrests: float, days: int) -> Simulated:
    """Simulate slots in many runs.

    Args:
        dens: The slots.
        hazard: Probability of a raid a day at work.
        opening: Probability of opening a day closed.
        start: Crews at first.
        arrests: Members arrested a day over all crews at work, by the members of all full crews.
        days: The days of the period; 60 of warm-up come before.

    Returns:
        The relative variances that follow from some runs; the logarithms of work, and of its share, in all.
    """
    draws, runs, warmup = np.random.default_rng(6), 160, 60
    weight = np.exp(dens.weight_sigma * draws.normal(size=(runs, dens.slots)))
    weight /= weight.sum(axis=1, keepdims=True)
    crew = np.full(weight.shape, start)
    works = np.ones(weight.shape, dtype=bool)
    growth = math.exp(dens.recruiting)
    raids, openings, raided, crews, work = [], [], [], [], []
    for _ in range(warmup + days):
        uniform = draws.random(weight.shape)
        hit, opens = works & (uniform < hazard), ~works & (uniform < opening)
        works ^= hit
        members = (weight * crew * works).sum(axis=1, keepdims=True)
        thinned = crew * np.maximum(0.0, 1.0 - arrests / members)
        crew = np.where(works, thinned * growth / (1.0 - thinned + thinned * growth), crew)
        works ^= opens
        crew[opens] = dens.opens_with
        raids.append(hit.sum(axis=1))
        openings.append(opens.sum(axis=1))
        raided.append((~works).sum(axis=1))
        crews.append((weight * crew).sum(axis=1))
        work.append((weight * crew * works).sum(axis=1))
    table = [np.array(one[warmup:]) for one in (raids, openings, raided, crews)]
    # What a crew does grows threefold, so late days matter most.
    each = np.linspace(1.0, 3.0, days)
    found = [relative(dens, *(one[:, run] for one in table), warmup, each) for run in range(0, runs, 8)]
    total, whole = each @ np.array(work[warmup:]), each @ table[3]
    return found, np.log(total).tolist(), np.log(total / whole).tolist()


@pytest.mark.parametrize(
    ("dens", "start", "arrests"),
    [
        (DenSlots(200, 1.0), 1.0, 0.0),
        (DenSlots(200, 1.0, 0.01, 0.5), 0.85, 0.0008),
        (DenSlots(200, 0.0, 0.01, 0.2), 0.3, 0.0),
        # Arrests that crews cannot keep up with: at the end half of what they were.
        (DenSlots(200, 1.0, 0.008, 0.5), 0.85, 0.0018),
    ],
)
def test_dens_that_are_simulated_spread_as_what_follows_from_one_run(
    dens: DenSlots, start: float, arrests: float
) -> None:
    # The spread of so many runs is known to six per cent; that crews differ is left out of what follows from one.
    found, work, share = simulated(dens, hazard=0.003, opening=1 / 60, start=start, arrests=arrests, days=500)
    of_work, of_share = np.sqrt(np.mean(found, axis=0))
    assert 0.8 < of_work / np.std(work, ddof=1) < 1.2
    assert 0.8 < of_share / np.std(share, ddof=1) < 1.25


def test_attempts_that_are_stopped_are_a_share_of_those_of_all_crews() -> None:
    dens, series, crews = DenSlots(100, 1.0, 0.01, 0.4), ([1] * 60, [1] * 60, [20] * 60), [0.8] * 60
    found = told(dens, *series, crews)
    assert found is not None
    # Eight of ten attempts are of dens at work, and of these every other one is stopped elsewhere.
    variance = of_dens(found, STOPPED_SHARE, [600] * 60, [1000] * 60) / 60_000**2
    assert variance / 0.4**2 == pytest.approx(relative(dens, *series, crews)[1])
    # Of people and money everything is of dens at work: where days are alike the share stays.
    assert of_dens(found, SAVED_SHARE, [600] * 60, [1000] * 60) == pytest.approx(0.0, abs=1e-9)


def test_unequal_dens_are_as_much_chance_as_fewer_equal_ones() -> None:
    days = [3] * 50, [2] * 50, [20] * 50
    equal, unequal, one = (relative(DenSlots(100, sigma), *days)[0] for sigma in (0.0, 1.0, 10.0))
    assert unequal / equal == pytest.approx(100 * math.e / (99 + math.e))
    # However unequal they are, it is not as if there were less than one.
    assert one / equal == pytest.approx(100.0)


def test_where_no_den_is_raided_there_is_no_such_chance() -> None:
    nothing, dens = [0] * 30, DenSlots(100, 1.0)
    assert told(dens, nothing, nothing, nothing) is None
    assert told(dens, nothing, nothing, [5] * 30) is None  # closed for good
    assert told(None, [1] * 30, nothing, [1] * 30) is None
    assert told(DenSlots(1, 1.0), [1], [0], [1]) is None  # nobody did anything
    assert told(dens, [1], [0], [1]) is not None


def test_crews_that_dwindle_leave_it_finite() -> None:
    days, dens = 700, DenSlots(100, 1.0, 10.0, 0.5)
    crews = [max(1e-6, 0.8 * 0.9**day) for day in range(days)]
    for openings in (0, 1):
        for variance in relative(dens, [1] * days, [openings] * days, [20] * days, crews):
            assert 0 < variance < 1e4


def test_a_scope_knows_the_dens_of_its_scenario() -> None:
    crews, tiny = load_scenario("china-2022", **WITH, **CREWS), load_scenario("tiny", **TINY)
    gangs = crews.spec.gangs
    assert gangs is not None
    assert gangs.recruiting is not None
    assert gangs.reopens_with is not None
    assert Scope.of(crews).dens == DenSlots(3000, 1.0, gangs.recruiting, gangs.reopens_with)
    assert gangs.recruiting == pytest.approx(3 / 365.25, rel=2e-3)  # a day
    assert Scope.of(tiny).dens == DenSlots(60, 1.0, 0.0, 1.0)
    # Where gangs are pools chance does not decide which dens are raided.
    assert Scope.of(load_scenario("china-2022")).dens is None
