"""Commands about runs: making them, listing them, asking and checking them."""

import shlex
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from sim.cli.common import (
    DONE,
    FAILED,
    MOST,
    Apart,
    AsJson,
    Draw,
    DryRun,
    Engine,
    Events,
    Pool,
    Quiet,
    Replicates,
    RunFolder,
    Scale,
    ScenarioName,
    Seed,
    Settings,
    Verbose,
    Workers,
    app,
    demand_left,
    foretell,
    given_values,
    in_its_terms,
    keeping,
    load,
    pooled,
    refuse,
    run_once,
    warn,
)
from sim.language.spoken import ENGLISH, speaking, spoken
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.reading.check import Finding
    from sim.reading.run import Run
    from sim.scenario import Scenario
    from sim.store.folder import Listed


@app.command()
def run(
    scenario: ScenarioName,
    engine: Engine = None,
    scale: Scale = None,
    pool: Pool = None,
    apart: Apart = None,
    seed: Seed = None,
    settings: Settings = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="The folder of the run itself.")] = None,
    workers: Workers = None,
    events: Events = None,
    replicates: Replicates = 1,
    draw: Draw = None,
    draws: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=MOST, help="Runs of the first N posterior draws, as replicates."),
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
    verbose: Verbose = False,
    dry_run: DryRun = False,
) -> None:
    """Run a scenario once, or N times, and show reported beside simulated figures."""
    from sim.experiments.replicates import DRAWS, REPLICATES, each, prepared
    from sim.forecast.job import Job
    from sim.progress import job
    from sim.store.folder import demand_free

    if draws is not None and (draw is not None or replicates > 1):
        refuse("--draws: runs the first draws once each; neither --draw nor --replicates beside it")
    values = given_values(engine, scale, pooled(pool, apart), seed, events, draw if draws is None else 0)
    first = load(scenario, settings, values)
    if checkpoint and first.spec.engine == "reference":
        refuse("--checkpoint: the engine 'reference' keeps no checkpoints; --engine vector")
    pooled_as = first.resolved["population"]["pool"]
    demand_left(scenario, settings, {"scale": first.spec.scale, "population.pool": pooled_as})
    silent = quiet or as_json
    if out is not None and draws is None and replicates == 1:
        demand_free(out)  # nothing is measured for what cannot be written
    foretell(Job.of_folders([first], draws or replicates, workers), dry_run, as_json, quiet)
    if draws is None and replicates == 1:
        with job(silent) as bar:
            made = run_once(first, out, workers, bar, True, checkpoint, verbose)
        _show_runs([made], None, as_json, quiet)
        return
    kind, count = (REPLICATES, replicates) if draws is None else (DRAWS, draws)
    counted = {"seed": first.spec.seed} if draws is None else {"draw": 0}

    def numbered(number: int) -> "Scenario":
        moved = {key: start + number for key, start in counted.items()}
        return load(scenario, settings, {**values, **moved}) if number else first

    def make(chosen: "Scenario", place: Path) -> "Run":
        return run_once(chosen, place, workers, bar, chosen is first, checkpoint, verbose)

    numbered(count - 1)  # what cannot be is refused before anything is run
    folder = prepared(kind, first, count, out)
    finished: list[Run] = []
    with keeping(f"what was finished is kept in {folder}, the same command goes on"), job(silent, count) as bar:
        for made in each(kind, count, numbered, make, folder, verbose):
            finished.append(made)
            if bar is not None:
                bar.finished(len(finished))
    _show_runs(finished, kind, as_json, quiet)


