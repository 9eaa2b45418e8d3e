"""Commands that make many runs: calibrations and comparisons."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.common import (
    DONE,
    MOST,
    Apart,
    AsJson,
    Cores,
    Draw,
    DrawsToo,
    DryRun,
    Engine,
    Events,
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
    Workers,
    app,
    bundled,
    drawn,
    experiment,
    foretell,
    given_values,
    in_its_terms,
    keeping,
    load,
    pooled,
    refuse,
    run_once,
    varied,
    warn,
)
from sim.cli.common import (
    FAILED as FAILED_RUN,
)
from sim.language.spoken import ENGLISH, speaking, spoken

if TYPE_CHECKING:
    from sim.reading.run import Run
    from sim.scenario import Scenario


PAIRS = 4
"""Replicates of a comparison that are made where their number is not given: fewer say little of chance."""


@app.command()
def calibrate(
    scenario: ScenarioName,
    scale: Scale = None,
    pool: Pool = None,
    apart: Apart = None,
    seed: Seed = None,
    settings: Settings = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where simulations and report are kept; an old one goes on.")
    ] = None,
    workers: Cores = None,
    policies: Annotated[
        list[str] | None,
        typer.Option("--policy", metavar="NAME", help="A policy that is run over the draws, too. Repeatable."),
    ] = None,
    policy_draws: Annotated[
        int | None, typer.Option(metavar="N", min=10, help="Draws that policies are run with; all, if not given.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    dry_run: DryRun = False,
) -> None:
    """Fit the calibrated parameters to the fitted figures; write them back into the scenario's file."""
    from sim.calibration.calibrate import FOLDER, REPORT_TEXT, calibrate, runs_of, unsaid
    from sim.experiments.simulations import Computing
    from sim.forecast.job import Batch, Job
    from sim.progress import console, steps
    from sim.store.folder import to_json

    found = load(scenario, settings, given_values(None, scale, pooled(pool, apart), seed))
    job = Job(
        [Batch(one, runs) for one, runs in runs_of(found, len(policies or ()), policy_draws)], workers, beside=True
    )
    foretell(job, dry_run, as_json, quiet)
    folder = out or FOLDER / found.name
    with (
        keeping(f"what was simulated is kept in {folder}, the same command goes on"),
        steps(quiet or as_json, expected=job.runs.typical) as (tell, progress),
    ):
        days = None if progress is None else progress.of
        own = _own_file(scenario)
        computing = Computing(workers=workers, progress=progress, verbose=verbose, days=days)
        done = calibrate(found, folder, own, tell, policies or (), policy_draws, **computing)
    warn(unsaid(found), as_json, quiet)
    if as_json:
        typer.echo(to_json(done.document), nl=False)
    elif not quiet:
        from sim.told.terminal import fit_table
        from sim.told.text_tables import show

        show(console(), [fit_table(done.document)])
        typer.echo(f"{done.folder / REPORT_TEXT}  {done.document['simulated']:,} runs simulated")
        typer.echo(f"{done.scenario_file}  written" if done.scenario_file else f"{scenario} is bundled: not written")
    worst = [row for row in done.document["figures"] if row["within"] is False]
    raise typer.Exit(FAILED_RUN if worst else DONE)


