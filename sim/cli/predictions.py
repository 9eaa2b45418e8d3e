"""Commands about predictions in public: store one, and score all of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.application import command
from sim.cli.common import print_json, refuse, tell
from sim.cli.options import MOST, AsJson, Changes, Making, Output, Quiet, ScenarioName

PART = "ledger"
"""The part of a page that ``tocsin ledger --write`` writes."""


@command(
    ("tocsin predict fitted.yaml --scale 0.005 --pool country", "over all posterior draws"),
    ("tocsin predict fitted.yaml --draws 50 --out next-year.json", "over the first 50, into this file"),
)
def predict(
    scenario: ScenarioName,
    *,
    changes: Changes,
    draws: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=MOST, help="Run the first N posterior draws [default: all].")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File of the prediction [default: forecasts/NAME-DATE.json]."),
    ] = None,
    making: Making,
    output: Output,
) -> None:
    """Predict unreported figures of a scenario with 90% intervals, and store them with their hash and date."""
    from sim.experiments.counts import Counts
    from sim.forecast import Job
    from sim.predictions.ledger import entries
    from sim.predictions.predict import planned, prepared
    from sim.predictions.predict import predict as predicted
    from sim.predictions.stored import FOLDER, demand_new, read_prediction, write_prediction
    from sim.progress import console
    from sim.told.ledger import predicted_table
    from sim.told.text_tables import show
    from sim.warning.size import in_english, of_sizes

    found = changes.load(scenario)
    plan = planned(scenario, found, draws)
    today = datetime.now(UTC).date()
    file = out or FOLDER / f"{found.name}-{today}.json"
    demand_new(file, plan.identity(today))
    output.forecast(Job.of_outcomes(found, Counts.exactly(plan.draws + 1), making.workers))
    with making.experiment(output, plan.draws + 1) as (runs, _):
        folder = runs.kept_in(prepared(plan))
        done = predicted(plan, lambda draw: changes.load(scenario, draw=draw), folder, today, **runs.computing)
    write_prediction(file, done)
    output.warn(of_sizes([found.spec]))
    stored = read_prediction(file)
    if output.shown(lambda: {"file": str(file), **stored.document, "warnings": in_english([found.spec])}):
        show(console(), [predicted_table(stored, entries(stored, []))])
        tell(f"{file}  {stored.document['sha256']}")


@command(
    ("tocsin ledger", "the predictions in forecasts/, and later reports"),
    ("tocsin ledger forecasts --write docs/forecasts.md", "renew the tables of the page"),
)
def ledger(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Folder of predictions and reports [default: forecasts].")
    ] = None,
    write: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the tables into the part `ledger` of this Markdown page.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show stored predictions next to later reports, with their scores and those of simple rivals."""
    from sim.predictions.ledger import read_ledger
    from sim.predictions.stored import FOLDER
    from sim.progress import console
    from sim.told.ledger import document, markdown, summary, tables
    from sim.told.text_tables import show
    from sim.verify.page import demand_marks
    from sim.verify.page import write as write_page

    if write is not None:
        try:
            demand_marks(write, PART)
        except (OSError, ValueError) as error:
            refuse(f"tocsin ledger: {error}")
    found = read_ledger(folder or FOLDER)
    if write is not None:
        write_page(write, PART, markdown(found))
    if as_json:
        print_json(document(found))
    elif not quiet:
        show(console(), tables(found))
        tell(summary(found))
