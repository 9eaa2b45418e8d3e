"""Commands that make many runs: comparisons, experiments, calibrations, predictions; checks; the studio."""

from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.options import (
    DONE,
    FAILED,
    MOST,
    AsJson,
    Changes,
    Cores,
    DrawnModel,
    Draws,
    DrawsToo,
    DryRun,
    Events,
    Full,
    Making,
    Model,
    Output,
    OutputFolder,
    Quantity,
    Quiet,
    Replicates,
    ScenarioName,
    Threads,
    bundled,
    command,
    event_share,
    in_its_terms,
    keeping,
    print_json,
    refuse,
    resumable,
    run_once,
    tell,
    varied,
)
from sim.cli.options import FAILED as FAILED_RUN
from sim.language.spoken import ENGLISH, counted, said, speaking, spoken
from sim.scenario.bundled import FLAGSHIP
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.experiments.staffing import Staffing
    from sim.reading.run import Run
    from sim.scenario import Scenario
    from sim.told.tables import Part, TextTable
    from sim.verify.statistics import Result
    from sim.verify.verification import Verification


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
    from sim.told.runs import fit_table
    from sim.told.tables import show

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
    from sim.told.answers import comparison_brief, of_comparison
    from sim.told.experiments import comparison_parts
    from sim.told.tables import Line, show

    with speaking(ENGLISH if output.as_json else spoken()):
        answers = of_comparison(document, () if _over_draws(document) else [f"tocsin report {folder}"])
    if output.silent:
        output.warn(document["warnings"])
    if not output.shown(lambda: {"answers": [one.document() for one in answers], **document}):
        return
    terminal = console()
    made = f"{folder}: {_runs(number)}"
    if not (full or every):
        show(terminal, comparison_brief(answers, made))
        return
    output.warn(document["warnings"])
    show(terminal, [Line(made, style="dim")])
    show(terminal, comparison_parts(document, answers, every))


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
    from sim.experiments.parameters import Counts
    from sim.forecast import Job
    from sim.told.answers import layer_names
    from sim.told.experiments import attribution_tables, of_attribution, records
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

    def parts() -> "Iterator[Part]":
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
    from sim.experiments.parameters import Counts, demand_quantities
    from sim.experiments.simulations import FAILED
    from sim.experiments.sweep import CATALOGUE, STATUS, planned, prepared
    from sim.experiments.sweep import sweep as swept
    from sim.forecast import Job
    from sim.reading.outcomes import WAITS
    from sim.told.experiments import key_lines, of_sweep, records, sweep_table
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


@command(
    (
        "tocsin sensitivity china-2022 --scale 0.001 --vary 'warning.*'",
        "elementary effects (Morris); with --method sobol, shares of variance",
    )
)
def sensitivity(
    scenario: ScenarioName,
    *,
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="A number with a range, or a pattern such as 'warning.*'. Repeatable."),
    ] = None,
    method: Annotated[
        str,
        typer.Option(metavar="morris|sobol", help="Measure elementary effects (morris) or shares of variance (sobol)."),
    ] = "morris",
    samples: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Of D parameters: trajectories of D + 1 runs (morris); a power of two, times D + 2 runs (sobol).",
        ),
    ] = None,
    model: DrawnModel,
    out: OutputFolder = None,
    making: Making,
    quantity: Quantity = None,
    full: Full = False,
    output: Output,
) -> None:
    """Rank parameters by their effect when all vary over their ranges."""
    from sim.experiments.parameters import Counts
    from sim.experiments.sensitivity import INDICES, QUANTITIES, planned, prepared
    from sim.experiments.sensitivity import sensitivity as computed
    from sim.forecast import Job
    from sim.told.experiments import key_lines, of_sensitivity, records, sensitivity_tables, size
    from sim.warning.size import of_varied

    found = model.load(scenario)
    wanted = quantity or QUANTITIES
    chosen = planned(found, vary, method, samples, wanted)
    output.forecast(Job.of_outcomes(found, Counts.exactly(len(chosen)), making.workers))
    with making.experiment(output) as (runs, note):
        folder = runs.kept_in(prepared(found, chosen, out))
        note(f"{size(method, len(chosen.parameters), chosen.samples, chosen.block)}  {folder}")
        frame = computed(found, vary, method, samples, wanted, folder, **runs.computing)
    ends = {one.key: one.ends for one in chosen.parameters}
    rows, about = records(frame), {str(key): value for key, value in frame.attrs.items()}
    output.answered(
        lambda: of_sensitivity(method, rows, about, found, of_varied(found, ends)),
        lambda: {"folder": str(folder), **about, "rows": rows},
        lambda: [*sensitivity_tables(method, rows, found), *([key_lines(list(ends), found)] if full else [])],
        f"{folder / INDICES}: {counted('{count:,} run', '{count:,} runs', count=about['runs'])}",
        full,
    )
    raise typer.Exit(FAILED if about["dropped"] else DONE)


