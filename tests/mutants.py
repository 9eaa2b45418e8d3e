"""Mutation testing: one change at a time in the rules of the model, and which of these mutants no test kills.

``python -m tests.mutants FOLDER`` tries the mutants of all groups, two at a time, each on a clone of this tree's last
commit in FOLDER; given again, it goes on. ``--page`` writes what was found into ``docs/verification.md``. Mutants are
cosmic-ray's (``pip install -e '.[test,mutation]'``); compiled rules are tested uncompiled, since to compile a mutant
takes longer than to test it.
"""

import argparse
import ast
import math
import os
import queue
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.store.json_files import sha256
from sim.verify import page

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path("docs", "verification.md")
WORKERS = 2

OPERATORS = {
    "ReplaceBinaryOperator": (
        "Add_Sub", "Sub_Add", "Mul_FloorDiv", "Div_Mul", "FloorDiv_Mul", "Mod_FloorDiv", "Pow_Mul",
        "LShift_RShift", "RShift_LShift", "BitAnd_BitOr", "BitOr_BitAnd", "BitXor_BitAnd",
    ),
    "ReplaceComparisonOperator": (
        "Eq_NotEq", "NotEq_Eq", "Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Is_IsNot", "IsNot_Is",
    ),
    "ReplaceUnaryOperator": ("Delete_Not", "Delete_Invert", "USub_UAdd"),
    "AddNot": (), "NumberReplacer": (), "ReplaceAndWithOr": (), "ReplaceOrWithAnd": (), "ReplaceTrueWithFalse": (),
    "ReplaceFalseWithTrue": (), "ReplaceContinueWithBreak": (), "ReplaceBreakWithContinue": (),
    "ZeroIterationForLoop": (), "ExceptionReplacer": (),
}  # fmt: skip
"""Mutation operators of cosmic-ray, of those that replace a sign only by the nearest other one that types allow."""

GATES = ("answering", "cards", "dens", "engagement", "interception", "not_sent", "sites")
DENSE = "tests/equality/test_dense.py"
"""Both engines on two dense days, with the values of before: what whole runs show of a rule."""


@dataclass(frozen=True)
class Group:
    """Modules, and the tests that are to kill their mutants, those first that kill most in a second.

    ``compiled`` is for modules of which nothing is compiled: the machine code of all others serves their mutants.
    """

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    compiled: bool = False


GROUPS = {
    "gates": Group(tuple(f"sim/shield/{name}.py" for name in GATES), (DENSE, "tests/shield")),
    "queues": Group(
        ("sim/engines/reference/desk.py", "sim/engines/vector/queue.py", "sim/warning/service.py"),
        ("tests/base/test_bins.py", DENSE, "tests/theory", "tests/warning/test_contacts.py"),
    ),
    "aftermath": Group(
        ("sim/aftermath/cases.py", "sim/aftermath/reports.py"),
        ("tests/base/test_bins.py", "tests/aftermath", DENSE, "tests/midnight/test_night.py"),
    ),
    "tallies": Group(("sim/engines/vector/tallies.py",), ("tests/engines/test_tallies.py", DENSE)),
    "store": Group(
        ("sim/experiments/store.py", "sim/store/json_files.py", "sim/store/folder.py"),
        ("tests/store/test_folder.py", "tests/store/test_json_files.py", "tests/experiments/test_store.py"),
        compiled=True,
    ),
    "figures": Group(
        ("sim/reading/figures.py",), ("tests/reading/test_figures.py", "tests/reading/test_questions.py"), compiled=True
    ),
}

HEADS = ("---", "+++")
"""Of lines of a difference that name a file."""

