"""Services of desks: whether a try by phone or in person succeeds, and how long it takes."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import MINUTE_MS
from sim.base.words import ContactChannel, ContactResult
from sim.draws.compiled import compiled, inlined
from sim.draws.distributions import row, threshold, to_ticks
from sim.draws.functions import EXPONENT_BIAS, EXPONENT_SHIFT
from sim.draws.philox import draw4
from sim.draws.purposes import CONTACT_TRY, CONTACT_WAIT, TRIES_A_CHANNEL
from sim.scenario.schema import ScenarioModel
from sim.warning.delays import drawn

REFUSED: Final = 2
"""The case of a visit that the person refuses."""

RESULTS: Final = np.array(
    [
        [ContactResult.NO_ANSWER, ContactResult.ANSWERED, ContactResult.ANSWERED],
        [ContactResult.NOT_MET, ContactResult.MET, ContactResult.REFUSED],
    ]
)
"""Results of tries by desk and case."""


class ServiceTables(NamedTuple):
    """Tries of a scenario, by desk: call, then visit; each distribution is a row (kind, a, b) of ms.

    Attributes:
        success: (2,) thresholds of reaching the person.
        hard: (2,) thresholds among the persons reached: of a hard case in a call, of a refusal in a visit.
        durations: (2, 3, 3) service time of a failed try, of a short warning or a visit, of a hard case or a refusal.
        way: (3,) time from the dispatch of a visit to the door, before its service time.
        has_way: Whether visits have one.
    """

    success: NDArray[np.int64]
    hard: NDArray[np.int64]
    durations: NDArray[np.float64]
    way: NDArray[np.float64]
    has_way: bool


def service_tables(spec: ScenarioModel) -> ServiceTables:
    """Return the tables of a scenario; visits that meet the person have one duration."""
    call, visit = spec.desks.call, spec.desks.visit
    return ServiceTables(
        success=np.array([threshold(call.answered), threshold(visit.met)], dtype=np.int64),
        hard=np.array([threshold(call.hard_share), threshold(visit.refused or 0.0)], dtype=np.int64),
        durations=np.array(
            [
                [row(call.no_answer), row(call.short), row(call.hard)],
                [row(visit.not_met), row(visit.visit), row(visit.not_met)],
            ]
        ),
        way=np.array(row(visit.way)),
        has_way=visit.way is not None,
    )


@compiled
def outcome(seed: int, alert: int, channel: int, tries: int, tables: ServiceTables, clock: int) -> tuple[int, int]:
    """Return (case, duration in ms, with the way) of a try, the ``tries``-th of its channel from 0."""
    u_answer, u_hard, high, low = draw4(seed, alert, CONTACT_TRY, channel * TRIES_A_CHANNEL + tries)
    desk = channel - ContactChannel.CALL
    case = case_of(u_answer, u_hard, desk, tables)
    duration = to_ticks(drawn(tables.durations[desk, case], high, low), clock)
    return case, duration + way_of(seed, alert, channel, tries, tables, clock)


@compiled
def way_of(seed: int, alert: int, channel: int, tries: int, tables: ServiceTables, clock: int) -> int:
    """Return the ms from the dispatch of a try to the door: 0 for a call, and where visits have no way."""
    if channel != ContactChannel.VISIT or not tables.has_way:
        return 0
    _, _, high, low = draw4(seed, alert, CONTACT_WAIT, channel * TRIES_A_CHANNEL + tries)
    return to_ticks(drawn(tables.way, high, low), clock)


@inlined
def case_of(u_answer: int, u_hard: int, desk: int, tables: ServiceTables) -> int:
    """Return the case of a try, its place in ``durations``: 0 failed, 1 warning, 2 hard case, or refusal of a visit."""
    case: int = (u_answer < tables.success[desk]) * (1 + (u_hard < tables.hard[desk]))
    return case


@inlined
def is_warned(case: int, channel: int) -> bool:
    """Return whether a try warns the person: not if nobody is reached, nor at a visit if they refuse."""
    return bool(case == 1 or (case == REFUSED and channel == ContactChannel.CALL))


@inlined
def result_of(case: int, channel: int) -> int:
    """Return the result of a try, a ``ContactResult``."""
    return int(RESULTS[channel - ContactChannel.CALL, case])


@compiled
def wait_bin(wait_ms: int) -> int:
    """Return the code of the bin that holds a wait: the least b >= 0 with ``wait_ms <= 2**b`` minutes."""
    # The number of bits of the whole minutes, read from the exponent of a float: no loop of unpredictable length.
    minutes = float(max(0, wait_ms - 1) // MINUTE_MS)
    exponent = int(np.float64(minutes).view(np.int64)) >> EXPONENT_SHIFT
    return max(0, exponent - EXPONENT_BIAS + 1)
