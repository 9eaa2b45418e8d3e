"""The ways in which a command can fail: refused, failed or interrupted.

Every error that a user can meet is one of these; the command line prints each in one line and has an exit code for it.
Code that kept partial results adds a note (``BaseException.add_note``).

Handle signals that ask a process to end, and put them off where code must finish.
"""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType


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
