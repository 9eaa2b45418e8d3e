"""Handle signals that ask a process to end, and put them off where code must finish."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from sim.base.failures import Terminated

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
