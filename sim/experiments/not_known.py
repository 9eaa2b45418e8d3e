"""What is not known of a comparison: its intervals over posterior draws whose answers are stored."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.results.stored_answers import TAILS, quantile, stored_answers

if TYPE_CHECKING:
    from sim.scenario import Scenario

NOTHING = {"known_low": None, "known_high": None, "known_draws": None}
"""The columns where nothing is stored."""


def not_known(row: Mapping[str, Any], base: "Scenario", other: "Scenario") -> dict[str, Any]:
    """Return the interval of a difference over the draws that are stored with two scenarios.

    The ratio of a draw's totals, beside that of the scenarios' own values, is taken over to the runs that are compared.

    Args:
        row: A row of a comparison.
        base: The scenario of its base.
        other: The other one.

    Returns:
        ``known_low`` and ``known_high``, of 90 per cent, and ``known_draws``, how many draws they are of; None where
        answers of either are not stored, or the row is of draws itself.
    """
    if row["draws"] > 1 or not row["base"] or not row["other"]:
        return NOTHING
    stored = stored_answers(base), stored_answers(other)
    if stored[0] is None or stored[1] is None or row["quantity"] not in stored[0].own:
        return NOTHING
    ratios = stored[1].ratios(stored[0], row["quantity"])
    ends = (row["other"] * quantile(ratios, share) - row["base"] for share in TAILS)
    return {**dict(zip(("known_low", "known_high"), ends, strict=True)), "known_draws": len(ratios)}
