"""Load a scenario: files, options and arguments become one frozen Scenario, or all mistakes are reported.

Turn pydantic's errors into mistakes with place, finding and allowed values, and merge others in order of place. Check
ranges of parameters: an assumed number that is not fixed has one, read like the value, with it inside.

Find out whether a scenario is a policy: a change of another one, not comparable with its reported figures.

Scenarios as calls take them: a name, a path or a Scenario, and the changes that the options of a command make.
"""

import dataclasses
import datetime as dt
import hashlib
import json
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, Unpack

from pydantic import ValidationError

from sim.base.days import day_number
from sim.base.words import DistributionKind
from sim.scenario import errors, merging
from sim.scenario.errors import FULL_FORM, KeyPath, Mistake, Node, Place, ScenarioError, choices, dotted, found
from sim.scenario.keys import NOTHING, TOP, Shape, shape, written
from sim.scenario.provinces import POOL, names_in, split_pool_mistakes, with_codes, with_pools
from sim.scenario.reading import MAX_NODES, find, read_nodes, to_yaml
from sim.scenario.resolved import HOW_IT_IS_RUN, NO_EFFECT, Given, Source, effects, plain, resolve, sources
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.base import PATTERNS, Distribution, rules_of
from sim.scenario.schema.population import NO_POOL, plain_pool

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
    if _of_days(merging.merge(tree.figured, how)) == _of_days(root):
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
        before = ScenarioModel.model_validate(merging.merge(figured, how).plain())
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
            tree = merging.merge(tree, here)
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
    ``components`` were given in Python (``sim.midnight.component``); no file can hold any.
    """

    spec: ScenarioModel
    resolved: dict[str, Any] = field(repr=False)
    sha256: str
    tree: Tree = field(repr=False, compare=False)
    settings: tuple[merging.Setting, ...] = field(default=(), repr=False, compare=False)
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
        return changed(self, values, as_set=True)

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
        none = merging.with_settings(root, [(POOL, Node(NO_POOL, root.place))], [])
        apart = written(ScenarioModel, ScenarioModel.model_validate(none.plain()))
        apart["population"]["pool"] = plain_pool(pool)
        apart["policy_of"] = self.spec.policy_of
        return resolve(apart, root, TOP.shape)  # type: ignore[no-any-return]

    def root(self) -> Node:
        """Return the tree of its values before provinces are pooled."""
        return merging.with_settings(self.tree.root, self.settings, [])

    def _repr_html_(self) -> str:
        # by the name of its file: what is shown reads scenarios
        return str(import_module("sim.scenario.levers").scenario_html(self))

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
    root = merging.with_settings(before, merging.settings_of(before, overrides or {}, mistakes, as_set=True), mistakes)
    root = merging.with_settings(root, merging.settings_of(root, arguments, mistakes), mistakes)
    root = files.with_tables(root, folder)
    mistakes += range_mistakes(root)
    spec, root = _checked(before, root, mistakes, files.reported)
    scenario = _scenario(spec, root, Tree(root, files.trees[files.figured]))
    if len(_as_json(scenario.resolved)) > SURELY_READABLE:
        _demand_readable(scenario, root.place)
    return scenario


def changed(scenario: Scenario, values: Mapping[str, Any], as_set: bool = False) -> Scenario:
    """Return a scenario with other values at some dotted keys, checked again; no file is read.

    The result is the same as with ``--set``: values go into the tree of the files before provinces are pooled, and the
    origin and range of replaced values are dropped. Maps merge, null removes. Raises ScenarioError with every mistake
    that was found. Values are plain; with ``as_set`` texts are those of ``--set``.
    """
    before, mistakes = scenario.root(), list[Mistake]()
    settings = merging.settings_of(before, values, mistakes, as_set)
    root = merging.with_settings(before, settings, mistakes)
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
        mistakes += [one for one in mistakes_of(error, root) if one.key not in reported]
    if mistakes:
        raise ScenarioError(merged(mistakes))
    return spec, root


def base_of(scenario: Scenario) -> Scenario | None:
    """Return the scenario that a policy changes, run in the same way; None if there is none, or only its name."""
    if scenario.spec.policy_of is None:
        return None
    figured = scenario.tree.figured
    root = merging.merge(figured, how_run(scenario.root()))
    try:
        spec = ScenarioModel.model_validate(root.plain())
    except ValidationError:
        return None
    return _scenario(spec, root, Tree(root, figured))


def as_pooled(scenario: Scenario) -> Scenario:
    """Return a scenario with its pools as provinces, as a run stores it: its levers are those of pools."""
    if scenario.spec.population.pool == NO_POOL:
        return scenario
    root = merging.unwrap_all(merging.node_of(scenario.resolved, Place(scenario.name, 1, 1, "argument")), [])
    return dataclasses.replace(scenario, tree=Tree(root, root), settings=())


def value_at(resolved: Any, key: str) -> Any:
    """Return the value at a dotted key of a resolved scenario, in full form if it has one; keys with dots come first.

    Raises:
        KeyError: If there is no such key; says which there are.
    """
    here, parts = resolved, key.split(".")
    while parts:
        holder = here["value"] if merging.is_full_form(here) else here
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
    return merging.frame(files.draws)


def files_of(name_or_path: str) -> list[Path]:
    """Return the files of a scenario: first those that it extends, then its own."""
    return read_files(name_or_path, None)[0].paths


def read_files(name_or_path: str, draw: int | None) -> tuple[merging.Files, Node, Path]:
    """Read the files of a scenario; return them with their mistakes, their tree and the folder of the first."""
    files = merging.Files(draw)
    path, shown = find(str(name_or_path))
    try:
        root = files.read(path, shown)
        if draw is not None and files.draws is None and not files.mistakes:
            raise ScenarioError([_none_stored(name_or_path)])
    except ScenarioError as error:
        raise ScenarioError(merged(files.mistakes + error.mistakes)) from None
    return files, root, path.parent


def _none_stored(name_or_path: str) -> Mistake:
    return merging.no_draw(
        f"no draws are stored with {found(str(name_or_path))}", "use a scenario whose calibration.draws names a table"
    )


def validate(name_or_path: str, overrides: Mapping[str, str] | None = None) -> list[Mistake]:
    """Return every mistake of a scenario in order of place; empty if it can be run."""
    try:
        load_scenario(name_or_path, overrides)
    except ScenarioError as error:
        return error.mistakes
    return []


def _scenario(spec: ScenarioModel, root: Node, tree: Tree, settings: tuple[merging.Setting, ...] = ()) -> Scenario:
    """Return the scenario of a model that was read from a tree of nodes."""
    plain = written(ScenarioModel, spec)
    plain["policy_of"] = policy_of(tree, root, spec, plain)
    spec = spec.model_copy(update={"policy_of": plain["policy_of"]})
    resolved = resolve(plain, _as_pooled(root, spec, plain), TOP.shape)
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


def digest_before(scenario: Scenario, day: int) -> str:
    """Return the SHA-256 of everything that the days before a day depend on."""
    kept = effects(plain(scenario.resolved), scenario.spec, day)
    text = json.dumps(kept, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest_of_results(scenario: Scenario) -> str:
    """Return the SHA-256 of everything that results depend on; later measures, names and sources make no difference."""
    own = plain(scenario.resolved)
    seen = [digest_before(scenario, day_number(scenario.spec.period.end) + 1), own.get("costs"), own["figures"]]
    return hashlib.sha256(json.dumps(seen, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


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
    if merging.DRAW in values:
        raise ScenarioError(
            [merging.no_draw(f"{scenario.name} is loaded, with its values", "must be given by its name or path")]
        )
    found = scenario.with_(settings) if settings else scenario
    dotted = {".".join(POOL) if key == POOL[-1] else key: value for key, value in values.items()}
    return changed(found, dotted) if dotted else found


MOST_MISTAKES = 500
"""Most mistakes that are listed at once."""

MOST_ITEMS = 4 * MOST_MISTAKES
"""Most errors of pydantic that are read: several can belong to one mistake."""

MESSAGES = (
    ("quantity", "{what}", "{allowed}"),
    ("string_pattern", "{value} is not allowed", "{pattern_in_words}"),
    ("string_too_short", "is empty", "must have at least one character"),
    ("string_too_long", "{value} is too long", "must have at most {max_length} characters"),
    ("string_unicode", "contains an unpaired surrogate", "must be valid text"),
    ("too_short", "has {length}", "must have at least {min_length}"),
    ("too_long", "has {length}", "must have at most {max_length}"),
    ("model", "{value} is not a map", "must be a map with the keys {keys}"),
    ("string", "{value} is not text", "must be text"),
    ("bool", "{value} is not true or false", "must be true or false"),
    ("int", "{value} is not a whole number", "must be a whole number"),
    ("float", "{value} is not a number", "must be a number"),
    ("dict", "{value} is not a map", "must be a map"),
    ("list", "{value} is not a list", "must be a list"),
    ("", "{value} is not allowed", "see the schema"),
)
"""The beginning of pydantic's type of error, what is wrong, and what is allowed: the first that fits."""

