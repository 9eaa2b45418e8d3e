"""Compose the manifest of a run, ``run.json``: scenario, software, results and times."""

from pathlib import Path
from typing import Any

from sim.base.logbook import LOG
from sim.language.spoken import ENGLISH, speaking
from sim.reading.chance import chance
from sim.reading.evidence import evidence
from sim.reading.figures import figure, totals
from sim.reading.findings import findings
from sim.reading.quantities import Quantities
from sim.reading.rare import rare_in_english
from sim.store import provenance
from sim.store.json_files import sha256
from sim.store.scope import Scope

Manifest = dict[str, Any]


def compose(folder: Path, scope: Scope, warnings: list[str]) -> Manifest:
    """Return ``run.json``, except its performance, from the files in the folder of a run; stored texts are English."""
    quantities = Quantities.read(folder, scope)
    figures = [figure(quantities, target) for target in scope.targets]
    inside = evidence(folder, scope)
    with speaking(ENGLISH):
        found = findings(folder, scope, figures, inside)
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
        "figures": figures,
        "evidence": inside,
        "findings": found,
        "totals": totals(quantities),
        "chance": chance(folder, scope, quantities),
    }
    return {**document, "warnings": [*warnings, *rare_in_english(document)]}


def performance(wall_s: float, phases: dict[str, float], attempts: int) -> Manifest:
    """Return the ``performance`` of a run; ``attempts`` include the warm-up. Without time there is no speed."""
    return {
        "wall_s": round(wall_s, 3),
        "phases": {name: round(seconds, 3) for name, seconds in phases.items()},
        "peak_rss_bytes": provenance.peak_rss_bytes(),
        "attempts_per_s": round(attempts / wall_s, 1) if wall_s > 0 else None,
    }
