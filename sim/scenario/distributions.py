"""Distributions of durations by their usual parameters: `lognormal: {median: 90 min, sigma: 0.5}`."""

from enum import IntEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, model_serializer, model_validator

from sim.scenario.scalars import Duration, DurationOrZero, NonNegative, Positive, found, refuse
from sim.scenario.units import duration_text


class Kind(IntEnum):
    """The code by which compiled code knows a distribution; the meaning of its `a` and `b` in brackets."""

    CONSTANT = 0  # (value, 0)
    UNIFORM = 1  # (low, high)
    EXPONENTIAL = 2  # (mean, 0)
    LOGNORMAL = 3  # (median, sigma)
    WEIBULL = 4  # (scale, shape)


KINDS = tuple(kind.name.lower() for kind in Kind)


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
    sigma: NonNegative


class Weibull(_Parameters):
    """P(longer than t) = exp(-(t / scale) ** shape)."""

    scale: Duration
    shape: Positive


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
        allowed = f"a duration or one of {', '.join(KINDS)}"
        if isinstance(value, Distribution):
            return value
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return {"constant": value}
        if not isinstance(value, dict):
            raise refuse(f"{found(value)} is not a distribution", allowed)
        named = [key for key in value if key in KINDS]
        if len(named) > 1:
            raise refuse(f"{' and '.join(named)} at once", "exactly one distribution")
        if not value:
            raise refuse("no distribution is named", allowed)
        return value

    @model_serializer
    def _plain(self) -> dict[str, Any]:
        name = KINDS[self.kind]
        parameters = getattr(self, name)
        if isinstance(parameters, int):
            return {name: duration_text(parameters)}
        return {name: parameters.model_dump()}

    @property
    def kind(self) -> int:
        """The code of the kind, see Kind."""
        return next(int(kind) for kind in Kind if getattr(self, kind.name.lower()) is not None)

    @property
    def a(self) -> float:
        """The value, low end, mean, median or scale, in ms."""
        return self._pair()[0]

    @property
    def b(self) -> float:
        """The high end in ms, sigma or shape; 0 where the kind has one parameter."""
        return self._pair()[1]

    def _pair(self) -> tuple[float, float]:
        parameters = getattr(self, KINDS[self.kind])
        if isinstance(parameters, int):
            return float(parameters), 0.0
        first, *rest = parameters.__dict__.values()
        return float(first), float(rest[0]) if rest else 0.0
