"""Outages of detectors, which delay or lose the instructions of a day's detections."""

import numpy as np
from numpy.typing import NDArray

from sim.base.days import day_number
from sim.base.words import Detector
from sim.country.calendar import Calendar, Days
from sim.country.measures import Measures
from sim.midnight.today import LOST, NO_OUTAGE
from sim.scenario.schema.measures import Outage


def releases(measures: Measures, calendar: Calendar, days: Days, codes: list[int]) -> NDArray[np.int64]:
    """Return when instructions of each day's detections leave, (D, 2, codes): a moment, ``LOST`` or ``NO_OUTAGE``.

    Successive outages add up.
    """
    found = np.full((len(days), len(Detector), len(codes)), NO_OUTAGE)
    for _, in_force in measures.over(days, Outage):
        for d in np.flatnonzero(in_force).tolist():
            found[d] = [
                [_release(measures, calendar, days[d], source, code) for code in codes] for source in Detector.labels()
            ]
    return found


def _release(measures: Measures, calendar: Calendar, day: int, source: str, code: int) -> int:
    waits_until = day
    while outages := [one for one in measures.on(waits_until, Outage, code) if one.detector == source]:
        if any(outage.mode == "lose" for outage in outages):
            return LOST
        waits_until = max(day_number(outage.window[1]) for outage in outages if outage.window[1] is not None) + 1
    return NO_OUTAGE if waits_until == day else calendar.midnight(waits_until)
