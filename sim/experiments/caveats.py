"""Caveats: what must be known of runs that are compared before the comparison is read."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim.experiments.rounded import unsaid
from sim.reading.findings import apart
from sim.reading.rare import rare
from sim.reading.warnings import beside_size

if TYPE_CHECKING:
    from sim.reading.run import Run


def caveats(titles: Sequence[str], runs: "Sequence[Run]", single: bool) -> dict[str, list[Any]]:
    """Return what must be known of runs that are compared before the comparison is read.

    Args:
        titles: Their names.
        runs: The base and the others, a run each.
        single: Whether there is no other pair, so that no interval says what chance may do.

    Returns:
        ``warnings``: what runs of their size cannot say, and what else each of them warns of, in one line each.
        ``findings``: those that one of base and other has and the other has not, with ``scenario`` and ``beside``.
    """
    lines = unsaid([run.scenario.spec for run in runs])
    if single:
        lines += rare(runs[0].manifest)
    own = [beside_size(run) for run in runs]
    for title, warned in zip(titles, own, strict=True):
        lines += [line if all(line in other for other in own) else f"{title}: {line}" for line in warned]
    base, *others = runs
    found = []
    for title, run in zip(titles[1:], others, strict=True):
        held = base.manifest.get("policy_of") is None and run.manifest.get("policy_of") is None
        for name, one, beside, other in ((title, run, titles[0], base), (titles[0], base, title, run)):
            found += [{"scenario": name, "beside": beside, **row} for row in apart(one.found, other.found, held)]
    return {"warnings": list(dict.fromkeys(lines)), "findings": found}
