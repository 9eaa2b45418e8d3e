"""How a command can end other than well: what was asked for cannot be, or was tried and failed, or was interrupted.

Every error that a user can meet is one of these; the command line tells each in one line and has an exit code for it.
Where something was kept nonetheless, whoever kept it adds a note (``BaseException.add_note``).
"""

from collections.abc import Sequence


class RefusedError(Exception):
    """What was asked for cannot be: an option, a scenario or a stored file that is not what it should be.

    Nothing was written.
    """

    @property
    def lines(self) -> Sequence[str]:
        """One line a mistake."""
        return [str(self)]

    @property
    def placed(self) -> bool:
        """Whether the lines begin with the place of the mistake, and so need not name the command."""
        return False


class UsageError(RefusedError):
    """Options or arguments that cannot be, or not together: a line each."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)

    @property
    def lines(self) -> Sequence[str]:
        """One line a mistake."""
        return [str(line) for line in self.args]

    @property
    def placed(self) -> bool:
        """They name the option."""
        return True


class FailedError(Exception):
    """What was asked for was tried and failed."""


class Interrupted(KeyboardInterrupt):
    """The process was asked to end; unlike Python's own error of that kind, it can be referred to weakly."""


class Terminated(Interrupted):
    """The process was asked to end, by another signal than the one of the keyboard."""


MACHINE = (OSError, MemoryError)
"""Errors that say something of the machine and nothing of the model: the same run may do well at another time."""
