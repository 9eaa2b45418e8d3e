"""A soak: random scenarios, commands that are killed at random moments and given again, until nothing is left to do.

``python -m tools.soak --rounds 200`` prints a line a round and what came of all of them; it ends with code 1 as soon as
a round loses or lies. Each round makes a command of a random scenario twice: undisturbed, and killed again and again.
Held are: that nothing unfinished passes as finished after any kill; that what was finished is not made again; that the
disturbed one ends with the bytes of the undisturbed one and leaves nothing else; that every run passes its check.
"""

import argparse
import contextlib
import itertools
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sim.reading.manifest import check_run
from sim.reading.run import Run
from sim.store.folder import find_runs

ROOT = Path(__file__).resolve().parents[1]
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
FULL = "full disk"
MOST_BYTES = (500, 2_000, 8_000, 30_000)
"""Sizes of the largest file that a full disk takes."""

ENDS = ("01-24", "01-26", "02-02", "03-05")
TIMED = {"run.json"}
"""Files that say when and how fast they were made."""


class SoakError(Exception):
    """Something was lost, or was not what it seemed."""


@dataclass
class Round:
    """One command of one scenario.

    Attributes:
        command: The command, without ``tocsin`` and the folder.
        kills: How often it is disturbed.
        seen: What was done to it, and what it had finished then.
    """

    command: list[str]
    kills: int
    seen: Counter[str] = field(default_factory=Counter)


def rounds(seed: int) -> Iterator[Round]:
    """Yield rounds without end; the same for the same seed."""
    chance = random.Random(seed)
    while True:
        settings = {
            "seed": chance.randrange(10**6),
            "period": f"{{start: 2022-01-24, end: 2022-{chance.choice(ENDS)}, warmup: {chance.choice([0, 1, 3])} d}}",
            "desks.visit.staff": chance.choice([0, 1, 2, 5, 20]),
            "desks.call.staff": chance.choice([0, 1, 3, 10]),
            "warning.tiers.red.deadline": chance.choice(["30 min", "2 h", "24 h", "5 d"]),
            "warning.app.read": chance.choice([0.1, 0.5, 0.9]),
            "feedback": chance.choice(["on", "on", "off"]),
        }
        chosen = chance.sample(sorted(settings), chance.randrange(3, len(settings) + 1))
        sets = [part for key in {*chosen, "period"} for part in ("--set", f"{key}={settings[key]}")]
        engine = ["--engine", "reference"] if chance.random() < 0.3 else []
        command = chance.choice(
            [
                ["run", "tiny", *sets, *engine, "--events", chance.choice(["none", "all", "0.5"])],
                ["run", "tiny", *sets, *engine, "--replicates", str(chance.choice([2, 3, 5]))],
                ["sweep", "tiny", *sets, *engine, "--vary", "warning.app.read=0.4,0.5,0.6,0.7", "--workers", "2"],
                ["attribute", "tiny", *sets, *engine, "--layer", "dens", "--layer", "cards", "--workers", "2"],
                ["compare", "china-2022", "no-warning", "--scale", "0.000001", "--replicates", "2",
                 "--set", "period={start: 2022-11-28, end: 2022-11-30, warmup: 0 d}"],
            ]
        )  # fmt: skip
        yield Round([*command, "--quiet"], chance.randrange(1, 5))


def soak(one: Round, chance: random.Random, place: Path) -> None:
    """Carry out a round in an empty folder; raises SoakError."""
    calm, wild = place / "calm", place / "wild"
    calm.mkdir()
    wild.mkdir()
    began = time.monotonic()
    process = start(one.command, calm)
    _, err = process.communicate()
    lasted = time.monotonic() - began
    if process.returncode not in (0, 1) or "Traceback" in err or "internal error" in err:
        raise SoakError(f"undisturbed, code {process.returncode}: {err}")
    expected = process.returncode
    known: dict[Path, int] = {}
    for _ in range(one.kills):
        known = disturb(one, chance, wild, lasted, known)
    if not (wild / "out" / "run.json").exists():  # else a single run has come to its end already
        process = start(one.command, wild)
        _, err = process.communicate()
        if process.returncode != expected:
            raise SoakError(f"code {process.returncode}, and {expected} undisturbed: {err}")
    demand_kept(wild, known)
    ours, theirs = files(wild), files(calm)
    if set(ours) != set(theirs):
        raise SoakError(f"other files: {sorted(set(ours) ^ set(theirs))}")
    for name, content in theirs.items():
        if ours[name] != content:
            raise SoakError(f"other bytes: {name}")
    for listed in find_runs(wild / "out"):
        if any(not finding.passed for finding in check_run(listed.path)):
            raise SoakError(f"does not pass its check: {listed.path}")


