"""Runs that are kept in one folder: replicates, posterior draws and comparisons, as ``tocsin run`` and ``compare`` do.

Runs that an earlier call of the same command finished are used again. Small ones are made at the same time, one on each
core. The folder has a log of all runs; each run also has its own.

A finished run is made again from its own folder to check that this machine and these versions give the same bytes.
"""

import os
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from sim.base.failures import Logbook
from sim.draws.compiled import is_compiled
from sim.experiments.compare import Document, compare_pairs, demand_groups, distinct
from sim.experiments.pairing import PairingError, demand_pair
from sim.experiments.simulations import AHEAD, KilledError, Processes, SimulationError, is_large
from sim.experiments.store import claim, finished_run
from sim.language import ENGLISH, speaking
from sim.midnight.component import given_again, with_components
from sim.reading.manifest import Checked
from sim.reading.run import Run
from sim.running import Progress, run
from sim.scenario.load import Options, Scenario, ScenarioLike, changed, with_options
from sim.store.folder import (
    RUN_JSON,
    RUNS,
    SCENARIO_YAML,
    DamagedError,
    FolderError,
    find_runs,
    holding,
    read_map,
    replace_json,
    versions,
)

Days = Callable[[Scenario], Progress]
"""Called with the scenario of a run that is made alone; returns the function that this run calls after each day."""

REPLICATES, DRAWS = "replicates", "draws"


def prepared_replicates(kind: str, first: Scenario, count: int, folder: Path | None) -> Path:
    """Make the folder of a number of ``replicates`` or ``draws``, or find the one to resume, as ``claim`` does."""
    request = {"count": count, "record": first.resolved["record"], "versions": versions()}
    return claim(kind, first, request, folder, RUNS / f"{first.name}-{first.spec.seed}")


def each(
    kind: str,
    count: int,
    numbered: Callable[[int], Scenario],
    folder: Path,
    workers: int | None = None,
    days: Days | None = None,
    verbose: bool = False,
) -> Iterator[Run]:
    """Yield runs ``r000`` (``replicates``) or ``d000`` (``draws``) of a folder, and make those that do not exist yet.

    ``numbered`` returns the scenario of each, counted from 0. FolderError is raised where another process works in the
    folder, or a run's place holds something else.
    """
    with holding(folder), Logbook(folder, verbose) as log:
        log(f"start: {count:,} {kind}")
        wanted = ((numbered(number), folder / f"{kind[0]}{number:03d}") for number in range(count))
        yield from found_or_made(wanted, log, workers, days, verbose)
        log(f"end: all {kind} are finished")


def found_or_made(
    wanted: Iterable[tuple[Scenario, Path]],
    log: Logbook,
    workers: int | None = None,
    days: Days | None = None,
    verbose: bool = False,
) -> Generator[Run, None, None]:
    """Yield the finished run of each scenario in its folder, in order, and make those that do not exist yet.

    A run that keeps all cores busy, and the first one if it compiles its engine, is made in this process. A killed
    process raises a SimulationError; finished runs are kept. A place that holds something else raises a FolderError.
    """
    at_once = workers or os.cpu_count() or 1
    ahead: deque[tuple[Scenario, Path, Future[None] | None]] = deque()

    def next_run() -> Run:
        scenario, place, making = ahead.popleft()
        try:
            if making is not None:
                making.result()
        except KilledError as error:
            raise SimulationError(f"{place}: {error}") from error
        one = finished_run(place, scenario)
        assert one is not None
        how = "already finished" if making is None else f"done in {one.manifest['performance']['wall_s']:.3f} s"
        log(f"{place}: {how}")
        return one

    with closing(Processes(at_once)) as pool:
        for scenario, place in wanted:
            making: Future[None] | None = None
            if not (place / RUN_JSON).exists():
                if at_once > 1 and not is_large(scenario) and is_compiled(scenario.spec.engine):
                    making = pool.submit(make, scenario, place, verbose)
                else:
                    progress = None if days is None else days(scenario)
                    run(scenario, place, workers=workers, progress=progress, verbose=verbose)
                    making = Future()
                    making.set_result(None)
            ahead.append((scenario, place, making))
            while ahead and (ahead[0][2] is None or ahead[0][2].done() or len(ahead) > AHEAD * at_once):
                yield next_run()
        while ahead:
            yield next_run()


def make(scenario: Scenario, place: Path, verbose: bool) -> None:
    """Make a run on one core, as a task of a process."""
    run(scenario, place, workers=1, verbose=verbose)


KIND = "comparison"
REQUEST = f"{KIND}.json"
COMPARISON = "compare.json"

PAIRS = 4
"""Replicates of a comparison where their number is not given: fewer say little about run-to-run noise."""

ENTRIES = "use sim.compare([BASELINE, POLICY])"


