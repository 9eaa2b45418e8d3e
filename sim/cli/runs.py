"""Commands about runs: making, listing, asking and checking them, and the page of one."""

import shlex
from collections.abc import Iterable
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from sim.base.rounding import written
from sim.cli import options
from sim.cli import options as cli_options
from sim.language import counted, headed, said
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from sim.reading.manifest import Checked
    from sim.reading.run import Run
    from sim.scenario import Scenario
    from sim.store.folder import Listed


def run(
    scenario: options.ScenarioName,
    *,
    model: options.DrawnModel,
    out: Annotated[Path | None, cli_options.option("DIR", "Output folder.")] = None,
    workers: options.Threads = None,
    events: options.Events = None,
    replicates: options.Replicates = 1,
    draws: options.Draws = None,
    output: options.Screen,
) -> None:
    """Run a scenario once or N times, and compare its figures with reported ones.

    # small and quick, with every event logged
    tocsin run tiny --events all
    # another policy on the same attempts
    tocsin run no-local --seed 7 --scale 0.0001
    # one value changed; four replicates
    tocsin run china-2022 --scale 0.01 --set desks.visit.staff=3400 --replicates 4
    # in seconds, with queues as long as the country's
    tocsin run china-2022 --scale 0.005 --pool country
    # the posterior draws stored with a scenario: parameter uncertainty
    tocsin run calibrated.yaml --draws 20
    # how many runs, how long, how much memory and disk here
    tocsin run china-2022 --replicates 8 --dry-run
    """
    from sim.experiments.paired import DRAWS, REPLICATES, each, prepared_replicates
    from sim.progress import progress_bar
    from sim.running import run as simulated
    from sim.store.folder import demand_free, process_age_s

    if draws is not None and (model.draw is not None or replicates > 1):
        cli_options.refuse("--draws: cannot be combined with --draw or --replicates; it runs each draw once")
    kind, count = (REPLICATES, replicates) if draws is None else (DRAWS, draws)
    single = draws is None and replicates == 1
    values = {"record.events": options.event_share(events)}
    first = model.load(scenario, **values, **({} if draws is None else {"draw": 0}))

    def numbered(number: int) -> "Scenario":
        moved = {"seed": first.spec.seed + number} if draws is None else {"draw": number}
        return model.load(scenario, **values, **moved) if number else first

    if out is not None and single:
        demand_free(out)  # nothing is measured for what cannot be written
    output.forecast([(first, count)], workers, parallel=not single, kept=True)
    if single:
        kept = f"nothing of this run was kept{f' in {out}' if out is not None else ''}"
        with progress_bar(output.silent) as (_, bar), cli_options.keeping(kept):
            progress, age_s = bar.of(first), process_age_s()
            made = simulated(first, out, workers=workers, progress=progress, age_s=age_s, verbose=output.verbose)
        _show_made([made], None, output)
        return
    numbered(count - 1)  # an impossible last one is refused before anything is run
    folder = prepared_replicates(kind, first, count, out)
    finished: list[Run] = []
    with cli_options.keeping(options.resumable(folder)), progress_bar(output.silent, count) as (_, bar):
        bar.finished(0)
        for one in each(kind, count, numbered, folder, workers, bar.of, output.verbose):
            finished.append(one)
            bar.finished(len(finished))
    _show_made(finished, kind, output)


