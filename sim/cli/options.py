"""What commands share: how functions become commands, the options that several take, printing and exit codes.

``command`` notes the examples of a function; ``Application.take`` makes it a command. A parameter whose type is a
dataclass of options becomes one option a field; what such a group can do with its options is its methods.
"""

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NoReturn, TypeVar, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

from sim.base.failures import UsageError
from sim.language.spoken import ENGLISH, said, speaking, spoken, tell_in
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Executor

    from sim.experiments.simulations import Computing
    from sim.forecast import Job
    from sim.progress import Job as Bar
    from sim.progress import Steps
    from sim.reading.run import Run
    from sim.scenario import Scenario
    from sim.scenario.errors import Mistake
    from sim.scenario.load import Options
    from sim.told.answers import Answer
    from sim.told.tables import Part

F = TypeVar("F", bound=Callable[..., Any])

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {}
"""What people type and what it does, by command."""


class _Command(TyperCommand):
    def get_short_help_str(self, limit: int = 0) -> str:
        """Return what the list of commands says of this one: all of its help."""
        return joined(self.help or "")


class _Group(TyperGroup):
    headings: ClassVar[dict[str, str]] = {}
    """The heading of each command."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, each group below its heading."""
        rows: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            one = self.get_command(ctx, name)
            rows.setdefault(self.headings[name], []).append((name, one.get_short_help_str() if one else ""))
        for heading, own in rows.items():
            with formatter.section(heading):
                formatter.write_dl(own)


class Application(typer.Typer):
    """A typer application whose commands are functions with a docstring and options in groups."""

    def __init__(self, name: str, text: str) -> None:
        """Make an application without commands.

        Args:
            name: What is typed.
            text: Its help.
        """
        super().__init__(
            name=name,
            help=text,
            cls=_Group,
            rich_markup_mode=None,
            pretty_exceptions_enable=False,
            no_args_is_help=True,
            context_settings={"help_option_names": ["-h", "--help"]},
        )

    def take(self, groups: Mapping[str, Sequence[Callable[..., None]]]) -> None:
        """Make commands of functions, in this order, by the heading below which help lists them."""
        for heading, functions in groups.items():
            for function in functions:
                text = function.__doc__ or docstring_of(function)
                self.command(function.__name__, help=text, cls=_Command)(_one_by_one(function))
                _Group.headings[function.__name__] = heading


def command(*examples: tuple[str, str]) -> Callable[[F], F]:
    """Return a decorator that notes examples of a command: each what is typed, and what it does."""

    def decorate(function: F) -> F:
        EXAMPLES[function.__name__] = examples
        return function

    return decorate


def joined(text: str) -> str:
    """Return a docstring in one line."""
    return " ".join(text.split())


def _one_by_one(function: Callable[..., None]) -> Callable[..., None]:
    """Return a function that takes each option of a group by itself."""
    groups: dict[str, Any] = {}
    parameters = []
    for one in inspect.signature(function, eval_str=True).parameters.values():
        if not is_dataclass(one.annotation):
            parameters.append(one.replace(kind=one.KEYWORD_ONLY))
            continue
        groups[one.name] = one.annotation
        types = get_type_hints(one.annotation, include_extras=True)
        parameters += [
            inspect.Parameter(field.name, one.KEYWORD_ONLY, default=field.default, annotation=types[field.name])
            for field in fields(one.annotation)
        ]

    def call(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        function(**given)

    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in parameters}
    call.__name__ = function.__name__
    return call


def docstring_of(function: Callable[..., Any]) -> str | None:
    """Return the docstring of a function from its source, which ``python -OO`` throws away; None without a source."""
    try:
        tree = ast.parse(inspect.getsource(function))
    except (OSError, SyntaxError):
        return None
    (definition,) = tree.body
    return ast.get_docstring(definition) if isinstance(definition, ast.FunctionDef) else None


DONE, FAILED, REFUSED = 0, 1, 2
"""Exit codes: done; a run (or a check) failed; bad usage or a bad scenario, nothing was written."""

app = Application("tocsin", "Simulate how a country defends itself against telecom and online fraud.")


def refuse(*lines: str) -> NoReturn:
    """End with bad usage: one line per mistake."""
    raise UsageError(*lines)


