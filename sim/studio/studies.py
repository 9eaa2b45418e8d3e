"""Questions that are being answered, pair after pair, as long as a page watches, and the runs that are made for them.

A kept run lies in a folder that is named by the hash of its scenario and of the program, so a policy that runs
again, or a baseline that several policies share, is simulated once, also after the studio was killed.
"""

import asyncio
import contextlib
import itertools
import json
import secrets
import time
from collections.abc import AsyncGenerator
from concurrent.futures import BrokenExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.base.failures import MACHINE, FailedError, RefusedError, UsageError
from sim.draws.compiled import is_compiled
from sim.experiments.paired import PAIRS, Pairs, compare_groups
from sim.experiments.simulations import Processes, is_large
from sim.experiments.store import finished_run
from sim.forecast import lasting
from sim.language import said, speaking, telling_in
from sim.reading.run import Run
from sim.report.page import compared_runs, page, people
from sim.scenario.load import Scenario, changed, load_scenario
from sim.store.folder import digest_of, remove_unfinished, versions
from sim.studio.page import told
from sim.studio.policies import Policies, Question, RunSize, demand_small

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


PARTS_S = 0.5
"""Seconds between two looks at how far the runs in progress are."""

SURE = 0.02
"""The part of all days that must be made before the time left is shown."""

PATIENCE_S = 60.0
"""Seconds after which a question that no page watches is given up. Finished runs stay, so asking again goes on."""

MOST_STUDIES = 16
"""The most answers that are kept in memory; asking again reads them from the runs."""

State = dict[str, Any]


class Study:
    """A question in one language, and its latest answer.

    The ``state`` has ``status`` (``running``, ``done``, ``failed`` or ``stopped``), the ``command`` that asks the same,
    how many pairs are ``done`` and wanted (``of``), the ``part`` of all days that is made, the time ``left``, the
    ``answer`` so far, whether a ``report`` can show it, and a ``note`` about what is waited for.

    Runs are held in memory while it works, since each pair needs a new answer; afterwards only their folders are known.
    """

    def __init__(self, question: Question, policies: Policies, language: str) -> None:
        self.question = question
        self.language = language
        command = question.command(policies)
        self.state: State = {"status": "running", "command": command, "done": 0, "of": question.pairs, "part": 0.0,
                             "left": "", "report": question.draws is None}  # fmt: skip
        self._terms = policies.scenario.spec.terms
        self._made: list[list[Run]] = []
        self._folders: list[list[Path]] = []
        self._keys: dict[int, list[str]] = {}
        self._loading = asyncio.Semaphore()
        self._changed = asyncio.Condition()
        self._watchers = 0
        self._leaving: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self, runs: Runs, scenarios: Pairs) -> None:
        """Begin to make pairs; a study that nobody begins to watch ends soon."""
        self._task = asyncio.create_task(self._work(runs, scenarios))
        self._wait_for_watchers()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return bool(self.state["status"] != "running")

    async def _work(self, runs: Runs, scenarios: Pairs) -> None:
        """Make all pairs in their order, and answer again whenever a further pair is there."""
        parts: asyncio.Task[None] | None = None
        try:
            if not is_compiled(scenarios.pair(0)[0].spec.engine):
                await self._tell(note=self._said_compiling())
            parts = asyncio.create_task(self._tell_parts(runs))
            pairs = [asyncio.create_task(self._pair(runs, scenarios, number)) for number in range(self.question.pairs)]
            try:
                for number, pair in enumerate(pairs):
                    self._made.append(await pair)
                    if number + 1 < len(pairs) and pairs[number + 1].done():
                        continue  # the next one is there, too
                    answer = await asyncio.to_thread(self._answer)
                    await self._tell(done=len(self._made), answer=answer, note="")
            finally:
                for pair in pairs:
                    pair.cancel()
            await self._tell(status="done")
        except asyncio.CancelledError:
            await self._tell(status="stopped")
            raise
        except (RefusedError, FailedError, BrokenExecutor, *MACHINE) as error:
            lines = error.lines if isinstance(error, RefusedError) else [str(error) or type(error).__name__]
            await self._tell(status="failed", note="; ".join(lines))
        except Exception as error:  # a mistake of this program: a page must not wait for ever
            await self._tell(status="failed", note=f"{type(error).__name__}: {error}")
            raise
        finally:
            if parts is not None:
                parts.cancel()
            self._folders = [[run.path for run in pair] for pair in self._made]
            self._made = []

    async def _pair(self, runs: Runs, pairs: Pairs, number: int) -> list[Run]:
        """Return the runs of a pair, the baseline first."""
        async with self._loading:
            scenarios = await asyncio.to_thread(pairs.pair, number)
            self._keys[number] = await asyncio.to_thread(lambda: list(map(name_of, scenarios)))
        return list(await asyncio.gather(*map(runs.run, scenarios)))

    async def _tell_parts(self, runs: Runs) -> None:
        """Tell now and then which part of all days is made, and the time left at the speed since all runs are known."""
        since = first = None
        while True:
            await asyncio.sleep(PARTS_S)
            keys = [key for pair in self._keys.values() for key in pair]
            part = sum(map(runs.part, keys)) / (self.question.pairs * (1 + len(self.question.policies)))
            if first is None and len(self._keys) == self.question.pairs:
                since, first = time.monotonic(), part
            if part == self.state["part"]:
                continue
            left = ""
            if since is not None and first is not None and part - first > SURE:
                with speaking(self.language):
                    left = lasting((time.monotonic() - since) * (1 - part) / (part - first))
            await self._tell(part=part, left=left)

    async def speak(self, language: str) -> None:
        """Answer in another language from now on."""
        if language != self.language:
            self.language = language
            if self.state["done"]:
                await self._tell(answer=await asyncio.to_thread(self._answer))

    def _answer(self) -> State:
        """Return the answer of the pairs that are made, and with events the ways of single people."""
        question, groups = self.question, self.groups
        with speaking(self.language), telling_in(self._terms):
            # A draw is one pair, and those that are not made yet are no part of the answer.
            answer = told(compare_groups(groups, question.draws and len(groups[0])))
            return {**answer, "people": people(compared_runs(groups)) if question.events else None}

    def report(self) -> str:
        """Return the report of the pairs that are made, as an HTML page; UsageError where there is none."""
        if self.question.draws is not None or not self.state["done"]:
            raise UsageError("a report shows one set of values; run pairs without posterior draws first")
        with speaking(self.language):
            return page(self.groups)

    @property
    def groups(self) -> list[list[Run]]:
        """The runs of the pairs that are made: the baseline's, then those of each policy."""
        made = self._made or [[Run(folder) for folder in pair] for pair in self._folders[: self.state["done"]]]
        return list(map(list, zip(*made, strict=True)))

    def _said_compiling(self) -> str:
        with speaking(self.language):
            return said("The first run compiles the engine, once: about a minute.")

    async def _tell(self, **news: Any) -> None:
        async with self._changed:
            self.state = {**self.state, **news}
            self._changed.notify_all()

    async def events(self) -> AsyncGenerator[str]:
        """Yield the state as a server-sent event, now and at each change until the end; meanwhile it is watched."""
        self._watchers += 1
        if self._leaving is not None:
            self._leaving.cancel()
        try:
            seen: State | None = None
            while True:
                async with self._changed:
                    while self.state is seen:
                        await self._changed.wait()
                    seen = self.state
                yield f"data: {json.dumps(seen, ensure_ascii=False, allow_nan=False)}\n\n"
                if self.is_over:
                    return
        finally:
            self._watchers -= 1
            if not self._watchers and not self.is_over:
                self._wait_for_watchers()

    def _wait_for_watchers(self) -> None:
        """Give up after a while without watchers; a page that lost its connection comes back sooner."""
        self._leaving = asyncio.get_running_loop().call_later(PATIENCE_S, self.stop)

    def stop(self) -> None:
        """Give up: runs that nobody else waits for end."""
        if self._task is not None:
            self._task.cancel()


