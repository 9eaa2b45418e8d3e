"""What commands share: options that several take, in groups; printing; exit codes.

A parameter whose type is a dataclass of options becomes one option a field (``one_by_one``); what such a group can do
with its options is its methods.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, cast, get_type_hints

import typer

from sim.base.failures import UsageError
from sim.language import ENGLISH, counted, said, speaking, spoken, tell_in
from sim.scenario.errors import ascii_controls

FLAGSHIP = "china-2022"
"""The scenario that commands and questions are about where they name none."""

if TYPE_CHECKING:
    from sim.experiments.parameters import Counts
    from sim.experiments.simulations import Computing
    from sim.scenario import Scenario
    from sim.scenario.errors import Mistake
    from sim.scenario.load import Options
    from sim.told.answers import Answer
    from sim.told.tables import Part


def one_by_one(function: Callable[..., None]) -> Callable[..., None]:
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


def option(value: str, text: str, *flags: str, **more: Any) -> Any:
    """Declare an option: what stands for its value in help ("" for a switch), its help, its flags if not its name."""
    return typer.Option(*flags, metavar=value or None, help=text, **more)


def argument(value: str, text: str, **more: Any) -> Any:
    """Declare an argument: what stands for it in help, and its help."""
    return typer.Argument(metavar=value, help=text, **more)


DONE, FAILED, REFUSED = 0, 1, 2
"""Exit codes: done; a run (or a check) failed; bad usage or a bad scenario, nothing was written."""


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


def tell(line: str, aside: bool = False) -> None:
    """Print a line of text; ``aside`` on standard error."""
    typer.echo(ascii_controls(line), err=aside)


def warn_aside(line: str) -> None:
    """Print a warning on standard error."""
    tell(said("warning: {line}", line=line), aside=True)


def print_parts(parts: "Iterable[Part]") -> None:
    """Print tables and paragraphs."""
    from sim.progress import console
    from sim.told.tables import show

    show(console(), parts)


def number_of_runs(count: int) -> str:
    """Return a number of runs in words."""
    return counted("{count:,} run", "{count:,} runs", count=count)


def english_for(as_json: bool) -> Any:
    """Speak English in a ``with`` block where JSON is printed."""
    return speaking(ENGLISH if as_json else spoken())


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


@contextmanager
def keeping(note: "str | Callable[[], str]") -> Iterator[None]:
    """Let an error that ends a ``with`` block say what was kept."""
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        error.add_note(note if isinstance(note, str) else note())
        raise


def resumable(folder: Path) -> str:
    """Return the note of an interrupted command that resumes."""
    return f"finished runs are kept in {folder}; run the same command again to resume"


def bundled() -> list[str]:
    """Return the bundled names, for the shell to complete; where none fits, it offers files."""
    from sim.scenario.reading import bundled_names

    return bundled_names()


def scenario_argument(value: str, text: str) -> Any:
    """Declare an argument for which the shell offers bundled names."""
    return argument(value, text, autocompletion=bundled)


def _verbose(context: typer.Context, value: bool) -> bool:
    """Return whether ``--verbose`` was given, after the command or before it."""
    return value or bool(context.find_root().params.get("verbose"))


MOST = 10_000
"""The most replicates or draws of a command; each is a run in its own folder."""

ScenarioName = Annotated[str, scenario_argument("SCENARIO", "A bundled name or a YAML file.")]
RunFolder = Annotated[Path, argument("RUN", "Folder of a finished run.")]
OutputFolder = Annotated[Path | None, option("DIR", "Output folder. Run the same command again to resume.", "--out")]
Engine = Annotated[str | None, option("vector|reference", "Engine that simulates; both give the same results.")]
Scale = Annotated[float | None, option("S", "Sampled share of the population (1 = everyone).")]
Pool = Annotated[
    str | None, option("none|country|regions", "Pool provinces, so that small samples keep realistic queues.")
]
Apart = Annotated[
    list[str] | None, option("NAME|CODE", "With --pool country: keep this province separate. Repeatable.")
]
Seed = Annotated[int | None, option("N", "Seed of all random draws.")]
Settings = Annotated[list[str] | None, option("KEY=VALUE", "Change one value by its dotted key. Repeatable.", "--set")]
Draw = Annotated[int | None, option("K", "Use the values of posterior draw K, counted from 0.", min=0)]
Draws = Annotated[int | None, option("N", "Run the first N posterior draws.", min=1, max=MOST)]
DrawsToo = Annotated[
    int | None, option("N", "Also run the first N posterior draws, for parameter uncertainty.", min=2, max=MOST)
]
Replicates = Annotated[int, option("N", "Number of replicates, each with its own seed.", min=1, max=MOST)]
Threads = Annotated[int | None, option("N", "Number of threads; they do not change results.", "--workers", min=1)]
Cores = Annotated[int | None, option("N", "Number of cores.", "--workers", min=1)]
Scheduler = Annotated[str | None, option("ADDRESS", "Simulate on a Dask cluster: the address of its scheduler.")]
Quantity = Annotated[list[str] | None, option("NAME", "Total or figure to show, such as victims. Repeatable.")]
Events = Annotated[str | None, option("none|all|FRACTION", "Which attempts to log event by event.")]
AsJson = Annotated[bool, option("", "Print JSON only.", "--json")]
Full = Annotated[bool, option("", "Show every table, not only one screen.", "--full")]
Quiet = Annotated[bool, option("", "Print no progress and no tables.", "--quiet")]
Verbose = Annotated[
    bool, option("", "Print the log as it grows and, on failure, where in the program.", "--verbose", callback=_verbose)
]
DryRun = Annotated[bool, option("", "Estimate runs, time, memory and disk, then stop.", "--dry-run")]


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
        given: Any = {one.name: getattr(self, one.name) for one in fields(self)}
        given |= {"pool": self._pooled(given.pop("apart")), "set": _pairs(given.pop("settings") or [])}
        return cast("Options", given)

    @property
    def given(self) -> bool:
        """Whether any option of the group is given."""
        return any(value not in (None, {}) for value in self.options.values())

    def _pooled(self, apart: list[str] | None) -> Any:
        """Return what ``--pool`` and ``--apart`` say of a scenario's pool; refused where they cannot be together."""
        if not apart:
            return self.pool
        if self.pool != "country":
            other = "without --pool" if self.pool is None else f"with --pool {ascii_controls(self.pool)}"
            refuse(f"--apart: cannot be used {other}; use --pool country")
        return {"apart": apart}

    def load(self, name: str, **values: Any) -> "Scenario":
        """Load a scenario with these changes and further values, and use its terms; ends with every mistake."""
        from sim.scenario import load_scenario

        options: dict[str, Any] = {**self.options, **values}
        settings = options.pop("set")
        given = {key: value for key, value in options.items() if value is not None}
        return in_its_terms(load_scenario(name, settings, **given))


