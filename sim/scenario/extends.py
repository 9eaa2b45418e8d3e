"""Read a file and the files it extends into one tree, with the rows of tables in place of file names."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from sim.scenario.bundled import SUFFIXES, bundled_folder, bundled_names, is_path, no_file, read_bytes
from sim.scenario.csv_files import Table, inside, open_table, read_table
from sim.scenario.errors import Mistake, Place, ScenarioError, choices, dotted, found, nearest
from sim.scenario.merging import merge, not_computed
from sim.scenario.nodes import KeyPath, Node, without
from sim.scenario.parameters import unwrap_all
from sim.scenario.provinces import names_in, with_codes
from sim.scenario.reading import A_SCENARIO, top_map
from sim.scenario.shapes import Shape
from sim.scenario.stored_draws import KEY, split_off_draws, table_mistakes, with_draw

MAX_CHAIN = 16
"""Files that extend each other."""


@dataclass
class Files:
    """Reads a scenario's files and collects mistakes that do not stop reading."""

    shape: Shape
    draw: int | None = None  # the posterior draw to apply
    draws: Table | None = None  # the table of draws that was found
    drawn: tuple[Path, Path] | None = None  # its file, and the file that names it
    mistakes: list[Mistake] = field(default_factory=list)
    reported: set[str] = field(default_factory=set)  # keys with mistakes that the schema would report again
    trees: list[Node] = field(default_factory=list)  # of each file with everything it extends, the deepest first
    paths: list[Path] = field(default_factory=list)  # of these files, in the same order
    figured: int = 0  # which of them states the figures that apply

    def read(
        self,
        path: Path,
        shown: str,
        opened: tuple[Path, ...] = (),
        chain: tuple[str, ...] = (),
        replaced: bool = False,
    ) -> Node:
        """Return the tree of a file with everything it extends.

        ``opened`` are the files that extend it, the first one first, and ``chain`` their names in messages, the nearest
        first. ``replaced`` says whether one of them has its own draws, or removes those of this one.

        Raises:
            ScenarioError: If a file cannot be used.
        """
        place = Place(shown, 1, 1, "file", chain)
        node, mistakes = top_map(read_bytes(path, place), place)
        self.mistakes += mistakes
        if node is None:
            raise ScenarioError(self.mistakes)
        known = ["extends", *self.shape.key_names()]
        if (
            isinstance(node.value, dict)
            and node.value
            and not any(key in known or nearest(key, known) for key in node.value)
        ):
            raise ScenarioError([Mistake(place, dotted(()), "the file has no scenario keys", A_SCENARIO)])
        own, draws = split_off_draws(self.with_tables(unwrap_all(node, self.mistakes), path.parent))
        base, figures = own.child("extends"), own.child("figures")
        if base is not None:
            opened = (*opened, path.resolve())
            base_path, base_shown = self.base(base, path, shown, opened)
            below = self.read(base_path, base_shown, opened, (shown, *chain), replaced or draws is not None)
            own = merge(below, with_codes(without(own, "extends"), names_in(own, below), self.mistakes))
        else:
            own = with_codes(own, names_in(own), self.mistakes)
        for mistake in not_computed(own):
            self.mistakes.append(mistake)
            self.reported.add(mistake.key)
        if draws is not None and draws.value is not None and not replaced:
            own = self.with_draws(own, draws, path)
        if figures is not None:
            self.figured = len(self.trees)
        self.trees.append(own)
        self.paths.append(path.resolve())
        return own

    def with_draws(self, root: Node, name: Node, path: Path) -> Node:
        """Return the tree with the values of the requested draw; keeps the table."""
        try:
            table = open_table(name, path.parent, KEY)
        except ScenarioError as error:
            self.mistakes += error.mistakes
            return root
        mistakes = list(table_mistakes(table, root))
        self.mistakes += mistakes
        self.draws, self.drawn = table, (path.parent / str(name.value), path)
        return root if mistakes or self.draw is None else with_draw(root, table, self.draw)

    def base(self, node: Node, path: Path, shown: str, opened: tuple[Path, ...]) -> tuple[Path, str]:
        """Return the path and the shown name of an extended file; ScenarioError without one, or for a circle."""

        def wrong(message: str, allowed: str) -> list[Mistake]:
            return [*self.mistakes, Mistake(node.place, "extends", message, allowed)]

        name = node.value
        if not isinstance(name, str) or not name:
            what = f"{found(node.plain())} is not the name of a scenario"
            raise ScenarioError(wrong(what, "use a path in this file's folder or a bundled name"))
        if is_path(name):
            base = inside(path.parent, name)
            if isinstance(base, str):
                raise ScenarioError(wrong(f"{found(name)} {base}", "use a file in this file's folder or below it"))
            problem = no_file(base)
            if problem is not None:
                raise ScenarioError(wrong(f"{found(name)} {problem}", _beside(path.parent, name)))
            base_shown = os.path.join(os.path.dirname(shown), name)
        elif name in bundled_names():
            base, base_shown = bundled_folder() / f"{name}.yaml", f"{name}.yaml"
        else:
            raise ScenarioError(wrong(f"{found(name)} is not a bundled scenario", choices(name, bundled_names())))
        if base.resolve() in opened:
            raise ScenarioError(wrong(f"{found(name)} extends itself", "the chain of files must end"))
        if len(opened) >= MAX_CHAIN:
            raise ScenarioError(wrong("the chain of files is too long", f"use at most {MAX_CHAIN} files"))
        return base, base_shown

    def with_tables(self, root: Node, folder: Path) -> Node:
        """Return the tree with the rows of CSV files in place of their names, where the schema has a table."""
        return self._with_tables(root, folder, self.shape, ())

    def _with_tables(self, node: Node, folder: Path, shape: Shape, key: KeyPath) -> Node:
        if shape.table and isinstance(node.value, str) and node.value.endswith(".csv"):
            try:
                return replace(read_table(node, folder, key), parameter=node.parameter)
            except ScenarioError as error:
                self.mistakes += error.mistakes
                self.reported.add(dotted(key))
                return node
        if not isinstance(node.value, dict):
            return node
        entries = {}
        for part, child in node.value.items():
            inner = shape.child(part, node)
            entries[part] = child if inner is None else self._with_tables(child, folder, inner, (*key, part))
        return replace(node, value=entries)


def _beside(folder: Path, name: str) -> str:
    """Return a proposal for a missing file: the most similar file of its folder."""
    there = (folder / name).parent
    try:
        files = [p.relative_to(folder) for p in there.iterdir() if p.is_file()]
    except OSError:  # the folder does not exist or cannot be read
        files = []
    near = nearest(name, sorted(str(p) for p in files if p.suffix in SUFFIXES))
    return f"did you mean '{near}'?" if near else "use a file in this file's folder or below it"
