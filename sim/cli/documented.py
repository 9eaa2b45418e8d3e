"""Commands whose help is their docstring, also where Python has thrown docstrings away (``python -OO``)."""

import ast
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import typer

F = TypeVar("F", bound=Callable[..., Any])


class Documented(typer.Typer):
    """A typer application that reads the help of a command from its source, where the function has none."""

    def command(self, *arguments: Any, **options: Any) -> Callable[[F], F]:
        """Return what makes a function a command, as typer does."""
        make = super().command

        def decorate(function: F) -> F:
            text = function.__doc__ or docstring_of(function)
            made: F = make(*arguments, **{"help": text, **options})(function)
            return made

        return decorate


def docstring_of(function: Callable[..., Any]) -> str | None:
    """Return the docstring of a function of a module by its source, None where there is no source."""
    try:
        tree = ast.parse(inspect.getsource(function))
    except (OSError, SyntaxError):
        return None
    (definition,) = tree.body
    return ast.get_docstring(definition) if isinstance(definition, ast.FunctionDef) else None
