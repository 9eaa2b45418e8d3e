"""What was measured, what it is held against, and how it is shown."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

ROW: Final = "row"
"""The property of a test's report that holds a row."""


@dataclass(frozen=True)
class Row:
    """One measurement: ``measured`` in ``unit``; ``ratio`` is how many times better (or larger) than ``to``.

    ``key`` is what targets refer to. Ratios compare numbers of the same run only.
    """

    key: str
    what: str
    measured: float
    unit: str
    ratio: float | None = None
    to: str = ""


@dataclass(frozen=True)
class Target:
    """A bound on a row's ``ratio`` or on what it ``measured``."""

    of: Literal["ratio", "measured"]
    at_least: float | None = None
    at_most: float | None = None

    def reached(self, row: Row) -> bool:
        """Say whether a row keeps the bound; a row without a ratio does not reach a target of one."""
        value = row.ratio if self.of == "ratio" else row.measured
        if value is None:
            return False
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        bounds = [("at least", self.at_least), ("at most", self.at_most)]
        return f"{self.of} " + ", ".join(f"{word} {number(bound)}" for word, bound in bounds if bound is not None)


GIBIBYTE_MB = 2**30 / 1e6

TARGETS: dict[str, Target] = {
    "queue.vector": Target("ratio", at_least=10.0),
    "vector.attempts": Target("ratio", at_least=1000.0),
    "vector.intercepted": Target("measured", at_most=10.0),
    "vector.memory": Target("measured", at_most=4 * GIBIBYTE_MB),
    "vector.tiny": Target("measured", at_most=3.0),
    "vector.compile": Target("measured", at_most=40.0),
    "start": Target("measured", at_most=500.0),
}
"""By key of the row; the keys are those that tests give to ``Row``. They are goals for the full table: no test asserts
them."""


def number(value: float) -> str:
    """Write a number with three digits or more, all whole ones among them; NaN as what could not be told."""
    if math.isnan(value):
        return "not told"
    if value != 0 and not 1e-3 <= abs(value) < 1e15:
        return f"{value:.2e}"
    digits = 0
    while digits < 5 and abs(value) * 10**digits < 99.5 and value != round(value, digits):
        digits += 1
    return f"{value:,.{digits}f}"


def markdown(rows: Iterable[Row], targets: dict[str, Target] | None = None) -> str:
    """Return the rows as one Markdown table."""
    targets = TARGETS if targets is None else targets
    lines = [
        "| what | measured | unit | ratio | to what | target | reached |",
        "| --- | ---: | --- | ---: | --- | --- | --- |",
    ]
    for row in rows:
        target = targets.get(row.key)
        cells = (
            row.what,
            number(row.measured),
            row.unit,
            "" if row.ratio is None else number(row.ratio),
            row.to,
            "" if target is None else str(target),
            "" if target is None else ("yes" if target.reached(row) else "no"),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
