"""Commands about runs: making, listing, asking and checking them, and the page of one."""

import os
import shlex
from dataclasses import asdict
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from sim.base.rounding import written
from sim.cli.options import (
    DONE,
    FAILED,
    AsJson,
    Changes,
    DrawnModel,
    Draws,
    DryRun,
    Engine,
    Events,
    Full,
    Output,
    Quiet,
    Replicates,
    RunFolder,
    ScenarioName,
    Threads,
    Verbose,
    command,
    event_share,
    in_its_terms,
    keeping,
    print_json,
    refuse,
    resumable,
    run_once,
    tell,
    warn_aside,
)
from sim.language.spoken import ENGLISH, counted, headed, marked, said, speaking, spoken
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sim.experiments.paired import Making
    from sim.progress import Job as Bar
    from sim.reading.check import Checked
    from sim.reading.run import Run
    from sim.scenario import Scenario
    from sim.store.folder import Listed


@command(
    ("tocsin run tiny --events all", "small and quick, with every event logged"),
    ("tocsin run no-local --seed 7 --scale 0.0001", "another policy on the same attempts"),
    (
        "tocsin run china-2022 --scale 0.01 --set desks.visit.staff=3400 --replicates 4",
        "one value changed; four replicates",
    ),
    ("tocsin run china-2022 --scale 0.005 --pool country", "in seconds, with queues as long as the country's"),
    ("tocsin run calibrated.yaml --draws 20", "the posterior draws stored with a scenario: parameter uncertainty"),
    ("tocsin run china-2022 --replicates 8 --dry-run", "how many runs, how long, how much memory and disk here"),
)
def run(
    scenario: ScenarioName,
    *,
    model: DrawnModel,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Output folder.")] = None,
    workers: Threads = None,
    events: Events = None,
    replicates: Replicates = 1,
    draws: Draws = None,
    full: Full = False,
    output: Output,
) -> None:
    """Run a scenario once or N times, and compare its figures with reported ones."""
    from sim.experiments.paired import Making
    from sim.forecast import Job
    from sim.progress import job
    from sim.store.folder import demand_free

    if draws is not None and (model.draw is not None or replicates > 1):
        refuse("--draws: cannot be combined with --draw or --replicates; it runs each draw once")
    values = {"record.events": event_share(events), **({} if draws is None else {"draw": 0})}
    first = model.load(scenario, **values)
    single = draws is None and replicates == 1
    if out is not None and single:
        demand_free(out)  # nothing is measured for what cannot be written
    output.forecast(Job.of_folders([first], draws or replicates, workers, parallel=not single))
    if single:
        with job(output.silent) as bar:
            made = run_once(first, out, workers, bar, True, output.verbose)
        _show_runs([made], None, output, full)
        return

    def numbered(kind: dict[str, int], number: int) -> "Scenario":
        moved = {key: start + number for key, start in kind.items()}
        return model.load(scenario, **{**values, **moved}) if number else first

    def making(bar: "Bar | None") -> Making:
        def alone(one: "Scenario", place: Path) -> "Run":
            return run_once(one, place, workers, bar, one is first, output.verbose)

        return Making(alone, workers or os.cpu_count() or 1, output.verbose)

    _run_several(first, numbered, making, draws, replicates, out, full, output)


def _run_several(
    first: "Scenario",
    numbered: "Callable[[dict[str, int], int], Scenario]",
    making: "Callable[[Bar | None], Making]",
    draws: int | None,
    replicates: int,
    out: Path | None,
    full: bool,
    output: Output,
) -> None:
    """Run replicates or posterior draws, and print what they have in common."""
    from sim.experiments.paired import DRAWS, REPLICATES, each, prepared_replicates
    from sim.progress import job

    kind, count = (REPLICATES, replicates) if draws is None else (DRAWS, draws)
    moved = {"seed": first.spec.seed} if draws is None else {"draw": 0}
    numbered(moved, count - 1)  # an impossible last one is refused before anything is run
    folder = prepared_replicates(kind, first, count, out)
    finished: list[Run] = []
    with keeping(resumable(folder)), job(output.silent, count) as bar:
        if bar is not None:
            bar.finished(0)
        for made in each(kind, count, partial(numbered, moved), making(bar), folder):
            finished.append(made)
            if bar is not None:
                bar.finished(len(finished))
    _show_runs(finished, kind, output, full)


