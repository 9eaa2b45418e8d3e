"""Queues of a sample are as long as those of all people, whether its provinces are pooled or not."""

from collections.abc import Iterable
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

import sim
from benchmarks.pooling import EXPIRED, SAVED, VICTIMS, WAIT, facts, median
from sim.base.days import MINUTE_MS
from sim.base.words import Tier
from sim.engines.vector import steps
from tests.engines.small import fewer, run_tiny
from tests.equality.scenarios import APART

STEPS: list[Any] = [
    steps.follow_all_attempts,
    steps.score_all_contacts,
    steps.warn_all,
    steps.run_all_events,
    steps.finish_all,
]
PROVINCES = 4
SEEDS = range(7, 15)
ROW = {
    "region": "all",
    "population": 300_000,
    "share_0_14": 18.0,
    "share_15_59": 63.0,
    "share_60_plus": 19.0,
    "share_65_plus": 13.0,
    "share_urban": 64.0,
    "men_per_100_women": 105.0,
}
ALIKE: dict[str, Any] = {
    "population.provinces": [{"code": 11 + at, "name": f"p{at}", **ROW} for at in range(PROVINCES)],
    "period": {"start": "2022-01-24", "end": "2022-05-31", "warmup": "2 d"},
    "feedback": False,
    # Few that nobody is defrauded by, many who would be, visits by nine officers a province who are just too few.
    "population.legitimate.call": "4000 per day",
    "population.legitimate.sms": "4000 per day",
    "population.legitimate.online": "1600 per day",
    "fraud.volumes.call.level": "1728 per day",
    "fraud.volumes.sms.level": "1728 per day",
    "fraud.volumes.online.level": "864 per day",
    "desks.call.staff": PROVINCES,
    "desks.visit.staff": 9 * PROVINCES,
    **{f"warning.dissuasion.stop.{channel}": 0.5 for channel in ("app", "sms", "call", "visit")},
    **{f"fraud.types.{name}.engage": 0.9 for name in sim.load_scenario("tiny").spec.fraud.types},
    # Chance that all provinces share would not be averaged out.
    "gangs.pools.since": "2099-12-31",
}
"""Provinces alike, in which most of what is saved or not is a matter of officers."""


def mean(folder: Path, seeds: Iterable[int], **values: Any) -> dict[str, float]:
    """Return what desks do in the mean of some seeds."""
    given = {**ALIKE, **{key.replace("__", "."): value for key, value in values.items()}}
    found = [facts(sim.run(sim.load_scenario("tiny", **given, seed=seed), folder / str(seed))) for seed in seeds]
    return {name: fmean(one[name] for one in found) for name in found[0]}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """As many people as the pooled runs have together: two seeds of four provinces."""
    return mean(tmp_path_factory.mktemp("whole"), SEEDS[::PROVINCES])


def errors(whole: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    """Return by how much facts are missed, as a share of what is allowed."""
    allowed = {SAVED: 0.02, VICTIMS: 0.02, **{WAIT.format(tier): 0.10 for tier in Tier.labels()}}
    found = {name: abs(other[name] / whole[name] - 1.0) / share for name, share in allowed.items() if name in whole}
    for name in (EXPIRED.format(tier) for tier in Tier.labels()):
        if name in whole:
            found[name] = abs(other[name] - whole[name]) / 0.01
    return found


@pytest.fixture(scope="module")
def pooled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """A sample in a pool, in which nine officers stay nine."""
    return mean(tmp_path_factory.mktemp("pooled"), SEEDS, scale=1 / PROVINCES, population__pool="country")


@pytest.mark.slow
@pytest.mark.xfail(
    strict=True, reason="the debt that a desk may have depends on the scale, not on the size of the pool"
)
def test_pooled_and_thinned_provinces_keep_their_desks(whole: dict[str, float], pooled: dict[str, float]) -> None:
    assert whole[SAVED] > 10_000 < whole[VICTIMS]
    assert whole[WAIT.format("red")] > 60 > 1 > whole[WAIT.format("orange")]
    assert whole[EXPIRED.format("red")] > 0.1
    missed = errors(whole, pooled)
    assert set(missed) >= {SAVED, VICTIMS, WAIT.format("red"), WAIT.format("orange"), EXPIRED.format("red")}
    assert max(missed.values()) < 1.0, missed


@pytest.mark.slow
def test_a_sample_in_a_pool_keeps_what_desks_do_in_time(whole: dict[str, float], pooled: dict[str, float]) -> None:
    missed = errors(whole, pooled)
    kept = (SAVED, WAIT.format("red"), EXPIRED.format("red"), EXPIRED.format("orange"))
    assert max(missed[name] for name in kept) < 1.0, missed


@pytest.mark.slow
def test_a_sample_keeps_what_desks_do_in_time(whole: dict[str, float], tmp_path: Path) -> None:
    # Nine officers become two and a quarter.
    missed = errors(whole, mean(tmp_path, SEEDS, scale=1 / PROVINCES))
    assert max(missed[name] for name in (SAVED, VICTIMS, WAIT.format("red"), EXPIRED.format("orange"))) < 1.0, missed


def test_a_province_apart_meets_what_it_meets_among_all(tmp_path: Path) -> None:
    """Whatever becomes of the others, a province's people, attempts and alerts are its own, but for chance."""
    among, apart = (
        sim.run(sim.load_scenario("tiny", **APART, **pool), tmp_path / name)
        for name, pool in (("among", {}), ("apart", {"population.pool": {"apart": [44]}}))
    )
    for table in ("attempts", "alerts", "contacts"):
        one, other = (
            frame[frame["province"] == 44]["count"].sum() for frame in (getattr(run, table) for run in (among, apart))
        )
        assert one > 2000, table
        assert other == pytest.approx(one, abs=5 * (one + other) ** 0.5), table
    rest = [run.attempts[run.attempts["province"] != 44]["count"].sum() for run in (among, apart)]
    assert rest[1] == pytest.approx(rest[0], abs=5 * sum(rest) ** 0.5)


def test_medians_are_read_off_bins() -> None:
    minute = MINUTE_MS
    assert median({minute: 10}) == 0.5 * minute
    assert median({minute: 4, 2 * minute: 0, 4 * minute: 6}) == pytest.approx((2 + 2 * 1 / 6) * minute)
    assert median({8 * minute: 1, minute: 3}) == pytest.approx(2 / 3 * minute)
    with pytest.raises(ValueError, match="no waits"):
        median({})


def test_a_country_of_one_province_runs_the_machine_code_of_all_others(tmp_path: Path) -> None:
    for pool in ("none", "country"):
        run_tiny(tmp_path / pool, engine="vector", **{"population.pool": pool, **fewer(0.02)})
    assert [len(step.overloads) for step in STEPS] == [1] * len(STEPS)
