"""The command that makes a page with sliders of a sweep."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.common import (
    DONE,
    FAILED,
    MOST,
    Apart,
    AsJson,
    Cores,
    Draw,
    DryRun,
    Engine,
    Pool,
    Quiet,
    Scale,
    Scheduler,
    Seed,
    Settings,
    Verbose,
    app,
    bundled,
    experiment,
    foretell,
    given_values,
    keeping,
    load,
    pooled,
    refuse,
    varied,
    warn,
)
from sim.language.spoken import ENGLISH, speaking


@app.command()
def explore(
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO",
            help="A bundled name or a YAML file; or the folder of a finished sweep, and nothing is simulated.",
            autocompletion=bundled,
        ),
    ],
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=LOW,HIGH", help="A lever and its ends; KEY alone, its own range. Repeatable."),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Settings that are simulated; 12, 24, 40, 60 for one to four levers."),
    ] = None,
    replicates: Annotated[
        int, typer.Option(metavar="N", min=1, max=MOST, help="Runs of each setting, seeds counting up.")
    ] = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The page; explore.html in the folder of the sweep.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder of the sweep; an unfinished one goes on.")
    ] = None,
    engine: Engine = None,
    scale: Scale = None,
    pool: Pool = None,
    apart: Apart = None,
    seed: Seed = None,
    settings: Settings = None,
    draw: Draw = None,
    workers: Cores = None,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    dry_run: DryRun = False,
) -> None:
    """Make one offline page with sliders: what if levers were elsewhere, interpolated between simulated settings."""
    from sim.experiments.counts import Counts
    from sim.experiments.design import BOX
    from sim.experiments.explored import planned_box, warned
    from sim.experiments.simulations import FAILED as FAILED_RUN
    from sim.experiments.sweep import STATUS, prepared, sweep
    from sim.forecast.job import Job
    from sim.report.explore.page import written
    from sim.store.folder import demand_file, to_json

    code = DONE
    values = given_values(engine, scale, pooled(pool, apart), seed, draw=draw)
    if out is not None:
        demand_file(out)
    if Path(scenario).is_dir():
        given = any((vary, settings, samples, replicates > 1, folder, workers, scheduler, dry_run))
        if given or any(value is not None for value in values.values()):
            refuse(f"tocsin explore: {scenario} is the folder of a sweep; with it --out alone, and no options of runs")
        place = Path(scenario)
    else:
        found = load(scenario, settings, values)
        asked = varied(vary) if vary else None
        plan = planned_box(found, asked, samples)
        foretell(Job.of_outcomes(found, Counts.exactly(len(plan) * replicates), workers), dry_run, as_json, quiet)
        with experiment(quiet or as_json, workers, scheduler, verbose) as (runs, _):
            place = runs.kept_in(prepared(found, plan, replicates, folder))
            frame = sweep(found, asked, BOX, samples, replicates, place, **runs.computing)
        code = FAILED if (frame[STATUS] == FAILED_RUN).any() else DONE
    with keeping(f"what was simulated is kept in {place}"):
        page = written(place, out)
    warn(warned(place), as_json, quiet)
    if as_json:
        with speaking(ENGLISH):
            document = {"folder": str(place), "page": str(page), "warnings": warned(place)}
        typer.echo(to_json(document), nl=False)
    elif not quiet:
        typer.echo(f"{page}  {page.stat().st_size / 1e6:.1f} MB, of the runs in {place}")
    raise typer.Exit(code)
