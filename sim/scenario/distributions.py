"""Distributions of durations by their usual parameters: ``lognormal: {median: 90 min, sigma: 0.5}``."""

import math
from typing import Any

from pydantic import BaseModel, ConfigDict, model_serializer, model_validator

from sim.base.words import DistributionKind as Kind
from sim.scenario.bounds import Shape, Sigma
from sim.scenario.errors import found
from sim.scenario.scalars import Duration, DurationOrZero, duration_text, refuse

LARGEST_LOG = 700.0
"""Largest logarithm whose exponential is a double."""


WITHOUT_UNIT = ("sigma", "shape")
"""Parameters of distributions that are not durations."""


class _Parameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Uniform(_Parameters):
    """Every duration from `low` to `high` is equally likely."""

    low: DurationOrZero
    """The shortest duration. More: longer durations. Example: `5 min`"""
    high: Duration
    """The longest duration. More: longer durations. Example: `15 min`"""

    @model_validator(mode="after")
    def _ordered(self) -> "Uniform":
        if self.high < self.low:
            raise refuse("low is above high", "low must be at most high")
        return self


class Exponential(_Parameters):
    """The memoryless distribution with this mean."""

    mean: Duration
    """The mean duration. More: longer durations. Example: `30 min`"""


class Lognormal(_Parameters):
    """exp of a normal distribution: `sigma` is the standard deviation of the logarithm."""

    median: Duration
    """Median duration. More: longer durations. Example: `20 min`"""
    sigma: Sigma
    """Standard deviation of the logarithm. More: durations differ more, and some are very long. Example: `0.5`"""


class Weibull(_Parameters):
    """P(longer than t) = exp(-(t / scale) ** shape)."""

    scale: Duration
    """Scale: 63% of durations are shorter. More: longer durations. Example: `40 min`"""
    shape: Shape
    """Shape: below 1 the hazard falls with time, above 1 it rises. Unit: none. More: durations are more alike. Example:
    `1.5`"""


class Distribution(BaseModel):
    """A distribution of durations: exactly one kind is given; a bare duration is a constant one.

    `kind` is a code of Kind, `a` and `b` its two parameters: ms, but sigma and shape, which have no unit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    constant: DurationOrZero | None = None
    """Always this duration. More: longer durations. Example: `45 min`"""
    uniform: Uniform | None = None
    """Every duration between two ends is equally likely."""
    exponential: Exponential | None = None
    """Memoryless: short durations are likely, long ones rare."""
    lognormal: Lognormal | None = None
    """Skewed: a median, and a spread of the logarithm."""
    weibull: Weibull | None = None
    """A hazard that rises or falls with time."""

    @model_validator(mode="before")
    @classmethod
    def _one_kind(cls, value: Any) -> Any:
        kinds = Kind.labels()
        allowed = f"must be a duration or one of {', '.join(kinds)}"
        if isinstance(value, Distribution):
            return value
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return {"constant": value}
        if not isinstance(value, dict):
            raise refuse(f"{found(value)} is not a distribution", allowed)
        named = [key for key in value if key in kinds]
        if len(named) > 1:
            raise refuse(f"names several distributions: {', '.join(named)}", "must name exactly one")
        if all(key in kinds and inner is None for key, inner in value.items()):
            raise refuse("names no distribution", allowed)
        return value

    @model_serializer
    def _plain(self) -> dict[str, Any]:
        parameters = self._parameters()
        written = duration_text(parameters) if isinstance(parameters, int) else parameters.model_dump()
        return {self.kind.label: written}

    @property
    def kind(self) -> Kind:
        """Which kind it is."""
        return next(kind for kind in Kind if getattr(self, kind.label) is not None)

    @property
    def a(self) -> float:
        """The value, low end, mean, median or scale, in ms."""
        return self._pair()[0]

    @property
    def b(self) -> float:
        """The high end in ms, sigma or shape; 0 where the kind has one parameter."""
        return self._pair()[1]

    def scaled(self, factor: float) -> "Distribution":
        """Return the distribution with all durations ``factor`` times as long, to the ms; only 0 becomes 0."""

        def times(ms: int) -> int:
            return max(min(ms, 1), round(ms * factor))

        old = self._parameters()
        if isinstance(old, int):
            return self.model_copy(update={self.kind.label: times(old)})
        longer = {name: times(ms) for name, ms in old.__dict__.items() if name not in WITHOUT_UNIT}
        return self.model_copy(update={self.kind.label: old.model_copy(update=longer)})

    def survival(self, ms: float) -> float:
        """Return the survival function: the probability of a duration longer than some ms, more than 0."""
        if self.kind == Kind.EXPONENTIAL:
            return math.exp(-ms / self.a)
        if self.kind == Kind.WEIBULL:
            # By logarithms: (ms / scale) ** shape may exceed any double; the probability is then 0.
            return math.exp(-math.exp(min(self.b * math.log(ms / self.a), LARGEST_LOG)))
        if self.kind == Kind.LOGNORMAL and self.b > 0.0:
            return 0.5 * math.erfc(math.log(ms / self.a) / (self.b * math.sqrt(2.0)))
        if self.kind == Kind.UNIFORM and self.b > self.a:
            return min(1.0, max(0.0, (self.b - ms) / (self.b - self.a)))
        return float(self.a > ms)

    def _parameters(self) -> "int | _Parameters":
        parameters: int | _Parameters = getattr(self, self.kind.label)
        return parameters

    def _pair(self) -> tuple[float, float]:
        parameters = self._parameters()
        if isinstance(parameters, int):
            return float(parameters), 0.0
        first, *rest = parameters.__dict__.values()
        return float(first), float(rest[0]) if rest else 0.0
