"""What tests of the command line share: running it in this process or in one of its own, and short scenarios."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim import cli

ROOT = Path(__file__).resolve().parents[2]

SHORT = ["china-2022", "--set", "period={start: 2022-11-28, end: 2022-11-30, warmup: 0 d}", "--scale", "0.000003"]
"""Three days of the flagship with a few hundred attempts."""

CALIBRATED = str(ROOT / "tests" / "scenario" / "drawn" / "calibrated.yaml")
"""Two days with two figures and three posterior draws."""


@dataclass
class Ended:
    """What a command gave."""

    code: int
    out: str
    err: str


Tocsin = Callable[..., Ended]


@pytest.fixture
def tocsin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tocsin:
    """Run the command line inside this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["tocsin", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return run


def start(*arguments: str, folder: Path, before: str = "", **options: object) -> subprocess.Popen[str]:
    """Start the command line, after a program ``before`` it, as a process of its own, which hears signals."""
    program = before + (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "signal.signal(signal.SIGHUP, signal.SIG_DFL); sys.argv[0] = 'tocsin'; from sim.cli import main; main()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        text=True,
        **{  # type: ignore[call-overload]
            "env": {**os.environ, "PYTHONPATH": str(ROOT)},
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            **options,
        },
    )


def wait_for(folder: Path, pattern: str, process: subprocess.Popen[str]) -> Path:
    """Wait until a file or folder that fits a pattern is there."""
    for _ in range(6000):
        with suppress(FileNotFoundError):  # a folder of an unfinished run was renamed meanwhile
            for found in sorted(folder.glob(pattern)):
                return found
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    raise AssertionError(f"no {pattern} in a minute")