def disturb(one: Round, chance: random.Random, place: Path, lasted: float, known: dict[Path, int]) -> dict[Path, int]:
    """Start the command, end it somehow, and look at what it left.

    Args:
        one: The round.
        chance: Says how and when.
        place: The folder in which the command is given.
        lasted: Seconds that it takes undisturbed.
        known: When the files of runs that were finished before were written, in ns.

    Returns:
        The same of all that are finished now.

    Raises:
        SoakError: If it told more than a line.
    """
    full = chance.random() < 0.2
    size = chance.choice(MOST_BYTES) if full else None
    process = start(one.command, place, size)
    sent = chance.choice(SIGNALS)
    if full:
        one.seen[FULL] += 1
    else:
        time.sleep(chance.random() * lasted)
        to_all = chance.random() < 0.3
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if to_all else os.kill)(process.pid, sent)
        one.seen[sent.name] += 1
    _, err = process.communicate()
    one.seen["came too late" if process.returncode == 0 else "in the middle"] += 1
    if "Traceback" in err and str(ROOT) not in err and "tocsin" not in err:
        # Python itself was still starting: nobody of ours was there to hear.
        one.seen["before the program began"] += 1
        return demand_kept(place, known)
    if "Traceback" in err or "internal error" in err or err.count("\n") > 4:
        raise SoakError(f"after {FULL if full else sent.name}: {err}")
    return demand_kept(place, known)


def demand_kept(place: Path, known: dict[Path, int]) -> dict[Path, int]:
    """Raise SoakError where something is not what it seems, or was made again; return when each file was written."""
    now: dict[Path, int] = {}
    for listed in find_runs(place / "out") if (place / "out").is_dir() else ():
        if listed.damage is not None:
            raise SoakError(f"looks like a run and is none: {listed.damage}")
        if listed.manifest is not None:
            now |= {path: path.stat().st_mtime_ns for path in Run(listed.path).path.iterdir()}
    if any(now.get(path) != when for path, when in known.items()):
        raise SoakError("a finished run was made again, or is gone")
    return now


def files(place: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder, but for what says when it was made."""
    found = {}
    for path in sorted(place.rglob("*")):
        name = str(path.relative_to(place))
        if path.is_file() and path.name not in TIMED:
            found[name] = path.read_bytes()
        elif path.name in TIMED:
            document = json.loads(path.read_text())
            found[name] = json.dumps(
                [document[key] for key in ("files", "totals", "figures", "evidence", "findings")]
            ).encode()
    return found


def start(command: list[str], place: Path, most_bytes: int | None = None) -> "subprocess.Popen[str]":
    """Start a command in a folder, in a process group of its own."""

    def limit() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if most_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))

    return subprocess.Popen(
        [sys.executable, "-m", "sim", *command, "--out", "out"],
        cwd=place,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=limit,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def main() -> int:
    """Carry out rounds, and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first round, to go on from")
    asked = parser.parse_args()
    seen: Counter[str] = Counter()
    for number, one in enumerate(itertools.islice(rounds(asked.seed), asked.rounds)):
        if number < asked.first:
            continue
        with tempfile.TemporaryDirectory(prefix="tocsin-soak-") as place:
            try:
                soak(one, random.Random(f"{asked.seed} {number}"), Path(place))
            except SoakError as error:
                print(f"round {number}: {' '.join(one.command)}: {error}", flush=True)
                return 1
        seen += one.seen
        print(f"round {number}: {one.command[0]}: {dict(one.seen)}", flush=True)
    print(f"{asked.rounds - asked.first} rounds, nothing lost, nothing that lies: {dict(seen)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
