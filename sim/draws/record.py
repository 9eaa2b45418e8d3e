"""Which origins are logged: one draw per origin, so that the log has all events of an origin or none."""

from sim.draws.compiled import compiled
from sim.draws.distributions import CERTAIN
from sim.draws.philox import draw4
from sim.draws.purposes import RECORD


@compiled
def is_kept(seed: int, origin: int, kept: int) -> bool:
    """Return whether the log keeps the events of an origin (attempt, contact or case): with the probability ``kept``.

    ``kept`` is a threshold of a 32-bit uniform, ``CERTAIN`` to keep all.
    """
    if kept >= CERTAIN:
        return True
    u, _, _, _ = draw4(seed, origin, RECORD, 0)
    return u < kept
