"""Caches of what the program can make again: machine code and nodes of long texts.

The name of a cache's folder has the hash of the sources that fill it, so no other version reads it. It lies next to the
sources or, if these are read-only, in the user's cache folder.
"""

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Set
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
NO_RESULT = {
    *("__main__.py", "calibration", "cli", "experiments", "forecast.py", "predictions.py", "progress.py", "report"),
    *("studio", "told", "verify"),
}
"""Sources that change no outcome; a change of any other source makes an experiment start again."""

STALE_S = 86_400


def demand_folder() -> None:
    """Raise FileNotFoundError if the program is packed in a file: scenarios and sources are read as files."""
    if not PACKAGE.is_dir():
        raise FileNotFoundError(f"{PACKAGE} is not a folder: the program must be installed unpacked")


def sources(left_out: Set[str]) -> list[Path]:
    """Return the program's sources, sorted, without these names and everything below them."""
    demand_folder()
    return [path for path in sorted(PACKAGE.rglob("*.py")) if not left_out & set(path.relative_to(PACKAGE).parts)]


def sources_digest(left_out: Set[str]) -> str:
    """Return the SHA-256 of the program's sources, without these names and everything below them."""
    digest = hashlib.sha256()
    for source in sources(left_out):
        digest.update(source.relative_to(PACKAGE).as_posix().encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()


@cache
def program_digest() -> str:
    """Return the SHA-256 of the program's sources that results depend on."""
    return sources_digest(NO_RESULT)


def cache_folder(kind: str, digest: str) -> Path | None:
    """Return the folder of a kind and digest of a cache: writable (made if needed), or readable, or None.

    Folders of the same kind with other digests are removed after a day without use.
    """
    for folder in _folders(kind, digest):
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            os.utime(folder)
            with contextlib.suppress(OSError):  # another process clears up too
                for other in folder.parent.glob(f"{kind}-*"):
                    if other != folder and time.time() - other.stat().st_mtime > STALE_S:
                        shutil.rmtree(other, ignore_errors=True)
            return folder
    return found_folder(kind, digest)


def found_folder(kind: str, digest: str) -> Path | None:
    """Return the folder of an existing cache that can be read, or None."""
    return next((one for one in _folders(kind, digest) if one.is_dir() and os.access(one, os.R_OK | os.X_OK)), None)


def _folders(kind: str, digest: str) -> list[Path]:
    """Return where the folder of a cache may lie, the best place first."""
    users = os.environ.get("XDG_CACHE_HOME", "")
    parents = [PACKAGE / "__pycache__"]
    with contextlib.suppress(RuntimeError):  # there is no home folder
        parents.append((Path(users) if os.path.isabs(users) else Path.home() / ".cache") / "tocsin")
    return [parent / f"{kind}-{digest[:16]}" for parent in parents]
