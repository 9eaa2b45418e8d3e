"""Common base of all parts of a scenario: frozen models, no unknown keys, words of the model, rules between keys.

Distributions of durations by their usual parameters: ``lognormal: {median: 90 min, sigma: 0.5}``.

The country's names of channels in tables, legends and answers, and the days that are simulated and counted.
"""

import math
from collections.abc import Collection, Iterable, Sized
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from sim.base import words
from sim.base.days import DAY_MS, HALF_HOURS, YEAR_DAYS
from sim.base.words import DistributionKind as Kind
from sim.language import spelled
from sim.scenario.bounds import Day, Duration, DurationOrZero, Shape, Sigma, Weight, duration_text, refuse
from sim.scenario.errors import choices, entries, found

if TYPE_CHECKING:  # type checkers need literals written out; the words are declared once
    ChannelName = str
    ContactChannelName = str
    DetectorName = str
    DisciplineName = str
else:
    ChannelName = Literal[words.Channel.labels()]
    ContactChannelName = Literal[words.ContactChannel.labels()]
    DetectorName = Literal[words.Detector.labels()]
    DisciplineName = Literal[words.Discipline.labels()]

HalfHours = Annotated[list[Weight], Field(min_length=HALF_HOURS, max_length=HALF_HOURS)]
"""A profile of the day: one weight per half hour."""

ROUNDING = 1e-9
"""Largest distance of a sum of written shares from 1."""

ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
"""Pattern of text without control characters, safe for terminals."""


Word = Annotated[str, Field(min_length=1, max_length=80, pattern=ONE_LINE)]
"""A name in tables, pictures and messages."""


CHANNEL = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029{}<>&]*$"
ChannelWord = Annotated[str, Field(min_length=1, max_length=30, pattern=CHANNEL)]
"""Name of a channel in tables and pictures, without characters that HTML interprets."""

CURRENCY = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029{}<>&\d]*$"
Currency = Annotated[str, Field(min_length=1, max_length=20, pattern=CURRENCY)]
"""Name of a unit of money next to numbers: no digits, and no characters that HTML interprets."""

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$"
Name = Annotated[str, Field(pattern=NAME)]
"""A name for folders and options."""

PATTERNS = {
    ONE_LINE: "must be one line without control characters",
    CHANNEL: "must be one line without control characters and without { } < > &",
    CURRENCY: "must be one line without control characters, digits and { } < > &",
    NAME: "must start with a letter or digit and have at most 80 letters, digits, '.', '_' and '-'",
}
"""Patterns of texts in words, for messages."""

Mistakes = Iterable[PydanticCustomError]
"""Mistakes between keys, made by ``mistake``."""


class Part(BaseModel):
    """A part of a scenario: its keys are fixed, and its values do not change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def _wrong(self) -> Mistakes:
        """Yield the mistakes between its keys, made by ``mistake``."""
        return ()

    @model_validator(mode="after")
    def _demand(self) -> Self:
        demand(self._wrong())
        return self


Value = TypeVar("Value")


class Sparse(Part):
    """A part that is written without the keys that are not given: all of these, or only those of ``newer``.

    The keys of ``last`` are written after the others.
    """

    newer: ClassVar[tuple[str, ...] | None] = None
    last: ClassVar[tuple[str, ...]] = ()

    @model_serializer(mode="wrap")
    def _given(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # the oldest pydantic tries each model of a union, also those without these
        newer, last = getattr(self, "newer", None), getattr(self, "last", ())
        kept = {key: one for key, one in write(self).items() if one is not None or (newer and key not in newer)}
        return dict(sorted(kept.items(), key=lambda item: item[0] in last))


def form(value: Any) -> str:
    """Return the tag of a value that may be a map or a plain one: ``map`` or ``plain``."""
    return "map" if isinstance(value, dict | Part) else "plain"


class PerChannel(Part, Generic[Value]):
    """One value per channel of attempts."""

    call: Value
    """The value for calls."""
    sms: Value
    """The value for SMS."""
    online: Value
    """The value for online attempts: chats, posts, advertisements."""


def mistake(key: str, found: str, allowed: str) -> PydanticCustomError:
    """Return the error for a rule between keys; ``key`` is to blame, dotted, from the part that checks."""
    return PydanticCustomError("rule", "{found}; {allowed}", {"key": key, "found": found, "allowed": allowed})


def all_of(found: list[PydanticCustomError]) -> PydanticCustomError:
    """Return one error for several mistakes, made by ``mistake`` or by this function."""
    contexts = [context for error in found for context in rules_of(dict(error.context or {}))]
    return PydanticCustomError("rule", "{found}; {allowed}", {**contexts[0], "more": contexts[1:]})


def rules_of(context: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rules of an error: one or several."""
    return [{key: value for key, value in context.items() if key != "more"}, *context.get("more", ())]


def demand(found: Mistakes) -> None:
    """Raise one error for all mistakes, if there are any."""
    every = list(found)
    if every:
        raise all_of(every)


def wrong_sum(key: str, shares: Iterable[float], what: str = "the shares", within: float = ROUNDING) -> Mistakes:
    """Yield a mistake at ``key`` if the shares do not add up to 1."""
    total = sum(shares)
    if abs(total - 1) > within:
        yield mistake(key, f"{what} add up to {total:g}", "must add up to 1")


def wrong_length(key: str, values: Sized, length: int, meaning: str) -> Mistakes:
    """Yield a mistake at ``key`` if ``values`` does not have one entry for each ``meaning``."""
    if len(values) != length:
        yield mistake(key, f"has {entries(len(values))}", f"must have {length}, one for each {meaning}")


