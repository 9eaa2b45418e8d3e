"""Commands that make many runs: comparisons, experiments, calibrations, predictions; checks; the studio."""

from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options
from sim.cli.options import (
    FLAGSHIP,
    argument,
    english_for,
    keeping,
    number_of_runs,
    option,
    print_parts,
    refuse,
    resumable,
    tell,
)
from sim.language import said
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sim.told.tables import Part


def calibrate(
    scenario: options.ScenarioName,
    *,
    changes: options.Changes,
    out: options.OutputFolder = None,
    workers: options.Cores = None,
    policies: Annotated[
        list[str] | None,
        option(
            "NAME",
            "Also run this policy over the posterior draws: a scenario, KEY=VALUE, all (bundled policies) or levers "
            "(those that tocsin new lists, each at the far end of its range). Repeatable.",
            "--policy",
        ),
    ] = None,
    policy_draws: Annotated[
        int | None, option("N", "Number of draws to run policies with [default: all].", min=10)
    ] = None,
    output: options.Output,
) -> None:
    """Fit the calibrated parameters to the fitted figures, and write them into the scenario's file.

    # if interrupted, run the same command again to resume
    tocsin calibrate my.yaml
    """
    from sim.calibration.calibrate import FOLDER, REPORT_TEXT, calibrate, runs_of, unsaid
    from sim.calibration.policies import expanded
    from sim.experiments.simulations import Computing
    from sim.progress import progress_bar
    from sim.scenario.reading import is_path
    from sim.told.runs import fit_table

    found = changes.load(scenario)
    own = Path(scenario) if is_path(scenario) else None  # a bundled file belongs to the package
    names = expanded(policies or (), found, own)
    planned = runs_of(found, len(names), policy_draws)
    output.forecast(planned, workers)
    folder, expected = out or FOLDER / found.name, sum(runs.typical for _, runs in planned)
    with keeping(resumable(folder)), progress_bar(output.silent, expected=expected) as (note, progress):
        computing = Computing(workers=workers, progress=progress, verbose=output.verbose, days=progress.of)
        done = calibrate(found, folder, own, note, names, policy_draws, **computing)
    output.warn(unsaid(found))
    if output.shown(lambda: done.document):
        print_parts([fit_table(done.document)])
        tell(f"{done.folder / REPORT_TEXT}  {number_of_runs(done.document['simulated'])}")
        if done.scenario_file:
            tell(said("Calibrated values written to {file}", file=done.scenario_file))
        else:
            tell(said("{scenario} is bundled, so its file was not changed", scenario=scenario))
    off = any(row["within"] is False for row in done.document["figures"])
    raise typer.Exit(options.FAILED if off else options.DONE)


def compare(
    names: Annotated[
        list[str],
        options.scenario_argument("A B...", "Scenarios, or folders of finished runs. The first is the baseline."),
    ],
    *,
    model: options.Model,
    out: options.OutputFolder = None,
    workers: options.Threads = None,
    events: options.Events = None,
    replicates: Annotated[
        int | None,
        option(
            "N",
            "Number of replicate pairs, each with its own seed [default: 4, or 1 per draw with --draws].",
            min=1,
            max=options.MOST,
        ),
    ] = None,
    draws: options.Draws = None,
    every: Annotated[bool, option("", "Show all quantities, and which victims' fates changed.", "--all")] = False,
    output: options.Screen,
) -> None:
    """Compare policies on identical attempts and people. Differences are paired against the first, the baseline.

    # another policy on the same attempts, in five replicates
    tocsin compare china-2022 no-warning --scale 0.01 --replicates 5
    # over 20 posterior draws
    tocsin compare calibrated.yaml policy.yaml --draws 20
    # two finished runs
    tocsin compare results/runs/A results/runs/B
    """
    from sim.experiments.paired import Pairs, compare_folders
    from sim.progress import progress_bar
    from sim.results import scenario_of

    finished = [name for name in names if Path(name).is_dir()]
    chosen = model.given or any(value is not None for value in (out, workers, events, replicates, draws))
    if len(names) < 2:
        refuse("tocsin compare: needs a baseline and at least one other scenario or run")
    if finished:
        if len(finished) < len(names) or chosen or output.dry_run:
            what = f"{finished[0]} is a finished run; finished runs cannot be combined with scenarios or run options"
            refuse(f"tocsin compare: {what}")
        with english_for(output.as_json):
            document = compare_folders([Path(name) for name in names])
        options.in_its_terms(scenario_of(finished[0]))
        _show_comparison(document, output, every, " ".join(names), len(names))
        return
    pairs = Pairs(names, replicates, draws, options.event_share(events), model.options)
    if output.dry_run:
        pairs.demand_comparable()
    else:
        folder = pairs.prepared(out)
    first = options.in_its_terms(pairs.pair(0)[0])
    output.forecast([(first, pairs.runs)], workers, kept=True)
    with keeping(resumable(folder)), progress_bar(output.silent, pairs.runs) as (_, bar), english_for(output.as_json):
        bar.finished(0)
        document = pairs.compared(folder, workers, bar.finished, bar.of, output.verbose)
    _show_comparison(document, output, every, str(folder), pairs.runs)


