"""Measure what Tocsin costs, and show it as one table: ``python -m benchmarks``.

Every row is a ratio within one run: to the machine's limits, to another library, and to the version before, which
``--before`` measures in turn. Quick by default, a few minutes on two quiet cores.
"""

import argparse
import json
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import growth, table, told
from benchmarks.commands import THIS, version_before
from benchmarks.measures import BENCHMARKS, NOISE
from benchmarks.rows import FULL, QUICK, SMOKE, Benchmark, Size

GROWTH = "growth"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and keep what was asked for; return 1 if a row costs more than before, 2 if one failed."""
    names = [*(one.name for one in BENCHMARKS), GROWTH]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--full", dest="size", action="store_const", const=FULL, help="more rounds, the whole country")
    size.add_argument("--smoke", dest="size", action="store_const", const=SMOKE, help="whether it works: no numbers")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help="only these (--list)")
    parser.add_argument("--list", action="store_true", help="list what can be measured, then stop")
    parser.add_argument("--before", metavar="PATH|REF", help="tree, environment or git reference to measure in turn")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what each round measured to a file")
    parser.add_argument(
        "--write", action="store_true", help=f"keep it in {told.FILE.name} and put it into the documents"
    )
    parser.set_defaults(size=QUICK)
    given = parser.parse_args(arguments)
    if given.list:
        print("\n".join(listed()))
        return 0
    only = given.only or (names if given.size is FULL else [one.name for one in BENCHMARKS if not one.full])
    chosen = [one for one in BENCHMARKS if one.name in only]
    if given.write and given.size is not FULL:
        parser.error("--write keeps what --full measures")
    kept = told.measured()
    if given.write and chosen and given.only and not table.is_of(kept.get("table"), given.before):
        parser.error("--write --only replaces rows of a table of these sources and this --before; measure all of it")
    found: dict[str, Any] = {}
    code = 0
    if chosen:
        try:
            found["table"], code = measured(chosen, given.size, given.before)
        except ValueError as error:
            parser.error(str(error))
    if GROWTH in only:
        with tempfile.TemporaryDirectory() as place:
            found[GROWTH] = growth.measured(Path(place), given.size)
        print("\n".join(growth.tables(found[GROWTH])))
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if given.write and code < 2:
        if chosen and given.only:
            found["table"] = table.replaced(kept["table"], found["table"])
        told.FILE.write_text(json.dumps(kept | found, indent=1) + "\n", encoding="utf-8")
        told.write()
    return code


def listed() -> Iterator[str]:
    """Yield the lines that say what can be measured."""
    for one in BENCHMARKS:
        about = f"{one.name:<11}{'(--full) ' if one.full else ''}{one.said}"
        yield textwrap.fill(about, table.WIDTH, subsequent_indent=" " * 11)
    yield f"{GROWTH:<11}(--full) time and memory over scale, days, provinces, alerts, replicates"


def measured(chosen: Sequence[Benchmark], size: Size, before: str | None) -> tuple[dict[str, Any], int]:
    """Measure and print a table.

    Args:
        chosen: What is measured.
        size: How much.
        before: The version to measure in turn, as ``--before`` names it.

    Returns:
        The table as it is kept, and the exit code: 1 if a row costs more than before, 2 if a benchmark failed.
    """
    rows: list[table.Measured] = []
    failed: list[str] = []
    with ExitStack() as stack:
        versions = [THIS] if before is None else [THIS, stack.enter_context(version_before(before))]
        said = table.about(size.name, before or "", table.load())
        for one in chosen:
            print(f"{one.name} ...", file=sys.stderr)
            try:
                rows += table.gathered(one.measured(versions, size))
            except RuntimeError as error:
                failed.append(one.name)
                print(f"{one.name} failed: {error}", file=sys.stderr)
    print(table.text(said, rows))
    there = {row.key for row in rows}
    missing = [row.what for one in chosen for row in one.rows if row.key not in there]
    if missing:
        print(f"\nNot measured: {'; '.join(missing)} (for other libraries: pip install -e '.[bench]').")
    slower = [row.row.what for row in rows if row.slower]
    if before is not None:
        print(f"\nSlower than before, beyond the interval and by more than {NOISE:.0%}: {'; '.join(slower) or 'none'}.")
    return table.stored(said, rows), 2 if failed else int(bool(slower))


if __name__ == "__main__":
    sys.exit(main())
