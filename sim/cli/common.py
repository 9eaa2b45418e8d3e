"""What commands have in common: options, loading and running behind one-line errors, exit codes."""

import warnings
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, TypeVar

import typer

from sim.base.failures import UsageError
from sim.cli.documented import Documented
from sim.language.spoken import tell_in
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor

    from sim.experiments.simulations import Computing
    from sim.forecast.job import Job
    from sim.progress import Job as Bar
    from sim.progress import Steps
    from sim.reading.run import Run
    from sim.scenario import Scenario

Loaded = TypeVar("Loaded")

DONE, FAILED, REFUSED = 0, 1, 2
"""Exit codes: done; a run (or a check) failed; bad usage or a bad scenario, nothing was written."""

MOST = 10_000
"""Replicates or draws that a command makes: each is a run in a folder of its own."""

app = Documented(
    name="tocsin",
    help="Simulate a country's shield against telecom and online fraud, attempt by attempt.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)


def bundled() -> list[str]:
    """Return the bundled names, for the shell to complete; where none begins as was typed, it offers files."""
    from sim.scenario.bundled import bundled_names

    return bundled_names()


ScenarioName = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A bundled name or a YAML file.", autocompletion=bundled)
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")]
ExperimentFolder = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Its folder; an unfinished one goes on.")
]
Engine = Annotated[str | None, typer.Option(metavar="vector|reference", help="The engine that runs it.")]
Scale = Annotated[float | None, typer.Option(metavar="S", help="The share of the country: 1 is all of it.")]
Pool = Annotated[
    str | None,
    typer.Option(
        metavar="none|country|regions",
        help="Provinces that are simulated as one, so that few people keep the queues of many.",
    ),
]
Apart = Annotated[
    list[str] | None,
    typer.Option(
        "--apart",
        metavar="NAME|CODE",
        help="With --pool country: this province by itself, for questions about it; repeatable.",
    ),
]
Seed = Annotated[int | None, typer.Option(metavar="N", help="The seed of every draw.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one value, by its dotted key; repeatable."),
]
Draw = Annotated[
    int | None, typer.Option(metavar="K", min=0, help="The posterior draw, counted from 0, that gives its values.")
]
DrawsToo = Annotated[
    int | None,
    typer.Option(
        "--draws", metavar="N", min=2, max=MOST, help="Over the first N posterior draws, too: what is not known."
    ),
]
Workers = Annotated[int | None, typer.Option(metavar="N", min=1, help="Threads at work; results do not depend on it.")]
Cores = Annotated[int | None, typer.Option("--workers", metavar="N", min=1, help="Cores at work.")]
Scheduler = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="The scheduler of a Dask cluster that makes the runs.")
]
Quantity = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="A total or figure to show, such as victims; repeatable."),
]
Events = Annotated[str | None, typer.Option(metavar="none|all|FRACTION", help="Whose events are logged.")]
Replicates = Annotated[
    int, typer.Option(metavar="N", min=1, max=MOST, help="Runs with seeds counting up, each in its own folder.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress, no table.")]


def _verbose(context: typer.Context, value: bool) -> bool:
    """Return whether ``--verbose`` was given, after the command or before it."""
    return value or bool(context.find_root().params.get("verbose"))


Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        callback=_verbose,
        help="Print the lines of the log as they come and, where something fails, where in the program.",
    ),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Say how many runs, and what time, memory and disk they take here; make none."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def refuse(*lines: str) -> NoReturn:
    """End with bad usage: one line a mistake."""
    raise UsageError(*lines)


def load(name: str, settings: list[str] | None, values: dict[str, Any]) -> "Scenario":
    """Load a scenario with the values given on the command line; ends the program with every mistake."""
    from sim.scenario import load_scenario

    return in_its_terms(_told_as_typed(load_scenario, name, settings, values))


def in_its_terms(scenario: "Scenario") -> "Scenario":
    """Tell of a scenario in its own terms, until the command ends."""
    tell_in(scenario.spec.terms)
    return scenario


def demand_left(name: str, settings: list[str] | None, values: dict[str, Any]) -> None:
    """End the program where rounding takes away what a scenario that was loaded so does to staff."""
    from sim.experiments.rounded import demand_left

    _told_as_typed(demand_left, name, settings, values)