EQUIVALENT: tuple[tuple[str, str], ...] = (
    (r"strict=True.*strict=False", "a guard: both are of one length, always"),
    (r"frozen=True.*frozen=False", "a guard: nobody changes it"),
    (r"u_\w+ < .*u_\w+ <= |u >= .*u > ", "the same but for one uniform in 2^32"),
    (r"NEVER: Final", "any day after all periods is never"),
    (r"LONGEST_CLOSURE_DAYS", "any number of days beyond all periods serves"),
    (r"MOST_TRIES", "a limit of a search that few reach: any large number serves"),
    (r"(profiles|table) = np\.zeros|range\( 8\)|np\.empty\(\(rates\.shape\[ 1\]", "room that nobody looks at"),
    (r"max\( 2, self\.active", "the same but for a stock of a billionth of a card"),
    (r"max\( 2\.0, row\.population", "the same but for segments of less than two people in a province"),
    (r"min\(active \+ flagged", "a guard against rounding: a share of a share of the rest is never more than the rest"),
    (r"chosen\[.* = 2", "a mark: whatever is not 0 says yes"),
    (
        r"capacity= 1|_dispatches_at = -\(1 << 63\)|EARLIEST: Final = (1 << 59|2 << 58)",
        "any number of that kind serves",
    ),
    (r"DISPATCH, number >> 30", "desks do not touch each other: the order of two in one tick is for who reads along"),
    (r"hard_share\), 1\]", "a visit takes as long in both cases"),
    (r"identity <= alerts", "no alert is compared with itself"),
    (r"- 2(, -1|, last|, 2)?\)$", "numpy finds the length that is left for any negative number"),
    (r"return - 2$", "whoever asks compares with 0"),
    (r"end >= len\(self\._cases\)", "makes room one case earlier"),
    (
        r"tallies\.py: days = .* -> days = ",
        "more or fewer days have cells of their own; what has none overflows, and counts the same",
    ),
    (r"\[\.\.\., : 2\]|\[:, : 2\]", "a slice that is one wider than what there is"),
    (r"\[: 201\]|\[: 21\]", "the length at which a message is cut"),
    (r"ignore_errors=False", "a guard: only what may not be removed tells the difference"),
    (
        r"MOST_DAYS = 33|DAY_MS \+ 3|oldest \+ 2",
        "cells that are kept or taken out some days earlier or later add up to the same",
    ),
    (r"REPATRIATED: Final = 3", "a mark: it is compared with itself"),
    (r"O_RDONLY & os", "0 is to read, and Python lets no process inherit it either way"),
    (r"first_code for", "the first code of whatever overflows is 0"),
    (r"tallies\.py: .*END_STEP", "the end is the last of an alert's codes: its step is 1"),
    (r"mkdir\(exist_ok=False\)", "a guard: for a folder that another process makes meanwhile"),
    (r"not count == 0", "any free name of its form serves"),
    (r"moving == 2\.0", "a fifth region with no share is never picked"),
)
"""Why a mutant may survive: a regular expression of its module and what it changes, and the reason."""


@dataclass(frozen=True)
class Mutant:
    """A mutant and what came of it; ``before`` and ``after`` are the lines that differ."""

    module: str
    before: str
    after: str
    outcome: str

    @property
    def key(self) -> str:
        """Return what ``EQUIVALENT`` is searched for."""
        return f"{self.module}: {self.before} -> {self.after}"

    @property
    def why(self) -> str:
        """Return why it may survive."""
        return next((reason for pattern, reason in EQUIVALENT if re.search(pattern, self.key)), "not explained")


def work_items(module: str) -> list[Any]:
    """Return the mutants of a module, one a place and kind."""
    import cosmic_ray.commands
    from cosmic_ray.work_db import WorkDB, use_db

    hints = _hints(ast.parse(Path(module).read_text(encoding="utf-8")))
    found = {}
    with use_db(":memory:", WorkDB.Mode.create) as memory:
        cosmic_ray.commands.init([Path(module)], memory, {})
        for item in memory.work_items:
            mutation = item.mutations[0]
            kind, _, sign = mutation.operator_name.removeprefix("core/").partition("_")
            place = tuple(mutation.start_pos)
            if kind not in OPERATORS or (OPERATORS[kind] and sign not in OPERATORS[kind]):
                continue
            if any(begin <= place < end for begin, end in hints):
                continue
            found.setdefault((kind, place, mutation.end_pos), item)
    return list(found.values())


