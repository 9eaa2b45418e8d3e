"""Run one scenario into a run folder: engine, recorder and folder together."""

import dataclasses
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sim.base.days import calendar_date, next_month
from sim.base.failures import Logbook
from sim.engines.tables import ConservationError
from sim.language import ENGLISH, speaking
from sim.reading.figures import uncounted
from sim.reading.manifest import Manifest, check_conservation, compose, performance
from sim.reading.quantities import at_reporting_rates
from sim.reading.run import Run
from sim.scenario.errors import ascii_controls
from sim.scenario.levers import outside_ranges
from sim.scenario.resolved import described
from sim.store import folder as store_folder
from sim.store.columns import Scope
from sim.store.exported import from_memory
from sim.store.recorder import BackgroundWriter, Recorder
from sim.store.writer import TableKeeper, TableWriter

if TYPE_CHECKING:
    import pyarrow as pa

    from sim.scenario import Scenario

Progress = Callable[[int, int], None]
"""Called after each day, warm-up included, with its day number and the attempts so far."""


def run(
    scenario: "Scenario | str",
    out: str | Path | None = None,
    events: str | float | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    age_s: float = 0.0,
    verbose: bool = False,
) -> Run:
    """Run a scenario (or the one of this name or path) with its engine and keep the results.

    Arguments and errors are those of ``sim.run``. A run that raises leaves nothing behind.

    Returns:
        The run as it is stored.
    """
    started = time.perf_counter()
    if isinstance(scenario, str):
        from sim.scenario import load_scenario

        scenario = load_scenario(scenario)
    if events is not None:
        scenario = with_events(scenario, events)
    age_s += time.perf_counter() - started
    return _run(scenario, out, _Asked(workers, progress, age_s, verbose))


@contextmanager
def run_without_tables(
    scenario: "Scenario", out: str | Path, workers: int | None = None, progress: Progress | None = None
) -> Iterator[Run]:
    """Yield a run made as ``run`` does, without events, of which only manifest and log are stored.

    Tables are made in memory, where sums find them within the block: faster than writing and reading them, at the cost
    of memory. The folder need not survive a power failure.
    """
    tables: dict[str, pa.Table] = {}
    made = _run(with_events(scenario, "none"), out, _Asked(workers, progress, tables=tables))
    with from_memory(made.path, tables):
        yield made


@dataclasses.dataclass(frozen=True)
class _Asked:
    """The options of a run, apart from its scenario and folder: arguments of ``run``, and a map to keep tables in."""

    workers: int | None
    progress: Progress | None
    age_s: float = 0.0
    verbose: bool = False
    tables: "dict[str, pa.Table] | None" = None


def _run(scenario: "Scenario", out: str | Path | None, asked: _Asked) -> Run:
    """Run a scenario into a folder, by default a new one.

    Returns:
        The run as it is stored.

    Raises:
        ConservationError: If a conservation law is broken.
    """
    from sim.draws.compiled import is_compiled
    from sim.engines import simulate
    from sim.midnight.component import fresh
    from sim.warning.size import of_sizes

    started = time.perf_counter()
    workers = asked.workers
    scope = Scope.of(scenario)
    share = event_share(scenario.spec.record.events)
    target = store_folder.default_folder(scope.name, scope.seed) if out is None else Path(out)
    _demand_text(target)
    stored = asked.tables is None
    with (
        store_folder.Staging(target, renamable=out is None, durable=stored) as staging,
        Logbook(staging.path, asked.verbose) as log,
    ):
        log(f"run of {scope.name}: {_about(scenario, scope)}, into {target}")
        warm = is_compiled(scenario.spec.engine)
        if not warm:
            log(f"the engine {scenario.spec.engine} is compiled now: no machine code of it is stored yet")
        with (
            _writer(staging.path, scope, share > 0, asked) as files,
            BackgroundWriter(files, threaded=(workers or os.cpu_count() or 1) > 1) as writer,
        ):
            recorder = Recorder(scope, writer, share, _Days(scope, log, asked.progress))
            engine = simulate(scenario, recorder, workers, fresh(scenario.components))
            simulated = time.perf_counter()
            # The remaining time, which the engine does not measure, is the loading of its code.
            loaded = simulated - sum(engine.values())
            phases = {"start": asked.age_s + loaded - started, **engine}
            recorder.close()
        tallied = time.perf_counter()
        phases["tables"] = tallied - simulated
        if asked.tables is not None:
            asked.tables.update(files.small)
        else:
            (staging.path / store_folder.SCENARIO_YAML).write_text(scenario.yaml(), encoding="utf-8", newline="\n")
        with from_memory(staging.path, files.small):
            with speaking(ENGLISH):
                warnings = [*of_sizes([scenario.spec]), *recorder.warnings, *uncounted(scope)]
                if stored:
                    warnings += outside_ranges(scenario)
            manifest = compose(staging.path, scope, warnings)
            if recorder.derived:
                manifest["derived"] = recorder.derived
            if scenario.components:
                manifest["components"] = described(scenario.components)
            if rates := at_reporting_rates(scenario, manifest["totals"]):
                manifest["at_reporting_rates"] = rates
            broken = [law for law in check_conservation(staging.path, manifest["totals"], scope) if not law.passed]
        if broken:
            raise ConservationError("; ".join(f"{law.name}: {law.detail}" for law in broken))
        phases["figures"] = time.perf_counter() - tallied
        summed = time.perf_counter()
        # All files are on the disk before the time is taken; only this manifest and a rename remain.
        if stored:
            for file in staging.path.iterdir():
                store_folder.sync(file)
        ended = time.perf_counter()
        phases["sync"] = ended - summed
        wall_s = asked.age_s + ended - started
        manifest["performance"] = performance(wall_s, phases, recorder.attempts_seen)
        if warm:
            spent = {"threads": workers or os.cpu_count() or 1, "seconds": wall_s - phases["start"]}
            store_folder.keep_last_run(scenario.spec.engine, work_of(scenario) | spent)
        store_folder.write_json(staging.path / store_folder.RUN_JSON, store_folder.sealed(manifest))
        _log_end(log, manifest)
        return Run(staging.publish(), scenario)


