"""Make one tree of a scenario's files and settings: with the files it extends, and each value with its place.

Unwrap parameters in full form: ``{value, origin, ...}`` becomes a value that carries the rest of ``FULL_FORM``.

A value may be relative to the extended file: ``{times: 1.5}`` or ``{plus: 0.15}`` in place of a number. It is computed
where the files are merged. By then a posterior draw has replaced the values of the baseline, so that half as many
officers again are half as many again in every draw. The staff of a province without its own is relative to its share.

Posterior draws are a table next to a scenario; each row has values for some of its parameters. The first column,
``draw``, counts the rows from 0. Every other column is the dotted key of a parameter, with cells as in a scenario file.
A draw is applied to the file that names the table, after its own values and before files that extend it: a variant has
the same draw, except for the values that it changes.

Settings are values of ``--set dotted.key=value`` and of Python calls, which change the tree of a scenario.
"""

import datetime as dt
import numbers
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.base.words import DESK_LABELS, DistributionKind
from sim.scenario import errors, reading
from sim.scenario.bounds import NUMBER
from sim.scenario.errors import KeyPath, Mistake, Node, Place, ScenarioError, choices, dotted, found, placed
from sim.scenario.keys import TOP, Shape
from sim.scenario.provinces import Names, coded_key, names_in, with_codes
from sim.scenario.schema.warning import STAFF, parts_of

if TYPE_CHECKING:
    import pandas as pd


DRAWS = ("calibration", "draws")
DRAW = "draw"
SUFFIX = "-draws.csv"
"""The end of the name of a table of draws that a calibration stores."""


def table_mistakes(table: reading.Table, root: Node) -> Iterator[Mistake]:
    """Find mistakes in the columns, numbers and empty cells of the table of draws of a scenario."""
    if not table.rows:
        yield Mistake(table.place, dotted(DRAWS), "the table has no rows", "must have one row per draw")
        return
    columns = table.columns
    first, *others = columns
    if first != DRAW:
        what = f"the first column is {found(first)}"
        yield Mistake(columns[first], dotted(DRAWS), what, f"must be '{DRAW}', counting from 0")
        return
    names = names_in(root)
    for key in others:
        yield from _key_mistakes(root, key, columns[key], names)
    for count, (_, cells, _) in enumerate(table.rows):
        place = table.line(count)
        given = reading.read_cell(cells[0])
        if given != count:
            shown = f"the number {found(given)}" if cells[0].strip() else "no number"
            yield Mistake(place, dotted(DRAWS), f"the row has {shown}", f"must have {count}: draws count from 0")
        for key, cell in zip(others, cells[1:], strict=True):
            if not cell.strip():
                yield Mistake(place, key, f"draw {count} has no value", "every cell must have a value")


def with_draw(root: Node, table: reading.Table, number: int) -> Node:
    """Return a scenario with the values of a draw, keeping origins and ranges; ScenarioError if there is none."""
    if not 0 <= number < len(table.rows):
        raise ScenarioError([no_draw(f"there is no draw {number}", f"must be 0 to {len(table.rows) - 1}")])
    names, row = names_in(root), table.row(number)
    for key in list(row.keys)[1:]:
        path, cell = root.path_to(coded_key(key, names)), row.child(key)
        old = root.at(path)
        assert cell is not None
        assert old is not None
        place = replace(cell.place, layer="draw")
        root = placed(root, path, replace(old, value=cell.value, place=place))
    return root


def no_draw(message: str, allowed: str) -> Mistake:
    """Return the mistake of a draw that does not exist."""
    return Mistake(Place("draw=", 1, 1, "argument"), dotted(DRAWS), message, allowed)


def frame(table: reading.Table) -> "pd.DataFrame":
    """Return the draws as in the file: one row per draw, one column per dotted key, numbers or texts."""
    import pandas as pd

    rows = [table.row(number).plain() for number in range(len(table.rows))]
    return pd.DataFrame(rows).set_index(DRAW)


def _key_mistakes(root: Node, key: str, place: Place, provinces: Names) -> Iterator[Mistake]:
    """Find why a dotted key is not the key of a parameter with a single value."""
    node, claimed = root, False
    for part in root.path_to(coded_key(key, provinces)):
        child = node.child(part)
        if child is None:
            names = [str(name) for name in node.value] if isinstance(node.value, dict) else []
            yield Mistake(place, key, f"there is no key {found(str(part))}", choices(str(part), names))
            return
        node, claimed = child, claimed or child.parameter is not None
    if isinstance(node.value, dict | list):
        yield Mistake(place, key, f"is {found(node.plain())}", "use the key of a single value")
    elif not claimed:
        yield Mistake(place, key, "is not a parameter", "use a value with an origin, for example a calibrated one")


