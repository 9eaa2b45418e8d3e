"""The command that finds the staff that a promise needs."""

from typing import Annotated

import typer

from sim.cli.common import (
    MOST,
    Apart,
    AsJson,
    Cores,
    Draw,
    DrawsToo,
    DryRun,
    Engine,
    ExperimentFolder,
    Pool,
    Quiet,
    Scale,
    ScenarioName,
    Scheduler,
    Seed,
    Settings,
    Verbose,
    app,
    drawn,
    experiment,
    foretell,
    given_values,
    load,
    pooled,
    warn,
)
from sim.language.spoken import ENGLISH, speaking


@app.command()
def staffing(
    scenario: ScenarioName,
    desk: Annotated[str, typer.Option(metavar="visit|call", help="The desk whose staff is looked for.")] = "visit",
    tier: Annotated[
        str, typer.Option(metavar="red|orange|yellow|blue", help="The tier whose alerts the promise is about.")
    ] = "red",
    share: Annotated[float, typer.Option(metavar="S", help="The share of them that is to be reached.")] = 0.95,
    within: Annotated[
        str | None, typer.Option(metavar="TIME", help="Their deadline, such as '2 h'; the tier's own, if not given.")
    ] = None,
    relative: Annotated[
        bool, typer.Option("--relative", help="The share is one of what staff without limit would reach.")
    ] = False,
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
    replicates: Annotated[
        int, typer.Option(metavar="N", min=1, max=MOST, help="Seeds, counting up, that count together.")
    ] = 1,
    draws: DrawsToo = None,
    by_half_hour: Annotated[
        bool, typer.Option("--by-half-hour", help="Staff each half hour of the day by itself: new shifts.")
    ] = False,
    trims: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=0, max=MOST, help="With --by-half-hour: trials that take single seats out [default: 48]."
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    dry_run: DryRun = False,
) -> None:
    """Find the smallest staff, province by province, that keeps a promise; and what more or less of it would cost."""
    from sim.experiments.promise import PromiseError, Terms
    from sim.experiments.staffing import FACTORS, STAFFED_YAML, TRIMS, Extent, Search, prepared, runs_of, staffing_over
    from sim.experiments.staffing import staffing as searched
    from sim.forecast.job import Job
    from sim.progress import console
    from sim.store.folder import to_json
    from sim.told.experiments import drawn_staff_table, records, staffing_tables
    from sim.told.text_tables import show

    found = load(scenario, settings, given_values(engine, scale, pooled(pool, apart), seed, draw=draw))
    if trims is not None and not by_half_hour:
        raise PromiseError("--trims take seats out of half hours; with --by-half-hour")
    extent = Extent(replicates, (TRIMS if trims is None else trims) if by_half_hour else None)
    terms = Terms(desk, tier, share, within, relative)
    others = drawn(
        draws,
        draw,
        lambda one: load(scenario, settings, given_values(engine, scale, pooled(pool, apart), seed, draw=one)),
    )
    number = runs_of(found, terms, FACTORS, extent).times(1 + len(others))
    foretell(Job.of_outcomes(found, number, workers), dry_run, as_json, quiet)
    with experiment(quiet or as_json, workers, scheduler, verbose, number.typical) as (runs, tell):
        folder = runs.kept_in(prepared(found, terms, FACTORS, extent, out))
        given = (desk, tier, share, within, relative, FACTORS)
        search = Search(replicates=replicates, folder=folder, trims=extent.trims, tell=tell, **runs.computing)
        done = searched(found, *given, **search)
        over_draws = records(staffing_over(others, done, *given, **search)) if others else None
    warn(done.warnings, as_json, quiet)
    if as_json:
        with speaking(ENGLISH):
            document = {"provinces": records(done.frame), "curve": records(done.curve), "warnings": done.warnings}
        if by_half_hour:
            document |= {"half_hours": records(done.half_hours), "savings": records(done.savings)}
        if over_draws is not None:
            document |= {"draws": over_draws}
        typer.echo(to_json({"folder": str(folder), **document}), nl=False)
    elif not quiet:
        show(console(), staffing_tables(done))
        if over_draws is not None:
            show(console(), drawn_staff_table(over_draws, len(others)))
        own = ", or its own where none keeps the promise" if done.frame["staff"].isna().any() else ""
        typer.echo(f"{folder / STAFFED_YAML}  the scenario with this staff{own}, to run and to compare")