def _writer(folder: Path, scope: Scope, events: bool, asked: _Asked) -> TableWriter:
    """Return the receiver of the tables of a run."""
    if asked.tables is None:
        return TableWriter(folder, scope, events)
    return TableKeeper(folder, scope)


class _Days:
    """Called after each day: logs the end of the warm-up and of each month, and calls the caller's ``progress``."""

    def __init__(self, scope: Scope, log: Logbook, progress: Progress | None) -> None:
        self._last_of_warmup = scope.first_day - 1
        self._log, self._progress = log, progress

    def __call__(self, day: int, attempts: int) -> None:
        if day == self._last_of_warmup:
            self._log(f"the warm-up ends with {calendar_date(day)}, {attempts:,} attempts so far")
        elif next_month(day) == day + 1:
            self._log(f"{calendar_date(day):%Y-%m} is simulated, {attempts:,} attempts so far")
        if self._progress is not None:
            self._progress(day, attempts)


def _about(scenario: "Scenario", scope: Scope) -> str:
    """Return a log line that describes the run."""
    first, last = (calendar_date(day) for day in (scope.first_day, scope.last_day))
    return (
        f"engine {scope.engine}, seed {scope.seed}, scale {scope.scale:g}, {len(scope.provinces)} provinces, "
        f"{first} to {last} after {scope.warmup_days} days of warm-up, events {scenario.spec.record.events}"
    )


def _log_end(log: Logbook, manifest: Manifest) -> None:
    """Log the warnings of a run, its phases and its time."""
    for line in manifest["warnings"]:
        log.warn(line)
    spent = manifest["performance"]
    phases = ", ".join(f"{name} {seconds:.3f} s" for name, seconds in spent["phases"].items())
    log(f"phases: {phases}")
    log(f"finished after {spent['wall_s']:.3f} s, {spent['peak_rss_bytes'] / 1e6:,.0f} MB at peak")


def work_of(scenario: "Scenario") -> dict[str, float]:
    """Return what time grows with: days with the warm-up, provinces, simulated people, the share of logged events."""
    scope, rows = Scope.of(scenario), scenario.spec.population.provinces
    return {
        "days": scope.warmup_days + scope.last_day - scope.first_day + 1,
        "provinces": len(rows),
        "people": scope.scale * sum(row.population for row in rows),
        "events": event_share(scenario.spec.record.events),
    }


def event_share(events: str | float) -> float:
    """Return the share of origins to log, from ``none``, ``all`` or the share itself."""
    return {"none": 0.0, "all": 1.0}[events] if isinstance(events, str) else float(events)


def _demand_text(folder: Path) -> None:
    """Raise FolderError for a name that is not valid text, which the table writer cannot use."""
    try:
        str(folder).encode()
    except UnicodeEncodeError:
        raise store_folder.FolderError(
            f"{ascii_controls(str(folder))}: the name is not valid UTF-8; use another name"
        ) from None


def with_events(scenario: "Scenario", events: str | float) -> "Scenario":
    """Return the scenario with these events recorded; raises ValueError if the schema does not allow them."""
    from sim.scenario import changed

    if not (events in ("none", "all") or (isinstance(events, int | float) and 0 <= events <= 1)):
        raise ValueError(f"events is {events!r}; it must be 'none', 'all' or a number from 0 to 1")
    return changed(scenario, {"record.events": events})
