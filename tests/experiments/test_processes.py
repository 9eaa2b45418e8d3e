"""Processes that make runs: they never read the script that asks, and end, are replaced and are deaf as they should."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.experiments.simulations import KilledError, Processes
from tests.cli.commands import ROOT

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}

SCRIPT = """
import sim

print("read")
tiny = sim.load_scenario("tiny", {"period": "{start: 2022-01-24, end: 2022-01-25, warmup: 0 d}"})
rows = sim.sweep(tiny, {"desks.visit.staff": [10, 20]}, replicates=2, workers=2)
print(*rows["status"])
"""
"""What a user types first: no function, no guard."""


def given(how: str, program: str, folder: Path, *arguments: str) -> tuple[list[str], str | None]:
    """Return the command that has Python read a program, and what it is to read from standard input."""
    if how == "file":
        (folder / "script.py").write_text(program)
        return [sys.executable, "script.py", *arguments], None
    return [sys.executable, *(["-c", program] if how == "-c" else ["-"]), *arguments], program if how == "-" else None


@pytest.mark.slow
@pytest.mark.parametrize("how", ["file", "-"])
def test_a_plain_script_makes_its_runs_and_is_read_once(how: str, tmp_path: Path) -> None:
    command, typed = given(how, SCRIPT, tmp_path)
    done = subprocess.run(
        command, cwd=tmp_path, env=ENVIRONMENT, input=typed, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "read\ndone done done done\n"
    (log,) = tmp_path.glob("results/sweeps/*/log.txt")
    assert "4 runs made, 4 requested" in log.read_text()


@pytest.fixture
def pool() -> Iterator[Processes]:
    """A pool of one process."""
    some = Processes(1)
    yield some
    some.close()


def test_what_a_task_raises_is_raised_with_the_place_where_it_arose(pool: Processes) -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        pool.submit(divmod, 1, 0).result()
    assert "Traceback" in str(raised.value.__cause__)
    assert "in _answer" in str(raised.value.__cause__)
    # An error that cannot be sent as it is: its class takes other arguments than it keeps.
    with pytest.raises(RuntimeError, match="UnsendableError: Unsendable"):
        pool.submit(raise_unsendable).result()
    assert pool.submit(divmod, 7, 2).result() == (3, 1)


def test_a_process_that_is_killed_is_replaced(pool: Processes) -> None:
    first = pool.submit(os.getpid).result()
    with pytest.raises(KilledError, match="SIGKILL"):
        pool.submit(os.kill, first, signal.SIGKILL).result()
    second = pool.submit(os.getpid).result()
    os.kill(second, signal.SIGKILL)  # while nothing is asked of it
    os.waitid(os.P_PID, second, os.WEXITED | os.WNOWAIT)
    assert pool.submit(os.getpid).result() not in (first, second)


class UnsendableError(Exception):
    """An error that is pickled and cannot be unpickled."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__("Unsendable")


def raise_unsendable() -> None:
    raise UnsendableError(1, 2)


MODULE = """
from sim.experiments.simulations import Processes

def double(number):
    return 2 * number

if __name__ == "__main__":
    pool = Processes(1)
    try:
        print(pool.submit(double, 4).result())
    finally:
        pool.close()
"""


@pytest.mark.slow
def test_a_function_of_the_main_script_goes_along(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(MODULE)
    for command in (["-m", "program"], ["program.py"]):
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False
        )
        assert (done.stdout, done.stderr) == ("8\n", "")


HELD = """
import os, time
from sim.experiments.simulations import Processes

pool = Processes(2)
for task in [pool.submit(os.getpid), pool.submit(os.getpid)]:
    task.result()
busy = pool.submit(time.sleep, 60)
print(*pool.numbers, flush=True)
busy.result()
"""


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_processes_end_with_the_one_that_asked_for_them(sent: signal.Signals, tmp_path: Path) -> None:
    command, _ = given("file", HELD, tmp_path)
    asking = subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
    assert asking.stdout is not None
    numbers = asking.stdout.readline().split()
    assert numbers
    asking.send_signal(sent)
    asking.wait()
    until = time.monotonic() + 30
    while any(Path("/proc", number).exists() for number in numbers):
        assert time.monotonic() < until
        time.sleep(0.01)


MASKED = """
import os
from pathlib import Path
from sim.experiments.simulations import Processes

pool = Processes(2)
for task in [pool.submit(os.getpid) for _ in range(2)]:
    task.result()
for process in pool.numbers:
    print(Path(f"/proc/{process}/status").read_text().split("SigBlk:")[1].split()[0])
pool.close()
"""


@pytest.mark.slow
def test_nothing_that_a_pool_begins_hears_an_interrupt_or_a_hangup(tmp_path: Path) -> None:
    command, _ = given("-c", MASKED, tmp_path)
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    processes = [int(mask, 16) for mask in done.stdout.split()]
    # Both have begun: the second task was handed over before the first was done.
    assert len(processes) == 2
    for sent in (signal.SIGINT, signal.SIGHUP):
        assert all(mask >> (sent - 1) & 1 for mask in processes), done.stdout


AGAIN = """
import os, signal, sys, threading, time
from sim.experiments.simulations import Processes

signal.signal(signal.SIGINT, signal.default_int_handler)
pool = Processes(2)
waiting = [pool.submit(time.sleep, 2.0) for _ in range(2)]
while not all(one.running() for one in waiting):
    time.sleep(0.01)
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    pool.close()
finally:
    print([one.done() for one in waiting], flush=True)
"""


@pytest.mark.slow
def test_an_interrupt_while_a_pool_is_waited_for_leaves_no_process_behind(tmp_path: Path) -> None:
    """Such as a second one. Python would forget the thread that ends the processes, and wait for these for ever."""
    command, _ = given("-c", AGAIN, tmp_path)
    done = subprocess.run(
        command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
    )
    assert "KeyboardInterrupt" in done.stderr
    assert done.stdout == "[True, True]\n"
