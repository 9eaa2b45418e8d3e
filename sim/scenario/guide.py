"""The site's page of keys, written from the schema: ``python -m sim.scenario.guide``."""

import textwrap
from collections.abc import Iterator

from pydantic import BaseModel

from sim.scenario.distributions import Distribution
from sim.scenario.keys import NAME, allowed, every_key, kind_of, models
from sim.scenario.meanings import NO_UNIT, meaning, purpose
from sim.scenario.schema import ScenarioModel
from sim.scenario.shapes import NAMED, fields, shape

WIDTH = 120

LONGEST_EXAMPLE = 200
"""Most characters of an example; profiles of 48 half hours are longer and left out."""

MOST_PLACES = 4
"""Most places that are listed for a part that is used in many."""

HEAD = """\
# The keys of a scenario

For people who write scenarios: every key with its meaning, unit, effect, bounds and an example. `tocsin explain KEY
SCENARIO` prints the same for one key, with the value of a scenario and its source. How a scenario is written:
[scenario.md](../scenario.md). The reasons for the bounds: [bounds.md](bounds.md).

`NAME` stands for any name, `[KIND]` for a measure of that kind, `0` for the position of a row. *More of it* says what a
larger number does if nothing else changes.
"""


def document() -> str:
    """Return the page, in Markdown."""
    places = _places()
    parts = [model for model in models(ScenarioModel) if model in places]
    return "\n".join([HEAD, *(line for model in parts for line in _part(model, places[model]))]) + "\n"


def _places() -> dict[type[BaseModel], list[str]]:
    """Return the places of each part: the keys that hold it."""
    found: dict[type[BaseModel], list[str]] = {}
    for path, key in every_key().items():
        holder = path.rpartition(".")[0]
        holders = found.setdefault(key.owner, [])
        if holder not in holders:
            holders.append(holder)
    return found


def _part(model: type[BaseModel], places: list[str]) -> Iterator[str]:
    """Yield the lines about a part: its place, its purpose and its keys."""
    kind = kind_of(model)
    first = "The top" if not places[0] else f"`measures[{kind}]`" if kind else f"`{places[0]}`"
    yield f"## {first}"
    yield ""
    about = purpose(model)
    if any(model is one for one in models(Distribution)):
        about += " It may be used wherever a duration is drawn."
    elif len(places) > 1:
        others = [f"`{place}`" for place in places[1 : MOST_PLACES + 1]]
        more = len(places) - 1 - len(others)
        about += f" Also at {', '.join(others)}" + (f" and {more} more." if more else ".")
    yield _wrapped(about, "")
    yield ""
    for name in fields(model):
        yield _wrapped(f"- `{NAME if name == NAMED else name}`: {_said(model, name)}", "  ")
    yield ""


def _said(model: type[BaseModel], name: str) -> str:
    """Return the whole entry of a key."""
    said, expected = meaning(model, name), shape(model).child(name)
    assert expected is not None
    unit = f"*Unit:* {said.unit}." if said.unit != NO_UNIT else "No unit."
    label, _, effect = (said.direction or "").partition(":")
    direction = f"*{label}:*{effect}" if label else None
    words = allowed(expected)
    bounds = f"*Allowed:* {words}." if words else None
    shown = said.example is not None and len(said.example) <= LONGEST_EXAMPLE
    example = f"*Example:* `{said.example}`" if shown else None
    parts = (said.text, None if expected.models() and said.unit == NO_UNIT else unit, direction, bounds, example)
    return " ".join(part for part in parts if part)


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    print(document(), end="")
