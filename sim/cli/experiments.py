"""Commands that make many runs: calibrations, comparisons, attributions and sweeps."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.application import command
from sim.cli.common import (
    DONE,
    event_share,
    in_its_terms,
    keeping,
    refuse,
    resumable,
    run_once,
    tell,
    varied,
)
from sim.cli.common import FAILED as FAILED_RUN
from sim.cli.options import (
    MOST,
    Changes,
    Cores,
    DrawnModel,
    Draws,
    DrawsToo,
    Events,
    Full,
    Making,
    Model,
    Output,
    OutputFolder,
    Quantity,
    Replicates,
    ScenarioName,
    Threads,
    bundled,
)
from sim.language.spoken import ENGLISH, counted, said, speaking, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.reading.run import Run
    from sim.scenario import Scenario
    from sim.told.text_tables import TextTable


@command(("tocsin calibrate my.yaml", "if interrupted, run the same command again to resume"))
def calibrate(
    scenario: ScenarioName,
    *,
    changes: Changes,
    out: OutputFolder = None,
    workers: Cores = None,
    policies: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            metavar="NAME",
            help="Also run this policy over the posterior draws: a scenario, KEY=VALUE, all (bundled policies) or "
            "levers (those that tocsin new lists, each at the far end of its range). Repeatable.",
        ),
    ] = None,
    policy_draws: Annotated[
        int | None, typer.Option(metavar="N", min=10, help="Number of draws to run policies with [default: all].")
    ] = None,
    output: Output,
) -> None:
    """Fit the calibrated parameters to the fitted figures, and write them into the scenario's file."""
    from sim.calibration.calibrate import FOLDER, REPORT_TEXT, calibrate, runs_of, unsaid
    from sim.calibration.policies import expanded
    from sim.experiments.simulations import Computing
    from sim.forecast import Batch, Job
    from sim.progress import console, steps
    from sim.scenario.bundled import is_path
    from sim.told.terminal import fit_table
    from sim.told.text_tables import show

    found = changes.load(scenario)
    own = Path(scenario) if is_path(scenario) else None  # a bundled file belongs to the package
    names = expanded(policies or (), found, own)
    planned = runs_of(found, len(names), policy_draws)
    job = Job([Batch(one, runs) for one, runs in planned], workers, parallel=True)
    output.forecast(job)
    folder = out or FOLDER / found.name
    with keeping(resumable(folder)), steps(output.silent, expected=job.runs.typical) as (note, progress):
        days = None if progress is None else progress.of
        computing = Computing(workers=workers, progress=progress, verbose=output.verbose, days=days)
        done = calibrate(found, folder, own, note, names, policy_draws, **computing)
    output.warn(unsaid(found))
    if output.shown(lambda: done.document):
        show(console(), [fit_table(done.document)])
        tell(f"{done.folder / REPORT_TEXT}  {_runs(done.document['simulated'])}")
        if done.scenario_file:
            tell(said("Calibrated values written to {file}", file=done.scenario_file))
        else:
            tell(said("{scenario} is bundled, so its file was not changed", scenario=scenario))
    worst = [row for row in done.document["figures"] if row["within"] is False]
    raise typer.Exit(FAILED_RUN if worst else DONE)


