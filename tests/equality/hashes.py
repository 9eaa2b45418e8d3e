"""What every bundled scenario writes, as one SHA-256 a table: of its values, so that no library's file format matters.

A change that means to change no result is held against these; one that means to, such as new draws, writes them anew,
``python -m tests.equality.hashes``, and says why in its commit. One that adds columns names them,
``python -m tests.equality.hashes --new averted``: it writes hashes only if nothing changes without these columns.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

import sim

STORED = Path(__file__).with_name("hashes.json")
SCALE = 0.0012
DAYS = {"start": "2022-08-29", "end": "2022-09-02", "warmup": "1 d"}
"""A Monday to a Friday, with the first of a month between them."""

AUTUMN = {"start": "2023-09-14", "end": "2023-09-18", "warmup": "3 d"}
"""Banks begin to warn by machine."""

PERIODS = {
    "tiny": {"start": "2022-01-29", "end": "2022-02-02", "warmup": "1 d"},
    # The end of the outage, when all that waited is sent at once.
    "outage": {"start": "2022-09-10", "end": "2022-09-13", "warmup": "2 d"},
    # December is what this one adds.
    "china-2022-full": {"start": "2022-11-29", "end": "2022-12-03", "warmup": "1 d"},
    # A surge of 2023 begins, and campaigns go on.
    "china-2023": {"start": "2023-06-10", "end": "2023-06-14", "warmup": "1 d"},
    # A surge of its last year; the second step of returns.
    "china-2025": {"start": "2025-06-10", "end": "2025-06-14", "warmup": "1 d"},
    "china-2025-returns": {"start": "2023-10-30", "end": "2023-11-03", "warmup": "1 d"},
    # The end of a surge, in the only year that this one has.
    "example-country": {"start": "2024-04-29", "end": "2024-05-03", "warmup": "1 d"},
    **dict.fromkeys(("singapore", "alerts-from-2022", "local-lines", "transfers-wait"), AUTUMN),
    # Growth has ended; large transfers begin to wait.
    "singapore-2025": {"start": "2025-06-14", "end": "2025-06-18", "warmup": "3 d"},
}
"""Days in which a scenario differs from the others."""

SCALES = {
    "tiny": 1.0,
    "example-country": 0.25,
    **dict.fromkeys(("singapore", "singapore-2025", "alerts-from-2022", "local-lines", "transfers-wait"), 0.4),
}
"""Scales of countries that are smaller than the flagship's."""


def changes(name: str) -> dict[str, Any]:
    """Return what makes a bundled scenario small enough for both engines."""
    return {"period": PERIODS.get(name, DAYS), "scale": SCALES.get(name, SCALE)}


def hashes_of(run: sim.Run, without: Collection[str] = ()) -> dict[str, str]:
    """Return the SHA-256 of the values of each table of a run, row by row in their order, but for some columns."""
    found = {}
    for path in sorted(run.path.glob("*.parquet")):
        digest = hashlib.sha256()
        for name, column in zip((table := pq.read_table(path)).column_names, table.columns, strict=True):
            if name not in without:
                digest.update(f"{name}\n{column.to_pylist()!r}\n".encode())
        found[path.stem] = digest.hexdigest()
    return found


def main() -> None:
    """Write the hashes of all bundled scenarios, and of what is run uncompiled, anew; say which tables have changed."""
    from sim.scenario.reading import bundled_scenarios
    from tests.equality.scenarios import AS_BEFORE

    parser = argparse.ArgumentParser(prog="python -m tests.equality.hashes")
    parser.add_argument("--new", action="append", default=[], help="a column that is new; nothing else may change")
    new = parser.parse_args().new
    before = json.loads(STORED.read_text(encoding="utf-8"))
    scenarios = [(name, "tiny", values) for name, values in AS_BEFORE.items()]
    scenarios += [(name, name, changes(name)) for name, _ in bundled_scenarios()]
    stored, wrong = {}, []
    with tempfile.TemporaryDirectory() as folder:
        for name, scenario, values in scenarios:
            run = sim.run(sim.load_scenario(scenario, **values), Path(folder) / name, events="all")
            stored[name] = hashes_of(run)
            for what, found in (("changed", stored[name]), ("changed without what is new", hashes_of(run, new))):
                moved = sorted(table for table in found if found[table] != before.get(name, {}).get(table))
                print(f"{name}: {what}: {', '.join(moved) or 'nothing'}", flush=True)
            wrong += [name] if new and moved else []
    if wrong:
        sys.exit(f"nothing was written: {', '.join(wrong)} changed otherwise")
    STORED.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
