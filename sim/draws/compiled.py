"""How this project compiles functions: the decorators, and below them what numba does not do by itself.

Keep the machine code of compiled functions: complete, under its own key, or not at all.

numba writes and reads the files. It trusts their content, requires a writable folder, and fails without one; a run
needs none of that, since missing code can be compiled.

Compile functions that only compiled code calls as parts of each entry.

An entry is a function that Python calls. By default numba optimises, compiles and stores each function that an entry
calls separately, and does so again for each function in between. Here a part is only translated to LLVM's language. The
entry links all its parts and theirs, is optimised as a whole, and is the only one compiled to machine code and stored.
Compiling everything takes less than two thirds of the processor time, and the code is as fast.

Decorators that compile functions: the only way in which this project compiles.

A compiled function is plain Python over integers, floats and arrays; ``f.py_func`` is the same source without a
compiler. ``docs/kernels.md`` says how to write such functions, and what is costly.

Tuples of arrays at a fixed address, so that compiled code need not receive them at each call.

A call from Python unpacks a tuple of arrays word by word, with separate code in each function: half of the machine code
of the steps of a day. Kept tuples are unpacked once, and a call passes an address. Calls within compiled code pass one
too, and read a member where it is used: a call that passes hundreds of words takes longer to compile than its work.

Prefetch a record that is needed soon: the processor loads its line of the cache during other work.
"""

import contextlib
import hashlib
import os
import pickle
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from struct import Struct
from typing import Any, Generic, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from llvmlite.binding import Linkage, parse_assembly
from numba.core import cgutils, types
from numba.core.caching import IndexDataCacheFile, _CacheLocator
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.imputils import lower_getattr_generic
from numba.core.registry import CPUDispatcher, cpu_target
from numba.core.runtime.nrt import rtsys
from numba.core.targetconfig import ConfigStack
from numba.core.typed_passes import NativeLowering
from numba.core.typing.templates import AttributeTemplate, _OverloadFunctionTemplate, infer_getattr
from numba.extending import NativeValue, intrinsic
from numpy.typing import NDArray

from sim.base.caches import cache_folder, found_folder, sources_digest

KERNELS = "kernels"
"""Name of the folder."""

NEEDED = {"vector": "steps.run_all_events", "reference": "detectors.attempt_tiers"}
"""By engine, a function that is compiled late, and for no other engine."""

UNCOMPILED = frozenset(
    {
        "__main__.py",
        "calibration",
        "cli",
        "experiments",
        "forecast.py",
        "logbook.py",
        "predictions",
        "progress.py",
        "reference",
        "report",
        "reading",
        "running.py",
        "runs",
        "studio",
        "told",
        "verify",
    }
)
"""Files and folders without compiled functions: editing them costs no new machine code.

All others count.
"""


@cache
def machine_code_folder() -> str:
    """Return the folder for the machine code of exactly these sources; empty if there is none.

    It may be that of ``NUMBA_CACHE_DIR``, and may be read-only.
    """
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        with contextlib.suppress(OSError):
            os.makedirs(chosen, exist_ok=True)
        if os.access(chosen, os.R_OK | os.X_OK) and os.path.isdir(chosen):
            return chosen
    return str(cache_folder(KERNELS, _digest()) or "")


@cache
def _digest() -> str:
    return sources_digest(UNCOMPILED)


def is_compiled(engine: str) -> bool:
    """Return whether the machine code of an engine is kept, judged by one of its functions; creates nothing."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(chosen) if chosen else found_folder(KERNELS, _digest())
    return folder is not None and any(folder.glob(f"*/{NEEDED[engine]}-*.nbc"))


def kept(dispatcher: Callable[[bool], Any]) -> Any:
    """Return a dispatcher whose machine code is kept if possible.

    ``dispatcher`` makes one; its argument is whether it has a cache.
    """
    folder = machine_code_folder()
    if not folder:
        return dispatcher(False)
    with _in(folder):
        made = dispatcher(True)
    files = made._cache._cache_file
    files.__class__ = WholeFiles
    made._cache.load_overload = _as_far_as_readable(made._cache)
    made._cache.save_overload = _as_far_as_writable(made._cache)
    return made


@contextlib.contextmanager
def _in(folder: str) -> Iterator[None]:
    """Make numba use this folder as its cache within the context, even if it is read-only."""
    config: Any = numba.config
    locator: Any = _CacheLocator
    before = config.CACHE_DIR, locator.ensure_cache_path
    config.CACHE_DIR = folder
    locator.ensure_cache_path = _prepared
    try:
        yield
    finally:
        config.CACHE_DIR, locator.ensure_cache_path = before


def _prepared(_locator: Any) -> None:
    """Replace numba's own check that a folder is writable."""


