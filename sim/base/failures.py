"""The ways in which a command can fail: refused, failed or interrupted.

Every error that a user can meet is one of these; the command line prints each in one line and has an exit code for it.
Code that kept partial results adds a note (``BaseException.add_note``).
"""

from collections.abc import Sequence


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
