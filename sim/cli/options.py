"""The options of commands, each declared once, and groups of options that commands share.

A command takes a group as one parameter (``sim.cli.application``). What a group can do with its options is its methods.
"""

from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.common import (
    DONE,
    Runs,
    in_its_terms,
    keeping,
    print_json,
    refuse,
    resumable,
    settings_of,
    warn_aside,
)
from sim.language.spoken import ENGLISH, speaking, spoken
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sim.forecast import Job
    from sim.scenario import Scenario
    from sim.scenario.options import Options
    from sim.told.one import Answer
    from sim.told.text_tables import TextTable

MOST = 10_000
"""The most replicates or draws of a command; each is a run in its own folder."""


def bundled() -> list[str]:
    """Return the bundled names, for the shell to complete; where none fits, it offers files."""
    from sim.scenario.bundled import bundled_names

    return bundled_names()


def _verbose(context: typer.Context, value: bool) -> bool:
    """Return whether ``--verbose`` was given, after the command or before it."""
    return value or bool(context.find_root().params.get("verbose"))


ScenarioName = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A bundled name or a YAML file.", autocompletion=bundled)
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")]
OutputFolder = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Output folder. Run the same command again to resume.")
]
Engine = Annotated[
    str | None, typer.Option(metavar="vector|reference", help="Engine that simulates; both give the same results.")
]
Scale = Annotated[float | None, typer.Option(metavar="S", help="Sampled share of the population (1 = everyone).")]
Pool = Annotated[
    str | None,
    typer.Option(metavar="none|country|regions", help="Pool provinces, so that small samples keep realistic queues."),
]
Apart = Annotated[
    list[str] | None,
    typer.Option("--apart", metavar="NAME|CODE", help="With --pool country: keep this province separate. Repeatable."),
]
Seed = Annotated[int | None, typer.Option(metavar="N", help="Seed of all random draws.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one value by its dotted key. Repeatable."),
]
Draw = Annotated[
    int | None, typer.Option(metavar="K", min=0, help="Use the values of posterior draw K, counted from 0.")
]
Draws = Annotated[int | None, typer.Option(metavar="N", min=1, max=MOST, help="Run the first N posterior draws.")]
DrawsToo = Annotated[
    int | None,
    typer.Option(
        "--draws",
        metavar="N",
        min=2,
        max=MOST,
        help="Also run the first N posterior draws, for parameter uncertainty.",
    ),
]
Replicates = Annotated[
    int, typer.Option(metavar="N", min=1, max=MOST, help="Number of replicates, each with its own seed.")
]
Threads = Annotated[
    int | None, typer.Option("--workers", metavar="N", min=1, help="Number of threads; they do not change results.")
]
Cores = Annotated[int | None, typer.Option("--workers", metavar="N", min=1, help="Number of cores.")]
Scheduler = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Simulate on a Dask cluster: the address of its scheduler.")
]
Quantity = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Total or figure to show, such as victims. Repeatable.")
]
Events = Annotated[str | None, typer.Option(metavar="none|all|FRACTION", help="Which attempts to log event by event.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
Full = Annotated[bool, typer.Option("--full", help="Show every table, not only one screen.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print no progress and no tables.")]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", callback=_verbose, help="Print the log as it grows and, on failure, where in the program."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Estimate runs, time, memory and disk, then stop.")]


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What the command line changes of a scenario."""

    scale: Scale = None
    pool: Pool = None
    apart: Apart = None
    seed: Seed = None
    settings: Settings = None

    @property
    def options(self) -> "Options":
        """The changes as calls from Python take them; None where an option is not given."""
        return {"scale": self.scale, "pool": self.pooled, "seed": self.seed, "set": settings_of(self.settings)}

    @property
    def given(self) -> bool:
        """Whether any option of the group is given."""
        return any(value not in (None, {}) for value in self.options.values())

    @property
    def pooled(self) -> Any:
        """What ``--pool`` and ``--apart`` say of a scenario's pool; refused where they cannot be together."""
        if not self.apart:
            return self.pool
        if self.pool != "country":
            other = "without --pool" if self.pool is None else f"with --pool {ascii_controls(self.pool)}"
            refuse(f"--apart: cannot be used {other}; use --pool country")
        return {"apart": self.apart}

    def load(self, name: str, **values: Any) -> "Scenario":
        """Load a scenario with these changes; ends the command with every mistake.

        Args:
            name: A bundled name or a file.
            **values: Further values by their keys, which override those of options.

        Returns:
            The scenario, whose terms are used from here on.
        """
        from sim.scenario import load_scenario

        options: dict[str, Any] = {**self.options, **values}
        settings = options.pop("set")
        given = {key: value for key, value in options.items() if value is not None}
        return in_its_terms(load_scenario(name, settings, **given))


