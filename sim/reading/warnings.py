"""What a user should know of a run before they trust it, in one line each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.reading.rare import rare, rare_in_english
from sim.warning.size import Size, retold

if TYPE_CHECKING:
    from sim.reading.run import Run


def told(run: "Run") -> list[str]:
    """Return the warnings of a finished run in the language that is spoken, as far as they have a translation."""
    counted = dict(zip(rare_in_english(run.manifest), rare(run.manifest), strict=True))
    return [counted.get(line, line) for line in retold(run.manifest["warnings"], [run.scenario.spec])]


def told_of(runs: "Sequence[Run]") -> list[str]:
    """Return the warnings of a run, or of several that differ in seed or draw: their interval says what chance does."""
    if len(runs) == 1:
        return told(runs[0])
    every = (line for run in runs for line in told(run) if line not in rare(run.manifest))
    return list(dict.fromkeys(every))


def beside_size(run: "Run") -> list[str]:
    """Return those warnings of a finished run that are not about how much of the country it simulates."""
    about_size = {*Size(run.scenario.spec).lines, *rare(run.manifest)}
    return [line for line in told(run) if line not in about_size]
