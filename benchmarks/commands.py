"""Whole commands, each in a process of its own, as a user would give them."""

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from benchmarks.sizes import Settings, Sizes


@dataclass(frozen=True)
class Cost:
    """What one ``tocsin run`` cost, from its ``run.json``, and what it simulated.

    ``wall_s`` is the command's own count up to the folder's appearance; ``attempts`` are all potential ones, of
    the warm-up too; ``intercepted`` are calls and SMS of the period, as simulated and not scaled up.
    """

    wall_s: float
    phases: dict[str, float]
    peak_rss_bytes: int
    attempts: float
    intercepted: float


def tocsin() -> str:
    """Return the installed command; raises FileNotFoundError where this environment has none."""
    command = Path(sysconfig.get_path("scripts")) / "tocsin"
    if not command.exists():
        raise FileNotFoundError(f"{command}: is not there; install the project into this environment")
    return str(command)


def seconds_of(command: list[str], environment: Mapping[str, str] | None = None) -> float:
    """Return the seconds from starting a command to its end; raises CalledProcessError where it fails."""
    started = perf_counter()
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **(environment or {})})
    return perf_counter() - started


def cost(sizes: Sizes, engine: str, scale: float, settings: Settings | None = None) -> Cost:
    """Run the scenario of these sizes with all that it compiles compiled before.

    Args:
        sizes: The sizes to measure.
        engine: The engine to run.
        scale: The scale of the run.
        settings: Settings to use instead of those of the sizes.

    Returns:
        The cost of the run, without that of compiling.
    """
    workers = sizes.workers if engine == "vector" else 1
    if sizes.compiles:
        run(sizes.scenario, engine, sizes.vanishing_scale, workers, sizes.settings)
    return run(sizes.scenario, engine, scale, workers, sizes.settings if settings is None else settings)


@cache
def run(scenario: str, engine: str, scale: float, workers: int, settings: Settings) -> Cost:
    """Run a scenario once in a process; asked again in this session, the same run answers.

    Returns:
        Its cost.

    Raises:
        RuntimeError: If the command fails; it holds the end of what that wrote to standard error.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [tocsin(), "run", scenario, "--engine", engine, "--scale", repr(scale), "--events", "none"]
        command += ["--workers", str(workers), "--json", "--out", f"{folder}/run"]
        for setting in settings:
            command += ["--set", setting]
        # The shell stands between, for a process inherits the peak memory of the one that forks it.
        done = subprocess.run(
            ["sh", "-c", '"$@"; exit $?', "sh", *command], capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}: {done.stderr.strip()[-400:]}")
    manifest = json.loads(done.stdout)
    performance, totals = manifest["performance"], manifest["totals"]
    return Cost(
        wall_s=performance["wall_s"],
        phases=performance["phases"],
        peak_rss_bytes=performance["peak_rss_bytes"],
        attempts=performance["attempts_per_s"] * performance["wall_s"],
        intercepted=(totals["calls_intercepted"] + totals["sms_intercepted"]) * manifest["scale"],
    )


def missing(engine: str) -> str:
    """Say why an engine cannot run here; empty if it can."""
    return "" if find_spec(f"sim.engines.{engine}") else f"engine {engine}: is not part of this version"


def empty_start_s() -> float:
    """Return the seconds that the interpreter itself needs to start and end."""
    return seconds_of([sys.executable, "-c", "pass"])
