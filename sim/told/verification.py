"""A verification on the terminal."""

from collections.abc import Iterator

from sim.base.rounding import written
from sim.language.spoken import said
from sim.told.text_tables import TextTable
from sim.verify.page import number, p_value
from sim.verify.verification import STUDIES, Verification


def table(found: Verification) -> TextTable:
    """Lay out a verification: a line for each check."""
    failed = found.failed()
    names = [said("study"), said("checked"), said("engine"), said("expected"), said("found"), "p"]
    laid = TextTable(names, (0, 1, 2))
    for finding in found.findings:
        p = written(p_value(finding))
        if finding in failed:
            p = said("{p} FAILS", p=p)
        shown = written(number(finding.expected)), written(number(finding.found))
        laid.add_row(said(finding.study), said(finding.checked), finding.engine, *shown, p)
    return laid


def texts() -> Iterator[str]:
    """Yield the names of studies and of their checks."""
    for study in STUDIES:
        yield study.name
        yield from (check.checked for check in study.checks)


def summary(found: Verification) -> str:
    """Say how many checks passed, and how small the smallest p-value is."""
    words = {
        "number": len(found.findings),
        "smallest": f"{min(one.p for one in found.findings):.2g}",
        "adjusted": f"{min(found.adjusted):.2g}",
    }
    failed = len(found.failed())
    if failed:
        return said(
            "{failed} of {number} checks failed. The smallest p-value is {smallest}, or {adjusted} by Holm's method.",
            failed=failed,
            **words,
        )
    return said(
        "All {number} checks passed. The smallest p-value is {smallest}, or {adjusted} by Holm's method.",
        **words,
    )
