"""Show the resolved scenario as lines: each value with its place and origin."""

from sim.scenario.load import Scenario, value_at
from sim.scenario.resolved import Source, plain
from sim.scenario.writing import flow_text

Line = tuple[str, str, str, str]


def show_lines(scenario: Scenario) -> list[Line]:
    """Return dotted key, value, place and origin of each value; a CSV file is one line."""
    lines: list[Line] = []
    tables: dict[str, str] = {}
    for key, source in scenario.sources.items():
        table = _table(key, source)
        if table is not None:
            if tables.get(table) != source.file:
                tables[table] = str(source.file)
                rows = len(plain(value_at(scenario.resolved, table)))
                lines.append((table, f"{rows} rows", str(source.file), _origin(source)))
            continue
        value = flow_text(plain(value_at(scenario.resolved, key)))
        lines.append((key, value, source.where, _origin(source)))
    return lines


def _table(key: str, source: Source) -> str | None:
    """Return the key of the table of a cell of a CSV file; None for other values."""
    if source.layer != "file" or source.file is None or not source.file.endswith(".csv"):
        return None
    return key.rsplit(".", 2)[0]


def _origin(source: Source) -> str:
    """Return origin, range or reason for none, target and basis, as far as given."""
    parts = [source.origin or ""]
    if source.range is not None:
        parts.append(flow_text(list(source.range)))
    if source.fixed:
        parts.append(f"fixed: {source.fixed}")
    if source.target:
        parts.append(f"by {source.target}")
    if source.basis:
        parts.append(f"({source.basis})")
    return " ".join(part for part in parts if part)
