"""Compose the manifest of a run, ``run.json``: scenario, software, results and times."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.base.logbook import LOG
from sim.base.rounding import percent
from sim.language.spoken import ENGLISH, counted, said, speaking
from sim.reading.chance import chance
from sim.reading.evidence import evidence
from sim.reading.figures import figure, totals, uncounted
from sim.reading.findings import findings
from sim.reading.quantities import Quantities
from sim.scenario.levers import outside_ranges
from sim.store import provenance
from sim.store.columns import Scope
from sim.store.json_files import sha256
from sim.warning.size import Size, retold

if TYPE_CHECKING:
    from sim.reading.run import Run

UNCERTAIN = 0.2
"""Run-to-run noise of victims, as a share of their number, from which a sampled run warns."""

NORMAL = 1.96
"""Standard errors in half an interval of 95 per cent."""

Manifest = dict[str, Any]


def rare(manifest: Mapping[str, Any]) -> list[str]:
    """Return a warning if the run-to-run noise of the victims of a sampled run exceeds a fifth, or if there are none.

    At full scale there is no warning: the noise is the country's own. ``scale``, ``totals`` and ``chance`` are read.
    """
    if manifest["scale"] >= 1.0:
        return []
    victims = manifest["totals"]["victims"]
    simulated = round(victims * manifest["scale"])
    if not simulated:
        return [
            said("No victim was simulated, so victims and losses are unknown. Use a larger scale or a longer period.")
        ]
    ends: Sequence[float] | None = manifest.get("chance", {}).get("victims")
    share = NORMAL / simulated**0.5 if ends is None else (ends[1] - ends[0]) / 2.0 / victims
    if share <= UNCERTAIN:
        return []
    return [
        counted(
            "Only one victim was simulated: run-to-run noise is ±{share}. Use a larger scale, a longer period or more "
            "replicates.",
            "Only {count} victims were simulated: run-to-run noise is ±{share}. Use a larger scale, a longer period or "
            "more replicates.",
            count=simulated,
            share=percent(share),
        )
    ]


def told(run: "Run") -> list[str]:
    """Return the warnings of a finished run in the language that is spoken."""

    def of_this_room() -> list[str]:
        return [*rare(run.manifest), *uncounted(Scope.of(run.scenario)), *outside_ranges(run.scenario)]

    with speaking(ENGLISH):
        stored = of_this_room()
    here = dict(zip(stored, of_this_room(), strict=True))
    return [here.get(line, line) for line in retold(run.manifest["warnings"], [run.scenario.spec])]


def told_of(runs: "Sequence[Run]") -> list[str]:
    """Return the warnings of a run, or of several; the noise of several is in their interval, not in a warning."""
    if len(runs) == 1:
        return told(runs[0])
    return list(dict.fromkeys(line for run in runs for line in told(run) if line not in rare(run.manifest)))


def beside_size(run: "Run") -> list[str]:
    """Return the warnings of a finished run that are not about its scale."""
    about_size = {*Size(run.scenario.spec).lines, *rare(run.manifest)}
    return [line for line in told(run) if line not in about_size]


def compose(folder: Path, scope: Scope, warnings: list[str]) -> Manifest:
    """Return ``run.json``, except its performance, from the files in the folder of a run; stored texts are English."""
    document = {
        "name": scope.name,
        "status": "finished",
        "engine": scope.engine,
        "seed": scope.seed,
        "scale": scope.scale,
        "versions": provenance.versions(),
        "machine": provenance.machine(),
        "command": provenance.command(),
        "scenario_sha256": scope.sha256,
        "policy_of": scope.policy_of,
        "files": {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.name != LOG},
        **results(folder, scope, Quantities.read(folder, scope)),
    }
    with speaking(ENGLISH):
        return {**document, "warnings": [*warnings, *rare(document)]}


def results(folder: Path, scope: Scope, quantities: Quantities) -> Manifest:
    """Return the parts of ``run.json`` that follow from the tables: figures, evidence, findings, totals and chance."""
    figures = [figure(quantities, target) for target in scope.targets]
    inside = evidence(folder, scope)
    with speaking(ENGLISH):
        found = findings(folder, scope, figures, inside)
    return {
        "figures": figures,
        "evidence": inside,
        "findings": found,
        "totals": totals(quantities),
        "chance": chance(folder, scope, quantities),
    }


def performance(wall_s: float, phases: dict[str, float], attempts: int) -> Manifest:
    """Return the ``performance`` of a run; ``attempts`` include the warm-up. Without time there is no speed."""
    return {
        "wall_s": round(wall_s, 3),
        "phases": {name: round(seconds, 3) for name, seconds in phases.items()},
        "peak_rss_bytes": provenance.peak_rss_bytes(),
        "attempts_per_s": round(attempts / wall_s, 1) if wall_s > 0 else None,
    }