LAYERS = ("file", "draw", "set", "argument")
"""Layers of places in the order of their mistakes."""

KIND = "kind"
"""The key that says what a measure is."""


def mistakes_of(error: ValidationError, root: Node) -> list[Mistake]:
    """Return the mistakes that pydantic found."""
    kept: dict[tuple[Place, str], Mistake] = {}
    for item in error.errors(include_url=False)[:MOST_ITEMS]:
        for mistake in _mistakes_of_item(item, root):
            first = kept.setdefault((mistake.place, mistake.key), mistake)
            if item["type"] != "rule" and mistake.allowed not in first.allowed:  # another alternative of a union
                both = f"{first.allowed}, or {mistake.allowed.removeprefix('must be ')}"
                kept[mistake.place, mistake.key] = Mistake(first.place, first.key, first.message, both)
    return list(kept.values())


def place_of(root: Node, path: KeyPath, by_key: bool = False) -> Place:
    """Return the place of the value at a path, or of its key; for a missing path that of its nearest parent."""
    node, place = root, root.place
    for index, part in enumerate(path):
        child = node.child(part)
        if child is None:
            return place
        whole = index == len(path) - 1 and not by_key
        node, place = child, child.place if whole else node.keys.get(str(part), child.place)
    return place


@dataclass
class _Spot:
    """Where pydantic found an error: the path without tags of unions, the deepest node there and what it may be.

    ``holder`` and ``around`` are the map or list that has the node and what that may be.
    """

    root: Node
    path: KeyPath
    node: Node
    shape: Shape
    holder: Node
    around: Shape

    @classmethod
    def of(cls, location: KeyPath, root: Node) -> "_Spot":
        """Return the spot of pydantic's location, in which tags of unions, marks such as [key] and missing keys are."""
        spot = cls(root, (), root, TOP.shape, root, TOP.shape)
        for part in location:
            if (child := spot.node.child(part)) is not None:
                below = spot.shape.child(part, spot.node)
                spot = cls(root, (*spot.path, part), child, below, spot.node, spot.shape)
        return spot

    def mistake(self, what: str, allowed: str, by_key: bool = False) -> Mistake:
        """Return a mistake at the value, or at its key."""
        return Mistake(place_of(self.root, self.path, by_key), dotted(self.path), what, allowed)

    def missing(self, name: str, place: Place, allowed: str) -> Mistake:
        """Return the mistake of a missing key, or that of an entry which only ``--set`` or a call knows."""
        key = str(self.path[-1]) if self.path else ""
        if key not in self.around.key_names() and self.node.child(KIND) is None:
            others = [other for other, at in self.holder.keys.items() if at.layer == "file"]
            own = place_of(self.root, self.path, by_key=True)
            if key and others and own.layer != "file":
                return Mistake(own, dotted(self.path), "there is no such entry", choices(key, others))
        return Mistake(place, dotted((*self.path, name)), "is missing", allowed)


