"""Who calls from Python is interrupted wherever the interrupt comes, and has the handlers of signals as before."""

import contextlib
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest

import sim
from sim.base.interrupts import Ending, interrupted_surely, put_off
from sim.experiments.simulations import Simulations
from sim.reading.outcomes import quantities
from tests.cli.test_failures import within_a_lookup, within_a_release

DAY = "{start: 2022-01-24, end: 2022-01-24, warmup: 0 d}"


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """Hear interrupts as Python does, whoever started the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("where", [within_a_release, within_a_lookup])
def test_a_run_that_is_called_from_python_loses_no_interrupt(
    where: Callable[[signal.Signals], None], tmp_path: Path
) -> None:
    tiny, hook, days = sim.load_scenario("tiny", {"period": DAY}), sys.unraisablehook, []

    def interrupt(day: int, attempts: int) -> None:
        days.append(day)
        where(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        sim.run(tiny, tmp_path / "run", progress=interrupt)
    assert days
    assert os.listdir(tmp_path) == []
    assert sys.unraisablehook is hook


def test_an_interrupt_waits_until_the_folder_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny, remove = sim.load_scenario("tiny", {"period": DAY}), shutil.rmtree

    def interrupt(day: int, attempts: int) -> None:
        signal.raise_signal(signal.SIGINT)

    def interrupted(path: Path, ignore_errors: bool) -> None:
        signal.raise_signal(signal.SIGINT)
        remove(path, ignore_errors)

    monkeypatch.setattr("sim.store.folder.shutil.rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sim.run(tiny, tmp_path / "run", progress=interrupt)
    assert os.listdir(tmp_path) == []


def test_a_signal_that_is_on_its_way_reaches_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    under_way, send = threading.Event(), signal.pthread_kill

    def send_late(thread: int, number: int) -> None:
        under_way.set()
        time.sleep(0.05)
        send(thread, number)

    monkeypatch.setattr("sim.base.interrupts.signal.pthread_kill", send_late)
    ending = Ending()
    ending.listen(signal.SIGINT)
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert under_way.wait(10.0)  # the error is gone, so the signal is being sent again
    ending.listen_no_more()
    time.sleep(0.1)


def test_an_experiment_that_is_called_from_python_loses_no_interrupt(tmp_path: Path) -> None:
    with (
        Simulations(tmp_path, quantities, progress=lambda *_: within_a_release(signal.SIGINT)) as some,
        pytest.raises(KeyboardInterrupt),
    ):
        some.each([], 0)


def test_who_hears_interrupts_otherwise_is_left_alone() -> None:
    came: list[int] = []

    def own(number: int, frame: FrameType | None) -> None:
        came.append(number)

    before = signal.signal(signal.SIGINT, own)
    try:
        with interrupted_surely():
            signal.raise_signal(signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is own
    finally:
        signal.signal(signal.SIGINT, before)
    assert came == [signal.SIGINT]


def test_an_error_that_a_library_makes_of_an_interrupt_is_one_nonetheless() -> None:
    @interrupted_surely()
    def compute() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ValueError("made of it") from None

    with pytest.raises(KeyboardInterrupt) as raised:
        compute()
    assert isinstance(raised.value.__context__, ValueError)


def test_other_threads_are_not_asked() -> None:
    done = []

    def work() -> None:
        with interrupted_surely(), put_off(signal.SIGINT):
            done.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [signal.default_int_handler]


def test_a_signal_is_put_off_until_a_block_is_over_even_where_another_thread_is_given_it() -> None:
    done = []

    @put_off(signal.SIGINT, signal.SIGTERM)
    def work() -> None:
        sending = threading.Thread(target=signal.raise_signal, args=(signal.SIGINT,))
        sending.start()
        sending.join()
        signal.raise_signal(signal.SIGINT)
        done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all of it"]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
