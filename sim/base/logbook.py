"""Write the log of a run or an experiment, ``log.txt`` in its folder: what was done when.

The log has times of day, so it is not a result: it has no hash, and nothing reads it. An experiment that resumes after
an interruption appends to it.
"""

import contextlib
import logging
import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

LOG = "log.txt"
"""The name of the file."""


class Logbook:
    """Writes lines with their UTC time to a file and, if ``verbose``, to standard error.

    Its logger is private. Threads may write at the same time. A line that cannot be written is dropped, and the work
    continues.
    """

    def __init__(self, folder: Path | None = None, verbose: bool = False) -> None:
        """Open the log in a folder (None: no file); ``verbose`` if lines also go to standard error."""
        self._logger = logging.Logger("tocsin")
        formatter = logging.Formatter("%(asctime)s  %(message)s")
        formatter.default_time_format, formatter.default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"
        formatter.converter = time.gmtime
        if folder is not None and not _is_other(folder / LOG):
            with contextlib.suppress(OSError):
                self._add(_File(folder / LOG, encoding="utf-8", errors="backslashreplace"), formatter)
        if verbose:
            self._add(_StandardError(), formatter)

    def __call__(self, line: str) -> None:
        """Write a line."""
        self._logger.info("%s", " ".join(line.split()))

    def warn(self, line: str) -> None:
        """Write a warning."""
        self(f"warning: {line}")

    def ended_by(self, error: BaseException | None) -> None:
        """Write the error that ended the work early, if there is one."""
        if error is not None:
            self(f"ended by {type(error).__name__}{f': {error}' if str(error) else ''}")

    def close(self) -> None:
        """Close the file."""
        for handler in self._logger.handlers[:]:
            with contextlib.suppress(OSError):
                handler.close()
            self._logger.removeHandler(handler)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended_by(error)
        self.close()

    def _add(self, handler: logging.Handler, formatter: logging.Formatter) -> None:
        handler.setFormatter(formatter)
        self._logger.addHandler(handler)


def _is_other(path: Path) -> bool:
    """Return whether a path exists and is not a file; opening it could block for ever."""
    return os.path.lexists(path) and not path.is_file()


class _File(logging.FileHandler):
    """A file to which lines are appended; on a full disk they are lost."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name that logging calls
        """Do nothing: more important writes report a full disk."""


class _StandardError(logging.Handler):
    """The current standard error; a progress bar replaces it while shown."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Do nothing: nobody can read it."""
