"""The plain queue M/M/c, as each library writes it: the same customers in, their mean wait out.

All get the same moments of arrival and service times, drawn before the clock starts, in whole milliseconds. None draws,
none has priorities or deadlines, and the order is first come, first served, so all have the same mean wait, except for
the order of summation: a library that was used wrongly cannot pass for fast.
"""

import heapq
import subprocess
import sys
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from multiprocessing import get_context
from typing import Any

import numpy as np
import simpy

from benchmarks.customers import SERVERS, Customers, Moments, Served

NEVER = 1 << 60
"""A gap in ms that no run lives through: Ciw begins a sequence anew when it ends."""


def waits_by_recursion(customers: Customers) -> Moments:
    """Return the waits in ms by recursion (Kiefer and Wolfowitz 1955): the seat that is free first takes the next."""
    free = [0] * SERVERS
    starts = []
    for arrives, service in zip(customers.arrivals.tolist(), customers.services.tolist(), strict=True):
        start = max(arrives, free[0])
        heapq.heapreplace(free, start + service)
        starts.append(start)
    return np.array(starts, np.int64) - customers.arrivals


def by_simpy(customers: Customers) -> Served:
    """Serve with SimPy as its documentation does: a process a customer, a ``Resource``."""
    env = simpy.Environment()
    desk = simpy.Resource(env, SERVERS)
    waits: list[int] = []

    def customer(service: int) -> Generator[simpy.Event, Any, None]:
        arrived = env.now
        with desk.request() as request:
            yield request
            waits.append(int(env.now - arrived))
            yield env.timeout(service)

    def arrivals() -> Generator[simpy.Event, Any, None]:
        for gap, service in zip(customers.gaps.tolist(), customers.services.tolist(), strict=True):
            yield env.timeout(gap)
            env.process(customer(service))

    env.process(arrivals())
    env.run()
    return Served.after(np.array(waits, np.int64))


def by_ciw(customers: Customers) -> Served:
    """Serve with Ciw: a network of one node, its distributions replaying what was drawn; waits from its records."""
    import ciw

    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*customers.gaps.tolist(), NEVER])],
        service_distributions=[ciw.dists.Sequential(customers.services.tolist())],
        number_of_servers=[SERVERS],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(len(customers), method="Finish")
    return Served.after(np.array([record.waiting_time for record in simulation.get_all_records()], np.int64))


class Cimba:
    """Serves with cimba: its compiled model of one line and eight seats, on one core, traces as inputs.

    It does so in a process of its own: cimba gives numba another ``int``, and whatever is compiled after that, and kept
    for later runs, needs cimba. The process keeps the customers, so that a round sends it nothing.
    """

    def __init__(self) -> None:
        self._customers: Customers | None = None
        self._process: ProcessPoolExecutor | None = None

    def __call__(self, customers: Customers) -> Served:
        """Serve these customers, who are sent when they are others than the last."""
        if self._process is None or self._customers is not customers:
            spawn = get_context("spawn")
            self._customers = customers
            self._process = ProcessPoolExecutor(1, mp_context=spawn, initializer=_keep, initargs=(customers,))
        return self._process.submit(_serve_kept).result()


KEPT: list[Customers] = []
"""Customers of the process of cimba."""


def _keep(customers: Customers) -> None:
    KEPT.append(customers)


def _serve_kept() -> Served:
    from benchmarks.cimba_line import serve

    return serve(KEPT[-1])


by_cimba = Cimba()


def by_reference(customers: Customers) -> Served:
    """Serve at a desk of the engine ``reference``, which has ranks, deadlines and shifts that nobody uses here."""
    from tests.theory.line import Customer, serve

    numbered = enumerate(zip(customers.arrivals.tolist(), customers.services.tolist(), strict=True))
    people = [Customer(number, arrives, service) for number, (arrives, service) in numbered]
    serve(people, [(0, SERVERS)])
    return Served.after(np.array([person.starts for person in people], np.int64) - customers.arrivals)


def by_vector(customers: Customers) -> Served:
    """Serve in the event loop of the engine ``vector``, all of it compiled in, much of it unused here."""
    from benchmarks.vector_line import serve

    return serve(customers)


@dataclass(frozen=True)
class Peer:
    """Who serves, and the module, or the name in a module, without which they cannot; ``apart``, in another process."""

    key: str
    name: str
    serve: Callable[[Customers], Served]
    needs: str
    apart: bool = False

    @property
    def missing(self) -> str:
        """Say why this peer cannot serve here; empty if it can."""
        module, _, name = self.needs.partition(":")
        if self.apart:
            return "" if _can_be_imported(module) else f"{self.name}: cannot be imported"
        try:
            found = import_module(module)
        except ModuleNotFoundError as error:
            return f"{self.name}: module {error.name} is not installed"
        return "" if not name or hasattr(found, name) else f"{self.name}: {module} has no {name} in this version"


@cache
def _can_be_imported(module: str) -> bool:
    return not subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, check=False).returncode


PEERS = (
    Peer("simpy", "SimPy", by_simpy, "simpy"),
    Peer("ciw", "Ciw", by_ciw, "ciw"),
    Peer("cimba", "cimba", by_cimba, "cimba", apart=True),
    Peer("reference", "Tocsin, desk of the engine reference", by_reference, "sim.engines.reference.world:Desk"),
    Peer("vector", "Tocsin, event loop of the engine vector", by_vector, "sim.engines.vector.loop"),
)
