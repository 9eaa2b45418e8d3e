"""How functions are compiled: what is asked once, and what takes no room in memory."""

from typing import Any

import numpy as np
import pytest
from numba.core import types
from numba.core.lowering import Lower

from sim.draws import parts
from sim.draws.compiled import compiled, internal


@internal
def looped(pair: Any, times: int) -> float:
    total = 0.0
    for k in range(times):
        total += pair[0][k] * pair[1][k]
    return total


@compiled
def perhaps(given: int) -> int:
    if given > 0:
        number = given
    if given > 1:
        number += 1
    return number if given > 0 else -1


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


def test_a_variable_that_is_assigned_in_one_place_takes_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    given_room = []
    alloca = Lower.alloca

    def note(lower: Any, name: str, kind: Any) -> Any:
        given_room.append(name)
        return alloca(lower, name, kind)

    monkeypatch.setattr(Lower, "alloca", note)
    array = types.Array(types.float64, 1, "C")
    looped.compile((types.UniTuple(array, 2), types.int64))
    assert "pair" not in given_room
    assert any(name.startswith("total") for name in given_room)


def test_a_variable_that_is_assigned_on_some_paths_has_room() -> None:
    assert [perhaps(given) for given in np.arange(-1, 4).tolist()] == [-1, -1, 1, 3, 4]
