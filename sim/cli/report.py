"""The command that makes something to look at of finished runs."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.common import Quiet, app, keeping, warn


@app.command()
def report(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="Folders of finished runs, or of replicates, the first of which is the base; or a folder that tocsin "
            "compare made.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The file; report.html in the folder, or of several in the current one."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Make one HTML file to look at, readable offline: of a run, or of several beside the first of them."""
    from sim.experiments.paired import groups_of
    from sim.experiments.rounded import unsaid
    from sim.progress import steps
    from sim.report.page import REPORT_HTML
    from sim.report.page import report as written
    from sim.store.json_files import reading

    groups = groups_of(runs)
    place = runs[0] / REPORT_HTML if len(runs) == 1 else None
    with keeping("nothing was written"), reading(runs[0]), steps(quiet, "pictures") as (_, progress):
        path = written(groups, out or place, progress)
    if not quiet:
        warn(unsaid([group[0].scenario.spec for group in groups]))
        typer.echo(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
