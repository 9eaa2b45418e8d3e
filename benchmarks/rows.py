"""The rows of the table: what was measured, its target, and how it is shown."""

import math
from collections.abc import Iterable, Mapping
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
    """A bound on a row's ``ratio`` or on what it ``measured``: one to reach, and perhaps a further one to aim at."""

    of: Literal["ratio", "measured"]
    at_least: float | None = None
    at_most: float | None = None
    aim: float | None = None

    def reached(self, row: Row) -> Literal["no", "yes", "aim"]:
        """Say whether a row keeps the bound, or even the aim; a row without a ratio does not reach a target of one."""
        value = row.ratio if self.of == "ratio" else row.measured
        if value is None or not self._holds(value, self.at_least, self.at_most):
            return "no"
        if self.aim is None:
            return "yes"
        least, most = (self.aim if bound is not None else None for bound in (self.at_least, self.at_most))
        return "aim" if self._holds(value, least, most) else "yes"

    @staticmethod
    def _holds(value: float, least: float | None, most: float | None) -> bool:
        return (least is None or value >= least) and (most is None or value <= most)

    def __str__(self) -> str:
        bounds = [("at least", self.at_least), ("at most", self.at_most)]
        text = f"{self.of} " + ", ".join(f"{word} {number(bound)}" for word, bound in bounds if bound is not None)
        return text if self.aim is None else f"{text}, aim {number(self.aim)}"


NOISE = 0.05
"""What two costs of the same thing differ by on a machine that is shared, and no difference is made of."""

TARGETS: dict[str, Target] = {
    "queue.vector": Target("ratio", at_least=10.0),
    "queue.vector.cimba": Target("ratio", at_least=2.0, aim=4.0),
    "reference.attempt": Target("ratio", at_least=4.0, aim=8.0),
    "vector.attempts": Target("ratio", at_least=1000.0),
    "vector.intercepted": Target("measured", at_most=7.5, aim=5.0),
    "vector.memory": Target("measured", at_most=2500.0, aim=2000.0),
    "vector.tiny": Target("measured", at_most=3.0),
    "vector.compile.processor": Target("measured", at_most=25.0),
    "small.thin": Target("measured", at_most=2.0, aim=1.0),
    "small.thin.workers": Target("measured", at_most=1.0 + NOISE),
    "small.pooled": Target("measured", at_most=0.8, aim=0.5),
    "small.pooled.workers": Target("measured", at_most=1.0 + NOISE),
    "dense": Target("measured", at_most=1.4, aim=1.2),
    "first": Target("ratio", at_most=0.35, aim=0.2),
    "start": Target("measured", at_most=500.0),
}
"""By key of the row; the keys are those that tests give to ``Row``. They are goals for the full table with the whole
country in it: no test asserts them."""

AVX512: dict[str, Target] = {"vector.intercepted": Target("measured", at_most=6.0, aim=5.0)}
"""Targets that are others where vectors of 512 bits are compiled."""

BEFORE = {"reference.attempt": 24_480.0, "first": 178.0}
"""What version 0.1 cost, by key, in the unit of the row."""


@dataclass(frozen=True)
class Compared:
    """What two tables are compared by: numbers that no machine's speed is in, and which of them are better."""

    of: Literal["ratio", "measured"]
    better: Literal["less", "more"] = "less"


COMPARED: dict[str, Compared] = {
    "limit.philox": Compared("ratio"),
    "limit.philox.many": Compared("ratio"),
    "queue.reference": Compared("ratio", "more"),
    "queue.vector": Compared("ratio", "more"),
    "queue.vector.doubles": Compared("measured"),
    "queue.vector.cimba": Compared("ratio", "more"),
    "reference.attempt": Compared("measured"),
    "reference.memory": Compared("measured"),
    "vector.attempt": Compared("measured"),
    "vector.memory": Compared("measured"),
    "small.thin": Compared("measured"),
    "small.thin.workers": Compared("measured"),
    "small.pooled": Compared("measured"),
    "small.pooled.workers": Compared("measured"),
    "small.evaluation": Compared("measured"),
    "calibration.emulator": Compared("measured"),
    "dense": Compared("measured"),
    "start": Compared("ratio"),
    "reference.tiny": Compared("ratio"),
    "reference.compile.processor": Compared("ratio"),
    "vector.tiny": Compared("ratio"),
    "vector.compile.processor": Compared("ratio"),
    "first": Compared("measured"),
    "scaling.scale": Compared("measured"),
    "scaling.days": Compared("measured"),
}
"""By key of the row: SFC64 doubles, ratios to what ran beside it, bytes, exponents. Other rows are the machine's, a
peer's, or say the same in another unit."""


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


def markdown(rows: Iterable[Row], targets: Mapping[str, Target]) -> str:
    """Return the rows as one Markdown table, with the targets of their keys."""
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
            "" if target is None else target.reached(row),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
