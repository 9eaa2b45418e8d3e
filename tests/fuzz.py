"""Fuzzing: what nobody would write is refused in one line, or works; no traceback, no internal error, no hang.

``python -m tests.fuzz --seconds 3600`` spends the time on scenario files, command lines and folders of runs in turn,
and prints how many of each it tried and how they ended. What goes wrong is printed with the seed that makes it again
(``--seed S --first N``), and the exit code is 1.
"""

import argparse
import contextlib
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import sim
from sim import cli
from sim.store.run_json import RUN_JSON, sealed

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (ROOT / "scenarios", ROOT / "tests" / "scenario")
CORPUS = [path for folder in FOLDERS for path in sorted(folder.rglob("*.yaml")) if path.is_file()]
PATIENCE_S = 60
SHORT = "{start: 2022-01-24, end: 2022-01-24, warmup: 0 d}"

NASTY = [
    "", " ", "0", "-0", "-1", "1e999", "-1e-400", ".nan", ".inf", "nan", "0x10", "1_000", "9" * 400, "2" + "0" * 25,
    "null", "~", "true", "yes", "[]", "{}", "[[[[]]]]", "{a: {b: {c: 1}}}", "2022-02-30", "9999-12-31", "0001-01-01",
    "1 d", "-1 d", "1e9 d", "120 per day", "per day", "1 fortnight", "'", '"', "|", ">", "&a *a", "*a",
    "!!python/object:os.system x", "!!binary AAAA", "%YAML 1.1", "---", "...", "\t", "\x00", "\x07", "\x1b[31m",
    "\u202e", "\u2028", "\ud800", "é" * 300, "../../../etc/passwd", "/dev/zero", "tiny", "china-2022", "x" * 5000,
    "{value: 1, origin: assumed}", "${HOME}", "%s%n", "{value: 1, origin: assumed, range: [2, 1], basis: x}",
    "<<: *a", "? a", "- - - -", "#", "\ufeff",
]  # fmt: skip
"""Texts that have been trouble somewhere."""

WORDS = [
    "run", "runs", "figures", "check", "rerun", "evidence", "findings",
    "validate", "show", "schema", "scenarios", "calibrate",
    "compare", "attribute", "sweep", "sensitivity", "staffing", "report", "tiny", "outage", "made", "made/run.json",
    ".", "..", "nowhere", "--engine", "reference", "vector", "--scale", "0.00001", "--seed", "5", "--set",
    "feedback=off", f"period={SHORT}", "--out", "out", "--workers", "1", "--events", "all", "none", "--replicates",
    "2", "--draw", "--draws", "--json", "--quiet", "--help", "--vary", "desks.visit.staff=1,2", "warning.*",
    "--design", "sobol", "--samples", "4", "--layer", "dens", "--orders", "--tier", "red", "--within", "2 h",
    "--share", "0.5", "--method", "morris", "victims", "losses@2022-01", "--quantity", "--scheduler",
    "tcp://127.0.0.1:1", "--version", "--verbose", "--", "-", "--checkpoint",
]  # fmt: skip
READERS = ["figures", "check", "report", "evidence", "findings", "rerun", "runs"]
LONG = {"run", "rerun", "calibrate", "compare", "attribute", "sweep", "sensitivity", "staffing", "verify"}
"""Commands that may make runs: they get a period of a day."""


class SlowError(Exception):
    """Something takes longer than anybody would wait."""


def scenario_text(chance: random.Random, place: Path) -> list[str]:
    """Write a scenario file with a few things wrong, and return a command that reads it."""
    text = chance.choice(CORPUS).read_text(encoding="utf-8", errors="replace")
    for _ in range(chance.randrange(1, 6)):
        text = changed(text, chance)
    file = place / "fuzzed.yaml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    return [chance.choice(["validate", "validate", "show"]), str(file)]


def changed(text: str, chance: random.Random) -> str:
    """Return a text with one thing changed."""
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    key, colon, _ = lines[at].partition(":")
    match chance.randrange(9):
        case 0:
            lines[at] = f"{key}{colon} {chance.choice(NASTY)}"
        case 1:
            lines[at] = chance.choice(NASTY)
        case 2:
            lines.insert(at, lines[chance.randrange(len(lines))])
        case 3:
            del lines[at]
        case 4:
            lines[at] = " " * chance.randrange(9) + lines[at].lstrip()
        case 5:
            lines = lines[at:] + lines[:at]
        case 6:
            lines[at] = lines[at].replace(chance.choice("0123456789aeiou:-{}[],"), chance.choice(NASTY), 1)
        case 7:
            return text[: chance.randrange(len(text) + 1)]
        case _:
            where = chance.randrange(len(text) + 1)
            return (
                text[:where]
                + chr(chance.choice([0, 9, 13, 34, 58, 91, 123, 0x85, 0x2028, 0xFEFF, 0x10FFFF]))
                + text[where:]
            )
    return "\n".join(lines)