class WholeFiles(IndexDataCacheFile):
    """The files of a function's machine code, each preceded by the SHA-256 of its content; others are a ValueError.

    Machine code is stored with its key, so that of two processes writing at once neither reads the other's code as its
    own.
    """

    def save(self, key: Any, data: Any) -> None:
        """Store machine code under a key."""
        files: Any = super()
        files.save(key, (key, data))

    def load(self, key: Any) -> Any:
        """Return the machine code of a key, None if there is none."""
        files: Any = super()
        found = files.load(key)
        return found[1] if found is not None and found[0] == key else None

    def _dump(self, obj: Any) -> bytes:
        files: Any = super()
        data: bytes = files._dump(obj)
        return hashlib.sha256(data).digest() + data

    def _save_index(self, overloads: dict[Any, str]) -> None:
        with self._open_for_write(self._index_path) as file:
            file.write(self._dump((self._version, self._source_stamp, overloads)))

    def _load_index(self) -> dict[Any, str]:
        try:
            version, stamp, overloads = _load(self._index_path)
        except FileNotFoundError:
            return {}
        return overloads if (version, stamp) == (self._version, self._source_stamp) else {}

    def _load_data(self, name: str) -> Any:
        files: Any = super()
        return _load(files._data_path(name))


def _load(path: str) -> Any:
    """Return the content of a file; raises ValueError if it is not as written."""
    data = Path(path).read_bytes()
    digest = hashlib.sha256(memoryview(data)[32:]).digest()
    if data[:32] != digest:
        raise ValueError(f"{path} is damaged")
    return pickle.loads(memoryview(data)[32:])


def _as_far_as_readable(cache: Any) -> Callable[..., Any]:
    """Return a loader of machine code that drops unreadable files, so that they are compiled again.

    It leaves out numba's refreshing of all that compiling needs: a compiler does that itself. Machine code needs only
    the functions that allocate arrays.
    """

    def load_overload(signature: Any, target: Any) -> Any:
        try:
            rtsys.initialize(target)
            return cache._load_overload(signature, target)
        except Exception:
            # Damaged files fail in many ways, and so do types of modules that no longer exist.
            with contextlib.suppress(OSError):
                cache.flush()
            return None

    return load_overload


def _as_far_as_writable(cache: Any) -> Callable[..., Any]:
    """Return a function that stores machine code in a cache and skips whatever cannot be written."""
    save = cache.save_overload

    def save_overload(signature: Any, data: Any) -> None:
        # A full disk, a folder that can only be read, a damaged index that cannot be replaced.
        with contextlib.suppress(OSError, ValueError, pickle.PickleError):
            save(signature, data)

    return save_overload


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
        make: Any = numba._dynfunc.make_function  # type: ignore[attr-defined]
        stand_in = make(described.lookup_module(), name, "", 0, lowered.env, (state.library,))
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


T = TypeVar("T")


class Kept(Generic[T]):
    """Tuples of one type, in places 0, 1 ...

    Compiled functions read the tuple in a place with ``kept_in(kept, place)``. They must not count references: only
    this object keeps the arrays alive.
    """

    def __init__(self, *values: T) -> None:
        """Keep tuples, in the places of their order."""
        self.values = list(values)
        if IS_COMPILED:
            typeof: Any = numba.typeof
            kind: Any = typeof(values[0])
            context = cpu_target.target_context
            size = context.get_abi_sizeof(context.get_value_type(kind))
            words, self._kinds = _words_of(values[0])
            self._words = Struct("".join(map(_code, words)))
            if self._words.size != size:
                raise TypeError(f"{type(values[0]).__name__} has members that cannot be kept")
            self._memory = np.zeros(len(values) * size, dtype=np.uint8)
            self.address = self._memory.ctypes.data
            self._numba_type_ = KeptType(kind)
        for place, value in enumerate(values):
            self.put(place, value)

    def put(self, place: int, value: T) -> None:
        """Replace the tuple in a place; raises TypeError for one of another type."""
        if IS_COMPILED:
            words, kinds = _words_of(value)
            if kinds != self._kinds:
                raise TypeError(f"a {type(value).__name__} of other types than the tuple that was kept first")
            self._words.pack_into(self._memory.data, place * self._words.size, *words)
        self.values[place] = value


def _words_of(value: Any) -> tuple[list[Any], list[Any]]:
    """Return the words of which compiled code makes a value, and the types of its arrays and numbers.

    An array consists of two words for the counting of references, its size, the size of an item, the address, shape and
    strides. Compiling code that writes them takes as long as compiling the small functions of a midnight.
    """
    if isinstance(value, np.ndarray):
        layout = "C" if value.flags.c_contiguous else "F" if value.flags.f_contiguous else "A"
        words = [0, 0, value.size, value.itemsize, value.ctypes.data, *value.shape, *value.strides]
        return words, [(value.dtype, value.ndim, layout)]
    if isinstance(value, Kept):
        return [value.address], [value._numba_type_]
    if isinstance(value, tuple):
        pairs = [_words_of(member) for member in value]
        return [word for words, _ in pairs for word in words], [kind for _, kinds in pairs for kind in kinds]
    return [value], [_code(value)]


