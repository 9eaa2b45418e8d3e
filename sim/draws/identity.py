"""Who draws: one positive 63-bit integer for every entity.

An origin (an attempt or a legitimate contact) and each of its alerts are, from the highest bit down,

    kind 1 | day 15 | province 5 | channel 2 | cell 10 | index 25 | detector 1 | stage 4

where ``day`` counts from 2000-01-01, ``cell`` is the fraud type of an attempt or the score cell of a
contact, and ``detector`` and ``stage`` are 0 but for alerts. Order of identities is order of (kind, day,
province, channel, cell, index, detector, stage).

Entities of different purposes may share a number: the purpose is part of every draw's counter. The
functions pack without looking, as they stand in the innermost loops; ``check_limits`` looks, once for a
scenario.
"""

from dataclasses import dataclass

from sim.draws.compiled import compiled

ATTEMPT = 0
LEGITIMATE = 1

DAY_BITS = 15
PROVINCE_BITS = 5
CHANNEL_BITS = 2
CELL_BITS = 10
INDEX_BITS = 25
DETECTOR_BITS = 1
STAGE_BITS = 4

DETECTOR_SHIFT = STAGE_BITS
INDEX_SHIFT = DETECTOR_SHIFT + DETECTOR_BITS
CELL_SHIFT = INDEX_SHIFT + INDEX_BITS
CHANNEL_SHIFT = CELL_SHIFT + CELL_BITS
PROVINCE_SHIFT = CHANNEL_SHIFT + CHANNEL_BITS
DAY_SHIFT = PROVINCE_SHIFT + PROVINCE_BITS
KIND_SHIFT = DAY_SHIFT + DAY_BITS

STAGE_MASK = (1 << STAGE_BITS) - 1
DETECTOR_MASK = (1 << DETECTOR_BITS) - 1
INDEX_MASK = (1 << INDEX_BITS) - 1
CELL_MASK = (1 << CELL_BITS) - 1
CHANNEL_MASK = (1 << CHANNEL_BITS) - 1
PROVINCE_MASK = (1 << PROVINCE_BITS) - 1
DAY_MASK = (1 << DAY_BITS) - 1

CELL_SIDE_BITS = CELL_BITS // 2
CELL_SIDE_MASK = (1 << CELL_SIDE_BITS) - 1

BACKLOG_CHANNEL = CHANNEL_MASK
"""No attempt comes by this channel: it tells cases older than the simulation from those of an episode."""

PERSON_BITS = 32
PERSON_MASK = (1 << PERSON_BITS) - 1
GENERATION_BITS = 16
SLOT_BITS = 31
QUANTITY_BITS = 16

LIMITS = {
    "kind": 2,
    "day": 1 << DAY_BITS,
    "province": 1 << PROVINCE_BITS,
    "channel": BACKLOG_CHANNEL,
    "cell": 1 << CELL_BITS,
    "cell_side": 1 << CELL_SIDE_BITS,
    "index": 1 << INDEX_BITS,
    "detector": 1 << DETECTOR_BITS,
    "stage": 1 << STAGE_BITS,
    "person": 1 << PERSON_BITS,
    "slot": 1 << SLOT_BITS,
    "generation": 1 << GENERATION_BITS,
    "quantity": 1 << QUANTITY_BITS,
}
"""By field, the first number that does not fit. Each field holds 0 and up."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The fields of an origin or an alert."""

    kind: int
    day: int
    province: int
    channel: int
    cell: int
    index: int
    detector: int
    stage: int


def check_limits(**fields: int) -> None:
    """Raise ``ValueError`` naming the first of ``fields`` (keys of ``LIMITS``) that an identity cannot hold.

    An unknown field is a ``KeyError``.
    """
    for name, value in fields.items():
        limit = LIMITS[name]
        if not 0 <= value < limit:
            raise ValueError(f"{name} {value} does not fit into an identity: 0 to {limit - 1} are allowed")


