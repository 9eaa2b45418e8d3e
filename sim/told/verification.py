"""A verification on the terminal."""

from collections.abc import Iterator

from sim.base.rounding import written
from sim.language.spoken import said
from sim.told.text_tables import TextTable
from sim.verify.counters import AXES
from sim.verify.page import number, p_value
from sim.verify.randomness import TESTS
from sim.verify.study import Result
from sim.verify.verification import GENERATOR, STUDIES, Verification


def tables(found: Verification) -> Iterator[TextTable]:
    """Lay out a verification: a line for each check against theory, and one for each axis of the generator.

    Args:
        found: The verification.

    Yields:
        Two tables.
    """
    failed = found.failed()
    theory = TextTable(
        [said("study"), said("checked"), said("engine"), said("expected"), said("found"), "p"], (0, 1, 2)
    )
    axes = TextTable([said("generator: what counts up"), *(said(test.name) for test in TESTS)])
    cells: dict[str, list[str]] = {}
    for finding in found.findings:
        p = _p_said(finding)
        if finding in failed:
            p = said("{p} FAILS", p=p)
        if finding.engine == GENERATOR:
            cells.setdefault(finding.study, []).append(p)
        else:
            shown = written(number(finding.expected)), written(number(finding.found))
            theory.add_row(said(finding.study), said(finding.checked), finding.engine, *shown, p)
    for axis, p_values in cells.items():
        axes.add_row(said(axis), *p_values)
    yield theory
    yield axes


def texts() -> Iterator[str]:
    """Yield the names of studies and of their checks, and of the axes and tests of the generator."""
    for study in STUDIES:
        yield study.name
        yield from (check.checked for check in study.checks)
    yield from (one.name for one in (*AXES, *TESTS))
    yield GENERATOR


def _p_said(finding: Result) -> str:
    """Return a p-value; for exact laws the tolerance that was used."""
    if finding.p is not None:
        return written(p_value(finding))
    _, _, tolerance = finding.test.partition(" ")
    return said("within {tolerance}", tolerance=written(tolerance)) if tolerance else said("exact")


def summary(found: Verification) -> str:
    """Say how many checks passed, and how small the smallest p-value is."""
    judged = [p for p in found.adjusted if p is not None]
    words = {
        "number": len(found.findings),
        "p_values": len(judged),
        "smallest": f"{min((one.p for one in found.findings if one.p is not None), default=1.0):.2g}",
        "adjusted": f"{min(judged, default=1.0):.2g}",
        "exact": len(found.findings) - len(judged),
    }
    failed = len(found.failed())
    if failed:
        return said(
            "{failed} of {number} checks failed. The smallest of {p_values} p-values is {smallest}, or {adjusted} by "
            "Holm's method; {exact} checks are exact.",
            failed=failed,
            **words,
        )
    return said(
        "All {number} checks passed. The smallest of {p_values} p-values is {smallest}, or {adjusted} by Holm's "
        "method; {exact} checks are exact.",
        **words,
    )
