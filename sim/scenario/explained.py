"""Explain a key for ``tocsin explain``: its meaning, and its value and source in a scenario."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sim.scenario.errors import Place
from sim.scenario.keys import TOP, Key, allowed, keys_at, kind_of
from sim.scenario.load import Scenario, value_at
from sim.scenario.meanings import example, meaning, purpose
from sim.scenario.nodes import Node
from sim.scenario.overrides import node_of
from sim.scenario.provinces import coded_key
from sim.scenario.resolved import Source, plain
from sim.scenario.writing import as_typed, flow_text

AN_ENTRY = "An entry of {field}."
"""Stands for the meaning of an entry whose model is unknown."""

LONGEST_VALUE = 300
"""Most characters of a value that are shown; longer ones are cut."""


@dataclass(frozen=True)
class Explained:
    """Everything that ``tocsin explain`` prints about a key.

    Attributes:
        key: The dotted key, provinces by code.
        kind: The kind of measure that has the key; None for other keys.
        more: Effect of a larger value or a later day; None if it is not a number.
        example: An example, as YAML.
        below: The keys below it, each with its meaning.
        value: The scenario's value, as YAML; None without a scenario or a value.
        source: Source of the value; None for parts whose keys have their own.
    """

    key: str
    kind: str | None
    text: str
    unit: str
    more: str | None
    allowed: str
    example: str | None
    below: tuple[tuple[str, str], ...]
    value: str | None = None
    source: Source | None = None


def explained(text: str, scenario: Scenario | None = None) -> list[Explained]:
    """Explain a dotted key, once for each kind of measure that has it; ``keys_at`` says what it raises."""
    if scenario is None:
        return [_explained(key, None, None) for key in keys_at(text)]
    own = coded_key(text, scenario.spec.population.names)
    root = node_of(plain(scenario.resolved), Place(scenario.name, 1, 1))
    node = None if "[" in own else root.at(root.path_to(own))
    return [_explained(key, scenario, node) for key in keys_at(own, root)]


def overview() -> list[tuple[str, str]]:
    """Return the top-level keys of a scenario, each with its meaning."""
    return list(_below(TOP, None))


def _explained(key: Key, scenario: Scenario | None, node: Node | None) -> Explained:
    said, below = meaning(key.owner, key.field), tuple(_below(key, node))
    parts = bool(below)
    value, source = None, None
    if scenario is not None and node is not None:
        value = _shortened(flow_text(as_typed(plain(value_at(scenario.resolved, key.path))))) if not parts else None
        source = scenario.sources.get(key.path)
    return Explained(
        key.path,
        kind_of(key.owner),
        _what(key, node),
        said.unit,
        said.direction,
        "" if parts else allowed(key.shape),
        None if key.entry or (parts and said.example is None) else example(key.owner, key.field),
        below,
        value,
        source,
    )


def _what(key: Key, node: Node | None) -> str:
    """Return the meaning of a key; for an entry that of its model, if it is known."""
    if not key.entry:
        return meaning(key.owner, key.field).text
    models = key.shape.models(node)
    return purpose(models[0]) if len(models) == 1 else AN_ENTRY.format(field=key.field)


def _below(key: Key, node: Node | None) -> Iterator[tuple[str, str]]:
    """Yield the keys directly below a key, each with its meaning; for a map the meaning of its entries."""
    for one in key.below(node):
        kinds = [kind for model in one.shape.models() if (kind := kind_of(model)) is not None]
        if one.entry and node is None and len(kinds) > 1:
            yield from ((f"{key.path}[{kind}]", _what(keys_at(f"{key.path}[{kind}]")[0], None)) for kind in kinds)
        else:
            yield one.path, _what(one, None if node is None else node.at(node.path_to(one.path[len(key.path) + 1 :])))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."


def as_json(one: Explained) -> dict[str, Any]:
    """Return an explanation as a JSON document."""
    source = None
    if one.source is not None:
        source = {"given": one.source.where, "origin": one.source.origin, "range": one.source.range}
        source |= {"shape": one.source.shape, "target": one.source.target, "basis": one.source.basis}
    below = [{"key": key, "text": text} for key, text in one.below]
    return {**asdict(one), "below": below, "source": source}
