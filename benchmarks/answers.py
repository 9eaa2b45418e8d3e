"""Compute the stored answers of posterior draws again, for a new column or more policies, without a new calibration.

``python -m benchmarks.answers`` runs a scenario, and each policy whose answers are stored with it, with its own values
and with those of every draw in the tables, as ``tocsin calibrate`` did, and compares the results with the tables.
``--policy`` adds policies, or draws of a stored one, as it does there; of what is stored, only the scenario itself and
the own values of these policies are then run again. ``--write`` writes the tables again, unless an existing number has
changed. A run of the flagship takes two seconds of a core. Runs are kept in ``--out``; the same command resumes.
"""

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.posteriors import ROOT
from sim.calibration.fit import Evaluations, Level, coarse_pool
from sim.calibration.policies import expanded, loader, over_draws, stored_name, stored_of
from sim.reading.intervals import OWN, SUFFIX, StoredAnswers, policy_digests, read_answers, store_answers, tables_beside
from sim.scenario import Scenario, load_scenario

Rows = list[dict[str, str]]


def rows_in(folder: Path, name: str) -> Rows:
    """Return the rows of the tables of answers of a scenario in a folder, as they are written."""
    rows: Rows = []
    for table in tables_beside(folder, name):
        with table.open(encoding="utf-8", newline="") as file:
            rows += csv.DictReader(file)
    return rows


def stored_in(folder: Path, name: str) -> dict[str, StoredAnswers]:
    """Return the answers of a scenario that are stored in a folder, by ``policy_digests``."""
    digests: dict[int, list[str]] = {}
    stored = [item for table in tables_beside(folder, name) for item in read_answers(table).items()]
    for known, one in stored:
        digests.setdefault(id(one), []).append(known)
    return {" ".join(digests[id(one)]): one for _, one in stored}


def again(
    file: Path, out: Path, workers: int, policies: Sequence[str] = (), policy_draws: int | None = None
) -> dict[str, StoredAnswers]:
    """Run everything that the tables beside a scenario's file have answers of; or the scenario and more policies.

    Args:
        file: The file of the scenario; policies of it are bundled.
        out: Where runs are kept.
        workers: How many runs are made at a time.
        policies: Names as ``sim.calibration.policies.expanded`` takes them.
        policy_draws: How many draws each of these is run with; by default all.

    Returns:
        The answers, by ``policy_digests``.
    """
    scenario = load_scenario(str(file))
    scale = scenario.spec.calibration.scales[0]
    level = Level(scale, (scenario.spec.seed,), coarse_pool(scenario, scale) if scale < 1.0 else None)
    draws: dict[str, int] = {}
    for row in rows_in(file.parent, scenario.name):
        draws[row["policy"]] = draws.get(row["policy"], 0) + (row["draw"] != OWN)

    of_policies = loader(file)
    own = draws[scenario.name]
    added = [stored_name(one, of_policies(one, None)) for one in expanded(policies, scenario, file)]
    if policies:
        draws = {scenario.name: own, **dict.fromkeys(added, min(policy_draws or own, own))}

    def load(name: str, draw: int | None) -> Scenario:
        return of_policies(str(file) if name == scenario.name else name, draw)

    stored = stored_in(file.parent, scenario.name) if policies else {}
    found: dict[str, StoredAnswers] = {}
    out.mkdir(parents=True, exist_ok=True)
    with Evaluations(scenario, out, workers=workers) as evaluations:
        for name, number in draws.items():
            before = stored.get(policy_digests(load(name, None))) if name in added else None
            start = 0 if before is None else before.draws
            outcomes = over_draws([name], load, evaluations, level, number, lambda line: print(line, flush=True), start)
            found |= {known: with_before(one, before) for known, one in stored_of(outcomes, load).items()}
    return found


def with_before(more: StoredAnswers, before: StoredAnswers | None) -> StoredAnswers:
    """Return the answers of some draws of a policy after those of the draws before them."""
    if before is None:
        return more
    drawn = {name: (*before.drawn[name], *values) for name, values in more.drawn.items()}
    return StoredAnswers(more.policy, before.draws + more.draws, more.own, drawn)


def changes(before: Rows, after: Rows) -> list[str]:
    """Return what two tables say otherwise, of the rows and columns that the first one has: a line each."""
    now = {(row["policy"], row["draw"]): row for row in after}
    found = []
    for one in before:
        other = now.get((one["policy"], one["draw"]))
        where = f"{one['policy']}, draw {one['draw']}"
        if other is None:
            found.append(f"{where} is gone")
        else:
            found += [
                f"{where}: {name} {cell} before, {other[name]} now" for name, cell in one.items() if cell != other[name]
            ]
    return found


def main() -> None:
    """Run everything again; write the table if asked to, and if nothing of it has changed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.answers", description=__doc__)
    parser.add_argument("--scenario", type=Path, default=ROOT / "scenarios" / "china-2022.yaml")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "calibrations" / "answers")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--policy", action="append", default=[], help="also run this policy; repeatable")
    parser.add_argument("--policy-draws", type=int, help="run added policies with the first N draws")
    parser.add_argument("--write", action="store_true", help="write the table again")
    given = parser.parse_args()
    folder, name = given.scenario.parent, load_scenario(str(given.scenario)).name
    before = rows_in(folder, name)
    if not before:
        sys.exit(f"no posterior of {given.scenario.name} is stored: there is no {name}{SUFFIX}")
    found = again(given.scenario, given.out, given.workers, given.policy, given.policy_draws)
    found = {**stored_in(folder, name), **found} if given.policy else found
    store_answers(given.out, name, found)
    if wrong := changes(before, rows_in(given.out, name)):
        sys.exit("\n".join([f"{len(wrong)} numbers have changed:", *wrong[:10]]))
    print(f"{len(before)} rows came out as they stand beside {given.scenario.name}; the new tables are in {given.out}")
    if given.write:
        store_answers(folder, name, found)


if __name__ == "__main__":
    main()