def wrong_ages(key: str, ages: list[int]) -> Mistakes:
    """Yield a mistake at ``key`` if ages at which something begins do not rise from 0."""
    if ages[0] != 0 or sorted(set(ages)) != ages:
        yield mistake(key, f"is {ages}", "must be rising ages that begin with 0")


def all_zero(key: str, weights: Iterable[float], each: str) -> Mistakes:
    """Yield a mistake at ``key`` if no weight is above 0."""
    if sum(weights) <= 0:
        yield mistake(key, "adds up to 0", f"some {each} must be above 0")


def unknown(key: str, names: Iterable[str], known: Collection[str], what: str, where_none: str = "") -> Mistakes:
    """Yield a mistake for each name that is not known, at the name below ``key`` or, if ``what`` quotes it, at ``key``.

    ``where_none`` is what is allowed if nothing is known.
    """
    for name in names:
        if name not in known:
            blamed = key if "{}" in what else f"{key}.{name}"
            yield mistake(blamed, what.format(name), choices(name, known) if known else where_none)


class ChannelNames(Sparse):
    """Names of channels in tables, legends and axes; sentences use the usual words.

    Names must differ. A channel without a name has the usual one in the current language.
    """

    call: ChannelWord | None = None
    """Name of calls, of gangs and of officers alike. Example: `phone`"""
    sms: ChannelWord | None = None
    """Name of SMS, of gangs and of officers alike. Example: `text message`"""
    online: ChannelWord | None = None
    """Name of attempts by chats, posts and advertisements. Example: `messenger`"""
    app: ChannelWord | None = None
    """Name of messages in the warning app. Example: `bank app`"""
    visit: ChannelWord | None = None
    """Name of visits by officers. Example: `home visit`"""

    def _wrong(self) -> Mistakes:
        shown: dict[str, str] = {}
        for channel in type(self).model_fields:
            name = getattr(self, channel) or spelled(channel)
            if name in shown:
                yield mistake(channel, f"has the name '{name}', as {shown[name]} has", "must have its own name")
            shown[name] = channel

    @property
    def names(self) -> dict[str, str]:
        """The given names by the usual ones."""
        given = {spelled(channel): getattr(self, channel) for channel in type(self).model_fields}
        given |= {"calls": self.call, "visits": self.visit}  # of several
        return {channel: name for channel, name in given.items() if name is not None}


FIRST_DAY, LAST_DAY = date(2000, 2, 1), date(2080, 12, 31)
"""Days that identities can hold (days since 2000-01-01), with room for the day before the first."""

MOST_DAYS = 20_000
"""Most simulated days, warm-up included."""


class Period(Part):
    """The days that figures cover, both included, and the warm-up simulated before them."""

    start: Day
    """First day that figures cover. An earlier start makes the run longer. Later: a shorter period. Example:
    `2021-01-01`"""
    end: Day
    """Last day that figures cover, included. Later: a longer period. Example: `2022-11-30`"""
    warmup: DurationOrZero
    """Days simulated before the start and not counted, so that queues, cards and dens are under way when counting
    begins. More: a steadier start, and a longer run. Example: `92 d`"""

    def _wrong(self) -> Mistakes:
        if self.warmup % DAY_MS:
            yield mistake("warmup", "is not a whole number of days", "must be whole days, for example 92 d")
        if self.end < self.start:
            yield mistake("end", f"{self.end} is before the start", f"must be {self.start} or later")
            return
        first = self.start.toordinal() - self.warmup // DAY_MS
        if first < FIRST_DAY.toordinal() or self.end > LAST_DAY:
            what = f"{self.start} minus the warm-up, to {self.end}, is out of range"
            yield mistake("start", what, f"must lie between {FIRST_DAY} and {LAST_DAY}, warm-up included")
        elif (self.end - self.start).days + self.warmup // DAY_MS > MOST_DAYS:
            allowed = f"must be at most {MOST_DAYS:,} days, warm-up included"
            yield mistake("end", f"{self.end} is too far from the start", allowed)

    def years_since(self, reference: date) -> tuple[float, float]:
        """Return the years from a reference date to the first simulated day and to the last, negative before it."""
        first = (self.start - reference).days - self.warmup // DAY_MS
        return first / YEAR_DAYS, (self.end - reference).days / YEAR_DAYS


LARGEST_LOG = 700.0
"""Largest logarithm whose exponential is a double."""


WITHOUT_UNIT = ("sigma", "shape")
"""Parameters of distributions that are not durations."""


class Parameters(BaseModel):
    """The parameters of a kind of distribution."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Uniform(Parameters):
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


class Exponential(Parameters):
    """The memoryless distribution with this mean."""

    mean: Duration
    """The mean duration. More: longer durations. Example: `30 min`"""


class Lognormal(Parameters):
    """exp of a normal distribution: `sigma` is the standard deviation of the logarithm."""

    median: Duration
    """Median duration. More: longer durations. Example: `20 min`"""
    sigma: Sigma
    """Standard deviation of the logarithm. More: durations differ more, and some are very long. Example: `0.5`"""


class Weibull(Parameters):
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

    def _parameters(self) -> "int | Parameters":
        parameters: int | Parameters = getattr(self, self.kind.label)
        return parameters

    def _pair(self) -> tuple[float, float]:
        parameters = self._parameters()
        if isinstance(parameters, int):
            return float(parameters), 0.0
        first, *rest = parameters.__dict__.values()
        return float(first), float(rest[0]) if rest else 0.0