def _hints(tree: ast.Module) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return where the types of a module stand, whose signs are no arithmetic."""
    hints = [getattr(node, part, None) for node in ast.walk(tree) for part in ("annotation", "returns")]
    return [
        ((hint.lineno, hint.col_offset), (hint.end_lineno or 0, hint.end_col_offset or 0))
        for hint in hints
        if hint is not None
    ]


def session_of(folder: Path, module: str) -> Path:
    """Return the file in which what came of the mutants of a module, as it is now, is kept."""
    return folder / f"{module.replace('/', '.')}-{sha256(ROOT / module)[:8]}.sqlite"


def prepare(folder: Path, module: str, share: float = 1.0) -> Path:
    """Return the file of a module's mutants, or of a share of them drawn by chance; written unless it is there."""
    from cosmic_ray.work_db import WorkDB, use_db

    session = session_of(folder, module)
    if not session.exists():
        unfinished = session.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        with use_db(unfinished, WorkDB.Mode.create) as database:
            items = work_items(module)
            database.add_work_items(random.Random(module).sample(items, math.ceil(share * len(items))))
        unfinished.replace(session)
    return session


def forget_survivors(session: Path) -> None:
    """Let those that survived be tried again, since tests have changed; what was killed stays so."""
    with closing(sqlite3.connect(session)) as database, database:
        database.execute("DELETE FROM work_results WHERE test_outcome = 'SURVIVED'")


def command_of(group: Group) -> str:
    """Return the command that ends with another code than 0 where a test of the group fails."""
    return f"{sys.executable} -m pytest -x -q -o addopts= -m 'not slow' -p no:cacheprovider {' '.join(group.tests)}"


