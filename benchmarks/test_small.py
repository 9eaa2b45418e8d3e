"""Small runs: a thousandth of the country, pooled provinces, and many attempts with little effect.

Costs are wall times of whole processes from start to end; compared commands run alternately.
"""

import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import pytest

from benchmarks import commands, limits
from benchmarks.commands import in_turn
from benchmarks.conftest import Note
from benchmarks.rows import Row
from benchmarks.sizes import Settings, Sizes
from sim.experiments.simulations import Reader, simulate
from sim.reading.outcomes import Outcome, quantities
from sim.reading.run import Run
from sim.scenario import load_scenario

DENSER = 3


@pytest.fixture(autouse=True)
def compiled(sizes: Sizes) -> None:
    """See to it that no run compiles."""
    if why := commands.missing("vector"):
        pytest.skip(why)
    commands.ready(sizes, "vector")


def thin(sizes: Sizes, scale: float, workers: int) -> float:
    """Return the seconds of a run as a user gives it."""
    return commands.run_s(sizes.scenario, scale, workers, sizes.settings)


def pooled(sizes: Sizes, scale: float, workers: int) -> float:
    """Return the seconds of a run whose provinces are one."""
    command = [sys.executable, "-m", "benchmarks.pooled", sizes.scenario, repr(scale), str(workers), *sizes.settings]
    return commands.seconds_of(command)


def denser(scenario: str) -> Settings:
    """Return settings with so many times the attempts, and so many times less of what detectors see.

    Attempts raise as many alarms as before, legitimate contacts a third; what it costs more is what attempts cost.
    """
    spec = load_scenario(scenario).spec
    levels = [(channel, getattr(spec.fraud.volumes, channel).level) for channel in ("call", "sms", "online")]
    shares = [(name, one.coverage) for name, one in spec.measures.items() if one.kind == "warning"]
    return (
        *(f"fraud.volumes.{channel}.level={DENSER * level!r} per day" for channel, level in levels),
        *(f"measures.{name}.coverage={coverage / DENSER!r}" for name, coverage in shares),
    )


@pytest.mark.parametrize("kind", ["thin", "pooled"])
def test_small_run(kind: str, benchmark: Any, note: Note, sizes: Sizes) -> None:
    """The same run with one worker and with two."""
    scale, name = (sizes.thin_scale, "") if kind == "thin" else (sizes.pooled_scale, ", provinces pooled")
    runs = thin if kind == "thin" else pooled
    if sizes.compiles:
        runs(sizes, sizes.vanishing_scale, 1)
    doubles: dict[int, list[float]] = {1: [], 2: []}

    def with_workers(workers: int) -> Callable[[], float]:
        def spend() -> float:
            seconds, made = limits.in_doubles(lambda: runs(sizes, scale, workers))
            doubles[workers].append(made / 1e9)
            return seconds

        return spend

    pairs = benchmark.pedantic(lambda: in_turn(sizes.pairs, with_workers(1), with_workers(2)), rounds=1)
    what = f"{sizes.scenario}, vector, scale {scale:g}{name}"
    one, two = (median(times) for times in zip(*pairs, strict=True))
    note(Row(f"small.{kind}", f"{what}, 2 workers", median(doubles[2]), "bn SFC64 doubles", one / two, "one worker"))
    ratio = median(two / one for one, two in pairs)
    note(Row(f"small.{kind}.workers", f"{what}, two workers to one", ratio, "times the seconds"))


def test_evaluation(benchmark: Any, note: Note, sizes: Sizes) -> None:
    """The same run in this process, of which a calibration reads the manifest alone, without tables and with them."""
    settings = dict(setting.split("=", 1) for setting in sizes.settings)
    scenario = load_scenario(sizes.scenario, {"population.pool": "country", **settings}, scale=sizes.pooled_scale)

    def spend(read: Reader) -> Callable[[], float]:
        def seconds() -> float:
            started = perf_counter()
            simulate(scenario, read, None, 1)
            return perf_counter() - started

        return seconds

    def with_tables(run: Run) -> Outcome:
        return quantities(run)  # no function of which it is known that it reads no table

    spend(quantities)()  # which loads what is compiled
    pairs = benchmark.pedantic(lambda: in_turn(sizes.pairs, spend(with_tables), spend(quantities)), rounds=1)
    what = f"{sizes.scenario}, vector, scale {sizes.pooled_scale:g}, provinces pooled, tables in memory to files"
    note(Row("small.evaluation", what, median(alone / tables for tables, alone in pairs), "times the seconds"))


def test_many_attempts(benchmark: Any, note: Note, sizes: Sizes) -> None:
    """Three times the attempts, a third of the detectors' coverage: attempts of which nothing comes cost little."""
    scale, settings = sizes.dense_scale, denser(sizes.scenario)
    pairs = benchmark.pedantic(
        lambda: in_turn(
            sizes.pairs,
            lambda: commands.run_s(sizes.scenario, scale, sizes.workers, sizes.settings),
            lambda: commands.run_s(sizes.scenario, scale, sizes.workers, (*sizes.settings, *settings)),
        ),
        rounds=1,
    )
    what = f"{sizes.scenario}, vector, scale {scale:g}, {DENSER} times the attempts, coverage / {DENSER}"
    note(Row("dense", what, median(many / few for few, many in pairs), "times the seconds"))
