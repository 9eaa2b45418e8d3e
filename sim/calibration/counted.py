"""Evidence with a count: its standard error is that of the sample, and of the spread between places and years."""

from math import hypot, nan, sqrt

from sim.scenario.schema.evidence import LOSS_SIGMA, LOSSES
from sim.store.scope import Known


def standard_error(row: Known, sigma: float = nan) -> float:
    """Return the standard error of the value of a row with a count, on the scale of its range.

    The scale is the logarithm if the range lies above 0. A share p of n has the error of a binomial share, to first
    order; its ``spread`` is in logits. Losses are lognormal; the logarithms of the median, the mean and the sigma that
    fit n of them best vary by sigma / sqrt(n), sqrt(sigma^2 + sigma^4 / 2) / sqrt(n) and 1 / sqrt(2 n).

    Args:
        row: The evidence, with ``value`` and ``count``.
        sigma: The standard deviation of the logarithm of losses; for their mean and median.

    Returns:
        The standard error, in log units or in the unit of the quantity.
    """
    assert row.value is not None
    assert row.count is not None
    if row.name not in LOSSES:
        logits = hypot(1.0 / sqrt(row.count * row.value * (1.0 - row.value)), row.spread)
        logs = (1.0 - row.value) * logits
    else:
        of_one = {LOSS_SIGMA: sqrt(0.5), "loss_median": sigma, "loss_mean": hypot(sigma, sigma * sigma * sqrt(0.5))}
        logs = hypot(of_one[row.name] / sqrt(row.count), row.spread)
    return logs if row.low > 0.0 else logs * row.value


def sigma_of_losses(evidence: tuple[Known, ...]) -> float:
    """Return the sigma of losses that evidence states; NaN without one."""
    stated = [row.value for row in evidence if row.name == LOSS_SIGMA and row.value is not None]
    return float(stated[0]) if stated else nan
