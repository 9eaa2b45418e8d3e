"""Services of desks: whether a try by phone or in person succeeds, and how long it takes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import MINUTE_MS
from sim.base.words import ContactChannel
from sim.draws.compiled import compiled, inlined
from sim.draws.distributions import threshold, to_ticks
from sim.draws.functions import EXPONENT_BIAS, EXPONENT_SHIFT
from sim.draws.philox import draw4
from sim.draws.purposes import CONTACT_TRY, TRIES_A_CHANNEL
from sim.scenario.schema import ScenarioModel
from sim.warning.delays import drawn, row


class ServiceTables(NamedTuple):
    """Tries of a scenario, by desk: call, then visit; each distribution is a row (kind, a, b) of ms.

    Attributes:
        success: (2,) thresholds of reaching the person.
        hard: (2,) thresholds of a hard case, among the persons reached.
        durations: (2, 3, 3) service time of a failed try, of a short warning, of a hard case.
    """

    success: NDArray[np.int64]
    hard: NDArray[np.int64]
    durations: NDArray[np.float64]


def service_tables(spec: ScenarioModel) -> ServiceTables:
    """Return the tables of a scenario; visits that meet the person have one duration."""
    call, visit = spec.desks.call, spec.desks.visit
    return ServiceTables(
        success=np.array([threshold(call.answered), threshold(visit.met)], dtype=np.int64),
        hard=np.array([threshold(call.hard_share), 0], dtype=np.int64),
        durations=np.array(
            [
                [row(call.no_answer), row(call.short), row(call.hard)],
                [row(visit.not_met), row(visit.visit), row(visit.visit)],
            ]
        ),
    )


@compiled
def outcome(seed: int, alert: int, channel: int, tries: int, tables: ServiceTables, clock: int) -> tuple[bool, int]:
    """Return (whether the person is reached, duration in ms) of a try, the ``tries``-th of its channel from 0."""
    u_answer, u_hard, high, low = draw4(seed, alert, CONTACT_TRY, channel * TRIES_A_CHANNEL + tries)
    desk = channel - ContactChannel.CALL
    case = case_of(u_answer, u_hard, desk, tables)
    return case > 0, to_ticks(drawn(tables.durations[desk, case], high, low), clock)


@inlined
def case_of(u_answer: int, u_hard: int, desk: int, tables: ServiceTables) -> int:
    """Return the outcome of a try, by its place in ``durations``: 0 failed, 1 short warning, 2 hard case."""
    case: int = (u_answer < tables.success[desk]) * (1 + (u_hard < tables.hard[desk]))
    return case


@compiled
def wait_bin(wait_ms: int) -> int:
    """Return the code of the bin that holds a wait: the least b >= 0 with ``wait_ms <= 2**b`` minutes."""
    # The number of bits of the whole minutes, read from the exponent of a float: no loop of unpredictable length.
    minutes = float(max(0, wait_ms - 1) // MINUTE_MS)
    exponent = int(np.float64(minutes).view(np.int64)) >> EXPONENT_SHIFT
    return max(0, exponent - EXPONENT_BIAS + 1)
