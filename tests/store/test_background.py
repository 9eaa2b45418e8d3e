"""Writing in the background: the same files, and no error is lost."""

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sim.store.recorder import WAITING, BackgroundWriter, Recorder
from sim.store.tables import TABLES
from sim.store.writer import Columns, TableKeeper, TableWriter
from tests.synthetic import SCOPE, fill, write_tables

FIRST = SCOPE.first_day


def attempts(day: int, fate: int = 0) -> dict[str, np.ndarray]:
    row = {"day": day, "province": 0, "channel": 0, "fraud_type": 0, "fate": fate, "count": 1}
    return {name: np.array([value]) for name, value in row.items()}


def test_files_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("at_once", "behind"):
        (tmp_path / name).mkdir()
    write_tables(tmp_path / "at_once", seed=3)
    threads = threading.active_count()
    with TableWriter(tmp_path / "behind", SCOPE, events=True) as files, BackgroundWriter(files) as writer:
        recorder = Recorder(SCOPE, writer, events=1.0)
        fill(recorder, 3)
        recorder.close()
        assert threading.active_count() == threads + 1
    for table in TABLES.values():
        one, two = (tmp_path / name / table.file for name in ("at_once", "behind"))
        assert one.read_bytes() == two.read_bytes(), table.name


def test_tables_in_memory_are_those_of_files(tmp_path: Path) -> None:
    for folder, kind in (("files", TableWriter), ("none", TableKeeper)):
        (tmp_path / folder).mkdir()
        with kind(tmp_path / folder, SCOPE) as files, BackgroundWriter(files, threaded=False) as writer:
            recorder = Recorder(SCOPE, writer)
            fill(recorder, 3)
            recorder.close()
        assert set(files.small) == {table.name for table in TABLES.values() if not table.is_log}
        for name, table in files.small.items():
            stored = pq.read_table(tmp_path / "files" / TABLES[name].file, read_dictionary=TABLES[name].texts)
            assert table.schema.types == stored.schema.types, name
            assert table.to_pylist() == stored.to_pylist(), name
    assert not list((tmp_path / "none").iterdir())


def hand_over(files: TableWriter, rows: Iterable[dict[str, np.ndarray]]) -> Iterator[int]:
    """Write rows behind a run, telling the day of each that was taken."""
    with BackgroundWriter(files) as writer:
        for row in rows:
            writer.write("attempts", row)
            yield int(row["day"][0])


def test_what_fails_last_is_raised_at_the_end(tmp_path: Path) -> None:
    rows = [attempts(FIRST), attempts(FIRST + 1, fate=8)]
    with pytest.raises(ValueError, match="code 8 is outside"), TableWriter(tmp_path, SCOPE) as files:
        list(hand_over(files, rows))


def test_what_fails_early_is_raised_while_the_run_goes_on(tmp_path: Path) -> None:
    rows = [attempts(FIRST), *(attempts(day) for day in range(FIRST, FIRST + 1000))]
    taken: list[int] = []
    with TableWriter(tmp_path, SCOPE) as files, pytest.raises(ValueError, match="already written"):
        taken.extend(hand_over(files, rows))
    assert len(taken) <= WAITING + 1


class Held(TableWriter):
    """A writer that waits for leave to write, and remembers the days."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, SCOPE)
        self.leave = threading.Event()
        self.days: list[int] = []

    def write(self, name: str, columns: Columns) -> None:
        self.leave.wait()
        self.days.append(int(columns["day"][0]))


def test_the_line_of_what_waits_is_short_and_keeps_its_order(tmp_path: Path) -> None:
    files = Held(tmp_path)
    days = list(range(FIRST, FIRST + 3 * WAITING))
    taken: list[int] = []
    run = threading.Thread(target=lambda: taken.extend(hand_over(files, map(attempts, days))))
    run.start()
    run.join(0.2)
    assert run.is_alive()
    assert len(taken) <= WAITING
    files.leave.set()
    run.join()
    assert files.days == taken == days


def test_a_run_that_fails_does_not_wait_for_its_tables(tmp_path: Path) -> None:
    def rows() -> Iterator[dict[str, np.ndarray]]:
        yield from map(attempts, range(FIRST, FIRST + 4))
        threading.Timer(0.1, files.leave.set).start()
        raise RuntimeError("the engine failed")

    files = Held(tmp_path)
    with pytest.raises(RuntimeError, match="the engine"):
        list(hand_over(files, rows()))
    assert len(files.days) <= 1
