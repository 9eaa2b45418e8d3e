"""A tree of a scenario without what was told to be wrong, so that rules can be asked that mistakes would hide.

What is wrong is taken away where the schema can do without; else what the extended scenario says stands in its place,
or the example of the key. Whoever reads the repaired tree must not blame what a stand-in brings about.
"""

from collections.abc import Collection, Iterable

from pydantic import ValidationError

from sim.base.failures import RefusedError
from sim.scenario.bundled import bundled_folder
from sim.scenario.errors import Mistake, Place, dotted
from sim.scenario.extends import Files
from sim.scenario.keys import Key, keys_at
from sim.scenario.meanings import example
from sim.scenario.nodes import KeyPath, Node, placed
from sim.scenario.pydantic_errors import broken_places, mistakes_of
from sim.scenario.reading import read_nodes
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.base import BROKEN
from sim.scenario.shapes import fields

MOST_ROUNDS = 6
"""How often what is wrong is repaired to see what it hides: rules of a part, of the part that holds it, and so on."""


def hidden(error: ValidationError, root: Node, files: Files) -> list[Mistake]:
    """Find mistakes that others hide: pydantic asks no rule of a part in which something cannot be read.

    Args:
        error: What pydantic found at first.
        root: The tree of the scenario.
        files: The files that it was read from.

    Returns:
        The mistakes of rules that would not have been asked.
    """
    base = files.trees[-2] if len(files.trees) > 1 else None
    found: list[Mistake] = []
    changed: set[KeyPath] = set()
    tree, expected = root, files.shape
    for _ in range(MOST_ROUNDS):
        tree, more = repaired(tree, broken_places(error, tree, expected), base, changed)
        if not more:
            return found
        changed |= more
        try:
            ScenarioModel.model_validate(tree.plain(), context={BROKEN: sorted(changed, key=str)})
        except ValidationError as again:
            error = again
            found += mistakes_of(error, tree, expected, changed)
        else:
            return found
    return found


def repaired(
    root: Node, broken: Iterable[KeyPath], base: Node | None, before: Collection[KeyPath] = ()
) -> tuple[Node, set[KeyPath]]:
    """Return a tree with something else in all places that are wrong.

    Args:
        root: The tree.
        broken: The paths of what is wrong, or missing.
        base: The tree of the scenario that is extended, if there is one.
        before: Where something else stands already: what holds that is changed, if it is still wrong.

    Returns:
        The tree, and the paths at which it was changed.
    """
    changed: set[KeyPath] = set()
    for path in sorted(broken, key=len):
        if any(path[: len(one)] == one for one in changed):
            continue  # a part that holds it has been changed
        place, node = _stand_in(root, path, base, before)
        if place:
            root = placed(root, place, node)
            changed.add(place)
    return root, changed


def _stand_in(root: Node, path: KeyPath, base: Node | None, before: Collection[KeyPath]) -> tuple[KeyPath, Node | None]:
    """Return where something else stands than a scenario says, and what: nothing, if the schema can do without."""
    for end in range(len(path), 0, -1):
        own = path[:end]
        holder = root.at(own[:-1])
        if own in before or holder is None or not isinstance(holder.value, dict):
            continue  # of an item of a list the whole list is changed
        try:
            key = keys_at(dotted(own), root)[0]
        except RefusedError:
            return own, None  # an unknown key
        if key.entry or not _is_needed(key):
            return own, None
        old = None if base is None else base.at(own)
        return own, old if old is not None and old.plain() != _plain(root.at(own)) else _of_example(key)
    return (), None


def _plain(node: Node | None) -> object:
    return None if node is None else node.plain()


def _is_needed(key: Key) -> bool:
    return fields(key.owner)[key.field].is_required()


def _of_example(key: Key) -> Node | None:
    """Return the example of a key, with the rows of tables."""
    node, _ = read_nodes(example(key.owner, key.field), Place("example", 1, 1))
    return None if node is None else Files(key.shape).with_tables(node, bundled_folder())
