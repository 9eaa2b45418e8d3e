"""The command line: parses, calls, prints; what is computed stands elsewhere.

Nothing heavy is imported before a command needs it, so that ``tocsin --help`` answers at once.
"""

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from sim.results.run import Run
    from sim.scenario import Scenario

INTERRUPTED = 130
DONE, FAILED, REFUSED = 0, 1, 2
"""Exit codes: done; a run (or a check) failed; bad usage or a bad scenario, nothing was written."""

app = typer.Typer(
    name="tocsin",
    help="Simulate a country's shield against telecom and online fraud, attempt by attempt.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)

ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help="A bundled name or a YAML file.")]
Engine = Annotated[str | None, typer.Option(metavar="vector|reference", help="The engine that runs it.")]
Scale = Annotated[float | None, typer.Option(metavar="S", help="The share of the country: 1 is all of it.")]
Seed = Annotated[int | None, typer.Option(metavar="N", help="The seed of every draw.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one value, by its dotted key; repeatable."),
]
Draw = Annotated[
    int | None, typer.Option(metavar="K", min=0, help="The posterior draw, counted from 0, that gives its values.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


@app.command()
def run(
    scenario: ScenarioName,
    engine: Engine = None,
    scale: Scale = None,
    seed: Seed = None,
    settings: Settings = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="The folder of the run itself.")] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Threads at work; results do not depend on it.")
    ] = None,
    events: Annotated[str | None, typer.Option(metavar="none|all|FRACTION", help="Whose events are logged.")] = None,
    replicates: Annotated[
        int, typer.Option(metavar="N", min=1, help="Runs with seeds counting up, each in its own folder.")
    ] = 1,
    draw: Draw = None,
    draws: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Runs of the first N posterior draws, as replicates.")
    ] = None,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, no table.")] = False,
) -> None:
    """Run a scenario once, or N times, and show reported beside simulated figures."""
    from sim.results.folder import FolderError, default_folder, demand_free

    if draws is not None and (draw is not None or replicates > 1):
        _refuse("--draws: runs the first draws once each; neither --draw nor --replicates beside it")
    values = {"engine": engine, "scale": scale, "seed": seed, "record.events": _events(events)}
    values["draw"] = draw if draws is None else 0
    first = _load(scenario, settings, values)
    folder = out or default_folder(first.name, first.spec.seed)
    try:
        demand_free(folder)
    except FolderError as error:
        _refuse(f"--out {error}")
    kind: str | None
    others: list[dict[str, int]]
    if draws is not None:
        kind, others = "draws", [{"draw": number} for number in range(1, draws)]
    else:
        kind = "replicates" if replicates > 1 else None
        others = [{"seed": first.spec.seed + number} for number in range(1, replicates)]
    scenarios = [first, *(_load(scenario, settings, {**values, **other}) for other in others)]
    finished: list[Run] = []
    for number, chosen in enumerate(scenarios):
        place = out if kind is None else folder / f"{kind[0]}{number:03d}"
        finished.append(_run(chosen, place, workers, quiet or as_json, timed=number == 0))
    for warning in dict.fromkeys(line for run in finished for line in run.manifest["warnings"]):
        typer.echo(f"warning: {warning}", err=True)
    _show_runs(finished, kind, as_json, quiet)


@app.command()
def validate(scenario: ScenarioName, settings: Settings = None) -> None:
    """Name every mistake of a scenario at once."""
    found = _load(scenario, settings, {})
    typer.echo(f"{scenario}: no mistakes; {found.spec.title}")


