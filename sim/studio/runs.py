"""The runs of a studio: made in processes that stay warm, each kept once, and given up when nobody waits for them.

A kept run lies in a folder that is named by the hash of its scenario and of the program, so a policy that runs
again, or a baseline that several policies share, is simulated once, also after the studio was killed.
"""

import asyncio
import itertools
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from sim.base.failures import FailedError
from sim.draws.machine_code import is_compiled
from sim.experiments.processes import Processes
from sim.experiments.simulations import is_large
from sim.experiments.store import finished_run
from sim.reading.run import Run
from sim.scenario.load import Scenario
from sim.store.json_files import digest_of
from sim.store.provenance import versions
from sim.store.unfinished import remove_unfinished

FLAG = ".wanted-"
"""Prefix of the files that say which runs somebody waits for; the process that makes a run looks at it every day."""

LONG_NAME = 24
"""Hexadecimal digits of the name of a run's folder."""


class UnwantedError(FailedError):
    """Nobody waits for this run any more."""


def name_of(scenario: Scenario) -> str:
    """Return the name of a run's folder: the hash of its scenario, of what it records, and of the program."""
    return digest_of({"scenario": scenario.yaml(), "versions": versions()})[:LONG_NAME]


@dataclass
class _Making:
    """A run that is being made, the file that says that it is wanted, and how many wait for it."""

    future: "asyncio.Future[None]"
    flag: Path
    waiting: int = 0


class Runs:
    """The kept runs of a folder, and processes that make further ones, ``at_once`` at a time."""

    def __init__(self, folder: Path, at_once: int) -> None:
        """Begin with what an earlier studio finished; what it left unfinished is removed."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        _clear(folder)
        self._pool = Processes(at_once)
        self._making: dict[str, _Making] = {}
        self._numbers = itertools.count()
        self._alone = asyncio.Lock()
        self._at_once = at_once

    async def run(self, scenario: Scenario) -> Run:
        """Return the run of a scenario: the kept one, or one that a process makes now.

        A caller that is cancelled waits no more; a run that nobody waits for ends within a simulated day. A killed
        process raises a KilledError, a failed run its own error.
        """
        key = name_of(scenario)
        place = self.folder / key
        # The first run compiles the engine; others that began meanwhile would, too. Large ones use all cores.
        alone = is_large(scenario) or not is_compiled(scenario.spec.engine)
        async with self._alone if alone else nullcontext():
            while (found := finished_run(place, scenario)) is None:
                making = self._making.get(key) or self._begin(key, scenario, place)
                making.flag.touch()
                making.waiting += 1
                try:
                    await asyncio.shield(making.future)
                except UnwantedError:
                    continue  # the last one who waited has just left
                finally:
                    making.waiting -= 1
                    if not making.waiting:
                        making.flag.unlink(missing_ok=True)
        return found

    def _begin(self, key: str, scenario: Scenario, place: Path) -> _Making:
        """Hand a run over to the processes."""
        flag = self.folder / f"{FLAG}{key}-{next(self._numbers)}"
        flag.touch()  # before a process looks for it
        workers = self._at_once if is_large(scenario) else 1
        making = _Making(asyncio.wrap_future(self._pool.submit(make, scenario, place, flag, workers)), flag)
        self._making[key] = making

        def ended(future: "asyncio.Future[None]") -> None:
            del self._making[key]
            flag.unlink(missing_ok=True)
            if not future.cancelled():
                future.exception()  # those who wait have it; nobody needs that of an unwanted run

        making.future.add_done_callback(ended)
        return making

    def part(self, key: str) -> float:
        """Return which part of the days of a run, named as by ``name_of``, is made: from 0 to 1."""
        making = self._making.get(key)
        if making is None:
            return float((self.folder / key).is_dir())
        try:
            return float(making.flag.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0.0  # it has not begun, or just ended

    @property
    def processes(self) -> list[int]:
        """The numbers of the processes that were started."""
        return self._pool.numbers

    def close(self) -> None:
        """Give up the runs in progress, and kill their processes: one that compiles would hear nothing for minutes."""
        self._pool.close(at_once=True)
        _clear(self.folder)


def _clear(folder: Path) -> None:
    """Remove what killed processes left."""
    for flag in folder.glob(f"{FLAG}*"):
        flag.unlink(missing_ok=True)
    for _ in remove_unfinished(folder):
        pass


def make(scenario: Scenario, place: Path, flag: Path, workers: int) -> None:
    """Make a run, as a task of a process, as long as a file says that it is wanted; or UnwantedError.

    The part of the days that is made goes into the file.
    """
    from sim.progress import Days
    from sim.running import run

    days = Days(scenario)

    def still_wanted(part: float = 0.0) -> None:
        try:
            with flag.open("r+", encoding="ascii") as told:  # never makes the file: its absence is the message
                told.write(f"{part:.3f}")
        except FileNotFoundError:
            raise UnwantedError(f"{place}: nobody waits for it") from None

    still_wanted()
    run(scenario, place, workers=workers, progress=lambda day, _: still_wanted(days.share(day)))
