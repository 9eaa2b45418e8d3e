"""Common base of all parts of a scenario: frozen models, no unknown keys, words of the model, rules between keys.

The country's names of channels in tables, legends and answers.

The days that are simulated and counted.
"""

from collections.abc import Iterable, Sized
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from sim.base import words
from sim.base.days import DAY_MS, HALF_HOURS, YEAR_DAYS
from sim.language.spoken import spelled
from sim.scenario.bounds import Code, Weight
from sim.scenario.errors import entries
from sim.scenario.scalars import Day, DurationOrZero

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

NamingKind = Literal["code", "text", "key", "quantity"]
"""How a place of a scenario names a province: by code, by code as text, in a dotted key or in a quantity."""


@dataclass(frozen=True)
class Naming:
    """Marks values that name a province: ``sim.scenario.provinces`` turns names there into codes."""

    kind: NamingKind

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return a schema that also accepts names of provinces if codes are numbers."""
        inner = handler(schema)
        if self.kind != "code":
            return inner
        return {"description": "the name or the code of a province", "anyOf": [inner, {"type": "string"}]}


ProvinceCode = Annotated[Code, Naming("code")]
"""A province in a list of them."""

ProvinceKey = Annotated[str, Naming("text")]
"""A province as the key of a map."""

DottedKey = Annotated[str, Naming("key")]
"""The dotted key of a value of the scenario."""


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
        newer, last = (
            getattr(self, "newer", None),
            getattr(self, "last", ()),
        )  # the oldest pydantic tries each of a union
        given = [
            (key, value) for key, value in write(self).items() if value is not None or (newer and key not in newer)
        ]
        return dict(sorted(given, key=lambda item: item[0] in last))


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
    found = len(values)
    if found != length:
        yield mistake(key, f"has {entries(found)}", f"must have {length}, one for each {meaning}")


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
            yield mistake(
                "start",
                f"{self.start} minus the warm-up, to {self.end}, is out of range",
                f"must lie between {FIRST_DAY} and {LAST_DAY}, warm-up included",
            )
        elif (self.end - self.start).days + self.warmup // DAY_MS > MOST_DAYS:
            allowed = f"must be at most {MOST_DAYS:,} days, warm-up included"
            yield mistake("end", f"{self.end} is too far from the start", allowed)

    def years_since(self, reference: date) -> tuple[float, float]:
        """Return the years from a reference date to the first simulated day and to the last, negative before it."""
        first = (self.start - reference).days - self.warmup // DAY_MS
        return first / YEAR_DAYS, (self.end - reference).days / YEAR_DAYS
