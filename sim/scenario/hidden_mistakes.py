"""Find mistakes that other mistakes hide: repair the reported ones and check the rules again.

An invalid value is removed if it is optional; otherwise the value of the extended scenario or the example of the key
takes its place. Mistakes that such a stand-in causes are not reported.
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
"""Most rounds of repairs: rules of a part, then of the part that holds it, and so on."""


def hidden_mistakes(error: ValidationError, root: Node, files: Files) -> list[Mistake]:
    """Find mistakes that the others hide: pydantic checks no rule of a part with an unreadable value."""
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
    """Return a tree with all invalid places repaired, and the paths at which it was changed.

    ``broken`` are the paths of invalid or missing values, ``base`` the tree of the extended scenario. If a path that
    was repaired ``before`` is still wrong, its parent is repaired.
    """
    changed: set[KeyPath] = set()
    for path in sorted(broken, key=len):
        if any(path[: len(one)] == one for one in changed):
            continue  # its parent was changed
        place, node = _stand_in(root, path, base, before)
        if place:
            root = placed(root, place, node)
            changed.add(place)
    return root, changed


def _stand_in(root: Node, path: KeyPath, base: Node | None, before: Collection[KeyPath]) -> tuple[KeyPath, Node | None]:
    """Return the path of a repair and the new node; None removes an optional key."""
    for end in range(len(path), 0, -1):
        own = path[:end]
        holder = root.at(own[:-1])
        if own in before or holder is None or not isinstance(holder.value, dict):
            continue  # for an item of a list the whole list is replaced
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