ORIGINS = ("reported", "evidence", "assumed", "calibrated")
SHAPES = LOGIT_NORMAL, TRIANGULAR, FLAT = "logit_normal", "triangular", "flat"
"""Shapes of a prior over a range, see ``sim.calibration.posterior``."""


def is_full_form(value: object) -> bool:
    """Return whether a plain value is a parameter in full form, as a resolved scenario has it."""
    return isinstance(value, dict) and "value" in value and set(value) <= set(errors.FULL_FORM)


def unwrap(node: Node, mistakes: list[Mistake], path: KeyPath = ()) -> Node:
    """Return a node with each full form (a map with ``value`` and only keys of ``FULL_FORM``) replaced by its value."""
    if isinstance(node.value, dict) and "value" in node.value and set(node.value) <= set(errors.FULL_FORM):
        return _unwrap_parameter(node, node.value, mistakes, path)
    return node.mapped(lambda part, child: unwrap(child, mistakes, (*path, part)))


def unwrap_all(root: Node, mistakes: list[Mistake]) -> Node:
    """Return the map at the top of a scenario, which is not a parameter itself, with everything below it unwrapped."""
    return root.mapped(lambda part, child: unwrap(child, mistakes, (part,)))


WORDS = {"origin": ORIGINS, "shape": SHAPES}
"""Words of a full form."""

TEXTS = {
    "basis": "where the value comes from",
    "target": "the figure that fixed the value",
    "fixed": "why the value has no range",
}
"""What the texts of a full form say."""


def _unwrap_parameter(node: Node, full: dict[str, Node], mistakes: list[Mistake], path: KeyPath) -> Node:
    known: dict[str, Any] = dict.fromkeys(errors.FULL_FORM[1:])

    def wrong(key: str, message: str, allowed: str) -> None:
        mistakes.append(Mistake(full[key].place, dotted((*path, key)), message, allowed))

    value = unwrap(full["value"], mistakes, path)
    if value.parameter is not None:
        wrong("value", "a parameter inside a parameter", "must be one value with one origin")
    for key, one in full.items():
        words = WORDS.get(key, ())
        if key == "value":
            continue
        if words and one.value not in words:
            wrong(
                key,
                f"{found(one.plain())} is not {'an' if key == 'origin' else 'a'} {key}",
                choices(str(one.value), words),
            )
        elif key in TEXTS and not (isinstance(one.value, str) and (one.value or key != "fixed")):
            wrong(key, f"{found(one.plain())} is not text", f"must be text: {TEXTS[key]}")
        elif key == "range" and not (isinstance(one.value, list) and len(one.value) == 2):
            wrong(key, f"{found(one.plain())} is not a range", "must be [low, high] in the units of the value")
        else:
            known[key] = one if key == "range" else one.value
    if known["range"] is not None and known["fixed"] is not None:
        wrong("fixed", "a value with a range is not fixed", "use range or fixed, not both")
        known["fixed"] = None
    if known["shape"] is not None and "range" not in full:
        wrong("shape", "a shape needs a range", "add range: [low, high], or leave the shape out")
    return replace(value, parameter=errors.Parameter(**known, place=node.place))


TIMES, PLUS = CHANGES = ("times", "plus")
"""Keys of a relative value: a factor, which keeps the unit, or a number that is added to a value without a unit."""

WITH_UNIT = re.compile(rf"({NUMBER})(\s*[^\s0-9.].*)?", re.ASCII)
"""A number as a scenario writes it, and its unit."""


def merge(base: Node, over: Node) -> Node:
    """Return the tree ``base`` with the changes of ``over``; each value has the place of its last change.

    Maps merge key by key, everything else is replaced; null removes a key of the base. A parameter in full form and a
    distribution of another kind replace the whole value of the base; a relative value changes its number.
    """
    return _merged(_with_parts(base, over), over)