def command_line(chance: random.Random, place: Path) -> list[str]:
    """Return words of the command line in an order that nobody meant."""
    words = [chance.choice(WORDS[:17])]
    for _ in range(chance.randrange(0, 7)):
        words.append(chance.choice(NASTY if chance.random() < 0.2 else WORDS).replace("\x00", ""))
    if words[0] in LONG:
        words += ["--set", f"period={SHORT}", "--scale", "0.00001"]
    if words[0] == "sensitivity":  # of one number: a scenario has a hundred, and a run or more for each
        words += ["--vary", "desks.visit.staff", "--samples", "2"]
    return words


def run_folder(chance: random.Random, place: Path) -> list[str]:
    """Damage a copy of a run, and return a command that reads it."""
    folder = place / "damaged"
    shutil.copytree(place / "made", folder)
    for _ in range(chance.randrange(1, 4)):
        path = chance.choice(sorted(folder.iterdir()))
        if path.name == RUN_JSON and chance.random() < 0.7:
            with contextlib.suppress(ValueError, TypeError, AttributeError):
                document = json.loads(path.read_text())
                vary(document, chance)
                path.write_text(json.dumps(sealed(document) if chance.random() < 0.8 else document))
            continue
        data = bytearray(path.read_bytes())
        match chance.randrange(5):
            case 0 if data:
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            case 1:
                del data[chance.randrange(len(data) + 1) :]
            case 2:
                data += bytes(chance.randrange(256) for _ in range(chance.randrange(64)))
            case 3:
                data = bytearray(chance.choice(NASTY).encode("utf-8", "surrogatepass"))
            case _:
                path.unlink()
                continue
        path.write_bytes(data)
        if chance.random() < 0.6 and path.name != RUN_JSON:
            believe(folder, path)
    command = chance.choice(READERS)
    return [command, str(place if command == "runs" else folder), *(["--json"] if chance.random() < 0.2 else [])]


def vary(document: Any, chance: random.Random) -> None:
    """Change one part of a JSON document, wherever it lies."""
    values: list[Any] = [None, True, -1, 1e308, 2**70, "", "x", [], {}, [[]], {"a": {}}]
    while True:
        keys = list(document) if isinstance(document, dict) else list(range(len(document)))
        if not keys:
            return
        key = chance.choice(keys)
        if isinstance(document[key], dict | list) and document[key] and chance.random() < 0.7:
            document = document[key]
            continue
        if chance.random() < 0.2:
            del document[key]
        else:
            document[key] = chance.choice(values)
        return


def believe(folder: Path, path: Path) -> None:
    """Let ``run.json`` know the hash of a changed file, as somebody would who wants to be believed."""
    from sim.store.json_files import sha256

    with contextlib.suppress(ValueError, TypeError, AttributeError, KeyError, FileNotFoundError):
        document = json.loads((folder / RUN_JSON).read_text())
        document["files"][path.name] = sha256(path)
        (folder / RUN_JSON).write_text(json.dumps(sealed(document)))


KINDS: dict[str, Callable[[random.Random, Path], list[str]]] = {
    "scenarios": scenario_text,
    "command lines": command_line,
    "folders of runs": run_folder,
}


def tried(words: list[str]) -> tuple[int, str]:
    """Carry out a command in this process; return its exit code and what it told."""
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["tocsin", *words]
    signal.alarm(PATIENCE_S)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            cli.main()
    except SystemExit as ended:
        return int(ended.code or 0), err.getvalue()
    finally:
        signal.alarm(0)


def wrong(words: list[str], code: int, err: str) -> bool:
    """Return whether a command ended as none may."""
    told = code in (0, 1, 2) and (code == 0 or bool(err) or words[0] in ("check", "rerun") or "--json" in words)
    many = err.count("\n") > 200
    return not told or many or "Traceback" in err or "internal error" in err or "SlowError" in err


def _slow(number: int, frame: FrameType | None) -> NoReturn:
    raise SlowError(f"takes more than {PATIENCE_S} s")


def main() -> int:
    """Fuzz for some time and print counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--most", type=int, default=10**9, help="how many are tried at most")
    asked = parser.parse_args()
    signal.signal(signal.SIGALRM, _slow)
    counts: Counter[tuple[str, int]] = Counter()
    bad = 0
    with tempfile.TemporaryDirectory(prefix="tocsin-fuzz-") as name:
        place = Path(name)
        os.chdir(place)
        sim.run(sim.load_scenario("tiny", {"period": SHORT}), place / "made")
        ends, number = time.monotonic() + asked.seconds, asked.first
        while time.monotonic() < ends and number < asked.first + asked.most:
            kind = sorted(KINDS)[number % len(KINDS)]
            words = KINDS[kind](random.Random(f"{asked.seed} {number}"), place)
            code, err = tried(words)
            counts[kind, code] += 1
            if wrong(words, code, err):
                bad += 1
                print(f"--seed {asked.seed} --first {number}: {words!r}: {code} {err!r}"[:1000], flush=True)
            for left in place.iterdir():
                if left.name != "made":
                    shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
            number += 1
    for kind in sorted(KINDS):
        ended = ", ".join(f"{counts[kind, code]:,} with code {code}" for code in range(3))
        print(f"{kind}: {sum(count for (one, _), count in counts.items() if one == kind):,} tried, {ended}")
    print(f"{bad} ended as none may")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
