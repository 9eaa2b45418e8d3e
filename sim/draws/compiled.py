"""The one way in which a function of this project is compiled: the decorators, and the cache of machine code.

A compiled function is plain Python over integers, floats and arrays; ``f.py_func`` is the same source without a
compiler. ``docs/kernels.md`` says how such functions are written here, and what costs how much.
"""

import contextlib
import os
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, TypeVar, cast

import numba
from numba.core import types

from sim.caches import cache_folder, sources_digest
from sim.draws.parts import EntryCompiler, Part, PartCompiler

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

KERNELS = "kernels"
"""What the folder of the machine code is called."""

SHORT = (types.int8, types.int16, types.int32)
UNCOMPILED = frozenset(
    {
        "__main__.py",
        "calibration",
        "cli",
        "experiments",
        "progress.py",
        "reference",
        "report",
        "results",
        "running.py",
        "runs.py",
        "verify",
    }
)
"""Files and folders of which nothing is ever compiled: editing them costs no new machine code.

What is not listed counts. ``tests/test_sources.py`` holds the list against what compiled functions import.
"""


@cache
def machine_code_folder() -> str:
    """Return the folder of the machine code of these very sources.

    Returns:
        The folder, which may be that of ``NUMBA_CACHE_DIR``; empty where nothing can be written.
    """
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    return chosen or str(cache_folder(KERNELS, sources_digest(UNCOMPILED)) or "")


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
    config: Any = numba.config
    if config.DISABLE_JIT:
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
    config: Any = numba.config
    folder = machine_code_folder()
    if not folder:
        return njit(**options)(function)
    before = config.CACHE_DIR
    config.CACHE_DIR = folder
    try:
        dispatcher = njit(cache=True, **options)(function)
    finally:
        config.CACHE_DIR = before
    dispatcher._cache.load_overload = _as_far_as_readable(dispatcher._cache)
    return dispatcher


def _as_far_as_readable(kept: Any) -> Callable[..., Any]:
    """Return how numba loads machine code from a cache: what cannot be read is dropped, and compiled again."""
    load = kept.load_overload

    def load_overload(signature: Any, target: Any) -> Any:
        try:
            return load(signature, target)
        except Exception:
            # Cut or emptied files fail in many ways, and so does a type of a module that is not there today.
            with contextlib.suppress(OSError):
                kept.flush()
            return None

    return load_overload


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
