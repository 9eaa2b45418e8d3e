"""Run the benchmarks and show them as one Markdown table: ``python -m benchmarks.table``.

Every number comes from a measurement of that very run.
"""

import argparse
import contextlib
import os
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from benchmarks import commands
from benchmarks.limits import avx512, sfc64_doubles_per_s
from benchmarks.rows import AVX512, ROW, TARGETS, Row, markdown
from benchmarks.sizes import FULL, QUICK, SCALE, SIZE, SMOKE, WORKERS, sizes
from benchmarks.stored import FOLDER, Kind, Table, place
from sim.store.provenance import machine, versions

README = FOLDER / "README.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
ORDER = ("limits", "queue", "engines", "small", "emulator", "scaling")
PEER_LIBRARIES = ("ciw", "cimba", "scipy", "pytest-benchmark")


class Collector:
    """A plugin of pytest that keeps what tests noted, why some were skipped, and which failed."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.skipped: list[str] = []
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Read one report; rows are in it once the test itself is done."""
        if report.when == "call":
            self.rows += [row for name, row in report.user_properties if name == ROW and isinstance(row, Row)]
        if report.skipped and isinstance(report.longrepr, tuple):
            self.skipped.append(report.longrepr[2].removeprefix("Skipped: "))
        elif report.failed:
            self.failed.append(report.nodeid)


def measure(only: str = "") -> Collector:
    """Run the benchmarks, or those that match ``only`` as in pytest's ``-k``, in the order of the table."""
    found = Collector()
    arguments = [*(str(FOLDER / f"test_{name}.py") for name in ORDER), "--benchmark-only", "--dist", "no"]
    # What pytest says is progress, not the table.
    with contextlib.redirect_stdout(sys.stderr):
        code = pytest.main([*arguments, "--rootdir", str(FOLDER.parent), "-k", only], plugins=[found])
    if code and not found.failed:
        found.failed.append(f"pytest ended with {int(code)}")
    return found


def heading() -> str:
    """Say what was measured on, with what, and how much of it."""
    about, chosen = machine(), sizes()
    found = versions()
    for library in PEER_LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            found[library] = version(library)
    memory = int(about["memory_bytes"]) / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, size {chosen.name}. {about['processor']}, {about['cores']} cores, "
        f"{memory:.0f} GiB, {about['architecture']}, {str(about['system']).partition(' ')[0]}. "
        + ", ".join(f"{name} {number}" for name, number in found.items())
        + "."
    )


def rounds_of(number: int, only: str) -> tuple[Table, list[str], list[str]]:
    """Measure everything so many times, one round after the other; return it, and what was skipped and what failed."""
    kind = Kind(sizes().name, sizes().vector_scale, sizes().workers)
    units, found = [], []
    for _ in range(number):
        commands.run.cache_clear()
        units.append(sfc64_doubles_per_s())
        found.append(measure(only))
    table = Table.of(kind, heading(), units, [one.rows for one in found])
    return table, [why for one in found for why in one.skipped], [name for one in found for name in one.failed]


def document(table: Table, skipped: Sequence[str], failed: Sequence[str]) -> str:
    """Return heading, table and what is missing from it; the table has medians of its rounds."""
    rounds = len(table.sfc64_doubles_per_s)
    first = table.heading if rounds == 1 else f"{table.heading} Medians of {rounds} rounds."
    parts = [first, markdown([row.row() for row in table.rows], TARGETS | (AVX512 if avx512() else {}))]
    if skipped:
        parts.append("Not measured: " + "; ".join(dict.fromkeys(skipped)) + ".")
    if failed:
        parts.append("Failed: " + "; ".join(dict.fromkeys(failed)) + ".")
    return "\n\n".join(parts)


def replaced(text: str, table: str) -> str:
    """Return a text with what stands between its two markers replaced; raises ValueError without the markers."""
    pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise ValueError(f"the text has not one pair of {BEGIN} and {END}")
    return pattern.sub(lambda _: f"{BEGIN}\n{table}\n{END}", text)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and perhaps write the table; return 1 where a benchmark failed, and then write nothing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.table", description=__doc__)
    parser.add_argument("--scale", type=float, metavar="S", help="largest scale of the engine vector; 1 is the country")
    parser.add_argument("--workers", type=int, metavar="N", help="workers of the engine vector; all cores by default")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="minutes: fewer rounds, smaller scales")
    size.add_argument("--smoke", action="store_true", help="seconds: whether it works; its numbers mean nothing")
    parser.add_argument("--only", default="", metavar="WORDS", help="only benchmarks whose names match, as pytest -k")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="how often everything is measured")
    parser.add_argument(
        "--write", action="store_true", help=f"keep it for comparisons; size full: in {README.name} too"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what every round measured to a file")
    chosen = parser.parse_args(arguments)
    if chosen.write and chosen.only:
        parser.error("--write keeps a whole table, not --only a part of one")
    for name, value in ((SCALE, chosen.scale), (WORKERS, chosen.workers)):
        if value is not None:
            os.environ[name] = repr(value)
    if chosen.quick or chosen.smoke:
        os.environ[SIZE] = QUICK.name if chosen.quick else SMOKE.name
    table, skipped, failed = rounds_of(chosen.rounds, chosen.only)
    text = document(table, skipped, failed)
    print(text)
    if failed:
        return 1
    if chosen.json:
        table.write(chosen.json)
    if chosen.write:
        table.write(place(table.kind.size))
        if table.kind.size == FULL.name:
            README.write_text(replaced(README.read_text(encoding="utf-8"), text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