def _show_comparison(document: dict[str, Any], output: options.Screen, every: bool, folder: str, number: int) -> None:
    """Print the answers of a comparison, with ``--full`` after its tables; ``number`` runs lie in ``folder``."""
    from sim.told.answers import comparison_brief, of_comparison
    from sim.told.experiments import comparison_parts
    from sim.told.tables import Line

    over_draws = any(row["draws"] > 1 for row in document["rows"])  # a report shows only one
    with english_for(output.as_json):
        answers = of_comparison(document, () if over_draws else [f"tocsin report {folder}"])
    if output.silent or output.full or every:
        output.warn(document["warnings"])
    if not output.shown(lambda: {"answers": [one.document() for one in answers], **document}):
        return
    made = f"{folder}: {number_of_runs(number)}"
    if output.full or every:
        print_parts([Line(made, style="dim"), *comparison_parts(document, answers, every)])
    else:
        print_parts(comparison_brief(answers, made))


def attribute(
    scenario: options.ScenarioName,
    *,
    layers: Annotated[
        list[str] | None, option("NAME", "Attribute effects to this layer only; others stay on. Repeatable.", "--layer")
    ] = None,
    orders: Annotated[
        int | None, option("N", "Orders of layers to average over (0 = all sets of layers).", min=0)
    ] = None,
    gangs: Annotated[
        str | None,
        option(
            "still|answering|both", "Whether gangs respond to their yield [default: both, if they do in the scenario]."
        ),
    ] = None,
    model: options.DrawnModel,
    out: options.OutputFolder = None,
    making: options.Making,
    replicates: options.Replicates = 1,
    draws: options.DrawsToo = None,
    output: options.Screen,
) -> None:
    """Show what each layer prevents and costs: alone, added last, and on average (Shapley values).

    # all layers: alone, last, Shapley values, overlaps
    tocsin attribute china-2022 --scale 0.01
    # with gangs that do not respond
    tocsin attribute my.yaml --scale 0.01 --gangs still
    """
    from sim.experiments.attribute import attribute, runs_of
    from sim.told.answers import layer_names
    from sim.told.experiments import attribution_tables, of_attribution, records
    from sim.warning.size import of_sizes

    found = model.load(scenario)
    others = model.over_draws(scenario, draws)
    output.forecast([(found, runs_of(found, layers, orders, replicates, gangs, len(others)))], making.workers)
    with making.experiment(output) as (computing, _):
        done = attribute(found, layers, orders, replicates, out, gangs, others, **computing)

    def document() -> dict[str, Any]:
        tables = {"layers": done.layers, "overlaps": done.overlaps, "costs": done.costs}
        rows = {name: records(table) for name, table in tables.items()}
        return {"folder": str(done.folder), **rows, "warnings": done.layers.attrs["warnings"]}

    def parts() -> "Iterator[Part]":
        tables = attribution_tables(done, found.spec.fraud.retry is not None)
        yield from tables if output.full else islice(tables, 2)
        if output.full:
            yield layer_names(list(dict.fromkeys(done.layers["layer"])))

    made = f"{done.folder}: {number_of_runs(len(done.coalitions))}"
    output.answered(lambda: of_attribution(done, found, of_sizes([found.spec])), document, parts, made)


