"""Marks of tests that are parametrised."""

from collections.abc import Iterable
from typing import Any

import pytest


def first_quick(cases: Iterable[Any], number: int) -> list[Any]:
    """Return the cases of one law for ``pytest.mark.parametrize``: the first ``number`` quick, the others slow."""
    return [case if at < number else pytest.param(case, marks=pytest.mark.slow) for at, case in enumerate(cases)]
