"""Every kind of value that the sections of a scenario are declared with."""

from sim.scenario.distributions import Distribution, Kind
from sim.scenario.scalars import (
    Clock,
    Count,
    Day,
    Duration,
    DurationOrZero,
    Finite,
    HalfHour,
    NonNegative,
    Positive,
    Probability,
    Rate,
    RateOrZero,
    Switch,
    Window,
    refuse,
)
from sim.scenario.tables import Table

__all__ = [
    "Clock",
    "Count",
    "Day",
    "Distribution",
    "Duration",
    "DurationOrZero",
    "Finite",
    "HalfHour",
    "Kind",
    "NonNegative",
    "Positive",
    "Probability",
    "Rate",
    "RateOrZero",
    "Switch",
    "Table",
    "Window",
    "refuse",
]
