"""Keep the machine code of compiled functions: complete, under its own key, or not at all.

numba writes and reads the files. It trusts their content, requires a writable folder, and fails without one; a run
needs none of that, since missing code can be compiled.
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
from numba.core.runtime.nrt import rtsys

from sim.base.caches import cache_folder, found_folder, sources_digest

KERNELS = "kernels"
"""Name of the folder."""

NEEDED = {"vector": "steps.run_all_events", "reference": "detectors.attempt_tiers"}
"""By engine, a function that is compiled late, and for no other engine."""

UNCOMPILED = frozenset(
    {
        "__main__.py",
        "calibration",
        "cli",
        "experiments",
        "forecast.py",
        "logbook.py",
        "predictions",
        "progress.py",
        "reference",
        "report",
        "reading",
        "running.py",
        "runs",
        "store",
        "studio",
        "told",
        "verify",
    }
)
"""Files and folders without compiled functions: editing them costs no new machine code.

All others count.
"""


@cache
def machine_code_folder() -> str:
    """Return the folder for the machine code of exactly these sources; empty if there is none.

    It may be that of ``NUMBA_CACHE_DIR``, and may be read-only.
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
    """Return whether the machine code of an engine is kept, judged by one of its functions; creates nothing."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(chosen) if chosen else found_folder(KERNELS, _digest())
    return folder is not None and any(folder.glob(f"*/{NEEDED[engine]}-*.nbc"))


def kept(dispatcher: Callable[[bool], Any]) -> Any:
    """Return a dispatcher whose machine code is kept if possible.

    ``dispatcher`` makes one; its argument is whether it has a cache.
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
    """Make numba use this folder as its cache within the context, even if it is read-only."""
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
    """Replace numba's own check that a folder is writable."""


class WholeFiles(IndexDataCacheFile):
    """The files of a function's machine code, each preceded by the SHA-256 of its content; others are a ValueError.

    Machine code is stored with its key, so that of two processes writing at once neither reads the other's code as its
    own.
    """

    def save(self, key: Any, data: Any) -> None:
        """Store machine code under a key."""
        files: Any = super()
        files.save(key, (key, data))

    def load(self, key: Any) -> Any:
        """Return the machine code of a key, None if there is none."""
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
    """Return the content of a file; raises ValueError if it is not as written."""
    data = Path(path).read_bytes()
    digest = hashlib.sha256(memoryview(data)[32:]).digest()
    if data[:32] != digest:
        raise ValueError(f"{path} is damaged")
    return pickle.loads(memoryview(data)[32:])


def _as_far_as_readable(cache: Any) -> Callable[..., Any]:
    """Return a loader of machine code that drops unreadable files, so that they are compiled again.

    It leaves out numba's refreshing of all that compiling needs: a compiler does that itself. Machine code needs only
    the functions that allocate arrays.
    """

    def load_overload(signature: Any, target: Any) -> Any:
        try:
            rtsys.initialize(target)
            return cache._load_overload(signature, target)
        except Exception:
            # Damaged files fail in many ways, and so do types of modules that no longer exist.
            with contextlib.suppress(OSError):
                cache.flush()
            return None

    return load_overload


def _as_far_as_writable(cache: Any) -> Callable[..., Any]:
    """Return a function that stores machine code in a cache and skips whatever cannot be written."""
    save = cache.save_overload

    def save_overload(signature: Any, data: Any) -> None:
        # A full disk, a folder that can only be read, a damaged index that cannot be replaced.
        with contextlib.suppress(OSError, ValueError, pickle.PickleError):
            save(signature, data)

    return save_overload
