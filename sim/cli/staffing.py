"""The command that finds the staff that a promise needs."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.application import command
from sim.cli.options import DrawnModel, DrawsToo, Full, Making, Output, OutputFolder, Replicates, ScenarioName
from sim.language.spoken import ENGLISH, said, speaking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sim.experiments.staffing import Staffing
    from sim.told.text_tables import TextTable


@command(
    (
        'tocsin staffing my.yaml --tier red --within "2 h" --share 0.95 --relative',
        "the smallest staff by province, and its cost curve",
    ),
)
def staffing(
    scenario: ScenarioName,
    *,
    desk: Annotated[str, typer.Option(metavar="visit|call", help="Desk to staff.")] = "visit",
    tier: Annotated[
        str, typer.Option(metavar="red|orange|yellow|blue", help="Tier of alerts that the promise covers.")
    ] = "red",
    share: Annotated[float, typer.Option(metavar="S", help="Share of these alerts to reach in time.")] = 0.95,
    within: Annotated[
        str | None, typer.Option(metavar="TIME", help="Their deadline, such as '2 h' [default: the tier's].")
    ] = None,
    relative: Annotated[
        bool, typer.Option("--relative", help="Take the share of what unlimited staff would reach.")
    ] = False,
    model: DrawnModel,
    out: OutputFolder = None,
    making: Making,
    replicates: Replicates = 1,
    draws: DrawsToo = None,
    full: Full = False,
    output: Output,
) -> None:
    """Find the smallest staff in each province that keeps a promise, and what more or less staff would change."""
    from sim.experiments.promise import Terms
    from sim.experiments.staffing import FACTORS, STAFFED_YAML, Search, prepared, runs_of, staffing_over
    from sim.experiments.staffing import staffing as searched
    from sim.forecast import Job
    from sim.told.concluded import of_staffing
    from sim.told.experiments import drawn_staff_table, records, staffing_tables

    found = model.load(scenario)
    promise = (desk, tier, share, within, relative)
    others = model.over_draws(scenario, draws)
    number = runs_of(found, Terms(*promise), FACTORS, replicates).times(1 + len(others))
    output.forecast(Job.of_outcomes(found, number, making.workers))
    with making.experiment(output, number.typical) as (runs, note):
        folder = runs.kept_in(prepared(found, Terms(*promise), FACTORS, replicates, out))
        search = Search(replicates=replicates, folder=folder, tell=note, **runs.computing)
        done = searched(found, *promise, FACTORS, **search)
        over_draws = records(staffing_over(others, done, *promise, FACTORS, **search)) if others else None

    def parts() -> "Iterator[TextTable | str]":
        yield from staffing_tables(done)
        if over_draws is not None:
            yield from drawn_staff_table(over_draws, len(others))

    file = folder / STAFFED_YAML
    if done.frame["staff"].isna().any():
        text = said("the scenario with this staff; provinces that cannot keep the promise have their present staff")
    else:
        text = said("the scenario with this staff, to run and compare")
    output.answered(
        lambda: of_staffing(done, Terms(*promise), scenario, file),
        lambda: _document(done, folder, over_draws),
        parts,
        f"{file}: {text}",
        full,
    )


def _document(done: "Staffing", folder: "Path", over_draws: list[dict[str, Any]] | None) -> dict[str, Any]:
    """Return what scripts read."""
    from sim.told.experiments import records

    with speaking(ENGLISH):
        document = {"provinces": records(done.frame), "curve": records(done.curve), "warnings": done.warnings}
    if over_draws is not None:
        document |= {"draws": over_draws}
    return {"folder": str(folder), **document}
