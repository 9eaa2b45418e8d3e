"""The benchmarks at a size of seconds, so that they cannot rot; what they measure means nothing here."""

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.customers import Customers
from benchmarks.peers import by_reference, by_simpy, by_vector, waits_by_recursion
from benchmarks.rows import Row, Target, markdown, number
from benchmarks.scaling import ends, exponent
from benchmarks.table import BEGIN, END, README, replaced

ROOT = Path(__file__).resolve().parent.parent


def test_the_table_command_measures_everything_that_is_here() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TOCSIN_"))}
    command = [sys.executable, "-m", "benchmarks.table", "--smoke"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    table = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    for row in (
        "numpy SFC64",
        "Philox4x32-10",
        "126 MB",
        "SimPy",
        "desk of the engine reference",
        "event loop of the engine vector",
        "tocsin --help",
    ):
        assert any(row in line for line in table), row
    assert any("tiny, reference" in line and "intercepted call or SMS" in line for line in table)
    assert sum("exponent of cost" in line for line in table) == 2
    assert "Failed" not in done.stdout


def test_peers_serve_as_the_recursion_says() -> None:
    customers = Customers.drawn(500, 3)
    waits = waits_by_recursion(customers)
    assert waits.max() > 0
    for serve in (by_simpy, by_reference, by_vector):
        served = serve(customers)
        assert (served.count, served.mean_wait) == (500, pytest.approx(waits.mean(), rel=1e-12))
    slower = Customers(customers.arrivals, customers.services + np.int64(1000))
    assert by_simpy(slower).mean_wait > by_simpy(customers).mean_wait


def test_exponents_are_those_of_the_costs() -> None:
    amounts = [1.0, 2.0, 4.0, 8.0]
    assert exponent(amounts, [3.0 + 0.5 * x for x in amounts], 3.0) == pytest.approx(1.0)
    assert exponent(amounts, [3.0 + 0.5 * x * x for x in amounts], 3.0) == pytest.approx(2.0)
    assert exponent(amounts, [3.0 + 0.5 * x for x in amounts], 0.0) < 0.5
    assert math.isnan(exponent(amounts, [2.9, 4.0, 5.0, 6.0], 3.0))
    with pytest.raises(ValueError, match="a slope needs two"):
        exponent([1.0], [2.0], 1.0)
    assert ends("2021-01-01", "2021-12-31", (0.2, 1.0)) == [("2021-03-14", 73), ("2021-12-31", 365)]


def test_a_row_is_held_against_its_target() -> None:
    rows = [Row("a", "first", 1234.5, "s", 3.0, "it"), Row("b", "second", 0.25, "s"), Row("c", "third", 7.0, "s")]
    targets = {
        "a": Target("ratio", at_least=2.5),
        "b": Target("ratio", at_least=2.5),
        "c": Target("measured", at_most=7),
    }
    lines = markdown(rows, targets).splitlines()
    assert lines[2] == "| first | 1,234 | s | 3 | it | ratio at least 2.5 | yes |"
    assert lines[3] == "| second | 0.25 | s |  |  | ratio at least 2.5 | no |"
    assert lines[4] == "| third | 7 | s |  |  | measured at most 7 | yes |"
    assert [number(x) for x in (0.0, 0.5, 2 / 3, 12.345, 1e-7, 2e16, math.nan)] == [
        "0", "0.5", "0.667", "12.3", "1.00e-07", "2.00e+16", "not told",
    ]  # fmt: skip


def test_the_readme_has_one_place_for_the_table() -> None:
    text = README.read_text(encoding="utf-8")
    changed = replaced(text, "| a |")
    assert f"{BEGIN}\n| a |\n{END}" in changed
    assert replaced(changed, "| a |") == changed
    with pytest.raises(ValueError, match="one pair"):
        replaced("no markers", "| a |")
