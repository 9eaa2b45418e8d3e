"""The command that makes a page with sliders of a sweep."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.application import command
from sim.cli.common import DONE, FAILED, keeping, print_json, refuse, tell, varied
from sim.cli.options import DrawnModel, Making, Output, Replicates, bundled
from sim.language.spoken import ENGLISH, said, speaking


@command(
    (
        "tocsin explore china-2022 --scale 0.01 --pool country --vary desks.visit.staff=1000,3000 "
        "--vary gangs.pools.abroad",
        "a page with two sliders over 24 simulated settings",
    ),
    ("tocsin explore results/sweeps/NAME-HASH --out what-if.html", "the page of a finished sweep, at once"),
)
def explore(
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO",
            help="A bundled name or a YAML file; or the folder of a finished sweep, to simulate nothing.",
            autocompletion=bundled,
        ),
    ],
    *,
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=LOW,HIGH", help="A lever and its ends; KEY alone takes its range. Repeatable."),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Number of settings to simulate [default: 12, 24, 40, 60 for one to four levers]."
        ),
    ] = None,
    replicates: Replicates = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The page [default: explore.html in the folder of the sweep].")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the sweep. Run the same command again to resume.")
    ] = None,
    model: DrawnModel,
    making: Making,
    output: Output,
) -> None:
    """Make one offline page with sliders for levers; between simulated settings it interpolates."""
    from sim.experiments.counts import Counts
    from sim.experiments.design import BOX
    from sim.experiments.explored import planned_box, warned
    from sim.experiments.simulations import FAILED as FAILED_RUN
    from sim.experiments.sweep import STATUS, prepared, sweep
    from sim.forecast.job import Job
    from sim.report.explore.page import written
    from sim.store.folder import demand_file

    code = DONE
    if out is not None:
        demand_file(out)
    if Path(scenario).is_dir():
        options = (vary, samples, replicates > 1, folder, making.workers, making.scheduler, output.dry_run)
        if any(options) or model.given:
            refuse(f"tocsin explore: {scenario} is the folder of a sweep; it can only be combined with --out")
        place = Path(scenario)
    else:
        found = model.load(scenario)
        axes = varied(vary) if vary else None
        plan = planned_box(found, axes, samples)
        output.forecast(Job.of_outcomes(found, Counts.exactly(len(plan) * replicates), making.workers))
        with making.experiment(output) as (runs, _):
            place = runs.kept_in(prepared(found, plan, replicates, folder))
            frame = sweep(found, axes, BOX, samples, replicates, place, **runs.computing)
        code = FAILED if (frame[STATUS] == FAILED_RUN).any() else DONE
    with keeping(f"finished runs are kept in {place}"):
        page = written(place, out)
    output.warn(warned(place))
    if output.as_json:
        with speaking(ENGLISH):
            print_json({"folder": str(place), "page": str(page), "warnings": warned(place)})
    elif not output.quiet:
        size = f"{page.stat().st_size / 1e6:.1f}"
        tell(said("{page}  {size} MB, from the runs in {folder}", page=page, size=size, folder=place))
    raise typer.Exit(code)
