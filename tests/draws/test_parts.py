"""How functions are compiled: what is asked once, and what is a part."""

from typing import Any

import numba
import numpy as np
from numba.core import types

from sim.draws import parts
from sim.draws.compiled import internal


@internal
def furthest(numbers: Any) -> int:
    return int(max(numbers[0], numbers[1], numbers[2]))


class Operator:
    typing_key = "addition"

    def __init__(self, key: str) -> None:
        self.key = key

    def get_impl_key(self, _signature: str) -> str:
        return self.key


def asked(key: str) -> int:
    """Return how often numba is asked for the types of two equal calls and a third, which numba implements so."""
    calls = []

    def ask(_function: Any, _context: Any, arguments: Any, _keywords: Any) -> str:
        calls.append(arguments)
        return f"of {arguments}"

    find = parts._remembering(ask)
    operator = Operator(key)
    found = [find(operator, None, arguments, {}) for arguments in [(1, 2), (1, 2), (3,)]]
    assert found == ["of (1, 2)", "of (1, 2)", "of (3,)"]
    return len(calls)


def test_types_of_numbas_own_code_are_found_once() -> None:
    assert asked("addition") == 2


def test_types_of_what_was_compiled_under_some_flags_are_found_each_time() -> None:
    assert asked("compiled elsewhere") == 3


def test_what_numba_compiles_for_a_part_is_a_part_too() -> None:
    furthest.compile((types.Array(types.int16, 1, "C"),))
    library = furthest.overloads[(types.Array(types.int16, 1, "C"),)].library
    parts_of_it = [other.name for other in library._linking_libraries if isinstance(other, parts.PartLibrary)]
    assert any(name.startswith("ol_max") for name in parts_of_it)
    assert any(name.startswith("ol_int") for name in parts_of_it)


def test_what_numba_compiles_for_others_is_none() -> None:
    compile_as = numba.njit(lambda number: int(number))
    assert compile_as(np.int16(3)) == 3
    overload = compile_as.overloads[(types.int16,)]
    assert not any(isinstance(other, parts.PartLibrary) for other in overload.library._linking_libraries)