def sweep(
    scenario: options.ScenarioName,
    *,
    vary: Annotated[
        list[str] | None, option("KEY=A,B,...", "A key and its values; KEY alone takes its range. Repeatable.")
    ] = None,
    design: Annotated[
        str | None,
        option("grid|sobol|lhs", "How points are chosen. Two values are the ends of a range, except in a grid."),
    ] = None,
    samples: Annotated[int | None, option("N", "Number of points, except in a grid.", min=1)] = None,
    model: options.DrawnModel,
    out: options.OutputFolder = None,
    making: options.Making,
    replicates: options.Replicates = 1,
    quantity: options.Quantity = None,
    output: options.Screen,
) -> None:
    """Run a scenario at every point of a design; the result is a table with one row a run.

    # every combination
    tocsin sweep my.yaml --vary desks.visit.staff=2000,4000,8000 --vary warning.tiers.red.deadline="2 h,24 h"
    # points spread over the ranges of two parameters, on a cluster
    tocsin sweep my.yaml --vary warning.app.read --vary sites.site --design sobol --scheduler tcp://HOST:8786
    """
    from sim.experiments.parameters import demand_quantities
    from sim.experiments.simulations import FAILED
    from sim.experiments.sweep import CATALOGUE, STATUS, planned, sweep
    from sim.reading.run import WAITS
    from sim.told.experiments import key_lines, of_sweep, records, sweep_table
    from sim.warning.size import of_varied

    found = model.load(scenario)
    demand_quantities(found, quantity or (), WAITS)
    axes = options.varied(vary) if vary else None
    chosen = planned(found, axes, design, samples)
    output.forecast([(found, len(chosen) * replicates)], making.workers)
    with making.experiment(output) as (computing, _):
        frame = sweep(found, axes, design, samples, replicates, out, **computing)
    folder = frame.attrs["folder"]
    given = {axis.key: axis.given for axis in chosen.axes}
    keys = list(given)
    output.answered(
        lambda: of_sweep(frame, found, keys, quantity or (), of_varied(found, given)),
        lambda: {"folder": folder, "rows": records(frame), "warnings": frame.attrs["warnings"]},
        lambda: [sweep_table(frame, found, keys, quantity or ()), *([key_lines(keys, found)] if output.full else [])],
        f"{folder}/{CATALOGUE}: {number_of_runs(len(frame))}",
    )
    raise typer.Exit(options.FAILED if (frame[STATUS] == FAILED).any() else options.DONE)


def sensitivity(
    scenario: options.ScenarioName,
    *,
    vary: Annotated[
        list[str] | None, option("KEY", "A number with a range, or a pattern such as 'warning.*'. Repeatable.")
    ] = None,
    method: Annotated[
        str, option("morris|sobol", "Measure elementary effects (morris) or shares of variance (sobol).")
    ] = "morris",
    samples: Annotated[
        int | None,
        option("N", "Of D parameters: trajectories of D + 1 runs (morris); a power of two, times D + 2 runs (sobol)."),
    ] = None,
    model: options.DrawnModel,
    out: options.OutputFolder = None,
    making: options.Making,
    quantity: options.Quantity = None,
    output: options.Screen,
) -> None:
    """Rank parameters by their effect when all vary over their ranges.

    # elementary effects (Morris); with --method sobol, shares of variance
    tocsin sensitivity china-2022 --scale 0.001 --vary 'warning.*'
    """
    from sim.experiments.sensitivity import INDICES, QUANTITIES, planned, sensitivity
    from sim.told.experiments import key_lines, of_sensitivity, records, sensitivity_tables, size
    from sim.warning.size import of_varied

    found = model.load(scenario)
    wanted = quantity or QUANTITIES
    chosen = planned(found, vary, method, samples, wanted)
    output.forecast([(found, len(chosen))], making.workers)
    with making.experiment(output) as (computing, note):
        note(size(method, len(chosen.parameters), chosen.samples, chosen.block))
        frame = sensitivity(found, vary, method, samples, wanted, out, **computing)
    ends = {one.key: one.ends for one in chosen.parameters}
    rows, about = records(frame), {str(key): value for key, value in frame.attrs.items()}
    output.answered(
        lambda: of_sensitivity(method, rows, about, found, of_varied(found, ends)),
        lambda: {**about, "rows": rows},
        lambda: [*sensitivity_tables(method, rows, found), *([key_lines(list(ends), found)] if output.full else [])],
        f"{about['folder']}/{INDICES}: {number_of_runs(about['runs'])}",
    )
    raise typer.Exit(options.FAILED if about["dropped"] else options.DONE)