@app.command()
def compare(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="A B...",
            help="Scenarios or folders of finished runs; the first is the base.",
            autocompletion=bundled,
        ),
    ],
    engine: Engine = None,
    scale: Scale = None,
    pool: Pool = None,
    apart: Apart = None,
    seed: Seed = None,
    settings: Settings = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="The folder of all its runs.")] = None,
    workers: Workers = None,
    events: Events = None,
    replicates: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=MOST,
            help=f"Pairs with seeds counting up; {PAIRS} if not given, and one a draw beside --draws.",
        ),
    ] = None,
    draws: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=MOST, help="Pairs for each of the first N draws.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every quantity, not outcomes alone, and whose fate changed.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    dry_run: DryRun = False,
) -> None:
    """Compare policies on the very same attempts and people: paired differences with the first, the base."""
    from sim.experiments.paired import compare_folders, compare_scenarios, demand_comparable, prepared
    from sim.forecast.job import Job
    from sim.progress import console, job
    from sim.runs import scenario_of
    from sim.store.folder import to_json
    from sim.told.experiments import comparison_parts
    from sim.told.terminal import apart_parts
    from sim.told.text_tables import show

    values = given_values(engine, scale, pooled(pool, apart), seed, events)
    finished = [name for name in names if Path(name).is_dir()]
    given = (
        settings or dry_run or any(value is not None for value in (*values.values(), out, workers, replicates, draws))
    )
    replicates = replicates or (PAIRS if draws is None else 1)
    if len(names) < 2:
        refuse("tocsin compare: has nothing to compare with; a base and at least one other")
    if finished and (len(finished) < len(names) or given):
        refuse(f"tocsin compare: {finished[0]} is a finished run; with it finished runs alone, and no options of runs")

    # It is asked for the same ones again and again, most of them in a row.
    @lru_cache(maxsize=4 * len(names))
    def loaded(name: str, draw: int | None, replicate: int) -> "Scenario":
        own = {**values, "draw": draw}
        if replicate:
            own["seed"] = loaded(name, draw, 0).spec.seed + replicate
        return load(name, settings, own)

    def make(scenario: "Scenario", place: Path) -> "Run":
        return run_once(scenario, place, workers, bar, timed=False, verbose=verbose)

    def told(number: int) -> None:
        if bar is not None:
            bar.finished(number)

    language = ENGLISH if as_json else spoken()
    if finished:
        with speaking(language):
            document = compare_folders([Path(name) for name in names])
        in_its_terms(scenario_of(finished[0]))
    else:
        # Of what is to be run after all, each draw is looked at when its folder is made.
        demand_comparable(names, loaded, draws if dry_run else draws and 1, replicates if dry_run else 1)
        first = [loaded(name, None if draws is None else 0, 0) for name in names]
        foretell(Job.of_folders(first, replicates * (draws or 1), workers), dry_run, as_json, quiet)
        folder = prepared(names, loaded, out, draws, replicates)
        runs = len(names) * replicates * (draws or 1)
        with (
            keeping(f"what was finished is kept in {folder}, the same command goes on"),
            job(quiet or as_json, runs) as bar,
            speaking(language),
        ):
            document = compare_scenarios(names, loaded, make, folder, draws, replicates, told, verbose)
    warn(document["warnings"], as_json, quiet)
    if as_json:
        typer.echo(to_json(document), nl=False)
    elif not quiet:
        terminal = console()
        show(terminal, apart_parts(document["findings"], terminal.width))
        show(terminal, comparison_parts(document, terminal.width, every))
    if not finished and not as_json:
        typer.echo(f"{folder}  {runs} runs")


