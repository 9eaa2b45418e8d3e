"""A finding of the detectors, and its episode as alerts see it."""

from typing import Any, NamedTuple, Protocol

from sim.engines.reference.world import Person


class Warned(Protocol):
    """An episode as its alerts see it: whether it is over, its living alerts, and how to stop it.

    ``warned`` is when an alert last reached its person, with the tier of that alert.
    """

    over: bool
    alerts: list[Any]
    warned: tuple[int, int] | None

    def stop(self, phase: int) -> None:
        """End the episode because a warning persuaded the person."""


class Detection(NamedTuple):
    """A finding: an origin at a stage and moment, its person, the truth about it, and its fraud type."""

    origin: int
    stage: int
    moment: int
    person: Person
    true_type: int
    truth: int
    episode: Warned | None
