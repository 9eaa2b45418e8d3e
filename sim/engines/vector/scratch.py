"""Scratch arrays of the kernels that follow attempts and contacts, a tuple for each kernel that fills them.

Kernels allocate no arrays, so they keep intermediate results here, overwritten block by block.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Detector
from sim.draws.compiled import wide
from sim.engines.vector.guides import SEARCH_BITS
from sim.warning.bands import PROSPECTS

Ints = NDArray[np.int64]
Lanes = NDArray[np.uint32]
Bytes = NDArray[np.uint8]


class MeetingScratch(NamedTuple):
    """Scratch arrays of a block of attempts, each (block,) or (4, block).

    By attempt: ``attempt`` identity; ``lanes`` of its first draw; ``half_hour`` and ``moment`` of its arrival;
    ``person`` identity, with ``u_age`` and ``urban``; ``fate``. Of those that a step handles: ``waiting`` positions in
    the block, ``identity``, ``tries`` draws, ``tried`` persons and their ``home``. ``first_half_hour`` (64,), see
    ``start_of_search``.
    """

    attempt: Ints
    lanes: Lanes
    half_hour: Bytes
    moment: Ints
    person: Ints
    u_age: NDArray[np.uint32]
    urban: Bytes
    fate: Ints
    waiting: Ints
    identity: Ints
    tries: Lanes
    tried: Ints
    home: Lanes
    first_half_hour: Bytes


class LookScratch(NamedTuple):
    """Scratch arrays of a block of attempts of a score band, each (block,) or (4, block).

    ``lanes`` of their scores. Of those that a detector sees and whose larger score may suffice: ``place`` in the block
    and ``larger`` score. Of those that raise an alert: ``raised`` (2, block) tiers by detector.
    """

    lanes: Lanes
    place: Ints
    larger: NDArray[np.float64]
    raised: Ints


class AttemptScratch(NamedTuple):
    """Scratch arrays of ``follow_attempts``; ``named`` (prospects,) counts the attempts of a cell that are followed."""

    named: Ints
    meetings: MeetingScratch
    looks: LookScratch


class ContactScratch(NamedTuple):
    """Scratch arrays of ``score_contacts``, each (block,) or (4, block).

    ``draws`` the lanes of ``LEGITIMATE_CONTACT``. Of the contacts that raise an alert: ``identity``, ``raised`` the
    tiers by both detectors, ``target`` the lanes of ``LEGITIMATE_TARGET``.
    """

    draws: Lanes
    identity: Ints
    raised: Ints
    target: Lanes


def attempt_scratch(block: int) -> AttemptScratch:
    """Return scratch arrays for blocks of this many attempts."""
    meetings = MeetingScratch(
        attempt=_ints(block),
        lanes=_lanes(block),
        half_hour=_bytes(block),
        moment=_ints(block),
        person=_ints(block),
        u_age=np.empty(block, dtype=wide(np.uint32)),
        urban=_bytes(block),
        fate=_ints(block),
        waiting=_ints(block),
        identity=_ints(block),
        tries=_lanes(block),
        tried=_ints(block),
        home=_lanes(block),
        first_half_hour=_bytes(1 << SEARCH_BITS),
    )
    looks = LookScratch(_lanes(block), _ints(block), np.empty(block), np.empty((len(Detector), block), dtype=np.int64))
    return AttemptScratch(np.zeros(PROSPECTS, dtype=np.int64), meetings, looks)


def contact_scratch(block: int) -> ContactScratch:
    """Return scratch arrays for blocks of this many contacts."""
    return ContactScratch(_lanes(block), _ints(block), _ints(block), _lanes(block))


def _ints(count: int) -> Ints:
    return np.empty(count, dtype=np.int64)


def _bytes(count: int) -> Bytes:
    return np.empty(count, dtype=wide(np.uint8))


def _lanes(count: int) -> Lanes:
    return np.empty((4, count), dtype=wide(np.uint32))