@command(
    (
        'tocsin staffing my.yaml --tier red --within "2 h" --share 0.95 --relative',
        "the smallest staff by province, and its cost curve",
    ),
)
def staffing(
    scenario: ScenarioName,
    *,
    desk: Annotated[str, typer.Option(metavar="visit|call", help="Desk to staff.")] = "visit",
    tier: Annotated[
        str, typer.Option(metavar="red|orange|yellow|blue", help="Tier of alerts that the promise covers.")
    ] = "red",
    share: Annotated[float, typer.Option(metavar="S", help="Share of these alerts to reach in time.")] = 0.95,
    within: Annotated[
        str | None, typer.Option(metavar="TIME", help="Their deadline, such as '2 h' [default: the tier's].")
    ] = None,
    relative: Annotated[
        bool, typer.Option("--relative", help="Take the share of what unlimited staff would reach.")
    ] = False,
    model: DrawnModel,
    out: OutputFolder = None,
    making: Making,
    replicates: Replicates = 1,
    draws: DrawsToo = None,
    full: Full = False,
    output: Output,
) -> None:
    """Find the smallest staff in each province that keeps a promise, and what more or less staff would change."""
    from sim.experiments.staffing import FACTORS, STAFFED_YAML, Search, prepared, runs_of, staffing_over
    from sim.experiments.staffing import staffing as searched
    from sim.experiments.trials import Terms
    from sim.forecast import Job
    from sim.told.experiments import drawn_staff_table, of_staffing, records, staffing_tables

    found = model.load(scenario)
    promise = (desk, tier, share, within, relative)
    others = model.over_draws(scenario, draws)
    number = runs_of(found, Terms(*promise), FACTORS, replicates).times(1 + len(others))
    output.forecast(Job.of_outcomes(found, number, making.workers))
    with making.experiment(output, number.typical) as (runs, note):
        folder = runs.kept_in(prepared(found, Terms(*promise), FACTORS, replicates, out))
        search = Search(replicates=replicates, folder=folder, tell=note, **runs.computing)
        done = searched(found, *promise, FACTORS, **search)
        over_draws = records(staffing_over(others, done, *promise, FACTORS, **search)) if others else None

    def parts() -> "Iterator[Part]":
        yield from staffing_tables(done)
        if over_draws is not None:
            yield from drawn_staff_table(over_draws, len(others))

    file = folder / STAFFED_YAML
    if done.frame["staff"].isna().any():
        text = said("the scenario with this staff; provinces that cannot keep the promise have their present staff")
    else:
        text = said("the scenario with this staff, to run and compare")
    output.answered(
        lambda: of_staffing(done, Terms(*promise), scenario, file),
        lambda: _staff_document(done, folder, over_draws),
        parts,
        f"{file}: {text}",
        full,
    )


def _staff_document(done: "Staffing", folder: "Path", over_draws: list[dict[str, Any]] | None) -> dict[str, Any]:
    """Return what scripts read."""
    from sim.told.experiments import records

    with speaking(ENGLISH):
        document = {"provinces": records(done.frame), "curve": records(done.curve), "warnings": done.warnings}
    if over_draws is not None:
        document |= {"draws": over_draws}
    return {"folder": str(folder), **document}


PART = "ledger"
"""The part of a page that ``tocsin ledger --write`` writes."""


@command(
    ("tocsin predict fitted.yaml --scale 0.005 --pool country", "over all posterior draws"),
    ("tocsin predict fitted.yaml --draws 50 --out next-year.json", "over the first 50, into this file"),
)
def predict(
    scenario: ScenarioName,
    *,
    changes: Changes,
    draws: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=MOST, help="Run the first N posterior draws [default: all].")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File of the prediction [default: forecasts/NAME-DATE.json]."),
    ] = None,
    making: Making,
    output: Output,
) -> None:
    """Predict unreported figures of a scenario with 90% intervals, and store them with their hash and date."""
    from sim.experiments.parameters import Counts
    from sim.forecast import Job
    from sim.predictions.ledger import entries
    from sim.predictions.predict import planned, prepared
    from sim.predictions.predict import predict as predicted
    from sim.predictions.stored import FOLDER, demand_new, read_prediction, write_prediction
    from sim.progress import console
    from sim.told.ledger import predicted_table
    from sim.told.tables import show
    from sim.warning.size import in_english, of_sizes

    found = changes.load(scenario)
    plan = planned(scenario, found, draws)
    today = datetime.now(UTC).date()
    file = out or FOLDER / f"{found.name}-{today}.json"
    demand_new(file, plan.identity(today))
    output.forecast(Job.of_outcomes(found, Counts.exactly(plan.draws + 1), making.workers))
    with making.experiment(output, plan.draws + 1) as (runs, _):
        folder = runs.kept_in(prepared(plan))
        done = predicted(plan, lambda draw: changes.load(scenario, draw=draw), folder, today, **runs.computing)
    write_prediction(file, done)
    output.warn(of_sizes([found.spec]))
    stored = read_prediction(file)
    if output.shown(lambda: {"file": str(file), **stored.document, "warnings": in_english([found.spec])}):
        show(console(), [predicted_table(stored, entries(stored, []))])
        tell(f"{file}  {stored.document['sha256']}")


