"""Fitted values go back into the scenario's file: what is written changes, comments and layout stay."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from sim.scenario.parameters import is_full_form


@dataclass(frozen=True)
class Found:
    """What a calibration says of a scenario.

    ``values`` by dotted key, each with the label of the figure that fixed it (``targets``) and, for those that the
    file takes from the scenario it extends, the rest of the full form (``inherited``). ``figures`` has, by position
    in the file's list, keys to set in an entry. ``draws`` names the file of posterior draws beside it.
    """

    values: Mapping[str, Any]
    targets: Mapping[str, str]
    inherited: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    figures: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    draws: str | None = None


def write_back(path: Path, found: Found) -> None:
    """Change a scenario's file; it is replaced at once, or not at all."""
    text = edited(path.read_text(encoding="utf-8"), found)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def edited(text: str, found: Found) -> str:
    """Give the text of a scenario's file with what was found written into it."""
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
    # As scenarios write it; the library would write nothing at all.
    yaml.representer.add_representer(type(None), lambda to, _: to.represent_scalar("tag:yaml.org,2002:null", "null"))
    root = yaml.load(text)
    for key, value in found.values.items():
        *parents, last = key.split(".")
        place = root
        for part in parents:
            if part not in place:
                place[part] = CommentedMap()
            place = place[part]
            if is_full_form(place):
                place = place["value"]
        if last in place and is_full_form(place[last]):
            parameter = place[last]
        else:
            parameter = place[last] = flow(found.inherited.get(key, {}))
        parameter["value"] = value
        parameter["origin"] = "calibrated"
        _set_before(parameter, "target", found.targets[key], "basis")
    for number, entries in found.figures.items():
        for name, value in entries.items():
            listed = _flow_list(value) if isinstance(value, list) else value
            _set_before(root["figures"][number], name, listed, "source")
    if found.draws is not None:
        if "calibration" not in root:
            root["calibration"] = CommentedMap()
        root["calibration"]["draws"] = found.draws
    out = StringIO()
    yaml.dump(root, out)
    return out.getvalue()


def _flow_list(values: list[Any]) -> Any:
    """Give a list that is written in one line."""
    from ruamel.yaml.comments import CommentedSeq

    made = CommentedSeq(values)
    made.fa.set_flow_style()
    return made


def _set_before(node: Any, key: str, value: Any, before: str) -> None:
    """Set a key of a map; a new one stands before another, or at the end."""
    if key in node or before not in node:
        node[key] = value
    else:
        node.insert(list(node).index(before), key, value)
