"""The order within one tick: phases, and within a phase and one origin the stage and the kind of what happens."""

from typing import Final

MIDNIGHT: Final = 0
SHIFT_CHANGE: Final = 1
SERVICE_ENDS: Final = 2
STAGE_MOMENTS: Final = 3
READS: Final = 4
REPORTS: Final = 5
ARRIVALS: Final = 6
DISPATCH: Final = 7

# Kinds, in their order within a phase and one stage of an origin.
READ: Final = 0
EXPIRY: Final = 1
UNREAD: Final = 2
RETRY: Final = 3
ESCALATION: Final = 4
DELIVERY: Final = 5

REPORT: Final = 0
FILING: Final = 1

ATTEMPT: Final = 0
ISSUE: Final = 1