class Pairs:
    """Scenarios to compare with the first of them, the baseline, on pairs of runs that are still to be made."""

    def __init__(
        self,
        scenarios: Sequence[ScenarioLike],
        replicates: int | None,
        draws: int | None,
        events: str | float | None,
        options: Options,
    ) -> None:
        """Take the arguments of ``sim.compare``; raises PairingError for those that cannot be together."""
        if len(scenarios) < 2:
            raise PairingError(f"a comparison needs a baseline and at least one other scenario; {ENTRIES}")
        if draws is not None and draws < 1:
            raise PairingError(f"draws must be at least 1; got {draws}")
        if draws is not None and options.get("draw") is not None:
            raise PairingError("draws: cannot be combined with draw; use one of them")
        self.draws = draws
        self.replicates = replicates if replicates is not None else PAIRS if draws is None else 1
        self.count = self.replicates * (draws or 1)
        """The number of pairs."""
        self.runs = self.count * len(scenarios)
        """The number of runs."""

        @lru_cache(maxsize=4)
        def of_draw(draw: int) -> list[Scenario]:
            chosen = options.copy()
            if draws is not None:
                chosen["draw"] = draw
            every = [with_options(one, **chosen) for one in scenarios]
            return every if events is None else [changed(one, {"record.events": events}) for one in every]

        self._of_draw = of_draw

    def pair(self, number: int) -> list[Scenario]:
        """Return the scenarios of a pair, counted from 0, the baseline first; those of a draw follow one another."""
        draw, replicate = divmod(number, self.replicates)
        every = self._of_draw(draw)
        return [changed(one, {"seed": one.spec.seed + replicate}) for one in every] if replicate else every

    def demand_comparable(self) -> list[list[str]]:
        """Raise PairingError unless all pairs can be compared; return the hash of each scenario, by draw."""
        hashes: list[list[str]] = []
        # Draws may come from different tables; replicates differ in their seed only.
        for number in range(0, self.count, self.replicates):
            base, *others = self.pair(number)
            for other in others:
                demand_pair(base, other)
            hashes.append([one.sha256 for one in (base, *others)])
        self.pair(self.count - 1)  # refuse an impossible scenario before the first run
        return hashes

    def prepared(self, out: str | Path | None) -> Path:
        """Make the folder of the runs, or find the one to resume, as ``claim`` does; PairingError comes first."""
        hashes = self.demand_comparable()
        first = self.pair(0)[0]
        request = {
            "scenarios": hashes,
            "draws": self.draws,
            "replicates": self.replicates,
            "record": first.resolved["record"],
            "versions": versions(),
        }
        return claim(KIND, first, request, out, RUNS / f"compare-{first.name}-{first.spec.seed}")

    def compared(
        self,
        folder: Path,
        workers: int | None = None,
        progress: Callable[[int], None] | None = None,
        days: Days | None = None,
        verbose: bool = False,
    ) -> Document:
        """Make the runs that do not exist yet, and compare each policy with the baseline.

        Runs lie in the folder under the scenario's name, ``d000`` (with draws) and ``r000`` (with replicates), next to
        the document ``compare.json``. ``progress`` is called with the number of runs that exist, whenever it grows.

        Returns:
            The document of ``ComparedPairs`` in the current language; the stored one is English.
        """
        titles = distinct([one.name for one in self.pair(0)])
        units = _units(self.draws, self.replicates)
        wanted = (
            (one, folder / title / unit)
            for number, unit in enumerate(units)
            for title, one in zip(titles, self.pair(number), strict=True)
        )
        with (
            holding(folder),
            Logbook(folder, verbose) as log,
            closing(found_or_made(wanted, log, workers, days, verbose)) as made,
        ):
            log(f"start: {self.runs:,} runs of {', '.join(titles)}")
            found = compare_pairs(_by_pair(made, len(titles), progress), self.draws, fates=True)
            with speaking(ENGLISH):
                replace_json(folder / COMPARISON, found.document())
            log(f"end: wrote {COMPARISON}")
        return found.document()


def _by_pair(made: Iterable[Run], size: int, progress: Callable[[int], None] | None) -> Iterator[list[Run]]:
    """Yield the runs of each pair; ``progress`` is called with the number of runs so far."""
    pair = []
    for number, one in enumerate(made, 1):
        pair.append(one)
        if progress is not None:
            progress(number)
        if len(pair) == size:
            yield pair
            pair = []


def _units(draws: int | None, replicates: int) -> list[Path]:
    """Return where runs of a scenario lie in its folder, by draw and by replicate where there are several."""
    by_draw = [""] if draws is None else [f"d{draw:03d}" for draw in range(draws)]
    by_replicate = [f"r{one:03d}" for one in range(replicates)] if replicates > 1 else [""]
    return [Path(draw, one) for draw in by_draw for one in by_replicate]


def compare_groups(groups: Sequence[Sequence[Run]], draws: int | None = None, fates: bool = False) -> Document:
    """Return the document of ``ComparedPairs`` for runs of each policy, the baseline first, in the current language.

    The runs of a policy are replicates or, with ``draws``, of so many posterior draws. With ``fates`` it has the people
    whose fate changed.
    """
    return compare_pairs(zip(*groups, strict=True), draws, fates).document()