@command(
    (
        "tocsin compare china-2022 no-warning --scale 0.01 --replicates 5",
        "another policy on the same attempts, in five replicates",
    ),
    ("tocsin compare calibrated.yaml policy.yaml --draws 20", "over 20 posterior draws"),
    ("tocsin compare results/runs/A results/runs/B", "two finished runs"),
)
def compare(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="A B...",
            help="Scenarios, or folders of finished runs. The first is the baseline.",
            autocompletion=bundled,
        ),
    ],
    *,
    model: Model,
    out: OutputFolder = None,
    workers: Threads = None,
    events: Events = None,
    replicates: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=MOST,
            help="Number of replicate pairs, each with its own seed [default: 4, or 1 per draw with --draws].",
        ),
    ] = None,
    draws: Draws = None,
    full: Full = False,
    every: Annotated[
        bool, typer.Option("--all", help="Show all quantities, and which victims' fates changed.")
    ] = False,
    output: Output,
) -> None:
    """Compare policies on identical attempts and people. Differences are paired against the first, the baseline."""
    from sim.experiments.paired import compare_folders
    from sim.forecast import Job
    from sim.progress import job
    from sim.results import Pairs, scenario_of

    finished = [name for name in names if Path(name).is_dir()]
    options = any(value is not None for value in (out, workers, events, replicates, draws))
    if len(names) < 2:
        refuse("tocsin compare: needs a baseline and at least one other scenario or run")
    if finished and (len(finished) < len(names) or options or model.given or output.dry_run):
        refuse(
            f"tocsin compare: {finished[0]} is a finished run; finished runs cannot be combined with scenarios or run "
            "options"
        )
    if finished:
        with speaking(ENGLISH if output.as_json else spoken()):
            document = compare_folders([Path(name) for name in names])
        in_its_terms(scenario_of(finished[0]))
        _show_comparison(document, output, full, every, " ".join(names), len(names))
        return
    pairs = Pairs(names, replicates, draws, event_share(events), model.options)
    if output.dry_run:
        pairs.demand_comparable()
    else:
        folder = pairs.prepared(out)
    first = in_its_terms(pairs.first[0])
    output.forecast(Job.of_folders([first], pairs.number, workers, parallel=True))
    with (
        keeping(resumable(folder)),
        job(output.silent, pairs.number) as bar,
        speaking(ENGLISH if output.as_json else spoken()),
    ):
        if bar is not None:
            bar.finished(0)

        def make(scenario: "Scenario", place: Path) -> "Run":
            return run_once(scenario, place, workers, bar, timed=False, verbose=output.verbose)

        document = pairs.compared(folder, make, workers, None if bar is None else bar.finished, output.verbose)
    _show_comparison(document, output, full, every, str(folder), pairs.number)


def _show_comparison(
    document: dict[str, Any], output: Output, full: bool, every: bool, folder: str, number: int
) -> None:
    """Print the answers of a comparison, with ``full`` after its tables; ``number`` runs lie in ``folder``."""
    from sim.progress import console
    from sim.told.brief import comparison_brief
    from sim.told.experiments import comparison_parts
    from sim.told.one import of_comparison
    from sim.told.terminal import paragraph
    from sim.told.text_tables import show

    with speaking(ENGLISH if output.as_json else spoken()):
        answers = of_comparison(document, () if _over_draws(document) else [f"tocsin report {folder}"])
    if output.silent:
        output.warn(document["warnings"])
    if not output.shown(lambda: {"answers": [one.document() for one in answers], **document}):
        return
    terminal = console()
    made = f"{folder}: {_runs(number)}"
    if not (full or every):
        show(terminal, comparison_brief(answers, made, terminal.width))
        return
    output.warn(document["warnings"])
    show(terminal, [paragraph(made, terminal.width, 0, style="dim")])
    show(terminal, comparison_parts(document, answers, terminal.width, every))


def _over_draws(document: dict[str, Any]) -> bool:
    """Return whether a comparison covers several posterior draws; a report shows only one."""
    return any(row["draws"] > 1 for row in document["rows"])


