"""Write the site's reference of the command line: each command with arguments, options and examples."""

import textwrap
from typing import Any

import typer

from sim.cli import PROGRAM, app
from sim.cli.options import EXAMPLES, joined

WIDTH = 120

INTRODUCTION = f"""\
# The command line

For everybody who types commands: after this page you can look up any option of `{PROGRAM}`. `{PROGRAM} COMMAND --help`
shows the same in a terminal, and `python -m sim` is the same command.

Exit codes: 0 done; 1 a run or a check failed; 2 bad usage or a bad scenario, and nothing was written. Each mistake is
one line on standard error. `--json` prints one document for scripts instead of tables. Progress goes to standard error,
and only to a terminal. A command that may take more than five minutes says so on standard error before it starts,
except with `--quiet`. `log.txt` in the folder of a run or an experiment says what was done when. An option without a
default is decided by the scenario, unless its text says otherwise.

Before a command: `--version` prints the version; `--verbose` is the option of the command; `--install-completion`
teaches the shell commands, options and bundled names; `--help` lists the commands; `--language en|zh|fr`, or the
variable `TOCSIN_LANGUAGE`, sets the language of answers, findings and pages. Help, meanings of keys, `tocsin verify`,
errors, stored files and `--json` are always English.
"""


def document() -> str:
    """Return the whole document, in Markdown."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    contents = " · ".join(f"[{name}](#{name})" for name in commands)
    sections = [_section(name, command) for name, command in commands.items()]
    return "\n".join([INTRODUCTION, _wrapped(f"Commands: {contents}") + "\n", *sections])


def _section(name: str, command: Any) -> str:
    """Return the section of one command."""
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    usage = " ".join([PROGRAM, name, *(one.metavar for one in arguments), *(["[OPTIONS]"] if options else [])])
    items = [_item(one.metavar, _notes(one), one.help) for one in arguments]
    items += [_item(_spelling(one), _notes(one), one.help) for one in options]
    examples = [f"# {meaning}\n{typed}" for typed, meaning in EXAMPLES[name]]
    parts = [f"## {name}", f"`{usage}`", _wrapped(joined(command.help)), *(["\n".join(items)] if items else [])]
    return "\n\n".join([*parts, "\n".join(["```sh", *examples, "```"])]) + "\n"


def _spelling(option: Any) -> str:
    """Return how an option is typed, with its value."""
    names = ", ".join((*option.opts, *option.secondary_opts))
    return names if option.is_flag else f"{names} {option.metavar}"


def _notes(parameter: Any) -> list[str]:
    """Return notes about a value: its bounds, its default, whether it may be omitted."""
    bounds = getattr(parameter, "type", parameter)  # click keeps them in the type, recent typer does not
    notes = []
    if getattr(bounds, "min", None) is not None:
        notes.append(f"at least {bounds.min}")
    if getattr(bounds, "max", None) is not None:
        notes.append(f"at most {bounds.max}")
    if parameter.param_type_name == "argument" and not parameter.required:
        notes.append("optional")
    if parameter.default not in (None, False) and not callable(parameter.default):
        notes.append(f"default {parameter.default}")
    return notes


def _item(typed: str, notes: list[str], meaning: str) -> str:
    """Return one line of a list, wrapped."""
    noted = f" ({', '.join(notes)})" if notes else ""
    return _wrapped(f"- `{typed}`{noted}: {meaning}", "  ")


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    typer.echo(document(), nl=False)
