"""Commands of a version of the program, each in a process of its own, as a user runs them."""

import json
import os
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
INSIDE = Path(__file__).with_name("inside.py")
CACHE = "NUMBA_CACHE_DIR"


@dataclass(frozen=True)
class Spent:
    """Seconds from a command's start to its end, and processor seconds of it and its children, system included."""

    wall_s: float
    processor_s: float


@dataclass(frozen=True)
class Cost(Spent):
    """What ``tocsin run`` took and did, in all its replicates.

    Attributes:
        phases: Wall seconds by phase, from the first ``run.json``.
        peak_bytes: Memory at its peak.
        disk_bytes: Size of the folder.
        attempts: Potential attempts, warm-up included, as simulated.
        intercepted: Calls and SMS intercepted in the period, as simulated.
        alerts: Alerts issued in the period, as simulated.
    """

    phases: dict[str, float]
    peak_bytes: int
    disk_bytes: int
    attempts: float
    intercepted: float
    alerts: float


@dataclass(frozen=True)
class Version:
    """A version of the program to measure.

    Attributes:
        name: ``this`` or ``before``.
        python: The interpreter that runs it.
        tree: The folder of its sources; None if it is installed in the interpreter's environment.
        cache: The folder of its machine code; None is the program's own choice.
    """

    name: str = "this"
    python: str = sys.executable
    tree: Path | None = ROOT
    cache: Path | None = None

    def variables(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of its commands; Python keeps bytecode there, as for a user."""
        found = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST_"))}
        found |= {} if self.tree is None else {"PYTHONPATH": str(self.tree)}
        return found | ({} if self.cache is None else {CACHE: str(self.cache)}) | dict(more or {})

    def spent(self, *arguments: str, **environment: str) -> Spent:
        """Run ``tocsin`` with these arguments in an empty folder; raises RuntimeError if it fails."""
        return self.interpreted("-m", "sim", *arguments, **environment)

    def interpreted(self, *arguments: str, **environment: str) -> Spent:
        """Run the interpreter with these arguments in an empty folder; raises RuntimeError if it fails."""
        with tempfile.TemporaryDirectory() as folder:
            return spent([self.python, *arguments], self.variables(environment), Path(folder))

    def run(self, scenario: str, *given: str, **environment: str) -> Cost:
        """Run a scenario and throw the results away; raises RuntimeError if the command fails."""
        with tempfile.TemporaryDirectory() as place:
            target = Path(place) / "run"
            took = self.spent("run", scenario, "--quiet", "--out", str(target), *given, **environment)
            runs = sorted(target.glob("r*/run.json")) or [target / "run.json"]
            manifests = [json.loads(file.read_text(encoding="utf-8")) for file in runs]
            disk = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
        speeds = [one["performance"] for one in manifests]

        def simulated(*names: str) -> float:
            return sum(float(one["scale"]) * (one["totals"][name] or 0) for one in manifests for name in names)

        return Cost(
            wall_s=took.wall_s,
            processor_s=took.processor_s,
            phases=speeds[0]["phases"],
            peak_bytes=max(speed["peak_rss_bytes"] for speed in speeds),
            disk_bytes=disk,
            attempts=sum(speed["attempts_per_s"] * speed["wall_s"] for speed in speeds),
            intercepted=simulated("calls_intercepted", "sms_intercepted"),
            alerts=simulated("alerts_central", "alerts_local"),
        )

    def inside(self, what: str, **given: Any) -> dict[str, Any]:
        """Return what a function of ``benchmarks/inside.py`` measures in a process of this version."""
        command = [self.python, "-P", str(INSIDE), what, json.dumps(given)]
        done = subprocess.run(command, env=self.variables(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{self.name}: {' '.join(command[2:])}: {done.stderr.strip()[-400:]}")
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found


THIS = Version()


def spent(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Spent:
    """Run a command.

    A shell stands between, because a process inherits the peak memory of the one that forks it.

    Args:
        command: The command and its arguments.
        environment: All variables of its environment.
        folder: Where it runs.

    Returns:
        What it took.

    Raises:
        RuntimeError: If it fails, with the end of its errors.
    """
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    shell = ["sh", "-c", '"$@"; exit $?', "sh"]
    done = subprocess.run(
        [*shell, *command], capture_output=True, text=True, cwd=folder, env=dict(environment), check=False
    )
    wall_s, after = perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}: {done.stderr.strip()[-400:]}")
    return Spent(wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def first_command(tree: Path) -> str:
    """Return the first command of a tree's README, which begins with nothing and ends with figures."""
    blocks = (tree / "README.md").read_text(encoding="utf-8").split("```")
    return blocks[1].partition("\n")[2].strip().splitlines()[0]


def from_nothing(version: Version) -> Spent:
    """Run the README's first command in a copy of a version's tree, with nothing installed or compiled before."""
    assert version.tree is not None, "only a tree has a README"
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tocsin"
        # Neither environments and caches nor runs belong to what one has fetched.
        shutil.copytree(version.tree, tree, ignore=shutil.ignore_patterns(".*", "__pycache__", "runs"))
        apart = {CACHE: f"{folder}/cache", "XDG_CACHE_HOME": f"{folder}/program"}
        # What pip has fetched before is used, if it is there.
        pip = {"PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip"))}
        environment = Version(tree=None).variables({**apart, **pip})
        return spent(["bash", "-euo", "pipefail", "-c", first_command(version.tree)], environment, tree)


@contextmanager
def version_before(given: str) -> Iterator[Version]:
    """Give the version to compare with.

    Args:
        given: A folder of sources, a folder of an environment where it is installed, or a git reference, whose sources
            are copied to a temporary folder.

    Yields:
        The version; machine code of copied sources is thrown away with them.

    Raises:
        ValueError: If it is none of these.
    """
    place = Path(given).absolute()
    if (place / "sim").is_dir():
        yield Version("before", sys.executable, place)
        return
    if (place / "bin" / "python").exists():
        yield Version("before", str(place / "bin" / "python"), None)
        return
    command = ["git", "-C", str(ROOT), "archive", "--format=tar", given]
    archive = subprocess.run(command, capture_output=True, check=False)
    if archive.returncode:
        why = archive.stderr.decode().strip()
        raise ValueError(f"--before {given}: must be a tree, an environment or a git reference; {why}")
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        with tarfile.open(fileobj=BytesIO(archive.stdout)) as file:
            file.extractall(tree, filter="data")
        yield Version("before", sys.executable, tree, Path(folder) / "cache")
