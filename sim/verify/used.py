"""The generator on the counters of a run: the services of its log, in the order in which they began."""

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sim.base.words import ContactChannel
from sim.draws.identity import DETECTOR_SHIFT
from sim.draws.philox import draw4_each
from sim.draws.purposes import CONTACT_TRY, TRIES_A_CHANNEL
from sim.reading.run import Run
from sim.store.tables import EVENTS
from sim.verify.desks import MMC
from sim.verify.randomness import TESTS, Bits, Words, WordTest
from sim.verify.study import Check, Study

Seen = tuple[Words, Bits]


def read(run: Run, days: int) -> Seen:
    """Repeat the draws of the services in the log: one row, one draw for each service."""
    events = pq.read_table(
        run.path / EVENTS.file, columns=["event", "origin", "detector", "stage", "number", "channel"]
    ).to_pandas()
    services = events[events["event"] == "service_start"]
    origin, detector, stage, number = (
        services[name].to_numpy(dtype=np.int64) for name in ("origin", "detector", "stage", "number")
    )
    channel = services["channel"].map({one.label: int(one) for one in ContactChannel}).to_numpy(dtype=np.int64)
    alerts = origin | detector << DETECTOR_SHIFT | stage
    words = each(run.scenario.spec.seed, alerts, channel * TRIES_A_CHANNEL + number, CONTACT_TRY)
    return words, Bits.of(words)


def each(seed: int, identities: NDArray[np.int64], numbers: NDArray[np.int64], purpose: int) -> Words:
    """Return the lanes of draws of one purpose, each with its own number, (1, n, 4)."""
    lanes = np.empty((4, len(identities)), dtype=np.uint32)
    draw4_each(seed, identities, numbers, len(identities), purpose, lanes)
    return np.ascontiguousarray(lanes.T)[None]


def _check(test: WordTest) -> Check[Seen]:
    return Check(test.name, test.about, lambda seen: test.judge(*seen))


USED = Study(
    name="Draws of a run",
    about=(
        "The desks of M/M/c again: for each service of the log, in the order in which they began, the draw behind it, "
        "by its counter. Neighbours are consecutive services anywhere in the country."
    ),
    values=MMC.values,
    days={"vector": 6},
    read=read,
    events=True,
    checks=tuple(_check(test) for test in TESTS),
)
