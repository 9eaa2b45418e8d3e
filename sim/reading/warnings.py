"""Warnings: what a user must know before trusting a run, one line each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.language.spoken import ENGLISH, speaking
from sim.reading.figures import uncounted, uncounted_in_english
from sim.reading.rare import rare, rare_in_english
from sim.scenario.lever_words import outside_ranges
from sim.store.scope import Scope
from sim.warning.size import Size, retold

if TYPE_CHECKING:
    from sim.reading.run import Run
    from sim.scenario import Scenario


def outside_ranges_in_english(scenario: "Scenario") -> list[str]:
    """Return the same in English, as it is stored."""
    with speaking(ENGLISH):
        return outside_ranges(scenario)


def told(run: "Run") -> list[str]:
    """Return the warnings of a finished run in the language that is spoken."""
    scope = Scope.of(run.scenario)
    english = [
        *rare_in_english(run.manifest), *uncounted_in_english(scope), *outside_ranges_in_english(run.scenario)
    ]  # fmt: skip
    here = [*rare(run.manifest), *uncounted(scope), *outside_ranges(run.scenario)]
    spoken = dict(zip(english, here, strict=True))
    return [spoken.get(line, line) for line in retold(run.manifest["warnings"], [run.scenario.spec])]


def told_of(runs: "Sequence[Run]") -> list[str]:
    """Return the warnings of a run, or of several; the noise of several is in their interval, not in a warning."""
    if len(runs) == 1:
        return told(runs[0])
    every = (line for run in runs for line in told(run) if line not in rare(run.manifest))
    return list(dict.fromkeys(every))


def beside_size(run: "Run") -> list[str]:
    """Return the warnings of a finished run that are not about its scale."""
    about_size = {*Size(run.scenario.spec).lines, *rare(run.manifest)}
    return [line for line in told(run) if line not in about_size]
