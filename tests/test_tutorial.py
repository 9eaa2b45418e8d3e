"""The tutorial is a session: its files are written, its commands run in order, and they print what stands there.

A block ``console`` holds commands, each after ``$``, and what they print; ``...`` stands for any text, as in doctests.
A block ``yaml NAME`` is the file NAME as it is from there on.
"""

import doctest
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).resolve().parents[1] / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(console|yaml) ?(\S*)\n(.*?)^```", re.M | re.S)
COLUMNS = "80"
SAME = doctest.OutputChecker().check_output


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Yield the commands of a block, lines that end with a backslash joined, each with what it prints."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, printed = part.replace("\\\n", "").partition("\n")
        yield command, printed


def printed_by(command: str, folder: Path) -> tuple[int, str]:
    """Run a command of the tutorial in a folder, and return its exit code and what it printed, errors first."""
    program, *words = shlex.split(command)
    assert program == "tocsin", command
    environment = {**os.environ, "COLUMNS": COLUMNS, "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "sim", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    lines = (done.stderr + done.stdout).splitlines()
    return done.returncode, "".join(f"{line.rstrip()}\n" for line in lines)


@pytest.mark.slow
def test_the_session_of_the_tutorial_goes_as_it_says(tmp_path: Path) -> None:
    ran = 0
    for kind, name, text in BLOCK.findall(TUTORIAL.read_text(encoding="utf-8")):
        if kind == "yaml":
            (tmp_path / name).write_text(text, encoding="utf-8")
            continue
        for command, printed in commands(text):
            code, got = printed_by(command, tmp_path)
            assert code == 0, got
            assert SAME(printed, got, doctest.ELLIPSIS), f"$ {command}\n{got}"
            ran += 1
    assert ran > 5
