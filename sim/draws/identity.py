"""Who draws: one positive 63-bit integer for every entity.

An origin (an attempt, a legitimate contact, or a case filed before the simulation began) and each of its alerts are,
from the highest bit down,

    kind 2 | day 15 | province 5 | channel 2 | cell 10 | index 24 | detector 1 | stage 4

where ``day`` counts from 2000-01-01, ``cell`` is the fraud type (5 bits) and prospect (5 bits, see
``sim.warning.detectors``) of an attempt or the score cell of a contact, and ``detector`` and ``stage`` are 0 except for
alerts. Identities sort by (kind, day, province, channel, cell, index, detector, stage).

Entities of different kinds may share a number: each purpose belongs to one kind of entity and is part of every draw's
counter. The functions pack without checking, because the innermost loops call them: the schema refuses
scenarios too large for identities, and midnight a day with too many attempts in a cell.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.base.words import OriginKind
from sim.draws.compiled import compiled, compiled_with_arrays

DAY_BITS = 15
PROVINCE_BITS = 5
CHANNEL_BITS = 2
CELL_BITS = 10
INDEX_BITS = 24
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

PROSPECT_BITS = 5
FRAUD_TYPE_BITS = CELL_BITS - PROSPECT_BITS

PERSON_BITS = 32
PERSON_MASK = (1 << PERSON_BITS) - 1
GENERATION_BITS = 16
SLOT_BITS = 31
QUANTITY_BITS = 16

LIMITS = {
    "kind": len(OriginKind),
    "day": 1 << DAY_BITS,
    "province": 1 << PROVINCE_BITS,
    "channel": 1 << CHANNEL_BITS,
    "cell": 1 << CELL_BITS,
    "cell_side": 1 << CELL_SIDE_BITS,
    "fraud_type": 1 << FRAUD_TYPE_BITS,
    "prospect": 1 << PROSPECT_BITS,
    "index": 1 << INDEX_BITS,
    "detector": 1 << DETECTOR_BITS,
    "stage": 1 << STAGE_BITS,
    "person": 1 << PERSON_BITS,
    "slot": 1 << SLOT_BITS,
    "generation": 1 << GENERATION_BITS,
    "quantity": 1 << QUANTITY_BITS,
}
"""By field, the smallest number that does not fit; fields hold integers from 0 up."""


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


@compiled
def origin_id(kind: int, day: int, province: int, channel: int, cell: int, index: int) -> int:
    """Return the identity of an origin, whose ``kind`` is an ``OriginKind``."""
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
    """Return the identity of the alert that a detector raises on an origin at a stage."""
    return origin | (detector << DETECTOR_SHIFT) | stage


@compiled
def origin_of(identity: int) -> int:
    """Return the origin of an alert; an origin returns itself."""
    return (identity >> INDEX_SHIFT) << INDEX_SHIFT


@compiled
def kind_of(identity: int) -> int:
    """Return the kind of an origin or alert, of ``OriginKind``."""
    return identity >> KIND_SHIFT


@compiled
def day_of(identity: int) -> int:
    """Return the day of an origin or alert, in days since 2000-01-01."""
    return (identity >> DAY_SHIFT) & DAY_MASK


@compiled
def province_of(identity: int) -> int:
    """Return the province of an origin or alert, as its position in the scenario's table."""
    return (identity >> PROVINCE_SHIFT) & PROVINCE_MASK


@compiled
def channel_of(identity: int) -> int:
    """Return the channel of the attempt or contact."""
    return (identity >> CHANNEL_SHIFT) & CHANNEL_MASK


@compiled
def cell_of(identity: int) -> int:
    """Return the fraud type and prospect of an attempt, or the score cell of a legitimate contact."""
    return (identity >> CELL_SHIFT) & CELL_MASK


@compiled
def index_of(identity: int) -> int:
    """Return the index among the attempts or contacts of the same day, province, channel and cell."""
    return (identity >> INDEX_SHIFT) & INDEX_MASK


@compiled
def detector_of(identity: int) -> int:
    """Return the detector that raised the alert."""
    return (identity >> DETECTOR_SHIFT) & DETECTOR_MASK


@compiled
def stage_of(identity: int) -> int:
    """Return the stage at which the alert was raised."""
    return identity & STAGE_MASK


def unpack(identity: int) -> Identity:
    """Return all fields of an origin or alert."""
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
def attempt_id(day: int, province: int, channel: int, fraud_type: int, prospect: int, index: int) -> int:
    """Return the identity of an attempt among those of its day, province, channel, fraud type and prospect."""
    return origin_id(OriginKind.ATTEMPT, day, province, channel, (fraud_type << PROSPECT_BITS) | prospect, index)


@compiled
def fraud_type_of(identity: int) -> int:
    """Return the fraud type of an attempt, or of an alert about one."""
    return cell_of(identity) >> PROSPECT_BITS


@compiled
def traffic_id(day: int, province: int, channel: int, fraud_type: int) -> int:
    """Return the identity of all attempts of a day, province, channel and fraud type together."""
    return attempt_id(day, province, channel, fraud_type, 0, 0)


@compiled_with_arrays
def traffic_ids(
    day: int, provinces: NDArray[np.int64], channels: NDArray[np.int64], fraud_types: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return ``traffic_id`` for each of many cells of a day, by their provinces, channels and fraud types."""
    traffic = np.empty(len(provinces), dtype=np.int64)
    for k in range(len(provinces)):
        traffic[k] = traffic_id(day, provinces[k], channels[k], fraud_types[k])
    return traffic


@compiled
def cell_id(central: int, local: int) -> int:
    """Return the cell of the grid of scores of the two detectors: row of the central, column of the local score."""
    return (central << CELL_SIDE_BITS) | local


@compiled
def cell_central(cell: int) -> int:
    """Return the row of a score cell: its step of the central score."""
    return cell >> CELL_SIDE_BITS


@compiled
def cell_local(cell: int) -> int:
    """Return the column of a score cell: its step of the local score."""
    return cell & CELL_SIDE_MASK


@compiled
def person_id(province: int, number: int) -> int:
    """Return the identity of a person, from the province and the number within it."""
    return (province << PERSON_BITS) | number


@compiled
def person_province(person: int) -> int:
    """Return the province of a person."""
    return person >> PERSON_BITS


@compiled
def person_number(person: int) -> int:
    """Return the number of a person within the province."""
    return person & PERSON_MASK


@compiled
def slot_id(slot: int, generation: int) -> int:
    """Return the identity of one generation of a den slot; generation 0 stands for the slot itself."""
    return (slot << GENERATION_BITS) | generation


@compiled
def slot_day_id(slot: int, day: int) -> int:
    """Return the identity of a den slot on one day (since 2000-01-01), for drawing raids."""
    return (slot << GENERATION_BITS) | day


@compiled
def province_day_id(day: int, province: int, channel: int) -> int:
    """Return the identity of all traffic of a day, province and channel."""
    return origin_id(OriginKind.ATTEMPT, day, province, channel, 0, 0)


@compiled
def backlog_id(province: int, number: int) -> int:
    """Return the identity of a case filed before the simulation began."""
    return origin_id(OriginKind.BACKLOG, 0, province, 0, 0, number)


@compiled
def quantity_id(province: int, quantity: int) -> int:
    """Return the identity of a carried remainder: of a counted quantity of a province."""
    return (province << QUANTITY_BITS) | quantity
