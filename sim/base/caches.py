"""Caches of what the program can make again: machine code and nodes of long texts.

The name of a cache's folder has the hash of the sources that fill it, so no other version reads it. It lies next to the
sources or, if these are read-only, in the user's cache folder.
"""

import contextlib
import hashlib
import os
import shutil
import time
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
NO_RESULT = frozenset(
    {
        "__main__.py",
        "calibration",
        "cli",
        "experiments",
        "forecast.py",
        "predictions",
        "progress.py",
        "report",
        "runs",
        "studio",
        "told",
        "verify",
    }
)
"""Sources that change no outcome; a change of any other source makes a journal start again."""

STALE_S = 86_400
MOST_FILES = 32
"""Most files of a ``FileCache``: more than the scenarios in use at a time."""


def demand_folder() -> None:
    """Raise FileNotFoundError if the program is packed in a file: scenarios and sources are read as files."""
    if not PACKAGE.is_dir():
        raise FileNotFoundError(f"{PACKAGE} is not a folder: the program must be installed unpacked")


def sources(left_out: frozenset[str]) -> list[Path]:
    """Return the program's sources, sorted, without these names and everything below them."""
    demand_folder()
    return [path for path in sorted(PACKAGE.rglob("*.py")) if not left_out & set(path.relative_to(PACKAGE).parts)]


def sources_digest(left_out: frozenset[str]) -> str:
    """Return the SHA-256 of the program's sources, without these names and everything below them."""
    return _digest(sources(left_out))


@cache
def program_digest() -> str:
    """Return the SHA-256 of the program's sources that results depend on."""
    return sources_digest(NO_RESULT)


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for source in files:
        digest.update(source.relative_to(PACKAGE).as_posix().encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()


def cache_folder(kind: str, digest: str) -> Path | None:
    """Return the folder of a kind and digest of a cache: writable (made if needed), or readable, or None.

    Folders of the same kind with other digests are removed after a day without use.
    """
    readable = None
    for parent in _parents():
        folder = parent / f"{kind}-{digest[:16]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            os.utime(folder)
        except OSError:
            if readable is None and os.path.isdir(folder) and os.access(folder, os.R_OK | os.X_OK):
                readable = folder
            continue
        with contextlib.suppress(OSError):  # another process clears up too
            for other in parent.glob(f"{kind}-*"):
                if other != folder and time.time() - other.stat().st_mtime > STALE_S:
                    shutil.rmtree(other, ignore_errors=True)
        return folder
    return readable


def found_folder(kind: str, digest: str) -> Path | None:
    """Return the folder of an existing cache, or None."""
    folders = (parent / f"{kind}-{digest[:16]}" for parent in _parents())
    return next((folder for folder in folders if folder.is_dir()), None)


def _parents() -> list[Path]:
    beside = PACKAGE / "__pycache__"
    chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        return [beside, (chosen if chosen.is_absolute() else Path.home() / ".cache") / "tocsin"]
    except RuntimeError:  # there is no home folder
        return [beside]


class FileCache:
    """A cache of values by key, one file each; above ``MOST_FILES`` the least recently used are removed.

    Values that cannot be written are not kept. Each file begins with the SHA-256 of its content, so damaged ones are
    ignored.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        """Return the value of a hexadecimal key, or None."""
        if self._folder is None:
            return None
        file = self._folder / key
        try:
            kept = file.read_bytes()
        except OSError:
            return None
        with contextlib.suppress(OSError):
            os.utime(file)
        return kept[32:] if hashlib.sha256(kept[32:]).digest() == kept[:32] else None

    def put(self, key: str, value: bytes) -> None:
        """Keep a value if possible."""
        if self._folder is None:
            return
        unfinished = self._folder / f"{key}.{os.getpid()}"
        try:
            unfinished.write_bytes(hashlib.sha256(value).digest() + value)
            unfinished.replace(self._folder / key)
        except OSError:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            return
        with contextlib.suppress(OSError):  # another process clears up too
            used = sorted(self._folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)
            for file in used[:-MOST_FILES]:
                file.unlink()
