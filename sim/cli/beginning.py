"""Commands to begin with: a scenario of one's own, the provinces there are, what a key means."""

import shutil
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.common import AsJson, Settings, app, bundled, load, refuse
from sim.scenario.errors import ascii_controls

if TYPE_CHECKING:
    from sim.scenario.explained import Explained

FLAGSHIP = "china-2022"
"""The scenario that is meant where none is named."""

WIDEST, INDENT = 100, 10
"""Columns of text at most, and those in which its labels stand."""

MOST_BELOW = 40
"""Keys below a key that are listed."""


@app.command()
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The name of the scenario; its file is NAME.yaml, in this folder.")
    ],
    base: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="SCENARIO",
            help="The scenario that it changes: a bundled name, or a YAML file beside or below this folder.",
            autocompletion=bundled,
        ),
    ] = FLAGSHIP,
) -> None:
    """Begin a scenario: NAME.yaml with the levers used most, to be uncommented, and a schema for editors beside it."""
    from sim.experiments.beginning import SCHEMA_FILE, begin

    for path in begin(name, base, Path()):
        typer.echo(ascii_controls(str(path)))
    typer.echo(
        f"Editors with YAML support (in VS Code the extension YAML of Red Hat) read {SCHEMA_FILE} as the first line of "
        f"{name}.yaml tells them, also offline. Next: tocsin validate {name}.yaml"
    )


@app.command()
def provinces(
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="[SCENARIO]",
            help=f"A bundled name, a YAML file or the folder of a finished run; {FLAGSHIP} if not given.",
            autocompletion=bundled,
        ),
    ] = FLAGSHIP,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """List provinces: code, name, people, officers on duty; of a finished run alerts a day, which no scenario knows."""
    from sim.experiments.officers import officers
    from sim.progress import console
    from sim.reading.run import Run
    from sim.store.folder import to_json
    from sim.store.json_files import reading
    from sim.told.provinces import officers_table

    run = Run(Path(scenario)) if Path(scenario).is_dir() else None
    if run is not None and settings:
        refuse(
            f"tocsin provinces: {ascii_controls(scenario)} is a finished run, whose scenario is what it was; no --set"
        )
    found = load(scenario, settings, {}) if run is None else run.scenario
    with reading(Path(scenario)):
        rows = officers(found.spec, run)
    if as_json:
        typer.echo(to_json({"provinces": [asdict(row) for row in rows]}), nl=False)
    else:
        console().print(officers_table(rows))
        typer.echo("Officers on duty, day and night: first and last week of the period, at scale 1.")


@app.command()
def explain(
    key: Annotated[
        str | None,
        typer.Argument(
            metavar="[KEY]",
            help="A dotted key, such as desks.visit.staff, or measures[bank_hold] for any measure of a kind; of a key "
            "with others below, they are listed.",
        ),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Argument(
            metavar="[SCENARIO]",
            help="The scenario whose value is shown, and where it is from.",
            autocompletion=bundled,
        ),
    ] = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Say what a key of a scenario means: unit, direction, bounds, an example; and what a scenario says there."""
    from sim.scenario.explained import as_json as shown
    from sim.scenario.explained import explained, overview
    from sim.store.folder import to_json

    if settings and scenario is None:
        refuse("tocsin explain: --set changes a scenario, and none is named; tocsin explain KEY SCENARIO")
    found = None if scenario is None else load(scenario, settings, {})
    if key is None:
        if as_json:
            typer.echo(to_json({"keys": [{"key": own, "text": text} for own, text in overview()]}), nl=False)
        else:
            _listed(overview())
        return
    rows = explained(key, found)
    if as_json:
        typer.echo(to_json({"explained": [shown(one) for one in rows]}), nl=False)
        return
    for number, one in enumerate(rows):
        if number:
            typer.echo()
        _explained(one, scenario)


def _explained(one: "Explained", scenario: str | None) -> None:
    """Print what is known of a key."""
    from sim.scenario.writing import as_typed, flow_text

    typer.echo(ascii_controls(one.key if one.kind is None else f"{one.key}  (of a {one.kind})"))
    _told("", one.text)
    if not one.below:
        _told("unit", one.unit)
    if one.more:
        label, _, text = one.more.partition(": ")
        _told("more" if label == "More of it" else "later", text)
    _told("allowed", one.allowed)
    _told("example", one.example)
    if scenario is not None and not one.below:
        _told("value", "not given" if one.value is None else f"{one.value}  in {scenario}")
    if one.source is not None:
        _told("from", one.source.where)
        _told("origin", one.source.origin)
        _told(
            "range",
            None if one.source.range is None else " to ".join(flow_text(as_typed(end)) for end in one.source.range),
        )
        _told("fitted to", one.source.target)
        _told("basis", one.source.basis)
    if one.below:
        typer.echo("  below it:")
        _listed(one.below[:MOST_BELOW])
        if len(one.below) > MOST_BELOW:
            typer.echo(f"  and {len(one.below) - MOST_BELOW} more")


def _listed(rows: "tuple[tuple[str, str], ...] | list[tuple[str, str]]") -> None:
    for key, text in rows:
        typer.echo(_wrapped(f"  {key}: {text}", "      "))


def _told(label: str, text: str | None) -> None:
    if text:
        typer.echo(
            _wrapped(f"  {label:<{INDENT}}{text}" if label else f"  {text}", " " * (INDENT + 2) if label else "  ")
        )


def _wrapped(text: str, indent: str) -> str:
    width = min(WIDEST, shutil.get_terminal_size().columns)
    return textwrap.fill(
        ascii_controls(text), width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
