"""The one way in which a function of this project is compiled.

A compiled function is plain Python over integers, floats and arrays: ``f.py_func`` runs the same source
without a compiler. ``fastmath`` stays off, so that each + - x / and square root rounds as IEEE 754 says
and no machine contracts or reorders them: the results are the same bits everywhere.

Machine code is kept on disk. numba looks for changes in a function's own file only, but a compiled function
carries the code of those that it calls: so the code is kept in a folder named after all sources together, and
an edit anywhere leaves nothing stale behind.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import types

F = TypeVar("F", bound=Callable[..., Any])

PREFIX = "kernels-"
STALE_S = 86_400
SHORT = (types.int8, types.int16, types.int32)
UNCOMPILED = frozenset({"cli", "running.py", "results", "reference", "calibration", "experiments", "report"})
"""Files and folders of which nothing is ever compiled: editing them costs no new machine code."""


PACKAGE = Path(__file__).resolve().parent.parent


def sources_digest(left_out: frozenset[str]) -> str:
    """Return the SHA-256 of the program's sources, but for those that are, or lie below, these names."""
    digest = hashlib.sha256()
    for source in sorted(PACKAGE.rglob("*.py")):
        if left_out & set(source.relative_to(PACKAGE).parts):
            continue
        digest.update(source.relative_to(PACKAGE).as_posix().encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()


@cache
def cache_folder() -> str:
    """Return the folder of the machine code of these very sources, beside them or, if need be, in the user's cache.

    Folders of other sources are removed when nobody has used them for a day. An empty answer leaves the
    choice to numba (``NUMBA_CACHE_DIR`` is set, or nothing can be written).
    """
    if os.environ.get("NUMBA_CACHE_DIR"):
        return ""
    digest = sources_digest(UNCOMPILED)
    beside = PACKAGE / "__pycache__"
    users = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tocsin"
    for parent in (beside, users):
        folder = parent / f"{PREFIX}{digest[:16]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            os.utime(folder)
        except OSError:
            continue
        for other in parent.glob(f"{PREFIX}*"):
            if other != folder and time.time() - other.stat().st_mtime > STALE_S:
                shutil.rmtree(other, ignore_errors=True)
        return str(folder)
    return ""


def compiled(function: F) -> F:
    """Compile ``function`` on its first call, keep the machine code on disk, release the GIL while it runs.

    It cannot make arrays (see ``compiled_with_arrays``). In return none is counted: counting references to the
    arrays that one call hands to the next took a third of the time of the event loop, more with several threads.
    """
    return _compiled(function, counts_references=False)


def compiled_with_arrays(function: F) -> F:
    """Compile a function that makes arrays, or returns them; else as ``compiled``."""
    return _compiled(function, counts_references=True)


def inlined(function: F) -> F:
    """Compile a short function as ``compiled``, but into each that calls it: a loop over it can then be vectorised."""
    return _compiled(function, counts_references=False, inline="always")


def inner(function: F) -> F:
    """x."""
    return _compiled(function, counts_references=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def part(function: F) -> F:
    """x."""
    return _compiled(
        function, counts_references=False, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True
    )


def _compiled(function: F, counts_references: bool, inline: str = "never", **options: bool) -> F:
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = cache_folder() or before
    njit: Any = numba.njit
    try:
        dispatcher = njit(
            cache=True, nogil=True, fastmath=False, error_model="numpy", inline=inline, _nrt=counts_references, **options
        )(function)
    finally:
        config.CACHE_DIR = before
    if config.DISABLE_JIT:
        return cast(F, dispatcher)
    templates = dispatcher.get_call_template

    def of_types(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Look a call up by the types of its arguments; numba would compile anew for each constant and each word."""
        return templates(tuple(_plain(a) for a in arguments), {k: _plain(a) for k, a in keywords.items()})

    dispatcher.get_call_template = of_types
    return cast(F, dispatcher)


def _plain(argument: Any) -> Any:
    """Return the type of an argument: int64 for a constant, a member of an ``IntEnum`` or a short field of a record."""
    unliteral: Any = types.unliteral
    plain: Any = unliteral(argument)
    if isinstance(plain, types.IntEnumMember):
        return plain.dtype
    return types.int64 if plain in SHORT else plain
