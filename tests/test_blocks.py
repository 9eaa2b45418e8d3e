"""What README and guides tell to type runs: commands and the scenario of the README, programs of Python."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_documents import DOCUMENTS, ROOT, blocks, named

WEEK = "--set 'period={start: 2022-01-25, end: 2022-01-31, warmup: 1 d}'"
"""Makes a run of two years one of seconds."""

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = [
    pytest.param(text, id=f"{named(path)}-{number}")
    for path in DOCUMENTS
    for number, text in enumerate(blocks(path.read_text(encoding="utf-8"), "python"))
    if path.parent.name == "docs"
]
WHOLE = re.compile(r'(?<=sim\.load_scenario\()("tiny"[^()]*)(?=\))')
SHORT = r'\1, period={"start": "2022-01-25", "end": "2022-01-31", "warmup": "1 d"}'
"""How programs of documents load a scenario, and how its two weeks are made one."""


def run(command: str, folder: Path) -> None:
    """Run a command line in a folder with this program; it must end well and say nothing but warnings."""
    line = f'set -e; tocsin() {{ {sys.executable} -m sim "$@"; }}; {command}'
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
    assert all(line.startswith("warning: ") for line in done.stderr.splitlines()), done.stderr


@pytest.mark.slow
def test_the_five_commands_of_the_readme_run(tmp_path: Path) -> None:
    *_, five = blocks(README, "sh")
    for command in re.findall(r"^(tocsin .*?) *(?:#.*)?$", five, re.M):
        if " china-2022 " in command or " staffing " in command:
            pooled = "" if "--pool" in command else "--scale 0.005 --pool country"
            command = f"{command} {WEEK} {pooled}"
        run(command.replace("NAME", "tiny-*"), tmp_path)
    assert list(tmp_path.glob("results/runs/compare-*/comparison.json"))
    assert list(tmp_path.glob("results/runs/tiny-*/report.html"))


@pytest.mark.slow
def test_the_scenario_of_the_readme_is_valid_and_runs(tmp_path: Path) -> None:
    (text,) = blocks(README, "yaml")
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    run(f"tocsin validate own.yaml && tocsin run own.yaml --scale 0.005 --pool country {WEEK}", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
def test_python_that_documents_show_runs(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, which makes all runs itself, and for a week."""
    (tmp_path / "program.py").write_text(WHOLE.sub(SHORT, program), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path("program.py", run_name="program")