def in_its_terms(scenario: "Scenario") -> "Scenario":
    """Use the terms of a scenario until the command ends; return the scenario."""
    tell_in(scenario.spec.terms)
    return scenario


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document."""
    from sim.store.folder import to_json

    typer.echo(to_json(document), nl=False)


def tell(line: str) -> None:
    """Print a line of text."""
    typer.echo(ascii_controls(line))


def settings_of(texts: list[str] | None) -> dict[str, str]:
    """Read ``--set KEY=VALUE``; ends the command where that is something else."""
    pairs: dict[str, str] = {}
    for setting in texts or []:
        key, equals, value = setting.partition("=")
        if not equals:
            refuse(f"--set {ascii_controls(setting)}: has no value; use --set dotted.key=value")
        pairs[key] = value
    return pairs


OPTIONS = {
    "engine": "--engine",
    "scale": "--scale",
    "population.pool": "--pool",
    "population.pool.apart": "--apart",
    "seed": "--seed",
    "calibration.draws": "--draw",
    "record.events": "--events",
}
"""Options by the key that each sets."""


def as_option(mistake: "Mistake") -> str:
    """Return the line of a mistake; it names the option that was typed, ``--scale``, not the key that it sets."""
    key = mistake.key.rstrip("0123456789").rstrip(".")
    if mistake.place.layer != "argument" or key not in OPTIONS:
        return str(mistake)
    return str(replace(mistake, key=OPTIONS[key]))


def event_share(text: str | None) -> str | float | None:
    """Read ``--events``; the scenario itself checks that a share is within its bounds."""
    if text is None or text in ("none", "all"):
        return text
    try:
        return float(text)
    except ValueError:
        refuse(f"--events {ascii_controls(text)}: must be 'none', 'all' or a number from 0 to 1")


def warn_aside(line: str) -> None:
    """Print a warning on standard error."""
    typer.echo(said("warning: {line}", line=ascii_controls(line)), err=True)


@contextmanager
def keeping(note: "str | Callable[[], str]") -> "Iterator[None]":
    """Let an error that ends a ``with`` block say what was kept."""
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
    verbose: bool = False,
) -> "Run":
    """Run once, and show its progress in the bar of its job."""
    from sim.running import run
    from sim.store.provenance import process_age_s

    kept = f"nothing of this run was kept{f' in {folder}' if folder is not None else ''}"
    with keeping(kept):
        age_s = process_age_s() if timed else 0.0
        progress = None if bar is None else bar.of(scenario)
        return run(
            scenario,
            folder,
            workers=workers,
            progress=progress,
            age_s=age_s,
            verbose=verbose,
        )


@dataclass
class Runs:
    """Where the runs of an experiment are made and shown; ``place`` is the folder of finished ones."""

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
        """Remember and return the folder from which an interrupted experiment resumes."""
        self.place = folder
        return folder


def resumable(folder: Path) -> str:
    """Return the note of an interrupted command that resumes."""
    return f"finished runs are kept in {folder}; run the same command again to resume"


def varied(texts: list[str]) -> dict[str, list[Any]]:
    """Read ``--vary KEY=A,B,...``, values as in a scenario's file; ends the command where that is something else."""
    from sim.scenario.errors import Place
    from sim.scenario.reading import read_nodes

    found: dict[str, list[Any]] = {}
    start = Place("--vary", 1, 1, "argument")
    for text in texts:
        key, equals, values = text.partition("=")
        shown = ascii_controls(text)
        if not key or key in found:
            refuse(f"--vary {shown}: {'key given twice' if key else 'has no key'}; use --vary dotted.key=value,value")
        nodes = [read_nodes(value.encode(), start)[0] for value in values.split(",") if equals]
        if any(node is None or isinstance(node.value, dict | list | None) for node in nodes):
            refuse(f"--vary {shown}: must be a list of single values; use --vary dotted.key=value,value")
        found[key] = [node.value for node in nodes if node is not None]
    return found


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
        from sim.told.tables import show, warned

        if self.silent:
            for line in dict.fromkeys(lines):
                warn_aside(line)
            return
        show(console(), warned(lines))

    def answered(
        self,
        answer: "Callable[[], Answer]",
        document: "Callable[[], dict[str, Any]]",
        parts: "Callable[[], Iterable[Part]]",
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
        from sim.told.answers import experiment_screen
        from sim.told.tables import show

        with speaking(ENGLISH if self.as_json else spoken()):
            found = answer()
        if self.silent:
            self.warn(found.warnings)
        if self.as_json:
            print_json({"answer": found.document(), **document()})
        elif not self.quiet:
            show(console(), experiment_screen(found, parts(), made, full))

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