@command(
    ("tocsin ledger", "the predictions in forecasts/, and later reports"),
    ("tocsin ledger forecasts --write docs/forecasts.md", "renew the tables of the page"),
)
def ledger(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Folder of predictions and reports [default: forecasts].")
    ] = None,
    write: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the tables into the part `ledger` of this Markdown page.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show stored predictions next to later reports, with their scores and those of simple rivals."""
    from sim.predictions.ledger import read_ledger
    from sim.predictions.stored import FOLDER
    from sim.progress import console
    from sim.told.ledger import document, markdown, summary, tables
    from sim.told.tables import show
    from sim.verify.verification import demand_marks
    from sim.verify.verification import write as write_page

    if write is not None:
        try:
            demand_marks(write, PART)
        except (OSError, ValueError) as error:
            refuse(f"tocsin ledger: {error}")
    found = read_ledger(folder or FOLDER)
    if write is not None:
        write_page(write, PART, markdown(found))
    if as_json:
        print_json(document(found))
    elif not quiet:
        show(console(), tables(found))
        tell(summary(found))


@command(
    ("tocsin verify", "both engines; exit code 1 if any check fails"),
    ("tocsin verify --engine vector --quick", "a first look"),
    ("tocsin verify --write docs/verification.md", "renew the tables of the page"),
)
def verify(
    engine: Annotated[str, typer.Option(metavar="vector|reference|both", help="Engine to verify.")] = "both",
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Seed of the first run; further runs count up.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Use a quarter of the days.")] = False,
    write: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the tables into the part `verify` of this Markdown page.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    dry_run: DryRun = False,
) -> None:
    """Check both engines against queueing theory, and the draws of a run against chance, at one error rate."""
    from datetime import date

    from sim.forecast import Job
    from sim.progress import console, steps
    from sim.told.tables import show
    from sim.verify.statistics import ENGINES
    from sim.verify.verification import SEED, demand_marks, lines, scenarios, summary
    from sim.verify.verification import verify as verified
    from sim.verify.verification import write as write_page

    if engine not in (*ENGINES, "both"):
        refuse(f"--engine {ascii_controls(engine)}: must be {', '.join(ENGINES)} or both")
    if write is not None:
        try:
            demand_marks(write, "verify")
        except (OSError, ValueError) as error:
            refuse(f"tocsin verify: {error}")
    engines, first = ENGINES if engine == "both" else (engine,), SEED if seed is None else seed
    if dry_run:
        job = Job.of_folders(scenarios(engines, first, quick), 1, None, kept=False)
        Output(as_json=as_json, quiet=quiet, dry_run=dry_run).forecast(job)
    with keeping("nothing was written"), steps(quiet or as_json) as (note, _):
        found = verified(engines, first, quick, note)
        if write is not None:
            write_page(write, "verify", list(lines(found, date.today())))
    failed = found.failed()
    if as_json:
        print_json(_checks_document(found, failed))
    elif not quiet:
        show(console(), [_checks_table(found)])
        tell(summary(found))
    for finding in failed:
        expected, value = format(finding.expected, ".6g"), format(finding.found, ".6g")
        what = f"{finding.study}, {finding.engine}: {finding.checked}"
        typer.echo(f"tocsin verify: {what}: expected {expected}, found {value}, p {finding.p}", err=True)
    raise typer.Exit(FAILED if failed else DONE)


def _checks_table(found: "Verification") -> "TextTable":
    """Lay out a line for each check."""
    from sim.told.tables import TextTable
    from sim.verify.verification import number, p_value

    failed = found.failed()
    table = TextTable(["study", "checked", "engine", "expected", "found", "p"], (0, 1, 2))
    for finding in found.findings:
        shown = number(finding.expected), number(finding.found)
        p = p_value(finding) + (" FAILS" if finding in failed else "")
        table.add_row(finding.study, finding.checked, finding.engine, *shown, p)
    return table


def _checks_document(found: "Verification", failed: "list[Result]") -> dict[str, Any]:
    """Return what scripts read."""
    rows = [
        {
            **asdict(finding),
            "found": finding.found if isfinite(finding.found) else None,
            "p_adjusted": p,
            "passed": finding not in failed,
        }
        for finding, p in zip(found.findings, found.adjusted, strict=True)
    ]
    return {"seed": found.seed, "rate": found.rate, "engines": found.engines, "findings": rows}


@command(
    ("tocsin studio", "a page on the flagship, in the browser; end it with Ctrl+C"),
    ("tocsin studio example-country --port 8080 --no-browser", "another baseline; open the printed address yourself"),
)
def studio(
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="[SCENARIO]", help="The baseline: a bundled name or a YAML file.", autocompletion=bundled
        ),
    ] = FLAGSHIP,
    *,
    port: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=65535, help="Port on 127.0.0.1 [default: one that is free]."),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address only, and open no browser.")
    ] = False,
) -> None:
    """Change a policy on a local page, compare it with the baseline, and save it as a YAML file."""
    from sim.studio import FOLDER, serve

    def told(address: str) -> None:
        tell(
            said(
                "{address}  Open this address; policies are kept in {folder}; end with Ctrl+C",
                address=address,
                folder=FOLDER,
            )
        )

    serve(scenario, told, port, browser=not no_browser)