def compare_folders(folders: Sequence[Path]) -> Document:
    """Return the document of ``ComparedPairs`` for finished runs, or folders of replicates, the baseline first.

    A folder without a run raises a FolderError; runs that meet other attempts or people, a PairingError.
    """
    groups = [runs_of(folder) for folder in folders]
    demand_groups(groups)
    return compare_groups(groups, fates=True)


def runs_of(folder: Path) -> list[Run]:
    """Return the run of a folder, or the runs inside it, by name; raises FolderError where there is none."""
    try:
        return [Run(folder)]
    except DamagedError:
        raise
    except FolderError:
        runs = [Run(one.path) for one in find_runs(folder, depth=1) if one.manifest is not None]
        if not runs:
            raise
        return runs


def groups_of(folders: Sequence[Path]) -> list[list[Run]]:
    """Return the runs of folders as a report shows them: one group for each policy, the baseline first.

    Folders are one of ``tocsin compare``; or those of runs or of replicates, one for each policy.

    Raises:
        FolderError: If a folder holds no such runs, or not all of them; DamagedError if one was changed.
    """
    comparisons = [folder for folder in folders if (folder / REQUEST).is_file()]
    if not comparisons:
        return [_replicates(folder) for folder in folders]
    if len(folders) > 1:
        raise FolderError(f"{comparisons[0]}: is a comparison, which makes its own report; give only that folder")
    return _compared(comparisons[0])


def _compared(folder: Path) -> list[list[Run]]:
    """Return the runs of a comparison, those of the baseline first."""
    request = read_map(folder / REQUEST)
    if not (folder / COMPARISON).is_file():
        raise FolderError(f"{folder}: this comparison is not finished; resume it: tocsin compare with --out {folder}")
    document = read_map(folder / COMPARISON)
    try:
        names = [document["base"], *document["others"]]
        draws, replicates = request["draws"], int(request["replicates"])
    except (KeyError, TypeError, ValueError):
        raise DamagedError(f"{folder}: its {REQUEST} and {COMPARISON} were not written by tocsin compare") from None
    if draws is not None:
        shown = " ".join(str(folder / name / "d000") for name in names)
        raise FolderError(f"{folder}: compares {draws} draws, but a report shows one; use tocsin report {shown}")
    return list(made_in(folder, names, None, replicates).values())


def made_in(folder: Path, names: Sequence[str], draws: int | None, replicates: int) -> dict[str, list[Run]]:
    """Return the runs of a finished comparison by scenario, by draw and then by replicate."""
    return {name: [Run(folder / name / unit) for unit in _units(draws, replicates)] for name in names}


def _replicates(folder: Path) -> list[Run]:
    """Return the run of a folder, or the replicates or draws in it; FolderError where some are not finished."""
    found = runs_of(folder)
    for kind in (REPLICATES, DRAWS):
        if (folder / f"{kind}.json").is_file():
            wanted = read_map(folder / f"{kind}.json").get("count")
            if len(found) != wanted:
                what = f"{len(found)} of {wanted} {kind} are finished"
                raise FolderError(f"{folder}: {what}; resume: tocsin run with --out {folder}")
    return found


COMPUTED = ("figures", "evidence", "findings", "totals", "warnings")
"""Parts of ``run.json`` that a run computes; the others describe its machine and its time."""


def rerun(
    before: Run,
    scenario: Scenario | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    verbose: bool = False,
) -> Iterator[Checked]:
    """Repeat a run in a temporary folder, or its ``scenario`` with another engine, and compare every byte.

    Yields:
        Whether each file has the same bytes, and whether each computed part of ``run.json`` is equal. With another
        engine ``scenario.yaml``, which names it, is left out.
    """
    chosen = scenario or before.scenario
    if before.manifest.get("components") and not any(one.contents for one in chosen.components):
        chosen = with_components(chosen, given_again(before.manifest["components"]))
    left_out = () if chosen.spec.engine == before.scenario.spec.engine else (SCENARIO_YAML,)
    with tempfile.TemporaryDirectory(prefix="tocsin-rerun-", ignore_cleanup_errors=True) as place:
        again = run(chosen, Path(place) / "run", workers=workers, progress=progress, verbose=verbose)
        ours, theirs = again.manifest["files"], before.manifest["files"]
        for name in sorted({*ours, *theirs} - {*left_out}):
            same = ours.get(name) == theirs.get(name)
            yield Checked(f"{name}: the same bytes", same, "" if same else _difference(ours, theirs, name))
        for part in (part for part in COMPUTED if part in before.manifest):
            yield Checked(f"run.json: the same {part}", again.manifest[part] == before.manifest[part])


def _difference(ours: dict[str, str], theirs: dict[str, str], name: str) -> str:
    if name not in ours or name not in theirs:
        return "is missing in the new run" if name in theirs else "is missing in the stored run"
    return f"SHA-256 was {theirs[name]}, is {ours[name]}"


def other_versions(before: Run) -> dict[str, tuple[str | None, str | None]]:
    """Return the versions that differ from those of a run: then and now, by name."""
    then, now = before.manifest["versions"], versions()
    return {name: (then.get(name), now.get(name)) for name in {**then, **now} if then.get(name) != now.get(name)}
