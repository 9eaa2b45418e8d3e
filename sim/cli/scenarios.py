"""Commands about scenarios: what is wrong with them, what they say, which there are."""

import typer

from sim.cli.common import AsJson, Draw, Engine, Pool, Scale, ScenarioName, Seed, Settings, app, load
from sim.scenario.errors import ascii_controls


@app.command()
def validate(scenario: ScenarioName, settings: Settings = None) -> None:
    """Name every mistake of a scenario at once, and warn of measures that the period leaves out."""
    from sim.results.measure_findings import measures_outside
    from sim.results.scope import Scope

    found = load(scenario, settings, {})
    for row in measures_outside(Scope.of(found)):
        typer.echo(ascii_controls(f"warning: {row['sentence']}"), err=True)
    typer.echo(ascii_controls(f"{scenario}: no mistakes; {found.spec.title}"))


@app.command()
def show(
    scenario: ScenarioName,
    engine: Engine = None,
    scale: Scale = None,
    pool: Pool = None,
    seed: Seed = None,
    settings: Settings = None,
    draw: Draw = None,
    as_json: AsJson = False,
) -> None:
    """Print the resolved scenario, one line a value: where it was given, what it rests on."""
    from sim.results.folder import to_json
    from sim.scenario import show_lines

    found = load(
        scenario, settings, {"engine": engine, "scale": scale, "population.pool": pool, "seed": seed, "draw": draw}
    )
    if as_json:
        given = {key: source.where for key, source in found.sources.items()}
        typer.echo(to_json({"scenario": found.resolved, "sha256": found.sha256, "given": given}), nl=False)
        return
    for key, value, where, origin in show_lines(found):
        typer.echo(ascii_controls(f"{key}: {value}  # {where}{f'; {origin}' if origin else ''}"))


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from sim.results.folder import to_json
    from sim.scenario import json_schema

    typer.echo(to_json(json_schema()), nl=False)


@app.command()
def scenarios(as_json: AsJson = False) -> None:
    """List the bundled scenarios, one line each."""
    from sim.results.folder import to_json
    from sim.scenario import bundled_scenarios

    rows = bundled_scenarios()
    if as_json:
        typer.echo(to_json({"scenarios": [{"name": name, "title": title} for name, title in rows]}), nl=False)
        return
    width = max(len(name) for name, _ in rows)
    for name, title in rows:
        typer.echo(ascii_controls(f"{name:<{width}}  {title}"))
