"""Load a scenario: files, options and arguments become one frozen Scenario, or all mistakes are reported."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sim.scenario.bundled import find
from sim.scenario.errors import Mistake, Place, ScenarioError, choices, dotted, found
from sim.scenario.extends import Files
from sim.scenario.given import Given
from sim.scenario.merging import merge
from sim.scenario.nodes import Node
from sim.scenario.overrides import Setting, node_of, settings_of, with_settings
from sim.scenario.parameters import is_full_form, unwrap_all
from sim.scenario.policy import Tree, how_run, policy_of
from sim.scenario.pooled import POOL, split_pool_mistakes, with_pools
from sim.scenario.provinces import names_in, with_codes
from sim.scenario.pydantic_errors import merged, mistakes_of
from sim.scenario.ranges import range_mistakes
from sim.scenario.reading import MAX_NODES, read_nodes
from sim.scenario.resolved import Source, resolve, sources
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.population import NO_POOL, plain_pool
from sim.scenario.shapes import shape, written
from sim.scenario.stored_draws import frame, no_draw
from sim.scenario.writing import to_yaml

if TYPE_CHECKING:
    import pandas as pd

SURELY_READABLE = 2 * MAX_NODES
"""Characters of JSON up to which a resolved scenario is surely small enough to read: a value has at least two."""

NO_RESULT = ("policy_of", "engine", "workers", "record")
"""Keys that change no result, only how a scenario is described, run and stored; the hash leaves them out.

``costs`` are in the hash: no table depends on them, but totals do, and experiments identify runs by the hash.
"""


@dataclass(frozen=True)
class Scenario:
    """A scenario that was read, checked and completed.

    ``spec`` is the model that engines read. ``resolved`` has the same as plain values: defaults filled in, tables
    inline, parameters with their origin. ``sha256`` identifies everything that results depend on. ``tree`` holds the
    values of files, options and arguments, and ``settings`` those that were changed later.
    ``components`` were given in Python (``sim.midnight.visiting``); no file can hold any.
    """

    spec: ScenarioModel
    resolved: dict[str, Any] = field(repr=False)
    sha256: str
    tree: Tree = field(repr=False, compare=False)
    settings: tuple[Setting, ...] = field(default=(), repr=False, compare=False)
    components: tuple[Given, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.spec.name

    def with_(self, values: Mapping[str, Any]) -> "Scenario":
        """Return a scenario with other values at some dotted keys, as ``--set`` gives them; no file is read.

        Raises ScenarioError with every mistake that was found, in the words of ``--set``.

        Args:
            values: Texts as on the command line (``"120 per day"``) or plain values (9600, a map); maps merge, None
                removes.

        Returns:
            The new scenario; this one is unchanged.
        """
        return _changed(self, values, as_set=True)

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The source of each value of ``resolved``, by dotted key."""
        return sources(self.resolved, _as_pooled(self.root(), self.spec, written(ScenarioModel, self.spec)))

    @cached_property
    def levers(self) -> dict[str, Any]:
        """The scenario as plain values like ``resolved``, but before provinces are pooled.

        Levers have these keys and values: they are set before provinces are pooled.
        """
        pool = self.spec.population.pool
        if pool == NO_POOL:
            return self.resolved
        root = self.root()
        none = with_settings(root, [(POOL, Node(NO_POOL, root.place))], [])
        apart = written(ScenarioModel, ScenarioModel.model_validate(none.plain()))
        apart["population"]["pool"] = plain_pool(pool)
        apart["policy_of"] = self.spec.policy_of
        return resolve(apart, root, shape(ScenarioModel))  # type: ignore[no-any-return]

    def root(self) -> Node:
        """Return the tree of its values before provinces are pooled."""
        return with_settings(self.tree.root, self.settings, [])

    def _repr_html_(self) -> str:
        from sim import scenario as room  # by the name of the room: what is shown reads scenarios

        return room.scenario_html(self)

    def yaml(self) -> str:
        """Return the resolved scenario as the text of a file; loading it gives an equal scenario."""
        return to_yaml(self.resolved)

    def yaml_of_levers(self) -> str:
        """Return the text of a file that loads as this scenario and lets levers be changed."""
        return to_yaml(self.levers)


