"""The command that says which parameters matter."""

from typing import Annotated

import typer

from sim.cli.common import (
    DONE,
    FAILED,
    Apart,
    AsJson,
    Cores,
    Draw,
    DryRun,
    Engine,
    ExperimentFolder,
    Pool,
    Quantity,
    Quiet,
    Scale,
    ScenarioName,
    Scheduler,
    Seed,
    Settings,
    Verbose,
    app,
    experiment,
    foretell,
    given_values,
    load,
    pooled,
    warn,
)


@app.command()
def sensitivity(
    scenario: ScenarioName,
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="A number with a range, or a pattern such as 'warning.*'. Repeatable."),
    ] = None,
    method: Annotated[
        str, typer.Option(metavar="morris|sobol", help="Changes across ranges, or shares of variance.")
    ] = "morris",
    samples: Annotated[
        int | None,
        typer.Option(metavar="N", help="Trajectories of D + 1 runs; for sobol a power of two, times D + 2 runs."),
    ] = None,
    engine: Engine = None,
    scale: Scale = None,
    pool: Pool = None,
    apart: Apart = None,
    seed: Seed = None,
    settings: Settings = None,
    draw: Draw = None,
    out: ExperimentFolder = None,
    workers: Cores = None,
    scheduler: Scheduler = None,
    quantity: Quantity = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    dry_run: DryRun = False,
) -> None:
    """Say which parameters matter when all move over their ranges. Interrupted, the same command goes on."""
    from sim.experiments.counts import Counts
    from sim.experiments.indices import BLOCKS
    from sim.experiments.rounded import warnings_of
    from sim.experiments.sensitivity import INDICES, QUANTITIES, planned, prepared
    from sim.experiments.sensitivity import sensitivity as computed
    from sim.forecast.job import Job
    from sim.progress import console
    from sim.store.folder import to_json
    from sim.told.experiments import records
    from sim.told.sensitivity import dropped, idle, sensitivity_tables
    from sim.told.text_tables import show

    found = load(scenario, settings, given_values(engine, scale, pooled(pool, apart), seed, draw=draw))
    asked = quantity or QUANTITIES
    chosen = planned(found, vary, method, samples, asked)
    foretell(Job.of_outcomes(found, Counts.exactly(len(chosen)), workers), dry_run, as_json, quiet)
    with experiment(quiet or as_json, workers, scheduler, verbose) as (runs, tell):
        folder = prepared(found, chosen, out)
        runs.kept_in(folder)
        tell(
            f"{len(chosen.parameters)} parameters in {chosen.samples} {BLOCKS[method]} of {chosen.block} runs: "
            f"{len(chosen):,} runs, kept in {folder}"
        )
        frame = computed(found, vary, method, samples, asked, folder, **runs.computing)
    warn(warnings_of(found, {one.key: one.ends for one in chosen.parameters}), as_json, quiet)
    rows, about = records(frame), {str(key): value for key, value in frame.attrs.items()}
    if as_json:
        typer.echo(to_json({"folder": str(folder), **about, "rows": rows}), nl=False)
    elif not quiet:
        if about["idle"]:
            typer.echo(idle(about))
        show(console(), sensitivity_tables(method, rows))
        if about["idle"]:
            typer.echo(idle(about))
        if about["dropped"]:
            typer.echo(dropped(about))
        typer.echo(f"{folder / INDICES}  {about['runs']:,} runs")
    raise typer.Exit(FAILED if about["dropped"] else DONE)
