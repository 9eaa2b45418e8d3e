"""Measured inside a process of a version: ``python -P benchmarks/inside.py run|queue JSON`` prints one line of JSON.

It uses only names that earlier versions have, too: their sources stand on ``PYTHONPATH``.
"""

import gc
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any


def run(scenario: str, scale: float, settings: dict[str, str], runs: int) -> dict[str, Any]:
    """Run a pooled scenario in this process once, then so many times more.

    Args:
        scenario: Its name.
        scale: The sampled share of the population.
        settings: Values by dotted key, as YAML.
        runs: How many runs are timed.

    Returns:
        Medians of the timed runs: seconds of wall and processor, and the phases of the run in the middle.
    """
    import sim

    loaded = sim.load_scenario(scenario, {"population.pool": "country", **settings}, scale=scale)
    found = []
    with tempfile.TemporaryDirectory() as place:
        for number in range(runs + 1):
            gc.collect()
            wall, processor = perf_counter(), process_time()
            done = sim.run(loaded, Path(place) / str(number), events="none", workers=1)
            taken = process_time() - processor, perf_counter() - wall
            manifest = json.loads((done.path / "run.json").read_text(encoding="utf-8"))
            found.append((*taken, manifest["performance"]["phases"]))
    warm = sorted(found[1:], key=lambda one: one[0])
    return {
        "processor_s": median(one[0] for one in warm),
        "wall_s": median(one[1] for one in warm),
        "phases": warm[len(warm) // 2][2],
    }


def queue(customers: int, peers: list[str], rounds: int) -> dict[str, float]:
    """Serve the same customers of the plain queue with each peer in turn, all compiled before.

    Args:
        customers: How many.
        peers: Keys of ``benchmarks.peers.PEERS``.
        rounds: How often each serves.

    Returns:
        Median seconds by key, of those whose library is installed.

    Raises:
        ValueError: If a mean wait is not that of the recursion.
    """
    from benchmarks.customers import Customers
    from benchmarks.peers import PEERS, waits_by_recursion

    drawn = Customers.drawn(customers, 1917)
    expected = float(waits_by_recursion(drawn).mean())
    chosen = [peer for peer in PEERS if peer.key in peers and not peer.missing]
    seconds: dict[str, list[float]] = {peer.key: [] for peer in chosen}
    for number in range(rounds + 1):
        for peer in chosen:
            gc.collect()
            started = perf_counter()
            served = peer.serve(drawn)
            taken = perf_counter() - started
            if served.count != customers or abs(served.mean_wait / expected - 1.0) > 1e-9:
                raise ValueError(f"{peer.name}: a mean wait of {served.mean_wait} ms must be {expected}")
            if number:  # the first round compiles
                seconds[peer.key].append(taken)
    return {key: median(values) for key, values in seconds.items()}


if __name__ == "__main__":
    measures: dict[str, Callable[..., Any]] = {"run": run, "queue": queue}
    print(json.dumps(measures[sys.argv[1]](**json.loads(sys.argv[2]))))