def try_all(folder: Path, only: str | None, share: float, again: bool) -> None:
    """Try all mutants that have not been tried, ``WORKERS`` at a time; with ``again``, the survivors too."""
    waiting: queue.Queue[tuple[str, str]] = queue.Queue()
    limits = {}
    for number in range(WORKERS):
        _clone(folder / f"clone-{number}")
    for name, group in GROUPS.items():
        if only in (None, name):
            if again:
                (folder / f"{name}.seconds").unlink(missing_ok=True)
            limits[name] = 10 + 2 * _seconds(folder, name)
            for module in group.modules:
                session = prepare(folder, module, share)
                if again:
                    forget_survivors(session)
                waiting.put((name, module))
    threads = [
        threading.Thread(target=_work, args=(folder / f"clone-{number}", folder, waiting, limits))
        for number in range(WORKERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _clone(clone: Path) -> None:
    """Make a clone of the last commit, or bring one that is there back to it."""
    if not clone.exists():
        subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    subprocess.run(["git", "-C", clone, "fetch", "-q", "origin", "HEAD"], check=True)
    subprocess.run(["git", "-C", clone, "reset", "-q", "--hard", "FETCH_HEAD"], check=True)


def _environment(clone: Path, group: Group) -> dict[str, str]:
    uncompiled = {} if group.compiled else {"NUMBA_DISABLE_JIT": "1"}
    return os.environ | {"PYTHONPATH": str(clone), "PYTHONDONTWRITEBYTECODE": "1"} | uncompiled


def _seconds(folder: Path, name: str) -> float:
    """Return what the tests of a group take without a mutant, as measured once; they must pass."""
    kept = folder / f"{name}.seconds"
    if kept.exists():
        return float(kept.read_text(encoding="utf-8"))
    clone = folder / "clone-0"
    begin = time.monotonic()
    done = subprocess.run(
        ["bash", "-c", command_of(GROUPS[name])],
        cwd=clone,
        env=_environment(clone, GROUPS[name]),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{name}: its tests fail without a mutant\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
    seconds = time.monotonic() - begin
    print(f"{name}: {seconds:.0f} s a survivor", flush=True)
    kept.write_text(f"{seconds:.1f}", encoding="utf-8")
    return seconds


def _work(clone: Path, folder: Path, waiting: "queue.Queue[tuple[str, str]]", limits: dict[str, float]) -> None:
    """Try the mutants of module after module in a clone."""
    while True:
        try:
            name, module = waiting.get_nowait()
        except queue.Empty:
            return
        settings = folder / f"{clone.name}.toml"
        settings.write_text(
            f'[cosmic-ray]\nmodule-path = "{module}"\ntimeout = {limits[name]:.1f}\nexcluded-modules = []\n'
            f'test-command = "{command_of(GROUPS[name])}"\n[cosmic-ray.distributor]\nname = "local"\n',
            encoding="utf-8",
        )
        command = [Path(sys.executable).with_name("cosmic-ray"), "exec", settings, session_of(folder, module)]
        subprocess.run(command, cwd=clone, env=_environment(clone, GROUPS[name]), check=True)
        mutants = list(outcomes(folder, module))
        print(
            f"{module}: {len(mutants)}, {sum(mutant.outcome == 'survived' for mutant in mutants)} survived", flush=True
        )


def outcomes(folder: Path, module: str) -> Iterator[Mutant]:
    """Yield the mutants of a module that were tried, and what came of each: killed, timeout or survived."""
    from cosmic_ray.work_db import WorkDB, use_db

    session = session_of(folder, module)
    if not session.exists():
        return
    with use_db(session, WorkDB.Mode.open) as database:
        done = sorted(database.completed_work_items, key=lambda pair: pair[0].mutations[0].start_pos)
    for _, result in done:
        lines = [line for line in (result.diff or "").splitlines() if line[:1] in "+-" and line[:3] not in HEADS]
        before, after = (" ".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")
        outcome = "timeout" if result.output == "timeout" else str(result.test_outcome.value)
        yield Mutant(module, before, after, outcome)


def drawn(folder: Path, module: str) -> int:
    """Return how many mutants of a module are to be tried."""
    from cosmic_ray.work_db import WorkDB, use_db

    session = session_of(folder, module)
    if not session.exists():
        return 0
    with use_db(session, WorkDB.Mode.open) as database:
        return int(database.num_work_items)


def table(folder: Path) -> list[str]:
    """Return the page's lines: a row a group, and each survivor. What is not tried yet counts as not killed."""
    rows = []
    everything = []
    for name, group in GROUPS.items():
        mutants = [mutant for module in group.modules for mutant in outcomes(folder, module)]
        everything += mutants
        survived = sum(mutant.outcome == "survived" for mutant in mutants)
        late = sum(mutant.outcome == "timeout" for mutant in mutants)
        made = sum(len(work_items(module)) for module in group.modules)
        chosen = sum(drawn(folder, module) for module in group.modules)
        rows.append((name, made, chosen, len(mutants) - survived, late, survived, chosen - len(mutants)))
    rows.append(("all", *(sum(numbers) for numbers in zip(*(row[1:] for row in rows), strict=True))))
    lines = [
        "| group | mutants | drawn by chance | killed | of these by timeout | survived | not tried | score |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        score = f"{row[3] / row[2]:.1%}" if row[2] else ""
        lines.append(f"| {' | '.join(map(str, row))} | {score} |")
    lines += ["", "| survivor | | why it may |", "| --- | --- | --- |"]
    for mutant in everything:
        if mutant.outcome == "survived":
            lines.append(f"| `{mutant.module}` | `{_cell(mutant.before)}` → `{_cell(mutant.after)}` | {mutant.why} |")
    return lines


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("`", "'")


def main() -> None:
    """Try mutants, or write what came of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=sorted(GROUPS), help="one group")
    parser.add_argument("--share", type=float, default=1.0, help="of the mutants of a module that has none tried yet")
    parser.add_argument("--again", action="store_true", help="survivors too, by the tests as they are now")
    parser.add_argument("--page", action="store_true", help=f"write what was found into {PAGE}")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    if arguments.page:
        page.write(PAGE, "mutants", table(folder))
        return
    if shutil.which(Path(sys.executable).with_name("cosmic-ray")) is None:
        raise SystemExit("cosmic-ray is not installed: pip install -e '.[test,mutation]'")
    try_all(folder, arguments.only, arguments.share, arguments.again)
    print("\n".join(table(folder)))


if __name__ == "__main__":
    main()
