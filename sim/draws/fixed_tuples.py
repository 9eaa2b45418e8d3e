"""Tuples of arrays at a fixed address, so that compiled code need not receive them at each call.

A call from Python unpacks a tuple of arrays word by word, with separate code in each function: half of the machine code
of the steps of a day. Kept tuples are unpacked once, and a call passes an address. Calls within compiled code pass one
too, and read a member where it is used: a call that passes hundreds of words takes longer to compile than its work.
"""

from struct import Struct
from typing import Any, Generic, TypeVar

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import lower_getattr_generic
from numba.core.registry import cpu_target
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import NativeValue, intrinsic

from sim.draws.compiled import IS_COMPILED

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
