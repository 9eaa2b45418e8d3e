"""The limits of the machine, measured in the same run as everything else."""

from typing import Any

import numpy as np

from benchmarks import limits
from benchmarks.conftest import Note
from benchmarks.rows import Row
from benchmarks.sizes import Sizes

READS = 5_000_000
BLOCKS = 2_000_000
TO = "SFC64 double"


def test_sfc64(benchmark: Any, note: Note, sizes: Sizes) -> None:
    rng = np.random.Generator(np.random.SFC64(1))
    buffer = np.empty(limits.DOUBLES)
    benchmark.pedantic(lambda: rng.random(out=buffer), rounds=20 * sizes.rounds, iterations=20, warmup_rounds=1)
    rate = limits.DOUBLES / benchmark.stats.stats.min
    note(Row("limit.sfc64", "numpy SFC64, doubles made on one core", rate / 1e6, "million a second", 1.0, TO))


def test_copy(benchmark: Any, note: Note, sizes: Sizes) -> None:
    copy = limits.Copy()
    benchmark.pedantic(copy, rounds=4 * sizes.rounds, warmup_rounds=1)
    # A byte copied is one read and one written.
    gigabytes = 2 * copy.nbytes / benchmark.stats.stats.min / 1e9
    per_double = gigabytes * 1e9 / limits.sfc64_doubles_per_s()
    note(Row("limit.copy", "memory copied, read and written", gigabytes, "GB a second", per_double, "bytes an " + TO))


def test_random_access(benchmark: Any, note: Note, sizes: Sizes) -> None:
    people = np.ones(limits.PEOPLE, np.uint8)
    limits.read_anywhere(people, 1)
    benchmark.pedantic(lambda: limits.read_anywhere(people, READS), rounds=2 * sizes.rounds, warmup_rounds=1)
    each = benchmark.stats.stats.min / READS
    what = f"a byte of {limits.PEOPLE / 1e6:.0f} MB at random, places known ahead"
    note(Row("limit.read", what, each * 1e9, "ns", each * limits.sfc64_doubles_per_s(), "SFC64 doubles a read"))


def test_dependent_access(benchmark: Any, note: Note, sizes: Sizes) -> None:
    people = np.ones(limits.PEOPLE, np.uint8)
    limits.read_in_turn(people, 1)
    benchmark.pedantic(lambda: limits.read_in_turn(people, READS // 10), rounds=2 * sizes.rounds, warmup_rounds=1)
    each = benchmark.stats.stats.min / (READS // 10)
    what = f"a byte of {limits.PEOPLE / 1e6:.0f} MB at random, each place told by the byte before"
    note(Row("limit.wait", what, each * 1e9, "ns", each * limits.sfc64_doubles_per_s(), "SFC64 doubles a read"))


def test_philox(benchmark: Any, note: Note, sizes: Sizes) -> None:
    limits.philox_blocks(1)
    benchmark.pedantic(lambda: limits.philox_blocks(BLOCKS), rounds=2 * sizes.rounds, warmup_rounds=1)
    rate = BLOCKS / benchmark.stats.stats.min
    per_block = limits.sfc64_doubles_per_s() / rate
    what = "compiled Philox4x32-10, blocks of four words, one call after the other"
    note(Row("limit.philox", what, rate / 1e6, "million a second", per_block, "SFC64 doubles a block"))


def test_philox_in_vectors(benchmark: Any, note: Note, sizes: Sizes) -> None:
    run = limits.Run()
    benchmark.pedantic(run, rounds=20 * sizes.rounds, iterations=100, warmup_rounds=1)
    rate = run.blocks / benchmark.stats.stats.min
    per_block = limits.sfc64_doubles_per_s() / rate
    what = "the same, many in a loop of vector instructions, as blocks of attempts are drawn"
    note(Row("limit.philox.many", what, rate / 1e6, "million a second", per_block, "SFC64 doubles a block"))
