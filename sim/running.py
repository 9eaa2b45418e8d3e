"""One run, from a scenario to a whole folder of results: engine, recorder and folder brought together."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.results import provenance
from sim.results.check import check_conservation
from sim.results.figures import summarise
from sim.results.folder import RUN_JSON, SCENARIO_YAML, Staging, default_folder, sha256, sync, write_json
from sim.results.recorder import Recorder
from sim.results.run import Run
from sim.results.scope import Scope
from sim.results.writer import TableWriter

if TYPE_CHECKING:
    from sim.scenario import Scenario

Progress = Callable[[int, int], None]
"""Told, after each day, its day number and the attempts so far; warm-up included."""


class RunFailed(Exception):
    """A run broke a law that holds in every run; its results are not kept."""


def run(
    scenario: "Scenario",
    out: str | Path | None = None,
    events: str | float | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    age_s: float = 0.0,
) -> Run:
    """Run a scenario with its engine and keep the results.

    ``out`` is the run's folder itself, which must not exist or be empty; without it the folder is made below
    ``results/runs`` of the current folder. ``events`` is ``none``, ``all`` or a share of the origins, and the
    scenario's own choice where it is None. ``age_s`` is added to the seconds reported: the time that this
    process had already spent on the run.

    Raises FolderError where ``out`` is not free, RunFailed where a conservation law is broken. Nothing is left of
    a run that raises.
    """
    from sim.engines import simulate

    started = time.perf_counter()
    if events is not None:
        scenario = scenario.replace(**{"record.events": events})
    scope = Scope.of(scenario)
    share = event_share(scenario.record.events)
    target = default_folder(scope.name, scope.seed) if out is None else Path(out)
    with Staging(target) as staging:
        with TableWriter(staging.path, scope, events=share > 0) as writer:
            recorder = Recorder(scope, writer, share, progress)
            phases = dict(simulate(scenario, recorder, workers=workers))
            recorder.close()
        text = scenario.yaml()
        (staging.path / SCENARIO_YAML).write_text(text, encoding="utf-8", newline="\n")
        tallied = time.perf_counter()
        manifest = _manifest(staging.path, scope, recorder)
        phases["figures"] = time.perf_counter() - tallied
        for file in staging.path.iterdir():
            sync(file)
        wall_s = age_s + time.perf_counter() - started
        manifest["performance"] = _performance(wall_s, phases, recorder.attempts_seen)
        write_json(staging.path / RUN_JSON, manifest)
        return Run(staging.publish())


def event_share(events: str | float) -> float:
    """Give the share of origins whose events are kept, from ``none``, ``all`` or the share itself."""
    return {"none": 0.0, "all": 1.0}[events] if isinstance(events, str) else float(events)


def _manifest(folder: Path, scope: Scope, recorder: Recorder) -> dict[str, Any]:
    """Compute ``run.json`` but for its performance; raises RunFailed where a conservation law is broken."""
    totals, figures = summarise(folder, scope)
    broken = [finding for finding in check_conservation(folder, totals, scope) if not finding.passed]
    if broken:
        raise RunFailed("; ".join(f"{finding.name}: {finding.detail}" for finding in broken))
    return {
        "name": scope.name,
        "status": "finished",
        "engine": scope.engine,
        "seed": scope.seed,
        "scale": scope.scale,
        "versions": provenance.versions(),
        "machine": provenance.machine(),
        "command": provenance.command(),
        "scenario_sha256": scope.sha256,
        "files": {path.name: sha256(path) for path in sorted(folder.iterdir())},
        "figures": figures,
        "totals": totals,
        "warnings": recorder.warnings,
    }


def _performance(wall_s: float, phases: dict[str, float], attempts: int) -> dict[str, Any]:
    return {
        "wall_s": round(wall_s, 3),
        "phases": {name: round(seconds, 3) for name, seconds in phases.items()},
        "peak_rss_bytes": provenance.peak_rss_bytes(),
        "attempts_per_s": round(attempts / wall_s, 1),
    }
