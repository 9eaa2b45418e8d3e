"""Write the findings as Markdown into a page, between two comments, so that the prose around them stays."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from sim.base.version import __version__
from sim.verify.study import Result
from sim.verify.verification import STUDIES, Verification

COMMAND = "tocsin verify --write docs/verification.md"


def marks(name: str) -> tuple[str, str]:
    """Return the comments that enclose a part of a page."""
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def demand_marks(page: Path, name: str) -> None:
    """Raise ValueError for a page without this part, OSError if it cannot be read."""
    text = page.read_text(encoding="utf-8")
    begin, end = marks(name)
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"{page}: must contain the lines {begin} and {end} once each, in this order")


def write(page: Path, name: str, lines: Sequence[str]) -> None:
    """Replace the part ``name`` of a Markdown page between its two comments with these lines.

    Raises ValueError for a page without such a part, OSError if it cannot be read or written.
    """
    demand_marks(page, name)
    begin, end = marks(name)
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    page.write_text("\n".join([before + begin, "", *lines, "", end]) + after, encoding="utf-8", newline="\n")


def number(value: float) -> str:
    """Return a number as text: integers in full, others with five digits."""
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 10_000 else f"{value:.5g}"


def p_value(finding: Result) -> str:
    """Return a p-value with two digits."""
    return f"{finding.p:.2g}" if finding.p < 0.1 else f"{finding.p:.2f}"


def summary(found: Verification) -> str:
    """Return the result in one sentence."""
    smallest = min(finding.p for finding in found.findings)
    failed = found.failed()
    least = f"the smallest p-value is {smallest:.2g}, {min(found.adjusted):.2g} by Holm's method"
    if failed:
        return f"{len(failed)} of {len(found.findings)} checks fail: {least}."
    return f"All {len(found.findings)} checks hold: {least}."


def lines(found: Verification, today: date) -> Iterator[str]:
    """Yield the Markdown lines of the page's part of ``today``: a table for each study."""
    yield (
        f"`{COMMAND}` wrote this part on {today.day} {today:%B %Y}, version {__version__}, seed {found.seed}, engines "
        f"{' and '.join(found.engines)}."
    )
    yield f"{summary(found)} By chance at most one such run in {1 / found.rate:,.0f} has any failed check."
    failed = found.failed()
    by_study = {study.name: study for study in STUDIES}
    for name, rows in itertools.groupby(found.findings, key=lambda finding: finding.study):
        yield from ("", f"### {name}", "", by_study[name].about, "")
        yield from _table(list(rows), failed)


def _table(rows: Sequence[Result], failed: Sequence[Result]) -> Iterator[str]:
    """Yield the table of a study: a row for each check, with the value found and the p-value by engine."""
    engines = dict.fromkeys(row.engine for row in rows)
    yield _row("checked", "theory", "expected", *itertools.chain(*((engine, "p") for engine in engines)))
    yield _row("---", "---", "---:", *itertools.chain(*(("---:", "---:") for _ in engines)))
    checks = list(dict.fromkeys((row.checked, row.source) for row in rows))
    for checked, source in checks:
        of_it = [row for row in rows if row.checked == checked]
        expected = " / ".join(dict.fromkeys(number(row.expected) for row in of_it))
        cells = [(number(row.found), p_value(row) + (" **fails**" if row in failed else "")) for row in of_it]
        yield _row(checked, source, expected, *itertools.chain(*cells))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
