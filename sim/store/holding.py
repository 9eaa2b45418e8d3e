"""Lock a folder for one process; an error names the process that holds it."""

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sim.store.json_files import FolderError

HOLDER = ".held"
"""The file that names the holder of its folder. The system releases the lock when the process ends."""

UNLOCKABLE = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""Errors of file systems without locks; their folders are used without a lock."""


@contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Hold an existing folder for the duration of a ``with`` block; FolderError if another process or thread does."""
    path = folder / HOLDER
    handle = _locked(path)
    try:
        since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        os.ftruncate(handle, 0)
        os.write(handle, f"process {os.getpid()} on {socket.gethostname()} since {since}".encode())
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(handle)


def _locked(path: Path) -> int:
    """Return an open file that no other process has locked."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            lock(handle)
            # The previous holder may have removed the file meanwhile, and a third process may have made it again.
            if os.fstat(handle).st_ino == os.stat(path).st_ino:
                return handle
        except FileNotFoundError:
            pass
        except BlockingIOError:
            who = os.pread(handle, 200, 0).decode(errors="replace") or "another process"
            os.close(handle)
            raise FolderError(f"{path.parent}: {who} is using it; wait until it ends, or use another folder") from None
        os.close(handle)


def lock(handle: int) -> None:
    """Lock an open file or folder until it is closed; raises BlockingIOError if another process has it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in UNLOCKABLE:
            raise


@contextmanager
def taking_turns(folder: Path) -> Iterator[None]:
    """Let one process at a time create, inspect or remove the unfinished runs of a folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def is_held(folder: Path) -> bool | None:
    """Return whether a process has locked a folder; None if that is unknown."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(handle)
    return False
