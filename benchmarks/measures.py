"""The benchmarks: how each is measured, the rows that it gives, and what they are to reach."""

import math
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from statistics import median
from typing import Final

import numpy as np

from benchmarks import limits
from benchmarks.commands import CACHE, Spent, Version, from_nothing
from benchmarks.rows import Aim, Benchmark, Figure, Figures, Row, Size
from benchmarks.studio import asked

READS, BLOCKS = 5_000_000, 2_000_000


def timed(spend: Callable[[], Spent]) -> tuple[Spent, float]:
    """Return what something took, and the billions of SFC64 doubles that one core makes in a second then.

    The faster of two measurements of SFC64 counts, before and after: a limit is what the machine can do.
    """
    before = limits.sfc64_doubles_per_s()
    took = spend()
    return took, max(before, limits.sfc64_doubles_per_s()) / 1e9


def phases(key: str, seconds: Mapping[str, float]) -> Figures:
    """Return the seconds of each phase, and its share of all."""
    whole = sum(seconds.values()) or math.nan
    return {f"{key}.{name}": Figure(value, value / whole) for name, value in seconds.items()}


@cache
def ready(version: Version, size: Size, *given: str) -> None:
    """Run once with these options, so that no run that is timed compiles."""
    version.run(size.scenario, *size.options(size.vanishing, *given))


