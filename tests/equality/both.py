"""Both engines on one scenario: the same files, or a report of where they part.

A report names the table and its first differing rows. Of the events it shows the first that only one log has, takes
the origin of the first of them apart, and tells that origin's story in both logs: which rule was applied otherwise, to
whom, and when.
"""

from pathlib import Path
from typing import Any

import pandas as pd

import sim
from sim.base.words import Fate, OriginKind
from sim.draws.identity import LIMITS, cell_central, cell_local, fraud_type_of, unpack
from sim.engines.tables import Phase
from sim.scenario.load import changed
from sim.store.folder import SCENARIO_YAML
from sim.store.tables import TABLES
from sim.warning.detectors import EDGES, ENGAGING, band_and_fate

ENGINES = ("reference", "vector")
SHOWN = 4
"""Differing rows of a table, or events that only one log has, that a report shows."""
STORY = 30
"""Events of an origin that a report shows at most."""
SAME_IN_MANIFEST = (
    "name",
    "status",
    "seed",
    "scale",
    "scenario_sha256",
    "figures",
    "evidence",
    "findings",
    "totals",
    "derived",
    "warnings",
)
"""What else of ``run.json`` no engine may change."""


def run_both(
    folder: Path, name: str, events: str | float = "all", workers: int | None = None, **values: Any
) -> tuple[sim.Run, sim.Run]:
    """Run a bundled scenario with changes (dotted keys) through both engines, each into a folder of its name."""
    scenario = sim.load_scenario(name, **values)
    one, other = (
        sim.run(changed(scenario, {"engine": engine}), folder / engine, events=events, workers=workers)
        for engine in ENGINES
    )
    return one, other


def assert_equal(one: sim.Run, other: sim.Run) -> None:
    """Fail with a report unless two runs have the same bytes in all files but the scenario, which names the engine."""
    report = differences(one, other)
    assert not report, "\n" + "\n\n".join(report)


def differences(one: sim.Run, other: sim.Run) -> list[str]:
    """Return a paragraph for each thing in which two runs differ; events, which explain the tables, come first."""
    names = (one.manifest["engine"], other.manifest["engine"])
    if names[0] == names[1]:
        names = (one.path.name, other.path.name)
    found = []
    ours, theirs = one.manifest["files"], other.manifest["files"]
    files = sorted({*ours, *theirs} - {SCENARIO_YAML}, key=lambda file: (file != TABLES["events"].file, file))
    for file in files:
        if ours.get(file) == theirs.get(file):
            continue
        table = Path(file).stem
        if file not in ours or file not in theirs:
            found.append(f"{file}: only {names[0] if file in ours else names[1]} wrote it")
        elif table == "events":
            found.append(_of_events(one.events, other.events, names))
        else:
            found.append(_of_table(table, getattr(one, table), getattr(other, table), names))
    for key in SAME_IN_MANIFEST:
        mine, others = (side.manifest.get(key) for side in (one, other))
        if mine != others:
            found.append(_of_manifest(key, mine, others, names))
    return found


def _of_table(table: str, ours: pd.DataFrame, theirs: pd.DataFrame, names: tuple[str, str]) -> str:
    """Report the first rows, by the table's keys, that only one side has or that count otherwise."""
    keys = [column.name for column in TABLES[table].keys]
    measures = [column.name for column in TABLES[table].measures]
    both = ours.merge(theirs, on=keys, how="outer", suffixes=("", " there"), indicator="side")
    differ = both["side"] != "both"
    for measure in measures:
        differ |= both[measure] != both[f"{measure} there"]
    if not differ.any():
        return f"{table}: the same rows, written otherwise (order, row groups or types)"
    lines = [f"{table}: {differ.sum()} of {len(both)} rows differ; {names[0]} against {names[1]}:"]
    for row in both[differ].sort_values(keys).head(SHOWN).to_dict("records"):
        where = ", ".join(f"{key} {_plain(row[key])}" for key in keys)
        counts = (f"{name} {_plain(row[name])} against {_plain(row[f'{name} there'])}" for name in measures)
        lines.append(f"  {where}: {', '.join(counts)}")
    return "\n".join(lines)


def _of_events(ours: pd.DataFrame, theirs: pd.DataFrame, names: tuple[str, str]) -> str:
    """Report the first events that only one log has, and the story of the first one's origin in both."""
    both = ours.merge(theirs, how="outer", indicator="side")
    alone = both[both["side"] != "both"].sort_values(["moment", "phase", "origin"], kind="stable")
    if alone.empty:
        return "events: the same events, written otherwise (order, row groups or types)"
    lines = [f"events: {len(ours)} in {names[0]}, {len(theirs)} in {names[1]}; the first that only one of them has:"]
    for row in alone.head(SHOWN).to_dict("records"):
        whose = names[0] if row.pop("side") == "left_only" else names[1]
        lines.append(f"  {whose} alone: {_event(row)}, origin {row['origin']}")
    origin = int(alone["origin"].iloc[0])
    lines.append(f"origin {origin}: {_identity(origin)}")
    for name, log in zip(names, (ours, theirs), strict=True):
        story = log[log["origin"] == origin]
        lines.append(f"  in {name}, {len(story)} events:")
        lines += [f"    {_event(row)}" for row in story.head(STORY).to_dict("records")]
    return "\n".join(lines)


def _of_manifest(key: str, ours: Any, theirs: Any, names: tuple[str, str]) -> str:
    """Report a part of ``run.json``: of a map only the keys that differ."""
    if isinstance(ours, dict):
        keys = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
        ours, theirs = ({name: side.get(name) for name in keys} for side in (ours, theirs))
    return f"run.json, {key}: {ours!r} in {names[0]}, {theirs!r} in {names[1]}"


def _event(row: dict[Any, Any]) -> str:
    """Return one event in a line: when, in which phase, what, where, with what result."""
    day, within = divmod(int(row["moment"]), 86_400_000)
    clock = f"{within // 3_600_000:02d}:{within // 60_000 % 60:02d}:{within % 60_000 / 1000:06.3f}"
    phase = Phase(row["phase"]).name
    named = [
        f"{key} {_plain(value)}" for key, value in row.items() if key not in ("moment", "phase", "event", "origin")
    ]
    return (
        f"day {day} {clock} {phase}: {row['event']}, {', '.join(text for text in named if not text.endswith(' null'))}"
    )


def _identity(origin: int) -> str:
    """Return what the fields of an origin say."""
    parts = unpack(origin)
    if parts.kind == OriginKind.BACKLOG:
        return f"case of the backlog, province {parts.province}, index {parts.index}"
    place = f"day number {parts.day}, province {parts.province}, channel {parts.channel}"
    if parts.kind == OriginKind.LEGITIMATE:
        scores = f"row {cell_central(parts.cell)} and column {cell_local(parts.cell)} of the scores"
        return f"legitimate contact of {place}, {scores}, index {parts.index}"
    prospect = parts.cell % LIMITS["prospect"]
    hope = "may engage"
    if prospect != ENGAGING:
        band, fate = band_and_fate(prospect)
        hope = f"{Fate(fate).label} with its larger score from {EDGES[band + 1]} to {EDGES[band]}"
    return f"attempt of {place}, fraud type {fraud_type_of(origin)}, {hope}, index {parts.index}"


def _plain(value: Any) -> str:
    if pd.isna(value):
        return "null"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value.date()) if hasattr(value, "date") else str(value)
