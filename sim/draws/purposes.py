"""What a draw is for: the registry of purposes.

A purpose is the third word of a draw's counter. Each belongs to one kind of entity and says what its
four lanes are for, so no two draws share a counter and no lane is used twice. Draws that only few attempts need have
a separate purpose, so that most attempts cost a single call of the generator.

Lanes named "x high" and "x low" are joined by ``uniform52``. Where one entity draws repeatedly for one
purpose, ``numbering`` says what the fourth word counts; elsewhere it is 0.

To add a purpose, give it a free number of its range and a row of ``REGISTRY``. A number that was ever used is never
given to another purpose, since old and new draws would be equal. Ranges, and their free numbers:

    =======  ============================  =======
    range    entity                        free
    =======  ============================  =======
    1-15     attempts                      3-5, 15
    16-31    legitimate traffic            24-31
    32-47    people                        36-47
    48-63    slots of dens                 51-63
    64-79    episodes                      69-79
    80-95    alerts, and the log (88)      91-95
    96-111   reports, cases, remainders    102-111
    112-     designs outside a run         114-
    =======  ============================  =======

Numbers 2, 6 and 7 served gates that attempts passed one by one; they are not used again.
"""

from typing import NamedTuple

ATTEMPT_COUNT = 1
ATTEMPT_COVERAGE = 8
ATTEMPT_STOPS = 9
ATTEMPT_PROSPECTS = 10
ATTEMPT_MEETING = 11
ATTEMPT_PERSON = 12
ATTEMPT_SCORES = 13
ATTEMPT_LOW_SCORES = 14

LEGITIMATE_COUNT = 16
LEGITIMATE_CONTACT = 17
FALSE_BLOCKS = 20
LEGITIMATE_TARGET = 21
TRANSFER_COUNT = 22
TRANSFER_COURSE = 23

PERSON_HOME = 34
PERSON_TRAITS = 35

SLOT_ORIGIN = 48
SLOT_GENERATION = 49
SLOT_RAID = 50

EPISODE_STAGE = 64
EPISODE_LOSS = 65
PAYMENT_WAIT = 66
PAYMENT_CANCELLED = 67
PAYMENT_RELEASED = 68

DETECTOR_SCORE = 80
ALERT_CLASS = 81
ALERT_CHAIN = 82
ALERT_READING = 83
ALERT_READ_DELAY = 84
CONTACT_TRY = 85
DISSUASION = 86
CONTACT_WAIT = 87
RECORD = 88
SIGN = 89
SIGN_DELAY = 90

REPORT = 96
FILING = 97
CASE_SOLVED = 98
REMAINDER = 99
WITHDRAWAL = 100
ACCOUNT_FOUND = 101

MEMBER = 112
DESIGN = 113

TRIES_A_CHANNEL = 32
"""``CONTACT_TRY`` is numbered by channel x 32 + try."""


class Purpose(NamedTuple):
    """One row of the registry; unused lanes have an empty name."""

    name: str
    number: int
    entity: str
    lanes: tuple[str, str, str, str]
    numbering: str = ""


