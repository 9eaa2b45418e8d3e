"""The rows of ``python -m benchmarks`` as pytest-benchmark shows them: one test for each benchmark, named by it.

``TOCSIN_BENCH_SIZE`` is ``quick`` (the default), ``full`` or ``smoke``.
"""

from dataclasses import asdict
from typing import Any

import pytest

from benchmarks.commands import THIS
from benchmarks.measures import BENCHMARKS
from benchmarks.rows import Benchmark, chosen_size
from benchmarks.table import gathered


@pytest.mark.parametrize("timed", BENCHMARKS, ids=lambda one: f"{one.name}: {one.rows[0].what}")
def test_seconds_of(timed: Benchmark, benchmark: Any) -> None:
    """Time what a row of the table tells; ``extra_info`` has its numbers."""
    size = chosen_size()
    if timed.full and size.name != "full":
        pytest.skip(f"{timed.name}: takes long; TOCSIN_BENCH_SIZE=full")
    benchmark.name = timed.said
    rounds = benchmark.pedantic(lambda: timed.measured([THIS], size), rounds=1)
    benchmark.extra_info["rows"] = [{"what": row.row.what, **asdict(row)} for row in gathered(rounds)]
