"""A file and the files it extends become one tree: maps merge, lists replace, null removes a key."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sim.scenario.bundled import SUFFIXES, bundled_folder, bundled_names, check_file, is_path, read_bytes
from sim.scenario.csv_files import inside, read_table
from sim.scenario.distributions import KINDS
from sim.scenario.errors import Mistake, Place, ScenarioError, choices, dotted, nearest
from sim.scenario.parameters import unwrap_all
from sim.scenario.positions import MAX_BYTES, Node, decode, top_map
from sim.scenario.positions import Path as Key
from sim.scenario.scalars import found
from sim.scenario.shapes import Shape
from sim.scenario.stored_draws import KEY, drawn, parted, table_mistakes

MAX_CHAIN = 16


@dataclass
class Files:
    """Reads a scenario's files; collects the mistakes that still allow to go on."""

    shape: Shape
    draw: int | None = None  # the posterior draw to apply
    draws: Node | None = None  # the table of draws that was found
    mistakes: list[Mistake] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)  # keys of tables that could not be read

    def read(
        self,
        path: Path,
        shown: str,
        opened: tuple[Path, ...] = (),
        chain: tuple[str, ...] = (),
        replaced: bool = False,
    ) -> Node:
        """The tree of a file with all that it extends; raises ScenarioError where a file cannot be used.

        `replaced` says that a file which extends this one has draws of its own, or removed those of this one.
        """
        place = Place(shown, 1, 1, "file", chain)
        node, mistakes = top_map(decode(read_bytes(path, place, MAX_BYTES), place), place)
        self.mistakes += mistakes
        if node is None:
            raise ScenarioError(self.mistakes)
        node = unwrap_all(node, self.mistakes)
        own, draws = parted(self.tables(node, path.parent))
        base = own.child("extends")
        if base is not None:
            opened = (*opened, path.resolve())
            base_path, base_shown = self.base(base, path, shown, opened)
            below = self.read(base_path, base_shown, opened, (shown, *chain), replaced or draws is not None)
            own = merge(below, without(own, "extends"))
        if draws is None or draws.value is None or replaced:
            return own
        return self.drawn(own, draws, path.parent)

    def drawn(self, root: Node, name: Node, folder: Path) -> Node:
        """The tree with the values of the draw that is asked for, from the table of this name, which is kept."""
        try:
            table = read_table(name, folder, KEY)
        except ScenarioError as error:
            self.mistakes += error.mistakes
            return root
        mistakes = list(table_mistakes(table, root))
        self.mistakes += mistakes
        self.draws = table
        return root if mistakes or self.draw is None else drawn(root, table, self.draw)

    def base(self, node: Node, path: Path, shown: str, opened: tuple[Path, ...]) -> tuple[Path, str]:
        """The file that an `extends` means and how messages call it."""

        def refuse(message: str, allowed: str) -> ScenarioError:
            return ScenarioError([*self.mistakes, Mistake(node.place, "extends", message, allowed)])

        name = node.value
        if not isinstance(name, str) or not name:
            raise refuse(f"{found(node.plain())} is no scenario", "a path beside the file or a bundled name")
        if is_path(name):
            base = inside(path.parent, name)
            if base is None:
                raise refuse(f"{found(name)} is outside the scenario's folder", "a file beside or below this one")
            try:
                check_file(base, node.place, "extends")
            except ScenarioError as error:
                what = error.mistakes[0].message.replace(found(base.name), found(name))
                raise refuse(what, _beside(path.parent, name)) from None
            base_shown = os.path.join(os.path.dirname(shown), name)
        elif name in bundled_names():
            base, base_shown = bundled_folder() / f"{name}.yaml", f"{name}.yaml"
        else:
            raise refuse(f"{found(name)} is no bundled scenario", choices(name, bundled_names()))
        if base.resolve() in opened:
            raise refuse(f"{found(name)} extends itself", "a chain of files that ends")
        if len(opened) >= MAX_CHAIN:
            raise refuse("the chain of files is too long", f"at most {MAX_CHAIN} files")
        return base, base_shown

    def tables(self, root: Node, folder: Path) -> Node:
        """The tree with the name of each CSV file, where the schema wants a table, replaced by its rows."""

        def replaced(node: Node, shape: Shape, key: Key) -> Node:
            if shape.table and isinstance(node.value, str) and node.value.endswith(".csv"):
                try:
                    table = read_table(node, folder, key)
                except ScenarioError as error:
                    self.mistakes += error.mistakes
                    self.unread.add(dotted(key))
                    return node
                return Node(table.value, table.place, {}, node.parameter)
            if not isinstance(node.value, dict):
                return node
            return _mapped(node, lambda part, child: _below(node, shape, part, child, key, replaced))

        return replaced(root, self.shape, ())


def _below(
    node: Node, shape: Shape, part: str, child: Node, key: Key, replaced: Callable[[Node, Shape, Key], Node]
) -> Node:
    inner = shape.child(part, node)
    return child if inner is None else replaced(child, inner, (*key, part))


def _mapped(node: Node, change: Callable[[str, Node], Node]) -> Node:
    assert isinstance(node.value, dict)
    entries = {part: change(part, child) for part, child in node.value.items()}
    return Node(entries, node.place, node.keys, node.parameter)


def _beside(folder: Path, name: str) -> str:
    """What is allowed in place of a file that is not there: the file of the same folder most like it."""
    there = (folder / name).parent
    files = [p.relative_to(folder) for p in there.iterdir() if p.is_file()] if there.is_dir() else []
    near = nearest(name, sorted(str(p) for p in files if p.suffix in SUFFIXES))
    return f"did you mean '{near}'?" if near else "a file beside or below this one"


def without(node: Node, key: str) -> Node:
    """The map without one key."""
    assert isinstance(node.value, dict)
    entries = {name: child for name, child in node.value.items() if name != key}
    return Node(entries, node.place, node.keys, node.parameter)


def merge(base: Node, over: Node) -> Node:
    """The tree `base` changed by `over`.

    Maps merge key by key, all else is replaced; null removes a key that the base has. A parameter in full
    form and a distribution of another kind replace what the base has as a whole.
    """
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    if over.parameter is not None or _other_distribution(base.value, over.value):
        return over
    entries, keys = dict(base.value), dict(base.keys)
    for name, node in over.value.items():
        if node.value is None and node.parameter is None and name in entries:
            del entries[name]
            keys[name] = over.keys.get(name, node.place)  # where it was removed, for the message that misses it
            continue
        entries[name] = merge(entries[name], node) if name in entries else node
        keys[name] = over.keys.get(name, node.place)
    return Node(entries, over.place, keys)


def _other_distribution(base: dict[str, Node], over: dict[str, Node]) -> bool:
    return len(base) == len(over) == 1 and set(base) | set(over) <= set(KINDS) and set(base) != set(over)
