"""Components of the tests, one for each thing that a component may change."""

from datetime import date
from typing import Any

import numpy as np

import sim

COUNTS = ("intercepted", "issued", "heard", "victims", "filed")
NAMED = ("attempts", "episodes", "first_payments", "busy_ms", "staffed_ms", "waiting", "served", "expired")


class Noted(sim.Component):
    """Notes all that it reads; what it changes depends on it."""

    def __init__(self, by: float = 1.0) -> None:
        self.by = by
        self.days = 0
        self.seen: list[Any] = []

    def at_midnight(self, day: date, yesterday: Any, tomorrow: Any) -> None:
        counts = [getattr(yesterday, name).tolist() for name in COUNTS]
        named = [getattr(yesterday, name).array.tolist() for name in NAMED]
        self.seen.append([day.isoformat(), yesterday.day.isoformat(), *counts, *named])
        self.days += 1
        self.change(yesterday, tomorrow)

    def change(self, yesterday: Any, tomorrow: Any) -> None:
        """Change nothing."""


class Coverage(Noted):
    def change(self, yesterday: Any, tomorrow: Any) -> None:
        tomorrow.coverage["local"][0] = min(1.0, 0.3 * self.by + 0.01 * self.days)
        tomorrow.coverage["central"][1] = 0.0 if self.days % 3 else 0.8


class Thresholds(Noted):
    def change(self, yesterday: Any, tomorrow: Any) -> None:
        busy = yesterday.utilisation("call").mean()
        tomorrow.thresholds["central"] += 0.1 * self.by if busy > 0.1 else 0.05
        if self.days == 4:
            tomorrow.thresholds["central"] -= 0.1
        tomorrow.thresholds["local"][:2] += 0.05


class Officers(Noted):
    def change(self, yesterday: Any, tomorrow: Any) -> None:
        longest, shortest = np.argmax(yesterday.waiting["visit"]), np.argmin(yesterday.waiting["visit"])
        tomorrow.officers["visit"][longest] += self.by
        tomorrow.officers["visit"][shortest] = max(0.0, tomorrow.officers["visit"][shortest] - self.by)
        tomorrow.officers["call"] *= 1.2 if self.days % 2 else 0.9


class DPrime(Noted):
    def change(self, yesterday: Any, tomorrow: Any) -> None:
        tomorrow.d_prime["call"] -= 0.1 * self.by
        tomorrow.d_prime["sms"][2] = 3.0 if yesterday.attempts["sms", "intercepted"][2] % 2 else 0.5


class Blocked(Noted):
    def change(self, yesterday: Any, tomorrow: Any) -> None:
        tomorrow.blocked["web"][1] = min(1.0, 0.05 * self.by * self.days)
        tomorrow.blocked["app"] = 0.4
        tomorrow.blocked["account"][0] = 0.2


class Education(Noted):
    def change(self, yesterday: Any, tomorrow: Any) -> None:
        tomorrow.awareness[tomorrow.segments[0]] = 0.9
        tomorrow.awareness[tomorrow.segments[-1]][1] = 0.03 * self.by * self.days


class Everything(Noted):
    """All of them, one after the other."""

    def change(self, yesterday: Any, tomorrow: Any) -> None:
        for kind in CHANGES:
            kind.change(self, yesterday, tomorrow)


CHANGES: tuple[type[Noted], ...] = (Coverage, Thresholds, Officers, DPrime, Blocked, Education)
