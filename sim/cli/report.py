"""The command that makes something to look at of finished runs."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.common import Quiet, app, keeping


@app.command()
def report(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Folders of finished runs, or of replicates."),
    ],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The file; report.html in the run's folder.")] = None,
    quiet: Quiet = False,
) -> None:
    """Make one HTML file to look at, readable offline: of a run, or of several beside the first of them."""
    from sim.experiments.paired import runs_of
    from sim.progress import steps
    from sim.report.page import report as written
    from sim.results.run import Run
    from sim.results.stored import reading

    # One run alone is that run: replicates have nothing to be compared with.
    groups = [[Run(runs[0])]] if len(runs) == 1 else [runs_of(folder) for folder in runs]
    with keeping("nothing was written"), reading(runs[0]), steps(quiet, "pictures") as (_, progress):
        path = written(groups, out, progress)
    if not quiet:
        typer.echo(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