@app.command()
def show(
    scenario: ScenarioName,
    engine: Engine = None,
    scale: Scale = None,
    seed: Seed = None,
    settings: Settings = None,
    draw: Draw = None,
) -> None:
    """Print the resolved scenario, one line a value: where it was given, what it rests on."""
    from sim.scenario import show_lines

    found = _load(scenario, settings, {"engine": engine, "scale": scale, "seed": seed, "draw": draw})
    for key, value, where, origin in show_lines(found):
        typer.echo(f"{key}: {value}  # {where}{f'; {origin}' if origin else ''}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from sim.results.folder import to_json
    from sim.scenario import json_schema

    typer.echo(to_json(json_schema()), nl=False)


@app.command()
def scenarios() -> None:
    """List the bundled scenarios, one line each."""
    from sim.scenario import bundled_scenarios

    rows = bundled_scenarios()
    width = max(len(name) for name, _ in rows)
    for name, title in rows:
        typer.echo(f"{name:<{width}}  {title}")


@app.command()
def runs(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Where to look.")] = None,
) -> None:
    """List runs, finished and unfinished, one line each."""
    from sim.results.folder import RUNS, find_runs
    from sim.scenario.scalars import ascii_controls

    if folder is not None and not folder.is_dir():
        _refuse(f"tocsin runs: {folder}: no such folder; a folder that holds runs")
    for found in find_runs(folder or RUNS):
        about = found.manifest
        if about is None:
            typer.echo(ascii_controls(f"{found.path}  unfinished"))
            continue
        try:
            line = (
                f"{found.path}  finished  {about['name']}  seed {about['seed']}  scale {about['scale']:g}"
                f"  {about['engine']}  {about['performance']['wall_s']:.1f} s"
            )
        except (KeyError, TypeError, ValueError):
            line = f"{found.path}  cannot be read: its run.json is not what a run writes"
        typer.echo(ascii_controls(line))


@app.command()
def figures(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")],
    quantities: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[QUANTITY]...",
            help="NAME, NAME@WINDOW or NAME_change@WINDOW/BASE; a window is START..END, YYYY-MM or YYYY.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the figures of a run again, or any quantity over any window of its period."""
    from sim.results.asked import AskedError
    from sim.results.folder import FolderError, to_json
    from sim.results.run import load_run
    from sim.results.table import asked_table
    from sim.scenario import ScenarioError

    try:
        run = load_run(folder)
        questions, mistakes = [], []
        for text in quantities or []:
            try:
                questions.append(run.asked(text))
            except AskedError as error:
                mistakes.append(f"tocsin figures: {error}")
        if mistakes:
            _refuse(*mistakes)
        rows = run.answers(questions) if quantities else run.manifest["figures"]
        if as_json:
            typer.echo(to_json({"figures": rows}), nl=False)
        elif quantities:
            from sim.progress import console

            console().print(asked_table(rows))
        else:
            _show_figures(run)
    except FolderError as error:
        _refuse(f"tocsin figures: {error}")
    except ScenarioError as error:
        _fail(f"tocsin figures: {error.mistakes[0]}")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        _fail(f"tocsin figures: {folder}: is not what a run writes ({type(error).__name__}: {error})")


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")],
) -> None:
    """Compute every figure of a run again from its Parquet files; conservation; hashes."""
    from sim.results.check import check_run
    from sim.results.folder import FolderError

    try:
        findings = check_run(folder)
        failed = total = 0
        for finding in findings:
            typer.echo(str(finding))
            total += 1
            failed += not finding.passed
    except FolderError as error:
        _refuse(f"tocsin check: {error}")
    except (AttributeError, KeyError, TypeError) as error:
        _fail(f"FAIL run.json: is not what a run writes ({type(error).__name__} at {error})")
    typer.echo(f"{total} checks, {failed} failed" if failed else f"{total} checks, all passed")
    raise typer.Exit(FAILED if failed else DONE)


@app.command()
def evidence(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")],
    as_json: AsJson = False,
) -> None:
    """Show what is known of the model's inside beside what a run gave."""
    from sim.progress import console
    from sim.results.evidence_table import evidence_table
    from sim.results.folder import FolderError, read_manifest, to_json

    try:
        rows = read_manifest(folder)["evidence"]
    except FolderError as error:
        _refuse(f"tocsin evidence: {error}")
    except KeyError:
        _refuse(f"tocsin evidence: {folder}: was made before runs held evidence; a run of this version")
    if as_json:
        typer.echo(to_json({"evidence": rows}), nl=False)
    elif rows:
        out = console()
        out.print(evidence_table(rows, out.width))
    else:
        typer.echo(f"{folder}: its scenario lists no evidence")


@app.command()
def calibrate(
    scenario: ScenarioName,
    scale: Scale = None,
    seed: Seed = None,
    settings: Settings = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where simulations and report are kept; an old one goes on.")
    ] = None,
    workers: Annotated[int | None, typer.Option(metavar="N", min=1, help="Cores at work.")] = None,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, no table.")] = False,
) -> None:
    """Fit the calibrated parameters to the fitted figures; write them back into the scenario's file."""
    from sim.calibration.calibrate import FOLDER, REPORT_TEXT, calibrate
    from sim.calibration.fit import FitError
    from sim.engines.conservation import ConservationError
    from sim.progress import console, steps
    from sim.results.folder import to_json

    found = _load(scenario, settings, {"scale": scale, "seed": seed})
    folder = out or FOLDER / found.name
    try:
        with steps(quiet or as_json) as (tell, progress):
            done = calibrate(found, folder, workers, _own_file(scenario), tell, progress)
    except FitError as error:
        _refuse(f"tocsin calibrate: {error}; figures with role: fitted, parameters with origin: calibrated and a range")
    except KeyboardInterrupt:
        _fail(f"tocsin calibrate: interrupted; what was simulated is kept in {folder}, the same command goes on")
    except (ConservationError, OSError, MemoryError, OverflowError) as error:
        _fail(f"tocsin calibrate: failed: {error or type(error).__name__}; what was simulated is kept in {folder}")
    if as_json:
        typer.echo(to_json(done.document), nl=False)
    elif not quiet:
        from sim.results.table import fit_table

        console().print(fit_table(done.document))
        typer.echo(f"{done.folder / REPORT_TEXT}  {done.document['simulated']:,} runs simulated")
        typer.echo(f"{done.scenario_file}  written" if done.scenario_file else f"{scenario} is bundled: not written")
    worst = [row for row in done.document["figures"] if row["within"] is False]
    raise typer.Exit(FAILED if worst else DONE)