@app.command()
def runs(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Where to look.")] = None,
    clean: Annotated[
        bool, typer.Option("--clean", help="Remove unfinished runs that no process is making, and list them alone.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List runs, finished and unfinished, one line each."""
    from sim.store.folder import RUNS, find_runs, to_json

    if folder is not None and not folder.is_dir():
        refuse(f"tocsin runs: {ascii_controls(str(folder))}: no such folder; a folder that holds runs")
    if clean:
        _clean(folder or RUNS, as_json)
        return
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
            line = row["damage"]
        elif "process" in row:
            line += f"  process {row['process']} is at work on it"
        typer.echo(ascii_controls(line))
    left = sum(row["status"] == "unfinished" and "process" not in row for row in rows)
    if left:
        which = (
            "1 unfinished run was left by a process that was killed"
            if left == 1
            else (f"{left:,} unfinished runs were left by processes that were killed")
        )
        where = "" if folder is None else f" {shlex.quote(str(folder))}"
        typer.echo(ascii_controls(f"{which}; remove with: tocsin runs{where} --clean"), err=True)


def _clean(folder: Path, as_json: bool) -> None:
    """Remove what killed runs have left, and print what was removed and what was not."""
    from sim.store.folder import to_json
    from sim.store.unfinished import remove_unfinished

    rows = []
    for one in remove_unfinished(folder):
        kept = {} if one.held is False else {"process": one.process}
        rows.append({"path": str(one.path), "status": "kept" if kept else "removed", **kept})
        if not as_json:
            what = f"kept: process {one.process} {'is' if one.held else 'may be'} at work on it" if kept else "removed"
            typer.echo(ascii_controls(f"{one.path}  {what}"))
    if as_json:
        typer.echo(to_json({"runs": rows}), nl=False)


def _listed(found: "Listed") -> dict[str, Any]:
    """Return what the list of runs says of one: its path, its status and, if it is finished, what it is."""
    from sim.store.unfinished import unfinished_run

    path, about = str(found.path), found.manifest
    if about is None:
        if found.damage is not None:
            return {"path": path, "status": "unreadable", "damage": found.damage}
        begun = unfinished_run(found.path)
        maker = {"process": begun.process} if begun is not None and begun.held is not False else {}
        return {"path": path, "status": "unfinished", **maker}
    return {
        "path": path,
        "status": "finished",
        **{key: about[key] for key in ("name", "seed", "scale", "engine")},
        "wall_s": about["performance"].get("wall_s") or 0.0,
    }


OF_A_PROVINCE = [
    *("attempts_potential", "alerts_central", "alerts_local", "episodes", "saved", "averted", "victims"),
    *("loss_money", "prevented_money", "recovered_money", "cases_filed", "cases_solved"),
]
"""What is shown of a province where nothing is asked for."""


@app.command()
def figures(
    folder: RunFolder,
    quantities: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[QUANTITY]...",
            help="NAME, NAME@WINDOW or NAME_change@WINDOW/BASE; a window is START..END, YYYY-MM or YYYY.",
        ),
    ] = None,
    provinces: Annotated[
        list[str] | None,
        typer.Option("--province", metavar="NAME|CODE", help="Of a province, not of the whole country; repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show answer and figures of a run again, or any quantity over any window of its period, by province too."""
    from sim.reading.questions import AskedError
    from sim.reading.run import Run
    from sim.reading.warnings import told
    from sim.scenario.provinces import ProvinceError
    from sim.store.folder import to_json
    from sim.store.json_files import reading
    from sim.told.terminal import asked_table
    from sim.told.text_tables import show

    run = Run(folder)
    questions, mistakes = [], []
    wanted = quantities or (OF_A_PROVINCE if provinces else [])
    where: list[str | None] = [None] if provinces is None else [*provinces]
    for province, text in product(where, wanted):
        try:
            questions.append(run.asked(text, province))
        except (AskedError, ProvinceError) as error:
            mistakes.append(f"tocsin figures: {error}")
    if mistakes:
        refuse(*dict.fromkeys(mistakes))
    with reading(folder):
        rows = run.answers(questions) if wanted else run.manifest["figures"]
        if as_json:
            typer.echo(to_json({"figures": rows, "warnings": run.manifest["warnings"]}), nl=False)
        elif wanted:
            from sim.progress import console

            in_its_terms(run.scenario)
            warn(told(run))
            show(console(), [asked_table(rows)])
        else:
            show_run(run)


@app.command()
def check(
    folder: RunFolder,
    as_json: AsJson = False,
) -> None:
    """Compute every figure of a run again from its Parquet files; conservation; hashes."""
    from sim.reading.check import check_run

    _show_findings(check_run(folder), as_json)


@app.command()
def rerun(
    folder: RunFolder,
    engine: Engine = None,
    workers: Workers = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    dry_run: DryRun = False,
) -> None:
    """Make a run again from its own folder, among temporary files, and compare every byte."""
    from sim.experiments.rerun import other_versions
    from sim.experiments.rerun import rerun as made_again
    from sim.forecast.job import Job
    from sim.progress import job
    from sim.reading.run import Run
    from sim.store.folder import SCENARIO_YAML

    before = Run(folder)
    for name, (then, now) in other_versions(before).items():
        typer.echo(ascii_controls(f"warning: {name} was {then}, is {now}"), err=True)
    chosen = load(str(folder / SCENARIO_YAML), None, {"engine": engine})
    foretell(Job.of_folders([chosen], 1, workers, kept=False), dry_run, as_json, quiet=False)
    with job(as_json) as bar:
        findings = list(made_again(before, chosen, workers, None if bar is None else bar.of(chosen), verbose))
    _show_findings(findings, as_json)


def _show_findings(findings: "Iterable[Finding]", as_json: bool) -> NoReturn:
    """Print findings as they come, and end with whether all hold."""
    from sim.store.folder import to_json

    checks = []
    for finding in findings:
        if not as_json:
            typer.echo(ascii_controls(str(finding)))
        checks.append(asdict(finding))
    failed = sum(not one["passed"] for one in checks)
    if as_json:
        typer.echo(to_json({"passed": not failed, "checks": checks}), nl=False)
    else:
        typer.echo(f"{len(checks)} checks, {failed} failed" if failed else f"{len(checks)} checks, all passed")
    raise typer.Exit(FAILED if failed else DONE)


@app.command()
def evidence(
    folder: RunFolder,
    months: Annotated[
        bool, typer.Option("--months", help="Every month of what is known by month, not the worst alone.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what is known of the model's inside beside what a run gave."""
    from sim.progress import console
    from sim.store.folder import to_json
    from sim.store.json_files import reading
    from sim.store.run_json import read_manifest
    from sim.told.evidence_table import evidence_table, with_months
    from sim.told.terminal import not_held

    manifest = read_manifest(folder)
    rows, policy_of = manifest["evidence"], manifest.get("policy_of")
    if as_json:
        typer.echo(to_json({"evidence": rows, "warnings": manifest["warnings"]}), nl=False)
    elif rows:
        out = console()
        warn(manifest["warnings"])
        if policy_of is not None:
            out.print(not_held(policy_of, "known", out.width))
        with reading(folder):
            out.print(evidence_table(with_months(rows) if months else rows, out.width))
    else:
        typer.echo(f"{folder}: its scenario lists no evidence")


@app.command()
def findings(
    folder: RunFolder,
    as_json: AsJson = False,
) -> None:
    """Show what a run shows that its user must know: desks too busy, tiers that expire, figures that are off."""
    from sim.progress import console
    from sim.reading import warnings
    from sim.reading.findings import told
    from sim.reading.run import Run
    from sim.store.folder import to_json
    from sim.told.terminal import findings_parts

    with speaking(ENGLISH if as_json else spoken()):
        run = Run(folder)
        rows = run.found
    if as_json:
        typer.echo(to_json({"findings": rows, "warnings": run.manifest["warnings"]}), nl=False)
        return
    warn(warnings.told(run))
    if rows:
        out = console()
        for part in findings_parts([told(row) for row in rows], out.width):
            out.print(part, crop=False)
    else:
        typer.echo(f"{folder}: nothing was found that its user must know")


def show_run(run: "Run") -> None:
    """Print warnings, findings, answer, figures and costs of a run, and its totals where no figure is of its period."""
    from sim.progress import console
    from sim.reading.findings import foremost
    from sim.reading.warnings import told
    from sim.told.terminal import answer_parts, cost_table, figure_parts, findings_parts, totals_table
    from sim.told.text_tables import show

    in_its_terms(run.scenario)
    out, figures = console(), run.manifest["figures"]
    warn(told(run))
    if run.found:
        show(out, findings_parts(foremost(run.found), out.width))
    show(out, answer_parts([run], out.width))
    show(out, figure_parts(figures, run.manifest.get("policy_of"), out.width))
    if all(figure["simulated"] is None for figure in figures):
        show(out, [totals_table(run.manifest["totals"])])
    if (costs := cost_table(run.manifest["totals"])) is not None:
        show(out, [costs])


def _show_runs(runs: "list[Run]", kind: str | None, as_json: bool, quiet: bool) -> None:
    """Print what was run: JSON, or its answer with what else is shown of it, and where the runs lie.

    ``kind`` is what several runs are, ``replicates`` or ``draws``; None for a single run.
    """
    from sim.reading.warnings import told_of
    from sim.store.folder import to_json
    from sim.store.run_json import RUN_JSON
    from sim.told.terminal import mean_figure

    if as_json or quiet:
        warn(told_of(runs), as_json, quiet)
    if as_json:
        if kind is None:
            typer.echo((runs[0].path / RUN_JSON).read_text(encoding="utf-8"), nl=False)
        else:
            figures = [run.manifest["figures"] for run in runs]
            means = [mean_figure(rows, kind) for rows in zip(*figures, strict=True)]
            typer.echo(to_json({"figures": means, kind: [run.manifest for run in runs]}), nl=False)
        return
    if quiet:
        return
    if kind is None:
        show_run(runs[0])
    else:
        _show_several(runs, kind)
    for run in runs:
        speed = run.manifest["performance"]
        rate = speed["attempts_per_s"]
        shown = "-" if rate is None else f"{rate:,.0f}"
        typer.echo(f"{run.path}  {speed['wall_s']:.1f} s  {shown} attempts/s")


def _show_several(runs: "list[Run]", kind: str) -> None:
    """Print the warnings and findings of several runs, their answer, and the means of figures."""
    from sim.progress import console
    from sim.reading.findings import foremost, of_several
    from sim.reading.warnings import told_of
    from sim.told.terminal import answer_parts, findings_parts, mean_parts
    from sim.told.text_tables import show

    out = console()
    warn(told_of(runs))
    if found := of_several([run.found for run in runs], kind):
        show(out, findings_parts(foremost(found), out.width))
    show(out, answer_parts(runs, out.width, draws=kind == "draws"))
    show(out, mean_parts([run.manifest["figures"] for run in runs], out.width, draws=kind == "draws"))
