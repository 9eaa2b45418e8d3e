"""What a draw is for: the registry of purposes.

A purpose is the third word of a draw's counter. Each belongs to one kind of entity and says what its
four lanes are for, so no two draws share a counter and no lane serves twice. What few attempts come to is drawn apart
from what all of them need, so that the bulk of them costs one call of the generator. To add one, give it the next
number of its room and a row of ``REGISTRY``; a number is never used again, for it would change results.

Lanes named "x high" and "x low" are joined by ``uniform52``. Where one entity draws repeatedly for one
purpose, ``numbering`` says what the fourth word counts; elsewhere it is 0.
"""

from typing import NamedTuple

ATTEMPT_COUNT = 1
ATTEMPT_GATES = 2
ATTEMPT_PASSAGE = 6
ATTEMPT_TARGET = 7
ATTEMPT_COVERAGE = 8

LEGITIMATE_COUNT = 16
LEGITIMATE_CONTACT = 17
FALSE_BLOCKS = 20
LEGITIMATE_TARGET = 21

PERSON_HOME = 34
PERSON_TRAITS = 35

SLOT_ORIGIN = 48
SLOT_GENERATION = 49
SLOT_RAID = 50

EPISODE_STAGE = 64
EPISODE_LOSS = 65

DETECTOR_SCORE = 80
ALERT_CLASS = 81
ALERT_CHAIN = 82
ALERT_READING = 83
ALERT_READ_DELAY = 84
CONTACT_TRY = 85
DISSUASION = 86
CONTACT_WAIT = 87
RECORD = 88

REPORT = 96
FILING = 97
CASE_SOLVED = 98
REMAINDER = 99

MEMBER = 112
DESIGN = 113

TRIES_A_CHANNEL = 32
"""``CONTACT_TRY`` is numbered by channel x 32 + try."""


class Purpose(NamedTuple):
    """One row of the registry. An unused lane is an empty string."""

    name: str
    number: int
    entity: str
    lanes: tuple[str, str, str, str]
    numbering: str = ""


REGISTRY = (
    # Entity "traffic" is (kind, day, province, channel, cell) with index 0: how many there are.
    Purpose("ATTEMPT_COUNT", ATTEMPT_COUNT, "traffic", ("count high", "count low", "", "")),
    Purpose("ATTEMPT_GATES", ATTEMPT_GATES, "attempt", ("not sent", "slot", "card", "interception")),
    Purpose("ATTEMPT_PASSAGE", ATTEMPT_PASSAGE, "attempt", ("site", "answer", "central", "local")),
    Purpose("ATTEMPT_COVERAGE", ATTEMPT_COVERAGE, "attempt", ("central", "local", "", "")),
    Purpose("ATTEMPT_TARGET", ATTEMPT_TARGET, "attempt", ("person high", "person low", "moment", "engage")),
    Purpose("LEGITIMATE_COUNT", LEGITIMATE_COUNT, "traffic", ("count high", "count low", "", "")),
    Purpose(
        "LEGITIMATE_CONTACT", LEGITIMATE_CONTACT, "contact", ("coverage central", "central", "local", "coverage local")
    ),
    Purpose("LEGITIMATE_TARGET", LEGITIMATE_TARGET, "contact", ("person high", "person low", "moment", "")),
    Purpose("FALSE_BLOCKS", FALSE_BLOCKS, "province, channel and day", ("count high", "count low", "", "")),
    Purpose("PERSON_HOME", PERSON_HOME, "person", ("age", "urban", "internet", "app")),
    Purpose("PERSON_TRAITS", PERSON_TRAITS, "person", ("sex", "occupation", "frailty", "")),
    Purpose(
        "SLOT_ORIGIN", SLOT_ORIGIN, "slot", ("weight high", "weight low", "region", "types"), "0, then each fraud type"
    ),
    Purpose(
        "SLOT_GENERATION",
        SLOT_GENERATION,
        "slot generation",
        ("delay high", "delay low", "region", "ringleader"),
    ),
    Purpose("SLOT_RAID", SLOT_RAID, "slot and day", ("raid", "leader", "repatriation", "")),
    Purpose(
        "EPISODE_STAGE",
        EPISODE_STAGE,
        "attempt",
        ("delay high", "delay low", "dropout", "hold"),
        "stage",
    ),
    Purpose("EPISODE_LOSS", EPISODE_LOSS, "attempt", ("loss high", "loss low", "payments", "")),
    Purpose(
        "DETECTOR_SCORE",
        DETECTOR_SCORE,
        "attempt",
        ("central", "local", "", ""),
        "stage",
    ),
    Purpose("ALERT_CLASS", ALERT_CLASS, "alert", ("class", "", "", "")),
    Purpose("ALERT_CHAIN", ALERT_CHAIN, "alert", ("delay high", "delay low", "", ""), "hop"),
    Purpose(
        "ALERT_READING",
        ALERT_READING,
        "alert",
        ("delivery high", "delivery low", "read", ""),
        "channel",
    ),
    Purpose("ALERT_READ_DELAY", ALERT_READ_DELAY, "alert", ("delay high", "delay low", "", ""), "channel"),
    Purpose(
        "CONTACT_TRY",
        CONTACT_TRY,
        "alert",
        ("answer", "hard", "duration high", "duration low"),
        "channel x 32 + try",
    ),
    Purpose("CONTACT_WAIT", CONTACT_WAIT, "alert", ("wait high", "wait low", "", ""), "channel x 32 + try, or 31"),
    Purpose("RECORD", RECORD, "attempt, contact or case", ("record", "", "", "")),
    Purpose("DISSUASION", DISSUASION, "alert", ("stop", "", "", "")),
    Purpose("REPORT", REPORT, "attempt", ("report", "delay high", "delay low", "")),
    Purpose("FILING", FILING, "attempt", ("delay high", "delay low", "", "")),
    # The case is its attempt, or a number of the backlog at the start: backlog_id meets no attempt.
    Purpose("CASE_SOLVED", CASE_SOLVED, "case", ("solve", "", "", "")),
    Purpose("REMAINDER", REMAINDER, "province and quantity", ("remainder high", "remainder low", "", "")),
    # Of a calibration's ensemble, which is no part of a run.
    Purpose("MEMBER", MEMBER, "member of an ensemble", ("place high", "place low", "noise", ""), "parameter or datum"),
    # Of a design of many runs, which is no part of them: the key of the generator that makes it.
    Purpose("DESIGN", DESIGN, "design", ("key 1", "key 2", "key 3", "key 4"), "kind"),
)
