"""The command that turns a question in words into a policy."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.application import command
from sim.cli.common import print_json, refuse, tell
from sim.cli.options import AsJson, bundled
from sim.language.spoken import said
from sim.scenario.bundled import FLAGSHIP


@command(
    (
        "tocsin ask 'twice the officers and delays of large transfers'",
        "a policy with both changes, and the command that compares it",
    ),
    ("tocsin ask 'no local warnings' -o no-local-warnings.yaml", "the policy in a file"),
    ("tocsin ask 'delay large transfers by 12 hours' --from example-country", "a policy of another country"),
)
def ask(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The question, in English, French or Chinese.")],
    base: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="SCENARIO",
            help="The scenario that the policy changes: a bundled name, or a YAML file in or below the current folder.",
            autocompletion=bundled,
        ),
    ] = FLAGSHIP,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Write the policy into this file, which must not exist."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Turn a question in words into a policy, or say what cannot be asked and what comes nearest."""
    from sim.asking.question import ask as asked

    found = asked(text, base)
    if as_json:
        print_json(found.as_json())
    if found.yaml is None:
        refuse(*(one.line for one in found.unasked))
    if out is not None:
        found.write(out)
    if as_json:
        return
    if out is None:
        typer.echo(found.yaml, nl=False)
        return
    tell(str(out))
    for note in found.notes:
        tell(said("note: {note}", note=note))
    tell(said("Next: {command}", command=found.command(str(out))))
