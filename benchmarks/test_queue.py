"""The plain queue M/M/c: customers a second of each library, all serving the same customers.

Each library's mean wait must equal that of an independent recursion, and the mean wait of Erlang's formula must lie
within the two-sided 99.9 % t-interval of 20 batch means of this draw; the formula for one server more must lie outside.
A smoke test has too few customers for that.
"""

from statistics import median
from typing import Any

import numpy as np
import pytest
from scipy import stats

from benchmarks import limits
from benchmarks.conftest import Note, Paired
from benchmarks.customers import ARRIVALS_PER_MS, SERVERS, SERVICE_MS, UTILISATION, Customers
from benchmarks.peers import PEERS, Peer, by_cimba, by_simpy, by_vector, waits_by_recursion
from benchmarks.rows import Row
from benchmarks.sizes import Sizes
from sim.verify.queues import mean_wait

SEED = 1917
CONFIDENCE = 0.999
BATCHES = 20
ENOUGH = 100_000
"""Customers from which on batches are long enough to be independent, and the interval tells eight servers from nine."""


@pytest.fixture(scope="module")
def customers(sizes: Sizes) -> Customers:
    """The customers whom everybody serves."""
    return Customers.drawn(sizes.customers, SEED)


@pytest.fixture(scope="module")
def waits(customers: Customers) -> np.ndarray:
    """Their waits in ms, by recursion."""
    return waits_by_recursion(customers)


def test_the_draw_agrees_with_erlang(benchmark: Any, note: Note, waits: np.ndarray) -> None:
    """An oracle, not a race; it is timed only so that it runs with the others."""
    settled = waits[len(waits) // 10 :]
    means = benchmark.pedantic(lambda: [batch.mean() for batch in np.array_split(settled, BATCHES)])
    low, high = stats.t.interval(CONFIDENCE, BATCHES - 1, loc=np.mean(means), scale=stats.sem(means))
    expected = mean_wait(SERVERS, ARRIVALS_PER_MS, SERVICE_MS)
    if len(waits) >= ENOUGH:
        assert low <= expected <= high
        assert not low <= mean_wait(SERVERS + 1, ARRIVALS_PER_MS, SERVICE_MS) <= high
    what = f"M/M/{SERVERS} at {UTILISATION:.0%}: mean wait of {len(waits):,} customers, in services"
    note(Row("queue.wait", what, float(np.mean(means)) / SERVICE_MS, "services", np.mean(means) / expected, "Erlang C"))


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.key)
def test_peer(peer: Peer, benchmark: Any, note: Note, paired: Paired, customers: Customers, waits: np.ndarray) -> None:
    if peer.missing:
        pytest.skip(peer.missing)
    # Served once before the clock starts, so that what is compiled is compiled.
    served = peer.serve(customers)
    assert served.count == len(customers)
    assert served.mean_wait == pytest.approx(waits.mean(), rel=1e-9)
    ratios = paired(lambda: peer.serve(customers), lambda: by_simpy(customers))
    rate = len(customers) / benchmark.stats.stats.median
    what = f"M/M/{SERVERS} at {UTILISATION:.0%}: {peer.name}"
    note(Row(f"queue.{peer.key}", what, rate, "customers a second", median(ratios), "SimPy"))
    if peer.key == "vector":
        doubles = limits.sfc64_doubles_per_s() / rate
        note(Row("queue.vector.doubles", what, doubles, "SFC64 doubles a customer"))


def test_event_loop_beside_cimba(benchmark: Any, note: Note, paired: Paired, customers: Customers) -> None:
    """The two that are compiled, one right after the other: SimPy takes so long that the machine may change."""
    for peer in PEERS:
        if peer.key in ("cimba", "vector") and peer.missing:
            pytest.skip(peer.missing)
    assert by_cimba(customers).count == by_vector(customers).count
    ratios = paired(lambda: by_vector(customers), lambda: by_cimba(customers))
    rate = len(customers) / benchmark.stats.stats.median
    what = f"M/M/{SERVERS} at {UTILISATION:.0%}: Tocsin, event loop of the engine vector"
    note(Row("queue.vector.cimba", what, rate, "customers a second", median(ratios), "cimba"))