@command(
    ("tocsin figures results/runs/NAME", "the figures of the scenario"),
    (
        "tocsin figures RUN losses@2022-05 cases_filed_change@2022-01..2022-06/2021-01..2021-06",
        "any quantity over any window",
    ),
)
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
        typer.Option("--province", metavar="NAME|CODE", help="Of this province, not the whole country. Repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the answer and figures of a run, or any quantity over any window, of the country or a province."""
    from sim.reading.figures import AskedError
    from sim.reading.manifest import told
    from sim.reading.quantities import HEADLINE
    from sim.reading.run import Run
    from sim.scenario.provinces import ProvinceError
    from sim.store.json_files import reading
    from sim.told.runs import asked_table
    from sim.told.tables import show

    run = Run(folder)
    questions, mistakes = [], []
    of_a_province = [
        "attempts_potential",
        "alerts_central",
        "alerts_local",
        *HEADLINE,
        "recovered_money",
        "cases_solved",
    ]
    wanted = quantities or (of_a_province if provinces else [])
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
            answer = {} if wanted else {"answer": _answer_document([run])}
            print_json({**answer, "figures": rows, "warnings": run.manifest["warnings"]})
        elif wanted:
            from sim.progress import console

            in_its_terms(run.scenario)
            Output().warn(told(run))
            show(console(), [asked_table(rows)])
        else:
            show_runs([run])


@command(("tocsin check results/runs/NAME", "exit code 1 if any check fails"))
def check(
    folder: RunFolder,
    as_json: AsJson = False,
) -> None:
    """Check a run: recompute its figures from its tables, balance its counts, compare its hashes."""
    from sim.reading.check import check_run

    _show_findings(check_run(folder), as_json)


@command(
    ("tocsin rerun results/runs/NAME", "exit code 1 if a byte differs"),
    ("tocsin rerun results/runs/NAME --engine reference", "with the other engine"),
)
def rerun(
    folder: RunFolder,
    engine: Engine = None,
    workers: Threads = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    dry_run: DryRun = False,
) -> None:
    """Repeat a run from its folder, in temporary files, and compare every byte."""
    from sim.experiments.rerun import other_versions
    from sim.experiments.rerun import rerun as made_again
    from sim.forecast import Job
    from sim.progress import job
    from sim.reading.run import Run
    from sim.store.folder import SCENARIO_YAML

    before = Run(folder)
    for name, (then, now) in other_versions(before).items():
        warn_aside(said("{name} was {then} and is now {now}", name=name, then=then, now=now))
    chosen = Changes().load(str(folder / SCENARIO_YAML), engine=engine)
    Output(as_json=as_json, dry_run=dry_run).forecast(Job.of_folders([chosen], 1, workers, kept=False))
    with job(as_json) as bar:
        findings = list(made_again(before, chosen, workers, None if bar is None else bar.of(chosen), verbose))
    _show_findings(findings, as_json)


def _show_findings(findings: "Iterable[Checked]", as_json: bool) -> NoReturn:
    """Print checks as they come; exit with 1 if any failed."""
    checks = []
    with speaking(ENGLISH if as_json else spoken()):
        for finding in findings:
            if not as_json:
                tell(str(finding))
            checks.append(asdict(finding))
    failed = sum(not one["passed"] for one in checks)
    if as_json:
        print_json({"passed": not failed, "checks": checks})
    else:
        passed = said("all passed") if not failed else said("{number} failed", number=failed)
        tell(f"{counted('{count:,} check', '{count:,} checks', count=len(checks))}, {passed}")
    raise typer.Exit(FAILED if failed else DONE)


@command(
    ("tocsin evidence results/runs/NAME", "for example the ages of victims, compared with evidence"),
    ("tocsin evidence results/runs/NAME --months", "month by month"),
)
def evidence(
    folder: RunFolder,
    months: Annotated[bool, typer.Option("--months", help="Show every month, not only the worst one.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare internal diagnostics of a run with evidence."""
    from sim.progress import console
    from sim.reading.manifest import told
    from sim.reading.run import Run
    from sim.store.json_files import reading
    from sim.told.runs import evidence_parts, with_months
    from sim.told.tables import show

    run = Run(folder)
    rows = run.manifest["evidence"]
    if as_json:
        print_json({"evidence": rows, "warnings": run.manifest["warnings"]})
    elif rows:
        out = console()
        with reading(folder):
            Output().warn(told(run))
            shown = with_months(rows) if months else rows
            show(out, evidence_parts(shown, run.manifest.get("policy_of")))
    else:
        tell(said("{folder}: the scenario lists no evidence", folder=folder))


@command(("tocsin findings results/runs/NAME", "desks that are too busy, figures that are off"))
def findings(
    folder: RunFolder,
    as_json: AsJson = False,
) -> None:
    """List what needs attention in a run: overloaded desks, tiers that expire, figures that are off."""
    from sim.progress import console
    from sim.reading import manifest as warnings
    from sim.reading.findings import told
    from sim.reading.run import Run
    from sim.told.runs import findings_parts
    from sim.told.tables import show

    with speaking(ENGLISH if as_json else spoken()):
        run = Run(folder)
        rows = run.found
    if as_json:
        print_json({"findings": rows, "warnings": run.manifest["warnings"]})
        return
    Output().warn(warnings.told(run))
    if rows:
        out = console()
        show(out, findings_parts([told(row) for row in rows]))
    else:
        tell(said("{folder}: no findings", folder=folder))


def _show_runs(runs: "list[Run]", kind: str | None, output: Output, full: bool) -> None:
    """Print JSON, or the answer of runs, with ``full`` after their figures and costs.

    ``kind`` is what several runs are, ``replicates`` or ``draws``; None for a single run.
    """
    from sim.reading.manifest import told_of
    from sim.store.run_json import RUN_JSON
    from sim.told.runs import mean_figure

    if output.silent:
        output.warn(told_of(runs))
    if output.as_json:
        if kind is None:
            typer.echo((runs[0].path / RUN_JSON).read_text(encoding="utf-8"), nl=False)
        else:
            figures = [run.manifest["figures"] for run in runs]
            means = [mean_figure(rows, kind) for rows in zip(*figures, strict=True)]
            document = {"answer": _answer_document(runs, kind), "figures": means}
            print_json({**document, kind: [run.manifest for run in runs]})
    elif not output.quiet:
        show_runs(runs, kind, full)


def _answer_document(runs: "list[Run]", kind: str | None = None) -> dict[str, Any]:
    """Return the answer of runs for a JSON document, in English."""
    from sim.told.answers import of_runs

    with speaking(ENGLISH):
        return of_runs(runs, kind).document()


def show_runs(runs: "list[Run]", kind: str | None = None, full: bool = True) -> None:
    """Print the answer of runs; with ``full`` after warnings, findings, figures (or totals) and costs."""
    from sim.progress import console
    from sim.told.answers import of_runs, place_said, run_screen
    from sim.told.tables import show

    first = runs[0]
    in_its_terms(first.scenario)
    speed = first.manifest["performance"]
    made = f"{place_said(first.path)}: {written(format(speed['wall_s'], '.1f'))} s"
    if kind is not None:
        made = f"{place_said(first.path.parent)}: {counted('{count:,} run', '{count:,} runs', count=len(runs))}"
    show(console(), run_screen(of_runs(runs, kind), runs, made, full))


@command(("tocsin runs", "those in results/runs"))
def runs(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Folder to search [default: results/runs].")
    ] = None,
    clean: Annotated[
        bool, typer.Option("--clean", help="Remove unfinished runs that no process is working on, and list these only.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List runs, finished and unfinished, one line each."""
    from sim.store.folder import RUNS, find_runs

    if folder is not None and not folder.is_dir():
        refuse(f"tocsin runs: {ascii_controls(str(folder))}: no such folder; use a folder that holds runs")
    if clean:
        _clean(folder or RUNS, as_json)
        return
    rows = [_listed(found) for found in find_runs(folder or RUNS)]
    if as_json:
        print_json({"runs": rows})
        return
    for row in rows:
        tell(_line(row))
    left = sum(row["status"] == "unfinished" and "process" not in row for row in rows)
    if left:
        where = "" if folder is None else f" {shlex.quote(str(folder))}"
        note = counted(
            "{count:,} run is unfinished, and no process is working on it; remove it with: tocsin runs{where} --clean",
            "{count:,} runs are unfinished, and no process is working on them; remove them with: tocsin runs{where} "
            "--clean",
            count=left,
            where=where,
        )
        typer.echo(ascii_controls(note), err=True)


def _line(row: dict[str, Any]) -> str:
    """Return what the list says of a run."""
    if row["status"] == "unreadable":
        return str(row["damage"])
    line = f"{row['path']}  {said(STATUS[row['status']])}"
    if row["status"] == "finished":
        seed, scale = (f"{said(headed(key))} {row[key]:g}" for key in ("seed", "scale"))
        return f"{line}  {row['name']}  {seed}  {scale}  {row['engine']}  {row['wall_s']:.1f} s"
    return (
        line
        if "process" not in row
        else f"{line}  {said('process {process} is working on it', process=row['process'])}"
    )


STATUS = {
    "finished": marked("finished"),
    "unfinished": marked("unfinished"),
}
"""States of a run, as people read them."""


def _clean(folder: Path, as_json: bool) -> None:
    """Remove what killed runs have left, and print what was removed and what was kept."""
    from sim.store.folder import remove_unfinished

    rows = []
    for one, is_gone in remove_unfinished(folder):
        kept = {} if is_gone else {"process": one.process}
        rows.append({"path": str(one.path), "status": "kept" if kept else "removed", **kept})
        if as_json:
            continue
        what = said("kept: process {process} is working on it", process=one.process) if kept else said("removed")
        tell(f"{one.path}  {what}")
    if as_json:
        print_json({"runs": rows})


def _listed(found: "Listed") -> dict[str, Any]:
    """Return a row of the list of runs: path, status and, of a finished run, what it is."""
    path, about = str(found.path), found.manifest
    if about is None:
        if found.damage is not None:
            return {"path": path, "status": "unreadable", "damage": found.damage}
        maker = {"process": found.process} if found.is_held() else {}
        return {"path": path, "status": "unfinished", **maker}
    return {
        "path": path,
        "status": "finished",
        **{key: about[key] for key in ("name", "seed", "scale", "engine")},
        "wall_s": about["performance"].get("wall_s") or 0.0,
    }


@command(
    ("tocsin report results/runs/NAME", "report.html in the folder of the run"),
    ("tocsin report results/runs/BASE results/runs/OTHER --out page.html", "two runs side by side"),
    ("tocsin report results/runs/compare-NAME", "the runs of a comparison, the baseline first, with intervals"),
    ("tocsin --language fr report results/runs/NAME", "in French"),
)
def report(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="Folders of finished runs or of replicates, the baseline first; or the folder of a comparison.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The file [default: report.html, in the folder of a single run]."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Make one HTML page, readable offline, of a run or of several runs side by side."""
    from sim.experiments.paired import groups_of
    from sim.language.spoken import said
    from sim.progress import steps
    from sim.report.page import REPORT_HTML
    from sim.report.page import report as written
    from sim.store.json_files import reading
    from sim.warning.size import of_compared

    groups = groups_of(runs)
    place = runs[0] / REPORT_HTML if len(runs) == 1 else None
    with keeping("nothing was written"), reading(runs[0]), steps(quiet, said("pictures")) as (_, progress):
        path = written(groups, out or place, progress)
    if not quiet:
        Output().warn(of_compared([group[0].scenario.spec for group in groups]))
        if path.is_file():  # a stream holds the page alone
            tell(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
