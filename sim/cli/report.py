"""The command that makes a page of finished runs."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.application import command
from sim.cli.common import keeping, tell
from sim.cli.options import Output, Quiet


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