@dataclass(frozen=True, kw_only=True)
class Model(Changes):
    """What the command line changes of a scenario, and the engine."""

    engine: Engine = None

    @property
    def options(self) -> "Options":
        """The changes as calls from Python take them; None where an option is not given."""
        return {**super().options, "engine": self.engine}


@dataclass(frozen=True, kw_only=True)
class DrawnModel(Model):
    """What the command line changes of a scenario, the engine, and the posterior draw."""

    draw: Draw = None

    @property
    def options(self) -> "Options":
        """The changes as calls from Python take them; None where an option is not given."""
        return {**super().options, "draw": self.draw}

    def over_draws(self, name: str, draws: int | None) -> "list[Scenario]":
        """Load a scenario with the values of each of the first posterior draws; none without ``draws``."""
        if draws is None:
            return []
        if self.draw is not None:
            refuse("--draws: cannot be combined with --draw; use one of them")
        return [self.load(name, draw=number) for number in range(draws)]


@dataclass(frozen=True, kw_only=True)
class Output:
    """What a command prints, and whether it simulates at all."""

    as_json: AsJson = False
    quiet: Quiet = False
    verbose: Verbose = False
    dry_run: DryRun = False

    @property
    def silent(self) -> bool:
        """Whether no progress is shown."""
        return self.quiet or self.as_json

    def forecast(self, job: "Job") -> None:
        """Estimate what a job will take: print it and end with ``--dry-run``; else print a line if the job is long.

        Args:
            job: The runs of the command.

        Raises:
            Exit: After ``--dry-run``.
        """
        from sim.forecast import TOLD_FROM_S, Forecast

        estimate = Forecast.of(job)
        if not self.dry_run:
            if not self.quiet and estimate.high_s >= TOLD_FROM_S:
                typer.echo(estimate.line, err=True)
            return
        if self.as_json:
            print_json({"dry_run": estimate.document})
        else:
            typer.echo("\n".join(estimate.lines()))
        raise typer.Exit(DONE)

    def warn(self, lines: "Iterable[str]") -> None:
        """Print warnings above an answer; on standard error if the answer is JSON, which has them, or not printed."""
        from sim.progress import console
        from sim.told.terminal import warning_parts
        from sim.told.text_tables import show

        if self.silent:
            for line in dict.fromkeys(lines):
                warn_aside(line)
            return
        out = console()
        show(out, warning_parts(list(lines), out.width))

    def answered(
        self,
        answer: "Callable[[], Answer]",
        document: "Callable[[], dict[str, Any]]",
        parts: "Callable[[], Iterable[TextTable | str]]",
        made: str,
        full: bool,
    ) -> None:
        """Print the answer of an experiment: one screen, every table with ``full``, or a JSON document.

        Args:
            answer: Makes the answer.
            document: Makes the document, to which the answer is added.
            parts: Makes the tables, and paragraphs between them.
            made: A line that says where the runs lie.
            full: Whether every row of every table is shown.
        """
        from sim.progress import console
        from sim.told.brief import experiment_brief, experiment_full
        from sim.told.text_tables import show

        with speaking(ENGLISH if self.as_json else spoken()):
            found = answer()
        if self.silent:
            self.warn(found.warnings)
        if self.as_json:
            print_json({"answer": found.document(), **document()})
        elif not self.quiet:
            out = console()
            show(out, (experiment_full if full else experiment_brief)(found, list(parts()), made, out.width))

    def shown(self, document: Callable[[], dict[str, Any]]) -> bool:
        """Return whether tables are shown; print the document if JSON is wanted instead."""
        if self.as_json:
            print_json(document())
        return not self.silent


@dataclass(frozen=True, kw_only=True)
class Making:
    """Where the runs of an experiment are made."""

    workers: Cores = None
    scheduler: Scheduler = None

    @contextmanager
    def experiment(self, output: Output, expected: int | None = None) -> "Iterator[tuple[Runs, Callable[[str], None]]]":
        """Make many runs behind a progress bar, on this machine or a cluster.

        Args:
            output: What is printed.
            expected: How many runs there will be, where experiments request them in several steps.

        Yields:
            The runs, and a function that prints a line.
        """
        from sim.experiments.cluster import cluster
        from sim.progress import steps

        runs = Runs(None, self.workers, None, output.verbose)
        with ExitStack() as stack:
            stack.enter_context(keeping(lambda: resumable(runs.place) if runs.place else "nothing was kept"))
            if self.scheduler is not None:
                runs.executor, fitting = stack.enter_context(cluster(self.scheduler))
                runs.workers = self.workers or fitting
            note, runs.progress = stack.enter_context(steps(output.silent, expected=expected))
            yield runs, note
