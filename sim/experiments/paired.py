"""Replicates and draws: several runs of a scenario, each in its own folder, all inside one folder.

Runs that an earlier call of the same command finished are used again. Small ones are made at the same time, one on each
core. The folder has a log of all runs; each run also has its own.

Comparisons from end to end, as ``tocsin compare`` makes them: make or read pairs of runs, then compare them.
"""

import itertools
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.base.logbook import Logbook
from sim.draws.compiled import is_compiled
from sim.experiments.compare import Row, at_rates, caveats, distinct, measured, rows_of
from sim.experiments.pairing import Amounts, PairingError, demand_pair, demand_pairs, demand_replicates
from sim.experiments.simulations import AHEAD, KilledError, Processes, SimulationError, is_large
from sim.experiments.store import claim, finished_run
from sim.language.spoken import ENGLISH, speaking
from sim.reading.costs import not_priced
from sim.reading.run import Run
from sim.scenario.levers import levers
from sim.store.folder import RUNS, find_runs, holding, replace_json
from sim.store.json_files import DamagedError, FolderError, read_map
from sim.store.provenance import versions

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario

Make = Callable[["Scenario", Path], "Run"]
"""Runs a scenario into a folder."""


class Making(NamedTuple):
    """How runs are made that do not exist yet.

    Attributes:
        alone: Makes a run in this process: one that keeps all cores busy, or the first one if it compiles its engine.
        at_once: How many of the other runs are made at once, each in another process. If 1, ``alone`` makes all.
        verbose: Whether the lines of logs also go to standard error.
    """

    alone: Make
    at_once: int = 1
    verbose: bool = False


REPLICATES, DRAWS = "replicates", "draws"


def prepared_replicates(kind: str, first: "Scenario", count: int, folder: Path | None) -> Path:
    """Make the folder of a number of ``replicates`` or ``draws``, or find the one to resume, as ``claim`` does."""
    request = {"count": count, "record": first.resolved["record"], "versions": versions()}
    return claim(kind, first, request, folder, RUNS / f"{first.name}-{first.spec.seed}")


def each(
    kind: str,
    count: int,
    numbered: "Callable[[int], Scenario]",
    making: Making,
    folder: Path,
) -> "Iterator[Run]":
    """Yield runs ``r000`` (``replicates``) or ``d000`` (``draws``) of a folder, and make those that do not exist yet.

    ``numbered`` returns the scenario of each, counted from 0. FolderError is raised where another process works in the
    folder, or a run's place holds something else.
    """
    with holding(folder), Logbook(folder, making.verbose) as log:
        log(f"start: {count:,} {kind}")
        wanted = ((numbered(number), folder / f"{kind[0]}{number:03d}") for number in range(count))
        yield from found_or_made(wanted, making, log)
        log(f"end: all {kind} are finished")


def found_or_made(
    wanted: "Iterable[tuple[Scenario, Path]]", making: Making, log: Logbook
) -> "Generator[Run, None, None]":
    """Yield the finished run of each scenario in its folder, in order, and make those that do not exist yet.

    A killed process raises a SimulationError; finished runs are kept. A place that holds something else raises a
    FolderError.
    """
    ahead: deque[_Begun] = deque()
    with closing(Processes(making.at_once)) as pool:
        for scenario, place in wanted:
            ahead.append(_begun(scenario, place, making, log, pool))
            while ahead and (ahead[0].is_there or len(ahead) > AHEAD * making.at_once):
                yield ahead.popleft().run(log)
        while ahead:
            yield ahead.popleft().run(log)


class _Begun(NamedTuple):
    """A run that is there, or that a process makes."""

    scenario: "Scenario"
    place: Path
    made: "Run | Future[None]"

    @property
    def is_there(self) -> bool:
        """Return whether nobody has to wait for it."""
        return not isinstance(self.made, Future) or self.made.done()

    def run(self, log: Logbook) -> "Run":
        """Wait for the run and return it."""
        if not isinstance(self.made, Future):
            return self.made
        try:
            self.made.result()
        except KilledError as error:
            raise SimulationError(f"{self.place}: the process that made it was killed ({error})") from error
        run = finished_run(self.place, self.scenario)
        assert run is not None
        log(_done(self.place, run))
        return run


def _begun(scenario: "Scenario", place: Path, making: Making, log: Logbook, pool: Processes) -> _Begun:
    """Find a run, make it here, or let a process of the pool begin to make it."""
    found = finished_run(place, scenario)
    if found is not None:
        log(f"{place}: already finished")
        return _Begun(scenario, place, found)
    if making.at_once > 1 and not is_large(scenario) and is_compiled(scenario.spec.engine):
        return _Begun(scenario, place, pool.submit(_make_in_process, scenario, place, making.verbose))
    made = making.alone(scenario, place)
    log(_done(place, made))
    return _Begun(scenario, place, made)


