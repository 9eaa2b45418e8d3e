"""The thresholds of the gates on a day: computed at midnight, read by both engines."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.base.words import SHIELD, Channel, Fate
from sim.country.measures import Measures
from sim.scenario.schema import ScenarioModel
from sim.shield.gate import of_gate

Thresholds = NDArray[np.int64]

GATES: Final = int(Fate.IGNORED)
"""Number of gates that stop attempts before anybody answers: those of the first fates."""


def gate_thresholds(
    spec: ScenarioModel,
    measures: Measures,
    day: int,
    codes: Sequence[int],
    alike: NDArray[np.int64],
    stocks: Mapping[Fate, Thresholds],
) -> Thresholds:
    """Return the probability that each gate stops an attempt that reaches it, as one table of thresholds.

    Args:
        spec: The scenario.
        measures: Of the scenario.
        day: Day number.
        codes: Codes of provinces, one of each group that no measure tells apart.
        alike: (P,) The place in ``codes`` of the group of each province.
        stocks: Thresholds that midnight has computed, at least those of the gates that follow a stock, with the axes
            that ``sim.shield.gate`` states; a length of 1 stands for all provinces.

    Returns:
        (gates, P, 3, T), gates by the code of their fate; 0 where a gate does not apply to a channel.
    """
    table = np.zeros((GATES, len(alike), len(Channel), len(spec.fraud.types)), dtype=np.int64)
    for gate in SHIELD[:GATES]:
        own = stocks.get(gate.fate)
        if own is None:
            thresholds = of_gate(gate, "thresholds")
            assert thresholds is not None
            own = thresholds(spec, measures, day, codes)[alike]
        table[gate.fate][:, gate.channels] = own.reshape(*own.shape, *(1,) * (3 - own.ndim))
    return table
