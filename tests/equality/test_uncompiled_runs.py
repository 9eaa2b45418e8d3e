"""The very same runs without a compiler: where numpy would compute with short integers and compiled code does not.

A run takes some ten seconds so, most of them for its first midnight.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sim
from tests.engines.small import TWO_DAYS, fewer
from tests.equality.both import assert_equal
from tests.equality.scenarios import ACCOUNTS, SIGNS

ROOT = Path(__file__).parents[2]
VALUES: dict[str, Any] = {"period": TWO_DAYS, **fewer(0.05), **ACCOUNTS, **SIGNS}

PROGRAM = """
import sys
import sim
from tests.equality.test_uncompiled_runs import VALUES
sim.run(sim.load_scenario("tiny", engine="vector", **VALUES), sys.argv[1], events="all", workers=2)
"""


@pytest.mark.slow
def test_a_run_that_is_interpreted_has_the_bytes_of_the_compiled_one(tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error::RuntimeWarning", "-c", PROGRAM, str(tmp_path / "interpreted")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    run = sim.run(sim.load_scenario("tiny", engine="vector", **VALUES), tmp_path / "compiled", events="all", workers=2)
    assert_equal(run, sim.load_run(tmp_path / "interpreted"))
