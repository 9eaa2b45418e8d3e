"""Dissuasion: whether a person in an episode stops when a warning reaches them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.words import ContactChannel
from sim.draws.compiled import compiled
from sim.draws.distributions import threshold
from sim.draws.philox import draw4
from sim.draws.purposes import DISSUASION as DISSUASION_DRAW
from sim.scenario.schema import ScenarioModel

MOST_HEARD = 127


class DissuasionTables(NamedTuple):
    """The settings of dissuasion as arrays.

    Attributes:
        stop: (4,) probability of stopping by contact channel, if the alert names the right type of fraud and the person
            has heard no alert before.
        wrong_class: Factor if the alert names the wrong type of fraud.
        fatigue: (128,) factor by the number of alerts heard.
        awareness_bonus: Share of the gap to 1 that full awareness closes.
        family: Threshold of informing the family at the visits of an alert.
        family_bonus: Share of the gap to 1 that a family closes.
        again: Factor at a second visit.
    """

    stop: NDArray[np.float64]
    wrong_class: float
    fatigue: NDArray[np.float64]
    awareness_bonus: float
    family: int
    family_bonus: float
    again: float


def dissuasion_tables(spec: ScenarioModel) -> DissuasionTables:
    """Return the tables of a scenario."""
    settings = spec.warning.dissuasion
    fatigue = [1.0]
    for _ in range(MOST_HEARD):
        fatigue.append(fatigue[-1] * settings.fatigue)
    stop = settings.stop
    return DissuasionTables(
        stop=np.array([stop.app, stop.sms, stop.call, stop.visit]),
        wrong_class=settings.wrong_class,
        fatigue=np.array(fatigue),
        awareness_bonus=settings.awareness_bonus,
        family=threshold(settings.family.share) if settings.family else 0,
        family_bonus=settings.family.bonus if settings.family else 0.0,
        again=1.0 if settings.again is None else settings.again,
    )


@compiled
def is_dissuaded(
    seed: int,
    alert: int,
    channel: int,
    is_second: bool,
    right_class: bool,
    heard: int,
    awareness: float,
    tables: DissuasionTables,
) -> bool:
    """Return whether the person stops.

    The probability is that of the channel, times the factor of a wrong class, times fatigue for each alert heard before
    today, times ``again`` at a second visit. Awareness then closes ``awareness_bonus`` x awareness of its gap to 1, and
    at a visit an informed family closes ``family_bonus`` of the gap that is left. All channels of an alert share one
    draw, since the resistance of a person is one; a second visit has another.
    """
    p = tables.stop[channel] * tables.fatigue[heard]
    if not right_class:
        p *= tables.wrong_class
    if is_second:
        p *= tables.again
    p += (1.0 - p) * awareness * tables.awareness_bonus
    u, u_family, _, _ = draw4(seed, alert, DISSUASION_DRAW, 1 if is_second else 0)
    if channel == ContactChannel.VISIT and u_family < tables.family:
        p += (1.0 - p) * tables.family_bonus
    return u < threshold(p)
