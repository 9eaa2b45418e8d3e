"""The reference of the command line has every option, and examples of all commands."""

import re
import shlex

import typer

from sim.cli import app
from sim.cli.document import WIDTH, document
from sim.cli.options import EXAMPLES

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


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


def test_every_command_has_examples_that_can_be_typed() -> None:
    assert set(EXAMPLES) == set(COMMANDS)
    for name, examples in EXAMPLES.items():
        for typed, _ in examples:
            assert re.match(rf"tocsin (--language \w+ )?{name}\b", typed), typed
            words = shlex.split(typed.partition(" >")[0], comments=True)
            COMMANDS[name].make_context(name, words[words.index(name) + 1 :])
