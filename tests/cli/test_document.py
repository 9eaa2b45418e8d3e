"""``docs/cli.md`` is what the program says of itself, and what it shows can be typed."""

import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer

from sim.cli import app
from sim.cli.document import EXAMPLES, WIDTH, document
from sim.language.spoken import LANGUAGES
from tests.cli.commands import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "benchmarks" / "README.md"])
FENCED = re.compile(r"^```(?!console)\w*[^\n]*\n(.*?)^```", re.M | re.S)
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


def test_every_command_has_examples_and_they_parse() -> None:
    assert list(EXAMPLES) == list(COMMANDS)
    for name, examples in EXAMPLES.items():
        for typed, _ in examples:
            program, *words = shlex.split(typed.partition(" > ")[0])
            if words[0] == "--language":
                assert words[1] in LANGUAGES
                words = words[2:]
            command, *arguments = words
            assert (program, command) == ("tocsin", name)
            COMMANDS[name].make_context(name, arguments)


def typed_in(path: Path, program: str) -> list[list[str]]:
    """Return the words of the commands of a program in a document's blocks, but for sessions, which are run."""
    text = "".join(FENCED.findall(path.read_text(encoding="utf-8"))).replace("\\\n", " ")
    lines = re.findall(rf"(?:^|&& )(?:\.venv/bin/)?{program}(.*)$", text, re.M)
    # What a command does stands two spaces after it, or behind a hash.
    return [shlex.split(re.split(r" {2,}(?=\S)| #| &&| > ", line)[0]) for line in lines]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_documents_can_be_typed(path: Path) -> None:
    for words in typed_in(path, "tocsin "):
        command, *arguments = words[2:] if words[0] == "--language" else words
        COMMANDS[command].make_context(command, arguments)
    for module, *options in typed_in(path, r"python -m (?=benchmarks|sim|tests)"):
        spec = find_spec(module)
        assert spec is not None, module
        sources = "".join(path.read_text(encoding="utf-8") for path in Path(str(spec.origin)).parent.glob("*.py"))
        assert all(f'"{option}"' in sources for option in options if option.startswith("--")), (module, options)


def test_documents_have_commands() -> None:
    assert sum(len(typed_in(path, "tocsin ")) for path in DOCUMENTS) > 50
