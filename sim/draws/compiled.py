"""The one way in which a function of this project is compiled: the decorators, and the cache of machine code.

A compiled function is plain Python over integers, floats and arrays; ``f.py_func`` is the same source without a
compiler. ``docs/kernels.md`` says how such functions are written here, and what costs how much.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba import _dynfunc
from numba.core import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.registry import CPUDispatcher
from numba.core.typed_passes import NativeLowering

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

PREFIX = "kernels-"
STALE_S = 86_400
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
    }
)
"""Files and folders of which nothing is ever compiled: editing them costs no new machine code.

What is not listed counts. ``tests/test_sources.py`` holds the list against what compiled functions import.
"""


PACKAGE = Path(__file__).resolve().parent.parent


def sources(left_out: frozenset[str]) -> list[Path]:
    """Return the program's sources, sorted, but for those that are, or lie below, these names."""
    return [path for path in sorted(PACKAGE.rglob("*.py")) if not left_out & set(path.relative_to(PACKAGE).parts)]


def sources_digest(left_out: frozenset[str]) -> str:
    """Return the SHA-256 of the program's sources, but for those that are, or lie below, these names."""
    digest = hashlib.sha256()
    for source in sources(left_out):
        digest.update(source.relative_to(PACKAGE).as_posix().encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()


@cache
def cache_folder() -> str:
    """Return the folder of the machine code of these very sources, beside them or, if need be, in the user's cache.

    Folders of other sources are removed when they have not been used for a day.

    Returns:
        The folder; empty to leave the choice to numba, as ``NUMBA_CACHE_DIR`` is set or nothing can be written.
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
    """Return a dispatcher whose machine code is kept in the cache of these sources."""
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = cache_folder() or before
    try:
        return njit(cache=True, **options)(function)
    finally:
        config.CACHE_DIR = before


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


# A function that compiled code calls becomes part of each entry, the functions that Python calls, and is optimised
# there, once, with all that the entry needs. numba by itself would optimise it, make machine code of it and store it for
# its own sake too, and do so again for each function between it and the entry.


class Part(CPUDispatcher):  # type: ignore[misc]
    """A function that only compiled code calls."""

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Refuse: there is no machine code of its own."""
        raise TypeError(f"{self.py_func.__name__} is a part of compiled functions; from Python call its py_func")


class PartLibrary(JITCodeLibrary):  # type: ignore[misc]
    """The code of a part: its own alone, neither linked with what it calls nor optimised."""

    def finalize(self) -> None:
        """Take no more code."""
        self._raise_if_finalized()
        self._finalized = True


class EntryLibrary(JITCodeLibrary):  # type: ignore[misc]
    """The code of an entry, with all its parts and theirs."""

    def finalize(self) -> None:
        """Link all parts, optimise the whole, make it ready to be run."""
        found = dict.fromkeys(self._linking_libraries)
        waiting = list(found)
        while waiting:
            library = waiting.pop()
            if isinstance(library, PartLibrary):
                fresh = [other for other in dict.fromkeys(library._linking_libraries) if other not in found]
                found.update(dict.fromkeys(fresh))
                waiting += fresh
        self._linking_libraries = list(found)
        super().finalize()

    def _optimize_final_module(self) -> None:
        """Run the full passes alone; the cheap ones that numba runs before are for counts of references."""
        manager, builder = self._codegen._module_pass_manager()
        manager.run(self._final_module, builder)


@register_pass(mutates_CFG=True, analysis_only=False)
class PartLowering(NativeLowering):  # type: ignore[misc]
    """Lowering of a function that is a part of others: no machine code is made."""

    _name = "lowering_of_a_part"

    def run_pass(self, state: Any) -> bool:
        """Lower the function, and let others call it."""
        context = state.targetctx
        state.library = _library(state, PartLibrary)
        state.flags.no_compile = True
        changed: bool = super().run_pass(state)
        lowered = state["cr"]
        described = lowered.fndesc
        # What stands for the function in numba's tables; it has no code.
        name = described.qualname.split(".")[-1]
        stand_in = _dynfunc.make_function(described.lookup_module(), name, "", 0, lowered.env, (state.library,))
        context.insert_user_function(stand_in, described, [state.library])
        state["cr"] = lowered._replace(cfunc=stand_in)
        return changed


@register_pass(mutates_CFG=True, analysis_only=False)
class EntryLowering(NativeLowering):  # type: ignore[misc]
    """Lowering of a function that Python calls: all its parts are optimised with it."""

    _name = "lowering_of_an_entry"

    def run_pass(self, state: Any) -> bool:
        """Lower the function."""
        state.library = _library(state, EntryLibrary)
        changed: bool = super().run_pass(state)
        return changed


def _library(state: Any, kind: type) -> Any:
    """Return an empty library of a kind for the code of a function."""
    library = state.targetctx.codegen().create_library(state.func_id.func_qualname)
    library.__class__ = kind
    library.enable_object_caching()
    return library


def _passes(state: Any, lowering: Any) -> Any:
    """Return numba's passes with another lowering."""
    manager = DefaultPassBuilder.define_nopython_pipeline(state)
    manager.passes = [(lowering, text) if step is NativeLowering else (step, text) for step, text in manager.passes]
    manager._finalized = False
    manager.finalize()
    return manager


class PartCompiler(CompilerBase):  # type: ignore[misc]
    """How a function is compiled that is a part of others."""

    def define_pipelines(self) -> list[Any]:
        """Return the passes."""
        return [_passes(self.state, PartLowering)]


class EntryCompiler(CompilerBase):  # type: ignore[misc]
    """How a function is compiled that Python calls."""

    def define_pipelines(self) -> list[Any]:
        """Return the passes."""
        return [_passes(self.state, EntryLowering)]