@compiled
def origin_id(kind: int, day: int, province: int, channel: int, cell: int, index: int) -> int:
    """Identity of an attempt (``ATTEMPT``) or a legitimate contact (``LEGITIMATE``)."""
    return (
        (kind << KIND_SHIFT)
        | (day << DAY_SHIFT)
        | (province << PROVINCE_SHIFT)
        | (channel << CHANNEL_SHIFT)
        | (cell << CELL_SHIFT)
        | (index << INDEX_SHIFT)
    )


@compiled
def alert_id(origin: int, detector: int, stage: int) -> int:
    """Identity of the alert that a detector raises on an origin at a stage."""
    return origin | (detector << DETECTOR_SHIFT) | stage


@compiled
def origin_of(identity: int) -> int:
    """The origin of an alert; an origin is its own."""
    return (identity >> INDEX_SHIFT) << INDEX_SHIFT


@compiled
def kind_of(identity: int) -> int:
    """``ATTEMPT`` or ``LEGITIMATE``."""
    return identity >> KIND_SHIFT


@compiled
def day_of(identity: int) -> int:
    """Days since 2000-01-01."""
    return (identity >> DAY_SHIFT) & DAY_MASK


@compiled
def province_of(identity: int) -> int:
    """Province, as its position in the scenario's table."""
    return (identity >> PROVINCE_SHIFT) & PROVINCE_MASK


@compiled
def channel_of(identity: int) -> int:
    """Channel of the attempt or contact."""
    return (identity >> CHANNEL_SHIFT) & CHANNEL_MASK


@compiled
def cell_of(identity: int) -> int:
    """Fraud type of an attempt, score cell of a legitimate contact."""
    return (identity >> CELL_SHIFT) & CELL_MASK


@compiled
def index_of(identity: int) -> int:
    """Index among the attempts or contacts of its day, province, channel and cell."""
    return (identity >> INDEX_SHIFT) & INDEX_MASK


@compiled
def detector_of(identity: int) -> int:
    """Detector that raised the alert."""
    return (identity >> DETECTOR_SHIFT) & DETECTOR_MASK


@compiled
def stage_of(identity: int) -> int:
    """Stage at which the alert was raised."""
    return identity & STAGE_MASK


def unpack(identity: int) -> Identity:
    """All fields of an origin or alert, for people to read."""
    return Identity(
        kind_of(identity),
        day_of(identity),
        province_of(identity),
        channel_of(identity),
        cell_of(identity),
        index_of(identity),
        detector_of(identity),
        stage_of(identity),
    )


@compiled
def cell_id(central: int, local: int) -> int:
    """Cell of the grid of scores of the two detectors, from its row and column."""
    return (central << CELL_SIDE_BITS) | local


@compiled
def cell_central(cell: int) -> int:
    """Row of a score cell: its step of the central score."""
    return cell >> CELL_SIDE_BITS


@compiled
def cell_local(cell: int) -> int:
    """Column of a score cell: its step of the local score."""
    return cell & CELL_SIDE_MASK


@compiled
def person_id(province: int, number: int) -> int:
    """Identity of a person, from the province and the number within it."""
    return (province << PERSON_BITS) | number


@compiled
def person_province(person: int) -> int:
    """Province of a person."""
    return person >> PERSON_BITS


@compiled
def person_number(person: int) -> int:
    """Number of a person within the province."""
    return person & PERSON_MASK


@compiled
def slot_id(slot: int, generation: int) -> int:
    """Identity of one generation of a den slot; generation 0 is that of the slot itself."""
    return (slot << GENERATION_BITS) | generation


@compiled
def slot_day_id(slot: int, day: int) -> int:
    """Identity of a den slot on one day (since 2000-01-01), as raids are drawn."""
    return (slot << GENERATION_BITS) | day


@compiled
def province_day_id(day: int, province: int, channel: int) -> int:
    """Identity of all traffic of a day, province and channel."""
    return origin_id(ATTEMPT, day, province, channel, 0, 0)


@compiled
def backlog_id(province: int, number: int) -> int:
    """Identity of a case filed before the simulation began; no attempt has it."""
    return origin_id(ATTEMPT, 0, province, BACKLOG_CHANNEL, 0, number)


@compiled
def quantity_id(province: int, quantity: int) -> int:
    """Identity of a carried remainder: a counted quantity of a province."""
    return (province << QUANTITY_BITS) | quantity
