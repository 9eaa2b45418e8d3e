"""``docs/cli.md`` is what the program says of itself, and it has examples of all commands."""

import re

import pytest
import typer

from sim.cli import app
from sim.cli.application import EXAMPLES
from sim.cli.document import WIDTH, document
from tests.cli.commands import ROOT

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("columns", ["30", "300"])
def test_the_file_is_what_the_program_gives_at_any_width_of_the_terminal(
    columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    # Where this fails: python -m sim.cli.document > docs/cli.md
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == document()


def test_every_option_of_every_command_is_there() -> None:
    sections = dict(zip(COMMANDS, document().split("\n## ")[1:], strict=True))
    for name, command in COMMANDS.items():
        for parameter in command.params:
            assert (
                f"`{parameter.opts[0] if parameter.param_type_name == 'option' else parameter.metavar}"
                in (sections[name])
            ), (name, parameter.name)
            assert " ".join(parameter.help.split()) in " ".join(sections[name].split()), (name, parameter.name)
    assert all(len(line) <= WIDTH for line in document().splitlines())


def test_every_command_has_examples() -> None:
    assert set(EXAMPLES) == set(COMMANDS)
    for name, examples in EXAMPLES.items():
        for typed, _ in examples:
            assert re.match(rf"tocsin (--language \w+ )?{name}\b", typed), typed
