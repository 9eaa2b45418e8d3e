"""Positions in the tuples of ``sim.labels``: outcomes, truths and ends of alerts, results of contacts."""

from typing import Final

EPISODES: Final = 0
SAVED: Final = 1
DROPPED_OUT: Final = 2
VICTIMS: Final = 3
FILED: Final = 4
LOSS: Final = 5
FILED_LOSS: Final = 6
PREVENTED: Final = 7
RECOVERED: Final = 8
HELD: Final = 9
HELD_FEN: Final = 10

EPISODE_TRUTH: Final = 0
IGNORED_TRUTH: Final = 1
UNANSWERED_TRUTH: Final = 2
LEGITIMATE_TRUTH: Final = 3

REACHED: Final = 0
UNREAD_END: Final = 1
UNANSWERED: Final = 2
EXPIRED: Final = 3
SUPERSEDED: Final = 4
MOOT: Final = 5
OPEN: Final = 6

DELIVERED: Final = 0
WAS_READ: Final = 1
WAS_UNREAD: Final = 2
ANSWERED: Final = 3
NO_ANSWER: Final = 4
MET: Final = 5
NOT_MET: Final = 6
