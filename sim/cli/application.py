"""Turn functions into commands: their help, their groups of options, and their examples.

``command`` notes the examples of a function; ``Application.take`` makes it a command. A parameter whose type is a
dataclass of options (``sim.cli.options``) becomes one option a field.
"""

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, ClassVar, TypeVar, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

F = TypeVar("F", bound=Callable[..., Any])

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {}
"""What people type and what it does, by command."""


class _Command(TyperCommand):
    def get_short_help_str(self, limit: int = 0) -> str:
        """Return what the list of commands says of this one: all of its help."""
        return joined(self.help or "")


class _Group(TyperGroup):
    headings: ClassVar[dict[str, str]] = {}
    """The heading of each command."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, each group below its heading."""
        rows: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            one = self.get_command(ctx, name)
            rows.setdefault(self.headings[name], []).append((name, one.get_short_help_str() if one else ""))
        for heading, own in rows.items():
            with formatter.section(heading):
                formatter.write_dl(own)


class Application(typer.Typer):
    """A typer application whose commands are functions with a docstring and options in groups."""

    def __init__(self, name: str, text: str) -> None:
        """Make an application without commands.

        Args:
            name: What is typed.
            text: Its help.
        """
        super().__init__(
            name=name,
            help=text,
            cls=_Group,
            rich_markup_mode=None,
            pretty_exceptions_enable=False,
            no_args_is_help=True,
            context_settings={"help_option_names": ["-h", "--help"]},
        )

    def take(self, groups: Mapping[str, Sequence[Callable[..., None]]]) -> None:
        """Make commands of functions, in this order, by the heading below which help lists them."""
        for heading, functions in groups.items():
            for function in functions:
                text = function.__doc__ or docstring_of(function)
                self.command(function.__name__, help=text, cls=_Command)(_one_by_one(function))
                _Group.headings[function.__name__] = heading


def command(*examples: tuple[str, str]) -> Callable[[F], F]:
    """Return a decorator that notes examples of a command: each what is typed, and what it does."""

    def decorate(function: F) -> F:
        EXAMPLES[function.__name__] = examples
        return function

    return decorate


def joined(text: str) -> str:
    """Return a docstring in one line."""
    return " ".join(text.split())


def _one_by_one(function: Callable[..., None]) -> Callable[..., None]:
    """Return a function that takes each option of a group by itself."""
    groups: dict[str, Any] = {}
    parameters = []
    for one in inspect.signature(function, eval_str=True).parameters.values():
        if not is_dataclass(one.annotation):
            parameters.append(one.replace(kind=one.KEYWORD_ONLY))
            continue
        groups[one.name] = one.annotation
        types = get_type_hints(one.annotation, include_extras=True)
        parameters += [
            inspect.Parameter(field.name, one.KEYWORD_ONLY, default=field.default, annotation=types[field.name])
            for field in fields(one.annotation)
        ]

    def call(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        function(**given)

    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in parameters}
    call.__name__ = function.__name__
    return call


def docstring_of(function: Callable[..., Any]) -> str | None:
    """Return the docstring of a function from its source, which ``python -OO`` throws away; None without a source."""
    try:
        tree = ast.parse(inspect.getsource(function))
    except (OSError, SyntaxError):
        return None
    (definition,) = tree.body
    return ast.get_docstring(definition) if isinstance(definition, ast.FunctionDef) else None