def _merged(base: Node, over: Node) -> Node:
    if is_relative(over):
        return computed(base, over)
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    if over.parameter is not None or _other_distribution(base.value, over.value):
        return over
    entries, keys = dict(base.value), dict(base.keys)
    for name, node in over.value.items():
        keys[name] = over.keys.get(name, node.place)
        if node.value is None and node.parameter is None and name in entries:
            del entries[name]  # the key's place stays for the message that it is missing
        else:
            entries[name] = _merged(entries[name], node) if name in entries else node
    return Node(entries, over.place, keys)


def _other_distribution(base: dict[str, Node], over: dict[str, Node]) -> bool:
    kinds = DistributionKind.labels()
    return len(base) == len(over) == 1 and set(base) | set(over) <= set(kinds) and set(base) != set(over)


def _with_parts(base: Node, over: Node) -> Node:
    """Return the base with its staff stated for each province whose staff ``over`` changes by a relative value."""
    for desk in DESK_LABELS:
        path = ("desks", desk, STAFF)
        given = over.at(path)
        for code, one in given.value.items() if given is not None and isinstance(given.value, dict) else ():
            staff = one.child("staff")
            inside = staff is not None and is_relative(staff)
            if not inside and not is_relative(one):
                continue
            own = base.at((*path, code)) or _part(base, desk, code)
            if own is not None and not isinstance(own.value, dict):
                base = base if base.at(path) is not None else placed(base, path, Node({}, own.place))
                base = placed(base, (*path, code), Node({"staff": own}, own.place) if inside else own)
    return base


def _part(base: Node, desk: str, code: str) -> Node | None:
    """Return the share of a province of the country's staff at a desk; None where the base has no such numbers."""
    staff, rows = base.at(("desks", desk, "staff")), base.at(("population", "provinces"))
    given = base.at(("desks", "province_weights"))
    if staff is None or rows is None:
        return None
    try:
        people = {str(int(row["code"])): int(row["population"]) for row in rows.plain()}
        weights = {} if given is None else {key: float(weight) for key, weight in given.plain().items()}
        part = parts_of(float(staff.plain()), people, weights)[code]
    except (TypeError, ValueError, KeyError, AttributeError, ZeroDivisionError):
        return None  # the base has a mistake, which is reported by itself
    return Node(part, staff.place)


def is_relative(node: Node) -> bool:
    """Return whether a node is a relative value that was not computed yet."""
    return isinstance(node.value, dict) and len(node.value) == 1 and next(iter(node.value)) in CHANGES


def computed(base: Node, over: Node) -> Node:
    """Return the value of the base with a relative change; the change itself where there is no such number."""
    assert isinstance(over.value, dict)
    ((kind, by),) = over.value.items()
    amount, unit = _number(base)
    step, unit_of_step = _number(by)
    if amount is None or step is None or unit_of_step or (unit and kind == PLUS):
        return over
    result = amount * step if kind == TIMES else amount + step
    whole = result == result.to_integral_value()
    value: int | float | str = int(result) if whole else float(result)
    return replace(over, value=f"{value}{unit}" if unit else value, keys={}, relative=True)


def _number(node: Node) -> tuple[Decimal | None, str]:
    """Return the number of a node, exactly as written, and its unit; None for anything else."""
    if isinstance(node.value, bool) or not isinstance(node.value, int | float | str):
        return None, ""
    try:
        parts = WITH_UNIT.fullmatch(str(node.value))
    except ValueError:  # an integer of thousands of digits
        return None, ""
    return (None, "") if parts is None else (Decimal(parts[1]), parts[2] or "")


def not_computed(node: Node, path: KeyPath = ()) -> Iterator[Mistake]:
    """Yield the mistake of each relative value below a node that no number of an extended file took up."""
    if is_relative(node):
        ((kind, by),) = node.plain().items()
        allowed = "times: N and plus: N change a number of the scenario that this file extends; plus one without a unit"
        yield Mistake(node.place, dotted(path), f"{kind}: {found(by)} changes no number", allowed)
    elif isinstance(node.value, dict):
        for part, child in node.items():
            yield from not_computed(child, (*path, part))


MAX_CHAIN = 16
"""Files that extend each other."""


