"""Tuples of arrays at a fixed address, so that compiled code need not receive them at each call.

A call from Python unpacks a tuple of arrays word by word, with separate code in each function: half of the machine code
of the steps of a day. Kept tuples are unpacked once, and a call passes an address.
"""

from typing import Any, Generic, TypeVar

import numba
import numpy as np
from numba.core import types
from numba.core.registry import cpu_target
from numba.extending import NativeValue, intrinsic

from sim.draws.compiled import IS_COMPILED, compiled

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
            self._memory = np.zeros(len(values) * size, dtype=np.uint8)
            self.address = self._memory.ctypes.data
            self._numba_type_ = KeptType(kind)
        for place, value in enumerate(values):
            self.put(place, value)

    def put(self, place: int, value: T) -> None:
        """Replace the tuple in a place."""
        _write(self, place, value)
        self.values[place] = value


class KeptType(types.Type):
    """The numba type of a ``Kept``, by the type of its tuples."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        super().__init__(name=f"Kept({kind})")


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


def _room(context: Any, builder: Any, kind: KeptType, address: Any, place: Any) -> Any:
    """Write the code that finds the memory of a place."""
    if context.enable_nrt:
        raise TypeError("kept tuples are for functions that count no references")
    room = builder.bitcast(address, context.get_value_type(kind.kind).as_pointer())
    return builder.gep(room, [place])


def _read(_typing: Any, kept: Any, _place: Any) -> Any:
    """Return the signature of ``kept_in`` and the function that writes its code, in numba's form."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_room(context, builder, signature.args[0], *arguments))

    return kept.kind(kept, types.intp), write


def _keep(_typing: Any, kept: Any, _place: Any, value: Any) -> Any:
    """Return the signature of ``_keep_in`` and the function that writes its code; None for a value of another type."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _room(context, builder, signature.args[0], *arguments[:2]))
        return context.get_dummy_value()

    return (types.void(kept, types.intp, value), write) if value == kept.kind else None


def _in_python(kept: Kept[T], place: int) -> T:
    """Replace ``kept_in`` if nothing is compiled."""
    return kept.values[place]


def _nothing(_kept: Kept[T], _place: int, _value: T) -> None:
    """Replace ``_keep_in`` if nothing is compiled."""


kept_in: Any = intrinsic(_read) if IS_COMPILED else _in_python
"""``kept_in(kept, place)``: the tuple in a place, for compiled code."""
_keep_in: Any = intrinsic(_keep) if IS_COMPILED else _nothing


@compiled
def _write(kept: Kept[T], place: int, value: T) -> None:
    """Store the members of a tuple."""
    _keep_in(kept, place, value)
