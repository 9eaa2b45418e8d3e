"""Compute the stored answers of all posterior draws again, for example for a new column, without a new calibration.

``python -m benchmarks.answers`` runs a scenario, and each policy whose answers are stored with it, with its own values
and with those of every draw in the table, as ``tocsin calibrate`` did, and compares the results with the table.
``--write`` writes the table again, unless an existing number has changed. The flagship's table takes some twenty
minutes of a core. Runs are kept in ``--out``; the same command resumes.
"""

import argparse
import csv
import sys
from pathlib import Path

from benchmarks.posteriors import ROOT
from sim.calibration.evaluations import Evaluations, Level, coarse_pool
from sim.calibration.policies import loader, over_draws, stored_of
from sim.reading.stored_answers import OWN, SUFFIX, StoredAnswers, write_answers
from sim.scenario import Scenario, load_scenario

Rows = list[dict[str, str]]


def rows_of(table: Path) -> Rows:
    """Return the rows of a table of answers as they are written."""
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table_of(file: Path) -> Path:
    """Return the table of answers beside a scenario's file."""
    return file.with_name(f"{load_scenario(str(file)).name}{SUFFIX}")


def again(file: Path, out: Path, workers: int) -> dict[str, StoredAnswers]:
    """Run everything that the table beside a scenario's file has answers of.

    Args:
        file: The file of the scenario; policies of it are bundled.
        out: Where runs are kept.
        workers: How many runs are made at a time.

    Returns:
        The answers, by ``policy_digests``.
    """
    scenario = load_scenario(str(file))
    scale = scenario.spec.calibration.scales[0]
    level = Level(scale, (scenario.spec.seed,), coarse_pool(scenario, scale) if scale < 1.0 else None)
    draws: dict[str, int] = {}
    for row in rows_of(table_of(file)):
        draws[row["policy"]] = draws.get(row["policy"], 0) + (row["draw"] != OWN)

    of_policies = loader(file)

    def load(name: str, draw: int | None) -> Scenario:
        return of_policies(str(file) if name == scenario.name else name, draw)

    found: dict[str, StoredAnswers] = {}
    out.mkdir(parents=True, exist_ok=True)
    with Evaluations(scenario, out, workers=workers) as evaluations:
        for name, number in draws.items():
            found |= stored_of(
                over_draws([name], load, evaluations, level, number, lambda line: print(line, flush=True)), load
            )
    return found


def changes(before: Rows, after: Rows) -> list[str]:
    """Return what two tables say otherwise, of the columns that the first one has: a line each."""
    if len(before) != len(after):
        return [f"{len(before)} rows before, {len(after)} now"]
    return [
        f"{one['policy']}, draw {one['draw']}: {name} {one[name]} before, {other[name]} now"
        for one, other in zip(before, after, strict=True)
        for name in one
        if one[name] != other[name]
    ]


def main() -> None:
    """Run everything again; write the table if asked to, and if nothing of it has changed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.answers", description=__doc__)
    parser.add_argument("--scenario", type=Path, default=ROOT / "scenarios" / "china-2022.yaml")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "calibrations" / "answers")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write the table again")
    given = parser.parse_args()
    table = table_of(given.scenario)
    if not table.exists():
        sys.exit(f"no posterior of {given.scenario.name} is stored: there is no {table.name}")
    before = rows_of(table)
    found = again(given.scenario, given.out, given.workers)
    made = given.out / table.name
    write_answers(made, found)
    if wrong := changes(before, rows_of(made)):
        sys.exit("\n".join([f"{len(wrong)} numbers have changed:", *wrong[:10]]))
    print(f"{len(before)} rows came out as they stand in {table.name}; the new table is {made}")
    if given.write:
        write_answers(table, found)


if __name__ == "__main__":
    main()
