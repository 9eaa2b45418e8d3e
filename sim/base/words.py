"""The words of the model, each stated once: labels for people, tables and scenarios, and the codes behind them.

A member is an integer: engines count by it and compiled code compares it. Its ``label`` is what scenarios, tables and
the log show. Members stand in the order of their codes, which is part of the result files: rows are sorted by code, not
by label. Provinces, fraud types, regions of dens, segments and age bands come from the scenario; all other words stand
here. ``SHIELD`` declares the gates.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Self

from sim.language import marked


class Word(IntEnum):
    """A list of words with codes from 0 up, in order. Their labels are translated."""

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
        """Return the word with this label; ``ValueError`` if there is none."""
        return cls(cls.labels().index(label))


class Code(Word):
    """A list of words that files and code use but no text shows: their labels are not translated."""


class OriginKind(Code):
    """Origins: an attempt, a legitimate contact, or a case filed before the simulation began. Part of identities."""

    ATTEMPT = 0
    LEGITIMATE = 1
    BACKLOG = 2


class Channel(Word):
    """Channels of attempts and of legitimate contacts."""

    CALL = 0
    SMS = 1
    ONLINE = 2


class Fate(Word):
    """Fates of attempts, in the order of the gates of ``SHIELD``. The last one, engaged, starts an episode."""

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
        """Whether the attempt was stopped on its way and never reached its person."""
        return self < Fate.UNANSWERED


@dataclass(frozen=True)
class Gate:
    """A gate. ``sim.shield.thresholds`` says which functions its file holds.

    Attributes:
        file: The module of ``sim.shield`` with its functions.
        colour: The name of its colour in pictures: one of ``NAMED`` in ``sim.report.drawing``.
        cause: What stopped the attempt, as an answer says it; empty if the attempt reached its person.
        layer: The layer of attribution that switches the gate off; empty if none does.
        channels: The channels it acts on.
    """

    fate: Fate
    file: str
    colour: str
    cause: str = ""
    layer: str = ""
    channels: tuple[Channel, ...] = tuple(Channel)


_BY_PHONE = (Channel.CALL, Channel.SMS)

SHIELD = (
    Gate(Fate.NOT_SENT, "not_sent", "grey", marked("by deterrence and regulation at the source")),
    Gate(Fate.DEN_DESTROYED, "dens", "orange", marked("by raids on dens"), "dens"),
    Gate(*(Fate.CARD_ELIMINATED, "cards", "purple"), *(marked("by eliminating phone cards"), "cards", _BY_PHONE)),
    Gate(*(Fate.INTERCEPTED, "interception", "blue"), *(marked("by call and SMS filters"), "interception", _BY_PHONE)),
    Gate(Fate.SITE_BLOCKED, "sites", "green", marked("by blocked sites and apps"), "sites"),
    Gate(Fate.UNANSWERED, "answering", "yellow"),
    Gate(Fate.IGNORED, "engagement", "sky", layer="awareness"),
)
"""The gates, in the order in which an attempt meets them; an attempt that passes all is engaged.

Thresholds, causes, layers of attribution, colours, the checks of ``tocsin verify`` and translations derive from it.
"""


class Role(Code):
    """Roles of arrested suspects: those who call, those who provide cards and accounts, those who carry the money."""

    CALLERS = 0
    ACCOUNTS = 1
    COURIERS = 2

    @property
    def arrested(self) -> str:
        """The flow that counts their arrests."""
        return f"{self.label}_arrested"


class Sex(Word):
    """Sexes of people."""

    F = 0
    M = 1


class Detector(Word):
    """Detectors: the sources of alerts."""

    CENTRAL = 0
    LOCAL = 1


class Tier(Word):
    """Tiers of alerts, the most urgent first."""

    RED = 0
    ORANGE = 1
    YELLOW = 2
    BLUE = 3


class Truth(Word):
    """What an alert was in fact about: an engaged, ignored or unanswered attempt, or a legitimate contact."""

    EPISODE = 0
    IGNORED = 1
    UNANSWERED = 2
    LEGITIMATE = 3


class ContactChannel(Word):
    """Channels by which alerts reach people: two in writing, two through the staff of a desk."""

    APP = 0
    SMS = 1
    CALL = 2
    VISIT = 3


DESKS = (ContactChannel.CALL, ContactChannel.VISIT)
"""Channels that need staff. The place of a channel here is the number of its desk."""

DESK_LABELS = tuple(desk.label for desk in DESKS)
"""The names of the desks in tables and scenarios."""

WRITTEN = (ContactChannel.APP, ContactChannel.SMS)
"""Channels of messages."""


class Discipline(Word):
    """Service disciplines: which alert of a tier a desk serves next. Ties go to the alert issued first.

    ``least_slack``: the earliest deadline, less the median time that the remaining tries take.
    ``most_at_stake``: the most money that may still be lost, by predicted fraud type and stage.
    """

    FIRST_ISSUED = 0
    LAST_ISSUED = 1
    LEAST_SLACK = 2
    HIGHEST_SCORE = 3
    MOST_AT_STAKE = 4


class ContactResult(Word):
    """Results of contacts: three of messages, then two of calls, then three of visits.

    ``delivered``: the message was neither read nor given up when its alert, or the run, ended. ``refused``: the person
    was met and did not listen.
    """

    DELIVERED = 0
    READ = 1
    UNREAD = 2
    ANSWERED = 3
    NO_ANSWER = 4
    MET = 5
    NOT_MET = 6
    REFUSED = 7


class End(Word):
    """Ends of alerts. ``open``: the alert had not ended when the run did."""

    REACHED = 0
    UNREAD = 1
    UNANSWERED = 2
    EXPIRED = 3
    SUPERSEDED = 4
    MOOT = 5
    OPEN = 6


class Stage(Word):
    """Stages of an episode: contacted, engaged, site or app opened, first payment made."""

    CONTACT = 0
    ENGAGED = 1
    OPENED = 2
    FIRST_PAYMENT = 3


class EpisodeEnd(Word):
    """Ends of episodes: what ended it before any payment, or ``victims`` once there was a payment."""

    SAVED = 0
    DROPPED_OUT = 1
    HELD = 2
    VICTIMS = 3


class Outcome(Code):
    """Counts of outcomes, which are columns of tables; ``sim.told.words`` names them for people.

    ``held`` counts episodes that a bank ended before any payment, ``held_cents`` the sums of these payments.
    ``saved`` counts episodes that a warning stopped before any payment, ``averted`` those of them that would have led
    to a payment.
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


class Event(Code):
    """Kinds of events in the log, which sorts events of one origin, stage and detector in one tick in this order."""

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
"""Channels of events: the first three are those of attempts, the rest those of contacts."""

STOPPED = "stopped"
"""The result of an episode that a warning ended, with or without a payment; ``saved`` has no payment."""

EVENT_RESULTS = tuple(
    dict.fromkeys(
        (*Fate.labels(), *ContactResult.labels(), *End.labels(), STOPPED, Outcome.DROPPED_OUT.label, Outcome.HELD.label)
    )
)
"""Results of events: fates, results of contacts, ends of alerts, ends of episodes."""


class DistributionKind(Code):
    """Kinds of distributions of delays and losses, by their names in scenarios."""

    CONSTANT = 0
    UNIFORM = 1
    EXPONENTIAL = 2
    LOGNORMAL = 3
    WEIBULL = 4