def figures(
    folder: options.RunFolder,
    quantities: Annotated[
        list[str] | None,
        cli_options.argument(
            "[QUANTITY]...", "NAME, NAME@WINDOW or NAME_change@WINDOW/BASE; a window is START..END, YYYY-MM or YYYY."
        ),
    ] = None,
    provinces: Annotated[
        list[str] | None,
        cli_options.option("NAME|CODE", "Of this province, not the whole country. Repeatable.", "--province"),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Show the answer and figures of a run, or any quantity over any window, of the country or a province.

    # the figures of the scenario
    tocsin figures results/runs/NAME
    # any quantity over any window
    tocsin figures RUN losses@2022-05 cases_filed_change@2022-01..2022-06/2021-01..2021-06
    """
    from sim.reading.figures import AskedError
    from sim.reading.manifest import told
    from sim.reading.quantities import HEADLINE
    from sim.reading.run import Run
    from sim.scenario.provinces import ProvinceError
    from sim.store.folder import reading
    from sim.told.runs import asked_table

    run = Run(folder)
    of_a_province = ["attempts_potential", "alerts_central", "alerts_local", *HEADLINE]
    wanted = quantities or ([*of_a_province, "recovered_money", "cases_solved"] if provinces else [])
    questions, mistakes = [], []
    for province, text in product(provinces or (None,), wanted):
        try:
            questions.append(run.asked(text, province))
        except (AskedError, ProvinceError) as error:
            mistakes.append(f"tocsin figures: {error}")
    if mistakes:
        cli_options.refuse(*dict.fromkeys(mistakes))
    with reading(folder):
        rows = run.answers(questions) if wanted else run.manifest["figures"]
        if as_json:
            answer = {} if wanted else {"answer": _answer_document([run])}
            cli_options.print_json({**answer, "figures": rows, "warnings": run.manifest["warnings"]})
        elif wanted:
            options.in_its_terms(run.scenario)
            options.Output().warn(told(run))
            cli_options.print_parts([asked_table(rows)])
        else:
            _show_answer([run], None, full=True)


def check(folder: options.RunFolder, as_json: options.AsJson = False) -> None:
    """Check a run: recompute its figures from its tables, balance its counts, compare its hashes.

    # exit code 1 if any check fails
    tocsin check results/runs/NAME
    """
    from sim.reading.manifest import check_run

    _show_checks(check_run(folder), as_json)


def rerun(
    folder: options.RunFolder,
    engine: options.Engine = None,
    workers: options.Threads = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
    dry_run: options.DryRun = False,
) -> None:
    """Repeat a run from its folder, in temporary files, and compare every byte.

    # exit code 1 if a byte differs
    tocsin rerun results/runs/NAME
    # with the other engine
    tocsin rerun results/runs/NAME --engine reference
    """
    from sim.experiments.paired import other_versions, rerun
    from sim.progress import progress_bar
    from sim.reading.run import Run
    from sim.store.folder import SCENARIO_YAML

    before = Run(folder)
    for name, (then, now) in other_versions(before).items():
        options.warn_aside(said("{name} was {then} and is now {now}", name=name, then=then, now=now))
    chosen = options.Model(engine=engine).load(str(folder / SCENARIO_YAML))
    options.Output(as_json=as_json, dry_run=dry_run).forecast([(chosen, 1)], workers, parallel=False)
    with progress_bar(as_json) as (_, bar):
        checks = list(rerun(before, chosen, workers, bar.of(chosen), verbose))
    _show_checks(checks, as_json)


def _show_checks(checks: "Iterable[Checked]", as_json: bool) -> NoReturn:
    """Print checks as they come; exit with 1 if any failed."""
    rows = []
    with cli_options.english_for(as_json):
        for one in checks:
            if not as_json:
                cli_options.tell(str(one))
            rows.append(asdict(one))
    failed = sum(not row["passed"] for row in rows)
    if as_json:
        cli_options.print_json({"passed": not failed, "checks": rows})
    else:
        passed = said("all passed") if not failed else said("{number} failed", number=failed)
        cli_options.tell(f"{counted('{count:,} check', '{count:,} checks', count=len(rows))}, {passed}")
    raise typer.Exit(options.FAILED if failed else options.DONE)


def evidence(
    folder: options.RunFolder,
    months: Annotated[bool, cli_options.option("", "Show every month, not only the worst one.", "--months")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Compare internal diagnostics of a run with evidence.

    # for example the ages of victims, compared with evidence
    tocsin evidence results/runs/NAME
    # month by month
    tocsin evidence results/runs/NAME --months
    """
    from sim.reading.manifest import told
    from sim.reading.run import Run
    from sim.store.folder import reading
    from sim.told.runs import evidence_parts, with_months

    run = Run(folder)
    rows = run.manifest["evidence"]
    if as_json:
        cli_options.print_json({"evidence": rows, "warnings": run.manifest["warnings"]})
    elif rows:
        with reading(folder):
            options.Output().warn(told(run))
            cli_options.print_parts(
                evidence_parts(with_months(rows) if months else rows, run.manifest.get("policy_of"))
            )
    else:
        cli_options.tell(said("{folder}: the scenario lists no evidence", folder=folder))


def findings(folder: options.RunFolder, as_json: options.AsJson = False) -> None:
    """List what needs attention in a run: overloaded desks, tiers that expire, figures that are off.

    # desks that are too busy, figures that are off
    tocsin findings results/runs/NAME
    """
    from sim.reading import findings, manifest
    from sim.reading.run import Run
    from sim.told.runs import findings_parts

    with cli_options.english_for(as_json):
        run = Run(folder)
        rows = run.found
    if as_json:
        cli_options.print_json({"findings": rows, "warnings": run.manifest["warnings"]})
        return
    options.Output().warn(manifest.told(run))
    if rows:
        cli_options.print_parts(findings_parts([findings.told(row) for row in rows]))
    else:
        cli_options.tell(said("{folder}: no findings", folder=folder))


def _show_made(runs: "list[Run]", kind: str | None, output: options.Screen) -> None:
    """Print JSON, or the answer of runs, with ``--full`` after their figures and costs.

    ``kind`` is what several runs are, ``replicates`` or ``draws``; None for a single run.
    """
    from sim.reading.manifest import told_of
    from sim.store.folder import RUN_JSON
    from sim.told.runs import mean_figure

    if output.silent:
        output.warn(told_of(runs))
    if output.as_json and kind is None:
        typer.echo((runs[0].path / RUN_JSON).read_text(encoding="utf-8"), nl=False)
    elif output.as_json and kind is not None:
        figures = zip(*(run.manifest["figures"] for run in runs), strict=True)
        document = {"answer": _answer_document(runs, kind), "figures": [mean_figure(rows, kind) for rows in figures]}
        cli_options.print_json({**document, kind: [run.manifest for run in runs]})
    elif not output.quiet:
        _show_answer(runs, kind, output.full)


def _answer_document(runs: "list[Run]", kind: str | None = None) -> dict[str, Any]:
    """Return the answer of runs for a JSON document, in English."""
    from sim.told.answers import of_runs

    with cli_options.english_for(True):
        return of_runs(runs, kind).document()


def _show_answer(runs: "list[Run]", kind: str | None, full: bool) -> None:
    """Print the answer of runs; with ``full`` after warnings, findings, figures (or totals) and costs."""
    from sim.told.answers import of_runs, place_said, run_screen

    first = runs[0]
    options.in_its_terms(first.scenario)
    if kind is None:
        made = f"{place_said(first.path)}: {written(format(first.manifest['performance']['wall_s'], '.1f'))} s"
    else:
        made = f"{place_said(first.path.parent)}: {cli_options.number_of_runs(len(runs))}"
    cli_options.print_parts(run_screen(of_runs(runs, kind), runs, made, full))


def runs(
    folder: Annotated[Path | None, cli_options.argument("[DIR]", "Folder to search [default: results/runs].")] = None,
    clean: Annotated[
        bool,
        cli_options.option("", "Remove unfinished runs that no process is working on, and list these only.", "--clean"),
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """List runs, finished and unfinished, one line each.

    # those in results/runs
    tocsin runs
    """
    from sim.store.folder import RUNS, find_runs, remove_unfinished

    if folder is not None and not folder.is_dir():
        cli_options.refuse(f"tocsin runs: {ascii_controls(str(folder))}: no such folder; use a folder that holds runs")
    place = folder or RUNS
    rows = [_removed(*one) for one in remove_unfinished(place)] if clean else [_listed(one) for one in find_runs(place)]
    if as_json:
        cli_options.print_json({"runs": rows})
        return
    for row in rows:
        cli_options.tell(_line(row))
    left = sum(row["status"] == "unfinished" and "process" not in row for row in rows)
    if left:
        note = counted(
            "{count:,} run is unfinished, and no process is working on it; remove it with: tocsin runs{where} --clean",
            "{count:,} runs are unfinished, and no process is working on them; remove them with: tocsin runs{where} "
            "--clean",
            count=left,
            where="" if folder is None else f" {shlex.quote(str(folder))}",
        )
        cli_options.tell(note, aside=True)


def _listed(one: "Listed") -> dict[str, Any]:
    """Return a row of the list of runs: path, status and, of a finished run, what it is."""
    path, about = str(one.path), one.manifest
    if about is not None:
        own = {key: about[key] for key in ("name", "seed", "scale", "engine")}
        return {"path": path, "status": "finished", **own, "wall_s": about["performance"].get("wall_s") or 0.0}
    if one.damage is not None:
        return {"path": path, "status": "unreadable", "damage": one.damage}
    return {"path": path, "status": "unfinished", **({"process": one.process} if one.is_held() else {})}


def _removed(one: "Listed", is_gone: bool) -> dict[str, Any]:
    """Return a row of the list of what killed runs have left: path and status."""
    return {"path": str(one.path), **({"status": "removed"} if is_gone else {"status": "kept", "process": one.process})}


def _line(row: dict[str, Any]) -> str:
    """Return what the list says of a run."""
    path, process = row["path"], row.get("process")
    match row["status"]:
        case "finished":
            seed, scale = (f"{said(headed(key))} {row[key]:g}" for key in ("seed", "scale"))
            return f"{path}  {said('finished')}  {row['name']}  {seed}  {scale}  {row['engine']}  {row['wall_s']:.1f} s"
        case "unfinished":
            at_work = f"  {said('process {process} is working on it', process=process)}" if process else ""
            return f"{path}  {said('unfinished')}{at_work}"
        case "kept":
            return f"{path}  {said('kept: process {process} is working on it', process=process)}"
        case "removed":
            return f"{path}  {said('removed')}"
    return str(row["damage"])


def report(
    runs: Annotated[
        list[Path],
        cli_options.argument(
            "RUN...", "Folders of finished runs or of replicates, the baseline first; or the folder of a comparison."
        ),
    ],
    out: Annotated[
        Path | None, cli_options.option("FILE", "The file [default: report.html, in the folder of a single run].")
    ] = None,
    quiet: options.Quiet = False,
) -> None:
    """Make one HTML page, readable offline, of a run or of several runs side by side.

    # report.html in the folder of the run
    tocsin report results/runs/NAME
    # two runs side by side
    tocsin report results/runs/BASE results/runs/OTHER --out page.html
    # the runs of a comparison, the baseline first, with intervals
    tocsin report results/runs/compare-NAME
    # in French
    tocsin --language fr report results/runs/NAME
    """
    from sim.experiments.paired import groups_of
    from sim.progress import progress_bar
    from sim.report.page import REPORT_HTML, report
    from sim.store.folder import reading
    from sim.warning.size import of_compared

    groups = groups_of(runs)
    place = runs[0] / REPORT_HTML if len(runs) == 1 else None
    with (
        cli_options.keeping("nothing was written"),
        reading(runs[0]),
        progress_bar(quiet, unit=said("pictures")) as (_, progress),
    ):
        path = report(groups, out or place, progress)
    if not quiet:
        options.Output().warn(of_compared([group[0].scenario.spec for group in groups]))
        if path.is_file():  # a stream holds the page alone
            cli_options.tell(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