def _told_as_typed(
    load: "Callable[..., Loaded]", name: str, settings: list[str] | None, values: dict[str, Any]
) -> Loaded:
    """Call what loads a scenario with the values given on the command line, and tell its mistakes as of options."""
    from sim.scenario import ScenarioError

    pairs: dict[str, str] = {}
    for setting in settings or []:
        key, equals, value = setting.partition("=")
        if not equals:
            refuse(f"--set {ascii_controls(setting)}: has no value; --set dotted.key=value")
        pairs[key] = value
    given = {key: value for key, value in values.items() if value is not None}
    try:
        return load(name, pairs, **given)
    except ScenarioError as error:
        refuse(*map(_as_typed, error.lines))


APART = "population.pool.apart"
"""The key of provinces that are by themselves."""


def _as_typed(line: str) -> str:
    """Blame the option that was typed, ``--scale``, instead of the argument that it becomes, ``scale=``."""
    for key in ("engine", "scale", "population.pool", "seed", "draw", "record.events"):
        if line.startswith(f"{key}=:"):
            if f" {APART}" in line:
                return line.replace(f"{key}=:", "--apart:", 1)
            return line.replace(f"{key}=:", f"--{key.rpartition('.')[2]}:", 1)
    return line


def pooled(pool: str | None, apart: list[str] | None) -> Any:
    """Return what ``--pool`` and ``--apart`` say of a scenario's pool; ends the program where they cannot be together.

    Args:
        pool: The pool, if one is asked for.
        apart: The names or codes of the provinces that are by themselves, if any are.
    """
    if not apart:
        return pool
    if pool != "country":
        beside = "no --pool" if pool is None else f"--pool {ascii_controls(pool)}"
        refuse(f"--apart: keeps a province out of the pool of the country, but {beside} is given; use --pool country")
    return {"apart": apart}


def given_values(
    engine: str | None,
    scale: float | None,
    pool: Any,
    seed: int | None,
    events: str | None = None,
    draw: int | None = None,
) -> dict[str, Any]:
    """Return what options of a command say of a scenario, by the scenario's keys."""
    return {
        "engine": engine,
        "scale": scale,
        "population.pool": pool,
        "seed": seed,
        "record.events": event_share(events),
        "draw": draw,
    }


def event_share(text: str | None) -> str | float | None:
    """Read ``--events``; a share that is out of range is left to the scenario's own check."""
    if text is None or text in ("none", "all"):
        return text
    try:
        return float(text)
    except ValueError:
        refuse(f"--events {ascii_controls(text)}: is none of them; none, all or a fraction between 0 and 1")


def foretell(job: "Job", dry_run: bool, as_json: bool, quiet: bool) -> None:
    """Say what a command will take: all of it, and end, where that is asked for; else a line, if it may take long.

    Args:
        job: The runs of the command.
        dry_run: Whether it was asked for.
        as_json: Whether as JSON.
        quiet: Whether a line is too much.

    Raises:
        Exit: After a forecast that was asked for.
    """
    from sim.forecast.job import Forecast, long_one
    from sim.forecast.machine import this_machine
    from sim.store.folder import to_json

    def tell(line: str) -> None:
        typer.echo(line, err=True)

    if not dry_run:
        if not quiet and (forecast := long_one(job, tell)) is not None:
            tell(forecast.line)
        return
    machine = this_machine(tell)
    forecast = Forecast.of(job, machine)
    typer.echo(
        to_json({"dry_run": forecast.document}) if as_json else "\n".join(forecast.lines(machine)), nl=not as_json
    )
    raise typer.Exit(DONE)


def warn(lines: "Iterable[str]", as_json: bool = False, quiet: bool = False) -> None:
    """Print what must be known before an answer is read: above it, or on standard error where it is not for people.

    Args:
        lines: Warnings, without the word itself.
        as_json: Whether the answer is JSON, which has them, too.
        quiet: Whether no answer is printed.
    """
    from sim.progress import console
    from sim.told.terminal import warning_parts
    from sim.told.text_tables import show

    if as_json or quiet:
        for line in dict.fromkeys(lines):
            typer.echo(f"warning: {ascii_controls(line)}", err=True)
        return
    out = console()
    show(out, warning_parts(list(lines), out.width))


@contextmanager
def keeping(note: "str | Callable[[], str]") -> "Iterator[None]":
    """Let an error that ends a ``with`` block tell what was kept."""
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        error.add_note(note if isinstance(note, str) else note())
        raise


