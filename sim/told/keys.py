"""Texts about keys of scenarios, in the language that is spoken; ``tocsin explain`` shows them."""

import re
from collections.abc import Iterator

from sim.language.spoken import marked, said

_PATTERNS = {
    re.compile(r"An entry of (?P<field>\w+)\."): marked("An entry of {field}."),
    re.compile(r"0 or (?P<inner>.+)"): marked("0 or {inner}"),
    re.compile(r"(?P<inner>.+), for example (?P<example>'.+')"): marked("{inner}, for example {example}"),
    re.compile(r"a number from (?P<low>\S+) to (?P<high>\S+)"): marked("a number from {low} to {high}"),
    re.compile(r"a whole number from (?P<low>\S+) to (?P<high>\S+)"): marked("a whole number from {low} to {high}"),
    re.compile(r"a rate from (?P<low>\S+) to (?P<high>\S+) per day"): marked("a rate from {low} to {high} per day"),
    re.compile(r"one of (?P<words>.+), or a map with the keys? (?P<keys>.+)"): marked(
        "one of {words}, or a map with the keys {keys}"
    ),
    re.compile(r"one of (?P<words>.+)"): marked("one of {words}"),
    re.compile(r"a map with the keys? (?P<keys>.+)"): marked("a map with the keys {keys}"),
}
"""Patterns of composed texts, and their texts; ``inner`` is another text, the other fields are typed as shown."""


def key_said(text: str) -> str:
    """Return a meaning, a unit, an effect or the allowed values of a key, translated."""
    for pattern, form in _PATTERNS.items():
        match = pattern.fullmatch(text)
        if match is not None:
            return said(
                form, **{name: key_said(own) if name == "inner" else own for name, own in match.groupdict().items()}
            )
    return said(text)


def key_texts() -> Iterator[str]:
    """Yield every text about a key of the schema that ``key_said`` translates as a whole."""
    from sim.scenario.keys import allowed, every_key, models
    from sim.scenario.meanings import meaning, purpose
    from sim.scenario.schema import ScenarioModel
    from sim.scenario.shapes import fields

    for model in models(ScenarioModel):
        yield purpose(model)
        for name in fields(model):
            key = meaning(model, name)
            yield from (key.text, key.unit, effect(key.direction)[1])
    for one in every_key().values():
        yield _innermost(allowed(one.shape))


def effect(direction: str | None) -> tuple[bool, str]:
    """Return whether an effect (``Meaning.direction``) is that of a later day, and its text without the label."""
    label, _, text = (direction or "").partition(": ")
    return label == "Later", text


def _innermost(text: str) -> str:
    """Return the part of a text that no pattern covers; empty if there is none."""
    for pattern in _PATTERNS:
        match = pattern.fullmatch(text)
        if match is not None:
            return _innermost(match.groupdict().get("inner", ""))
    return text
