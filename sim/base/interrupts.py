"""Handle signals that ask a process to end: none is lost, and none interrupts code that must finish."""

import signal
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from sim.base.failures import Interrupted, Terminated

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that ask a process to end."""

AGAIN_S = 0.01
"""Seconds after which an unheard signal is sent again."""


class Ending:
    """Raises an error for signals that ask this process to end, and makes sure that the error is not lost.

    Cleanup and library code may drop an error of a signal handler. If it disappears while the program continues, the
    signal is sent again. Other unraisable errors are shown unless ``silent``.
    """

    def __init__(self, silent: bool = False) -> None:
        self._silent = silent
        self._number: signal.Signals | None = None
        self._over = False
        self._before: dict[signal.Signals, Any] = {}
        self._sending: list[threading.Thread] = []
        self._hook = sys.unraisablehook

    def listen(self, *signals: signal.Signals) -> None:
        """Handle these signals unless another handler is set; ``nohup``, for example, ignores the hangup."""
        for number in signals:
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                self._before[number] = signal.signal(number, self._hear)
        sys.unraisablehook = self._show

    def listen_no_more(self) -> None:
        """Restore the previous handlers, after resent signals have arrived: later ones would reach another handler."""
        self._over = True
        for thread in self._sending:
            thread.join()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        sys.unraisablehook = self._hook

    def meant(self, error: BaseException | None) -> BaseException | None:
        """Return the error of a received signal, even if a library replaced or dropped it; else ``error``."""
        self._over = True
        if self._number is None or isinstance(error, KeyboardInterrupt):
            return error
        asked = _asked_by(self._number)
        for note in getattr(error, "__notes__", ()):
            asked.add_note(note)
        return asked

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self._over:
            return
        self._number = signal.Signals(number)
        raise self._watched(self._number)  # no local variable: its traceback would keep it

    def _watched(self, number: signal.Signals) -> Interrupted:
        """Return the error of a signal; its disappearance is noticed."""
        asked = _asked_by(number)
        weakref.finalize(asked, self._dropped, number)
        return asked

    def _dropped(self, number: signal.Signals) -> None:
        """Send a signal again unless the program has ended with its error."""
        if not self._over:
            self._sending = [thread for thread in self._sending if thread.is_alive()]
            self._sending.append(threading.Thread(target=self._send_again, args=(number,)))
            self._sending[-1].start()

    def _send_again(self, number: signal.Signals) -> None:
        """Send a signal a little later; if it is dropped again, it is sent again."""
        time.sleep(AGAIN_S)
        main = threading.main_thread().ident
        if not self._over and main is not None:
            signal.pthread_kill(main, number)  # another thread would not wake the main one

    def _show(self, unraisable: Any) -> None:
        if not (self._silent or isinstance(unraisable.exc_value, Interrupted)):
            self._hook(unraisable)


def _asked_by(number: signal.Signals) -> Interrupted:
    """Return the error of a signal."""
    return Interrupted() if number == signal.SIGINT else Terminated(number.name)


@contextmanager
def interrupted_surely() -> Iterator[None]:
    """Make sure that no interrupt is lost within a ``with`` block, which ends with a KeyboardInterrupt as usual.

    This works in Python's main thread and with Python's own handler; another handler is left alone. Afterwards the
    previous handler is restored.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    ending, ended_by = Ending(), None
    ending.listen(signal.SIGINT)
    try:
        yield
    except BaseException as error:
        ended_by = error
        raise
    finally:
        meant = ending.meant(ended_by)
        ending.listen_no_more()
        if meant is not None and meant is not ended_by:
            raise meant


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
