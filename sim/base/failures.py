"""The ways in which a command can fail: refused, failed or interrupted; and its log.

Every error that a user can meet is one of these; the command line prints each in one line and has an exit code for it.
Code that kept partial results adds a note (``BaseException.add_note``). Signals that ask a process to end are put off
where code must finish.

The log of a run or an experiment, ``log.txt`` in its folder, says what was done when. It has times of day, so it is not
a result: it has no hash, and nothing reads it. An experiment that resumes after an interruption appends to it.
"""

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from types import FrameType
from typing import Self


class RefusedError(Exception):
    """A request is invalid (an option, a scenario or a stored file); nothing was written."""

    @property
    def lines(self) -> Sequence[str]:
        """One line per mistake."""
        return [str(self)]

    @property
    def placed(self) -> bool:
        """Whether the lines begin with the place of the mistake and need no name of the command."""
        return False


class UsageError(RefusedError):
    """Options or arguments are invalid, alone or together; one line each."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)

    @property
    def lines(self) -> Sequence[str]:
        """One line per mistake."""
        return [str(line) for line in self.args]

    @property
    def placed(self) -> bool:
        """The lines name the option."""
        return True


class FailedError(Exception):
    """A valid request failed."""


class Terminated(KeyboardInterrupt):
    """A signal other than the keyboard's asked the process to end."""


MACHINE = (OSError, MemoryError)
"""Errors of the machine, not of the model: the same run may succeed later."""


ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that ask a process to end."""


@contextmanager
def raised(*signals: signal.Signals) -> Iterator[None]:
    """Raise an error for these signals within a ``with`` block, unless another handler is set, as ``nohup`` does."""
    handlers = {number: signal.getsignal(number) for number in signals}
    own = {number: one for number, one in handlers.items() if one in (signal.SIG_DFL, signal.default_int_handler)}
    for number in own:
        signal.signal(number, _raise)
    try:
        yield
    finally:
        for number, handler in own.items():
            signal.signal(number, handler)


def _raise(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt if number == signal.SIGINT else Terminated(signal.Signals(number).name)


@contextmanager
def put_off(*signals: signal.Signals) -> Iterator[None]:
    """Delay signals until the end of a ``with`` block, whichever thread receives them."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python calls handlers only in the main thread
        return
    came: list[int] = []
    handlers = {number: signal.getsignal(number) for number in signals}
    taken = {number: one for number, one in handlers.items() if one not in (None, signal.SIG_IGN)}
    for number in taken:
        signal.signal(number, lambda sent, _: came.append(sent))
    try:
        yield
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)
        for sent in dict.fromkeys(came):
            signal.raise_signal(sent)


LOG = "log.txt"
"""The name of the file."""


class Logbook:
    """Writes lines with their UTC time to a file and, if ``verbose``, to standard error.

    Threads may write at the same time. A line that cannot be written is dropped, and the work continues: more important
    writes report a full disk.
    """

    def __init__(self, folder: Path | None = None, verbose: bool = False) -> None:
        """Open the log in a folder (None: no file); ``verbose`` if lines also go to standard error."""
        self._verbose, self._lock, self._file = verbose, Lock(), None
        if folder is not None:
            with suppress(OSError):
                self._file = (folder / LOG).open("a", encoding="utf-8", errors="backslashreplace")

    def __call__(self, line: str) -> None:
        """Write a line."""
        with self._lock:
            now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            # A progress bar replaces standard error while it is shown.
            for stream in (self._file, sys.stderr if self._verbose else None):
                if stream is not None:
                    with suppress(OSError, ValueError):
                        stream.write(f"{now}  {' '.join(line.split())}\n")
                        stream.flush()

    def warn(self, line: str) -> None:
        """Write a warning."""
        self(f"warning: {line}")

    def ended_by(self, error: BaseException | None) -> None:
        """Write the error that ended the work early, if there is one."""
        if error is not None:
            self(f"ended by {type(error).__name__}{f': {error}' if str(error) else ''}")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self.ended_by(error)
        self.close()