def staffing(
    scenario: options.ScenarioName,
    *,
    desk: Annotated[str, option("visit|call", "Desk to staff.")] = "visit",
    tier: Annotated[str, option("red|orange|yellow|blue", "Tier of alerts that the promise covers.")] = "red",
    share: Annotated[float, option("S", "Share of these alerts to reach in time.")] = 0.95,
    within: Annotated[str | None, option("TIME", "Their deadline, such as '2 h' [default: the tier's].")] = None,
    relative: Annotated[bool, option("", "Take the share of what unlimited staff would reach.", "--relative")] = False,
    model: options.DrawnModel,
    out: options.OutputFolder = None,
    making: options.Making,
    replicates: options.Replicates = 1,
    draws: options.DrawsToo = None,
    output: options.Screen,
) -> None:
    """Find the smallest staff in each province that keeps a promise, and what more or less staff would change.

    # the smallest staff by province, and its cost curve
    tocsin staffing my.yaml --tier red --within "2 h" --share 0.95 --relative
    """
    from sim.experiments.staffing import FACTORS, STAFFED_YAML, Search, runs_of, staffing, staffing_over
    from sim.experiments.trials import Terms
    from sim.told.experiments import drawn_staff_table, of_staffing, records, staffing_tables

    found = model.load(scenario)
    promise = (desk, tier, share, within, relative)
    others = model.over_draws(scenario, draws)
    number = runs_of(found, Terms(*promise), FACTORS, replicates).times(1 + len(others))
    output.forecast([(found, number)], making.workers)
    with making.experiment(output, number.typical) as (computing, note):
        search = Search(replicates=replicates, folder=out, tell=note, **computing)
        done = staffing(found, *promise, FACTORS, **search)
        over_draws = records(staffing_over(others, done, *promise, FACTORS, **search)) if others else None

    def document() -> dict[str, Any]:
        with english_for(True):
            tables = {"provinces": records(done.frame), "curve": records(done.curve), "warnings": done.warnings}
        return {"folder": str(done.folder), **tables, **({} if over_draws is None else {"draws": over_draws})}

    def parts() -> "Iterator[Part]":
        yield from staffing_tables(done)
        if over_draws is not None:
            yield from drawn_staff_table(over_draws, len(others))

    file = done.folder / STAFFED_YAML
    if done.frame["staff"].isna().any():
        text = said("the scenario with this staff; provinces that cannot keep the promise have their present staff")
    else:
        text = said("the scenario with this staff, to run and compare")
    output.answered(lambda: of_staffing(done, Terms(*promise), scenario, file), document, parts, f"{file}: {text}")


def predict(
    scenario: options.ScenarioName,
    *,
    changes: options.Changes,
    draws: Annotated[
        int | None, option("N", "Run the first N posterior draws [default: all].", min=1, max=options.MOST)
    ] = None,
    out: Annotated[Path | None, option("FILE", "File of the prediction [default: forecasts/NAME-DATE.json].")] = None,
    making: options.Making,
    output: options.Output,
) -> None:
    """Predict unreported figures of a scenario with 90% intervals, and store them with their hash and date.

    # over all posterior draws
    tocsin predict fitted.yaml --scale 0.005 --pool country
    # over the first 50, into this file
    tocsin predict fitted.yaml --draws 50 --out next-year.json
    """
    from sim.calibration.predict import planned, predict, prepared
    from sim.predictions import FOLDER, demand_new, entries, read_prediction, write_prediction
    from sim.told.ledger import predicted_table
    from sim.warning.size import in_english, of_sizes

    found = changes.load(scenario)
    plan = planned(scenario, found, draws)
    today = datetime.now(UTC).date()
    file = out or FOLDER / f"{found.name}-{today}.json"
    demand_new(file, plan.identity(today))
    output.forecast([(found, plan.draws + 1)], making.workers)
    with making.experiment(output, plan.draws + 1) as (computing, _):
        done = predict(plan, lambda draw: changes.load(scenario, draw=draw), prepared(plan), today, **computing)
    write_prediction(file, done)
    output.warn(of_sizes([found.spec]))
    stored = read_prediction(file)
    if output.shown(lambda: {"file": str(file), **stored.document, "warnings": in_english([found.spec])}):
        print_parts([predicted_table(stored, entries(stored, []))])
        tell(f"{file}  {stored.document['sha256']}")