def _code(word: Any) -> str:
    """Return the letter of a word's type in ``struct``."""
    return "?" if isinstance(word, bool | np.bool_) else "d" if isinstance(word, float) else "q"


class KeptType(types.Type):
    """The numba type of a ``Kept``, by the type of its tuples."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        super().__init__(name=f"Kept({kind})")


class Reference(types.Type):
    """The numba type of a tuple in memory, whose members are read where they are used.

    Functions receive it in place of the named tuple itself, and read the same names of it.
    """

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        super().__init__(name=f"Reference({kind})")


class _Members(AttributeTemplate):
    """Finds the types of the members of a ``Reference``."""

    key = Reference

    def generic_resolve(self, reference: Any, name: str) -> Any:  # type: ignore[override]
        """Return the type of a member; None without one of this name."""
        if name not in reference.kind.fields:
            return None
        kind = reference.kind[reference.kind.fields.index(name)]
        return Reference(kind) if isinstance(kind, types.BaseNamedTuple) else kind


def _member(context: Any, builder: Any, reference: Any, address: Any, name: str) -> Any:
    """Write the code that reads a member."""
    kind = reference.kind
    number = kind.fields.index(name)
    tuples = builder.bitcast(address, context.get_value_type(kind).as_pointer())
    gep: Any = cgutils.gep_inbounds
    place = gep(builder, tuples, 0, number)
    if isinstance(kind[number], types.BaseNamedTuple):
        return builder.bitcast(place, cgutils.voidptr_t)
    return _constant(builder, builder.load(place))


def _constant(builder: Any, loaded: Any) -> Any:
    """Tell LLVM that nothing writes to the place of a kept tuple, so that a loop reads it once, before it begins."""
    module = builder.module
    root = module.add_metadata(["kept tuples"])
    kind = module.add_metadata(["member", root, ir.IntType(64)(0)])
    loaded.set_metadata("tbaa", module.add_metadata([kind, kind, ir.IntType(64)(0), ir.IntType(64)(1)]))
    return loaded


def _address(_kind: KeptType, kept: Any, found: Any) -> Any:
    """Write the code that finds the address of kept tuples."""
    value: Any = NativeValue
    number = found.pyapi.object_getattr_string(kept, "address")
    address = found.pyapi.long_as_voidptr(number)
    found.pyapi.decref(number)
    return value(address)


_extending: Any = numba.extending
_extending.register_model(KeptType)(_extending.models.OpaqueModel)
_extending.unbox(KeptType)(_address)
_extending.register_model(Reference)(_extending.models.OpaqueModel)
_found_by: Any = infer_getattr
_found_by(_Members)
_read_by: Any = lower_getattr_generic
_read_by(Reference)(_member)


def _room(context: Any, builder: Any, kind: KeptType, address: Any, place: Any) -> Any:
    """Write the code that finds the memory of a place."""
    if context.enable_nrt:
        raise TypeError("kept tuples are for functions that count no references")
    room = builder.bitcast(address, context.get_value_type(kind.kind).as_pointer())
    return builder.gep(room, [place])


def _read(_typing: Any, kept: Any, _place: Any) -> Any:
    """Return the signature of ``kept_in`` and the function that writes its code, in numba's form."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        room = _room(context, builder, signature.args[0], *arguments)
        return builder.bitcast(room, cgutils.voidptr_t)

    return Reference(kept.kind)(kept, types.intp), write


def _in_python(kept: Kept[T], place: int) -> T:
    """Replace ``kept_in`` if nothing is compiled."""
    return kept.values[place]


kept_in: Any = intrinsic(_read) if IS_COMPILED else _in_python
"""``kept_in(kept, place)``: the tuple in a place, for compiled code."""


def _prefetch(_typing: Any, records: Any, row: Any) -> Any:
    """Return the signature of ``prefetch`` and the function that writes its code, in numba's form."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = context.cast(builder, arguments[1], signature.args[1], types.intp)
        byte = ir.IntType(8).as_pointer()
        word = ir.IntType(32)
        start = builder.ptrtoint(array.data, place.type)
        address = builder.inttoptr(builder.add(start, builder.mul(place, array.itemsize)), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        hint = builder.module.declare_intrinsic("llvm.prefetch", (byte,), kind)
        # For reading, in all levels of the cache, data.
        builder.call(hint, [address, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.void(records, row), write


def _nothing(records: NDArray[Any], row: int) -> None:
    """Replace ``prefetch`` if nothing is compiled."""


prefetch: Any = intrinsic(_prefetch) if IS_COMPILED else _nothing
"""``prefetch(records, row)``: load a record that is needed soon. It need not exist: nothing is read."""