def _make_in_process(scenario: "Scenario", place: Path, verbose: bool) -> None:
    """Make a run on one core, as a task of a process."""
    from sim.running import run

    run(scenario, place, workers=1, verbose=verbose)


def _done(place: Path, run: "Run") -> str:
    return f"{place}: done in {run.manifest['performance']['wall_s']:.3f} s"


KIND = "comparison"
REQUEST = f"{KIND}.json"
COMPARISON = "compare.json"

PAIRS = 4
"""Replicates of a comparison where their number is not given: fewer say little about run-to-run noise."""

Document = dict[str, Any]

Load = Callable[[str, int | None, int], "Scenario"]
"""Loads a scenario by its name, for a posterior draw (None: its own values) and a replicate."""


def prepared(names: Sequence[str], load: Load, folder: Path | None, draws: int | None, replicates: int) -> Path:
    """Make the folder of a comparison, or find the one to resume, as ``claim`` does; PairingError comes first."""
    hashes = demand_comparable(names, load, draws, replicates)
    first = load(names[0], _plan(draws)[0], 0)
    request = {
        "scenarios": hashes,
        "draws": draws,
        "replicates": replicates,
        "record": first.resolved["record"],
        "versions": versions(),
    }
    return claim(KIND, first, request, folder, RUNS / f"compare-{first.name}-{first.spec.seed}")


def demand_comparable(names: Sequence[str], load: Load, draws: int | None, replicates: int) -> list[list[str]]:
    """Raise PairingError unless scenarios can be paired; return the hash of each, by draw. Nothing is written."""
    hashes: list[list[str]] = []
    # Draws may come from different tables; replicates differ in their seed only.
    for draw in _plan(draws):
        base, *others = (load(name, draw, 0) for name in names)
        for other in others:
            demand_pair(base, other)
        hashes.append([one.sha256 for one in (base, *others)])
    for name in names:
        load(name, _plan(draws)[-1], replicates - 1)  # refuse an impossible scenario before the first run
    return hashes


def compare_scenarios(
    names: Sequence[str],
    load: Load,
    making: Making,
    folder: Path,
    draws: int | None = None,
    replicates: int = 1,
    finished: Callable[[int], None] = lambda number: None,
) -> Document:
    """Run every scenario for every draw and replicate, and compare each with the first, the baseline.

    Runs lie in the folder under the scenario's name, ``d000`` (with draws) and ``r000`` (with replicates), next to the
    document ``compare.json``. Runs that an earlier call finished are used again. Of a finished run only totals and
    figures are kept in memory. ``finished`` is called with the number of runs that exist, whenever it grows.

    Returns:
        The document: ``base``, ``others``, ``levers`` (what each scenario changes, and whether it is ``priced``),
        ``rows`` (see ``compared``), what these are
        ``at_reporting_rates``, for runs with events ``changes`` (of fates), and ``caveats``. Texts are in the current
        language; the stored document is English.
    """
    plan = _plan(draws)
    titles = distinct([load(name, plan[-1], 0).name for name in names])
    amounts: list[list[list[Amounts]]] = [[] for _ in names]
    changed: list[pd.DataFrame] = []
    first: list[Run] = []
    wanted = (
        (load(name, draw, replicate), folder / title / _unit(draw, replicate if replicates > 1 else None))
        for draw in plan
        for replicate in range(replicates)
        for name, title in zip(names, titles, strict=True)
    )
    there = itertools.count(1)
    with (
        holding(folder),
        Logbook(folder, making.verbose) as log,
        closing(found_or_made(wanted, making, log)) as made,
    ):
        log(f"start: {len(names) * len(plan) * replicates:,} runs of {', '.join(titles)}")
        for _ in plan:
            for by_draw in amounts:
                by_draw.append([])
            for _ in range(replicates):
                runs = []
                for run in itertools.islice(made, len(names)):
                    runs.append(run)
                    finished(next(there))
                for by_draw, one in zip(amounts, measured([[[run]] for run in runs]), strict=True):
                    by_draw[-1].append(one[0][0])
                changed += _changes(titles, runs)
                first = first or runs
        scenarios = [load(name, plan[0], 0) for name in names]
        document = _document(titles, amounts, changed, scenarios)
        single = len(plan) * replicates == 1
        with speaking(ENGLISH):
            replace_json(folder / COMPARISON, {**document, **caveats(titles, first, single, draws is not None)})
        log(f"end: wrote {COMPARISON}")
    return {**document, "levers": _all_levers(titles, scenarios), **caveats(titles, first, single, draws is not None)}


def _plan(draws: int | None) -> list[int | None]:
    return [None] if draws is None else list(range(draws))


