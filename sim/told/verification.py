"""A verification on the terminal."""

from collections.abc import Iterator

from sim.language.spoken import said
from sim.told.text_tables import TextTable
from sim.verify.page import number, p_value
from sim.verify.randomness import TESTS
from sim.verify.verification import GENERATOR, Verification


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
    axes = TextTable([said("generator: what counts up"), *(test.name for test in TESTS)])
    cells: dict[str, list[str]] = {}
    for finding in found.findings:
        p = p_value(finding)
        if finding in failed:
            p = said("{p} FAILS", p=p)
        if finding.engine == GENERATOR:
            cells.setdefault(finding.study, []).append(p)
        else:
            shown = number(finding.expected), number(finding.found)
            theory.add_row(finding.study, finding.checked, finding.engine, *shown, p)
    for axis, p_values in cells.items():
        axes.add_row(axis, *p_values)
    yield theory
    yield axes


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
