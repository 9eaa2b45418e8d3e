"""Provenance of results: versions, machine, command, time and memory of this process."""

import hashlib
import json
import os
import platform
import resource
import shlex
import sys
import time
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sim.base.caches import FileCache, cache_folder, program_digest
from sim.base.version import LOADED, __version__

LIBRARIES = (
    "numpy",
    "numba",
    "llvmlite",
    "simpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "pyyaml",
)


def versions() -> dict[str, str]:
    """Return the versions of program, Python and libraries; ``sources`` begins the SHA-256 of all relevant sources."""
    own = {"tocsin": __version__, "sources": program_digest()[:16], "python": platform.python_version()}
    return {**own, **_of_libraries()}


@cache
def _of_libraries() -> dict[str, str]:
    found = {}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, str | int]:
    """Describe the machine without names of host or user."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    }


def command() -> str:
    """Return this process's command line, with the program's name only; names that are not UTF-8 appear as bytes."""
    line = shlex.join([Path(sys.argv[0]).name or "python", *sys.argv[1:]])
    return line.encode("utf-8", "backslashreplace").decode()


def process_age_s() -> float:
    """Return the seconds since this process loaded the package, the first step of a command.

    The age of the process itself is not used: a shell can turn into the command and would add its own time.
    """
    return time.monotonic() - LOADED


def peak_rss_bytes() -> int:
    """Return the largest resident memory of this process; Linux's ``ru_maxrss`` starts with that of its parent."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def keep_last_run(engine: str, about: dict[str, float]) -> None:
    """Keep work and ``seconds`` of the last run of an engine on this machine, to estimate the time of later ones.

    Runs of less than a second say little about others.
    """
    if about["seconds"] >= 1.0:
        _last_runs().put(_last_key(engine), json.dumps(about).encode())


def last_run(engine: str) -> dict[str, float] | None:
    """Return what ``keep_last_run`` kept of an engine, None before its first run on this machine."""
    kept = _last_runs().get(_last_key(engine))
    return None if kept is None else dict(json.loads(kept))


def _last_runs() -> FileCache:
    return FileCache(cache_folder("last-run", "1"))


def _last_key(engine: str) -> str:
    return hashlib.sha256(f"{engine} {_processor()} {os.cpu_count()}".encode()).hexdigest()


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
