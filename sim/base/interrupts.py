"""Signals by which a process is asked to end: none is lost, and none breaks off what must come to its end."""

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
"""An interrupt, and what else would end a process without a word."""

AGAIN_S = 0.01
"""After so many seconds a signal is sent again that nobody heard."""


class Ending:
    """Hears signals that ask this process to end, and raises an error that is not lost.

    One that arrives while something is let go of, or within a library's own code, may raise an error that is dropped
    before anybody hears it; so it is sent again when its error is gone while the program goes on. Other errors that
    nobody could hear are for nobody either, and ``silent`` ones are not shown.
    """

    def __init__(self, silent: bool = False) -> None:
        self._silent = silent
        self._number: signal.Signals | None = None
        self._over = False
        self._before: dict[signal.Signals, Any] = {}
        self._sending: list[threading.Thread] = []
        self._hook = sys.unraisablehook

    def listen(self, *signals: signal.Signals) -> None:
        """Take the signals that nobody else has taken; ``nohup`` for one ignores the hangup."""
        for number in signals:
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                self._before[number] = signal.signal(number, self._hear)
        sys.unraisablehook = self._show

    def listen_no_more(self) -> None:
        """Give the signals back, once none is on its way: it would reach whoever hears signals next."""
        self._over = True
        for thread in self._sending:
            thread.join()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        sys.unraisablehook = self._hook

    def meant(self, error: BaseException | None) -> BaseException | None:
        """Return what ended the program, or should have: libraries make other errors of an interrupt, or none."""
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
        """Return the error of a signal, whose end is noticed."""
        asked = _asked_by(number)
        weakref.finalize(asked, self._dropped, number)
        return asked

    def _dropped(self, number: signal.Signals) -> None:
        """Have a signal sent again, unless the program has ended with its error."""
        if not self._over:
            self._sending = [thread for thread in self._sending if thread.is_alive()]
            self._sending.append(threading.Thread(target=self._send_again, args=(number,)))
            self._sending[-1].start()

    def _send_again(self, number: signal.Signals) -> None:
        """Send a signal a little later; one that comes too early is dropped, too, and sent once more."""
        time.sleep(AGAIN_S)
        main = threading.main_thread().ident
        if not self._over and main is not None:
            signal.pthread_kill(main, number)  # given to another thread, it would not wake the one that is to hear it

    def _show(self, unraisable: Any) -> None:
        if not (self._silent or isinstance(unraisable.exc_value, Interrupted)):
            self._hook(unraisable)


def _asked_by(number: signal.Signals) -> Interrupted:
    """Return the error of a signal by which a process is asked to end."""
    return Interrupted() if number == signal.SIGINT else Terminated(number.name)


@contextmanager
def interrupted_surely() -> Iterator[None]:
    """Let no interrupt be lost within a ``with`` block, which it ends with a KeyboardInterrupt as it always does.

    That is so where interrupts are heard, which is Python's main thread, and where Python's own handler hears them: who
    has set another is left alone. Afterwards everything is as it was.
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
    """Let signals wait until a ``with`` block is over, whichever thread of this process the system gives them to."""
    if threading.current_thread() is not threading.main_thread():
        yield  # no handler of Python's is called in any other
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
