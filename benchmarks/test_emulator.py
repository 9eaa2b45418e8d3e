"""Emulators as a calibration of the flagship fits them, compared with more threads of linear algebra.

Runs are made up: as many parameters and data as the flagship, where a twelfth of the parameters move each datum.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.commands import in_turn
from benchmarks.conftest import Note
from benchmarks.rows import Row
from benchmarks.sizes import Sizes
from sim.calibration.emulator import emulator_of, one_thread_of_blas

PARAMETERS, DATA = 255, 38
SEED = 1996


def test_emulator(benchmark: Any, note: Note, sizes: Sizes) -> None:
    """One emulator of so many steps, with one thread of linear algebra for each datum and with as many as it likes."""
    generator = np.random.default_rng(SEED)
    before, scores = generator.standard_normal((2, sizes.emulated, PARAMETERS))
    moves = generator.standard_normal((PARAMETERS, DATA)) * (generator.random((PARAMETERS, DATA)) < 1.0 / 12.0)
    noise = generator.standard_normal((2, sizes.emulated, DATA))

    def spend(threads: Callable[[], AbstractContextManager[Any]]) -> Callable[[], float]:
        def seconds() -> float:
            started = perf_counter()
            with threads():
                emulator_of(scores, scores @ moves + noise[0], None, (before, before @ moves + noise[1]))
            return perf_counter() - started

        return seconds

    spend(one_thread_of_blas)()  # which loads what it needs
    pairs = benchmark.pedantic(lambda: in_turn(sizes.pairs, spend(nullcontext), spend(one_thread_of_blas)), rounds=1)
    what = f"emulator of {sizes.emulated:,} runs, one thread of linear algebra to as many as it likes"
    note(Row("calibration.emulator", what, median(one / many for many, one in pairs), "times the seconds"))
