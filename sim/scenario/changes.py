"""What each file of a scenario, and its options, change: the scenario before and after them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from sim.scenario.errors import Place
from sim.scenario.load import read_files, with_options
from sim.scenario.nodes import KeyPath, Node
from sim.scenario.pydantic_errors import place_of
from sim.scenario.schema import ScenarioModel


@dataclass(frozen=True)
class Change:
    """A scenario before and after a change by files or options, and the tree that it was read from."""

    before: ScenarioModel
    after: ScenarioModel
    tree: Node

    def place(self, key: str) -> Place:
        """Return where the value at a dotted key was written, or else what holds it."""
        return place_of(self.tree, self.tree.path_to(key))


def changes(
    name_or_path: str, keys: Collection[KeyPath], overrides: Mapping[str, str] | None = None, **arguments: Any
) -> Iterator[Change]:
    """Find what changes a scenario at some keys: the files that extend each of those that it extends, and options.

    Posterior draws are left out: they express uncertainty and are not a policy.

    Args:
        name_or_path: The name or the path of a scenario that can be loaded with these options.
        keys: Paths of the keys that are looked at.
        overrides: See ``load_scenario``.
        **arguments: See ``load_scenario``; they are part of both sides.

    Yields:
        A change for each file that the scenario extends, the deepest first, then one for the options; those that
        change nothing there are left out.
    """
    files, root, folder = read_files(name_or_path, None)
    given = overrides or {}
    elsewhere = {key: text for key, text in given.items() if not _leads_to(root.path_to(key), keys)}

    def made(tree: Node, texts: Mapping[str, str]) -> Node:
        """Return a tree with options; loading the scenario has already reported their mistakes."""
        return with_options(files, tree, folder, texts, arguments, [])

    whole = made(root, given)
    for before in [*(made(tree, given) for tree in files.trees[:-1]), made(root, elsewhere)]:
        if any(_plain(before, key) != _plain(whole, key) for key in keys):
            try:
                one, other = (ScenarioModel.model_validate(tree.plain()) for tree in (before, whole))
            except ValidationError:  # an option that needs what only a later file says
                continue
            yield Change(one, other, whole)


def _leads_to(path: KeyPath, keys: Collection[KeyPath]) -> bool:
    """Return whether a path leads to some key, towards it or below it."""
    return any(path[: len(key)] == key[: len(path)] for key in keys)


def _plain(tree: Node, path: KeyPath) -> Any:
    node = tree.at(path)
    return None if node is None else node.plain()
