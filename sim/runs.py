"""Runs as users see them: a finished run with the pictures of its report.

Code that compares or draws reads a stored run (``sim.reading.run``), so that module cannot import pictures. The runs of
``sim.run`` and ``sim.load_run`` are therefore made here, above the report.
"""

import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sim.reading import run as stored

if TYPE_CHECKING:
    from sim.midnight.component import Component
    from sim.report.gallery import Gallery
    from sim.running import Progress
    from sim.scenario import Scenario
    from sim.scenario.levers import Lever


class Run(stored.Run):
    """A finished run: its stored tables as DataFrames, the values computed from them, and the pictures of its report.

    Tables (``attempts``, ``alerts``, ``contacts``, ``waits``, ``first_contacts``, ``hours``, ``outcomes``, ``cases``,
    ``flows``, ``state``, ``events``) are pandas DataFrames as stored: counts as simulated, days as datetimes, provinces
    as two-digit codes, null as a missing value. ``figures``, ``totals`` and ``evidence`` are scaled up to the country.
    """

    @cached_property
    def pictures(self) -> "Gallery":
        """The pictures of a report, as plotly figures that notebooks show: ``run.pictures.cascade(channel="call")``."""
        from sim.report.gallery import Gallery

        return Gallery(self)


def run(  # noqa: PLR0913 - the options of a run, each by its name
    scenario: "Scenario | str",
    out: str | Path | None = None,
    events: str | float | None = None,
    workers: int | None = None,
    progress: "Progress | None" = None,
    *,
    checkpoint: bool | str | Path = False,
    age_s: float = 0.0,
    verbose: bool = False,
    components: "Sequence[Component]" = (),
) -> Run:
    """Run a scenario with its engine and keep the results.

    A taken folder raises FolderError, a broken conservation law ConservationError, an impossible ``events`` or an
    engine without checkpoints ValueError. A run that raises leaves nothing behind.

    Args:
        scenario: A scenario, or the name or path of one.
        out: The folder of the run itself, which must be empty or not exist; by default a new one below ``results/runs``
            of the current folder.
        events: Which events are kept: ``none``, ``all`` or those of a share of the origins, by default as the scenario
            says.
        workers: Threads, by default one per core; they change no result. The reference engine uses one.
        progress: Called after each day, warm-up included, with its day number and the attempts so far.
        checkpoint: Whether to store the state at midnights between two months, and to resume from the latest one stored
            by this run or by another that was the same up to then: in ``results/checkpoints`` of the current folder, or
            in the given folder.
        age_s: Seconds that this process had already spent on the run; they are added to the reported time.
        verbose: Whether to write its log to standard error, too.
        components: Instances of classes that extend ``sim.Component``: they react at each midnight, in this order. The
            run gets a copy of each.

    Returns:
        The finished run, whose tables are read on first use.
    """
    from sim import running

    if components:
        from sim.midnight.giving import with_components

        began = time.perf_counter()
        scenario = with_components(loaded(scenario), components)
        age_s += time.perf_counter() - began
    finished = running.run(
        scenario, out, events, workers, progress, checkpoint=checkpoint, age_s=age_s, verbose=verbose
    )
    return Run(finished.path, finished.scenario)


def loaded(scenario: "Scenario | str") -> "Scenario":
    """Return a scenario: the given one, or one loaded by name or path."""
    if not isinstance(scenario, str):
        return scenario
    from sim.scenario import load_scenario

    return load_scenario(scenario)


def load_run(path: str | Path) -> Run:
    """Open the folder of a finished run; raises FolderError for anything else."""
    return Run(Path(path))


def diff(base: "Scenario | stored.Run | str | Path", other: "Scenario | stored.Run | str | Path") -> "list[Lever]":
    """Return every lever in which two scenarios, or the scenarios of two runs, differ, also by province.

    Args:
        base: A scenario, a run, the name or path of a scenario, or the folder of a run, of replicates or draws.
        other: The one to compare with it, given in the same ways.

    Returns:
        Rows with ``key``, ``province``, ``base``, ``other`` and ``name``, which ``pandas.DataFrame`` accepts.
    """
    from sim.scenario.levers import levers

    return levers(scenario_of(base), scenario_of(other))


def scenario_of(one: "Scenario | stored.Run | str | Path") -> "Scenario":
    """Return a scenario: the given one, that of a run, or one loaded from a path or by name."""
    from sim.experiments.paired import runs_of
    from sim.scenario import Scenario, load_scenario

    if isinstance(one, Scenario):
        return one
    if isinstance(one, stored.Run):
        return one.scenario
    return runs_of(Path(one))[0].scenario if Path(one).is_dir() else load_scenario(str(one))