def ledger(
    folder: Annotated[
        Path | None, argument("[FOLDER]", "Folder of predictions and reports [default: forecasts].")
    ] = None,
    write: Annotated[
        Path | None, option("FILE", "Write the tables into the part `ledger` of this Markdown page.")
    ] = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Show stored predictions next to later reports, with their scores and those of simple rivals.

    # the predictions in forecasts/, and later reports
    tocsin ledger
    # renew the tables of the page
    tocsin ledger forecasts --write docs/forecasts.md
    """
    from sim.predictions import FOLDER, read_ledger
    from sim.told.ledger import document, markdown, summary, tables

    into = _part_of(write, "ledger")
    found = read_ledger(folder or FOLDER)
    into(lambda: markdown(found))
    if as_json:
        options.print_json(document(found))
    elif not quiet:
        print_parts(tables(found))
        tell(summary(found))


def _part_of(page: Path | None, command: str) -> "Callable[[Callable[[], Iterable[str]]], None]":
    """Return what writes lines into the part of a page that a command renews; refused unless the page has that part."""
    from sim.verify.verification import demand_marks, write

    if page is None:
        return lambda lines: None
    try:
        demand_marks(page, command)
    except (OSError, ValueError) as error:
        refuse(f"tocsin {command}: {error}")
    return lambda lines: write(page, command, list(lines()))


def verify(
    engine: Annotated[str, option("vector|reference|both", "Engine to verify.")] = "both",
    seed: Annotated[int | None, option("N", "Seed of the first run; further runs count up.", min=0)] = None,
    quick: Annotated[bool, option("", "Use a quarter of the days.", "--quick")] = False,
    write: Annotated[
        Path | None, option("FILE", "Write the tables into the part `verify` of this Markdown page.")
    ] = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    dry_run: options.DryRun = False,
) -> None:
    """Check both engines against queueing theory, and the draws of a run against chance, at one error rate.

    # both engines; exit code 1 if any check fails
    tocsin verify
    # a first look
    tocsin verify --engine vector --quick
    # renew the tables of the page
    tocsin verify --write docs/verification.md
    """
    from sim.progress import progress_bar
    from sim.told.tables import TextTable
    from sim.verify.statistics import ENGINES
    from sim.verify.verification import SEED, lines, scenarios, summary, verify

    if engine not in (*ENGINES, "both"):
        refuse(f"--engine {ascii_controls(engine)}: must be {', '.join(ENGINES)} or both")
    into = _part_of(write, "verify")
    engines, first = ENGINES if engine == "both" else (engine,), SEED if seed is None else seed
    output = options.Output(as_json=as_json, quiet=quiet, dry_run=dry_run)
    if dry_run:
        output.forecast([(one, 1) for one in scenarios(engines, first, quick)], None, parallel=False)
    with keeping("nothing was written"), progress_bar(output.silent) as (note, _):
        found = verify(engines, first, quick, note)
        into(lambda: lines(found, date.today()))
    failed = found.failed()
    if output.shown(found.document):
        table = TextTable(["study", "checked", "engine", "expected", "found", "p"], (0, 1, 2))
        for cells in found.rows():
            table.add_row(*cells)
        print_parts([table])
        tell(summary(found))
    for finding in failed:
        expected, value = format(finding.expected, ".6g"), format(finding.found, ".6g")
        what = f"{finding.study}, {finding.engine}: {finding.checked}"
        typer.echo(f"tocsin verify: {what}: expected {expected}, found {value}, p {finding.p}", err=True)
    raise typer.Exit(options.FAILED if failed else options.DONE)


def studio(
    scenario: Annotated[
        str, options.scenario_argument("[SCENARIO]", "The baseline: a bundled name or a YAML file.")
    ] = FLAGSHIP,
    *,
    port: Annotated[int | None, option("N", "Port on 127.0.0.1 [default: one that is free].", min=1, max=65535)] = None,
    no_browser: Annotated[bool, option("", "Print the address only, and open no browser.", "--no-browser")] = False,
) -> None:
    """Change a policy on a local page, compare it with the baseline, and save it as a YAML file.

    # a page on the flagship, in the browser; end it with Ctrl+C
    tocsin studio
    # another baseline; open the printed address yourself
    tocsin studio example-country --port 8080 --no-browser
    """
    from sim.studio import FOLDER, serve

    def show(address: str) -> None:
        text = said(
            "{address}  Open this address; policies are kept in {folder}; end with Ctrl+C",
            address=address,
            folder=FOLDER,
        )
        tell(text)

    serve(scenario, show, port, browser=not no_browser)