def load_scenario(
    name_or_path: str | Path, overrides: Mapping[str, Any] | None = None, *, draw: int | None = None, **arguments: Any
) -> Scenario:
    """Load a scenario by the name of a bundled one or the path of a file.

    Args:
        name_or_path: The name, or the path.
        overrides: Values by dotted key, as ``--set`` gives them: YAML texts, or plain values.
        draw: The posterior draw to apply, counted from 0; None keeps the values of the files.
        **arguments: Plain values by key (``scale=1e-3``), applied last; ``pool`` stands for ``population.pool``.

    Returns:
        The scenario, read, checked and completed.

    Raises:
        ScenarioError: With every mistake that was found.
    """
    if not isinstance(name_or_path, str | Path):
        what, allowed = f"{found(name_or_path)} is not a text", "must be the name or the path of a scenario"
        raise ScenarioError([Mistake(Place("scenario=", 1, 1, "argument"), "scenario", what, allowed)])
    arguments = {".".join(POOL) if key == POOL[-1] else key: value for key, value in arguments.items()}
    files, before, folder = read_files(str(name_or_path), draw)
    mistakes = files.mistakes
    root = with_settings(before, settings_of(before, overrides or {}, mistakes, as_set=True), mistakes)
    root = with_settings(root, settings_of(root, arguments, mistakes), mistakes)
    root = files.with_tables(root, folder)
    mistakes += range_mistakes(root, files.shape)
    spec, root = _checked(before, root, mistakes, files.reported)
    scenario = _scenario(spec, root, Tree(root, files.trees[files.figured]))
    if len(_as_json(scenario.resolved)) > SURELY_READABLE:
        _demand_readable(scenario, root.place)
    return scenario


def changed(scenario: Scenario, values: Mapping[str, Any]) -> Scenario:
    """Return a scenario with other plain values at some dotted keys, checked again; no file is read.

    The result is the same as with ``--set``: values go into the tree of the files before provinces are pooled, and the
    origin and range of replaced values are dropped. Maps merge, null removes. Raises ScenarioError with every mistake
    that was found.
    """
    return _changed(scenario, values, as_set=False)


def _changed(scenario: Scenario, values: Mapping[str, Any], as_set: bool) -> Scenario:
    before, mistakes = scenario.root(), list[Mistake]()
    settings = settings_of(before, values, mistakes, as_set)
    root = with_settings(before, settings, mistakes)
    spec, root = _checked(before, root, mistakes, {mistake.key for mistake in mistakes})
    found = _scenario(spec, root, scenario.tree, (*scenario.settings, *settings))
    return dataclasses.replace(found, components=scenario.components) if scenario.components else found


def _checked(before: Node, root: Node, mistakes: list[Mistake], reported: set[str]) -> tuple[ScenarioModel, Node]:
    """Return the model of a tree, which was ``before`` without options, and the tree with provinces by code.

    Raises:
        ScenarioError: With ``mistakes`` and all others, without those of the schema at ``reported`` keys.
    """
    strangers: list[Mistake] = []
    root = with_codes(root, names_in(root), strangers, complete=True)
    reported = reported | {mistake.key for mistake in strangers}
    mistakes = [*mistakes, *split_pool_mistakes(before, root), *strangers]
    try:
        spec = ScenarioModel.model_validate(root.plain())
    except ValidationError as error:
        mistakes += [one for one in mistakes_of(error, root, shape(ScenarioModel)) if one.key not in reported]
    if mistakes:
        raise ScenarioError(merged(mistakes))
    return spec, root


def base_of(scenario: Scenario) -> Scenario | None:
    """Return the scenario that a policy changes, run in the same way; None if there is none, or only its name."""
    if scenario.spec.policy_of is None:
        return None
    figured = scenario.tree.figured
    root = merge(figured, how_run(scenario.root()))
    try:
        spec = ScenarioModel.model_validate(root.plain())
    except ValidationError:
        return None
    return _scenario(spec, root, Tree(root, figured))


