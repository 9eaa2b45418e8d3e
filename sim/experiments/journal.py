"""The journal of an experiment: the outcome of each finished run, one line each, so that no run is made twice.

A run is identified by the hashes of its resolved scenario and of the program's sources, and each line carries its own
hash. Memory holds only the offsets of lines, some hundred bytes a run.
"""

import errno
import json
import os
from pathlib import Path
from typing import Any

from sim.base.caches import program_digest
from sim.experiments.store import JOURNAL
from sim.reading.outcomes import Outcome
from sim.store.json_files import DamagedError, demand_regular, digest_of, parsed


class Journal:
    """Outcomes of finished runs by their keys, each written as soon as it exists."""

    def __init__(self, folder: Path) -> None:
        """Start a journal in a folder, or continue that of an earlier experiment of the same program."""
        self._path = folder / JOURNAL
        self._code = program_digest()
        self._places: dict[str, tuple[int, int]] = {}
        if self._path.exists():
            demand_regular(self._path)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._read()

    def __len__(self) -> int:
        """Return how many runs are in it."""
        return len(self._places)

    def __contains__(self, key: str) -> bool:
        """Return whether a run is in it."""
        return key in self._places

    def outcome(self, key: str) -> Outcome:
        """Return the outcome of a run that is in it."""
        offset, length = self._places[key]
        entry = _entry(os.pread(self._file, length, offset))
        if entry is None:
            raise DamagedError(f"{self._path}: was changed while it was read")
        outcome: Outcome = entry["outcome"]
        return outcome

    def keep(self, key: str, outcome: Outcome) -> None:
        """Write down the outcome of a run."""
        entry = {"run": key, "code": self._code, "outcome": outcome}
        line = json.dumps({**entry, "sha256": digest_of(entry)}, allow_nan=False).encode() + b"\n"
        offset = os.lseek(self._file, 0, os.SEEK_END)
        written = os.write(self._file, line)
        if written < len(line):  # the disk is full; the rest would become a line
            os.ftruncate(self._file, offset)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
        self._places[key] = offset, len(line)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _read(self) -> None:
        """Read the runs that an earlier experiment of the same program finished; damaged lines are skipped."""
        offset, line = 0, b"\n"
        with self._path.open("rb") as lines:
            for line in lines:
                kept = _entry(line)
                if kept is not None and kept["code"] == self._code:
                    self._places[kept["run"]] = offset, len(line)
                offset += len(line)
        if not line.endswith(b"\n"):
            os.write(self._file, b"\n")


def _entry(line: bytes) -> dict[str, Any] | None:
    """Return the entry of a line; None where it was changed."""
    try:
        entry = parsed(line)
        digest = entry.pop("sha256")
        return entry if digest == digest_of(entry) and {"run", "code", "outcome"} <= set(entry) else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
