"""Write fitted values back into the scenario's file; its comments and layout stay."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from sim.scenario.parameters import is_full_form
from sim.store.folder import whole


@dataclass(frozen=True)
class Update:
    """The changes of a calibration to a scenario's file, by dotted key or, for figures, by position in its list.

    ``targets`` are the labels of the figures that fixed the values, ``inherited`` the rest of the full form of values
    that the file inherits, ``draws`` is the name of the file of posterior draws. ``derived`` are values that runs have
    found.
    """

    values: Mapping[str, Any]
    targets: Mapping[str, str]
    inherited: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    figures: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    draws: str | None = None
    derived: Mapping[str, float] = field(default_factory=dict)


def write_back(path: Path, update: Update) -> None:
    """Change a scenario's file; it is replaced at once or not at all."""
    text = edited(path.read_text(encoding="utf-8"), update)
    with whole(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8", newline="\n")


def edited(text: str, update: Update) -> str:
    """Return the text of a scenario's file with the update."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    def flow(entries: Mapping[str, Any]) -> CommentedMap:
        made = CommentedMap(entries)
        made.fa.set_flow_style()
        return made

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000  # lines are never folded
    yaml.indent(mapping=2, sequence=4, offset=2)
    # As scenarios write it; the library would write an empty value.
    yaml.representer.add_representer(type(None), lambda to, _: to.represent_scalar("tag:yaml.org,2002:null", "null"))
    root = yaml.load(text)

    def holder(key: str) -> tuple[Any, str]:
        *parents, last = key.split(".")
        node = root
        for part in parents:
            if part not in node:
                node[part] = CommentedMap()
            node = node[part]
            if is_full_form(node):
                node = node["value"]
        return node, last

    for key, value in update.derived.items():
        node, last = holder(key)
        if is_full_form(node.get(last)):
            node, last = node[last], "value"
        node[last] = value
    for key, value in update.values.items():
        node, last = holder(key)
        if last in node and is_full_form(node[last]):
            parameter = node[last]
        else:
            parameter = node[last] = flow(update.inherited.get(key, {}))
        parameter["value"] = value
        parameter["origin"] = "calibrated"
        _set_before(parameter, "target", update.targets[key], "basis")
    for number, entries in update.figures.items():
        for name, value in entries.items():
            listed = _flow_list(value) if isinstance(value, list) else value
            _set_before(root["figures"][number], name, listed, "source")
    if update.draws is not None:
        if "calibration" not in root:
            root["calibration"] = CommentedMap()
        root["calibration"]["draws"] = update.draws
    out = StringIO()
    yaml.dump(root, out)
    return out.getvalue()


def _flow_list(values: list[Any]) -> Any:
    """Return a list that is written on one line."""
    from ruamel.yaml.comments import CommentedSeq

    made = CommentedSeq(values)
    made.fa.set_flow_style()
    return made


def _set_before(node: Any, key: str, value: Any, before: str) -> None:
    """Set a key of a map; a new one is placed before another, or at the end."""
    if key in node or before not in node:
        node[key] = value
    else:
        node.insert(list(node).index(before), key, value)
