"""Fixtures of the benchmarks: their size, and how a measurement is recorded."""

import gc
from collections.abc import Callable
from dataclasses import asdict
from time import perf_counter
from typing import Any

import pytest

from benchmarks.rows import ROW, Row
from benchmarks.sizes import Sizes
from benchmarks.sizes import sizes as chosen_sizes

Note = Callable[[Row], None]
Paired = Callable[[Callable[[], Any], Callable[[], Any]], list[float]]


@pytest.fixture(scope="session")
def sizes() -> Sizes:
    """The amounts to measure."""
    return chosen_sizes()


@pytest.fixture
def note(benchmark: Any, record_property: Callable[[str, object], None]) -> Note:
    """Return what adds a row to the test's report, for ``benchmarks.table``, and to ``extra_info``, for other tools."""

    def add(row: Row) -> None:
        record_property(ROW, row)
        benchmark.extra_info.setdefault("rows", []).append(asdict(row))

    return add


@pytest.fixture
def paired(benchmark: Any, sizes: Sizes) -> Paired:
    """Return what times a function, each round right after one of a baseline, and gives the ratios of their seconds.

    A shared machine is faster in one minute than in the next; two calls in a row meet the same one. Both have
    Python's collector of cycles at work, as every user has, and neither inherits the other's garbage.
    """

    def measure(function: Callable[[], Any], baseline: Callable[[], Any]) -> list[float]:
        before: list[float] = []
        after: list[float] = []

        def setup() -> None:
            gc.collect()
            started = perf_counter()
            baseline()
            before.append(perf_counter() - started)
            gc.collect()

        def timed() -> None:
            started = perf_counter()
            function()
            after.append(perf_counter() - started)

        benchmark.pedantic(timed, setup=setup, rounds=sizes.rounds)
        return [first / second for first, second in zip(before, after, strict=True)]

    return measure
