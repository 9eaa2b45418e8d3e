"""What detectors saw, and the episode that it belongs to, as its alerts see it."""

from typing import Any, NamedTuple, Protocol

from sim.engines.reference.world import Person


class Warned(Protocol):
    """An episode as its alerts see it: whether it is over, the alerts about it that are alive, how it is stopped."""

    over: bool
    alerts: list[Any]

    def stop(self, phase: int) -> None:
        """End the episode because a warning persuaded the person."""


class Finding(NamedTuple):
    """What detectors saw: an origin at a stage and moment, its person, what it truly was, and of which fraud type."""

    origin: int
    stage: int
    moment: int
    person: Person
    true_type: int
    truth: int
    episode: Warned | None
