"""The command that holds both engines against theory, and the generator against chance."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.common import DONE, FAILED, AsJson, DryRun, Quiet, app, foretell, keeping, refuse


@app.command()
def verify(
    engine: Annotated[str, typer.Option(metavar="vector|reference|both", help="The engine that is verified.")] = "both",
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="The seed of the first run; the others count up.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A quarter of the days, and of the draws.")] = False,
    write: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A Markdown page, into whose part `verify` the tables go.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    dry_run: DryRun = False,
) -> None:
    """Hold both engines against theory, and the generator against chance, all under one family-wise error rate."""
    import dataclasses
    import math
    from datetime import date

    from sim.forecast.job import Job
    from sim.progress import console, steps
    from sim.store.folder import to_json
    from sim.told.verification import tables
    from sim.verify.page import demand_marks, lines, summary
    from sim.verify.page import write as write_page
    from sim.verify.study import ENGINES
    from sim.verify.verification import SEED, scenarios
    from sim.verify.verification import verify as verified

    if engine not in (*ENGINES, "both"):
        refuse(f"--engine {engine}: is none of them; {', '.join(ENGINES)} or both")
    if write is not None:
        try:
            demand_marks(write, "verify")
        except (OSError, ValueError) as error:
            refuse(f"tocsin verify: {error}")
    engines, first = ENGINES if engine == "both" else (engine,), SEED if seed is None else seed
    if dry_run:
        foretell(Job.of_folders(scenarios(engines, first, quick), 1, None, kept=False), dry_run, as_json, quiet)
    with keeping("nothing was written"), steps(quiet or as_json) as (tell, _):
        found = verified(engines, first, quick, tell)
        if write is not None:
            write_page(write, "verify", list(lines(found, date.today())))
    failed = found.failed()
    if as_json:
        rows = [
            {
                **dataclasses.asdict(finding),
                "found": finding.found if math.isfinite(finding.found) else None,
                "p_adjusted": p,
                "passed": finding not in failed,
            }
            for finding, p in zip(found.findings, found.adjusted, strict=True)
        ]
        document = {"seed": found.seed, "rate": found.rate, "engines": found.engines, "findings": rows}
        typer.echo(to_json(document), nl=False)
    elif not quiet:
        for table in tables(found):
            console().print(table)
        typer.echo(summary(found))
    for finding in failed:
        typer.echo(
            f"tocsin verify: {finding.study}, {finding.engine}: {finding.checked}: expected {finding.expected:.6g}, "
            f"found {finding.found:.6g}, p {finding.p if finding.p is not None else 'exact'}",
            err=True,
        )
    raise typer.Exit(FAILED if failed else DONE)