def _mistakes_of_item(item: Any, root: Node) -> list[Mistake]:
    spot, kind, context = _Spot.of(item["loc"], root), item["type"], item.get("ctx", {})
    node, known = spot.node, spot.shape
    if kind == "extra_forbidden":
        names = spot.around.key_names(spot.holder)
        return [spot.mistake("unknown key", choices(str(spot.path[-1]), names), by_key=True)]
    if kind == "missing":
        return [_missing(str(item["loc"][-1]), spot)]
    if kind.startswith("union_tag"):
        return [_wrong_tag(context["discriminator"].strip("'"), spot)]
    if kind == "rule":
        blamed = [(rule, (*spot.path, *node.path_to(rule["key"]))) for rule in rules_of(context)]
        return [Mistake(place_of(root, at), dotted(at), rule["found"], rule["allowed"]) for rule, at in blamed]
    what, allowed = _wording(kind, context, node, known)
    if item["loc"] and item["loc"][-1] == "[key]":
        own = what if kind == "quantity" else f"{found(str(item['loc'][-2]))} is not a valid name"
        return [spot.mistake(f"key {own}", allowed, by_key=True)]
    if node.child("value") is not None and "value" not in known.key_names():
        slips = [key for key in node.keys if key not in FULL_FORM]  # the map can only mean a full form
        if slips:
            return [Mistake(node.keys[k], dotted((*spot.path, k)), "unknown key", choices(k, FULL_FORM)) for k in slips]
    return [spot.mistake(what, allowed)]


