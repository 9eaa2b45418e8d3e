"""The command that checks both engines against theory, and the draws of a run against chance."""

from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.application import command
from sim.cli.common import DONE, FAILED, keeping, print_json, refuse, tell
from sim.cli.options import AsJson, DryRun, Output, Quiet
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from sim.told.text_tables import TextTable
    from sim.verify.study import Result
    from sim.verify.verification import Verification


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
    from sim.told.text_tables import show
    from sim.verify.page import demand_marks, lines, summary
    from sim.verify.page import write as write_page
    from sim.verify.study import ENGINES
    from sim.verify.verification import SEED, scenarios
    from sim.verify.verification import verify as verified

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
        print_json(_document(found, failed))
    elif not quiet:
        show(console(), [_table(found)])
        tell(summary(found))
    for finding in failed:
        expected, value = format(finding.expected, ".6g"), format(finding.found, ".6g")
        what = f"{finding.study}, {finding.engine}: {finding.checked}"
        typer.echo(f"tocsin verify: {what}: expected {expected}, found {value}, p {finding.p}", err=True)
    raise typer.Exit(FAILED if failed else DONE)


def _table(found: "Verification") -> "TextTable":
    """Lay out a line for each check."""
    from sim.told.text_tables import TextTable
    from sim.verify.page import number, p_value

    failed = found.failed()
    table = TextTable(["study", "checked", "engine", "expected", "found", "p"], (0, 1, 2))
    for finding in found.findings:
        shown = number(finding.expected), number(finding.found)
        p = p_value(finding) + (" FAILS" if finding in failed else "")
        table.add_row(finding.study, finding.checked, finding.engine, *shown, p)
    return table


def _document(found: "Verification", failed: "list[Result]") -> dict[str, Any]:
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
