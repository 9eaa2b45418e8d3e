"""Customers of the plain queue M/M/c, and the result of serving them: the same for every library."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.base.words import ContactChannel, DistributionKind, OriginKind
from sim.draws.identity import origin_id
from sim.warning.service import ServiceTables, outcome

SERVICE_MS = 20_000
SERVERS = 8
UTILISATION = 0.9
ARRIVALS_PER_MS = SERVERS * UTILISATION / SERVICE_MS

Moments = NDArray[np.int64]

SUCCESS = 1 << 32
"""Every call is answered."""
SERVICE = (float(DistributionKind.EXPONENTIAL), float(SERVICE_MS), 0.0)
TABLES = ServiceTables(
    success=np.array([SUCCESS, SUCCESS], dtype=np.int64),
    hard=np.array([0, 0], dtype=np.int64),
    durations=np.array([[SERVICE] * 3] * 2),
    way=np.array(SERVICE),
    has_way=False,
)
"""What a try at either desk comes to: an answer, and an exponential service time."""
SEED = 1917


def alert_of(number: int) -> int:
    """Return the identity of a customer, as an alert of the central detector."""
    return origin_id(int(OriginKind.LEGITIMATE), 1, 0, 0, 0, number)


def service_ms(number: int) -> int:
    """Return the service time of a customer, as the model draws that of a first call to the alert."""
    return outcome(SEED, alert_of(number), int(ContactChannel.CALL), 0, TABLES, 1)[1]


@dataclass(frozen=True)
class Customers:
    """Moments of arrival, in order, and service times; both in ms."""

    arrivals: Moments
    services: Moments

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.arrivals)

    @property
    def gaps(self) -> Moments:
        """Times between arrivals; the first from 0."""
        return np.diff(self.arrivals, prepend=0)

    @classmethod
    def drawn(cls, count: int, seed: int) -> "Customers":
        """Draw customers of the queue: exponential times, rounded to the ms."""
        rng = np.random.default_rng(seed)
        arrivals = np.floor(np.cumsum(rng.exponential(1.0 / ARRIVALS_PER_MS, count))).astype(np.int64)
        return cls(arrivals, np.array([service_ms(number) for number in range(count)], dtype=np.int64))


@dataclass(frozen=True)
class Served:
    """How many were served, and their mean wait in ms."""

    count: int
    mean_wait: float

    @classmethod
    def after(cls, waits: Moments) -> "Served":
        """Return this of the waits of all customers."""
        return cls(len(waits), float(waits.mean()))
