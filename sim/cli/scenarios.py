"""Commands about scenarios: what is wrong with them, what they say, which there are."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.common import (
    Apart,
    AsJson,
    Draw,
    Engine,
    Pool,
    Scale,
    ScenarioName,
    Seed,
    Settings,
    app,
    bundled,
    given_values,
    in_its_terms,
    load,
    pooled,
)
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from sim.scenario import Scenario


@app.command()
def validate(scenario: ScenarioName, settings: Settings = None) -> None:
    """Name every mistake of a scenario at once, and warn of measures that the period leaves out."""
    from sim.reading.measure_findings import about_measures
    from sim.store.scope import Scope

    found = load(scenario, settings, {})
    for row in about_measures(Scope.of(found)):
        typer.echo(ascii_controls(f"warning: {row['sentence']}"), err=True)
    typer.echo(ascii_controls(f"{scenario}: no mistakes; {found.spec.title}"))


@app.command()
def show(
    scenario: ScenarioName,
    engine: Engine = None,
    scale: Scale = None,
    pool: Pool = None,
    apart: Apart = None,
    seed: Seed = None,
    settings: Settings = None,
    draw: Draw = None,
    as_json: AsJson = False,
) -> None:
    """Print the resolved scenario, one line a value: where it was given, what it rests on."""
    from sim.scenario import show_lines
    from sim.store.folder import to_json

    found = load(scenario, settings, given_values(engine, scale, pooled(pool, apart), seed, draw=draw))
    if as_json:
        given = {key: source.where for key, source in found.sources.items()}
        typer.echo(to_json({"scenario": found.resolved, "sha256": found.sha256, "given": given}), nl=False)
        return
    for key, value, where, origin in show_lines(found):
        typer.echo(ascii_controls(f"{key}: {value}  # {where}{f'; {origin}' if origin else ''}"))


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from sim.scenario import json_schema
    from sim.store.folder import to_json

    typer.echo(to_json(json_schema()), nl=False)


@app.command()
def scenarios(as_json: AsJson = False) -> None:
    """List the bundled scenarios, one line each."""
    from sim.scenario import bundled_scenarios
    from sim.store.folder import to_json

    rows = bundled_scenarios()
    if as_json:
        typer.echo(to_json({"scenarios": [{"name": name, "title": title} for name, title in rows]}), nl=False)
        return
    width = max(len(name) for name, _ in rows)
    for name, title in rows:
        typer.echo(ascii_controls(f"{name:<{width}}  {title}"))


@app.command()
def diff(
    base: Annotated[
        str,
        typer.Argument(metavar="A", help="A scenario, or the folder of a finished run.", autocompletion=bundled),
    ],
    other: Annotated[
        str,
        typer.Argument(metavar="B", help="What is compared with it, likewise.", autocompletion=bundled),
    ],
    as_json: AsJson = False,
) -> None:
    """Name every lever in which two scenarios or runs differ, also by province, with both values."""
    from sim.progress import console
    from sim.scenario.levers import levers, run_as
    from sim.store.folder import to_json
    from sim.told.terminal import lever_lines
    from sim.told.text_tables import show

    one, two = _of(base), _of(other)
    rows, how = levers(one, two), run_as(one, two)
    if as_json:
        found = {"levers": rows, "run_as": how}
        document = {key: [row.as_json() for row in part] for key, part in found.items()}
        typer.echo(to_json({"base": one.name, "other": two.name, **document}), nl=False)
        return
    out = console()
    if rows:
        show(out, lever_lines(f"what {two.name} changes of {one.name}", rows, out.width))
    else:
        typer.echo("no lever differs")
    if how:
        show(out, lever_lines("run otherwise", how, out.width))


def _of(name: str) -> "Scenario":
    """Return the scenario of a name, a file or the folder of a run."""
    from sim.runs import scenario_of

    return in_its_terms(scenario_of(Path(name))) if Path(name).is_dir() else load(name, None, {})
