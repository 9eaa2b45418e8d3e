"""The one way in which a function of this project is compiled.

A compiled function is plain Python over integers, floats and arrays: ``f.py_func`` runs the same source
without a compiler. ``fastmath`` stays off, so that each + - x / and square root rounds as IEEE 754 says
and no machine contracts or reorders them: the results are the same bits everywhere.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile ``function`` on its first call, keep the machine code on disk, and run without the GIL."""
    return cast(F, numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")(function))
