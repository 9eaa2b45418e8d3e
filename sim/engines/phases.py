"""The order within one tick: phases, then within a phase and an origin the stage and the step."""

from enum import IntEnum


class Phase(IntEnum):
    """Phases of a tick, in their order."""

    MIDNIGHT = 0
    SHIFT_CHANGE = 1
    SERVICE_ENDS = 2
    STAGE_MOMENTS = 3
    READS = 4
    REPORTS = 5
    ARRIVALS = 6
    DISPATCH = 7


class AlertStep(IntEnum):
    """Steps of an alert in the phase of reads, in the order of one tick."""

    READ = 0
    EXPIRY = 1
    UNREAD = 2
    RETRY = 3
    ESCALATION = 4
    DELIVERY = 5


class CaseStep(IntEnum):
    """Steps of victims and police in the phase of reports, in the order of one tick."""

    REPORT = 0
    FILING = 1


class ArrivalStep(IntEnum):
    """Arrivals, in the order of one tick."""

    ATTEMPT = 0
    ISSUE = 1