class Studies:
    """The studies of a studio, and the baseline's runs, which every question needs and which are made ahead."""

    def __init__(self, policies: Policies, runs: Runs) -> None:
        self._policies = policies
        self._runs = runs
        self._studies: dict[str, Study] = {}
        self._ahead: asyncio.Task[None] | None = None
        self._size: RunSize | None = None

    def prepare(self, size: RunSize) -> None:
        """Make the baseline's runs of a size, ahead of any question."""
        # A cancelled first run would leave a process that compiles the engine while the next one does, too.
        if size != self._size and (self._ahead is None or is_compiled(self._policies.scenario.spec.engine)):
            if self._ahead is not None:
                self._ahead.cancel()
            self._size = size
            self._ahead = asyncio.create_task(self._prepared(size))

    async def _prepared(self, size: RunSize) -> None:
        with contextlib.suppress(RefusedError, FailedError, BrokenExecutor, *MACHINE):  # a question gets the error
            base = await asyncio.to_thread(load_scenario, self._policies.base, None, **size.arguments)
            demand_small(base)
            for number in range(PAIRS):
                await self._runs.run(changed(base, {"seed": base.spec.seed + number}) if number else base)

    async def ask(self, question: Question, language: str) -> tuple[str, Study]:
        """Begin to answer a question; return the study and its name. ``Question.scenarios`` says what it raises."""
        pairs = await asyncio.to_thread(question.scenarios, self._policies)
        study = Study(question, self._policies, language)
        study.begin(self._runs, pairs)
        name = secrets.token_hex(8)  # a page that comes back must not find the question of another studio
        self._studies[name] = study
        while len(self._studies) > MOST_STUDIES:
            self._studies.pop(next(iter(self._studies))).stop()
        return name, study

    def find(self, name: str) -> Study | None:
        """Return a study by its name; None for one that is not kept."""
        return self._studies.get(name)

    def stop(self) -> None:
        """Give up all studies."""
        for study in self._studies.values():
            study.stop()

    async def close(self) -> None:
        """Give up all studies, and end the processes."""
        self.stop()
        if self._ahead is not None:
            self._ahead.cancel()
        await asyncio.to_thread(self._runs.close)
