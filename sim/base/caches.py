"""Where the program keeps what it can make again: machine code, and what it has read of long texts.

A cache belongs to the very sources that fill it: its folder bears their hash, so what other sources have left is never
read. It lies beside the sources or, where these cannot be written to, in the user's cache.
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
        "forecast",
        "progress.py",
        "report",
        "runs.py",
        "told",
        "verify",
    }
)
"""Sources that change no outcome; a change of any other makes a journal start anew.

``tests/test_sources.py`` holds the list against what a run and those who read outcomes of it import.
"""

STALE_S = 86_400
MOST_FILES = 32
"""Files of a ``FileCache``: more than the scenarios that anybody works with at a time."""


def demand_folder() -> None:
    """Raise FileNotFoundError where the program lies packed in a file: scenarios and sources are read as files."""
    if not PACKAGE.is_dir():
        raise FileNotFoundError(f"{PACKAGE} is not a folder: the program must be installed unpacked")


def sources(left_out: frozenset[str]) -> list[Path]:
    """Return the program's sources, sorted, but for those that are, or lie below, these names."""
    demand_folder()
    return [path for path in sorted(PACKAGE.rglob("*.py")) if not left_out & set(path.relative_to(PACKAGE).parts)]


def sources_digest(left_out: frozenset[str]) -> str:
    """Return the SHA-256 of the program's sources, but for those that are, or lie below, these names."""
    return _digest(sources(left_out))


@cache
def program_digest() -> str:
    """Return the SHA-256 of those of the program's sources on which results depend."""
    return sources_digest(NO_RESULT)


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for source in files:
        digest.update(source.relative_to(PACKAGE).as_posix().encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()


def cache_folder(kind: str, digest: str) -> Path | None:
    """Return the folder of a cache, made if need be.

    Folders of the same kind under other digests are removed when they have not been used for a day.

    Args:
        kind: What is kept there, a word.
        digest: Of the sources that fill it, in hexadecimal digits.

    Returns:
        The folder; where none can be written one that is there and can be read; None where there is none either.
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
    """Return the folder of a cache where there is one; nothing is made."""
    folders = (parent / f"{kind}-{digest[:16]}" for parent in _parents())
    return next((folder for folder in folders if folder.is_dir()), None)


def _parents() -> list[Path]:
    beside = PACKAGE / "__pycache__"
    chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        return [beside, (chosen if chosen.is_absolute() else Path.home() / ".cache") / "tocsin"]
    except RuntimeError:  # there is no home
        return [beside]


@cache
def room_digest(room: str) -> str:
    """Return the SHA-256 of the sources of one room of the package."""
    return _digest(sorted((PACKAGE / room).rglob("*.py")))


class FileCache:
    """A cache of values by key, each in a file of its own, ``MOST_FILES`` of them: the longest unused go first.

    What cannot be written is not kept, and what is damaged counts as not there: a file begins with the SHA-256 of what
    follows.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        """Return what is kept under a key, in hexadecimal digits; None where nothing is."""
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
        """Keep a value, where that is possible."""
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
