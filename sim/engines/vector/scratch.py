"""Scratch arrays of the kernels that settle attempts and contacts, a tuple for each kernel that fills them.

Kernels make no arrays, so what one of them leaves for itself or for the next lies here, overwritten block by block. An
attempt is named by its position in an array: among all of the block, among those that *passed* gates 1 to 4, among
those that *remain* after gate 5 because they may be answered or raise an alert.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BANDS = 256
"""More age bands than there are years of age."""

Ints = NDArray[np.int64]
Lanes = NDArray[np.uint32]
Bytes = NDArray[np.uint8]


class FilterScratch(NamedTuple):
    """Filled by ``pass_filters``, each (block,).

    Of all attempts: ``u_slot`` the uniform of the den slot, ``stops`` the bits of what stops them. ``passed``:
    identities of those that nothing stops.
    """

    u_slot: Lanes
    stops: Bytes
    passed: Ints


class SiteScratch(NamedTuple):
    """Filled by ``pass_sites``, each (block,).

    Of those that passed: ``u_answer``, ``u_central`` and ``u_local`` uniforms, ``prospects`` bits of what could come of
    them. Of those that remain: ``remaining`` identities, ``place`` positions among those that passed.
    """

    u_answer: Lanes
    u_central: Lanes
    u_local: Lanes
    prospects: Bytes
    remaining: Ints
    place: Ints


class ReachScratch(NamedTuple):
    """Filled by ``reach``, each (block,) or (4, block).

    Of those that remain: ``target`` the lanes of ``ATTEMPT_TARGET``, ``half_hour``, and ``fate``, which ``answer`` and
    ``engage`` complete. ``may_answer``: positions, among those that remain, of those that may be answered in their
    half hour.
    """

    target: Lanes
    half_hour: Bytes
    fate: Ints
    may_answer: Ints


class AnswerScratch(NamedTuple):
    """Filled by ``answer``, each (block,) or (4, block), of those that may be answered.

    ``person`` identities, ``home`` the lanes of ``PERSON_HOME``. ``may_engage``: positions, among them, of those who
    answer and may engage.
    """

    person: Ints
    home: Lanes
    may_engage: Ints


class EngageScratch(NamedTuple):
    """Filled by ``engage``, of those who may engage: ``person`` (block,) identities, ``traits`` (4, block) lanes.

    ``most_by_band`` (256,): the largest threshold of engaging of each age band, of the cell.
    """

    person: Ints
    traits: Lanes
    most_by_band: Ints


class ScoreScratch(NamedTuple):
    """Filled by ``score_attempts``, each (block,) or (4, block).

    Positions among those that remain: ``candidates`` by the bits of their prospects or as they engage, and of these the
    ``scored``, by the bounds of their scores. Of the scored: ``identity``, ``coverage`` the lanes of
    ``ATTEMPT_COVERAGE``.
    """

    candidates: Ints
    scored: Ints
    identity: Ints
    coverage: Lanes


class AttemptScratch(NamedTuple):
    """Scratch arrays of ``pass_gates``; ``logged_fate`` (block,) the fates of all attempts of a block, for the log."""

    filters: FilterScratch
    sites: SiteScratch
    reached: ReachScratch
    answers: AnswerScratch
    engages: EngageScratch
    scores: ScoreScratch
    logged_fate: Ints


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
    """Return scratch arrays for blocks of so many attempts."""
    return AttemptScratch(
        filters=FilterScratch(_lane(block), _bytes(block), _ints(block)),
        sites=SiteScratch(_lane(block), _lane(block), _lane(block), _bytes(block), _ints(block), _ints(block)),
        reached=ReachScratch(_lanes(block), _bytes(block), _ints(block), _ints(block)),
        answers=AnswerScratch(_ints(block), _lanes(block), _ints(block)),
        engages=EngageScratch(_ints(block), _lanes(block), _ints(BANDS)),
        scores=ScoreScratch(_ints(block), _ints(block), _ints(block), _lanes(block)),
        logged_fate=_ints(block),
    )


def contact_scratch(block: int) -> ContactScratch:
    """Return scratch arrays for blocks of so many contacts."""
    return ContactScratch(_lanes(block), _ints(block), _ints(block), _lanes(block))


def _ints(count: int) -> Ints:
    return np.empty(count, dtype=np.int64)


def _bytes(count: int) -> Bytes:
    return np.empty(count, dtype=np.uint8)


def _lane(count: int) -> Lanes:
    return np.empty(count, dtype=np.uint32)


def _lanes(count: int) -> Lanes:
    return np.empty((4, count), dtype=np.uint32)
