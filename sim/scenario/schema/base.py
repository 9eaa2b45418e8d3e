"""What every part of a scenario has in common: frozen, no unknown keys, the names of channels and tiers."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

Channel = Literal["call", "sms", "online"]
ContactChannel = Literal["app", "sms", "call", "visit"]
Detector = Literal["central", "local"]
Segment = Literal["schools", "enterprises", "rural_areas", "communities"]
Region = Literal["east", "south", "elsewhere", "overseas"]
Tier = Literal["red", "orange", "yellow", "blue"]

ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
"""Text without control characters, for what is printed to terminals."""


class Part(BaseModel):
    """A part of a scenario: its keys are fixed and its values do not change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def mistake(key: str, found: str, allowed: str) -> PydanticCustomError:
    """Return the error for a rule between several keys; ``key`` (dotted, from the part that checks) is to blame."""
    context: dict[str, Any] = {"key": key, "found": found, "allowed": allowed}
    return PydanticCustomError("rule", "{found}; {allowed}", context)


def all_of(found: list[PydanticCustomError]) -> PydanticCustomError:
    """Return one error that tells of several mistakes at once, those of ``mistake``."""
    contexts = [dict(error.context or {}) for error in found]
    return PydanticCustomError("rule", "{found}; {allowed}", {**contexts[0], "more": contexts[1:]})


def demand_length(key: str, values: object, length: int, meaning: str) -> None:
    """Raise a mistake at ``key`` unless ``values`` has one entry for each ``meaning``."""
    found = len(values)  # type: ignore[arg-type]
    if found != length:
        raise mistake(key, f"has {found} entries", f"{length} are needed, one for each {meaning}")