def _own_file(name: str) -> Path | None:
    """Give the file of a scenario that was named by its path; what is bundled belongs to the package."""
    from sim.scenario.bundled import is_path

    return Path(name) if is_path(name) else None


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    # click's error for bad usage; recent typer carries click within itself.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    usage_error = typer.BadParameter.__mro__[1]
    try:
        code = typer.main.get_command(app).main(sys.argv[1:] or ["--help"], prog_name="tocsin", standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("tocsin: interrupted", err=True)
        code = FAILED
    except OSError as error:
        # Standard output that is closed or full, a current folder that is gone.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        typer.echo(f"tocsin: {error}; what was finished before is kept", err=True)
        code = FAILED
    except Exception as error:
        if not isinstance(error, usage_error):
            raise
        _print_usage_error(error)
        code = REFUSED
    # click's own code for an interrupt is none of ours.
    sys.exit(FAILED if code == INTERRUPTED else code or DONE)


def _print_usage_error(error: Any) -> None:
    command = error.ctx.command_path if error.ctx is not None else "tocsin"
    message = " ".join(error.format_message().split())
    typer.echo(f"{command}: {message.rstrip('.')}; see {command} --help", err=True)


def _refuse(*lines: str) -> NoReturn:
    """End with bad usage or a bad scenario: one line a mistake."""
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(REFUSED)


def _load(name: str, settings: list[str] | None, values: dict[str, Any]) -> "Scenario":
    """Load a scenario with the values given on the command line; ends the program with every mistake."""
    from sim.scenario import ScenarioError, load_scenario

    pairs: dict[str, str] = {}
    for setting in settings or []:
        key, equals, value = setting.partition("=")
        if not equals:
            _refuse(f"--set {setting}: has no value; --set dotted.key=value")
        pairs[key] = value
    given = {key: value for key, value in values.items() if value is not None}
    try:
        return load_scenario(name, pairs, **given)
    except ScenarioError as error:
        _refuse(*(_as_typed(str(mistake)) for mistake in error.mistakes))


def _as_typed(line: str) -> str:
    """Blame the option that was typed, ``--scale``, instead of the argument that it becomes, ``scale=``."""
    for key in ("engine", "scale", "seed", "draw", "record.events"):
        if line.startswith(f"{key}=:"):
            return line.replace(f"{key}=:", f"--{key.rpartition('.')[2]}:", 1)
    return line


def _events(text: str | None) -> str | float | None:
    """Read ``--events``; a share that is out of range is left to the scenario's own check."""
    if text is None or text in ("none", "all"):
        return text
    try:
        return float(text)
    except ValueError:
        _refuse(f"--events {text}: is none of them; none, all or a fraction between 0 and 1")


def _run(scenario: "Scenario", folder: Path | None, workers: int | None, silent: bool, timed: bool) -> "Run":
    """Run once behind a progress bar; ends the program with exit code 1 where that fails."""
    from sim.engines.conservation import ConservationError
    from sim.progress import bar
    from sim.results.folder import FolderError
    from sim.results.provenance import process_age_s
    from sim.running import run

    try:
        with bar(scenario, silent) as progress:
            age_s = process_age_s() if timed else 0.0
            finished = run(scenario, folder, workers=workers, progress=progress, age_s=age_s)
    except (ConservationError, FolderError, OSError, MemoryError, OverflowError) as error:
        _fail(f"tocsin run: failed: {error or type(error).__name__}; nothing of this run was kept")
    except KeyboardInterrupt:
        place = f" for {folder}" if folder is not None else ""
        _fail(f"tocsin run: interrupted; nothing of this run was kept{place}")
    return finished


def _fail(line: str) -> NoReturn:
    typer.echo(line, err=True)
    raise typer.Exit(FAILED)


def _show_figures(run: "Run") -> None:
    """Print the table of a run's figures; its totals where no figure is about its period."""
    from sim.progress import console
    from sim.results.table import figure_table, totals_table

    out, figures = console(), run.manifest["figures"]
    if figures:
        out.print(figure_table(figures, out.width))
    if all(figure["simulated"] is None for figure in figures):
        out.print(totals_table(run.manifest["totals"]))


def _show_runs(runs: "list[Run]", kind: str | None, as_json: bool, quiet: bool) -> None:
    """Print what was run: JSON, or the table of figures and where the runs lie.

    ``kind`` is what several runs are, ``replicates`` or ``draws``; None for a single run.
    """
    from sim.results.folder import RUN_JSON, to_json
    from sim.results.table import mean_figure, mean_table

    figures = [run.manifest["figures"] for run in runs]
    if as_json:
        if kind is None:
            typer.echo((runs[0].path / RUN_JSON).read_text(encoding="utf-8"), nl=False)
        else:
            means = [mean_figure(rows, kind) for rows in zip(*figures, strict=True)]
            typer.echo(to_json({"figures": means, kind: [run.manifest for run in runs]}), nl=False)
        return
    if quiet:
        return
    from sim.progress import console

    out = console()
    if kind is None:
        _show_figures(runs[0])
    elif figures[0]:
        out.print(mean_table(figures, out.width, draws=kind == "draws"))
    for run in runs:
        speed = run.manifest["performance"]
        typer.echo(f"{run.path}  {speed['wall_s']:.1f} s  {speed['attempts_per_s']:,.0f} attempts/s")
