"""Commands about runs: making them, listing them, asking and checking them."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.common import (
    DONE,
    FAILED,
    AsJson,
    Draw,
    Engine,
    Events,
    Quiet,
    Scale,
    ScenarioName,
    Seed,
    Settings,
    Workers,
    app,
    event_share,
    fail,
    load,
    refuse,
    run_once,
)

if TYPE_CHECKING:
    from sim.results.folder import Listed
    from sim.results.run import Run


@app.command()
def run(
    scenario: ScenarioName,
    engine: Engine = None,
    scale: Scale = None,
    seed: Seed = None,
    settings: Settings = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="The folder of the run itself.")] = None,
    workers: Workers = None,
    events: Events = None,
    replicates: Annotated[
        int, typer.Option(metavar="N", min=1, help="Runs with seeds counting up, each in its own folder.")
    ] = 1,
    draw: Draw = None,
    draws: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Runs of the first N posterior draws, as replicates.")
    ] = None,
    checkpoint: Annotated[
        bool,
        typer.Option(
            "--checkpoint",
            help="Keep the state at midnights between months in results/checkpoints, and go on from the latest that "
            "fits: of this run if it was killed, or of one that was the same up to then.",
        ),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run a scenario once, or N times, and show reported beside simulated figures."""
    from sim.results.folder import FolderError, default_folder, demand_free

    if draws is not None and (draw is not None or replicates > 1):
        refuse("--draws: runs the first draws once each; neither --draw nor --replicates beside it")
    values = {"engine": engine, "scale": scale, "seed": seed, "record.events": event_share(events)}
    values["draw"] = draw if draws is None else 0
    first = load(scenario, settings, values)
    if checkpoint and first.spec.engine == "reference":
        refuse("--checkpoint: the engine 'reference' keeps no checkpoints; --engine vector")
    folder = out or default_folder(first.name, first.spec.seed)
    try:
        demand_free(folder)
    except FolderError as error:
        refuse(f"--out {error}")
    kind: str | None
    others: list[dict[str, int]]
    if draws is not None:
        kind, others = "draws", [{"draw": number} for number in range(1, draws)]
    else:
        kind = "replicates" if replicates > 1 else None
        others = [{"seed": first.spec.seed + number} for number in range(1, replicates)]
    scenarios = [first, *(load(scenario, settings, {**values, **other}) for other in others)]
    finished: list[Run] = []
    for number, chosen in enumerate(scenarios):
        place = out if kind is None else folder / f"{kind[0]}{number:03d}"
        finished.append(run_once(chosen, place, workers, quiet or as_json, timed=number == 0, checkpoint=checkpoint))
    for warning in dict.fromkeys(line for run in finished for line in run.manifest["warnings"]):
        typer.echo(f"warning: {warning}", err=True)
    _show_runs(finished, kind, as_json, quiet)


@app.command()
def runs(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Where to look.")] = None,
    as_json: AsJson = False,
) -> None:
    """List runs, finished and unfinished, one line each."""
    from sim.results.folder import RUNS, find_runs, to_json
    from sim.scenario.errors import ascii_controls

    if folder is not None and not folder.is_dir():
        refuse(f"tocsin runs: {folder}: no such folder; a folder that holds runs")
    rows = [_listed(found) for found in find_runs(folder or RUNS)]
    if as_json:
        typer.echo(to_json({"runs": rows}), nl=False)
        return
    for row in rows:
        line = f"{row['path']}  {row['status']}"
        if row["status"] == "finished":
            line += (
                f"  {row['name']}  seed {row['seed']}  scale {row['scale']:g}  {row['engine']}  {row['wall_s']:.1f} s"
            )
        elif row["status"] == "unreadable":
            line = f"{row['path']}  cannot be read: its run.json is not what a run writes"
        typer.echo(ascii_controls(line))


def _listed(found: "Listed") -> dict[str, Any]:
    """Return what the list of runs says of one: its path, its status and, if it is finished, what it is."""
    path, about = str(found.path), found.manifest
    if about is None:
        return {"path": path, "status": "unfinished"}
    try:
        return {
            "path": path,
            "status": "finished",
            "name": str(about["name"]),
            "seed": int(about["seed"]),
            "scale": float(about["scale"]),
            "engine": str(about["engine"]),
            "wall_s": float(about["performance"]["wall_s"]),
        }
    except (KeyError, TypeError, ValueError):
        return {"path": path, "status": "unreadable"}


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
    from sim.results.run import Run
    from sim.results.terminal import asked_table
    from sim.scenario import ScenarioError

    try:
        run = Run(folder)
        questions, mistakes = [], []
        for text in quantities or []:
            try:
                questions.append(run.asked(text))
            except AskedError as error:
                mistakes.append(f"tocsin figures: {error}")
        if mistakes:
            refuse(*mistakes)
        rows = run.answers(questions) if quantities else run.manifest["figures"]
        if as_json:
            typer.echo(to_json({"figures": rows}), nl=False)
        elif quantities:
            from sim.progress import console

            console().print(asked_table(rows))
        else:
            show_figures(run)
    except FolderError as error:
        refuse(f"tocsin figures: {error}")
    except ScenarioError as error:
        fail(f"tocsin figures: {error.mistakes[0]}")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        fail(f"tocsin figures: {folder}: is not what a run writes ({type(error).__name__}: {error})")


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")],
    as_json: AsJson = False,
) -> None:
    """Compute every figure of a run again from its Parquet files; conservation; hashes."""
    from sim.results.check import check_run
    from sim.results.folder import FolderError, to_json

    checks = []
    try:
        for finding in check_run(folder):
            if not as_json:
                typer.echo(str(finding))
            checks.append(asdict(finding))
    except FolderError as error:
        refuse(f"tocsin check: {error}")
    except (AttributeError, KeyError, TypeError) as error:
        fail(f"FAIL run.json: is not what a run writes ({type(error).__name__} at {error})")
    failed = sum(not one["passed"] for one in checks)
    if as_json:
        typer.echo(to_json({"passed": not failed, "checks": checks}), nl=False)
    else:
        typer.echo(f"{len(checks)} checks, {failed} failed" if failed else f"{len(checks)} checks, all passed")
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
        refuse(f"tocsin evidence: {error}")
    except KeyError:
        refuse(f"tocsin evidence: {folder}: was made before runs held evidence; a run of this version")
    if as_json:
        typer.echo(to_json({"evidence": rows}), nl=False)
    elif rows:
        out = console()
        out.print(evidence_table(rows, out.width))
    else:
        typer.echo(f"{folder}: its scenario lists no evidence")


def show_figures(run: "Run") -> None:
    """Print the table of a run's figures; its totals where no figure is about its period."""
    from sim.progress import console
    from sim.results.terminal import figure_table, totals_table

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
    from sim.results.terminal import mean_figure, mean_table

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
        show_figures(runs[0])
    elif figures[0]:
        out.print(mean_table(figures, out.width, draws=kind == "draws"))
    for run in runs:
        speed = run.manifest["performance"]
        typer.echo(f"{run.path}  {speed['wall_s']:.1f} s  {speed['attempts_per_s']:,.0f} attempts/s")
