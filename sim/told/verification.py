"""What was found, laid out for a terminal."""

from typing import TYPE_CHECKING

from sim.verify.page import number, p_value
from sim.verify.randomness import TESTS
from sim.verify.verification import GENERATOR, Verification

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table


def tables(found: Verification) -> "Iterator[Table]":
    """Lay out a verification: a line a finding on theory, and a line an axis of the generator with its p-values.

    Args:
        found: The verification.

    Yields:
        Two tables for the terminal.
    """
    from rich.table import Table

    failed = found.failed()
    theory = Table("study", "checked", "engine", box=None)
    for name in ("expected", "found", "p"):
        theory.add_column(name, justify="right")
    axes = Table("generator: what counts up", *(test.name for test in TESTS), box=None)
    cells: dict[str, list[str]] = {}
    for finding in found.findings:
        p = p_value(finding) + (" FAILS" if finding in failed else "")
        if finding.engine == GENERATOR:
            cells.setdefault(finding.study, []).append(p)
        else:
            shown = number(finding.expected), number(finding.found)
            theory.add_row(finding.study, finding.checked, finding.engine, *shown, p)
    for axis, p_values in cells.items():
        axes.add_row(axis, *p_values)
    yield theory
    yield axes
