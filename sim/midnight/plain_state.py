"""Values that components may begin with: those that ``run.json`` can hold."""

import math
from typing import Any

import numpy as np

PLAIN = "numbers, texts, True, False, None, and lists and maps of these"


class NotPlainError(TypeError):
    """A value that cannot be stored, with its place and type."""


def plain(value: Any, place: str) -> Any:
    """Return a value in its stored form: tuples as lists, numpy numbers as Python's.

    Args:
        value: The value.
        place: Where it is, for the error.

    Raises:
        NotPlainError: For a value that cannot be stored.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, list | tuple):
        return [plain(one, f"{place}[{at}]") for at, one in enumerate(value)]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: plain(one, f"{place}[{key!r}]") for key, one in value.items()}
    kind = f"an array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
    what = f"{value!r}" if isinstance(value, float) else kind
    raise NotPlainError(f"{place} is {what}; it must be made of {PLAIN}")
