"""The run folder: written under a hidden name and renamed when complete."""

import errno
import itertools
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sim.base.failures import ENDING, put_off
from sim.store.holding import lock, taking_turns
from sim.store.json_files import FolderError
from sim.store.run_json import RUN_JSON, UNFINISHED, is_run, read_manifest

SCENARIO_YAML = "scenario.yaml"
RUNS = Path("results") / "runs"
LONGEST_NAME = 200
"""Most bytes of a folder's name; its name while unfinished is longer."""

DEPTH = 3
"""Levels of folders in which runs are searched: a sweep's points, a point's replicates."""


def default_folder(name: str, seed: int, now: datetime | None = None) -> Path:
    """Return a new folder name below ``results/runs`` of the current folder."""
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    base = RUNS / f"{name}-{seed}-{stamp}"
    folder, count = base, 1
    while folder.exists():
        count += 1
        folder = base.with_name(f"{base.name}-{count}")
    return folder


def demand_free(folder: Path) -> None:
    """Raise FolderError unless ``folder`` does not exist or is an empty folder; writes nothing."""
    try:
        _demand_free(folder)
    except (OSError, ValueError) as error:  # too long, or with a character that no name can have
        what = error.strerror if isinstance(error, OSError) else error
        raise FolderError(f"{str(folder)[:200]}: {what}; use a new or empty folder") from None


def _demand_free(folder: Path) -> None:
    if UNFINISHED.fullmatch(folder.name):
        raise FolderError(f"{folder}: has the name of an unfinished run; use another name")
    if len(os.fsencode(folder.name)) > LONGEST_NAME:
        raise FolderError(f"{folder.name[:20]}...: the name has over {LONGEST_NAME} bytes; use a shorter one")
    for above in folder.absolute().parents:
        if is_run(above):
            raise FolderError(f"{folder}: lies inside the run {above}; use a folder outside it")
    # Replacing `.` would leave the user's shell in a deleted folder.
    if not folder.name or folder.name == "..":
        raise FolderError(f"{folder}: has no name; use a new or empty folder")
    with suppress(FileNotFoundError, NotADirectoryError):
        os.lstat(folder)  # raises if it cannot be a name
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise FolderError(f"{folder}: is not a folder; use a new or empty folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise FolderError(f"{folder}: the folder is not empty; use a new or empty folder")
    parent = folder.absolute().parent
    while not os.path.lexists(parent):  # a dangling link exists, but is not a folder
        parent = parent.parent
    _demand_writable(folder, parent)


def demand_file(path: Path) -> None:
    """Raise FolderError if a file cannot be written or replaced at a path; writes nothing."""
    if os.path.isdir(path):
        raise FolderError(f"{path}: is a folder; use the name of a file")
    if not is_stream(path):
        _demand_writable(path, Path(os.path.realpath(path)).parent if os.path.islink(path) else path.parent)
    elif not os.access(path, os.W_OK):
        raise FolderError(f"{path}: cannot be written to; use the name of a file")


def is_stream(path: Path) -> bool:
    """Return whether a path is a pipe, a terminal or the like (``/dev/null``), which is written into, never replaced.

    Raises:
        FolderError: For what can be neither written into nor replaced: a socket, a disk, a loop of links.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if error.errno != errno.ELOOP:
            return False
        raise FolderError(f"{path}: is a loop of links; use the name of a file") from None
    if stat.S_ISSOCK(mode) or stat.S_ISBLK(mode):
        raise FolderError(f"{path}: is a {'socket' if stat.S_ISSOCK(mode) else 'disk'}; use the name of a file")
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def _demand_writable(path: Path, parent: Path) -> None:
    """Raise FolderError unless ``parent`` is a folder in which ``path`` can be made."""
    if not os.path.isdir(parent) or not os.access(parent, os.W_OK | os.X_OK):
        raise FolderError(f"{path}: cannot write in {parent}; use an existing folder that you may write to")


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
        self._parents = _make_parents(self.target.parent)
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

    def discard(self) -> None:
        """Remove the folder, and the parents that were made for it and are empty."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._release()
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
        if self._handle is None:
            return
        with put_off(*ENDING):  # a second interrupt would leave half of it
            if self.path.exists():
                self.discard()
            self._release()

    def _release(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _create(self) -> tuple[Path, int | None]:
        """Make and lock the folder, one process at a time, and remove what killed runs of this target left.

        Returns:
            The folder, and the open handle that locks it for as long as this process lives.

        Raises:
            FolderError: If another process is making the same run.
        """
        with taking_turns(self.target.parent):
            if not self._renamable:
                self._clear()
            name = f".{self.target.name}.unfinished-{os.getpid()}"
            for count in range(1000):
                path = self.target.with_name(name if count == 0 else f"{name}-{count}")
                try:
                    path.mkdir()
                except FileExistsError:
                    continue
                handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                lock(handle)
                return path, handle
        raise FolderError(
            f"{self.target}: too many unfinished runs lie next to it; remove them with tocsin runs --clean"
        )

    def _clear(self) -> None:
        """Remove what killed runs of this target left; raises FolderError if one is still running."""
        for path in self.target.parent.iterdir():
            unfinished = UNFINISHED.fullmatch(path.name)
            if unfinished is None or unfinished["name"] != self.target.name or path.is_symlink():
                continue
            try:
                handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                continue
            try:
                lock(handle)
            except BlockingIOError:
                process = unfinished["process"]
                raise FolderError(f"{self.target}: process {process} is writing it; use another folder") from None
            finally:
                os.close(handle)
            shutil.rmtree(path, ignore_errors=True)


def _make_parents(parent: Path) -> list[Path]:
    """Make a folder and its parents; return the new ones, the deepest first."""
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


@contextmanager
def whole(path: Path, durable: bool = True) -> Iterator[Path]:
    """Write a file under the temporary name it yields; it replaces an older one only if the block succeeds.

    A link stays: the file that it names is replaced. A stream takes the content, see ``is_stream``.

    Args:
        path: Its final path.
        durable: Whether it must survive a power failure; files that can be reproduced need not.

    Yields:
        The temporary path.
    """
    if is_stream(path):
        with tempfile.TemporaryDirectory() as folder:
            unfinished = Path(folder) / "unfinished"
            yield unfinished
            with unfinished.open("rb") as made, path.open("wb") as stream:
                shutil.copyfileobj(made, stream)
        return
    path = Path(os.path.realpath(path))
    unfinished = path.with_name(f".{path.name}.unfinished-{os.getpid()}")
    try:
        yield unfinished
        if durable:
            sync(unfinished)
        os.replace(unfinished, path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


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
    """A run in a folder; its ``manifest`` is missing if it is unfinished or cannot be read (``damage`` says why)."""

    path: Path
    manifest: dict[str, Any] | None
    damage: str | None = None


def find_runs(folder: Path, depth: int = DEPTH) -> Iterator[Listed]:
    """Find finished and unfinished runs in a folder and its subfolders, by name; an unreadable folder has none."""
    try:
        inside = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    for path in inside:
        if path.is_symlink() or not path.is_dir():
            continue
        if UNFINISHED.fullmatch(path.name):
            yield Listed(path, None)
        elif os.path.lexists(path / RUN_JSON):
            try:
                yield Listed(path, read_manifest(path))
            except FolderError as error:
                yield Listed(path, None, str(error))
        elif depth > 1 and not path.name.startswith("."):
            yield from find_runs(path, depth - 1)
