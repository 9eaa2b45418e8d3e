"""The names behind the integer codes that engines count with.

A code is a position in one of these tuples. Their order is part of the result files: rows are sorted by
code, not by name. Provinces, fraud types and age bands come from the scenario; the rest stands here.
"""

CHANNELS = ("call", "sms", "online")
"""Channels of attempts."""

FATES = (
    "not_sent",
    "den_destroyed",
    "card_eliminated",
    "intercepted",
    "site_blocked",
    "unanswered",
    "ignored",
    "engaged",
)
"""Fates of attempts, in the order of the gates."""

SOURCES = ("central", "local")
"""Detectors, as sources of alerts."""

TIERS = ("red", "orange", "yellow", "blue")
"""Tiers of alerts, the most urgent first."""

CONTACT_CHANNELS = ("app", "sms", "call", "visit")
"""Channels by which alerts reach people."""

DESK_CHANNELS = ("call", "visit")
"""Contact channels that need staff."""

TRUTHS = ("episode", "ignored", "unanswered", "legitimate")
"""What an alert was really about."""

ENDS = ("reached", "unread", "unanswered", "expired", "superseded", "moot", "open")
"""Ends of alerts; ``open`` is an alert that had not ended when the run did."""

CONTACT_RESULTS = ("delivered", "read", "unread", "answered", "no_answer", "met", "not_met")
"""Results of contacts; ``delivered`` is a message neither read nor given up when its alert, or the run, ended."""

SEXES = ("f", "m")

OUTCOMES = (
    "episodes",
    "saved",
    "dropped_out",
    "victims",
    "filed",
    "loss_fen",
    "filed_loss_fen",
    "prevented_fen",
    "recovered_fen",
    "held",
    "held_fen",
)
"""Measures of outcomes: ``held`` counts episodes that a bank ended before any payment, ``held_fen`` what holds kept."""

EVENTS = (
    "attempt",
    "issue",
    "service_start",
    "service_end",
    "read",
    "expiry",
    "end",
    "stage",
    "payment",
    "report",
    "filing",
    "solved",
    "closed",
)
"""Kinds of events, in the order in which the log sorts those of one origin, stage and detector in one tick."""

EVENT_CHANNELS = (*CHANNELS, *(name for name in CONTACT_CHANNELS if name not in CHANNELS))
"""Channels of events: attempts arrive by the first three, contacts by their own."""

EVENT_RESULTS = tuple(dict.fromkeys((*FATES, *CONTACT_RESULTS, *ENDS, "stopped", "dropped_out", "held")))
"""Results of events: fates, results of contacts, ends of alerts, and how an episode ended."""