@dataclass
class Files:
    """Reads a scenario's files and collects mistakes that do not stop reading."""

    draw: int | None = None  # the posterior draw to apply
    draws: reading.Table | None = None  # the table of draws that was found
    drawn: tuple[Path, Path] | None = None  # its file, and the file that names it
    mistakes: list[Mistake] = field(default_factory=list)
    reported: set[str] = field(default_factory=set)  # keys with mistakes that the schema would report again
    trees: list[Node] = field(default_factory=list)  # of each file with everything it extends, the deepest first
    paths: list[Path] = field(default_factory=list)  # of these files, in the same order
    figured: int = 0  # which of them states the figures that apply

    def read(
        self, path: Path, shown: str, opened: tuple[Path, ...] = (), chain: tuple[str, ...] = (), replaced: bool = False
    ) -> Node:
        """Return the tree of a file with everything it extends.

        ``opened`` are the files that extend it, the first one first, and ``chain`` their names in messages, the nearest
        first. ``replaced`` says whether one of them has its own draws, or removes those of this one.

        Raises:
            ScenarioError: If a file cannot be used.
        """
        place = Place(shown, 1, 1, "file", chain)
        node, mistakes = reading.top_map(reading.read_bytes(path, place), place)
        self.mistakes += mistakes
        if node is None:
            raise ScenarioError(self.mistakes)
        known = ["extends", *TOP.shape.key_names()]
        if not any(key in known or errors.nearest(str(key), known) for key, _ in node.items()):
            raise ScenarioError([Mistake(place, dotted(()), "the file has no scenario keys", reading.A_SCENARIO)])
        own = self.with_tables(unwrap_all(node, self.mistakes), path.parent)
        draws = own.at(DRAWS)  # a null node removes a table of the extended file
        if draws is not None and (draws.value is None or str(draws.value).endswith(".csv")):
            own = placed(own, DRAWS, None)
        else:
            draws = None
        base, figures = own.child("extends"), own.child("figures")
        if base is not None:
            opened = (*opened, path.resolve())
            base_path, base_shown = self.base(base, path, shown, opened)
            below = self.read(base_path, base_shown, opened, (shown, *chain), replaced or draws is not None)
            own = merge(below, with_codes(placed(own, ("extends",), None), names_in(own, below), self.mistakes))
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
            table = reading.open_table(name, path.parent, DRAWS)
        except ScenarioError as error:
            self.mistakes += error.mistakes
            return root
        mistakes = list(table_mistakes(table, root))
        self.mistakes += mistakes
        self.draws, self.drawn = table, (path.parent / str(name.value), path)
        return root if mistakes or self.draw is None else with_draw(root, table, self.draw)

    def base(self, node: Node, path: Path, shown: str, opened: tuple[Path, ...]) -> tuple[Path, str]:
        """Return the path and the shown name of an extended file; ScenarioError without one, or for a circle."""

        def wrong(message: str, allowed: str) -> ScenarioError:
            return ScenarioError([*self.mistakes, Mistake(node.place, "extends", message, allowed)])

        name = node.value
        if not isinstance(name, str) or not name:
            what = f"{found(node.plain())} is not the name of a scenario"
            raise wrong(what, "use a path in this file's folder or a bundled name")
        if reading.is_path(name):
            base = reading.inside(path.parent, name)
            if isinstance(base, str):
                raise wrong(f"{found(name)} {base}", "use a file in this file's folder or below it")
            problem = reading.no_file(base)
            if problem is not None:
                raise wrong(f"{found(name)} {problem}", _beside(path.parent, name))
            base_shown = os.path.join(os.path.dirname(shown), name)
        elif name in reading.bundled_names():
            base, base_shown = reading.bundled_folder() / f"{name}.yaml", f"{name}.yaml"
        else:
            raise wrong(f"{found(name)} is not a bundled scenario", choices(name, reading.bundled_names()))
        if base.resolve() in opened:
            raise wrong(f"{found(name)} extends itself", "the chain of files must end")
        if len(opened) >= MAX_CHAIN:
            raise wrong("the chain of files is too long", f"use at most {MAX_CHAIN} files")
        return base, base_shown

    def with_tables(self, node: Node, folder: Path, shape: Shape = TOP.shape, key: KeyPath = ()) -> Node:
        """Return a tree with the rows of CSV files in place of their names, where the schema has a table."""
        if shape.table and isinstance(node.value, str) and node.value.endswith(".csv"):
            try:
                return replace(reading.read_table(node, folder, key), parameter=node.parameter)
            except ScenarioError as error:
                self.mistakes += error.mistakes
                self.reported.add(dotted(key))
                return node
        if not isinstance(node.value, dict):
            return node

        return node.mapped(lambda part, child: self.with_tables(child, folder, shape.child(part, node), (*key, part)))


