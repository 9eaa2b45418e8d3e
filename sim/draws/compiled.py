"""Decorators that compile functions: the only way in which this project compiles.

A compiled function is plain Python over integers, floats and arrays; ``f.py_func`` is the same source without a
compiler. ``docs/kernels.md`` says how to write such functions, and what is costly.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core import types

from sim.draws.entries import EntryCompiler, Part, PartCompiler
from sim.draws.machine_code import kept

F = TypeVar("F", bound=Callable[..., Any])


IS_COMPILED: bool = not cast(Any, numba.config).DISABLE_JIT
"""Whether functions are compiled: with ``NUMBA_DISABLE_JIT`` they run as Python."""


def wide(kind: type) -> type:
    """Return the array type for integers of this type that compiled code computes with.

    Compiled code reads integers of any length as 64 bits, and numpy does not: so arrays have 64 bits if nothing is
    compiled.
    """
    return kind if IS_COMPILED or not issubclass(kind, np.integer) else np.int64


SHORT = (types.int8, types.int16, types.int32)


def compiled(function: F) -> F:
    """Compile ``function`` on its first call, keep the machine code on disk, release the GIL while it runs.

    It cannot allocate arrays (see ``compiled_with_arrays``), so references to arrays need not be counted: counting them
    at each call took a third of the time of the event loop, more with several threads.

    Callers in Python pass a member of an ``IntEnum`` as ``int(member)``: otherwise numba looks up its type at each
    call, which takes 20 us. Compiled callers may pass the member itself.

    Args:
        function: Plain Python over integers, floats, arrays and tuples of them.

    Returns:
        The compiled function.
    """
    return _compiled(function, counts_references=False)


def compiled_with_arrays(function: F) -> F:
    """Compile a function that allocates or returns arrays; otherwise like ``compiled``."""
    return _compiled(function, counts_references=True)


def inlined(function: F) -> F:
    """Compile a short function like ``compiled``, inlined into each caller, so that loops over it can be vectorised."""
    return _compiled(function, counts_references=False, inline="always")


def internal(function: F) -> F:
    """Compile a function that only compiled code calls: like ``compiled``, without the wrapper for Python callers."""
    return _compiled(function, counts_references=False, internal=True)


def part_of_caller(function: F) -> F:
    """Compile like ``internal``, and let LLVM inline it into each caller: for hot loops split to be readable."""
    return _compiled(function, counts_references=False, internal=True, forceinline=True)


def _compiled(
    function: F, counts_references: bool, inline: str = "never", internal: bool = False, **options: bool
) -> F:
    if not IS_COMPILED:
        return function
    njit: Any = numba.njit
    # No wrappers for C callers, which nobody needs: compiling them took a tenth of the time.
    common = {
        "nogil": True,
        "no_cfunc_wrapper": True,
        "fastmath": False,
        "error_model": "numpy",
        "inline": inline,
        "_nrt": counts_references,
        **options,
    }
    if inline == "always":
        return cast(F, _by_type(_cached(njit, function, common)))
    part = _by_type(njit(pipeline_class=PartCompiler, no_cpython_wrapper=True, **common)(function))
    part.__class__ = Part
    if internal:
        return cast(F, part)
    entry = _cached(njit, function, {**common, "pipeline_class": EntryCompiler})
    entry.get_call_template = part.get_call_template
    entry.get_overload = part.get_overload
    return cast(F, entry)


def _cached(njit: Any, function: Callable[..., Any], options: dict[str, Any]) -> Any:
    """Return a dispatcher whose machine code is kept in the cache of these sources, if there can be one."""
    return kept(lambda cache: njit(cache=cache, **options)(function))


def _by_type(dispatcher: Any) -> Any:
    """Return a dispatcher that looks calls up by plain types alone."""
    templates = dispatcher.get_call_template

    def of_types(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Look a call up by plain types: numba would compile again for each constant and each ``IntEnum``."""
        return templates(tuple(_plain(a) for a in arguments), {k: _plain(k_type) for k, k_type in keywords.items()})

    dispatcher.get_call_template = of_types
    return dispatcher


def _plain(argument: Any) -> Any:
    """Return the type of an argument: int64 for a constant, a member of an ``IntEnum`` or a short field of a record."""
    unliteral: Any = types.unliteral
    plain: Any = unliteral(argument)
    if isinstance(plain, types.IntEnumMember):
        return plain.dtype
    return types.int64 if plain in SHORT else plain
