"""The rules of a scenario that kernels read, as numbers and small arrays."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import inlined
from sim.engines.tables import Tables
from sim.engines.vector.records import NONE, TIERS, Record

TRACKS: Final = 3
"""Most channels with which a tier can begin: a message, calls, visits."""


class Rules(NamedTuple):
    """Numbers and small tables of a run.

    ``clock`` ms of a tick; ``start`` the day number at which moments are 0; ``end`` the moment at which the run stops;
    ``kept`` the threshold of origins that are logged, 0 for none; ``unread_wait`` ms after which a message counts as
    unread; ``quiet`` ms in which an alert about the same origin does not ring again, 0 for none; ``desk_knows`` whether
    desks know that an episode is over. By rule (tier + 4 x group of ages), (R,): ``tracks`` the number of channels with
    which it begins, the ``first`` (R, 3) ones in order, NONE beyond, ``also_if_reached`` 1 if the others continue after
    one has reached; ``deadline`` in ms, ``tries`` (R, 2) of call and visit, ``calls_unread`` and ``visits_unanswered``
    1 if a call follows an unread message and a visit unanswered calls, ``again`` 1 if a second visit follows a talk.
    ``rule_of_age`` (4, 100) by tier and age in years; ``has_groups`` whether ages matter.
    """

    seed: int
    clock: int
    start: int
    end: int
    kept: int
    unread_wait: int
    quiet: int
    desk_knows: bool
    tracks: NDArray[np.int64]
    first: NDArray[np.int64]
    also_if_reached: NDArray[np.int64]
    deadline: NDArray[np.int64]
    tries: NDArray[np.int64]
    calls_unread: NDArray[np.int64]
    visits_unanswered: NDArray[np.int64]
    again: NDArray[np.int64]
    rule_of_age: NDArray[np.int64]
    has_groups: bool


def rules_of(tables: Tables, end: int, kept: int) -> Rules:
    """Return the rules of a run."""
    tiers = tables.tiers
    return Rules(
        seed=tables.seed,
        clock=tables.clock,
        start=tables.calendar.start,
        end=end,
        kept=kept,
        unread_wait=tables.unread_wait,
        quiet=tables.quiet,
        desk_knows=tables.desk_knows,
        tracks=np.array([len(tier.first) for tier in tiers], dtype=np.int64),
        first=np.array([[*tier.first, *[NONE] * (TRACKS - len(tier.first))] for tier in tiers], dtype=np.int64),
        also_if_reached=np.array([tier.also_if_reached for tier in tiers], dtype=np.int64),
        deadline=np.array([tier.deadline for tier in tiers], dtype=np.int64),
        tries=np.array([tier.tries for tier in tiers], dtype=np.int64),
        calls_unread=np.array([tier.unread_to_call for tier in tiers], dtype=np.int64),
        visits_unanswered=np.array([tier.unanswered_to_visit for tier in tiers], dtype=np.int64),
        again=np.array([tier.again for tier in tiers], dtype=np.int64),
        rule_of_age=tables.rule_of_age,
        has_groups=tables.has_groups,
    )


@inlined
def issued(alert: Record, rules: Rules) -> int:
    """Return the moment of issue of an alert."""
    moment: int = alert.deadline - rules.deadline[alert.rule]
    return moment


@inlined
def tier_of(alert: Record) -> int:
    """Return the tier of an alert."""
    return int(alert.rule & (TIERS - 1))
