"""Guides are sessions: their files are written, their commands run in order, and they print what stands there.

A block ``console`` holds commands, each after ``$``, and what they print; ``...`` stands for any text, as in doctests.
What begins with ``tocsin COMMAND:`` or ``FILE:LINE:COLUMN:`` is an error, with which the command ends with code 2, or 1
if it was interrupted. A block ``yaml NAME`` is the file NAME as it is from there on. What a command leaves at work is
ended after the session.
"""

import doctest
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
GUIDES = (
    "tutorial.md",
    "how-to-policy.md",
    "how-to-sweep.md",
    "how-to-staffing.md",
    "how-to-calibrate.md",
    "other-country.md",
)
BLOCK = re.compile(r"^```(console|yaml) ?(\S*)\n(.*?)^```", re.M | re.S)
ERROR = re.compile(r"(?:tocsin \w+|\S+:\d+:\d+): (interrupted)?")
COLUMNS = "80"
Session = Callable[[str], tuple[int, str]]
SAME = doctest.OutputChecker().check_output
PROGRAMS = {"tocsin": (sys.executable, "-m", "sim"), "python": (sys.executable,)}
"""The program and the Python that these tests run with, by the names that guides have for them."""


REPORTED = ("tocsin report apart",)
"""Reports of comparisons that are made in the tutorial."""


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Yield the commands of a block, lines that end with a backslash joined, each with what it prints."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, printed = part.replace("\\\n", "").partition("\n")
        yield command, printed


def code_of(printed: str) -> int:
    """Return the exit code of a command that prints this."""
    error = ERROR.match(printed)
    return 0 if error is None else 1 if error.group(1) else 2


@pytest.fixture
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``PROGRAMS``: programs and no functions of a shell, so that others can start and interrupt them."""
    folder = tmp_path_factory.mktemp("programs")
    for name, command in PROGRAMS.items():
        (folder / name).write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def session(tmp_path: Path, programs: Path) -> Iterator[Session]:
    """Run a command of a guide in an empty folder, and return its exit code and what it printed, errors first."""
    path = os.pathsep.join((str(programs), os.environ["PATH"]))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": path, "COLUMNS": COLUMNS, "NO_COLOR": "1"}
    groups = []

    def ended(command: str) -> tuple[int, str]:
        # A group of its own, by which what it leaves at work can be ended, whatever became of the session.
        with subprocess.Popen(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        ) as shell:
            groups.append(shell.pid)
            out, err = shell.communicate()
        return shell.returncode, "".join(f"{line.rstrip()}\n" for line in (err + out).splitlines())

    yield ended
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def test_all_documents_with_commands_and_what_they_print_are_run() -> None:
    with_sessions = {path.name for path in DOCS.glob("*.md") if "\n```console" in path.read_text(encoding="utf-8")}
    assert with_sessions == set(GUIDES)


@pytest.mark.slow
def test_the_readme_shows_the_answer_that_its_first_command_prints(session: Session) -> None:
    (shown,) = re.findall(r"^```text\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    assert shown in session("COLUMNS=120 tocsin run china-2022 --scale 0.005 --pool country")[1]


@pytest.mark.slow
@pytest.mark.parametrize("guide", GUIDES)
def test_the_session_of_a_guide_goes_as_it_says(guide: str, tmp_path: Path, session: Session) -> None:
    ran = 0
    for kind, name, text in BLOCK.findall((DOCS / guide).read_text(encoding="utf-8")):
        if kind == "yaml":
            (tmp_path / name).write_text(text, encoding="utf-8")
            continue
        for command, printed in commands(text):
            if command in REPORTED:
                assert (tmp_path / command.split()[-1] / "comparison.json").exists()
                assert f"{command.split()[-1]}/report.html  " in printed
                continue
            code, got = session(command)
            assert code == code_of(printed), got
            assert SAME(printed, got, doctest.ELLIPSIS), f"$ {command}\n{got}"
            ran += 1
    assert ran > 5
