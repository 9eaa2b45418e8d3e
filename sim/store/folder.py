"""The run folder: written under a hidden name, locked by the process that writes it, and renamed when complete."""

import errno
import fcntl
import itertools
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sim.store.json_files import FolderError
from sim.store.run_json import RUN_JSON, UNFINISHED, read_manifest

SCENARIO_YAML = "scenario.yaml"
RUNS = Path("results") / "runs"

DEPTH = 3
"""Levels of folders in which runs are searched: a sweep's points, a point's replicates."""


def default_folder(name: str, seed: int, now: datetime | None = None) -> Path:
    """Return a new folder name below ``results/runs`` of the current folder."""
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    base = RUNS / f"{name}-{seed}-{stamp}"
    names = itertools.chain([base], (base.with_name(f"{base.name}-{count}") for count in itertools.count(2)))
    return next(folder for folder in names if not folder.exists())


def demand_free(folder: Path) -> None:
    """Raise FolderError unless ``folder`` does not exist or is an empty folder; writes nothing."""
    advice = "use a new or empty folder"
    try:
        # Replacing `.` would leave the user's shell in a deleted folder.
        if not folder.name or folder.name == "..":
            raise FolderError(f"{folder}: has no name; {advice}")
        with suppress(FileNotFoundError, NotADirectoryError):
            os.lstat(folder)  # raises if it cannot be a name
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise FolderError(f"{folder}: is not a folder; {advice}")
        if folder.is_dir() and any(folder.iterdir()):
            raise FolderError(f"{folder}: the folder is not empty; {advice}")
        parent = folder.absolute().parent
        while not os.path.lexists(parent):  # a dangling link exists, but is not a folder
            parent = parent.parent
    except (OSError, ValueError) as error:  # too long, or with a character that no name can have
        what = error.strerror if isinstance(error, OSError) else error
        raise FolderError(f"{str(folder)[:200]}: {what}; {advice}") from None
    _demand_writable(folder, parent)


def demand_file(path: Path) -> None:
    """Raise FolderError if a file cannot be written or replaced at a path; writes nothing."""
    if path.exists() and not path.is_file():
        raise FolderError(f"{path}: is {'a folder' if path.is_dir() else 'no regular file'}; use the name of a file")
    _demand_writable(path, Path(os.path.realpath(path)).parent if path.is_symlink() else path.parent)


def _demand_writable(path: Path, parent: Path) -> None:
    """Raise FolderError unless ``parent`` is a folder in which ``path`` can be made."""
    if not os.path.isdir(parent) or not os.access(parent, os.W_OK | os.X_OK):
        raise FolderError(f"{path}: cannot write in {parent}; use an existing folder that you may write to")


def lock(folder: Path) -> int | None:
    """Return a handle that locks a folder until it is closed, None on a file system without locks.

    Raises:
        OSError: If there is no such folder; a BlockingIOError if another process, or this one, has locked it.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return handle
    except OSError as error:
        os.close(handle)
        if error.errno in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            return None
        raise


def _release(handle: int | None) -> None:
    if handle is not None:
        os.close(handle)


@contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Hold an existing folder for the duration of a ``with`` block; FolderError if another process or thread does."""
    try:
        handle = lock(folder)
    except BlockingIOError:
        what = "another process is using it; wait until it ends, or use another folder"
        raise FolderError(f"{folder}: {what}") from None
    try:
        yield
    finally:
        _release(handle)