def _missing(name: str, spot: _Spot) -> Mistake:
    node, path = spot.node, spot.path
    allowed = f"must be {spot.shape.child(name, node).words_for_people()}"
    if node.place.file.endswith(".csv") and node.keys and name not in node.keys:
        place = next(iter(node.keys.values()))  # the whole column is missing: blame the first row
    elif name in node.keys and not node.place.file.endswith(".csv"):
        return Mistake(node.keys[name], dotted((*path, name)), "is removed but required", allowed)
    else:
        place = node.place if path and isinstance(path[-1], int) else place_of(spot.root, path, by_key=True)
    return spot.missing(name, place, allowed)


def _wrong_tag(name: str, spot: _Spot) -> Mistake:
    """Return the mistake of the key that says which of several maps one is."""
    words = [word for model in spot.shape.models() for word in shape(model).child(name).words()]
    given = spot.node.child(name)
    if given is None:
        return spot.missing(name, place_of(spot.root, spot.path, by_key=True), choices("", words))
    what = f"{found(given.plain())} is not allowed"
    return Mistake(given.place, dotted((*spot.path, name)), what, choices(str(given.value), words))


def _wording(kind: str, context: Any, node: Node, known: Shape) -> tuple[str, str]:
    """Return what is wrong and what is allowed, for errors with only a place and a value."""
    keys, words = known.key_names(), known.words()
    value = found(node.plain())
    if kind == "literal_error":
        a_map = f", or a map with the key {', '.join(keys)}" if keys else ""
        allowed = choices(str(node.value), words) + a_map if words else f"must be {context['expected']}"
        return f"{value} is not allowed", allowed
    length = errors.entries(len(node.value)) if isinstance(node.value, dict | list) else ""
    pattern = PATTERNS.get(context.get("pattern", ""), f"must match {context.get('pattern')}")
    values = {"value": value, "keys": ", ".join(keys), "length": length, "pattern_in_words": pattern, **context}
    what, allowed = next(texts for beginning, *texts in MESSAGES if kind.startswith(beginning))
    return what.format(**values), allowed.format(**values)


def merged(mistakes: list[Mistake]) -> list[Mistake]:
    """Return mistakes in order of place, the first of each place and key; a wrong column of a table counts once."""
    kept: dict[tuple[Place, str], Mistake] = {}
    for mistake in mistakes:
        key = mistake.key.rpartition(".")[2] if mistake.place.file.endswith(".csv") else mistake.key
        kept.setdefault((mistake.place, key), mistake)
    ordered = sorted(kept.values(), key=_order)
    if len(ordered) > MOST_MISTAKES:
        last = ordered[MOST_MISTAKES]
        what = f"{len(ordered) - MOST_MISTAKES} more mistakes follow"
        ordered[MOST_MISTAKES:] = [Mistake(last.place, last.key, what, f"at most {MOST_MISTAKES} are listed")]
    return ordered


