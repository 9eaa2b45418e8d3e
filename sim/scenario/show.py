"""Show a scenario: its resolved values as lines, its changes in a notebook, and one key explained.

Show the resolved scenario as lines: each value with its place and origin.

What a notebook shows of a scenario by its bare name: its question, and what it changes from its base.

Explain a key for ``tocsin explain``: its meaning, and its value and source in a scenario.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from sim.language.spoken import counted, said, telling_in
from sim.scenario.errors import Node, Place
from sim.scenario.keys import TOP, Key, allowed, example, keys_at, kind_of, meaning, purpose
from sim.scenario.levers import levers
from sim.scenario.load import Scenario, base_of, value_at
from sim.scenario.merging import node_of
from sim.scenario.provinces import coded_key
from sim.scenario.reading import as_typed, flow_text
from sim.scenario.resolved import Source, plain

Line = tuple[str, str, str, str]


def show_lines(scenario: Scenario) -> list[Line]:
    """Return dotted key, value, place and origin of each value; a CSV file is one line."""
    lines: list[Line] = []
    tables: dict[str, str] = {}
    for key, source in scenario.sources.items():
        table = _table(key, source)
        if table is not None:
            if tables.get(table) != source.file:
                tables[table] = str(source.file)
                rows = len(plain(value_at(scenario.resolved, table)))
                lines.append((table, f"{rows} rows", str(source.file), _origin(source)))
            continue
        value = flow_text(plain(value_at(scenario.resolved, key)))
        lines.append((key, value, source.where, _origin(source)))
    return lines


def _table(key: str, source: Source) -> str | None:
    """Return the key of the table of a cell of a CSV file; None for other values."""
    if source.layer != "file" or source.file is None or not source.file.endswith(".csv"):
        return None
    return key.rsplit(".", 2)[0]


def _origin(source: Source) -> str:
    """Return origin, range or reason for none, target and basis, as far as given."""
    parts = [source.origin or ""]
    if source.range is not None:
        parts.append(flow_text(list(source.range)))
    if source.fixed:
        parts.append(f"fixed: {source.fixed}")
    if source.target:
        parts.append(f"by {source.target}")
    if source.basis:
        parts.append(f"({source.basis})")
    return " ".join(part for part in parts if part)


def scenario_html(scenario: Scenario) -> str:
    """Return the question of a scenario, each lever of a policy, and how it is run, as HTML."""
    spec = scenario.spec
    with telling_in(spec.terms):
        base = base_of(scenario)
        changed = [] if base is None else levers(base, scenario)
        if changed and spec.name == spec.policy_of:
            lead = said("A policy for {base}:", base=spec.policy_of)
        elif changed:
            lead = said("{name} changes {base}:", name=spec.name, base=spec.policy_of)
        elif spec.policy_of is not None:
            lead = said("{name} is a policy for {base}.", name=spec.name, base=spec.policy_of)
        else:
            lead = said("{name} is not a policy for another scenario.", name=spec.name)
        run_as = said(
            "{start} to {end}, scale {scale}, seed {seed}, engine {engine}",
            start=spec.period.start,
            end=spec.period.end,
            scale=f"{spec.scale:g}",
            seed=str(spec.seed),
            engine=spec.engine,
        )
        size = counted("{count} province", "{count} provinces", count=len(spec.population.provinces))
    return "".join(
        [
            f"<h4>{escape(spec.title)}</h4><p>{escape(lead)}</p>",
            *(["<ul>", *(f"<li>{escape(lever.told)}</li>" for lever in changed), "</ul>"] if changed else []),
            f"<p><small>{escape(run_as)}; {escape(size)}</small></p>",
        ]
    )


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
