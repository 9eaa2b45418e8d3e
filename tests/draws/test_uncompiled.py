"""Compiled and interpreted, the same source gives the same bits.

The interpreter has no compiler to fuse, reorder or widen anything. The comparison also finds machine code
kept on disk that is older than the source of a function it calls.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from numba.extending import is_jitted

from sim.draws import distributions, functions, identity, philox
from tests.draws import sample

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_interpreted_sample_has_the_bits_of_the_compiled_one():
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
    program = str(Path(sample.__file__))
    done = subprocess.run([sys.executable, program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    interpreted = done.stdout.splitlines()
    assert len(interpreted) > 1000
    assert interpreted == sample.lines()


def test_the_sample_leaves_no_function_out():
    rooms = (distributions, functions, identity, philox)
    compiled = {name for room in rooms for name, value in vars(room).items() if is_jitted(value)}
    assert compiled == {function.__name__ for function, _ in sample.calls()}
