"""The thresholds of a day of the gates that stop an attempt by chance alone: made at midnight, read by both engines."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.country.measures import Measures
from sim.gates import cards, not_sent, sites
from sim.gates.cards import CardStock
from sim.scenario.schema import ScenarioModel


class GateThresholds(NamedTuple):
    """Thresholds of 32-bit uniforms (P provinces, T types): an attempt is stopped if its uniform is below.

    ``not_sent`` (P, 3), gate 1; ``dead`` (P,), gate 3; ``intercepted`` (P, 2, T), gate 4; ``down`` (P, 2, T), gate 5.
    Gate 2 goes by the den, gates 6 and 7 by the person.
    """

    not_sent: NDArray[np.int64]
    dead: NDArray[np.int64]
    intercepted: NDArray[np.int64]
    down: NDArray[np.int64]


def thresholds_of_day(
    spec: ScenarioModel,
    measures: Measures,
    day: int,
    examples: Sequence[int],
    alike: NDArray[np.int64],
    stock: CardStock,
    intercepted: NDArray[np.int64],
) -> GateThresholds:
    """Return the thresholds of a day.

    Args:
        spec: The scenario.
        measures: Of the scenario.
        day: Day number.
        examples: (E,) codes of provinces, one of those that no measure tells apart.
        alike: (P,) for each province the position of its example.
        stock: Of cards.
        intercepted: (E, 2, T) thresholds of the filters.

    Returns:
        The thresholds, for all provinces.
    """
    return GateThresholds(
        not_sent=not_sent.thresholds(measures, day, examples)[alike],
        dead=cards.thresholds(stock, spec.cards, len(alike)),
        intercepted=intercepted[alike],
        down=sites.thresholds(spec, measures, day, examples)[alike],
    )
