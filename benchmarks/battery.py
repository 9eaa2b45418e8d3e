"""Test the random number generator with dieharder, a battery of tests; its counts go into ``docs/verification.md``.

``nice -n 19 python -m benchmarks.battery --write docs/verification.md`` needs ``apt-get install dieharder``, and an
hour or two on a busy machine. dieharder calls a result weak if its p-value is below 0.005 or above 0.995, so that one
in a hundred is weak by chance, and failed below 1e-6 on either side.
"""

import argparse
import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sim.verify.page import demand_marks, write

PROGRAM = "dieharder"
ASSESSMENTS = ("PASSED", "WEAK", "FAILED")


@dataclass(frozen=True)
class Result:
    """One result of dieharder: the test, its p-value and what it calls it."""

    test: str
    p: float
    assessment: str

    @classmethod
    def of(cls, line: str) -> "Result | None":
        """Read a line of its table: name, ntuple, tsamples, psamples, p-value, assessment; None for any other line."""
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) != 6 or cells[5] not in ASSESSMENTS:
            return None
        name = cells[0] if cells[1] == "0" else f"{cells[0]} {cells[1]}"
        return cls(name, float(cells[4]), cells[5])


def results(seed: int, seconds: float, options: Sequence[str]) -> Iterator[Result]:
    """Run dieharder on the words of a seed, for so many seconds at most.

    Args:
        seed: Of the words.
        seconds: After which it is stopped.
        options: Further options of dieharder; ``-a`` is all tests.

    Yields:
        Each result as soon as it is known.
    """
    words = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.generator_words", "--seed", str(seed)], stdout=subprocess.PIPE
    )
    tests = subprocess.Popen(
        ["stdbuf", "-oL", PROGRAM, "-g", "200", *options], stdin=words.stdout, stdout=subprocess.PIPE, text=True
    )
    assert words.stdout is not None
    assert tests.stdout is not None
    words.stdout.close()  # so that it is told when dieharder is gone
    ends = time.monotonic() + seconds
    try:
        for line in tests.stdout:
            result = Result.of(line)
            if result is not None:
                yield result
            if time.monotonic() > ends:
                break
    finally:
        for process in (tests, words):
            process.terminate()
            process.wait()


def report(found: Sequence[Result], command: str, whole: bool, minutes: float, today: date) -> Iterator[str]:
    """Yield the lines of the page's part.

    Args:
        found: The results.
        command: What was run.
        whole: Whether it came to its end.
        minutes: How long it took.
        today: The day on which it ran.

    Yields:
        Lines of Markdown.
    """
    ended = "to its end" if whole else "and was stopped before its end"
    yield (
        f"`python -m benchmarks.battery` ran `{command}` on {today.day} {today:%B %Y}, {ended}, in {minutes:.0f} "
        f"minutes."
    )
    yield ""
    yield "| results | passed | weak | failed |"
    yield "| ---: | ---: | ---: | ---: |"
    counts = [sum(result.assessment == name for result in found) for name in ASSESSMENTS]
    yield f"| {len(found)} | {' | '.join(map(str, counts))} |"
    weak = [f"{result.test} (p {result.p:.5f})" for result in found if result.assessment != "PASSED"]
    if weak:
        yield ""
        yield f"Not passed: {', '.join(weak)}."


def main(arguments: Sequence[str]) -> int:
    """Run the battery, print its results, write them where that is asked for; return the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.battery", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the seed of the run (1)")
    parser.add_argument("--minutes", type=float, default=600.0, help="stop after so many (600)")
    parser.add_argument("--tests", default="-a", help="the tests, as dieharder names them (-a)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="a page whose part `battery` is replaced")
    given = parser.parse_args(arguments)
    if shutil.which(PROGRAM) is None:
        print(f"benchmarks.battery: {PROGRAM} is not installed; apt-get install {PROGRAM}", file=sys.stderr)
        return 2
    if given.write is not None:
        try:
            demand_marks(given.write, "battery")
        except (OSError, ValueError) as error:
            print(f"benchmarks.battery: {error}", file=sys.stderr)
            return 2
    started = time.monotonic()
    found: list[Result] = []
    with contextlib.suppress(KeyboardInterrupt):
        for result in results(given.seed, 60.0 * given.minutes, given.tests.split()):
            print(f"{result.assessment:8} {result.test:28} {result.p:.8f}", flush=True)
            found.append(result)
    minutes = (time.monotonic() - started) / 60.0
    whole = minutes < given.minutes
    command = f"python -m benchmarks.generator_words --seed {given.seed} | {PROGRAM} -g 200 {given.tests}"
    lines = list(report(found, command, whole, minutes, date.today()))
    print("\n".join(lines))
    if given.write is not None:
        write(given.write, "battery", lines)
    return int(any(result.assessment == "FAILED" for result in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
