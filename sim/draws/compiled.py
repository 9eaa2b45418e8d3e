"""The one way in which a function of this project is compiled: the decorators.

A compiled function is plain Python over integers, floats and arrays; ``f.py_func`` is the same source without a
compiler. ``docs/kernels.md`` says how such functions are written here, and what costs how much.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core import types

from sim.draws.entries import EntryCompiler, Part, PartCompiler
from sim.draws.machine_code import kept

F = TypeVar("F", bound=Callable[..., Any])


def _load_without_blas() -> None:
    """Load numba's functions of arrays without scipy's linear algebra, whose loading takes a quarter of a second.

    When they are loaded they ask whether there is a BLAS, for inner products, which need none. Whoever multiplies
    matrices asks again.
    """
    linalg: Any = import_module("numba.np.linalg")
    ask = linalg.ensure_blas

    def none_yet() -> None:
        raise ImportError

    linalg.ensure_blas = none_yet
    try:
        import_module("numba.np.arraymath")
    finally:
        linalg.ensure_blas = ask


_load_without_blas()

IS_COMPILED: bool = not cast(Any, numba.config).DISABLE_JIT
"""Whether anything is: ``NUMBA_DISABLE_JIT`` lets all of it run as Python."""


def wide(kind: type) -> type:
    """Return the type of an array whose numbers, integers of this type, compiled code computes with.

    Compiled code reads integers of any length as 64 bits, and numpy does not: where nothing is compiled arrays have 64.
    """
    return kind if IS_COMPILED or not issubclass(kind, np.integer) else np.int64


SHORT = (types.int8, types.int16, types.int32)


def compiled(function: F) -> F:
    """Compile ``function`` on its first call, keep the machine code on disk, release the GIL while it runs.

    It cannot make arrays (see ``compiled_with_arrays``), so that references to arrays need not be counted: counting
    them at each call took a third of the time of the event loop, more with several threads.

    Callers in Python pass a member of an ``IntEnum`` as ``int(member)``: numba would look up its type at each call,
    which takes 20 us. Compiled callers may pass it as it is.

    Args:
        function: Plain Python over integers, floats, arrays and tuples of them.

    Returns:
        The compiled function.
    """
    return _compiled(function, counts_references=False)


def compiled_with_arrays(function: F) -> F:
    """Compile a function that makes or returns arrays; otherwise as ``compiled``."""
    return _compiled(function, counts_references=True)


def inlined(function: F) -> F:
    """Compile a short function as ``compiled``, inlined into each caller: a loop that calls it can be vectorised."""
    return _compiled(function, counts_references=False, inline="always")


def internal(function: F) -> F:
    """Compile a function that only compiled code calls: as ``compiled``, without the wrapper by which Python calls."""
    return _compiled(function, counts_references=False, internal=True)


def part_of_caller(function: F) -> F:
    """Compile a function as ``internal``, and let LLVM make it part of each caller: a hot loop split to be read."""
    return _compiled(function, counts_references=False, internal=True, forceinline=True)


def _compiled(
    function: F, counts_references: bool, inline: str = "never", internal: bool = False, **options: bool
) -> F:
    if not IS_COMPILED:
        return function
    njit: Any = numba.njit
    # Nobody takes a pointer to a function as C would: compiling the wrappers for that took a tenth of the time.
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
    """Return a dispatcher whose machine code is kept in the cache of these sources, where there can be one."""
    return kept(lambda cache: njit(cache=cache, **options)(function))


def _by_type(dispatcher: Any) -> Any:
    """Return a dispatcher that looks a call up by plain types alone."""
    templates = dispatcher.get_call_template

    def of_types(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Look a call up by plain types: numba would compile anew for each constant and each ``IntEnum``."""
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
