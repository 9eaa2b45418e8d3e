"""Commands about scenarios: a new one, what is wrong with them, what they say and mean, which there are."""

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.options import (
    AsJson,
    Changes,
    DrawnModel,
    ScenarioName,
    Settings,
    bundled,
    command,
    in_its_terms,
    print_json,
    refuse,
    tell,
    warn_aside,
)
from sim.language.spoken import said, spelled, wrapped
from sim.scenario.bundled import FLAGSHIP
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.scenario.show import Explained


@command(("tocsin validate my.yaml", "one line per mistake: FILE:LINE:COL: key: what is wrong; what is allowed"))
def validate(scenario: ScenarioName, settings: Settings = None) -> None:
    """List every mistake of a scenario, and warn of measures outside its period and of values outside their ranges."""
    from sim.reading.findings import about_measures
    from sim.scenario.levers import outside_ranges
    from sim.store.columns import Scope

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
    from sim.told.runs import lever_lines
    from sim.told.tables import show

    one, two = _of(base), _of(other)
    rows, how = levers(one, two), run_as(one, two)
    if as_json:
        found = {"levers": rows, "run_as": how}
        document = {key: [row.as_json() for row in part] for key, part in found.items()}
        print_json({"base": one.name, "other": two.name, **document})
        return
    out = console()
    if rows:
        show(out, lever_lines(said("Changes of {other} from {base}", other=two.name, base=one.name), rows))
    else:
        tell(said("no lever differs"))
    if how:
        show(out, lever_lines(said("Different run settings"), how))


def _of(name: str) -> "Scenario":
    """Return the scenario of a name, a file or the folder of a run."""
    from sim.results import scenario_of

    return in_its_terms(scenario_of(Path(name))) if Path(name).is_dir() else Changes().load(name)


WIDEST = 100
"""The most columns of text."""

MOST_BELOW = 40
"""The most keys that are listed below a key."""

LABELS = 10
"""Columns of the labels of facts about a key."""


@command(
    ("tocsin new policy", "policy.yaml, which extends the flagship and changes nothing yet"),
    ("tocsin new second-policy --from more-officers", "a policy based on another policy"),
)
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the scenario; its file is NAME.yaml, in the current folder.")
    ],
    base: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="SCENARIO",
            help="The scenario to build on: a bundled name, or a YAML file in or below the current folder.",
            autocompletion=bundled,
        ),
    ] = FLAGSHIP,
) -> None:
    """Create a scenario, NAME.yaml, with the most used levers as comments, and a schema file for editors."""
    from sim.experiments.beginning import SCHEMA_FILE, begin

    for path in begin(name, base, Path()):
        tell(str(path))
    tell(
        said(
            "The first line of {name}.yaml refers editors to {schema}: those with YAML support (in VS Code, Red Hat's "
            "extension YAML) then check and explain keys, also offline. Next: tocsin validate {name}.yaml",
            name=name,
            schema=SCHEMA_FILE,
        )
    )


@command(
    ("tocsin provinces", "those of the flagship"),
    ("tocsin provinces my.yaml --set desks.visit.by_province.44.staff=1000", "the officers of a policy"),
    ("tocsin provinces results/runs/NAME", "with the alerts a day of a run"),
)
def provinces(
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="[SCENARIO]",
            help="A bundled name, a YAML file or the folder of a finished run.",
            autocompletion=bundled,
        ),
    ] = FLAGSHIP,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """List provinces with their codes, people and officers on duty; of a finished run also alerts a day."""
    from sim.experiments.officers import officers
    from sim.progress import console
    from sim.reading.run import Run
    from sim.store.json_files import reading
    from sim.told.runs import officers_table
    from sim.told.tables import show

    run = Run(Path(scenario)) if Path(scenario).is_dir() else None
    if run is not None and settings:
        refuse(
            f"tocsin provinces: {ascii_controls(scenario)} is a finished run; its scenario cannot be changed with --set"
        )
    found = Changes(settings=settings).load(scenario) if run is None else run.scenario
    with reading(Path(scenario)):
        rows = officers(found.spec, run)
    if as_json:
        print_json({"provinces": [asdict(row) for row in rows]})
    else:
        show(console(), [officers_table(rows)])
        tell(said("Officers on duty, day and night: first and last week of the period, at scale 1"))


