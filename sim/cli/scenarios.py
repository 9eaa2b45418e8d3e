"""Commands about scenarios: what is wrong with them, what they say, which there are."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.application import command
from sim.cli.common import in_its_terms, print_json, refuse, tell, warn_aside
from sim.cli.options import AsJson, Changes, DrawnModel, ScenarioName, Settings, bundled
from sim.language.spoken import said

if TYPE_CHECKING:
    from sim.scenario import Scenario


@command(("tocsin validate my.yaml", "one line per mistake: FILE:LINE:COL: key: what is wrong; what is allowed"))
def validate(scenario: ScenarioName, settings: Settings = None) -> None:
    """List every mistake of a scenario, and warn of measures outside its period and of values outside their ranges."""
    from sim.reading.findings import about_measures
    from sim.scenario.lever_words import outside_ranges
    from sim.store.scope import Scope

    found = Changes(settings=settings).load(scenario)
    for row in about_measures(Scope.of(found)):
        warn_aside(row["sentence"])
    for line in outside_ranges(found):
        warn_aside(line)
    tell(said("{scenario}: no mistakes; {title}", scenario=scenario, title=found.spec.title))


@command(
    ("tocsin show my.yaml", "every value, where it was given, and its origin"),
    ("tocsin show my.yaml --timetable days.csv", "the policy day by day, for a spreadsheet"),
)
def show(
    scenario: ScenarioName,
    *,
    model: DrawnModel,
    timetable: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what the scenario alone decides, day by day, as a CSV file."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the resolved scenario, one value a line, with its place and origin."""
    from sim.scenario import show_lines

    if timetable is not None and as_json:
        refuse("--timetable: cannot be combined with --json; use one of them")
    found = model.load(scenario)
    if timetable is not None:
        from sim.reading.policy_days import write_policy_days

        write_policy_days(found.spec, timetable)
        if timetable.is_file():  # a stream holds the table alone
            tell(str(timetable))
        return
    if as_json:
        given = {key: source.where for key, source in found.sources.items()}
        print_json({"scenario": found.resolved, "sha256": found.sha256, "given": given})
        return
    for key, value, where, origin in show_lines(found):
        tell(f"{key}: {value}  # {where}{f'; {origin}' if origin else ''}")


@command(("tocsin schema > tocsin.schema.json", "a schema file for an editor"))
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from sim.scenario import json_schema

    print_json(json_schema())


@command(("tocsin scenarios", "the bundled scenarios, and the question of each"))
def scenarios(as_json: AsJson = False) -> None:
    """List the bundled scenarios, one line each."""
    from sim.scenario import bundled_scenarios

    rows = bundled_scenarios()
    if as_json:
        print_json({"scenarios": [{"name": name, "title": title} for name, title in rows]})
        return
    width = max(len(name) for name, _ in rows)
    for name, title in rows:
        tell(f"{name:<{width}}  {title}")


@command(
    ("tocsin diff china-2022 no-local", "what a policy changes, lever by lever"),
    ("tocsin diff results/runs/A results/runs/B", "two finished runs"),
)
def diff(
    base: Annotated[
        str,
        typer.Argument(metavar="A", help="A scenario, or the folder of a finished run.", autocompletion=bundled),
    ],
    other: Annotated[
        str,
        typer.Argument(metavar="B", help="Another scenario or run, compared with A.", autocompletion=bundled),
    ],
    as_json: AsJson = False,
) -> None:
    """List every lever in which two scenarios or runs differ, with both values."""
    from sim.progress import console
    from sim.scenario.levers import levers, run_as
    from sim.told.terminal import lever_lines
    from sim.told.text_tables import show

    one, two = _of(base), _of(other)
    rows, how = levers(one, two), run_as(one, two)
    if as_json:
        found = {"levers": rows, "run_as": how}
        document = {key: [row.as_json() for row in part] for key, part in found.items()}
        print_json({"base": one.name, "other": two.name, **document})
        return
    out = console()
    if rows:
        show(out, lever_lines(said("Changes of {other} from {base}", other=two.name, base=one.name), rows, out.width))
    else:
        tell(said("no lever differs"))
    if how:
        show(out, lever_lines(said("Different run settings"), how, out.width))


def _of(name: str) -> "Scenario":
    """Return the scenario of a name, a file or the folder of a run."""
    from sim.results import scenario_of

    return in_its_terms(scenario_of(Path(name))) if Path(name).is_dir() else Changes().load(name)
