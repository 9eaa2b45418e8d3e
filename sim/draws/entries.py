"""Compile functions that only compiled code calls as parts of each entry.

An entry is a function that Python calls. By default numba optimises, compiles and stores each function that an entry
calls separately, and does so again for each function in between. Here a part is only translated to LLVM's language. The
entry links all its parts and theirs, is optimised as a whole, and is the only one compiled to machine code and stored.
Compiling everything takes less than two thirds of the processor time, and the code is as fast.
"""

from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from typing import Any

from llvmlite import ir
from llvmlite.binding import Linkage, parse_assembly
from numba import _dynfunc  # type: ignore[attr-defined]
from numba.core import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.registry import CPUDispatcher
from numba.core.targetconfig import ConfigStack
from numba.core.typed_passes import NativeLowering
from numba.core.typing.templates import _OverloadFunctionTemplate

OPTIMISATION = 2
"""LLVM's level, of 3: the highest one takes longer and makes no faster code here."""


def _compiles_ours() -> bool:
    """Return whether numba is currently compiling a function of this project."""
    flags = ConfigStack.top_or_none()
    return flags is not None and bool(flags.no_cfunc_wrapper)


def _remembering(ask: Callable[..., Any]) -> Callable[..., Any]:
    """Return a cached version of ``ask``, which types a call of one of numba's own functions, such as an addition.

    numba tries a dozen implementations wherever something is added. Functions compiled under some flags are typed each
    time; built-in ones have the same type under all flags.
    """
    found: dict[Any, Any] = {}

    def get_call_type(function: Any, context: Any, arguments: Any, keywords: dict[str, Any]) -> Any:
        if not _compiles_ours():
            return ask(function, context, arguments, keywords)
        call = function, context, tuple(arguments), tuple(keywords.items())
        if call in found:
            return found[call]
        signature = ask(function, context, arguments, keywords)
        if signature is not None and function.get_impl_key(signature) is function.typing_key:
            found[call] = signature
        return signature

    return get_call_type


_function: Any = types.Function
_function.get_call_type = _remembering(_function.get_call_type)


def _as_parts(decorator: Callable[..., Any]) -> Callable[..., Any]:
    """Return numba's compiler of its own functions, changed to compile parts when one of our functions calls them."""

    def get_jit_decorator(template: Any) -> Any:
        compile_as: Any = decorator(template)
        if not _compiles_ours():
            return compile_as
        return partial(compile_as, pipeline_class=PartCompiler, no_cpython_wrapper=True, no_cfunc_wrapper=True)

    return get_jit_decorator


_overloaded: Any = _OverloadFunctionTemplate
_overloaded._get_jit_decorator = _as_parts(_overloaded._get_jit_decorator)


class Part(CPUDispatcher):
    """A function that only compiled code calls."""

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Refuse: it has no machine code."""
        raise TypeError(f"{self.py_func.__name__} is a part of compiled functions; from Python call its py_func")


class PartLibrary(JITCodeLibrary):
    """The code of a part alone, neither linked with the functions that it calls nor optimised."""

    def finalize(self) -> None:
        """Accept no more code."""
        self._raise_if_finalized()
        self._finalized = True

    def own_module(self) -> Any:
        """Return the code of this part, to be linked with that of others."""
        return super()._get_module_for_linking()

    def _get_module_for_linking(self) -> Any:
        """Return the code with that of all parts, for callers that numba compiles by default."""
        module = self.own_module().clone()
        for library in _closure(self._linking_libraries):
            module.link_in(_module_of(library), preserve=True)
        return module


class EntryLibrary(JITCodeLibrary):
    """The code of an entry, with all its parts and theirs."""

    def _optimize_functions(self, ll_module: Any) -> None:
        """Do nothing until the parts are linked: then the whole is optimised."""
        ll_module.data_layout = self._codegen._data_layout

    def finalize(self) -> None:
        """Link all parts, optimise the whole, and make it ready to run."""
        self._raise_if_finalized()
        for library in _closure(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(_module_of(library), preserve=True)
        # Only the full passes; numba's cheap ones before them serve the counting of references.
        manager, builder = self._codegen._module_pass_manager(opt=OPTIMISATION)
        manager.run(self._final_module, builder)
        self._final_module.verify()
        self._finalize_final_module()

    def _get_module_for_linking(self) -> Any:
        """Return the names of the entry's functions, without their code.

        Nothing is linked with an entry, and code stored next to its machine code would be read at each start.
        """
        names = self._codegen._create_empty_module(self.name)
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == Linkage.external:
                body = ir.Function(names, ir.FunctionType(ir.VoidType(), ()), function.name).append_basic_block()
                ir.IRBuilder(body).ret_void()
        return parse_assembly(str(names))


def _closure(libraries: list[Any]) -> list[Any]:
    """Return libraries and, for parts, the libraries that they call, each once."""
    found = dict.fromkeys(libraries)
    waiting = list(found)
    while waiting:
        library = waiting.pop()
        if isinstance(library, PartLibrary):
            fresh = [other for other in dict.fromkeys(library._linking_libraries) if other not in found]
            found.update(dict.fromkeys(fresh))
            waiting += fresh
    return list(found)


def _module_of(library: Any) -> Any:
    """Return the code of a library; for a part, its code alone."""
    return library.own_module() if isinstance(library, PartLibrary) else library._get_module_for_linking()


@register_pass(mutates_CFG=True, analysis_only=False)
class PartLowering(NativeLowering):
    """Translation of a function that is a part of others: no machine code is made."""

    _name = "lowering_of_a_part"

    def run_pass(self, state: Any) -> bool:
        """Translate the function, and let others call it."""
        context = state.targetctx
        state.library = _library(state, PartLibrary)
        state.flags.no_compile = True
        changed: bool = super().run_pass(state)
        lowered = state["cr"]
        described = lowered.fndesc
        # The function's entry in numba's tables, without code.
        name = described.qualname.split(".")[-1]
        stand_in = _dynfunc.make_function(described.lookup_module(), name, "", 0, lowered.env, (state.library,))
        context.insert_user_function(stand_in, described, [state.library])
        state["cr"] = lowered._replace(cfunc=stand_in)
        return changed


@register_pass(mutates_CFG=True, analysis_only=False)
class EntryLowering(NativeLowering):
    """Translation of a function that Python calls: all its parts are optimised with it."""

    _name = "lowering_of_an_entry"

    def run_pass(self, state: Any) -> bool:
        """Translate the function."""
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
    """Return numba's passes with another translation."""
    manager = DefaultPassBuilder.define_nopython_pipeline(state)
    manager.passes = [(lowering, text) if step is NativeLowering else (step, text) for step, text in manager.passes]
    manager._finalized = False
    manager.finalize()
    return manager


@cache
def _load_without_blas() -> None:
    """Load numba's array functions without scipy's linear algebra, which takes a quarter of a second to load.

    While loading they search for a BLAS, for inner products; this project needs none. Code that multiplies matrices
    searches again.
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


class _Compiler(CompilerBase):
    """Compiler of our functions: it loads what numba needs for compiling, which machine code alone does not need."""

    def __init__(self, *arguments: Any) -> None:
        _load_without_blas()
        super().__init__(*arguments)


class PartCompiler(_Compiler):
    """Compiler of a function that is a part of others."""

    def define_pipelines(self) -> list[Any]:
        """Return the passes."""
        return [_passes(self.state, PartLowering)]


class EntryCompiler(_Compiler):
    """Compiler of a function that Python calls."""

    def define_pipelines(self) -> list[Any]:
        """Return the passes."""
        return [_passes(self.state, EntryLowering)]
