"""Distributions of durations by their usual parameters: ``lognormal: {median: 90 min, sigma: 0.5}``.

What a scenario says of one; ``sim.draws.distributions`` draws from it, by ``kind``, ``a`` and ``b``.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_serializer, model_validator

from sim.scenario.bounds import Shape, Sigma
from sim.scenario.errors import found
from sim.scenario.scalars import Duration, DurationOrZero, refuse
from sim.scenario.units import duration_text
from sim.words import DistributionKind as Kind


class _Parameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Uniform(_Parameters):
    """Every duration from `low` to `high` is equally likely."""

    low: DurationOrZero
    high: Duration

    @model_validator(mode="after")
    def _ordered(self) -> "Uniform":
        if self.high < self.low:
            raise refuse("low is above high", "low at most high")
        return self


class Exponential(_Parameters):
    """The memoryless distribution with this mean."""

    mean: Duration


class Lognormal(_Parameters):
    """exp of a normal distribution: `sigma` is the standard deviation of the logarithm."""

    median: Duration
    sigma: Sigma


class Weibull(_Parameters):
    """P(longer than t) = exp(-(t / scale) ** shape)."""

    scale: Duration
    shape: Shape


class Distribution(BaseModel):
    """A distribution of durations: exactly one kind is given; a bare duration is a constant one.

    `kind` is a code of Kind, `a` and `b` its two parameters: ms, but sigma and shape, which have no unit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    constant: DurationOrZero | None = None
    uniform: Uniform | None = None
    exponential: Exponential | None = None
    lognormal: Lognormal | None = None
    weibull: Weibull | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_kind(cls, value: Any) -> Any:
        kinds = Kind.labels()
        allowed = f"a duration or one of {', '.join(kinds)}"
        if isinstance(value, Distribution):
            return value
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return {"constant": value}
        if not isinstance(value, dict):
            raise refuse(f"{found(value)} is not a distribution", allowed)
        named = [key for key in value if key in kinds]
        if len(named) > 1:
            raise refuse(f"{' and '.join(named)} at once", "exactly one distribution")
        if all(key in kinds and inner is None for key, inner in value.items()):
            raise refuse("no distribution is named", allowed)
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

    def _parameters(self) -> "int | _Parameters":
        parameters: int | _Parameters = getattr(self, self.kind.label)
        return parameters

    def _pair(self) -> tuple[float, float]:
        parameters = self._parameters()
        if isinstance(parameters, int):
            return float(parameters), 0.0
        first, *rest = parameters.__dict__.values()
        return float(first), float(rest[0]) if rest else 0.0
