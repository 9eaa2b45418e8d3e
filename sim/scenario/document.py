"""The site's page of bounds, written from the schema: ``python -m sim.scenario.document``."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, BeforeValidator

from sim.scenario import bounds
from sim.scenario.bounds import Within, plain
from sim.scenario.scalars import LONGEST_DAYS
from sim.scenario.schema import ScenarioModel, rules
from sim.scenario.shapes import NAMED, fields

HEAD = f"""\
# The bounds of a scenario's numbers

For people who write scenarios: the smallest and largest value of each number, and the reason.

`python -m sim.scenario.document` prints this page, from `sim/scenario/bounds.py` and the schema.

Bounds are inclusive. They exclude only absurd values, so that sums of counts stay within 63 bits and formulas of the
model within the numbers of a double. A value outside its bounds is refused before anything is computed; so is an end of
a `range`. Durations are whole milliseconds up to {LONGEST_DAYS:,} d: a longer one is a mistake in its unit.

Some numbers are absurd only together. Also refused:

- growth by more than e^{rules.LARGEST_EXPONENT:g}, or to less than 1 / e^{rules.LARGEST_EXPONENT:g}, between its
  reference date and a simulated day: a double could not hold the factor;
- losses whose largest possible draw, median x growth x e^({rules.LUCKIEST} sigma), is above
  {plain(rules.MOST_LOST)} units of money: so no loss is ever cut;
- more than {rules.MOST_IN_A_CELL:,} attempts of one day, province, channel and type, legitimate contacts above
  `grid.low`, or cases in a province's backlog: identities can number no more;
- staff that grows above {bounds.MOST_STAFF:,};
- weights with which a detector would see more than all contacts of a province on some day.

Money is summed in cents, hundredths of a unit, and all sums of a run must stay below 2^62. A larger sum is an error of
the run in both engines, and nothing of the run is kept (section 10 of [model.md](../model.md)).

`NAME`, `CHANNEL` and `TIER` stand for any of them, `measures.NAME[KIND]` for a measure of that kind, `...` for any key.
"""

VARIED = "sweep.vary"
"""Values of other keys; the bounds of those keys apply."""

ALIKE = (
    (re.compile(r"(?<!desks\.)(?<!warning\.)(?<!stop\.)(?<!wage\.)(?<!false_alarm\.)\b(call|sms|online)\b"), "CHANNEL"),
    (re.compile(r"\b(red|orange|yellow|blue)\b"), "TIER"),
    (re.compile(r"\[\w+\]\.(ramp|steps)"), r".\1"),
    (re.compile(r".*\.lognormal\.sigma"), "....lognormal.sigma"),
    (re.compile(r".*\.weibull\.shape"), "....weibull.shape"),
)
"""Keys that are listed as one: their patterns, and the text."""


def document() -> str:
    """Return the page, in Markdown."""
    keys: dict[Within, list[str]] = {}
    for key, bound in numbers(ScenarioModel):
        keys.setdefault(bound, []).append(key)
    return "\n".join([HEAD, *(_paragraph(bound, keys[bound]) for bound in _declared() if bound in keys)]) + "\n"


def numbers(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, Within]]:
    """Find every number below a model, texts excepted: its dotted key, with ``NAME`` for any name, and its bounds."""
    kind = fields(model).get("kind")
    if kind is not None and get_origin(kind.annotation) is Literal:
        path = f"{path}[{get_args(kind.annotation)[0]}]"
    for name, info in fields(model).items():
        yield from _at(info.annotation, f"{path}.{'NAME' if name == NAMED else name}".lstrip("."), info.metadata)


def _at(annotation: Any, path: str, marks: Sequence[Any] = ()) -> Iterator[tuple[str, Within]]:
    """Find the numbers of an annotation; pydantic may keep its marks separately."""
    marks = [*marks, *getattr(annotation, "__metadata__", ())]
    bound = next((mark for mark in marks if isinstance(mark, Within)), None)
    if bound is not None:
        yield path, bound
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from numbers(annotation, path)
    elif path.startswith(VARIED) or any(isinstance(mark, BeforeValidator) for mark in marks):
        return
    elif annotation in (int, float):
        raise TypeError(f"{path} has no bounds")
    elif get_origin(annotation) is dict:
        yield from _at(get_args(annotation)[1], f"{path}.NAME")
    else:
        for option in get_args(annotation):
            yield from _at(option, path)


def _declared() -> list[Within]:
    """Return the bounds in the order in which they are declared."""
    found = [mark for value in vars(bounds).values() for mark in getattr(value, "__metadata__", ())]
    return [mark for mark in found if isinstance(mark, Within)]


def _paragraph(bound: Within, keys: list[str]) -> str:
    zero = "0, or " if bound.or_zero else ""
    for pattern, word in ALIKE:
        keys = list(dict.fromkeys(pattern.sub(word, key) for key in keys))
    text = f"- **{zero}{plain(bound.low)} to {plain(bound.high)}{bound.unit}**: {bound.why}."
    shown = ", ".join(f"`{key}`" for key in keys)
    return textwrap.fill(f"{text} {shown}", 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    print(document(), end="")