@app.command()
def attribute(
    scenario: ScenarioName,
    layers: Annotated[
        list[str] | None,
        typer.Option("--layer", metavar="NAME", help="A layer; all, if none is named. Others stay on. Repeatable."),
    ] = None,
    orders: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Orders of layers that are averaged; 0, every coalition of layers."),
    ] = None,
    gangs: Annotated[
        str | None,
        typer.Option(
            metavar="still|answering|both",
            help="Whether gangs answer what attempts yield; both, if not given and the scenario's do.",
        ),
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
    replicates: Annotated[int, typer.Option(metavar="N", min=1, max=MOST, help="Worlds with seeds counting up.")] = 1,
    draws: DrawsToo = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    dry_run: DryRun = False,
) -> None:
    """Say what each layer prevents and costs: alone, beside all others, and on average (Shapley values)."""
    from sim.experiments.attribute import attribute as attributed
    from sim.experiments.attribute import prepared, runs_of
    from sim.experiments.counts import Counts
    from sim.forecast.job import Job
    from sim.progress import console
    from sim.store.folder import to_json
    from sim.store.withheld import run_withheld
    from sim.told.experiments import attribution_tables, records
    from sim.told.text_tables import show
    from sim.warning.size import of_sizes

    found = load(scenario, settings, given_values(engine, scale, pooled(pool, apart), seed, draw=draw))
    others = drawn(
        draws,
        draw,
        lambda one: load(scenario, settings, given_values(engine, scale, pooled(pool, apart), seed, draw=one)),
    )
    number = Counts.exactly(runs_of(found, layers, orders, replicates, gangs, len(others)))
    foretell(Job.of_outcomes(found, number, workers), dry_run, as_json, quiet)
    with experiment(quiet or as_json, workers, scheduler, verbose) as (runs, _):
        folder = runs.kept_in(prepared(found, layers, orders, replicates, out, gangs, others))
        done = attributed(found, layers, orders, replicates, folder, gangs, others, **runs.computing)
    withheld = run_withheld(found.spec)
    warn(of_sizes([found.spec]), as_json, quiet)
    if as_json:
        tables = {"layers": done.layers, "overlaps": done.overlaps, "costs": done.costs}
        document = {name: records(table) for name, table in tables.items()}
        more = {"withheld": withheld, "warnings": done.layers.attrs["warnings"]}
        typer.echo(to_json({"folder": str(folder), **document, **more}), nl=False)
    elif not quiet:
        show(console(), attribution_tables(done, withheld))
        typer.echo(f"{done.folder}  {len(done.coalitions)} runs")


@app.command()
def sweep(
    scenario: ScenarioName,
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=A,B,...", help="A key and its values; KEY alone, its own range. Repeatable."),
    ] = None,
    design: Annotated[
        str | None, typer.Option(metavar="grid|sobol|lhs|box", help="How values meet; two are a range but in a grid.")
    ] = None,
    samples: Annotated[int | None, typer.Option(metavar="N", min=1, help="Points of a design that is no grid.")] = None,
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
        int, typer.Option(metavar="N", min=1, max=MOST, help="Runs of each point, seeds counting up.")
    ] = 1,
    quantity: Quantity = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    dry_run: DryRun = False,
) -> None:
    """Run a scenario at every point of a design; one table with a row a run. Interrupted, the same command goes on."""
    from sim.experiments.counts import Counts
    from sim.experiments.design import demand_quantities
    from sim.experiments.rounded import warnings_of
    from sim.experiments.simulations import FAILED
    from sim.experiments.sweep import CATALOGUE, STATUS, planned, prepared
    from sim.experiments.sweep import sweep as swept
    from sim.forecast.job import Job
    from sim.progress import console
    from sim.reading.outcomes import WAITS
    from sim.store.folder import to_json
    from sim.told.experiments import records, sweep_table
    from sim.told.text_tables import show

    found = load(scenario, settings, given_values(engine, scale, pooled(pool, apart), seed, draw=draw))
    demand_quantities(found, quantity or (), WAITS)
    asked = varied(vary) if vary else None
    chosen = planned(found, asked, design, samples)
    number = Counts.exactly(len(chosen) * replicates)
    foretell(Job.of_outcomes(found, number, workers), dry_run, as_json, quiet)
    with experiment(quiet or as_json, workers, scheduler, verbose) as (runs, _):
        folder = runs.kept_in(prepared(found, chosen, replicates, out))
        frame = swept(found, asked, design, samples, replicates, folder, **runs.computing)
    warn(warnings_of(found, {axis.key: axis.given for axis in chosen.axes}), as_json, quiet)
    if as_json:
        typer.echo(
            to_json({"folder": str(folder), "rows": records(frame), "warnings": frame.attrs["warnings"]}), nl=False
        )
    elif not quiet:
        show(console(), [sweep_table(frame, [axis.key for axis in chosen.axes], quantity or [])])
        typer.echo(f"{folder / CATALOGUE}  {len(frame)} runs")
    raise typer.Exit(FAILED_RUN if (frame[STATUS] == FAILED).any() else DONE)


def _own_file(name: str) -> Path | None:
    """Return the file of a scenario that was named by its path; what is bundled belongs to the package."""
    from sim.scenario.bundled import is_path

    return Path(name) if is_path(name) else None
