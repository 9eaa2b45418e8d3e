"""Intervals of a comparison over posterior draws whose answers are stored with both scenarios."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sim.reading.draw_intervals import nine_tenths
from sim.reading.stored_answers import stored_answers

if TYPE_CHECKING:
    from sim.scenario import Scenario

Row = Mapping[str, Any]


def with_posterior(rows: Iterable[Row], base: "Scenario", other: "Scenario") -> Iterator[dict[str, Any]]:
    """Add to rows of a comparison the intervals over the draws that are stored with two scenarios.

    The ratio of a draw's totals, beside that of the scenarios' own values, is taken over to the runs that are compared.

    Args:
        rows: Those of one scenario beside the base.
        base: The scenario of the base.
        other: The other one.

    Yields:
        The rows, with ``posterior_low`` and ``posterior_high``, of 90 per cent, and ``posterior_draws``, how many draws
        they are of; None where answers of either are not stored, or the row is of draws itself.
    """
    before, after = stored_answers(base), stored_answers(other)
    for row in rows:
        low = high = draws = None
        if before and after and row["draws"] == 1 and row["base"] and row["other"] and row["quantity"] in before.own:
            ratios = after.ratios(before, row["quantity"])
            lowest, _, highest = nine_tenths(ratios)
            low, high = (row["other"] * end - row["base"] for end in (lowest, highest))
            draws = len(ratios)
        yield {**row, "posterior_low": low, "posterior_high": high, "posterior_draws": draws}