def _beside(folder: Path, name: str) -> str:
    """Return a proposal for a missing file: the most similar file of its folder."""
    try:
        files = [
            path for path in (folder / name).parent.iterdir() if path.suffix in reading.SUFFIXES and path.is_file()
        ]
    except OSError:  # the folder does not exist or cannot be read
        files = []
    near = errors.nearest(name, sorted(str(path.relative_to(folder)) for path in files))
    return f"did you mean '{near}'?" if near else "use a file in this file's folder or below it"


LONGEST_DOTTED = 400
"""Most characters of a dotted key."""

Setting = tuple[KeyPath, Node]
"""A value and its path in a scenario (provinces by code)."""


def settings_of(root: Node, given: Mapping[str, Any], mistakes: list[Mistake], as_set: bool = False) -> list[Setting]:
    """Return the setting of each value by dotted key; mistakes are collected.

    With ``as_set`` texts are read as YAML, and mistakes are placed at ``--set``, with the number of the option as their
    line. Values of other types are plain values.
    """
    if not isinstance(given, Mapping):
        what, allowed = f"{found(given)} is not a map", 'must be values by dotted key: {"desks.visit.staff": 9600}'
        mistakes.append(Mistake(Place("set=", 1, 1, "argument"), "set", what, allowed))
        return []
    settings = []
    for number, (key, value) in enumerate(given.items(), 1):
        place = Place("--set", number, 1, "set") if as_set else Place(f"{key}=", 1, 1, "argument")
        if not _is_key(key):
            mistakes.append(Mistake(place, dotted(()), f"{found(key)} is not a dotted key", "use dotted.key=value"))
            continue
        path = root.path_to(coded_key(key, names_in(root)))
        node: Node | None = None
        if as_set and isinstance(value, str):
            node, wrong = reading.read_nodes(value.encode(errors="surrogatepass"), place)
            mistakes += [replace(one, key=dotted(path)) for one in wrong]
            if node is None and not wrong:
                node = Node(None, place)  # `key=` is null, as in YAML
        else:
            try:
                node = node_of(value, place)
            except TypeError as error:
                mistakes.append(Mistake(place, dotted(path), str(error), "use plain values, as in a scenario file"))
        if node is not None:
            settings.append((path, node))
    return settings


def with_settings(root: Node, settings: Iterable[Setting], mistakes: list[Mistake]) -> Node:
    """Return a tree with settings, one after the other."""
    for path, value in settings:
        over = unwrap_all(_with_value(root, path, 0, value, mistakes), mistakes)
        root = merge(root, with_codes(over, names_in(over, root), mistakes))
    return root


def _with_value(node: Node | None, path: KeyPath, depth: int, value: Node, mistakes: list[Mistake]) -> Node:
    """Return a tree with one value, for the part of its path from ``depth`` on; below a list it has the whole list."""
    if depth == len(path):
        return value
    part = path[depth]
    child = node.child(part) if node is not None else None
    if node is None or not isinstance(node.value, list):
        return Node({str(part): _with_value(child, path, depth + 1, value, mistakes)}, value.place)
    if child is None or not isinstance(part, int):
        allowed = f"must be 0 to {len(node.value) - 1}" if node.value else "the list is empty"
        mistakes.append(Mistake(value.place, dotted(path), f"{found(str(part))} is not an index", allowed))
        return node
    changed = merge(child, _with_value(child, path, depth + 1, value, mistakes))
    return Node([changed if index == part else item for index, item in enumerate(node.value)], node.place)


def _is_key(key: object) -> bool:
    return (
        isinstance(key, str)
        and len(key) <= LONGEST_DOTTED
        and all(key.split("."))
        and key.count(".") < reading.MAX_DEPTH
    )


def node_of(value: Any, place: Place) -> Node:
    """Return the tree of a plain value, all at one place; raises TypeError for values that no scenario can hold."""
    match value:
        case None | bool() | int() | float() | str():
            return Node(value, place)
        case dt.date():
            return Node(value.isoformat(), place)
        case numbers.Integral():  # numpy's numbers
            return Node(int(value), place)
        case numbers.Real():
            return Node(float(value), place)
        case Mapping():
            entries = {str(key): node_of(child, place) for key, child in value.items()}
            return Node(entries, place, dict.fromkeys(entries, place))
        case list() | tuple():
            return Node([node_of(child, place) for child in value], place)
    raise TypeError(f"a {type(value).__name__} cannot be a scenario value")