REGISTRY = (
    # Entity "traffic" is (kind, day, province, channel, cell) with index 0: how many there are.
    Purpose("ATTEMPT_COUNT", ATTEMPT_COUNT, "traffic", ("count high", "count low", "", "")),
    Purpose(
        "ATTEMPT_STOPS",
        ATTEMPT_STOPS,
        "traffic",
        ("stopped high", "stopped low", "stopped by the next high", "stopped by the next low"),
        "half the gate, counted from 0",
    ),
    Purpose(
        "ATTEMPT_PROSPECTS",
        ATTEMPT_PROSPECTS,
        "traffic",
        ("first high", "first low", "second high", "second low"),
        "0 may engage (first); 1 + band: in the band, of those unanswered and of those ignored",
    ),
    Purpose("ATTEMPT_MEETING", ATTEMPT_MEETING, "attempt", ("moment", "engage", "central", "local")),
    Purpose("ATTEMPT_PERSON", ATTEMPT_PERSON, "attempt", ("person high", "person low", "answer", ""), "try"),
    Purpose("ATTEMPT_COVERAGE", ATTEMPT_COVERAGE, "attempt", ("central", "local", "", "")),
    Purpose(
        "ATTEMPT_SCORES", ATTEMPT_SCORES, "attempt", ("coverage central", "coverage local", "larger score", "other")
    ),
    Purpose("ATTEMPT_LOW_SCORES", ATTEMPT_LOW_SCORES, "attempt", ("central", "local", "", ""), "try"),
    Purpose("LEGITIMATE_COUNT", LEGITIMATE_COUNT, "traffic", ("count high", "count low", "", "")),
    Purpose(
        "LEGITIMATE_CONTACT", LEGITIMATE_CONTACT, "contact", ("coverage central", "central", "local", "coverage local")
    ),
    Purpose("LEGITIMATE_TARGET", LEGITIMATE_TARGET, "contact", ("person high", "person low", "moment", "")),
    Purpose("FALSE_BLOCKS", FALSE_BLOCKS, "province, channel and day", ("count high", "count low", "", "")),
    Purpose(
        "TRANSFER_COUNT", TRANSFER_COUNT, "province and day", ("delayed high", "delayed low", "held high", "held low")
    ),
    Purpose(
        "TRANSFER_COURSE",
        TRANSFER_COURSE,
        "province and day",
        ("released high", "released low", "called high", "called low"),
    ),
    Purpose("PERSON_HOME", PERSON_HOME, "person", ("age", "urban", "internet", "app")),
    Purpose("PERSON_TRAITS", PERSON_TRAITS, "person", ("sex", "occupation", "frailty", "")),
    Purpose(
        "SLOT_ORIGIN", SLOT_ORIGIN, "slot", ("weight high", "weight low", "region", "types"), "0, then each fraud type"
    ),
    Purpose("SLOT_GENERATION", SLOT_GENERATION, "slot generation", ("delay high", "delay low", "region", "ringleader")),
    Purpose("SLOT_RAID", SLOT_RAID, "slot and day", ("raid", "leader", "repatriation", "")),
    Purpose("EPISODE_STAGE", EPISODE_STAGE, "attempt", ("delay high", "delay low", "dropout", "hold"), "stage"),
    Purpose("EPISODE_LOSS", EPISODE_LOSS, "attempt", ("loss high", "loss low", "payments", "tail")),
    Purpose("PAYMENT_WAIT", PAYMENT_WAIT, "attempt", ("caught", "call", "stops", "release"), "payment"),
    Purpose(
        "PAYMENT_CANCELLED",
        PAYMENT_CANCELLED,
        "attempt",
        ("second thoughts high", "second thoughts low", "call high", "call low"),
        "payment",
    ),
    Purpose("PAYMENT_RELEASED", PAYMENT_RELEASED, "attempt", ("release high", "release low", "", ""), "payment"),
    Purpose("DETECTOR_SCORE", DETECTOR_SCORE, "attempt", ("central", "local", "", ""), "stage"),
    Purpose("ALERT_CLASS", ALERT_CLASS, "alert", ("class", "", "", "")),
    Purpose("ALERT_CHAIN", ALERT_CHAIN, "alert", ("delay high", "delay low", "", ""), "hop"),
    Purpose("ALERT_READING", ALERT_READING, "alert", ("delivery high", "delivery low", "read", ""), "channel"),
    Purpose("ALERT_READ_DELAY", ALERT_READ_DELAY, "alert", ("delay high", "delay low", "", ""), "channel"),
    Purpose(
        "CONTACT_TRY", CONTACT_TRY, "alert", ("answer", "hard", "duration high", "duration low"), "channel x 32 + try"
    ),
    Purpose(
        "CONTACT_WAIT",
        CONTACT_WAIT,
        "alert",
        ("wait high", "wait low", "way high", "way low"),
        "channel x 32 + try, 31 before an escalated visit, 127 before a second visit",
    ),
    Purpose("RECORD", RECORD, "attempt, contact or case", ("record", "", "", "")),
    Purpose("DISSUASION", DISSUASION, "alert", ("stop", "family", "", ""), "0, of a second visit 1"),
    # A sign belongs to a contact: it has the identity of the central alert about it.
    Purpose("SIGN", SIGN, "alert", ("seen", "", "", ""), "CRC-32 of the name of the sign"),
    Purpose("SIGN_DELAY", SIGN_DELAY, "alert", ("delay high", "delay low", "", ""), "CRC-32 of the name of the sign"),
    Purpose("REPORT", REPORT, "attempt", ("report", "delay high", "delay low", "class")),
    Purpose("FILING", FILING, "attempt", ("delay high", "delay low", "order high", "order low")),
    Purpose("WITHDRAWAL", WITHDRAWAL, "attempt", ("delay high", "delay low", "late", ""), "payment"),
    Purpose("ACCOUNT_FOUND", ACCOUNT_FOUND, "attempt", ("found", "after high", "after low", ""), "payment"),
    # A case has the identity of its attempt, or backlog_id if it was filed before the start.
    Purpose("CASE_SOLVED", CASE_SOLVED, "case", ("solve", "", "", "")),
    Purpose("REMAINDER", REMAINDER, "province and quantity", ("remainder high", "remainder low", "", "")),
    # For the ensemble of a calibration, outside any run.
    Purpose(
        "MEMBER",
        MEMBER,
        "member of an ensemble",
        ("coordinate high", "coordinate low", "noise", ""),
        "parameter or datum",
    ),
    # For a design of many runs: the key of the generator that makes it.
    Purpose("DESIGN", DESIGN, "design", ("key 1", "key 2", "key 3", "key 4"), "kind"),
)
