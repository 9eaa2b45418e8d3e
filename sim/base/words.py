"""The words of the model, each stated once: what people, tables and scenarios call things, and the codes behind them.

A member is an integer, by which engines count and compiled code compares; its ``label`` is what scenarios, tables
and the log say. Members stand in the order of their codes, which is part of the result files: rows are sorted by
code, not by label. Provinces, fraud types, regions of dens, segments and age bands come from the scenario; all other
words stand here.
"""

from enum import IntEnum
from functools import cache
from typing import Self


class Word(IntEnum):
    """A list of words with codes from 0 up, in order."""

    @property
    def label(self) -> str:
        """The word as people read and write it."""
        return self.name.lower()

    @classmethod
    @cache
    def labels(cls) -> tuple[str, ...]:
        """Return the labels in the order of their codes."""
        return tuple(word.label for word in cls)

    @classmethod
    def of(cls, label: str) -> Self:
        """Return the word of this label; ``ValueError`` if there is none."""
        return cls(cls.labels().index(label))


class OriginKind(Word):
    """What an origin is: an attempt, a legitimate contact, or a case filed before the simulation began."""

    ATTEMPT = 0
    LEGITIMATE = 1
    BACKLOG = 2


class Channel(Word):
    """Channels of attempts, and of the legitimate contacts that detectors see beside them."""

    CALL = 0
    SMS = 1
    ONLINE = 2


class Fate(Word):
    """Fates of attempts, in the order of the gates; the last is no end but the start of an episode."""

    NOT_SENT = 0
    DEN_DESTROYED = 1
    CARD_ELIMINATED = 2
    INTERCEPTED = 3
    SITE_BLOCKED = 4
    UNANSWERED = 5
    IGNORED = 6
    ENGAGED = 7

    @property
    def stopped(self) -> bool:
        """Whether the attempt was stopped on its way and never came to its person."""
        return self < Fate.UNANSWERED


class Sex(Word):
    """Sexes of people."""

    F = 0
    M = 1


class Detector(Word):
    """Detectors, which are the sources of alerts."""

    CENTRAL = 0
    LOCAL = 1


class Tier(Word):
    """Tiers of alerts, the most urgent first."""

    RED = 0
    ORANGE = 1
    YELLOW = 2
    BLUE = 3


class Truth(Word):
    """What an alert was really about: an engaged, ignored or unanswered attempt, or a legitimate contact."""

    EPISODE = 0
    IGNORED = 1
    UNANSWERED = 2
    LEGITIMATE = 3


class ContactChannel(Word):
    """Channels by which alerts reach people: in writing by the first two, through the staff of a desk by the others."""

    APP = 0
    SMS = 1
    CALL = 2
    VISIT = 3


DESKS = (ContactChannel.CALL, ContactChannel.VISIT)
"""Channels that need staff; the desk of each is numbered by its place here."""

DESK_LABELS = tuple(desk.label for desk in DESKS)
"""What tables and scenarios call the desks."""

WRITTEN = (ContactChannel.APP, ContactChannel.SMS)
"""Channels of messages."""


class Discipline(Word):
    """Service disciplines: which alert of a tier a desk serves next; where they tie, the one issued first.

    ``least_slack``: whose deadline comes first, less the time that its remaining tries take in the median.
    ``most_at_stake``: on whom the most money may still be lost, by the predicted fraud type and the stage.
    """

    FIRST_ISSUED = 0
    LAST_ISSUED = 1
    LEAST_SLACK = 2
    HIGHEST_SCORE = 3
    MOST_AT_STAKE = 4


class ContactResult(Word):
    """Results of contacts: of messages the first three, then of calls, then of visits.

    ``delivered`` is a message neither read nor given up when its alert, or the run, ended.
    """

    DELIVERED = 0
    READ = 1
    UNREAD = 2
    ANSWERED = 3
    NO_ANSWER = 4
    MET = 5
    NOT_MET = 6


class End(Word):
    """Ends of alerts; ``open`` is an alert that had not ended when the run did."""

    REACHED = 0
    UNREAD = 1
    UNANSWERED = 2
    EXPIRED = 3
    SUPERSEDED = 4
    MOOT = 5
    OPEN = 6


class Stage(Word):
    """Stages of an episode: the contact, the person engaged, a site or an app opened, payments from the first on."""

    CONTACT = 0
    ENGAGED = 1
    OPENED = 2
    FIRST_PAYMENT = 3


class EpisodeEnd(Word):
    """How an episode is booked: by what ended it before any payment, or by its first payment."""

    SAVED = 0
    DROPPED_OUT = 1
    HELD = 2
    VICTIMS = 3


class Outcome(Word):
    """Measures of outcomes: ``held`` counts episodes that a bank ended before any payment, ``held_cents`` its sums.

    ``saved`` counts episodes that a warning stopped before any payment, ``averted`` those of them that would have come
    to one.
    """

    EPISODES = 0
    SAVED = 1
    DROPPED_OUT = 2
    VICTIMS = 3
    FILED = 4
    LOSS_CENTS = 5
    FILED_LOSS_CENTS = 6
    PREVENTED_CENTS = 7
    RECOVERED_CENTS = 8
    HELD = 9
    HELD_CENTS = 10
    AVERTED = 11


class Event(Word):
    """Kinds of events, in the order in which the log sorts those of one origin, stage and detector in one tick."""

    ATTEMPT = 0
    ISSUE = 1
    SERVICE_START = 2
    SERVICE_END = 3
    READ = 4
    EXPIRY = 5
    END = 6
    STAGE = 7
    PAYMENT = 8
    REPORT = 9
    FILING = 10
    SOLVED = 11
    CLOSED = 12


EVENT_CHANNELS = tuple(dict.fromkeys((*Channel.labels(), *ContactChannel.labels())))
"""Channels of events: attempts arrive by the first three, contacts by their own."""

STOPPED = "stopped"
"""The result of an episode that a warning ended, paid or not; ``saved`` are those without a payment."""

EVENT_RESULTS = tuple(
    dict.fromkeys(
        (*Fate.labels(), *ContactResult.labels(), *End.labels(), STOPPED, Outcome.DROPPED_OUT.label, Outcome.HELD.label)
    )
)
"""Results of events: fates, results of contacts, ends of alerts, and how an episode ended."""


class DistributionKind(Word):
    """Kinds of distributions of delays and losses, by the names that scenarios give them."""

    CONSTANT = 0
    UNIFORM = 1
    EXPONENTIAL = 2
    LOGNORMAL = 3
    WEIBULL = 4