def run_once(
    scenario: "Scenario",
    folder: Path | None,
    workers: int | None,
    bar: "Bar | None",
    timed: bool,
    checkpoint: bool = False,
    verbose: bool = False,
) -> "Run":
    """Run once, with what it does shown in the bar of the job that it belongs to."""
    from sim.running import run
    from sim.store.provenance import process_age_s

    kept = f"nothing of this run was kept{f' for {folder}' if folder is not None else ''}"
    if checkpoint:
        kept = "of this run only checkpoints were kept, from which the same command goes on"
    with (
        keeping(kept),
        checkpoint_warnings() if checkpoint else nullcontext(),
    ):
        age_s = process_age_s() if timed else 0.0
        progress = None if bar is None else bar.of(scenario)
        return run(
            scenario,
            folder,
            workers=workers,
            progress=progress,
            checkpoint=checkpoint,
            age_s=age_s,
            verbose=verbose,
        )


def checkpoint_warnings() -> AbstractContextManager[None]:
    """Print what is told of checkpoints as one line each."""
    from sim.store.checkpoint_file import CheckpointWarning

    return told_plainly(CheckpointWarning, "always")


@contextmanager
def told_plainly(kind: type[Warning], often: Literal["always", "once"]) -> "Iterator[None]":
    """Print warnings of a kind as one line each, always or once for each text."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        typer.echo(f"warning: {ascii_controls(str(message))}", err=True)

    with warnings.catch_warnings():
        warnings.simplefilter(often, kind)
        warnings.showwarning = show
        yield


@dataclass
class Runs:
    """Where the many runs of an experiment are made, and what is told of them; ``place`` keeps what is finished."""

    executor: "Executor | None"
    workers: int | None
    progress: "Steps | None"
    verbose: bool = False
    place: Path | None = None

    @property
    def computing(self) -> "Computing":
        """Who makes the runs, as experiments take it."""
        return {
            "executor": self.executor,
            "workers": self.workers,
            "progress": self.progress,
            "verbose": self.verbose,
            "days": None if self.progress is None else self.progress.of,
        }

    def kept_in(self, folder: Path) -> Path:
        """Remember and return the folder where an interrupted experiment goes on."""
        self.place = folder
        return folder


@contextmanager
def experiment(
    silent: bool, workers: int | None, scheduler: str | None, verbose: bool = False, expected: int | None = None
) -> "Iterator[tuple[Runs, Callable[[str], None]]]":
    """Make many runs behind a progress bar, on this machine or a cluster.

    Args:
        silent: No bar is shown.
        workers: How many runs are made at a time.
        scheduler: Of the cluster.
        verbose: Whether the lines of the experiment's log are shown.
        expected: How many runs there will be, where they are asked for in several steps.

    Yields:
        What experiments are given, and what tells a line.
    """
    from sim.experiments.cluster import cluster
    from sim.progress import steps

    runs = Runs(None, workers, None, verbose)
    with ExitStack() as stack:
        stack.enter_context(keeping(lambda: _kept(runs)))
        if scheduler is not None:
            runs.executor, fitting = stack.enter_context(cluster(scheduler))
            runs.workers = workers or fitting
        tell, runs.progress = stack.enter_context(steps(silent, expected=expected))
        yield runs, tell


def _kept(runs: Runs) -> str:
    return f"what was simulated is kept in {runs.place}, the same command goes on" if runs.place else "nothing was kept"


def varied(texts: list[str]) -> dict[str, list[Any]]:
    """Read ``--vary KEY=A,B,...``, values as in a scenario's file; ends the program where that is no such thing."""
    from sim.scenario.errors import Place, ScenarioError
    from sim.scenario.reading import decode, read_nodes

    found: dict[str, list[Any]] = {}
    start = Place("--vary", 1, 1, "argument")
    for text in texts:
        key, equals, values = text.partition("=")
        shown = ascii_controls(text)
        if not key or key in found:
            refuse(f"--vary {shown}: {'is varied twice' if key else 'has no key'}; --vary dotted.key=value,value")
        try:
            nodes = [read_nodes(decode(value.encode(), start), start)[0] for value in values.split(",") if equals]
        except ScenarioError:
            nodes = [None]
        if any(node is None or isinstance(node.value, dict | list | None) for node in nodes):
            refuse(f"--vary {shown}: is no list of single values; --vary dotted.key=value,value")
        found[key] = [node.value for node in nodes if node is not None]
    return found


def drawn(draws: int | None, draw: int | None, numbered: "Callable[[int], Scenario]") -> "list[Scenario]":
    """Return the scenarios of the first posterior draws; none where none are asked for.

    Args:
        draws: How many.
        draw: The one draw that gives the scenario its values, if any; then there can be no others.
        numbered: Loads the scenario of a draw.
    """
    if draws is None:
        return []
    if draw is not None:
        refuse("--draws: over the first draws beside the scenario's own values; no --draw beside it")
    return [numbered(number) for number in range(draws)]
