"""Gate 1: attempts that are never sent, because ports, lines and cloud services are regulated or the law deters."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Channel
from sim.country.calendar import Days, Measures
from sim.draws.distributions import thresholds as as_thresholds
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.measures import Law, SourceRegulation


def thresholds(_: ScenarioModel, measures: Measures, days: Days, codes: Sequence[int]) -> NDArray[np.int64]:
    """Return the thresholds of each day, (D, P, 3 channels), from the shares of the measures: 1 - prod(1 - share)."""
    sent = np.ones((len(codes), len(Channel), len(days)))
    for of_province, code in zip(sent, codes, strict=True):
        for regulation, ramp in measures.over(days, SourceRegulation, code):
            if not regulation.classes:
                of_province[regulation.acts_on] *= 1.0 - regulation.intensity * ramp
        for law, ramp in measures.over(days, Law, code):
            of_province *= 1.0 - law.deterrence * ramp
    return as_thresholds(1.0 - sent.transpose(2, 0, 1))


def theory(spec: ScenarioModel, channel: Channel, code: int) -> float:
    """Return the share that theory expects the gate to stop, see ``sim.shield``."""
    sent = 1.0
    for measure in spec.measures.values():
        if not isinstance(measure, Law | SourceRegulation) or code not in (measure.provinces or [code]):
            continue
        if isinstance(measure, Law):
            sent *= 1.0 - measure.deterrence
        elif measure.acts_on == channel and not measure.classes:
            sent *= 1.0 - measure.intensity
    return 1.0 - sent
