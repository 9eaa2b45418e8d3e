"""Whole commands, each in its own process, as a user would run them."""

import json
import os
import resource
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from benchmarks.sizes import Settings, Sizes

ROOT = Path(__file__).resolve().parents[1]


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


def variables(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a command: this one, and more.

    Where Python may keep no bytecode each start compiles all sources, which is not what a user sees.
    """
    found = {**os.environ, **(more or {})}
    found.pop("PYTHONDONTWRITEBYTECODE", None)
    return found


@dataclass(frozen=True)
class Spent:
    """Seconds from a command's start to its end, and seconds of processor: its own and its children's, system too."""

    wall_s: float
    processor_s: float


def spent(command: Sequence[str], environment: Mapping[str, str] | None = None, folder: Path = ROOT) -> Spent:
    """Run a command and say what it took; raises CalledProcessError where it fails.

    Args:
        command: The command and what is given to it.
        environment: Variables to set besides those of this process.
        folder: Where it runs.

    Returns:
        What it took.
    """
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=folder, env=variables(environment))
    wall_s, after = perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def seconds_of(command: Sequence[str]) -> float:
    """Return the seconds from starting a command to its end; raises CalledProcessError where it fails."""
    return spent(command).wall_s


def run_s(scenario: str, scale: float, workers: int, settings: Settings) -> float:
    """Return the seconds of ``tocsin run`` with the vector engine, from start to end, keeping nothing."""
    with tempfile.TemporaryDirectory() as folder:
        return seconds_of(
            [*_command(scenario, "vector", scale, workers, settings), "--quiet", "--out", f"{folder}/run"]
        )


def _command(scenario: str, engine: str, scale: float, workers: int, settings: Settings) -> list[str]:
    command = [tocsin(), "run", scenario, "--engine", engine, "--scale", repr(scale), "--events", "none"]
    return [*command, "--workers", str(workers), *(word for setting in settings for word in ("--set", setting))]


def in_turn(rounds: int, one: Callable[[], float], other: Callable[[], float]) -> list[tuple[float, float]]:
    """Return what both say in each round; the order changes from round to round, for a machine may slow down."""
    pairs = []
    for n in range(rounds):
        if n % 2:
            second, first = other(), one()
        else:
            first, second = one(), other()
        pairs.append((first, second))
    return pairs


def first_command() -> str:
    """Return the README's first command, which begins with nothing and ends with the flagship's figures."""
    blocks = (ROOT / "README.md").read_text(encoding="utf-8").split("```")
    return blocks[1].partition("\n")[2].strip()


def from_nothing() -> float:
    """Return the seconds of the README's first command in a copy of this tree, with nothing compiled before."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tocsin"
        # Neither environments and caches nor runs belong to what one has fetched.
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "__pycache__", "runs"))
        command = ["env", "-u", "PYTHONPATH", "bash", "-euo", "pipefail", "-c", first_command()]
        return spent(command, {"NUMBA_CACHE_DIR": f"{folder}/cache"}, tree).wall_s


def ready(sizes: Sizes, engine: str) -> None:
    """See to it that all that an engine compiles is compiled."""
    if sizes.compiles:
        run(sizes.scenario, engine, sizes.vanishing_scale, sizes.workers if engine == "vector" else 1, sizes.settings)


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
    ready(sizes, engine)
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
        command = [*_command(scenario, engine, scale, workers, settings), "--json", "--out", f"{folder}/run"]
        # The shell stands between, for a process inherits the peak memory of the one that forks it.
        shell = ["sh", "-c", '"$@"; exit $?', "sh"]
        done = subprocess.run([*shell, *command], capture_output=True, text=True, check=False, env=variables())
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
