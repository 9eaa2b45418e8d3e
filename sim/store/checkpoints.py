"""Checkpoints of a run: its state at midnights between two months, from which it, or another run, resumes.

They are found by content. The name of a checkpoint is the digest of all of a scenario that the days before it depend
on: so a run that was killed finds its own, and one whose policy begins later those of the run that it varies.
"""

import contextlib
import hashlib
import json
import os
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.base.caches import sources_digest
from sim.base.days import calendar_date, month_start
from sim.base.logbook import Logbook
from sim.scenario.given import with_components_digest
from sim.scenario.prefix import digest_before, is_far
from sim.store.background import BackgroundWriter
from sim.store.checkpoint_file import CheckpointError, CheckpointWarning, read_values, write_values
from sim.store.provenance import versions
from sim.store.recorder import Recorder

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.store.writer import KeptRows

CHECKPOINTS = Path("results") / "checkpoints"
SUFFIX = ".checkpoint"
MOST_BYTES = 8 << 30
"""Most bytes of checkpoints in a folder; beyond them, those unused for longest are removed."""
STALE_S = 86_400
"""An unfinished file this old was left by a killed process."""
LEFT_OUT = frozenset({"calibration", "cli", "experiments", "forecast", "reading", "reference", "report", "told"})
"""Sources on which no state depends."""


class Checkpoints:
    """The checkpoints of one run in a folder.

    ``continued_from`` is the day number at whose midnight the run resumed, if it did; ``attempts_before`` counts
    potential attempts of the days before.
    """

    def __init__(
        self, folder: Path, scenario: "Scenario", recorder: Recorder, writer: BackgroundWriter, log: Logbook
    ) -> None:
        """Prepare without reading; the writer writes a checkpoint behind the rows of the days before it."""
        self._folder = folder
        self._scenario = scenario
        self._recorder = recorder
        self._writer = writer
        self._log = log
        self._made_by = made_by()
        self._kept = self._bytes = 0
        self._seconds = 0.0
        self.continued_from: int | None = None
        self.attempts_before = 0

    def latest(self, first: int, last: int) -> "tuple[int, Any] | None":
        """Resume from the latest checkpoint between two days; return its day number and the state of the engine."""
        began = time.perf_counter()
        day = month_start(last)
        while day > first:
            for path in (self._path(day, end) for end in (False, True)):
                found = self._read(path)
                if found is not None:
                    self._recorder.resume(found["recorder"])
                    self._writer.write_again(found["rows"])
                    self.continued_from = day
                    self.attempts_before = self._recorder.attempts_seen
                    self._seconds += time.perf_counter() - began
                    self._log(f"resumes from the checkpoint of {calendar_date(day)}, {path}")
                    return day, found["engine"]
            day = month_start(day - 1)
        return None

    def keep(self, day: int, engine: dict[str, Any], end: bool, began: float) -> None:
        """Store the state of the engine at the midnight at which a day begins; nobody may change it any more.

        ``day`` is the first of a month. ``end`` says whether the state depends on the end of the period: something was
        discarded that would come after it. ``began`` is when making it began, by ``time.perf_counter``.
        """
        path = self._path(day, end or not is_far(self._scenario, day))
        values = {"made_by": self._made_by, "name": path.name, "engine": engine, "recorder": self._recorder.snapshot()}
        self._writer.afterwards(lambda rows: self._write(path, values, rows))
        self._seconds += time.perf_counter() - began

    def summary(self) -> dict[str, Any]:
        """Return what ``run.json`` says: when the run resumed, and what its own checkpoints took."""
        day = self.continued_from
        return {
            "continued_from": None if day is None else calendar_date(day).isoformat(),
            "kept": self._kept,
            "bytes": self._bytes,
            "seconds": round(self._seconds, 3),
        }

    def _path(self, day: int, end: bool) -> Path:
        digest = with_components_digest(digest_before(self._scenario, day, end), self._scenario.components)
        share = self._recorder.kept if self._recorder.records_events else 0
        return self._folder / f"{digest[:32]}-{share:x}{SUFFIX}"

    def _read(self, path: Path) -> dict[str, Any] | None:
        """Return what a file holds; None where there is no file, or one that cannot be used."""
        if not os.path.lexists(path):
            return None
        try:
            found: dict[str, Any] = read_values(path)
            if not isinstance(found, dict) or found.keys() != {"made_by", "name", "engine", "recorder", "rows"}:
                raise CheckpointError("has contents that Tocsin never writes")
            if found["made_by"] != self._made_by:
                raise CheckpointError("was made by another version of Tocsin or of a library")
            if found["name"] != path.name:
                raise CheckpointError("belongs to another run")
        except CheckpointError as error:
            self._log.warn(f"{path}: {error}; it is not used")
            warnings.warn(f"{path}: {error}; it is not used", CheckpointWarning, stacklevel=2)
            return None
        with contextlib.suppress(OSError):  # it may be read only
            os.utime(path)
        return found

    def _write(self, path: Path, values: dict[str, Any], rows: "list[KeptRows]") -> None:
        """Write a checkpoint, in the thread that writes tables; a failure does not end the run."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            written = write_values(path, {**values, "rows": [list(group) for group in rows]})
            self._bytes += written
            self._kept += 1
            self._log(f"checkpoint kept, {written / 1e6:,.1f} MB, {path}")
            _bound(self._folder, path)
        except (OSError, MemoryError) as error:
            why = getattr(error, "strerror", None) or error or "no memory"
            self._log.warn(f"{path}: cannot be kept: {why}")
            warnings.warn(f"{path}: cannot be kept: {why}", CheckpointWarning, stacklevel=2)


def made_by() -> str:
    """Return the SHA-256 of what a state depends on in addition to its scenario: sources and versions of libraries."""
    text = json.dumps([sources_digest(LEFT_OUT), versions(), np.dtype(np.int64).str])
    return hashlib.sha256(text.encode()).hexdigest()


def _bound(folder: Path, newest: Path) -> None:
    """Remove old checkpoints until the folder is small enough, and files left by killed processes."""
    found = []
    for file in folder.iterdir():
        try:
            status = file.stat()
        except OSError:
            continue  # another process clears up too
        if file.suffix == SUFFIX:
            found.append((status.st_mtime_ns, status.st_size, file))
        elif ".unfinished-" in file.name and time.time() - status.st_mtime > STALE_S:
            file.unlink(missing_ok=True)
    total = sum(size for _, size, _ in found)
    for _, size, file in sorted(found):
        if total <= MOST_BYTES:
            return
        if file != newest:
            file.unlink(missing_ok=True)
            total -= size
