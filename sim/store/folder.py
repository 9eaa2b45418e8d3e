"""The folder of a run: written under a hidden name, locked by its process, renamed when complete; and what is in it.

``run.json``, its manifest, has the SHA-256 of every file and of itself, and where a run comes from: versions, machine,
command, time and memory. Files that are not valid JSON, or differ from their hashes, are refused.
"""

import errno
import fcntl
import hashlib
import itertools
import json
import os
import platform
import re
import resource
import shlex
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NoReturn, Self, TypeVar

from sim.base import LOADED, __version__
from sim.base.caches import cache_folder, program_digest
from sim.base.failures import RefusedError

Typed = TypeVar("Typed")

RUN_JSON = "run.json"
SCENARIO_YAML = "scenario.yaml"
RUNS = Path("results") / "runs"

DEPTH = 3
"""Levels of folders in which runs are searched: a sweep's points, a point's replicates."""

UNFINISHED = re.compile(r"\.(?P<name>.+)\.unfinished-(?P<process>\d+)(-\d+)?", re.DOTALL)
"""The name of the folder of an unfinished run."""

SEAL = "sha256"
"""Key of ``run.json``: the SHA-256 of everything else in it."""

RESULTS = (
    *("name", "engine", "seed", "scale", "versions", "machine", "command", "scenario_sha256", "policy_of", "files"),
    *("figures", "evidence", "findings", "totals", "chance", "warnings", "performance"),
)
"""Keys of ``run.json`` that every run has."""

LIBRARIES = ("numpy", "numba", "llvmlite", "simpy", "pandas", "pyarrow", "pydantic", "pyyaml")

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""Errors of file systems without locks."""


class FolderError(RefusedError):
    """A folder of results cannot be made at this path, or is not one."""


class DamagedError(FolderError):
    """A stored file was not written by this program, or was changed since."""


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file; raises DamagedError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DamagedError(f"{path}: cannot be read: {error.strerror or error}") from None


def demand_hashes(folder: Path, files: Mapping[str, str]) -> None:
    """Raise DamagedError unless each file of a folder has its recorded SHA-256."""
    for name, digest in files.items():
        if os.path.basename(name) != name or sha256(folder / name) != digest:
            raise DamagedError(f"{folder / name}: was changed after it was written: its SHA-256 differs")


def read_json(path: Path) -> Any:
    """Read a JSON document; raises DamagedError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedError(f"{path}: cannot be read: {error}".replace("\n", " ")) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def read_map(path: Path) -> dict[str, Any]:
    """Read a JSON document that is a map; raises DamagedError."""
    document = read_json(path)
    if not isinstance(document, dict):
        raise DamagedError(f"{path}: was not written by this program: it is not a map")
    return document


def typed(kind: type[Typed], value: object, strict: bool = False) -> Typed:
    """Return a value that was read as a type that pydantic knows; ``strict`` turns no text into a number.

    Raises:
        ValueError: With the place of the first mistake, and what it is.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(kind).validate_python(value, strict=strict or None)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        what = first["msg"].replace("Field required", "is missing")
        _, should, allowed = what.partition(" should ")
        if should:
            what = f"{repr(first['input'])[:60]} cannot be used; must {allowed.partition(', unable')[0]}"
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {what}") from None


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a JSON document, whatever the order of its keys."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@contextmanager
def reading(place: Path) -> Iterator[None]:
    """Turn any error of reading a file with wrong content into a DamagedError."""
    import pyarrow as pa

    try:
        yield
    except RefusedError:
        raise
    except (pa.ArrowException, AttributeError, LookupError, TypeError, ValueError, ArithmeticError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # an error of the machine; Arrow's errors have no number
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise DamagedError(f"{place}: was not written by this program ({what[:200]})") from error


def sealed(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return a manifest with the SHA-256 of its content, so that later changes are noticed."""
    return {**manifest, SEAL: digest_of({key: part for key, part in manifest.items() if key != SEAL})}


def is_sealed(manifest: dict[str, Any]) -> bool:
    """Return whether a manifest is unchanged since it was written."""
    return bool(manifest.get(SEAL) == sealed(manifest)[SEAL])


