"""Prefetch a record that is needed soon: the processor loads its line of the cache during other work."""

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from sim.draws.compiled import IS_COMPILED


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
