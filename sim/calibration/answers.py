"""Answers: what users ask of a run, on the scale on which parameters move it evenly."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from sim.reading.outcomes import Outcome

Array = npt.NDArray[np.float64]

TOTALS = ("victims", "loss_money", "saved", "prevented_money", "cases_filed")
"""Totals that are told, compared by their logarithm."""

LEAST = 1.0
"""A total of nothing is compared as this, so that it has a logarithm."""


def log_ratios(outcomes: Sequence[Outcome], base: Sequence[Outcome]) -> Array:
    """Return the logarithms of ratios of totals, (runs, amounts).

    Args:
        outcomes: What came of runs.
        base: What came of those that each is held against; a single one for all of them.

    Returns:
        A column for each of ``TOTALS``.
    """
    return np.asarray(_logarithms(outcomes) - _logarithms(base))


def _logarithms(outcomes: Sequence[Outcome]) -> Array:
    rows: list[Mapping[str, float]] = [one["quantities"] for one in outcomes]
    return np.log(np.maximum([[row[name] for name in TOTALS] for row in rows], LEAST))
