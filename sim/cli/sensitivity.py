"""The command that ranks parameters by their effect."""

from typing import Annotated

import typer

from sim.cli.application import command
from sim.cli.common import DONE, FAILED
from sim.cli.options import DrawnModel, Full, Making, Output, OutputFolder, Quantity, ScenarioName
from sim.language.spoken import counted


@command(
    (
        "tocsin sensitivity china-2022 --scale 0.001 --vary 'warning.*'",
        "elementary effects (Morris); with --method sobol, shares of variance",
    )
)
def sensitivity(
    scenario: ScenarioName,
    *,
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="A number with a range, or a pattern such as 'warning.*'. Repeatable."),
    ] = None,
    method: Annotated[
        str,
        typer.Option(metavar="morris|sobol", help="Measure elementary effects (morris) or shares of variance (sobol)."),
    ] = "morris",
    samples: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Of D parameters: trajectories of D + 1 runs (morris); a power of two, times D + 2 runs (sobol).",
        ),
    ] = None,
    model: DrawnModel,
    out: OutputFolder = None,
    making: Making,
    quantity: Quantity = None,
    full: Full = False,
    output: Output,
) -> None:
    """Rank parameters by their effect when all vary over their ranges."""
    from sim.experiments.counts import Counts
    from sim.experiments.sensitivity import INDICES, QUANTITIES, planned, prepared
    from sim.experiments.sensitivity import sensitivity as computed
    from sim.forecast import Job
    from sim.told.concluded import of_sensitivity
    from sim.told.experiments import key_lines, records, sensitivity_tables, size
    from sim.warning.size import of_varied

    found = model.load(scenario)
    wanted = quantity or QUANTITIES
    chosen = planned(found, vary, method, samples, wanted)
    output.forecast(Job.of_outcomes(found, Counts.exactly(len(chosen)), making.workers))
    with making.experiment(output) as (runs, note):
        folder = runs.kept_in(prepared(found, chosen, out))
        note(f"{size(method, len(chosen.parameters), chosen.samples, chosen.block)}  {folder}")
        frame = computed(found, vary, method, samples, wanted, folder, **runs.computing)
    ends = {one.key: one.ends for one in chosen.parameters}
    rows, about = records(frame), {str(key): value for key, value in frame.attrs.items()}
    output.answered(
        lambda: of_sensitivity(method, rows, about, found, of_varied(found, ends)),
        lambda: {"folder": str(folder), **about, "rows": rows},
        lambda: [*sensitivity_tables(method, rows, found), *([key_lines(list(ends), found)] if full else [])],
        f"{folder / INDICES}: {counted('{count:,} run', '{count:,} runs', count=about['runs'])}",
        full,
    )
    raise typer.Exit(FAILED if about["dropped"] else DONE)
