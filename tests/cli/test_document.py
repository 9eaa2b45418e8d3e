"""The reference of the command line has every option, and examples of all commands."""

import re
import shlex

import typer

from sim import cli
from sim.cli import app, texts_of
from tools.references import WIDTH, commands_page

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def test_every_option_of_every_command_is_there() -> None:
    sections = dict(zip(COMMANDS, commands_page().split("\n## ")[1:], strict=True))
    for name, command in COMMANDS.items():
        for parameter in command.params:
            assert (
                f"`{parameter.opts[0] if parameter.param_type_name == 'option' else parameter.metavar}"
                in (sections[name])
            ), (name, parameter.name)
            assert " ".join(parameter.help.split()) in " ".join(sections[name].split()), (name, parameter.name)
    assert all(len(line) <= WIDTH for line in commands_page().splitlines())


def test_every_command_has_examples_that_can_be_typed() -> None:
    for name, function in cli.COMMANDS.items():
        examples = texts_of(function)[1].splitlines()
        assert examples[::2] == [line for line in examples if line.startswith("# ")], name
        assert examples
        for typed in examples[1::2]:
            assert re.match(rf"tocsin (--language \w+ )?{name}\b", typed), typed
            words = shlex.split(typed.partition(" >")[0], comments=True)
            COMMANDS[name].make_context(name, words[words.index(name) + 1 :])