@command(
    ("tocsin explain", "the top-level keys of a scenario"),
    ("tocsin explain desks.visit.staff china-2022", "what it means, its value in the flagship, and why"),
    ("tocsin explain 'measures[bank_hold]'", "the keys of a measure of that kind"),
    ("tocsin explain bank", "keys, kinds of measures and policies with this word"),
)
def explain(
    key: Annotated[
        str | None,
        typer.Argument(
            metavar="[KEY]",
            help="A dotted key, such as desks.visit.staff, or measures[bank_hold] for a kind of measure. Keys below it "
            "are listed. Other words are searched for.",
        ),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Argument(
            metavar="[SCENARIO]",
            help="Also show the value in this scenario, and its source.",
            autocompletion=bundled,
        ),
    ] = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Explain a key, its unit, bounds and value, or find keys, kinds of measures and policies by words."""
    from sim.scenario.keys import UnknownKeyError
    from sim.scenario.show import as_json as shown
    from sim.scenario.show import explained, overview

    if settings and scenario is None:
        refuse("tocsin explain: --set needs a scenario; use tocsin explain KEY SCENARIO --set ...")
    found = None if scenario is None else Changes(settings=settings).load(scenario)
    if key is None:
        if as_json:
            print_json({"keys": [{"key": own, "text": text} for own, text in overview()]})
        else:
            _listed(overview())
        return
    try:
        rows = explained(key, found)
    except UnknownKeyError:
        if not _searched(key, as_json):
            raise
        return
    if as_json:
        print_json({"explained": [shown(one) for one in rows]})
        return
    for number, one in enumerate(rows):
        if number:
            typer.echo()
        _explained(one, scenario)


def _explained(one: "Explained", scenario: str | None) -> None:
    """Print the facts about a key."""
    from sim.scenario.reading import as_typed, flow_text

    tell(one.key if one.kind is None else f"{one.key}  (of a measure of kind {one.kind})")
    _told("", one.text)
    _told("", one.more)
    if not one.below:
        _told("unit", one.unit)
    _told("allowed", one.allowed)
    _told("example", one.example)
    if scenario is not None and not one.below:
        _told("value", "not given" if one.value is None else f"{one.value}  in {scenario}")
    if one.source is not None:
        _told("given in", one.source.where)
        _told("origin", one.source.origin)
        if one.source.range is not None:
            _told("range", " to ".join(flow_text(as_typed(end)) for end in one.source.range))
        _told("shape", one.source.shape and spelled(one.source.shape))
        _told("fitted to", one.source.target)
        _told("basis", one.source.basis)
    if one.below:
        tell("  keys below it:")
        _listed(one.below[:MOST_BELOW])
        if len(one.below) > MOST_BELOW:
            tell(f"  and {len(one.below) - MOST_BELOW} more")


def _searched(text: str, as_json: bool) -> bool:
    """List the keys, kinds and policies with some words; return whether there are any. A dotted key has no words."""
    from sim.told.search import search

    found = [] if "." in text else search(text, MOST_BELOW)
    if found and as_json:
        print_json({"found": [{"key": key, "text": about} for key, about in found]})
    elif found:
        _listed(found)
    return bool(found)


def _listed(rows: "tuple[tuple[str, str], ...] | list[tuple[str, str]]") -> None:
    for key, text in rows:
        _wrapped(f"{key}: {text}", "  ", "      ")


def _told(label: str, text: str | None) -> None:
    """Print a labelled text, if there is one."""
    if text:
        _wrapped(text, f"  {label:<{LABELS}}" if label else "  ", " " * (LABELS + 2 if label else 2))


def _wrapped(text: str, first: str, rest: str) -> None:
    from sim.told.tables import printable

    width = min(WIDEST, shutil.get_terminal_size().columns)
    typer.echo(wrapped(printable(text), width, first, rest))
