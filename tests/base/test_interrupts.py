"""Interrupts: the second one waits until the folder of a run is removed, and handlers are as before."""

import signal
import threading
from collections.abc import Iterator

import pytest

from sim.base.failures import ENDING, Terminated, put_off, raised

DAY = "{start: 2022-01-24, end: 2022-01-24, warmup: 0 d}"


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """Hear interrupts as Python does, whoever started the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def test_a_signal_is_put_off_until_a_block_is_over_even_where_another_thread_is_given_it() -> None:
    done = []

    @put_off(signal.SIGINT, signal.SIGTERM)
    def work() -> None:
        sending = threading.Thread(target=signal.raise_signal, args=(signal.SIGINT,))
        sending.start()
        sending.join()
        done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all of it"]


def test_signals_raise_unless_another_handler_is_set() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with raised(*ENDING):
            signal.raise_signal(signal.SIGHUP)  # is not heard
            with pytest.raises(Terminated, match="SIGTERM"):
                signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
