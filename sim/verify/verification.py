"""All checks of all studies, through the engines, under one family-wise error rate, and the page that shows them.

Findings are written as Markdown into a page, between two comments, so that the prose around them stays.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sim.base import __version__
from sim.scenario import Scenario
from sim.verify.desks import HOURS, MG1, MMC, PRIORITIES, RENEGING
from sim.verify.statistics import Result, Study, holm
from sim.verify.streams import DETECTORS, GATES, USED

RATE = 1e-3
"""The family-wise error rate: the largest probability that the whole command fails although theory holds."""
SEED = 20221130
QUICK = 4
"""Divisor of measured days in a quick verification."""

STUDIES: tuple[Study, ...] = (MMC, MG1, PRIORITIES, RENEGING, HOURS, GATES, DETECTORS, USED)


@dataclass(frozen=True)
class Verification:
    """The result: findings in their order, and their p-values adjusted by Holm's method."""

    seed: int
    rate: float
    engines: tuple[str, ...]
    findings: tuple[Result, ...]
    adjusted: tuple[float, ...]

    @classmethod
    def of(cls, seed: int, engines: Sequence[str], findings: Sequence[Result], rate: float = RATE) -> "Verification":
        """Return the verification of findings."""
        return cls(seed, rate, tuple(engines), tuple(findings), tuple(holm([finding.p for finding in findings])))

    def failed(self) -> list[Result]:
        """Return the findings that contradict theory: rejected at the rate."""
        return [finding for finding, p in zip(self.findings, self.adjusted, strict=True) if not p >= self.rate]

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield study, what was checked, engine, what theory expects, what was found and p of each finding."""
        failed = self.failed()
        for one in self.findings:
            p = p_value(one) + (" FAILS" if one in failed else "")
            yield one.study, one.checked, one.engine, number(one.expected), number(one.found), p

    def document(self) -> dict[str, Any]:
        """Return what scripts read."""
        failed = self.failed()
        rows = [
            {
                **asdict(one),
                "found": one.found if math.isfinite(one.found) else None,
                "p_adjusted": p,
                "passed": one not in failed,
            }
            for one, p in zip(self.findings, self.adjusted, strict=True)
        ]
        return {"seed": self.seed, "rate": self.rate, "engines": self.engines, "findings": rows}


def verify(
    engines: Sequence[str], seed: int = SEED, quick: bool = False, tell: Callable[[str], None] | None = None
) -> Verification:
    """Return the verification: all studies through these engines.

    Args:
        engines: ``vector``, ``reference`` or both.
        seed: Of the first run; every other run has its own seed.
        quick: Whether to measure fewer days.
        tell: Called with the name of each study before it begins.
    """
    findings: list[Result] = []
    for study, engine, own in _asked(engines, seed):
        if tell is not None:
            tell(f"{study.name}, {engine}")
        findings += study.findings(engine, own, QUICK if quick else 1)
    return Verification.of(seed, engines, findings)


def scenarios(engines: Sequence[str], seed: int, quick: bool) -> Iterator[Scenario]:
    """Yield the scenario of each run of ``verify`` with these arguments."""
    for study, engine, own in _asked(engines, seed):
        yield study.asked(engine, own, QUICK if quick else 1)


def _asked(engines: Sequence[str], seed: int) -> Iterator[tuple[Study, str, int]]:
    """Yield each study, engine and seed."""
    for place, study in enumerate(STUDIES):
        for engine in (one for one in engines if one in study.days):
            # With one seed both engines give the same result; with different seeds each adds information.
            yield study, engine, seed + 2 * place + (engine == "reference")


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
