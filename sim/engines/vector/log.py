"""The log of a province: rows of ``sim.results.recorder.EVENT_COLUMNS`` as integers."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import compiled
from sim.engines.vector.layout import N_LOG
from sim.labels import CONTACT_CHANNELS, CONTACT_RESULTS, ENDS, EVENT_CHANNELS, EVENT_RESULTS, EVENTS

LOG_COLUMNS: Final = 13

ATTEMPT_EVENT: Final = EVENTS.index("attempt")
ISSUE_EVENT: Final = EVENTS.index("issue")
START_EVENT: Final = EVENTS.index("service_start")
FINISH_EVENT: Final = EVENTS.index("service_end")
READ_EVENT: Final = EVENTS.index("read")
EXPIRY_EVENT: Final = EVENTS.index("expiry")
END_EVENT: Final = EVENTS.index("end")
STAGE_EVENT: Final = EVENTS.index("stage")
PAYMENT_EVENT: Final = EVENTS.index("payment")
REPORT_EVENT: Final = EVENTS.index("report")
FILING_EVENT: Final = EVENTS.index("filing")

CHANNEL_CODES = np.array([EVENT_CHANNELS.index(name) for name in CONTACT_CHANNELS], dtype=np.int64)
"""Codes in the log by contact channel."""
END_CODES = np.array([EVENT_RESULTS.index(name) for name in ENDS], dtype=np.int64)
CONTACT_CODES = np.array([EVENT_RESULTS.index(name) for name in CONTACT_RESULTS], dtype=np.int64)
STOPPED: Final = EVENT_RESULTS.index("stopped")
DROPPED: Final = EVENT_RESULTS.index("dropped_out")
WAS_HELD: Final = EVENT_RESULTS.index("held")


@compiled
def write(
    log: NDArray[np.int64],
    counters: NDArray[np.int64],
    moment: int,
    phase: int,
    event: int,
    province: int,
    origin: int,
    detector: int,
    stage: int,
    number: int,
    channel: int,
    tier: int,
    result: int,
    person: int,
    value: int,
) -> None:
    """Write a row; there is room for it."""
    row = counters[N_LOG]
    log[row, 0] = moment
    log[row, 1] = phase
    log[row, 2] = event
    log[row, 3] = province
    log[row, 4] = origin
    log[row, 5] = detector
    log[row, 6] = stage
    log[row, 7] = number
    log[row, 8] = channel
    log[row, 9] = tier
    log[row, 10] = result
    log[row, 11] = person
    log[row, 12] = value
    counters[N_LOG] = row + 1
