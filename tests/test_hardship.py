"""The soak and the fuzzing for a minute each; ``python -m tests.soak`` and ``python -m tests.fuzz`` go on for hours."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
@pytest.mark.parametrize("words", [["tests.soak", "--rounds", "12"], ["tests.fuzz", "--seconds", "60"]])
def test_nothing_is_lost_and_nothing_lies(words: list[str]) -> None:
    ended = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_fuzzed_command_that_ends_as_none_may_is_noticed() -> None:
    from tests.fuzz import wrong

    assert not wrong(["validate", "x"], 2, "x:1:1: mistake\n")
    assert wrong(["validate", "x"], 2, "")
    assert wrong(["validate", "x"], 1, "Traceback (most recent call last):\n")
    assert wrong(["validate", "x"], 1, "tocsin validate: failed by a fault of the program: KeyError\n")
    assert wrong(["validate", "x"], 130, "tocsin: interrupted\n")