def read_manifest(folder: Path, changed: bool = False) -> dict[str, Any]:
    """Return ``run.json`` of a finished run; ``changed`` accepts later changes.

    Raises:
        FolderError: If it is not a finished run.
        DamagedError: If a run did not write it, or if it was changed.
    """
    if UNFINISHED.fullmatch(folder.resolve().name):
        raise FolderError(f"{folder}: the run is unfinished: it was killed or is still running")
    path = folder / RUN_JSON
    if not os.path.lexists(path):
        inside = next((f", for example {path.parent}" for path in sorted(folder.glob(f"*/{RUN_JSON}"))), "")
        raise FolderError(f"{folder}: is not a run; use a folder with {RUN_JSON}{inside}")
    document = read_json(path)
    if not isinstance(document, dict) or document.get("status") != "finished":
        raise FolderError(f"{path}: does not say that the run finished")
    for key in RESULTS:
        if key not in document:
            raise DamagedError(f"{path}: was not written by a run: {key}: is missing")
    if not changed and not is_sealed(document):
        raise DamagedError(f"{path}: was changed after it was written: its SHA-256 differs")
    return document


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


def lock(folder: Path) -> int:
    """Return a handle that locks a folder until it is closed; a file system without locks locks nothing.

    Raises:
        OSError: If there is no such folder; a BlockingIOError if another process, or this one, has locked it.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            os.close(handle)
            raise
    return handle


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
        os.close(handle)


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

    def __exit__(self, *_: object) -> None:
        if self.path.exists():
            shutil.rmtree(self.path, ignore_errors=True)
            with suppress(OSError):  # a parent in which there is something else now
                for parent in self._parents:
                    parent.rmdir()
        os.close(self._handle)

    def _create(self) -> tuple[Path, int]:
        """Make and lock the folder; return it, and the handle that locks it for as long as this process lives."""
        name = f".{self.target.name}.unfinished-{os.getpid()}"
        for count in itertools.count():
            path = self.target.with_name(f"{name}-{count}" if count else name)
            with suppress(FileExistsError):
                path.mkdir()
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
    """Remove an unfinished run, unless a process writes it; return whether it went."""
    try:
        handle = lock(unfinished)
    except OSError as error:
        return error.errno == errno.ENOENT
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
        """Return whether a process is writing it."""
        try:
            os.close(lock(self.path))
        except OSError as error:
            return error.errno != errno.ENOENT
        return False


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


def versions() -> dict[str, str]:
    """Return the versions of program, Python and libraries; ``sources`` begins the SHA-256 of all relevant sources."""
    own = {"tocsin": __version__, "sources": program_digest()[:16], "python": platform.python_version()}
    return {**own, **_of_libraries()}


@cache
def _of_libraries() -> dict[str, str]:
    found = {}
    for library in LIBRARIES:
        with suppress(PackageNotFoundError):
            found[library] = version(library)
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
    if peak := _fact("/proc/self/status", "VmHWM"):
        return int(peak.split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def keep_last_run(engine: str, about: dict[str, float]) -> None:
    """Keep work and ``seconds`` of the last run of an engine on this machine, to estimate the time of later ones.

    Runs of less than a second say little about others.
    """
    file = _last_run(engine)
    if file is not None and about["seconds"] >= 1.0:
        with suppress(OSError):
            replace_json(file, about)


def last_run(engine: str) -> dict[str, float] | None:
    """Return what ``keep_last_run`` kept of an engine, None before its first run on this machine."""
    with suppress(OSError, ValueError):
        file = _last_run(engine)
        return None if file is None else dict(json.loads(file.read_text(encoding="utf-8")))
    return None


def _last_run(engine: str) -> Path | None:
    folder = cache_folder("last-run", "2")
    machine = hashlib.sha256(f"{_processor()} {os.cpu_count()}".encode()).hexdigest()
    return None if folder is None else folder / f"{engine}-{machine[:16]}.json"


def _processor() -> str:
    return _fact("/proc/cpuinfo", "model name") or platform.processor() or platform.machine()


def _fact(file: str, name: str) -> str:
    """Return what a file of Linux says of something, empty if it does not."""
    with suppress(OSError):
        for line in Path(file).read_text().splitlines():
            key, _, fact = line.partition(":")
            if key.strip() == name:
                return fact.strip()
    return ""