def _pairs(texts: list[str]) -> dict[str, str]:
    """Read ``--set KEY=VALUE``; ends the command where that is something else."""
    for text in texts:
        if "=" not in text:
            refuse(f"--set {ascii_controls(text)}: has no value; use --set dotted.key=value")
    return dict(text.split("=", 1) for text in texts)


@dataclass(frozen=True, kw_only=True)
class Model(Changes):
    """What the command line changes of a scenario, and the engine."""

    engine: Engine = None


@dataclass(frozen=True, kw_only=True)
class DrawnModel(Model):
    """What the command line changes of a scenario, the engine, and the posterior draw."""

    draw: Draw = None

    def over_draws(self, name: str, draws: int | None) -> "list[Scenario]":
        """Load a scenario with the values of each of the first posterior draws; none without ``draws``."""
        if draws is not None and self.draw is not None:
            refuse("--draws: cannot be combined with --draw; use one of them")
        return [self.load(name, draw=number) for number in range(draws or 0)]


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

    def forecast(
        self,
        batches: "Iterable[tuple[Scenario, Counts | int]]",
        workers: int | None,
        parallel: bool = True,
        kept: bool = False,
    ) -> None:
        """Estimate what a job will take: print it and end with ``--dry-run``; else print a line if the job is long."""
        from sim.forecast import TOLD_FROM_S, Forecast, Job

        estimate = Forecast.of(Job.of(batches, workers, parallel, kept))
        if not self.dry_run:
            if not self.quiet and estimate.high_s >= TOLD_FROM_S:
                tell(estimate.line, aside=True)
            return
        if self.as_json:
            print_json({"dry_run": estimate.document})
        else:
            typer.echo("\n".join(estimate.lines()))
        raise typer.Exit(DONE)

    def warn(self, lines: Iterable[str]) -> None:
        """Print warnings above an answer; on standard error if the answer is JSON, which has them, or not printed."""
        from sim.told.tables import warned

        if not self.silent:
            print_parts(warned(lines))
            return
        for line in dict.fromkeys(lines):
            warn_aside(line)

    def shown(self, document: Callable[[], dict[str, Any]]) -> bool:
        """Return whether tables are shown; print the document if JSON is wanted instead."""
        if self.as_json:
            print_json(document())
        return not self.silent


@dataclass(frozen=True, kw_only=True)
class Screen(Output):
    """What a command with an answer prints: one screen, or every table."""

    full: Full = False

    def answered(
        self,
        answer: "Callable[[], Answer]",
        document: Callable[[], dict[str, Any]],
        parts: "Callable[[], Iterable[Part]]",
        made: str,
    ) -> None:
        """Print the answer of an experiment: one screen, every table with ``--full``, or a JSON document.

        Args:
            answer: Makes the answer.
            document: Makes the document, to which the answer is added.
            parts: Makes the tables, and paragraphs between them.
            made: A line that says where the runs lie.
        """
        from sim.told.answers import experiment_screen

        with english_for(self.as_json):
            found = answer()
        if self.silent:
            self.warn(found.warnings)
        if self.shown(lambda: {"answer": found.document(), **document()}):
            print_parts(experiment_screen(found, parts(), made, self.full))


@dataclass(frozen=True, kw_only=True)
class Making:
    """Where the runs of an experiment are made."""

    workers: Cores = None
    scheduler: Scheduler = None

    @contextmanager
    def experiment(self, output: Output, expected: int = 0) -> "Iterator[tuple[Computing, Callable[[str], None]]]":
        """Make many runs behind a progress bar, on this machine or a cluster.

        Args:
            output: What is printed.
            expected: How many runs there will be at least, where experiments request them in several steps.

        Yields:
            Who makes the runs, as experiments take it, and a function that prints a line.
        """
        from sim.experiments.simulations import cluster
        from sim.progress import progress_bar

        kept: list[Path] = []
        computing: Computing = {"workers": self.workers, "verbose": output.verbose, "begun": kept.append}
        with ExitStack() as stack:
            stack.enter_context(keeping(lambda: resumable(kept[0]) if kept else "nothing was kept"))
            if self.scheduler is not None:
                computing["executor"], fitting = stack.enter_context(cluster(self.scheduler))
                computing["workers"] = self.workers or fitting
            note, progress = stack.enter_context(progress_bar(output.silent, expected=expected))
            yield {**computing, "progress": progress, "days": progress.of}, note
