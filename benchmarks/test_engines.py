"""The engines on one scenario, as whole commands, and the cost of a command before it simulates anything."""

import tempfile
from statistics import median
from typing import Any

import pytest

from benchmarks import commands, limits
from benchmarks.commands import cost
from benchmarks.conftest import Note
from benchmarks.rows import BEFORE, Row
from benchmarks.sizes import Sizes

ENGINES = ("reference", "vector")


def demand(engine: str) -> None:
    """Skip the test where an engine is not there."""
    if why := commands.missing(engine):
        pytest.skip(why)


def called(sizes: Sizes, engine: str, scale: float) -> str:
    """Name a run in the table."""
    workers = f", {sizes.workers} workers" if engine == "vector" else ""
    return f"{sizes.scenario}, {engine}, scale {scale:g}{workers}"


@pytest.mark.parametrize("engine", ENGINES)
def test_engine_at_its_scale(engine: str, benchmark: Any, note: Note, sizes: Sizes) -> None:
    demand(engine)
    scale = sizes.vector_scale if engine == "vector" else sizes.reference_scale
    commands.ready(sizes, engine)
    _, doubles = benchmark.pedantic(lambda: limits.in_doubles(lambda: cost(sizes, engine, scale).wall_s), rounds=1)
    spent = cost(sizes, engine, scale)
    name = called(sizes, engine, scale)
    reference = cost(sizes, "reference", sizes.reference_scale)
    rate = spent.attempts / spent.wall_s
    at = f"reference at {sizes.reference_scale:g}"
    note(Row(f"{engine}.attempts", name, rate, "attempts a second", rate * reference.wall_s / reference.attempts, at))
    note(Row(f"{engine}.intercepted", name, doubles / spent.intercepted, "SFC64 doubles an intercepted call or SMS"))
    attempt = doubles / spent.attempts
    # What version 0.1 cost was measured with this scenario only.
    better = BEFORE["reference.attempt"] / attempt if engine == "reference" and sizes.compiles else None
    to = "" if better is None else "version 0.1"
    note(Row(f"{engine}.attempt", name, attempt, "SFC64 doubles an attempt", better, to))
    memory = spent.peak_rss_bytes
    note(Row(f"{engine}.memory", name, memory / 1e6, "MB at peak", memory / reference.peak_rss_bytes, at))


def test_engines_at_equal_scale(benchmark: Any, note: Note, sizes: Sizes) -> None:
    demand("vector")
    scale = sizes.reference_scale
    vector = benchmark.pedantic(lambda: cost(sizes, "vector", scale), rounds=1)
    reference = cost(sizes, "reference", scale)
    assert vector.attempts == pytest.approx(reference.attempts, rel=1e-3)
    ratio = reference.wall_s / vector.wall_s
    name = called(sizes, "vector", scale)
    note(Row("vector.equal", name, vector.wall_s, "seconds", ratio, "reference at the same scale"))


def test_start(benchmark: Any, note: Note, sizes: Sizes) -> None:
    starts = benchmark.pedantic(
        lambda: [
            (commands.empty_start_s(), commands.seconds_of([commands.tocsin(), "--help"])) for _ in range(sizes.starts)
        ],
        rounds=1,
        warmup_rounds=1,
    )
    ratio = median(ours / empty for empty, ours in starts)
    seconds = median(ours for _, ours in starts)
    note(Row("start", "tocsin --help", seconds * 1e3, "ms", ratio, "an empty Python program"))


@pytest.mark.parametrize("engine", ENGINES)
def test_kernels(engine: str, benchmark: Any, note: Note, sizes: Sizes) -> None:
    """The first run of ``tiny`` on a machine, then the second."""
    demand(engine)
    if not sizes.compiles:
        pytest.skip(f"tiny: its functions are not compiled anew at size {sizes.name}")

    def twice() -> tuple[commands.Spent, commands.Spent]:
        with tempfile.TemporaryDirectory() as folder:
            command = [commands.tocsin(), "run", "tiny", "--engine", engine, "--quiet", "--out"]
            cache = {"NUMBA_CACHE_DIR": f"{folder}/cache"}
            first = commands.spent([*command, f"{folder}/first"], cache)
            return first, commands.spent([*command, f"{folder}/second"], cache)

    before = limits.sfc64_doubles_per_s()
    first, second = benchmark.pedantic(twice, rounds=1)
    seconds = first.processor_s - second.processor_s
    doubles = seconds * max(before, limits.sfc64_doubles_per_s())
    wall, again = first.wall_s, second.wall_s
    empty = commands.empty_start_s()
    ready, anew = f"tiny, {engine}, compiled before", f"tiny, {engine}, all to be compiled"
    note(Row(f"{engine}.tiny", ready, again, "seconds", again / empty, "an empty Python program"))
    note(Row(f"{engine}.compile", anew, wall - again, "seconds more", wall / again, "compiled before"))
    processor = f"{engine}.compile.processor"
    note(Row(processor, anew, seconds, "processor seconds more", doubles / 1e9, "bn SFC64 doubles"))


def test_first_command(benchmark: Any, note: Note, sizes: Sizes) -> None:
    """All that the README's first command does: an environment, what is needed, compiling, a sample of the country."""
    if not sizes.first:
        pytest.skip(f"the README's first command: is not run at size {sizes.name}")
    _, doubles = benchmark.pedantic(lambda: limits.in_doubles(commands.from_nothing), rounds=1)
    billions = doubles / 1e9
    what = "the README's first command, nothing compiled before"
    note(Row("first", what, billions, "bn SFC64 doubles", billions / BEFORE["first"], "version 0.1"))
