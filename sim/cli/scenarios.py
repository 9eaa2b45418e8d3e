"""Commands about scenarios: a new one, what is wrong with them, what they say and mean, which there are."""

import re
import shutil
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options
from sim.cli.options import FLAGSHIP, argument, option, print_json, print_parts, refuse, scenario_argument, tell
from sim.language import said, spelled, wrapped
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.scenario.levers import Explained


def validate(scenario: options.ScenarioName, settings: options.Settings = None) -> None:
    """List every mistake of a scenario, and warn of measures outside its period and of values outside their ranges.

    # one line per mistake: FILE:LINE:COL: key: what is wrong; what is allowed
    tocsin validate my.yaml
    """
    from sim.reading.findings import about_measures
    from sim.scenario.levers import outside_ranges
    from sim.store.columns import Scope

    found = options.Changes(settings=settings).load(scenario)
    for line in (*(row["sentence"] for row in about_measures(Scope.of(found))), *outside_ranges(found)):
        options.warn_aside(line)
    tell(said("{scenario}: no mistakes; {title}", scenario=scenario, title=found.spec.title))


def show(
    scenario: options.ScenarioName,
    *,
    model: options.DrawnModel,
    timetable: Annotated[
        Path | None, option("FILE", "Write what the scenario alone decides, day by day, as a CSV file.")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Print the resolved scenario, one value a line, with its place and origin.

    # every value, where it was given, and its origin
    tocsin show my.yaml
    # the policy day by day, for a spreadsheet
    tocsin show my.yaml --timetable days.csv
    """
    from sim.reading.policy_days import write_policy_days
    from sim.scenario.levers import show_lines

    if timetable is not None and as_json:
        refuse("--timetable: cannot be combined with --json; use one of them")
    found = model.load(scenario)
    if timetable is not None:
        write_policy_days(found.spec, timetable)
        if timetable.is_file():  # a stream holds the table alone
            tell(str(timetable))
    elif as_json:
        given = {key: source.where for key, source in found.sources.items()}
        print_json({"scenario": found.resolved, "sha256": found.sha256, "given": given})
    else:
        for key, value, where, origin in show_lines(found):
            tell(f"{key}: {value}  # {where}{f'; {origin}' if origin else ''}")


def schema() -> None:
    """Print the JSON Schema of scenario files, for editors.

    # a schema file for an editor
    tocsin schema > tocsin.schema.json
    """
    from sim.scenario.guide import json_schema

    print_json(json_schema())


def scenarios(as_json: options.AsJson = False) -> None:
    """List the bundled scenarios, one line each.

    # the bundled scenarios, and the question of each
    tocsin scenarios
    """
    from sim.scenario.reading import bundled_scenarios

    rows = bundled_scenarios()
    if as_json:
        print_json({"scenarios": [{"name": name, "title": title} for name, title in rows]})
        return
    width = max(len(name) for name, _ in rows)
    for name, title in rows:
        tell(f"{name:<{width}}  {title}")


def diff(
    base: Annotated[str, scenario_argument("A", "A scenario, or the folder of a finished run.")],
    other: Annotated[str, scenario_argument("B", "Another scenario or run, compared with A.")],
    as_json: options.AsJson = False,
) -> None:
    """List every lever in which two scenarios or runs differ, with both values.

    # what a policy changes, lever by lever
    tocsin diff china-2022 no-local
    # two finished runs
    tocsin diff results/runs/A results/runs/B
    """
    from sim.scenario.levers import levers, run_as
    from sim.told.runs import lever_lines

    one, two = _of(base), _of(other)
    rows, how = levers(one, two), run_as(one, two)
    if as_json:
        document = {key: [row.as_json() for row in part] for key, part in {"levers": rows, "run_as": how}.items()}
        print_json({"base": one.name, "other": two.name, **document})
        return
    if rows:
        print_parts(lever_lines(said("Changes of {other} from {base}", other=two.name, base=one.name), rows))
    else:
        tell(said("no lever differs"))
    if how:
        print_parts(lever_lines(said("Different run settings"), how))


def _of(name: str) -> "Scenario":
    """Return the scenario of a name, a file or the folder of a run."""
    from sim.results import scenario_of

    return options.in_its_terms(scenario_of(Path(name))) if Path(name).is_dir() else options.Changes().load(name)


def new(
    name: Annotated[str, argument("NAME", "Name of the scenario; its file is NAME.yaml, in the current folder.")],
    base: Annotated[
        str,
        option(
            "SCENARIO",
            "The scenario to build on: a bundled name, or a YAML file in or below the current folder.",
            "--from",
            autocompletion=options.bundled,
        ),
    ] = FLAGSHIP,
) -> None:
    """Create a scenario, NAME.yaml, with the most used levers as comments, and a schema file for editors.

    # policy.yaml, which extends the flagship and changes nothing yet
    tocsin new policy
    # a policy based on another policy
    tocsin new second-policy --from more-officers
    """
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


def provinces(
    scenario: Annotated[
        str, scenario_argument("[SCENARIO]", "A bundled name, a YAML file or the folder of a finished run.")
    ] = FLAGSHIP,
    settings: options.Settings = None,
    as_json: options.AsJson = False,
) -> None:
    """List provinces with their codes, people and officers on duty; of a finished run also alerts a day.

    # those of the flagship
    tocsin provinces
    # the officers of a policy
    tocsin provinces my.yaml --set desks.visit.by_province.44.staff=1000
    # with the alerts a day of a run
    tocsin provinces results/runs/NAME
    """
    from sim.experiments.staffing import officers
    from sim.reading.run import Run
    from sim.store.folder import reading
    from sim.told.runs import officers_table

    run = Run(Path(scenario)) if Path(scenario).is_dir() else None
    if run is not None and settings:
        what = f"{ascii_controls(scenario)} is a finished run; its scenario cannot be changed with --set"
        refuse(f"tocsin provinces: {what}")
    found = options.Changes(settings=settings).load(scenario) if run is None else run.scenario
    with reading(Path(scenario)):
        rows = officers(found.spec, run)
    if as_json:
        print_json({"provinces": [asdict(row) for row in rows]})
    else:
        print_parts([officers_table(rows)])
        tell(said("Officers on duty, day and night: first and last week of the period, at scale 1"))


MOST_BELOW = 40
"""The most keys that are listed below a key."""


def explain(
    key: Annotated[
        str | None,
        argument(
            "[KEY]",
            "A dotted key, such as desks.visit.staff, or measures[bank_hold] for a kind of measure. Keys below it "
            "are listed. Other words are searched for.",
        ),
    ] = None,
    scenario: Annotated[
        str | None, scenario_argument("[SCENARIO]", "Also show the value in this scenario, and its source.")
    ] = None,
    settings: options.Settings = None,
    as_json: options.AsJson = False,
) -> None:
    """Explain a key, its unit, bounds and value, or find keys, kinds of measures and policies by words.

    # the top-level keys of a scenario
    tocsin explain
    # what it means, its value in the flagship, and why
    tocsin explain desks.visit.staff china-2022
    # the keys of a measure of that kind
    tocsin explain 'measures[bank_hold]'
    # keys, kinds of measures and policies with this word
    tocsin explain bank
    """
    from sim.scenario.guide import search
    from sim.scenario.keys import UnknownKeyError
    from sim.scenario.levers import as_json as shown
    from sim.scenario.levers import explained, overview

    if settings and scenario is None:
        refuse("tocsin explain: --set needs a scenario; use tocsin explain KEY SCENARIO --set ...")
    found = None if scenario is None else options.Changes(settings=settings).load(scenario)
    if key is None:
        _list("keys", overview(), as_json)
        return
    try:
        rows = explained(key, found)
    except UnknownKeyError:
        matches = [] if "." in key else search(key, MOST_BELOW)  # a dotted key has no words
        if not matches:
            raise
        _list("found", matches, as_json)
        return
    if as_json:
        print_json({"explained": [shown(one) for one in rows]})
        return
    for number, one in enumerate(rows):
        if number:
            typer.echo()
        _explain(one, scenario)


def _list(name: str, rows: Iterable[tuple[str, str]], as_json: bool = False) -> None:
    """Print keys and what is said of them."""
    if as_json:
        print_json({name: [{"key": key, "text": text} for key, text in rows]})
        return
    for key, text in rows:
        _wrap(f"{key}: {text}", "  ", 6)


def _explain(one: "Explained", scenario: str | None) -> None:
    """Print the facts about a key."""
    from sim.scenario.reading import as_typed, flow_text

    tell(one.key if one.kind is None else f"{one.key}  (of a measure of kind {one.kind})")
    for text in filter(None, (one.text, one.more)):
        _wrap(text, "  ", 2)
    facts = {"unit": None if one.below else one.unit, "allowed": one.allowed, "example": one.example}
    if scenario is not None and not one.below:
        facts["value"] = "not given" if one.value is None else f"{one.value}  in {scenario}"
    if (source := one.source) is not None:
        facts |= {"given in": source.where, "origin": source.origin}
        if source.range is not None:
            facts["range"] = " to ".join(flow_text(as_typed(end)) for end in source.range)
        facts |= {"shape": source.shape and spelled(source.shape), "fitted to": source.target, "basis": source.basis}
    for label, fact in facts.items():
        if fact:
            _wrap(fact, f"  {label:<10}", 12)
    if one.below:
        tell("  keys below it:")
        _list("", one.below[:MOST_BELOW])
        if len(one.below) > MOST_BELOW:
            tell(f"  and {len(one.below) - MOST_BELOW} more")


def _wrap(text: str, first: str, rest: int) -> None:
    """Print a text after ``first`` in at most 100 columns, further lines after ``rest`` spaces."""
    from sim.told.tables import printable

    typer.echo(wrapped(printable(text), min(100, shutil.get_terminal_size().columns), first, " " * rest))


SCHEMA_FILE = "tocsin.schema.json"
"""The JSON Schema next to the scenarios of a folder."""


def begin(name: str, base: str, folder: Path) -> list[Path]:
    """Write a scenario with its levers commented out, and the schema next to it unless it exists already.

    Args:
        name: The name of the scenario, and of its file.
        base: The scenario that it extends: a bundled name, or the path of a file in the folder or below it.
        folder: The folder.

    Returns:
        The written files.
    """
    from sim.scenario import load_scenario
    from sim.scenario.errors import found
    from sim.scenario.guide import json_schema, starter_text
    from sim.scenario.reading import bundled_names, inside, is_path
    from sim.scenario.schema.base import NAME
    from sim.store.folder import to_json, whole

    path, schema = folder / f"{name}.yaml", folder / SCHEMA_FILE
    if name.endswith(".yaml") or not re.fullmatch(NAME, name):
        what = "letters, digits, '.', '_' and '-', at most 80, the first a letter or digit, and no ending .yaml"
        refuse(f"tocsin new: {found(name)} cannot be the name of a scenario; use {what}")
    if name in bundled_names():
        refuse(f"tocsin new: {found(name)} is a bundled scenario; use another name, with --from {name}")
    if path.exists() or path.is_symlink():
        refuse(f"tocsin new: {path} exists; use another name, or remove the file first")
    if is_path(base) and isinstance(inside(folder, base), str):
        what = "lies outside this folder; use a bundled name or a file below this folder"
        refuse(f"tocsin new: --from {base}: {what}")
    if base not in bundled_names() and not is_path(base) and (folder / base).is_file():
        refuse(f"tocsin new: --from {base}: must end in .yaml or .yml")
    text = starter_text(name, base, load_scenario(str(folder / base) if is_path(base) else base), SCHEMA_FILE)
    stated = to_json(json_schema())
    written = [path]
    if not schema.exists() or schema.read_bytes() != stated.encode():
        with whole(schema) as unfinished:
            unfinished.write_text(stated, encoding="utf-8")
        written.append(schema)
    with whole(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
    return written
