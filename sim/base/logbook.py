"""The log of a run or of an experiment: what was done when, a line each, for people who ask what it is doing or did.

It lies in the folder as ``log.txt``. It holds times of day, so it is no result: no hash is taken of it, and nothing
reads it. An experiment that goes on after an interruption appends to it.
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
    """Lines with the moment at which they were written, in UTC, in a file and, if asked for, on standard error.

    Its logger is its own: none that others could find is made or changed. Threads may write at once. A line that cannot
    be written is let go, for the work itself goes on.
    """

    def __init__(self, folder: Path | None = None, verbose: bool = False) -> None:
        """Begin or go on.

        Args:
            folder: Where its file lies; there is none if None.
            verbose: Whether lines go to standard error, too.
        """
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
        """Write a line about what its user should know."""
        self(f"warning: {line}")

    def ended_by(self, error: BaseException | None) -> None:
        """Write what has ended the work before its end, if anything has."""
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
    """Return whether something lies there that is no file, and could make who opens it wait for ever."""
    return os.path.lexists(path) and not path.is_file()


class _File(logging.FileHandler):
    """A file to which lines are appended; on a full disk they are lost."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name that logging calls
        """Do nothing: who runs out of space will hear it of what matters."""


class _StandardError(logging.Handler):
    """Standard error as it is when a line comes: a progress bar takes its place while it is shown."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Do nothing: nobody is there to read it."""
