"""Whose events are kept in the log: a draw by origin, so that an origin has all of its events there or none."""

from sim.draws.compiled import compiled
from sim.draws.distributions import CERTAIN
from sim.draws.philox import draw4
from sim.draws.purposes import RECORD


@compiled
def is_kept(seed: int, origin: int, kept: int) -> bool:
    """Whether the events of an origin (attempt, contact or case) are kept: a draw below the threshold ``kept``."""
    if kept >= CERTAIN:
        return True
    u, _, _, _ = draw4(seed, origin, RECORD, 0)
    return u < kept