def _order(mistake: Mistake) -> tuple[Any, ...]:
    at = mistake.place
    return LAYERS.index(at.layer), len(at.chain), at.file, at.line, at.column, mistake.key


def range_mistakes(root: Node) -> list[Mistake]:
    """Return the mistakes in the ranges of all parameters of a scenario."""
    mistakes: list[Mistake] = []
    for path, node, parameter, expected in _parameters(root, TOP.shape):
        if parameter.range is not None:
            mistakes += _wrong_range(path, node, parameter.range, expected)
        elif parameter.origin == "assumed" and parameter.fixed is None:
            value = None if isinstance(node.value, dict | list) else _read(node, expected)
            if _size(value) is None or isinstance(value, dt.date):
                continue
            key, allowed = dotted((*path, "range")), "add range: [low, high] around the value"
            mistakes.append(Mistake(parameter.place, key, "an assumed number must have a range", allowed))
    return mistakes


def outside(root: Node, stated: Node) -> Iterator[tuple[KeyPath, Node, Node, Shape]]:
    """Find the plain values of a scenario that lie outside the range of the tree which states them.

    Args:
        root: The tree of the scenario.
        stated: The tree of the file that it extends, or of the scenario before its options.

    Yields:
        The path, the value, its range, and what the schema expects there. A value with its own origin is left out.
    """
    for path, _, parameter, expected in _parameters(stated, TOP.shape):
        node, limits = root.at(path), parameter.range
        own = None if node is None or node.parameter is not None else node
        if limits is not None and own is not None and _wrong_range(path, own, limits, expected):
            yield path, own, limits, expected


def _parameters(
    node: Node, shape: Shape, path: KeyPath = ()
) -> Iterator[tuple[KeyPath, Node, errors.Parameter, Shape]]:
    """Find every parameter in full form below a node, with what the schema expects there."""
    if node.parameter is not None:
        yield path, node, node.parameter, shape
    for part, child in node.items():
        inner = shape.child(part, node)
        if inner is not NOTHING:
            yield from _parameters(child, inner, (*path, part))


def _size(value: Any) -> float | None:
    """Return a number that orders values of one kind; None if they have no order."""
    if isinstance(value, Distribution):
        return value.a if value.kind == DistributionKind.CONSTANT else None
    if isinstance(value, dt.date):
        return float(value.toordinal())
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _read(node: Node, expected: Shape) -> Any:
    """Return the value of a node as the schema reads it; None if it has a mistake, which is reported elsewhere."""
    try:
        return expected.reader.validate_python(node.plain())
    except ValidationError:
        return None


def _wrong_range(path: KeyPath, node: Node, limits: Node, expected: Shape) -> list[Mistake]:
    if isinstance(node.value, dict | list):
        return []  # a range around a whole map or list is not checked
    assert isinstance(limits.value, list)
    ends, mistakes = [], []
    for index, end in enumerate(limits.value):
        try:
            ends.append(_size(expected.reader.validate_python(end.plain())))
        except ValidationError as error:
            context = error.errors(include_url=False)[0].get("ctx", {})
            message = context.get("what", f"{found(end.plain())} is not a value of this parameter")
            allowed = context.get("allowed", "must be [low, high] in the units of the value")
            mistakes.append(Mistake(end.place, dotted((*path, "range", index)), message, allowed))
    if mistakes:
        return mistakes
    key = dotted((*path, "range"))
    low, high = ends
    if low is None or high is None:
        return [Mistake(limits.place, key, "the values have no order", "remove the range")]
    shown = f"[{', '.join(_text(end) for end in limits.value)}]"
    if low > high:
        return [Mistake(limits.place, key, f"{shown} begins above its end", "low must be at most high")]
    value = _size(_read(node, expected))
    if value is not None and not low <= value <= high:
        return [Mistake(node.place, dotted(path), f"{_text(node)} is outside its range", f"must be in {shown}")]
    return []


def _text(node: Node) -> str:
    return found(node.plain()).strip("'")
