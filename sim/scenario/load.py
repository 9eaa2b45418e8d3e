"""Load a scenario: files, options and arguments become one frozen Scenario, or all mistakes are reported.

Find out whether a scenario is a policy: a change of another one, not comparable with its reported figures.

Scenarios as calls take them: a name, a path or a Scenario, and the changes that the options of a command make.
"""

import dataclasses
import hashlib
import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, Unpack

from pydantic import ValidationError

from sim.base.days import day_number
from sim.scenario.bundled import find
from sim.scenario.effects import HOW_IT_IS_RUN, NO_EFFECT, effects
from sim.scenario.errors import Mistake, Node, Place, ScenarioError, choices, dotted, found
from sim.scenario.given import Given
from sim.scenario.merging import Files, Setting, is_full_form, merge, node_of, settings_of, unwrap_all, with_settings
from sim.scenario.mistakes import merged, mistakes_of, range_mistakes
from sim.scenario.provinces import POOL, names_in, split_pool_mistakes, with_codes, with_pools
from sim.scenario.reading import MAX_NODES, read_nodes, to_yaml
from sim.scenario.resolved import Source, resolve, sources
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.population import NO_POOL, plain_pool
from sim.scenario.shapes import shape, written
from sim.scenario.stored_draws import NUMBER, frame, no_draw

if TYPE_CHECKING:
    import pandas as pd

SEED = "seed"


class Reference(NamedTuple):
    """The file that states the figures, run in the same way as a scenario that extends it.

    ``end`` is the day number after the last common day; ``values`` have an effect up to then, the shared seed excepted.
    """

    name: str
    end: int
    values: dict[str, Any]


class Tree:
    """The tree of a scenario as written by files, options and arguments, and that of the file whose figures apply.

    Levers change this tree. Pooling, rounding and other derived values come later, so a value means the same whether a
    file, ``--set`` or a sweep gives it. Many processes receive a scenario and few change it: nodes travel as bytes and
    are unpacked on first use. ``references`` is a cache for ``policy_of``.
    """

    def __init__(self, root: Node, figured: Node) -> None:
        self._nodes = root, figured
        self.references: dict[str, Reference | None] = {}

    @property
    def root(self) -> Node:
        """The scenario: tables inline, provinces by their codes."""
        return self._unpacked[0]

    @property
    def figured(self) -> Node:
        """The file that states the figures, with everything that it extends."""
        return self._unpacked[1]

    @cached_property
    def _unpacked(self) -> tuple[Node, Node]:
        nodes: tuple[Node, Node] | None = self.__dict__.pop("_nodes", None)
        return nodes or pickle.loads(self._packed)

    @cached_property
    def _packed(self) -> bytes:
        return pickle.dumps(self._unpacked, pickle.HIGHEST_PROTOCOL)

    def __getstate__(self) -> dict[str, Any]:
        return {"_packed": self._packed, "references": {}}


def policy_of(tree: Tree, root: Node, spec: ScenarioModel, values: dict[str, Any]) -> str | None:
    """Return the name of the scenario that this one changes as a policy.

    There is no name if the scenario is compared with its own figures, or if the extended file cannot be run like it.
    Figures belong to the file that states them. A file that extends it, or an option, makes a policy of it if it
    changes anything before the end of both periods. A longer period with measures that begin later is not a policy.
    """
    figures = root.child("figures")
    if spec.policy_of is not None or (figures is not None and figures.place.layer != "file"):
        return spec.policy_of
    how = how_run(root)
    if _of_days(merge(tree.figured, how)) == _of_days(root):
        return None
    asked = json.dumps({key: value for key, value in how.plain().items() if key != SEED}, default=str)
    if asked not in tree.references:
        tree.references[asked] = _reference(tree.figured, how, spec)
    reference = tree.references[asked]
    if reference is None or reference.values == _before(values, spec, reference.end):
        return None
    return reference.name


def _reference(figured: Node, how: Node, spec: ScenarioModel) -> Reference | None:
    """Return a file run in the same way as a scenario; None if it cannot be."""
    try:
        before = ScenarioModel.model_validate(merge(figured, how).plain())
        own = ScenarioModel.model_validate(figured.plain())
    except ValidationError:
        return None
    day = day_number(min(own.period.end, spec.period.end)) + 1
    return Reference(own.name, day, _before(written(ScenarioModel, before), before, day))


def how_run(root: Node) -> Node:
    """Return a tree with only the keys of how a scenario is run."""
    tree = Node({}, root.place)
    for path in HOW_IT_IS_RUN:
        here = root.at(path)
        if here is not None:
            for part in reversed(path):
                here = Node({str(part): here}, root.place)
            tree = merge(tree, here)
    return tree


def _before(values: dict[str, Any], spec: ScenarioModel, day: int) -> dict[str, Any]:
    """Return the plain values of a model that have an effect before a day number, except the seed."""
    return {key: value for key, value in effects(values, spec, day).items() if key != SEED}


def _of_days(root: Node) -> dict[str, Any]:
    """Return the plain values of a tree that a day can depend on."""
    return {key: value for key, value in root.plain().items() if key not in NO_EFFECT}


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


ScenarioLike = Scenario | str | Path
"""A scenario, or the name of a bundled one, or the path of a file."""


class Options(TypedDict, total=False):
    """What a call changes of a scenario; None changes nothing.

    Attributes:
        engine: ``vector`` or ``reference``.
        scale: The sampled share of the population.
        pool: ``none``, ``country``, ``regions``, or a map ``{"apart": [...]}`` of provinces that stay separate.
        seed: The seed of all random draws.
        draw: The posterior draw whose values are used, counted from 0; only for a name or path.
        set: Values by dotted key, as ``--set`` gives them: texts or plain values.
    """

    engine: str | None
    scale: float | None
    pool: str | Mapping[str, Any] | None
    seed: int | None
    draw: int | None
    set: Mapping[str, Any] | None


def with_options(scenario: ScenarioLike, **options: Unpack[Options]) -> Scenario:
    """Return a scenario with options, loaded first if it is a name or a path.

    Raises:
        ScenarioError: For mistakes, and for a ``draw`` of a scenario that is loaded.
        TypeError: For other options.
    """
    unknown = [key for key in options if key not in Options.__optional_keys__]
    if unknown:
        raise TypeError(f"unexpected keyword argument {unknown[0]!r}; use one of {', '.join(Options.__annotations__)}")
    settings = options.get("set") or {}
    values: dict[str, Any] = {key: value for key, value in options.items() if key != "set" and value is not None}
    if not isinstance(scenario, Scenario):
        return load_scenario(scenario, settings, **values)
    if NUMBER in values:
        raise ScenarioError(
            [no_draw(f"{scenario.name} is loaded, with its values", "must be given by its name or path")]
        )
    found = scenario.with_(settings) if settings else scenario
    dotted = {".".join(POOL) if key == POOL[-1] else key: value for key, value in values.items()}
    return changed(found, dotted) if dotted else found
