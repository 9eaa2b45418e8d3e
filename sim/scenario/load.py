"""A scenario's file, what it extends and what was set become one frozen Scenario, or all mistakes at once."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sim.scenario.bundled import find
from sim.scenario.errors import Mistake, Place, ScenarioError, choices, dotted, found
from sim.scenario.extends import Files
from sim.scenario.nodes import Node, merge
from sim.scenario.overrides import argument_values, node_of, set_values, with_value
from sim.scenario.parameters import is_full_form, unwrap_all
from sim.scenario.policy import policy_of
from sim.scenario.pooled import by_province, parted, read_as
from sim.scenario.provinces import coded, coded_key, names_in, unknown
from sim.scenario.pydantic_errors import merged, mistakes_of
from sim.scenario.ranges import range_mistakes
from sim.scenario.reading import MAX_BYTES, decode, top_map
from sim.scenario.repaired import hidden
from sim.scenario.resolved import Source, plain, resolve, sources
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.base import Part
from sim.scenario.schema.population import COUNTRY, NO_POOL, finest
from sim.scenario.shapes import shape, written
from sim.scenario.stored_draws import frame, no_draw
from sim.scenario.writing import to_yaml

if TYPE_CHECKING:
    import pandas as pd

SURELY_READABLE = MAX_BYTES // 8
"""Characters, as JSON, up to which a resolved scenario is no longer than may be read, however it is indented."""

NO_RESULT = ("policy_of", "engine", "workers", "record")
"""Keys that change how a scenario is told of, run and stored but no result; the hash leaves them out.