def one_core(_: Version, __: Size, ___: int) -> Figures:
    """Measure the limits of the machine, each on one core."""
    rate = limits.sfc64_doubles_per_s(1.0)
    people, run, copy = np.ones(limits.PEOPLE, np.uint8), limits.Run(), limits.Copy()
    for kernel in (limits.read_anywhere, limits.read_in_turn):
        kernel(people, 1)  # which compiles it
    limits.philox_blocks(1)
    seconds = {
        "limit.sfc64": 1.0 / rate,
        "limit.philox.many": limits.best(run) / run.blocks,
        "limit.philox": limits.best(lambda: limits.philox_blocks(BLOCKS)) / BLOCKS,
        "limit.read": limits.best(lambda: limits.read_anywhere(people, READS)) / READS,
        "limit.wait": limits.best(lambda: limits.read_in_turn(people, READS // 10)) / (READS // 10),
        # A byte copied is one read and one written.
        "limit.copy": limits.best(copy) / (2 * copy.nbytes),
    }
    return {key: Figure(each * 1e9, each * rate) for key, each in seconds.items()}


PEERS_OF = {"this": ("simpy", "ciw", "cimba", "reference", "vector"), "before": ("reference", "vector")}


def plain_queue(version: Version, size: Size, _: int) -> Figures:
    """Serve the customers of M/M/8 with each library; rates, to SimPy's or cimba's."""
    seconds = version.inside("queue", customers=size.customers, peers=PEERS_OF[version.name], rounds=3)
    found = {}
    for key, each in seconds.items():
        other = seconds.get("cimba" if key == "vector" else "simpy", math.nan)
        found[f"queue.{key}"] = Figure(size.customers / each / 1e3, other / each)
    return found


def start(version: Version, size: Size, _: int) -> Figures:
    """Start the command line, in turn with an empty program."""
    version.spent("--help")  # bytecode is written once
    pairs = [(version.interpreted("-c", "pass").wall_s, version.spent("--help").wall_s) for _ in range(3)]
    return {"start": Figure(1e3 * median(ours for _, ours in pairs), median(ours / empty for empty, ours in pairs))}


def compiling(version: Version, size: Size, _: int) -> Figures:
    """Run the quick flagship twice with no machine code kept; the difference is the compiler's."""
    given = size.options(size.pooled, "--pool", "country")
    with tempfile.TemporaryDirectory() as folder:
        first, rate = timed(lambda: version.run(size.scenario, *given, **{CACHE: folder}))
        second = version.run(size.scenario, *given, **{CACHE: folder})
    wall, processor = first.wall_s - second.wall_s, first.processor_s - second.processor_s
    return {"compile.wall": Figure(wall, wall * rate), "compile.processor": Figure(processor, processor * rate)}


def first(version: Version, _: Size, __: int) -> Figures:
    """Do what the README's first command does, from nothing."""
    if version.tree is None:
        return {}
    took, rate = timed(lambda: from_nothing(version))
    return {"first": Figure(took.wall_s, took.wall_s * rate)}


def country(version: Version, size: Size, _: int) -> Figures:
    """Run the whole country."""
    ready(version, size)
    costs = []

    def spend() -> Spent:
        costs.append(version.run(size.scenario, *size.options(size.country)))
        return costs[-1]

    took, rate = timed(spend)
    (cost,) = costs
    return {
        "country": Figure(took.wall_s * rate * 1e9 / cost.intercepted),
        "country.processor": Figure(took.processor_s, took.processor_s * rate),
        "country.memory": Figure(cost.peak_bytes / 2**30),
        "country.wall": Figure(took.wall_s, took.wall_s * rate),
        **phases("country.wall", cost.phases),
    }


def warm(version: Version, size: Size, _: int) -> Figures:
    """Run the pooled country again and again in one process."""
    found = {}
    settings = dict(setting.split("=", 1) for setting in size.settings)

    def spend() -> Spent:
        found.update(version.inside("run", scenario=size.scenario, scale=size.pooled, settings=settings, runs=3))
        return Spent(found["wall_s"], found["processor_s"])

    took, rate = timed(spend)
    return {"pooled": Figure(took.processor_s, took.processor_s * rate), **phases("pooled", found["phases"])}


def two_workers(version: Version, size: Size, given: list[str], turn: int) -> tuple[Spent, float, float]:
    """Run with two workers and with one, in turn.

    Args:
        version: What is run.
        size: How it is run.
        given: Further options.
        turn: The number of the round, which says who is first.

    Returns:
        What two took, the billion doubles a second meanwhile, and their seconds to those of one.
    """
    took = {}
    rates = []
    for workers in (1, 2)[:: -1 if turn % 2 else 1]:
        with_them = [*given, "--workers", str(workers)]
        took[workers], rate = timed(lambda options=with_them: version.run(size.scenario, *options))  # type: ignore[misc]
        rates.append(rate)
    return took[2], max(rates), took[2].wall_s / took[1].wall_s


def command(version: Version, size: Size, turn: int) -> Figures:
    """Run the pooled country as a command."""
    ready(version, size, "--pool", "country")
    took, rate, ratio = two_workers(version, size, size.options(size.pooled, "--pool", "country"), turn)
    return {
        "command": Figure(took.processor_s, took.processor_s * rate),
        "command.wall": Figure(took.wall_s, took.wall_s * rate),
        "command.workers": Figure(ratio),
    }


def thin(version: Version, size: Size, turn: int) -> Figures:
    """Run a small sample with all provinces."""
    ready(version, size)
    took, rate, ratio = two_workers(version, size, size.options(size.thin), turn)
    return {"thin": Figure(took.wall_s * rate, took.wall_s), "thin.workers": Figure(ratio)}


def compared(version: Version, size: Size, _: int) -> Figures:
    """Compare two pooled scenarios with four replicates."""
    ready(version, size, "--pool", "country")
    policy = "no-warning" if size.scenario == "china-2022" else size.scenario
    given = size.options(size.pooled, "--pool", "country", "--replicates", "4", "--quiet", "--out", "here")
    took, rate = timed(lambda: version.spent("compare", size.scenario, policy, *given))
    return {"compare": Figure(took.wall_s, took.wall_s * rate)}


def swept(version: Version, size: Size, _: int) -> Figures:
    """Sweep the pooled scenario over a design of two parameters, with all cores."""
    ready(version, size, "--pool", "country")
    vary = ["--vary", "warning.app.read", "--vary", "warning.dissuasion.fatigue", "--design", "lhs"]
    given = size.options(size.pooled, "--pool", "country", "--samples", str(size.points), "--quiet", "--out", "here")
    took, rate = timed(lambda: version.spent("sweep", size.scenario, *vary, *given))
    return {
        "sweep": Figure(60 * size.points / took.wall_s, took.wall_s / size.points * rate),
        "sweep.processor": Figure(took.processor_s / size.points, took.processor_s / size.points * rate),
    }


def reference(version: Version, size: Size, _: int) -> Figures:
    """Run the engine that is written to be read."""
    given = ("--engine", "reference")
    ready(version, size, *given)
    costs = []

    def spend() -> Spent:
        costs.append(version.run(size.scenario, *size.options(size.reference, *given)))
        return costs[-1]

    took, rate = timed(spend)
    return {"reference": Figure(took.processor_s * rate * 1e9 / costs[0].attempts, took.processor_s * rate)}


DOUBLES = "bn doubles"
VS_CIMBA = Aim(2.0, 4.0, most=False, of_ratio=True)
A_QUARTER = Aim(24_480 / 4)
"""Of what version 0.1 took."""
NOISE = 0.05
"""What two costs of the same thing differ by on a shared machine."""

BENCHMARKS: Final = (
    Benchmark(
        "limits",
        one_core,
        (
            Row("limit.sfc64", "numpy SFC64, one double", "ns", "doubles"),
            Row("limit.philox.many", "Philox, a block, in vectors", "ns", "doubles"),
            Row("limit.philox", "Philox, a block, one by one", "ns", "doubles"),
            Row("limit.read", "byte of 126 MB, place known", "ns", "doubles"),
            Row("limit.wait", "byte of 126 MB, place read before", "ns", "doubles"),
            Row("limit.copy", "byte read or written in a copy", "ns", "doubles"),
        ),
        about_machine=True,
    ),
    Benchmark(
        "queue",
        plain_queue,
        (
            Row("queue.simpy", "M/M/8, 90 %: SimPy", "k/s", "SimPy", more=True),
            Row("queue.ciw", "M/M/8, 90 %: Ciw", "k/s", "SimPy", more=True),
            Row("queue.cimba", "M/M/8, 90 %: cimba", "k/s", "SimPy", more=True),
            Row("queue.reference", "M/M/8, 90 %: desk of reference", "k/s", "SimPy", more=True),
            Row("queue.vector", "M/M/8, 90 %: loop of vector", "k/s", "cimba", VS_CIMBA, more=True),
        ),
    ),
    Benchmark("start", start, (Row("start", "tocsin --help", "ms", "empty Python"),)),
    Benchmark(
        "compile",
        compiling,
        (
            Row("compile.wall", "compiling, once, wall", "s", DOUBLES, Aim(22.0, 18.0)),
            Row("compile.processor", "compiling, once, processor", "s", DOUBLES),
        ),
        long=True,
    ),
    Benchmark(
        "first", first, (Row("first", "README's first command, wall", "s", DOUBLES, Aim(75.0)),), long=True, full=True
    ),
    Benchmark(
        "country",
        country,
        (
            Row("country", "whole country, an interception", "doubles", aim=Aim(5.0 if limits.avx512() else 6.0)),
            Row("country.memory", "whole country, memory", "GiB", aim=Aim(2.5)),
            Row("country.processor", "whole country, processor", "s", DOUBLES),
            Row("country.wall", "whole country, wall", "s", DOUBLES),
        ),
        long=True,
        full=True,
    ),
    Benchmark("pooled", warm, (Row("pooled", "pooled run, warm process, processor", "s", DOUBLES, Aim(1.15, 0.9)),)),
    Benchmark(
        "command",
        command,
        (
            Row("command", "pooled run, command, processor", "s", DOUBLES, Aim(1.9)),
            Row("command.wall", "pooled run, command, wall", "s", DOUBLES),
            Row("command.workers", "pooled run, 2 workers to 1, wall", "times", aim=Aim(1.0 + NOISE)),
        ),
    ),
    Benchmark(
        "thin",
        thin,
        (
            Row("thin", "flagship at 0.001, wall", DOUBLES, "s", Aim(2.0)),
            Row("thin.workers", "flagship at 0.001, 2 workers to 1", "times", aim=Aim(1.0 + NOISE)),
        ),
    ),
    Benchmark("compare", compared, (Row("compare", "compare, 4 pooled pairs, wall", "s", DOUBLES, Aim(8.0)),)),
    Benchmark(
        "studio",
        asked,
        (
            Row("studio.first", "studio, 1 pair, wall", "s", "compare", Aim(5.0)),
            Row("studio", "studio, 4 pairs, wall", "s", "compare", Aim(12.0)),
        ),
    ),
    Benchmark(
        "sweep",
        swept,
        (
            Row("sweep", "pooled sweep", "runs/min", "bn/run", Aim(2800 / 32, most=False), more=True),
            Row("sweep.processor", "pooled sweep, processor, a run", "s", DOUBLES),
        ),
    ),
    Benchmark(
        "reference", reference, (Row("reference", "reference engine, an attempt", "doubles", DOUBLES, A_QUARTER),)
    ),
)
"""All, in the order of the table."""