def _unit(draw: int | None, replicate: int | None) -> Path:
    """Return where a run of a scenario lies in its folder, by draw and by replicate where there are several."""
    return Path(*(f"{kind}{number:03d}" for kind, number in (("d", draw), ("r", replicate)) if number is not None))


def compare_folders(folders: Sequence[Path]) -> Document:
    """Return the document of ``compare_scenarios`` for finished runs, or folders of replicates, the baseline first.

    A folder without a run raises a FolderError; runs that meet other attempts or people, a PairingError.
    """
    return compare_groups([runs_of(folder) for folder in folders])


def compare_groups(groups: Sequence[Sequence[Run]]) -> Document:
    """Return the document of ``compare_scenarios`` for runs, or the replicates of each policy, the baseline first.

    Runs that meet other attempts or people raise a PairingError.
    """
    for group in groups:
        demand_replicates([run.scenario for run in group])
        demand_pairs([run.scenario for run in groups[0]], [run.scenario for run in group])
    titles = distinct([group[0].manifest["name"] for group in groups])
    changed = [one for runs in zip(*groups, strict=True) for one in _changes(titles, runs)]
    return document_of(groups, changed)


def document_of(
    groups: Sequence[Sequence[Run]], changed: "Sequence[pd.DataFrame]" = (), draws: bool = False
) -> Document:
    """Return the document of a comparison of paired runs, with their replicates, in the current language.

    ``changed`` are the people whose fate changed, a frame for each pair. With ``draws`` the runs of a group are of
    posterior draws, one each, instead of replicates.
    """
    titles = distinct([group[0].manifest["name"] for group in groups])
    amounts = measured([[[run] for run in group] if draws else [list(group)] for group in groups])
    first = [group[0] for group in groups]
    scenarios = [run.scenario for run in first]
    document = _document(titles, amounts, changed, scenarios)
    return {**document, "levers": _all_levers(titles, scenarios), **caveats(titles, first, len(groups[0]) == 1, draws)}


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
    units = [_unit(draw, one if replicates > 1 else None) for draw in _plan(draws) for one in range(replicates)]
    return {name: [Run(folder / name / unit) for unit in units] for name in names}


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


def _changes(titles: Sequence[str], runs: Sequence[Run]) -> "list[pd.DataFrame]":
    """Return whose fate each other policy changed, where all runs recorded events."""
    from sim.experiments.pairing import changes

    if not all(run.has_events for run in runs):
        return []
    frames = []
    for title, run in zip(titles[1:], runs[1:], strict=True):
        frame = changes(runs[0], run)
        frame.insert(0, "scenario", title)
        frames.append(frame)
    return frames


def _document(
    titles: Sequence[str],
    amounts: Sequence[Sequence[Sequence[Amounts]]],
    changed: "Sequence[pd.DataFrame]",
    scenarios: "Sequence[Scenario]",
) -> Document:
    if len(scenarios) < 2:
        raise PairingError("a comparison needs a baseline and at least one other scenario")
    document = document_of_rows(titles, rows_of(titles, amounts, scenarios), scenarios)
    if changed:
        import pandas as pd

        from sim.experiments.pairing import summed

        document["changes"] = [
            {key: value.item() if hasattr(value, "item") else value for key, value in row.items()}
            for row in summed(pd.concat(changed)).to_dict("records")
        ]
    return document


def document_of_rows(titles: Sequence[str], rows: Sequence[Row], scenarios: "Sequence[Scenario]") -> Document:
    """Return the document of a comparison from its rows, in English, without fates and caveats."""
    with speaking(ENGLISH):  # stored documents are English
        changed = _all_levers(titles, scenarios)
    return {
        "base": titles[0],
        "others": list(titles[1:]),
        "questions": {title: one.spec.title for title, one in zip(titles, scenarios, strict=True)},
        "levers": changed,
        "rows": rows,
        "at_reporting_rates": [
            one
            for title, other in zip(titles[1:], scenarios[1:], strict=True)
            for one in at_rates([row for row in rows if row["scenario"] == title], scenarios[0], other)
        ],
    }


def _all_levers(titles: Sequence[str], scenarios: "Sequence[Scenario]") -> list[dict[str, Any]]:
    """Return what each scenario changes, in the current language."""
    base, *others = scenarios
    return [row for title, other in zip(titles[1:], others, strict=True) for row in _levers(title, base, other)]


def _levers(title: str, base: "Scenario", other: "Scenario") -> list[dict[str, Any]]:
    """Return what a scenario changes, and whether each change has a price."""
    changed = levers(base, other)
    unpriced = not_priced(base, other, changed)
    return [{"scenario": title, **lever.as_json(), "priced": lever not in unpriced} for lever in changed]
