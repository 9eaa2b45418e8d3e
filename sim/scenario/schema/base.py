"""Common base of all parts of a scenario: frozen models, no unknown keys, words of the model, rules between keys."""

from collections.abc import Iterable, Sized
from dataclasses import dataclass
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
from sim.base.days import HALF_HOURS
from sim.scenario.bounds import Code, Weight
from sim.scenario.errors import entries

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
        newer = self.newer
        given = [
            (key, value) for key, value in write(self).items() if value is not None or (newer and key not in newer)
        ]
        return dict(sorted(given, key=lambda item: item[0] in self.last))


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