``costs`` are none of them: no table depends on them, but totals do, and experiments know their runs by the hash.
"""


@dataclass(frozen=True)
class Scenario:
    """A scenario that was read, checked and completed.

    ``spec`` is the model that engines read, ``resolved`` the same as plain values (defaults filled in, tables inline,
    parameters with their origin), ``sources`` says of each dotted key where its value came from, and ``sha256`` stands
    for everything that results depend on.
    """

    spec: ScenarioModel
    resolved: dict[str, Any] = field(repr=False)
    sources: dict[str, Source] = field(repr=False, compare=False)
    sha256: str

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.spec.name

    def yaml(self) -> str:
        """Return the text of the resolved scenario as a file; loading it gives an equal scenario."""
        return to_yaml(self.resolved)


def load_scenario(
    name_or_path: str, overrides: Mapping[str, str] | None = None, *, draw: int | None = None, **arguments: Any
) -> Scenario:
    """Load a scenario by the name of a bundled one or the path of a file.

    Raises ScenarioError with every mistake that was found.

    Args:
        name_or_path: The name, or the path.
        overrides: Texts by dotted key, read as YAML, as ``--set`` gives them.
        draw: The posterior draw whose values it has, counted from 0; None leaves the values of the files.
        **arguments: Plain values by key (``scale=1e-3``), applied last.

    Returns:
        The scenario, read, checked and completed.
    """
    files, root, folder = read_files(name_or_path, draw)
    mistakes, unset = files.mistakes, root
    for setting in set_values(root, overrides or {}, mistakes):
        root = merge(root, unwrap_all(with_value(root, setting, mistakes), mistakes))
    for setting in argument_values(root, arguments, mistakes):
        root = merge(root, unwrap_all(with_value(root, setting, mistakes), mistakes))
    mistakes += parted(unset, root)
    root = files.with_tables(root, folder)
    names = names_in(root)
    root = coded(root, names, mistakes)
    strangers = list(unknown(root, names))
    mistakes += strangers
    files.told.update(mistake.key for mistake in strangers)
    spec = _validated(root, files)
    return _scenario(spec.model_copy(update={"policy_of": policy_of(files, root, spec)}), root)


def changed(scenario: Scenario, values: Mapping[str, Any], *, bare: bool = False) -> Scenario:
    """Return a scenario with other plain values at some dotted keys, checked again; no file is read.

    Raises KeyError for a key that is not there and pydantic's ValidationError for a value that the schema refuses.

    Args:
        scenario: The scenario.
        values: Plain values by dotted key.
        bare: Whether what is known of these parameters (origin, range, basis) goes; else it stays.

    Returns:
        The changed scenario.

    Raises:
        ValueError: If pools should be provinces again.
    """
    resolved = _copied(scenario.resolved)
    names = scenario.spec.population.names
    for typed, value in values.items():
        key = coded_key(typed, names)
        if _is_not_given(scenario.spec, key):
            _give(resolved, key)
        _put(resolved, key, _coded(value, key, names), bare)
    spec = ScenarioModel.model_validate(plain(resolved))
    values_by_key = written(ScenarioModel, spec)
    was, pool = scenario.spec.population, spec.population.pool
    if finest(was.pool, pool) != pool:
        raise ValueError(f"population.pool: {pool} cannot be had of pools; {was.pool} or {COUNTRY}")
    if pool != NO_POOL:
        _forget_provinces(resolved, spec, values_by_key)
    resolved = _in_full_form(values_by_key, resolved)
    return Scenario(spec, resolved, scenario.sources, digest(resolved))


def _copied(value: Any) -> Any:
    """Return a copy of plain values, of maps and lists alone."""
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _is_not_given(spec: ScenarioModel, key: str) -> bool:
    """Return whether a dotted key is one that a part of a scenario may have, and does not."""
    part: Any = spec
    *above, last = key.split(".")
    for name in above:
        part = part.get(name) if isinstance(part, Mapping) else getattr(part, name, None)
    return isinstance(part, Part) and last in type(part).model_fields and getattr(part, last) is None


def _give(resolved: dict[str, Any], key: str) -> None:
    """Make room in a resolved scenario for a key that it is written without."""
    above, _, last = key.rpartition(".")
    _inside(value_at(resolved, above) if above else resolved).setdefault(last, None)


def _coded(value: Any, key: str, names: Mapping[int, str]) -> Any:
    """Return a plain value for a dotted key with codes in place of names of provinces."""
    if not isinstance(value, str | Mapping | list | tuple):
        return value
    parts = key.split(".")
    tree = node_of(reduce(lambda inner, part: {part: inner}, reversed(parts), value), Place(f"{key}=", 1, 1))
    inner = coded(tree, names, []).at(tuple(parts))
    assert inner is not None
    return inner.plain()


def _forget_provinces(resolved: dict[str, Any], spec: ScenarioModel, pooled: Any) -> None:
    """Take from a resolved scenario what is known of values by province that pooling changed, as ``read_as`` does."""
    for *parts, last in by_province(spec):
        holder, value = resolved, pooled
        for part in parts:
            holder, value = _inside(holder).get(part, {}), value[part]
        holder = _inside(holder)
        if last in holder:
            holder[last] = _pooled(holder[last], value[last])


def _inside(value: Any) -> Any:
    return value["value"] if is_full_form(value) else value


def _pooled(entry: Any, value: Any) -> Any:
    """Return an entry of a resolved scenario with the value of a pool; parts that are equal stay as they are."""
    if plain(entry) == value:
        return entry
    if is_full_form(entry) and isinstance(value, dict | list):
        return {**{key: part for key, part in entry.items() if key != "range"}, "value": _pooled(entry["value"], value)}
    if isinstance(value, dict):
        return {name: _pooled(entry[name], inner) if name in entry else inner for name, inner in value.items()}
    return value


def _in_full_form(value: Any, like: Any) -> Any:
    """Return a plain value in the full forms of another that has the same shape."""
    if is_full_form(like):
        return {**like, "value": _in_full_form(value, like["value"])}
    if isinstance(value, dict):
        return {key: _in_full_form(inner, like.get(key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [_in_full_form(inner, like[index]) for index, inner in enumerate(value)]
    return value


def value_at(resolved: Any, key: str) -> Any:
    """Return the value at a dotted key of a resolved scenario, in full form where it has one; raises KeyError."""
    holder, part = _holder(resolved, key)
    return holder[part]


def _put(resolved: dict[str, Any], key: str, value: Any, bare: bool) -> None:
    """Replace the value at a dotted key of a resolved scenario, or all that it says there."""
    holder, part = _holder(resolved, key)
    if is_full_form(holder[part]) and not bare:
        holder[part]["value"] = value
    else:
        holder[part] = value


def _holder(resolved: Any, key: str) -> tuple[Any, str | int]:
    """Return the map or list that holds the value at a dotted key, and its own key or index there; raises KeyError."""
    holder, part, below, parts = resolved, "", resolved, key.split(".")
    while parts:
        holder = below["value"] if is_full_form(below) else below
        part = _own_key(holder, parts, key)
        below, parts = holder[part], parts[str(part).count(".") + 1 :]
    return holder, part


def _own_key(holder: Any, parts: list[str], key: str) -> Any:
    """Return the key or index with which the rest of a dotted key begins; keys with dots themselves are found first."""
    if isinstance(holder, dict):
        names = list(holder)
        own: str | int | None
        own = next((name for n in range(len(parts), 0, -1) if (name := ".".join(parts[:n])) in holder), None)
    elif isinstance(holder, list):
        names = [str(index) for index in range(len(holder))]
        own = int(parts[0]) if parts[0].isdecimal() and int(parts[0]) < len(holder) else None
    else:
        raise KeyError(f"{key}: there is nothing below {found(holder)}; the key of a single value")
    if own is None:
        raise KeyError(f"{key}: no such key: {found(parts[0])}; {choices(parts[0], names)}")
    return own


def posterior(name_or_path: str) -> "pd.DataFrame":
    """Return the posterior draws stored with a scenario, as ``load_scenario(..., draw=k)`` applies them.

    Args:
        name_or_path: The name of a bundled scenario, or the path of one.

    Returns:
        One row a draw, one column a dotted key; the index counts the draws from 0, and cells are what the file says,
        numbers or texts such as ``61.5 d``.

    Raises:
        ScenarioError: If there are none, or with the mistakes of the files.
    """
    files, _, _ = read_files(name_or_path, None)
    if files.mistakes:
        raise ScenarioError(merged(files.mistakes))
    if files.draws is None:
        raise ScenarioError([_none_stored(name_or_path)])
    return frame(files.draws)


def files_of(name_or_path: str) -> list[Path]:
    """Return the files of a scenario, that of the name or path last, after those that it extends."""
    return read_files(name_or_path, None)[0].paths


def read_files(name_or_path: str, draw: int | None) -> tuple[Files, Node, Path]:
    """Read the files of a scenario: with the mistakes so far, the tree they make and the folder of the first."""
    files = Files(shape(ScenarioModel), draw)
    path, shown = find(str(name_or_path))
    try:
        root = files.read(path, shown)
        if draw is not None and files.draws is None and not files.mistakes:
            raise ScenarioError([_none_stored(name_or_path)])
    except ScenarioError as error:
        raise ScenarioError(merged(files.mistakes + error.mistakes)) from None
    return files, root, path.parent


def _none_stored(name_or_path: str) -> Mistake:
    return no_draw(
        f"no draws are stored with {found(str(name_or_path))}", "a scenario whose calibration.draws names some"
    )


def validate(name_or_path: str, overrides: Mapping[str, str] | None = None) -> list[Mistake]:
    """Return every mistake of a scenario, in order of place; none where it can be run."""
    try:
        load_scenario(name_or_path, overrides)
    except ScenarioError as error:
        return error.mistakes
    return []


def _validated(root: Node, files: Files) -> ScenarioModel:
    """Return the model of a tree; raises ScenarioError with its mistakes and those found in its files before."""
    expected, mistakes = files.shape, files.mistakes
    spec = None
    try:
        spec = ScenarioModel.model_validate(root.plain())
    except ValidationError as error:
        more = mistakes_of(error, root, expected) + hidden(error, root, files)
        mistakes = mistakes + [mistake for mistake in more if mistake.key not in files.told]
    mistakes = mistakes + range_mistakes(root, expected)
    if mistakes or spec is None:
        raise ScenarioError(merged(mistakes))
    return spec


def _scenario(spec: ScenarioModel, root: Node) -> Scenario:
    plain = written(ScenarioModel, spec)
    if spec.population.pool != NO_POOL:
        root = read_as(root, spec, plain)
    resolved = resolve(plain, root, shape(ScenarioModel))
    scenario = Scenario(spec, resolved, sources(resolved, root), digest(resolved))
    if len(_as_json(resolved)) > SURELY_READABLE:
        _demand_readable(scenario, root.place)
    return scenario


def _demand_readable(scenario: Scenario, place: Place) -> None:
    """Raise ScenarioError unless the resolved scenario, which runs keep as a file, can itself be read."""
    try:
        top_map(decode(scenario.yaml().encode("utf-8", "surrogatepass"), place), place)
    except ScenarioError as error:
        (mistake, *_) = error.mistakes
        what = f"with all that it extends and names, {mistake.message}"
        raise ScenarioError([Mistake(place, dotted(()), what, mistake.allowed)]) from None


def digest(resolved: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what results depend on, as JSON.

    Keys keep the order of the scenario, since fraud types are numbered by it.
    """
    text = _as_json({key: value for key, value in resolved.items() if key not in NO_RESULT})
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _as_json(resolved: Mapping[str, Any]) -> str:
    return json.dumps(resolved, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
