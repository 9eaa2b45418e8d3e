"""The thresholds of the gates on a day: computed at midnight, read by both engines."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.base.words import SHIELD, Channel, Fate
from sim.country.calendar import Days, Measures
from sim.scenario.schema import ScenarioModel
from sim.shield import of_gate

Thresholds = NDArray[np.int64]

GATES: Final = int(Fate.IGNORED)
"""Number of gates that stop attempts before anybody answers: those of the first fates."""


STOCKS: Final = (Fate.DEN_DESTROYED, Fate.CARD_ELIMINATED, Fate.INTERCEPTED, Fate.UNANSWERED)
"""Gates that follow a stock, which midnights change."""


def fixed_thresholds(
    spec: ScenarioModel, measures: Measures, days: Days, codes: Sequence[int]
) -> dict[Fate, Thresholds]:
    """Return the thresholds of the gates that the scenario alone decides, on each day.

    Args:
        spec: The scenario.
        measures: Of the scenario.
        days: Day numbers.
        codes: Codes of provinces, one of each group that no measure tells apart.

    Returns:
        By the fate of each gate, with the axes that ``sim.shield`` states.
    """
    found: dict[Fate, Thresholds] = {}
    for gate in SHIELD[:GATES]:
        if gate.fate not in STOCKS:
            thresholds = of_gate(gate, "thresholds")
            assert thresholds is not None
            found[gate.fate] = thresholds(spec, measures, days, codes)
    return found


def gate_thresholds(gates: Mapping[Fate, Thresholds], provinces: int, types: int) -> Thresholds:
    """Return the probability that each gate stops an attempt that reaches it, as one table of thresholds.

    Args:
        gates: Thresholds of each gate on a day, with the axes that ``sim.shield`` states, less that of days; a
            length of 1 stands for all provinces.
        provinces: P.
        types: T.

    Returns:
        (gates, P, 3, T), gates by the code of their fate; 0 where a gate does not apply to a channel.
    """
    table = np.zeros((GATES, provinces, len(Channel), types), dtype=np.int64)
    for gate in SHIELD[:GATES]:
        own = gates[gate.fate]
        # Channels of a gate stand side by side, and a slice is faster than a list.
        channels = slice(gate.channels[0], gate.channels[-1] + 1)
        table[gate.fate, :, channels] = own.reshape(*own.shape, *(1,) * (3 - own.ndim))
    return table
