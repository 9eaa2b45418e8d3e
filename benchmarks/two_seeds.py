"""Check whether another seed of a calibration gives the same intervals.

``python -m benchmarks.two_seeds`` calibrates a scenario again from its file with another seed, and compares the
intervals of five answers over its draws with those that are stored with the file. Each end may differ by a fifth of an
interval's width; the finite number of draws moves ends of 200 draws by a twentieth. The second calibration takes as
long as the first, less with fewer ``--members``; it is kept in ``--out``, and the same command resumes. ``--write``
puts the table into ``docs/calibration.md``.
"""

import argparse
import shutil
import sys
from pathlib import Path

from benchmarks.documents import table, write_into
from benchmarks.posteriors import DOCUMENT, ROOT
from sim.base.rounding import amount
from sim.calibration.calibrate import calibrate
from sim.reading.intervals import SAVED_SHARE, SHARES, STOPPED_SHARE, SUFFIX, StoredAnswers, policy_digest, read_answers
from sim.scenario import changed, load_scenario

SCENARIO = ROOT / "scenarios" / "china-2022.yaml"
ANSWERS = ("victims", "loss_money", "prevented_money", STOPPED_SHARE, SAVED_SHARE)
ALLOWED = 0.2
"""By which part of its width an end of an interval may differ."""

HEAD = ("answer", "first: 90 %", "second: 90 %", "largest difference of an end, by the width")


def own_value(answers: StoredAnswers, name: str) -> float:
    """Return an answer at the scenario's own values."""
    if name not in SHARES:
        return answers.own[name]
    part, whole = SHARES[name]
    return answers.own[part] / answers.own[whole]


def differences(first: StoredAnswers, second: StoredAnswers) -> dict[str, tuple[list[tuple[float, float]], float]]:
    """Return for each answer both intervals and how far their ends differ.

    Args:
        first: The answers of one calibration.
        second: Those of another.

    Returns:
        By answer: both intervals, told from the first's own value, since a run tells them from its own; and the larger
        difference of an end, as a part of the width of the first. Answers that either has no interval of are left out.
    """
    found = {}
    for name in ANSWERS:
        value = own_value(first, name)
        both = first.interval(name, value), second.interval(name, value)
        intervals = [one[::2] for one in both if one is not None]
        if len(intervals) == 2:
            (low, high), (other_low, other_high) = intervals
            found[name] = intervals, max(abs(other_low - low), abs(other_high - high)) / (high - low)
    return found


def again(file: Path, folder: Path, seed: int, members: int | None = None) -> StoredAnswers:
    """Calibrate a copy of a scenario's file, and of the tables beside it, with another seed.

    Args:
        file: The file.
        folder: Where the copy is made, and the calibration.
        seed: The seed.
        members: How many the ensemble has; as many as the file says, if not given.

    Returns:
        What its draws answer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / file.name
    for beside in (file, *file.parent.glob("*.csv")):
        if not beside.name.endswith(SUFFIX):  # where none is written, none is to be read
            shutil.copyfile(beside, folder / beside.name)
    own = {} if members is None else {"calibration.members": members}
    scenario = changed(load_scenario(str(copy)), {"seed": seed, **own})
    calibrate(scenario, folder / "work", copy, tell=lambda line: print(line, flush=True))
    return answers_beside(copy)


def answers_beside(file: Path) -> StoredAnswers:
    """Return what lies beside a scenario's file of its own draws' answers."""
    scenario = load_scenario(str(file))
    table = file.with_name(f"{scenario.name}{SUFFIX}")
    if not table.exists():
        sys.exit(f"no posterior of {file.name} is stored: there is no {table.name}")
    return read_answers(table)[policy_digest(scenario)]


def main() -> None:
    """Calibrate once more, print the table; with ``--write`` it goes into the document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", type=Path, default=SCENARIO)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--members", type=int)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "calibrations" / "two-seeds")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    first = answers_beside(given.scenario)
    second = again(given.scenario, given.out, given.seed, given.members)
    rows = []
    for name, (intervals, apart) in differences(first, second).items():
        told = [f"{amount(low)} to {amount(high)}" for low, high in intervals]
        rows.append((name, *told, f"{apart:.0%}{'' if apart < ALLOWED else ' (more than a fifth)'}"))
    text = "\n".join([f"Seed {given.seed}, {second.draws} draws beside {first.draws}:", "", *table(HEAD, rows)])
    print(text)
    write_into(DOCUMENT if given.write else None, "two-seeds", text)


if __name__ == "__main__":
    main()
