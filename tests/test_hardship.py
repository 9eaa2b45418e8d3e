"""Some fuzzing, the same every time; ``python -m tests.fuzz`` goes on for hours.

``python -m tests.soak`` is run by hand: when a signal arrives is up to the machine, and tests depend on no luck.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
def test_what_nobody_would_write_ends_well_or_in_a_line() -> None:
    words = [sys.executable, "-m", "tests.fuzz", "--seconds", "1200", "--most", "600"]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_fuzzed_command_that_ends_as_none_may_is_noticed() -> None:
    from tests.fuzz import wrong

    assert not wrong(["validate", "x"], 2, "x:1:1: mistake\n")
    assert wrong(["validate", "x"], 2, "")
    assert wrong(["validate", "x"], 1, "Traceback (most recent call last):\n")
    assert wrong(["validate", "x"], 1, "tocsin validate: internal error: KeyError\n")
    assert wrong(["validate", "x"], 130, "tocsin: interrupted\n")
