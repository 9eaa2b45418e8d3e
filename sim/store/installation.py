"""What is installed, and what this machine has: the answer of ``tocsin doctor``."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from typing import Any

from packaging.requirements import Requirement

from sim.base.version import __version__
from sim.draws.machine_code import is_compiled, machine_code_folder
from sim.language.spoken import marked, said
from sim.store.folder import RUNS
from sim.store.provenance import machine

DISTRIBUTION = "tocsin"
NEEDED_MEMORY = 4 << 30
"""Bytes of memory with which the whole country runs one to one, with room for the system."""

NEEDED_DISK = 1 << 30
"""Bytes on the disk of the runs: some runs of the whole country with their reports."""


@dataclass(frozen=True)
class Part:
    """A part of the installation or of the machine.

    Attributes:
        key: Its name in JSON.
        name: Its name in words.
        value: What was found, for JSON.
        told: What was found, in words.
        problem: What is wrong and what to do; empty if nothing is.
    """

    key: str
    name: str
    value: Any
    told: str
    problem: str = ""


def installation() -> list[Part]:
    """Return program, Python, libraries, extras, machine, disk and machine code, and their problems."""
    return [*_program(), *_libraries(), *_machine(), _disk(), _machine_code()]


def _program() -> Iterator[Part]:
    yield Part("tocsin", "tocsin", __version__, __version__)
    python = platform.python_version()
    yield Part("python", "Python", python, f"{python} ({sys.executable})")


def _libraries() -> Iterator[Part]:
    """Yield the libraries that runs need, then each extra: whether all of its libraries are there."""
    groups: dict[str, list[Requirement]] = {}
    for line in requires(DISTRIBUTION) or ():
        one = Requirement(line)
        if one.marker is None or one.marker.evaluate({"extra": ""}):
            groups.setdefault("", []).append(one)
            continue
        for extra in _extras():
            if one.marker.evaluate({"extra": extra}):
                groups.setdefault(extra, []).append(one)
    for extra, needed in groups.items():
        missing = [text for one in needed if one.name != DISTRIBUTION and (text := _missing(one))]
        versions = {one.name: _version(one.name) for one in needed if one.name != DISTRIBUTION}
        if extra:
            install = said("not installed; in the checkout of Tocsin: pip install '.[{extra}]'", extra=extra)
            told = install if missing else said("installed")
            yield Part(f"extra_{extra}", said("extra {extra}", extra=extra), not missing, told)
            continue
        told = said(
            "{present} of {count} in the versions needed", present=len(needed) - len(missing), count=len(needed)
        )
        problem = said("missing or too old: {libraries}; reinstall tocsin", libraries=", ".join(missing))
        yield Part("libraries", said("libraries"), versions, told, problem if missing else "")


def _extras() -> list[str]:
    """Return the names of the extras of the distribution."""
    return sorted(metadata(DISTRIBUTION).get_all("Provides-Extra") or ())


def _missing(needed: Requirement) -> str:
    """Return the requirement if no version that satisfies it is installed, else an empty text."""
    found = _version(needed.name)
    return "" if found and needed.specifier.contains(found, prereleases=True) else f"{needed.name}{needed.specifier}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _machine() -> Iterator[Part]:
    """Yield system, processor and memory."""
    found = machine()
    yield Part("system", said("system"), found["system"], str(found["system"]))
    cores = said("{processor}, {cores} cores", processor=str(found["processor"]), cores=str(found["cores"]))
    yield Part("processor", said("processor"), found["processor"], cores)
    size = int(found["memory_bytes"])
    problem = ""
    if size < NEEDED_MEMORY:
        text = marked("{found} of memory; the whole country one to one needs {needed}: use a smaller --scale")
        problem = said(text, found=_gib(size), needed=_gib(NEEDED_MEMORY))
    yield Part("memory_bytes", said("memory"), size, _gib(size), problem)


def _disk() -> Part:
    """Return the free space where runs are written."""
    place = next(one for one in (RUNS.absolute(), *RUNS.absolute().parents) if one.is_dir())
    free = shutil.disk_usage(place).free
    told = said("{free} free in {folder}", free=_gib(free), folder=str(place))
    problem = ""
    if not os.access(place, os.W_OK):
        problem = said("{folder} cannot be written to: change the folder, or use --out", folder=str(place))
    elif free < NEEDED_DISK:
        problem = said("only {free} is free in {folder}: remove old runs", free=_gib(free), folder=str(place))
    return Part("disk_free_bytes", said("disk"), free, told, problem)


def _machine_code() -> Part:
    """Return whether the engine is compiled for this processor, and where its machine code is kept."""
    folder = machine_code_folder()
    compiled = is_compiled("vector")
    if not folder:
        told = said("not kept: every run compiles again")
        problem = said("no folder for machine code can be written to: set NUMBA_CACHE_DIR to one that can")
        return Part("compiled", said("machine code"), False, told, problem)
    state = marked("compiled, in {folder}") if compiled else marked("the first run compiles, once; kept in {folder}")
    return Part("compiled", said("machine code"), compiled, said(state, folder=folder))


def _gib(size: int) -> str:
    return f"{size / (1 << 30):,.1f} GiB"
