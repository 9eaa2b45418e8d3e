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
        for flag in folder.glob(f"{FLAG}*"):
            flag.unlink(missing_ok=True)
        for _ in remove_unfinished(folder):
            pass
        self._pool = Processes(at_once)
        self._making: dict[str, _Making] = {}
        self._numbers = itertools.count()
        self._compiling = asyncio.Lock()

    async def run(self, scenario: Scenario) -> Run:
        """Return the run of a scenario: the kept one, or one that a process makes now.

        A caller that is cancelled waits no more; a run that nobody waits for ends within a simulated day. A killed
        process raises a KilledError, a failed run its own error.
        """
        key = digest_of({"scenario": scenario.yaml(), "versions": versions()})[:LONG_NAME]
        place = self.folder / key
        # The first run compiles the engine; others that began meanwhile would compile it, too.
        async with nullcontext() if is_compiled(scenario.spec.engine) else self._compiling:
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
        making = _Making(asyncio.wrap_future(self._pool.submit(make, scenario, place, flag)), flag)
        self._making[key] = making

        def ended(future: "asyncio.Future[None]") -> None:
            del self._making[key]
            flag.unlink(missing_ok=True)
            if not future.cancelled():
                future.exception()  # those who wait have it; nobody needs that of an unwanted run

        making.future.add_done_callback(ended)
        return making

    @property
    def processes(self) -> list[int]:
        """The numbers of the processes that were started."""
        return self._pool.numbers

    def close(self) -> None:
        """Give up the runs in progress, and end the processes."""
        for making in self._making.values():
            making.flag.unlink(missing_ok=True)
        self._pool.close()


def make(scenario: Scenario, place: Path, flag: Path) -> None:
    """Make a run on one core, as a task of a process, as long as a file says that it is wanted; or UnwantedError."""
    from sim.running import run

    def still_wanted(*_: int) -> None:
        if not flag.exists():
            raise UnwantedError(f"{place}: nobody waits for it")

    still_wanted()
    run(scenario, place, workers=1, progress=still_wanted)