def as_pooled(scenario: Scenario) -> Scenario:
    """Return a scenario with its pools as provinces, as a run stores it: its levers are those of pools."""
    if scenario.spec.population.pool == NO_POOL:
        return scenario
    root = unwrap_all(node_of(scenario.resolved, Place(scenario.name, 1, 1, "argument")), [])
    return dataclasses.replace(scenario, tree=Tree(root, root), settings=())


def value_at(resolved: Any, key: str) -> Any:
    """Return the value at a dotted key of a resolved scenario, in full form if it has one; keys with dots come first.

    Raises:
        KeyError: If there is no such key; says which there are.
    """
    here, parts = resolved, key.split(".")
    while parts:
        holder = here["value"] if is_full_form(here) else here
        if not isinstance(holder, dict | list):
            raise KeyError(f"{key}: there is nothing below {found(holder)}; use the key of a single value")
        below = holder if isinstance(holder, dict) else {str(at): item for at, item in enumerate(holder)}
        taken = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in below), 0)
        if not taken:
            raise KeyError(f"{key}: there is no key {found(parts[0])}; {choices(parts[0], list(below))}")
        here, parts = below[".".join(parts[:taken])], parts[taken:]
    return here


def posterior(name_or_path: str) -> "pd.DataFrame":
    """Return the posterior draws stored with a scenario, as ``load_scenario(..., draw=k)`` applies them.

    Args:
        name_or_path: The name of a bundled scenario, or the path of one.

    Returns:
        One row per draw, one column per dotted key; the index counts the draws from 0, and cells have the numbers or
        texts of the file, such as ``61.5 d``.

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
    """Return the files of a scenario: first those that it extends, then its own."""
    return read_files(name_or_path, None)[0].paths


def read_files(name_or_path: str, draw: int | None) -> tuple[Files, Node, Path]:
    """Read the files of a scenario; return them with their mistakes, their tree and the folder of the first."""
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
        f"no draws are stored with {found(str(name_or_path))}", "use a scenario whose calibration.draws names a table"
    )


def validate(name_or_path: str, overrides: Mapping[str, str] | None = None) -> list[Mistake]:
    """Return every mistake of a scenario in order of place; empty if it can be run."""
    try:
        load_scenario(name_or_path, overrides)
    except ScenarioError as error:
        return error.mistakes
    return []


def _scenario(spec: ScenarioModel, root: Node, tree: Tree, settings: tuple[Setting, ...] = ()) -> Scenario:
    """Return the scenario of a model that was read from a tree of nodes."""
    plain = written(ScenarioModel, spec)
    plain["policy_of"] = policy_of(tree, root, spec, plain)
    spec = spec.model_copy(update={"policy_of": plain["policy_of"]})
    resolved = resolve(plain, _as_pooled(root, spec, plain), shape(ScenarioModel))
    return Scenario(spec, resolved, digest(resolved), tree, settings)


def _as_pooled(root: Node, spec: ScenarioModel, plain: Any) -> Node:
    """Return the tree of a scenario with the values of its pools, if it has any."""
    return root if spec.population.pool == NO_POOL else with_pools(root, spec, plain)


def _demand_readable(scenario: Scenario, place: Place) -> None:
    """Raise ScenarioError if the resolved scenario, which runs store as a file, is too large to read."""
    _, mistakes = read_nodes(scenario.yaml().encode("utf-8", "surrogatepass"), place)
    for mistake in mistakes[:1]:
        what = f"with all files that it extends and names, {mistake.message}"
        raise ScenarioError([Mistake(place, dotted(()), what, mistake.allowed)])


def digest(resolved: Mapping[str, Any]) -> str:
    """Return the SHA-256 of everything that results depend on; the order of keys counts: it numbers fraud types."""
    text = _as_json({key: value for key, value in resolved.items() if key not in NO_RESULT})
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _as_json(resolved: Mapping[str, Any]) -> str:
    return json.dumps(resolved, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