class Staging:
    """The hidden folder that a run writes into, next to its final place.

    As a context manager it removes itself and the parents that it made if the run fails or is interrupted. A killed
    process leaves it behind under the name of an unfinished run. A ``renamable`` target, whose name the user did not
    choose, gets another name if a run took it meanwhile. One that is not ``durable`` need not survive a power failure.
    """

    def __init__(self, target: Path, renamable: bool = False, durable: bool = True) -> None:
        demand_free(target)
        self._renamable = renamable
        self._durable = durable
        self.target = target.absolute()
        self._parents = [parent for parent in self.target.parents if not parent.exists()]
        self.target.parent.mkdir(parents=True, exist_ok=True)
        if not renamable:
            self._clear()
        self.path, self._handle = self._create()

    def publish(self) -> Path:
        """Make everything durable and rename the folder in one step; FolderError if something else took the name."""
        if self._durable:
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
                    raise FolderError(
                        f"{self.target}: {error.strerror}; the folder was free when the run started"
                    ) from error
                self.target = wanted.with_name(f"{wanted.name}-{count}")
        if self._durable:
            sync(self.target.parent)
        return self.target

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.path.exists():
            shutil.rmtree(self.path, ignore_errors=True)
            with suppress(OSError):  # a parent in which there is something else now
                for parent in self._parents:
                    parent.rmdir()
        _release(self._handle)

    def _create(self) -> tuple[Path, int | None]:
        """Make and lock the folder; return it, and the handle that locks it for as long as this process lives."""
        name = f".{self.target.name}.unfinished-{os.getpid()}"
        for count in itertools.count():
            path = self.target.with_name(f"{name}-{count}" if count else name)
            try:
                path.mkdir()
            except FileExistsError:
                continue
            with suppress(BlockingIOError, FileNotFoundError):  # another process clears it up before it is locked
                return path, lock(path)
        raise AssertionError("counting ends")

    def _clear(self) -> None:
        """Remove what killed runs of this target left; raises FolderError if one is still running."""
        for path in self.target.parent.iterdir():
            unfinished = UNFINISHED.fullmatch(path.name)
            if unfinished and unfinished["name"] == self.target.name and not path.is_symlink() and not _removed(path):
                what = f"process {unfinished['process']} is writing it; use another folder"
                raise FolderError(f"{self.target}: {what}")


def _removed(unfinished: Path) -> bool:
    """Remove an unfinished run, unless a process writes it or, without locks, may write it; return whether it went."""
    try:
        handle = lock(unfinished)
    except OSError as error:
        return error.errno == errno.ENOENT
    if handle is None:
        return False
    shutil.rmtree(unfinished, ignore_errors=True)  # locked, so that nobody begins to write there
    os.close(handle)
    return True


def sync(path: Path) -> None:
    """Make a file or folder durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def whole(path: Path, durable: bool = True) -> Iterator[Path]:
    """Write a file under the temporary name it yields; it replaces an older one only if the block succeeds.

    A link stays: the file that it names is replaced.

    Args:
        path: Its final path.
        durable: Whether it must survive a power failure; files that can be reproduced need not.

    Yields:
        The temporary path.
    """
    path = Path(os.path.realpath(path))
    unfinished = path.with_name(f".{path.name}.unfinished-{os.getpid()}")
    try:
        yield unfinished
        if durable:
            sync(unfinished)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write a JSON document; raises ValueError for a number that JSON does not have."""
    path.write_text(to_json(document), encoding="utf-8")


def replace_json(path: Path, document: dict[str, Any]) -> None:
    """Write or replace a JSON document completely or not at all."""
    with whole(path) as unfinished:
        write_json(unfinished, document)


def to_json(document: dict[str, Any]) -> str:
    """Return a JSON document as text in the layout of ``run.json``; refuses NaN and infinity."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


@dataclass(frozen=True)
class Listed:
    """A run in a folder: its ``manifest``, why it cannot be read, or the process that began an unfinished one."""

    path: Path
    manifest: dict[str, Any] | None = None
    damage: str | None = None
    process: int | None = None

    def is_held(self) -> bool:
        """Return whether a process is writing it, or may be, where that is unknown."""
        try:
            handle = lock(self.path)
        except OSError as error:
            return error.errno != errno.ENOENT
        _release(handle)
        return handle is None


def find_runs(folder: Path, depth: int = DEPTH) -> Iterator[Listed]:
    """Find finished and unfinished runs in a folder and its subfolders, by name; an unreadable folder has none."""
    try:
        inside = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    for path in inside:
        if path.is_symlink() or not path.is_dir():
            continue
        if unfinished := UNFINISHED.fullmatch(path.name):
            yield Listed(path, process=int(unfinished["process"]))
        elif os.path.lexists(path / RUN_JSON):
            try:
                yield Listed(path, read_manifest(path))
            except FolderError as error:
                yield Listed(path, damage=str(error))
        elif depth > 1 and not path.name.startswith("."):
            yield from find_runs(path, depth - 1)


def remove_unfinished(folder: Path) -> Iterator[tuple[Listed, bool]]:
    """Remove the abandoned unfinished runs in a folder and its subfolders; yields each and whether it is gone."""
    for one in find_runs(folder):
        if one.process is not None:
            yield one, _removed(one.path)