@command(
    ("tocsin attribute china-2022 --scale 0.01", "all layers: alone, last, Shapley values, overlaps"),
    ("tocsin attribute my.yaml --scale 0.01 --gangs still", "with gangs that do not respond"),
)
def attribute(
    scenario: ScenarioName,
    *,
    layers: Annotated[
        list[str] | None,
        typer.Option(
            "--layer", metavar="NAME", help="Attribute effects to this layer only; others stay on. Repeatable."
        ),
    ] = None,
    orders: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Orders of layers to average over (0 = all sets of layers)."),
    ] = None,
    gangs: Annotated[
        str | None,
        typer.Option(
            metavar="still|answering|both",
            help="Whether gangs respond to their yield [default: both, if they do in the scenario].",
        ),
    ] = None,
    model: DrawnModel,
    out: OutputFolder = None,
    making: Making,
    replicates: Replicates = 1,
    draws: DrawsToo = None,
    full: Full = False,
    output: Output,
) -> None:
    """Show what each layer prevents and costs: alone, added last, and on average (Shapley values)."""
    from sim.experiments.attribute import attribute as attributed
    from sim.experiments.attribute import prepared, runs_of
    from sim.experiments.counts import Counts
    from sim.forecast import Job
    from sim.told.concluded import of_attribution
    from sim.told.costs import layer_names
    from sim.told.experiments import attribution_tables, records
    from sim.warning.size import of_sizes

    found = model.load(scenario)
    others = model.over_draws(scenario, draws)
    number = Counts.exactly(runs_of(found, layers, orders, replicates, gangs, len(others)))
    output.forecast(Job.of_outcomes(found, number, making.workers))
    with making.experiment(output) as (runs, _):
        folder = runs.kept_in(prepared(found, layers, orders, replicates, out, gangs, others))
        done = attributed(found, layers, orders, replicates, folder, gangs, others, **runs.computing)

    def document() -> dict[str, Any]:
        tables = {"layers": done.layers, "overlaps": done.overlaps, "costs": done.costs}
        rows = {name: records(table) for name, table in tables.items()}
        return {"folder": str(folder), **rows, "warnings": done.layers.attrs["warnings"]}

    def parts() -> "Iterator[TextTable | str]":
        tables = attribution_tables(done, found.spec.fraud.retry is not None)
        if full:
            yield from tables
            yield layer_names(list(dict.fromkeys(done.layers["layer"])))
        else:
            yield from islice(tables, 2)

    made = f"{done.folder}: {_runs(len(done.coalitions))}"
    output.answered(lambda: of_attribution(done, found, of_sizes([found.spec])), document, parts, made, full)


@command(
    (
        'tocsin sweep my.yaml --vary desks.visit.staff=2000,4000,8000 --vary warning.tiers.red.deadline="2 h,24 h"',
        "every combination",
    ),
    (
        "tocsin sweep my.yaml --vary warning.app.read --vary sites.site --design sobol --samples 64 "
        "--scheduler tcp://HOST:8786",
        "points spread over the ranges of two parameters, on a cluster",
    ),
)
def sweep(
    scenario: ScenarioName,
    *,
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=A,B,...", help="A key and its values; KEY alone takes its range. Repeatable."),
    ] = None,
    design: Annotated[
        str | None,
        typer.Option(
            metavar="grid|sobol|lhs",
            help="How points are chosen. Two values are the ends of a range, except in a grid.",
        ),
    ] = None,
    samples: Annotated[int | None, typer.Option(metavar="N", min=1, help="Number of points, except in a grid.")] = None,
    model: DrawnModel,
    out: OutputFolder = None,
    making: Making,
    replicates: Replicates = 1,
    quantity: Quantity = None,
    full: Full = False,
    output: Output,
) -> None:
    """Run a scenario at every point of a design; the result is a table with one row a run."""
    from sim.experiments.counts import Counts
    from sim.experiments.design import demand_quantities
    from sim.experiments.simulations import FAILED
    from sim.experiments.sweep import CATALOGUE, STATUS, planned, prepared
    from sim.experiments.sweep import sweep as swept
    from sim.forecast import Job
    from sim.reading.outcomes import WAITS
    from sim.told.concluded import of_sweep
    from sim.told.experiments import key_lines, records, sweep_table
    from sim.warning.size import of_varied

    found = model.load(scenario)
    demand_quantities(found, quantity or (), WAITS)
    axes = varied(vary) if vary else None
    chosen = planned(found, axes, design, samples)
    output.forecast(Job.of_outcomes(found, Counts.exactly(len(chosen) * replicates), making.workers))
    with making.experiment(output) as (runs, _):
        folder = runs.kept_in(prepared(found, chosen, replicates, out))
        frame = swept(found, axes, design, samples, replicates, folder, **runs.computing)
    axes_given = {axis.key: axis.given for axis in chosen.axes}
    keys = list(axes_given)
    output.answered(
        lambda: of_sweep(frame, found, keys, quantity or (), of_varied(found, axes_given)),
        lambda: {"folder": str(folder), "rows": records(frame), "warnings": frame.attrs["warnings"]},
        lambda: [sweep_table(frame, found, keys, quantity or ()), *([key_lines(keys, found)] if full else [])],
        f"{folder / CATALOGUE}: {_runs(len(frame))}",
        full,
    )
    raise typer.Exit(FAILED_RUN if (frame[STATUS] == FAILED).any() else DONE)


def _runs(number: int) -> str:
    """Return a number of runs in words."""
    return counted("{count:,} run", "{count:,} runs", count=number)
