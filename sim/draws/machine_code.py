"""Where the machine code of compiled functions is kept, and how: whole, under its own key, or not at all.

numba writes and reads the files. It believes what it reads, asks for a folder that it can write to, and fails where it
cannot; a run needs none of that, since whatever is missing can be compiled.
"""

import contextlib
import hashlib
import os
import pickle
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import IndexDataCacheFile, _CacheLocator

from sim.base.caches import cache_folder, found_folder, sources_digest

KERNELS = "kernels"
"""What the folder is called."""

NEEDED = {"vector": "steps.run_all_events", "reference": "detectors.attempt_tiers"}
"""A function by engine that is compiled late, and for no other engine."""

UNCOMPILED = frozenset(
    {
        "__main__.py",
        "calibration",
        "cli",
        "experiments",
        "forecast",
        "logbook.py",
        "progress.py",
        "reference",
        "report",
        "reading",
        "running.py",
        "runs.py",
        "store",
        "told",
        "verify",
    }
)
"""Files and folders of which nothing is ever compiled: editing them costs no new machine code.

What is not listed counts. ``tests/test_sources.py`` holds the list against what compiled functions import.
"""


@cache
def machine_code_folder() -> str:
    """Return the folder of the machine code of these very sources.

    Returns:
        The folder, which may be that of ``NUMBA_CACHE_DIR``, and one that can only be read; empty where there is none.
    """
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        with contextlib.suppress(OSError):
            os.makedirs(chosen, exist_ok=True)
        if os.access(chosen, os.R_OK | os.X_OK) and os.path.isdir(chosen):
            return chosen
    return str(cache_folder(KERNELS, _digest()) or "")


@cache
def _digest() -> str:
    return sources_digest(UNCOMPILED)


def is_compiled(engine: str) -> bool:
    """Return whether the machine code of an engine is kept, by the name of a function that it needs; makes nothing."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(chosen) if chosen else found_folder(KERNELS, _digest())
    return folder is not None and any(folder.glob(f"*/{NEEDED[engine]}-*.nbc"))


def kept(dispatcher: Callable[[bool], Any]) -> Any:
    """Return a dispatcher whose machine code is kept, where it can be.

    Args:
        dispatcher: Makes one; its argument is whether it has a cache.
    """
    folder = machine_code_folder()
    if not folder:
        return dispatcher(False)
    with _in(folder):
        made = dispatcher(True)
    files = made._cache._cache_file
    files.__class__ = WholeFiles
    made._cache.load_overload = _as_far_as_readable(made._cache)
    made._cache.save_overload = _as_far_as_writable(made._cache)
    return made


@contextlib.contextmanager
def _in(folder: str) -> Iterator[None]:
    """Let numba take this folder for its cache meanwhile, also one that it cannot write to."""
    config: Any = numba.config
    locator: Any = _CacheLocator
    before = config.CACHE_DIR, locator.ensure_cache_path
    config.CACHE_DIR = folder
    locator.ensure_cache_path = _prepared
    try:
        yield
    finally:
        config.CACHE_DIR, locator.ensure_cache_path = before


def _prepared(_locator: Any) -> None:
    """Stand for numba's own demand that a folder can be written to."""


class WholeFiles(IndexDataCacheFile):
    """The files of a function's machine code, each behind the SHA-256 of what it holds; others are a ValueError.

    Machine code knows the key it was stored under, so that two processes that write at once do not take the one's for
    the other's.
    """

    def save(self, key: Any, data: Any) -> None:
        """Store machine code under a key."""
        files: Any = super()
        files.save(key, (key, data))

    def load(self, key: Any) -> Any:
        """Return the machine code of a key, None where there is none."""
        files: Any = super()
        found = files.load(key)
        return found[1] if found is not None and found[0] == key else None

    def _dump(self, obj: Any) -> bytes:
        files: Any = super()
        data: bytes = files._dump(obj)
        return hashlib.sha256(data).digest() + data

    def _save_index(self, overloads: dict[Any, str]) -> None:
        with self._open_for_write(self._index_path) as file:
            file.write(self._dump((self._version, self._source_stamp, overloads)))

    def _load_index(self) -> dict[Any, str]:
        try:
            version, stamp, overloads = _read(self._index_path)
        except FileNotFoundError:
            return {}
        return overloads if (version, stamp) == (self._version, self._source_stamp) else {}

    def _load_data(self, name: str) -> Any:
        files: Any = super()
        return _read(files._data_path(name))


def _read(path: str) -> Any:
    """Return what a file holds; raises ValueError for one that is not as it was written."""
    data = Path(path).read_bytes()
    digest = hashlib.sha256(memoryview(data)[32:]).digest()
    if data[:32] != digest:
        raise ValueError(f"{path} is damaged")
    return pickle.loads(memoryview(data)[32:])


def _as_far_as_readable(cache: Any) -> Callable[..., Any]:
    """Return how numba loads machine code from a cache: what cannot be read is dropped, and compiled again."""
    load = cache.load_overload

    def load_overload(signature: Any, target: Any) -> Any:
        try:
            return load(signature, target)
        except Exception:
            # Damaged files fail in many ways, and so does a type of a module that is not there today.
            with contextlib.suppress(OSError):
                cache.flush()
            return None

    return load_overload


def _as_far_as_writable(cache: Any) -> Callable[..., Any]:
    """Return how numba stores machine code in a cache: what cannot be written is not kept."""
    save = cache.save_overload

    def save_overload(signature: Any, data: Any) -> None:
        # A full disk, a folder that can only be read, a damaged index that cannot be replaced.
        with contextlib.suppress(OSError, ValueError, pickle.PickleError):
            save(signature, data)

    return save_overload
