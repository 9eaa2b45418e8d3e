"""Write plain values as YAML that reads back the same: maps as blocks, lists of scalars and rows in one line.

No library is used: only ``sim.scenario.reading`` knows which texts need quotes, and the scenario in a run folder
has a hash that must not change with the version of a library.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sim.scenario.reading import plain_scalar

PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./+ -]*(?<! )", re.ASCII)
LONGEST_FLOW = 100
LARGEST_WHOLE = 1e15
"""Below it doubles represent every whole number exactly."""


def to_yaml(value: dict[str, Any]) -> str:
    """Return the YAML text of a map of plain values; reading it gives an equal map in the same order."""
    return "\n".join(_block(value, 0)) + "\n"


def scalar_text(value: Any) -> str:
    """Return a scalar as YAML, in quotes if it would otherwise read differently."""
    if isinstance(value, str):
        return _quoted(value)
    if type(value) is int:
        return str(value)  # the same as JSON, and faster
    return json.dumps(value, allow_nan=False)


@lru_cache(maxsize=16_384)
def _quoted(text: str) -> str:
    """Return a text, in quotes if needed; cached, because runs of an experiment write the same texts."""
    if PLAIN.fullmatch(text) and plain_scalar(text) == text:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else _escaped(c) for c in quoted)


def flow_text(value: Any) -> str:
    """Return a value in one line, in flow style."""
    if isinstance(value, dict):
        pairs = (f"{scalar_text(key)}: {flow_text(inner)}" for key, inner in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow_text(inner) for inner in value) + "]"
    return scalar_text(value)


def as_typed(value: Any) -> Any:
    """Return a value as people type it: whole numbers without a fraction, switches as on and off."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST_WHOLE:
        return int(value)
    if isinstance(value, dict):
        return {key: as_typed(inner) for key, inner in value.items()}
    return [as_typed(inner) for inner in value] if isinstance(value, list) else value


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _is_flat(value: Any) -> bool:
    """Return whether a value is written in one line: scalars, lists of scalars, small maps of scalars."""
    if isinstance(value, list):
        return not any(isinstance(inner, dict | list) for inner in value)
    if isinstance(value, dict) and value:
        scalars = not any(isinstance(inner, dict | list) for inner in value.values())
        return scalars and len(flow_text(value)) <= LONGEST_FLOW
    return True


def _block(value: dict[str, Any], indent: int) -> Iterator[str]:
    space = " " * indent
    for key, inner in value.items():
        name = f"{space}{scalar_text(key)}:"
        if _is_flat(inner):
            yield f"{name} {flow_text(inner)}"
        elif isinstance(inner, dict):
            yield name
            yield from _block(inner, indent + 2)
        else:
            yield name
            for item in inner:
                yield f"{space}  - {flow_text(item)}"
