"""The resolved scenario as lines: each value with the place and the origin that it came from."""

from typing import Any

from sim.scenario.load import Scenario
from sim.scenario.parameters import is_full_form
from sim.scenario.resolved import Source
from sim.scenario.writing import flow_text

Line = tuple[str, str, str, str]


def show_lines(scenario: Scenario) -> list[Line]:
    """Dotted key, value, where it was given and its origin, for each value; a CSV file is one line."""
    lines: list[Line] = []
    tables: dict[str, str] = {}
    for key, source in scenario.sources.items():
        table = _table(key, source)
        if table is not None:
            if tables.get(table) != source.file:
                tables[table] = str(source.file)
                rows = len(_value(scenario.resolved, table.split(".")))
                lines.append((table, f"{rows} rows", str(source.file), _origin(source)))
            continue
        value = flow_text(_value(scenario.resolved, key.split(".")))
        lines.append((key, value, source.where, _origin(source)))
    return lines


def _table(key: str, source: Source) -> str | None:
    """The key of the table that a cell of a CSV file is in, None for all other values."""
    if source.layer != "file" or source.file is None or not source.file.endswith(".csv"):
        return None
    return key.rsplit(".", 2)[0]


def _origin(source: Source) -> str:
    """Origin, range, target and basis as far as they are given."""
    parts = [source.origin or ""]
    if source.range is not None:
        parts.append(flow_text(list(source.range)))
    if source.target:
        parts.append(f"by {source.target}")
    if source.basis:
        parts.append(f"({source.basis})")
    return " ".join(part for part in parts if part)


def _value(value: Any, parts: list[str]) -> Any:
    """The value at a dotted key of a resolved scenario, full forms of parameters passed through."""
    while True:
        if is_full_form(value):
            value = value["value"]
            continue
        if not parts:
            return value
        if isinstance(value, list):
            value, parts = value[int(parts[0])], parts[1:]
            continue
        for take in range(len(parts), 0, -1):  # keys may have dots
            name = ".".join(parts[:take])
            if name in value:
                value, parts = value[name], parts[take:]
                break
        else:
            raise KeyError(".".join(parts))
