"""Guides are sessions: their files are written, their commands run in order, and they print what stands there.

A block ``console`` holds commands, each after ``$``, and what they print; ``...`` stands for any text, as in doctests.
What begins with ``tocsin COMMAND:`` is an error, with which the command ends. A block ``yaml NAME`` is the file NAME as
it is from there on.
"""

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
GUIDES = ("tutorial.md", "other-country.md")
BLOCK = re.compile(r"^```(console|yaml) ?(\S*)\n(.*?)^```", re.M | re.S)
ERROR = re.compile(r"tocsin \w+: ")
COLUMNS = "80"
SAME = doctest.OutputChecker().check_output
HERE = f'tocsin() {{ "{sys.executable}" -m sim "$@"; }}; python() {{ "{sys.executable}" "$@"; }}; '
"""The program and the Python that these tests run with, for a shell."""


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Yield the commands of a block, lines that end with a backslash joined, each with what it prints."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, printed = part.replace("\\\n", "").partition("\n")
        yield command, printed


def printed_by(command: str, folder: Path) -> tuple[int, str]:
    """Run a command of a guide in a folder, and return its exit code and what it printed, errors first."""
    environment = {**os.environ, "COLUMNS": COLUMNS, "NO_COLOR": "1"}
    done = subprocess.run(
        ["bash", "-c", HERE + command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    lines = (done.stderr + done.stdout).splitlines()
    return done.returncode, "".join(f"{line.rstrip()}\n" for line in lines)


def test_all_documents_with_commands_and_what_they_print_are_run() -> None:
    with_sessions = {path.name for path in DOCS.glob("*.md") if "\n```console" in path.read_text(encoding="utf-8")}
    assert with_sessions == set(GUIDES)


@pytest.mark.slow
@pytest.mark.parametrize("guide", GUIDES)
def test_the_session_of_a_guide_goes_as_it_says(guide: str, tmp_path: Path) -> None:
    ran = 0
    for kind, name, text in BLOCK.findall((DOCS / guide).read_text(encoding="utf-8")):
        if kind == "yaml":
            (tmp_path / name).write_text(text, encoding="utf-8")
            continue
        for command, printed in commands(text):
            code, got = printed_by(command, tmp_path)
            assert code == (2 if ERROR.match(printed) else 0), got
            assert SAME(printed, got, doctest.ELLIPSIS), f"$ {command}\n{got}"
            ran += 1
    assert ran > 5
