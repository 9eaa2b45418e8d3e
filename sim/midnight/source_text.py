"""The source of a user's class and of everything that it uses from its module, for the digest of the class."""

import ast
import inspect
import linecache
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

CONSTANTS = (bool, int, float, str, bytes, tuple, frozenset, type(None))
"""Types of constants of a module that count as source."""


class NoSourceError(Exception):
    """The source of a class or a function cannot be read."""


def source_of(kind: type) -> str:
    """Return the source of a class and of the functions, classes and constants of its module that it names.

    Each part is preceded by its name. The class may be from a module, a script or a notebook; raises NoSourceError if
    its source cannot be read.
    """
    own = vars(sys.modules[kind.__module__])
    texts: dict[str, str] = {}
    waiting: list[tuple[str, Any]] = [(kind.__qualname__, kind)]
    while waiting:
        name, one = waiting.pop()
        if name in texts:
            continue
        texts[name] = repr(one) if isinstance(one, CONSTANTS) else _text(one)
        for named in _names(one, kind.__module__):
            found = own.get(named)
            is_own = isinstance(found, type | FunctionType) and found.__module__ == kind.__module__
            if named in own and (is_own or isinstance(found, CONSTANTS)):
                waiting.append((named, found))
    return "\n\n".join(f"# {name}\n{texts[name]}" for name in sorted(texts))


def _text(one: Any) -> str:
    """Return the source of a class or a function."""
    try:
        return inspect.getsource(one) if isinstance(one, FunctionType) else _text_of_class(one)
    except (OSError, TypeError, SyntaxError):
        raise NoSourceError(f"the source of {one.__qualname__} cannot be read") from None


def _text_of_class(kind: type) -> str:
    """Return the source of a class; in notebooks Python finds only that of functions."""
    name = kind.__qualname__.rpartition(".")[2]
    for function in _functions(kind):
        text = "".join(linecache.getlines(function.co_filename))
        for node in ast.walk(ast.parse(text)):
            last = getattr(node, "end_lineno", 0)
            if isinstance(node, ast.ClassDef) and node.name == name and node.lineno <= function.co_firstlineno <= last:
                return ast.get_source_segment(text, node) or ""
    return inspect.getsource(kind)


def _functions(kind: type) -> Iterator[CodeType]:
    """Yield the code of the functions of a class."""
    for one in vars(kind).values():
        function = getattr(one, "fget", None) or getattr(one, "__func__", one)
        if isinstance(function, FunctionType):
            yield function.__code__


def _names(one: Any, module: str) -> Iterator[str]:
    """Yield the names that a class or a function uses, its bases included."""
    if isinstance(one, type):
        yield from (base.__name__ for base in one.__mro__[1:] if base.__module__ == module)
        for code in _functions(one):
            yield from _names_in(code)
    elif isinstance(one, FunctionType):
        yield from _names_in(one.__code__)


def _names_in(code: CodeType) -> Iterator[str]:
    """Yield the names in a code object and in those within it."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names_in(inner)
