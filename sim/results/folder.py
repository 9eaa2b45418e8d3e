"""The folder of a run: written aside and renamed into place when whole."""

import errno
import hashlib
import itertools
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

RUN_JSON = "run.json"
SCENARIO_YAML = "scenario.yaml"
RUNS = Path("results") / "runs"
UNFINISHED = re.compile(r"^\.(?P<name>.+)\.unfinished-(?P<process>\d+)(-\d+)?$")
LONGEST_NAME = 200
"""Bytes of a folder's name, which leaves room for the name that it has while unfinished."""

DEPTH = 3
"""How deep below a folder its runs are looked for: a sweep's points, a point's replicates."""


class FolderError(Exception):
    """A run's folder cannot be made where it was asked for, or is not one."""


def default_folder(name: str, seed: int, now: datetime | None = None) -> Path:
    """Return a folder below ``results/runs`` of the current folder that does not exist yet."""
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    base = RUNS / f"{name}-{seed}-{stamp}"
    folder, count = base, 1
    while folder.exists():
        count += 1
        folder = base.with_name(f"{base.name}-{count}")
    return folder


def demand_free(folder: Path) -> None:
    """Raise FolderError unless ``folder`` does not exist or is an empty folder; writes nothing."""
    if UNFINISHED.match(folder.name):
        raise FolderError(f"{folder}: is named like an unfinished run; another name")
    if len(os.fsencode(folder.name)) > LONGEST_NAME:
        raise FolderError(f"{folder.name[:20]}...: a name of over {LONGEST_NAME} bytes; a shorter one")
    for above in folder.absolute().parents:
        if (above / RUN_JSON).is_file():
            raise FolderError(f"{folder}: lies inside the run {above}; a folder outside of it")
    # Taking the place of `.` would leave the user's shell in a folder that is gone.
    if not folder.name or folder.name == "..":
        raise FolderError(f"{folder}: has no name of its own; a folder that does not exist or is empty")
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise FolderError(f"{folder}: is no folder; a folder that does not exist or is empty")
    if folder.is_dir() and any(folder.iterdir()):
        raise FolderError(f"{folder}: the folder is not empty; a folder that does not exist or is empty")
    parent = folder.absolute().parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise FolderError(f"{folder}: nothing can be written in {parent}; a folder that you may write")


class Staging:
    """The folder that a run writes into, a hidden sibling of where it will appear.

    As a context manager it removes itself, and the parents that it made, if the run fails or is interrupted.
    A process that is killed leaves it behind under a name that says so. A ``renamable`` target, whose name nobody
    asked for, gives way to a run that took the name meanwhile.
    """

    def __init__(self, target: Path, renamable: bool = False) -> None:
        demand_free(target)
        self._renamable = renamable
        self.target = target.absolute()
        self._parents = _make_parents(self.target.parent)
        self.path = self._create()

    def publish(self) -> Path:
        """Make everything durable and let the folder appear, at once, under its name.

        Returns:
            Where it appeared.

        Raises:
            FolderError: If something else has appeared there meanwhile.
        """
        for file in sorted(self.path.iterdir()):
            sync(file)
        sync(self.path)
        wanted = self.target
        for count in itertools.count(2):
            try:
                # On POSIX an empty folder is replaced in the same step; one with files in it is refused.
                os.rename(self.path, self.target)
                break
            except OSError as error:
                if not self._renamable or error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise FolderError(f"{self.target}: {error.strerror}; it was free at the start") from error
                self.target = wanted.with_name(f"{wanted.name}-{count}")
        sync(self.target.parent)
        return self.target

    def discard(self) -> None:
        """Remove the folder, and the parents that were made for it and are empty."""
        shutil.rmtree(self.path, ignore_errors=True)
        for parent in self._parents:
            try:
                parent.rmdir()
            except OSError:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.path.exists():
            self.discard()

    def _create(self) -> Path:
        name = f".{self.target.name}.unfinished-{os.getpid()}"
        for count in range(1000):
            path = self.target.with_name(name if count == 0 else f"{name}-{count}")
            try:
                path.mkdir()
            except FileExistsError:
                continue
            return path
        raise FolderError(f"{self.target}: a thousand unfinished runs of this process lie beside it")


def _make_parents(parent: Path) -> list[Path]:
    """Make a folder and those above it; give the ones that were made, the deepest first."""
    missing = []
    while not parent.exists():
        missing.append(parent)
        parent = parent.parent
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
    return missing


def sync(path: Path) -> None:
    """Make a file or folder durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write a JSON document; raises ValueError for a number that JSON does not have."""
    path.write_text(to_json(document), encoding="utf-8")


def replace_json(path: Path, document: dict[str, Any]) -> None:
    """Write a JSON document that appears, or takes the place of an older one, whole or not at all."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    write_json(unfinished, document)
    sync(unfinished)
    os.replace(unfinished, path)


def to_json(document: dict[str, Any]) -> str:
    """Return a JSON document as text, as it stands in ``run.json``; NaN and infinity are refused."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read ``run.json`` of a finished run; raises FolderError for anything else."""
    if UNFINISHED.match(folder.absolute().name):
        raise FolderError(f"{folder}: an unfinished run; it was killed or is still running")
    try:
        document = json.loads((folder / RUN_JSON).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise FolderError(f"{folder}: no run; a folder that holds {RUN_JSON}") from None
    except (OSError, ValueError) as error:
        raise FolderError(f"{folder / RUN_JSON}: cannot be read: {error}") from None
    if not isinstance(document, dict) or document.get("status") != "finished":
        raise FolderError(f"{folder / RUN_JSON}: does not say that the run finished")
    return document


@dataclass(frozen=True)
class Listed:
    """A run found in a folder; ``manifest`` is None where it is unfinished."""

    path: Path
    manifest: dict[str, Any] | None


def find_runs(folder: Path, depth: int = DEPTH) -> Iterator[Listed]:
    """Find finished and unfinished runs in a folder and, down to a depth, in the folders of it, by name."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or not path.is_dir():
            continue
        if UNFINISHED.match(path.name):
            yield Listed(path, None)
        elif (path / RUN_JSON).is_file():
            try:
                yield Listed(path, read_manifest(path))
            except FolderError:
                yield Listed(path, None)
        elif depth > 1 and not path.name.startswith("."):
            yield from find_runs(path, depth - 1)
