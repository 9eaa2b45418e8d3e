"""How the state of a province lies in memory: rows of 64-bit integers, each column with a name.

One row is one cache line, or a few: what an event needs of an alert is fetched at once.
"""

from typing import Final

# An alert, 8 columns.
IDENTITY: Final = 0
ISSUED: Final = 1
"""Moment of issue."""
PERSON: Final = 2
"""Number of the person within the province."""
EPISODE: Final = 3
"""Row of the episode that it is about, or -1."""
SINCE: Final = 4
"""Moment at which it joined the line, or its service began, or its message is delivered."""
META: Final = 5
"""Tier (2 bits), truth (2), predicted class right (1)."""
STATE: Final = 6
STEP: Final = 7
"""Channel (3 bits), number of the try (8), end that it is marked for + 1 (4), whether the try succeeds (1)."""
ALERT_COLUMNS: Final = 8

TIER_MASK: Final = 3
TRUTH_SHIFT: Final = 2
TRUTH_MASK: Final = 3
RIGHT_SHIFT: Final = 4
TRY_SHIFT: Final = 3
MARK_SHIFT: Final = 11
SUCCESS_SHIFT: Final = 15
CHANNEL_MASK: Final = 7
TRY_MASK: Final = 255
MARK_MASK: Final = 15

# States of an alert.
FREE: Final = 0
"""Nobody's row."""
UNISSUED: Final = 1
"""On its way down the chain."""
MESSAGE: Final = 2
"""Sent in writing: waits to be read or given up."""
WAITING: Final = 3
"""In the line of a desk."""
SERVING: Final = 4
BETWEEN: Final = 5
"""Between tries, before a visit, or given up in writing and on its way to the line."""
ENDED: Final = 6
"""Ended while an event or a place in line still refers to its row."""

# An episode, 24 columns.
ATTEMPT: Final = 0
KIND: Final = 1
"""Fraud type."""
WHO: Final = 2
"""Number of the person."""
BAND: Final = 3
SEX: Final = 4
SEGMENT: Final = 5
NEXT_STAGE: Final = 6
OVER: Final = 7
SCHEDULED: Final = 8
TOTAL: Final = 9
PAID: Final = 10
REFERENCES: Final = 11
"""Events and alerts that refer to the row; -1 marks a free one."""
LIVING: Final = 12
"""Four columns: the living alert of each tier, or -1. No two have the same tier, for the second is superseded."""
PAYMENT: Final = 16
"""Eight columns: the moments of the payments."""
EPISODE_COLUMNS: Final = 24

# A case on its way from the victim to the police, 9 columns.
REPORTED: Final = 0
"""Moment of the report."""
FILED_AT: Final = 1
RECOVERED_FEN: Final = 2
LOSS_FEN: Final = 3
CASE: Final = 4
CASE_KIND: Final = 5
CASE_BAND: Final = 6
CASE_SEX: Final = 7
CASE_DELAY: Final = 8
"""Bin of the report delay."""
CASE_COLUMNS: Final = 9

# What a detector found: an origin, 4 columns.
ORIGIN: Final = 0
MOMENT: Final = 1
NUMBER: Final = 2
SEEN: Final = 3
"""Tier + 1 of the central (3 bits) and of the local detector (3), truth (2), fraud type."""
FINDING_COLUMNS: Final = 4

RAISED_BITS: Final = 3
RAISED_MASK: Final = 7
FOUND_TRUTH_SHIFT: Final = 6
FOUND_TYPE_SHIFT: Final = 8

# An alert on its way down the chain, 4 columns: identity, moment of issue, person, and its meta with the fraud type.
SENT_COLUMNS: Final = 4
META_MASK: Final = 15
TYPE_SHIFT: Final = 4

# A rare count: table, day, three key columns, result, amount, further amount.
RARE_COLUMNS: Final = 8
RARE_ALERTS: Final = 0
RARE_CONTACTS: Final = 1
RARE_WAITS: Final = 2
RARE_HOURS: Final = 3

ROOM: Final = 32
"""Rows that one event may take of any array, and more: where fewer are free the array grows first."""

# Counters of a province: what is in use of each growing array, and the state of both desks. Those from N_HEAP to N_LINE
# are held against ``Arrays.most`` before each event.
N_ALERTS_FREE: Final = 0
N_EPISODES_FREE: Final = 1
N_HEAP: Final = 2
N_STREAM: Final = 3
AT_STREAM: Final = 4
N_LATER: Final = 5
N_CASES: Final = 6
N_HEARD: Final = 7
N_VICTIMS: Final = 8
N_FILED: Final = 9
N_FOUND: Final = 10
N_SENT: Final = 11
N_RARE: Final = 12
N_LOG: Final = 13
N_LINE: Final = 14
"""Two: entries in the line of each desk, those that have left it unseen included."""
WAITS_NOW: Final = 16
"""Two: alerts that wait at each desk."""
BUSY: Final = 18
SEATS: Final = 20
AREA: Final = 22
"""Two: area under the line, alerts x ms."""
CHANGED: Final = 24
WAITED: Final = 26
"""Two: sum of the waits of all who left the line."""
TICK: Final = 28
"""Moment of a tick that is not finished, or -1."""
CELL: Final = 29
"""Where the attempts (or contacts) of the day go on: cell and index."""
INDEX: Final = 30
ISSUED_ALERTS: Final = 31
EPISODES_BEGUN: Final = 32
ENDS_OF_EPISODES: Final = 33
"""Four: saved, dropped out, held, victims."""
SERVICES_STARTED: Final = 37
SERVICES_ENDED: Final = 38
FILED_CASES: Final = 39
HALF_HOUR: Final = 40
"""The half hour from which a change of shift is looked for."""
MESSAGES: Final = 41
"""Messages that are delivered before the deadline of their alert and the end of the run."""
N_COUNTERS: Final = 48
